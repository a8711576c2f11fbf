//! Looks at everything that can be seen now, and says what could not be.
//!
//! Stage: observing. What one lane refuses is a sentence in the evidence; it does not keep the others from looking.

use serde_json::Value;

use crate::connect::Target;
use crate::decide::evidence::{Database, Evidence, Queries, Taken};
use crate::lanes::Counted;
use crate::observe::{QueryText, Source};
use crate::report::json;
use crate::report::pools::PoolerView;
use crate::stages::context::{Context, Way};
use crate::stages::pooler::Beside;
use crate::stages::{backends, json_value, lockout, sockets};

/// What became of the database lanes.
pub enum Found<'a> {
    /// One is open.
    Open(&'a mut Way),
    /// None is; what each answered.
    Closed(&'a [Counted]),
}

/// Looks through the open lane, and at this host's share: the server's processes and the connections to it.
/// A pooler that `way` asks is in it, too.
pub fn gather(context: &Context, found: Found<'_>, queries: Queries) -> Evidence {
    gather_with(context, found, None, queries)
}

/// The same, and of the pooler whose console is at `console` when no database lane is there to ask it.
pub fn gather_with(
    context: &Context,
    mut found: Found<'_>,
    console: Option<&Target>,
    queries: Queries,
) -> Evidence {
    let mut not_seen = Vec::new();
    let database = match &mut found {
        Found::Open(way) => look(way, &mut not_seen),
        Found::Closed(_) => {
            not_seen.push("sessions: no database lane is open".to_owned());
            None
        }
    };
    let refusals = match &found {
        Found::Open(way) => way.refusals.as_slice(),
        Found::Closed(refusals) => refusals,
    };
    let mut beside = Vec::new();
    let pooler = match &found {
        Found::Open(way) => way.database.pooler().map(|view| pools(&view)),
        Found::Closed(_) => console.map(|console| {
            let mut alone = Beside::open(console);
            alone.look();
            pools(&alone.view())
        }),
    };
    match pooler {
        Some(Ok(document)) => beside.push(("pgbouncer".to_owned(), document)),
        Some(Err(why)) => not_seen.push(format!("pgbouncer: {why}")),
        None => {}
    }
    for (lane, seen) in [
        ("backends", backends::evidence()),
        ("sockets", sockets::evidence(context)),
    ] {
        match seen {
            Ok(document) => beside.push((lane.to_owned(), document)),
            Err(failure) => not_seen.push(format!("{lane}: {:#}", failure.error)),
        }
    }
    let operator = context.operator();
    Evidence {
        taken: Taken {
            at: now(),
            by: operator.user,
            sudo_user: operator.sudo_user,
            host: operator.host,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        },
        target: target(context),
        queries,
        refused_before: refusals.iter().map(lockout::summary).collect(),
        refusals: refusals
            .iter()
            .filter_map(|counted| serde_json::to_value(counted).ok())
            .collect(),
        database,
        beside,
        not_seen,
    }
}

/// What a pooler showed, as `breakglass pgbouncer --format json` gives it; or why it showed nothing.
fn pools(view: &PoolerView<'_>) -> Result<Value, String> {
    view.look.map_err(str::to_owned)?;
    json_value(&json::pools::pgbouncer(view)).map_err(|failure| format!("{:#}", failure.error))
}

/// What the open lane shows; `None` when it was lost before the first look was through.
fn look(way: &mut Way, not_seen: &mut Vec<String>) -> Option<Database> {
    let snapshot = way
        .database
        .look(QueryText::Whole)
        .map_err(|error| not_seen.push(format!("sessions: {error}")))
        .ok()?;
    let settings = way.database.settings();
    let locks = way.database.locks(&snapshot);
    let mut or_say = |what: &str, error| not_seen.push(format!("{what}: {error}"));
    let greeting = way.database.lane().greeting();
    Some(Database {
        lane: way.database.lane().kind().name().to_owned(),
        endpoint: greeting.endpoint.clone(),
        encrypted: greeting.encrypted,
        snapshot,
        settings: settings.unwrap_or_else(|error| {
            or_say("settings", error);
            Vec::new()
        }),
        locks: locks.unwrap_or_else(|error| {
            or_say("locks", error);
            Vec::new()
        }),
    })
}

/// What was aimed at: the target's name, or where it is.
fn target(context: &Context) -> String {
    if let Some(name) = &context.connection.target {
        return name.clone();
    }
    let endpoints = context.target().map(|target| {
        let labels = target.endpoints.iter().map(|endpoint| endpoint.label());
        labels.collect::<Vec<_>>().join(", ")
    });
    endpoints.unwrap_or_default()
}

/// This machine's clock, microseconds since 1970.
fn now() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_micros()).ok())
        .unwrap_or(0)
}
