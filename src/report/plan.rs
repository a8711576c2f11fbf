//! The plan as it is shown before anybody agrees to it, and the words of the question.
//!
//! Stage: report, before the confirmation. In: a [`Plan`].
//! Never: promises. Slots that may become free are an estimate until a second look.

use std::collections::BTreeMap;

use crate::decide::breakdown::{Dimension, count_by};
use crate::decide::plan::{Plan, Question};
use crate::decide::protection::SparedReason;
use crate::decide::session::Session;
use crate::decide::sessions::plan::Action;

use super::grid::{Align, Column, Grid, Row};
use super::page::{Page, counted};
use super::palette::Tone;
use super::status::pairs;
use super::{Extent, Screen, duration, pools, sanitize, sessions};

/// Targets shown unless all are asked for.
const TARGETS: usize = 10;
/// Spared sessions are named by PID up to so many.
const NAMED: usize = 5;

/// The plan as text.
pub fn plan(plan: &Plan<Session>, screen: Screen) -> String {
    let mut page = Page::new(screen.width, screen.palette);
    let count = plan.targets.len();
    page.heading(Tone::Strong, &heading(plan));
    page.entry("server", Tone::Plain, &server(plan, &plan.endpoint));
    let wait = duration::limit(plan.wait);
    let end = if plan.facts.action == Action::Cancel {
        "stop"
    } else {
        "go"
    };
    let lane = format!("{}, waiting up to {wait} for them to {end}", plan.lane);
    page.entry("lane", Tone::Plain, &lane);
    page.entry("slots", Tone::Plain, &slots(plan, screen));
    if count > 0 {
        breakdown(&mut page, &plan.targets);
        if plan
            .targets
            .iter()
            .any(|session| session.superuser.is_none() && session.user.is_some())
        {
            let text = "who is a superuser is not known here; nobody was spared for it";
            page.entry("note", Tone::Warn, text);
        }
        for (index, text) in pools::warnings(plan).iter().enumerate() {
            page.entry(if index == 0 { "pooler" } else { "" }, Tone::Warn, text);
        }
        page.gap();
        page.lines(&targets(plan, screen));
    }
    if !plan.spared.is_empty() || !plan.missing.is_empty() {
        page.gap();
    }
    let mut label = "spared";
    for line in spared(plan) {
        page.entry(label, Tone::Plain, &line);
        label = "";
    }
    if !plan.missing.is_empty() {
        let text = format!("no process has {}", pids(&plan.missing));
        page.entry("missing", Tone::Warn, &text);
    }
    page.finish()
}

/// What `--fence` may do after the plan, for under it: who would be held at what. Empty when there is nobody to hold.
pub fn fences(plan: &Plan<Session>, screen: Screen) -> String {
    let mut page = Page::new(screen.width, screen.palette);
    let roles: Vec<String> = plan
        .facts
        .left
        .iter()
        .take(NAMED)
        .map(|(role, left)| format!("role {} to {left}", sanitize::line(role)))
        .collect();
    if !roles.is_empty() {
        let more = plan.facts.left.len().saturating_sub(NAMED);
        let more = if more > 0 {
            format!(", +{more} more")
        } else {
            String::new()
        };
        let text = format!(
            "whoever takes freed slots again is limited to what is left: {}{more}",
            roles.join(", ")
        );
        page.entry("fence", Tone::Warn, &text);
    }
    page.finish()
}

/// The question to ask, with a blank at its end for the answer.
pub fn question(plan: &Plan<Session>) -> String {
    let what = plan.facts.action.phrase(plan.targets.len());
    match plan.question {
        Question::YesNo => {
            let mut letters = what.chars();
            let first = letters.next().map(|c| c.to_uppercase().to_string());
            format!("{}{}? [y/N] ", first.unwrap_or_default(), letters.as_str())
        }
        Question::Number(count, why) => format!("This is {why}. Type {count} to {what}: "),
    }
}

/// `db1:5432 (primary, PostgreSQL 17.10, main)`
pub(crate) fn heading(plan: &Plan<Session>) -> String {
    match (plan.targets.len(), plan.spared.len()) {
        (0, 0) => "NOTHING TO DO: no session matches".to_owned(),
        (0, _) => "NOTHING TO DO: every session that matches is spared".to_owned(),
        (count, _) => format!("PLAN: {}", plan.facts.action.phrase(count)),
    }
}

pub(super) fn server(plan: &Plan<Session>, endpoint: &str) -> String {
    let server = &plan.facts.server;
    let cluster = match server.cluster_name.as_deref() {
        Some(name) if !name.is_empty() => format!(", cluster {}", sanitize::line(name)),
        _ => String::new(),
    };
    format!(
        "{}, PostgreSQL {}, {}{cluster}",
        sanitize::line(endpoint),
        sanitize::line(&server.version),
        if server.in_recovery {
            "standby"
        } else {
            "primary"
        },
    )
}

fn slots(plan: &Plan<Session>, screen: Screen) -> String {
    if !plan.facts.capacity.is_known() {
        return match plan.facts.action {
            Action::Cancel => "a cancel frees none".to_owned(),
            _ => format!(
                "frees {}; how many there are is not known here",
                plan.frees()
            ),
        };
    }
    let now = plan.facts.capacity.ordinary;
    if plan.facts.action == Action::Cancel {
        return format!(
            "a cancel frees none: {} of {} ordinary slots free",
            now.free, now.total
        );
    }
    let after = plan.capacity_after().ordinary;
    let arrow = screen.arrow();
    let mut text = format!(
        "{} {arrow} {} free of {} ordinary",
        now.free, after.free, now.total
    );
    let gained = after.free.saturating_sub(now.free) as usize;
    if gained < plan.frees() {
        text.push_str(&format!(
            "; the reserves fill first and take {} of the {}",
            plan.frees() - gained,
            plan.frees()
        ));
    }
    text
}

pub(super) fn breakdown(page: &mut Page, targets: &[Session]) {
    let by = [
        ("by user", Dimension::User),
        ("by app", Dimension::Application),
        ("by client", Dimension::Client),
        ("by state", Dimension::State),
    ];
    let by_app = knows_applications(targets);
    for (label, dimension) in by {
        if dimension == Dimension::Application && !by_app {
            continue;
        }
        let groups = pairs(count_by(targets.iter(), dimension));
        page.entry(label, Tone::Plain, &counted(&groups, 5));
    }
    let ages = || targets.iter().filter_map(|session| session.connected_for);
    if let (Some(oldest), Some(newest)) = (ages().max(), ages().min()) {
        let text = if oldest == newest {
            format!("connected {}", duration::age(oldest))
        } else {
            format!(
                "connected {} (newest) to {} (oldest)",
                duration::age(newest),
                duration::age(oldest)
            )
        };
        page.entry("ages", Tone::Plain, &text);
    }
}

/// Not every lane does.
fn knows_applications(targets: &[Session]) -> bool {
    targets.iter().any(|session| session.application.is_some())
}

pub(super) fn targets(plan: &Plan<Session>, screen: Screen) -> String {
    let most = if screen.extent == Extent::Whole {
        usize::MAX
    } else {
        TARGETS
    };
    let by_app = knows_applications(&plan.targets);
    // A process title shows neither since when its state lasts nor the statement.
    let any = |known: fn(&Session) -> bool| plan.targets.iter().any(known);
    let aged = any(|session| session.state_for.is_some());
    let mut grid = Grid::new(vec![
        Column::key("pid", Align::Right),
        Column::name("user"),
        Column::name(if by_app { "app" } else { "client" }),
        Column::key("state", Align::Left),
        Column::key(if aged { "age" } else { "connected" }, Align::Right),
        Column::rest("query"),
    ]);
    if !any(|session| session.query.is_some()) {
        grid.columns.pop();
    }
    for session in plan.targets.iter().take(most) {
        grid.rows.push(Row::plain(vec![
            session.id.pid.to_string(),
            session.user.clone().unwrap_or_else(|| "-".to_owned()),
            if by_app {
                sessions::application(session)
            } else {
                session.client.to_string()
            },
            sessions::short_state(session),
            duration::age_or_dash(if aged {
                session.state_for
            } else {
                session.connected_for
            }),
            session.query.clone().unwrap_or_default(),
        ]));
    }
    let mut text = String::new();
    for line in grid.table(screen.width, screen.palette) {
        text.push_str(&line);
        text.push('\n');
    }
    if plan.targets.len() > most {
        text.push_str(&format!("+{} more\n", plan.targets.len() - most));
    }
    text
}

/// One line for each reason, the largest first.
pub(crate) fn spared(plan: &Plan<Session>) -> Vec<String> {
    let mut by_reason: BTreeMap<String, (&SparedReason, Vec<i32>)> = BTreeMap::new();
    for spared in &plan.spared {
        let sentence = spared.reason.sentence();
        let entry = by_reason
            .entry(sentence)
            .or_insert((&spared.reason, Vec::new()));
        entry.1.push(spared.session.id.pid);
    }
    let mut lines: Vec<(usize, bool, String)> = by_reason
        .into_iter()
        .map(|(sentence, (reason, who))| {
            let count = who.len();
            let who = if count <= NAMED {
                format!(" ({})", pids(&who))
            } else {
                String::new()
            };
            let sentence = sanitize::line(&sentence).into_owned();
            (
                count,
                reason.protects(),
                format!("{count}{who}: {sentence}"),
            )
        })
        .collect();
    // What is protected for what it is goes before where the operator drew the line.
    lines.sort_by_key(|(count, protects, _)| (!protects, std::cmp::Reverse(*count)));
    lines.into_iter().map(|(_, _, line)| line).collect()
}

/// `PID 7` or `PIDs 7, 8`
pub(crate) fn pids(pids: &[i32]) -> String {
    let mut shown: Vec<String> = pids.iter().take(20).map(ToString::to_string).collect();
    if pids.len() > 20 {
        shown.push(format!("+{} more", pids.len() - 20));
    }
    let noun = if pids.len() == 1 { "PID" } else { "PIDs" };
    format!("{noun} {}", shown.join(", "))
}
