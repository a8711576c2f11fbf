//! `breakglass workers`: the processes of this host that hold connections to the target, listed or recycled.
//!
//! Needs no login: it works when the database lets nobody in, on an application's host.

mod args;
mod list;
mod recycle;
#[cfg(test)]
mod screens;
#[cfg(test)]
mod tests;
mod via;

use clap::{Args, Subcommand};

use crate::decide::workers::plan::Target;
use crate::error::{Failure, Outcome};
use crate::record::Record;
use crate::stages::Context;
use crate::stages::pipeline::Ended;

/// List or recycle processes of this host that hold connections
///
/// For an application's host; needs no login. Shows who holds how many connections, idle or busy, and since when,
/// grouped by master, with the runtime recognised: Gunicorn, uWSGI, Puma, Unicorn, Celery, Sidekiq, PHP-FPM, Node, PM2,
/// supervisord, a systemd unit, a container, or a plain process.
///
/// Needs: to be on that host; to recycle, the right to signal the processes. Listing frees nothing; recycling
/// frees the slots of idle connections, for as long as the workers stay away or connect late.
///
/// Does not see connections on a Unix socket, nor, as another user than root, whose the connections of other users'
/// processes are; it says how many those are.
///
/// Exit codes: 0 listed, 1 nobody holds one, 2 wrong use, 3 the kernel does not answer.
///
/// Example: breakglass workers -p 5432
#[derive(Debug, Args)]
pub struct WorkersArgs {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    list: list::ListArgs,
}

#[derive(Debug, Subcommand)]
enum What {
    List(list::ListArgs),
    Recycle(recycle::RecycleArgs),
}

/// Recycles as a step of something longer, whose record is open. `None`: that is not what was typed.
pub(super) fn step(
    args: &WorkersArgs,
    record: &mut Record,
    context: &Context,
) -> Result<Option<Ended<Target>>, Failure> {
    match &args.what {
        Some(What::Recycle(args)) => recycle::step(args, record, context).map(Some),
        _ => Ok(None),
    }
}

/// Lists, unless recycling was asked for.
pub fn run(args: &WorkersArgs, context: &Context) -> Outcome {
    match &args.what {
        None => list::run(&args.list, context),
        Some(What::List(args)) => list::run(args, context),
        Some(What::Recycle(args)) => recycle::run(args, context),
    }
}
