//! The subcommands, a file or folder each: its arguments, its help, and a recipe that reads as a table of contents.
//!
//! What recipes are made of stands in [`crate::stages`]. No command imports another one, but `rescue`, which runs steps
//! as commands.

pub mod backends;
pub mod blockers;
pub mod cancel;
pub mod check;
pub mod completions;
pub mod doctor;
pub mod drill;
pub mod fence;
pub mod free;
pub mod headroom;
pub mod help;
pub mod history;
pub mod man;
pub mod pgbouncer;
pub mod prepare;
pub mod probe;
pub mod record;
pub mod rescue;
pub mod runbook;
pub mod schema;
pub mod sessions;
pub mod snapshot;
pub mod sockets;
pub mod status;
pub mod terminate;
pub mod workers;

use std::process;

use clap::Subcommand;

use crate::error::{Failure, Outcome};
use crate::stages::{Context, standing};

/// What can be typed after `breakglass`.
#[derive(Debug, Subcommand)]
pub enum Command {
    Status(status::StatusArgs),
    #[command(visible_alias = "ps")]
    Sessions(sessions::SessionsArgs),
    Blockers(blockers::BlockersArgs),
    Cancel(cancel::CancelArgs),
    #[command(visible_alias = "kill")]
    Terminate(terminate::TerminateArgs),
    Free(free::FreeArgs),
    Fence(fence::FenceArgs),
    Rescue(rescue::RescueArgs),
    Backends(Box<backends::BackendsArgs>),
    Sockets(sockets::SocketsArgs),
    Workers(workers::WorkersArgs),
    Pgbouncer(pgbouncer::PgbouncerArgs),
    Doctor(doctor::DoctorArgs),
    Prepare(prepare::PrepareArgs),
    Snapshot(snapshot::SnapshotArgs),
    History(history::HistoryArgs),
    Check(check::CheckArgs),
    Probe(probe::ProbeArgs),
    Record(record::RecordArgs),
    Headroom(headroom::HeadroomArgs),
    Drill(drill::DrillArgs),
    Runbook(runbook::RunbookArgs),
    Schema(schema::SchemaArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
    Help(help::HelpArgs),
}

impl Command {
    /// Runs it. Every command but `check` ends with one of this program's own exit codes; that one speaks to monitoring
    /// systems, which have a convention. `program` is the command line, for those that show it.
    pub fn run(
        self,
        context: &Context,
        program: fn() -> clap::Command,
    ) -> Result<process::ExitCode, Failure> {
        let outcome: Outcome = match self {
            Self::Check(args) => {
                return Ok(process::ExitCode::from(check::run(&args, context).number()));
            }
            Self::Status(args) => status::run(&args, context),
            Self::Sessions(args) => sessions::run(&args, context),
            Self::Blockers(args) => blockers::run(&args, context),
            Self::Cancel(args) => cancel::run(&args, context),
            Self::Terminate(args) => terminate::run(&args, context),
            Self::Free(args) => free::run(&args, context),
            Self::Fence(args) => fence::run(&args, context),
            Self::Rescue(args) => rescue::run(&args, context),
            Self::Backends(args) => {
                standing::remind(context, None);
                backends::run(&args, context)
            }
            Self::Sockets(args) => {
                standing::remind(context, None);
                sockets::run(&args, context)
            }
            Self::Workers(args) => {
                standing::remind(context, None);
                workers::run(&args, context)
            }
            Self::Pgbouncer(args) => {
                standing::remind(context, None);
                pgbouncer::run(&args, context)
            }
            Self::Doctor(args) => {
                standing::remind(context, None);
                doctor::run(&args, context)
            }
            Self::Prepare(args) => prepare::run(&args, context),
            Self::Snapshot(args) => snapshot::run(&args, context),
            Self::History(args) => history::run(&args, context),
            Self::Probe(args) => probe::run(&args, context),
            Self::Record(args) => record::run(&args, context),
            Self::Headroom(args) => headroom::run(&args, context),
            Self::Drill(args) => drill::run(&args, context),
            Self::Runbook(args) => runbook::run(&args, context),
            Self::Schema(args) => schema::run(&args, context),
            Self::Completions(args) => completions::run(&args, context, program()),
            Self::Man(args) => man::run(&args, context, program()),
            Self::Help(args) => help::run(&args, context, program()),
        };
        outcome.map(process::ExitCode::from)
    }
}
