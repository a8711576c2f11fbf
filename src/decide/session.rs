//! A session as `pg_stat_activity` shows it: who it is, what it does, where its client is, what it waits for.
//!
//! Pure values. Text in them comes from the server and is untrusted until it went through
//! `report::sanitize`.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::identity::SessionId;

/// One server process, with what the server tells our role about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Who it is.
    pub id: SessionId,
    /// What it is for.
    pub kind: Kind,
    /// Role name; `None` while authenticating.
    pub user: Option<String>,
    /// Whether that role is a superuser; `None` when there is no role yet.
    pub superuser: Option<bool>,
    /// Database name.
    pub database: Option<String>,
    /// `application_name`; empty when the client set none.
    pub application: Option<String>,
    /// Where its client is.
    pub client: Client,
    /// The client's TCP port; -1 on a Unix socket, as the server says it.
    pub client_port: Option<i32>,
    /// State; `None` when hidden from our role.
    pub state: Option<State>,
    /// Age of the connection.
    pub connected_for: Option<Duration>,
    /// Age of the open transaction.
    pub in_transaction_for: Option<Duration>,
    /// Since the running (or last) statement began.
    pub query_for: Option<Duration>,
    /// Since the state last changed.
    pub state_for: Option<Duration>,
    /// `query_start` in microseconds since 1970: which statement, for a cancel that must hit no other.
    pub query_started: Option<i64>,
    /// What it waits for.
    pub wait: Option<Wait>,
    /// PIDs that keep it waiting for a lock.
    pub blocked_by: Vec<i32>,
    /// Of a parallel worker: its leader.
    pub leader: Option<i32>,
    /// Running or last statement, perhaps cut.
    pub query: Option<String>,
    /// Whether the server hides this row's particulars from our role.
    pub hidden: bool,
    /// What it is to a pooler, where one was asked: its server connection, and the client behind it.
    pub pooled: Option<Pooled>,
}

/// `backend_type`, as far as a rule depends on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A client's session: holds one of `max_connections`.
    Client,
    /// Streams WAL, or is a login over the replication lane; has its own slots (12+).
    Walsender,
    /// Helps a leader; has its own slots.
    ParallelWorker,
    /// Anything else, by the server's name for it: autovacuum, launchers, extensions.
    Background(String),
    /// Hidden from our role.
    Hidden,
}

impl Kind {
    /// The server's name for it.
    pub fn name(&self) -> &str {
        match self {
            Self::Client => "client backend",
            Self::Walsender => "walsender",
            Self::ParallelWorker => "parallel worker",
            Self::Background(name) => name,
            Self::Hidden => "hidden",
        }
    }
}

/// `state`, in PostgreSQL's words.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    strum::IntoStaticStr,
    strum::EnumString,
)]
#[strum(serialize_all = "lowercase")]
pub enum State {
    /// Running a statement.
    Active,
    /// Waiting for its client, no transaction open.
    Idle,
    /// Waiting for its client with a transaction open.
    #[strum(serialize = "idle in transaction")]
    IdleInTransaction,
    /// The same, and the transaction has failed.
    #[strum(serialize = "idle in transaction (aborted)")]
    Aborted,
    /// Running a fast-path function.
    #[strum(serialize = "fastpath function call")]
    Fastpath,
    /// `track_activities` is off for it.
    Disabled,
    /// Still authenticating (visible from 18 on).
    Starting,
    /// A word this program does not know.
    Other,
}

words!(State);

impl State {
    /// All that can be asked for, in the order of the manual.
    pub const ALL: [Self; 7] = [
        Self::Active,
        Self::Idle,
        Self::IdleInTransaction,
        Self::Aborted,
        Self::Fastpath,
        Self::Disabled,
        Self::Starting,
    ];

    /// The spelling without blanks, for flags and completion.
    pub fn flag(self) -> &'static str {
        match self {
            Self::IdleInTransaction => "idle-in-transaction",
            Self::Aborted => "aborted",
            Self::Fastpath => "fastpath",
            other => other.name(),
        }
    }

    /// Reads what `pg_stat_activity` says.
    pub fn from_server(text: &str) -> Self {
        text.parse().unwrap_or(Self::Other)
    }

    /// Reads what a person types: either spelling.
    pub fn from_flag(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|state| state.name() == text || state.flag() == text)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where a client connects from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Client {
    /// Unix socket.
    Local,
    /// TCP.
    Address(IpAddr),
    /// Hidden from our role, or no client at all.
    Unknown,
}

impl Client {
    /// `local` or an address; nothing where it is hidden or there is none.
    pub fn known(self) -> Option<String> {
        (self != Self::Unknown).then(|| self.to_string())
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => f.write_str("local"),
            Self::Address(address) => address.fmt(f),
            Self::Unknown => f.write_str("?"),
        }
    }
}

/// `wait_event_type` and `wait_event`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// Class, for example `Lock`.
    pub class: String,
    /// Event, for example `transactionid`.
    pub event: String,
}

/// What a session is to a pooler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pooled {
    /// The pooler's name of the database.
    pub database: String,
    /// The client that uses the session now; `None` while it idles in the pool.
    pub client: Option<BehindPool>,
}

/// The real client behind a pooled session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BehindPool {
    /// Role it logged in to the pooler as.
    pub user: String,
    /// Its application name, where the pooler tells.
    pub application: Option<String>,
    /// Where it is.
    pub client: Client,
    /// Its port.
    pub port: Option<u16>,
    /// `id`, for `KILL_CLIENT` (1.24 and later).
    pub id: Option<u64>,
}

impl BehindPool {
    /// `10.0.0.7:51234`, or `local`. Addresses only, so it is safe to print.
    pub fn place(&self) -> String {
        match (self.client, self.port) {
            (Client::Address(address), Some(port)) => SocketAddr::new(address, port).to_string(),
            (client, _) => client.to_string(),
        }
    }
}

impl Session {
    /// Holds one of `max_connections`. A hidden row with a database counts: it is a client as far as
    /// anybody without `pg_monitor` can tell.
    pub fn holds_slot(&self) -> bool {
        match self.kind {
            Kind::Client => true,
            Kind::Hidden => self.database.is_some(),
            _ => false,
        }
    }

    /// Waits for a lock that another session holds or queues for.
    pub fn waits_for_lock(&self) -> bool {
        !self.blocked_by.is_empty() || self.wait.as_ref().is_some_and(|wait| wait.class == "Lock")
    }

    /// Waits for a synchronous standby to confirm a commit.
    pub fn waits_for_standby(&self) -> bool {
        self.wait
            .as_ref()
            .is_some_and(|wait| wait.event == "SyncRep")
    }

    /// Its last statement was `LISTEN`: it idles on purpose. The view has no better sign.
    pub fn listens(&self) -> bool {
        let first_word = self
            .query
            .as_deref()
            .unwrap_or("")
            .split_whitespace()
            .next()
            .unwrap_or("");
        first_word.eq_ignore_ascii_case("listen")
    }

    /// Runs a statement.
    pub fn runs(&self) -> bool {
        matches!(self.state, Some(State::Active | State::Fastpath))
    }

    /// Idle for this long, in no transaction.
    pub fn idle_for(&self) -> Option<Duration> {
        (self.state == Some(State::Idle))
            .then_some(self.state_for)
            .flatten()
    }

    /// Running its statement for this long.
    pub fn active_for(&self) -> Option<Duration> {
        self.runs().then_some(self.query_for).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::State;

    #[test]
    fn every_state_is_read_back_in_both_spellings() {
        for state in State::ALL {
            assert_eq!(State::from_flag(state.name()), Some(state));
            assert_eq!(State::from_flag(state.flag()), Some(state));
            assert_eq!(State::from_server(state.name()), state);
        }
        assert_eq!(State::from_flag("sleeping"), None);
        assert_eq!(State::from_server("sleeping"), State::Other);
    }
}
