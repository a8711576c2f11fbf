//! Workers as the workers lane sees them: the list, the plan of recycling some, and what came of it.
//!
//! Stage: report. Never: calls a slot free because a process is gone.

pub mod via;

use std::time::Duration;

use crate::decide::outcome::{Ending, Outcome};
use crate::decide::plan::Question;
use crate::decide::workers::outcome::{Look, Stopped, WorkerOutcome, ending};
use crate::decide::workers::plan::{Goal, RecyclePlan, Target};
use crate::decide::workers::runtime::{Respawned, Role};
use crate::decide::workers::selection::State;
use crate::decide::workers::{Counts, Worker, Workers};

use super::grid::{Align, Column, Grid, Row};
use super::page::{Page, plural};
use super::palette::Tone;
use super::{Extent, Screen, duration, sanitize};

/// Targets shown unless all are asked for.
const TARGETS: usize = 10;

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

/// A run of `workers recycle`.
#[derive(Debug, Clone, Copy)]
pub struct RecycleView<'a> {
    /// What was planned.
    pub plan: &'a RecyclePlan,
    /// What came of it; `None` if nothing was done.
    pub verified: Option<&'a Verified>,
    /// Whether the run was to stop before acting.
    pub dry_run: bool,
    /// The exit code.
    pub exit_code: u8,
}

/// The whole story.
#[derive(Debug, Clone)]
pub struct Verified {
    /// One for each target of the plan.
    pub targets: Vec<WorkerOutcome>,
    /// A look before, then one right after each batch and one before the next.
    pub looks: Vec<Look>,
    /// Why the batches ended.
    pub stopped: Stopped,
    /// How many connections of before are gone; `None` when there was no last look.
    pub closed: Option<usize>,
    /// How many came since: workers that were started again connect.
    pub new: Option<usize>,
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

fn hidden(page: &mut Page, count: usize) {
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
            format!("{unit}{}", worker.process.command),
        ];
        grid.rows.push(Row { cells, tone });
    }
    grid
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

fn plural_of(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// The plan as text.
pub fn plan(plan: &RecyclePlan, screen: Screen) -> String {
    let mut page = Page::new(screen.width, screen.palette);
    page.heading(
        Tone::Strong,
        &format!("PLAN: {}", phrase(plan.targets.len())),
    );
    page.entry("server", Tone::Plain, &sanitize::line(&plan.endpoint));
    page.entry("steps", Tone::Plain, &steps(plan));
    hidden(&mut page, plan.not_visible);
    for missing in &plan.missing {
        page.entry(
            "missing",
            Tone::Warn,
            &format!("no process has PID {missing}"),
        );
    }
    if !plan.targets.is_empty() {
        for (label, line) in frees(plan) {
            page.entry(label, Tone::Plain, &line);
        }
    }
    for (target, count) in kinds(&plan.targets) {
        page.gap();
        describe(&mut page, target, count);
    }
    for (index, danger) in plan.dangers().iter().enumerate() {
        if index == 0 {
            page.gap();
        }
        let label = if index == 0 { "danger" } else { "" };
        page.entry(label, Tone::Warn, &sanitize::line(danger));
    }
    if !plan.targets.is_empty() {
        page.gap();
        let whole = screen.extent == Extent::Whole;
        let most = if whole { usize::MAX } else { TARGETS };
        let shown = target_grid(plan.targets.iter().take(most));
        for line in shown.table(screen.width, screen.palette) {
            page.lines(&format!("{line}\n"));
        }
        if plan.targets.len() > most {
            page.lines(&format!("+{} more\n", plan.targets.len() - most));
        }
    }
    if !plan.spared.is_empty() {
        page.gap();
    }
    let mut reasons: Vec<_> = plan.spared.iter().map(|(_, reason)| reason).collect();
    reasons.sort();
    let mut label = "spared";
    for group in reasons.chunk_by(|one, other| one == other) {
        if let Some(reason) = group.first() {
            let text = sanitize::line(&reason.sentence()).into_owned();
            page.entry(label, Tone::Plain, &format!("{}: {text}", group.len()));
            label = "";
        }
    }
    page.finish()
}

fn steps(plan: &RecyclePlan) -> String {
    let pace = plan.pace;
    let wait = duration::limit(pace.wait);
    let mut text = format!(
        "up to {} at a time, waiting up to {wait} for each to end",
        pace.batch
    );
    if plan.targets.len() > pace.batch {
        text.push_str(&format!(", {} between", duration::limit(pace.pause)));
    }
    if pace.escalate {
        text.push_str(&format!(
            "; then SIGKILL for workers still there ({wait} grace)"
        ));
    }
    match pace.goal {
        Goal::All => {}
        Goal::Free(count) => {
            text.push_str(&format!(
                "; until {} free",
                plural_of(count as usize, "ordinary slot is", "ordinary slots are")
            ));
        }
        Goal::Answers => text.push_str("; until the database admits a login"),
    }
    text
}

fn frees(plan: &RecyclePlan) -> Vec<(&'static str, String)> {
    let counts = plan.closes;
    let mut lines = vec![(
        "frees",
        format!(
            "{} of {} on this host come back (idle){}",
            plural(counts.idle, "slot"),
            plan.held,
            again(plan)
        ),
    )];
    let rest = [
        (
            counts.busy,
            "busy: not counted, each keeps its slot until its statement ends",
        ),
        (
            counts.undecided,
            "undecided: not counted, they may run a statement",
        ),
        (counts.closing, "closing already: not counted"),
        (
            plan.shared,
            "shared with a process that stays: not counted, they stay open",
        ),
    ];
    let rest = rest.iter().filter(|(count, _)| *count > 0);
    lines.extend(rest.map(|(count, words)| ("", format!("{count} {words}"))));
    lines
}

/// Whether they are taken again.
fn again(plan: &RecyclePlan) -> &'static str {
    let is = |wanted: Respawned| {
        let mut targets = plan.targets.iter();
        targets.any(|target| target.respawned() == Some(wanted))
    };
    if is(Respawned::Always) {
        "; workers are started again and take slots again when they connect"
    } else if is(Respawned::Supervised) {
        "; whoever looks after them may start them again"
    } else {
        ""
    }
}

/// Targets of one kind, by their first, and how many.
fn kinds(targets: &[Target]) -> Vec<(&Target, usize)> {
    let mut kinds: Vec<(&Target, usize)> = Vec::new();
    for target in targets {
        let same = |known: &&mut (&Target, usize)| {
            known.0.runtime.name == target.runtime.name
                && known.0.role == target.role
                && known.0.signal == target.signal
                && known.0.master.is_some() == target.master.is_some()
        };
        match kinds.iter_mut().find(same) {
            Some((_, count)) => *count += 1,
            None => kinds.push((target, 1)),
        }
    }
    kinds
}

fn describe(page: &mut Page, target: &Target, count: usize) {
    let signal = target.signal.name();
    let whom = match target.role {
        Role::Worker => plural_of(count, "process", "processes"),
        Role::Master => plural(count, "master"),
    };
    let title = sanitize::line(&target.runtime.title).into_owned();
    let Some(recipe) = &target.recipe else {
        page.entry(
            "signal",
            Tone::Strong,
            &format!("{signal} to {whom} of {title}, as was asked for"),
        );
        return;
    };
    page.entry(
        "signal",
        Tone::Strong,
        &format!(
            "{signal} to {whom} ({title}): {}",
            sanitize::line(&recipe.why)
        ),
    );
    page.entry("requests", Tone::Plain, &sanitize::line(&recipe.requests));
    let respawned = match target.respawned() {
        Some(Respawned::Always) => "yes, by the master",
        Some(Respawned::Supervised) => {
            "only if something else looks after it (systemd, a supervisor, a platform)"
        }
        Some(Respawned::Never) => "no",
        None => "not known",
    };
    page.entry("restarted", Tone::Plain, respawned);
    if !recipe.takes.is_zero() {
        page.entry(
            "takes",
            Tone::Plain,
            &format!(
                "about {} when nothing is busy",
                duration::limit(recipe.takes)
            ),
        );
    }
}

/// "recycle 3 processes"
fn phrase(count: usize) -> String {
    format!("recycle {}", plural_of(count, "process", "processes"))
}

/// The question to ask, with a blank at its end for the answer.
pub fn question(plan: &RecyclePlan) -> String {
    match plan.question {
        Question::YesNo => format!(
            "Signal {}? [y/N] ",
            plural_of(plan.targets.len(), "process", "processes")
        ),
        Question::Number(count, why) => {
            format!(
                "This is {why}. Type {count} to {}: ",
                phrase(plan.targets.len())
            )
        }
    }
}

/// What a look after a batch saw, a line of the conversation.
pub fn progress(number: usize, of: usize, look: &Look, after: Duration) -> String {
    format!(
        "batch {number} of {of}, after {}: {}\n",
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

/// The report as text.
pub fn outcome(verified: &Verified, screen: Screen) -> String {
    let mut page = Page::new(screen.width, screen.palette);
    let total = plural_of(verified.targets.len(), "process", "processes");
    let gone = verified
        .targets
        .iter()
        .filter(|target| matches!(target.outcome, Outcome::Gone | Outcome::AlreadyGone))
        .count();
    let took = verified.targets.iter().map(|target| target.after).max();
    let took = duration::precise(took.unwrap_or_default());
    let (tone, text) = match ending(&verified.targets, &verified.stopped) {
        Ending::Done if verified.stopped == Stopped::Goal => (
            Tone::Good,
            format!("DONE: {gone} of {total} recycled in {took}, then the goal was reached"),
        ),
        Ending::Done => (
            Tone::Good,
            format!("DONE: {gone} of {total} recycled in {took}, seen by a second look"),
        ),
        Ending::Partly => (
            Tone::Alarm,
            format!("PARTLY DONE: {gone} of {total} recycled in {took}"),
        ),
        Ending::AllRefused => (
            Tone::Alarm,
            format!("REFUSED: none of {total} could be signalled"),
        ),
        Ending::Unknown => (
            Tone::Alarm,
            format!("UNKNOWN: the second look failed; {gone} of {total} seen to be gone"),
        ),
    };
    page.heading(tone, &text);
    if let Stopped::Worse(how) = &verified.stopped {
        page.entry("stopped", Tone::Alarm, &format!("it got worse: {how}"));
    }
    if let Stopped::Interrupted = &verified.stopped {
        page.entry("stopped", Tone::Warn, "interrupted");
    }
    if let (Some(closed), Some(new)) = (verified.closed, verified.new) {
        let came = match new {
            0 => "none has come since".to_owned(),
            new => format!("{new} have come since: restarted workers connect again"),
        };
        page.entry(
            "closed",
            Tone::Plain,
            &format!("{} of before; {came}", plural(closed, "connection")),
        );
    }
    looks(&mut page, &verified.looks, screen);
    let left = verified.targets.iter().filter(|target| {
        !matches!(target.outcome, Outcome::Gone | Outcome::AlreadyGone) || target.killed
    });
    let whole = screen.extent == Extent::Whole || screen.width.is_none();
    let most = if whole { usize::MAX } else { TARGETS };
    let left: Vec<&WorkerOutcome> = left.collect();
    if !left.is_empty() {
        page.gap();
    }
    for target in left.iter().take(most) {
        let pid = target.target.process.id.pid;
        let sentence = target.sentence();
        page.entry(
            "",
            Tone::Plain,
            &format!("PID {pid}: {}", sanitize::line(&sentence)),
        );
    }
    if left.len() > most {
        page.entry("", Tone::Plain, &format!("+{} more", left.len() - most));
    }
    page.finish()
}

fn looks(page: &mut Page, looks: &[Look], screen: Screen) {
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

fn target_grid<'a>(targets: impl Iterator<Item = &'a Target>) -> Grid {
    let mut grid = Grid::new(vec![
        Column::key("runtime", Align::Left),
        Column::key("pid", Align::Right),
        Column::key("signal", Align::Left),
        Column::key("held", Align::Right),
        Column::key("idle", Align::Right),
        Column::key("busy", Align::Right),
        Column::rest("command"),
    ]);
    grid.rows.extend(targets.map(|target| {
        let counts = Counts::of(&target.held);
        Row::plain(vec![
            target.runtime.title.clone(),
            target.process.id.pid.to_string(),
            target.signal.name().to_owned(),
            counts.total().to_string(),
            counts.idle.to_string(),
            counts.busy.to_string(),
            target.process.command.clone(),
        ])
    }));
    grid
}

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

/// The targets as rows and columns, with what came of each.
pub fn targets(view: &RecycleView<'_>) -> Grid {
    let mut grid = Grid::new(vec![
        Column::key("runtime", Align::Left),
        Column::key("pid", Align::Right),
        Column::key("signal", Align::Left),
        Column::key("connections", Align::Right),
        Column::key("outcome", Align::Left),
        Column::key("after_seconds", Align::Right),
        Column::rest("detail"),
    ]);
    let head = |target: &Target| {
        vec![
            target.runtime.name.clone(),
            target.process.id.pid.to_string(),
            target.signal.name().to_owned(),
            target.held.len().to_string(),
        ]
    };
    let rows: Vec<Row> = match view.verified {
        None => {
            let empty = || [String::new(), String::new(), String::new()];
            let targets = view.plan.targets.iter();
            targets
                .map(|target| Row::plain([head(target), empty().into()].concat()))
                .collect()
        }
        Some(verified) => verified
            .targets
            .iter()
            .map(|done| {
                let mut cells = head(&done.target);
                cells.extend([
                    done.outcome.name().to_owned(),
                    duration::seconds(done.after).to_string(),
                    done.sentence(),
                ]);
                Row::plain(cells)
            })
            .collect(),
    };
    grid.rows.extend(rows);
    grid
}
