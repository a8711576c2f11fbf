//! An open lane as the pipeline wants it: something to look through and to act over.

use std::time::Duration;

use crate::act::signal::Database;
use crate::act::{Actor, Sent, Signal};
use crate::decide::confirmation::ConfirmedPlan;
use crate::decide::holder::Session;
use crate::decide::identity::SessionId;
use crate::decide::outcome::Seen;
use crate::decide::snapshot::Snapshot;
use crate::lanes::{Lane, LaneError};
use crate::observe::live::{Forbidden, Live};
use crate::observe::{QueryText, Source};

/// One connection, for everything a command does.
pub struct OpenLane {
    lane: Box<dyn Lane>,
    limit: Duration,
    forbidden: Forbidden,
    superuser: bool,
}

impl OpenLane {
    /// Uses `lane`, every statement within `limit`.
    pub fn new(lane: Box<dyn Lane>, limit: Duration) -> Self {
        Self {
            lane,
            limit,
            forbidden: Forbidden::default(),
            superuser: false,
        }
    }

    /// The lane itself, for its name and greeting.
    pub fn lane(&self) -> &dyn Lane {
        self.lane.as_ref()
    }

    /// The lane for a statement that is no look at everybody and no signal, and how long one may take.
    pub fn statement(&mut self) -> (&mut dyn Lane, Duration) {
        (self.lane.as_mut(), self.limit)
    }
}

impl Source for OpenLane {
    fn look(&mut self, text: QueryText) -> Result<Snapshot, LaneError> {
        let snapshot = Live::new(self.lane.as_mut(), self.limit, &mut self.forbidden).look(text)?;
        self.superuser = snapshot.server.role_superuser;
        Ok(snapshot)
    }

    fn look_at(&mut self, ids: &[SessionId]) -> Result<Vec<(SessionId, Seen)>, LaneError> {
        Live::new(self.lane.as_mut(), self.limit, &mut self.forbidden).look_at(ids)
    }
}

impl Actor for OpenLane {
    fn send(&mut self, plan: &ConfirmedPlan, signal: Signal, targets: &[Session]) -> Sent {
        Database::new(self.lane.as_mut(), self.limit, self.superuser).send(plan, signal, targets)
    }
}
