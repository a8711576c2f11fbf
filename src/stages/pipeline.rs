//! The stages of a command that acts, once for every holder:
//! look, select, plan, show, confirm, look again, record the intent, act, verify, record the outcome.
//!
//! Puts the effects together and decides nothing: rules are in `decide`, changes in `act`, what differs from lane to
//! lane in its [`Effects`]. It may run many times in one command, with one record.
//! Never: acts on what was not confirmed; says "gone" of what a second look did not miss.

mod acting;
mod effects;
mod sessions;

pub use self::effects::{Aside, Batch, Conversation, Effects, Receipts, Sights};
pub use self::sessions::{Request, Sessions, lost};

use crate::decide::confirmation::{Approval, Cap, ConfirmedPlan, NotConfirmed};
use crate::decide::holder::Holder;
use crate::decide::plan::{Caps, Plan, Question};
use crate::decide::verified::Verified;
use crate::error::Failure;
use crate::exit_code::ExitCode;
use crate::record::{End, Record};

/// On which terms it is done, whatever the lane.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// `--yes` with its cap; `None` to ask.
    pub yes: Option<Cap>,
    /// The configuration's cap.
    pub max_targets: Option<usize>,
    /// Show the plan and stop.
    pub dry_run: bool,
    /// Why.
    pub reason: Option<String>,
    /// Agreed to as a part of something that was shown before: it is neither shown nor asked for again.
    pub beforehand: bool,
}

impl Terms {
    /// How many targets that may be.
    pub fn caps(&self) -> Caps {
        Caps {
            max_targets: self.max_targets,
            limit: match self.yes {
                Some(Cap::AtMost(limit)) => Some(limit),
                Some(Cap::All) | None => None,
            },
        }
    }
}

/// How it ended.
#[derive(Debug)]
pub enum Ended<H: Holder> {
    /// Nobody to act on.
    Nothing(Plan<H>),
    /// `--dry-run`.
    DryRun(Plan<H>),
    /// What was aimed at is so already.
    Reached(Plan<H>),
    /// Not confirmed, and why.
    NotConfirmed(Plan<H>, NotConfirmed),
    /// Acted; what came of it.
    Acted(Plan<H>, Verified<H>),
}

impl<H: Holder> Ended<H> {
    /// The plan, whatever became of it.
    pub fn plan(&self) -> &Plan<H> {
        match self {
            Self::Nothing(plan)
            | Self::DryRun(plan)
            | Self::Reached(plan)
            | Self::NotConfirmed(plan, _)
            | Self::Acted(plan, _) => plan,
        }
    }

    /// What came of each target, if anything was done.
    pub fn verified(&self) -> Option<&Verified<H>> {
        match self {
            Self::Acted(_, verified) => Some(verified),
            _ => None,
        }
    }
}

/// Runs the stages.
pub fn run<E: Effects>(
    effects: &mut E,
    record: &mut Record,
    terms: &Terms,
    talk: &mut Conversation<'_, '_, E::Holder>,
) -> Result<Ended<E::Holder>, Failure> {
    let mut planned = effects.plan()?;
    planned.caps = terms.caps();
    if planned.targets.is_empty() {
        return Ok(Ended::Nothing(planned));
    }
    if terms.dry_run {
        return Ok(Ended::DryRun(planned));
    }
    if effects.reached(&planned) {
        return Ok(Ended::Reached(planned));
    }
    let show = || (talk.show)(&planned);
    let (agreed, asked) = match agree(&planned, terms, show, || (talk.ask)(&planned)) {
        Ok(agreed) => agreed,
        Err(why) => return Ok(Ended::NotConfirmed(planned, why)),
    };
    // Whoever is meant goes on living while a person reads.
    let receipts = match asked {
        true => effects.changed(&agreed)?,
        false => Receipts::<E::Holder>::new(),
    };
    let confirmed = if receipts.is_empty() {
        agreed
    } else {
        let meant = agreed.targets().iter().map(Holder::id);
        let still: Vec<_> = meant.filter(|id| !receipts.contains_key(id)).collect();
        agreed.narrowed_to(&still)
    };
    let verified = fulfil(
        effects,
        record,
        terms,
        &confirmed,
        &planned,
        receipts,
        &mut talk.aside,
    )?;
    Ok(Ended::Acted(planned, verified))
}

/// Shows a plan and has it confirmed, the only place that does: whether somebody was asked for it, too. A plan for which
/// nothing needs to be agreed to is neither shown nor asked for.
pub fn agree<H: Holder>(
    planned: &Plan<H>,
    terms: &Terms,
    show: impl FnOnce(),
    ask: impl FnOnce() -> Option<String>,
) -> Result<(ConfirmedPlan<H>, bool), NotConfirmed> {
    let settled = planned.question == Question::Nothing || terms.beforehand;
    if !settled {
        show();
    }
    // Nobody is asked to type a number that cannot be accepted.
    if let Some(why) = planned.over(terms.max_targets) {
        return Err(why);
    }
    let (approval, asked) = match (terms.yes, settled) {
        (Some(cap), _) => (Approval::Flag(cap), false),
        (None, true) => (Approval::Flag(Cap::All), false),
        (None, false) => (Approval::Typed(ask().ok_or(NotConfirmed::Declined)?), true),
    };
    let confirmed = planned.clone().confirm(&approval, terms.max_targets)?;
    Ok((confirmed, asked))
}

/// The stages after the confirmation, for a caller that confirms once and acts many times: the intent is recorded,
/// `confirmed` is acted on and looked at again, the outcome of everybody in `planned` is recorded. `receipts` are of
/// those that were left out of it since. An error means that nothing was done.
pub fn fulfil<E: Effects>(
    effects: &mut E,
    record: &mut Record,
    terms: &Terms,
    confirmed: &ConfirmedPlan<E::Holder>,
    planned: &Plan<E::Holder>,
    receipts: Receipts<E::Holder>,
    aside: &mut Aside<'_>,
) -> Result<Verified<E::Holder>, Failure> {
    let reason = terms.reason.as_deref();
    let deed = effects.deed(planned);
    let entries = confirmed.targets().iter();
    let entries = entries.map(|target| effects.entry(planned, target));
    record
        .intend(&deed, reason, entries.collect())
        .map_err(unrecorded)?;
    let verified = acting::carry_out(effects, confirmed, planned, receipts, aside);
    let ends = verified.targets.iter().map(|done| End {
        target: effects.entry(planned, &done.holder),
        outcome: done.word(),
        detail: done.sentence(),
        after: done.after,
    });
    if let Some(slots) = effects.slots(planned, &verified) {
        record.count(slots);
    }
    if let Err(error) = record.conclude(&deed, reason, ends) {
        // It is done; not being able to write it down must not hide it.
        (aside.warn)(&format!("the outcome is not in the record: {error}"));
    }
    Ok(verified)
}

fn unrecorded(error: String) -> Failure {
    Failure::say(ExitCode::Refused, format!("{error}; nothing was done"))
        .hint("go on without a record file, its lines printed instead: --no-record")
}

#[cfg(test)]
mod holders_tests;
#[cfg(test)]
mod tests;
