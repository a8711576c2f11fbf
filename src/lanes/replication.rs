//! The replication lane: ordinary SQL over a walsender, which uses no connection slot at all.
//!
//! Stage: opened by [`super::open()`] when the slots are gone, or when asked for.
//! `replication=database` is in the protocol chapter ("Streaming Replication Protocol"): such a connection is counted
//! against `max_wal_senders` and not against `max_connections` (12 and later), and takes SQL through the simple protocol.
//! Never: uses a replication command.

use super::attempt::{Attempt, Progress};
use super::deadline::Deadline;
use super::failure::{Refusal, Stage};
use super::socket::open_socket;
use super::transaction::{CLOSING, GRACE, opening};
use super::wire::{Answer, QueryError, Wire, login};
use super::{Greeting, Lane, LaneError, LaneKind, Row, ServerError};
use std::io;
use std::time::Duration;

/// How long a goodbye may take.
const PARTING: Duration = Duration::from_millis(200);

/// An open walsender.
pub(crate) struct ReplicationLane {
    wire: Wire,
    greeting: Greeting,
    /// Set once the lane is not usable any more; every later call gets it.
    gone: Option<LaneError>,
}

/// Logs in as a walsender connected to a database.
pub(crate) fn open_replication(attempt: &Attempt<'_>) -> Result<ReplicationLane, Refusal> {
    const LANE: LaneKind = LaneKind::Replication;
    let socket = open_socket(attempt.endpoint, attempt.tcp(), attempt.deadline)
        .map_err(|error| attempt.refuse_dial(LANE, error))?;
    let mut progress = Progress {
        stage: Stage::Startup,
        encrypted: false,
        connected_in: None,
    };
    match login::log_in(
        attempt,
        socket,
        &[("replication", "database")],
        &mut progress,
    ) {
        Ok((wire, session)) => Ok(ReplicationLane {
            greeting: attempt.greeting(&session.parameters, session.pid, progress.encrypted),
            wire,
            gone: None,
        }),
        Err(failure) => Err(Refusal {
            auth_reached: failure.auth_reached,
            authenticated: failure.authenticated,
            ..attempt.refuse(LANE, progress, failure.cause)
        }),
    }
}

impl Lane for ReplicationLane {
    fn kind(&self) -> LaneKind {
        LaneKind::Replication
    }

    fn greeting(&self) -> &Greeting {
        &self.greeting
    }

    fn rows(&mut self, sql: &str, wait: Duration) -> Result<Vec<Row>, LaneError> {
        if let Some(gone) = &self.gone {
            return Err(gone.clone());
        }
        let deadline = Deadline::after(wait.saturating_add(GRACE));
        let message = format!(
            "{}; {}\n; {CLOSING}",
            opening(wait),
            sql.trim_end_matches(end_of_statement)
        );
        let answer = self.ask(&message, wait, deadline)?;
        if answer.in_transaction {
            self.ask("ROLLBACK", wait, deadline)?;
        }
        match answer.error {
            Some(error) if matches!(error.severity.as_str(), "FATAL" | "PANIC") => {
                Err(self.lost("the server ended our session", Some(error)))
            }
            Some(error) => Err(LaneError::Server(error)),
            None => Ok(answer.rows),
        }
    }
}

/// What may stand behind a statement without meaning anything.
fn end_of_statement(letter: char) -> bool {
    letter == ';' || letter.is_whitespace()
}

impl ReplicationLane {
    fn ask(&mut self, sql: &str, wait: Duration, deadline: Deadline) -> Result<Answer, LaneError> {
        match self.wire.query(sql, deadline) {
            Ok(answer) => Ok(answer),
            Err(QueryError::Stream(error, None)) if error.kind() == io::ErrorKind::TimedOut => {
                let late = LaneError::Deadline(wait);
                self.gone = Some(late.clone());
                Err(late)
            }
            Err(QueryError::Stream(_, Some(words))) => {
                Err(self.lost("the server ended our session", Some(words)))
            }
            Err(QueryError::Stream(error, None)) => {
                Err(self.lost(&format!("contact lost: {error}"), None))
            }
            Err(QueryError::Protocol(what)) => {
                Err(self.lost(&format!("contact lost: the server sent {what}"), None))
            }
        }
    }

    fn lost(&mut self, what: &str, last_words: Option<ServerError>) -> LaneError {
        let lost = LaneError::Lost {
            what: what.to_string(),
            last_words,
        };
        self.gone = Some(lost.clone());
        lost
    }
}

impl Drop for ReplicationLane {
    /// Says goodbye, so that the walsender is free at once.
    fn drop(&mut self) {
        if self.gone.is_none() {
            self.wire.terminate(Deadline::after(PARTING));
        }
    }
}
