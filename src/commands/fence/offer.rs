//! After freed slots were taken again: fence the roles that took them, offer it, or print the command.
//!
//! Stage: after the verification of a command that frees slots; `terminate` calls it, and `free` and `rescue` may.
//! Never: ends the sessions above the limit; they were in nobody's plan. It says how many, and the command.

use super::Agreement;
use super::change::{Deeds, Matter};
use super::put_up::{prepare, say_unrecorded};
use crate::decide::advice::Step;
use crate::decide::confirmation::{Approval, Cap};
use crate::decide::fence::retaking::Retaker;
use crate::decide::fence::{Came, Kind};
use crate::error::Failure;
use crate::observe::{QueryText, Source};
use crate::report::page::plural;
use crate::report::{Extent, fence as report, sanitize};
use crate::stages::Context;
use crate::stages::acting::{open_record, say_lines};
use crate::stages::context::Way;
use crate::stages::signals::AtQuestion;
use crate::stages::standing;

/// How the fence is agreed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreed {
    /// `--fence`: with the plan of the command that freed the slots.
    Beforehand,
    /// It is asked now, or, without a terminal, the command is printed.
    Now,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fencing {
    /// Nobody took anything again, or every fence that was wanted stands.
    Done,
    /// It was not wanted; the command was printed or the question answered with no.
    Left,
    /// At least one that was wanted does not stand.
    Failed,
    /// Contact was lost; perhaps it stands.
    Unknown,
}

/// Fences every role of `retakers` at what it has beside the `freed` slots. Whatever hinders one is said, and the
/// others follow.
pub fn after_retaking(
    way: &mut Way,
    retakers: &[Retaker],
    freed: usize,
    agreed: Agreed,
    agreement: &Agreement,
    context: &Context,
) -> Fencing {
    let mut worst = Fencing::Done;
    for retaker in retakers.iter().filter(|_| freed > 0) {
        let ended = match one(way, retaker, freed, agreed, agreement, context) {
            Ok(ended) => ended,
            Err(failure) => {
                let why = sanitize::one_line(&format!("{:#}", failure.error));
                context
                    .terminal
                    .say(&format!("breakglass: no fence: {why}\n"));
                for hint in &failure.hints {
                    let hint = sanitize::line(hint);
                    context.terminal.say(&format!("  {hint}\n"));
                }
                Fencing::Failed
            }
        };
        worst = match (worst, ended) {
            (Fencing::Unknown, _) | (_, Fencing::Unknown) => Fencing::Unknown,
            (Fencing::Failed, _) | (_, Fencing::Failed) => Fencing::Failed,
            (Fencing::Left, _) | (_, Fencing::Left) => Fencing::Left,
            (Fencing::Done, Fencing::Done) => Fencing::Done,
        };
    }
    worst
}

fn one(
    way: &mut Way,
    retaker: &Retaker,
    freed: usize,
    agreed: Agreed,
    agreement: &Agreement,
    context: &Context,
) -> Result<Fencing, Failure> {
    let limit = retaker.limit(freed);
    let role = sanitize::line(&retaker.role).into_owned();
    let came = plural(retaker.came, "session");
    if retaker.superuser {
        context.terminal.say(&format!(
            "breakglass: role {role} took {came} again and is a superuser: no connection limit holds it\n"
        ));
        return Ok(if agreed == Agreed::Beforehand {
            Fencing::Failed
        } else {
            Fencing::Left
        });
    }
    let words = [
        "fence",
        "--role",
        &retaker.role,
        "--limit",
        &limit.to_string(),
    ];
    let command = context.line(&Step {
        words: words.map(str::to_owned).to_vec(),
        why: String::new(),
    });
    if agreed == Agreed::Now && (agreement.yes || !context.terminal.can_ask()) {
        // A name with control characters in it cannot be pasted.
        if !retaker.role.chars().any(sanitize::is_dangerous) {
            context.terminal.say(&format!(
                "breakglass: role {role} took {came} again; next: {command}\n"
            ));
        }
        return Ok(Fencing::Left);
    }
    let snapshot = way
        .database
        .look(QueryText::First(0))
        .map_err(crate::stages::cannot_look)?;
    let prepared = prepare(
        Kind::Role,
        &retaker.role,
        limit,
        &mut way.database,
        &snapshot,
        context,
    )?;
    let approval = match agreed {
        Agreed::Beforehand => Approval::Flag(Cap::All),
        Agreed::Now => {
            let undo = standing::undo_line(context, &prepared.fence);
            let view = report::PlanView {
                fence: &prepared.fence,
                sessions: prepared.sessions,
                server: &snapshot.server,
                lane: way.database.lane().kind().name(),
                undo: Some(&undo),
                hold: None,
            };
            let screen = context.talk_screen(Extent::Brief);
            context.terminal.say(&report::plan(&view, screen));
            let question = format!(
                "Role {role} took {came} again. {}",
                report::question(&prepared.fence)
            );
            let asking = AtQuestion::begin();
            let answer = context.terminal.ask(&question);
            drop(asking);
            match answer {
                Some(answer) => Approval::Typed(answer),
                None => return Ok(Fencing::Left),
            }
        }
    };
    let Ok(confirmed) = prepared.change.clone().confirm(&approval) else {
        context.terminal.say("breakglass: no fence was put up\n");
        return Ok(Fencing::Left);
    };
    let mut record = open_record(&agreement.approval(), context)?;
    let matter = Matter {
        deed: Deeds::PutUp,
        fence: &prepared.fence,
        server: &snapshot.server,
        reason: agreement.reason.as_deref(),
    };
    let (came, unrecorded) = matter.carry_out(&mut way.database, &mut record, &confirmed)?;
    say_unrecorded(unrecorded, context);
    say_lines(&mut record, context);
    let undo = (!agreement.no_record).then(|| standing::undo_line(context, &prepared.fence));
    let screen = context.talk_screen(Extent::Brief);
    context.terminal.say(&report::put_up(
        &prepared.fence,
        &came,
        undo.as_deref(),
        screen,
    ));
    Ok(match came {
        Came::Set => {
            let mut fence = prepared.fence.clone();
            fence.sure = true;
            context.standing.add(fence);
            above(retaker, limit, context);
            Fencing::Done
        }
        Came::Unknown(_) => Fencing::Unknown,
        _ => Fencing::Failed,
    })
}

/// The fence keeps more from coming; those that came are still there.
fn above(retaker: &Retaker, limit: u32, context: &Context) {
    let above = retaker.holds.saturating_sub(limit as usize);
    if above == 0 || retaker.role.chars().any(sanitize::is_dangerous) {
        return;
    }
    let words = [
        "terminate",
        "--user",
        &retaker.role,
        "--state",
        "idle",
        "--limit",
        &above.to_string(),
    ];
    let command = context.line(&Step {
        words: words.map(str::to_owned).to_vec(),
        why: String::new(),
    });
    context.terminal.say(&format!(
        "breakglass: {} above the fence stay until they end; next: {command}\n",
        plural(above, "session")
    ));
}
