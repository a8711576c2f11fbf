//! A person is asked, and what happens while the person reads; contact that is lost, and a holder that is killed.

use std::time::{Duration, Instant};

use super::{Stage, ended};
use crate::support::{answer, await_that};

#[test]
fn a_no_changes_nothing_and_a_yes_is_done() {
    let stage = Stage::new(16);
    let console = stage.pooler.console("admin");
    let disabled = || {
        stage
            .pooler
            .value("DATABASES", ("name", "shop"), "disabled")
            .unwrap()
    };
    let typed = ["pgbouncer", "disable", "shop", "--pgbouncer", &console];
    for no in ["n\r", "\r"] {
        let ran = answer(&stage.operator, &typed, no, || {}).expect_code(4);
        assert!(ran.stderr.contains("PLAN: refuse new clients"), "{ran}");
        assert_eq!(disabled(), "0");
    }
    assert!(stage.operator.record().is_empty());
    answer(&stage.operator, &typed, "y\r", || {}).expect_code(0);
    assert_eq!(disabled(), "1");
    assert_eq!(stage.operator.record()[1]["outcome"], "done");
    // It was enabled while the person read: nothing is left to do.
    let typed = ["pgbouncer", "enable", "shop", "--pgbouncer", &console];
    let ran = answer(&stage.operator, &typed, "y\r", || {
        stage.act(&["enable", "shop"]).expect_code(0);
    })
    .expect_code(1);
    assert!(ran.stderr.contains("is not disabled"), "{ran}");
}

#[test]
fn what_has_come_since_the_question_is_said_or_asked_for_again() {
    let stage = Stage::new(17);
    let console = stage.pooler.console("admin");
    let typed = ["pgbouncer", "disable", "shop", "--pgbouncer", &console];
    let mut clients = Vec::new();
    let ran = answer(&stage.operator, &typed, "y\r", || {
        clients.extend((0..4).map(|_| stage.pooler.client("shop", "new")));
    })
    .expect_code(0);
    assert!(ran.stderr.contains("clients 0 before and 4 now"), "{ran}");
    stage.act(&["enable", "shop"]).expect_code(0);
    // More than ten take their number to be typed; a yes to four is none to twelve.
    let typed = ["pgbouncer", "kill", "shop", "--pgbouncer", &console];
    let ran = answer(&stage.operator, &typed, "y\r", || {
        clients.extend((0..8).map(|_| stage.pooler.client("shop", "new")));
    })
    .expect_code(4);
    assert!(ran.stderr.contains("12 now"), "{ran}");
    for client in &mut clients {
        client.ask("SELECT 1").unwrap().unwrap();
    }
}

#[test]
fn a_console_that_dies_during_a_pause_leaves_it_unknown() {
    let mut stage = Stage::new(18);
    let mut pausing = stage.start(&["pause", "shop", "--for", "1h"]);
    stage.await_paused(true);
    stage.pooler.crash();
    // It goes on trying to resume for 20 s.
    let deadline = Instant::now() + Duration::from_secs(120);
    while pausing.try_wait().unwrap().is_none() {
        assert!(Instant::now() < deadline, "it holds on to a dead console");
        std::thread::sleep(Duration::from_millis(50));
    }
    let ran = ended(pausing).expect_code(6);
    assert!(ran.stdout.contains("could NOT be resumed"), "{ran}");
    assert!(ran.stdout.contains("contact was lost"), "{ran}");
    assert!(ran.stdout.contains(" resume shop"), "{ran}");
    let record = stage.operator.record();
    assert_eq!(record[0]["event"], "intent");
    assert_eq!(record[1]["outcome"], "unknown");
}

#[test]
fn a_pause_whose_holder_was_killed_is_seen_and_ended() {
    let stage = Stage::new(15);
    let mut pausing = stage.start(&["pause", "shop", "--for", "1h"]);
    stage.await_paused(true);
    pausing.kill().unwrap();
    pausing.wait().unwrap();
    let ran = stage.run(&["pgbouncer"]).expect_code(1);
    assert!(ran.stdout.contains("shop is paused"), "{ran}");
    assert!(
        ran.stdout.contains("pgbouncer") && ran.stdout.contains("resume shop"),
        "{ran}"
    );
    assert!(stage.pooler.is_paused("shop"));
    stage.act(&["resume", "shop"]).expect_code(0);
    await_that("shop goes on", || !stage.pooler.is_paused("shop"));
    let mut client = stage.pooler.client("shop", "goes on");
    client.ask("SELECT 1").unwrap().unwrap();
}
