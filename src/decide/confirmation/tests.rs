//! What confirms a plan and what does not.

use std::time::Duration;

use super::*;
use crate::decide::identity::SessionId;
use crate::decide::selection::Selection;
use crate::decide::session::Kind;
use crate::decide::session::Session;
use crate::decide::sessions::plan::Action;
use crate::decide::sessions::plan::{Way, plan};
use crate::decide::testing::{process, session, snapshot};

fn of(count: i32, question: Question) -> Plan<Session> {
    let chosen: Vec<Session> = (0..count).map(|n| session(100 + n)).collect();
    let snapshot = snapshot(chosen.clone());
    let selection = Selection {
        chosen,
        ..Selection::default()
    };
    let plan = plan(
        Action::Terminate,
        Way {
            lane: "login",
            endpoint: "db1.example.net:5432".to_owned(),
            wait: Duration::ZERO,
        },
        &snapshot,
        selection,
    );
    Plan { question, ..plan }
}

fn typed(text: &str) -> Approval {
    Approval::Typed(text.to_owned())
}

#[test]
fn only_a_yes_answers_the_simple_question() {
    for yes in ["y", "Y", "yes", " YES \n"] {
        assert!(
            of(3, Question::YesNo).confirm(&typed(yes), None).is_ok(),
            "{yes:?}"
        );
    }
    for no in ["", "n", "no", "yy", "3", "yes please", "\u{202e}y"] {
        let answer = of(3, Question::YesNo).confirm(&typed(no), None);
        assert_eq!(answer.err(), Some(NotConfirmed::Declined), "{no:?}");
    }
}

#[test]
fn only_the_number_answers_the_question_for_the_number() {
    let ask = |text: &str| of(12, Question::Number(12, "many")).confirm(&typed(text), None);
    assert!(ask("12").is_ok());
    assert!(ask(" 12\n").is_ok());
    for no in ["", "n", "NO"] {
        assert_eq!(ask(no).err(), Some(NotConfirmed::Declined), "{no:?}");
    }
    for wrong in ["y", "yes", "11", "012", "+12", "12 13"] {
        let typed = wrong.to_owned();
        assert_eq!(
            ask(wrong).err(),
            Some(NotConfirmed::WrongNumber { typed, wanted: 12 })
        );
    }
}

#[test]
fn a_cap_is_never_passed() {
    // (targets, approval, configuration's cap) -> allowed up to, when refused
    let cases = [
        (5, Approval::Flag(Cap::AtMost(5)), None, None),
        (5, Approval::Flag(Cap::AtMost(4)), None, Some(4)),
        (5, Approval::Flag(Cap::All), None, None),
        (5, Approval::Flag(Cap::All), Some(5), None),
        (5, Approval::Flag(Cap::All), Some(4), Some(4)),
        (5, Approval::Flag(Cap::AtMost(9)), Some(4), Some(4)),
        (5, typed("y"), Some(4), Some(4)),
    ];
    for (count, approval, max, refused) in cases {
        let plan = of(count, Question::YesNo);
        // What no answer can confirm is known before anybody is asked.
        let targets = plan.targets.len();
        let hopeless = max.is_some_and(|max| targets > max);
        assert_eq!(plan.over(max).is_some(), hopeless);
        let answer = plan.confirm(&approval, max).err();
        let wanted = refused.map(|cap| NotConfirmed::OverCap { targets: 5, cap });
        assert_eq!(answer, wanted, "{approval:?} with {max:?}");
    }
}

#[test]
fn an_empty_plan_is_not_confirmed_by_anything() {
    for approval in [Approval::Flag(Cap::All), typed("y")] {
        let answer = of(0, Question::YesNo).confirm(&approval, None);
        assert_eq!(answer.err(), Some(NotConfirmed::Empty));
    }
}

#[test]
fn a_plan_can_be_narrowed_but_not_widened() {
    let mut plan = of(3, Question::YesNo);
    plan.targets.push(process(200, Kind::Walsender));
    let all: Vec<SessionId> = plan.targets.iter().map(|session| session.id).collect();
    let confirmed = plan.confirm(&Approval::Flag(Cap::All), None);
    let Ok(confirmed) = confirmed else {
        panic!("not confirmed: {confirmed:?}")
    };
    let stranger = session(999).id;
    let other_start = SessionId {
        started: Some(7),
        ..all[1]
    };
    let narrow = confirmed.narrowed_to(&[all[0], all[3], stranger, other_start]);
    let left: Vec<SessionId> = narrow.targets().iter().map(|session| session.id).collect();
    assert_eq!(left, [all[0], all[3]]);
    // What the record says it frees follows: a walsender holds no slot.
    assert_eq!(narrow.plan().frees(), 1);
    assert!(confirmed.narrowed_to(&[]).targets().is_empty());
}
