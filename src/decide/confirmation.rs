//! The only place where a plan becomes one that may be acted on.
//!
//! Pure. `act` takes a [`ConfirmedPlan`] and nothing else, and nothing outside this file can make one.

use std::collections::HashSet;

use super::holder::Holder;
use super::plan::{Plan, Question};

/// How the operator agreed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Approval {
    /// `--yes`, together with how many that may mean.
    Flag(Cap),
    /// What was typed at the question.
    Typed(String),
}

/// What `--yes` may mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cap {
    /// `--limit N`
    AtMost(usize),
    /// `--all`
    All,
}

/// Why a plan was not confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotConfirmed {
    /// Answered with anything but yes.
    Declined,
    /// The wrong number was typed.
    WrongNumber {
        /// What was typed.
        typed: String,
        /// What it should have been.
        wanted: usize,
    },
    /// More targets than the command line or the configuration allows.
    OverCap {
        /// How many targets.
        targets: usize,
        /// How many are allowed.
        cap: usize,
    },
    /// Nothing to do.
    Empty,
}

/// A plan somebody agreed to. What is not in it is not touched.
#[derive(Debug, Clone)]
pub struct ConfirmedPlan<H: Holder> {
    plan: Plan<H>,
}

impl<H: Holder> Plan<H> {
    /// Confirms this plan, or says why not. `max_targets` is the configuration's cap, which no flag lifts.
    pub fn confirm(
        self,
        approval: &Approval,
        max_targets: Option<usize>,
    ) -> Result<ConfirmedPlan<H>, NotConfirmed> {
        agree(approval, self.weight(), self.question, max_targets)?;
        Ok(ConfirmedPlan { plan: self })
    }

    /// That no answer can confirm it: it has more targets than the configuration allows.
    pub fn over(&self, max_targets: Option<usize>) -> Option<NotConfirmed> {
        let targets = self.weight();
        let cap = max_targets.filter(|cap| targets > *cap)?;
        Some(NotConfirmed::OverCap { targets, cap })
    }

    fn weight(&self) -> usize {
        self.targets.iter().map(|one| one.weight(&self.facts)).sum()
    }
}

/// The rules of agreeing, the same for every kind of target: the caps first, then what had to be typed.
pub fn agree(
    approval: &Approval,
    targets: usize,
    question: Question,
    max_targets: Option<usize>,
) -> Result<(), NotConfirmed> {
    if targets == 0 {
        return Err(NotConfirmed::Empty);
    }
    if let Some(cap) = max_targets.filter(|cap| targets > *cap) {
        return Err(NotConfirmed::OverCap { targets, cap });
    }
    match (approval, question) {
        (Approval::Flag(Cap::AtMost(cap)), _) if targets > *cap => {
            return Err(NotConfirmed::OverCap { targets, cap: *cap });
        }
        (Approval::Flag(_), _) | (_, Question::Nothing) => {}
        (Approval::Typed(text), Question::YesNo) => {
            let answer = text.trim().to_ascii_lowercase();
            if answer != "y" && answer != "yes" {
                return Err(NotConfirmed::Declined);
            }
        }
        (Approval::Typed(text), Question::Number(wanted, _)) => {
            let typed = text.trim();
            if typed.is_empty()
                || typed.eq_ignore_ascii_case("n")
                || typed.eq_ignore_ascii_case("no")
            {
                return Err(NotConfirmed::Declined);
            }
            if typed != wanted.to_string() {
                return Err(NotConfirmed::WrongNumber {
                    typed: typed.to_owned(),
                    wanted,
                });
            }
        }
    }
    Ok(())
}

impl<H: Holder> ConfirmedPlan<H> {
    /// The plan, to be read.
    pub fn plan(&self) -> &Plan<H> {
        &self.plan
    }

    /// To whom.
    pub fn targets(&self) -> &[H] {
        &self.plan.targets
    }

    /// The same plan for fewer targets: those in `still`. A plan can be narrowed, never widened.
    #[must_use]
    pub fn narrowed_to(&self, still: &[H::Id]) -> Self {
        let still: HashSet<&H::Id> = still.iter().collect();
        let mut plan = self.plan.clone();
        plan.targets.retain(|target| still.contains(&target.id()));
        plan.prediction = H::predict(&plan.facts, &plan.targets);
        Self { plan }
    }
}

#[cfg(test)]
mod tests;
