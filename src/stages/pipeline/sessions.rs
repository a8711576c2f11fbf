//! The stages' effects on sessions, over a database lane or through the processes of the server's own host.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Aside, Effects, Receipts, Sights};
use crate::act::{Actor, Sent, Signal};
use crate::decide::capacity::Capacity;
use crate::decide::confirmation::ConfirmedPlan;
use crate::decide::criteria::{Criteria, Verdict};
use crate::decide::fence::retaking::retakers;
use crate::decide::history;
use crate::decide::identity::SessionId;
use crate::decide::outcome::Receipt;
use crate::decide::plan::Plan;
use crate::decide::protection::Policy;
use crate::decide::selection::{Cut, Neighbours, blockers, select};
use crate::decide::session::Session;
use crate::decide::sessions::outcome::Slots;
use crate::decide::sessions::outcome::{Seen, retaken};
use crate::decide::sessions::plan::{Action, Way, plan};
use crate::decide::snapshot::Snapshot;
use crate::decide::verified::Verified;
use crate::error::Failure;
use crate::exit_code::ExitCode;
use crate::lanes::LaneError;
use crate::observe::{QueryText, Source};
use crate::record::{self, Deed};

/// How long a cancelled statement gets before its session is ended all the same (`--gently`).
const GENTLE: Duration = Duration::from_secs(2);
/// First and longest pause between two looks at the cancelled.
const PAUSE: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(200));

/// What the command line asked for.
#[derive(Debug, Clone)]
pub struct Request {
    /// What to do.
    pub action: Action,
    /// To whom.
    pub criteria: Criteria<Session>,
    /// To how many of them.
    pub cut: Cut,
    /// Whom to spare.
    pub policy: Policy,
    /// Lane, place and patience.
    pub way: Way,
    /// How long to watch who takes freed slots again.
    pub recount: Duration,
    /// Whether roles that take freed slots again are fenced.
    pub fences: bool,
}

impl Request {
    /// How much of each statement the criteria can use.
    pub fn text(&self) -> QueryText {
        if self.criteria.needs_query() {
            QueryText::Whole
        } else {
            QueryText::First(400)
        }
    }
}

/// Sessions, looked at and signalled through `D`.
pub struct Sessions<'a, D> {
    database: &'a mut D,
    request: &'a Request,
    /// The look the plan is made from.
    before: Option<Snapshot>,
}

impl<'a, D: Source + Actor> Sessions<'a, D> {
    /// Those of `request`.
    pub fn new(database: &'a mut D, request: &'a Request) -> Self {
        Self {
            database,
            request,
            before: None,
        }
    }

    /// The same, where it was looked and chosen already: `before` tells who comes.
    pub fn since(database: &'a mut D, request: &'a Request, before: Snapshot) -> Self {
        Self {
            before: Some(before),
            ..Self::new(database, request)
        }
    }
}

/// The lane was lost before anything was done.
pub fn lost(doing: &str, error: LaneError) -> Failure {
    Failure::new(
        ExitCode::NoLane,
        anyhow::Error::new(error).context(doing.to_owned()),
    )
}

impl<D: Source + Actor> Effects for Sessions<'_, D> {
    type Holder = Session;

    fn plan(&mut self) -> Result<Plan<Session>, Failure> {
        let request = self.request;
        let snapshot = self
            .database
            .look(self.request.text())
            .map_err(|error| lost("cannot read the list of sessions", error))?;
        if let Some(why) = self.database.unfit_to_act() {
            return Err(Failure::say(ExitCode::Refused, why).hint(
                "connect to the server itself (-h, -p), or act on the pooler: breakglass pgbouncer",
            ));
        }
        let only_active = request.action == Action::Cancel;
        let selection = select(
            &snapshot,
            &request.criteria,
            request.cut,
            &request.policy,
            only_active,
        );
        let mut planned = plan(request.action, request.way.clone(), &snapshot, selection);
        planned.facts.fences = request.fences;
        self.before = Some(snapshot);
        Ok(planned)
    }

    fn changed(
        &mut self,
        confirmed: &ConfirmedPlan<Session>,
    ) -> Result<Receipts<Session>, Failure> {
        let now = self
            .database
            .look(self.request.text())
            .map_err(|error| lost("cannot look again before acting", error))?;
        let neighbours = Neighbours {
            snapshot: &now,
            blockers: &blockers(&now),
        };
        let Request {
            criteria, policy, ..
        } = self.request;
        let mut receipts = HashMap::new();
        for target in confirmed.targets() {
            let named = criteria.names(target.id.pid);
            let mut pids = now.sessions.iter().map(|session| session.id.pid);
            let receipt = match now.find(target.id) {
                None if pids.any(|pid| pid == target.id.pid) => Receipt::OtherSession,
                None => Receipt::Absent,
                Some(session) => {
                    let meant = criteria.judge(session, neighbours) == Verdict::Yes
                        && policy.spares(session, &now, named).is_none();
                    if meant {
                        continue;
                    }
                    Receipt::Changed(format!(
                        "it is {} by now and no longer matches",
                        session.state.map_or("something else", |state| state.name())
                    ))
                }
            };
            receipts.insert(target.id, receipt);
        }
        Ok(receipts)
    }

    fn deed<'a>(&self, plan: &'a Plan<Session>) -> Deed<'a> {
        Deed::of(plan)
    }

    fn entry(&self, _: &Plan<Session>, target: &Session) -> Value {
        record::session(target)
    }

    fn slots(&self, plan: &Plan<Session>, verified: &Verified<Session>) -> Option<history::Slots> {
        let known = |capacity: Capacity| {
            capacity.is_known().then_some(history::Count {
                total: capacity.ordinary.total,
                free: capacity.ordinary.free,
            })
        };
        let after = &verified.aftermath;
        Some(history::Slots {
            before: known(plan.facts.capacity)?,
            after: after.capacity.and_then(known),
            retaken: after.retaken.iter().map(|group| group.count).sum(),
        })
    }

    /// Cancels what runs, and gives it a moment.
    fn soften(
        &mut self,
        confirmed: &ConfirmedPlan<Session>,
        targets: &[Session],
        aside: &mut Aside<'_>,
    ) -> bool {
        if self.request.action != Action::TerminateGently {
            return false;
        }
        let running = targets.iter().filter(|session| session.runs());
        let running: Vec<Session> = running.cloned().collect();
        if running.is_empty() {
            return false;
        }
        let sent = self.database.send(confirmed, Signal::Cancel, &running);
        if sent.lost.is_some() {
            return true;
        }
        let ids: Vec<SessionId> = running.iter().map(|session| session.id).collect();
        let began = Instant::now();
        let mut pause = PAUSE.0;
        while began.elapsed() < GENTLE && !(aside.interrupted)() {
            let Ok(seen) = self.database.look_at(&ids) else {
                return true;
            };
            let runs = |(id, seen): &(SessionId, Seen)| {
                let same = |session: &&Session| session.id == *id;
                let session = running.iter().find(same);
                session.is_some_and(|session| session.still_runs(*seen))
            };
            if !seen.iter().any(runs) {
                return false;
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(PAUSE.1);
        }
        false
    }

    fn send(
        &mut self,
        confirmed: &ConfirmedPlan<Session>,
        targets: &[Session],
        _: &mut Aside<'_>,
    ) -> Sent {
        let signal = match self.request.action {
            Action::Cancel => Signal::Cancel,
            Action::Terminate | Action::TerminateGently => Signal::Terminate,
        };
        self.database.send(confirmed, signal, targets)
    }

    fn look_at(&mut self, targets: &[&Session]) -> Result<Sights<Session>, Failure> {
        let ids: Vec<SessionId> = targets.iter().map(|session| session.id).collect();
        let seen = self
            .database
            .look_at(&ids)
            .map_err(|error| lost("cannot look again after acting", error))?;
        // Whoever is missing from the answer is not there.
        let mut sights: Sights<Session> = ids.iter().map(|id| (*id, Seen::Absent)).collect();
        sights.extend(seen);
        Ok(sights)
    }

    /// Counts the slots again for a while, and notes who came.
    fn aftermath(&mut self, lost: bool, aside: &mut Aside<'_>) -> Slots {
        let mut slots = Slots::default();
        let (Some(before), false) = (&self.before, lost) else {
            return slots;
        };
        let began = Instant::now();
        let frees = self.request.action != Action::Cancel;
        while let Ok(now) = self.database.look(QueryText::First(0)) {
            slots.capacity = Some(now.capacity());
            slots.watched = began.elapsed();
            slots.retaken = retaken(before, &now);
            slots.retakers = retakers(before, &now);
            let left = self.request.recount.saturating_sub(began.elapsed());
            if !frees || left.is_zero() || (aside.interrupted)() {
                break;
            }
            (aside.progress)(&format!(
                "watching for {:.0} s who takes the freed slots again",
                left.as_secs_f64().ceil()
            ));
            std::thread::sleep(left.min(Duration::from_millis(250)));
        }
        slots
    }
}
