//! The same answers for programs: types made for JSON, written by a serialiser.
//!
//! Stage: report. Each document names its format and version; keys are only ever added. Durations are seconds
//! (`…_seconds`, to the millisecond), moments are RFC 3339 in UTC, and what is unknown or hidden is null.
//! Text of the server goes in as it is: the serialiser escapes it, and a reader gets the very name.

pub mod action;
pub mod blockers;
pub mod server;
pub mod sessions;
pub mod status;

use serde::Serialize;

use super::duration;

/// `value` as indented JSON with a line end.
pub fn text(value: &impl Serialize) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    Ok(text)
}

/// `breakglass/<command>/1`
pub(crate) fn format(command: &str) -> String {
    format!("breakglass/{command}/1")
}

pub(crate) fn seconds(value: Option<std::time::Duration>) -> Option<f64> {
    value.map(duration::seconds)
}
