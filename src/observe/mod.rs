//! Looks. Reads who is on a server; changes nothing.
//!
//! Stage: after a lane is open, before anything is chosen, and again after acting.
//! Never: signals, chooses, prints.

pub mod backends;
pub mod caller;
pub mod fence;
pub mod hba;
pub mod live;
pub mod parse;
pub mod pools;
pub mod recorded;
pub mod role;
pub mod sockets;
pub mod sql;
pub mod surroundings;
pub mod workers;

use crate::decide::identity::SessionId;
use crate::decide::sessions::outcome::Seen;
use crate::decide::snapshot::Snapshot;
use crate::lanes::LaneError;

/// How much of each statement's text to bring along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryText {
    /// The first so many characters.
    First(u32),
    /// All that the server keeps (`track_activity_query_size`).
    Whole,
}

/// Where snapshots come from: a live server, or a recorded scene.
pub trait Source {
    /// Takes a look at everything: one round trip.
    fn look(&mut self, text: QueryText) -> Result<Snapshot, LaneError>;

    /// Why what was seen must not be acted on, after a look; `None` when it may.
    fn unfit_to_act(&self) -> Option<String> {
        None
    }

    /// Looks again at these sessions alone: one round trip. Those that are not there are missing from the answer.
    fn look_at(&mut self, ids: &[SessionId]) -> Result<Vec<(SessionId, Seen)>, LaneError>;
}
