//! An open lane as the pipeline wants it: something to look through and to act over.

use std::time::Duration;

use super::pooler::Beside;
use crate::act::signal::Database;
use crate::act::{Actor, Sent, Signal};
use crate::connect::Target;
use crate::decide::confirmation::ConfirmedPlan;
use crate::decide::evidence::{Lock, Setting};
use crate::decide::identity::SessionId;
use crate::decide::session::Session;
use crate::decide::sessions::outcome::Seen;
use crate::decide::snapshot::Snapshot;
use crate::lanes::{Lane, LaneError};
use crate::observe::live::{Forbidden, Live};
use crate::observe::{QueryText, Source, surroundings};
use crate::report::pools::PoolerView;

/// One connection, for everything a command does.
pub struct OpenLane {
    lane: Box<dyn Lane>,
    limit: Duration,
    forbidden: Forbidden,
    superuser: bool,
    pooler: Option<Beside>,
    /// Whether our own process is another one than the one that greeted us.
    pooled: bool,
}

impl OpenLane {
    /// Uses `lane`, every statement within `limit`.
    pub fn new(lane: Box<dyn Lane>, limit: Duration) -> Self {
        Self {
            lane,
            limit,
            forbidden: Forbidden::default(),
            superuser: false,
            pooler: None,
            pooled: false,
        }
    }

    /// From now on every statement within `limit`.
    pub fn limit_to(&mut self, limit: Duration) {
        self.limit = limit;
    }

    /// From now on asks the pooler at `console`, too, whenever it looks.
    pub fn ask_pooler(&mut self, console: Option<&Target>) {
        self.pooler = console.map(Beside::open);
    }

    /// Why the pooler that was to be asked cannot be.
    pub fn pooler_closed(&self) -> Option<&str> {
        self.pooler.as_ref().and_then(Beside::closed)
    }

    /// What the pooler showed at the last look, if one is asked.
    pub fn pooler(&self) -> Option<PoolerView<'_>> {
        self.pooler.as_ref().map(Beside::view)
    }

    /// The lane itself, for its name and greeting.
    pub fn lane(&self) -> &dyn Lane {
        self.lane.as_ref()
    }

    /// The lane for a statement that is no look at everybody and no signal, and how long one may take.
    pub fn statement(&mut self) -> (&mut dyn Lane, Duration) {
        (self.lane.as_mut(), self.limit)
    }

    /// The settings that matter; one round trip.
    pub fn settings(&mut self) -> Result<Vec<Setting>, LaneError> {
        surroundings::settings(self.lane.as_mut(), self.limit)
    }

    /// The locks of those that wait in `snapshot`, and of those they wait for; one round trip, none when nobody waits.
    pub fn locks(&mut self, snapshot: &Snapshot) -> Result<Vec<Lock>, LaneError> {
        surroundings::locks(self.lane.as_mut(), self.limit, snapshot)
    }
}

impl Source for OpenLane {
    fn look(&mut self, text: QueryText) -> Result<Snapshot, LaneError> {
        let mut snapshot =
            Live::new(self.lane.as_mut(), self.limit, &mut self.forbidden).look(text)?;
        self.superuser = snapshot.server.role_superuser;
        // PostgreSQL greets with the process that serves us. A pooler makes the number up (PgBouncer, Supavisor).
        let greeted = self.lane.greeting().backend_pid;
        self.pooled = greeted.is_some_and(|pid| pid != snapshot.server.own_pid);
        // A look without statements only counts slots.
        if let Some(pooler) = self.pooler.as_mut().filter(|_| text != QueryText::First(0)) {
            pooler.join(&mut snapshot);
        }
        Ok(snapshot)
    }

    fn unfit_to_act(&self) -> Option<String> {
        self.pooled.then(|| {
            format!(
                "{} is a pooler's port, not the server's: PIDs of one look may mean another server's processes at the next; nothing was done",
                self.lane.greeting().endpoint
            )
        })
    }

    fn look_at(&mut self, ids: &[SessionId]) -> Result<Vec<(SessionId, Seen)>, LaneError> {
        Live::new(self.lane.as_mut(), self.limit, &mut self.forbidden).look_at(ids)
    }
}

impl Actor for OpenLane {
    fn send(&mut self, plan: &ConfirmedPlan<Session>, signal: Signal, targets: &[Session]) -> Sent {
        Database::new(self.lane.as_mut(), self.limit, self.superuser).send(plan, signal, targets)
    }
}
