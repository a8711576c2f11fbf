//! Files that anybody may have written: whatever is in them, they are refused or shown, and harmless either way.

use std::path::Path;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Unusable, parse};
use crate::decide::blocking::trees;
use crate::decide::capacity::{ProviderReserve, SlotClass};
use crate::decide::criteria::Criteria;
use crate::decide::evidence::{Database, Evidence, Queries, Taken, document};
use crate::decide::protection::Policy;
use crate::decide::selection::{Cut, select};
use crate::decide::session::Session;
use crate::decide::sessions::plan::{Action, Way, plan};
use crate::decide::snapshot::Snapshot;
use crate::decide::testing::{blocked, hidden, in_transaction, ours, session, snapshot};
use crate::report::origin::{self, Origin};
use crate::report::sessions::SessionsView;
use crate::report::status::StatusView;
use crate::report::{LaneView, Screen, act, blockers, json, records, sanitize, sessions, status};

fn evidence(snapshot: Snapshot) -> Evidence {
    Evidence {
        taken: Taken::default(),
        target: "db1".to_owned(),
        queries: Queries::Kept,
        refused_before: vec!["login: every slot is taken".to_owned()],
        refusals: Vec::new(),
        database: Some(Database {
            lane: "login".to_owned(),
            endpoint: "db1:5432".to_owned(),
            encrypted: false,
            snapshot,
            settings: Vec::new(),
            locks: Vec::new(),
        }),
        beside: Vec::new(),
        not_seen: Vec::new(),
    }
}

fn document() -> Value {
    let mut whole = snapshot(vec![
        ours(),
        session(11),
        in_transaction(12, 100),
        blocked(13, &[12], 50),
        hidden(14),
    ]);
    whole.limits.provider = vec![ProviderReserve {
        setting: "rds.reserved_connections".to_owned(),
        slots: 2,
    }];
    serde_json::to_value(document::write(&evidence(whole))).unwrap_or_default()
}

/// What every reading command would print of it.
fn answers(evidence: &Evidence) -> Vec<String> {
    let Some(database) = &evidence.database else {
        return Vec::new();
    };
    let snapshot = &database.snapshot;
    let rows: Vec<&Session> = snapshot.sessions.iter().collect();
    let forest = trees(snapshot);
    let lane = LaneView {
        name: database.lane.clone(),
        slot: SlotClass::Ordinary,
        slot_how: String::new(),
        endpoint: database.endpoint.clone(),
        encrypted: database.encrypted,
        refused_before: evidence.refused_before.clone(),
    };
    let origin = Origin {
        file: "a file".to_owned(),
        endpoint: database.endpoint.clone(),
        at: snapshot.at,
        by: evidence.taken.by.clone(),
        host: evidence.taken.host.clone(),
        without_queries: evidence.queries == Queries::LeftOut,
    };
    let origin = Some(&origin);
    let status_view = StatusView {
        pooler: None,
        snapshot,
        lane: &lane,
        next: &[],
        read_up: None,
    };
    let sessions_view = SessionsView {
        snapshot,
        rows: &rows,
        unjudged: &[],
    };
    let everybody = (Criteria::default(), Cut::default(), Policy::default());
    let chosen = select(snapshot, &everybody.0, everybody.1, &everybody.2, false);
    let way = Way {
        lane: "login",
        endpoint: database.endpoint.clone(),
        wait: std::time::Duration::ZERO,
    };
    let planned = plan(Action::Terminate, way, snapshot, chosen);
    let narrow = Screen {
        width: Some(80),
        ..Screen::plain()
    };
    let screens = [narrow, Screen::plain()].into_iter().flat_map(|screen| {
        [
            status::status(&status_view, screen),
            sessions::sessions(&sessions_view, screen),
            blockers::blockers(snapshot, &forest, &|pid| pid.to_string(), screen),
            act::plan(&planned, screen),
        ]
        .map(|text| origin::screen(origin, screen, text))
    });
    let mut answers: Vec<String> = screens.collect();
    for grid in [
        records::status(&status_view),
        records::sessions(&rows),
        records::blockers(snapshot, &forest),
        act::rows(&planned, None),
    ] {
        answers.push(origin::markdown(origin, grid.markdown()));
        answers.push(origin::csv(origin, grid));
    }
    let documents = [
        json::text(&origin::json(origin, &json::status::status(&status_view))),
        json::text(&origin::json(
            origin,
            &json::sessions::sessions(&sessions_view),
        )),
        json::text(&origin::json(
            origin,
            &json::blockers::blockers(snapshot, &forest),
        )),
    ];
    answers.extend(documents.into_iter().flatten());
    answers
}

/// Every place in `value`, as a JSON pointer.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Array(values) => {
            for (number, value) in values.iter().enumerate() {
                places(value, &format!("{at}/{number}"), found);
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                places(value, &format!("{at}/{name}"), found);
            }
        }
        _ => {}
    }
}

/// What moves a cursor, turns text round or ends a line.
const HOSTILE: &str = "\u{1b}[31m\u{1b}]0;x\u{7}\r\u{8}\u{9b}2J\u{202e}\u{7f}\n";

#[test]
fn at_every_single_place_of_a_file_hostile_text_is_refused_or_shown_without_harm() {
    let whole = document();
    let mut all = Vec::new();
    places(&whole, "", &mut all);
    for at in &all {
        let mut document = whole.clone();
        if let Some(there) = document.pointer_mut(at) {
            *there = json!(HOSTILE);
        }
        let Ok(evidence) = parse(Path::new("file"), document.to_string().as_bytes()) else {
            continue;
        };
        for answer in answers(&evidence) {
            let bad = answer
                .chars()
                .find(|c| *c != '\n' && sanitize::is_dangerous(*c));
            assert!(bad.is_none(), "{at}: {bad:?} in {answer}");
        }
    }
}

fn hostile() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (0..40_i32).prop_map(Value::from),
        Just(json!(HOSTILE)),
        any::<String>().prop_map(Value::from),
        Just(json!([11, 11, 12, 0, -1])),
        Just(json!({})),
    ]
}

proptest! {
    #[test]
    fn whatever_stands_in_a_file_is_refused_or_shown_without_harm(
        changes in prop::collection::vec((any::<prop::sample::Index>(), hostile()), 1..6),
        cut in prop::option::weighted(0.1, any::<prop::sample::Index>()),
        flip in prop::option::weighted(0.1, (any::<prop::sample::Index>(), any::<u8>())),
    ) {
        let mut document = document();
        for (place, value) in changes {
            let mut all = Vec::new();
            places(&document, "", &mut all);
            // The whole is not replaced: then there is little to read.
            let at = all.get(1 + place.index(all.len() - 1)).cloned().unwrap_or_default();
            if let Some(there) = document.pointer_mut(&at) {
                *there = value;
            }
        }
        let mut bytes = document.to_string().into_bytes();
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Some((at, byte)) = flip.filter(|_| !bytes.is_empty()) {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(evidence) = parse(Path::new("file"), &bytes) {
            for answer in answers(&evidence) {
                let bad = answer.chars().find(|c| *c != '\n' && sanitize::is_dangerous(*c));
                prop_assert!(bad.is_none(), "{bad:?} in {answer}");
            }
        }
    }
}

#[test]
fn a_session_that_stands_there_twice_is_an_error_that_says_which() {
    let mut document = document();
    let again = document["database"]["sessions"][1].clone();
    if let Some(sessions) = document["database"]["sessions"].as_array_mut() {
        sessions.push(again);
    }
    let read = parse(Path::new("file"), document.to_string().as_bytes());
    let said = read
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default();
    assert!(said.contains("sessions[5]: PID 11"), "{said}");
}

#[test]
fn a_queue_deeper_than_any_stack_is_drawn() {
    let mut sessions: Vec<Session> = vec![in_transaction(1000, 100)];
    sessions.extend((1001..9_000).map(|pid| blocked(pid, &[pid - 1], 50)));
    let deep = evidence(snapshot(sessions));
    let text = serde_json::to_vec(&document::write(&deep)).unwrap_or_default();
    let read = parse(Path::new("file"), &text);
    let Ok(read) = read else {
        panic!("it is refused")
    };
    assert!(answers(&read).iter().all(|answer| !answer.is_empty()));
}

#[test]
fn a_format_is_ours_later_or_foreign() {
    let named = |format: &str| {
        let mut document = document();
        document["format"] = json!(format);
        parse(Path::new("file"), document.to_string().as_bytes())
    };
    assert!(named("breakglass/snapshot/1").is_ok());
    for format in ["breakglass/snapshot/2", "breakglass/snapshot/4294967295"] {
        assert!(
            matches!(named(format), Err(Unusable::Newer(..))),
            "{format}"
        );
    }
    for format in [
        "breakglass/snapshot/0",
        "breakglass/snapshot/x",
        "breakglass/snapshot/",
        "x",
    ] {
        assert!(
            matches!(named(format), Err(Unusable::Foreign(..))),
            "{format}"
        );
    }
}
