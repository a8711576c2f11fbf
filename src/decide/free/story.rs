//! A run towards the goal, from its plan to its end, as reports and the exit code need it.
//!
//! Pure values.

use super::Prospect;
use super::course::Finish;
use super::reach::Reach;
use crate::decide::confirmation::NotConfirmed;
use crate::decide::outcome::Outcome;
use crate::decide::plan::Plan;
use crate::decide::session::Session;
use crate::decide::verified::Verified;

/// What would be done for the goal.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// Everybody who may be ended, in order: nobody else is.
    pub plan: Plan<Session>,
    /// What it is for, and how many it will probably take.
    pub prospect: Prospect,
    /// What would reach the goal, where the plan does not.
    pub reaches: Vec<Reach>,
}

impl Planned {
    /// Whether ending everybody in the plan, with nobody coming, leaves too few slots free.
    pub fn falls_short(&self) -> bool {
        self.free_at_most() < self.prospect.slots
    }

    /// Ordinary slots free once everybody in the plan has gone and nobody has come.
    pub fn free_at_most(&self) -> u32 {
        let frees = u32::try_from(self.plan.frees()).unwrap_or(u32::MAX);
        self.plan.facts.capacity.after(frees).ordinary.free
    }
}

/// One batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// How many sessions were to be ended.
    pub targets: usize,
    /// How many of them have gone.
    pub gone: usize,
    /// Ordinary slots free before it.
    pub free_before: u32,
    /// Ordinary slots free at the look after it; `None` when contact was lost.
    pub free_after: Option<u32>,
}

/// What was done.
#[derive(Debug, Clone)]
pub struct Story {
    /// Why it ended.
    pub finish: Finish,
    /// Everybody who was to be ended, batch after batch; slots and newcomers at the last look.
    pub verified: Verified<Session>,
    /// The batches.
    pub batches: Vec<Batch>,
    /// What would reach the goal, where it was missed.
    pub reaches: Vec<Reach>,
}

/// How a run ended.
#[derive(Debug, Clone)]
pub enum Ended {
    /// Enough was free already.
    Enough,
    /// Nobody may be ended.
    Nobody,
    /// `--dry-run`.
    DryRun,
    /// Not confirmed, and why.
    NotConfirmed(NotConfirmed),
    /// Acted; what came of it.
    Acted(Story),
}

/// What a run changed, for the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Result {
    /// The goal is reached, or was before.
    Reached,
    /// Nothing was changed, and the goal is not reached.
    Nothing,
    /// Refused by the operator, a cap or the server: nothing was changed.
    Refused,
    /// Sessions were ended, and the goal is not reached.
    Partly,
    /// Nobody knows.
    Unknown,
}

impl Ended {
    /// What it came to.
    pub fn result(&self) -> Result {
        match self {
            Self::Enough | Self::DryRun => Result::Reached,
            Self::Nobody => Result::Nothing,
            Self::NotConfirmed(_) => Result::Refused,
            Self::Acted(story) => story.result(),
        }
    }
}

impl Story {
    /// What it came to.
    pub fn result(&self) -> Result {
        let any = |wanted: fn(&Outcome) -> bool| {
            let mut targets = self.verified.targets.iter();
            targets.any(|target| wanted(&target.outcome))
        };
        match self.finish {
            Finish::Lost => Result::Unknown,
            Finish::Reached => Result::Reached,
            _ if any(|outcome| matches!(outcome, Outcome::Gone | Outcome::StillThere)) => {
                Result::Partly
            }
            _ if any(|outcome| matches!(outcome, Outcome::Refused(_))) => Result::Refused,
            _ => Result::Nothing,
        }
    }
}
