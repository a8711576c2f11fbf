//! Recycling through the platform: the plan, and what came of it.
//!
//! Stage: report.

use crate::decide::outcome::Ending;
use crate::decide::plan::Question;
use crate::decide::verified::Verified;
use crate::decide::workers::via::{Recycler, ViaPlan};
use crate::report::grid::{Align, Column, Grid, Row};
use crate::report::page::{Page, plural};
use crate::report::palette::Tone;
use crate::report::{RunView, Screen, duration, sanitize};

/// A run of `workers recycle --via`.
pub type ViaView<'a> = RunView<'a, Recycler>;

/// The plan as text.
pub fn plan(plan: &ViaPlan, screen: Screen) -> String {
    let mut page = Page::new(screen.width, screen.palette);
    for recycler in &plan.targets {
        described(&mut page, plan, recycler);
    }
    page.finish()
}

fn described(page: &mut Page, plan: &ViaPlan, recycler: &Recycler) {
    let name = sanitize::line(&recycler.name);
    page.heading(
        Tone::Strong,
        &format!("PLAN: recycle via [recycler.{name}]"),
    );
    page.entry("server", Tone::Plain, &sanitize::line(&plan.endpoint));
    page.entry("runs", Tone::Strong, &sanitize::line(&recycler.command));
    page.entry(
        "steps",
        Tone::Plain,
        &format!(
            "up to {} for the command, then up to {} for its connections to go",
            duration::limit(recycler.timeout),
            duration::limit(plan.wait)
        ),
    );
    let frees = match recycler.frees {
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
        &format!(
            "{} on this host",
            plural(plan.facts.look.held, "connection")
        ),
    );
    for (index, danger) in recycler.dangers().iter().enumerate() {
        page.entry(if index == 0 { "danger" } else { "" }, Tone::Warn, danger);
    }
}

/// The question to ask, with a blank at its end for the answer.
pub fn question(plan: &ViaPlan) -> String {
    let names = plan.targets.iter();
    let names: Vec<_> = names.map(|one| sanitize::line(&one.name)).collect();
    let name = names.join(", ");
    match plan.question {
        Question::YesNo => format!("Run the command of [recycler.{name}]? [y/N] "),
        Question::Number(count, why) => {
            format!("This is {why}. Type {count} to run [recycler.{name}]: ")
        }
    }
}

/// The report as text.
pub fn outcome(plan: &ViaPlan, verified: &Verified<Recycler>, screen: Screen) -> String {
    let mut page = Page::new(screen.width, screen.palette);
    let (tone, word) = match verified.ending() {
        Ending::Done => (Tone::Good, "DONE"),
        Ending::Partly => (Tone::Alarm, "PARTLY DONE"),
        Ending::AllRefused => (Tone::Alarm, "REFUSED"),
        Ending::Unknown => (Tone::Alarm, "UNKNOWN"),
    };
    for done in &verified.targets {
        let took = done.sight.as_ref().map_or(done.after, |sight| sight.took);
        let took = duration::precise(took);
        let sentence = done.sentence();
        let sentence = sanitize::line(&sentence);
        page.heading(tone, &format!("{word} after {took}: {sentence}"));
        if let Some(freed) = done.sight.as_ref().and_then(|sight| sight.freed) {
            page.entry(
                "closed",
                Tone::Plain,
                &format!(
                    "{freed} of {} of before on this host",
                    plural(plan.facts.look.held, "connection")
                ),
            );
        }
    }
    if let Some(now) = verified.aftermath {
        super::looks(&mut page, &[plan.facts.look, now], screen);
    }
    page.finish()
}

/// As rows and columns.
pub fn records(view: &ViaView<'_>) -> Grid {
    let mut grid = Grid::new(vec![
        Column::name("recycler"),
        Column::key("outcome", Align::Left),
        Column::key("after_seconds", Align::Right),
        Column::key("closed", Align::Right),
        Column::rest("detail"),
    ]);
    for (at, recycler) in view.plan.targets.iter().enumerate() {
        let done = view.verified.and_then(|verified| verified.targets.get(at));
        let sight = done.and_then(|done| done.sight.as_ref());
        let text = |value: Option<String>| value.unwrap_or_default();
        grid.rows.push(Row::plain(vec![
            recycler.name.clone(),
            done.map_or("", |done| done.word()).to_owned(),
            text(sight.map(|sight| duration::seconds(sight.took).to_string())),
            text(sight.and_then(|sight| sight.freed.map(|freed| freed.to_string()))),
            text(done.map(|done| done.sentence())),
        ]));
    }
    grid
}
