//! What will be done to whom, before it is done.
//!
//! Pure. A plan can be shown, refused or confirmed; only a confirmed one can be acted on
//! (`decide::confirmation`).

use std::time::Duration;

use super::holder::Holder;
use super::prediction::Prediction;

/// From how many targets on the number must be typed.
pub const MANY: usize = 10;

/// What the operator must type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// Nothing: there is nothing to change, only to be noted.
    Nothing,
    /// y or n.
    YesNo,
    /// The number of targets, for this reason.
    Number(usize, &'static str),
}

/// How many targets may be acted on at most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Caps {
    /// `max_targets` of the configuration.
    pub max_targets: Option<usize>,
    /// `--yes --limit N`
    pub limit: Option<usize>,
}

/// A plan, whatever its targets are.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan<H: Holder> {
    /// Over which lane.
    pub lane: &'static str,
    /// Where that server answers.
    pub endpoint: String,
    /// What that lane knows of the place.
    pub facts: H::Facts,
    /// To whom, in order.
    pub targets: Vec<H>,
    /// Whom not, and why.
    pub spared: Vec<H::Spared>,
    /// PIDs asked for that no process has.
    pub missing: Vec<i32>,
    /// What comes free if all of them go.
    pub prediction: Prediction,
    /// How long to wait for them to go.
    pub wait: Duration,
    /// What must be typed to confirm it.
    pub question: Question,
    /// How many targets it may have.
    pub caps: Caps,
}

impl<H: Holder> Plan<H> {
    /// Slots to be counted on, before anybody connects again.
    pub fn frees(&self) -> usize {
        self.prediction.frees
    }

    /// Whether something that matched is spared for what it is.
    pub fn protects(&self) -> bool {
        self.spared.iter().any(H::protects)
    }
}
