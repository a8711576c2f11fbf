//! `breakglass terminate`: end sessions, so that their slots come back.

use std::time::Duration;

use clap::Args;

use super::{Context, acting};
use crate::args::{self, ApprovalArgs, CutArgs, SelectionArgs};
use crate::decide::plan::Action;
use crate::error::Outcome;

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
    selection: SelectionArgs,
    #[command(flatten)]
    cut: CutArgs,
    #[command(flatten)]
    approval: ApprovalArgs,
    /// Cancel what runs first, give it 2 seconds, then end what stays
    #[arg(long, help_heading = "Plan and approval")]
    gently: bool,
    /// How long to watch who takes freed slots again
    #[arg(long, value_parser = args::duration, default_value = "2s", value_name = "TIME", help_heading = "Plan and approval")]
    recount: Duration,
}

/// Terminates.
pub fn run(args: &TerminateArgs, context: &Context) -> Outcome {
    let action = if args.gently {
        Action::TerminateGently
    } else {
        Action::Terminate
    };
    acting::run(
        action,
        &args.selection,
        &args.cut,
        &args.approval,
        args.recount,
        context,
    )
}
