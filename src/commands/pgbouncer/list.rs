//! `breakglass pgbouncer status`: the pools, and which layer is short.

use clap::Args;

use crate::decide::advice::Step;
use crate::decide::pools::Pooler;
use crate::decide::pools::bottleneck::Bottleneck;
use crate::decide::pools::pooled::name_clients;
use crate::decide::runbook::Runbook;
use crate::error::Outcome;
use crate::exit_code::ExitCode;
use crate::observe::{QueryText, Source};
use crate::report::advice::Advice;
use crate::report::pools::{self as screens, PoolerView, Server};
use crate::report::{Extent, json};
use crate::stages::Context;
use crate::stages::console::{Eyes, cannot_look, database};
use crate::stages::pooler::PoolerArgs;
use crate::stages::telling::{Answer, Rows, tell};

/// Show the pools and which layer is short of connections
///
/// Changes nothing. Needs stats_users, or admin_users.
///
/// Exit codes: 0 shown, 1 clients wait or are refused, 2 wrong use, 3 the console is not open.
///
/// Example: breakglass pgbouncer status --pgbouncer postgresql://admin@bouncer:6432
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    pooler: PoolerArgs,
}

/// Looks once and shows it.
pub(super) fn run(args: &ListArgs, context: &Context) -> Outcome {
    let mut eyes = Eyes::open(&args.pooler, context)?;
    let pooler = eyes.look().map_err(cannot_look)?;
    let server = behind(&pooler, context);
    let mut view = PoolerView {
        look: Ok(&pooler),
        server: server.as_ref(),
        next: &[],
    };
    let found = view.bottlenecks();
    let next = advice(&found, args, context);
    view.next = &next;
    let answer = Answer {
        origin: None,
        screen: &|screen| screens::screen(&view, screen),
        rows: Rows::Grid(&|| screens::pools(&pooler)),
        document: &|| context.json_text(&json::pools::pgbouncer(&view)),
        extent: Extent::Brief,
        long: false,
    };
    let code = match found.is_empty() {
        true => ExitCode::Done,
        false => ExitCode::Nothing,
    };
    let code = tell(&answer, code, context)?;
    if !found.is_empty() {
        context.point_to(Runbook::PoolerSaturated);
    }
    Ok(code)
}

/// The server behind it, where a database lane opens.
fn behind(pooler: &Pooler, context: &Context) -> Option<Server> {
    let mut way = database(context)?;
    let mut snapshot = way.database.look(QueryText::First(0)).ok()?;
    name_clients(&mut snapshot.sessions, pooler);
    let pooled = snapshot.sessions.iter();
    Some(Server {
        capacity: snapshot.capacity(),
        pooled: pooled.filter(|session| session.pooled.is_some()).count(),
    })
}

fn advice(found: &[Bottleneck], args: &ListArgs, context: &Context) -> Vec<Advice> {
    let steps = found.iter().filter_map(|bottleneck| {
        let (words, why): (Vec<&str>, &str) = match bottleneck {
            Bottleneck::Paused { database, .. } => (
                vec!["pgbouncer", "resume", database],
                "somebody, or a KILL, has paused it",
            ),
            Bottleneck::Disabled { database } => (
                vec!["pgbouncer", "enable", database],
                "when its clients may come back",
            ),
            Bottleneck::PoolExhausted { .. } => (
                vec!["sessions", "--state", "idle-in-transaction"],
                "which clients keep the pool's connections and do nothing",
            ),
            Bottleneck::ServerFull { .. }
            | Bottleneck::ServerFullElsewhere { .. }
            | Bottleneck::ServerFullBehindIdlePool { .. }
            | Bottleneck::NoServerLogin { .. } => (vec!["status"], "who holds PostgreSQL's slots"),
            Bottleneck::PoolerFull { .. } | Bottleneck::DatabaseLimit { .. } => return None,
        };
        let mut words: Vec<String> = words.into_iter().map(str::to_owned).collect();
        if let Some(dsn) = &args.pooler.pgbouncer {
            words.extend(["--pgbouncer".to_owned(), dsn.clone()]);
        }
        Some(Step {
            words,
            why: why.to_owned(),
        })
    });
    let mut steps: Vec<Step> = steps.collect();
    steps.dedup_by(|one, other| one.words == other.words);
    context.advice(&steps)
}
