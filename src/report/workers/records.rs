//! Workers for programs: the columns of CSV and markdown.
//!
//! Stage: report. In: the same values as the screens. Never: leaves a column out.

use super::role;
use crate::decide::workers::Worker;
use crate::report::duration;
use crate::report::grid::{Align, Column, Grid, Row};

/// The list as rows and columns.
pub fn records(rows: &[&Worker]) -> Grid {
    let (left, right) = (Align::Left, Align::Right);
    let mut grid = Grid::new(vec![
        Column::key("runtime", left),
        Column::key("role", left),
        Column::key("pid", right),
        Column::key("master_pid", right),
        Column::key("unit", left),
        Column::key("connections", right),
        Column::key("idle", right),
        Column::key("busy", right),
        Column::key("undecided", right),
        Column::key("since_seconds", right),
        Column::key("running_seconds", right),
        Column::rest("command"),
    ]);
    grid.rows.extend(rows.iter().map(|worker| {
        let counts = worker.counts();
        let master = worker.master.as_ref();
        Row::plain(vec![
            worker.runtime.name.clone(),
            role(worker).to_owned(),
            worker.process.id.pid.to_string(),
            master.map_or(String::new(), |master| master.id.pid.to_string()),
            worker.unit.clone().unwrap_or_default(),
            counts.total().to_string(),
            counts.idle.to_string(),
            counts.busy.to_string(),
            counts.undecided.to_string(),
            worker
                .since()
                .map_or(String::new(), |since| duration::seconds(since).to_string()),
            duration::seconds(worker.process.age).to_string(),
            worker.process.command.clone(),
        ])
    }));
    grid
}
