//! A pooler's `DISABLE` as a fence, in words.
//!
//! Stage: report. Names in it are the pooler's. Never: promises that it frees a slot.

use std::time::Duration;

use crate::decide::fence::{Came, Limit, Standing, Subject};
use crate::decide::pools::{PoolDatabase, Pooler};
use crate::report::page::{Page, plural};
use crate::report::palette::Tone;
use crate::report::{Screen, duration, sanitize};

use super::{undo_lines, what};

/// Whom it does not hold.
pub(super) const NOT_HELD: &str =
    "clients that are there, other poolers, whoever logs in to PostgreSQL directly";

/// A pool that is about to be disabled.
#[derive(Debug, Clone, Copy)]
pub struct PoolPlan<'a> {
    /// The fence.
    pub fence: &'a Standing,
    /// The pooler as it is now.
    pub pooler: &'a Pooler,
    /// The database of it.
    pub database: &'a PoolDatabase,
    /// The command that undoes it; `None` when no record will know it.
    pub undo: Option<&'a str>,
    /// `--for`
    pub hold: Option<Duration>,
}

/// The plan as text.
pub fn plan(view: &PoolPlan<'_>, screen: Screen) -> String {
    let PoolPlan { fence, pooler, .. } = *view;
    let mut page = Page::new(screen.width, screen.palette);
    let heading = format!("PLAN: refuse new clients of {}", what(&fence.subject));
    page.heading(Tone::Strong, &heading);
    let place = format!(
        "{}, PgBouncer {}",
        sanitize::line(&fence.endpoint),
        pooler.version
    );
    page.entry("pooler", Tone::Plain, &place);
    let name = &view.database.name;
    let now = format!(
        "{} and {}; they stay, nobody new is let in",
        plural(pooler.clients_of(name).count(), "client"),
        plural(pooler.servers_of(name).count(), "server connection"),
    );
    page.entry("now", Tone::Plain, &now);
    if view.database.paused {
        let text = "it is paused, too: the clients that are there hang until it is resumed";
        page.entry("", Tone::Warn, text);
    }
    page.entry("not held", Tone::Plain, NOT_HELD);
    let restart = "PgBouncer does not keep it: a restart of PgBouncer undoes it";
    page.entry("", Tone::Plain, restart);
    if let Some(hold) = view.hold {
        let text = format!(
            "{}, then it is undone; on Ctrl-C, SIGTERM or a closed terminal at once",
            duration::limit(hold)
        );
        page.entry("for", Tone::Plain, &text);
    }
    undo_lines(&mut page, fence, view.undo);
    page.finish()
}

/// The question to ask.
pub fn question(fence: &Standing) -> String {
    format!("Refuse new clients of {}? [y/N] ", what(&fence.subject))
}

/// The console's command that sets it to `limit`.
pub(super) fn by_hand(subject: &Subject, limit: Limit) -> String {
    let word = if limit.is_some() { "DISABLE" } else { "ENABLE" };
    let name = sanitize::identifier(&subject.name);
    format!("{word} {name};  (in psql, on database pgbouncer)")
}

/// What a standing one does.
pub(super) fn effect(fence: &Standing) -> String {
    format!(
        "{} at {} refuses new clients",
        what(&fence.subject),
        sanitize::line(&fence.endpoint)
    )
}

/// What undoing it would do.
pub(super) fn undoing(fence: &Standing) -> String {
    format!("{}: admit new clients again", what(&fence.subject))
}

/// One sentence about one fence; `undo`: it was to be taken back.
pub(super) fn sentence(fence: &Standing, came: &Came, undo: bool) -> String {
    let subject = what(&fence.subject);
    match (came, undo) {
        (Came::Set, false) => {
            format!("FENCED: {subject} refuses new clients, seen by a second look")
        }
        (Came::Set, true) => {
            format!("UNDONE: {subject} admits new clients again, seen by a second look")
        }
        (Came::Back, _) => {
            format!("UNDONE: {subject} admitted new clients already; nothing changed")
        }
        (Came::Paused, _) => format!(
            "LEFT ALONE: {subject} is paused by now: whoever is let in would hang; resume it first"
        ),
        (Came::Foreign(_), _) => {
            format!("LEFT ALONE: {subject} was disabled by somebody else meanwhile")
        }
        (Came::Gone, _) => {
            format!("GONE: the pooler has no {subject} any more, and its fence went with it")
        }
        (Came::Refused(why), _) => format!("REFUSED: {subject}: {}", sanitize::one_line(why)),
        (Came::Forgotten, _) => {
            format!("FORGOTTEN: the fence on {subject} is off the list; the pool was not touched")
        }
        (Came::Unknown(why), _) => format!(
            "UNKNOWN: whether {subject} was changed: {}",
            sanitize::one_line(why)
        ),
    }
}
