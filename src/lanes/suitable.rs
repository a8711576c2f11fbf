//! `target_session_attrs`: whether an open server is of the kind that was asked for.
//!
//! Stage: right after a login. Free where the server reports its state by itself (14 and later), one round trip before.
//! Never: lets a server pass whose kind could not be read.

use super::deadline::Deadline;
use super::{Greeting, Lane};
use crate::connect::SessionAttrs;
use std::time::Duration;

/// Asked of servers that do not report it.
const STATE: &str = "SELECT pg_catalog.pg_is_in_recovery()::text, \
                     pg_catalog.current_setting('default_transaction_read_only')";

/// How strict a walk through the endpoints is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Round {
    /// Only what was asked for.
    Wanted,
    /// Whatever is open: the second walk of `prefer-standby`.
    Anything,
}

/// The walks that `wanted` takes.
pub(crate) fn rounds(wanted: SessionAttrs) -> &'static [Round] {
    match wanted {
        SessionAttrs::PreferStandby => &[Round::Wanted, Round::Anything],
        _ => &[Round::Wanted],
    }
}

/// What the server is instead, or `None` when it will do.
pub(crate) fn unsuitable(
    lane: &mut dyn Lane,
    wanted: SessionAttrs,
    round: Round,
    deadline: Deadline,
) -> Option<String> {
    if wanted == SessionAttrs::Any || round == Round::Anything {
        return None;
    }
    match state(lane, deadline) {
        Ok(state) => verdict(wanted, state).map(Into::into),
        Err(why) => Some(format!("its state could not be read: {why}")),
    }
}

/// Whether it is in recovery, and whether transactions are read-only by default.
#[derive(Debug, Clone, Copy)]
struct State {
    recovering: bool,
    read_only: bool,
}

fn state(lane: &mut dyn Lane, deadline: Deadline) -> Result<State, String> {
    if let Greeting {
        in_hot_standby: Some(recovering),
        read_only_by_default: Some(read_only),
        ..
    } = *lane.greeting()
    {
        return Ok(State {
            recovering,
            read_only,
        });
    }
    let wait = deadline.remaining().unwrap_or(Duration::from_millis(1));
    let rows = lane.rows(STATE, wait).map_err(|error| error.to_string())?;
    match rows.first().map(Vec::as_slice) {
        Some([Some(recovering), Some(read_only)]) => Ok(State {
            recovering: recovering == "true",
            read_only: read_only == "on",
        }),
        _ => Err("no answer".into()),
    }
}

fn verdict(wanted: SessionAttrs, state: State) -> Option<&'static str> {
    let read_only = state.recovering || state.read_only;
    match wanted {
        SessionAttrs::Any => None,
        SessionAttrs::ReadWrite => read_only.then_some("its sessions are read-only"),
        SessionAttrs::ReadOnly => (!read_only).then_some("its sessions may write"),
        SessionAttrs::Primary => state.recovering.then_some("it is a standby"),
        SessionAttrs::Standby | SessionAttrs::PreferStandby => {
            (!state.recovering).then_some("it is a primary")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use SessionAttrs::{Any, PreferStandby, Primary, ReadOnly, ReadWrite, Standby};

    #[test]
    fn each_kind_takes_what_libpq_takes() {
        let state = |recovering, read_only| State {
            recovering,
            read_only,
        };
        for (wanted, primary, read_only_primary, standby) in [
            (Any, true, true, true),
            (ReadWrite, true, false, false),
            (ReadOnly, false, true, true),
            (Primary, true, true, false),
            (Standby, false, false, true),
            (PreferStandby, false, false, true),
        ] {
            let takes = |it| verdict(wanted, it).is_none();
            assert_eq!(takes(state(false, false)), primary, "{wanted:?}");
            assert_eq!(takes(state(false, true)), read_only_primary, "{wanted:?}");
            assert_eq!(takes(state(true, true)), standby, "{wanted:?}");
        }
    }
}
