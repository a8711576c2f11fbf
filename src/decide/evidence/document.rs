//! `breakglass/snapshot/1`: the form of a file of evidence, for writing and for reading back.
//!
//! Pure. Moments are microseconds since 1970 and ages microseconds (`…_us`), so that nothing is lost on the way; the
//! same moments stand beside them as RFC 3339 for people. Keys are only added.
//! What is read is not trusted: a number no server can give is an error that says which, never a session of its own.

mod read;

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Database, Evidence, Lock, Queries, Setting, command_word};
use crate::decide::capacity::ProviderReserve;
use crate::decide::session::Pooled;
use crate::decide::session::{Client, Kind, Session};
use crate::decide::snapshot::NamedLimit;

pub use self::read::read;

/// What the format's name begins with; its version follows.
pub const FORMAT: &str = "breakglass/snapshot/";
/// The version written, and the newest that can be read.
pub const VERSION: u32 = 1;
/// The last microsecond of the year 9999.
const LAST: i64 = 253_402_300_799_999_999;

/// The file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Document {
    format: String,
    taken: TakenJson,
    target: String,
    /// `left-out` or `kept`.
    query_text: String,
    #[serde(default)]
    refused_before: Vec<String>,
    #[serde(default)]
    refusals: Vec<Value>,
    #[serde(default)]
    database: Option<DatabaseJson>,
    #[serde(default)]
    beside: BTreeMap<String, Value>,
    #[serde(default)]
    not_seen: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct TakenJson {
    #[serde(default)]
    at: String,
    at_us: i64,
    by: String,
    #[serde(default)]
    sudo_user: Option<String>,
    host: String,
    version: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct DatabaseJson {
    lane: String,
    endpoint: String,
    encrypted: bool,
    #[serde(default)]
    at: String,
    at_us: i64,
    server: ServerJson,
    limits: LimitsJson,
    #[serde(default)]
    role_limits: Vec<NamedLimitJson>,
    #[serde(default)]
    database_limits: Vec<NamedLimitJson>,
    prepared_transactions: PreparedJson,
    sessions: Vec<SessionJson>,
    #[serde(default)]
    settings: Vec<Setting>,
    #[serde(default)]
    locks: Vec<Lock>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct ServerJson {
    version: String,
    version_num: u32,
    in_recovery: bool,
    system_identifier: Option<String>,
    cluster_name: Option<String>,
    uptime_us: u64,
    own_pid: i32,
    role: String,
    role_superuser: bool,
    role_may_signal: bool,
    role_may_see: bool,
    role_reserved: bool,
    database: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct LimitsJson {
    max_connections: u32,
    superuser_reserved_connections: u32,
    reserved_connections: u32,
    #[serde(default)]
    provider: Vec<ProviderJson>,
    max_wal_senders: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct ProviderJson {
    setting: String,
    slots: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct NamedLimitJson {
    name: String,
    limit: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct PreparedJson {
    count: u32,
    oldest_us: Option<u64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct SessionJson {
    pid: i32,
    #[serde(default)]
    backend_start: Option<String>,
    backend_start_us: Option<i64>,
    kind: String,
    #[serde(default)]
    backend_type: Option<String>,
    user: Option<String>,
    superuser: Option<bool>,
    database: Option<String>,
    application: Option<String>,
    /// `local`, an address, or null.
    client: Option<String>,
    client_port: Option<i32>,
    state: Option<String>,
    connected_us: Option<u64>,
    transaction_us: Option<u64>,
    query_us: Option<u64>,
    state_us: Option<u64>,
    query_start_us: Option<i64>,
    wait_event_type: Option<String>,
    wait_event: Option<String>,
    blocked_by: Vec<i32>,
    leader_pid: Option<i32>,
    query_command: Option<String>,
    /// In characters, as far as the server kept it.
    query_length: Option<u64>,
    query: Option<String>,
    hidden: bool,
    /// What it is to a pooler that was asked.
    #[serde(default)]
    pooled: Option<PooledJson>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct PooledJson {
    database: String,
    client: Option<BehindJson>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct BehindJson {
    user: String,
    application: Option<String>,
    /// `local`, an address, or null.
    client: Option<String>,
    port: Option<u16>,
    id: Option<u64>,
}

/// Evidence as it is written.
pub fn write(evidence: &Evidence) -> Document {
    Document {
        format: format!("{FORMAT}{VERSION}"),
        taken: TakenJson {
            at: rfc3339(evidence.taken.at),
            at_us: evidence.taken.at,
            by: evidence.taken.by.clone(),
            sudo_user: evidence.taken.sudo_user.clone(),
            host: evidence.taken.host.clone(),
            version: evidence.taken.version.clone(),
        },
        target: evidence.target.clone(),
        query_text: evidence.queries.name().to_owned(),
        refused_before: evidence.refused_before.clone(),
        refusals: evidence.refusals.clone(),
        database: evidence
            .database
            .as_ref()
            .map(|database| write_database(database, evidence.queries)),
        beside: evidence.beside.iter().cloned().collect(),
        not_seen: evidence.not_seen.clone(),
    }
}

fn write_database(database: &Database, queries: Queries) -> DatabaseJson {
    let snapshot = &database.snapshot;
    let server = &snapshot.server;
    let named = |limits: &[NamedLimit]| {
        let json = |limit: &NamedLimit| NamedLimitJson {
            name: limit.name.clone(),
            limit: limit.limit,
        };
        limits.iter().map(json).collect()
    };
    let provider = |it: &ProviderReserve| ProviderJson {
        setting: it.setting.clone(),
        slots: it.slots,
    };
    DatabaseJson {
        lane: database.lane.clone(),
        endpoint: database.endpoint.clone(),
        encrypted: database.encrypted,
        at: rfc3339(snapshot.at),
        at_us: snapshot.at,
        server: ServerJson {
            version: server.version.clone(),
            version_num: server.version_num,
            in_recovery: server.in_recovery,
            system_identifier: server.system_identifier.clone(),
            cluster_name: server.cluster_name.clone(),
            uptime_us: micros(server.uptime),
            own_pid: server.own_pid,
            role: server.role.clone(),
            role_superuser: server.role_superuser,
            role_may_signal: server.role_may_signal,
            role_may_see: server.role_may_see,
            role_reserved: server.role_reserved,
            database: server.database.clone(),
        },
        limits: LimitsJson {
            max_connections: snapshot.limits.max_connections,
            superuser_reserved_connections: snapshot.limits.superuser_reserved,
            reserved_connections: snapshot.limits.reserved,
            provider: snapshot.limits.provider.iter().map(provider).collect(),
            max_wal_senders: snapshot.limits.max_wal_senders,
        },
        role_limits: named(&snapshot.role_limits),
        database_limits: named(&snapshot.database_limits),
        prepared_transactions: PreparedJson {
            count: snapshot.prepared.count,
            oldest_us: snapshot.prepared.oldest.map(micros),
        },
        sessions: snapshot
            .sessions
            .iter()
            .map(|session| write_session(session, queries))
            .collect(),
        settings: database.settings.clone(),
        locks: database.locks.clone(),
    }
}

fn write_session(session: &Session, queries: Queries) -> SessionJson {
    let query = session.query.as_deref();
    SessionJson {
        pid: session.id.pid,
        backend_start: session.id.started.map(rfc3339),
        backend_start_us: session.id.started,
        kind: match &session.kind {
            Kind::Background(_) => "background".to_owned(),
            other => other.name().to_owned(),
        },
        backend_type: match &session.kind {
            Kind::Background(name) => Some(name.clone()),
            _ => None,
        },
        user: session.user.clone(),
        superuser: session.superuser,
        database: session.database.clone(),
        application: session.application.clone(),
        client: write_client(session.client),
        client_port: session.client_port,
        state: session.state.map(|state| state.name().to_owned()),
        connected_us: session.connected_for.map(micros),
        transaction_us: session.in_transaction_for.map(micros),
        query_us: session.query_for.map(micros),
        state_us: session.state_for.map(micros),
        query_start_us: session.query_started,
        wait_event_type: session.wait.as_ref().map(|wait| wait.class.clone()),
        wait_event: session.wait.as_ref().map(|wait| wait.event.clone()),
        blocked_by: session.blocked_by.clone(),
        leader_pid: session.leader,
        query_command: query.and_then(command_word).map(str::to_owned),
        query_length: query.map(|text| u64::try_from(text.chars().count()).unwrap_or(u64::MAX)),
        query: query
            .filter(|_| queries == Queries::Kept)
            .map(str::to_owned),
        hidden: session.hidden,
        pooled: session.pooled.as_ref().map(write_pooled),
    }
}

fn write_pooled(pooled: &Pooled) -> PooledJson {
    PooledJson {
        database: pooled.database.clone(),
        client: pooled.client.as_ref().map(|behind| BehindJson {
            user: behind.user.clone(),
            application: behind.application.clone(),
            client: write_client(behind.client),
            port: behind.port,
            id: behind.id,
        }),
    }
}

fn write_client(client: Client) -> Option<String> {
    (client != Client::Unknown).then(|| client.to_string())
}

fn micros(age: Duration) -> u64 {
    u64::try_from(age.as_micros()).unwrap_or(u64::MAX)
}

fn rfc3339(at: i64) -> String {
    let at = u64::try_from(at.clamp(0, LAST)).unwrap_or(0);
    humantime::format_rfc3339_micros(UNIX_EPOCH + Duration::from_micros(at)).to_string()
}
