//! The pgbouncer lane: PgBouncer's admin console, over the same wire client as the replication lane.
//!
//! Stage: opened by its own function, because the console answers no SQL. It is exempt from `max_client_conn`
//! (`client.c`), takes no connection of the database, and knows the simple query protocol alone.
//! Never: asks `SHOW FDS`, which stops the pooler's event loop; waits without a deadline.

use super::attempt::{Attempt, Progress};
use super::deadline::Deadline;
use super::encryption;
use super::failure::{Cause, Refusal, Stage};
use super::lockout::{Lockout, Tally};
use super::socket::open_socket;
use super::wire::{Answer, Columns, QueryError, Wire, login};
use super::{LaneError, LaneKind, Row, ServerError};
use crate::connect::{Endpoint, Target};
use std::io;
use std::time::{Duration, Instant};

/// How long a goodbye may take.
const PARTING: Duration = Duration::from_millis(200);

/// How to open a console.
#[derive(Debug, Clone, Copy)]
pub struct ConsoleRequest {
    /// Limit for one endpoint.
    pub connect_timeout: Duration,
    /// Limit for all of them.
    pub total: Duration,
}

/// An open console.
pub struct Console {
    wire: Wire,
    endpoint: String,
    version: String,
    encrypted: bool,
    /// The answer that is being read, if a command was begun.
    pending: Option<Answer>,
    /// Set once the console is not usable any more; every later call gets it.
    gone: Option<LaneError>,
}

/// What a `SHOW` brought: columns by name, because their positions differ by version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    columns: Vec<String>,
    rows: Vec<Row>,
}

impl Table {
    /// Columns and rows as they came.
    pub fn new(columns: Vec<String>, rows: Vec<Row>) -> Self {
        Self { columns, rows }
    }

    /// The rows.
    pub fn rows(&self) -> impl Iterator<Item = Named<'_>> {
        self.rows.iter().map(|row| Named { table: self, row })
    }
}

/// One row of a [`Table`].
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    table: &'a Table,
    row: &'a Row,
}

impl<'a> Named<'a> {
    /// The value of the column of this name; `None` when there is none, or it is NULL.
    pub fn get(self, column: &str) -> Option<&'a str> {
        let at = self.table.columns.iter().position(|name| name == column)?;
        self.row.get(at)?.as_deref()
    }
}

/// Logs in to the console of `target`, or says why it is not open.
pub fn open_console(target: &Target, request: ConsoleRequest) -> Result<Console, Lockout> {
    let started = Instant::now();
    let total = Deadline::after(request.total);
    let mut tally = Tally::default();
    for endpoint in &target.endpoints {
        if total.is_over() {
            break;
        }
        let limit = target.connect_timeout.unwrap_or(request.connect_timeout);
        let limit = Deadline::after(limit).or_earlier(total);
        match knock(target, endpoint, limit, &mut tally) {
            Some(console) => return Ok(console),
            None => continue,
        }
    }
    Err(Lockout::new(tally, started.elapsed()))
}

/// Tries one endpoint, twice where `sslmode` gives a reason to.
fn knock(
    target: &Target,
    endpoint: &Endpoint,
    deadline: Deadline,
    tally: &mut Tally,
) -> Option<Console> {
    let mode = target.ssl.mode;
    let mut attempt = Attempt {
        target,
        endpoint,
        encryption: encryption::first(mode, &endpoint.host),
        // The console has no use for them, and PgBouncer before 1.20 refuses them.
        with_options: false,
        refused_before: 0,
        deadline,
    };
    for second in [false, true] {
        let refusal = match log_in(&attempt) {
            Ok(console) => return Some(console),
            Err(refusal) => refusal,
        };
        let other_way = encryption::second(mode, &endpoint.host, &refusal);
        tally.add(refusal);
        attempt.encryption = other_way.filter(|_| !second)?;
    }
    None
}

fn log_in(attempt: &Attempt<'_>) -> Result<Console, Refusal> {
    const LANE: LaneKind = LaneKind::Pgbouncer;
    let socket = open_socket(attempt.endpoint, attempt.tcp(), attempt.deadline)
        .map_err(|error| attempt.refuse_dial(LANE, error))?;
    let mut progress = Progress {
        stage: Stage::Startup,
        encrypted: false,
        connected_in: None,
    };
    let logged_in = login::log_in(attempt, socket, &[], &mut progress);
    let (wire, session) = logged_in.map_err(|failure| Refusal {
        auth_reached: failure.auth_reached,
        authenticated: failure.authenticated,
        ..attempt.refuse(LANE, progress, failure.cause)
    })?;
    let parameter = session.parameters.get("server_version");
    let mut console = Console {
        wire,
        endpoint: attempt.endpoint.label(),
        version: parameter.cloned().unwrap_or_default(),
        encrypted: progress.encrypted,
        pending: None,
        gone: None,
    };
    // A database named pgbouncer may be a database. Its answer to this is an error; the console's is its name.
    let left = attempt.deadline.remaining().unwrap_or_default();
    let version = console.show("VERSION", left).map_err(|error| {
        progress.stage = Stage::After;
        let what = format!("it is no console of PgBouncer: {error}");
        Refusal {
            auth_reached: true,
            authenticated: true,
            ..attempt.refuse(LANE, progress, Cause::Unsuitable(what))
        }
    })?;
    if let Some(text) = version.rows().next().and_then(|row| row.get("version")) {
        console.version = text.to_owned();
    }
    Ok(console)
}

impl Console {
    /// Where it answers: [`Endpoint::label`].
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// `SHOW VERSION`, for example `PgBouncer 1.18.0`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Whether the connection is encrypted.
    pub fn encrypted(&self) -> bool {
        self.encrypted
    }

    /// `SHOW what`.
    pub fn show(&mut self, what: &str, wait: Duration) -> Result<Table, LaneError> {
        let answer = self.ask(&format!("SHOW {what}"), wait)?;
        Ok(Table::new(answer.columns, answer.rows))
    }

    /// Runs a command to its end.
    pub fn command(&mut self, text: &str, wait: Duration) -> Result<(), LaneError> {
        self.ask(text, wait).map(|_| ())
    }

    /// Sends a command that may take long; [`Console::poll`] reads its answer.
    pub fn begin(&mut self, text: &str, wait: Duration) -> Result<(), LaneError> {
        if let Some(gone) = &self.gone {
            return Err(gone.clone());
        }
        self.pending = Some(Answer::default());
        self.wire
            .send(text, Deadline::after(wait))
            .map_err(|error| self.lost(&format!("contact lost: {error}"), None))
    }

    /// Whether the command that was begun has ended, waiting no longer than `wait` for it.
    pub fn poll(&mut self, wait: Duration) -> Result<bool, LaneError> {
        if let Some(gone) = &self.gone {
            return Err(gone.clone());
        }
        let Some(mut answer) = self.pending.take() else {
            return Ok(true);
        };
        match self
            .wire
            .receive(&mut answer, Columns::Any, Deadline::after(wait))
        {
            Err(QueryError::Stream(error, None)) if error.kind() == io::ErrorKind::TimedOut => {
                self.pending = Some(answer);
                Ok(false)
            }
            other => self.judge(other, answer).map(|_| true),
        }
    }

    fn ask(&mut self, text: &str, wait: Duration) -> Result<Answer, LaneError> {
        self.begin(text, wait)?;
        let mut answer = self.pending.take().unwrap_or_default();
        let deadline = Deadline::after(wait);
        match self.wire.receive(&mut answer, Columns::Any, deadline) {
            Err(QueryError::Stream(error, None)) if error.kind() == io::ErrorKind::TimedOut => {
                let late = LaneError::Deadline(wait);
                self.gone = Some(late.clone());
                Err(late)
            }
            other => self.judge(other, answer),
        }
    }

    fn judge(
        &mut self,
        received: Result<(), QueryError>,
        answer: Answer,
    ) -> Result<Answer, LaneError> {
        match received {
            Ok(()) => match answer.error {
                Some(error) => Err(LaneError::Server(error)),
                None => Ok(answer),
            },
            Err(QueryError::Stream(_, Some(words))) => {
                Err(self.lost("the pooler ended our session", Some(words)))
            }
            Err(QueryError::Stream(error, None)) => {
                Err(self.lost(&format!("contact lost: {error}"), None))
            }
            Err(QueryError::Protocol(what)) => {
                Err(self.lost(&format!("contact lost: the pooler sent {what}"), None))
            }
        }
    }

    fn lost(&mut self, what: &str, last_words: Option<ServerError>) -> LaneError {
        let lost = LaneError::Lost {
            what: what.to_owned(),
            last_words,
        };
        self.gone = Some(lost.clone());
        lost
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        if self.gone.is_none() {
            self.wire.terminate(Deadline::after(PARTING));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn columns_are_found_by_name_wherever_they_stand() {
        let text = |words: &[&str]| words.iter().map(|it| (*it).to_owned()).collect();
        let row = vec![Some("5".to_owned()), None];
        for columns in [["a", "b"], ["b", "a"]] {
            let table = Table::new(text(&columns), vec![row.clone()]);
            let first = table.rows().next();
            let first = first.and_then(|row| row.get("a"));
            assert_eq!(first, (columns[0] == "a").then_some("5"));
        }
        let table = Table::new(text(&["a"]), vec![row]);
        assert!(table.rows().all(|row| row.get("c").is_none()));
    }
}
