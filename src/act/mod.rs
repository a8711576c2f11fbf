//! Changes things. The only code that signals a session, a socket or a process.
//!
//! Stage: after confirmation and after the intent was recorded. In: a [`ConfirmedPlan`]. Out: a [`Receipt`] for
//! every target, which says what the call answered and not what is true.
//! Never: chooses, observes, prints; never sends a session anything but the server's own cancel and terminate.

pub mod fence;
pub mod pooler;
pub mod prepare;
pub mod process;
pub mod recycler;
pub mod sever;
pub mod signal;
pub mod worker;

use crate::decide::confirmation::ConfirmedPlan;
use crate::decide::outcome::Receipt;
use crate::decide::session::Session;
use crate::lanes::LaneError;

/// Which of the two signals a session gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// `pg_cancel_backend`: SIGINT, the running statement only.
    Cancel,
    /// `pg_terminate_backend`: SIGTERM.
    Terminate,
}

/// The receipts of one step, and why it ended early if it did.
#[derive(Debug)]
pub struct Sent {
    /// One for each target that was handed in, in order.
    pub receipts: Vec<Receipt>,
    /// The lane was lost in the middle.
    pub lost: Option<LaneError>,
}

/// Something that acts on targets.
pub trait Actor {
    /// Signals `targets`, which must be of `plan`: whatever else is handed in is not touched and gets
    /// [`Receipt::NotAsked`].
    fn send(&mut self, plan: &ConfirmedPlan<Session>, signal: Signal, targets: &[Session]) -> Sent;
}
