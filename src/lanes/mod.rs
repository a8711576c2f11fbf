//! The ways in. Opens a lane to the database and says by itself whether it is open, and if not, why.
//!
//! Stage: after the target is known, before anything is observed.
//! Never: chooses, signals, prints or asks.
//!
//! Both database lanes answer the same small interface, [`Lane`], so that everything above is written once.
//! Beside them, `http` asks an application's health endpoint.
//! Read on in `open` (when to try which), `knock` (one try), `login` and `replication` (the lanes), `explain` (refusals).

mod attempt;
mod binding;
mod caller;
mod deadline;
mod encryption;
mod explain;
mod failure;
pub mod http;
mod knock;
mod lockout;
mod login;
mod lossy_text;
mod message;
mod open;
mod pgbouncer;
mod replication;
mod resolve;
pub mod sock_diag;
mod socket;
mod suitable;
mod tls_stream;
mod transaction;
mod transcript;
mod wire;

pub use explain::{Explanation, Variant, explain};
pub use failure::{Caller, Cause, Refusal, Stage};
pub use lockout::{Attempts, Counted, Lockout};
pub use open::{LaneChoice, OpenRequest, Opened, RetryProgress, open};
pub use pgbouncer::{Console, ConsoleRequest, Named, Table, open_console};

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

/// Which way in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum LaneKind {
    /// An ordinary login: uses a slot.
    Login,
    /// `replication=database`: a walsender, uses no connection slot.
    Replication,
    /// A pooler's admin console: no connection to the database at all.
    Pgbouncer,
}

words!(LaneKind);

/// What the server said of itself while we logged in, and what the login cost.
#[derive(Debug, Clone)]
pub struct Greeting {
    /// Where we are: [`crate::connect::Endpoint::label`] of the endpoint that answered.
    pub endpoint: String,
    /// `server_version` as sent, for example `17.10`.
    pub server_version: String,
    /// As a number, for example 170010; 0 when it cannot be read.
    pub version_num: u32,
    /// Whether the connection is encrypted.
    pub encrypted: bool,
    /// How long the socket took, the look-up of its name included; the login lane says it.
    pub connected_in: Option<Duration>,
    /// Login attempts made before this one stood, all lanes together.
    pub refused_before: u32,
    /// Process id of our own backend; `None` when the server did not say.
    pub backend_pid: Option<i32>,
    /// Whether the role is a superuser; `None` when the server did not say.
    pub is_superuser: Option<bool>,
    /// Whether the server is in recovery (said by 14 and later).
    pub in_hot_standby: Option<bool>,
    /// Whether transactions are read-only by default (said by 14 and later).
    pub read_only_by_default: Option<bool>,
    /// Whether the target's `options` were left out because a pooler refused them.
    pub options_dropped: bool,
}

/// One row, every column as text. NULL is `None`. Bytes that are no UTF-8 have become U+FFFD.
pub type Row = Vec<Option<String>>;

/// An open way in. It may be opened by one thread and used by another.
pub trait Lane: Send {
    /// Which lane this is.
    fn kind(&self) -> LaneKind;

    /// What was learned on the way in.
    fn greeting(&self) -> &Greeting;

    /// Runs one statement in a transaction of its own and returns its rows.
    ///
    /// The statement must return text columns only. It takes no parameters: write integers and
    /// [`quote_literal`]ed text into it. `statement_timeout`, `lock_timeout` and
    /// `idle_in_transaction_session_timeout` are set for that transaction from `wait`, and `search_path`
    /// is `pg_catalog`; one round trip in all. The call returns within `wait` plus a second, whatever the server does.
    fn rows(&mut self, sql: &str, wait: Duration) -> Result<Vec<Row>, LaneError>;

    /// The same, each row handed over as it comes where the lane can, so that thousands are not held beside what is
    /// made of them. Before an error some may have been handed over already.
    fn each_row(
        &mut self,
        sql: &str,
        wait: Duration,
        take: &mut dyn FnMut(Row),
    ) -> Result<(), LaneError> {
        self.rows(sql, wait)?.into_iter().for_each(take);
        Ok(())
    }
}

/// What went wrong on an open lane.
#[derive(Debug, Clone)]
pub enum LaneError {
    /// The server answered with an error; the lane is still open.
    Server(ServerError),
    /// The lane is gone: closed, reset, or our session was ended. With the server's last words, if it had any.
    Lost {
        /// What was seen.
        what: String,
        /// The FATAL that ended the session, when one arrived.
        last_words: Option<ServerError>,
    },
    /// No answer within the limit; the lane is not usable any more.
    Deadline(Duration),
}

/// An ErrorResponse, driver-independent. Text is the server's and untrusted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerError {
    /// `FATAL`, `ERROR`… never translated (field `V`), else the translated one.
    pub severity: String,
    /// SQLSTATE; empty when the server sent the pre-3.0 format, which has none.
    pub sqlstate: String,
    /// The source routine (field `R`), never translated; poolers send none.
    pub routine: Option<String>,
    /// Primary message.
    pub message: String,
    /// Detail.
    pub detail: Option<String>,
    /// Hint.
    pub hint: Option<String>,
}

/// `text` as an SQL string literal, safe whatever `standard_conforming_strings` says.
pub fn quote_literal(text: &str) -> String {
    let body = text
        .replace('\0', "")
        .replace('\\', "\\\\")
        .replace('\'', "''");
    if body.contains('\\') {
        format!("E'{body}'")
    } else {
        format!("'{body}'")
    }
}

/// `name` as a quoted identifier of SQL or of a pooler's console.
pub fn quote_identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('\0', "").replace('"', "\"\""))
}

impl std::fmt::Display for ServerError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.severity, self.message)?;
        if let Some(detail) = &self.detail {
            write!(f, " ({detail})")?;
        }
        if !self.sqlstate.is_empty() {
            write!(f, " [{}]", self.sqlstate)?;
        }
        Ok(())
    }
}

impl std::error::Error for ServerError {}

impl std::fmt::Display for LaneError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Server(error) => error.fmt(f),
            Self::Lost {
                what,
                last_words: Some(words),
            } => {
                write!(f, "{what}; the server's last words: {words}")
            }
            Self::Lost {
                what,
                last_words: None,
            } => f.write_str(what),
            Self::Deadline(limit) => write!(f, "no answer within {:?}", deadline::rounded(*limit)),
        }
    }
}

impl std::error::Error for LaneError {}

/// The addresses of a host name, within `limit`: for a lane that connects to none of them.
pub fn addresses(name: &str, port: u16, limit: Duration) -> io::Result<Vec<SocketAddr>> {
    resolve::resolve(name, port, deadline::Deadline::after(limit))
}
