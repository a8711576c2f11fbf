//! The timeline of what was done: for eyes, for a spreadsheet, and for the post-mortem.
//!
//! Stage: report. In: acts in their order, and the lines that could not be read.
//! Never: leaves out that an act was interrupted, or that a clock went back.

use crate::decide::advice::shell_line;
use crate::decide::history::{Act, Slots};

use super::grid::{Align, Column, Grid, Row};
use super::page::{Page, counted, plural};
use super::palette::Tone;
use super::{Screen, duration, sanitize};

/// Kinds of targets and outcomes named before the rest is counted.
const MOST: usize = 6;

/// What is told.
#[derive(Debug, Clone, Copy)]
pub struct HistoryView<'a> {
    /// The acts, the first first.
    pub acts: &'a [Act],
    /// The records that were read.
    pub files: &'a [String],
    /// Lines that could not be read: `file:line` and why.
    pub broken: &'a [(String, u64, String)],
}

/// The timeline as text.
pub fn history(view: &HistoryView<'_>, screen: Screen) -> String {
    let mut page = Page::new(screen.width, screen.palette);
    page.heading(Tone::Strong, &title(view));
    for act in view.acts {
        page.gap();
        one(&mut page, act, screen);
    }
    page.finish()
}

/// `3 acts by 2 operators on 2 hosts, 2026-11-22 03:14:15 UTC to …`
fn title(view: &HistoryView<'_>) -> String {
    let distinct = |names: Vec<String>| {
        let mut names = names;
        names.sort();
        names.dedup();
        names.len()
    };
    let acts = view.acts;
    let who = distinct(acts.iter().map(|act| act.line.who()).collect());
    let hosts = distinct(acts.iter().map(|act| act.line.host.clone()).collect());
    let (Some(first), Some(last)) = (acts.first(), acts.iter().map(|act| act.until).max()) else {
        return "nothing in the record".to_owned();
    };
    format!(
        "{} by {} on {}, {} to {}",
        plural(acts.len(), "act"),
        plural(who, "operator"),
        plural(hosts, "host"),
        duration::clock(first.line.at),
        duration::clock(last)
    )
}

fn one(page: &mut Page, act: &Act, screen: Screen) {
    let line = &act.line;
    let what = sanitize::line(&line.action).into_owned();
    let heading = format!(
        "{}  {what}, by {} on {}",
        duration::clock(line.at),
        sanitize::line(&line.who()),
        sanitize::line(&line.host)
    );
    page.heading(
        if act.open() {
            Tone::Alarm
        } else {
            Tone::Strong
        },
        &heading,
    );
    let place = format!("{}, lane {}", line.place(), line.lane);
    page.entry("server", Tone::Plain, &sanitize::line(&place));
    page.entry(
        "typed",
        Tone::Plain,
        &sanitize::line(&shell_line(&line.typed)),
    );
    if let Some(reason) = &line.reason {
        page.entry("reason", Tone::Plain, &sanitize::line(reason));
    }
    page.entry("seen", Tone::Plain, &seen(act));
    let (tone, text) = came(act);
    page.entry("came", tone, &text);
    if let Some(slots) = &act.slots {
        page.entry("slots", Tone::Plain, &after(slots, screen.arrow()));
    }
    if act.admitted_again() {
        let text = format!("ordinary logins, from {} on", duration::clock(act.until));
        page.entry("admitted", Tone::Good, &text);
    }
    if let Some(back) = act.clock_went_back {
        page.entry("clock", Tone::Warn, &went_back(back));
    }
}

fn went_back(back: std::time::Duration) -> String {
    format!(
        "went back by {} before this; the order is the record's",
        duration::precise(back)
    )
}

/// `12 targets: web 9, jobs 3; 0 of 17 ordinary slots free`
fn seen(act: &Act) -> String {
    let mut text = plural(act.targets.len(), "target");
    let names = act.names();
    if !act.targets.is_empty() {
        text.push_str(&format!(": {}", counted(&names, MOST)));
    }
    if let Some(slots) = &act.slots {
        let before = slots.before;
        text.push_str(&format!(
            "; {} of {} ordinary slots free",
            before.free, before.total
        ));
    }
    text
}

/// What came of it, and how loud that is.
fn came(act: &Act) -> (Tone, String) {
    let mut parts = Vec::new();
    let outcomes = act.outcomes();
    if !outcomes.is_empty() {
        parts.push(counted(&outcomes, MOST));
    }
    let without = act.without_outcome();
    let tone = if act.open() {
        let what = if without == act.targets.len() {
            "no outcome is in the record".to_owned()
        } else {
            format!("{without} without an outcome in the record")
        };
        parts.push(format!(
            "OPEN: {what}; whoever did it was interrupted, or is at it"
        ));
        Tone::Alarm
    } else {
        Tone::Plain
    };
    if !act.intended {
        parts.push("its intent is not in the record".to_owned());
    }
    if parts.is_empty() {
        parts.push("nothing was to be done".to_owned());
    }
    (tone, parts.join("; "))
}

fn after(slots: &Slots, arrow: &str) -> String {
    let before = slots.before;
    match slots.after {
        Some(after) => {
            let mut text = format!(
                "{} {arrow} {} free of {} ordinary",
                before.free, after.free, after.total
            );
            if slots.retaken > 0 {
                text.push_str(&format!("; {} taken again", slots.retaken));
            }
            text
        }
        None => "not counted again: contact was lost".to_owned(),
    }
}

/// The acts as rows, whole.
pub fn records(view: &HistoryView<'_>) -> Grid {
    let mut grid = Grid::new(vec![
        Column::key("at", Align::Left),
        Column::key("until", Align::Left),
        Column::name("user"),
        Column::name("sudo_user"),
        Column::name("host"),
        Column::name("server"),
        Column::name("lane"),
        Column::name("action"),
        Column::key("targets", Align::Right),
        Column::name("seen"),
        Column::name("came"),
        Column::key("open", Align::Left),
        Column::name("slots"),
        Column::key("admitted_again", Align::Left),
        Column::name("reason"),
        Column::name("record"),
        Column::rest("typed"),
    ]);
    for act in view.acts {
        let line = &act.line;
        grid.rows.push(Row::plain(vec![
            duration::rfc3339(line.at),
            duration::rfc3339(act.until),
            line.user.clone(),
            line.sudo_user.clone().unwrap_or_default(),
            line.host.clone(),
            line.place(),
            line.lane.clone(),
            line.action.clone(),
            act.targets.len().to_string(),
            plain(seen(act)),
            plain(came(act).1),
            act.open().to_string(),
            act.slots
                .as_ref()
                .map(|slots| after(slots, "->"))
                .unwrap_or_default(),
            act.admitted_again().to_string(),
            line.reason.clone().unwrap_or_default(),
            format!("{}:{}", line.file, line.number),
            shell_line(&line.typed),
        ]));
    }
    grid
}

/// For the post-mortem: what happened when, a row each, in the columns such a page has.
pub fn markdown(view: &HistoryView<'_>) -> String {
    let mut grid = Grid::new(vec![
        Column::key("time (UTC)", Align::Left),
        Column::name("who"),
        Column::name("what"),
        Column::name("seen"),
        Column::name("outcome"),
        Column::name("reason"),
    ]);
    for act in view.acts {
        let line = &act.line;
        let mut came = plain(came(act).1);
        if let Some(slots) = &act.slots {
            came.push_str(&format!("; slots {}", after(slots, "->")));
        }
        if let Some(back) = act.clock_went_back {
            came.push_str(&format!("; the clock {}", went_back(back)));
        }
        grid.rows.push(Row::plain(vec![
            duration::clock(line.at),
            format!("{} on {}", line.who(), line.host),
            format!(
                "{} on {}: {}",
                line.action,
                line.place(),
                shell_line(&line.typed)
            ),
            plain(seen(act)),
            came,
            line.reason.clone().unwrap_or_default(),
        ]));
        if act.admitted_again() {
            let mut cells = vec![
                duration::clock(act.until),
                format!("{} on {}", line.who(), line.host),
                format!("ordinary logins are admitted again on {}", line.place()),
            ];
            cells.resize(6, String::new());
            grid.rows.push(Row::plain(cells));
        }
    }
    let mut text = grid.markdown();
    if !view.broken.is_empty() {
        text.push_str("\nNot readable:\n\n");
        let mut broken = Grid::new(vec![Column::name("record"), Column::name("why")]);
        for (file, line, why) in view.broken {
            broken
                .rows
                .push(Row::plain(vec![format!("{file}:{line}"), why.clone()]));
        }
        text.push_str(&broken.markdown());
    }
    text
}

/// Blanks that hold a screen's words together are ordinary ones in a file.
fn plain(text: String) -> String {
    text.replace(super::page::STICK, " ")
}
