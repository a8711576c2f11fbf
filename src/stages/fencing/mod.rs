//! The stages' effects on fences: putting them up on a server or in a pooler, taking them back, taking them off the
//! list. `fence`, the offer after freed slots were taken again ([`refill`]) and `rescue` run these.
//!
//! Never: changes what was not confirmed and recorded first; overwrites a limit that somebody else has set meanwhile;
//! ends a session.

mod fit;
pub mod refill;
mod site;

use std::time::Duration;

use serde_json::{Value, json};

pub use self::fit::may_fence;
pub use self::site::Site;
use self::site::cannot_read;
use crate::act::Sent;
use crate::args::ApprovalArgs;
use crate::decide::confirmation::{Cap, ConfirmedPlan};
use crate::decide::fence::act::{Changed, FenceAction, FenceFacts, FencePlace, FenceTarget};
use crate::decide::fence::{Kind, Standing, pool};
use crate::decide::holder::Holder;
use crate::decide::outcome::Receipt;
use crate::decide::plan::{Caps, Plan, Question};
use crate::decide::pools::Pooler;
use crate::decide::pools::action::{NoPlan, Verb, plan_database};
use crate::decide::snapshot::Server;
use crate::error::Failure;
use crate::exit_code::ExitCode;
use crate::lanes::LaneKind;
use crate::observe::{QueryText, Source};
use crate::record::{self, Deed, Record, fences};
use crate::report::LaneView;
use crate::stages::acting::converse;
use crate::stages::console::{LOOK, cannot_look as cannot_look_at_pooler, no_plan};
use crate::stages::pipeline::{Aside, Effects, Ended, Receipts, Sights, Terms};
use crate::stages::{Context, cannot_look, standing};

/// What is to be done.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// A limit on a role or a database: which, its name, to how many connections.
    Limit(Kind, String, u32),
    /// A pool that refuses new clients: its name, and how the console was named.
    Pool(String, Option<String>),
    /// These are taken back.
    TakeBack(Vec<Standing>),
    /// This one is taken off the list.
    Forget(Standing),
}

/// How to come back from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undo {
    /// No record will know it.
    Unrecorded,
    /// It is only planned: its ID is drawn when it is put up.
    Planned,
    /// By its ID.
    ById,
}

impl Undo {
    /// As it was asked for.
    pub fn of(approval: &ApprovalArgs) -> Self {
        match (approval.no_record, approval.dry_run) {
            (true, _) => Self::Unrecorded,
            (false, true) => Self::Planned,
            (false, false) => Self::ById,
        }
    }
}

/// Fences, changed at one site.
pub struct Fencing<'a> {
    site: Site<'a>,
    wanted: Wanted,
    hold: Option<Duration>,
    undo: Undo,
    context: &'a Context,
    /// The way there, once it was looked at.
    lane: Option<LaneView>,
    /// Whether it ends what it began, whatever signals come.
    insists: bool,
    /// Those that are new.
    new: Vec<Standing>,
    /// What came of each.
    changed: Sights<FenceTarget>,
}

impl<'a> Fencing<'a> {
    /// What is `wanted`, at `site`.
    pub fn new(site: Site<'a>, wanted: Wanted, undo: Undo, context: &'a Context) -> Self {
        Self {
            site,
            wanted,
            hold: None,
            undo,
            context,
            lane: None,
            insists: false,
            new: Vec::new(),
            changed: Sights::<FenceTarget>::new(),
        }
    }

    /// The same, to stand for so long.
    #[must_use]
    pub fn held_for(self, hold: Option<Duration>) -> Self {
        Self { hold, ..self }
    }

    /// The way there, once it was looked at.
    pub fn lane(&self) -> LaneView {
        let name = self.site.lane();
        let lane = self.lane.clone();
        lane.unwrap_or_else(|| LaneView::without_login(name, "only the record is written", ""))
    }

    /// Takes back the fence that stood for a time, as a part of what was agreed to. The way in may have been lost
    /// meanwhile; it is opened once more. An error: not even the intent could be recorded.
    pub fn take_back(
        &mut self,
        fence: &Standing,
        record: &mut Record,
        reason: Option<&String>,
    ) -> Result<Ended<FenceTarget>, Failure> {
        let terms = beforehand(reason);
        self.wanted = Wanted::TakeBack(vec![fence.clone()]);
        self.hold = None;
        self.insists = true;
        let first = converse(self, record, &terms, self.context);
        let open = |ended: &Result<Ended<FenceTarget>, Failure>| match ended {
            Ok(ended) => came_of(ended).is_none_or(|it| matches!(it, Changed::Unknown(_))),
            Err(_) => true,
        };
        if !open(&first) || self.site.reopen(self.context).is_err() {
            return first;
        }
        converse(self, record, &terms, self.context)
    }

    fn facts(&self, place: FencePlace, action: FenceAction) -> FenceFacts {
        FenceFacts {
            action,
            place,
            sessions: 0,
            undo: None,
            hold: self.hold,
        }
    }

    fn undo_line(&self, fence: &Standing) -> Option<String> {
        let fence = match self.undo {
            Undo::Unrecorded => return None,
            Undo::ById => fence.clone(),
            Undo::Planned => Standing {
                id: "ID".to_owned(),
                ..fence.clone()
            },
        };
        Some(standing::undo_line(self.context, &fence))
    }

    fn planned(
        &self,
        endpoint: String,
        facts: FenceFacts,
        targets: Vec<FenceTarget>,
    ) -> Plan<FenceTarget> {
        let settled = targets.iter().all(|target| target.change.is_err());
        Plan {
            lane: self.site.lane(),
            endpoint,
            question: match settled && facts.action == FenceAction::TakeBack {
                true => Question::Nothing,
                false => Question::YesNo,
            },
            facts,
            prediction: crate::decide::prediction::Prediction::default(),
            targets,
            spared: Vec::new(),
            missing: Vec::new(),
            wait: Duration::ZERO,
            caps: Caps::default(),
        }
    }

    /// The server as it is at this look, or the pooler.
    fn look(&mut self) -> Result<(String, Look), Failure> {
        Ok(match &mut self.site {
            Site::Server(way) => {
                let snapshot = way
                    .database
                    .look(QueryText::First(0))
                    .map_err(cannot_look)?;
                let endpoint = way.database.lane().greeting().endpoint.clone();
                self.lane = Some(way.view(&snapshot.capacity(), &snapshot.server));
                (endpoint, Look::Server(Box::new(snapshot)))
            }
            Site::Pooler(eyes) => {
                let pooler = eyes.look_surely().map_err(cannot_look_at_pooler)?;
                let lane = LaneKind::Pgbouncer.name();
                let how = "a pooler's console";
                self.lane = Some(LaneView::without_login(lane, how, &pooler.endpoint));
                (pooler.endpoint.clone(), Look::Pooler(Box::new(pooler)))
            }
            Site::Record => (String::new(), Look::Nothing),
        })
    }
}

/// What a look at the site saw.
enum Look {
    Server(Box<crate::decide::snapshot::Snapshot>),
    Pooler(Box<Pooler>),
    Nothing,
}

impl Look {
    fn place(&self, name: &str) -> FencePlace {
        match self {
            Self::Server(snapshot) => FencePlace::Server(Box::new(snapshot.server.clone())),
            Self::Pooler(pooler) => FencePlace::Pooler {
                version: pooler.version,
                clients: pooler.clients_of(name).count(),
                servers: pooler.servers_of(name).count(),
                paused: pooler.database(name).is_some_and(|it| it.paused),
            },
            Self::Nothing => FencePlace::Record,
        }
    }
}

/// The terms of what was agreed to with something else.
pub fn beforehand(reason: Option<&String>) -> Terms {
    Terms {
        yes: Some(Cap::All),
        beforehand: true,
        reason: reason.cloned(),
        ..Terms::default()
    }
}

/// What came of the only fence, if something was done.
pub fn came_of(ended: &Ended<FenceTarget>) -> Option<&Changed> {
    ended.verified()?.targets.first()?.sight.as_ref()
}

impl Effects for Fencing<'_> {
    type Holder = FenceTarget;

    fn plan(&mut self) -> Result<Plan<FenceTarget>, Failure> {
        let wanted = self.wanted.clone();
        match wanted {
            Wanted::Limit(kind, name, limit) => {
                let (endpoint, look) = self.look()?;
                let (Site::Server(way), Look::Server(snapshot)) = (&mut self.site, &look) else {
                    return Err(no_limit_there());
                };
                let asked = (kind, name.as_str(), limit);
                let target = fit::on_server(asked, &mut way.database, snapshot, self.context)?;
                let name = &target.fence.subject.name;
                let facts = FenceFacts {
                    sessions: match kind {
                        Kind::Role => snapshot.role_used(name),
                        Kind::Database => snapshot.database_used(name),
                        Kind::Pool => 0,
                    },
                    undo: self.undo_line(&target.fence),
                    ..self.facts(look.place(name), FenceAction::PutUp)
                };
                self.new = vec![target.fence.clone()];
                Ok(self.planned(endpoint, facts, vec![target]))
            }
            Wanted::Pool(name, dsn) => {
                let (endpoint, look) = self.look()?;
                let (Site::Pooler(eyes), Look::Pooler(pooler)) = (&self.site, &look) else {
                    return Err(no_limit_there());
                };
                let protected = &eyes.target.protected.databases;
                let target = fit::in_pooler(&name, pooler, protected, dsn.as_ref(), self.context)?;
                let facts = FenceFacts {
                    undo: self.undo_line(&target.fence),
                    ..self.facts(look.place(&name), FenceAction::PutUp)
                };
                self.new = vec![target.fence.clone()];
                Ok(self.planned(endpoint, facts, vec![target]))
            }
            Wanted::TakeBack(meant) => {
                let (endpoint, look) = self.look()?;
                let mut targets = Vec::new();
                for fence in meant {
                    let undoing = self
                        .site
                        .look_at_undoing(&fence)
                        .map_err(|error| cannot_read(self.site.what(), error))?;
                    targets.push(FenceTarget::take_back(fence, undoing));
                }
                let facts = self.facts(look.place(""), FenceAction::TakeBack);
                Ok(self.planned(endpoint, facts, targets))
            }
            Wanted::Forget(fence) => {
                let facts = self.facts(FencePlace::Record, FenceAction::Forget);
                let target = FenceTarget {
                    change: Err(Changed::Forgotten),
                    action: FenceAction::Forget,
                    fence,
                };
                Ok(self.planned(target.fence.endpoint.clone(), facts, vec![target]))
            }
        }
    }

    /// A server compares and sets in one statement. A pooler's console compares nothing: a person may have taken a
    /// minute to answer, so it is looked at once more.
    fn changed(
        &mut self,
        confirmed: &ConfirmedPlan<FenceTarget>,
    ) -> Result<Receipts<FenceTarget>, Failure> {
        let mut receipts = Receipts::<FenceTarget>::new();
        let Site::Pooler(eyes) = &mut self.site else {
            return Ok(receipts);
        };
        let now = eyes.look_surely().map_err(cannot_look_at_pooler)?;
        for target in confirmed.targets() {
            let name = &target.fence.subject.name;
            let changed = match target.action {
                FenceAction::PutUp => match plan_database(Verb::Disable, name, &now, LOOK) {
                    Ok(_) => continue,
                    Err(NoPlan::Already(_)) => Changed::Foreign(Some(pool::DISABLED)),
                    Err(why) => return Err(no_plan(why, name)),
                },
                _ => match FenceTarget::take_back(
                    target.fence.clone(),
                    pool::undoing(&target.fence, &now),
                )
                .change
                {
                    Ok(_) => continue,
                    Err(settled) => settled,
                },
            };
            receipts.insert(target.id(), Receipt::Changed("it has changed".to_owned()));
            self.changed.insert(target.id(), changed);
        }
        Ok(receipts)
    }

    fn deed<'p>(&self, plan: &'p Plan<FenceTarget>) -> Deed<'p> {
        let nobody = Server::default();
        Deed {
            action: match plan.facts.action {
                FenceAction::PutUp => fences::FENCE,
                FenceAction::TakeBack | FenceAction::Forget => fences::UNDO,
            },
            lane: plan.lane,
            server: match (&plan.facts.place, plan.targets.first()) {
                (FencePlace::Server(server), _) => record::server(server, &plan.endpoint),
                (FencePlace::Record, Some(target)) if target.fence.subject.kind != Kind::Pool => {
                    let server = Server {
                        system_identifier: target.fence.system_identifier.clone(),
                        ..nobody
                    };
                    record::server(&server, &plan.endpoint)
                }
                _ => json!({ "endpoint": plan.endpoint }),
            },
        }
    }

    fn entry(&self, plan: &Plan<FenceTarget>, target: &FenceTarget) -> Value {
        match plan.facts.action {
            FenceAction::Forget => fences::forgotten(&target.fence),
            FenceAction::PutUp | FenceAction::TakeBack => fences::target(&target.fence),
        }
    }

    fn insists(&self) -> bool {
        self.insists
    }

    fn send(
        &mut self,
        plan: &ConfirmedPlan<FenceTarget>,
        targets: &[FenceTarget],
        _: &mut Aside<'_>,
    ) -> Sent {
        let mut receipts = Vec::new();
        for target in targets {
            let changed = match &target.change {
                Ok(_) => self.site.change(plan, target),
                Err(settled) => settled.clone(),
            };
            receipts.push(match &changed {
                Changed::Unknown(_) => Receipt::NoAnswer,
                Changed::Refused(why) => Receipt::Refused {
                    sqlstate: String::new(),
                    message: why.clone(),
                },
                _ => Receipt::Sent,
            });
            self.changed.insert(target.id(), changed);
        }
        Sent {
            receipts,
            lost: None,
        }
    }

    /// Each change was looked at right after it.
    fn look_at(&mut self, targets: &[&FenceTarget]) -> Result<Sights<FenceTarget>, Failure> {
        let seen = |target: &&FenceTarget| {
            let changed = self.changed.get(&target.fence.id)?;
            Some((target.id(), changed.clone()))
        };
        Ok(targets.iter().filter_map(seen).collect())
    }

    /// Every answer of this run says which fences stand.
    fn aftermath(&mut self, _: bool, _: &mut Aside<'_>) {
        let (Wanted::TakeBack(_) | Wanted::Forget(_)) = &self.wanted else {
            for fence in &self.new {
                if self.changed.get(&fence.id) == Some(&Changed::Set) {
                    let mut fence = fence.clone();
                    fence.sure = true;
                    self.context.standing.add(fence);
                }
            }
            return;
        };
        let over = |changed: &Changed| {
            matches!(
                changed,
                Changed::Set | Changed::Back | Changed::Gone | Changed::Forgotten
            )
        };
        for (id, _) in self.changed.iter().filter(|(_, changed)| over(changed)) {
            self.context.standing.remove(id);
        }
    }
}

fn no_limit_there() -> Failure {
    Failure::say(
        ExitCode::Refused,
        "no connection limit can be set there; nothing was done",
    )
}
