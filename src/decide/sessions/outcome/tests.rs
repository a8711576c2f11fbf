//! Every receipt against everything a second look can see.

use super::*;
use crate::decide::holder::TargetOutcome;
use crate::decide::outcome::{Ending, Stopped, ending_of};
use crate::decide::session::Kind;
use crate::decide::testing::{active, ours, process, session, snapshot};
use crate::decide::verified::Verified;

const IDLE: Seen = Seen::Present {
    state: Some(State::Idle),
    query_started: None,
};

/// The target runs the very statement it was chosen for.
fn same() -> Seen {
    Seen::Present {
        state: Some(State::Active),
        query_started: active(11, 5).query_started,
    }
}

/// It runs another one.
fn next() -> Seen {
    Seen::Present {
        state: Some(State::Active),
        query_started: Some(1),
    }
}

fn refused() -> Receipt {
    Receipt::Refused {
        sqlstate: "42501".to_owned(),
        message: "permission denied".to_owned(),
    }
}

fn check(action: Action, receipt: &Receipt, wanted: [&str; 5]) {
    let looks = [Seen::Absent, IDLE, same(), next(), Seen::NotLooked];
    for (seen, wanted) in looks.into_iter().zip(wanted) {
        let outcome = judge(action, &active(11, 5), receipt, seen, false);
        assert_eq!(outcome.name(), wanted, "{action:?}, {receipt:?}, {seen:?}");
    }
}

#[test]
fn a_session_is_gone_only_when_a_second_look_misses_it() {
    let changed = Receipt::Changed("it is idle".to_owned());
    for action in [Action::Terminate, Action::TerminateGently] {
        // absent, idle, same statement, next statement, no look
        let there = "still-there";
        let gone = "already-gone";
        check(
            action,
            &Receipt::Sent,
            ["gone", there, there, there, "unknown"],
        );
        check(
            action,
            &Receipt::NoAnswer,
            ["gone", there, there, there, "unknown"],
        );
        check(
            action,
            &Receipt::NotSent,
            [gone, there, there, there, "unknown"],
        );
        check(
            action,
            &Receipt::NotAsked,
            [gone, there, there, there, "unknown"],
        );
        check(action, &Receipt::Absent, [gone, there, there, there, gone]);
        check(action, &Receipt::OtherSession, ["other-session"; 5]);
        check(action, &changed, ["changed"; 5]);
        check(
            action,
            &refused(),
            [gone, "refused", "refused", "refused", "refused"],
        );
    }
}

#[test]
fn a_statement_is_cancelled_when_the_session_does_anything_else() {
    let stopped = "cancelled";
    let there = "still-there";
    let gone = "already-gone";
    let action = Action::Cancel;
    check(
        action,
        &Receipt::Sent,
        [stopped, stopped, there, stopped, "unknown"],
    );
    check(
        action,
        &Receipt::NoAnswer,
        [stopped, stopped, there, stopped, "unknown"],
    );
    check(
        action,
        &Receipt::NotSent,
        [gone, gone, there, gone, "unknown"],
    );
    check(
        action,
        &Receipt::NotAsked,
        [gone, gone, there, gone, "unknown"],
    );
    check(action, &Receipt::OtherSession, ["other-session"; 5]);
    check(
        action,
        &refused(),
        [gone, "refused", "refused", "refused", "refused"],
    );
}

#[test]
fn a_refusal_names_the_grant_that_is_missing() {
    let why = |superuser: Option<bool>, sqlstate: &str, we_are: bool| {
        let session = Session {
            superuser,
            ..session(11)
        };
        let receipt = Receipt::Refused {
            sqlstate: sqlstate.to_owned(),
            message: "no".to_owned(),
        };
        judge(Action::Terminate, &session, &receipt, same(), we_are).sentence()
    };
    assert!(why(Some(false), "42501", false).contains("GRANT pg_signal_backend"));
    assert!(why(Some(true), "42501", false).contains("only a superuser"));
    assert!(why(None, "42501", false).contains("no role yet"));
    assert_eq!(why(Some(false), "42501", true), "refused: no [42501]");
    assert_eq!(why(Some(false), "57014", false), "refused: no [57014]");
}

#[test]
fn the_ending_is_as_bad_as_the_worst_outcome() {
    let refused = || Outcome::Refused(String::new());
    let cases = [
        (
            vec![Outcome::Gone, Outcome::AlreadyGone, Outcome::OtherSession],
            Ending::Done,
        ),
        (vec![Outcome::Cancelled], Ending::Done),
        (vec![Outcome::Gone, refused()], Ending::Partly),
        (vec![Outcome::Gone, Outcome::StillThere], Ending::Partly),
        (
            vec![Outcome::Gone, Outcome::Changed(String::new())],
            Ending::Partly,
        ),
        (vec![refused(), refused()], Ending::AllRefused),
        (vec![refused(), Outcome::Unknown], Ending::Unknown),
        // Nothing was left to do: nobody refused anything.
        (vec![], Ending::Done),
    ];
    for (outcomes, ending) in cases {
        let targets = outcomes.iter().map(|outcome| TargetOutcome {
            holder: session(11),
            receipt: Receipt::Sent,
            escalated: false,
            sight: None,
            outcome: outcome.clone(),
            after: Duration::ZERO,
        });
        let verified = Verified {
            targets: targets.collect(),
            stopped: Stopped::Finished,
            aftermath: Slots::default(),
        };
        assert_eq!(verified.ending(), ending, "{outcomes:?}");
    }
}

#[test]
fn freed_slots_are_taken_again_by_newcomers_only() {
    let before = snapshot(vec![session(11), session(12)]);
    let mut again = session(11);
    again.id.started = Some(99);
    let now = snapshot(vec![
        ours(),
        session(12),
        again,
        session(13),
        process(14, Kind::Walsender),
    ]);
    let groups = retaken(&before, &now);
    assert_eq!(groups.len(), 1);
    assert_eq!((groups[0].name.as_str(), groups[0].count), ("web", 2));
}

#[test]
fn where_statements_cannot_be_told_apart_one_that_runs_is_not_called_the_same() {
    let mut target = active(11, 5);
    target.query_started = None;
    let seen = Seen::Present {
        state: Some(State::Active),
        query_started: None,
    };
    let outcome = judge(Action::Cancel, &target, &Receipt::Sent, seen, false);
    assert_eq!(
        (outcome.name(), &outcome),
        ("still-there", &Outcome::StillRuns)
    );
    assert_eq!(ending_of([&outcome].into_iter()), Ending::Partly);
    // Where they can, and where a session was to end, nothing is left open.
    let known = judge(
        Action::Cancel,
        &active(11, 5),
        &Receipt::Sent,
        same(),
        false,
    );
    assert_eq!(known, Outcome::StillThere);
    let ended = judge(Action::Terminate, &target, &Receipt::Sent, seen, false);
    assert_eq!(ended, Outcome::StillThere);
}
