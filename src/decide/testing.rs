//! Tiny builders for tests: a session, a snapshot, and what is special about them.
//!
//! Only for tests; the defaults are an idle client of application `web` on a server with 20 slots.

use std::time::Duration;

use super::capacity::Limits;
use super::criteria::Criteria;
use super::filters::{FilterLane, criteria};
use super::identity::SessionId;
use super::session::{Client, Kind, Session, State, Wait};
use super::snapshot::{Prepared, Server, Snapshot};

/// The PID of our own session in [`snapshot`].
pub const OURS: i32 = 1;
/// The moment of the look, microseconds since 1970: 2026-11-22 03:14:15 UTC.
pub const NOW: i64 = 1_795_317_255_000_000;

/// Seconds.
pub fn s(seconds: u64) -> Option<Duration> {
    Some(Duration::from_secs(seconds))
}

/// An idle client of `web`, connected for an hour, idle for a minute.
pub fn session(pid: i32) -> Session {
    Session {
        id: SessionId {
            pid,
            started: Some(NOW - 3_600_000_000 - i64::from(pid)),
        },
        kind: Kind::Client,
        user: Some("web".to_owned()),
        superuser: Some(false),
        database: Some("shop".to_owned()),
        application: Some("web".to_owned()),
        client: Client::Address([10, 0, 0, 5].into()),
        client_port: Some(40_000 + pid),
        state: Some(State::Idle),
        connected_for: s(3600),
        in_transaction_for: None,
        query_for: s(61),
        state_for: s(60),
        query_started: Some(NOW - 61_000_000),
        wait: None,
        blocked_by: Vec::new(),
        leader: None,
        query: Some("SELECT * FROM cart WHERE id = $1".to_owned()),
        hidden: false,
        pooled: None,
    }
}

/// Runs a statement for `seconds`.
pub fn active(pid: i32, seconds: u64) -> Session {
    Session {
        state: Some(State::Active),
        in_transaction_for: s(seconds),
        query_for: s(seconds),
        state_for: s(seconds),
        query: Some("UPDATE stock SET n = n - 1".to_owned()),
        ..session(pid)
    }
}

/// Idle in a transaction for `seconds`.
pub fn in_transaction(pid: i32, seconds: u64) -> Session {
    Session {
        state: Some(State::IdleInTransaction),
        in_transaction_for: s(seconds + 1),
        state_for: s(seconds),
        ..session(pid)
    }
}

/// Waits for a lock that `blockers` hold, for `seconds`.
pub fn blocked(pid: i32, blockers: &[i32], seconds: u64) -> Session {
    Session {
        blocked_by: blockers.to_vec(),
        wait: Some(Wait {
            class: "Lock".to_owned(),
            event: "transactionid".to_owned(),
        }),
        ..active(pid, seconds)
    }
}

/// A row whose particulars the server hides from our role.
pub fn hidden(pid: i32) -> Session {
    Session {
        id: SessionId { pid, started: None },
        kind: Kind::Hidden,
        client: Client::Unknown,
        state: None,
        connected_for: None,
        query_for: None,
        state_for: None,
        query_started: None,
        query: None,
        hidden: true,
        ..session(pid)
    }
}

/// A process that is no client.
pub fn process(pid: i32, kind: Kind) -> Session {
    Session {
        kind,
        user: None,
        superuser: None,
        database: None,
        application: Some(String::new()),
        client: Client::Unknown,
        state: None,
        query: None,
        ..session(pid)
    }
}

/// Our own session, PID [`OURS`].
pub fn ours() -> Session {
    Session {
        user: Some("breakglass".to_owned()),
        superuser: Some(true),
        database: Some("postgres".to_owned()),
        application: Some("breakglass".to_owned()),
        client: Client::Local,
        client_port: Some(-1),
        connected_for: s(0),
        query: Some("SELECT pid FROM pg_stat_activity".to_owned()),
        ..active(OURS, 0)
    }
}

/// PostgreSQL 17 with 20 slots of which 3 are the superuser's.
pub fn snapshot(sessions: Vec<Session>) -> Snapshot {
    Snapshot {
        server: Server {
            version: "17.10".to_owned(),
            version_num: 170_010,
            system_identifier: Some("7437002112233445566".to_owned()),
            uptime: Duration::from_secs(1_054_800),
            cluster_name: Some("main".to_owned()),
            own_pid: OURS,
            role: "breakglass".to_owned(),
            role_superuser: true,
            role_may_signal: true,
            role_may_see: true,
            role_reserved: false,
            database: "postgres".to_owned(),
            in_recovery: false,
        },
        limits: Limits {
            max_connections: 20,
            superuser_reserved: 3,
            max_wal_senders: 10,
            ..Limits::default()
        },
        sessions,
        role_limits: Vec::new(),
        database_limits: Vec::new(),
        prepared: Prepared::default(),
        at: NOW,
    }
}

/// What a line such as `--user web --not-app ''` asks of lane `L`.
#[track_caller]
pub fn asked<L: FilterLane>(line: &str) -> Criteria<L::Of> {
    read::<L>(line).unwrap_or_else(|error| panic!("{line}: {error}"))
}

/// The same, or why not.
pub fn read<L: FilterLane>(line: &str) -> Result<Criteria<L::Of>, String> {
    let mut typed: Vec<(&str, &str)> = Vec::new();
    for word in line.split_whitespace() {
        match typed.last_mut() {
            Some((_, value)) if !word.starts_with("--") => *value = word.trim_matches('\''),
            _ => typed.push((word, "")),
        }
    }
    criteria::<L>(&typed)
}
