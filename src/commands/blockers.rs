//! `breakglass blockers`: who keeps whom waiting.

use clap::Args;

use super::Context;
use super::pooler::{PoolerArgs, ask_beside};
use crate::args::Format;
use crate::decide::advice::Step;
use crate::decide::blocking::trees;
use crate::error::Outcome;
use crate::exit_code::ExitCode;
use crate::observe::{QueryText, Source};
use crate::report::{Extent, blockers, json, records};

/// Show who blocks whom, as a tree, the head of the longest queue first
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
}

/// Looks and draws the trees.
pub fn run(args: &BlockersArgs, context: &Context) -> Outcome {
    let console = args.pooler.target(context)?;
    let mut way = context.open()?;
    ask_beside(&mut way, console.as_ref(), context);
    let text = if args.full {
        QueryText::Whole
    } else {
        QueryText::First(400)
    };
    let snapshot = way.database.look(text).map_err(super::cannot_look)?;
    let trees = trees(&snapshot);
    let terminate = |pid: i32| {
        let words = ["terminate", "--pid", &pid.to_string()].map(str::to_owned);
        context.line(&Step {
            words: words.to_vec(),
            why: String::new(),
        })
    };
    let extent = if args.full {
        Extent::Whole
    } else {
        Extent::Brief
    };
    let text = match context.format {
        Format::Table => blockers::blockers(&snapshot, &trees, &terminate, context.screen(extent)),
        Format::Json => context.json_text(&json::blockers::blockers(&snapshot, &trees))?,
        Format::Csv => records::blockers(&snapshot, &trees).csv(),
        Format::Markdown => records::blockers(&snapshot, &trees).markdown(),
    };
    context.answer(&text)?;
    Ok(if trees.is_empty() {
        ExitCode::Done
    } else {
        ExitCode::Nothing
    })
}
