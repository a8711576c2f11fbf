//! JSON, CSV and markdown: keys and rows by value, and what must hold for every document.

use serde_json::{Value, json};

use super::{advice, end, full, lane, twelve};
use crate::decide::blocking::trees;
use crate::decide::outcome::Outcome;
use crate::decide::session::Session;
use crate::decide::sessions::plan::Action;
use crate::decide::snapshot::Snapshot;
use crate::decide::testing::{session, snapshot};
use crate::report::act;
use crate::report::act::document::{self, ActView};
use crate::report::json::{sessions, text};
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
