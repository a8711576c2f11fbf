//! What to type next, and why.
//!
//! Pure values.

use serde::Serialize;

/// A command worth typing now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// The whole command.
    pub command: String,
    /// What it would do for us.
    pub why: String,
}
