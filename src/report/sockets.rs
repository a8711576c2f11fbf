//! Connections as the sockets lane sees them: the list, the plan of severing some, and what came of it.
//!
//! Stage: report. Never: calls a slot free because a socket is gone.

pub mod records;

use std::time::Duration;

use crate::decide::connection::Class;
use crate::decide::connection::Counts;
use crate::decide::sockets::activity::{ToldBy, Trouble};
use crate::decide::sockets::{End, Owners, Socket, SocketsSnapshot, TcpState, ends};

use super::grid::{Align, Column, Grid, Row};
use super::page::{Page, plural};
use super::palette::Tone;
use super::{Screen, duration, sanitize};

/// Columns that are left out where all their cells would be the same.
const SERVER: &str = "server";
const END: &str = "end";

/// The list.
#[derive(Debug, Clone, Copy)]
pub struct SocketsView<'a> {
    /// What was looked for.
    pub endpoint: &'a str,
    /// Everything seen.
    pub snapshot: &'a SocketsSnapshot,
    /// What matched, in order.
    pub rows: &'a [&'a Socket],
    /// Filters that could not be judged, and for how many connections.
    pub unjudged: &'a [(&'static str, usize)],
}

/// The list as text.
pub fn list(view: &SocketsView<'_>, screen: Screen) -> String {
    let SocketsView { snapshot, rows, .. } = *view;
    let mut page = Page::new(screen.width, screen.palette);
    let all = snapshot.sockets.len();
    let shown = if rows.len() == all {
        String::new()
    } else {
        format!(", {} shown", rows.len())
    };
    let classes = classes(Counts::doing(&snapshot.sockets, snapshot.grain));
    let between = if classes.is_empty() { "" } else { ": " };
    let endpoint = sanitize::line(view.endpoint);
    let which = match only_end(snapshot.sockets.iter()) {
        Some(end) => format!("{} end", end.name()),
        None => "end".to_owned(),
    };
    let ends = plural(all, &which);
    page.heading(
        Tone::Strong,
        &format!("{ends} of connections to {endpoint} on this host{between}{classes}{shown}"),
    );
    let server = only_server(rows.iter().copied());
    if let Some(server) = server.as_ref().filter(|server| !endpoint.contains(*server)) {
        page.entry("server", Tone::Plain, server);
    }
    for (flag, count) in view.unjudged {
        page.entry(
            "unjudged",
            Tone::Warn,
            &format!("{flag} cannot be judged for {count}; not shown"),
        );
    }
    let hidden = rows
        .iter()
        .filter(|socket| socket.owners == Owners::NotVisible)
        .count();
    // Root sees every process, unless it is in a PID namespace of its own.
    let from = if snapshot.closed_processes > 0 {
        "without root"
    } else {
        "from this PID namespace"
    };
    if hidden > 0 {
        page.entry(
            "owners",
            Tone::Warn,
            &format!("owner of {hidden} not visible {from}"),
        );
    }
    for namespace in &snapshot.namespaces {
        if let Some(why) = &namespace.closed {
            let name = sanitize::line(&namespace.name);
            page.entry(
                "closed",
                Tone::Warn,
                &format!("network namespace {name}: {}", sanitize::line(why)),
            );
        }
    }
    if !rows.is_empty() {
        page.gap();
        for line in grid(rows.iter().copied(), Some(snapshot), snapshot.grain)
            .table(screen.width, screen.palette)
        {
            page.lines(&format!("{line}\n"));
        }
    }
    page.finish()
}

/// The rows of a list, or of a plan.
pub(super) fn grid<'a>(
    rows: impl Iterator<Item = &'a Socket> + Clone,
    snapshot: Option<&SocketsSnapshot>,
    grain: Duration,
) -> Grid {
    let mut columns = vec![
        Column::key(END, Align::Left),
        Column::key("state", Align::Left),
        Column::key("for", Align::Right),
        Column::key("client", Align::Left),
        Column::key(SERVER, Align::Left),
        Column::key("pid", Align::Right),
        Column::name("program"),
        Column::rest("notes"),
    ];
    // What is the same for all stands above the table, which needs the room.
    let one_server = only_server(rows.clone()).is_some();
    // The heading says it of all connections, not of those that are shown.
    let one_end = match snapshot {
        Some(snapshot) => only_end(snapshot.sockets.iter()).is_some(),
        None => only_end(rows.clone()).is_some(),
    };
    columns.retain(|column| match column.title {
        SERVER => !one_server,
        END => !one_end,
        _ => true,
    });
    let mut grid = Grid::new(columns);
    for socket in rows {
        let activity = socket.activity(grain);
        let (client, server) = ends(socket);
        let tone = match (socket.trouble(), activity.class) {
            (Some(_), _) => Tone::Alarm,
            (None, Class::Waiting) => Tone::Strong,
            _ => Tone::Plain,
        };
        let (pid, program) = owner(&socket.owners);
        let mut cells = Vec::new();
        if !one_end {
            cells.push(socket.end.name().to_owned());
        }
        cells.extend([
            activity.class.name().to_owned(),
            duration::age_or_dash(activity.since),
            client.to_string(),
        ]);
        if !one_server {
            cells.push(server.to_string());
        }
        cells.extend([pid, program, notes(socket, activity.told_by, snapshot)]);
        grid.rows.push(Row { cells, tone });
    }
    grid
}

/// The server's end of all of them, when that is one and the same.
pub(super) fn only_server<'a>(mut rows: impl Iterator<Item = &'a Socket>) -> Option<String> {
    let (_, first) = ends(rows.next()?);
    rows.all(|socket| ends(socket).1 == first)
        .then(|| first.to_string())
}

/// Which end all of them are, when that is one and the same.
pub(super) fn only_end<'a>(mut rows: impl Iterator<Item = &'a Socket>) -> Option<End> {
    let first = rows.next()?.end;
    rows.all(|socket| socket.end == first).then_some(first)
}

fn owner(owners: &Owners) -> (String, String) {
    match owners {
        Owners::NotVisible => ("?".to_owned(), "not visible".to_owned()),
        Owners::Nobody => ("-".to_owned(), "no process".to_owned()),
        Owners::Known(owners) => {
            let first = owners.first();
            let more = match owners.len() {
                0 | 1 => String::new(),
                count => format!(" +{}", count - 1),
            };
            let pid = first.map_or_else(|| "-".to_owned(), |owner| owner.pid.to_string());
            let name = first.map_or(String::new(), |owner| owner.name.clone());
            (pid, format!("{name}{more}"))
        }
    }
}

/// What is unusual about it.
fn notes(socket: &Socket, told_by: ToldBy, snapshot: Option<&SocketsSnapshot>) -> String {
    let mut notes = Vec::new();
    if let Some(trouble) = socket.trouble() {
        notes.push(trouble_sentence(trouble));
    }
    match socket.state {
        TcpState::Established => {}
        TcpState::CloseWait => notes.push("closed by the other end".to_owned()),
        state => notes.push(state.name().to_owned()),
    }
    if let Some(backend) = socket.backend().first().filter(|_| socket.peer.is_some()) {
        notes.push(format!("backend {}", backend.pid));
    }
    if socket.unread > 0 && socket.state == TcpState::Established {
        notes.push(format!("{} bytes unread", socket.unread));
    }
    if told_by == ToldBy::Title {
        notes.push("by its title".to_owned());
    }
    if let Some(name) = snapshot.and_then(|snapshot| snapshot.namespace_name(socket.id.namespace)) {
        notes.push(format!("in network namespace {name}"));
    }
    notes.join("; ")
}

/// `no answer to 3 keepalives`
fn trouble_sentence(trouble: Trouble) -> String {
    let what = match trouble {
        Trouble::Retransmitting(_) => "retransmission",
        Trouble::KeepaliveUnanswered(_) => "keepalive",
        Trouble::ZeroWindow(_) => "window probe",
    };
    format!("no answer to {}", plural(trouble.tries().into(), what))
}

/// `3 idle, 1 waiting`
fn classes(counts: Counts) -> String {
    let Counts {
        idle,
        undecided,
        closing,
        busy: waiting,
    } = counts;
    let counts = [
        (idle, "idle"),
        (waiting, "waiting for the server"),
        (undecided, "undecided"),
        (closing, "closing"),
    ];
    let parts: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    parts.join(", ")
}
