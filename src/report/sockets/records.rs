//! Sockets for programs: the columns of CSV and markdown.
//!
//! Stage: report. In: the same values as the screens. Never: leaves a column out, so that a reader can rely on them.

use std::borrow::Cow;
use std::time::Duration;

use crate::decide::sockets::{Socket, SocketsSnapshot, ends};
use crate::report::duration;
use crate::report::grid::{self, Align, Column, Grid, Row};

/// The columns of a connection.
pub fn columns() -> Vec<Column> {
    let (left, right) = (Align::Left, Align::Right);
    vec![
        Column::key("end", left),
        Column::key("client", left),
        Column::key("server", left),
        Column::key("state", left),
        Column::key("for_seconds", right),
        Column::key("tcp_state", left),
        Column::key("trouble", left),
        Column::key("pids", left),
        Column::name("program"),
        Column::key("backend_pid", right),
        Column::key("cookie", right),
        Column::key("state_told_by", left),
    ]
}

/// Its cells.
pub fn cells(socket: &Socket, grain: Duration) -> Vec<Cow<'_, str>> {
    let activity = socket.activity(grain);
    let (client, server) = ends(socket);
    let owners = socket.owners.known();
    let pids: Cow<'_, str> = match owners {
        [one] => one.pid.to_string().into(),
        several => {
            let pids: Vec<String> = several.iter().map(|owner| owner.pid.to_string()).collect();
            pids.join(" ").into()
        }
    };
    let or_empty = |text: Option<String>| text.map_or(Cow::Borrowed(""), Cow::Owned);
    vec![
        socket.end.name().into(),
        client.to_string().into(),
        server.to_string().into(),
        activity.class.name().into(),
        or_empty(
            activity
                .since
                .map(|since| duration::seconds(since).to_string()),
        ),
        socket.state.name().into(),
        socket.trouble().map_or("", |trouble| trouble.name()).into(),
        pids,
        owners.first().map_or("", |owner| &owner.name).into(),
        or_empty(socket.backend().first().map(|owner| owner.pid.to_string())),
        socket.id.cookie.to_string().into(),
        activity.told_by.name().into(),
    ]
}

/// The list as rows and columns.
pub fn records(rows: &[&Socket], snapshot: &SocketsSnapshot) -> Grid {
    let mut grid = Grid::new(columns());
    let rows = rows
        .iter()
        .map(|socket| Row::plain(owned(cells(socket, snapshot.grain))));
    grid.rows.extend(rows);
    grid
}

/// The list as CSV.
pub fn csv(rows: &[&Socket], snapshot: &SocketsSnapshot) -> String {
    let rows = rows.iter().map(|socket| cells(socket, snapshot.grain));
    grid::csv(&columns(), rows)
}

fn owned(cells: Vec<Cow<'_, str>>) -> Vec<String> {
    cells.into_iter().map(Cow::into_owned).collect()
}
