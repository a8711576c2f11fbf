//! The rounds against a server whose clients come back, go by themselves, start to work, refuse to go, or whose line
//! breaks; time is the only thing that is real.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::act::{Sent, Signal};
use crate::decide::confirmation::Cap;
use crate::decide::criteria::Criteria;
use crate::decide::free::order::Order;
use crate::decide::identity::SessionId;
use crate::decide::outcome::Receipt;
use crate::decide::protection::Policy;
use crate::decide::selection::Cut;
use crate::decide::session::State;
use crate::decide::sessions::outcome::Seen;
use crate::decide::sessions::plan::{Action, Way};
use crate::decide::testing::{self, s, session};
use crate::lanes::LaneError;
use crate::record::Operator;

/// What the server and its clients do.
#[derive(Debug, Clone, Copy, Default)]
struct Habits {
    /// So many come for every session that ends.
    come_back: usize,
    /// From this batch on, everybody refuses to go.
    refuses_from: Option<usize>,
    /// After so many signals the line breaks.
    breaks_after: Option<usize>,
    /// At this look everybody who is idle starts to work.
    works_from: Option<usize>,
    /// At this look every PID is another session's.
    reused_from: Option<usize>,
}

/// An imitation of a server of ten slots, three of them the superuser's.
struct Fake {
    sessions: Vec<Session>,
    habits: Habits,
    looks: usize,
    batches: usize,
    signalled: Vec<SessionId>,
    next: i32,
}

impl Fake {
    /// With `count` idle sessions, the first idle longest.
    fn of(count: i32, habits: Habits) -> Self {
        let one = |pid: i32| Session {
            state_for: s(u64::try_from(1000 - pid).unwrap()),
            ..session(pid)
        };
        Self {
            sessions: (100..100 + count).map(one).collect(),
            habits,
            looks: 0,
            batches: 0,
            signalled: Vec::new(),
            next: 500,
        }
    }
}

fn broken() -> LaneError {
    LaneError::Lost {
        what: "connection reset".to_owned(),
        last_words: None,
    }
}

impl Source for Fake {
    fn look(&mut self, _: QueryText) -> Result<Snapshot, LaneError> {
        if self
            .habits
            .breaks_after
            .is_some_and(|most| self.signalled.len() >= most)
        {
            return Err(broken());
        }
        self.looks += 1;
        if self.habits.works_from == Some(self.looks) {
            for session in &mut self.sessions {
                session.state = Some(State::Active);
            }
        }
        if self.habits.reused_from == Some(self.looks) {
            for session in &mut self.sessions {
                session.id.started = session.id.started.map(|at| at + 1);
            }
        }
        let mut snapshot = testing::snapshot(self.sessions.clone());
        snapshot.limits.max_connections = 10;
        Ok(snapshot)
    }

    fn look_at(&mut self, ids: &[SessionId]) -> Result<Vec<(SessionId, Seen)>, LaneError> {
        let there = self.sessions.iter().filter(|one| ids.contains(&one.id));
        let seen = |one: &Session| Seen::Present {
            state: one.state,
            query_started: one.query_started,
        };
        Ok(there.map(|one| (one.id, seen(one))).collect())
    }
}

impl Actor for Fake {
    fn send(&mut self, plan: &ConfirmedPlan<Session>, signal: Signal, targets: &[Session]) -> Sent {
        assert_eq!(signal, Signal::Terminate);
        let refuses = self
            .habits
            .refuses_from
            .is_some_and(|from| self.batches >= from);
        self.batches += 1;
        let mut receipts = Vec::new();
        for target in targets {
            assert!(plan.targets().contains(target), "outside the plan");
            if self
                .habits
                .breaks_after
                .is_some_and(|most| self.signalled.len() >= most)
            {
                receipts.push(Receipt::NoAnswer);
                receipts.resize(targets.len(), Receipt::NotAsked);
                let lost = Some(broken());
                return Sent { receipts, lost };
            }
            if refuses {
                receipts.push(Receipt::Refused {
                    sqlstate: "42501".to_owned(),
                    message: String::new(),
                });
                continue;
            }
            self.signalled.push(target.id);
            self.sessions.retain(|one| one.id != target.id);
            for _ in 0..self.habits.come_back {
                if self.sessions.len() < 10 {
                    self.sessions.push(Session {
                        application: Some("storm".to_owned()),
                        ..session(self.next)
                    });
                    self.next += 1;
                }
            }
            receipts.push(Receipt::Sent);
        }
        Sent {
            receipts,
            lost: None,
        }
    }
}

fn wish(slots: u32) -> Wish {
    Wish {
        goal: Goal::Slots(slots),
        stay: Duration::ZERO,
        rules: Rules {
            criteria: Criteria::default(),
            cut: Cut::default(),
            policy: Policy::default(),
            order: Order::default(),
        },
        ceiling: Ceiling::All,
        request: Request {
            action: Action::Terminate,
            criteria: Criteria::default(),
            cut: Cut::default(),
            policy: Policy::default(),
            way: Way {
                lane: "login",
                endpoint: "here".to_owned(),
                wait: Duration::from_millis(30),
            },
            recount: Duration::ZERO,
            fences: false,
        },
        terms: Terms {
            yes: Some(Cap::All),
            ..Terms::default()
        },
    }
}

fn all(
    fake: &mut Fake,
    record: &mut Record,
    wish: &Wish,
    talk: &mut Talk<'_, '_>,
) -> Result<(Planned, Ended), Failure> {
    let (planned, begun) = begin(fake, wish, talk)?;
    let mut rounds = match begun {
        Begun::Ended(ended) => return Ok((planned, *ended)),
        Begun::Confirmed(rounds) => rounds,
    };
    let mut story = rounds.go(fake, record, &planned, &mut talk.aside)?;
    if wish.request.fences && story.finish == Finish::Fruitless {
        // The fence stands now.
        fake.habits.come_back = 0;
        rounds.resume();
        story = rounds.go(fake, record, &planned, &mut talk.aside)?;
    }
    Ok((planned, Ended::Acted(story)))
}

fn go(fake: &mut Fake, wish: &Wish, stop: bool) -> (Planned, Ended, Vec<String>) {
    let mut record = Record::to_lines(Operator {
        user: "me".to_owned(),
        sudo_user: None,
        ssh_connection: None,
        host: "here".to_owned(),
        command_line: Vec::new(),
    });
    let mut talk = Talk {
        show: &mut |_| {},
        ask: &mut |_| None,
        aside: Aside {
            progress: &mut |_| {},
            say: &mut |_| {},
            warn: &mut |_| {},
            interrupted: &|| stop,
        },
    };
    let (planned, ended) = all(fake, &mut record, wish, &mut talk).unwrap();
    (planned, ended, record.take_lines())
}

fn story(ended: Ended) -> Story {
    match ended {
        Ended::Acted(story) => story,
        other => panic!("nothing was done: {other:?}"),
    }
}

#[test]
fn every_ending_has_its_reason_its_batches_and_its_record() {
    let none = Habits::default();
    // habits, slots wanted of 7 with 10 taken -> how it ends, how many were signalled, in how many batches
    let table = [
        (none, 2, Finish::Reached, 5, 1),
        (none, 7, Finish::Reached, 10, 1),
        (
            Habits {
                come_back: 1,
                ..none
            },
            2,
            Finish::Fruitless,
            10,
            2,
        ),
        (
            Habits {
                come_back: 1,
                ..none
            },
            1,
            Finish::Fruitless,
            8,
            2,
        ),
        (
            Habits {
                refuses_from: Some(0),
                ..none
            },
            1,
            Finish::Fruitless,
            0,
            2,
        ),
        (
            Habits {
                breaks_after: Some(3),
                ..none
            },
            2,
            Finish::Lost,
            3,
            1,
        ),
        (
            Habits {
                breaks_after: Some(5),
                ..none
            },
            2,
            Finish::Lost,
            5,
            1,
        ),
        (
            Habits {
                works_from: Some(2),
                ..none
            },
            2,
            Finish::Exhausted,
            0,
            0,
        ),
        (
            Habits {
                reused_from: Some(2),
                ..none
            },
            2,
            Finish::Exhausted,
            0,
            0,
        ),
    ];
    for (habits, slots, finish, signalled, batches) in table {
        let mut fake = Fake::of(10, habits);
        let (_, ended, lines) = go(&mut fake, &wish(slots), false);
        let story = story(ended);
        assert_eq!(story.finish, finish, "{habits:?}");
        assert_eq!(fake.signalled.len(), signalled, "{habits:?}");
        assert_eq!(story.batches.len(), batches, "{habits:?}");
        let count = |event: &str| {
            let event = format!("\"event\":\"{event}\"");
            lines.iter().filter(|line| line.contains(&event)).count()
        };
        assert_eq!(count("intent"), batches, "{habits:?}");
        assert_eq!(count("outcome"), story.verified.targets.len(), "{habits:?}");
    }
}

#[test]
fn who_stops_it_before_the_first_batch_has_nothing_done() {
    let mut fake = Fake::of(10, Habits::default());
    let (_, ended, lines) = go(&mut fake, &wish(2), true);
    assert_eq!(story(ended).finish, Finish::Interrupted);
    assert!(fake.signalled.is_empty() && lines.is_empty());
}

#[test]
fn a_refill_is_said_to_be_one_and_a_refusal_is_said_to_be_that() {
    let habits = Habits {
        come_back: 1,
        ..Habits::default()
    };
    let (_, ended, _) = go(&mut Fake::of(10, habits), &wish(1), false);
    let told = story(ended);
    assert_eq!(told.reaches[0].remedy.name(), "stop-refill");
    assert_eq!(told.verified.aftermath.retaken[0].name, "storm");

    let habits = Habits {
        refuses_from: Some(0),
        ..Habits::default()
    };
    let (_, ended, _) = go(&mut Fake::of(10, habits), &wish(1), false);
    assert_eq!(story(ended).reaches[0].remedy.name(), "rights");
}

#[test]
fn once_the_refill_is_fenced_off_the_same_plan_reaches_the_goal() {
    let habits = Habits {
        come_back: 1,
        ..Habits::default()
    };
    let mut fake = Fake::of(10, habits);
    let mut wish = wish(2);
    wish.request.fences = true;
    let (planned, ended, lines) = go(&mut fake, &wish, false);
    let story = story(ended);
    assert_eq!(story.finish, Finish::Reached);
    assert_eq!(story.batches.len(), 2);
    assert_eq!((fake.signalled.len(), planned.plan.targets.len()), (10, 10));
    assert_eq!(story.verified.targets.len(), 10, "of both");
    assert_eq!(lines.len(), 2 + 10);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn nobody_outside_the_plan_is_ever_signalled_and_nobody_twice(
        count in 0..11_i32,
        slots in 1..8_u32,
        limit in 1..12_usize,
        habits in (0..3_usize, proptest::option::of(0..3_usize), proptest::option::of(0..9_usize),
            proptest::option::of(1..4_usize), proptest::option::of(1..4_usize)),
    ) {
        let (come_back, refuses_from, breaks_after, works_from, reused_from) = habits;
        let habits = Habits { come_back, refuses_from, breaks_after, works_from, reused_from };
        let mut fake = Fake::of(count, habits);
        let mut wish = wish(slots);
        wish.ceiling = Ceiling::Limit(limit);
        wish.terms.yes = Some(Cap::AtMost(limit));
        let mut record = Record::to_lines(Operator {
            user: String::new(), sudo_user: None, ssh_connection: None, host: String::new(), command_line: Vec::new(),
        });
        let mut talk = Talk {
            show: &mut |_| {},
            ask: &mut |_| None,
            aside: Aside { progress: &mut |_| {}, say: &mut |_| {}, warn: &mut |_| {}, interrupted: &|| false },
        };
        let Ok((planned, _)) = all(&mut fake, &mut record, &wish, &mut talk) else {
            prop_assert!(fake.signalled.is_empty());
            return Ok(());
        };
        let allowed: HashSet<SessionId> = planned.plan.targets.iter().map(|one| one.id).collect();
        prop_assert!(allowed.len() <= limit);
        let mut seen = HashSet::new();
        for id in &fake.signalled {
            prop_assert!(allowed.contains(id) && seen.insert(*id));
        }
    }
}
