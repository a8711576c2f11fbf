//! What came of a plan: of every target, and of everything else.
//!
//! Pure.

use std::time::Duration;

use super::holder::{Holder, TargetOutcome};
use super::outcome::{Ending, Receipt, Stopped, ending_of};

/// The whole story.
#[derive(Debug, Clone)]
pub struct Verified<H: Holder> {
    /// One for each target of the plan.
    pub targets: Vec<TargetOutcome<H>>,
    /// Why the batches ended.
    pub stopped: Stopped,
    /// What the last look saw of everything else.
    pub aftermath: H::Aftermath,
}

impl<H: Holder> Verified<H> {
    /// The ending that the outcomes add up to. Whoever was not asked because the goal was reached before is no loss.
    pub fn ending(&self) -> Ending {
        let asked = self
            .targets
            .iter()
            .filter(|target| target.receipt != Receipt::NotAsked || self.stopped != Stopped::Goal);
        let kept = self.targets.iter().any(H::keeps_slot);
        match (
            ending_of(asked.map(|target| &target.outcome)),
            &self.stopped,
        ) {
            (Ending::Done, Stopped::Blind(_)) => Ending::Unknown,
            (Ending::Done, Stopped::Worse(_) | Stopped::Interrupted) => Ending::Partly,
            (Ending::Done, _) if kept => Ending::Partly,
            (ending, _) => ending,
        }
    }

    /// From the start of acting until the last outcome was known.
    pub fn took(&self) -> Duration {
        let times = self.targets.iter().map(|target| target.after);
        times.max().unwrap_or_default()
    }

    /// How many targets ended as `name`.
    pub fn count(&self, name: &str) -> usize {
        self.targets
            .iter()
            .filter(|target| target.outcome.name() == name)
            .count()
    }
}
