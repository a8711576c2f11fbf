//! Workers in the report of an act. Never: counts a slot that a busy worker holds; calls a slot free because a process
//! is gone.

use std::time::Duration;

use serde_json::{Value, json};

use super::document::with;
use super::{Reason, Reported, count_of};
use crate::decide::connection::Counts;
use crate::decide::holder::TargetOutcome;
use crate::decide::outcome::Outcome;
use crate::decide::plan::Plan;
use crate::decide::verified::Verified;
use crate::decide::workers::plan::{Goal, OnHost, RecyclePlan, Target};
use crate::decide::workers::process::Process;
use crate::decide::workers::runtime::{Respawned, Role};
use crate::decide::workers::selection::Spared;
use crate::report::grid::{Align, Column, Grid, Row};
use crate::report::json::workers::{look, process, target};
use crate::report::page::{Page, plural};
use crate::report::palette::Tone;
use crate::report::workers::{hidden, looks, plural_of, without_directory};
use crate::report::{Screen, duration, sanitize};

impl Reported for Target {
    const NOUN: [&'static str; 2] = ["process", "processes"];

    fn action(_: &Plan<Self>) -> &'static str {
        "recycle"
    }

    fn phrase(plan: &Plan<Self>) -> String {
        format!("recycle {}", count_of::<Self>(plan.targets.len()))
    }

    fn done(_: &OnHost) -> &'static str {
        "recycled"
    }

    fn describe(page: &mut Page, plan: &Plan<Self>, _: Screen) {
        page.entry("server", Tone::Plain, &sanitize::line(&plan.endpoint));
        page.entry("steps", Tone::Plain, &steps(plan));
        hidden(page, plan.facts.not_visible);
        if plan.targets.is_empty() {
            return;
        }
        for (label, line) in frees(plan) {
            page.entry(label, Tone::Plain, &line);
        }
        for (target, count) in kinds(&plan.targets) {
            page.gap();
            describe(page, target, count, plan.facts.pace.wait);
        }
        for (index, danger) in plan.dangers().iter().enumerate() {
            if index == 0 {
                page.gap();
            }
            let label = if index == 0 { "danger" } else { "" };
            page.entry(label, Tone::Warn, &sanitize::line(danger));
        }
    }

    fn table(plan: &Plan<Self>, most: usize) -> Grid {
        let mut grid = Grid::new(vec![
            Column::key("runtime", Align::Left),
            Column::key("pid", Align::Right),
            Column::key("signal", Align::Left),
            Column::key("held", Align::Right),
            Column::key("idle", Align::Right),
            Column::key("busy", Align::Right),
            Column::rest("command"),
        ]);
        let row = |target: &Target| {
            let counts = Counts::of(&target.held);
            Row::plain(vec![
                target.runtime.title.clone(),
                target.process.id.pid.to_string(),
                target.signal.name().to_owned(),
                counts.total().to_string(),
                counts.idle.to_string(),
                counts.busy.to_string(),
                without_directory(&target.process.command).to_owned(),
            ])
        };
        grid.rows.extend(plan.targets.iter().take(most).map(row));
        grid
    }

    fn name(&self) -> String {
        format!("PID {}", self.process.id.pid)
    }

    fn reason((_, reason): &(Process, Spared)) -> Reason {
        Reason {
            word: reason.name(),
            sentence: reason.sentence(),
        }
    }

    fn settled(done: &TargetOutcome<Self>) -> bool {
        matches!(done.outcome, Outcome::Gone | Outcome::AlreadyGone) && !done.escalated
    }

    fn aftermath(page: &mut Page, _: &Plan<Self>, verified: &Verified<Self>, screen: Screen) {
        if let (Some(closed), Some(new)) = (verified.aftermath.closed, verified.aftermath.new) {
            let came = match new {
                0 => "none has come since".to_owned(),
                new => format!("{new} have come since: restarted workers connect again"),
            };
            let text = format!("{} of before; {came}", plural(closed, "connection"));
            page.entry("closed", Tone::Plain, &text);
        }
        looks(page, &verified.aftermath.looks, screen);
    }

    fn document(&self, _: &OnHost) -> Value {
        target(self)
    }

    fn spared_document((spared, _): &(Process, Spared), _: &OnHost) -> Value {
        process(spared)
    }

    fn warnings(plan: &Plan<Self>) -> Vec<String> {
        plan.dangers()
    }

    fn plan_details(plan: &Plan<Self>) -> Value {
        let pace = plan.facts.pace;
        json!({
            "connections": plan.facts.held,
            "not_visible": plan.facts.not_visible,
            "batch": pace.batch,
            "pause_seconds": duration::seconds(pace.pause),
            "escalate": pace.escalate,
        })
    }

    fn target_details(done: &TargetOutcome<Self>) -> Value {
        json!({ "killed": done.escalated })
    }

    fn outcome_details(_: &Plan<Self>, verified: &Verified<Self>) -> Value {
        let looks: Vec<Value> = verified.aftermath.looks.iter().map(look).collect();
        let counted = json!({ "closed": verified.aftermath.closed, "new": verified.aftermath.new });
        with(json!({ "looks": looks }), counted)
    }

    /// What the database says; without it only connections can be counted.
    fn freed(_: &Plan<Self>, verified: &Verified<Self>) -> Option<usize> {
        let looks = &verified.aftermath.looks;
        let (first, last) = (looks.first()?.free?, looks.last()?.free?);
        Some(last.saturating_sub(first) as usize)
    }

    fn columns() -> Vec<Column> {
        vec![
            Column::key("runtime", Align::Left),
            Column::key("pid", Align::Right),
            Column::key("signal", Align::Left),
            Column::key("connections", Align::Right),
            Column::name("command"),
        ]
    }

    fn cells(&self, _: &OnHost) -> Vec<String> {
        vec![
            self.runtime.name.clone(),
            self.process.id.pid.to_string(),
            self.signal.name().to_owned(),
            self.held.len().to_string(),
            self.process.command.clone(),
        ]
    }

    fn spared_cells((process, _): &(Process, Spared), _: &OnHost) -> Option<Vec<String>> {
        let none = String::new;
        let pid = process.id.pid.to_string();
        Some(vec![none(), pid, none(), none(), process.command.clone()])
    }
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
