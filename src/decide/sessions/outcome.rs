//! What came of sessions: what a second look saw of each, and who took the freed slots again.
//!
//! Pure. "Gone" is earned by the second look alone.

use std::time::Duration;

use super::plan::{Action, OnServer};
use crate::decide::breakdown::{Dimension, Group, count_by};
use crate::decide::capacity::Capacity;
use crate::decide::fence::retaking::Retaker;
use crate::decide::holder::Holder;
use crate::decide::identity::SessionId;
use crate::decide::outcome::{Outcome, Receipt};
use crate::decide::prediction::Prediction;
use crate::decide::selection::Spared;
use crate::decide::session::{Kind, Session, State};
use crate::decide::snapshot::Snapshot;

/// What a second look saw of one target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Nobody with this identity.
    Absent,
    /// Still there.
    Present {
        /// Its state now.
        state: Option<State>,
        /// Which statement it runs or ran last.
        query_started: Option<i64>,
    },
    /// There was no second look.
    NotLooked,
}

/// The server after acting.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Slots {
    /// Slots at the last look; `None` when contact was lost.
    pub capacity: Option<Capacity>,
    /// Sessions that came after we began, by application: they took freed slots again.
    pub retaken: Vec<Group>,
    /// The same newcomers by role, with what each role holds.
    pub retakers: Vec<Retaker>,
    /// For how long newcomers were watched.
    pub watched: Duration,
}

/// Decides what is true of one target.
pub fn judge(
    action: Action,
    session: &Session,
    receipt: &Receipt,
    seen: Seen,
    superuser: bool,
) -> Outcome {
    let stopped = match seen {
        Seen::Absent => true,
        Seen::Present {
            state,
            query_started,
        } => {
            action == Action::Cancel
                && (!matches!(state, Some(State::Active | State::Fastpath))
                    || query_started != session.query_started)
        }
        Seen::NotLooked => false,
    };
    let ended = if action == Action::Cancel {
        Outcome::Cancelled
    } else {
        Outcome::Gone
    };
    match (receipt, seen) {
        (Receipt::OtherSession, _) => Outcome::OtherSession,
        // The same session was seen afterwards: whatever said it was absent was wrong.
        (Receipt::Absent, Seen::Present { .. }) if !stopped => Outcome::StillThere,
        (Receipt::Absent, _) => Outcome::AlreadyGone,
        // The planned statement runs no more, which is what a cancel is for.
        (Receipt::Changed(_), _) if action == Action::Cancel && stopped => Outcome::AlreadyGone,
        (Receipt::Changed(what), _) => Outcome::Changed(what.clone()),
        (Receipt::Refused { .. } | Receipt::NotSent, Seen::Absent) => Outcome::AlreadyGone,
        (Receipt::Refused { sqlstate, message }, _) => {
            Outcome::Refused(refusal(session, sqlstate, message, superuser))
        }
        // A claim needs a look: without one not even "still there" is known.
        (_, Seen::NotLooked) => Outcome::Unknown,
        // Nothing of ours reached it, so it ended or stopped by itself.
        (Receipt::NotAsked | Receipt::NotSent, _) if stopped => Outcome::AlreadyGone,
        (Receipt::NotAsked | Receipt::NotSent, _) => Outcome::StillThere,
        (Receipt::Sent | Receipt::NoAnswer, _) if stopped => ended,
        (
            Receipt::Sent | Receipt::NoAnswer,
            Seen::Present {
                query_started: None,
                ..
            },
        ) if action == Action::Cancel => Outcome::StillRuns,
        (Receipt::Sent | Receipt::NoAnswer, _) => Outcome::StillThere,
    }
}

/// Why the server refused, and what would have to be granted.
fn refusal(session: &Session, sqlstate: &str, message: &str, superuser: bool) -> String {
    if sqlstate != "42501" || superuser {
        return format!("{message} [{sqlstate}]");
    }
    match session.superuser {
        Some(true) => "a superuser's session; only a superuser may end it".to_owned(),
        None => {
            "it has no role yet and counts as a superuser's; only a superuser may end it".to_owned()
        }
        Some(false) => {
            "this role lacks pg_signal_backend (GRANT pg_signal_backend TO it)".to_owned()
        }
    }
}

/// Who took the freed slots again: sessions of `now` that were not there `before`, ours excepted.
pub fn retaken(before: &Snapshot, now: &Snapshot) -> Vec<Group> {
    let known: std::collections::HashSet<SessionId> =
        before.sessions.iter().map(|session| session.id).collect();
    let new: Vec<&Session> = now
        .holders()
        .filter(|session| !known.contains(&session.id) && !now.ours(session))
        .collect();
    // Not every lane knows applications.
    let dimension = if new.iter().any(|session| session.application.is_some()) {
        Dimension::Application
    } else {
        Dimension::User
    };
    count_by(new.into_iter(), dimension)
}

impl Holder for Session {
    type Id = SessionId;
    type Facts = OnServer;
    type Spared = Spared;
    type Sight = Seen;
    type Aftermath = Slots;

    fn id(&self) -> SessionId {
        self.id
    }

    /// Each frees its slot, whatever it does. A walsender holds none of them.
    fn predict(facts: &OnServer, targets: &[Self]) -> Prediction {
        let holds = |session: &&Self| session.kind != Kind::Walsender;
        Prediction {
            frees: match facts.action {
                Action::Cancel => 0,
                _ => targets.iter().filter(holds).count(),
            },
            ..Prediction::default()
        }
    }

    fn protects(spared: &Spared) -> bool {
        spared.reason.protects()
    }

    fn over(&self, facts: &OnServer, seen: &Seen) -> bool {
        match facts.action {
            Action::Cancel => !self.still_runs(*seen),
            _ => *seen == Seen::Absent,
        }
    }

    fn judge(&self, facts: &OnServer, receipt: &Receipt, seen: Option<&Seen>) -> Outcome {
        let seen = seen.copied().unwrap_or(Seen::NotLooked);
        let superuser = facts.server.role_superuser;
        judge(facts.action, self, receipt, seen, superuser)
    }
}

impl Session {
    /// Whether the statement it ran at the first look runs at this one.
    pub fn still_runs(&self, seen: Seen) -> bool {
        match seen {
            Seen::Present {
                state,
                query_started,
            } => {
                matches!(state, Some(State::Active | State::Fastpath))
                    && query_started == self.query_started
            }
            Seen::Absent | Seen::NotLooked => false,
        }
    }
}

#[cfg(test)]
mod tests;
