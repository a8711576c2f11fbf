//! Sessions in the report of an act: those of a database lane, and a backend's process.

use serde_json::{Value, json};

use super::{Reason, Reported};
use crate::decide::breakdown::{Dimension, Group, count_by};
use crate::decide::capacity::Capacity;
use crate::decide::plan::Plan;
use crate::decide::selection::Spared;
use crate::decide::session::Session;
use crate::decide::sessions::plan::{Action, OnServer};
use crate::decide::verified::Verified;
use crate::report::grid::{Align, Column, Grid, Row};
use crate::report::json::server::CapacityJson;
use crate::report::json::sessions::SessionJson;
use crate::report::page::{Page, counted, plural};
use crate::report::palette::Tone;
use crate::report::records::{session_cells, session_columns};
use crate::report::status::pairs;
use crate::report::{Screen, duration, pools, sanitize, sessions};

/// Roles that a fence may hold, named up to so many.
const NAMED: usize = 5;

impl Reported for Session {
    const NOUN: [&'static str; 2] = ["session", "sessions"];

    fn action(plan: &Plan<Self>) -> &'static str {
        match plan.facts.action {
            Action::Cancel => "cancel",
            Action::Terminate => "terminate",
            Action::TerminateGently => "cancel-then-terminate",
        }
    }

    fn phrase(plan: &Plan<Self>) -> String {
        plan.facts.action.phrase(plan.targets.len())
    }

    fn done(facts: &OnServer) -> &'static str {
        match facts.action {
            Action::Cancel => "stopped",
            _ => "ended",
        }
    }

    fn describe(page: &mut Page, plan: &Plan<Self>, screen: Screen) {
        page.entry("server", Tone::Plain, &server(plan));
        let end = match plan.facts.action {
            Action::Cancel => "stop",
            _ => "go",
        };
        let wait = duration::limit(plan.wait);
        let lane = format!("{}, waiting up to {wait} for them to {end}", plan.lane);
        page.entry("lane", Tone::Plain, &lane);
        page.entry("slots", Tone::Plain, &slots(plan, screen));
        if plan.targets.is_empty() {
            return;
        }
        breakdown(page, &plan.targets);
        if nobody_knows_superusers(plan) {
            let text = "who is a superuser is not known here; nobody was spared for it";
            page.entry("note", Tone::Warn, text);
        }
        for (index, text) in pools::warnings(plan).iter().enumerate() {
            page.entry(if index == 0 { "pooler" } else { "" }, Tone::Warn, text);
        }
        fences(page, plan);
    }

    fn table(plan: &Plan<Self>, most: usize) -> Grid {
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
        grid
    }

    fn name(&self) -> String {
        let application = self.application.as_deref().unwrap_or_default();
        let application = sanitize::line(application);
        let pid = self.id.pid;
        match application.is_empty() {
            true => format!("PID {pid}"),
            false => format!("PID {pid}, {}", sanitize::fit(&application, 24)),
        }
    }

    fn spared_name(spared: &Spared) -> Option<String> {
        Some(spared.session.id.pid.to_string())
    }

    fn reason(spared: &Spared) -> Reason {
        Reason {
            word: spared.reason.name(),
            sentence: spared.reason.sentence(),
        }
    }

    /// A cancel frees nothing that could be taken again.
    fn aftermath(page: &mut Page, plan: &Plan<Self>, verified: &Verified<Self>, screen: Screen) {
        if plan.facts.action != Action::Cancel {
            slots_after(page, plan, verified, screen);
            retaken(page, verified);
        }
    }

    fn place(plan: &Plan<Self>) -> Value {
        value(&plan.facts.server)
    }

    fn document(&self, _: &OnServer) -> Value {
        value(SessionJson::from(self))
    }

    fn spared_document(spared: &Spared, _: &OnServer) -> Value {
        value(SessionJson::from(&spared.session))
    }

    fn warnings(plan: &Plan<Self>) -> Vec<String> {
        pools::warnings(plan)
    }

    fn plan_details(plan: &Plan<Self>) -> Value {
        json!({ "slots": { "now": known(plan.facts.capacity), "after": known(plan.capacity_after()) } })
    }

    fn outcome_details(_: &Plan<Self>, verified: &Verified<Self>) -> Value {
        let after = verified.aftermath.capacity.and_then(known);
        json!({
            "slots": { "now": after },
            "watched_seconds": duration::seconds(verified.aftermath.watched),
        })
    }

    fn freed(plan: &Plan<Self>, verified: &Verified<Self>) -> Option<usize> {
        match plan.facts.action {
            Action::Cancel => Some(0),
            _ => Some(verified.count("gone")),
        }
    }

    fn retaken(verified: &Verified<Self>) -> Option<Vec<Group>> {
        let looked = verified.aftermath.capacity.is_some();
        looked.then(|| verified.aftermath.retaken.clone())
    }

    fn columns() -> Vec<Column> {
        let mut columns = session_columns();
        columns.push(Column::name("query"));
        columns
    }

    fn cells(&self, _: &OnServer) -> Vec<String> {
        let mut cells = session_cells(self);
        cells.push(self.query.clone().unwrap_or_default());
        cells
    }

    fn spared_cells(spared: &Spared, facts: &OnServer) -> Option<Vec<String>> {
        Some(spared.session.cells(facts))
    }
}

fn value(document: impl serde::Serialize) -> Value {
    serde_json::to_value(document).unwrap_or_default()
}

/// Null on a lane that cannot know the limits.
fn known(capacity: Capacity) -> Option<Value> {
    capacity
        .is_known()
        .then(|| value(CapacityJson::from(capacity)))
}

/// `db1:5432, PostgreSQL 17.10, primary, cluster main`
pub fn server(plan: &Plan<Session>) -> String {
    let server = &plan.facts.server;
    let cluster = match server.cluster_name.as_deref() {
        Some(name) if !name.is_empty() => format!(", cluster {}", sanitize::line(name)),
        _ => String::new(),
    };
    format!(
        "{}, PostgreSQL {}, {}{cluster}",
        sanitize::line(&plan.endpoint),
        sanitize::line(&server.version),
        if server.in_recovery {
            "standby"
        } else {
            "primary"
        },
    )
}

fn nobody_knows_superusers(plan: &Plan<Session>) -> bool {
    let unknown = |session: &Session| session.superuser.is_none() && session.user.is_some();
    plan.targets.iter().any(unknown)
}

/// What `--fence` may do: who would be held at what.
pub fn fences(page: &mut Page, plan: &Plan<Session>) {
    if !plan.facts.fences || plan.facts.left.is_empty() {
        return;
    }
    let roles: Vec<String> = plan
        .facts
        .left
        .iter()
        .take(NAMED)
        .map(|(role, left)| format!("role {} to {left}", sanitize::line(role)))
        .collect();
    let more = plan.facts.left.len().saturating_sub(NAMED);
    let more = match more {
        0 => String::new(),
        more => format!(", +{more} more"),
    };
    let text = format!(
        "whoever takes freed slots again is limited to what is left: {}{more}",
        roles.join(", ")
    );
    page.entry("fence", Tone::Warn, &text);
}

/// Slots now, and if everything planned goes.
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

/// Who the targets are, by what they share.
pub fn breakdown(page: &mut Page, targets: &[Session]) {
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

/// Slots before and at the last look.
pub fn slots_after(
    page: &mut Page,
    plan: &Plan<Session>,
    verified: &Verified<Session>,
    screen: Screen,
) {
    let before = plan.facts.capacity.ordinary;
    let Some(aftermath) = verified.aftermath.capacity else {
        page.entry("slots", Tone::Warn, "unknown: there was no last look");
        return;
    };
    let arrow = screen.arrow();
    if !plan.facts.capacity.is_known() {
        let (before, after) = (plan.facts.capacity.all.used, aftermath.all.used);
        let text = format!("{before} {arrow} {after} taken; how many there are is not known here");
        page.entry("slots", Tone::Plain, &text);
        return;
    }
    let after = aftermath.ordinary;
    let mut text = format!(
        "{} {arrow} {} free of {} ordinary",
        before.free, after.free, after.total
    );
    // Otherwise whoever ended three and still sees none free believes that nothing came of it.
    let reserve = |capacity: &Capacity| capacity.reserved.free + capacity.superuser.free;
    let filled = reserve(&aftermath).saturating_sub(reserve(&plan.facts.capacity));
    if filled > 0 {
        text.push_str(&format!("; the reserves filled first and took {filled}"));
    }
    let tone = match after.free {
        0 => Tone::Alarm,
        _ => Tone::Plain,
    };
    page.entry("slots", tone, &text);
}

/// Who took freed slots again.
pub fn retaken(page: &mut Page, verified: &Verified<Session>) {
    let aftermath = &verified.aftermath;
    let watched = duration::precise(aftermath.watched);
    let count: usize = aftermath.retaken.iter().map(|group| group.count).sum();
    if count > 0 {
        let by = counted(&pairs(aftermath.retaken.clone()), 5);
        let came = plural(count, "new session");
        let text = format!("{came} came within {watched}: {by}");
        page.entry("retaken", Tone::Warn, &text);
    } else if !aftermath.watched.is_zero() {
        page.entry("retaken", Tone::Plain, &format!("none within {watched}"));
    }
}
