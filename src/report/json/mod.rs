//! The same answers for programs: types made for JSON, written by a serialiser.
//!
//! Stage: report. Each document names its format and version; keys are only ever added. Durations are seconds
//! (`…_seconds`, to the microsecond), moments are RFC 3339 in UTC, and what is unknown or hidden is null.
//! Text of the server goes in as it is: a reader gets the very name, and on the way it is escaped.

pub mod backends;
pub mod blockers;
pub mod check;
pub mod diagnosis;
pub mod fence;
pub mod headroom;
pub mod history;
pub mod pools;
pub mod probe;
pub mod rescue;
pub mod sample;
pub mod server;
pub mod sessions;
pub mod sockets;
pub mod status;
pub mod survey;
pub mod workers;

use std::fmt::Write as _;

use serde::Serialize;

use super::sanitize;
use crate::decide::form;

/// `value` as indented JSON with a line end.
///
/// JSON is read on terminals too, and its rules let DEL, C1 controls and direction overrides stand as they are;
/// here they become `\u` escapes, which every reader turns back into the very character.
pub fn text(value: &impl Serialize) -> Result<String, serde_json::Error> {
    let mut text = harmless(serde_json::to_string_pretty(value)?);
    text.push('\n');
    Ok(text)
}

/// JSON with the same meaning that does nothing to a terminal: the serialiser escapes what JSON asks for, which is not
/// DEL, the second block of control characters, or what reorders text.
pub fn harmless(json: String) -> String {
    let shown = |c: char| c == '\n' || !sanitize::is_dangerous(c);
    if json.chars().all(shown) {
        return json;
    }
    let mut out = String::with_capacity(json.len() + 64);
    for c in json.chars() {
        if shown(c) {
            out.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            let _ = write!(out, "\\u{unit:04x}");
        }
    }
    out
}

/// `breakglass/<command>/1`
pub(crate) fn format(command: &str) -> String {
    format!("breakglass/{command}/1")
}

pub(crate) fn seconds(value: Option<std::time::Duration>) -> Option<f64> {
    value.map(form::in_seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_act_on_is_escaped_and_means_the_same() {
        let name = "a\u{9b}31m\u{7f}\u{202e}b\u{e0041}\n東";
        let json = text(&name).unwrap_or_default();
        assert_eq!(json, "\"a\\u009b31m\\u007f\\u202eb\\udb40\\udc41\\n東\"\n");
        assert_eq!(
            serde_json::from_str::<String>(&json).ok().as_deref(),
            Some(name)
        );
    }
}
