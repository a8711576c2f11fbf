//! One look at a server: who it is, its limits, everybody on it.
//!
//! Pure values; `observe` fills them in. Ages in it are relative to the server's clock at that look.

use std::time::Duration;

use super::capacity::{Capacity, Limits};
use super::form;
use super::identity::SessionId;
use super::session::{Kind, Session, State};

/// Everything one query brought back.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// The server.
    pub server: Server,
    /// Its limits.
    pub limits: Limits,
    /// All its processes, clients or not, ours included.
    pub sessions: Vec<Session>,
    /// Roles that have a `CONNECTION LIMIT`.
    pub role_limits: Vec<NamedLimit>,
    /// Databases that have a `CONNECTION LIMIT`.
    pub database_limits: Vec<NamedLimit>,
    /// Prepared transactions: how many, and the age of the oldest. They hold locks, but no slot.
    pub prepared: Prepared,
    /// Server's clock at this look, microseconds since 1970.
    pub at: i64,
}

/// Identity of the server, so that nobody acts on the wrong one.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Server {
    /// `server_version`, for example `17.10`.
    pub version: String,
    /// `server_version_num`, for example 170010.
    pub version_num: u32,
    /// Standby, as opposed to primary.
    pub in_recovery: bool,
    /// From the control file, when our role may read it.
    pub system_identifier: Option<String>,
    /// Since the postmaster started.
    #[serde(rename = "uptime_seconds", with = "form::seconds")]
    pub uptime: Duration,
    /// `cluster_name`, when set.
    pub cluster_name: Option<String>,
    /// Our own session there.
    pub own_pid: i32,
    /// The role we are.
    pub role: String,
    /// Whether that is a superuser.
    pub role_superuser: bool,
    /// Whether it may signal other roles' sessions (`pg_signal_backend`).
    pub role_may_signal: bool,
    /// Whether it sees everybody's particulars (`pg_read_all_stats`, which `pg_monitor` includes).
    pub role_may_see: bool,
    /// Whether it may use `reserved_connections` (16+).
    pub role_reserved: bool,
    /// The database we are in.
    pub database: String,
}

/// A role or database with a limit of its own.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct NamedLimit {
    /// Its name.
    pub name: String,
    /// Its `CONNECTION LIMIT`.
    pub limit: u32,
}

/// Two-phase transactions waiting for their second phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Prepared {
    /// How many.
    pub count: u32,
    /// Age of the oldest.
    #[serde(rename = "oldest_seconds", with = "form::seconds")]
    pub oldest: Option<Duration>,
}

impl Snapshot {
    /// Sessions that hold one of `max_connections`.
    pub fn holders(&self) -> impl Iterator<Item = &Session> {
        self.sessions.iter().filter(|session| session.holds_slot())
    }

    /// Slots by class, used and free.
    pub fn capacity(&self) -> Capacity {
        let used = u32::try_from(self.holders().count()).unwrap_or(u32::MAX);
        Capacity::of(&self.limits, used)
    }

    /// How many of `kind` there are.
    pub fn count(&self, kind: &Kind) -> usize {
        self.sessions
            .iter()
            .filter(|session| &session.kind == kind)
            .count()
    }

    /// Processes that are neither clients nor walsenders.
    pub fn others(&self) -> impl Iterator<Item = &Session> {
        self.sessions
            .iter()
            .filter(|session| matches!(session.kind, Kind::Background(_) | Kind::ParallelWorker))
    }

    /// Sessions still authenticating: a number from 18 on, `None` where the server cannot show them.
    pub fn authenticating(&self) -> Option<usize> {
        (self.server.version_num >= 180_000).then(|| {
            self.sessions
                .iter()
                .filter(|s| s.state == Some(State::Starting))
                .count()
        })
    }

    /// How many rows are hidden from our role.
    pub fn hidden(&self) -> usize {
        self.holders().filter(|session| session.hidden).count()
    }

    /// The session with this identity, if it is still there.
    pub fn find(&self, id: SessionId) -> Option<&Session> {
        self.sessions.iter().find(|session| session.id == id)
    }

    /// Our own session.
    pub fn ours(&self, session: &Session) -> bool {
        session.id.pid == self.server.own_pid
    }

    /// Connections of `role`, as the server counts them against its limit.
    pub fn role_used(&self, role: &str) -> usize {
        self.holders()
            .filter(|session| session.user.as_deref() == Some(role))
            .count()
    }

    /// Connections to `database`, as the server counts them against its limit.
    pub fn database_used(&self, database: &str) -> usize {
        self.holders()
            .filter(|session| session.database.as_deref() == Some(database))
            .count()
    }
}
