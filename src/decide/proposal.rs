//! The one next step: what would give ordinary clients a slot again with the least harm, over a way in that is open.
//!
//! Pure. From a survey and its diagnosis. Every step names the commands that do the same, what it is expected to gain,
//! and which better steps were passed over and why. A restart is never a step: it is what is said when none is left.

mod choose;
mod next;
mod step;

pub use self::choose::storming;
pub use self::next::{Given, Next, PassedOver, Place, Proposal, Proposed, Statements};
pub use self::step::{BOOTSTRAP_SUPERUSER, Step};

use self::choose::Chooser;
use super::diagnosis::Diagnosis;
use super::survey::Survey;

/// Proposes one step.
pub fn propose(survey: &Survey, diagnosis: &Diagnosis, given: &Given<'_>) -> Proposal {
    Chooser::new(survey, diagnosis, given).choose()
}

#[cfg(test)]
mod tests;
