//! The processes of every server on this host: a heading, a row each, and what could not be seen.
//!
//! Stage: report. Titles hold text that anybody who reaches the port may choose; it is made safe like the rest.

use std::borrow::Cow;

use crate::decide::breakdown::{Dimension, count_by};
use crate::decide::session::{Kind, Session, State};
use crate::decide::snapshot::Snapshot;

use super::grid::{Align, Column, Grid, Row};
use super::page::{Page, counted, plural};
use super::palette::Tone;
use super::status::pairs;
use super::{Screen, duration, records, sanitize, sessions};

/// The title is shown beside what was read from it if this is left for it.
const TITLE: usize = 20;

/// Every server.
#[derive(Debug, Clone, Copy)]
pub struct BackendsView<'a> {
    /// Those that could be looked at.
    pub clusters: &'a [ClusterView<'a>],
    /// Sentences about what could not.
    pub unseen: &'a [String],
}

/// One server.
#[derive(Debug, Clone)]
pub struct ClusterView<'a> {
    /// Data directory.
    pub data_directory: Cow<'a, str>,
    /// Port.
    pub port: Option<u16>,
    /// PID of its postmaster.
    pub postmaster: i32,
    /// All its processes.
    pub snapshot: &'a Snapshot,
    /// Those to show, in order.
    pub rows: Vec<Listed<'a>>,
}

/// One process.
#[derive(Debug, Clone, Copy)]
pub struct Listed<'a> {
    /// What its title says.
    pub session: &'a Session,
    /// The title, without `postgres:` and the cluster's name.
    pub title: &'a str,
}

impl ClusterView<'_> {
    /// Sessions whose titles show no state.
    pub fn stateless(&self) -> usize {
        self.snapshot
            .holders()
            .filter(|session| session.state.is_none())
            .count()
    }
}

/// The list as text.
pub fn backends(view: &BackendsView<'_>, screen: Screen) -> String {
    let mut page = Page::new(screen.width, screen.palette);
    for cluster in view.clusters {
        page.gap();
        page.heading(Tone::Strong, &heading(cluster));
        page.entry("sessions", Tone::Plain, &session_line(cluster));
        page.entry("others", Tone::Plain, &others(cluster));
        if cluster.stateless() > 0 {
            let text = format!(
                "{} of {} show no state (update_process_title is off): choosing by state or --limit is refused",
                cluster.stateless(),
                plural(cluster.snapshot.holders().count(), "session")
            );
            page.entry("note", Tone::Warn, &text);
        }
        page.gap();
        for line in grid(cluster, screen.width).table(screen.width, screen.palette) {
            page.lines(&line);
            page.lines("\n");
        }
    }
    if !view.unseen.is_empty() {
        page.gap();
    }
    for sentence in view.unseen {
        page.heading(Tone::Warn, &sanitize::line(sentence));
    }
    page.finish()
}

fn heading(cluster: &ClusterView<'_>) -> String {
    let server = &cluster.snapshot.server;
    let port = cluster
        .port
        .map_or(String::new(), |port| format!(", port {port}"));
    let name = server
        .cluster_name
        .as_deref()
        .map_or(String::new(), |name| {
            format!(", cluster {}", sanitize::line(name))
        });
    format!(
        "{}{port}: PostgreSQL {}, {}, postmaster {}{name}",
        sanitize::line(&cluster.data_directory),
        sanitize::line(&server.version),
        if server.in_recovery {
            "standby"
        } else {
            "primary"
        },
        cluster.postmaster
    )
}

fn session_line(cluster: &ClusterView<'_>) -> String {
    let all = cluster.snapshot.holders().count();
    let shown = cluster
        .rows
        .iter()
        .filter(|row| row.session.holds_slot())
        .count();
    let groups = pairs(count_by(cluster.snapshot.holders(), Dimension::State));
    let states = if all == 0 {
        String::new()
    } else {
        format!(": {}", counted(&groups, 7))
    };
    let listed = if shown == all {
        String::new()
    } else {
        format!("; {shown} listed")
    };
    format!("{all}{states}{listed}")
}

fn others(cluster: &ClusterView<'_>) -> String {
    let walsenders = cluster.snapshot.count(&Kind::Walsender);
    let processes = cluster.snapshot.others().count();
    let noun = if processes == 1 {
        "process"
    } else {
        "processes"
    };
    format!(
        "{}, {processes} background {noun}",
        plural(walsenders, "walsender")
    )
}

fn grid(cluster: &ClusterView<'_>, width: Option<usize>) -> Grid {
    let mut grid = Grid::new(vec![
        Column::key("pid", Align::Right),
        Column::name("user"),
        Column::name("database"),
        // An IPv6 address alone is half a screen; --format csv has it whole.
        Column::name("client"),
        Column::key("port", Align::Right),
        Column::key("state", Align::Left),
        Column::key("connected", Align::Right),
        Column::rest("title"),
    ]);
    for Listed { session, title } in &cluster.rows {
        let name = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
        grid.rows.push(Row {
            cells: vec![
                session.id.pid.to_string(),
                name(&session.user),
                name(&session.database),
                session.client.to_string(),
                session
                    .client_port
                    .filter(|port| *port > 0)
                    .map_or("-".to_owned(), |port| port.to_string()),
                state(session),
                duration::age_or_dash(session.connected_for),
                (*title).to_owned(),
            ],
            tone: match session.state {
                _ if !session.holds_slot() => Tone::Dim,
                Some(State::IdleInTransaction | State::Aborted) => Tone::Warn,
                _ if session.wait.is_some() => Tone::Warn,
                _ => Tone::Plain,
            },
        });
    }
    // Where the title was read whole it says nothing new, and names that have to be typed need its room.
    let read = |row: &Listed<'_>| row.session.state.is_some();
    let narrow = width.is_some_and(|width| sessions::room_for_query(&grid) + TITLE > width);
    if narrow && cluster.rows.iter().all(read) {
        grid.columns.pop();
    }
    grid
}

fn state(session: &Session) -> String {
    let state = match (&session.kind, session.state) {
        (_, Some(state)) => state.name(),
        (Kind::Client, None) => "?",
        (Kind::Walsender, None) => "walsender",
        (Kind::ParallelWorker, None) => "parallel",
        _ => "server",
    };
    let waits = if session.wait.is_some() {
        ", waits"
    } else {
        ""
    };
    format!("{state}{waits}")
}

/// The same as rows and columns, for CSV and markdown.
pub fn records(view: &BackendsView<'_>) -> Grid {
    let mut grid = Grid::default();
    for cluster in view.clusters {
        let sessions: Vec<&Session> = cluster.rows.iter().map(|row| row.session).collect();
        let part = records::sessions(&sessions);
        if grid.columns.is_empty() {
            grid.columns = vec![
                Column::name("data_directory"),
                Column::key("server_port", Align::Right),
            ];
            grid.columns.extend(part.columns);
            // The statement, which no title shows, gives its place to the title.
            grid.columns.pop();
            grid.columns.extend([
                Column::key("client_port", Align::Right),
                Column::rest("title"),
            ]);
        }
        for (row, listed) in part.rows.into_iter().zip(&cluster.rows) {
            let port = cluster.port.map_or(String::new(), |port| port.to_string());
            let mut cells = vec![cluster.data_directory.to_string(), port];
            cells.extend(row.cells);
            cells.pop();
            let client_port = listed
                .session
                .client_port
                .map_or(String::new(), |port| port.to_string());
            cells.extend([client_port, listed.title.to_owned()]);
            grid.rows.push(Row::plain(cells));
        }
    }
    grid
}
