//! What a plan can be expected to free, and what keeps the rest of it.
//!
//! Pure. An estimate until a second look; only what can be counted on is counted.

use super::connection::Counts;

/// What is expected when every target goes and nobody comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Prediction {
    /// Slots to be counted on.
    pub frees: usize,
    /// What the targets' connections are doing, where the lane can tell one that frees its slot from one that does not.
    pub classes: Option<Counts>,
    /// Connections of targets that stay open, because somebody who stays has them open too.
    pub shared: usize,
}
