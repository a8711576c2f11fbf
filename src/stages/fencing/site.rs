//! Where a fence stands: on a server, behind one of its lanes, or in a pooler, behind its console. What changing one asks
//! of either.
//!
//! Never: changes what is not in a confirmed plan; says "set" without a second look.

use crate::act::fence::{Answer, set_limit, set_pool};
use crate::decide::confirmation::ConfirmedPlan;
use crate::decide::fence::act::{Changed, FenceTarget};
use crate::decide::fence::{Standing, Undoing, phrase, pool, undoing};
use crate::error::Failure;
use crate::exit_code::ExitCode;
use crate::lanes::{LaneError, LaneKind};
use crate::observe::fence::{Key, look_up};
use crate::stages::Context;
use crate::stages::console::{Eyes, LOOK};
use crate::stages::context::Way;
use crate::stages::database::OpenLane;

/// One of the two, open; or neither, where only the record is written.
pub enum Site<'a> {
    /// A server.
    Server(&'a mut Way),
    /// A pooler.
    Pooler(&'a mut Eyes),
    /// Only the record.
    Record,
}

impl Site<'_> {
    /// The lane's name.
    pub fn lane(&self) -> &'static str {
        match self {
            Self::Server(way) => way.database.lane().kind().name(),
            Self::Pooler(_) => LaneKind::Pgbouncer.name(),
            Self::Record => "none",
        }
    }

    /// What is looked at, in words.
    pub(super) fn what(&self) -> &'static str {
        match self {
            Self::Server(_) => "the limit that is there now",
            Self::Pooler(_) => "whether the pool is disabled now",
            Self::Record => "the record",
        }
    }

    /// What undoing `fence` comes to, by a look.
    pub(super) fn look_at_undoing(&mut self, fence: &Standing) -> Result<Undoing, LaneError> {
        match self {
            Self::Server(way) => {
                let (lane, limit) = way.database.statement();
                let subject = &fence.subject;
                let live = look_up(lane, limit, subject.kind, Key::Oid(subject.oid))?;
                Ok(undoing(fence, live.as_ref()))
            }
            Self::Pooler(eyes) => Ok(pool::undoing(fence, &eyes.look_surely()?)),
            Self::Record => Ok(Undoing::Back),
        }
    }

    /// Makes the change of `target`, and looks again.
    pub(super) fn change(
        &mut self,
        plan: &ConfirmedPlan<FenceTarget>,
        target: &FenceTarget,
    ) -> Changed {
        match self {
            Self::Server(way) => change_limit(&mut way.database, plan, target),
            Self::Pooler(eyes) => change_pool(eyes, plan, target),
            Self::Record => Changed::Forgotten,
        }
    }

    /// Opens it again when it was lost meanwhile.
    pub(super) fn reopen(&mut self, context: &Context) -> Result<(), Failure> {
        if let Self::Server(way) = self {
            **way = context.open_in_silence()?;
        }
        // Every look at a pooler opens another console where one is lost.
        Ok(())
    }
}

/// Changes a limit and looks again.
fn change_limit(
    database: &mut OpenLane,
    plan: &ConfirmedPlan<FenceTarget>,
    target: &FenceTarget,
) -> Changed {
    let (lane, limit) = database.statement();
    let answer = set_limit(lane, limit, plan, target);
    let subject = &target.fence.subject;
    let wanted = target.change.as_ref().ok().map(|change| change.to);
    let seen = match answer {
        Answer::Gone => return Changed::Gone,
        Answer::Refused { sqlstate, message } => {
            return Changed::Refused(format!("{message} [{sqlstate}]"));
        }
        Answer::NoAnswer(error) => return Changed::Unknown(error.to_string()),
        Answer::Set | Answer::Foreign => look_up(lane, limit, subject.kind, Key::Oid(subject.oid)),
    };
    match (answer, seen) {
        (_, Err(error)) => Changed::Unknown(format!("there was no second look: {error}")),
        (_, Ok(None)) => Changed::Gone,
        (Answer::Set, Ok(Some(live))) if Some(live.limit) == wanted => Changed::Set,
        (Answer::Set, Ok(Some(live))) => Changed::Unknown(format!(
            "it was set, and somebody else has made it {} since",
            phrase(live.limit)
        )),
        (_, Ok(Some(live))) => Changed::Foreign(live.limit),
    }
}

/// Disables or enables a pool, and looks again.
fn change_pool(
    eyes: &mut Eyes,
    plan: &ConfirmedPlan<FenceTarget>,
    target: &FenceTarget,
) -> Changed {
    let lost = match set_pool(&mut eyes.console, LOOK, plan, target) {
        Answer::Refused { message, .. } => return Changed::Refused(message),
        Answer::NoAnswer(error) => Some(error.to_string()),
        Answer::Set | Answer::Foreign | Answer::Gone => None,
    };
    let wanted = target.change.as_ref().ok().map(|change| change.to);
    match eyes.look_surely() {
        Err(error) => Changed::Unknown(format!("there was no second look: {error}")),
        Ok(now) => match pool::live(&target.fence.subject.name, &now) {
            None => Changed::Gone,
            Some(limit) if Some(limit) == wanted => Changed::Set,
            Some(_) => Changed::Unknown(
                lost.unwrap_or_else(|| "somebody else has changed it back since".to_owned()),
            ),
        },
    }
}

/// A look failed before anything was changed.
pub(super) fn cannot_read(what: &str, error: LaneError) -> Failure {
    Failure::new(
        ExitCode::NoLane,
        anyhow::Error::new(error).context(format!("cannot read {what}; nothing was done")),
    )
}
