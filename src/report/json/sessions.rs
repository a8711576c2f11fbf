//! `breakglass/sessions/1`, and the session that every other document contains.
//!
//! Stage: report.

use serde::Serialize;

use crate::decide::session::Pooled;
use crate::decide::session::Session;
use crate::decide::snapshot::Server;
use crate::report::duration::rfc3339;
use crate::report::sessions::SessionsView;

use super::seconds;
use super::server::CapacityJson;

/// One session, complete.
#[derive(Debug, Serialize)]
pub struct SessionJson<'a> {
    pub(crate) pid: i32,
    backend_start: Option<String>,
    kind: &'a str,
    user: Option<&'a str>,
    superuser: Option<bool>,
    database: Option<&'a str>,
    application: Option<&'a str>,
    client: Option<String>,
    state: Option<&'static str>,
    connected_seconds: Option<f64>,
    transaction_seconds: Option<f64>,
    query_seconds: Option<f64>,
    state_seconds: Option<f64>,
    query_start: Option<String>,
    wait_event_type: Option<&'a str>,
    wait_event: Option<&'a str>,
    blocked_by: &'a [i32],
    leader_pid: Option<i32>,
    query: Option<&'a str>,
    hidden: bool,
    holds_slot: bool,
    /// Only where a pooler was asked and it is one of its server connections.
    #[serde(skip_serializing_if = "Option::is_none")]
    pooled: Option<PooledJson<'a>>,
}

/// What a session is to a pooler.
#[derive(Debug, Serialize)]
struct PooledJson<'a> {
    database: &'a str,
    /// Null while it idles in the pool.
    client: Option<BehindJson<'a>>,
}

#[derive(Debug, Serialize)]
struct BehindJson<'a> {
    user: &'a str,
    application: Option<&'a str>,
    client: Option<String>,
    port: Option<u16>,
    id: Option<u64>,
}

impl<'a> From<&'a Pooled> for PooledJson<'a> {
    fn from(pooled: &'a Pooled) -> Self {
        Self {
            database: &pooled.database,
            client: pooled.client.as_ref().map(|behind| BehindJson {
                user: &behind.user,
                application: behind.application.as_deref(),
                client: behind.client.known(),
                port: behind.port,
                id: behind.id,
            }),
        }
    }
}

impl<'a> From<&'a Session> for SessionJson<'a> {
    fn from(session: &'a Session) -> Self {
        Self {
            pid: session.id.pid,
            backend_start: session.id.started.map(rfc3339),
            kind: session.kind.name(),
            user: session.user.as_deref(),
            superuser: session.superuser,
            database: session.database.as_deref(),
            application: session.application.as_deref(),
            client: session.client.known(),
            state: session.state.map(|state| state.name()),
            connected_seconds: seconds(session.connected_for),
            transaction_seconds: seconds(session.in_transaction_for),
            query_seconds: seconds(session.query_for),
            state_seconds: seconds(session.state_for),
            query_start: session.query_started.map(rfc3339),
            wait_event_type: session.wait.as_ref().map(|wait| wait.class.as_str()),
            wait_event: session.wait.as_ref().map(|wait| wait.event.as_str()),
            blocked_by: &session.blocked_by,
            leader_pid: session.leader,
            query: session.query.as_deref(),
            hidden: session.hidden,
            holds_slot: session.holds_slot(),
            pooled: session.pooled.as_ref().map(PooledJson::from),
        }
    }
}

/// The list.
#[derive(Debug, Serialize)]
pub struct SessionsJson<'a> {
    format: String,
    at: String,
    server: &'a Server,
    slots: CapacityJson,
    /// Processes in all, listed or not.
    total: usize,
    sessions: Vec<SessionJson<'a>>,
    unjudged: Vec<UnjudgedJson>,
}

#[derive(Debug, Serialize)]
struct UnjudgedJson {
    pid: i32,
    flag: &'static str,
}

/// The document of `breakglass sessions`.
pub fn sessions<'a>(view: &SessionsView<'a>) -> SessionsJson<'a> {
    let unjudged = view.unjudged.iter();
    SessionsJson {
        format: super::format("sessions"),
        at: rfc3339(view.snapshot.at),
        server: &view.snapshot.server,
        slots: view.snapshot.capacity().into(),
        total: view.snapshot.sessions.len(),
        sessions: view
            .rows
            .iter()
            .map(|session| SessionJson::from(*session))
            .collect(),
        unjudged: unjudged
            .map(|(session, flag)| UnjudgedJson {
                pid: session.id.pid,
                flag,
            })
            .collect(),
    }
}
