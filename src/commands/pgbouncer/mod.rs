//! `breakglass pgbouncer`: the pooler's console, to look through and to act over.
//!
//! Needs no connection to the database: the console is exempt from `max_client_conn` and takes no slot.

mod act;
mod args;
mod list;
mod pause;

use clap::{Args, Subcommand};

use crate::error::Outcome;
use crate::stages::Context;

/// Look at PgBouncer, pause, resume or kill its databases
///
/// Needs no slot of the database, and the console is open when max_client_conn is reached. The console is
/// --pgbouncer DSN (a URI, a key=value string, or the directory of its Unix socket), or 'pgbouncer' of the target (-t).
/// Without a user in it the user is pgbouncer, whom PgBouncer admits over its Unix socket from its own account
/// without a password. Looking needs stats_users, acting admin_users.
///
/// Shows the pools, and which layer is short: the pool, PgBouncer itself or, where a database lane opens too,
/// PostgreSQL behind it. Changes nothing without a subcommand.
///
/// Exit codes: 0 shown, 1 clients wait or are refused, 2 wrong use, 3 the console is not open.
///
/// Example: breakglass pgbouncer -t prod
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct PgbouncerArgs {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    list: list::ListArgs,
}

#[derive(Debug, Subcommand)]
enum What {
    Status(list::ListArgs),
    Pause(args::PauseArgs),
    Resume(args::ResumeArgs),
    Disable(args::DisableArgs),
    Enable(args::EnableArgs),
    Kill(args::KillArgs),
    KillClient(args::KillClientArgs),
    Reconnect(args::ReconnectArgs),
}

/// Looks, unless an act was asked for.
pub fn run(args: &PgbouncerArgs, context: &Context) -> Outcome {
    match &args.what {
        None => list::run(&args.list, context),
        Some(What::Status(args)) => list::run(args, context),
        Some(What::Pause(args)) => act::run(&args.asked(), context),
        Some(What::Resume(args)) => act::run(&args.asked(), context),
        Some(What::Disable(args)) => act::run(&args.asked(), context),
        Some(What::Enable(args)) => act::run(&args.asked(), context),
        Some(What::Kill(args)) => act::run(&args.asked(), context),
        Some(What::KillClient(args)) => act::run(&args.asked(), context),
        Some(What::Reconnect(args)) => act::run(&args.asked(), context),
    }
}
