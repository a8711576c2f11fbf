//! Sockets and workers through the same stages as sessions: lanes that go blind, targets that are another's by now,
//! that are refused, that never go, that are treated harder; and the order of record, act and verify.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::act::Sent;
use crate::decide::confirmation::ConfirmedPlan;
use crate::decide::outcome::{Ending, Receipt, Stopped};
use crate::decide::sockets::Socket;
use crate::decide::sockets::outcome::{Backend, Connections, Seen, Sight as SocketSight};
use crate::decide::sockets::plan as sockets;
use crate::decide::sockets::selection::SocketSelection;
use crate::decide::sockets::testing::{GRAIN, socket};
use crate::decide::workers::outcome::{Looks, Sight as WorkerSight};
use crate::decide::workers::plan::{OnHost, Pace, Target};
use crate::decide::workers::process::{Process, ProcessId};
use crate::decide::workers::runtime::{Role, Runtime};
use crate::decide::workers::signal::Signal;
use crate::record::{Deed, Operator};

/// How a target answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Temper {
    Goes,
    /// Takes it and stays.
    Stays,
    /// Takes it, stays, and goes when treated harder.
    NeedsMore,
    Refused,
    /// Its number is another's by now.
    Reused,
    /// It goes, and the backend behind it keeps its slot.
    KeepsSlot,
}

/// A lane whose targets answer as they are told.
struct Scripted<H: Holder> {
    plan: Plan<H>,
    tempers: HashMap<H::Id, Temper>,
    sight: fn(gone: bool, Temper) -> H::Sight,
    aftermath: H::Aftermath,
    /// Those that have gone.
    gone: Vec<H::Id>,
    asked: Vec<H::Id>,
    /// Receipts of those that are not meant after the question.
    changed: Receipts<H>,
    batch: usize,
    /// After this batch it is worse.
    worse_after: Option<usize>,
    /// From this look on, contact is lost.
    blind_from: Option<usize>,
    looks: usize,
    record: Option<PathBuf>,
    /// What happened, in order.
    events: Vec<&'static str>,
}

impl<H: Holder> Scripted<H> {
    /// What the record has by now, as an event.
    fn note(&mut self, what: &'static str) {
        if let Some(path) = &self.record {
            let text = std::fs::read_to_string(path).unwrap();
            let has = |event: &str| text.contains(&format!("\"event\":\"{event}\""));
            assert!(has("intent"), "{what} before the intent is recorded");
            assert!(!has("outcome"), "{what} after the outcome is recorded");
        }
        if self.events.last() != Some(&what) {
            self.events.push(what);
        }
    }
}

impl<H: Holder> Effects for Scripted<H> {
    type Holder = H;

    fn plan(&mut self) -> Result<Plan<H>, Failure> {
        Ok(self.plan.clone())
    }

    fn changed(&mut self, _: &ConfirmedPlan<H>) -> Result<Receipts<H>, Failure> {
        self.events.push("look");
        Ok(self.changed.clone())
    }

    fn deed<'a>(&self, plan: &'a Plan<H>) -> Deed<'a> {
        Deed {
            action: "act",
            lane: plan.lane,
            server: json!({}),
        }
    }

    fn entry(&self, _: &Plan<H>, target: &H) -> Value {
        json!({ "id": format!("{:?}", target.id()) })
    }

    fn batch(&self) -> usize {
        self.batch
    }

    fn send(&mut self, confirmed: &ConfirmedPlan<H>, targets: &[H], _: &mut Aside<'_>) -> Sent {
        self.note("act");
        let mut receipts = Vec::new();
        for target in targets {
            let id = target.id();
            assert!(confirmed.targets().iter().any(|one| one.id() == id));
            let temper = self.tempers[&id];
            if matches!(temper, Temper::Goes | Temper::KeepsSlot) {
                self.gone.push(id.clone());
            }
            self.asked.push(id);
            receipts.push(match temper {
                Temper::Refused => Receipt::Refused {
                    sqlstate: "EPERM".to_owned(),
                    message: "not allowed".to_owned(),
                },
                Temper::Reused => Receipt::OtherSession,
                _ => Receipt::Sent,
            });
        }
        Sent {
            receipts,
            lost: None,
        }
    }

    fn look_at(&mut self, targets: &[&H]) -> Result<Sights<H>, Failure> {
        self.note("verify");
        self.looks += 1;
        if self.blind_from.is_some_and(|from| self.looks >= from) {
            return Err(Failure::say(ExitCode::NoLane, "the kernel does not answer"));
        }
        let sight = |target: &&H| {
            let id = target.id();
            let sight = (self.sight)(self.gone.contains(&id), self.tempers[&id]);
            (id, sight)
        };
        Ok(targets.iter().map(sight).collect())
    }

    fn escalate(&mut self, _: &ConfirmedPlan<H>, pending: &[&H]) -> Vec<H::Id> {
        let ids = pending.iter().map(|target| target.id());
        let ids: Vec<H::Id> = ids
            .filter(|id| self.tempers[id] == Temper::NeedsMore)
            .collect();
        self.gone.extend(ids.clone());
        ids
    }

    fn after(&mut self, batch: Batch, _: &[H], _: &mut Aside<'_>) -> Option<Stopped> {
        let worse = self.worse_after == Some(batch.number);
        worse.then(|| Stopped::Worse("more connections than before".to_owned()))
    }

    fn aftermath(&mut self, _: bool, _: &mut Aside<'_>) -> H::Aftermath {
        self.aftermath.clone()
    }
}

fn scripted<H: Holder>(
    plan: Plan<H>,
    tempers: &[Temper],
    sight: fn(bool, Temper) -> H::Sight,
    aftermath: H::Aftermath,
) -> Scripted<H> {
    let ids = plan.targets.iter().map(Holder::id);
    Scripted {
        tempers: ids.zip(tempers.iter().copied()).collect(),
        plan,
        sight,
        aftermath,
        gone: Vec::new(),
        asked: Vec::new(),
        changed: HashMap::new(),
        batch: usize::MAX,
        worse_after: None,
        blind_from: None,
        looks: 0,
        record: None,
        events: Vec::new(),
    }
}

/// Connections with these tempers.
fn connections(tempers: &[Temper]) -> Scripted<Socket> {
    let end = crate::decide::sockets::End::Client;
    let numbers = 0..tempers.len();
    let all: Vec<Socket> = numbers
        .map(|number| socket(number.try_into().unwrap(), end))
        .collect();
    let selection = SocketSelection {
        chosen: all.clone(),
        spared: Vec::new(),
    };
    let wait = Duration::from_millis(30);
    let plan = sockets::plan("db:5432".to_owned(), wait, GRAIN, &all, selection);
    let sight = |gone, temper| SocketSight {
        seen: if gone { Seen::Absent } else { Seen::Present },
        backend: match temper {
            Temper::KeepsSlot => Backend::StillRuns(7),
            _ => Backend::NotVisible,
        },
    };
    scripted(plan, tempers, sight, Connections::default())
}

/// Workers with these tempers.
fn workers(tempers: &[Temper]) -> Scripted<Target> {
    let worker = |number: usize| {
        let process = Process {
            id: ProcessId {
                pid: 100 + i32::try_from(number).unwrap(),
                started: 7,
            },
            parent: 1,
            uid: 1000,
            name: "web".to_owned(),
            command: "web".to_owned(),
            cgroup: String::new(),
            kernel: false,
            age: Duration::from_secs(60),
        };
        Target {
            ends: vec![process.id],
            process,
            runtime: Runtime::default(),
            role: Role::Worker,
            master: None,
            unit: None,
            signal: Signal::Term,
            recipe: None,
            held: Vec::new(),
        }
    };
    let targets: Vec<Target> = (0..tempers.len()).map(worker).collect();
    let facts = OnHost {
        pace: Pace::default(),
        ..OnHost::default()
    };
    let plan = Plan {
        lane: "workers",
        endpoint: "db:5432".to_owned(),
        prediction: Target::predict(&facts, &targets),
        facts,
        targets,
        spared: Vec::new(),
        missing: Vec::new(),
        caps: Caps::default(),
        wait: Duration::from_millis(30),
        question: crate::decide::plan::Question::YesNo,
    };
    let sight = |gone, _| match gone {
        true => WorkerSight::Ended,
        false => WorkerSight::Runs,
    };
    scripted(plan, tempers, sight, Looks::default())
}

fn operator() -> Operator {
    Operator {
        user: "op".to_owned(),
        sudo_user: None,
        ssh_connection: None,
        host: "host".to_owned(),
        command_line: Vec::new(),
    }
}

/// Runs the stages; `answer` to the question, `None` for `--yes --all`.
fn carried_out<H: Holder>(
    lane: &mut Scripted<H>,
    answer: Option<&str>,
    record: &mut Record,
) -> Verified<H> {
    let terms = Terms {
        yes: answer.is_none().then_some(Cap::All),
        ..Terms::default()
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
    match run(lane, record, &terms, &mut talk).unwrap() {
        Ended::Acted(_, verified) => verified,
        other => panic!("did not act: {other:?}"),
    }
}

fn words<H: Holder>(lane: &mut Scripted<H>, answer: Option<&str>) -> (Vec<&'static str>, Ending) {
    let mut record = Record::to_lines(operator());
    let verified = carried_out(lane, answer, &mut record);
    let words: Vec<_> = verified.targets.iter().map(|one| one.word()).collect();
    let lines = record.take_lines();
    assert_eq!(lines.len(), 1 + words.len(), "an intent, and each outcome");
    (words, verified.ending())
}

#[test]
fn every_connection_gets_an_outcome_of_its_own() {
    use Temper::{Goes, KeepsSlot, Refused, Reused, Stays};
    let cases: [(&[Temper], &[&str], Ending); 5] = [
        (&[Goes, Goes], &["gone", "gone"], Ending::Done),
        (&[Goes, Stays], &["gone", "still-there"], Ending::Partly),
        (
            &[Refused, Refused],
            &["refused", "refused"],
            Ending::AllRefused,
        ),
        (&[Goes, Reused], &["gone", "already-gone"], Ending::Done),
        // The socket is gone, and its slot is not free.
        (&[Goes, KeepsSlot], &["gone", "gone"], Ending::Partly),
    ];
    for (tempers, wanted, ending) in cases {
        let got = words(&mut connections(tempers), None);
        assert_eq!(got, (wanted.to_vec(), ending), "{tempers:?}");
    }
}

#[test]
fn every_worker_gets_an_outcome_of_its_own_and_only_those_that_stay_are_treated_harder() {
    use Temper::{Goes, NeedsMore, Refused, Reused, Stays};
    let mut lane = workers(&[Goes, NeedsMore, Stays, Refused, Reused]);
    let verified = carried_out(&mut lane, None, &mut Record::to_lines(operator()));
    let got: Vec<_> = verified
        .targets
        .iter()
        .map(|one| (one.word(), one.escalated))
        .collect();
    let wanted = [
        ("gone", false),
        ("gone", true),
        ("still-there", false),
        ("refused", false),
        ("other-session", false),
    ];
    assert_eq!(got, wanted);
    assert_eq!(verified.ending(), Ending::Partly);
}

#[test]
fn a_lane_that_goes_blind_says_unknown_of_what_it_has_not_seen_go() {
    use Temper::{Goes, Stays};
    let mut lane = connections(&[Goes, Stays]);
    lane.blind_from = Some(1);
    let unknown = (vec!["unknown", "unknown"], Ending::Unknown);
    assert_eq!(words(&mut lane, None), unknown);
    let mut lane = workers(&[Goes, Stays]);
    // One was seen to be gone before.
    lane.blind_from = Some(2);
    let half = (vec!["gone", "unknown"], Ending::Unknown);
    assert_eq!(words(&mut lane, None), half);
}

#[test]
fn once_blind_nobody_is_asked_any_more() {
    let mut lane = workers(&[Temper::Goes; 3]);
    (lane.batch, lane.blind_from) = (1, Some(1));
    let (words, ending) = words(&mut lane, None);
    assert_eq!(lane.asked.len(), 1);
    assert_eq!(words[0], "unknown");
    assert_eq!(ending, Ending::Unknown);
}

#[test]
fn a_batch_that_made_it_worse_is_the_last() {
    let mut lane = workers(&[Temper::Goes; 5]);
    (lane.batch, lane.worse_after) = (2, Some(1));
    let (words, ending) = words(&mut lane, None);
    assert_eq!(lane.asked.len(), 2);
    let rest = "still-there";
    assert_eq!(words, ["gone", "gone", rest, rest, rest]);
    assert_eq!(ending, Ending::Partly);
}

#[test]
fn whoever_is_not_meant_after_the_question_is_not_touched() {
    let mut lane = connections(&[Temper::Goes; 3]);
    let ids: Vec<_> = lane.plan.targets.iter().map(Holder::id).collect();
    let waiting = Receipt::Changed("it is waiting by now".to_owned());
    lane.changed = HashMap::from([(ids[0], waiting), (ids[1], Receipt::Absent)]);
    let verified = carried_out(&mut lane, Some("y"), &mut Record::to_lines(operator()));
    let words: Vec<_> = verified.targets.iter().map(|one| one.word()).collect();
    assert_eq!(words, ["changed", "already-gone", "gone"]);
    assert_eq!(lane.asked, [ids[2]]);
}

/// Runs it with a record on the disk, in which every step sees the intent and no outcome.
fn in_order<H: Holder>(lane: &mut Scripted<H>) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("record.jsonl");
    let mut record = Record::open(path.clone(), operator()).unwrap();
    lane.record = Some(path.clone());
    let count = carried_out(lane, Some("y"), &mut record).targets.len();
    assert_eq!(lane.events, ["look", "act", "verify"]);
    let text = std::fs::read_to_string(path).unwrap();
    assert_eq!(text.lines().count(), 1 + count);
}

#[test]
fn the_intent_is_recorded_before_acting_and_the_outcome_after_verifying() {
    in_order(&mut connections(&[Temper::Goes; 3]));
    in_order(&mut workers(&[Temper::Goes; 3]));
}

#[test]
fn one_record_serves_many_runs() {
    let mut record = Record::to_lines(operator());
    for _ in 0..3 {
        carried_out(&mut connections(&[Temper::Goes]), None, &mut record);
        carried_out(&mut workers(&[Temper::Goes]), None, &mut record);
    }
    assert_eq!(record.take_lines().len(), 12);
}
