//! `free`: slots as a goal, on real servers of every supported major that are really full. Who is alive afterwards is
//! said by a witness that shares no code with it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use crate::support::{
    Fate, Held, MAJORS, Operator, Proxy, Ran, Server, answer, await_that, for_each_major,
    for_majors, holds,
};
use breakglass::drill::wire::Session;
use serde_json::Value;

/// Room for a few of every kind.
fn roomy(major: u32) -> Server {
    Server::start_with(major, |settings| settings.set("max_connections", 20))
}

/// How many ordinary slots a roomy server has.
fn ordinary(server: &Server) -> u64 {
    if server.major >= 16 { 16 } else { 18 }
}

/// `count` idle sessions of `app` that call themselves `name`, the longest idle first.
fn idle(server: &Server, name: &str, count: usize) -> Vec<Session> {
    (0..count).map(|_| server.session("app", name)).collect()
}

/// A session in a transaction in which it has done `sql`.
fn in_transaction(server: &Server, name: &str, sql: &str) -> Session {
    let mut session = server.session("app", name);
    session.ask("BEGIN").unwrap().unwrap();
    let _ = session.ask(sql).unwrap();
    session
}

/// A session that runs `sql` and waits in it.
fn busy(server: &Server, name: &str, sql: &str) -> Session {
    let mut session = server.session("app", name);
    session.send(sql).unwrap();
    server.await_running(session.pid);
    session
}

fn pids(sessions: &[Session]) -> Vec<i32> {
    sessions.iter().map(|session| session.pid).collect()
}

/// Runs `free` as the break-glass role over the lane that takes no slot, in JSON.
fn free(operator: &Operator, words: &str) -> Ran {
    let line = format!("free {words} --lane replication --format json");
    operator.run(&line.split(' ').collect::<Vec<&str>>())
}

fn operator(server: &Server) -> Operator {
    Operator::on(server, "breakglass")
}

/// The PIDs it tried, in the order in which it did.
fn tried(ran: &Ran) -> Vec<i32> {
    ran.outcomes().into_iter().map(|(pid, _)| pid).collect()
}

/// How many sessions `remedy` is about in the answer; 0 when it is not named.
fn would_reach(json: &Value, remedy: &str) -> u64 {
    let all = json["would_reach"].as_array().unwrap().iter();
    let mut found = all.filter(|one| one["remedy"] == remedy);
    found
        .next()
        .map_or(0, |one| one["sessions"].as_u64().unwrap())
}

/// Ordinary slots free, as the witness counts.
fn free_now(server: &Server) -> u64 {
    let rows = server
        .ask_witness("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'");
    let used: u64 = rows[0][0].as_deref().unwrap().parse().unwrap();
    ordinary(server).saturating_sub(used)
}

#[test]
fn the_least_harmful_go_first_and_whoever_runs_a_statement_stays() {
    for_majors(&MAJORS, roomy, |server| {
        let old = idle(server, "old", 2);
        let running = busy(server, "running", "SELECT pg_sleep(600)");
        let open = in_transaction(server, "open", "SELECT 1");
        let failed = in_transaction(server, "failed", "SELECT 1/0");
        let rest = server.fill_ordinary_slots();
        let before = server.census();
        let operator = operator(server);

        let plan = free(&operator, "2 --dry-run").expect_code(0).json();
        assert_eq!(plan["format"], "breakglass/act/1");
        assert_eq!(plan["goal"]["needed"], 2);
        assert_eq!(plan["goal"]["probably"], 2);
        let targets = plan["plan"]["targets"].as_array().unwrap();
        assert_eq!(targets.len(), 4, "twice as many as it takes");
        server.assert_nobody_gone(&before);

        let ran = free(&operator, "2 --yes --all --stay 300ms").expect_code(0);
        let json = ran.json();
        assert_eq!(tried(&ran), [failed.pid, old[0].pid], "{ran}");
        assert_eq!(
            (&json["reached"], &json["finish"]),
            (&true.into(), &"reached".into())
        );
        assert_eq!(
            json["outcome"]["details"]["slots"]["now"]["ordinary"]["free"],
            2
        );
        assert_eq!(json["batches"].as_array().unwrap().len(), 1);
        server.assert_gone(&before, &[failed.pid, old[0].pid]);
        let record = operator.record();
        assert_eq!(record.len(), 3, "one intent and two outcomes");
        assert_eq!(record[0]["targets"].as_array().unwrap().len(), 2);

        // Now everybody who may go: the open transaction is the last of them, and it is not enough.
        let ran = free(&operator, "--until 100% --yes --all --stay 300ms").expect_code(5);
        let json = ran.json();
        let mut wanted = vec![old[1].pid];
        wanted.extend(rest.pids());
        wanted.push(open.pid);
        assert_eq!(tried(&ran), wanted, "{ran}");
        assert_eq!(json["finish"], "exhausted");
        assert_eq!(would_reach(&json, "active"), 1, "{ran}");
        assert_eq!(would_reach(&json, "include-superusers"), 1, "{ran}");
        assert_eq!(server.alive(&[running.pid]), [running.pid]);

        // With --active it goes, too; the witness is a superuser and stays.
        let ran = free(&operator, "--until 100% --active --yes --all --stay 300ms");
        assert_eq!(tried(&ran.expect_code(5)), [running.pid]);
        assert_eq!(free_now(server), ordinary(server) - 1);
    });
}

#[test]
fn an_order_of_ones_own_is_kept_and_what_it_leaves_out_stays() {
    for_majors(&MAJORS, roomy, |server| {
        let _old = idle(server, "old", 2);
        let open = in_transaction(server, "open", "SELECT 1");
        let failed = in_transaction(server, "failed", "SELECT 1/0");
        let _rest = server.fill_ordinary_slots();
        let before = server.census();
        let ran = free(
            &operator(server),
            "3 --order idle-in-transaction,aborted --yes --all --stay 300ms",
        )
        .expect_code(5);
        assert_eq!(tried(&ran), [open.pid, failed.pid], "{ran}");
        assert!(would_reach(&ran.json(), "order") > 1, "{ran}");
        server.assert_gone(&before, &[open.pid, failed.pid]);
    });
}

#[test]
fn keep_leaves_each_application_its_newest() {
    for_majors(&MAJORS, roomy, |server| {
        let sessions = idle(server, "shop", 4);
        let shop = pids(&sessions);
        let _rest = server.fill_ordinary_slots();
        let before = server.census();
        let operator = operator(server);
        let ran = free(&operator, "3 --app shop --keep 2 --yes --all --stay 300ms").expect_code(5);
        assert_eq!(tried(&ran), shop[..2], "{ran}");
        assert_eq!(would_reach(&ran.json(), "keep"), 2, "{ran}");
        assert!(would_reach(&ran.json(), "filter") > 0, "{ran}");
        assert!(ran.spares(shop[3], "kept"), "{ran}");
        server.assert_gone(&before, &shop[..2]);
    });
}

#[test]
fn a_share_is_of_the_ordinary_slots_and_rounded_up() {
    for_majors(&MAJORS, roomy, |server| {
        let _rest = server.fill_ordinary_slots();
        let ran = free(
            &operator(server),
            "--until 25% --yes --limit 9 --stay 300ms",
        )
        .expect_code(0);
        let json = ran.json();
        let wanted = ordinary(server).div_ceil(4);
        assert_eq!(json["goal"]["ordinary_free"], wanted);
        assert_eq!(json["goal"]["percent"], 25);
        assert_eq!(free_now(server), wanted, "{ran}");
        assert_eq!(tried(&ran).len() as u64, wanted);
    });
}

#[test]
fn the_head_of_a_lock_queue_goes_before_older_transactions_and_the_queue_moves_on() {
    for_majors(&MAJORS, roomy, |server| {
        let older = in_transaction(server, "older", "SELECT 1");
        let head = in_transaction(server, "head", "SELECT pg_advisory_xact_lock(7)");
        let waiters: Vec<Session> = (0..2)
            .map(|_| busy(server, "waiter", "SELECT pg_advisory_xact_lock(7)"))
            .collect();
        let _rest = server.fill_ordinary_slots();
        let before = server.census();
        let ran = free(
            &operator(server),
            "1 --not-state idle --yes --all --stay 300ms",
        )
        .expect_code(0);
        assert_eq!(tried(&ran), [head.pid], "{ran}");
        assert_eq!(ran.json()["goal"]["shares"][0]["class"], "head", "{ran}");
        server.assert_gone(&before, &[head.pid]);
        assert_eq!(server.alive(&[older.pid]), [older.pid]);
        let waiters = pids(&waiters);
        await_that("the queue has moved on", || {
            let list: Vec<String> = waiters.iter().map(i32::to_string).collect();
            let sql = format!(
                "SELECT 1 FROM pg_stat_activity WHERE state = 'idle' AND pid IN ({})",
                list.join(",")
            );
            server.ask_witness(&sql).len() == 2
        });
    });
}

#[test]
fn a_storm_that_takes_what_was_freed_is_named_and_nobody_else_pays_for_it() {
    for_majors(&MAJORS, roomy, |server| {
        let bystanders = idle(server, "bystander", 2);
        let _storm = server.storm("app", 50);
        let operator = operator(server);
        let ran = free(&operator, "3 --app storm --yes --all --stay 10s").expect_code(5);
        let json = ran.json();
        assert_eq!(json["reached"], false);
        assert!(
            ["fruitless", "exhausted"].contains(&json["finish"].as_str().unwrap()),
            "{ran}"
        );
        assert_eq!(json["outcome"]["retaken"][0]["name"], "storm", "{ran}");
        assert_eq!(json["would_reach"][0]["remedy"], "stop-refill", "{ran}");
        assert_eq!(json["would_reach"][0]["by"][0]["name"], "app", "{ran}");
        assert!(ran.stderr.contains("next: breakglass fence "), "{ran}");
        assert!(ran.stderr.contains("--role app --limit "), "{ran}");
        let bystanders = pids(&bystanders);
        assert_eq!(server.alive(&bystanders), bystanders, "an innocent is gone");
        let intents = operator.record();
        let intents = intents.iter().filter(|line| line["event"] == "intent");
        assert_eq!(intents.count(), json["batches"].as_array().unwrap().len());
        // Nobody who came later was ever tried: each is of the one plan.
        assert!(
            tried(&ran).len() <= json["plan"]["targets"].as_array().unwrap().len(),
            "{ran}"
        );
    });
}

#[test]
fn with_a_fence_against_the_refill_the_slots_stay_free_while_it_storms() {
    for_majors(&MAJORS, roomy, |server| {
        let bystanders = idle(server, "bystander", 2);
        let storm = server.storm("app", 40);
        let refused = storm.refused();
        let operator = Operator::on(server, "postgres");
        let ran = free(&operator, "3 --app storm --fence --yes --all --stay 2s").expect_code(0);
        let json = ran.json();
        assert_eq!(json["finish"], "reached", "{ran}");
        assert!(json["batches"].as_array().unwrap().len() >= 2, "{ran}");
        assert!(storm.refused() > refused, "it storms on");
        let limit = server.ask_witness("SELECT rolconnlimit FROM pg_roles WHERE rolname = 'app'");
        let limit: i32 = limit[0][0].as_deref().unwrap().parse().unwrap();
        assert!((1..20).contains(&limit), "{limit}: {ran}");
        let bystanders = pids(&bystanders);
        assert_eq!(server.alive(&bystanders), bystanders, "an innocent is gone");
    });
}

#[test]
fn where_nobody_may_be_ended_nothing_is_done_and_what_would_help_is_said() {
    for_majors(&MAJORS, roomy, |server| {
        let _running: Vec<Session> = (0..3)
            .map(|_| busy(server, "running", "SELECT pg_sleep(600)"))
            .collect();
        let _rest = server.fill_ordinary_slots();
        let before = server.census();
        let operator = operator(server);
        let ran = free(&operator, "2 --app running --yes --all").expect_code(1);
        assert_eq!(would_reach(&ran.json(), "active"), 3, "{ran}");
        assert!(would_reach(&ran.json(), "filter") > 1, "{ran}");
        let typed = ["free", "2", "--app", "running", "--yes", "--all"];
        let ran = operator.run(&typed).expect_code(1);
        assert!(ran.stdout.contains("--active"), "{ran}");
        server.assert_nobody_gone(&before);
        assert!(operator.record().is_empty());
    });
}

#[test]
fn superusers_who_ate_the_reserve_are_spared_and_named_with_every_slot_taken() {
    for_each_major(|server| {
        let held = server.fill_every_slot();
        let before = server.census();
        let superusers: BTreeSet<i32> = before
            .iter()
            .filter(|(_, _, user, _)| user == "postgres")
            .map(|one| one.0)
            .collect();
        let operator = operator(server);
        let line = "free 1 --yes --all --stay 300ms --format json";
        let ran = operator
            .run(&line.split(' ').collect::<Vec<&str>>())
            .expect_code(0);
        let json = ran.json();
        assert_eq!(json["lane"]["name"], "replication", "{ran}");
        let reserves = if server.major >= 16 { 4 } else { 2 };
        assert_eq!(
            json["goal"]["needed"],
            1 + reserves,
            "the reserves fill first"
        );
        assert_eq!(tried(&ran).len(), 1 + reserves, "{ran}");

        let ran = free(&operator, "--until 100% --yes --all --stay 300ms").expect_code(5);
        let spared = would_reach(&ran.json(), "include-superusers");
        assert_eq!(spared, superusers.len() as u64, "{ran}");
        let alive: BTreeSet<i32> = server.census().iter().map(|one| one.0).collect();
        assert_eq!(alive, superusers);
        drop(held);
    });
}

#[test]
fn two_operators_at_once_end_no_more_than_both_would_alone() {
    for_majors(&MAJORS, roomy, |server| {
        let running = busy(server, "running", "SELECT pg_sleep(600)");
        let _rest = server.fill_ordinary_slots();
        let before = server.census();
        // Both have planned before either acts.
        let both = Arc::new(Barrier::new(2));
        let heard = AtomicUsize::new(0);
        let proxy = Proxy::before(server, move |piece| {
            if holds(piece, "pg_terminate_backend") && heard.fetch_add(1, Ordering::SeqCst) < 2 {
                both.wait();
            }
            Fate::Passes
        });
        let run = || {
            let operator = Operator::at("127.0.0.1", proxy.port, "breakglass");
            free(&operator, "3 --yes --all --stay 300ms").expect_code(0)
        };
        let (one, other) = std::thread::scope(|scope| {
            let other = scope.spawn(run);
            (run(), other.join().unwrap())
        });
        let planned: BTreeSet<i32> = tried(&one).into_iter().chain(tried(&other)).collect();
        let now = server.census();
        let gone: BTreeSet<i32> = before.difference(&now).map(|one| one.0).collect();
        assert!(gone.is_subset(&planned), "{one}{other}");
        assert!((3..=6).contains(&gone.len()), "{one}{other}");
        assert_eq!(server.alive(&[running.pid]), [running.pid]);
    });
}

#[test]
fn contact_lost_on_the_way_is_unknown_and_on_record() {
    // What the program was sending after it had begun to act, whether the server heard it, and which of these.
    let cuts = [
        ("pg_terminate_backend", Fate::CutBefore, 0),
        ("pg_terminate_backend", Fate::CutAfter, 3),
        ("pg_stat_get_activity(NULL) WHERE", Fate::CutBefore, 3),
        ("FROM pg_catalog.pg_stat_activity", Fate::CutBefore, 3),
    ];
    for_majors(&MAJORS, roomy, |server| {
        for lane in ["login", "replication"] {
            for (text, fate, heard) in cuts {
                let _rest: Held = server.fill_ordinary_slots();
                let before = server.census();
                let acting = AtomicBool::new(false);
                let proxy = Proxy::before(server, move |piece| {
                    acting.fetch_or(holds(piece, "pg_terminate_backend"), Ordering::SeqCst);
                    if acting.load(Ordering::SeqCst) && holds(piece, text) {
                        fate
                    } else {
                        Fate::Passes
                    }
                });
                // On the login lane a superuser's slot.
                let user = if lane == "login" {
                    "postgres"
                } else {
                    "breakglass"
                };
                let operator = Operator::at("127.0.0.1", proxy.port, user);
                // A superuser's own login stands in the reserve, which fills up first.
                let slots = if lane == "login" { "2" } else { "3" };
                let typed = [
                    "free", slots, "--yes", "--all", "--lane", lane, "--format", "json",
                ];
                let ran = operator.run(&typed).expect_code(6);
                let json = ran.json();
                assert_eq!(
                    (&json["finish"], &json["reached"]),
                    (&"lost".into(), &Value::Null)
                );
                let record = operator.record();
                let outcomes: Vec<(i32, String)> = record[1..]
                    .iter()
                    .map(|line| {
                        let pid = crate::support::pid(&line["target"]["pid"]);
                        (pid, line["outcome"].as_str().unwrap().to_owned())
                    })
                    .collect();
                assert_eq!(record[0]["event"], "intent");
                assert_eq!(outcomes, ran.outcomes(), "{ran}");
                assert_eq!(outcomes.len(), 3, "{ran}");
                let gone = if heard == 0 { Vec::new() } else { tried(&ran) };
                await_that("those it reached have gone", || {
                    server.alive(&gone).is_empty()
                });
                server.assert_gone(&before, &gone);
            }
        }
    });
}

#[test]
fn where_enough_is_free_already_nothing_is_done_and_nonsense_is_refused() {
    for_majors(&MAJORS, roomy, |server| {
        let _few = idle(server, "few", 3);
        let before = server.census();
        let operator = operator(server);
        let ran = free(&operator, "5 --yes --all --stay 300ms").expect_code(0);
        assert_eq!(ran.json()["reached"], true, "{ran}");
        assert!(tried(&ran).is_empty());
        let plain = operator.run(&["free", "5", "--dry-run"]).expect_code(0);
        assert!(plain.stdout.starts_with("NOTHING TO DO: "), "{plain}");
        let ran = operator.run(&["free", "99", "--dry-run"]).expect_code(2);
        let most = format!("ask for at most {}", ordinary(server));
        assert!(ran.stderr.contains(&most), "{ran}");
        server.assert_nobody_gone(&before);
        assert!(operator.record().is_empty());
    });
}

#[test]
fn one_answer_is_enough_for_all_batches_and_none_means_no() {
    for_majors(&MAJORS, roomy, |server| {
        let rest = server.fill_ordinary_slots();
        let before = server.census();
        let operator = operator(server);
        let typed = ["free", "2", "--stay", "300ms", "--lane", "replication"];
        let ran = answer(&operator, &typed, "n\n", || ()).expect_code(4);
        assert!(ran.stderr.contains("probably 2, at most 4"), "{ran}");
        server.assert_nobody_gone(&before);
        // One of the two has gone by himself while the person reads.
        let mut rest = rest;
        let leaver = rest.sessions.remove(0).pid;
        let ran = answer(&operator, &typed, "y\n", || {
            server.ask_witness(&format!("SELECT pg_terminate_backend({leaver})"));
            await_that("he is gone", || server.alive(&[leaver]).is_empty());
        })
        .expect_code(0);
        assert!(ran.stdout.contains("stayed so"), "{ran}");
        server.assert_gone(&before, &[leaver, rest.sessions[0].pid]);
    });
}

#[test]
fn an_interrupted_watch_says_what_was_done() {
    use nix::sys::signal::{Signal, kill};
    for_majors(&MAJORS, roomy, |server| {
        let rest = server.fill_ordinary_slots();
        let operator = operator(server);
        let line = "free 2 --yes --all --stay 10m --lane replication --format json";
        let child = operator.start(&line.split(' ').collect::<Vec<&str>>());
        await_that("two are gone", || {
            server.alive(&rest.pids()[..2]).is_empty()
        });
        await_that("they are on record", || operator.record().len() == 3);
        kill(
            nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap()),
            Signal::SIGTERM,
        )
        .unwrap();
        let ran = Ran::of(child.wait_with_output().unwrap(), Duration::ZERO).expect_code(5);
        assert_eq!(ran.json()["finish"], "interrupted", "{ran}");
        assert_eq!(tried(&ran), rest.pids()[..2]);
    });
}
