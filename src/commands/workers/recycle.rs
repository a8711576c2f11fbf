//! `breakglass workers recycle`: its arguments, and the effects of the stages on workers.
//!
//! The stages are those of every command that acts ([`crate::stages::pipeline`]), in batches with a look after each.
//! Never: goes on after a batch that made things worse.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::{Value, json as value};

use super::args::criteria;
use super::via;
use crate::act::Sent;
use crate::act::worker::{kill, signal};
use crate::args::{ApprovalArgs, SelectionArgs, duration, positive};
use crate::decide::criteria::Criteria;
use crate::decide::filters::WorkersLane;
use crate::decide::outcome::{Receipt, Stopped};
use crate::decide::sockets::SocketId;
use crate::decide::workers::Worker;
use crate::decide::workers::outcome::{Look, Looks, Sight, ended, reached, worse};
use crate::decide::workers::plan::{ConfirmedRecycle, Goal, Pace, RecyclePlan, Target, plan};
use crate::decide::workers::process::{ProcessId, Processes};
use crate::decide::workers::runtime::{Role, Runtime};
use crate::decide::workers::selection::{Cut, select};
use crate::decide::workers::signal::Signal;
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::record::{Deed, Record};
use crate::report::json::workers::target as target_json;
use crate::report::{LaneView, workers as screens};
use crate::stages::Context;
use crate::stages::acting::{
    Run, cannot_include, cap, carry_out, converse, exit_code, somebody_can_agree, terms,
};
use crate::stages::host::{Database, Eyes, look_at, runtimes};
use crate::stages::pipeline::{Aside, Batch, Effects, Ended, Receipts, Sights};
use crate::stages::place::{self, Aim};

/// The command, as it is typed.
const COMMAND: &str = "workers recycle";
/// Between two looks whether somebody wants to stop.
const LOOK: Duration = Duration::from_millis(50);

/// Recycle workers, so that the slots of their idle connections come back
///
/// Shows the plan and asks: which signal each gets and why, how many slots come back, how many are busy and do not,
/// whether the workers are started again, and what is known to go wrong. Then signals in batches, and after each looks:
/// are they gone, what does this host hold, what is free if the database answers. Stops when the goal is reached or when
/// a batch made things worse. Needs the right to signal the processes.
///
/// Frees: the connections of processes that end, if they are idle. Does not free: a busy connection, whose slot stays
/// until its statement ends; what a worker that is started again takes back. Never signals PID 1, what this program
/// was started by, PostgreSQL, or the kernel's threads; never stops (STOP, TSTP) a process.
///
/// Exit codes: 0 all gone, 1 nothing matched, 2 wrong use, 3 the kernel does not answer, 4 refused or not confirmed,
/// 5 some are still there or it was stopped, 6 unknown.
///
/// Example: breakglass workers recycle -p 5432 --runtime gunicorn --idle-for 1m --batch 2 --until-free 5
#[derive(Debug, Args)]
pub struct RecycleArgs {
    #[command(flatten)]
    selection: SelectionArgs<WorkersLane>,
    /// Only the N that run longest
    #[arg(long, value_name = "N", value_parser = positive, help_heading = "How many of them")]
    oldest: Option<usize>,
    /// At most N, the least harmful first
    #[arg(long, value_name = "N", value_parser = positive, help_heading = "How many of them")]
    limit: Option<usize>,
    /// Send this signal instead of the runtime's own; with --pid, to that very process
    #[arg(long, value_name = "SIGNAL", value_parser = Signal::from_name, help_heading = "How")]
    signal: Option<Signal>,
    /// Run [recycler.NAME] of the configuration instead of sending signals
    #[arg(long, value_name = "NAME", help_heading = "How",
          conflicts_with_all = ["signal", "pid", "not_pid", "runtime", "not_runtime", "state", "not_state", "idle_for", "not_idle_for", "oldest", "escalate", "batch", "pause", "until_free", "until_answers"])]
    via: Option<String>,
    /// How many at a time
    #[arg(long, value_name = "N", value_parser = positive, help_heading = "How", default_value = "1")]
    batch: usize,
    /// Between two batches
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = "How", default_value = "2s")]
    pause: Duration,
    /// Stop when so many ordinary slots are free (asks the database)
    #[arg(
        long,
        value_name = "N",
        help_heading = "How",
        conflicts_with = "until_answers"
    )]
    until_free: Option<u32>,
    /// Stop when the database admits a login
    #[arg(long, help_heading = "How")]
    until_answers: bool,
    /// SIGKILL for workers that are still there after --wait; never for a master
    #[arg(long, help_heading = "How")]
    escalate: bool,
    #[command(flatten)]
    approval: ApprovalArgs,
}

/// Recycles.
pub fn run(args: &RecycleArgs, context: &Context) -> Outcome {
    let approval = &args.approval;
    if let Some(kind) = approval.include.first() {
        return Err(cannot_include("workers", "a process", *kind));
    }
    let yes = cap(approval, args.limit)?;
    let runtimes = runtimes(context)?;
    let criteria = criteria(&args.selection, &runtimes)?;
    if criteria.is_empty() && args.oldest.is_none() && !approval.all && args.via.is_none() {
        return Err(Failure::say(
            ExitCode::Usage,
            "recycle needs to know which workers; give a filter such as --runtime or --idle-for, or --all",
        ));
    }
    somebody_can_agree(yes, approval, context)?;
    if let Some(name) = &args.via {
        return via::run(name, yes, approval, (COMMAND, lane), context);
    }
    let mut recycling = Recycling::asked(args, criteria, runtimes, context)?;
    let terms = terms(approval, yes, &recycling.aim.protected);
    let ended = carry_out(&mut recycling, approval, &terms, context)?;
    if let (Ended::Reached(_), Some(look)) = (&ended, recycling.looks.first()) {
        let reached = screens::reached(look);
        context.terminal.say(&format!("breakglass: {reached}\n"));
    }
    let run = Run {
        command: COMMAND,
        lane: &lane(&recycling.aim.endpoint),
        origin: None,
        dry_run: approval.dry_run,
    };
    run.tell(&ended, exit_code(&ended), context)
}

/// Recycles as a step of something longer, whose record is open.
pub(super) fn step(
    args: &RecycleArgs,
    record: &mut Record,
    context: &Context,
) -> Result<Ended<Target>, Failure> {
    let approval = &args.approval;
    let yes = cap(approval, args.limit)?;
    let runtimes = runtimes(context)?;
    let criteria = criteria(&args.selection, &runtimes)?;
    let mut recycling = Recycling::asked(args, criteria, runtimes, context)?;
    let terms = terms(approval, yes, &recycling.aim.protected);
    converse(&mut recycling, record, &terms, context)
}

/// The way to this host's workers.
fn lane(endpoint: &str) -> LaneView {
    LaneView::without_login(
        "workers",
        "signals from this host take no connection",
        endpoint,
    )
}

/// The stages' effects on workers.
struct Recycling<'a> {
    eyes: Eyes,
    database: Database<'a>,
    aim: Aim,
    criteria: Criteria<Worker>,
    cut: Cut,
    signal: Option<Signal>,
    pace: Pace,
    /// Those of the last look before acting.
    processes: Processes,
    /// This host's connections at that look.
    held: HashSet<SocketId>,
    /// The look before, and those since.
    looks: Vec<Look>,
}

impl<'a> Recycling<'a> {
    fn asked(
        args: &RecycleArgs,
        criteria: Criteria<Worker>,
        runtimes: Vec<Runtime>,
        context: &'a Context,
    ) -> Result<Self, Failure> {
        let aim = place::aim(context)?;
        let named = criteria.pids().next().is_some();
        aim.honour_protection(named, "a process", "breakglass workers")?;
        Ok(Self {
            eyes: Eyes::open(aim.places.clone(), runtimes)?,
            database: Database::new(context),
            aim,
            criteria,
            cut: Cut {
                oldest: args.oldest,
                limit: args.limit,
            },
            signal: args.signal,
            pace: Pace {
                batch: args.batch,
                pause: args.pause,
                wait: args.approval.wait,
                escalate: args.escalate,
                goal: match (args.until_free, args.until_answers) {
                    (Some(free), _) => Goal::Free(free),
                    (None, true) => Goal::Answers,
                    (None, false) => Goal::All,
                },
            },
            processes: Processes::default(),
            held: HashSet::new(),
            looks: Vec::new(),
        })
    }

    /// The plan of what this host looks like now, of no more than `cut`.
    fn planned(&mut self, cut: Cut) -> Result<RecyclePlan, Failure> {
        let (workers, processes) = self.eyes.look()?;
        let recognise = |process: &_| self.eyes.recognise(process, &processes);
        let selection = select(
            &workers,
            &processes,
            recognise,
            &self.criteria,
            cut,
            self.signal,
        );
        let planned = plan(
            self.aim.endpoint.clone(),
            self.pace,
            &workers,
            &processes,
            selection,
            &self.criteria.pids().collect::<Vec<_>>(),
            self.signal,
        );
        (self.processes, self.held) = (processes, workers.held());
        Ok(planned)
    }

    /// The look that later ones are compared with.
    fn look_first(&mut self, planned: &RecyclePlan) -> Look {
        let first = self.database.look(planned.facts.held, self.pace.goal);
        self.looks = vec![first];
        first
    }

    /// Looks, and says why not to go on, if so.
    fn look(&mut self, done: &[Target], aside: &Aside<'_>) -> Option<Stopped> {
        let goal = self.pace.goal;
        let now = match self.eyes.look() {
            Ok((workers, _)) => self.database.look(workers.total(), goal),
            Err(failure) => return Some(Stopped::Blind(format!("{:#}", failure.error))),
        };
        let first = self.looks.first().copied().unwrap_or(now);
        let before = self.looks.last().copied().unwrap_or(now);
        self.looks.push(now);
        if reached(goal, &now) {
            return Some(Stopped::Goal);
        }
        if let Some(how) = worse(&first, &before, &now, lost_master(done)) {
            return Some(Stopped::Worse(how));
        }
        (aside.interrupted)().then_some(Stopped::Interrupted)
    }
}

impl Effects for Recycling<'_> {
    type Holder = Target;

    fn plan(&mut self) -> Result<RecyclePlan, Failure> {
        self.planned(self.cut)
    }

    fn reached(&mut self, planned: &RecyclePlan) -> bool {
        let first = self.look_first(planned);
        reached(self.pace.goal, &first)
    }

    /// Without the cut: one that is still meant may stand elsewhere in the order by now.
    fn changed(&mut self, confirmed: &ConfirmedRecycle) -> Result<Receipts<Target>, Failure> {
        let now = self.planned(Cut::default())?;
        self.look_first(&now);
        let still: HashSet<ProcessId> = now.targets.iter().map(|one| one.process.id).collect();
        let gone = confirmed.targets().iter().map(|one| one.process.id);
        let gone = gone.filter(|id| !still.contains(id));
        let receipt = |id: ProcessId| match look_at(id.pid) {
            None => Receipt::Absent,
            Some(now) if now.id != id => Receipt::OtherSession,
            Some(_) => Receipt::Changed("it no longer matches".to_owned()),
        };
        Ok(gone.map(|id| (id, receipt(id))).collect())
    }

    fn deed<'p>(&self, plan: &'p RecyclePlan) -> Deed<'p> {
        Deed {
            action: "recycle",
            lane: plan.lane,
            server: value!({ "endpoint": plan.endpoint }),
        }
    }

    fn entry(&self, _: &RecyclePlan, target: &Target) -> Value {
        target_json(target)
    }

    fn batch(&self) -> usize {
        self.pace.batch
    }

    /// Workers that were started again need a moment to connect: only after it is it known what a batch did.
    fn before(&mut self, done: &[Target], aside: &mut Aside<'_>) -> Option<Stopped> {
        let until = Instant::now() + self.pace.pause;
        while !(aside.interrupted)() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            std::thread::sleep(left.min(LOOK));
        }
        self.look(done, aside)
    }

    fn send(
        &mut self,
        confirmed: &ConfirmedRecycle,
        targets: &[Target],
        _: &mut Aside<'_>,
    ) -> Sent {
        let receipt = |target| signal(confirmed, target, &self.processes, look_at);
        Sent {
            receipts: targets.iter().map(receipt).collect(),
            lost: None,
        }
    }

    fn look_at(&mut self, targets: &[&Target]) -> Result<Sights<Target>, Failure> {
        let sight = |target: &&Target| {
            let sight = match ended(target, &now_of(target)) {
                true => Sight::Ended,
                false => Sight::Runs,
            };
            (target.process.id, sight)
        };
        Ok(targets.iter().map(sight).collect())
    }

    fn escalate(&mut self, confirmed: &ConfirmedRecycle, pending: &[&Target]) -> Vec<ProcessId> {
        let mut killed = Vec::new();
        for target in pending {
            // Where the plan does not allow it, nothing is sent.
            if kill(confirmed, target, &self.processes, look_at) == Receipt::Sent {
                killed.push(target.process.id);
            }
        }
        killed
    }

    fn after(&mut self, batch: Batch, done: &[Target], aside: &mut Aside<'_>) -> Option<Stopped> {
        let why = self.look(done, aside);
        if let Some(look) = self.looks.last() {
            let Batch {
                number,
                of,
                elapsed,
            } = batch;
            (aside.say)(&screens::progress(number, of, look, elapsed));
        }
        why
    }

    fn aftermath(&mut self, _: bool, _: &mut Aside<'_>) -> Looks {
        let last = self.eyes.look().ok().map(|(workers, _)| workers.held());
        let count = |one: &HashSet<_>, other: &HashSet<_>| one.difference(other).count();
        Looks {
            looks: std::mem::take(&mut self.looks),
            closed: last.as_ref().map(|now| count(&self.held, now)),
            new: last.as_ref().map(|now| count(now, &self.held)),
        }
    }
}

/// A master that was to stay and has ended.
fn lost_master(done: &[Target]) -> Option<i32> {
    let stays = |one: &Target| match one.role {
        Role::Worker => one.master.as_ref().map(|master| master.id),
        Role::Master if one.ends.contains(&one.process.id) => None,
        Role::Master => Some(one.process.id),
    };
    let lost = |id: &ProcessId| look_at(id.pid).is_none_or(|now| now.id != *id);
    done.iter().filter_map(stays).find(lost).map(|id| id.pid)
}

/// The processes `target` is judged by, as they are now.
fn now_of(target: &Target) -> Processes {
    let pids = target.ends.iter().map(|id| id.pid);
    Processes {
        all: pids.filter_map(|pid| Some((pid, look_at(pid)?))).collect(),
        ..Processes::default()
    }
}
