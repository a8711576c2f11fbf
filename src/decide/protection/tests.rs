//! Each reason once, and what naming a PID or including a kind changes about it.

use super::*;
use crate::decide::session::Wait;
use crate::decide::testing::{hidden, ours, process, session, snapshot};

fn policy(include: &[Include]) -> Policy {
    Policy {
        include: include.to_vec(),
        users: vec!["payments".to_owned()],
        applications: vec!["pager".to_owned()],
        databases: vec!["ledger".to_owned()],
    }
}

/// The reason plainly, when its PID was named, and when every kind was included.
fn check(session: Session, plainly: Option<&str>, named: Option<&str>, included: Option<&str>) {
    let snapshot = snapshot(vec![]);
    let reason = |policy: &Policy, named| {
        let reason = policy.spares(&session, &snapshot, named);
        reason.map(|reason| reason.name())
    };
    let pid = session.id.pid;
    assert_eq!(reason(&policy(&[]), false), plainly, "{pid} plainly");
    assert_eq!(reason(&policy(&[]), true), named, "{pid} named");
    assert_eq!(
        reason(&policy(Include::ALL), false),
        included,
        "{pid} included"
    );
}

#[test]
fn an_ordinary_session_is_not_protected() {
    check(session(11), None, None, None);
}

#[test]
fn what_no_flag_reaches() {
    let always = |session, reason| check(session, Some(reason), Some(reason), Some(reason));
    always(ours(), "ourselves");
    always(
        process(20, Kind::Background("autovacuum worker".to_owned())),
        "server-process",
    );
    always(process(21, Kind::ParallelWorker), "parallel-worker");
    always(hidden(22), "identity-hidden");
    let user = Some("payments".to_owned());
    always(
        Session {
            user,
            ..session(23)
        },
        "protected-user",
    );
    let application = Some("pager".to_owned());
    always(
        Session {
            application,
            ..session(24)
        },
        "protected-application",
    );
    let database = Some("ledger".to_owned());
    always(
        Session {
            database,
            ..session(25)
        },
        "protected-database",
    );
}

#[test]
fn what_an_include_reaches_and_naming_its_pid_does_not() {
    let asked = |session, reason| check(session, Some(reason), Some(reason), None);
    let walsender = Session {
        user: Some("standby".to_owned()),
        ..process(31, Kind::Walsender)
    };
    asked(walsender, "walsender");
    let wait = Some(Wait {
        class: "IPC".to_owned(),
        event: "SyncRep".to_owned(),
    });
    asked(
        Session {
            wait,
            ..session(32)
        },
        "waits-for-standby",
    );
}

#[test]
fn what_naming_its_pid_reaches_too() {
    let named = |session, reason| check(session, Some(reason), None, None);
    let superuser = Some(true);
    named(
        Session {
            superuser,
            ..session(41)
        },
        "superuser",
    );
    let query = Some("  listen jobs".to_owned());
    named(
        Session {
            query,
            ..session(42)
        },
        "listening",
    );
}

#[test]
fn a_protected_walsender_stays_protected_when_walsenders_are_included() {
    let walsender = Session {
        user: Some("payments".to_owned()),
        ..process(51, Kind::Walsender)
    };
    check(
        walsender,
        Some("walsender"),
        Some("walsender"),
        Some("protected-user"),
    );
}

#[test]
fn whoever_may_be_protected_for_all_we_know_is_not_touched() {
    let unknown = |pid, kind, state| Session {
        user: None,
        database: None,
        kind,
        state,
        ..session(pid)
    };
    let idle = unknown(61, Kind::Client, Some(State::Idle));
    let reason = Some("user-unknown");
    check(idle.clone(), reason, reason, reason);
    let walsender = unknown(62, Kind::Walsender, None);
    check(walsender, Some("walsender"), Some("walsender"), reason);
    // Nobody has logged in yet.
    check(
        unknown(63, Kind::Client, Some(State::Starting)),
        None,
        None,
        None,
    );
    // Nobody is protected: a PID says enough.
    let spares = |named| Policy::default().spares(&idle, &snapshot(vec![]), named);
    assert_eq!(spares(false), Some(SparedReason::UserUnknown));
    assert_eq!(spares(true), None);
}

#[test]
fn our_own_pid_is_ours_whatever_else_it_looks_like() {
    let hidden = hidden(ours().id.pid);
    check(
        hidden,
        Some("ourselves"),
        Some("ourselves"),
        Some("ourselves"),
    );
}
