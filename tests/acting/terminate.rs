//! Ending sessions on a full server: exactly those that were asked for, over the lane that is open.

use std::collections::BTreeSet;
use std::sync::{Arc, Barrier};
use std::time::Duration;

use breakglass::drill::wire::{Login, log_in};

use super::{busy, idle, make_signaller, pids, words};
use crate::support::{
    Fate, MAJORS, Operator, Proxy, Ran, Server, await_that, for_each_major, for_majors, holds,
};

const QUICK: [&str; 2] = ["--recount", "0s"];

#[test]
fn with_every_slot_taken_exactly_three_idle_sessions_end() {
    let twenty = |major| Server::start_with(major, |settings| settings.set("max_connections", 20));
    for_majors(&MAJORS, twenty, |server| {
        let _held = server.fill_every_slot();
        let before = server.census();
        assert_eq!(before.len(), 20, "the server is not full");
        assert!(server.refusal("postgres").is_some());

        let operator = Operator::on(server, "breakglass");
        let typed = "terminate --idle-for 0s --user app --limit 3 --yes --reason rehearsal --format json --recount 0s";
        let typed = words(typed);
        let ran = operator.run(&typed).expect_code(0);

        let now = server.census();
        let gone: Vec<_> = before.difference(&now).collect();
        assert_eq!(gone.len(), 3, "{ran}");
        assert!(gone.iter().all(|(_, _, user, _)| user == "app"), "{gone:?}");
        assert!(now.is_subset(&before));

        let json = ran.json();
        assert_eq!(json["lane"]["name"], "replication");
        assert_eq!(json["lane"]["slot"], "walsender");
        assert_eq!(json["outcome"]["ending"], "done");
        assert_eq!(json["plan"]["details"]["slots"]["now"]["all"]["free"], 0);
        assert_eq!(json["outcome"]["details"]["slots"]["now"]["all"]["free"], 3);
        let said: BTreeSet<i32> = ran.outcomes().iter().map(|(pid, _)| *pid).collect();
        assert_eq!(said, gone.iter().map(|one| one.0).collect());
        assert!(ran.outcomes().iter().all(|(_, word)| word == "gone"));

        super::record::assert_complete(&operator, &typed, &ran);
        let record = operator.record();
        assert_eq!(record[0]["lane"], "replication");
        assert_eq!(record[0]["reason"], "rehearsal");
        assert_eq!(record[0]["targets"].as_array().unwrap().len(), 3);
        assert_eq!(record.len(), 4, "one intent and three outcomes");
    });
}

#[test]
fn a_superuser_ends_sessions_from_a_superuser_slot() {
    for_each_major(|server| {
        let _held = server.fill_reserved_slots();
        let operator = Operator::on(server, "postgres");
        let status = operator
            .run(&["status", "--format", "json"])
            .expect_code(0)
            .json();
        assert_eq!(status["lane"]["name"], "login");
        assert_eq!(status["lane"]["slot"], "superuser", "{status:#}");
        assert_eq!(status["slots"]["ordinary"]["free"], 0);

        let before = server.census();
        let typed = [
            "terminate",
            "--app",
            "app",
            "--limit",
            "3",
            "--yes",
            "--format",
            "json",
        ];
        let ran = operator.run(&[&typed[..], &QUICK].concat()).expect_code(0);
        assert_eq!(ran.json()["lane"]["name"], "login");
        let gone: Vec<i32> = ran.outcomes().iter().map(|(pid, _)| *pid).collect();
        assert_eq!(gone.len(), 3);
        server.assert_gone(&before, &gone);
    });
}

#[test]
fn a_role_with_a_reserved_slot_ends_sessions_from_it() {
    for_majors(&[16, 17, 18], Server::start, |server| {
        server.ask_witness("GRANT pg_monitor, pg_signal_backend TO reserved");
        let _held = server.fill_ordinary_slots();
        let operator = Operator::on(server, "reserved");
        let status = operator
            .run(&["status", "--format", "json"])
            .expect_code(0)
            .json();
        assert_eq!(status["lane"]["name"], "login");
        assert_eq!(status["lane"]["slot"], "reserved", "{status:#}");

        let before = server.census();
        let typed = [
            "terminate",
            "--app",
            "app",
            "--limit",
            "2",
            "--yes",
            "--format",
            "json",
        ];
        let ran = operator.run(&[&typed[..], &QUICK].concat()).expect_code(0);
        let gone: Vec<i32> = ran.outcomes().iter().map(|(pid, _)| *pid).collect();
        assert_eq!(
            (gone.len(), ran.json()["lane"]["slot"].as_str()),
            (2, Some("reserved"))
        );
        server.assert_gone(&before, &gone);
    });
}

#[test]
fn gently_means_that_the_statement_is_cancelled_first() {
    for_each_major(|server| {
        make_signaller(server);
        let mut slow = busy(server, "slow", "SELECT pg_sleep(60)");
        let before = server.census();
        let pid = slow.pid;
        let ran = Operator::on(server, "signaller")
            .run(&words(
                "terminate --app slow --all --yes --gently --format json --recount 0s",
            ))
            .expect_code(0);
        assert_eq!(ran.outcomes(), [(pid, "gone".to_owned())]);
        assert_eq!(ran.json()["plan"]["action"], "cancel-then-terminate");
        server.assert_gone(&before, &[pid]);
        let last = slow.last_words(Some(Duration::from_secs(10))).unwrap();
        assert_eq!(last.unwrap().sqlstate, "57P01");
        let log = std::fs::read_to_string(server.throwaway.directory().join("log")).unwrap();
        assert!(
            log.contains("canceling statement due to user request"),
            "{log}"
        );
    });
}

#[test]
fn two_operators_at_once_end_the_same_set_and_nobody_else() {
    for_each_major(|server| {
        let twins = idle(server, "twin", 3);
        let _bystanders = idle(server, "bystander", 2);
        let before = server.census();
        // Both have planned before either acts.
        let both = Arc::new(Barrier::new(2));
        let proxy = Proxy::before(server, move |piece| {
            if holds(piece, "pg_terminate_backend") {
                both.wait();
            }
            Fate::Passes
        });
        let run = || {
            Operator::at("127.0.0.1", proxy.port, "postgres").run(&[
                "terminate",
                "--app",
                "twin",
                "--all",
                "--yes",
                "--format",
                "json",
                "--recount",
                "0s",
            ])
        };
        let (one, other) = std::thread::scope(|scope| {
            let other = scope.spawn(run);
            (run(), other.join().unwrap())
        });
        for ran in [&one, &other] {
            assert!([0, 5].contains(&ran.code), "{ran}");
            let done = |(_, word): &(i32, String)| word == "gone" || word == "already-gone";
            assert!(ran.outcomes().iter().all(done), "{ran}");
        }
        assert_eq!(set(&one), set(&other));
        server.assert_gone(&before, &pids(&twins));
    });
}

fn set(ran: &Ran) -> BTreeSet<i32> {
    ran.outcomes().iter().map(|(pid, _)| *pid).collect()
}

#[test]
fn a_client_that_comes_back_is_named_as_having_retaken_the_slot() {
    for_each_major(|server| {
        let refill = idle(server, "refill", 1).remove(0);
        let address = server.throwaway.address().clone();
        let (operator, pid) = (Operator::on(server, "postgres"), refill.pid);
        let ran = std::thread::scope(|scope| {
            let came = scope.spawn(move || {
                let mut refill = refill;
                refill.last_words(Some(Duration::from_secs(10))).unwrap();
                let parameters = [
                    ("user", "app"),
                    ("database", "postgres"),
                    ("application_name", "refill"),
                ];
                log_in(&address, &parameters).unwrap()
            });
            let typed = [
                "terminate",
                "--app",
                "refill",
                "--all",
                "--yes",
                "--recount",
                "1s",
            ];
            let ran = operator
                .run(&[&typed[..], &["--format", "json"]].concat())
                .expect_code(0);
            assert!(matches!(came.join().unwrap(), Login::Admitted(_)));
            ran
        });
        assert_eq!(ran.outcomes(), [(pid, "gone".to_owned())]);
        let json = ran.json();
        assert_eq!(json["outcome"]["retaken"][0]["name"], "refill", "{ran}");
        assert_eq!(json["outcome"]["retaken"][0]["count"], 1);
    });
}

#[test]
fn a_session_that_does_not_go_is_not_called_gone() {
    use nix::sys::signal::{Signal, kill};
    for_each_major(|server| {
        let mut stuck = idle(server, "stuck", 2);
        let frozen = stuck[0].pid;
        let process = nix::unistd::Pid::from_raw(frozen);
        // As a process in a hung system call: the signal waits.
        kill(process, Signal::SIGSTOP).unwrap();
        let ran = Operator::on(server, "postgres").run(&[
            "terminate",
            "--app",
            "stuck",
            "--all",
            "--yes",
            "--wait",
            "300ms",
            "--recount",
            "0s",
            "--format",
            "json",
        ]);
        let alive = server.alive(&pids(&stuck));
        kill(process, Signal::SIGCONT).unwrap();
        let ran = ran.expect_code(5);
        assert_eq!(alive, [frozen]);
        assert!(
            ran.outcomes().contains(&(frozen, "still-there".to_owned())),
            "{ran}"
        );
        assert!(
            ran.outcomes().contains(&(stuck[1].pid, "gone".to_owned())),
            "{ran}"
        );
        await_that("the process goes when it runs again", || {
            server.alive(&[frozen]).is_empty()
        });
        stuck.clear();
    });
}

#[test]
fn nothing_is_done_without_approval() {
    for_each_major(|server| {
        let _sessions = idle(server, "shop", 2);
        let before = server.census();
        let operator = Operator::on(server, "postgres");
        for (typed, code, says) in [
            ("terminate --app shop", 4, "--dry-run"),
            ("cancel --app shop", 4, "no terminal"),
            ("terminate --app shop --yes", 2, "--limit N"),
            ("terminate --yes --limit 5", 2, "which sessions"),
            ("terminate --app shop --dry-run", 0, ""),
            ("terminate --app shop --dry-run --yes --all", 0, ""),
        ] {
            let ran = operator.run(&words(typed)).expect_code(code);
            assert!(ran.stderr.contains(says), "{typed}: {ran}");
            server.assert_nobody_gone(&before);
        }
        assert!(!operator.record_path().exists(), "a record of nothing");
        let plan = operator
            .run(&[
                "terminate",
                "--app",
                "shop",
                "--dry-run",
                "--format",
                "json",
            ])
            .json();
        let targets = plan["plan"]["targets"].as_array().unwrap();
        assert_eq!((&plan["dry_run"], targets.len()), (&true.into(), 2));
        assert_eq!(plan["outcome"], serde_json::Value::Null);
    });
}
