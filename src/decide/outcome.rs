//! What came of it: a receipt is what a call answered, an outcome is what a second look saw.
//!
//! Pure. "Gone" is earned by the second look alone.

use std::time::Duration;

use super::breakdown::{Dimension, Group, count_by};
use super::holder::{Holder, Session, State};
use super::identity::SessionId;
use super::plan::Action;
use super::snapshot::Snapshot;

/// What the call for one target answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receipt {
    /// The signal was sent.
    Sent,
    /// The server found no such process to signal.
    NotSent,
    /// No process had this PID any more.
    Absent,
    /// The PID belonged to a session that started at another time.
    OtherSession,
    /// The session no longer does what it was chosen for.
    Changed(String),
    /// The server refused.
    Refused {
        /// SQLSTATE.
        sqlstate: String,
        /// Its words, untrusted.
        message: String,
    },
    /// Never asked: contact was lost before.
    NotAsked,
    /// Asked, and contact was lost before the answer.
    NoAnswer,
}

/// What a second look saw of one target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Nobody with this identity.
    Absent,
    /// Still there.
    Present {
        /// Its state now.
        state: Option<State>,
        /// Which statement it runs or ran last.
        query_started: Option<i64>,
    },
    /// There was no second look.
    NotLooked,
}

/// What is true of one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was ended and is not there any more.
    Gone,
    /// Its statement does not run any more.
    Cancelled,
    /// It had ended by itself before we asked, the session or, for a cancel, the statement.
    AlreadyGone,
    /// Signalled, and still there after the wait.
    StillThere,
    /// Its statement was to be cancelled, and a statement runs. Where the lane does not tell one statement from the
    /// next, it may be the same.
    StillRuns,
    /// The server refused; why, and which grant is missing.
    Refused(String),
    /// Its PID belongs to another session now, which was not touched.
    OtherSession,
    /// It does something else by now and was not touched.
    Changed(String),
    /// Contact was lost: nobody knows.
    Unknown,
}

impl Outcome {
    /// Stable word for JSON and the record.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Cancelled => "cancelled",
            Self::AlreadyGone => "already-gone",
            Self::StillThere | Self::StillRuns => "still-there",
            Self::Refused(_) => "refused",
            Self::OtherSession => "other-session",
            Self::Changed(_) => "changed",
            Self::Unknown => "unknown",
        }
    }

    /// For a person.
    pub fn sentence(&self) -> String {
        match self {
            Self::Gone => "gone".to_owned(),
            Self::Cancelled => "statement cancelled".to_owned(),
            Self::AlreadyGone => "had ended by itself".to_owned(),
            Self::StillThere => "still there".to_owned(),
            Self::StillRuns => {
                "a statement runs: the same, or the next; this lane does not tell which".to_owned()
            }
            Self::Refused(why) => format!("refused: {why}"),
            Self::OtherSession => "its PID is somebody else's now; not touched".to_owned(),
            Self::Changed(what) => format!("not touched: {what}"),
            Self::Unknown => "unknown: contact lost".to_owned(),
        }
    }
}

/// One target's end of the story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetOutcome<H: Holder = Session> {
    /// As it was when chosen.
    pub holder: H,
    /// What the call answered.
    pub receipt: Receipt,
    /// Whether it did not go at first and was then treated harder, as the plan said.
    pub escalated: bool,
    /// What the last look at it saw; `None` when there was none.
    pub sight: Option<H::Sight>,
    /// What is true.
    pub outcome: Outcome,
    /// From the start of acting until this was known.
    pub after: Duration,
}

/// The whole story.
#[derive(Debug, Clone)]
pub struct Verified<H: Holder = Session> {
    /// One for each target of the plan.
    pub targets: Vec<TargetOutcome<H>>,
    /// Why the batches ended.
    pub stopped: Stopped,
    /// What the last look saw of everything else.
    pub aftermath: H::Aftermath,
}

/// Why the batches ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stopped {
    /// All are done.
    Finished,
    /// What was aimed at is reached.
    Goal,
    /// The last one made things worse, in this way.
    Worse(String),
    /// Somebody wanted us to stop.
    Interrupted,
    /// What they did could not be looked at any more.
    Blind(String),
}

/// Decides what is true of one target.
pub fn judge(
    action: Action,
    session: &Session,
    receipt: &Receipt,
    seen: Seen,
    superuser: bool,
) -> Outcome {
    let stopped = match seen {
        Seen::Absent => true,
        Seen::Present {
            state,
            query_started,
        } => {
            action == Action::Cancel
                && (!matches!(state, Some(State::Active | State::Fastpath))
                    || query_started != session.query_started)
        }
        Seen::NotLooked => false,
    };
    let ended = if action == Action::Cancel {
        Outcome::Cancelled
    } else {
        Outcome::Gone
    };
    match (receipt, seen) {
        (Receipt::OtherSession, _) => Outcome::OtherSession,
        // The same session was seen afterwards: whatever said it was absent was wrong.
        (Receipt::Absent, Seen::Present { .. }) if !stopped => Outcome::StillThere,
        (Receipt::Absent, _) => Outcome::AlreadyGone,
        // The planned statement runs no more, which is what a cancel is for.
        (Receipt::Changed(_), _) if action == Action::Cancel && stopped => Outcome::AlreadyGone,
        (Receipt::Changed(what), _) => Outcome::Changed(what.clone()),
        (Receipt::Refused { .. } | Receipt::NotSent, Seen::Absent) => Outcome::AlreadyGone,
        (Receipt::Refused { sqlstate, message }, _) => {
            Outcome::Refused(refusal(session, sqlstate, message, superuser))
        }
        // A claim needs a look: without one not even "still there" is known.
        (_, Seen::NotLooked) => Outcome::Unknown,
        // Nothing of ours reached it, so it ended or stopped by itself.
        (Receipt::NotAsked | Receipt::NotSent, _) if stopped => Outcome::AlreadyGone,
        (Receipt::NotAsked | Receipt::NotSent, _) => Outcome::StillThere,
        (Receipt::Sent | Receipt::NoAnswer, _) if stopped => ended,
        (
            Receipt::Sent | Receipt::NoAnswer,
            Seen::Present {
                query_started: None,
                ..
            },
        ) if action == Action::Cancel => Outcome::StillRuns,
        (Receipt::Sent | Receipt::NoAnswer, _) => Outcome::StillThere,
    }
}

/// Why the server refused, and what would have to be granted.
fn refusal(session: &Session, sqlstate: &str, message: &str, superuser: bool) -> String {
    if sqlstate != "42501" || superuser {
        return format!("{message} [{sqlstate}]");
    }
    match session.superuser {
        Some(true) => "a superuser's session; only a superuser may end it".to_owned(),
        None => {
            "it has no role yet and counts as a superuser's; only a superuser may end it".to_owned()
        }
        Some(false) => {
            "this role lacks pg_signal_backend (GRANT pg_signal_backend TO it)".to_owned()
        }
    }
}

/// Who took the freed slots again: sessions of `now` that were not there `before`, ours excepted.
pub fn retaken(before: &Snapshot, now: &Snapshot) -> Vec<Group> {
    let known: std::collections::HashSet<SessionId> =
        before.sessions.iter().map(|session| session.id).collect();
    let new: Vec<&Session> = now
        .holders()
        .filter(|session| !known.contains(&session.id) && !now.ours(session))
        .collect();
    // Not every lane knows applications.
    let dimension = if new.iter().any(|session| session.application.is_some()) {
        Dimension::Application
    } else {
        Dimension::User
    };
    count_by(new.into_iter(), dimension)
}

/// How a run ended, for the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Everything planned is so.
    Done,
    /// Some is not.
    Partly,
    /// The server refused every single target: nothing changed.
    AllRefused,
    /// Nobody knows.
    Unknown,
}

impl Ending {
    /// Stable word for JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Partly => "partly",
            Self::AllRefused => "refused",
            Self::Unknown => "unknown",
        }
    }
}

/// The ending that these outcomes add up to, whatever they are the outcomes of.
pub fn ending_of<'a>(outcomes: impl Iterator<Item = &'a Outcome> + Clone) -> Ending {
    let has = |wanted: fn(&Outcome) -> bool| outcomes.clone().any(wanted);
    if has(|outcome| matches!(outcome, Outcome::Unknown)) {
        return Ending::Unknown;
    }
    if outcomes.clone().next().is_some()
        && outcomes
            .clone()
            .all(|outcome| matches!(outcome, Outcome::Refused(_)))
    {
        return Ending::AllRefused;
    }
    if has(|outcome| {
        matches!(
            outcome,
            Outcome::StillThere | Outcome::StillRuns | Outcome::Refused(_) | Outcome::Changed(_)
        )
    }) {
        return Ending::Partly;
    }
    Ending::Done
}

impl<H: Holder> TargetOutcome<H> {
    /// The stable word for its end, in JSON and the record.
    pub fn word(&self) -> &'static str {
        H::word(self)
    }

    /// Its end for a person.
    pub fn sentence(&self) -> String {
        H::sentence(self)
    }
}

impl<H: Holder> Verified<H> {
    /// The ending that the outcomes add up to. Whoever was not asked because the goal was reached before is no loss.
    pub fn ending(&self) -> Ending {
        let asked = self
            .targets
            .iter()
            .filter(|target| target.receipt != Receipt::NotAsked || self.stopped != Stopped::Goal);
        let kept = self.targets.iter().any(H::keeps_slot);
        match (
            ending_of(asked.map(|target| &target.outcome)),
            &self.stopped,
        ) {
            (Ending::Done, Stopped::Blind(_)) => Ending::Unknown,
            (Ending::Done, Stopped::Worse(_) | Stopped::Interrupted) => Ending::Partly,
            (Ending::Done, _) if kept => Ending::Partly,
            (ending, _) => ending,
        }
    }

    /// From the start of acting until the last outcome was known.
    pub fn took(&self) -> Duration {
        let times = self.targets.iter().map(|target| target.after);
        times.max().unwrap_or_default()
    }

    /// How many targets ended as `name`.
    pub fn count(&self, name: &str) -> usize {
        self.targets
            .iter()
            .filter(|target| target.outcome.name() == name)
            .count()
    }
}

#[cfg(test)]
mod tests;
