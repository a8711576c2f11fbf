//! The pipeline against a database that loses the connection half way, reuses a PID, refuses, or never finishes.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod fake;

use std::collections::HashSet;

use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use proptest::prelude::*;

use std::time::Duration;

use self::fake::{Fake, LINGERS_TO, Temper};
use super::*;
use crate::act::{Actor, Sent, Signal};
use crate::decide::capacity::Limits;
use crate::decide::confirmation::ConfirmedPlan;
use crate::decide::filters::SessionsLane;
use crate::decide::identity::SessionId;
use crate::decide::outcome::{Ending, Outcome, Receipt};
use crate::decide::protection::Policy;
use crate::decide::selection::Cut;
use crate::decide::session::Session;
use crate::decide::session::{Client, Kind, State};
use crate::decide::sessions::outcome::Seen;
use crate::decide::sessions::plan::{Action, Way};
use crate::decide::snapshot::{Prepared, Server, Snapshot};
use crate::decide::testing::asked;
use crate::lanes::{LaneError, ServerError};
use crate::observe::{QueryText, Source};
use crate::record::Operator;

/// What is asked of the imitation, and on which terms.
#[derive(Clone)]
struct Asked {
    request: Request,
    terms: Terms,
}

fn request() -> Asked {
    let request = Request {
        action: Action::Terminate,
        criteria: asked::<SessionsLane>("--state idle"),
        cut: Cut::default(),
        policy: Policy::default(),
        way: Way {
            lane: "login",
            endpoint: "here".to_owned(),
            wait: Duration::from_millis(30),
        },
        recount: Duration::ZERO,
        fences: false,
    };
    let terms = Terms {
        yes: Some(Cap::All),
        ..Terms::default()
    };
    Asked { request, terms }
}

fn terms(yes: Option<Cap>, max_targets: Option<usize>) -> Asked {
    let mut asked = request();
    (asked.terms.yes, asked.terms.max_targets) = (yes, max_targets);
    asked
}

fn record() -> Record {
    Record::to_lines(Operator {
        user: "op".to_owned(),
        sudo_user: None,
        ssh_connection: None,
        host: "host".to_owned(),
        command_line: Vec::new(),
    })
}

fn run_with(
    fake: &mut Fake,
    asked: &Asked,
    answer: Option<&str>,
    record: &mut Record,
) -> Result<Ended<Session>, Failure> {
    let terms = Terms {
        yes: asked.terms.yes.filter(|_| answer.is_none()),
        ..asked.terms.clone()
    };
    let mut talk = Conversation {
        show: &mut |_| {},
        ask: &mut |_| answer.map(str::to_owned),
        aside: Aside {
            progress: &mut |_| {},
            say: &mut |_| {},
            warn: &mut |_| {},
            interrupted: &|| false,
        },
    };
    let mut sessions = Sessions::new(fake, &asked.request);
    run(&mut sessions, record, &terms, &mut talk)
}

fn outcomes(ended: Result<Ended<Session>, Failure>) -> (Vec<&'static str>, Ending) {
    match ended.unwrap() {
        Ended::Acted(_, verified) => (
            verified
                .targets
                .iter()
                .map(|target| target.outcome.name())
                .collect(),
            verified.ending(),
        ),
        other => panic!("did not act: {other:?}"),
    }
}

#[test]
fn every_target_gets_an_outcome_of_its_own() {
    use Temper::{Goes, Refused, Stays};
    let cases: [(&[Temper], &[&str], Ending); 4] = [
        (&[Goes, Goes], &["gone", "gone"], Ending::Done),
        (&[Goes, Stays], &["gone", "still-there"], Ending::Partly),
        (&[Goes, Refused], &["gone", "refused"], Ending::Partly),
        (
            &[Refused, Refused],
            &["refused", "refused"],
            Ending::AllRefused,
        ),
    ];
    for (tempers, wanted, ending) in cases {
        let mut fake = Fake::new(tempers);
        let got = outcomes(run_with(&mut fake, &request(), None, &mut record()));
        assert_eq!(got, (wanted.to_vec(), ending), "{tempers:?}");
    }
}

#[test]
fn a_lane_lost_half_way_leaves_every_outcome_unknown_and_the_record_complete() {
    let mut fake = Fake::new(&[Temper::Goes; 4]);
    fake.breaks_after = Some(2);
    let mut record = record();
    let (names, ending) = outcomes(run_with(&mut fake, &request(), None, &mut record));
    assert_eq!(names, ["unknown"; 4]);
    assert_eq!(ending, Ending::Unknown);
    let lines = record.take_lines();
    assert_eq!(
        lines
            .iter()
            .filter(|line| line.contains("\"event\":\"intent\""))
            .count(),
        1
    );
    assert_eq!(
        lines
            .iter()
            .filter(|line| line.contains("\"event\":\"outcome\""))
            .count(),
        4
    );
}

#[test]
fn a_lane_lost_while_verifying_says_unknown_and_never_gone() {
    let mut fake = Fake::new(&[Temper::Goes, Temper::Goes]);
    fake.blind_from = Some(2);
    let (names, ending) = outcomes(run_with(&mut fake, &request(), None, &mut record()));
    assert_eq!(names, ["unknown", "unknown"]);
    assert_eq!(ending, Ending::Unknown);
}

#[test]
fn a_pid_used_again_while_the_person_read_the_plan_is_not_touched() {
    let mut fake = Fake::new(&[Temper::Goes, Temper::Goes]);
    fake.meanwhile = Some(|sessions| sessions[0].0.id.started = Some(99));
    let (names, _) = outcomes(run_with(&mut fake, &request(), Some("y"), &mut record()));
    assert_eq!(names, ["other-session", "gone"]);
    assert_eq!(fake.signalled.len(), 1);
}

#[test]
fn a_session_that_went_back_to_work_while_the_person_read_is_not_touched() {
    let mut fake = Fake::new(&[Temper::Goes, Temper::Goes]);
    fake.meanwhile = Some(|sessions| sessions[1].0.state = Some(State::Active));
    let (names, ending) = outcomes(run_with(&mut fake, &request(), Some("yes"), &mut record()));
    assert_eq!(names, ["gone", "changed"]);
    assert_eq!(ending, Ending::Partly);
}

#[test]
fn a_session_that_left_while_the_person_read_is_already_gone() {
    let mut fake = Fake::new(&[Temper::Goes, Temper::Goes]);
    fake.meanwhile = Some(|sessions| drop(sessions.remove(0)));
    let (names, ending) = outcomes(run_with(&mut fake, &request(), Some("y"), &mut record()));
    assert_eq!(names, ["already-gone", "gone"]);
    assert_eq!(ending, Ending::Done);
}

#[test]
fn nothing_is_touched_without_the_right_answer() {
    for (count, answer) in [
        (2, None),
        (2, Some("n")),
        (2, Some("")),
        (4, Some("y")),
        (4, Some("3")),
        (12, Some("yes")),
    ] {
        let mut fake = Fake::new(&vec![Temper::Goes; count]);
        let ended = run_with(&mut fake, &terms(None, None), answer, &mut record());
        assert!(
            matches!(ended, Ok(Ended::NotConfirmed(..))),
            "{count} {answer:?}"
        );
        assert!(fake.signalled.is_empty(), "{count} {answer:?}");
    }
}

#[test]
fn the_configurations_cap_is_lifted_by_no_flag_and_no_answer() {
    for (yes, answer) in [(Some(Cap::All), None), (None, Some("y"))] {
        let mut fake = Fake::new(&[Temper::Goes; 4]);
        let ended = run_with(&mut fake, &terms(yes, Some(3)), answer, &mut record());
        assert!(matches!(
            ended,
            Ok(Ended::NotConfirmed(
                _,
                NotConfirmed::OverCap { targets: 4, cap: 3 }
            ))
        ));
        assert!(fake.signalled.is_empty());
    }
}

#[test]
fn the_intent_is_on_the_disk_before_the_first_signal() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state/record.jsonl");
    let operator = Operator {
        user: "op".to_owned(),
        sudo_user: None,
        ssh_connection: None,
        host: String::new(),
        command_line: Vec::new(),
    };
    let mut record = Record::open(path.clone(), operator).unwrap();
    let mut fake = Fake::new(&[Temper::Goes; 3]);
    fake.record = Some(path);
    outcomes(run_with(&mut fake, &request(), None, &mut record));
    assert_eq!(fake.intents_seen, 1);
}

#[test]
fn a_record_that_cannot_be_written_stops_everything() {
    let operator = Operator {
        user: "op".to_owned(),
        sudo_user: None,
        ssh_connection: None,
        host: String::new(),
        command_line: Vec::new(),
    };
    // Open for reading only: it was there when the record was opened, and cannot be written any more.
    let path = std::path::PathBuf::from("/dev/null");
    let file = std::fs::File::open(&path).unwrap();
    let mut record = Record::over(path, file, operator);
    let mut fake = Fake::new(&[Temper::Goes; 3]);
    let failure = run_with(&mut fake, &request(), None, &mut record).unwrap_err();
    assert_eq!(failure.code, ExitCode::Refused);
    assert!(fake.signalled.is_empty());
}

#[test]
fn an_outcome_that_cannot_be_recorded_is_told_and_hides_nothing() {
    let file = std::fs::File::from(memfd_create("record", MFdFlags::MFD_ALLOW_SEALING).unwrap());
    let mut fake = Fake::new(&[Temper::Goes; 2]);
    fake.seals = Some(file.try_clone().unwrap());
    let operator = Operator {
        user: "op".to_owned(),
        sudo_user: None,
        ssh_connection: None,
        host: String::new(),
        command_line: Vec::new(),
    };
    let mut record = Record::over("record".into(), file, operator);
    let mut said = Vec::new();
    let mut talk = Conversation {
        show: &mut |_| {},
        ask: &mut |_| None,
        aside: Aside {
            progress: &mut |_| {},
            say: &mut |_| {},
            warn: &mut |text| said.push(text.to_owned()),
            interrupted: &|| false,
        },
    };
    let asked = request();
    let mut sessions = Sessions::new(&mut fake, &asked.request);
    let ended = run(&mut sessions, &mut record, &asked.terms, &mut talk);
    assert_eq!(outcomes(ended).0, ["gone", "gone"]);
    assert_eq!(said.len(), 1);
    assert!(
        said[0].starts_with("the outcome is not in the record: "),
        "{said:?}"
    );
}

#[test]
fn a_cancel_is_true_when_the_planned_statement_runs_no_more() {
    let mut fake = Fake::new(&[Temper::Goes, Temper::Stays]);
    for (session, _) in &mut fake.sessions {
        session.state = Some(State::Active);
    }
    let mut request = request();
    request.request.action = Action::Cancel;
    request.request.criteria = asked::<SessionsLane>("--state active");
    let (names, ending) = outcomes(run_with(&mut fake, &request, None, &mut record()));
    assert_eq!(names, ["cancelled", "still-there"]);
    assert_eq!(ending, Ending::Partly);
}

/// Runs with an operator who asks nothing, and stops it as soon as `interrupted` says so.
fn run_until(
    fake: &mut Fake,
    asked: &Asked,
    interrupted: &dyn Fn() -> bool,
) -> Result<Ended<Session>, Failure> {
    let mut talk = Conversation {
        show: &mut |_| {},
        ask: &mut |_| None,
        aside: Aside {
            progress: &mut |_| {},
            say: &mut |_| {},
            warn: &mut |_| {},
            interrupted,
        },
    };
    let mut sessions = Sessions::new(fake, &asked.request);
    run(&mut sessions, &mut record(), &asked.terms, &mut talk)
}

#[test]
fn an_interruption_stops_before_the_next_step_and_is_reported() {
    let mut fake = Fake::new(&[Temper::Goes; 150]);
    let asked = std::cell::Cell::new(0);
    let interrupted = || {
        asked.set(asked.get() + 1);
        asked.get() > 1
    };
    let Ended::Acted(_, verified) = run_until(&mut fake, &request(), &interrupted).unwrap() else {
        panic!("did not act")
    };
    assert_eq!(verified.count("gone"), 100);
    assert_eq!(verified.count("still-there"), 50);
    assert_eq!(verified.ending(), Ending::Partly);
}

#[test]
fn an_interruption_leaves_those_that_were_signalled_the_time_to_go() {
    let mut fake = Fake::new(&[Temper::Goes, Temper::Lingers]);
    let sent = std::cell::Cell::new(false);
    // The first time it is asked, nothing is sent yet; every time after that it was.
    let interrupted = || sent.replace(true);
    let mut asked = request();
    asked.request.way.wait = Duration::from_secs(60);
    let ended = run_until(&mut fake, &asked, &interrupted);
    assert_eq!(outcomes(ended), (vec!["gone", "gone"], Ending::Done));
    assert!(fake.looks >= LINGERS_TO);
}

proptest! {
    /// Whatever the sessions are like and whatever happens meanwhile: only sessions of the confirmed plan are
    /// signalled, and none is called gone that is still there.
    #[test]
    fn nothing_outside_the_plan_is_ever_touched(
        tempers in proptest::collection::vec(0_u8..3, 1..40),
        states in proptest::collection::vec(0_usize..7, 40),
        kinds in proptest::collection::vec(0_u8..6, 40),
        limit in proptest::option::of(1_usize..20),
        keep in proptest::option::of(1_usize..5),
        breaks_after in proptest::option::of(0_usize..20),
    ) {
        let tempers: Vec<Temper> = tempers
            .into_iter()
            .map(|temper| [Temper::Goes, Temper::Stays, Temper::Refused][usize::from(temper)])
            .collect();
        let mut fake = Fake::new(&tempers);
        for (index, (session, _)) in fake.sessions.iter_mut().enumerate() {
            session.state = Some(State::ALL[states[index]]);
            match kinds[index] {
                0 => session.kind = Kind::Walsender,
                1 => session.kind = Kind::Background("autovacuum worker".to_owned()),
                2 => session.superuser = Some(true),
                3 => session.id.started = None,
                _ => {}
            }
        }
        fake.breaks_after = breaks_after;
        let all = fake.sessions.clone();
        let mut asked = request();
        asked.request.cut = Cut { keep, oldest: None, limit };
        asked.request.way.wait = Duration::ZERO;
        let ended = run_with(&mut fake, &asked, None, &mut record()).unwrap();
        let planned: HashSet<SessionId> = match &ended {
            Ended::Acted(plan, _) | Ended::Nothing(plan) => plan.targets.iter().map(|target| target.id).collect(),
            _ => HashSet::new(),
        };
        prop_assert!(limit.is_none_or(|limit| planned.len() <= limit));
        for (session, _) in &all {
            let there = fake.sessions.iter().any(|(left, _)| left.id == session.id);
            let innocent = session.state != Some(State::Idle)
                || session.kind != Kind::Client
                || session.superuser == Some(true)
                || session.id.started.is_none();
            if innocent {
                prop_assert!(there, "an innocent session was ended");
                prop_assert!(!planned.contains(&session.id));
            }
        }
        prop_assert!(fake.signalled.iter().all(|id| planned.contains(id)));
        if let Ended::Acted(_, verified) = ended {
            for target in &verified.targets {
                let there = fake.sessions.iter().any(|(left, _)| left.id == target.holder.id);
                prop_assert!(!(there && target.outcome == Outcome::Gone));
            }
        }
    }
}
