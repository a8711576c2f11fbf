//! After freed slots were taken again: the roles that took them are fenced, or that is offered, or the command printed.
//!
//! Stage: after the verification of a command that frees slots.
//! Never: ends the sessions above the limit; they were in nobody's plan. It says how many, and the command.

use super::{Fencing, Site, Undo, Wanted, beforehand, came_of};
use crate::args::ApprovalArgs;
use crate::decide::advice::Step;
use crate::decide::fence::Kind;
use crate::decide::fence::act::Changed;
use crate::decide::fence::retaking::Retaker;
use crate::error::Failure;
use crate::report::page::plural;
use crate::report::{Extent, act, sanitize};
use crate::stages::Context;
use crate::stages::acting::{converse, open_record, say_lines};
use crate::stages::context::Way;
use crate::stages::pipeline::{Ended, Terms};
use crate::stages::signals::AtQuestion;

/// How the fence is agreed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreed {
    /// `--fence`: with the plan of the command that freed the slots.
    Beforehand,
    /// It is asked now, or, without a terminal, the command is printed.
    Now,
}

/// How it ended, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refilled {
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
    approval: &ApprovalArgs,
    context: &Context,
) -> Refilled {
    let mut worst = Refilled::Done;
    for retaker in retakers.iter().filter(|_| freed > 0) {
        let ended = one(way, retaker, freed, agreed, approval, context).unwrap_or_else(|failure| {
            let why = sanitize::one_line(&format!("{:#}", failure.error));
            context
                .terminal
                .say(&format!("breakglass: no fence: {why}\n"));
            for hint in &failure.hints {
                let hint = sanitize::line(hint);
                context.terminal.say(&format!("  {hint}\n"));
            }
            Refilled::Failed
        });
        worst = worst.max(ended);
    }
    worst
}

fn one(
    way: &mut Way,
    retaker: &Retaker,
    freed: usize,
    agreed: Agreed,
    approval: &ApprovalArgs,
    context: &Context,
) -> Result<Refilled, Failure> {
    let limit = retaker.limit(freed);
    let role = sanitize::line(&retaker.role).into_owned();
    let took = format!("role {role} took {} again", plural(retaker.came, "session"));
    let say = |text: &str| context.terminal.say(&format!("breakglass: {text}\n"));
    if retaker.superuser {
        say(&format!(
            "{took} and is a superuser: no connection limit holds it"
        ));
        return Ok(match agreed {
            Agreed::Beforehand => Refilled::Failed,
            Agreed::Now => Refilled::Left,
        });
    }
    if agreed == Agreed::Now && (approval.yes || !context.terminal.can_ask()) {
        let limit = limit.to_string();
        let words = ["fence", "--role", &retaker.role, "--limit", &limit];
        say_next(&took, &words, &retaker.role, context);
        return Ok(Refilled::Left);
    }
    let terms = match agreed {
        Agreed::Beforehand => beforehand(approval.reason.as_ref()),
        Agreed::Now => {
            say(&took);
            Terms {
                reason: approval.reason.clone(),
                ..Terms::default()
            }
        }
    };
    let wanted = Wanted::Limit(Kind::Role, retaker.role.clone(), limit);
    let mut fencing = Fencing::new(Site::Server(way), wanted, Undo::of(approval), context);
    let mut record = open_record(approval, context)?;
    let asking = (agreed == Agreed::Now).then(AtQuestion::begin);
    let ended = converse(&mut fencing, &mut record, &terms, context)?;
    drop(asking);
    say_lines(&mut record, context);
    let Ended::Acted(plan, verified) = &ended else {
        say("no fence was put up");
        return Ok(Refilled::Left);
    };
    let screen = context.talk_screen(Extent::Brief);
    context.terminal.say(&act::outcome(plan, verified, screen));
    Ok(match came_of(&ended) {
        Some(Changed::Set) => {
            above(retaker, limit, context);
            Refilled::Done
        }
        Some(Changed::Unknown(_)) => Refilled::Unknown,
        _ => Refilled::Failed,
    })
}

/// The fence keeps more from coming; those that came are still there.
fn above(retaker: &Retaker, limit: u32, context: &Context) {
    let above = retaker.holds.saturating_sub(limit as usize);
    if above == 0 {
        return;
    }
    let limit = above.to_string();
    let words = [
        "terminate",
        "--user",
        &retaker.role,
        "--state",
        "idle",
        "--limit",
        &limit,
    ];
    let stay = format!(
        "{} above the fence stay until they end",
        plural(above, "session")
    );
    say_next(&stay, &words, &retaker.role, context);
}

/// Says something and the command that follows from it; a name with control characters in it cannot be pasted.
fn say_next(text: &str, words: &[&str], name: &str, context: &Context) {
    if name.chars().any(sanitize::is_dangerous) {
        return;
    }
    let command = context.line(&Step {
        words: words.iter().map(|word| (*word).to_owned()).collect(),
        why: String::new(),
    });
    context
        .terminal
        .say(&format!("breakglass: {text}; next: {command}\n"));
}
