//! Recycling through the platform: the plan, and what came of it.
//!
//! Stage: report.

use crate::decide::outcome::Ending;
use crate::decide::plan::Question;
use crate::decide::workers::via::{ViaOutcome, ViaPlan};
use crate::report::grid::{Align, Column, Grid, Row};
use crate::report::page::{Page, plural};
use crate::report::palette::Tone;
use crate::report::{Screen, duration, sanitize};

/// A run of `workers recycle --via`.
#[derive(Debug, Clone, Copy)]
pub struct ViaView<'a> {
    /// What was planned.
    pub plan: &'a ViaPlan,
    /// What came of it; `None` if nothing was done.
    pub outcome: Option<&'a ViaOutcome>,
    /// Whether the run was to stop before acting.
    pub dry_run: bool,
    /// The exit code.
    pub exit_code: u8,
}

/// The plan as text.
pub fn plan(plan: &ViaPlan, screen: Screen) -> String {
    let mut page = Page::new(screen.width, screen.palette);
    let name = sanitize::line(&plan.name);
    page.heading(
        Tone::Strong,
        &format!("PLAN: recycle via [recycler.{name}]"),
    );
    page.entry("server", Tone::Plain, &sanitize::line(&plan.endpoint));
    page.entry("runs", Tone::Strong, &sanitize::line(&plan.command));
    page.entry(
        "steps",
        Tone::Plain,
        &format!(
            "up to {} for the command, then up to {} for its connections to go",
            duration::limit(plan.timeout),
            duration::limit(plan.wait)
        ),
    );
    let frees = match plan.frees {
        Some(count) => format!(
            "{} expected (the configuration says so)",
            plural(count, "slot")
        ),
        None => "not known: the configuration does not say (frees = N)".to_owned(),
    };
    page.entry("frees", Tone::Plain, &frees);
    page.entry(
        "now",
        Tone::Plain,
        &format!("{} on this host", plural(plan.before.held, "connection")),
    );
    for (index, danger) in plan.dangers().iter().enumerate() {
        page.entry(if index == 0 { "danger" } else { "" }, Tone::Warn, danger);
    }
    page.finish()
}

/// The question to ask, with a blank at its end for the answer.
pub fn question(plan: &ViaPlan) -> String {
    let name = sanitize::line(&plan.name);
    match plan.question {
        Question::YesNo => format!("Run the command of [recycler.{name}]? [y/N] "),
        Question::Number(count, why) => {
            format!("This is {why}. Type {count} to run [recycler.{name}]: ")
        }
    }
}

/// The report as text.
pub fn outcome(plan: &ViaPlan, outcome: &ViaOutcome, screen: Screen) -> String {
    let mut page = Page::new(screen.width, screen.palette);
    let took = duration::precise(outcome.took);
    let sentence = outcome.sentence(plan);
    let sentence = sanitize::line(&sentence);
    let (tone, word) = match outcome.ending(plan) {
        Ending::Done => (Tone::Good, "DONE"),
        Ending::Partly => (Tone::Alarm, "PARTLY DONE"),
        Ending::AllRefused => (Tone::Alarm, "REFUSED"),
        Ending::Unknown => (Tone::Alarm, "UNKNOWN"),
    };
    page.heading(tone, &format!("{word} after {took}: {sentence}"));
    if let Some(freed) = outcome.freed {
        page.entry(
            "closed",
            Tone::Plain,
            &format!(
                "{freed} of {} of before on this host",
                plural(plan.before.held, "connection")
            ),
        );
    }
    if let Some(now) = outcome.now {
        super::looks(&mut page, &[plan.before, now], screen);
    }
    page.finish()
}

/// As rows and columns.
pub fn record(view: &ViaView<'_>) -> Grid {
    let mut grid = Grid::new(vec![
        Column::name("recycler"),
        Column::key("outcome", Align::Left),
        Column::key("after_seconds", Align::Right),
        Column::key("closed", Align::Right),
        Column::rest("detail"),
    ]);
    let done = view.outcome;
    grid.rows.push(Row::plain(vec![
        view.plan.name.clone(),
        done.map_or("", |done| done.ran.name()).to_owned(),
        done.map_or(String::new(), |done| {
            duration::seconds(done.took).to_string()
        }),
        done.and_then(|done| done.freed)
            .map_or(String::new(), |freed| freed.to_string()),
        done.map_or(String::new(), |done| done.sentence(view.plan)),
    ]));
    grid
}
