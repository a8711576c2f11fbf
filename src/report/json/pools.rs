//! `breakglass/pgbouncer/1`: a pooler as its console shows it, alone or inside of a status.
//!
//! Stage: report.

use serde::Serialize;
use serde_json::{Value, json};

use crate::decide::pools::{PoolClient, Pooler};
use crate::report::pools::PoolerView;

use super::format;
use crate::report::advice::Advice;

/// A pooler.
#[derive(Debug, Serialize)]
pub struct PoolerJson<'a> {
    /// Why its console was not seen; then everything else is empty.
    closed: Option<&'a str>,
    endpoint: Option<&'a str>,
    version: Option<String>,
    clients: Option<u32>,
    max_client_conn: Option<u32>,
    /// The worst first.
    bottlenecks: Vec<BottleneckJson>,
    pools: Vec<PoolJson<'a>>,
    databases: Vec<DatabaseJson<'a>>,
    /// Sessions of the server that are the pooler's; null without a database lane.
    sessions: Option<usize>,
}

#[derive(Debug, Serialize)]
struct BottleneckJson {
    kind: &'static str,
    sentence: String,
}

#[derive(Debug, Serialize)]
struct PoolJson<'a> {
    database: &'a str,
    user: &'a str,
    mode: &'a str,
    clients_active: u32,
    clients_waiting: u32,
    maxwait_seconds: f64,
    servers_active: u32,
    servers_idle: u32,
    servers_login: u32,
}

#[derive(Debug, Serialize)]
struct DatabaseJson<'a> {
    name: &'a str,
    host: &'a str,
    port: u16,
    database: &'a str,
    pool_size: u32,
    reserve_pool: u32,
    max_connections: u32,
    current_connections: u32,
    paused: bool,
    disabled: bool,
}

impl<'a> From<&PoolerView<'a>> for PoolerJson<'a> {
    fn from(view: &PoolerView<'a>) -> Self {
        let pooler: Option<&'a Pooler> = view.look.ok();
        let bottlenecks = view.bottlenecks();
        Self {
            closed: view.look.err(),
            endpoint: pooler.map(|it| it.endpoint.as_str()),
            version: pooler.map(|it| it.version.to_string()),
            clients: pooler.and_then(|it| it.limits.used_clients),
            max_client_conn: pooler.and_then(|it| it.limits.max_client_conn),
            bottlenecks: bottlenecks
                .iter()
                .map(|it| BottleneckJson {
                    kind: it.name(),
                    sentence: it.sentence(),
                })
                .collect(),
            pools: pooler.map_or_else(Vec::new, pools),
            databases: pooler.map_or_else(Vec::new, databases),
            sessions: view.server.map(|server| server.pooled),
        }
    }
}

fn pools(pooler: &Pooler) -> Vec<PoolJson<'_>> {
    let pools = pooler.pools.iter();
    pools
        .map(|pool| PoolJson {
            database: &pool.database,
            user: &pool.user,
            mode: &pool.mode,
            clients_active: pool.cl_active,
            clients_waiting: pool.cl_waiting,
            maxwait_seconds: pool.maxwait.as_secs_f64(),
            servers_active: pool.sv_active,
            servers_idle: pool.sv_idle,
            servers_login: pool.sv_login,
        })
        .collect()
}

fn databases(pooler: &Pooler) -> Vec<DatabaseJson<'_>> {
    let databases = pooler.databases.iter();
    databases
        .map(|database| DatabaseJson {
            name: &database.name,
            host: &database.host,
            port: database.port,
            database: &database.database,
            pool_size: database.pool_size,
            reserve_pool: database.reserve_pool,
            max_connections: database.max_connections,
            current_connections: database.current_connections,
            paused: database.paused,
            disabled: database.disabled,
        })
        .collect()
}

/// The document of `breakglass pgbouncer`.
#[derive(Debug, Serialize)]
pub struct PgbouncerJson<'a> {
    format: String,
    #[serde(flatten)]
    pooler: PoolerJson<'a>,
    next: &'a [Advice],
}

/// The document of `breakglass pgbouncer`.
pub fn pgbouncer<'a>(view: &PoolerView<'a>) -> PgbouncerJson<'a> {
    PgbouncerJson {
        format: format("pgbouncer"),
        pooler: view.into(),
        next: view.next,
    }
}

/// One client, as the record and the document name it.
pub fn client(one: &PoolClient) -> Value {
    json!({
        "id": one.id,
        "ptr": one.ptr,
        "user": one.user,
        "database": one.database,
        "application": one.application,
        "client": one.client.known(),
        "port": one.port,
        "state": one.state,
    })
}
