//! `breakglass workers list`: who holds connections, how many, and what each is.

use clap::Args;

use super::args::criteria;
use crate::args::SelectionArgs;
use crate::decide::criteria::Verdict;
use crate::decide::filters::WorkersLane;
use crate::error::Outcome;
use crate::exit_code::ExitCode;
use crate::report::workers::{WorkersView, list, records};
use crate::report::{Extent, json};
use crate::stages::Context;
use crate::stages::host::{Eyes, runtimes};
use crate::stages::place;
use crate::stages::telling::{Answer, Rows, tell};

/// List them (what 'workers' alone does)
///
/// Changes nothing.
///
/// Needs to be on that host; root to see other users' processes.
///
/// Exit codes: 0 listed, 1 nobody holds one, 2 wrong use, 3 the kernel does not answer.
///
/// Example: breakglass workers list -p 5432
#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    selection: SelectionArgs<WorkersLane>,
}

/// Looks and lists.
pub fn run(args: &ListArgs, context: &Context) -> Outcome {
    let runtimes = runtimes(context)?;
    let criteria = criteria(&args.selection, &runtimes)?;
    let aim = place::aim(context)?;
    let mut eyes = Eyes::open(aim.places, runtimes)?;
    let (workers, _) = eyes.look()?;
    let rows: Vec<_> = workers
        .all
        .values()
        .filter(|worker| criteria.judge(worker, ()) == Verdict::Yes)
        .collect();
    let view = WorkersView {
        endpoint: &aim.endpoint,
        workers: &workers,
        rows: &rows,
    };
    let answer = Answer {
        origin: None,
        screen: &|screen| list(&view, screen),
        rows: Rows::Grid(&|| records(&rows)),
        document: &|| context.json_text(&json::workers::workers(&view)),
        extent: Extent::Brief,
        long: true,
    };
    let held = rows.iter().any(|worker| !worker.held.is_empty());
    let code = match held {
        true => ExitCode::Done,
        false => ExitCode::Nothing,
    };
    tell(&answer, code, context)
}
