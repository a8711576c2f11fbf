//! What differs from lane to lane at the stages: how it looks, chooses, acts, and looks again.
//!
//! The stages themselves stand once, in [`run`](super::run); what is true of a target is decided by its
//! [`Holder`]. Effects never confirm and never record.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::Value;

use crate::act::Sent;
use crate::decide::confirmation::ConfirmedPlan;
use crate::decide::history;
use crate::decide::holder::Holder;
use crate::decide::outcome::{Receipt, Stopped};
use crate::decide::plan::Plan;
use crate::decide::verified::Verified;
use crate::error::Failure;
use crate::record::Deed;

/// What calls answered, by target.
pub type Receipts<H> = HashMap<<H as Holder>::Id, Receipt>;
/// What a look saw, by target.
pub type Sights<H> = HashMap<<H as Holder>::Id, <H as Holder>::Sight>;

/// The person on the other side.
pub struct Conversation<'a, 't, H: Holder> {
    /// Shows the plan.
    pub show: &'t mut dyn FnMut(&Plan<H>),
    /// Asks for approval; `None` when nobody can answer or nobody did.
    pub ask: &'t mut dyn FnMut(&Plan<H>) -> Option<String>,
    /// What is heard of it while it acts.
    pub aside: Aside<'a>,
}

/// What is said while something is done.
pub struct Aside<'a> {
    /// Says what is awaited; the next one takes its place.
    pub progress: &'a mut dyn FnMut(&str),
    /// Says a line of the conversation.
    pub say: &'a mut dyn FnMut(&str),
    /// Says what must not be missed, terminal or not.
    pub warn: &'a mut dyn FnMut(&str),
    /// Whether the person wants to stop (Ctrl-C, a closed terminal).
    pub interrupted: &'a dyn Fn() -> bool,
}

/// Which batch has just been carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// Counted from 1.
    pub number: usize,
    /// Of so many.
    pub of: usize,
    /// Since acting began.
    pub elapsed: Duration,
}

/// What a lane does at the stages.
pub trait Effects {
    /// What it acts on.
    type Holder: Holder;

    /// Looks, selects, and puts the plan together.
    fn plan(&mut self) -> Result<Plan<Self::Holder>, Failure>;

    /// Whether what is aimed at is so already, and nothing needs doing.
    fn reached(&mut self, _: &Plan<Self::Holder>) -> bool {
        false
    }

    /// Looks again once a person has read the plan: a receipt for every target that is not meant any more.
    fn changed(
        &mut self,
        confirmed: &ConfirmedPlan<Self::Holder>,
    ) -> Result<Receipts<Self::Holder>, Failure>;

    /// What the record says is done, and where.
    fn deed<'a>(&self, plan: &'a Plan<Self::Holder>) -> Deed<'a>;

    /// A target as the record has it.
    fn entry(&self, plan: &Plan<Self::Holder>, target: &Self::Holder) -> Value;

    /// Whether a signal does not stop it: it gives back what this run has taken.
    fn insists(&self) -> bool {
        false
    }

    /// How many targets are acted on before their end is awaited.
    fn batch(&self) -> usize {
        usize::MAX
    }

    /// Before every batch but the first: why not to go on, if so. `done` are all that were acted on.
    fn before(&mut self, _done: &[Self::Holder], _: &mut Aside<'_>) -> Option<Stopped> {
        None
    }

    /// Does the gentler thing to `targets` first, where the plan says so. True: contact was lost.
    fn soften(
        &mut self,
        _: &ConfirmedPlan<Self::Holder>,
        _targets: &[Self::Holder],
        _: &mut Aside<'_>,
    ) -> bool {
        false
    }

    /// Acts on `targets`: a receipt for each, in order.
    fn send(
        &mut self,
        confirmed: &ConfirmedPlan<Self::Holder>,
        targets: &[Self::Holder],
        aside: &mut Aside<'_>,
    ) -> Sent;

    /// Looks at `targets` again, all of them. An error: contact is lost.
    fn look_at(&mut self, targets: &[&Self::Holder]) -> Result<Sights<Self::Holder>, Failure>;

    /// Treats those that did not go harder, where the plan says so; which of them that reached.
    fn escalate(
        &mut self,
        _: &ConfirmedPlan<Self::Holder>,
        _pending: &[&Self::Holder],
    ) -> Vec<<Self::Holder as Holder>::Id> {
        Vec::new()
    }

    /// After every batch: why not to go on, if so. `done` are all that were acted on.
    fn after(&mut self, _: Batch, _done: &[Self::Holder], _: &mut Aside<'_>) -> Option<Stopped> {
        None
    }

    /// Looks at everything else, last. `lost`: contact was lost before.
    fn aftermath(
        &mut self,
        lost: bool,
        aside: &mut Aside<'_>,
    ) -> <Self::Holder as Holder>::Aftermath;

    /// The ordinary slots before and after, for the record; `None` where nobody counted them.
    fn slots(&self, _: &Plan<Self::Holder>, _: &Verified<Self::Holder>) -> Option<history::Slots> {
        None
    }
}
