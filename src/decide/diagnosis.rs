//! What is going on: how far the lockout goes, what holds the slots, and what is only suspected.
//!
//! Pure. Every cause is weighed by the slots that it explains. Nothing here knows what the server looked like an hour
//! ago, so "who grew" is told as who holds most; and what cannot be seen from here is a doubt, not a finding.

mod causes;

pub use self::causes::{Cause, FORGOTTEN, Found, STALLED, invisible};

use std::time::Duration;

use self::causes::{causes, named};
use super::breakdown::{Dimension, count_by};
use super::session::{Session, State};
use super::snapshot::Snapshot;
use super::survey::{Refused, Survey, WayIn};

/// A session younger than this has only just connected.
const YOUNG: Duration = Duration::from_secs(5);
/// So many arrivals between two looks, or slots taken again, are no coincidence.
const STORMING: usize = 3;

/// How far the lockout goes.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Lockout {
    /// Ordinary roles are admitted.
    None,
    /// Ordinary roles are refused; reserved slots are left.
    OrdinarySlots,
    /// Everybody is refused, superusers too.
    EverySlot,
    /// The server has more connections in their first moments than it allows.
    EveryProcess,
    /// This role is at its own limit.
    RoleLimit {
        /// Its name.
        name: String,
        /// Its sessions.
        used: usize,
        /// Its `CONNECTION LIMIT`; `None` where it could not be read.
        limit: Option<u32>,
    },
    /// This database is.
    DatabaseLimit {
        /// Its name.
        name: String,
        /// Its sessions.
        used: usize,
        /// Its `CONNECTION LIMIT`; `None` where it could not be read.
        limit: Option<u32>,
    },
    /// A pooler refuses; what the server behind it does is not known.
    Pooler,
    /// The server is starting, stopping or recovering.
    NotNow,
    /// It could not be asked: network, password, `pg_hba.conf`.
    NotAsked,
}

/// Who holds most.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Holder {
    /// Application or role.
    pub by: Dimension,
    /// Its name; untrusted.
    pub name: String,
    /// Its sessions.
    pub count: usize,
    /// Everybody's.
    pub of: usize,
    /// Of its sessions: how many are idle.
    pub idle: usize,
    /// Of its sessions: how many run a statement.
    pub active: usize,
    /// The `CONNECTION LIMIT` of its role, if it has one.
    pub limit: Option<u32>,
}

/// Why it looks like a storm of clients that connect again at once.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Storm {
    /// Sessions that came between two looks.
    pub arrived: usize,
    /// Slots taken again after sessions had been ended.
    pub retaken: usize,
    /// The same role was refused in different ways within a moment, or refused and admitted.
    pub refusals_vary: bool,
    /// Sessions only seconds old.
    pub young: usize,
}

impl Storm {
    /// Whether more than the age of sessions speaks for it.
    pub fn is_certain(&self) -> bool {
        self.arrived >= STORMING || self.retaken >= STORMING || self.refusals_vary
    }
}

/// What was not seen, and would make the finding surer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Doubt {
    /// No database lane is open: known are titles, sockets and processes of this host, or nothing.
    NoView,
    /// Rows are hidden from our role.
    HiddenRows,
    /// Slots are missing that no view shows: stalled logins, or a storm of them; not to be told apart from here.
    InvisibleLogins,
    /// Many sessions are only seconds old: clients that reconnect, or a deploy.
    YoungSessions,
    /// No cause explains a quarter of the slots.
    NoSingleCause,
}

words!(Doubt);

/// The whole.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Diagnosis {
    /// How far it goes.
    pub lockout: Lockout,
    /// Every walsender is in use, so that the replication lane is closed too.
    pub walsenders_gone: bool,
    /// The cause that explains it best.
    pub cause: Option<Found>,
    /// Others that explain a quarter or more.
    pub also: Vec<Found>,
    /// A storm, or a suspicion of one.
    #[serde(skip)]
    pub storm: Option<Storm>,
    /// Who holds most.
    pub most: Option<Holder>,
    /// What is not known.
    #[serde(skip)]
    pub doubts: Vec<Doubt>,
}

impl Diagnosis {
    /// Whether clients that connect again at once take what is freed.
    pub fn storms(&self) -> bool {
        self.storm.as_ref().is_some_and(Storm::is_certain)
    }
}

/// Judges a survey. `retaken`: slots that were taken again after earlier acts of the same run.
pub fn diagnose(survey: &Survey, retaken: usize) -> Diagnosis {
    // Titles are the next best view: they show no limits, no applications, no locks.
    let view = survey
        .snapshot
        .as_ref()
        .or(survey.backends.as_ref().map(|backends| &backends.snapshot));
    let lockout = lockout(survey);
    let mut found = view.map_or_else(Vec::new, |view| causes(survey, view));
    let quiet = lockout == Lockout::None;
    // On a server with room idle sessions are nobody's fault.
    found.retain(|found| {
        !quiet || matches!(found.cause, Cause::LockQueue { .. } | Cause::Leak { .. })
    });
    let cause = (!found.is_empty()).then(|| found.remove(0));
    let storm = storm(survey, view, retaken);
    let doubts = doubts(survey, &lockout, cause.as_ref(), storm.as_ref());
    Diagnosis {
        walsenders_gone: survey.met(Refused::Walsenders),
        most: view.and_then(most),
        lockout,
        cause,
        also: found,
        storm,
        doubts,
    }
}

fn lockout(survey: &Survey) -> Lockout {
    // A login that got in after some refusals met a storm: then the slots tell how far it goes.
    let everybody = survey.met(Refused::EverySlot) && !survey.is_open(WayIn::Login);
    let reserves = (survey.met(Refused::SuperuserReserve) || survey.met(Refused::Reserve))
        && !survey.is_open(WayIn::Login);
    if let Some(snapshot) = &survey.snapshot {
        let capacity = snapshot.capacity();
        if everybody || capacity.is_known() && capacity.all.free == 0 {
            return Lockout::EverySlot;
        }
        if reserves || capacity.is_known() && capacity.full() {
            return Lockout::OrdinarySlots;
        }
        return own_limit(survey, snapshot).unwrap_or(Lockout::None);
    }
    if everybody {
        return Lockout::EverySlot;
    }
    if survey.met(Refused::EveryProcess) {
        return Lockout::EveryProcess;
    }
    if reserves {
        return Lockout::OrdinarySlots;
    }
    if survey.met(Refused::RoleLimit) {
        return Lockout::RoleLimit {
            name: survey.role.clone(),
            used: 0,
            limit: None,
        };
    }
    if survey.met(Refused::DatabaseLimit) {
        return Lockout::DatabaseLimit {
            name: String::new(),
            used: 0,
            limit: None,
        };
    }
    if survey.met(Refused::PoolerFull) {
        return Lockout::Pooler;
    }
    if survey.met(Refused::NotNow) {
        return Lockout::NotNow;
    }
    Lockout::NotAsked
}

/// A role or database that is at its own limit while the server has room.
fn own_limit(survey: &Survey, snapshot: &Snapshot) -> Option<Lockout> {
    let reached = |used: usize, limit: u32| used >= usize::try_from(limit).unwrap_or(usize::MAX);
    let role = snapshot.role_limits.iter().find(|limit| {
        // A role that is closed on purpose, and that nobody uses, is no incident.
        limit.limit > 0 && reached(snapshot.role_used(&limit.name), limit.limit)
    });
    if let Some(role) = role {
        return Some(Lockout::RoleLimit {
            name: role.name.clone(),
            used: snapshot.role_used(&role.name),
            limit: Some(role.limit),
        });
    }
    let database = snapshot
        .database_limits
        .iter()
        .find(|limit| limit.limit > 0 && reached(snapshot.database_used(&limit.name), limit.limit));
    if let Some(database) = database {
        return Some(Lockout::DatabaseLimit {
            name: database.name.clone(),
            used: snapshot.database_used(&database.name),
            limit: Some(database.limit),
        });
    }
    survey.met(Refused::RoleLimit).then(|| Lockout::RoleLimit {
        name: survey.role.clone(),
        used: snapshot.role_used(&survey.role),
        limit: None,
    })
}

fn most(view: &Snapshot) -> Option<Holder> {
    let all: Vec<&Session> = view
        .holders()
        .filter(|session| !view.ours(session))
        .collect();
    let (by, name, count) = named(&all)?;
    let its: Vec<&Session> = all
        .iter()
        .copied()
        .filter(|session| by.value(session) == name)
        .collect();
    let role = count_by(its.iter().copied(), Dimension::User)
        .into_iter()
        .next()
        .map(|group| group.name);
    let limit = view
        .role_limits
        .iter()
        .find(|limit| Some(&limit.name) == role.as_ref());
    Some(Holder {
        by,
        count,
        of: all.len(),
        idle: its
            .iter()
            .filter(|session| session.state == Some(State::Idle))
            .count(),
        active: its.iter().filter(|session| session.runs()).count(),
        limit: limit.map(|limit| limit.limit),
        name,
    })
}

fn storm(survey: &Survey, view: Option<&Snapshot>, retaken: usize) -> Option<Storm> {
    let young = view.map_or(0, |view| {
        let young = |session: &&Session| {
            !view.ours(session) && session.connected_for.is_some_and(|age| age < YOUNG)
        };
        view.holders().filter(young).count()
    });
    let storm = Storm {
        arrived: survey.churn.arrived,
        retaken,
        refusals_vary: survey.refusals_vary(),
        young,
    };
    let refused = survey
        .sights
        .iter()
        .flat_map(|sight| &sight.refused)
        .any(|refused| refused.is_for_slots());
    let suspicious = young >= STORMING && refused;
    (storm.is_certain() || suspicious).then_some(storm)
}

fn doubts(
    survey: &Survey,
    lockout: &Lockout,
    cause: Option<&Found>,
    storm: Option<&Storm>,
) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    let wrong = *lockout != Lockout::None;
    if survey.snapshot.is_none() {
        doubts.push(Doubt::NoView);
    }
    if survey
        .snapshot
        .as_ref()
        .is_some_and(|view| view.hidden() > 0)
    {
        doubts.push(Doubt::HiddenRows);
    }
    let inferred =
        |found: &Found| matches!(found.cause, Cause::HalfAuthenticated { seen_by: None, .. });
    if cause.is_some_and(inferred) {
        doubts.push(Doubt::InvisibleLogins);
    }
    if storm.is_some_and(|storm| !storm.is_certain()) {
        doubts.push(Doubt::YoungSessions);
    }
    if wrong && cause.is_none() && (survey.snapshot.is_some() || survey.backends.is_some()) {
        doubts.push(Doubt::NoSingleCause);
    }
    doubts
}

#[cfg(test)]
mod tests;
