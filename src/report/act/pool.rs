//! A pooler's database or clients in the report of an act. Names in it are the pooler's and its clients'.

use serde_json::{Value, json};

use super::{Reason, Reported, pids, word};
use crate::decide::holder::TargetOutcome;
use crate::decide::outcome::Ending;
use crate::decide::plan::Plan;
use crate::decide::pools::action::{PoolerFacts, Verb};
use crate::decide::pools::holder::{PoolTarget, Sight};
use crate::decide::pools::{PoolClient, PoolDatabase};
use crate::decide::verified::Verified;
use crate::report::grid::{Align, Column, Grid, Row};
use crate::report::json::pools::client;
use crate::report::page::{Page, plural};
use crate::report::palette::Tone;
use crate::report::{Screen, duration, sanitize};

/// Clients of a database shown of a plan.
const CLIENTS: usize = 10;

impl Reported for PoolTarget {
    /// What a cap counts.
    const NOUN: [&'static str; 2] = ["client", "clients"];

    fn action(plan: &Plan<Self>) -> &'static str {
        plan.facts.verb.command()
    }

    fn phrase(plan: &Plan<Self>) -> String {
        plan.phrase()
    }

    fn done(_: &PoolerFacts) -> &'static str {
        "dropped"
    }

    fn describe(page: &mut Page, plan: &Plan<Self>, screen: Screen) {
        let endpoint = sanitize::line(&plan.endpoint);
        let text = format!("{endpoint}, PgBouncer {}", plan.facts.version);
        page.entry("pooler", Tone::Plain, &text);
        if let Some(database) = plan.database() {
            page.entry("database", Tone::Plain, &about(database, &plan.facts));
        }
        for (index, text) in plan.warnings().iter().enumerate() {
            page.entry(if index == 0 { "note" } else { "" }, Tone::Warn, text);
        }
        let dropped = &plan.facts.clients;
        if !matches!(plan.facts.verb, Verb::Kill(_)) || dropped.is_empty() {
            return;
        }
        page.gap();
        for line in grid(dropped.iter().take(CLIENTS)).table(screen.width, screen.palette) {
            page.lines(&format!("{line}\n"));
        }
        if dropped.len() > CLIENTS {
            page.lines(&format!("+{} more\n", dropped.len() - CLIENTS));
        }
    }

    fn table(plan: &Plan<Self>, most: usize) -> Grid {
        let clients = plan.targets.iter().filter_map(|target| match target {
            Self::Client(client) => Some(client),
            Self::Database(_) => None,
        });
        grid(clients.take(most))
    }

    fn name(&self) -> String {
        match self {
            Self::Database(database) => format!("database {}", database.name),
            Self::Client(client) => match client.id {
                Some(id) => format!("client {id}"),
                None => format!("client {}", client.ptr),
            },
        }
    }

    /// Nobody is spared: who is meant was named.
    fn reason((): &()) -> Reason {
        Reason {
            word: "",
            sentence: String::new(),
        }
    }

    fn headlines(plan: &Plan<Self>, verified: &Verified<Self>) -> Option<Vec<(Tone, String)>> {
        let (tone, word) = word(verified.ending());
        let sentences = verified.targets.iter().map(TargetOutcome::sentence);
        let sentence = match plan.database() {
            Some(_) => sentences.collect::<Vec<_>>().join("; "),
            None => {
                let there = verified.count("gone") + verified.count("already-gone");
                format!("{there} of {} clients are gone", verified.targets.len())
            }
        };
        Some(vec![(tone, format!("{word}: {sentence}"))])
    }

    fn settled(done: &TargetOutcome<Self>) -> bool {
        match done.holder {
            Self::Database(_) => true,
            Self::Client(_) => matches!(done.outcome.name(), "gone" | "already-gone"),
        }
    }

    fn aftermath(page: &mut Page, plan: &Plan<Self>, verified: &Verified<Self>, _: Screen) {
        let sight = verified.targets.first().and_then(|it| it.sight.as_ref());
        if let (Verb::Kill(_), Some(sight)) = (plan.facts.verb, sight)
            && verified.ending() != Ending::AllRefused
        {
            survivors(page, sight);
        }
        let next = [&verified.aftermath.terminate, &verified.aftermath.resume];
        for line in next.into_iter().flatten() {
            page.command("next", &sanitize::line(line));
        }
    }

    fn place(plan: &Plan<Self>) -> Value {
        json!({ "endpoint": plan.endpoint, "version": plan.facts.version.to_string() })
    }

    fn document(&self, facts: &PoolerFacts) -> Value {
        match self {
            Self::Client(one) => client(one),
            Self::Database(database) => json!({
                "database": database.name,
                "clients": facts.clients.len(),
                "server_connections": facts.servers.len(),
                "was_paused": database.paused,
                "was_disabled": database.disabled,
            }),
        }
    }

    fn spared_document((): &(), _: &PoolerFacts) -> Value {
        json!({})
    }

    fn warnings(plan: &Plan<Self>) -> Vec<String> {
        plan.warnings()
    }

    fn plan_details(plan: &Plan<Self>) -> Value {
        json!({
            "clients": plan.facts.clients.iter().map(client).collect::<Vec<_>>(),
            "server_connections": plan.facts.servers.len(),
        })
    }

    fn target_details(done: &TargetOutcome<Self>) -> Value {
        let (PoolTarget::Database(_), Some(sight)) = (&done.holder, &done.sight) else {
            return json!({});
        };
        json!({
            "resumed": sight.resumed,
            "paused_seconds": sight.paused_for.map(duration::seconds),
            "survivors": sight.survivors,
        })
    }

    fn outcome_details(_: &Plan<Self>, verified: &Verified<Self>) -> Value {
        let next = &verified.aftermath;
        json!({ "resume": next.resume, "terminate": next.terminate })
    }

    fn freed(_: &Plan<Self>, _: &Verified<Self>) -> Option<usize> {
        None
    }

    fn columns() -> Vec<Column> {
        vec![
            Column::name("database"),
            Column::key("client_id", Align::Right),
            Column::key("clients", Align::Right),
        ]
    }

    fn cells(&self, facts: &PoolerFacts) -> Vec<String> {
        match self {
            Self::Database(database) => vec![
                database.name.clone(),
                String::new(),
                facts.clients.len().to_string(),
            ],
            Self::Client(client) => vec![
                client.database.clone(),
                client.id.map_or(String::new(), |id| id.to_string()),
                "1".to_owned(),
            ],
        }
    }
}

/// Where a database is, and who is connected to it.
fn about(database: &PoolDatabase, facts: &PoolerFacts) -> String {
    let host = match database.host.as_str() {
        "" => "its Unix socket",
        host => host,
    };
    format!(
        "{} at {}:{}, {} and {} of at most {} a user",
        sanitize::line(&database.database),
        sanitize::line(host),
        database.port,
        plural(facts.clients.len(), "client"),
        plural(facts.servers.len(), "server connection"),
        database.pool_size + database.reserve_pool,
    )
}

/// Sessions in PostgreSQL that a `KILL` left behind.
fn survivors(page: &mut Page, sight: &Sight) {
    match &sight.survivors {
        Some(left) if !left.is_empty() => {
            let lives = if left.len() == 1 {
                "lives on in PostgreSQL without its pooler and keeps its slot"
            } else {
                "live on in PostgreSQL without their pooler and keep their slots"
            };
            let count = plural(left.len(), "session");
            let text = format!("{count} {lives}: {}", pids(left));
            page.entry("survivors", Tone::Alarm, &text);
        }
        Some(_) => page.entry(
            "survivors",
            Tone::Plain,
            "none: PostgreSQL has none of their sessions any more",
        ),
        None => page.entry(
            "survivors",
            Tone::Warn,
            "not known: no database lane is open, or it leads to another server; statements that ran may run on",
        ),
    }
}

fn grid<'a>(clients: impl Iterator<Item = &'a PoolClient>) -> Grid {
    let mut grid = Grid::new(vec![
        Column::key("id", Align::Right),
        Column::name("user"),
        Column::name("database"),
        Column::key("client", Align::Left),
        Column::key("state", Align::Left),
        Column::rest("app"),
    ]);
    let row = |client: &PoolClient| {
        let place = match client.port {
            Some(port) => format!("{}:{port}", client.client),
            None => client.client.to_string(),
        };
        Row::plain(vec![
            client.id.map_or("-".to_owned(), |id| id.to_string()),
            client.user.clone(),
            client.database.clone(),
            place,
            client.state.clone(),
            client.application.clone().unwrap_or_default(),
        ])
    };
    grid.rows.extend(clients.map(row));
    grid
}
