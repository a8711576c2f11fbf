//! A pause ends: by its deadline, and when whoever holds it is told to go.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{Stage, ended};

#[test]
fn a_pause_ends_at_its_deadline_and_its_clients_go_on() {
    for major in [13, 18] {
        let stage = Stage::new(major);
        let mut client = stage.pooler.client("shop", "waits");
        client.ask("SELECT 1").unwrap().unwrap();
        let pausing = stage.start(&["pause", "shop", "--for", "2s", "--reason", "failover"]);
        stage.await_paused(true);
        client.send("SELECT 'held back'").unwrap();
        let ran = ended(pausing).expect_code(0);
        assert!(ran.stdout.contains("its time is over: RESUMED"), "{ran}");
        assert!(!stage.pooler.is_paused("shop"));
        // The answer of what was held back, then that of this.
        client.ask("SELECT 1").unwrap().unwrap();
        let record = stage.operator.record();
        let events: Vec<&str> = record
            .iter()
            .map(|line| line["event"].as_str().unwrap())
            .collect();
        assert_eq!(events, ["intent", "outcome"]);
        assert_eq!(record[0]["action"], "pgbouncer pause");
        assert_eq!(record[0]["targets"][0]["database"], "shop");
        assert_eq!(record[1]["outcome"], "done");
        assert_eq!(record[1]["reason"], "failover");
    }
}

#[test]
fn a_pause_ends_when_its_holder_is_told_to_go() {
    let stage = Stage::new(17);
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        let pausing = stage.start(&["pause", "shop", "--for", "10m"]);
        stage.await_paused(true);
        let pid = Pid::from_raw(i32::try_from(pausing.id()).unwrap());
        kill(pid, signal).unwrap();
        let ran = ended(pausing).expect_code(0);
        assert!(
            ran.stdout.contains("interrupted: RESUMED"),
            "{signal}: {ran}"
        );
        assert!(!stage.pooler.is_paused("shop"), "{signal}");
    }
}

#[test]
fn a_transaction_that_does_not_end_does_not_keep_the_pause() {
    let stage = Stage::new(15);
    let mut client = stage.pooler.client("shop", "stuck");
    client.ask("BEGIN").unwrap().unwrap();
    let ran = stage.act(&["pause", "shop", "--for", "1s"]).expect_code(5);
    assert!(
        ran.stdout
            .contains("not every server connection was released"),
        "{ran}"
    );
    assert!(ran.stdout.contains("RESUMED"), "{ran}");
    assert!(!stage.pooler.is_paused("shop"));
    client.ask("COMMIT").unwrap().unwrap();
}

#[test]
fn what_is_paused_already_is_left_alone_and_can_be_resumed() {
    let stage = Stage::new(14);
    stage
        .act(&["kill", "shop", "--leave-paused"])
        .expect_code(0);
    assert!(stage.pooler.is_paused("shop"));
    let seen = stage.await_bottleneck("paused");
    let next = seen["next"][0]["command"].as_str().unwrap();
    assert!(next.contains("resume shop"), "{next}");
    let ran = stage.act(&["pause", "shop", "--for", "1s"]).expect_code(1);
    assert!(ran.stderr.contains("is paused already"), "{ran}");
    assert!(stage.pooler.is_paused("shop"));
    stage.act(&["resume", "shop"]).expect_code(0);
    assert!(!stage.pooler.is_paused("shop"));
    let ran = stage.act(&["resume", "shop"]).expect_code(1);
    assert!(ran.stderr.contains("is not paused"), "{ran}");
}
