//! `breakglass/snapshot/1`: the form of a file of evidence, for writing and for reading back.
//!
//! Pure. Moments are microseconds since 1970 and ages microseconds (`…_us`), so that nothing is lost on the way; the
//! same moments stand beside them as RFC 3339 for people. Keys are only added.
//! What is read is not trusted: a number no server can give is an error that says which, never a session of its own.

use std::collections::{BTreeMap, HashSet};
use std::net::IpAddr;
use std::time::{Duration, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Database, Evidence, Lock, Queries, Setting, Taken, command_word, without_text};
use crate::decide::capacity::Limits;
use crate::decide::holder::{Client, Kind, Session, State, Wait};
use crate::decide::identity::SessionId;
use crate::decide::pools::pooled::{BehindPool, Pooled};
use crate::decide::snapshot::{NamedLimit, Prepared, Server, Snapshot};

/// What the format's name begins with; its version follows.
pub const FORMAT: &str = "breakglass/snapshot/";
/// The version written, and the newest that can be read.
pub const VERSION: u32 = 1;
/// `MAX_BACKENDS`: no server has more processes, and no setting that counts connections goes beyond it.
const MOST: u32 = 262_143;
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
        query_text: match evidence.queries {
            Queries::LeftOut => "left-out",
            Queries::Kept => "kept",
        }
        .to_owned(),
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
    let provider = |(setting, slots): &(String, u32)| ProviderJson {
        setting: setting.clone(),
        slots: *slots,
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

fn read_client(client: Option<&str>) -> Result<Client, String> {
    match client {
        None => Ok(Client::Unknown),
        Some("local") => Ok(Client::Local),
        Some(text) => text
            .parse::<IpAddr>()
            .map(Client::Address)
            .map_err(|_| format!("client is {text:?}")),
    }
}

fn read_pooled(pooled: PooledJson) -> Result<Pooled, String> {
    let behind = |behind: BehindJson| {
        Ok::<_, String>(BehindPool {
            user: behind.user,
            application: behind.application,
            client: read_client(behind.client.as_deref())?,
            port: behind.port,
            id: behind.id,
        })
    };
    Ok(Pooled {
        database: pooled.database,
        client: pooled.client.map(behind).transpose()?,
    })
}

/// The evidence in a document; or what in it cannot be.
pub fn read(document: Document) -> Result<Evidence, String> {
    let queries = match document.query_text.as_str() {
        "left-out" => Queries::LeftOut,
        "kept" => Queries::Kept,
        other => return Err(format!("query_text is {other:?}")),
    };
    Ok(Evidence {
        taken: Taken {
            at: document.taken.at_us,
            by: document.taken.by,
            sudo_user: document.taken.sudo_user,
            host: document.taken.host,
            version: document.taken.version,
        },
        target: document.target,
        queries,
        refused_before: document.refused_before,
        refusals: document.refusals,
        database: document
            .database
            .map(|database| read_database(database, queries))
            .transpose()?,
        beside: document.beside.into_iter().collect(),
        not_seen: document.not_seen,
    })
}

fn read_database(database: DatabaseJson, queries: Queries) -> Result<Database, String> {
    let server = database.server;
    if !["login", "replication"].contains(&database.lane.as_str()) {
        return Err(format!("lane is {:?}", database.lane));
    }
    let named = |limits: Vec<NamedLimitJson>| {
        let value = |limit: NamedLimitJson| NamedLimit {
            name: limit.name,
            limit: limit.limit,
        };
        limits.into_iter().map(value).collect()
    };
    if database.sessions.len() > MOST as usize {
        let count = database.sessions.len();
        return Err(format!("{count} sessions are more than any server has"));
    }
    let mut known = HashSet::new();
    let mut sessions = Vec::with_capacity(database.sessions.len());
    for (number, session) in database.sessions.into_iter().enumerate() {
        let pid = session.pid;
        let session = read_session(session, queries)
            .map_err(|what| format!("sessions[{number}] (PID {pid}): {what}"))?;
        if !known.insert(session.id) {
            return Err(format!(
                "sessions[{number}]: PID {pid} with this backend_start stands there twice"
            ));
        }
        sessions.push(session);
    }
    Ok(Database {
        lane: database.lane,
        endpoint: database.endpoint,
        encrypted: database.encrypted,
        snapshot: Snapshot {
            server: Server {
                version: server.version,
                version_num: server.version_num,
                in_recovery: server.in_recovery,
                system_identifier: server.system_identifier,
                cluster_name: server.cluster_name,
                uptime: Duration::from_micros(server.uptime_us),
                own_pid: server.own_pid,
                role: server.role,
                role_superuser: server.role_superuser,
                role_may_signal: server.role_may_signal,
                role_may_see: server.role_may_see,
                role_reserved: server.role_reserved,
                database: server.database,
            },
            limits: read_limits(database.limits)?,
            sessions,
            role_limits: named(database.role_limits),
            database_limits: named(database.database_limits),
            prepared: Prepared {
                count: database.prepared_transactions.count,
                oldest: database
                    .prepared_transactions
                    .oldest_us
                    .map(Duration::from_micros),
            },
            at: moment("at_us", database.at_us)?,
        },
        settings: database.settings,
        locks: database.locks,
    })
}

fn read_limits(limits: LimitsJson) -> Result<Limits, String> {
    let provider: u64 = limits.provider.iter().map(|it| u64::from(it.slots)).sum();
    let counts = [
        ("max_connections", u64::from(limits.max_connections)),
        (
            "superuser_reserved_connections",
            u64::from(limits.superuser_reserved_connections),
        ),
        (
            "reserved_connections",
            u64::from(limits.reserved_connections),
        ),
        ("max_wal_senders", u64::from(limits.max_wal_senders)),
        ("provider", provider),
    ];
    for (name, count) in counts {
        if count > u64::from(MOST) {
            return Err(format!(
                "limits: {name} is {count}, and no server allows more than {MOST}"
            ));
        }
    }
    Ok(Limits {
        max_connections: limits.max_connections,
        superuser_reserved: limits.superuser_reserved_connections,
        reserved: limits.reserved_connections,
        provider: limits
            .provider
            .into_iter()
            .map(|it| (it.setting, it.slots))
            .collect(),
        max_wal_senders: limits.max_wal_senders,
    })
}

fn read_session(session: SessionJson, queries: Queries) -> Result<Session, String> {
    if session.pid <= 0 {
        return Err("a process ID is a positive number".to_owned());
    }
    let started = session
        .backend_start_us
        .map(|at| moment("backend_start_us", at))
        .transpose()?;
    let kind = match session.kind.as_str() {
        "client backend" => Kind::Client,
        "walsender" => Kind::Walsender,
        "parallel worker" => Kind::ParallelWorker,
        "hidden" => Kind::Hidden,
        "background" => Kind::Background(session.backend_type.unwrap_or_default()),
        other => return Err(format!("kind is {other:?}")),
    };
    let client = read_client(session.client.as_deref())?;
    let state = session.state.as_deref().map(State::from_server);
    let query = match queries {
        Queries::Kept => session.query,
        Queries::LeftOut => session.query_length.map(|length| {
            // Only a word that could have been written here comes back: a file may say anything.
            let command = session.query_command.as_deref().and_then(command_word);
            without_text(command, length)
        }),
    };
    let age = |age: Option<u64>| age.map(Duration::from_micros);
    Ok(Session {
        id: SessionId {
            pid: session.pid,
            started,
        },
        kind,
        user: session.user,
        superuser: session.superuser,
        database: session.database,
        application: session.application,
        client,
        client_port: session.client_port,
        state,
        connected_for: age(session.connected_us),
        in_transaction_for: age(session.transaction_us),
        query_for: age(session.query_us),
        state_for: age(session.state_us),
        query_started: session.query_start_us,
        wait: session
            .wait_event_type
            .zip(session.wait_event)
            .map(|(class, event)| Wait { class, event }),
        blocked_by: session.blocked_by,
        leader: session.leader_pid,
        query,
        hidden: session.hidden,
        pooled: session.pooled.map(read_pooled).transpose()?,
    })
}

fn micros(age: Duration) -> u64 {
    u64::try_from(age.as_micros()).unwrap_or(u64::MAX)
}

/// A moment that a clock can show.
fn moment(name: &str, at: i64) -> Result<i64, String> {
    if (0..=LAST).contains(&at) {
        Ok(at)
    } else {
        Err(format!(
            "{name} is {at}, which is no moment of the years 1970 to 9999"
        ))
    }
}

fn rfc3339(at: i64) -> String {
    let at = u64::try_from(at.clamp(0, LAST)).unwrap_or(0);
    humantime::format_rfc3339_micros(UNIX_EPOCH + Duration::from_micros(at)).to_string()
}
