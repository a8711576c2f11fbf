//! The real client behind a pooled session is named, and only there.

use serde_json::Value;

use super::Stage;
use crate::support::{Release, await_that};

/// A name that would do something to a terminal.
const HOSTILE: &str = "evil\u{1b}[31m\u{9b}2J\u{202e}";

fn session<'a>(json: &'a Value, app: &str) -> &'a Value {
    let sessions = json["sessions"].as_array().unwrap();
    sessions
        .iter()
        .find(|session| {
            session["application"]
                .as_str()
                .is_some_and(|it| it.starts_with(app))
        })
        .unwrap_or_else(|| panic!("no session of {app}: {json}"))
}

#[test]
fn sessions_name_the_client_over_tcp_and_over_a_socket() {
    for (major, release) in [(13, Release::Packaged), (18, Release::Newer)] {
        let stage = Stage::with(major, release, &[]);
        for database in ["shop", "local"] {
            let mut client = stage.pooler.client(database, HOSTILE);
            client.ask("BEGIN").unwrap().unwrap();
            let json = stage
                .run(&["sessions", "--format", "json"])
                .expect_code(0)
                .json();
            let pooled = &session(&json, "evil")["pooled"];
            assert_eq!(pooled["database"], database, "{json}");
            let wanted = stage
                .pooler
                .show("CLIENTS")
                .into_iter()
                .find(|row| row.contains(&("database".to_owned(), database.to_owned())))
                .unwrap();
            let port = &wanted.iter().find(|(name, _)| name == "port").unwrap().1;
            assert_eq!(pooled["client"]["port"].to_string(), *port, "{json}");
            assert_eq!(pooled["client"]["client"], "127.0.0.1");
            assert_eq!(pooled["client"]["id"].is_u64(), release == Release::Newer);
            let table = stage.run(&["sessions"]).expect_code(0);
            assert!(table.stdout.contains("REAL CLIENT"), "{table}");
            assert!(
                table.stdout.contains(&format!("127.0.0.1:{port}")),
                "{table}"
            );
            for mode in [
                &["sessions"][..],
                &["sessions", "--format", "csv"],
                &["pgbouncer"],
            ] {
                let ran = stage.run(mode);
                assert!(
                    !ran.stdout.contains(['\u{1b}', '\u{9b}', '\u{202e}']),
                    "{mode:?}: {ran}"
                );
            }
            client.ask("ROLLBACK").unwrap().unwrap();
            let json = stage.run(&["sessions", "--format", "json"]).json();
            assert!(
                session(&json, "evil")["pooled"]["client"].is_null(),
                "{json}"
            );
            drop(client);
            await_that("the client has gone", || {
                stage
                    .pooler
                    .value("CLIENTS", ("database", database), "ptr")
                    .is_none()
            });
        }
    }
}

#[test]
fn blockers_name_the_client_at_the_head_of_the_queue() {
    let stage = Stage::new(17);
    stage
        .server
        .ask_witness("CREATE TABLE t (); GRANT ALL ON t TO app");
    let mut head = stage.pooler.client("shop", "migration");
    head.ask("BEGIN").unwrap().unwrap();
    head.ask("LOCK TABLE t").unwrap().unwrap();
    let mut waiter = stage.pooler.client("shop", "waiter");
    waiter.send("SELECT * FROM t").unwrap();
    await_that("somebody waits", || stage.run(&["blockers"]).code == 1);
    let ran = stage.run(&["blockers"]).expect_code(1);
    let port = stage
        .pooler
        .value("CLIENTS", ("application_name", "migration"), "port")
        .unwrap();
    let named = format!("for migration 127.0.0.1:{port}");
    assert!(ran.stdout.contains(&named), "{ran}");
    let json = stage.run(&["blockers", "--format", "json"]).json();
    let head = &json["queues"][0]["members"][0]["session"];
    assert_eq!(head["pooled"]["client"]["application"], "migration");
}

#[test]
fn a_plan_says_that_the_pool_opens_its_connections_again() {
    let stage = Stage::new(16);
    let mut client = stage.pooler.client("shop", "web");
    client.ask("SELECT 1").unwrap().unwrap();
    let _direct = stage.server.session("app", "direct");
    let ran = stage
        .run(&["terminate", "--app", "web", "--dry-run"])
        .expect_code(0);
    assert!(ran.stdout.contains("PgBouncer's (database shop)"), "{ran}");
    let ran = stage
        .run(&["terminate", "--app", "direct", "--dry-run"])
        .expect_code(0);
    assert!(!ran.stdout.contains("PgBouncer's"), "{ran}");
}
