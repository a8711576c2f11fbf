//! A session as a holder: what its plan knows of the server, what its end is judged by.
//!
//! Pure. A backend's process is a session too, seen through its title.

use std::time::Duration;

use super::breakdown::Group;
use super::capacity::Capacity;
use super::fence::retaking::Retaker;
use super::holder::{Holder, Kind, Session, State};
use super::identity::SessionId;
use super::outcome::{Outcome, Receipt, Seen, judge};
use super::plan::{Action, Plan};
use super::prediction::Prediction;
use super::selection::Spared;
use super::snapshot::Server;

/// What is to be done with sessions, and on which server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnServer {
    /// What to do.
    pub action: Action,
    /// On which server.
    pub server: Server,
    /// Slots now.
    pub capacity: Capacity,
    /// The targets' roles, each with the sessions it has left: where a fence would hold it if it came back.
    pub left: Vec<(String, usize)>,
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

impl Plan<Session> {
    /// Slots if everything planned goes and nobody comes.
    pub fn capacity_after(&self) -> Capacity {
        let frees = u32::try_from(self.frees()).unwrap_or(u32::MAX);
        self.facts.capacity.after(frees)
    }
}
