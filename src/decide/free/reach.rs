//! What would reach a goal that cannot be reached by what may be touched.
//!
//! Pure. In: why sessions were spared, and who came meanwhile. Out: one entry for each thing the operator could
//! allow or do, with how many sessions it is about.

use std::collections::HashSet;

use super::{Rules, candidates};
use crate::decide::breakdown::{Dimension, Group, count_by};
use crate::decide::criteria::Criteria;
use crate::decide::identity::SessionId;
use crate::decide::protection::{Include, SparedReason};
use crate::decide::selection::Spared;
use crate::decide::session::Session;
use crate::decide::snapshot::Snapshot;

/// Something that would help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Remedy {
    /// Keep whoever takes freed slots again from it.
    StopRefill,
    /// The server refused to end them: a missing right.
    Rights,
    /// `--all` or a higher `--limit`.
    Limit,
    /// The configuration's `max_targets`.
    MaxTargets,
    /// Other words in `--order`.
    Order,
    /// A smaller `--keep`.
    Keep,
    /// Another `--oldest`.
    Oldest,
    /// A wider filter.
    Filter,
    /// Running statements: `--active`.
    Active,
    /// Logins that are not through yet.
    Logins,
    /// A kind that is spared unless it is included.
    Include(Include),
    /// What the configuration protects; no flag lifts that.
    Configuration,
    /// Rows whose particulars are hidden from our role.
    Hidden,
    /// Our own login: the replication lane takes no slot.
    OurLogin,
}

impl Remedy {
    /// Stable word for JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Include(Include::Superusers) => "include-superusers",
            Self::Include(Include::Listeners) => "include-listeners",
            Self::Include(Include::Walsenders) => "include-walsenders",
            Self::Include(Include::Syncrep) => "include-syncrep",
            other => other.into(),
        }
    }

    /// In the order in which they are told: what costs least first.
    const TOLD: [Self; 16] = [
        Self::StopRefill,
        Self::Rights,
        Self::Limit,
        Self::MaxTargets,
        Self::Order,
        Self::Keep,
        Self::Oldest,
        Self::Filter,
        Self::Logins,
        Self::Active,
        Self::Include(Include::Listeners),
        Self::Include(Include::Superusers),
        Self::Include(Include::Syncrep),
        Self::Hidden,
        Self::Configuration,
        Self::OurLogin,
    ];

    /// What would let a session go that was spared for `reason`.
    fn of(reason: &SparedReason) -> Option<Self> {
        Some(match reason {
            SparedReason::OverLimit | SparedReason::NotNeeded => Self::Limit,
            SparedReason::OverMaxTargets => Self::MaxTargets,
            SparedReason::NotInOrder => Self::Order,
            SparedReason::Kept => Self::Keep,
            SparedReason::NotOldest => Self::Oldest,
            SparedReason::Running => Self::Active,
            SparedReason::LoggingIn => Self::Logins,
            SparedReason::Superuser => Self::Include(Include::Superusers),
            SparedReason::Listening => Self::Include(Include::Listeners),
            SparedReason::WaitsForStandby => Self::Include(Include::Syncrep),
            SparedReason::ProtectedUser
            | SparedReason::ProtectedApplication
            | SparedReason::ProtectedDatabase => Self::Configuration,
            SparedReason::IdentityHidden
            | SparedReason::UserUnknown
            | SparedReason::CannotJudge(_) => Self::Hidden,
            SparedReason::Ourselves => Self::OurLogin,
            SparedReason::Walsender
            | SparedReason::FreesNoSlot
            | SparedReason::ServerProcess(_)
            | SparedReason::ParallelWorker(_)
            | SparedReason::NothingToCancel => return None,
        })
    }
}

/// One remedy, and the sessions it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// What would help.
    pub remedy: Remedy,
    /// How many sessions.
    pub sessions: usize,
    /// Of which applications; of which roles where those took slots again.
    pub by: Vec<Group>,
}

/// What is known about a goal that was missed.
#[derive(Debug, Clone, Copy)]
pub struct Missed<'a> {
    /// The last look.
    pub now: &'a Snapshot,
    /// What may be touched.
    pub rules: &'a Rules,
    /// Who was spared by the plan.
    pub spared: &'a [Spared],
    /// Who took freed slots again.
    pub came: &'a [Session],
    /// Whom the server would not let us end.
    pub refused: &'a [Session],
}

/// What would help, in the order in which it should be told.
pub fn reaches(missed: &Missed<'_>) -> Vec<Reach> {
    let Missed {
        now, rules, spared, ..
    } = *missed;
    let came: HashSet<SessionId> = missed.came.iter().map(|session| session.id).collect();
    let still = |session: &&Session| now.find(session.id).is_some();
    let mut outside: Vec<&Session> = Vec::new();
    let wide = Rules {
        criteria: Criteria::default(),
        ..rules.clone()
    };
    let all = candidates(now, &wide);
    if !rules.criteria.is_empty() {
        let inside = candidates(now, rules);
        let inside: HashSet<SessionId> = (inside.ranked.iter().map(|(_, session)| session.id))
            .chain(inside.spared.iter().map(|spared| spared.session.id))
            .collect();
        let others = all.ranked.iter().map(|(_, session)| session);
        outside.extend(
            others.filter(|session| !inside.contains(&session.id) && !came.contains(&session.id)),
        );
    }
    let spared_for = |remedy: Remedy| {
        let spared = spared.iter();
        spared
            .filter(move |spared| Remedy::of(&spared.reason) == Some(remedy))
            .map(|spared| &spared.session)
            .filter(still)
            .filter(|session| session.holds_slot())
    };
    Remedy::TOLD
        .into_iter()
        .filter_map(|remedy| {
            let (sessions, by): (Vec<&Session>, _) = match remedy {
                Remedy::StopRefill => (missed.came.iter().collect(), Dimension::User),
                Remedy::Rights => (
                    missed.refused.iter().filter(still).collect(),
                    Dimension::User,
                ),
                Remedy::Filter => (outside.clone(), Dimension::Application),
                other => (spared_for(other).collect(), Dimension::Application),
            };
            (!sessions.is_empty()).then(|| Reach {
                remedy,
                sessions: sessions.len(),
                by: count_by(sessions.into_iter(), by),
            })
        })
        .collect()
}
