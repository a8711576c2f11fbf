//! `fence --pool`: `DISABLE` as a fence, undone by the record.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{Stage, ended};
use crate::support::{Operator, answer, await_that};

fn is_disabled(stage: &Stage) -> bool {
    stage
        .pooler
        .value("DATABASES", ("name", "shop"), "disabled")
        == Some("1".to_owned())
}

/// Puts a fence on shop; its ID.
#[track_caller]
fn put_up(stage: &Stage) -> String {
    let ran = stage
        .run(&["fence", "--pool", "shop", "--yes", "--format", "json"])
        .expect_code(0);
    let fence = ran.json()["outcome"]["targets"][0].clone();
    assert_eq!(fence["outcome"], "fenced", "{ran}");
    assert_eq!(fence["kind"], "pool");
    assert!(fence["oid"].is_null(), "{ran}");
    fence["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_pool_is_fenced_listed_told_of_and_given_back() {
    let stage = Stage::new(16);
    let mut old = stage.pooler.client("shop", "old");
    let plan = stage
        .run(&["fence", "--pool", "shop", "--dry-run"])
        .expect_code(0);
    for said in [
        "PLAN: refuse new clients of pool shop",
        "1 client and",
        "clients that are there, other poolers",
        "ENABLE shop",
        "--undo ID",
    ] {
        assert!(plan.stdout.contains(said), "{said}: {plan}");
    }
    assert!(!is_disabled(&stage) && !stage.operator.record_path().exists());

    let id = put_up(&stage);
    assert!(is_disabled(&stage));
    assert!(stage.pooler.refusal("shop").is_some());
    old.ask("SELECT 1").unwrap().unwrap();
    let record = stage.operator.record();
    assert_eq!(record[0]["lane"], "pgbouncer");
    assert_eq!(record[0]["targets"][0]["previous"], -1);
    assert_eq!(record[1]["outcome"], "fenced");

    // Every command tells of it, with a line that undoes it.
    for typed in [&["status"][..], &["workers"], &["pgbouncer"], &["blockers"]] {
        let ran = stage.operator.run(typed);
        let told = ran.stderr.lines().find(|line| line.contains(&id));
        let told = told.unwrap_or_else(|| panic!("{ran}"));
        assert!(
            told.contains("pool shop at") && told.contains("--pgbouncer"),
            "{ran}"
        );
    }
    let ran = stage
        .run(&["fence", "--pool", "shop", "--yes"])
        .expect_code(4);
    assert!(ran.stderr.contains("already"), "{ran}");
    let list = stage.run(&["fence", "--list", "--format", "json"]).json();
    assert_eq!(list["fences"][0]["live"], 0);
    let unseen = stage.operator.run(&["fence", "--list", "--format", "json"]);
    assert_eq!(unseen.json()["fences"][0]["looked"], false, "{unseen}");
    // Without a word about the console it says what to type.
    let ran = stage
        .operator
        .run(&["fence", "--undo", &id, "--yes"])
        .expect_code(2);
    let next = format!("next: breakglass fence {}", "-h");
    assert!(
        ran.stderr.contains(&next) && ran.stderr.contains("--pgbouncer"),
        "{ran}"
    );
    assert!(is_disabled(&stage));

    let ran = stage.run(&["fence", "--undo", "--yes"]).expect_code(0);
    assert!(ran.stdout.contains("UNDONE: pool shop"), "{ran}");
    assert!(!is_disabled(&stage) && stage.pooler.refusal("shop").is_none());
    let ran = stage.operator.run(&["status"]).expect_code(0);
    assert!(!ran.stderr.contains(&id), "{ran}");
}

#[test]
fn the_record_alone_gives_a_pool_back_after_a_kill() {
    let stage = Stage::new(18);
    let console = stage.pooler.console("admin");
    let typed = [
        "fence",
        "--pool",
        "shop",
        "--for",
        "1h",
        "--yes",
        "--pgbouncer",
        &console,
    ];
    let mut child = stage.operator.start(&typed);
    await_that("the pool is disabled", || is_disabled(&stage));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(is_disabled(&stage));
    let id = stage.operator.record()[0]["targets"][0]["fence"].clone();
    let id = id.as_str().unwrap();
    stage.run(&["fence", "--undo", id, "--yes"]).expect_code(0);
    assert!(!is_disabled(&stage));
}

#[test]
fn a_pool_fenced_for_a_time_is_given_back_by_itself_and_on_a_signal() {
    let stage = Stage::new(14);
    let ran = stage
        .run(&["fence", "--pool", "shop", "--for", "1s", "--yes"])
        .expect_code(0);
    assert!(
        ran.stdout.contains("FENCED") && ran.stdout.contains("UNDONE"),
        "{ran}"
    );
    assert!(!is_disabled(&stage));
    let console = stage.pooler.console("admin");
    let typed = [
        "fence",
        "--pool",
        "shop",
        "--for",
        "1h",
        "--yes",
        "--pgbouncer",
        &console,
    ];
    let child = stage.operator.start(&typed);
    await_that("the fence is in the record", || {
        let text = std::fs::read_to_string(stage.operator.record_path()).unwrap_or_default();
        let last = text.lines().last().unwrap_or_default();
        last.contains(r#""outcome":"fenced""#)
    });
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap());
    kill(pid, Signal::SIGHUP).unwrap();
    let ran = ended(child).expect_code(0);
    assert!(ran.stdout.contains("UNDONE"), "{ran}");
    assert!(!is_disabled(&stage));
}

#[test]
fn what_somebody_else_did_to_the_pool_meanwhile_is_left_alone() {
    let stage = Stage::new(15);
    let id = put_up(&stage);
    // Paused: whoever were let in would hang.
    stage
        .act(&["kill", "shop", "--leave-paused"])
        .expect_code(0);
    let ran = stage.run(&["fence", "--undo", &id, "--yes"]).expect_code(4);
    assert!(ran.stdout.contains("is paused by now"), "{ran}");
    assert!(is_disabled(&stage));
    stage.act(&["resume", "shop"]).expect_code(0);
    // Enabled already: nothing to do, and off the list.
    stage.act(&["enable", "shop"]).expect_code(0);
    let ran = stage.run(&["fence", "--undo", &id, "--yes"]).expect_code(0);
    assert!(ran.stdout.contains("already; nothing changed"), "{ran}");

    // What was disabled before is no fence of ours.
    stage.act(&["disable", "shop"]).expect_code(0);
    let ran = stage
        .run(&["fence", "--pool", "shop", "--yes"])
        .expect_code(1);
    assert!(ran.stderr.contains("is disabled already"), "{ran}");
    stage.act(&["enable", "shop"]).expect_code(0);
    // Nor what somebody disables while the plan is read.
    let console = stage.pooler.console("admin");
    let typed = ["fence", "--pool", "shop", "--pgbouncer", &console];
    let ran = answer(&stage.operator, &typed, "y\r", || {
        stage.act(&["disable", "shop"]).expect_code(0);
    })
    .expect_code(4);
    assert!(ran.stdout.contains("by somebody else meanwhile"), "{ran}");
    let list = stage.operator.run(&["fence", "--list"]).expect_code(0);
    assert!(list.stdout.contains("no fence stands"), "{list}");
}

#[test]
fn wrong_use_of_a_fence_on_a_pool() {
    let stage = Stage::new(13);
    for (typed, code, said) in [
        (&["--pool", "shop", "--limit", "3"][..], 2, "--limit"),
        (&["--pool", "shop", "--role", "app"], 2, "--role"),
        (&["--pool", "shpo"], 2, "did you mean \"shop\"?"),
        (&["--pool", "pgbouncer"], 2, "console's own database"),
        (&["--pool", "sh\"; KILL \"op\x1b[31m"], 2, "it has: "),
    ] {
        let typed = [&["fence", "--yes"], typed].concat();
        let ran = stage.run(&typed).expect_code(code);
        assert!(
            ran.stderr.contains(said) && !ran.stderr.contains('\x1b'),
            "{ran}"
        );
    }
    let ran = stage
        .operator
        .run(&["fence", "--pool", "shop", "--yes"])
        .expect_code(2);
    assert!(ran.stderr.contains("--pgbouncer"), "{ran}");
    let ran = stage.run(&["fence", "--pool", "shop"]).expect_code(4);
    assert!(ran.stderr.contains("--yes"), "{ran}");
    assert!(!is_disabled(&stage) && stage.operator.record().is_empty());
}

#[test]
fn a_role_and_a_pool_are_undone_each_in_its_place() {
    let stage = Stage::new(17);
    let boss = Operator::on(&stage.server, "postgres")
        .set("XDG_STATE_HOME", stage.operator.home().join("state"));
    boss.run(&["fence", "--role", "app", "--limit", "5", "--yes"])
        .expect_code(0);
    put_up(&stage);
    let ran = boss.run(&["status"]).expect_code(0);
    assert!(
        ran.stderr
            .contains("2 fences stand on this server or in poolers"),
        "{ran}"
    );
    let ran = boss
        .run(&["fence", "--undo", "--all", "--yes"])
        .expect_code(0);
    assert!(ran.stdout.contains("role app is back"), "{ran}");
    assert!(
        ran.stderr.contains("is in a pooler and stands; next: "),
        "{ran}"
    );
    assert!(is_disabled(&stage));
    stage
        .run(&["fence", "--undo", "--all", "--yes"])
        .expect_code(0);
    assert!(!is_disabled(&stage));
}
