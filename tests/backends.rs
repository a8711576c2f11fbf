//! `breakglass backends` against real servers of every major: what it lists is what the server says, it opens a
//! server that lets nobody in, and it signals nothing else.

use std::collections::BTreeMap;
use std::os::unix::process::CommandExt;
use std::process::{Command, Output};

use crate::support::{MAJORS, Server, await_that, for_each_major, for_majors};
use breakglass::drill::wire::{Login, Session};
use serde_json::Value;

/// Runs `breakglass backends WORDS...` with a record of its own, and with the connection settings of `user`.
fn backends(server: &Server, user: &str, words: &[&str]) -> Output {
    command(server, user, words).output().unwrap()
}

fn command(server: &Server, user: &str, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_breakglass"));
    command
        .arg("backends")
        .args(words)
        .env_clear()
        .env("XDG_STATE_HOME", server.throwaway.directory().join("state"))
        .env("HOME", "/nonexistent")
        .envs(server.environment(user));
    command
}

/// The same with `--cluster` and this server's port.
fn backends_of(server: &Server, words: &[&str]) -> Output {
    let port = server.port().to_string();
    let mut all = words.to_vec();
    all.extend(["--cluster", &port]);
    backends(server, "postgres", &all)
}

#[track_caller]
fn assert_code(output: &Output, code: i32) {
    assert_eq!(output.status.code(), Some(code), "{}", told(output));
}

fn told(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", told(output)))
}

/// This server's processes as listed, by PID.
fn listed(server: &Server) -> BTreeMap<i64, Value> {
    let output = backends_of(server, &["list", "--all-processes", "--format", "json"]);
    assert_code(&output, 0);
    let document = json(&output);
    assert_eq!(document["format"], "breakglass/backends/1");
    let processes = document["clusters"][0]["processes"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    processes
        .into_iter()
        .map(|process| (process["pid"].as_i64().unwrap(), process))
        .collect()
}

fn session(server: &Server, user: &str, database: &str) -> Session {
    match server.log_in(&[("user", user), ("database", database)]) {
        Login::Admitted(session) => session,
        _ => panic!("{user} was not admitted to {database}"),
    }
}

fn pid(session: &Session) -> String {
    session.pid.to_string()
}

/// The postmaster has answered no signal, and lives.
#[track_caller]
fn assert_postmaster_untouched(server: &Server) {
    let log = server.throwaway.log();
    assert!(!log.contains("received"), "{log}");
    assert_eq!(server.refusal("postgres"), None);
}

#[test]
fn the_list_is_what_the_server_says_of_itself() {
    for_each_major(|server| {
        server.ask_witness("CREATE DATABASE \"a[1](2)\"");
        server.ask_witness("CREATE TABLE locked ()");
        server.ask_witness("GRANT SELECT ON locked TO PUBLIC");
        let mut active = session(server, "app", "postgres");
        active.send("SELECT pg_sleep(60)").unwrap();
        let mut open = session(server, "app", "a[1](2)");
        open.ask("BEGIN").unwrap().unwrap();
        let mut failed = session(server, "reserved", "postgres");
        failed.ask("BEGIN").unwrap().unwrap();
        assert!(failed.ask("SELECT 1/0").unwrap().is_err());
        let mut holder = session(server, "postgres", "postgres");
        holder.ask("BEGIN").unwrap().unwrap();
        holder.ask("LOCK locked").unwrap().unwrap();
        let mut waiter = session(server, "limited", "postgres");
        waiter.send("SELECT FROM locked").unwrap();
        let walsender = [
            ("user", "breakglass"),
            ("database", "postgres"),
            ("replication", "database"),
        ];
        let Login::Admitted(walsender) = server.log_in(&walsender) else {
            panic!("no walsender")
        };
        let Login::AskedForPassword(_half) =
            server.log_in(&[("user", "with_password"), ("database", "postgres")])
        else {
            panic!("no password was asked for")
        };
        await_that("the waiter waits", || {
            let waits = format!(
                "SELECT 1 FROM pg_stat_activity WHERE pid = {} AND wait_event_type = 'Lock'",
                waiter.pid
            );
            !server.ask_witness(&waits).is_empty()
        });

        let truth = server.ask_witness(
            "SELECT pid, usename, datname, state, client_port FROM pg_stat_activity \
             WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND usename IS NOT NULL",
        );
        assert_eq!(truth.len(), 5);
        let listed = listed(server);
        for row in truth {
            let column = |index: usize| row[index].clone().unwrap_or_default();
            let seen = &listed[&column(0).parse::<i64>().unwrap()];
            assert_eq!(seen["user"], column(1));
            assert_eq!(seen["database"], column(2));
            assert_eq!(seen["state"], column(3));
            assert_eq!(seen["client_port"].to_string(), column(4));
            assert_eq!(seen["kind"], "client backend");
        }
        assert_eq!(listed[&i64::from(waiter.pid)]["wait_event_type"], "Lock");
        assert_eq!(listed[&i64::from(walsender.pid)]["kind"], "walsender");
        let starting: Vec<&Value> = listed
            .values()
            .filter(|seen| seen["state"] == "starting")
            .collect();
        assert_eq!(starting.len(), 1);
        assert_eq!(starting[0]["user"], "with_password");
        // Five, the witness, and the one that pg_stat_activity does not show before 18.
        let holders = listed.values().filter(|seen| seen["holds_slot"] == true);
        assert_eq!(holders.count(), 7);
    });
}

#[test]
fn a_server_locked_by_half_finished_logins_is_opened_again() {
    for_each_major(|server| {
        let _held = server.fill_with_half_finished_logins();
        assert!(server.refusal("postgres").is_some());
        let words = [
            "terminate",
            "--state",
            "starting",
            "--all",
            "--yes",
            "--recount",
            "100ms",
        ];
        let output = backends_of(server, &words);
        assert_code(&output, 0);
        let said = told(&output);
        let again = format!(
            "the database answers again (login, 127.0.0.1:{})",
            server.port()
        );
        assert!(said.contains(&again), "{said}");
        assert!(said.contains("go on with\n  breakglass status"), "{said}");
        assert_postmaster_untouched(server);
        // The witness was idle, not starting.
        assert!(!server.ask_witness("SELECT 1").is_empty());
        let record = server
            .throwaway
            .directory()
            .join("state/breakglass/record.jsonl");
        let record = std::fs::read_to_string(record).unwrap();
        let intent: Value = serde_json::from_str(record.lines().next().unwrap()).unwrap();
        assert_eq!(
            (&intent["event"], &intent["lane"]),
            (&"intent".into(), &"backends".into())
        );
        let data = server.throwaway.directory().join("data");
        let place = format!("{}, port {}", data.display(), server.port());
        assert_eq!(intent["server"]["endpoint"], place);
        assert_eq!(intent["server"]["version"], server.major.to_string());
        let outcomes = record
            .lines()
            .filter(|line| line.contains("\"outcome\":\"gone\""))
            .count();
        assert_eq!(outcomes + 1, record.lines().count());
    });
}

#[test]
fn only_those_that_were_chosen_are_ended_or_cancelled() {
    for_each_major(|server| {
        let idle = session(server, "app", "postgres");
        let mut open = session(server, "app", "postgres");
        open.ask("BEGIN").unwrap().unwrap();
        let mut busy = session(server, "reserved", "postgres");
        busy.send("SELECT pg_sleep(60)").unwrap();
        let walsender = [
            ("user", "breakglass"),
            ("database", "postgres"),
            ("replication", "database"),
        ];
        let Login::Admitted(walsender) = server.log_in(&walsender) else {
            panic!("no walsender")
        };
        let all = [idle.pid, open.pid, busy.pid, walsender.pid];
        await_that("the statement runs", || {
            listed(server)[&i64::from(busy.pid)]["state"] == "active"
        });

        let cancelled = backends_of(
            server,
            &["cancel", "--user", "reserved", "--limit", "1", "--yes"],
        );
        assert_code(&cancelled, 0);
        assert_eq!(listed(server)[&i64::from(busy.pid)]["state"], "idle");
        let nothing = backends_of(server, &["cancel", "--user", "reserved", "--all", "--yes"]);
        assert_code(&nothing, 1);
        assert_eq!(server.alive(&all), all);

        let end = |words: &[&str]| {
            let mut line = vec!["terminate", "--all", "--yes", "--recount", "0s"];
            line.extend(words);
            backends_of(server, &line)
        };
        let output = end(&["--user", "app", "--state", "idle"]);
        assert_code(&output, 0);
        assert!(
            told(&output).contains("DONE: 1 of 1 session ended"),
            "{}",
            told(&output)
        );
        assert_eq!(server.alive(&all), all[1..]);
        let document = json(&end(&[
            "--state",
            "idle-in-transaction",
            "--format",
            "json",
        ]));
        assert_eq!(document["format"], "breakglass/act/1");
        assert_eq!(document["outcome"]["targets"][0]["outcome"], "gone");
        assert!(document["plan"]["details"]["slots"]["now"].is_null());
        assert_eq!(server.alive(&all), all[2..]);
        // Named, and still never touched: the walsender, a background process, the postmaster.
        assert_code(&end(&["--pid", &pid(&walsender)]), 4);
        let background = listed(server)
            .into_iter()
            .find(|(_, seen)| seen["kind"] == "checkpointer");
        let checkpointer = background.map(|(pid, _)| pid.to_string()).unwrap();
        assert_code(&end(&["--pid", &checkpointer]), 4);
        assert_code(
            &end(&["--pid", &server.throwaway.postmaster().to_string()]),
            1,
        );
        assert_eq!(server.alive(&all), all[2..]);
        assert_postmaster_untouched(server);
    });
}

#[test]
fn connections_that_have_said_nothing_are_counted_and_never_signalled() {
    for_each_major(|server| {
        let _silent = server.throwaway.address().connect().unwrap();
        let silent = |server: &Server| {
            let all = listed(server).into_values();
            let mut found =
                all.filter(|seen| seen["kind"] == "connection without a startup packet");
            found.next().map(|seen| seen["pid"].to_string())
        };
        await_that("the silent connection is listed", || {
            silent(server).is_some()
        });
        let pid = silent(server).unwrap();
        assert_code(
            &backends_of(server, &["terminate", "--pid", &pid, "--all", "--yes"]),
            4,
        );
        assert_eq!(silent(server), Some(pid));
        assert_postmaster_untouched(server);
    });
}

#[test]
fn without_states_in_the_titles_nobody_is_chosen_by_state() {
    let start = |major| {
        Server::start_with(major, |settings| {
            settings.set("update_process_title", "off")
        })
    };
    for_majors(&MAJORS, start, |server| {
        let session = session(server, "app", "postgres");
        let list = backends_of(server, &["list"]);
        assert_code(&list, 0);
        assert!(
            told(&list).contains("2 of 2 sessions show no state"),
            "{}",
            told(&list)
        );
        for words in [
            ["--state", "idle"],
            ["--not-state", "active"],
            ["--user", "app"],
        ] {
            // The last one needs no state, but --limit ends the least harmful first.
            let mut line = vec!["terminate", "--limit", "1", "--yes"];
            line.extend(words);
            let output = backends_of(server, &line);
            assert_code(&output, 2);
            assert!(
                told(&output).contains("update_process_title is off"),
                "{}",
                told(&output)
            );
        }
        assert_eq!(server.alive(&[session.pid]), [session.pid]);
        let output = backends_of(
            server,
            &[
                "terminate",
                "--user",
                "app",
                "--all",
                "--yes",
                "--recount",
                "0s",
            ],
        );
        assert_code(&output, 0);
        assert_eq!(server.alive(&[session.pid]), [] as [i32; 0]);
    });
}

#[test]
fn names_that_try_to_fool_the_reader_do_not() {
    let name = "main: app postgres 1.2.3.4(5) idle";
    let start = |major| Server::start_with(major, |settings| settings.set("cluster_name", name));
    for_majors(&MAJORS, start, |server| {
        server.ask_witness("CREATE ROLE \"app postgres [local] idle\" LOGIN");
        let mut busy = session(server, "app", "postgres");
        busy.ask("BEGIN").unwrap().unwrap();
        let odd = session(server, "app postgres [local] idle", "postgres");
        let listed = listed(server);
        let seen = &listed[&i64::from(busy.pid)];
        assert_eq!(
            (&seen["user"], &seen["client"]),
            (&"app".into(), &"127.0.0.1".into())
        );
        assert_eq!(seen["state"], "idle in transaction");
        let seen = &listed[&i64::from(odd.pid)];
        assert_eq!(
            (&seen["user"], &seen["client"]),
            (&Value::Null, &"127.0.0.1".into())
        );
        // Nobody with a name that cannot be told is chosen by a filter that excludes names.
        let words = [
            "terminate",
            "--not-user",
            "postgres",
            "--not-user",
            "app",
            "--all",
            "--yes",
        ];
        assert_code(&backends_of(server, &words), 4);
        assert_eq!(server.alive(&[busy.pid, odd.pid]), [busy.pid, odd.pid]);
        let words = [
            "terminate",
            "--pid",
            &pid(&odd),
            "--all",
            "--yes",
            "--recount",
            "0s",
        ];
        assert_code(&backends_of(server, &words), 0);
        assert_eq!(server.alive(&[busy.pid, odd.pid]), [busy.pid]);
    });
}

#[test]
fn with_two_servers_one_must_be_named_and_the_other_is_not_touched() {
    let (one, other) = (Server::start(13), Server::start(18));
    let sessions = (
        session(&one, "app", "postgres"),
        session(&other, "app", "postgres"),
    );
    let list = backends(&one, "postgres", &[]);
    assert_code(&list, 0);
    let words = [
        "terminate",
        "--user",
        "app",
        "--all",
        "--yes",
        "--recount",
        "0s",
    ];
    let refused = backends(&one, "postgres", &words);
    assert_code(&refused, 2);
    for server in [&one, &other] {
        let data = server.throwaway.directory().join("data");
        for output in [&list, &refused] {
            assert!(
                told(output).contains(&*data.to_string_lossy()),
                "{}",
                told(output)
            );
            assert!(
                told(output).contains(&server.port().to_string()),
                "{}",
                told(output)
            );
        }
    }
    // A typed port says it too, and never means a server with another one.
    let port = other.port().to_string();
    let by_port = backends(&one, "postgres", &["list", "-p", &port, "--format", "json"]);
    assert_code(&by_port, 0);
    let clusters = json(&by_port)["clusters"].as_array().cloned().unwrap();
    assert_eq!(clusters.len(), 1);
    assert_eq!(clusters[0]["port"], other.port());
    let nowhere = backends(&one, "postgres", &[&words[..], &["-p", "1"]].concat());
    assert_code(&nowhere, 2);
    assert!(told(&nowhere).contains("port \"1\""), "{}", told(&nowhere));
    assert_eq!(other.alive(&[sessions.1.pid]), [sessions.1.pid]);
    let data = other.throwaway.directory().join("data");
    let mut words = words.to_vec();
    let data = data.to_string_lossy().into_owned();
    words.extend(["--cluster", &data]);
    assert_code(&backends(&other, "postgres", &words), 0);
    assert_eq!(one.alive(&[sessions.0.pid]), [sessions.0.pid]);
    assert_eq!(other.alive(&[sessions.1.pid]), [] as [i32; 0]);
    assert_code(
        &backends(&other, "postgres", &["list", "--cluster", "1"]),
        2,
    );
}

#[test]
fn what_a_title_does_not_show_is_an_error_that_names_the_flag() {
    let server = Server::start(18);
    let session = session(&server, "app", "postgres");
    let flags = [
        vec!["--app", "x"],
        vec!["--not-app", "x"],
        vec!["--query", "x"],
        vec!["--idle-for", "1m"],
        vec!["--active-for", "1m"],
        vec!["--not-in-transaction-for", "1m"],
        vec!["--blocking"],
        vec!["--state", "disabled"],
        vec!["--user", "app", "--keep", "1"],
        vec!["--user", "app", "--include", "superusers"],
    ];
    for flag in flags {
        let mut words = vec!["terminate", "--all", "--yes"];
        words.extend(&flag);
        let output = backends_of(&server, &words);
        assert_code(&output, 2);
        let said = told(&output);
        let name = flag
            .iter()
            .rev()
            .find(|word| word.starts_with("--"))
            .unwrap();
        assert!(
            said.contains("the backends lane cannot judge") && said.contains(name),
            "{said}"
        );
    }
    assert_eq!(server.alive(&[session.pid]), [session.pid]);
}

#[test]
fn what_the_configuration_protects_is_spared() {
    let server = Server::start(18);
    let session = session(&server, "app", "postgres");
    let config = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(config.path(), "[protected]\nusers = [\"app\"]\n").unwrap();
    let port = server.port().to_string();
    let words = [
        "terminate",
        "--user",
        "app",
        "--all",
        "--yes",
        "--cluster",
        &port,
    ];
    let output = command(&server, "postgres", &words)
        .env("BREAKGLASS_CONFIG", config.path())
        .output()
        .unwrap();
    assert_code(&output, 4);
    assert!(
        told(&output).contains("protected by the configuration"),
        "{}",
        told(&output)
    );
    assert_eq!(server.alive(&[session.pid]), [session.pid]);
}

#[test]
fn a_database_that_does_not_answer_does_not_spoil_or_hold_up_the_result() {
    let server = Server::start(18);
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let elsewhere = silent.local_addr().unwrap().port().to_string();
    let _session = session(&server, "app", "postgres");
    let port = server.port().to_string();
    let words = [
        "terminate",
        "--user",
        "app",
        "--all",
        "--yes",
        "--cluster",
        &port,
        "--recount",
        "0s",
    ];
    let began = std::time::Instant::now();
    let output = command(&server, "postgres", &words)
        .env("PGPORT", elsewhere)
        .output()
        .unwrap();
    assert_code(&output, 0);
    assert!(
        told(&output).contains("the database lanes are not open to these connection settings"),
        "{}",
        told(&output)
    );
    assert!(
        began.elapsed() < std::time::Duration::from_secs(4),
        "{:?}",
        began.elapsed()
    );
}

/// As root this runs as an account that may not; without root there is no other account to become.
#[test]
fn an_account_that_may_not_look_is_told_so_and_signals_nothing() {
    let server = Server::start(18);
    let session = session(&server, "app", "postgres");
    if !nix::unistd::geteuid().is_root() {
        // Without root: the server's own account may do everything.
        assert!(listed(&server).contains_key(&i64::from(session.pid)));
        return;
    }
    let port = server.port().to_string();
    for words in [
        vec!["list"],
        vec![
            "terminate",
            "--user",
            "app",
            "--all",
            "--yes",
            "--cluster",
            &port,
        ],
    ] {
        let output = command(&server, "postgres", &words)
            .uid(54_321)
            .gid(54_321)
            .output()
            .unwrap();
        assert_code(&output, 3);
        let said = told(&output);
        assert!(said.contains("may be looked at by this account"), "{said}");
        assert!(
            said.contains(&format!("process {} (", server.throwaway.postmaster())),
            "{said}"
        );
        assert!(said.contains("or root"), "{said}");
    }
    assert_eq!(server.alive(&[session.pid]), [session.pid]);
    // The server's own account needs no root.
    use std::os::unix::fs::MetadataExt;
    let owner = std::fs::metadata(server.throwaway.directory()).unwrap();
    let words = [
        "terminate",
        "--user",
        "app",
        "--all",
        "--yes",
        "--cluster",
        &port,
        "--no-record",
    ];
    let output = command(&server, "postgres", &words)
        .uid(owner.uid())
        .gid(owner.gid())
        .output()
        .unwrap();
    assert_code(&output, 0);
    assert_eq!(server.alive(&[session.pid]), [] as [i32; 0]);
}
