//! The verbs of PgBouncer's console: their effects at the stages.
//!
//! The stages are those of every command that acts ([`crate::stages::pipeline`]); the database is the one target, or each
//! client is one. Never: leaves a database paused without saying so.

use std::collections::HashMap;
use std::time::Instant;

use serde_json::{Value, json};

use super::args::Asked;
use super::pause::{PAUSE, Pausing, is_open};
use crate::act::Sent;
use crate::act::pooler::{resume, send};
use crate::connect::Protected;
use crate::decide::advice::Step;
use crate::decide::holder::Holder;
use crate::decide::identity::SessionId;
use crate::decide::outcome::Receipt;
use crate::decide::pools::Pooler;
use crate::decide::pools::action::{AfterKill, NoPlan, PoolerFacts, PoolerPlan, Verb};
use crate::decide::pools::holder::{
    Answered, ConfirmedPooler, Effect, Next, PoolTarget, Sight, TargetId, effect,
};
use crate::decide::pools::pooled::name_clients;
use crate::decide::sessions::outcome::Seen;
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::observe::{QueryText, Source};
use crate::record::Deed;
use crate::report::LaneView;
use crate::report::json::pools::client;
use crate::stages::Context;
use crate::stages::acting::{
    Run, cannot_include, cap, carry_out, exit_code, somebody_can_agree, terms,
};
use crate::stages::console::{Eyes, LOOK, cannot_look, database, no_plan};
use crate::stages::context::Way;
use crate::stages::pipeline::{Aside, Effects, Receipts, Sights};
use crate::stages::signals::Interruption;

/// Acts.
pub(super) fn run(asked: &Asked<'_>, context: &Context) -> Outcome {
    let approval = &asked.rest.approval;
    if let Some(kind) = approval.include.first() {
        return Err(cannot_include("pgbouncer", "the console", *kind));
    }
    let yes = cap(approval, asked.rest.limit)?;
    somebody_can_agree(yes, approval, context)?;
    let eyes = Eyes::open(&asked.rest.pooler, context)?;
    let protected = eyes.target.protected.clone();
    let terms = terms(approval, yes, &protected);
    let mut verb = Acting {
        asked,
        context,
        eyes,
        protected,
        now: Pooler::default(),
        facts: None,
        behind: None,
        sights: HashMap::new(),
    };
    let ended = carry_out(&mut verb, approval, &terms, context)?;
    let endpoint = &ended.plan().endpoint;
    let run = Run {
        command: asked.verb.full_command(),
        lane: &LaneView::without_login("pgbouncer", "a pooler's console", endpoint),
        origin: None,
        dry_run: approval.dry_run,
    };
    run.tell(&ended, exit_code(&ended), context)
}

/// The stages' effects through the console.
struct Acting<'a> {
    asked: &'a Asked<'a>,
    context: &'a Context,
    eyes: Eyes,
    protected: Protected,
    /// The last look before acting.
    now: Pooler,
    /// Whom it hits, as of that look.
    facts: Option<PoolerFacts>,
    /// The sessions in PostgreSQL that a `KILL` may leave behind.
    behind: Option<Behind>,
    /// What is known of each target since its verb was sent.
    sights: HashMap<TargetId, Sight>,
}

impl Acting<'_> {
    /// Does what is planned to one target.
    fn act(
        &mut self,
        confirmed: &ConfirmedPooler,
        target: &PoolTarget,
        aside: &mut Aside<'_>,
    ) -> Receipt {
        let facts = self.facts.as_ref().unwrap_or(&confirmed.plan().facts);
        let mut sight = Sight::before(facts);
        match facts.verb {
            Verb::Pause(limit) => {
                let mut pausing = Pausing {
                    eyes: &mut self.eyes,
                    confirmed,
                    target,
                    facts,
                    context: self.context,
                };
                pausing.run(limit, &mut sight, aside);
            }
            Verb::Kill(after) => {
                let facts = facts.clone();
                self.kill(confirmed, (target, &facts), after, &mut sight, aside);
            }
            _ => sight.answered = send(&mut self.eyes.console, confirmed, target, LOOK),
        }
        let receipt = match &sight.answered {
            Answered::Taken | Answered::Waiting => Receipt::Sent,
            Answered::Refused(words) => Receipt::Refused {
                sqlstate: String::new(),
                message: words.clone(),
            },
            Answered::Lost(_) => Receipt::NoAnswer,
        };
        self.sights.insert(target.id(), sight);
        receipt
    }

    /// `KILL`, and once the clients are seen to go, the `RESUME` that ends the pause which it leaves.
    fn kill(
        &mut self,
        confirmed: &ConfirmedPooler,
        (target, facts): (&PoolTarget, &PoolerFacts),
        after: AfterKill,
        sight: &mut Sight,
        aside: &Aside<'_>,
    ) {
        self.behind = Behind::look(target, facts, &self.now, self.context);
        sight.answered = send(&mut self.eyes.console, confirmed, target, LOOK);
        if sight.is_refused() {
            return;
        }
        let until = Instant::now() + confirmed.plan().wait;
        loop {
            sight.effect = seen(&mut self.eyes, target, facts);
            let over = Instant::now() >= until || (aside.interrupted)();
            if !matches!(sight.effect, Effect::Left(_)) || over {
                break;
            }
            std::thread::sleep(PAUSE);
        }
        if after == AfterKill::Resume {
            sight.resumed = Some(resume_surely(&mut self.eyes, confirmed, target));
        }
    }

    /// What is seen of a target now; a pause that has ended is told as it was seen to be while it stood.
    fn look(&mut self, target: &PoolTarget) -> Option<Sight> {
        let mut sight = self.sights.get(&target.id())?.clone();
        let facts = self.facts.as_ref()?;
        let is_client = matches!(target, PoolTarget::Client(_));
        if sight.paused_for.is_none() && (is_client || !sight.is_refused()) {
            sight.effect = seen(&mut self.eyes, target, facts);
            sight.survivors = self.behind.as_mut().and_then(Behind::survivors);
            sight.interrupted = Interruption::noted();
        }
        self.sights.insert(target.id(), sight.clone());
        Some(sight)
    }

    /// A command on the same connections.
    fn line(&self, mut words: Vec<String>, to_pooler: bool) -> String {
        if let Some(dsn) = self
            .asked
            .rest
            .pooler
            .pgbouncer
            .as_ref()
            .filter(|_| to_pooler)
        {
            words.extend(["--pgbouncer".to_owned(), dsn.clone()]);
        }
        self.context.line(&Step {
            words,
            why: String::new(),
        })
    }

    fn next(&self, sight: &Sight, name: &str) -> Next {
        let left_paused =
            sight.verb == Verb::Kill(AfterKill::LeavePaused) || sight.resumed == Some(false);
        let resume = ["pgbouncer", "resume", name].map(str::to_owned).to_vec();
        let pids = sight.survivors.iter().flatten();
        let pids = pids.flat_map(|pid| ["--pid".to_owned(), pid.to_string()]);
        let terminate = std::iter::once("terminate".to_owned())
            .chain(pids)
            .collect();
        Next {
            resume: (left_paused && !sight.is_refused()).then(|| self.line(resume, true)),
            terminate: sight.leaves_sessions().then(|| self.line(terminate, false)),
        }
    }
}

impl Effects for Acting<'_> {
    type Holder = PoolTarget;

    fn plan(&mut self) -> Result<PoolerPlan, Failure> {
        self.now = self.eyes.look().map_err(cannot_look)?;
        let plan = self.asked.plan(&self.now);
        let plan = plan.map_err(|why| no_plan(why, self.asked.name()))?;
        if let Some(name) = plan.protected(&self.protected.databases) {
            return Err(Failure::say(
                ExitCode::Refused,
                format!("the configuration protects database {name}; nothing was done"),
            ));
        }
        self.facts = Some(plan.facts.clone());
        Ok(plan)
    }

    /// Plans once more: a person may have taken a minute to answer. What was typed must fit the plan as it is now.
    fn changed(&mut self, confirmed: &ConfirmedPooler) -> Result<Receipts<PoolTarget>, Failure> {
        let refuse = |what: String| Failure::say(ExitCode::Refused, what);
        self.now = self.eyes.look_surely().map_err(cannot_look)?;
        let name = self.asked.name();
        let plan = self.asked.plan(&self.now).map_err(|why| match why {
            NoPlan::UnknownDatabase(_) => refuse(format!(
                "PgBouncer has no database {name:?} any more; nothing was done"
            )),
            why => no_plan(why, name),
        })?;
        let shown = confirmed.plan();
        if let Some(sentence) = plan.changed_since(shown) {
            let line = format!("breakglass: {sentence}\n");
            self.context.terminal.say(&line);
        }
        if plan.question != shown.question || plan.over(self.protected.max_targets).is_some() {
            return Err(refuse(
                "what was typed does not fit the plan as it is now; nothing was done".to_owned(),
            ));
        }
        let there: Vec<TargetId> = plan.targets.iter().map(Holder::id).collect();
        self.facts = Some(plan.facts);
        let meant = confirmed.targets().iter().map(Holder::id);
        let gone = meant.filter(|id| !there.contains(id));
        Ok(gone.map(|id| (id, Receipt::Absent)).collect())
    }

    fn deed<'p>(&self, plan: &'p PoolerPlan) -> Deed<'p> {
        Deed {
            action: plan.facts.verb.full_command(),
            lane: plan.lane,
            server: json!({ "endpoint": plan.endpoint, "version": plan.facts.version.to_string() }),
        }
    }

    /// The database with how many it hits, or the client.
    fn entry(&self, plan: &PoolerPlan, target: &PoolTarget) -> Value {
        let facts = self.facts.as_ref().unwrap_or(&plan.facts);
        match target {
            PoolTarget::Client(one) => client(one),
            PoolTarget::Database(database) => json!({
                "database": database.name,
                "clients": facts.clients.len(),
                "server_connections": facts.servers.len(),
                "was_paused": database.paused,
                "was_disabled": database.disabled,
            }),
        }
    }

    fn send(
        &mut self,
        confirmed: &ConfirmedPooler,
        targets: &[PoolTarget],
        aside: &mut Aside<'_>,
    ) -> Sent {
        let mut receipts = Vec::new();
        for target in targets {
            receipts.push(self.act(confirmed, target, aside));
            if receipts.last() == Some(&Receipt::NoAnswer) {
                break;
            }
        }
        // A look goes over another connection where this one is gone.
        Sent {
            receipts,
            lost: None,
        }
    }

    fn look_at(&mut self, targets: &[&PoolTarget]) -> Result<Sights<PoolTarget>, Failure> {
        let seen = targets
            .iter()
            .filter_map(|one| Some((one.id(), self.look(one)?)));
        Ok(seen.collect())
    }

    fn aftermath(&mut self, _: bool, aside: &mut Aside<'_>) -> Next {
        (aside.progress)("");
        match self.asked.name() {
            "" => Next::default(),
            name => {
                let sight = self.sights.get(&TargetId::Database(name.to_owned()));
                sight.map_or_else(Next::default, |sight| self.next(sight, name))
            }
        }
    }
}

/// Looks whether it is as planned.
fn seen(eyes: &mut Eyes, target: &PoolTarget, facts: &PoolerFacts) -> Effect {
    let now = eyes.look_surely();
    now.map_or(Effect::NotLooked, |now| effect(target, facts, &now))
}

/// Resumes, over another connection where this one is gone, and looks whether it took.
fn resume_surely(eyes: &mut Eyes, confirmed: &ConfirmedPooler, target: &PoolTarget) -> bool {
    if resume(&mut eyes.console, confirmed, target, LOOK).is_ok() && is_open(eyes, target) {
        return true;
    }
    let Ok(console) = eyes.another() else {
        return false;
    };
    eyes.console = console;
    // It may have been resumed already, which the console refuses; the look decides.
    let _ = resume(&mut eyes.console, confirmed, target, LOOK);
    is_open(eyes, target)
}

/// The sessions in PostgreSQL that are the pooler's, to see which of them live on.
struct Behind {
    way: Way,
    ids: Vec<SessionId>,
}

impl Behind {
    fn look(
        target: &PoolTarget,
        facts: &PoolerFacts,
        before: &Pooler,
        context: &Context,
    ) -> Option<Self> {
        let PoolTarget::Database(database_there) = target else {
            return None;
        };
        let mut way = database(context)?;
        let mut snapshot = way.database.look(QueryText::First(0)).ok()?;
        name_clients(&mut snapshot.sessions, before);
        let name = database_there.name.as_str();
        let ids: Vec<SessionId> = snapshot
            .sessions
            .iter()
            .filter(|session| {
                session
                    .pooled
                    .as_ref()
                    .is_some_and(|it| it.database == name)
            })
            .map(|session| session.id)
            .collect();
        // With connections of which none is found there, it is another server.
        (facts.servers.is_empty() || !ids.is_empty()).then_some(Self { way, ids })
    }

    /// Those that are there now; `None` when nobody could look.
    fn survivors(&mut self) -> Option<Vec<i32>> {
        let seen = self.way.database.look_at(&self.ids).ok()?;
        let left = seen
            .iter()
            .filter(|(_, seen)| matches!(seen, Seen::Present { .. }));
        Some(left.map(|(id, _)| id.pid).collect())
    }
}
