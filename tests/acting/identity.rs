//! Whom a PID means: the session that was seen, and never a process that merely has its number.

use super::{idle, pids};
use crate::support::{Fate, Operator, Proxy, Server, await_that, for_each_major, holds};

#[test]
fn a_pid_that_another_session_has_by_now_is_not_touched() {
    for_each_major(|server| {
        let session = idle(server, "shop", 1).remove(0);
        let before = server.census();
        // To the server, what was planned is an earlier session with this PID.
        let pid = session.pid;
        let proxy = Proxy::before(server, move |piece| {
            if holds(piece, "pg_terminate_backend") {
                start_earlier(piece, pid);
            }
            Fate::Passes
        });
        let ran = Operator::at("127.0.0.1", proxy.port, "postgres").run(&[
            "terminate",
            "--pid",
            &pid.to_string(),
            "--all",
            "--yes",
            "--recount",
            "0s",
            "--format",
            "json",
        ]);
        assert_eq!(ran.outcomes(), [(pid, "other-session".to_owned())], "{ran}");
        server.assert_nobody_gone(&before);
        let said = ran.expect_code(0).json();
        assert_eq!(
            said["outcome"]["targets"][0]["detail"],
            "its PID is somebody else's now; not touched"
        );
    });
}

/// Changes the start written beside `pid` to another of the same length.
fn start_earlier(piece: &mut [u8], pid: i32) {
    let mark = format!("({pid}::pg_catalog.int4, ");
    let at = piece
        .windows(mark.len())
        .position(|part| part == mark.as_bytes())
        .expect("the PID with its start")
        + mark.len();
    assert!(piece[at].is_ascii_digit(), "a start in microseconds");
    // Billions of microseconds ago.
    piece[at + 4] = if piece[at + 4] == b'0' {
        b'1'
    } else {
        piece[at + 4] - 1
    };
}

#[test]
fn a_session_that_ended_between_plan_and_act_is_already_gone() {
    for_each_major(|server| {
        let mut sessions = idle(server, "shop", 2);
        let _bystanders = idle(server, "bystander", 1);
        let before = server.census();
        let [first, second] = pids(&sessions)[..] else {
            panic!("two sessions")
        };
        let leaver = std::sync::Mutex::new(Some(sessions.remove(0)));
        let proxy = Proxy::before(server, move |piece| {
            if holds(piece, "pg_terminate_backend") {
                drop(leaver.lock().unwrap().take());
                let process = format!("/proc/{first}");
                await_that("the server notices that the client is gone", || {
                    !std::path::Path::new(&process).exists()
                });
            }
            Fate::Passes
        });
        let ran = Operator::at("127.0.0.1", proxy.port, "postgres")
            .run(&[
                "terminate",
                "--app",
                "shop",
                "--all",
                "--yes",
                "--recount",
                "0s",
                "--format",
                "json",
            ])
            .expect_code(0);
        let outcomes = ran.outcomes();
        assert!(
            outcomes.contains(&(first, "already-gone".to_owned())),
            "{ran}"
        );
        assert!(outcomes.contains(&(second, "gone".to_owned())), "{ran}");
        server.assert_gone(&before, &[first, second]);
    });
}

/// A PID of this backend type.
fn process(server: &Server, kind: &str) -> String {
    let sql = format!("SELECT pid FROM pg_stat_activity WHERE backend_type = '{kind}'");
    await_that(kind, || !server.ask_witness(&sql).is_empty());
    server.ask_witness(&sql)[0][0].clone().unwrap()
}

#[test]
fn processes_that_are_no_clients_are_refused_with_a_reason() {
    for_each_major(|server| {
        let walsender = [
            ("user", "breakglass"),
            ("database", "postgres"),
            ("replication", "database"),
        ];
        let breakglass::drill::wire::Login::Admitted(walsender) = server.log_in(&walsender) else {
            panic!("no walsender");
        };
        let before = server.census();
        let background: Vec<String> = ["checkpointer", "background writer", "walwriter"]
            .iter()
            .map(|kind| process(server, kind))
            .collect();
        let walsender = walsender.pid.to_string();
        let postmaster = server.throwaway.postmaster().to_string();
        let ourselves = std::process::id().to_string();
        let cases = background
            .iter()
            .map(|pid| (pid.as_str(), 4, "server process"))
            .chain([
                (walsender.as_str(), 4, "walsender"),
                (postmaster.as_str(), 1, &postmaster),
                (ourselves.as_str(), 1, &ourselves),
                ("2147483647", 1, "2147483647"),
            ]);
        for (pid, code, says) in cases {
            for user in ["postgres", "breakglass"] {
                for command in ["terminate", "cancel"] {
                    let operator = Operator::on(server, user);
                    let ran = operator
                        .run(&[command, "--pid", pid, "--all", "--yes"])
                        .expect_code(code);
                    assert!(ran.stdout.contains(says), "{says}: {ran}");
                }
            }
            server.assert_nobody_gone(&before);
        }
        for pid in &background {
            assert_eq!(server.alive(&[pid.parse().unwrap()]).len(), 1);
        }
    });
}

#[test]
fn the_session_we_act_through_is_never_a_target() {
    for_each_major(|server| {
        let before = server.census();
        for (user, lane) in [("postgres", "login"), ("breakglass", "replication")] {
            let operator = Operator::on(server, user);
            for extra in [
                &["--include", "superusers", "--include", "walsenders"][..],
                &[],
            ] {
                let typed = [
                    "--lane",
                    lane,
                    "terminate",
                    "--app",
                    "breakglass",
                    "--all",
                    "--yes",
                    "--format",
                    "json",
                ];
                let ran = operator.run(&[&typed[..], extra].concat()).expect_code(4);
                assert_eq!(ran.outcomes(), []);
                assert!(
                    ran.spared().iter().any(|(_, reason)| reason == "ourselves"),
                    "{ran}"
                );
            }
        }
        server.assert_nobody_gone(&before);
    });
}
