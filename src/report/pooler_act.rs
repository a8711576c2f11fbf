//! An act on a pooler: the plan as it is shown before anybody agrees, and what came of it.
//!
//! Stage: report. Names in it are the pooler's and its clients'.

use crate::decide::outcome::Ending;
use crate::decide::plan::Question;
use crate::decide::pools::PoolClient;
use crate::decide::pools::action::{AfterKill, PoolerPlan, Verb};
use crate::decide::pools::outcome::{Answered, PoolerOutcome};

use super::grid::{Align, Column, Grid, Row};
use super::json::pools::PoolerActView;
use super::page::{Page, plural};
use super::palette::Tone;
use super::{Screen, act, sanitize};

/// Clients shown of a plan.
const CLIENTS: usize = 10;

/// The plan as text.
pub fn plan(plan: &PoolerPlan, screen: Screen) -> String {
    let mut page = Page::new(screen.width, screen.palette);
    page.heading(
        Tone::Strong,
        &format!("PLAN: {}", sanitize::line(&plan.phrase())),
    );
    page.entry(
        "pooler",
        Tone::Plain,
        &format!(
            "{}, PgBouncer {}",
            sanitize::line(&plan.endpoint),
            plan.version
        ),
    );
    if let Some(database) = &plan.database {
        let host = if database.host.is_empty() {
            "its Unix socket"
        } else {
            &database.host
        };
        let text = format!(
            "{} at {}:{}, {} and {} of at most {} a user",
            sanitize::line(&database.database),
            sanitize::line(host),
            database.port,
            plural(plan.clients.len(), "client"),
            plural(plan.servers.len(), "server connection"),
            database.pool_size + database.reserve_pool,
        );
        page.entry("database", Tone::Plain, &text);
    }
    for (index, text) in plan.warnings().iter().enumerate() {
        page.entry(if index == 0 { "note" } else { "" }, Tone::Warn, text);
    }
    if matches!(plan.verb, Verb::Kill(_) | Verb::KillClient) && !plan.clients.is_empty() {
        page.gap();
        let mut grid = clients(&plan.clients);
        grid.rows.truncate(CLIENTS);
        for line in grid.table(screen.width, screen.palette) {
            page.lines(&line);
            page.lines("\n");
        }
        if plan.clients.len() > CLIENTS {
            page.lines(&format!("+{} more\n", plan.clients.len() - CLIENTS));
        }
    }
    page.finish()
}

fn clients(clients: &[PoolClient]) -> Grid {
    let mut grid = Grid::new(vec![
        Column::key("id", Align::Right),
        Column::name("user"),
        Column::name("database"),
        Column::key("client", Align::Left),
        Column::key("state", Align::Left),
        Column::rest("app"),
    ]);
    for client in clients {
        let place = match client.port {
            Some(port) => format!("{}:{port}", client.client),
            None => client.client.to_string(),
        };
        grid.rows.push(Row::plain(vec![
            client.id.map_or("-".to_owned(), |id| id.to_string()),
            client.user.clone(),
            client.database.clone(),
            place,
            client.state.clone(),
            client.application.clone().unwrap_or_default(),
        ]));
    }
    grid
}

/// The question to ask.
pub fn question(plan: &PoolerPlan) -> String {
    let what = sanitize::line(&plan.phrase()).into_owned();
    match plan.question {
        Question::Nothing | Question::YesNo => {
            let mut letters = what.chars();
            let first = letters.next().map(|c| c.to_uppercase().to_string());
            format!("{}{}? [y/N] ", first.unwrap_or_default(), letters.as_str())
        }
        Question::Number(count, why) => format!("This is {why}. Type {count} to {what}: "),
    }
}

/// Commands to type next, with whatever connection flags they need.
#[derive(Debug, Clone, Default)]
pub struct Next {
    /// Resumes the database.
    pub resume: String,
    /// Ends the sessions that live on.
    pub terminate: String,
}

/// What came of it.
pub fn outcome(plan: &PoolerPlan, outcome: &PoolerOutcome, next: &Next, screen: Screen) -> String {
    let mut page = Page::new(screen.width, screen.palette);
    let (tone, word) = match outcome.ending() {
        Ending::Done => (Tone::Good, "DONE"),
        Ending::Partly => (Tone::Warn, "PARTLY DONE"),
        Ending::AllRefused => (Tone::Alarm, "REFUSED"),
        Ending::Unknown => (Tone::Alarm, "UNKNOWN"),
    };
    let sentence = outcome.sentence(plan);
    page.heading(tone, &format!("{word}: {}", sanitize::line(&sentence)));
    match &outcome.survivors {
        Some(pids) if !pids.is_empty() => {
            let lives = if pids.len() == 1 {
                "lives on in PostgreSQL without its pooler and keeps its slot"
            } else {
                "live on in PostgreSQL without their pooler and keep their slots"
            };
            let text = format!(
                "{} {lives}: {}",
                plural(pids.len(), "session"),
                act::pids(pids)
            );
            page.entry("survivors", Tone::Alarm, &text);
            page.command("next", &sanitize::line(&next.terminate));
        }
        Some(_) => page.entry(
            "survivors",
            Tone::Plain,
            "none: PostgreSQL has none of their sessions any more",
        ),
        None if matches!(plan.verb, Verb::Kill(_)) && outcome.ending() != Ending::AllRefused => {
            page.entry(
                "survivors",
                Tone::Warn,
                "not known: no database lane is open, or it leads to another server; statements that ran may run on",
            );
        }
        None => {}
    }
    let not_resumed =
        outcome.resumed == Some(false) && !matches!(outcome.answered, Answered::Refused(_));
    if not_resumed || plan.verb == Verb::Kill(AfterKill::LeavePaused) {
        page.command("next", &sanitize::line(&next.resume));
    }
    page.finish()
}

/// For files: a row a target.
pub fn record(view: &PoolerActView<'_>) -> Grid {
    let columns = ["command", "database", "clients", "outcome", "detail"];
    let mut grid = Grid::new(columns.map(Column::name).to_vec());
    let plan = view.plan;
    grid.rows.push(Row::plain(vec![
        plan.verb.command().to_owned(),
        plan.database
            .as_ref()
            .map_or(String::new(), |it| it.name.clone()),
        plan.clients.len().to_string(),
        view.outcome.map_or("", PoolerOutcome::name).to_owned(),
        view.outcome
            .map_or_else(|| plan.phrase(), |outcome| outcome.sentence(plan)),
    ]));
    grid
}
