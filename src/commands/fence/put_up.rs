//! A new fence, on a server or in a pooler; with `--for`, wait and take it back.
//!
//! Never: lifts a limit; puts a second fence on what has one; ends a session.

use std::time::{Duration, Instant};

use super::{COMMAND, yes};
use crate::args::{ApprovalArgs, Format};
use crate::connect::Protected;
use crate::decide::fence::Standing;
use crate::decide::fence::act::{Changed, FenceTarget};
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::report::{LaneView, duration};
use crate::stages::acting::{
    Run, converse, exit_code, open_record, say_lines, somebody_can_agree, terms,
};
use crate::stages::console::Eyes;
use crate::stages::fencing::{Fencing, Site, Undo, Wanted, came_of};
use crate::stages::pipeline::Ended;
use crate::stages::pooler::PoolerArgs;
use crate::stages::signals::Interruption;
use crate::stages::{Context, standing};

/// How long it may take to hear of a signal while a fence stands for a time.
const STEP: Duration = Duration::from_millis(100);

/// Puts up what is `wanted`, for a time or until it is undone.
pub fn run(
    wanted: Wanted,
    hold: Option<Duration>,
    typed: &PoolerArgs,
    approval: &ApprovalArgs,
    context: &Context,
) -> Outcome {
    somebody_can_agree(yes(approval), approval, context)?;
    let mut record = open_record(approval, context)?;
    let (mut way, mut eyes) = match wanted {
        Wanted::Pool(..) => (None, Some(Eyes::open(typed, context)?)),
        _ => (Some(context.open_in_silence()?), None),
    };
    let site = match (&mut way, &mut eyes) {
        (Some(way), _) => Site::Server(way),
        (None, Some(eyes)) => Site::Pooler(eyes),
        (None, None) => Site::Record,
    };
    let mut fencing = Fencing::new(site, wanted, Undo::of(approval), context).held_for(hold);
    let terms = terms(approval, yes(approval), &Protected::default());
    let ended = converse(&mut fencing, &mut record, &terms, context)?;
    say_lines(&mut record, context);
    let lane = fencing.lane();
    let code = exit_code(&ended);
    let held = hold.filter(|_| came_of(&ended) == Some(&Changed::Set));
    let fence = ended.plan().targets.first().map(|it| it.fence.clone());
    let (Some(hold), Some(fence)) = (held, fence) else {
        return tell(&ended, code, &lane, approval, context);
    };
    // One run is one document; on a terminal the fence is told as soon as it stands.
    if context.format == Format::Table {
        tell(&ended, code, &lane, approval, context)?;
    }
    wait(hold, &fence, context);
    let undone = fencing.take_back(&fence, &mut record, approval.reason.as_ref());
    say_lines(&mut record, context);
    let code = match undone.as_ref().map(exit_code) {
        Ok(ExitCode::Done) => return tell(&undone?, ExitCode::Done, &lane, approval, context),
        Ok(ExitCode::Unknown) => ExitCode::Unknown,
        // It was put up, and it is not taken back.
        _ => ExitCode::Partly,
    };
    context.terminal.say(&format!(
        "breakglass: fence {} is not undone; next: {}\n",
        fence.id,
        standing::undo_line(context, &fence)
    ));
    match undone {
        Ok(undone) => tell(&undone, code, &lane, approval, context),
        Err(failure) => Err(Failure { code, ..failure }),
    }
}

fn tell(
    ended: &Ended<FenceTarget>,
    code: ExitCode,
    lane: &LaneView,
    approval: &ApprovalArgs,
    context: &Context,
) -> Outcome {
    let run = Run {
        command: COMMAND,
        lane,
        origin: None,
        dry_run: approval.dry_run,
    };
    run.tell(ended, code, context)
}

/// Waits until the time is over or a signal comes.
fn wait(hold: Duration, fence: &Standing, context: &Context) {
    let interruption = Interruption::note_signals().unwrap_or_default();
    let began = Instant::now();
    loop {
        let left = hold.saturating_sub(began.elapsed());
        if left.is_zero() || interruption.arrived() {
            context.terminal.progress("");
            return;
        }
        context.terminal.progress(&format!(
            "fence {} stands for {} more; Ctrl-C undoes it now",
            fence.id,
            duration::age(left)
        ));
        std::thread::sleep(left.min(STEP));
    }
}
