//! The same answers as rows and columns, for CSV and markdown: whole values, times in seconds.
//!
//! Stage: report. In: what the screens get. Never: shortens; what a spreadsheet gets is complete.

use std::time::Duration;

use crate::decide::blocking::{Node, trees};
use crate::decide::breakdown::{Dimension, count_by};
use crate::decide::session::{Kind, Session};
use crate::decide::snapshot::Snapshot;

use super::duration::{rfc3339, seconds};
use super::grid::{self, Align, Column, Grid, Row};
use super::status::StatusView;
use super::{blockers, pools, sanitize};

const LEFT: Align = Align::Left;
const RIGHT: Align = Align::Right;

/// Columns of every session, before those that a command adds.
pub(super) fn session_columns() -> Vec<Column> {
    vec![
        Column::key("pid", RIGHT),
        Column::key("backend_start", LEFT),
        Column::name("user"),
        Column::name("database"),
        Column::name("application"),
        Column::key("client", LEFT),
        Column::key("state", LEFT),
    ]
}

/// Its cells.
pub(super) fn session_cells(session: &Session) -> Vec<String> {
    let name = |value: &Option<String>| value.clone().unwrap_or_default();
    vec![
        session.id.pid.to_string(),
        session.id.started.map(rfc3339).unwrap_or_default(),
        name(&session.user),
        name(&session.database),
        name(&session.application),
        session.client.known().unwrap_or_default(),
        session.state.map_or("", |state| state.name()).to_owned(),
    ]
}

fn number(duration: Option<Duration>) -> String {
    duration.map_or(String::new(), |duration| seconds(duration).to_string())
}

/// Sessions, a row each.
pub fn sessions(rows: &[&Session]) -> Grid {
    let pooled = any_pooled(rows);
    let mut grid = Grid::new(columns(pooled));
    let cells = rows
        .iter()
        .map(|session| Row::plain(cells(session, pooled)));
    grid.rows.extend(cells);
    grid
}

/// The same as CSV, a row at a time: thousands are not held as cells beside the text.
pub fn sessions_csv(rows: &[&Session]) -> String {
    let pooled = any_pooled(rows);
    grid::csv(
        &columns(pooled),
        rows.iter().map(|session| cells(session, pooled)),
    )
}

fn any_pooled(rows: &[&Session]) -> bool {
    rows.iter().any(|session| session.pooled.is_some())
}

fn columns(pooled: bool) -> Vec<Column> {
    let mut columns = session_columns();
    columns.extend([
        Column::key("kind", LEFT),
        Column::key("state_seconds", RIGHT),
        Column::key("transaction_seconds", RIGHT),
        Column::key("query_seconds", RIGHT),
        Column::key("connected_seconds", RIGHT),
        Column::key("wait_event_type", LEFT),
        Column::key("wait_event", LEFT),
        Column::key("blocked_by", LEFT),
    ]);
    if pooled {
        columns.push(Column::key("real_client", LEFT));
    }
    columns.push(Column::rest("query"));
    columns
}

fn cells(session: &Session, pooled: bool) -> Vec<String> {
    let mut cells = session_cells(session);
    let blocked_by: Vec<String> = session.blocked_by.iter().map(ToString::to_string).collect();
    let wait = session.wait.as_ref();
    cells.extend([
        session.kind.name().to_owned(),
        number(session.state_for),
        number(session.in_transaction_for),
        number(session.query_for),
        number(session.connected_for),
        wait.map(|wait| wait.class.clone()).unwrap_or_default(),
        wait.map(|wait| wait.event.clone()).unwrap_or_default(),
        blocked_by.join(" "),
    ]);
    if pooled {
        cells.push(pools::behind(session));
    }
    cells.push(session.query.clone().unwrap_or_default());
    cells
}

/// Who waits for whom, a row each, the head of a queue before those that wait.
pub fn blockers(snapshot: &Snapshot, forest: &[Node]) -> Grid {
    let mut columns = vec![
        Column::key("queue", RIGHT),
        Column::key("depth", RIGHT),
        Column::key("waits_for", RIGHT),
        Column::key("releases", RIGHT),
    ];
    columns.extend(session_columns());
    columns.extend([Column::key("query_seconds", RIGHT), Column::rest("query")]);
    let mut grid = Grid::new(columns);
    for (queue, tree) in forest.iter().enumerate() {
        for placed in blockers::flatten(tree) {
            let mut cells = vec![
                (queue + 1).to_string(),
                placed.depth.to_string(),
                placed.parent.map(|pid| pid.to_string()).unwrap_or_default(),
                placed.node.released().to_string(),
            ];
            match placed.node.session.and_then(|at| snapshot.sessions.get(at)) {
                Some(session) => {
                    cells.extend(session_cells(session));
                    cells.push(number(session.query_for));
                    cells.push(session.query.clone().unwrap_or_default());
                }
                None => {
                    cells.push(placed.node.pid.to_string());
                    cells.extend(std::iter::repeat_n(String::new(), 7));
                    cells.push(blockers::who(snapshot, placed.node));
                }
            }
            grid.rows.push(Row::plain(cells));
        }
    }
    grid
}

/// The status as section, name and value.
pub fn status(view: &StatusView<'_>) -> Grid {
    let snapshot = view.snapshot;
    let server = &snapshot.server;
    let mut grid = Grid::new(vec![
        Column::key("section", LEFT),
        Column::name("name"),
        Column::key("value", LEFT),
    ]);
    let mut push = |section: &str, name: &str, value: String| {
        grid.rows
            .push(Row::plain(vec![section.to_owned(), name.to_owned(), value]));
    };
    push("server", "at", rfc3339(snapshot.at));
    push("server", "endpoint", view.lane.endpoint.clone());
    push("server", "version", server.version.clone());
    push("server", "in_recovery", server.in_recovery.to_string());
    push(
        "server",
        "system_identifier",
        server.system_identifier.clone().unwrap_or_default(),
    );
    push(
        "server",
        "cluster_name",
        server.cluster_name.clone().unwrap_or_default(),
    );
    push("server", "uptime_seconds", number(Some(server.uptime)));
    push("server", "role", server.role.clone());
    push("server", "database", server.database.clone());
    push("lane", "name", view.lane.name.clone());
    push("lane", "slot", view.lane.slot.name().to_owned());
    push("lane", "slot_how", view.lane.slot_how.clone());
    push("lane", "encrypted", view.lane.encrypted.to_string());
    for refused in &view.lane.refused_before {
        push("lane", "refused", refused.clone());
    }
    let capacity = snapshot.capacity();
    let classes = [
        ("all", capacity.all),
        ("ordinary", capacity.ordinary),
        ("reserved", capacity.reserved),
        ("superuser", capacity.superuser),
    ];
    for (name, slots) in classes {
        push("slots", &format!("{name}_total"), slots.total.to_string());
        push("slots", &format!("{name}_used"), slots.used.to_string());
        push("slots", &format!("{name}_free"), slots.free.to_string());
    }
    push("slots", "formula", snapshot.limits.formula());
    let dimensions = [
        Dimension::State,
        Dimension::Application,
        Dimension::User,
        Dimension::Database,
        Dimension::Client,
    ];
    for dimension in dimensions {
        for group in count_by(snapshot.holders(), dimension) {
            push(dimension.name(), &group.name, group.count.to_string());
        }
    }
    for limit in &snapshot.role_limits {
        let text = format!("{} of {}", snapshot.role_used(&limit.name), limit.limit);
        push("role limit", &limit.name, text);
    }
    for limit in &snapshot.database_limits {
        let text = format!("{} of {}", snapshot.database_used(&limit.name), limit.limit);
        push("database limit", &limit.name, text);
    }
    push(
        "apart",
        "walsenders",
        snapshot.count(&Kind::Walsender).to_string(),
    );
    push(
        "apart",
        "max_wal_senders",
        snapshot.limits.max_wal_senders.to_string(),
    );
    push(
        "apart",
        "other_processes",
        snapshot.others().count().to_string(),
    );
    let authenticating = snapshot.authenticating();
    push(
        "apart",
        "authenticating",
        authenticating.map_or("unknown".to_owned(), |n| n.to_string()),
    );
    push("apart", "hidden", snapshot.hidden().to_string());
    push(
        "apart",
        "prepared_transactions",
        snapshot.prepared.count.to_string(),
    );
    for tree in trees(snapshot) {
        push(
            "queue",
            &blockers::who(snapshot, &tree),
            format!("{} waiting", tree.released()),
        );
    }
    for advice in view.next {
        push("next", &advice.command, advice.why.clone());
    }
    if let Some(fitting) = view.runbook() {
        push("runbook", &fitting.command(), String::new());
    }
    grid
}

/// The status as markdown: a heading and a table for each section.
pub fn status_markdown(view: &StatusView<'_>) -> String {
    let grid = status(view);
    let section = |row: &Row| row.cells.first().cloned().unwrap_or_default();
    let mut out = String::new();
    for rows in grid
        .rows
        .chunk_by(|left, right| section(left) == section(right))
    {
        let Some(first) = rows.first() else { continue };
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&format!("## {}\n\n", sanitize::line(&section(first))));
        let mut part = Grid::new(grid.columns.iter().skip(1).copied().collect());
        let tail = |row: &Row| Row::plain(row.cells.iter().skip(1).cloned().collect());
        part.rows = rows.iter().map(tail).collect();
        out.push_str(&part.markdown());
    }
    out
}
