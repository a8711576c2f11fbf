//! `breakglass workers recycle`: the recipe. Look, select, plan, confirm, look again, record, signal in batches with a
//! look after each, verify, record, tell.
//!
//! The same stages and rules as every command that acts. Never: goes on after a batch that made things worse; says
//! "gone" of a process that a second look has not missed.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::json;

use super::args::WorkerSelectionArgs;
use super::look::{Database, Eyes, look_at, runtimes};
use super::telling::{exit_code, tell};
use super::via;
use crate::act::worker::{kill, signal};
use crate::args::{ApprovalArgs, duration, positive};
use crate::commands::Context;
use crate::commands::acting::{cap, open_record, say_lines, somebody_can_agree};
use crate::commands::signals::Interruption;
use crate::commands::sockets::place::{self, Aim};
use crate::decide::confirmation::{Approval, Cap, NotConfirmed};
use crate::decide::outcome::{Outcome as Fate, Receipt};
use crate::decide::sockets::SocketId;
use crate::decide::workers::outcome::{Look, Stopped, WorkerOutcome, ended, judge, reached, worse};
use crate::decide::workers::plan::{ConfirmedRecycle, Goal, Pace, RecyclePlan, Target, plan};
use crate::decide::workers::process::{ProcessId, Processes};
use crate::decide::workers::runtime::Role;
use crate::decide::workers::selection::{Criteria, Cut, select};
use crate::decide::workers::signal::Signal;
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::record::{Deed, End, Record};
use crate::report::Extent;
use crate::report::json::workers::target as target_json;
use crate::report::workers::{self as screens, Verified};

/// Pause between two looks at the processes of a batch.
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
    selection: WorkerSelectionArgs,
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

/// What the command line asked for.
pub(super) struct Request {
    aim: Aim,
    criteria: Criteria,
    cut: Cut,
    signal: Option<Signal>,
    pace: Pace,
    yes: Option<Cap>,
    pub(super) approval: ApprovalArgs,
}

/// How it ended.
pub(super) enum Ended {
    Nothing(RecyclePlan),
    DryRun(RecyclePlan),
    Reached(RecyclePlan, Look),
    NotConfirmed(RecyclePlan, NotConfirmed),
    Acted(RecyclePlan, Verified),
}

/// Recycles.
pub fn run(args: &RecycleArgs, context: &Context) -> Outcome {
    if let Some(kind) = args.approval.include.first() {
        return Err(Failure::say(
            ExitCode::Usage,
            format!(
                "the workers lane cannot judge --include {}: a process does not tell",
                kind.flag()
            ),
        ));
    }
    let yes = cap(&args.approval, args.limit)?;
    let runtimes = runtimes(context)?;
    let criteria = args.selection.criteria(&runtimes)?;
    if let Some(name) = &args.via {
        somebody_can_agree(yes, &args.approval, context)?;
        return via::run(name, yes, &args.approval, context);
    }
    let request = request(args, criteria, yes, context)?;
    let mut eyes = Eyes::open(request.aim.places.clone(), runtimes)?;
    let mut record = open_record(&args.approval, context)?;
    let ended = stages(&mut eyes, record.as_mut(), &request, context);
    context.terminal.progress("");
    let ended = ended?;
    say_lines(record.as_mut(), context);
    let code = exit_code(&ended);
    tell(&ended, code, &request, context)?;
    Ok(code)
}

fn request(
    args: &RecycleArgs,
    criteria: Criteria,
    yes: Option<Cap>,
    context: &Context,
) -> Result<Request, Failure> {
    let approval = &args.approval;
    if criteria.is_empty() && args.oldest.is_none() && !approval.all {
        return Err(Failure::say(
            ExitCode::Usage,
            "recycle needs to know which workers; give a filter such as --runtime or --idle-for, or --all",
        ));
    }
    somebody_can_agree(yes, approval, context)?;
    let aim = place::aim(context)?;
    let named = !criteria.pids.any.is_empty();
    aim.honour_protection(named, "a process", "breakglass workers")?;
    Ok(Request {
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
            wait: approval.wait,
            escalate: args.escalate,
            goal: match (args.until_free, args.until_answers) {
                (Some(free), _) => Goal::Free(free),
                (None, true) => Goal::Answers,
                (None, false) => Goal::All,
            },
        },
        yes,
        approval: approval.clone(),
    })
}

/// The plan of what this host looks like now, of no more than `cut`.
fn planned(
    eyes: &mut Eyes,
    request: &Request,
    cut: Cut,
) -> Result<(RecyclePlan, Processes, HashSet<SocketId>), Failure> {
    let (workers, processes) = eyes.look()?;
    let recognise = |process: &_| eyes.recognise(process, &processes);
    let selection = select(
        &workers,
        &processes,
        recognise,
        &request.criteria,
        cut,
        request.signal,
    );
    let planned = plan(
        request.aim.endpoint.clone(),
        request.pace,
        &workers,
        &processes,
        selection,
        &request.criteria.pids.any,
        request.signal,
    );
    Ok((planned, processes, workers.held()))
}

fn stages(
    eyes: &mut Eyes,
    record: Option<&mut Record>,
    request: &Request,
    context: &Context,
) -> Result<Ended, Failure> {
    let (shown, mut processes, mut held) = planned(eyes, request, request.cut)?;
    if shown.targets.is_empty() {
        return Ok(Ended::Nothing(shown));
    }
    if request.approval.dry_run {
        return Ok(Ended::DryRun(shown));
    }
    let mut database = Database::new(context);
    let mut first = database.look(shown.held, request.pace.goal);
    if reached(request.pace.goal, &first) {
        return Ok(Ended::Reached(shown, first));
    }
    context
        .terminal
        .say(&screens::plan(&shown, context.talk_screen(Extent::Brief)));
    let approval = match request.yes {
        Some(cap) => Approval::Flag(cap),
        None => match context.terminal.ask(&screens::question(&shown)) {
            Some(answer) => Approval::Typed(answer),
            None => return Ok(Ended::NotConfirmed(shown, NotConfirmed::Declined)),
        },
    };
    let confirmed = match shown
        .clone()
        .confirm(&approval, request.aim.protected.max_targets)
    {
        Ok(confirmed) => confirmed,
        Err(why) => return Ok(Ended::NotConfirmed(shown, why)),
    };
    let mut still: Option<HashSet<_>> = None;
    if matches!(approval, Approval::Typed(_)) {
        // Workers go on living while a person reads: those that are not meant any more are not touched. Without the cut,
        // because one that is still meant may stand elsewhere in the order by now.
        let (now, later, held_now) = planned(eyes, request, Cut::default())?;
        still = Some(now.targets.iter().map(|target| target.process.id).collect());
        first = database.look(now.held, request.pace.goal);
        (processes, held) = (later, held_now);
    }
    let Some(record) = record else {
        return Err(Failure::say(
            ExitCode::Refused,
            "there is no record to write the intent to",
        ));
    };
    let deed = Deed {
        action: "recycle",
        lane: "workers",
        server: json!({ "endpoint": shown.endpoint }),
    };
    let targets = confirmed.targets().iter().map(target_json).collect();
    record
        .intend(&deed, request.approval.reason.as_deref(), targets)
        .map_err(|error| {
            Failure::say(ExitCode::Refused, format!("{error}; nothing was done"))
                .hint("go on without a record file, its lines printed instead: --no-record")
        })?;
    let mut run = Run {
        eyes,
        database: &mut database,
        confirmed: &confirmed,
        processes: &processes,
        still: still.as_ref(),
        interruption: Interruption::note_signals().unwrap_or_default(),
        began: Instant::now(),
        context,
    };
    let verified = run.batches(first, &held);
    let ends = verified.targets.iter().map(|done| End {
        target: target_json(&done.target),
        outcome: done.outcome.name(),
        detail: done.sentence(),
        after: done.after,
    });
    if let Err(error) = record.conclude(&deed, request.approval.reason.as_deref(), ends) {
        // It is done; not being able to write it down must not hide it.
        context
            .terminal
            .say(&format!("the outcome is not in the record: {error}\n"));
    }
    Ok(Ended::Acted(shown, verified))
}

/// A run that has begun to act.
struct Run<'a, 'b> {
    eyes: &'a mut Eyes,
    database: &'a mut Database<'b>,
    confirmed: &'a ConfirmedRecycle,
    processes: &'a Processes,
    /// Who is still meant; `None`: nobody had time to change.
    still: Option<&'a HashSet<ProcessId>>,
    interruption: Interruption,
    began: Instant,
    context: &'a Context,
}

impl Run<'_, '_> {
    fn batches(&mut self, first: Look, held: &HashSet<SocketId>) -> Verified {
        let confirmed = self.confirmed;
        let pace = confirmed.plan().pace;
        let mut done: Vec<WorkerOutcome> = Vec::new();
        let mut looks = vec![first];
        let mut stopped = Stopped::Finished;
        let batches: Vec<&[Target]> = confirmed.targets().chunks(pace.batch).collect();
        for (number, batch) in batches.iter().enumerate() {
            // Workers that were started again need a moment to connect: only after it is it known what a batch did.
            if number > 0 {
                let went_on = self.sleep(pace.pause);
                let why = self.look(&done, &mut looks);
                if let Some(why) = why.or((!went_on).then_some(Stopped::Interrupted)) {
                    stopped = why;
                    break;
                }
            }
            done.extend(self.batch(batch));
            let why = self.look(&done, &mut looks);
            if let Some(look) = looks.last() {
                let text = screens::progress(number + 1, batches.len(), look, self.began.elapsed());
                self.context.terminal.progress("");
                self.context.terminal.say(&text);
            }
            if let Some(why) = why {
                stopped = why;
                break;
            }
        }
        for target in &confirmed.targets()[done.len()..] {
            let gone = ended(target, &now_of(target));
            done.push(WorkerOutcome {
                target: target.clone(),
                outcome: judge(&Receipt::NotAsked, Some(gone)),
                receipt: Receipt::NotAsked,
                killed: false,
                after: self.began.elapsed(),
            });
        }
        let last = self.eyes.look().ok().map(|(workers, _)| workers.held());
        let closed = last.as_ref().map(|now| held.difference(now).count());
        let new = last.as_ref().map(|now| now.difference(held).count());
        Verified {
            targets: done,
            looks,
            stopped,
            closed,
            new,
        }
    }

    /// Looks, and says why not to go on, if so.
    fn look(&mut self, done: &[WorkerOutcome], looks: &mut Vec<Look>) -> Option<Stopped> {
        let goal = self.confirmed.plan().pace.goal;
        let now = match self.eyes.look() {
            Ok((workers, _)) => self.database.look(workers.total(), goal),
            Err(failure) => return Some(Stopped::Blind(format!("{:#}", failure.error))),
        };
        let first = looks.first().copied().unwrap_or(now);
        let before = looks.last().copied().unwrap_or(now);
        looks.push(now);
        if reached(goal, &now) {
            return Some(Stopped::Goal);
        }
        if let Some(how) = worse(&first, &before, &now, self.lost_master(done)) {
            return Some(Stopped::Worse(how));
        }
        self.interruption.arrived().then_some(Stopped::Interrupted)
    }

    /// Signals a batch, and waits until those are gone or the wait is over.
    fn batch(&self, batch: &[Target]) -> Vec<WorkerOutcome> {
        let pace = self.confirmed.plan().pace;
        let mut done: Vec<WorkerOutcome> = batch
            .iter()
            .map(|target| {
                let meant = self
                    .still
                    .is_none_or(|still| still.contains(&target.process.id));
                let receipt = if self.interruption.arrived() {
                    Receipt::NotAsked
                } else if !meant && look_at(target.process.id.pid).is_some() {
                    Receipt::Changed("it no longer matches".to_owned())
                } else {
                    signal(self.confirmed, target, self.processes, look_at)
                };
                WorkerOutcome {
                    target: target.clone(),
                    outcome: Fate::Unknown,
                    receipt,
                    killed: false,
                    after: Duration::ZERO,
                }
            })
            .collect();
        self.wait(&mut done, pace.wait);
        if pace.escalate {
            let mut killed = false;
            for one in done.iter_mut().filter(|one| still_waited_for(one)) {
                let receipt = kill(self.confirmed, &one.target, self.processes, look_at);
                one.killed = receipt == Receipt::Sent;
                killed |= one.killed;
            }
            if killed {
                self.wait(&mut done, pace.wait);
            }
        }
        for one in &mut done {
            one.outcome = judge(&one.receipt, Some(ended(&one.target, &now_of(&one.target))));
            if one.after.is_zero() {
                one.after = self.began.elapsed();
            }
        }
        done
    }

    fn wait(&self, done: &mut [WorkerOutcome], limit: Duration) {
        let until = Instant::now() + limit;
        loop {
            let mut left = 0;
            for one in done.iter_mut().filter(|one| still_waited_for(one)) {
                if ended(&one.target, &now_of(&one.target)) {
                    one.after = self.began.elapsed();
                } else {
                    left += 1;
                }
            }
            let remaining = until.saturating_duration_since(Instant::now());
            if left == 0 || remaining.is_zero() || self.interruption.arrived() {
                return;
            }
            self.context.terminal.progress(&format!(
                "waiting for {left} to go, {:.0} s left",
                remaining.as_secs_f64().ceil()
            ));
            std::thread::sleep(LOOK.min(remaining));
        }
    }

    /// Waits between two batches; false when somebody wants us to stop.
    fn sleep(&self, pause: Duration) -> bool {
        let until = Instant::now() + pause;
        while !self.interruption.arrived() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            std::thread::sleep(left.min(LOOK));
        }
        false
    }

    /// A master that was to stay and has ended.
    fn lost_master(&self, done: &[WorkerOutcome]) -> Option<i32> {
        let stays = |one: &WorkerOutcome| match one.target.role {
            Role::Worker => one.target.master.as_ref().map(|master| master.id),
            Role::Master if one.target.ends.contains(&one.target.process.id) => None,
            Role::Master => Some(one.target.process.id),
        };
        let lost = |id: &ProcessId| look_at(id.pid).is_none_or(|now| now.id != *id);
        done.iter().filter_map(stays).find(lost).map(|id| id.pid)
    }
}

/// Signalled, and not seen to be gone.
fn still_waited_for(one: &WorkerOutcome) -> bool {
    one.receipt == Receipt::Sent && one.after.is_zero()
}

/// The processes `target` is judged by, as they are now.
fn now_of(target: &Target) -> Processes {
    let pids = target.ends.iter().map(|id| id.pid);
    Processes {
        all: pids.filter_map(|pid| Some((pid, look_at(pid)?))).collect(),
        ..Processes::default()
    }
}
