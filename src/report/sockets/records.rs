//! Sockets for programs: the columns of CSV and markdown.
//!
//! Stage: report. In: the same values as the screens. Never: leaves a column out, so that a reader can rely on them.

use std::time::Duration;

use super::SeverView;
use crate::decide::sockets::activity::Trouble;
use crate::decide::sockets::{Socket, SocketsSnapshot, ends};
use crate::report::duration;
use crate::report::grid::{Align, Column, Grid, Row};

fn columns() -> Vec<Column> {
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

fn cells(socket: &Socket, grain: Duration) -> Vec<String> {
    let activity = socket.activity(grain);
    let (client, server) = ends(socket);
    let pids: Vec<String> = socket
        .owners
        .known()
        .iter()
        .map(|owner| owner.pid.to_string())
        .collect();
    let program = socket
        .owners
        .known()
        .first()
        .map_or(String::new(), |owner| owner.name.clone());
    vec![
        socket.end.name().to_owned(),
        client.to_string(),
        server.to_string(),
        activity.class.name().to_owned(),
        activity
            .since
            .map_or(String::new(), |since| duration::seconds(since).to_string()),
        socket.state.name().to_owned(),
        socket.trouble().map_or("", Trouble::name).to_owned(),
        pids.join(" "),
        program,
        socket
            .backend()
            .first()
            .map_or(String::new(), |owner| owner.pid.to_string()),
        socket.id.cookie.to_string(),
        activity.told_by.name().to_owned(),
    ]
}

/// The list as rows and columns.
pub fn records(rows: &[&Socket], snapshot: &SocketsSnapshot) -> Grid {
    let mut grid = Grid::new(columns());
    let rows = rows
        .iter()
        .map(|socket| Row::plain(cells(socket, snapshot.grain)));
    grid.rows.extend(rows);
    grid
}

/// The targets as rows and columns, with what came of each.
pub fn targets(view: &SeverView<'_>) -> Grid {
    let mut columns = columns();
    columns.extend([
        Column::key("outcome", Align::Left),
        Column::key("after_seconds", Align::Right),
        Column::rest("detail"),
    ]);
    let mut grid = Grid::new(columns);
    let grain = view.plan.facts.grain;
    match view.verified {
        None => {
            for socket in &view.plan.targets {
                let mut cells = cells(socket, grain);
                cells.extend([String::new(), String::new(), String::new()]);
                grid.rows.push(Row::plain(cells));
            }
        }
        Some(verified) => {
            for done in &verified.targets {
                let mut cells = cells(&done.holder, grain);
                cells.extend([
                    done.outcome.name().to_owned(),
                    duration::seconds(done.after).to_string(),
                    done.sentence(),
                ]);
                grid.rows.push(Row::plain(cells));
            }
        }
    }
    grid
}
