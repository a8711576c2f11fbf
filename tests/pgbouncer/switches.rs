//! `disable`, `enable`, `reconnect`, and names that the pooler does not know.

use super::Stage;
use crate::support::await_that;

#[test]
fn a_disabled_database_refuses_new_clients_and_keeps_the_others() {
    let stage = Stage::new(16);
    let mut old = stage.pooler.client("shop", "old");
    stage.act(&["disable", "shop"]).expect_code(0);
    assert!(stage.pooler.refusal("shop").is_some());
    old.ask("SELECT 1").unwrap().unwrap();
    stage.await_bottleneck("disabled");
    let ran = stage.act(&["disable", "shop"]).expect_code(1);
    assert!(ran.stderr.contains("is disabled already"), "{ran}");
    stage.act(&["enable", "shop"]).expect_code(0);
    assert!(stage.pooler.refusal("shop").is_none());
    stage.act(&["enable", "shop"]).expect_code(1);
}

#[test]
fn reconnect_replaces_the_server_connections() {
    let stage = Stage::new(18);
    let mut client = stage.pooler.client("shop", "stays");
    client.ask("SELECT 1").unwrap().unwrap();
    let pid = || {
        stage
            .pooler
            .value("SERVERS", ("database", "shop"), "remote_pid")
    };
    let before = pid().unwrap();
    stage.act(&["reconnect", "shop"]).expect_code(0);
    await_that("the old connection has gone", || {
        pid().as_ref() != Some(&before)
    });
    client.ask("SELECT 1").unwrap().unwrap();
    assert_ne!(pid().unwrap(), before);
}

#[test]
fn a_database_that_the_pooler_does_not_know_is_answered_with_the_nearest() {
    let stage = Stage::new(13);
    for act in ["disable", "enable", "resume", "kill", "reconnect"] {
        let ran = stage.act(&[act, "shpo"]).expect_code(2);
        assert!(ran.stderr.contains("did you mean \"shop\"?"), "{ran}");
    }
    let ran = stage
        .act(&["pause", "x\"; KILL \"shop", "--for", "1s"])
        .expect_code(2);
    assert!(ran.stderr.contains("it has: "), "{ran}");
    let ran = stage.act(&["kill", "pgbouncer"]).expect_code(2);
    assert!(ran.stderr.contains("console's own database"), "{ran}");
    assert!(stage.operator.record().is_empty());
}

#[test]
fn a_protected_database_is_not_touched_and_can_be_given_back() {
    let stage = Stage::new(15);
    let config = stage.operator.home().join("config.toml");
    let text = format!(
        "[target.x]\npgbouncer = '{}'\nprotected_databases = ['shop']\n",
        stage.pooler.console("admin")
    );
    std::fs::write(&config, text).unwrap();
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(&config, std::fs::Permissions::from_mode(0o600)).unwrap();
    let operator = super::Operator::with(&["-t", "x"]).set("BREAKGLASS_CONFIG", config.as_os_str());
    let act = |args: &[&str]| {
        let mut words = vec!["pgbouncer"];
        words.extend(args);
        words.extend(["--yes", "--all"]);
        operator.run(&words)
    };
    let ran = act(&["disable", "shop"]).expect_code(4);
    assert!(ran.stderr.contains("protects database shop"), "{ran}");
    stage.act(&["disable", "shop"]).expect_code(0);
    act(&["enable", "shop"]).expect_code(0);
}
