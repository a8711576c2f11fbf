//! Workers as the workers lane sees them: the list, the plan of recycling some, and what came of it.
//!
//! Stage: report. Never: calls a slot free because a process is gone.

mod records;

pub use self::records::records;

use std::time::Duration;

use crate::decide::connection::Counts;
use crate::decide::workers::outcome::Look;
use crate::decide::workers::runtime::Role;
use crate::decide::workers::selection::State;
use crate::decide::workers::{Worker, Workers};

use super::grid::{Align, Column, Grid, Row};
use super::page::{Page, plural};
use super::palette::Tone;
use super::{Screen, duration, sanitize};

/// The list.
#[derive(Debug, Clone, Copy)]
pub struct WorkersView<'a> {
    /// What was looked for.
    pub endpoint: &'a str,
    /// Everybody.
    pub workers: &'a Workers,
    /// Who matched.
    pub rows: &'a [&'a Worker],
}

/// The list as text.
pub fn list(view: &WorkersView<'_>, screen: Screen) -> String {
    let mut page = Page::new(screen.width, screen.palette);
    let workers = view.workers;
    let holding = workers.holding().count();
    let counts = Counts::of(workers.holding().flat_map(|worker| &worker.held));
    let states = counted(counts);
    let between = if states.is_empty() { "" } else { ": " };
    let endpoint = sanitize::line(view.endpoint);
    page.heading(
        Tone::Strong,
        &format!(
            "{} on this host to {endpoint}, held by {}{between}{states}",
            plural(workers.total(), "connection"),
            plural_of(holding, "process", "processes"),
        ),
    );
    hidden(&mut page, workers.not_visible);
    if workers.nobody > 0 {
        page.entry(
            "nobody",
            Tone::Plain,
            &format!("{} closed by a process that has ended", workers.nobody),
        );
    }
    // A group is a master with its workers; who has none stands alone.
    let mut rows: Vec<&Worker> = view.rows.to_vec();
    rows.sort_by_key(|worker| {
        let leader = worker.master.as_ref().unwrap_or(&worker.process).id.pid;
        (leader, worker.master.is_some(), worker.process.id.pid)
    });
    if !rows.is_empty() {
        page.gap();
        for line in grid(&rows).table(screen.width, screen.palette) {
            page.lines(&format!("{line}\n"));
        }
    }
    page.finish()
}

/// Says how many connections belong to processes that cannot be seen.
pub(super) fn hidden(page: &mut Page, count: usize) {
    if count > 0 {
        let verb = if count == 1 { "belongs" } else { "belong" };
        page.entry(
            "not seen",
            Tone::Warn,
            &format!(
                "{} {verb} to processes of other users that are not visible without root",
                plural(count, "connection")
            ),
        );
    }
}

fn grid(rows: &[&Worker]) -> Grid {
    let (left, right) = (Align::Left, Align::Right);
    let mut grid = Grid::new(vec![
        Column::key("runtime", left),
        Column::key("role", left),
        Column::key("pid", right),
        Column::key("held", right),
        Column::key("idle", right),
        Column::key("busy", right),
        Column::key("since", right),
        Column::key("running", right),
        Column::rest("command"),
    ]);
    for worker in rows {
        let counts = worker.counts();
        let tone = match State::of(worker) {
            State::Busy => Tone::Strong,
            _ => Tone::Plain,
        };
        let unit = worker
            .unit
            .as_ref()
            .map_or(String::new(), |unit| format!("[{unit}] "));
        let cells = vec![
            worker.runtime.title.clone(),
            role(worker).to_owned(),
            worker.process.id.pid.to_string(),
            counts.total().to_string(),
            counts.idle.to_string(),
            counts.busy.to_string(),
            duration::age_or_dash(worker.since()),
            duration::age_or_dash(Some(worker.process.age)),
            format!("{unit}{}", without_directory(&worker.process.command)),
        ];
        grid.rows.push(Row { cells, tone });
    }
    grid
}

/// A command line as a narrow screen has room for it: of `/usr/lib/postgresql/15/bin/psql -h db` the first word's
/// directory tells nothing. The formats for programs keep it.
pub(super) fn without_directory(command: &str) -> &str {
    let first = command.split(' ').next().unwrap_or_default();
    match first.rsplit_once('/') {
        Some((directory, name)) if first.starts_with('/') && !name.is_empty() => {
            command.get(directory.len() + 1..).unwrap_or(command)
        }
        _ => command,
    }
}

/// `master`, `worker`, or that it stands alone.
pub(super) fn role(worker: &Worker) -> &'static str {
    match (worker.role, &worker.master) {
        (Role::Master, _) => "master",
        (Role::Worker, Some(_)) => "worker",
        (Role::Worker, None) => "alone",
    }
}

/// `3 idle, 1 busy`
fn counted(counts: Counts) -> String {
    let parts = [
        (counts.idle, "idle"),
        (counts.busy, "busy"),
        (counts.undecided, "undecided"),
        (counts.closing, "closing"),
    ];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    parts.join(", ")
}

/// `1 process`, `3 processes`
pub(super) fn plural_of(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// What a look after a batch saw, a line of the conversation.
pub fn progress(number: usize, of: usize, look: &Look, after: Duration) -> String {
    format!(
        "batch {number} of {of}, after {}: {}",
        duration::precise(after),
        look_text(look)
    )
}

/// That there is nothing to do.
pub fn reached(look: &Look) -> String {
    format!(
        "what was aimed at is there already: {}; nothing was done",
        look_text(look)
    )
}

fn look_text(look: &Look) -> String {
    let held = format!("this host holds {}", plural(look.held, "connection"));
    match look.free {
        Some(free) => format!(
            "{held}, {} free",
            plural_of(free as usize, "ordinary slot", "ordinary slots")
        ),
        None => format!("{held}, the database does not answer"),
    }
}

/// Connections and free slots, at the first look and at the last.
pub(super) fn looks(page: &mut Page, looks: &[Look], screen: Screen) {
    let (Some(first), Some(last)) = (looks.first(), looks.last()) else {
        return;
    };
    let arrow = screen.arrow();
    page.entry(
        "held",
        Tone::Plain,
        &format!(
            "{} {arrow} {} connections on this host",
            first.held, last.held
        ),
    );
    let free = |look: &Look| {
        look.free
            .map_or_else(|| "?".to_owned(), |free| free.to_string())
    };
    let text = match last.free {
        Some(_) => format!("{} {arrow} {} ordinary slots", free(first), free(last)),
        None => "the database does not answer: look at it for what came free".to_owned(),
    };
    page.entry("free", Tone::Plain, &text);
}
