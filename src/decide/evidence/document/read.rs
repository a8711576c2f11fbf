//! A document of evidence into values.
//!
//! Pure. Never: believes a number that no server can give.

use std::collections::HashSet;
use std::net::IpAddr;
use std::time::Duration;

use super::{
    BehindJson, DatabaseJson, Document, LAST, LimitsJson, NamedLimitJson, PooledJson, SessionJson,
};
use crate::decide::capacity::{Limits, ProviderReserve};
use crate::decide::evidence::{Database, Evidence, Queries, Taken, command_word, without_text};
use crate::decide::identity::SessionId;
use crate::decide::session::{BehindPool, Pooled};
use crate::decide::session::{Client, Kind, Session, State, Wait};
use crate::decide::snapshot::{NamedLimit, Prepared, Server, Snapshot};

/// `MAX_BACKENDS`: no server has more processes, and no setting that counts connections goes beyond it.
const MOST: u32 = 262_143;

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
            .map(|it| ProviderReserve {
                setting: it.setting,
                slots: it.slots,
            })
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
