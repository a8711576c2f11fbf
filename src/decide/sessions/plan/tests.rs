//! When y is enough and when the number must be typed; what a plan frees.

use super::*;
use crate::decide::session::Kind;
use crate::decide::testing::{process, session, snapshot};

fn of(user: &str, application: &str, pid: i32) -> Session {
    Session {
        user: Some(user.to_owned()),
        application: Some(application.to_owned()),
        ..session(pid)
    }
}

/// A server with 40 sessions of `web` as `web`, 6 of `cron` as `batch` and 3 of `tiny` as `tiny`.
fn scene() -> Snapshot {
    let web = (0..40).map(|n| of("web", "web", 100 + n));
    let cron = (0..6).map(|n| of("batch", "cron", 200 + n));
    let tiny = (0..3).map(|n| of("tiny", "tiny", 300 + n));
    snapshot(web.chain(cron).chain(tiny).collect())
}

fn check(chosen: &[i32], number: Option<usize>) {
    let snapshot = scene();
    let chosen: Vec<Session> = snapshot
        .sessions
        .iter()
        .filter(|session| chosen.contains(&session.id.pid))
        .cloned()
        .collect();
    let asked = match question(&snapshot, &chosen) {
        Question::Nothing | Question::YesNo => None,
        Question::Number(number, _) => Some(number),
    };
    assert_eq!(asked, number, "{} chosen", chosen.len());
}

#[test]
fn more_than_ten_or_half_of_somebody_need_the_number() {
    let ten: Vec<i32> = (100..110).collect();
    let eleven: Vec<i32> = (100..111).collect();
    check(&[100], None);
    check(&ten, None);
    check(&eleven, Some(11));
    check(&[200, 201], None);
    check(&[200, 201, 202], Some(3));
    // Too small for "half of it" to mean anything.
    check(&[300, 301, 302], None);
    check(&[100, 200, 300], None);
    check(&[100, 200, 201, 202], Some(4));
}

#[test]
fn half_of_a_users_sessions_count_even_when_no_application_does() {
    let sessions = (0..8)
        .map(|n| of("web", &format!("app{n}"), 100 + n))
        .collect();
    let snapshot = snapshot(sessions);
    let asked = question(&snapshot, &snapshot.sessions[..4]);
    assert_eq!(
        asked,
        Question::Number(4, "at least half of a user's sessions")
    );
    assert_eq!(
        question(&snapshot, &snapshot.sessions[..3]),
        Question::YesNo
    );
}

#[test]
fn a_cancel_and_a_walsender_free_no_slot() {
    let snapshot = snapshot(vec![session(1), session(2), process(3, Kind::Walsender)]);
    let plan_for = |action| {
        let selection = Selection {
            chosen: snapshot.sessions.clone(),
            ..Selection::default()
        };
        plan(
            action,
            Way {
                lane: "login",
                endpoint: "db1.example.net:5432".to_owned(),
                wait: Duration::ZERO,
            },
            &snapshot,
            selection,
        )
    };
    assert_eq!(plan_for(Action::Cancel).frees(), 0);
    assert_eq!(plan_for(Action::Terminate).frees(), 2);
    assert_eq!(plan_for(Action::TerminateGently).frees(), 2);
}
