//! Snapshots of a live server, over whichever database lane is open.
//!
//! Stage: observing. Never: changes anything; a look is one statement, one round trip.

use std::time::Duration;

use super::parse::{self, Reading};
use super::{QueryText, Source, sql};
use crate::decide::identity::SessionId;
use crate::decide::sessions::outcome::Seen;
use crate::decide::snapshot::Snapshot;
use crate::lanes::{Lane, LaneError};

/// What this server turned out not to let our role read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Forbidden {
    /// The control file, which holds the system identifier.
    pub control_file: bool,
}

/// A lane, used for looking.
pub struct Live<'a> {
    lane: &'a mut dyn Lane,
    limit: Duration,
    forbidden: &'a mut Forbidden,
}

impl<'a> Live<'a> {
    /// Looks over `lane`, each look within `limit`.
    pub fn new(lane: &'a mut dyn Lane, limit: Duration, forbidden: &'a mut Forbidden) -> Self {
        Self {
            lane,
            limit,
            forbidden,
        }
    }
}

impl Source for Live<'_> {
    fn look(&mut self, text: QueryText) -> Result<Snapshot, LaneError> {
        let version = self.lane.greeting().version_num;
        let whole = sql::snapshot(version, text, !self.forbidden.control_file);
        match self.read(&whole) {
            // The control file is the only thing asked for that a managed service may forbid.
            Err(LaneError::Server(error))
                if error.sqlstate == "42501" && !self.forbidden.control_file =>
            {
                self.forbidden.control_file = true;
                self.read(&sql::snapshot(version, text, false))
            }
            other => other,
        }
    }

    fn look_at(&mut self, ids: &[SessionId]) -> Result<Vec<(SessionId, Seen)>, LaneError> {
        let rows = self.lane.rows(&sql::second_look(ids), self.limit)?;
        parse::second_look(rows).map_err(unreadable)
    }
}

impl Live<'_> {
    fn read(&mut self, sql: &str) -> Result<Snapshot, LaneError> {
        let mut reading = Reading::default();
        let mut take = |row| reading.row(row);
        self.lane.each_row(sql, self.limit, &mut take)?;
        reading.end().map_err(unreadable)
    }
}

fn unreadable(error: parse::Unreadable) -> LaneError {
    LaneError::Lost {
        what: error.to_string(),
        last_words: None,
    }
}
