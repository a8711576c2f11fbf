//! `breakglass prepare`: the break-glass role, made before the night it is needed.

mod args;
mod password;

use std::time::{Duration, Instant};

pub use self::args::PrepareArgs;
use crate::act::prepare::apply;
use crate::args::{ApprovalArgs, Format};
use crate::connect::{Secret, Target};
use crate::decide::confirmation::{Approval, Cap, NotConfirmed};
use crate::decide::prepare::{Have, Preparation, Wanted, prepare};
use crate::decide::provider::Provider;
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::lanes::{LaneError, LaneKind};
use crate::observe::role::look_up;
use crate::observe::{QueryText, Source};
use crate::record::{self, Deed, End};
use crate::report::prepare::{PrepareView, Proved, document, proved, sql};
use crate::stages::acting::{not_confirmed, open_record, say_lines};
use crate::stages::admission::target_of;
use crate::stages::context::Way;
use crate::stages::lockout::summary;
use crate::stages::survey::once;
use crate::stages::{Context, cannot_look};

/// How long a lane may take to open for the new role.
const PROOF: Duration = Duration::from_secs(5);

/// Prints the preparation, or applies it.
pub fn run(args: &PrepareArgs, context: &Context) -> Outcome {
    if matches!(context.format, Format::Csv | Format::Markdown) {
        let what = "prepare prints SQL; use --format table or json";
        return Err(Failure::say(ExitCode::Usage, what));
    }
    if !args.apply {
        return print(args, context);
    }
    if !args.yes && !context.terminal.can_ask() {
        return Err(Failure::say(
            ExitCode::Refused,
            "there is no terminal to confirm the statements on; nothing was done",
        )
        .hint("look at them without --apply, then run it with --yes"));
    }
    let mut record = open_record(&approval(args), context)?;
    let mut way = context.open()?;
    let snapshot = way
        .database
        .look(QueryText::First(0))
        .map_err(cannot_look)?;
    let have = known(args, &mut way)?;
    let provider = provider(args, &have);
    let password = password::choose(args, have.role.is_some(), context)?;
    let wanted = wanted(args, password.as_ref());
    let preparation = prepare(&wanted, &have, &provider);
    context.terminal.say(&sql(&shown(
        args,
        &preparation,
        &have,
        &provider,
        (&[], false, 0),
    )));
    let endpoint = way.database.lane().greeting().endpoint.clone();
    let deed = Deed {
        action: "prepare",
        lane: way.database.lane().kind().name(),
        server: record::server(&snapshot.server, &endpoint),
    };
    let mut changed = false;
    if !preparation.statements.is_empty() {
        let question = format!("Run these statements on {endpoint}? [y/N]: ");
        let agreed = if args.yes {
            Ok(Approval::Flag(Cap::All))
        } else {
            let typed = context.terminal.ask(&question).map(Approval::Typed);
            typed.ok_or(NotConfirmed::Declined)
        };
        let confirmed = match agreed.and_then(|approval| preparation.confirm(&approval)) {
            Ok(confirmed) => confirmed,
            Err(why) => {
                let why = not_confirmed(&why, "statements");
                context.terminal.say(&format!("breakglass: {why}\n"));
                return Ok(ExitCode::Refused);
            }
        };
        // Which rights, not which password: its verifier is no business of the record.
        let rights: Vec<&str> = preparation
            .statements
            .iter()
            .map(|it| it.buys.as_str())
            .collect();
        let target = serde_json::json!({ "role": args.role, "gets": rights });
        let unwritable =
            |why: String| Failure::say(ExitCode::Refused, format!("{why}; nothing was done"));
        record
            .intend(&deed, args.reason.as_deref(), vec![target.clone()])
            .map_err(unwritable)?;
        let began = Instant::now();
        let (lane, limit) = way.database.statement();
        let done = apply(lane, limit, &confirmed);
        let (outcome, detail) = match &done {
            Ok(()) => ("set", "every statement took effect".to_owned()),
            Err(LaneError::Server(error)) => (
                "refused",
                format!(
                    "nothing was changed: {} [{}]",
                    error.message, error.sqlstate
                ),
            ),
            Err(lost) => ("unknown", format!("contact was lost: {lost}")),
        };
        let end = End {
            target,
            outcome,
            detail: detail.clone(),
            after: began.elapsed(),
        };
        let kept = record.conclude(&deed, args.reason.as_deref(), std::iter::once(end));
        say_lines(&mut record, context);
        match done {
            Ok(()) => changed = true,
            Err(LaneError::Server(_)) => {
                return Err(Failure::say(ExitCode::Refused, detail).hint(
                    "it takes a superuser, or CREATEROLE and from 16 on ADMIN OPTION on what is granted",
                ));
            }
            Err(_) => return Err(Failure::say(ExitCode::Unknown, detail)),
        }
        if let Err(why) = kept {
            context
                .terminal
                .say(&format!("breakglass: the outcome is not recorded: {why}\n"));
        }
        if let Some(secret) = password.as_ref().filter(|secret| secret.generated) {
            context.terminal.say(&format!(
                "password of {}, shown this once: {}\n",
                crate::report::sanitize::line(&args.role),
                secret.text
            ));
        }
    }
    // The lane that made the role is closed first: the proof takes one connection at a time.
    drop(way);
    let target = target_of(context, Some(&args.role))?;
    let lanes = prove(args, target, password.as_ref().map(|it| it.text.as_str()));
    let open = lanes.iter().all(|it| it.open);
    let code = match (open, changed) {
        (true, _) => ExitCode::Done,
        (false, true) => ExitCode::Partly,
        (false, false) => ExitCode::Nothing,
    };
    let text = match context.format {
        Format::Json => crate::stages::json_text(&document(&shown(
            args,
            &preparation,
            &have,
            &provider,
            (&lanes, changed, code.number()),
        )))?,
        _ => proved(&lanes),
    };
    context.answer(&text)?;
    Ok(code)
}

fn print(args: &PrepareArgs, context: &Context) -> Outcome {
    let have = match args.server_version {
        Some(version_num) => Have {
            version_num,
            ..Have::default()
        },
        None => known(args, &mut context.open()?)?,
    };
    let provider = provider(args, &have);
    let password = password::choose(args, have.role.is_some(), context)?;
    let preparation = prepare(&wanted(args, password.as_ref()), &have, &provider);
    let view = shown(args, &preparation, &have, &provider, (&[], false, 0));
    let text = match context.format {
        Format::Json => crate::stages::json_text(&document(&view))?,
        _ => sql(&view),
    };
    context.answer(&text)?;
    if let Some(secret) = password.filter(|secret| secret.generated) {
        context
            .terminal
            .say(&format!("the password, shown this once: {}\n", secret.text));
    }
    Ok(ExitCode::Done)
}

fn known(args: &PrepareArgs, way: &mut Way) -> Result<Have, Failure> {
    let (lane, limit) = way.database.statement();
    look_up(lane, limit, &args.role).map_err(|error| {
        let error = anyhow::Error::new(error).context("cannot read the role; nothing was done");
        Failure::new(ExitCode::NoLane, error)
    })
}

fn provider(args: &PrepareArgs, have: &Have) -> Provider {
    args.provider
        .unwrap_or_else(|| Provider::of_prefixes(have.prefixes.iter().map(String::as_str)))
}

fn wanted(args: &PrepareArgs, password: Option<&password::Password>) -> Wanted {
    Wanted {
        role: args.role.clone(),
        replication: !args.no_replication,
        reserve: args.reserve,
        addresses: args.address.clone(),
        verifier: password.map(|it| it.verifier.clone()),
        target: args.name.clone(),
    }
}

fn shown<'a>(
    args: &'a PrepareArgs,
    preparation: &'a Preparation,
    have: &Have,
    provider: &Provider,
    (proved, applied, exit_code): (&'a [Proved], bool, u8),
) -> PrepareView<'a> {
    PrepareView {
        preparation,
        role: &args.role,
        version_num: have.version_num,
        provider: provider.name,
        applied,
        proved,
        exit_code,
    }
}

/// Logs in as the new role over each lane it is to have.
fn prove(args: &PrepareArgs, mut target: Target, password: Option<&str>) -> Vec<Proved> {
    if let Some(password) = password {
        target.password = Some(Secret::new(password.to_owned()));
    }
    let mut lanes = vec![LaneKind::Login];
    if !args.no_replication {
        lanes.push(LaneKind::Replication);
    }
    lanes
        .into_iter()
        .map(|kind| match once(&target, kind, PROOF) {
            Ok(_) => Proved {
                lane: kind.name(),
                open: true,
                what: format!("role {} got in", args.role),
            },
            Err(lockout) => Proved {
                lane: kind.name(),
                open: false,
                what: lockout.refusals.last().map_or_else(
                    || lockout.to_string(),
                    |counted| {
                        let text = summary(counted);
                        let lane = format!("{}: ", kind.name());
                        text.strip_prefix(&lane).unwrap_or(&text).to_owned()
                    },
                ),
            },
        })
        .collect()
}

fn approval(args: &PrepareArgs) -> ApprovalArgs {
    ApprovalArgs {
        no_record: args.no_record,
        ..ApprovalArgs::default()
    }
}
