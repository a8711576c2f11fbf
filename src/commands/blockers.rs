//! `breakglass blockers`: who keeps whom waiting.

use clap::Args;

use crate::args::{Format, FromArgs};
use crate::decide::advice::Step;
use crate::decide::blocking::trees;
use crate::decide::runbook::{QUEUE, Runbook};
use crate::decide::selection::Criteria;
use crate::error::Outcome;
use crate::exit_code::ExitCode;
use crate::observe::{QueryText, Source};
use crate::report::{Extent, blockers, json, origin, records};
use crate::stages::Context;
use crate::stages::pooler::PoolerArgs;
use crate::stages::scene::Scene;

/// Show who blocks whom, the head of the longest queue first
///
/// The head of a queue is the session to end: what it would release stands beside it. Changes nothing. Needs
/// pg_monitor to see who waits.
///
/// Exit codes: 0 nobody waits, 1 somebody waits for a lock, 2 wrong use, 3 no lane.
///
/// Example: breakglass blockers
#[derive(Debug, Args)]
pub struct BlockersArgs {
    /// Whole statements
    #[arg(long)]
    full: bool,
    #[command(flatten)]
    pooler: PoolerArgs,
    #[command(flatten)]
    from: FromArgs,
}

/// Looks and draws the trees.
pub fn run(args: &BlockersArgs, context: &Context) -> Outcome {
    let mut scene = Scene::open(&args.from, &Criteria::default(), &args.pooler, context)?;
    scene.tell_closed_pooler(context);
    let text = if args.full {
        QueryText::Whole
    } else {
        QueryText::First(400)
    };
    let snapshot = scene.look(text).map_err(crate::stages::cannot_look)?;
    scene.keep(&snapshot, context);
    let trees = trees(&snapshot);
    let terminate = |pid: i32| {
        let words = ["terminate", "--pid", &pid.to_string()].map(str::to_owned);
        let step = Step {
            words: words.to_vec(),
            why: String::new(),
        };
        scene.line(&step, context)
    };
    let extent = if args.full {
        Extent::Whole
    } else {
        Extent::Brief
    };
    let origin = scene.origin();
    let text = match context.format {
        Format::Table => {
            let screen = context.screen(extent);
            let text = blockers::blockers(&snapshot, &trees, &terminate, screen);
            origin::screen(origin, screen, text)
        }
        Format::Json => {
            let document = json::blockers::blockers(&snapshot, &trees);
            context.json_text(&origin::json(origin, &document))?
        }
        Format::Csv => origin::csv(origin, records::blockers(&snapshot, &trees)),
        Format::Markdown => {
            origin::markdown(origin, records::blockers(&snapshot, &trees).markdown())
        }
    };
    context.page(&text)?;
    if trees.iter().any(|tree| tree.released() >= QUEUE) {
        context.point_to(Runbook::LockQueue);
    }
    Ok(if trees.is_empty() {
        ExitCode::Done
    } else {
        ExitCode::Nothing
    })
}
