//! JSON, CSV and markdown: keys and rows by value, and what must hold for every document.

use serde_json::{Value, json};

use super::{advice, end, full, lane, quiet, twelve, walsender};
use crate::decide::blocking::trees;
use crate::decide::outcome::Outcome;
use crate::decide::session::Session;
use crate::decide::sessions::plan::Action;
use crate::decide::snapshot::Snapshot;
use crate::decide::testing::{session, snapshot};
use crate::report::act;
use crate::report::act::document::{self, ActView};
use crate::report::json::{blockers, sessions, status, text};
use crate::report::sessions::SessionsView;
use crate::report::status::StatusView;
use crate::report::{records, sanitize};

fn parse(value: &impl serde::Serialize) -> Value {
    let text = text(value).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

fn all_sessions(snapshot: &Snapshot) -> Value {
    let rows: Vec<&Session> = snapshot.sessions.iter().collect();
    parse(&sessions::sessions(&SessionsView {
        snapshot,
        rows: &rows,
        unjudged: &[],
    }))
}

fn check(document: &Value, cases: &[(&str, Value)]) {
    for (pointer, wanted) in cases {
        assert_eq!(
            document.pointer(pointer),
            Some(wanted),
            "{pointer} in {document:#}"
        );
    }
}

#[test]
fn a_session_is_complete_and_what_is_unknown_is_null() {
    let document = all_sessions(&full());
    check(
        &document,
        &[
            ("/format", json!("breakglass/sessions/1")),
            ("/at", json!("2026-11-22T03:14:15.000000Z")),
            ("/total", json!(20)),
            (
                "/slots/ordinary",
                json!({ "total": 17, "used": 17, "free": 0 }),
            ),
            (
                "/sessions/5",
                json!({
                    "pid": 5000, "backend_start": "2026-11-22T02:14:14.995000Z", "kind": "client backend",
                    "user": "web", "superuser": false, "database": "shop", "application": "web",
                    "client": "10.0.0.5", "state": "active", "connected_seconds": 3600.0,
                    "transaction_seconds": 200.0, "query_seconds": 200.0, "state_seconds": 200.0,
                    "query_start": "2026-11-22T03:13:14.000000Z", "wait_event_type": "Lock",
                    "wait_event": "transactionid", "blocked_by": [4711], "leader_pid": null,
                    "query": "UPDATE stock SET n = n - 1", "hidden": false, "holds_slot": true,
                }),
            ),
        ],
    );
    let document = all_sessions(&quiet());
    check(
        &document,
        &[
            ("/sessions/2/hidden", json!(true)),
            ("/sessions/2/backend_start", json!(null)),
            ("/sessions/2/client", json!(null)),
            ("/sessions/2/state_seconds", json!(null)),
        ],
    );
}

#[test]
fn the_status_says_what_the_screen_says() {
    let (full, quiet, lane, walsender, next) = (full(), quiet(), lane(), walsender(), advice());
    let document = parse(&status::status(&StatusView {
        pooler: None,
        snapshot: &full,
        lane: &lane,
        next: &next,
        read_up: None,
    }));
    check(
        &document,
        &[
            ("/format", json!("breakglass/status/1")),
            ("/lane/slot", json!("ordinary")),
            ("/slots/full", json!(true)),
            (
                "/holders/by_application/0",
                json!({ "name": "web", "count": 12, "oldest_seconds": 200.0 }),
            ),
            (
                "/role_limits/0",
                json!({ "name": "web", "used": 14, "limit": 15 }),
            ),
            ("/authenticating", json!(null)),
            (
                "/prepared_transactions",
                json!({ "count": 1, "oldest_seconds": 7200.0 }),
            ),
            (
                "/queues",
                json!([{ "head": 4711, "prepared": false, "waiting": 2 }]),
            ),
            ("/next/0/command", json!("breakglass terminate --pid 4711")),
        ],
    );
    let document = parse(&status::status(&StatusView {
        pooler: None,
        snapshot: &quiet,
        lane: &walsender,
        next: &[],
        read_up: None,
    }));
    let setting = "rds.rds_superuser_reserved_connections";
    check(
        &document,
        &[
            (
                "/limits/provider/0",
                json!({ "setting": setting, "slots": 2 }),
            ),
            ("/authenticating", json!(1)),
            ("/hidden", json!(1)),
        ],
    );
}

#[test]
fn a_queue_is_a_flat_list_that_any_parser_reads() {
    let snapshot = full();
    let forest = trees(&snapshot);
    let document = parse(&blockers::blockers(&snapshot, &forest));
    check(
        &document,
        &[
            ("/waiting", json!(2)),
            ("/queues/0/head", json!(4711)),
            ("/queues/0/members/0/releases", json!(2)),
            ("/queues/0/members/2/pid", json!(5001)),
            ("/queues/0/members/2/depth", json!(1)),
            ("/queues/0/members/2/waits_for", json!(4711)),
            ("/queues/0/members/2/also_waits_for", json!([5000])),
        ],
    );
}

#[test]
fn an_action_has_its_plan_and_an_outcome_for_each_target() {
    let plan = twelve(Action::Terminate);
    let verified = end(&plan, &[(3, Outcome::StillThere)]);
    let lane = lane();
    let view = ActView {
        command: "terminate",
        lane: &lane,
        plan: &plan,
        verified: Some(&verified),
        exit_code: 5,
        dry_run: false,
    };
    let document = parse(&document::act(&view));
    check(
        &document,
        &[
            ("/format", json!("breakglass/act/1")),
            ("/command", json!("terminate")),
            ("/exit_code", json!(5)),
            ("/outcome/ending", json!("partly")),
            ("/plan/type_number", json!(12)),
            ("/plan/spared/0/pid", json!(1)),
            ("/plan/spared/0/reason", json!("ourselves")),
            ("/plan/targets/3/pid", json!(6002)),
            ("/outcome/targets/3/pid", json!(6002)),
            ("/outcome/targets/3/outcome", json!("still-there")),
            ("/outcome/targets/0/after_seconds", json!(0.42)),
            ("/outcome/freed", json!(11)),
            ("/plan/details/slots/now/ordinary/free", json!(0)),
            ("/plan/details/slots/after/ordinary/free", json!(12)),
            ("/outcome/details/slots/now/ordinary/free", json!(11)),
        ],
    );
    let dry = ActView {
        verified: None,
        exit_code: 0,
        dry_run: true,
        ..view
    };
    check(
        &parse(&document::act(&dry)),
        &[
            ("/dry_run", json!(true)),
            ("/plan/targets/3/pid", json!(6002)),
            ("/outcome", json!(null)),
        ],
    );
}

#[test]
fn json_on_a_terminal_is_harmless_and_loses_no_character() {
    let name = "a\x1b[2J\u{7f}\u{9b}31m\u{202e}\u{e0041}東京\"\\";
    let mut evil = session(11);
    evil.application = Some(name.to_owned());
    let snapshot = snapshot(vec![evil]);
    let rows: Vec<&Session> = snapshot.sessions.iter().collect();
    let view = SessionsView {
        snapshot: &snapshot,
        rows: &rows,
        unjudged: &[],
    };
    let text = text(&sessions::sessions(&view)).unwrap_or_default();
    assert!(
        text.lines()
            .all(|line| !line.chars().any(sanitize::is_dangerous)),
        "{text}"
    );
    check(
        &all_sessions(&snapshot),
        &[("/sessions/0/application", json!(name))],
    );
}

#[test]
fn csv_has_a_row_a_session_whatever_its_statement() {
    let snapshot = full();
    let rows: Vec<&Session> = snapshot
        .sessions
        .iter()
        .filter(|row| row.id.pid == 4711)
        .collect();
    let wanted = "pid,backend_start,user,database,application,client,state,kind,state_seconds,\
        transaction_seconds,query_seconds,connected_seconds,wait_event_type,wait_event,blocked_by,query\n\
        4711,2026-11-22T02:14:14.995289Z,deploy,shop,migrate\\x1b[31m,local,idle in transaction,\
        client backend,250,251,61,3600,,,,ALTER TABLE stock\\n  ADD COLUMN note text\n";
    assert_eq!(records::sessions(&rows).csv(), wanted);
}

#[test]
fn every_row_has_as_many_cells_as_there_are_columns() {
    let (full, lane, next) = (full(), lane(), advice());
    let plan = twelve(Action::Terminate);
    let verified = end(&plan, &[(1, Outcome::Unknown)]);
    let rows: Vec<&Session> = full.sessions.iter().collect();
    let prepared = snapshot(vec![crate::decide::testing::blocked(2, &[0], 5)]);
    let grids = [
        records::sessions(&rows),
        records::blockers(&full, &trees(&full)),
        records::blockers(&prepared, &trees(&prepared)),
        act::rows(&plan, None),
        act::rows(&plan, Some(&verified)),
        records::status(&StatusView {
            pooler: None,
            snapshot: &full,
            lane: &lane,
            next: &next,
            read_up: None,
        }),
    ];
    for grid in grids {
        assert!(
            grid.rows
                .iter()
                .all(|row| row.cells.len() == grid.columns.len())
        );
        let lines = |text: String| text.lines().count();
        assert_eq!(lines(grid.csv()), grid.rows.len() + 1);
        assert_eq!(lines(grid.markdown()), grid.rows.len() + 2);
    }
}

#[test]
fn the_status_in_markdown_has_a_table_a_section() {
    let (snapshot, lane) = (full(), lane());
    let text = records::status_markdown(&StatusView {
        pooler: None,
        snapshot: &snapshot,
        lane: &lane,
        next: &[],
        read_up: None,
    });
    assert!(
        text.starts_with("## server\n\n| name | value |\n| --- | --- |\n"),
        "{text}"
    );
    assert!(text.contains("\n## application\n\n"), "{text}");
    assert!(text.contains("| migrate\\\\x1b[31m | 1 |"), "{text}");
}
