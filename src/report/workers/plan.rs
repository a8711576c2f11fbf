//! The plan of a recycling as it is shown before anybody agrees to it, and the question.
//!
//! Stage: report. Never: counts a slot that a busy worker holds.

use std::time::Duration;

use super::{TARGETS, hidden, plural_of, target_grid};
use crate::decide::plan::Question;
use crate::decide::workers::plan::{Goal, RecyclePlan, Target};
use crate::decide::workers::runtime::{Respawned, Role};
use crate::report::page::{Page, plural};
use crate::report::palette::Tone;
use crate::report::{Extent, Screen, duration, sanitize};

/// The plan as text.
pub fn plan(plan: &RecyclePlan, screen: Screen) -> String {
    let mut page = Page::new(screen.width, screen.palette);
    page.heading(
        Tone::Strong,
        &format!("PLAN: {}", phrase(plan.targets.len())),
    );
    page.entry("server", Tone::Plain, &sanitize::line(&plan.endpoint));
    page.entry("steps", Tone::Plain, &steps(plan));
    hidden(&mut page, plan.facts.not_visible);
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
        describe(&mut page, target, count, plan.facts.pace.wait);
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
    let pace = plan.facts.pace;
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
    let counts = plan.closes();
    let mut lines = vec![(
        "frees",
        format!(
            "{} of {} on this host {} back (idle){}",
            plural(counts.idle, "slot"),
            plan.facts.held,
            if counts.idle == 1 { "comes" } else { "come" },
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
            plan.prediction.shared,
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
                && known.0.respawned() == target.respawned()
        };
        match kinds.iter_mut().find(same) {
            Some((_, count)) => *count += 1,
            None => kinds.push((target, 1)),
        }
    }
    kinds
}

fn describe(page: &mut Page, target: &Target, count: usize, wait: Duration) {
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
                "about {} when nothing is busy{}",
                duration::limit(recipe.takes),
                if recipe.takes > wait {
                    "; give a longer --wait, or it may be reported as still there"
                } else {
                    ""
                }
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
