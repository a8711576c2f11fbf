//! `breakglass cancel`: stop running statements, keep the sessions.

use clap::Args;

use crate::args::{ApprovalArgs, CutArgs, FromArgs, SelectionArgs};
use crate::decide::filters::SessionsLane;
use crate::decide::sessions::plan::Action;
use crate::error::Outcome;
use crate::stages::Context;
use crate::stages::acting::Asked;
use crate::stages::pooler::PoolerArgs;
use crate::stages::scene::rehearses;

/// Cancel running statements; the sessions stay
///
/// Sends PostgreSQL's own cancel to each session that matches and runs a statement, and to no other: whoever has
/// gone on to another statement by then is left alone. Frees no slot; 'terminate' does. Shows the plan and asks.
/// Needs pg_signal_backend (or to be the same role), and pg_monitor to see the states.
///
/// Exit codes: 0 all stopped, 1 nothing matched, 2 wrong use, 3 no lane, 4 refused or not confirmed, 5 some still
/// run, 6 contact lost.
///
/// Example: breakglass cancel --active-for 5m --app reports --dry-run
#[derive(Debug, Args)]
pub struct CancelArgs {
    #[command(flatten)]
    selection: SelectionArgs<SessionsLane>,
    #[command(flatten)]
    cut: CutArgs,
    #[command(flatten)]
    approval: ApprovalArgs,
    #[command(flatten)]
    pooler: PoolerArgs,
    #[command(flatten)]
    from: FromArgs,
}

/// Cancels.
pub fn run(args: &CancelArgs, context: &Context) -> Outcome {
    rehearses(&args.from, args.approval.dry_run, "cancel")?;
    let asked = Asked::read(
        Action::Cancel,
        &args.selection,
        &args.cut,
        &args.approval,
        std::time::Duration::ZERO,
        context,
    )?;
    asked.run(&args.from, &args.pooler, context)
}
