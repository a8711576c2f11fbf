//! A fence as a target: putting it up, taking it back, taking it off the list; and what came of that.
//!
//! Pure. One call changes one limit, and only from what the plan saw; what is so already is a target too, so that it is
//! told and recorded.

use std::time::Duration;

use super::{Change, Kind, Limit, Standing, Subject, Undoing, phrase};
use crate::decide::holder::{Holder, TargetOutcome};
use crate::decide::outcome::{Outcome, Receipt};
use crate::decide::pools::Version;
use crate::decide::prediction::Prediction;
use crate::decide::snapshot::Server;

/// What is done with a fence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum FenceAction {
    /// It is put up.
    #[strum(serialize = "fence")]
    PutUp,
    /// It is taken back.
    #[strum(serialize = "fence-undo")]
    TakeBack,
    /// It is taken off the list, and what it set stays.
    #[strum(serialize = "fence-forget")]
    Forget,
}

words!(FenceAction);

/// What came of one change, after a second look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// It is set, seen by a second look.
    Set,
    /// The previous limit was there already.
    Back,
    /// The limit was another one by then; nothing was changed.
    Foreign(Limit),
    /// The role, database or pool is not there any more.
    Gone,
    /// The server refused.
    Refused(String),
    /// A pool that is paused by now; it was left as it is.
    Paused,
    /// Taken off the list without looking.
    Forgotten,
    /// Nobody knows.
    Unknown(String),
}

impl From<Undoing> for Changed {
    /// What is true of a fence that is not to be changed; [`Undoing::Restore`] is.
    fn from(undoing: Undoing) -> Self {
        match undoing {
            Undoing::Restore(_) | Undoing::Back => Self::Back,
            Undoing::Foreign(now) => Self::Foreign(now),
            Undoing::Gone => Self::Gone,
            Undoing::Paused => Self::Paused,
        }
    }
}

/// A fence, and what is to be done with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FenceTarget {
    /// The fence.
    pub fence: Standing,
    /// What is done with it.
    pub action: FenceAction,
    /// The change that does it; or what is true of it, where nothing is to be changed.
    pub change: Result<Change, Changed>,
}

impl FenceTarget {
    /// Takes it back, as far as a look at it lets us.
    pub fn take_back(fence: Standing, undoing: Undoing) -> Self {
        let change = match undoing {
            Undoing::Restore(change) => Ok(change),
            other => Err(other.into()),
        };
        Self {
            fence,
            action: FenceAction::TakeBack,
            change,
        }
    }
}

/// Where fences are put up or taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FencePlace {
    /// On a server.
    Server(Box<Server>),
    /// In a pooler.
    Pooler {
        /// Its version.
        version: Version,
        /// Clients of the database that is fenced.
        clients: usize,
        /// Its server connections.
        servers: usize,
        /// Whether it is paused.
        paused: bool,
    },
    /// Nowhere: only the record is written.
    Record,
}

/// What is known of the place and of the way back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FenceFacts {
    /// What is done.
    pub action: FenceAction,
    /// Where.
    pub place: FencePlace,
    /// Sessions that the role or database has now.
    pub sessions: usize,
    /// The command that undoes it; `None` when no record will know it.
    pub undo: Option<String>,
    /// For how long it shall stand; `None` until it is undone.
    pub hold: Option<Duration>,
}

impl Holder for FenceTarget {
    type Id = String;
    type Facts = FenceFacts;
    type Spared = std::convert::Infallible;
    type Sight = Changed;
    type Aftermath = ();

    fn id(&self) -> String {
        self.fence.id.clone()
    }

    /// It frees nothing: it keeps what comes free.
    fn predict(_: &FenceFacts, _: &[Self]) -> Prediction {
        Prediction::default()
    }

    fn protects(never: &Self::Spared) -> bool {
        match *never {}
    }

    /// One look tells.
    fn over(&self, _: &FenceFacts, _: &Changed) -> bool {
        true
    }

    fn judge(&self, _: &FenceFacts, _: &Receipt, sight: Option<&Changed>) -> Outcome {
        match sight {
            Some(Changed::Set) => Outcome::Set,
            Some(Changed::Back | Changed::Gone | Changed::Forgotten) => Outcome::AlreadyGone,
            Some(Changed::Foreign(_) | Changed::Paused | Changed::Refused(_)) => {
                Outcome::Refused(sentence(&self.fence, sight, self.action))
            }
            Some(Changed::Unknown(_)) => Outcome::Unknown,
            None => Outcome::Changed("interrupted before it".to_owned()),
        }
    }

    fn word(target: &TargetOutcome<Self>) -> &'static str {
        let undo = target.holder.action != FenceAction::PutUp;
        match &target.sight {
            Some(Changed::Set) if undo => "undone",
            Some(Changed::Set) => "fenced",
            Some(Changed::Back) => "undone",
            Some(Changed::Foreign(_) | Changed::Paused) => "changed",
            Some(Changed::Gone) => "gone",
            Some(Changed::Refused(_)) => "refused",
            Some(Changed::Forgotten) => "forgotten",
            Some(Changed::Unknown(_)) => "unknown",
            // Nothing was done to it.
            None => "refused",
        }
    }

    fn sentence(target: &TargetOutcome<Self>) -> String {
        let FenceTarget { fence, action, .. } = &target.holder;
        sentence(fence, target.sight.as_ref(), *action)
    }
}

/// `role app`. Raw text.
pub fn what(subject: &Subject) -> String {
    format!("{} {}", subject.kind.name(), subject.name)
}

/// One sentence about what came of one fence. Raw text.
pub fn sentence(fence: &Standing, changed: Option<&Changed>, action: FenceAction) -> String {
    let subject = what(&fence.subject);
    let pool = fence.subject.kind == Kind::Pool;
    let undo = action != FenceAction::PutUp;
    let (limit, before) = (fence.limit, phrase(fence.previous));
    match changed {
        None => format!("NOT DONE: interrupted before {subject} was changed"),
        Some(Changed::Set) => match (undo, pool) {
            (false, false) => format!(
                "FENCED: {subject} limited to {limit} (before: {before}), seen by a second look"
            ),
            (false, true) => {
                format!("FENCED: {subject} refuses new clients, seen by a second look")
            }
            (true, false) => format!(
                "UNDONE: {subject} is back at {before} (fence: {limit}), seen by a second look"
            ),
            (true, true) => {
                format!("UNDONE: {subject} admits new clients again, seen by a second look")
            }
        },
        Some(Changed::Back) if pool => {
            format!("UNDONE: {subject} admitted new clients already; nothing changed")
        }
        Some(Changed::Back) => {
            format!("UNDONE: {subject} was back at {before} already; nothing changed")
        }
        Some(Changed::Foreign(_)) if pool => {
            format!("LEFT ALONE: {subject} was disabled by somebody else meanwhile")
        }
        Some(Changed::Foreign(now)) if undo => format!(
            "LEFT ALONE: {subject} is at {} by now, which is neither the fence's {limit} nor {before} from before; \
             somebody else changed it",
            phrase(*now)
        ),
        Some(Changed::Foreign(now)) => format!(
            "LEFT ALONE: {subject} is at {} by now, not {before} any more; somebody else changed it",
            phrase(*now)
        ),
        Some(Changed::Paused) => format!(
            "LEFT ALONE: {subject} is paused by now: whoever is let in would hang; resume it first"
        ),
        Some(Changed::Gone) if pool => {
            format!("GONE: the pooler has no {subject} any more, and its fence went with it")
        }
        Some(Changed::Gone) => {
            format!("GONE: {subject} is not there any more, and its limit went with it")
        }
        Some(Changed::Refused(why)) => format!("REFUSED: {subject}: {why}"),
        Some(Changed::Forgotten) => {
            let what = if pool { "the pool" } else { "its limit" };
            format!("FORGOTTEN: the fence on {subject} is off the list; {what} was not touched")
        }
        Some(Changed::Unknown(why)) => {
            format!("UNKNOWN: whether {subject} was changed: {why}")
        }
    }
}
