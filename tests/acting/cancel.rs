//! Cancelling: statements stop, sessions stay, and nobody is hit who has gone on to something else.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{busy, idle, make_signaller, pids};
use crate::support::{Fate, Operator, Proxy, await_that, for_each_major, holds};

#[test]
fn statements_stop_and_sessions_stay() {
    for_each_major(|server| {
        make_signaller(server);
        let mut slow = [
            busy(server, "slow", "SELECT pg_sleep(60)"),
            busy(server, "slow", "BEGIN; SELECT pg_sleep(60)"),
        ];
        let idle = idle(server, "slow", 1);
        let mut other = busy(server, "other", "SELECT pg_sleep(60)");
        let before = server.census();
        let operator = Operator::on(server, "signaller");
        let typed = [
            "cancel", "--app", "slow", "--all", "--yes", "--format", "json",
        ];
        let ran = operator.run(&typed).expect_code(0);
        assert!(
            ran.outcomes().iter().all(|(_, word)| word == "cancelled"),
            "{ran}"
        );
        let mut hit: Vec<i32> = ran.outcomes().iter().map(|(pid, _)| *pid).collect();
        let mut meant = pids(&slow);
        hit.sort_unstable();
        meant.sort_unstable();
        assert_eq!(hit, meant);
        assert!(ran.spares(idle[0].pid, "nothing-to-cancel"), "{ran}");
        server.assert_nobody_gone(&before);
        super::record::assert_complete(&operator, &typed, &ran);
        for session in &mut slow {
            let answer = session.ask("ROLLBACK").unwrap();
            // The first answer is the cancelled statement's.
            assert_eq!(answer.unwrap_err().sqlstate, "57014");
        }
        server.await_running(other.pid);
        assert!(
            other
                .last_words(Some(std::time::Duration::from_millis(10)))
                .is_err()
        );
    });
}

#[test]
fn who_runs_nothing_has_nothing_to_cancel() {
    for_each_major(|server| {
        let sessions = idle(server, "shop", 2);
        let before = server.census();
        let operator = Operator::on(server, "postgres");
        let ran = operator
            .run(&[
                "cancel", "--app", "shop", "--all", "--yes", "--format", "json",
            ])
            .expect_code(1);
        assert_eq!(ran.outcomes(), []);
        for pid in pids(&sessions) {
            assert!(ran.spares(pid, "nothing-to-cancel"), "{ran}");
        }
        let said = operator
            .run(&["cancel", "--app", "shop", "--all", "--yes"])
            .expect_code(1);
        assert!(said.stdout.contains("nothing to cancel"), "{said}");
        server.assert_nobody_gone(&before);
    });
}

#[test]
fn a_session_that_went_on_to_another_statement_is_not_hit() {
    for_each_major(|server| {
        server.ask_witness("SELECT pg_advisory_lock(1)");
        let mut mover = busy(server, "mover", "SELECT pg_advisory_lock(1)");
        let before = server.census();
        // The cancel is held until the session runs something else.
        let (asked, moved) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicBool::new(false)),
        );
        let (tells, waits) = (asked.clone(), moved.clone());
        let proxy = Proxy::before(server, move |piece| {
            if holds(piece, "pg_cancel_backend") {
                tells.store(true, Ordering::SeqCst);
                await_that("the session moves on", || waits.load(Ordering::SeqCst));
            }
            Fate::Passes
        });
        let ran = std::thread::scope(|scope| {
            let run = scope.spawn(|| {
                Operator::at("127.0.0.1", proxy.port, "postgres").run(&[
                    "cancel", "--app", "mover", "--all", "--yes", "--format", "json",
                ])
            });
            await_that("the cancel is on its way", || asked.load(Ordering::SeqCst));
            server.ask_witness("SELECT pg_advisory_unlock(1)");
            mover.send("SELECT pg_sleep(60)").unwrap();
            await_that("the other statement runs", || {
                let sql = format!(
                    "SELECT 1 FROM pg_stat_activity WHERE pid = {} AND wait_event = 'PgSleep'",
                    mover.pid
                );
                !server.ask_witness(&sql).is_empty()
            });
            moved.store(true, Ordering::SeqCst);
            run.join().unwrap()
        });
        assert_eq!(
            ran.outcomes(),
            [(mover.pid, "already-gone".to_owned())],
            "{ran}"
        );
        assert_eq!(ran.code, 0, "{ran}");
        server.assert_nobody_gone(&before);
        server.await_running(mover.pid);
        let log = std::fs::read_to_string(server.throwaway.directory().join("log")).unwrap();
        assert!(!log.contains("canceling statement"), "{log}");
    });
}
