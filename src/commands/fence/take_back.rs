//! `fence --undo` and `--forget`: by the record, and only what the fence itself set.
//!
//! Never: overwrites a limit that somebody else has set meanwhile; restores anything but the recorded one.

use super::{COMMAND, yes};
use crate::args::ApprovalArgs;
use crate::connect::Protected;
use crate::decide::fence::act::Changed;
use crate::decide::fence::{Kind, Standing};
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::observe::fence::system_identifier;
use crate::report::{fence as report, sanitize};
use crate::stages::acting::{Run, carry_out, exit_code, somebody_can_agree, terms};
use crate::stages::console::Eyes;
use crate::stages::fencing::{Fencing, Site, Undo, Wanted};
use crate::stages::pooler::PoolerArgs;
use crate::stages::{Context, standing};

/// Which fences.
#[derive(Debug, Clone, Copy)]
pub enum Which<'a> {
    /// This one.
    Id(&'a str),
    /// The only one on this server.
    Only,
    /// All on this server.
    All,
}

/// Runs `fence --undo`: on the server; or, for a pool's ID, with `--pgbouncer`, or where no other fence stands, in the
/// pooler.
pub fn run(
    which: Which<'_>,
    typed: &PoolerArgs,
    approval: &ApprovalArgs,
    context: &Context,
) -> Outcome {
    let recorded = standing::recorded(context);
    if let Which::Id(id) = which {
        named(id, &recorded, context)?;
    } else if recorded.is_empty() {
        return Err(none_stands(context));
    }
    somebody_can_agree(yes(approval), approval, context)?;
    let is_pool = |fence: &Standing| fence.subject.kind == Kind::Pool;
    let in_pooler = match which {
        Which::Id(id) => is_pool(named(id, &recorded, context)?),
        Which::Only | Which::All => typed.pgbouncer.is_some() || recorded.iter().all(is_pool),
    };
    if in_pooler {
        let one = match which {
            Which::Id(id) => Some(named(id, &recorded, context)?),
            Which::Only | Which::All => recorded.first(),
        };
        let mut eyes = open_pooler(typed, one, context)?;
        let endpoint = eyes.console.endpoint().to_owned();
        let here = |fence: &&Standing| fence.is_in_pooler(&endpoint);
        let meant = meant(which, &recorded, here, "in this pooler", context)?;
        return act(
            Site::Pooler(&mut eyes),
            Wanted::TakeBack(meant),
            approval,
            context,
        );
    }
    let mut way = context.open_in_silence()?;
    let endpoint = way.database.lane().greeting().endpoint.clone();
    let (lane, limit) = way.database.statement();
    let identifier = system_identifier(lane, limit).ok().flatten();
    let here = |fence: &&Standing| fence.is_on(&endpoint, identifier.as_deref());
    let meant = meant(which, &recorded, here, "on this server", context)?;
    let done = act(
        Site::Server(&mut way),
        Wanted::TakeBack(meant),
        approval,
        context,
    );
    if matches!(which, Which::All) {
        for fence in recorded.iter().filter(|fence| is_pool(fence)) {
            let line = standing::undo_line(context, fence);
            context.terminal.say(&format!(
                "breakglass: fence {} on {} is in a pooler and stands; next: {}\n",
                fence.id,
                report::what(&fence.subject),
                sanitize::line(&line)
            ));
        }
    }
    done
}

/// Runs `fence --forget`.
pub fn forget(id: &str, approval: &ApprovalArgs, context: &Context) -> Outcome {
    let recorded = standing::recorded(context);
    let fence = named(id, &recorded, context)?.clone();
    somebody_can_agree(yes(approval), approval, context)?;
    act(Site::Record, Wanted::Forget(fence), approval, context)
}

/// Does it, and says how one that was left alone is taken off the list.
fn act(site: Site<'_>, wanted: Wanted, approval: &ApprovalArgs, context: &Context) -> Outcome {
    let mut fencing = Fencing::new(site, wanted, Undo::ById, context);
    let terms = terms(approval, yes(approval), &Protected::default());
    let ended = carry_out(&mut fencing, approval, &terms, context)?;
    let run = Run {
        command: COMMAND,
        lane: &fencing.lane(),
        origin: None,
        dry_run: approval.dry_run,
    };
    let code = run.tell(&ended, exit_code(&ended), context)?;
    for done in ended
        .verified()
        .iter()
        .flat_map(|verified| &verified.targets)
    {
        if matches!(done.sight, Some(Changed::Foreign(_) | Changed::Paused)) {
            let forget = context.line(&standing::step(&["--forget", &done.holder.fence.id]));
            context.terminal.say(&format!(
                "  to leave it so and take the fence off the list: {}\n",
                sanitize::line(&forget)
            ));
        }
    }
    Ok(code)
}

/// The console of the pooler that `fence` stands in, or how to name it.
fn open_pooler(
    typed: &PoolerArgs,
    meant: Option<&Standing>,
    context: &Context,
) -> Result<Eyes, Failure> {
    let named = typed.target(context)?.is_some();
    Eyes::open(typed, context).map_err(|failure| match meant {
        Some(fence) if !named => {
            failure.hint(format!("next: {}", standing::recorded_undo_line(fence)))
        }
        _ => failure,
    })
}

/// The fences meant by what was typed.
fn meant(
    which: Which<'_>,
    recorded: &[Standing],
    here: impl Fn(&&Standing) -> bool,
    place: &str,
    context: &Context,
) -> Result<Vec<Standing>, Failure> {
    let (on_this, elsewhere): (Vec<&Standing>, Vec<&Standing>) =
        recorded.iter().partition(|fence| here(fence));
    match which {
        Which::Id(id) => {
            let fence = named(id, recorded, context)?;
            if here(&fence) {
                return Ok(vec![fence.clone()]);
            }
            Err(not_here(&[fence], place))
        }
        _ if on_this.is_empty() => Err(not_here(&elsewhere, place)),
        Which::Only if on_this.len() > 1 => {
            let mut failure = Failure::say(
                ExitCode::Usage,
                format!(
                    "{} fences stand {place}; say which with --undo ID, or --undo --all",
                    on_this.len()
                ),
            );
            for fence in on_this {
                failure = failure.hint(format!("{}: {}", fence.id, report::what(&fence.subject)));
            }
            Err(failure)
        }
        Which::Only | Which::All => Ok(on_this.into_iter().cloned().collect()),
    }
}

fn not_here(fences: &[&Standing], place: &str) -> Failure {
    let mut failure = Failure::say(
        ExitCode::Refused,
        match fences {
            [fence] => format!(
                "fence {} stands {}, {}; nothing was done",
                fence.id,
                match fence.subject.kind {
                    Kind::Pool => "in another pooler",
                    Kind::Role | Kind::Database => "on another server",
                },
                fence.endpoint
            ),
            _ => format!("no fence stands {place}; others do, see --list"),
        },
    );
    for fence in fences {
        let line = standing::recorded_undo_line(fence);
        failure = failure.hint(format!("next: {line}"));
    }
    failure
}

/// The fence of this ID.
fn named<'a>(
    id: &str,
    recorded: &'a [Standing],
    context: &Context,
) -> Result<&'a Standing, Failure> {
    let found = recorded.iter().find(|fence| fence.id == id);
    found.ok_or_else(|| {
        if recorded.is_empty() {
            return none_stands(context);
        }
        let ids: Vec<&str> = recorded.iter().map(|fence| fence.id.as_str()).collect();
        Failure::say(
            ExitCode::Usage,
            format!("no fence {id:?} stands; there are {}", ids.join(", ")),
        )
    })
}

/// Says that there is none, and by which record: another account has its own.
pub fn none_stands(context: &Context) -> Failure {
    let place = standing::path(context).map_or("it has no place".to_owned(), |path| {
        path.display().to_string()
    });
    Failure::say(
        ExitCode::Nothing,
        format!("no fence stands, by the record of this account: {place}"),
    )
}
