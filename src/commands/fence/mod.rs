//! `breakglass fence`: keep a role, a database or a pool from taking freed slots, and take that back.
//!
//! Read on in `put_up` (a new fence, and `--for`), `take_back` (`--undo`, `--forget`) and `list`; the stages' effects are
//! in [`crate::stages::fencing`].

mod list;
mod put_up;
mod take_back;

use std::time::Duration;

use clap::Args;

use crate::args::{self, ApprovalArgs};
use crate::decide::confirmation::Cap;
use crate::decide::fence::Kind;
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::stages::Context;
use crate::stages::fencing::Wanted;
use crate::stages::pooler::PoolerArgs;

/// The command, as it is typed.
const COMMAND: &str = "fence";

/// Keep a role, a database or a pool from taking freed slots
///
/// Sets its CONNECTION LIMIT, after showing the plan and asking. The previous limit is recorded first, so that
/// --undo restores it even if this program was killed in between; it refuses when somebody else changed the
/// limit meanwhile. Until then every command says that the fence stands. The record is this account's own:
/// another account's fences are not in it.
/// Ends no session. Does not hold superusers, and makes an administrator's own login no easier in a storm: a
/// refused login still takes a slot for a moment.
/// --pool has PgBouncer refuse new clients of one of its databases (DISABLE), over its console: --pgbouncer DSN, or
/// 'pgbouncer' of the target. It does not hold clients that are there, other poolers, or direct logins.
/// Needs CREATEROLE (16+: and ADMIN OPTION on the role), or to own the database. Works over the replication lane.
///
/// Exit codes: 0 done and verified, or listed, 1 no fence stands, 2 wrong use, 3 no lane, 4 refused or not
/// confirmed, 5 some undone, some not, 6 contact lost.
///
/// Example: breakglass fence --role app --limit 20 --for 10m
#[derive(Debug, Args)]
pub struct FenceArgs {
    /// Limit the connections of this role
    #[arg(long, value_name = "NAME", conflicts_with_all = ["database", "list", "undo", "forget"], help_heading = "Fence")]
    role: Option<String>,
    /// Limit the connections to this database
    #[arg(long, value_name = "NAME", conflicts_with_all = ["list", "undo", "forget"], help_heading = "Fence")]
    database: Option<String>,
    /// Have PgBouncer refuse new clients of this database of its own (DISABLE); takes no --limit
    #[arg(long, value_name = "DB", conflicts_with_all = ["role", "database", "limit", "list", "undo", "forget"], help_heading = "Fence")]
    pool: Option<String>,
    /// To so many connections; 0 lets nobody new in
    #[arg(long, value_name = "N", value_parser = connections, allow_negative_numbers = true, conflicts_with_all = ["list", "undo", "forget"], help_heading = "Fence")]
    limit: Option<u32>,
    /// Wait so long, then undo it; at once on Ctrl-C, SIGTERM or a closed terminal
    #[arg(long = "for", value_name = "TIME", value_parser = args::duration, conflicts_with_all = ["list", "undo", "forget"], help_heading = "Fence")]
    hold: Option<Duration>,
    /// List the fences that stand, on every server, by this account's record
    #[arg(long, conflicts_with_all = ["undo", "forget"], help_heading = "Fence")]
    list: bool,
    /// Undo this fence, or the only one that stands on this server (with --pgbouncer: in this pooler)
    #[arg(long, value_name = "ID", num_args = 0..=1, conflicts_with = "forget", help_heading = "Fence")]
    undo: Option<Option<String>>,
    /// With --undo: every fence on this server
    #[arg(long, requires = "undo", help_heading = "Fence")]
    all: bool,
    /// Take this fence off the list and leave the limit as it is
    #[arg(long, value_name = "ID", help_heading = "Fence")]
    forget: Option<String>,
    #[command(flatten)]
    agreement: Agreement,
    #[command(flatten)]
    pooler: PoolerArgs,
}

/// Agreeing to a fence.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Plan and approval")]
pub struct Agreement {
    /// Show the plan and stop
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Go on without a record file; its lines are printed instead, and --undo will not know the fence
    #[arg(long)]
    pub no_record: bool,
}

fn connections(text: &str) -> Result<u32, String> {
    text.parse()
        .ok()
        .filter(|limit| i32::try_from(*limit).is_ok())
        .ok_or_else(|| "give a whole number of connections, 0 or more".to_owned())
}

/// Does what was typed.
pub fn run(args: &FenceArgs, context: &Context) -> Outcome {
    let subject = match (&args.role, &args.database) {
        (Some(name), _) => Some((Kind::Role, name)),
        (None, Some(name)) => Some((Kind::Database, name)),
        (None, None) => None,
    };
    if args.list {
        return list::run(&args.pooler, context);
    }
    let approval = args.agreement.approval();
    if let Some(id) = &args.forget {
        return take_back::forget(id, &approval, context);
    }
    if let Some(id) = &args.undo {
        let which = match (id, args.all) {
            (Some(_), true) => {
                let text = "--undo with an ID and --all contradict each other; give one of them";
                return Err(Failure::say(ExitCode::Usage, text));
            }
            (Some(id), false) => take_back::Which::Id(id),
            (None, true) => take_back::Which::All,
            (None, false) => take_back::Which::Only,
        };
        return take_back::run(which, &args.pooler, &approval, context);
    }
    let wanted = match (&args.pool, subject, args.limit) {
        (Some(name), ..) => Wanted::Pool(name.clone(), args.pooler.pgbouncer.clone()),
        (None, Some((kind, name)), Some(limit)) => Wanted::Limit(kind, name.clone(), limit),
        (None, Some((kind, _)), None) => {
            let text = format!(
                "--limit is missing: how many connections this {} may have; 0 lets nobody new in",
                kind.name()
            );
            return Err(Failure::say(ExitCode::Usage, text));
        }
        (None, None, _) => {
            return Err(Failure::say(
                ExitCode::Usage,
                "fence needs to know what to do; give --role NAME or --database NAME with --limit N, or --pool DB, or --list, or --undo",
            ));
        }
    };
    put_up::run(wanted, args.hold, &args.pooler, &approval, context)
}

impl Agreement {
    /// As every command that acts has it.
    fn approval(&self) -> ApprovalArgs {
        ApprovalArgs {
            dry_run: self.dry_run,
            yes: self.yes,
            all: self.yes,
            reason: self.reason.clone(),
            no_record: self.no_record,
            ..ApprovalArgs::default()
        }
    }
}

/// `--yes`: a fence is one, and those that are undone are those that are named.
fn yes(approval: &ApprovalArgs) -> Option<Cap> {
    approval.yes.then_some(Cap::All)
}
