//! The subcommands, a file each: its arguments, its help, its recipe.
//!
//! The only place where effects are put together: open a lane, observe, decide, act, report.

pub mod acting;
pub mod admission;
pub mod backends;
pub mod blockers;
pub mod cancel;
pub mod check;
pub mod completions;
pub mod context;
pub mod database;
pub mod doctor;
pub mod drill;
pub mod evidence;
pub mod fence;
pub mod foreign;
pub mod free;
pub mod headroom;
pub mod help;
pub mod history;
pub mod listing;
pub mod lockout;
pub mod man;
pub mod pgbouncer;
pub mod pipeline;
pub mod pooler;
pub mod prepare;
pub mod probe;
pub mod reopening;
mod replacing;
pub mod rescue;
pub mod runbook;
pub mod samples;
pub mod scene;
pub mod sessions;
pub mod signals;
pub mod snapshot;
pub mod sockets;
pub mod status;
pub mod survey;
pub mod terminate;
pub mod watch;
pub mod workers;

use std::process;

use clap::Subcommand;

pub use self::context::Context;
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::lanes::LaneError;
use crate::report::json;

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
    Record(samples::RecordArgs),
    Headroom(headroom::HeadroomArgs),
    Drill(drill::DrillArgs),
    Runbook(runbook::RunbookArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
    Help(help::HelpArgs),
}

impl Command {
    /// Runs it. Every command but `check` ends with one of this program's own exit codes; that one speaks to monitoring
    /// systems, which have a convention.
    pub fn run(self, context: &Context) -> Result<process::ExitCode, Failure> {
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
                fence::standing::remind(context, None);
                backends::run(&args, context)
            }
            Self::Sockets(args) => {
                fence::standing::remind(context, None);
                sockets::run(&args, context)
            }
            Self::Workers(args) => {
                fence::standing::remind(context, None);
                workers::run(&args, context)
            }
            Self::Pgbouncer(args) => {
                fence::standing::remind(context, None);
                pgbouncer::run(&args, context)
            }
            Self::Doctor(args) => {
                fence::standing::remind(context, None);
                doctor::run(&args, context)
            }
            Self::Prepare(args) => prepare::run(&args, context),
            Self::Snapshot(args) => snapshot::run(&args, context),
            Self::History(args) => history::run(&args, context),
            Self::Probe(args) => probe::run(&args, context),
            Self::Record(args) => samples::run(&args, context),
            Self::Headroom(args) => headroom::run(&args, context),
            Self::Drill(args) => drill::run(&args, context),
            Self::Runbook(args) => runbook::run(&args, context),
            Self::Completions(args) => completions::run(&args, context),
            Self::Man(args) => man::run(&args, context),
            Self::Help(args) => help::run(&args, context),
        };
        outcome.map(process::ExitCode::from)
    }
}

/// The lane was open and the first look failed: nothing changed.
fn cannot_look(error: LaneError) -> Failure {
    Failure::new(
        ExitCode::NoLane,
        anyhow::Error::new(error).context("cannot read the list of sessions"),
    )
}

/// A JSON answer inside of another.
fn json_value(value: &impl serde::Serialize) -> Result<serde_json::Value, Failure> {
    serde_json::to_value(value).map_err(|error| {
        Failure::new(
            ExitCode::Nothing,
            anyhow::Error::new(error).context("cannot write JSON"),
        )
    })
}

/// A JSON answer.
fn json_text(value: &impl serde::Serialize) -> Result<String, Failure> {
    json::text(value).map_err(|error| {
        Failure::new(
            ExitCode::Nothing,
            anyhow::Error::new(error).context("cannot write JSON"),
        )
    })
}
