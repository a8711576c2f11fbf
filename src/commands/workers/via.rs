//! `breakglass workers recycle --via NAME`: the effects of the stages when the platform's own command recycles.
//!
//! The stages are those of every command that acts ([`crate::stages::pipeline`]); the command is their one target.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json as value};

use crate::act::{Sent, recycler};
use crate::args::ApprovalArgs;
use crate::decide::confirmation::Cap;
use crate::decide::holder::Holder;
use crate::decide::outcome::Receipt;
use crate::decide::plan::Caps;
use crate::decide::sockets::SocketId;
use crate::decide::workers::outcome::Look;
use crate::decide::workers::plan::Goal;
use crate::decide::workers::via::{Before, ConfirmedVia, Ran, Recycler, Sight, ViaPlan};
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::record::Deed;
use crate::report::LaneView;
use crate::stages::Context;
use crate::stages::acting::{Run, carry_out, exit_code, terms};
use crate::stages::host::{Database, Eyes, config};
use crate::stages::pipeline::{Aside, Effects, Receipts, Sights};
use crate::stages::place;

/// Runs it, as a part of `command`, on the way that leads to its workers.
pub fn run(
    name: &str,
    yes: Option<Cap>,
    approval: &ApprovalArgs,
    (command, lane): (&str, fn(&str) -> LaneView),
    context: &Context,
) -> Outcome {
    let configured = config(context)?
        .recycler(name)
        .cloned()
        .map_err(|error| Failure::new(ExitCode::Usage, error))?;
    let aim = place::aim(context)?;
    let mut platform = Platform {
        recycler: Recycler {
            name: configured.name,
            command: configured.command,
            timeout: configured.timeout,
            frees: configured.frees,
        },
        endpoint: aim.endpoint,
        wait: approval.wait,
        eyes: Eyes::open(aim.places, Vec::new())?,
        database: Database::new(context),
        held: HashSet::new(),
        before: None,
        ran: None,
    };
    let terms = terms(approval, yes, &aim.protected);
    let ended = carry_out(&mut platform, approval, &terms, context)?;
    let run = Run {
        command,
        lane: &lane(&platform.endpoint),
        origin: None,
        dry_run: approval.dry_run,
    };
    run.tell(&ended, exit_code(&ended), context)
}

/// The stages' effects through the platform.
struct Platform<'a> {
    recycler: Recycler,
    endpoint: String,
    wait: Duration,
    eyes: Eyes,
    database: Database<'a>,
    /// This host's connections before.
    held: HashSet<SocketId>,
    before: Option<Look>,
    /// What the command answered, and how long it took.
    ran: Option<(Ran, Duration)>,
}

impl Platform<'_> {
    fn started(&self) -> bool {
        !matches!(self.ran, None | Some((Ran::NotStarted(_), _)))
    }

    /// What there is now. Our own login to the database is not the application's.
    fn look(&mut self, there: usize) -> Look {
        let held = there.saturating_sub(usize::from(self.database.is_here()));
        self.database.look(held, Goal::All)
    }
}

impl Effects for Platform<'_> {
    type Holder = Recycler;

    fn plan(&mut self) -> Result<ViaPlan, Failure> {
        self.held = self.eyes.connections()?;
        let look = self.database.look(self.held.len(), Goal::All);
        self.before = Some(look);
        let facts = Before { look };
        let targets = vec![self.recycler.clone()];
        Ok(ViaPlan {
            lane: "workers",
            endpoint: self.endpoint.clone(),
            prediction: Recycler::predict(&facts, &targets),
            question: self.recycler.question(),
            facts,
            targets,
            spared: Vec::new(),
            missing: Vec::new(),
            caps: Caps::default(),
            wait: self.wait,
        })
    }

    /// A command of the configuration is the same after the question as before.
    fn changed(&mut self, _: &ConfirmedVia) -> Result<Receipts<Recycler>, Failure> {
        Ok(Receipts::<Recycler>::new())
    }

    fn deed<'p>(&self, plan: &'p ViaPlan) -> Deed<'p> {
        Deed {
            action: "recycle",
            lane: plan.lane,
            server: value!({ "endpoint": plan.endpoint }),
        }
    }

    fn entry(&self, _: &ViaPlan, target: &Recycler) -> Value {
        value!({ "recycler": target.name, "command": target.command })
    }

    fn send(&mut self, plan: &ConfirmedVia, targets: &[Recycler], aside: &mut Aside<'_>) -> Sent {
        let mut receipts = Vec::new();
        for target in targets {
            let began = Instant::now();
            let waiting = |left: Duration| {
                let left = left.as_secs_f64().ceil();
                (aside.progress)(&format!("the command runs, {left:.0} s left"));
            };
            let ran = recycler::run(plan, target, aside.interrupted, waiting);
            receipts.push(match &ran {
                Ran::NotStarted(why) => Receipt::Refused {
                    sqlstate: "not-started".to_owned(),
                    message: why.clone(),
                },
                _ => Receipt::Sent,
            });
            self.ran = Some((ran, began.elapsed()));
        }
        Sent {
            receipts,
            lost: None,
        }
    }

    fn look_at(&mut self, targets: &[&Recycler]) -> Result<Sights<Recycler>, Failure> {
        let Some((ran, took)) = self.ran.clone() else {
            return Ok(Sights::<Recycler>::new());
        };
        let there = match self.started() {
            true => self.eyes.connections().ok(),
            false => None,
        };
        let freed = there.as_ref().map(|now| self.held.difference(now).count());
        let mut more_free = None;
        // Nothing of it runs on this host: the database's count decides.
        if let (Some(now), true) = (&there, self.held.is_empty()) {
            let before = self.before.and_then(|look| look.free);
            let after = self.look(now.len()).free;
            let more = before.zip(after);
            more_free = more.map(|(before, after)| after.saturating_sub(before) as usize);
        }
        let sight = Sight {
            ran,
            took,
            freed,
            more_free,
        };
        let sights = targets.iter().map(|one| (one.id(), sight.clone()));
        Ok(sights.collect())
    }

    fn aftermath(&mut self, _: bool, _: &mut Aside<'_>) -> Option<Look> {
        if !self.started() {
            return None;
        }
        let there = self.eyes.connections().ok()?;
        Some(self.look(there.len()))
    }
}
