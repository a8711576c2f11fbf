//! The same answers for programs: types made for JSON, written by a serialiser.
//!
//! Stage: report. Each document names its format and version; keys are only ever added. Durations are seconds
//! (`…_seconds`, to the millisecond), moments are RFC 3339 in UTC, and what is unknown or hidden is null.
//! Text of the server goes in as it is: the serialiser escapes it, and a reader gets the very name.

pub mod action;
pub mod blockers;
pub mod server;
pub mod sessions;
pub mod sockets;
pub mod status;
pub mod workers;

use std::fmt::Write as _;

use serde::Serialize;

use super::{duration, sanitize};

/// `value` as indented JSON with a line end.
///
/// JSON is read on terminals too, and its rules let DEL, C1 controls and direction overrides stand as they are;
/// here they become `\u` escapes, which every reader turns back into the very character.
pub fn text(value: &impl Serialize) -> Result<String, serde_json::Error> {
    let plain = serde_json::to_string_pretty(value)?;
    let mut text = String::with_capacity(plain.len() + 1);
    for c in plain.chars() {
        // Below DEL the serialiser has escaped what stands in strings, and what is left is layout.
        if c >= '\x7f' && sanitize::is_dangerous(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(text, "\\u{unit:04x}");
            }
        } else {
            text.push(c);
        }
    }
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
