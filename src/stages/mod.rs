//! What the commands are made of, in the order of a command's life: connect, look, survey, plan, ask, record, act,
//! verify, tell.
//!
//! Each stage takes a value and gives a value; none calls an earlier one. A command's recipe puts them together.

pub mod acting;
pub mod admission;
pub mod backends;
pub mod cluster;
pub mod console;
pub mod context;
pub mod database;
pub mod evidence;
pub mod fencing;
pub mod host;
pub mod listing;
pub mod lockout;
pub mod pipeline;
pub mod place;
pub mod pooler;
pub mod reopening;
pub mod replacing;
pub mod scene;
pub mod series;
pub mod signals;
pub mod sockets;
pub mod standing;
pub mod survey;
pub mod telling;

pub use self::context::Context;
use crate::error::Failure;
use crate::exit_code::ExitCode;
use crate::lanes::LaneError;
use crate::report::json;

/// The lane was open and the first look failed: nothing changed.
pub fn cannot_look(error: LaneError) -> Failure {
    Failure::new(
        ExitCode::NoLane,
        anyhow::Error::new(error).context("cannot read the list of sessions"),
    )
}

/// A JSON answer inside of another.
pub fn json_value(value: &impl serde::Serialize) -> Result<serde_json::Value, Failure> {
    serde_json::to_value(value).map_err(|error| {
        Failure::new(
            ExitCode::Nothing,
            anyhow::Error::new(error).context("cannot write JSON"),
        )
    })
}

/// A JSON answer.
pub fn json_text(value: &impl serde::Serialize) -> Result<String, Failure> {
    json::text(value).map_err(|error| {
        Failure::new(
            ExitCode::Nothing,
            anyhow::Error::new(error).context("cannot write JSON"),
        )
    })
}
