//! `KILL` and `KILL_CLIENT`, and who lives on in PostgreSQL.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use super::Stage;
use crate::support::{Operator, Pty, Release, await_that, pid};

#[test]
fn a_statement_that_ran_lives_on_and_is_named() {
    for major in [13, 17] {
        let stage = Stage::new(major);
        let mut busy = stage.pooler.client("shop", "busy");
        busy.send("SELECT pg_sleep(600)").unwrap();
        let backend = || {
            stage.server.ask_witness(
                "SELECT pid FROM pg_stat_activity WHERE application_name = 'busy' AND state = 'active'",
            )
        };
        await_that("the statement runs", || !backend().is_empty());
        let running: i32 = backend()[0][0].as_ref().unwrap().parse().unwrap();
        let plan = stage
            .run(&["pgbouncer", "kill", "shop", "--dry-run"])
            .expect_code(0);
        assert!(plan.stdout.contains("cancels nothing"), "{plan}");
        let ran = stage
            .act(&["kill", "shop", "--wait", "1s", "--format", "json"])
            .expect_code(5);
        let json = ran.json();
        let done = &json["outcome"]["targets"][0];
        let survivors: Vec<i32> = done["survivors"]
            .as_array()
            .unwrap()
            .iter()
            .map(pid)
            .collect();
        assert_eq!(survivors, [running], "{ran}");
        assert_eq!(done["resumed"], true);
        assert_eq!(done["outcome"], "partly");
        assert!(!stage.pooler.is_paused("shop"));
        let words = busy.last_words(Some(Duration::from_secs(20))).unwrap();
        assert!(words.is_some(), "the client was told");
        // The database is open again.
        stage
            .pooler
            .client("shop", "back")
            .ask("SELECT 1")
            .unwrap()
            .unwrap();
        let terminate = [
            "terminate",
            "--pid",
            &running.to_string(),
            "--yes",
            "--limit",
            "1",
        ];
        stage.run(&terminate).expect_code(0);
    }
}

#[test]
fn idle_clients_leave_nobody_behind() {
    let stage = Stage::new(16);
    let mut client = stage.pooler.client("shop", "idle");
    client.ask("SELECT 1").unwrap().unwrap();
    let other = stage.pooler.client("local", "other database");
    let ran = stage.act(&["kill", "shop"]).expect_code(0);
    assert!(ran.stdout.contains("survivors none"), "{ran}");
    assert!(ran.stdout.contains("the database is resumed"), "{ran}");
    let left = stage
        .pooler
        .value("CLIENTS", ("application_name", "other database"), "state");
    assert!(left.is_some(), "{:?}", stage.pooler.show("CLIENTS"));
    drop(other);
}

#[test]
fn a_dry_run_and_a_cap_change_nothing() {
    let stage = Stage::new(18);
    let _clients: Vec<_> = (0..3)
        .map(|_| stage.pooler.client("shop", "three"))
        .collect();
    stage
        .run(&["pgbouncer", "kill", "shop", "--dry-run"])
        .expect_code(0);
    let words = ["pgbouncer", "kill", "shop", "--yes", "--limit", "2"];
    let ran = stage.run(&words).expect_code(4);
    assert!(
        ran.stderr.contains("3 clients are more than the 2"),
        "{ran}"
    );
    assert!(stage.operator.record().is_empty());
    let there = stage.pooler.show("CLIENTS");
    let shop =
        |row: &&Vec<(String, String)>| row.contains(&("database".to_owned(), "shop".to_owned()));
    assert_eq!(there.iter().filter(shop).count(), 3);
}

#[test]
fn a_single_client_is_killed_by_its_id() {
    let stage = Stage::with(17, Release::Newer, &[]);
    let mut one = stage.pooler.client("shop", "one");
    let mut two = stage.pooler.client("shop", "two");
    one.ask("SELECT 1").unwrap().unwrap();
    let id = stage
        .pooler
        .value("CLIENTS", ("application_name", "one"), "id")
        .unwrap();
    let ran = stage.act(&["kill-client", &id]).expect_code(0);
    assert!(ran.stdout.contains("1 of 1 clients are gone"), "{ran}");
    assert!(one.last_words(Some(Duration::from_secs(20))).is_ok());
    two.ask("SELECT 1").unwrap().unwrap();
    let ran = stage.act(&["kill-client", &id]).expect_code(1);
    assert!(ran.stderr.contains("no client has id"), "{ran}");
}

#[test]
fn a_pooler_without_kill_client_is_said_to_have_none() {
    let stage = Stage::new(17);
    let ran = stage.act(&["kill-client", "1"]).expect_code(4);
    assert!(
        ran.stderr.contains("PgBouncer 1.18.0 has no KILL_CLIENT"),
        "{ran}"
    );
}

#[test]
fn more_clients_than_the_configuration_allows_are_refused_before_anything_is_asked() {
    let stage = Stage::new(18);
    let _clients: Vec<_> = (0..3)
        .map(|_| stage.pooler.client("shop", "three"))
        .collect();
    let operator = Operator::with(&["-t", "prod"]);
    let path = operator.home().join("config.toml");
    let console = stage.pooler.console("admin");
    let target = format!("[target.prod]\npgbouncer = \"{console}\"\nmax_targets = 2\n");
    std::fs::write(&path, target).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let operator = operator.set("BREAKGLASS_CONFIG", path);

    let mut terminal = Pty::start(operator.command(&["pgbouncer", "kill", "shop"]));
    assert_eq!(terminal.end(), 4, "{}", terminal.screen());
    let shown = terminal.screen();
    assert!(shown.contains("3 clients are more than the 2"), "{shown}");
    assert!(
        !shown.contains("[y/N]") && !shown.contains("Type "),
        "{shown}"
    );
    assert!(operator.record().is_empty());

    let plan = operator
        .run(&["pgbouncer", "kill", "shop", "--dry-run"])
        .expect_code(0);
    assert!(plan.stderr.contains("max_targets = 2"), "{plan}");
}
