//! Contact lost in the middle of acting: nobody knows what happened, and everything that was tried is on record.

use std::time::Duration;

use super::{idle, pids};
use crate::support::{Fate, Operator, Proxy, Ran, Server, await_that, for_each_major, holds};

/// Fails unless this run ended in uncertainty, said so, and left an outcome for every target on record.
#[track_caller]
fn assert_unknown(ran: Ran, operator: &Operator, typed: &[&str], targets: usize) {
    let ran = ran.expect_code(6);
    assert_eq!(ran.json()["outcome"]["ending"], "unknown");
    assert_eq!(ran.json()["exit_code"], 6);
    assert_eq!(ran.outcomes().len(), targets, "{ran}");
    assert!(
        ran.outcomes().iter().any(|(_, word)| word == "unknown"),
        "{ran}"
    );
    super::record::assert_complete(operator, typed, &ran);
}

const TYPED: [&str; 9] = [
    "terminate",
    "--app",
    "shop",
    "--all",
    "--yes",
    "--recount",
    "0s",
    "--format",
    "json",
];

#[test]
fn a_cut_line_is_unknown_wherever_it_is_cut() {
    // What the program was sending, and whether the server heard it.
    let cuts = [
        ("pg_terminate_backend", Fate::CutBefore, false),
        ("pg_terminate_backend", Fate::CutAfter, true),
        ("pg_stat_get_activity(NULL) WHERE", Fate::CutBefore, true),
    ];
    for_each_major(|server| {
        for user in ["postgres", "breakglass"] {
            for (text, fate, heard) in cuts {
                let sessions = idle(server, "shop", 2);
                let bystanders = idle(server, "bystander", 1);
                let before = server.census();
                let proxy = Proxy::before(server, move |piece| {
                    if holds(piece, text) {
                        fate
                    } else {
                        Fate::Passes
                    }
                });
                let lane = if user == "breakglass" {
                    "replication"
                } else {
                    "login"
                };
                let operator = Operator::at("127.0.0.1", proxy.port, user);
                let typed = [&TYPED[..], &["--lane", lane]].concat();
                let ran = operator.run(&typed);
                assert!(ran.took < Duration::from_secs(20), "{ran}");
                assert_unknown(ran, &operator, &typed, 2);
                let gone = if heard { pids(&sessions) } else { Vec::new() };
                if heard {
                    await_that("the sessions end", || server.alive(&gone).is_empty());
                }
                server.assert_gone(&before, &gone);
                drop((sessions, bystanders));
                await_that("the sessions have left", || left(server));
            }
        }
    });
}

/// Whether nobody calls himself as a test's sessions do.
fn left(server: &Server) -> bool {
    let sql = "SELECT 1 FROM pg_stat_activity WHERE application_name IN ('shop', 'bystander', 'breakglass')";
    server.ask_witness(sql).is_empty()
}

#[test]
fn our_own_session_ended_by_somebody_else_is_unknown() {
    use nix::sys::signal::{Signal, kill};
    for_each_major(|server| {
        let sessions = idle(server, "shop", 2);
        let before = server.census();
        let frozen = nix::unistd::Pid::from_raw(sessions[0].pid);
        // The program waits for this one to go.
        kill(frozen, Signal::SIGSTOP).unwrap();
        let operator = Operator::on(server, "postgres");
        let child = operator.start(&TYPED);
        await_that("the other one is ended", || {
            server.alive(&[sessions[1].pid]).is_empty()
        });
        std::thread::sleep(Duration::from_millis(50));
        server.ask_witness("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'breakglass'");
        let ran = Ran::of(child.wait_with_output().unwrap(), Duration::ZERO);
        kill(frozen, Signal::SIGCONT).unwrap();
        assert_unknown(ran, &operator, &TYPED, 2);
        await_that("the frozen one goes, too", || {
            server.alive(&pids(&sessions)).is_empty()
        });
        server.assert_gone(&before, &pids(&sessions));
    });
}

#[test]
fn a_line_cut_before_acting_changed_nothing_and_says_so() {
    for_each_major(|server| {
        let _sessions = idle(server, "shop", 2);
        let before = server.census();
        let proxy = Proxy::before(server, |piece| {
            if holds(piece, "pg_stat_activity") {
                Fate::CutBefore
            } else {
                Fate::Passes
            }
        });
        let operator = Operator::at("127.0.0.1", proxy.port, "postgres");
        let ran = operator.run(&TYPED).expect_code(3);
        assert!(
            ran.stderr.contains("cannot read the list of sessions"),
            "{ran}"
        );
        assert_eq!(operator.record().len(), 0);
        server.assert_nobody_gone(&before);
    });
}
