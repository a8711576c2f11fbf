//! `breakglass/status/1`: everything the status screen says, without its shortening.
//!
//! Stage: report.

use serde::Serialize;

use crate::decide::blocking::trees;
use crate::decide::breakdown::{Dimension, Group, count_by};
use crate::decide::runbook::Runbook;
use crate::decide::session::Kind;
use crate::decide::snapshot::{NamedLimit, Prepared, Server};
use crate::report::LaneView;
use crate::report::advice::Advice;
use crate::report::duration::rfc3339;
use crate::report::status::StatusView;

use super::pools::PoolerJson;
use super::server::{CapacityJson, LimitsJson};

/// The document.
#[derive(Debug, Serialize)]
pub struct StatusJson<'a> {
    format: String,
    at: String,
    server: &'a Server,
    lane: &'a LaneView,
    slots: CapacityJson,
    limits: LimitsJson<'a>,
    holders: HoldersJson,
    role_limits: Vec<LimitJson<'a>>,
    database_limits: Vec<LimitJson<'a>>,
    walsenders: usize,
    other_processes: Vec<Group>,
    /// Null where the server cannot show them (before 18).
    authenticating: Option<usize>,
    hidden: usize,
    prepared_transactions: Prepared,
    queues: Vec<QueueJson>,
    /// Only where a pooler was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pooler: Option<PoolerJson<'a>>,
    next: &'a [Advice],
    /// The page for what is wrong; null where nothing is.
    runbook: Option<Runbook>,
}

#[derive(Debug, Serialize)]
struct HoldersJson {
    total: usize,
    by_state: Vec<Group>,
    by_application: Vec<Group>,
    by_user: Vec<Group>,
    by_database: Vec<Group>,
    by_client: Vec<Group>,
}

#[derive(Debug, Serialize)]
struct LimitJson<'a> {
    #[serde(flatten)]
    limit: &'a NamedLimit,
    used: usize,
}

#[derive(Debug, Serialize)]
struct QueueJson {
    head: i32,
    prepared: bool,
    waiting: usize,
}

/// The document of `breakglass status`.
pub fn status<'a>(view: &StatusView<'a>) -> StatusJson<'a> {
    let snapshot = view.snapshot;
    let by = |dimension| count_by(snapshot.holders(), dimension);
    StatusJson {
        format: super::format("status"),
        at: rfc3339(snapshot.at),
        server: &snapshot.server,
        lane: view.lane,
        slots: snapshot.capacity().into(),
        limits: (&snapshot.limits).into(),
        holders: HoldersJson {
            total: snapshot.holders().count(),
            by_state: by(Dimension::State),
            by_application: by(Dimension::Application),
            by_user: by(Dimension::User),
            by_database: by(Dimension::Database),
            by_client: by(Dimension::Client),
        },
        role_limits: limits(&snapshot.role_limits, |name| snapshot.role_used(name)),
        database_limits: limits(&snapshot.database_limits, |name| {
            snapshot.database_used(name)
        }),
        walsenders: snapshot.count(&Kind::Walsender),
        other_processes: other_processes(view),
        authenticating: snapshot.authenticating(),
        hidden: snapshot.hidden(),
        prepared_transactions: snapshot.prepared,
        queues: trees(snapshot)
            .iter()
            .map(|tree| QueueJson {
                head: tree.pid,
                prepared: tree.pid == 0,
                waiting: tree.released(),
            })
            .collect(),
        pooler: view.pooler.map(PoolerJson::from),
        next: view.next,
        runbook: view.runbook(),
    }
}

fn limits(limits: &[NamedLimit], used: impl Fn(&str) -> usize) -> Vec<LimitJson<'_>> {
    let limits = limits.iter();
    limits
        .map(|limit| LimitJson {
            limit,
            used: used(&limit.name),
        })
        .collect()
}

fn other_processes(view: &StatusView<'_>) -> Vec<Group> {
    let mut names: Vec<&str> = view
        .snapshot
        .others()
        .map(|session| session.kind.name())
        .collect();
    names.sort_unstable();
    let runs = names.chunk_by(|left, right| left == right);
    runs.filter_map(|run| {
        let name = run.first()?.to_string();
        Some(Group {
            name,
            count: run.len(),
            oldest: None,
        })
    })
    .collect()
}
