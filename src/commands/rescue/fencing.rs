//! A fence as a part of a step: judged whether it may be put up, then shown, asked for, recorded, set and looked at.
//!
//! Never: ends a session; puts a fence on our own role, on a superuser, or on what has one.

use crate::commands::fence::change::{Deeds, Matter};
use crate::commands::fence::put_up::{prepare, say_unrecorded};
use crate::decide::confirmation::{Approval, Cap};
use crate::decide::fence::{Came, Kind, Standing, Us, unfit};
use crate::decide::snapshot::Snapshot;
use crate::error::Failure;
use crate::observe::fence::{Key, look_up};
use crate::observe::{QueryText, Source};
use crate::record::Record;
use crate::report::{Extent, fence as report};
use crate::stages::Context;
use crate::stages::context::Way;
use crate::stages::signals::Interruption;
use crate::stages::standing;

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
    here(context, way, snapshot)
        .into_iter()
        .filter(|fence| fence.subject.kind == Kind::Role)
        .map(|fence| fence.subject.name)
        .collect()
}

fn here(context: &Context, way: &Way, snapshot: &Snapshot) -> Vec<Standing> {
    let endpoint = way.database.lane().greeting().endpoint.clone();
    let identifier = snapshot.server.system_identifier.as_deref();
    let recorded = standing::recorded(context).into_iter();
    recorded
        .filter(|fence| fence.is_on(&endpoint, identifier))
        .collect()
}

/// Whether our role may limit `role`, and that would hold it.
pub(super) fn may_fence(context: &Context, way: &mut Way, snapshot: &Snapshot, role: &str) -> bool {
    let here = here(context, way, snapshot);
    let server = &snapshot.server;
    let us = Us {
        role: &server.role,
        database: &server.database,
        superuser: server.role_superuser,
        standby: server.in_recovery,
    };
    let (lane, patience) = way.database.statement();
    match look_up(lane, patience, Kind::Role, Key::Name(role)) {
        Ok(Some(live)) => unfit(&live, 0, us, &here).is_none(),
        _ => false,
    }
}

/// What a fence needs beside the way in.
pub(super) struct Fence<'a> {
    /// Whom it holds.
    pub role: &'a str,
    /// To how many connections.
    pub limit: u32,
    /// Whether it was agreed to beforehand.
    pub yes: bool,
    /// Why, for the record.
    pub reason: Option<&'a str>,
    /// Whether the record is a file, so that `fence --undo` knows it.
    pub recorded: bool,
}

impl Fence<'_> {
    /// Puts it up.
    pub(super) fn put_up(
        &self,
        way: &mut Way,
        record: &mut Record,
        context: &Context,
    ) -> Result<Fenced, Failure> {
        let snapshot = way
            .database
            .look(QueryText::First(0))
            .map_err(crate::stages::cannot_look)?;
        let kind = Kind::Role;
        let prepared = prepare(
            kind,
            self.role,
            self.limit,
            &mut way.database,
            &snapshot,
            context,
        )?;
        let undo = self
            .recorded
            .then(|| standing::undo_line(context, &prepared.fence));
        let screen = context.talk_screen(Extent::Brief);
        let view = report::PlanView {
            fence: &prepared.fence,
            sessions: prepared.sessions,
            server: &snapshot.server,
            lane: way.database.lane().kind().name(),
            undo: undo.as_deref(),
            hold: None,
        };
        context.terminal.say(&report::plan(&view, screen));
        let approval = if self.yes {
            Approval::Flag(Cap::All)
        } else {
            let question = report::question(&prepared.fence);
            let answer = context.terminal.ask_unless(&question, &Interruption::noted);
            match answer {
                Some(answer) => Approval::Typed(answer),
                None => return Ok(Fenced::Declined),
            }
        };
        let Ok(confirmed) = prepared.change.clone().confirm(&approval) else {
            return Ok(Fenced::Declined);
        };
        // From here on a signal does not end us between the record and the change.
        let _ = Interruption::note_signals();
        let matter = Matter {
            deed: Deeds::PutUp,
            fence: &prepared.fence,
            server: &snapshot.server,
            reason: self.reason,
        };
        let (came, unrecorded) = matter.carry_out(&mut way.database, record, &confirmed)?;
        say_unrecorded(unrecorded, context);
        let told = report::put_up(&prepared.fence, &came, undo.as_deref(), screen);
        context.terminal.say(&told);
        Ok(match came {
            Came::Set => {
                let mut fence = prepared.fence;
                fence.sure = true;
                context.standing.add(fence.clone());
                Fenced::Stands(fence.id)
            }
            Came::Unknown(_) => Fenced::Unknown,
            _ => Fenced::Refused(report::sentence(&prepared.fence, &came, false)),
        })
    }
}
