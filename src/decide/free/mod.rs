//! Slots as a goal: which sessions would be ended, in which order, how many it takes.
//!
//! Pure. The goal is a number of ordinary slots that are free and stay free; freed slots fill the reserves first, so
//! more sessions may have to go. How it goes on after each batch is [`course`]'s, why it cannot be had [`reach`]'s.

pub mod course;
pub mod order;
pub mod reach;
pub mod story;

use std::time::Duration;

use self::order::{Class, Order, heads};
use super::capacity::Capacity;
use super::criteria::Criteria;
use super::protection::{Policy, SparedReason};
use super::selection::{Cut, Selection, Spared, select};
use super::session::{Session, State};
use super::snapshot::Snapshot;

/// How much room was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// So many ordinary slots.
    Slots(u32),
    /// So many of a hundred ordinary slots; 1 to 100.
    Percent(u32),
}

impl Goal {
    /// As a number of slots of this server, a broken one rounded up; or what there is instead.
    pub fn slots(self, capacity: &Capacity) -> Result<u32, String> {
        let total = capacity.ordinary.total;
        let slots = match self {
            Self::Slots(slots) => slots,
            Self::Percent(percent) => {
                let slots = (u64::from(total) * u64::from(percent)).div_ceil(100);
                u32::try_from(slots).unwrap_or(total)
            }
        };
        if slots > total {
            return Err(format!(
                "{slots} slots cannot be free on a server that has {total} ordinary ones; ask for at most {total}"
            ));
        }
        if slots == 0 {
            return Err("this server has no ordinary slot at all; nothing to free".to_owned());
        }
        Ok(slots)
    }
}

/// How many sessions may be ended on the way to the goal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ceiling {
    /// `--limit`
    Limit(usize),
    /// `--all`
    All,
    /// Neither: twice as many as it takes, so that a refill does not eat up one application after the other.
    TwiceNeeded,
}

/// Whose slots may be taken, and in which order.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The filter.
    pub criteria: Criteria<Session>,
    /// `--keep` and `--oldest`; a limit is a [`Ceiling`].
    pub cut: Cut,
    /// Whom to spare.
    pub policy: Policy,
    /// Which first.
    pub order: Order,
}

/// Who may be ended now, who not and why.
#[derive(Debug, Clone, Default)]
pub struct Candidates {
    /// The least harmful first.
    pub ranked: Vec<(Class, Session)>,
    /// Matched, but spared.
    pub spared: Vec<Spared>,
    /// PIDs asked for that no process has.
    pub missing: Vec<i32>,
}

/// What a plan is expected to achieve.
#[derive(Debug, Clone, PartialEq)]
pub struct Prospect {
    /// What was asked for.
    pub goal: Goal,
    /// The same as ordinary slots of this server.
    pub slots: u32,
    /// How long they must stay free.
    pub stay: Duration,
    /// How many sessions must go for it, with nobody coming meanwhile.
    pub needed: u32,
    /// In which order.
    pub order: Order,
    /// How many of the plan are of each class, in that order.
    pub shares: Vec<(Class, usize)>,
}

impl Prospect {
    /// How many sessions of the plan will probably be ended.
    pub fn probably(&self, targets: usize) -> usize {
        usize::try_from(self.needed)
            .unwrap_or(usize::MAX)
            .min(targets)
    }
}

/// A login that takes longer than this holds its slot like everybody.
const LOGIN: Duration = Duration::from_secs(1);

/// Slots, logins that have only just begun left out: those of a storm that is refused come and go within milliseconds,
/// and before 18 nobody sees them.
pub fn settled(snapshot: &Snapshot) -> Capacity {
    let passing = |session: &&Session| {
        session.state == Some(State::Starting)
            && session.connected_for.is_some_and(|age| age < LOGIN)
    };
    let used = snapshot.holders().filter(|one| !passing(one)).count();
    Capacity::of(&snapshot.limits, u32::try_from(used).unwrap_or(u32::MAX))
}

/// Who may be ended now.
pub fn candidates(snapshot: &Snapshot, rules: &Rules) -> Candidates {
    let cut = Cut {
        limit: None,
        ..rules.cut
    };
    let Selection {
        chosen,
        mut spared,
        missing,
    } = select(snapshot, &rules.criteria, cut, &rules.policy, false);
    let heads = heads(snapshot);
    let mut ranked = Vec::new();
    for session in chosen {
        let reason = match Class::of(&session, &heads) {
            // Ending a walsender frees no ordinary slot.
            _ if !session.holds_slot() => SparedReason::FreesNoSlot,
            None => SparedReason::LoggingIn,
            Some(class) if rules.order.position(class).is_some() => {
                ranked.push((class, session));
                continue;
            }
            Some(Class::Active) => SparedReason::Running,
            Some(_) => SparedReason::NotInOrder,
        };
        spared.push(Spared { session, reason });
    }
    ranked.sort_by_cached_key(|(class, session)| {
        let waiting = heads.get(&session.id.pid).copied().unwrap_or(0);
        rules.order.key(*class, session, waiting)
    });
    Candidates {
        ranked,
        spared,
        missing,
    }
}

/// Those of `candidates` that a plan may hold: at most as many as `ceiling` and the configuration's `max_targets`
/// allow, where `needed` have to go. Gives back how many there are of each class, too.
pub fn choose(
    mut candidates: Candidates,
    order: &Order,
    needed: u32,
    ceiling: Ceiling,
    max_targets: Option<usize>,
) -> (Selection, Vec<(Class, usize)>) {
    let needed = usize::try_from(needed).unwrap_or(usize::MAX);
    let (most, reason) = match ceiling {
        Ceiling::Limit(limit) => (limit, SparedReason::OverLimit),
        Ceiling::All => (usize::MAX, SparedReason::OverLimit),
        Ceiling::TwiceNeeded => (needed.saturating_mul(2), SparedReason::NotNeeded),
    };
    let (most, reason) = match max_targets {
        Some(cap) if cap < most => (cap, SparedReason::OverMaxTargets),
        _ => (most, reason),
    };
    let beyond = candidates
        .ranked
        .split_off(most.min(candidates.ranked.len()));
    let spare = |(_, session)| Spared {
        session,
        reason: reason.clone(),
    };
    candidates.spared.extend(beyond.into_iter().map(spare));
    let shares = order
        .classes()
        .iter()
        .map(|class| {
            let count = candidates.ranked.iter().filter(|(of, _)| of == class);
            (*class, count.count())
        })
        .filter(|(_, count)| *count > 0)
        .collect();
    let selection = Selection {
        chosen: candidates
            .ranked
            .into_iter()
            .map(|(_, session)| session)
            .collect(),
        spared: candidates.spared,
        missing: candidates.missing,
    };
    (selection, shares)
}

#[cfg(test)]
mod tests;
