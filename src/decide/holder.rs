//! What can be the target of a plan: what every kind of holder has to tell, and what came of one.
//!
//! Pure. Never: names a kind of holder.

use std::fmt;
use std::hash::Hash;
use std::time::Duration;

use super::outcome::{Outcome, Receipt};
use super::prediction::Prediction;

/// What can be the target of a plan: a session (a backend's process is one), a socket, a worker. The stages of acting
/// are written once, for all of them; this is what they cannot know themselves.
pub trait Holder: Clone + fmt::Debug {
    /// What makes it that very one across two looks; never a bare number.
    type Id: Clone + Eq + Hash + fmt::Debug;
    /// What its lane knows of the place at the look a plan is made from.
    type Facts: Clone + fmt::Debug;
    /// One that matched and is left alone, and why.
    type Spared: Clone + fmt::Debug;
    /// What a look after acting saw of it.
    type Sight: Clone + fmt::Debug;
    /// What the last look saw of everything else.
    type Aftermath: Clone + fmt::Debug;

    /// Who it is.
    fn id(&self) -> Self::Id;

    /// What can be expected when all of `targets` go.
    fn predict(facts: &Self::Facts, targets: &[Self]) -> Prediction;

    /// Whether it was spared for what it is, not because the operator drew the line before it.
    fn protects(spared: &Self::Spared) -> bool;

    /// As how many targets it counts against a cap.
    fn weight(&self, _: &Self::Facts) -> usize {
        1
    }

    /// Whether nothing more is to be waited for.
    fn over(&self, facts: &Self::Facts, sight: &Self::Sight) -> bool;

    /// What is true of it. `sight`: `None` when there was no second look.
    fn judge(&self, facts: &Self::Facts, receipt: &Receipt, sight: Option<&Self::Sight>)
    -> Outcome;

    /// Whether it is done, and what it was done for is known to be missing: its slot has not come back, a lane stays
    /// closed.
    fn keeps_slot(_: &TargetOutcome<Self>) -> bool {
        false
    }

    /// The stable word for its end, in JSON and the record.
    fn word(target: &TargetOutcome<Self>) -> &'static str {
        target.outcome.name()
    }

    /// Its end for a person.
    fn sentence(target: &TargetOutcome<Self>) -> String {
        target.outcome.sentence()
    }
}

/// One target's end of the story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetOutcome<H: Holder> {
    /// As it was when chosen.
    pub holder: H,
    /// What the call answered.
    pub receipt: Receipt,
    /// Whether it did not go at first and was then treated harder, as the plan said.
    pub escalated: bool,
    /// What the last look at it saw; `None` when there was none.
    pub sight: Option<H::Sight>,
    /// What is true.
    pub outcome: Outcome,
    /// From the start of acting until this was known.
    pub after: Duration,
}

impl<H: Holder> TargetOutcome<H> {
    /// The stable word for its end, in JSON and the record.
    pub fn word(&self) -> &'static str {
        H::word(self)
    }

    /// Its end for a person.
    pub fn sentence(&self) -> String {
        H::sentence(self)
    }
}
