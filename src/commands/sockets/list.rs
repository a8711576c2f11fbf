//! `breakglass sockets list`: who has which connection open, and whose turn it is.

use clap::Args;

use crate::args::SelectionArgs;
use crate::decide::filters::SocketsLane;
use crate::decide::sockets::selection::matching;
use crate::error::Outcome;
use crate::exit_code::ExitCode;
use crate::observe::sockets::Host;
use crate::report::sockets::{SocketsView, list, records};
use crate::report::{Extent, json};
use crate::stages::sockets::cannot_look;
use crate::stages::telling::{Answer, Rows, tell};
use crate::stages::{Context, place};

/// List this host's TCP connections to the target (what 'sockets' alone does)
///
/// Changes nothing. As another user than root it lists every connection of this network namespace, but not who has
/// it open unless that is us.
///
/// Needs nothing; root to see who has them open.
///
/// Exit codes: 0 listed, 1 nothing matched, 2 wrong use, 3 the kernel does not answer.
///
/// Example: breakglass sockets list -p 5432
#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    selection: SelectionArgs<SocketsLane>,
    /// At most N rows, the longest quiet of each state first
    #[arg(long = "limit", id = "rows", value_name = "N", value_parser = crate::args::positive)]
    limit: Option<usize>,
}

/// Looks and lists.
pub fn run(args: &ListArgs, context: &Context) -> Outcome {
    let criteria = args.selection.criteria()?;
    let aim = place::aim(context)?;
    let snapshot = Host::open()
        .and_then(|mut host| host.look(&aim.places))
        .map_err(cannot_look)?;
    let (mut rows, unjudged) = matching(&snapshot, &criteria);
    rows.sort_by_cached_key(|socket| {
        let activity = socket.activity(snapshot.grain);
        (activity.class, std::cmp::Reverse(activity.since), socket.id)
    });
    rows.truncate(args.limit.unwrap_or(usize::MAX));
    let view = SocketsView {
        endpoint: &aim.endpoint,
        snapshot: &snapshot,
        rows: &rows,
        unjudged: &unjudged,
    };
    let answer = Answer {
        origin: None,
        screen: &|screen| list(&view, screen),
        rows: Rows::Texts(&|| records::csv(&rows, &snapshot), &|| {
            records::records(&rows, &snapshot).markdown()
        }),
        document: &|| context.json_text(&json::sockets::sockets(&view)),
        extent: Extent::Brief,
        long: true,
    };
    let code = match rows.is_empty() {
        true => ExitCode::Nothing,
        false => ExitCode::Done,
    };
    tell(&answer, code, context)
}
