//! Sessions as targets: what is planned for them, and what came of it. A backend's process is a session too, seen
//! through its title.
//!
//! Pure.

pub mod outcome;
pub mod plan;
