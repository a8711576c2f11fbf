//! `breakglass blockers`: who keeps whom waiting.

use clap::Args;

use crate::args::FromArgs;
use crate::decide::advice::Step;
use crate::decide::blocking::trees;
use crate::decide::criteria::Criteria;
use crate::decide::runbook::{QUEUE, Runbook};
use crate::error::Outcome;
use crate::exit_code::ExitCode;
use crate::observe::{QueryText, Source};
use crate::report::{Extent, blockers, json, origin, records};
use crate::stages::Context;
use crate::stages::pooler::PoolerArgs;
use crate::stages::scene::Scene;
use crate::stages::telling::{Answer, Rows, tell};

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
    let answer = Answer {
        origin,
        screen: &|screen| blockers::blockers(&snapshot, &trees, &terminate, screen),
        rows: Rows::Grid(&|| records::blockers(&snapshot, &trees)),
        document: &|| {
            let document = json::blockers::blockers(&snapshot, &trees);
            context.json_text(&origin::json(origin, &document))
        },
        extent,
        long: true,
    };
    let code = match trees.is_empty() {
        true => ExitCode::Done,
        false => ExitCode::Nothing,
    };
    let code = tell(&answer, code, context)?;
    if trees.iter().any(|tree| tree.released() >= QUEUE) {
        context.point_to(Runbook::LockQueue);
    }
    Ok(code)
}
