//! One refused attempt, as data: which lane, where, how far it came, and what was the answer.
//!
//! Stage: made where an attempt fails; [`super::explain()`] turns it into sentences.
//! Never: changes the server's words. They are untrusted; whoever prints them cleans them.

pub use super::caller::Caller;
use super::{LaneKind, ServerError};
use std::io::ErrorKind;
use std::time::Duration;

/// How far an attempt came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Stage {
    /// Looking up the host name.
    Resolve,
    /// Connecting the socket.
    Socket,
    /// Agreeing on TLS.
    Tls,
    /// The startup packet is sent; nothing was asked of us yet.
    Startup,
    /// The server has sent an authentication message.
    Authentication,
    /// Logged in; the server was not what was wanted, or went away at once.
    After,
}

words!(Stage);

/// What was seen instead of an open lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// An ErrorResponse. Without SQLSTATE it came in the pre-3.0 format, which today only a postmaster that
    /// could not start a process uses.
    Server(ServerError),
    /// The operating system's error, ours included (no descriptor left).
    Io {
        /// Its kind.
        kind: ErrorKind,
        /// Its text.
        text: String,
    },
    /// No answer within this limit.
    Timeout(Duration),
    /// The connection ended where an answer was due.
    Closed,
    /// The TLS handshake failed, explained.
    Tls(String),
    /// TLS is required and the server has none.
    TlsUnavailable,
    /// The TLS settings cannot be used (a file that cannot be read, say).
    TlsSettings(String),
    /// The first bytes of an answer that is not PostgreSQL's.
    Alien(Vec<u8>),
    /// The server wants a password and none is at hand.
    PasswordMissing,
    /// The server wants an authentication method we do not speak.
    UnsupportedMethod(String),
    /// `channel_binding=require` could not be met, or the server failed to prove itself.
    Untrusted(String),
    /// Logged in, but this is not the kind of server `target_session_attrs` asks for; what it is instead.
    Unsuitable(String),
    /// This machine could not make what a connection needs.
    Local(String),
}

/// One refused attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Which lane was tried.
    pub lane: LaneKind,
    /// Where: [`crate::connect::Endpoint::label`].
    pub endpoint: String,
    /// How far it came.
    pub stage: Stage,
    /// Whether the connection was encrypted by then.
    pub encrypted: bool,
    /// How long the login lane's socket took, if there was one.
    pub connected_in: Option<Duration>,
    /// Whether the server sent any authentication message. False with an ErrorResponse means: refused before
    /// anybody looked at the role, so the refusal proves nothing about it.
    pub auth_reached: bool,
    /// Whether authentication succeeded: the role exists and the password, if one was asked for, is right.
    pub authenticated: bool,
    /// What was seen.
    pub cause: Cause,
    /// As whom.
    pub caller: Caller,
}

impl Refusal {
    /// The ErrorResponse, when there was one.
    pub fn server(&self) -> Option<&ServerError> {
        match &self.cause {
            Cause::Server(error) => Some(error),
            _ => None,
        }
    }

    /// The SQLSTATE, when there was one.
    pub fn sqlstate(&self) -> Option<&str> {
        self.server()
            .map(|error| error.sqlstate.as_str())
            .filter(|code| !code.is_empty())
    }

    /// The kind of the operating system's error, when there was one.
    pub fn io_kind(&self) -> Option<ErrorKind> {
        match &self.cause {
            Cause::Io { kind, .. } => Some(*kind),
            _ => None,
        }
    }

    /// Whether a pooler seems to have answered in the server's stead: an ErrorResponse with an SQLSTATE but without a
    /// source routine. PostgreSQL always sends one; PgBouncer and Supavisor never do.
    pub fn from_pooler(&self) -> bool {
        self.server()
            .is_some_and(|error| !error.sqlstate.is_empty() && error.routine.is_none())
    }
}
