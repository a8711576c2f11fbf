//! The list of sessions: one row each, narrow or wide, and the whole statement below when asked.
//!
//! Stage: report. In: a snapshot and the rows chosen from it, in the order to show them.
//! Never: chooses. A row that could not be judged is counted at the end, not left out silently.

use std::collections::HashSet;

use crate::decide::selection::blockers;
use crate::decide::session::{Client, Kind, Session, State};
use crate::decide::snapshot::Snapshot;

use super::grid::{Align, Column, Grid, Row};
use super::page::{Page, plural};
use super::palette::Tone;
use super::{Extent, Screen, duration, pools, sanitize};

/// From this width on the wide layout is used.
const WIDE: usize = 110;
/// The narrow layout shows the client only if this is left for the statement.
const QUERY: usize = 24;

/// What is listed.
#[derive(Debug, Clone, Copy)]
pub struct SessionsView<'a> {
    /// Where the rows come from.
    pub snapshot: &'a Snapshot,
    /// The rows, in order.
    pub rows: &'a [&'a Session],
    /// Rows that a flag could not be judged for, with that flag.
    pub unjudged: &'a [(&'a Session, &'static str)],
}

/// The worst first: who blocks others, then open transactions, running statements, idle ones; older before
/// younger.
pub fn worst_first(snapshot: &Snapshot, rows: &mut [&Session]) {
    let heads = blockers(snapshot);
    rows.sort_by_key(|session| {
        let rank = match session.state {
            _ if !session.holds_slot() => 7,
            // Nobody looks for the session that the list itself came over.
            _ if snapshot.ours(session) => 6,
            _ if heads.contains(&session.id.pid) => 0,
            Some(State::Aborted) => 1,
            Some(State::IdleInTransaction) => 2,
            Some(State::Active | State::Fastpath) => 3,
            Some(State::Idle) => 5,
            _ => 4,
        };
        (rank, std::cmp::Reverse(session.state_for), session.id)
    });
}

/// The list as text.
pub fn sessions(view: &SessionsView<'_>, screen: Screen) -> String {
    let mut page = Page::new(screen.width, screen.palette);
    page.heading(Tone::Strong, &title(view));
    let wide = screen.width.is_none_or(|width| width >= WIDE);
    let grid = if wide {
        self::grid(view, Layout::Wide)
    } else {
        let grid = self::grid(view, Layout::NarrowWithClient);
        let fits = screen
            .width
            .is_some_and(|width| room_for_query(&grid) + QUERY <= width);
        if fits {
            grid
        } else {
            self::grid(view, Layout::Narrow)
        }
    };
    page.lines(&rows(&grid, view, screen));
    for line in footers(view) {
        page.heading(Tone::Warn, &line);
    }
    page.finish()
}

/// Which columns there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// PID USER APP STATE AGE QUERY
    Narrow,
    /// The same with CLIENT.
    NarrowWithClient,
    /// Everything.
    Wide,
}

/// The list as rows and columns.
pub fn grid(view: &SessionsView<'_>, layout: Layout) -> Grid {
    let wide = layout == Layout::Wide;
    let heads = blockers(view.snapshot);
    let mut columns = vec![Column::key("pid", Align::Right), Column::name("user")];
    if wide {
        columns.push(Column::name("database"));
    }
    columns.push(Column::name("app"));
    if layout != Layout::Narrow {
        columns.push(Column::key("client", Align::Left));
    }
    if behind_pooler(view) {
        columns.push(Column::key("real client", Align::Left));
    }
    columns.push(Column::key("state", Align::Left));
    columns.push(Column::key("age", Align::Right));
    if wide {
        columns.push(Column::key("tx", Align::Right));
        columns.push(Column::key("connected", Align::Right));
        columns.push(Column::name("wait"));
    }
    columns.push(Column::rest("query"));
    let mut grid = Grid::new(columns);
    for session in view.rows {
        grid.rows.push(row(view, session, layout, &heads));
    }
    grid
}

fn row(view: &SessionsView<'_>, session: &Session, layout: Layout, heads: &HashSet<i32>) -> Row {
    let wide = layout == Layout::Wide;
    let name = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    let mut cells = vec![session.id.pid.to_string(), name(&session.user)];
    if wide {
        cells.push(name(&session.database));
    }
    cells.push(application(session));
    if layout != Layout::Narrow {
        cells.push(client(session.client));
    }
    if behind_pooler(view) {
        cells.push(pools::behind(session));
    }
    let state = match layout {
        Layout::Wide => long_state(session),
        _ => short_state(session),
    };
    let ours = view.snapshot.ours(session);
    cells.push(if ours { "ours".to_owned() } else { state });
    let age = duration::age_or_dash;
    cells.push(age(session.state_for));
    if wide {
        cells.push(age(session.in_transaction_for));
        cells.push(age(session.connected_for));
        cells.push(wait(session));
    }
    cells.push(session.query.clone().unwrap_or_default());
    let tone = if ours || !session.holds_slot() {
        Tone::Dim
    } else if heads.contains(&session.id.pid) {
        Tone::Alarm
    } else if session.waits_for_lock()
        || matches!(
            session.state,
            Some(State::IdleInTransaction | State::Aborted)
        )
    {
        Tone::Warn
    } else {
        Tone::Plain
    };
    Row { cells, tone }
}

/// Whether any of the rows is a pooler's, so that the column is worth its place.
fn behind_pooler(view: &SessionsView<'_>) -> bool {
    view.rows.iter().any(|session| session.pooled.is_some())
}

/// The state in about ten columns; a PID it waits for is worth more than the word `active`.
pub fn short_state(session: &Session) -> String {
    if session.waits_for_lock() {
        return match session.blocked_by.as_slice() {
            [] => "waits lock".to_owned(),
            [0] => "waits 2PC".to_owned(),
            [pid] => format!("waits {pid}"),
            [pid, others @ ..] => format!("waits {pid}+{}", others.len()),
        };
    }
    let short = match (&session.kind, session.state) {
        (Kind::Background(_), _) => "server",
        (Kind::ParallelWorker, _) => "parallel",
        (_, Some(State::IdleInTransaction)) => "idle in tx",
        (_, Some(State::Aborted)) => "aborted",
        (_, Some(State::Fastpath)) => "fastpath",
        _ => return long_state(session),
    };
    short.to_owned()
}

fn long_state(session: &Session) -> String {
    let state = match session.state {
        Some(state) => state.name(),
        None if session.hidden => "hidden",
        None if session.kind == Kind::Walsender => "walsender",
        None => "server",
    };
    state.to_owned()
}

/// What it waits for: the event, and for a lock the PIDs that hold it.
pub fn wait(session: &Session) -> String {
    let event = match &session.wait {
        Some(wait) => format!("{}:{}", wait.class, wait.event),
        None if session.blocked_by.is_empty() => return "-".to_owned(),
        None => "Lock".to_owned(),
    };
    if session.blocked_by.is_empty() {
        return event;
    }
    let pids: Vec<String> = session.blocked_by.iter().take(3).map(blocker).collect();
    let more = if session.blocked_by.len() > 3 {
        "…"
    } else {
        ""
    };
    format!("{event} {}{more}", pids.join(","))
}

/// A blocker's PID; 0 is the server's word for a prepared transaction.
pub(crate) fn blocker(pid: &i32) -> String {
    if *pid == 0 {
        "prepared transaction".to_owned()
    } else {
        pid.to_string()
    }
}

/// The application's name; of a process without one, what it is.
pub(crate) fn application(session: &Session) -> String {
    match session.application.as_deref() {
        Some(name) if !name.is_empty() => name.to_owned(),
        _ if session.holds_slot() => "-".to_owned(),
        _ => session.kind.name().to_owned(),
    }
}

fn client(client: Client) -> String {
    match client {
        Client::Unknown => "-".to_owned(),
        known => known.to_string(),
    }
}

fn title(view: &SessionsView<'_>) -> String {
    let server =
        |session: &Session| matches!(session.kind, Kind::Background(_) | Kind::ParallelWorker);
    let others = view.rows.iter().filter(|session| server(session)).count();
    let shown = view.rows.len() - others;
    let walsender = |session: &&&Session| session.kind == Kind::Walsender;
    let walsenders = view.rows.iter().filter(walsender).count();
    let all = view.snapshot.holders().count() + walsenders;
    let sessions = plural(all, "session");
    let of = if shown == all {
        sessions
    } else {
        format!("{shown} of {sessions}")
    };
    let and = match others {
        0 => String::new(),
        1 => " and 1 server process".to_owned(),
        many => format!(" and {many} server processes"),
    };
    let ordinary = view.snapshot.capacity().ordinary;
    format!(
        "{of}{and}; {} of {} ordinary slots used",
        ordinary.used, ordinary.total
    )
}

fn footers(view: &SessionsView<'_>) -> Vec<String> {
    let mut flags: Vec<&'static str> = view.unjudged.iter().map(|(_, flag)| *flag).collect();
    flags.sort_unstable();
    flags.dedup();
    let mut lines = Vec::new();
    if !flags.is_empty() {
        lines.push(format!(
            "{} left out: {} cannot be judged, the server hides it (GRANT pg_monitor TO {})",
            plural(view.unjudged.len(), "session"),
            flags.join(", "),
            sanitize::identifier(&view.snapshot.server.role)
        ));
    }
    lines
}

fn rows(grid: &Grid, view: &SessionsView<'_>, screen: Screen) -> String {
    if screen.extent == Extent::Brief {
        let mut text = grid.table(screen.width, screen.palette).join("\n");
        if !text.is_empty() {
            text.push('\n');
        }
        return text;
    }
    let mut short = grid.clone();
    short.columns.pop();
    let mut lines = short.table(screen.width, screen.palette).into_iter();
    let mut text = lines.next().map(|line| line + "\n").unwrap_or_default();
    for (line, session) in lines.zip(view.rows) {
        text.push_str(&line);
        text.push('\n');
        if let Some(query) = session
            .query
            .as_deref()
            .filter(|query| !query.trim().is_empty())
        {
            text.push_str(&sanitize::block(query, 4));
        }
    }
    text
}

/// What all columns but the last take, gaps included.
pub(super) fn room_for_query(grid: &Grid) -> usize {
    let last = grid.columns.len().saturating_sub(1);
    let widths = grid
        .columns
        .iter()
        .take(last)
        .enumerate()
        .map(|(index, column)| {
            let cells = grid.rows.iter().filter_map(|row| row.cells.get(index));
            let widest = cells.map(|text| sanitize::columns(text)).max().unwrap_or(0);
            widest.max(column.title.len()) + 2
        });
    widths.sum()
}
