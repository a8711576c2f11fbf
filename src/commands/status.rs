//! `breakglass status`: how full, who holds it, what is stuck, what to type next.

mod watch;

use std::time::Duration;

use clap::Args;

use crate::args::{Format, FromArgs, duration};
use crate::decide::advice::steps;
use crate::decide::criteria::Criteria;
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::observe::Source;
use crate::report::status::StatusView;
use crate::report::{Extent, json, origin, records, status};
use crate::stages::Context;
use crate::stages::pooler::PoolerArgs;
use crate::stages::scene::Scene;
use crate::stages::telling::{Answer, Rows, tell};

/// Show how full the server is and who holds the slots
///
/// One look, one query. Changes nothing. Works over the replication lane when every slot is taken, the
/// superuser's included. Needs pg_monitor to see other roles' states and statements; says what is hidden.
///
/// Exit codes: 0 shown, 2 wrong use, 3 no lane.
///
/// Example: breakglass status --watch
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Repaint every so often on the same connection, until q or Ctrl-C
    #[arg(long, value_name = "TIME", num_args = 0..=1, require_equals = true, default_missing_value = "2s", value_parser = duration)]
    watch: Option<Duration>,
    #[command(flatten)]
    pooler: PoolerArgs,
    #[command(flatten)]
    from: FromArgs,
}

/// Looks once and shows it, or keeps looking.
pub fn run(args: &StatusArgs, context: &Context) -> Outcome {
    if let Some(every) = args.watch {
        if context.format != Format::Table {
            return Err(Failure::say(
                ExitCode::Usage,
                "--watch paints a screen; leave --format out, or --watch",
            ));
        }
        if args.from.from.is_some() {
            return Err(Failure::say(
                ExitCode::Usage,
                "--watch looks again and again, and a file does not change; leave --from out, or --watch",
            ));
        }
        return watch::run(every, &args.pooler, context);
    }
    let mut scene = Scene::open(&args.from, &Criteria::default(), &args.pooler, context)?;
    let snapshot = scene
        .look(watch::TEXT)
        .map_err(crate::stages::cannot_look)?;
    scene.keep(&snapshot, context);
    let lane = scene.view(&snapshot.capacity(), &snapshot.server);
    let next = scene.advice(&steps(&snapshot, &scene.policy(&[])), context);
    let origin = scene.origin();
    let pooler = scene.pooler();
    let mut view = StatusView {
        pooler: pooler.as_ref(),
        snapshot: &snapshot,
        lane: &lane,
        next: &next,
        read_up: None,
    };
    let read_up = view.runbook().map(|page| context.read_up(page));
    view.read_up = read_up.as_deref();
    let answer = Answer {
        origin,
        screen: &|screen| status::status(&view, screen),
        rows: match origin {
            None => Rows::Texts(&|| records::status(&view).csv(), &|| {
                records::status_markdown(&view)
            }),
            Some(_) => Rows::Texts(&|| origin::csv(origin, records::status(&view)), &|| {
                records::status_markdown(&view)
            }),
        },
        document: &|| context.json_text(&origin::json(origin, &json::status::status(&view))),
        extent: Extent::Brief,
        long: false,
    };
    tell(&answer, ExitCode::Done, context)
}
