//! A fence as a part of a step.
//!
//! Never: ends a session; puts a fence on our own role, on a superuser, or on what has one.

use crate::args::ApprovalArgs;
use crate::decide::confirmation::Cap;
use crate::decide::fence::Kind;
use crate::decide::fence::act::Changed;
use crate::decide::snapshot::Snapshot;
use crate::error::Failure;
use crate::record::Record;
use crate::report::{Extent, act};
use crate::stages::acting::converse;
use crate::stages::context::Way;
use crate::stages::fencing::{Fencing, Site, Undo, Wanted, came_of};
use crate::stages::pipeline::{Ended, Terms};
use crate::stages::{Context, standing};

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fenced {
    /// It stands: its ID.
    Stands(String),
    /// The operator said no.
    Declined,
    /// It does not stand, and why.
    Refused(String),
    /// Contact was lost.
    Unknown,
}

/// Roles that our fences hold on this server.
pub(super) fn held(context: &Context, way: &Way, snapshot: &Snapshot) -> Vec<String> {
    standing::here(context, way, snapshot)
        .into_iter()
        .filter(|fence| fence.subject.kind == Kind::Role)
        .map(|fence| fence.subject.name)
        .collect()
}

/// Holds `role` to `limit` connections; asks, unless `yes`.
pub(super) fn put_up(
    (role, limit): (&str, u32),
    yes: bool,
    way: &mut Way,
    record: &mut Record,
    approval: &ApprovalArgs,
    context: &Context,
) -> Result<Fenced, Failure> {
    let wanted = Wanted::Limit(Kind::Role, role.to_owned(), limit);
    let mut fencing = Fencing::new(Site::Server(way), wanted, Undo::of(approval), context);
    let terms = Terms {
        yes: yes.then_some(Cap::All),
        reason: approval.reason.clone(),
        ..Terms::default()
    };
    let ended = converse(&mut fencing, record, &terms, context)?;
    let Ended::Acted(plan, verified) = &ended else {
        return Ok(Fenced::Declined);
    };
    let screen = context.talk_screen(Extent::Brief);
    context.terminal.say(&act::outcome(plan, verified, screen));
    let done = verified.targets.first();
    Ok(match came_of(&ended) {
        Some(Changed::Set) => {
            Fenced::Stands(done.map_or(String::new(), |done| done.holder.fence.id.clone()))
        }
        Some(Changed::Unknown(_)) => Fenced::Unknown,
        _ => Fenced::Refused(done.map_or(String::new(), |done| done.sentence())),
    })
}
