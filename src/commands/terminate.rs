//! `breakglass terminate`: end sessions, so that their slots come back.

use std::time::Duration;

use clap::Args;

use crate::args::{self, ApprovalArgs, CutArgs, FromArgs, SelectionArgs};
use crate::decide::fence::retaking::worth_fencing;
use crate::decide::filters::SessionsLane;
use crate::decide::session::Session;
use crate::decide::sessions::plan::{Action, Way as PlanWay};
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::record::Record;
use crate::stages::acting::{Asked, Retaking};
use crate::stages::context::Way;
use crate::stages::fencing::refill::{Agreed, Refilled, after_retaking};
use crate::stages::pipeline::Ended;
use crate::stages::pooler::{PoolerArgs, ask_beside};
use crate::stages::scene::rehearses;
use crate::stages::{Context, acting};

/// End sessions, so that their slots come back
///
/// Shows the plan and asks; ends each session with PostgreSQL's own terminate (SIGTERM, never SIGKILL), after
/// checking in the same statement that its PID still is that session; looks again until it is gone; then counts
/// the free slots for a while and names who took them again. Open transactions of ended sessions are rolled back.
/// Does not touch superusers, walsenders, server processes, listeners, or what the configuration protects.
/// Needs pg_signal_backend (or to be the same role), and pg_monitor to see the states.
///
/// Exit codes: 0 all gone, 1 nothing matched, 2 wrong use, 3 no lane, 4 refused or not confirmed, 5 some are
/// not gone, 6 contact lost.
///
/// Example: breakglass terminate --app newsletter --idle-for 1m --limit 5
#[derive(Debug, Args)]
pub struct TerminateArgs {
    #[command(flatten)]
    selection: SelectionArgs<SessionsLane>,
    #[command(flatten)]
    cut: CutArgs,
    #[command(flatten)]
    approval: ApprovalArgs,
    #[command(flatten)]
    pooler: PoolerArgs,
    /// Cancel what runs first, give it 2 seconds, then end what stays
    #[arg(long, help_heading = "Plan and approval")]
    gently: bool,
    /// How long to watch who takes freed slots again
    #[arg(long, value_parser = args::duration, default_value = "2s", value_name = "TIME", help_heading = "Plan and approval")]
    recount: Duration,
    /// If freed slots are taken again: limit the roles that took them (see 'breakglass fence')
    #[arg(long, help_heading = "Plan and approval")]
    fence: bool,
    #[command(flatten)]
    from: FromArgs,
}

/// Terminates, and fences those who take the freed slots again, if that was wanted.
pub fn run(args: &TerminateArgs, context: &Context) -> Outcome {
    rehearses(&args.from, args.approval.dry_run, "terminate")?;
    let action = if args.gently {
        Action::TerminateGently
    } else {
        Action::Terminate
    };
    let approval = &args.approval;
    let (retaking, agreed) = if args.fence {
        (Retaking::Fenced, Agreed::Beforehand)
    } else {
        (Retaking::Told, Agreed::Now)
    };
    let asked = Asked::read(
        action,
        &args.selection,
        &args.cut,
        approval,
        args.recount,
        context,
    )?
    .when_retaken(retaking);
    if args.from.from.is_some() {
        return asked.run(&args.from, &args.pooler, context);
    }
    let console = args.pooler.target(context)?;
    let mut way = context.open()?;
    ask_beside(&mut way, console.as_ref(), context);
    let lane = way.database.lane();
    let place = PlanWay {
        lane: lane.kind().name(),
        endpoint: lane.greeting().endpoint.clone(),
        wait: approval.wait,
    };
    let protected = way.target.protected.clone();
    let ended = asked.carry_out(&mut way.database, place, &protected, context)?;
    let mut code = acting::exit_code(&ended);
    // What was agreed to with the plan belongs into the answer; what is asked now needs the answer to be read first.
    if args.fence {
        code = match (
            code,
            fence_retakers(approval, agreed, &ended, &mut way, context),
        ) {
            (ExitCode::Done, Refilled::Failed) => ExitCode::Partly,
            (ExitCode::Done | ExitCode::Partly, Refilled::Unknown) => ExitCode::Unknown,
            (code, _) => code,
        };
        let view = way.view(&ended.plan().facts.capacity, &ended.plan().facts.server);
        return asked.tell_with(&ended, code, action.command(), &view, context);
    }
    let view = way.view(&ended.plan().facts.capacity, &ended.plan().facts.server);
    let code = asked.tell_with(&ended, code, action.command(), &view, context)?;
    let _ = fence_retakers(approval, agreed, &ended, &mut way, context);
    Ok(code)
}

/// Terminates as a step of something longer, whose way in and record are open.
pub(super) fn step(
    args: &TerminateArgs,
    way: &mut Way,
    record: &mut Record,
    context: &Context,
) -> Result<Ended<Session>, Failure> {
    let asked = Asked::read(
        Action::Terminate,
        &args.selection,
        &args.cut,
        &args.approval,
        args.recount,
        context,
    )?;
    let lane = way.database.lane();
    let place = PlanWay {
        lane: lane.kind().name(),
        endpoint: lane.greeting().endpoint.clone(),
        wait: args.approval.wait,
    };
    let protected = way.target.protected.clone();
    asked.carry_on(&mut way.database, place, &protected, record, context)
}

/// Fences those who took freed slots again, or offers it.
fn fence_retakers(
    approval: &ApprovalArgs,
    agreed: Agreed,
    ended: &Ended<Session>,
    way: &mut Way,
    context: &Context,
) -> Refilled {
    let Ended::Acted(plan, verified) = ended else {
        return Refilled::Done;
    };
    let freed = verified.count("gone");
    let us = &plan.facts.server.role;
    let retakers = worth_fencing(&verified.aftermath.retakers, freed, &plan.facts.left, us);
    after_retaking(way, &retakers, freed, agreed, approval, context)
}
