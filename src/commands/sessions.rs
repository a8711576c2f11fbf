//! `breakglass sessions`: every session, idle ones included, that the filters match.

use clap::{Args, ValueEnum};

use crate::args::{CutArgs, Format, FromArgs, SelectionArgs};
use crate::decide::filters::SessionsLane;
use crate::decide::selection::{cut_listing, matching};
use crate::decide::session::Session;
use crate::decide::snapshot::Snapshot;
use crate::error::Outcome;
use crate::exit_code::ExitCode;
use crate::observe::{QueryText, Source};
use crate::report::sessions::{SessionsView, worst_first};
use crate::report::{Extent, json, origin, records, sessions};
use crate::stages::Context;
use crate::stages::pooler::PoolerArgs;
use crate::stages::scene::Scene;
use crate::stages::telling::{Answer, Rows, tell};

/// List sessions, idle ones included
///
/// Shows who holds a slot, the worst first. Changes nothing. Needs pg_monitor to see other roles' states and
/// statements; rows that are hidden are counted and said to be.
///
/// Exit codes: 0 listed, 1 nothing matched, 2 wrong use, 3 no lane.
///
/// Example: breakglass sessions --state idle-in-transaction --sort age
#[derive(Debug, Args)]
pub struct SessionsArgs {
    #[command(flatten)]
    selection: SelectionArgs<SessionsLane>,
    #[command(flatten)]
    cut: CutArgs,
    /// Order of the list
    #[arg(long, value_enum, default_value_t = Sort::Worst, value_name = "ORDER")]
    sort: Sort,
    /// Also server processes: walsenders, autovacuum, workers
    #[arg(long)]
    all_processes: bool,
    /// Whole statements
    #[arg(long)]
    full: bool,
    #[command(flatten)]
    pooler: PoolerArgs,
    #[command(flatten)]
    from: FromArgs,
}

/// `--sort`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Sort {
    /// blockers, open transactions, running statements, idle ones
    Worst,
    /// longest in its state first
    Age,
    /// longest connected first
    Connected,
    /// longest transaction first
    Transaction,
    /// by application, then age
    App,
    /// by role, then age
    User,
    /// by client, then age
    Client,
    /// by process ID
    Pid,
}

/// Looks and lists.
pub fn run(args: &SessionsArgs, context: &Context) -> Outcome {
    let criteria = args.selection.criteria()?;
    let mut scene = Scene::open(&args.from, &criteria, &args.pooler, context)?;
    scene.tell_closed_pooler(context);
    let whole = args.full || criteria.needs_query() || context.format != Format::Table;
    let text = if whole {
        QueryText::Whole
    } else {
        QueryText::First(400)
    };
    let snapshot = scene.look(text).map_err(crate::stages::cannot_look)?;
    scene.keep(&snapshot, context);
    let (mut rows, unjudged) = matching(&snapshot, &criteria);
    // A PID that was asked for is shown whatever it is.
    let named = |session: &Session| criteria.names(session.id.pid);
    rows.retain(|session| args.all_processes || session.holds_slot() || named(session));
    cut_listing(&snapshot, &mut rows, args.cut.cut());
    sort(args.sort, &snapshot, &mut rows);
    if let Some(limit) = args.cut.limit {
        rows.truncate(limit);
    }
    let view = SessionsView {
        snapshot: &snapshot,
        rows: &rows,
        unjudged: &unjudged,
    };
    let extent = if args.full {
        Extent::Whole
    } else {
        Extent::Brief
    };
    let origin = scene.origin();
    let answer = Answer {
        origin,
        screen: &|screen| sessions::sessions(&view, screen),
        rows: match origin {
            // Thousands are not held as cells beside the text.
            None => Rows::Texts(&|| records::sessions_csv(&rows), &|| {
                records::sessions(&rows).markdown()
            }),
            Some(_) => Rows::Grid(&|| records::sessions(&rows)),
        },
        document: &|| context.json_text(&origin::json(origin, &json::sessions::sessions(&view))),
        extent,
        long: true,
    };
    let code = match rows.is_empty() {
        true => ExitCode::Nothing,
        false => ExitCode::Done,
    };
    tell(&answer, code, context)
}

fn sort(order: Sort, snapshot: &Snapshot, rows: &mut [&Session]) {
    use std::cmp::Reverse;
    match order {
        Sort::Worst => worst_first(snapshot, rows),
        Sort::Age => rows.sort_by_key(|session| (Reverse(session.state_for), session.id)),
        Sort::Connected => rows.sort_by_key(|session| (Reverse(session.connected_for), session.id)),
        Sort::Transaction => {
            rows.sort_by_key(|session| (Reverse(session.in_transaction_for), session.id))
        }
        Sort::App => {
            rows.sort_by_key(|session| (session.application.clone(), Reverse(session.state_for)))
        }
        Sort::User => {
            rows.sort_by_key(|session| (session.user.clone(), Reverse(session.state_for)))
        }
        Sort::Client => {
            rows.sort_by_key(|session| (session.client.to_string(), Reverse(session.state_for)))
        }
        Sort::Pid => rows.sort_by_key(|session| session.id),
    }
}
