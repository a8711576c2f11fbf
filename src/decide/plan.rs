//! What will be done to whom, before it is done.
//!
//! Pure. A plan can be shown, refused or confirmed; only a confirmed one can be acted on
//! (`decide::confirmation`).

use std::time::Duration;

use super::breakdown::{Dimension, count_by};
use super::capacity::Capacity;
use super::holder::{Kind, Session};
use super::selection::{Selection, Spared};
use super::snapshot::{Server, Snapshot};

/// What is done to each target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Stop the running statement; the session stays, and so does its slot.
    Cancel,
    /// End the session.
    Terminate,
    /// Stop the statement, then end the session that still holds its slot.
    TerminateGently,
}

impl Action {
    /// The command's name.
    pub fn command(self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::Terminate | Self::TerminateGently => "terminate",
        }
    }

    /// For a sentence: "cancel the statements of", "end".
    pub fn phrase(self, count: usize) -> String {
        let many = if count == 1 { "" } else { "s" };
        match self {
            Self::Cancel => format!("cancel the running statement of {count} session{many}"),
            Self::Terminate => format!("end {count} session{many}"),
            Self::TerminateGently => {
                format!("cancel, then end {count} session{many}")
            }
        }
    }
}

/// What the operator must type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// y or n.
    YesNo,
    /// The number of targets, for this reason.
    Number(usize, &'static str),
}

/// A plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// What to do.
    pub action: Action,
    /// Over which lane.
    pub lane: &'static str,
    /// Where that server answers.
    pub endpoint: String,
    /// On which server.
    pub server: Server,
    /// Slots now.
    pub capacity: Capacity,
    /// To whom, in order.
    pub targets: Vec<Session>,
    /// Whom not, and why.
    pub spared: Vec<Spared>,
    /// PIDs asked for that no process has.
    pub missing: Vec<i32>,
    /// How many slots it frees if all of them go.
    pub frees: u32,
    /// How long to wait for them to go.
    pub wait: Duration,
    /// What must be typed to confirm it.
    pub question: Question,
}

/// From how many targets on the number must be typed.
pub const MANY: usize = 10;
/// Below this size an application is too small for "half of it" to mean anything.
const SMALL: usize = 4;

/// The way a plan would be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// Over which lane.
    pub lane: &'static str,
    /// Where the server answers.
    pub endpoint: String,
    /// How long to wait for the targets to go.
    pub wait: Duration,
}

/// Puts a plan together.
pub fn plan(action: Action, way: Way, snapshot: &Snapshot, selection: Selection) -> Plan {
    Plan {
        action,
        lane: way.lane,
        endpoint: way.endpoint,
        server: snapshot.server.clone(),
        capacity: snapshot.capacity(),
        question: question(snapshot, &selection.chosen),
        frees: frees(action, &selection.chosen),
        targets: selection.chosen,
        spared: selection.spared,
        missing: selection.missing,
        wait: way.wait,
    }
}

/// How many slots become free when all of `targets` go. A walsender holds none of them.
pub(super) fn frees(action: Action, targets: &[Session]) -> u32 {
    if action == Action::Cancel {
        return 0;
    }
    let holders = targets
        .iter()
        .filter(|session| session.kind != Kind::Walsender);
    u32::try_from(holders.count()).unwrap_or(u32::MAX)
}

fn question(snapshot: &Snapshot, chosen: &[Session]) -> Question {
    if chosen.len() > MANY {
        return Question::Number(chosen.len(), "more than 10 sessions");
    }
    let kinds = [
        (
            Dimension::Application,
            "at least half of an application's sessions",
        ),
        (Dimension::User, "at least half of a user's sessions"),
    ];
    for (dimension, why) in kinds {
        // A lane that does not know applications has not found half of one.
        let known = |session: &&Session| {
            dimension != Dimension::Application || session.application.is_some()
        };
        let all = count_by(snapshot.holders().filter(known), dimension);
        for group in count_by(chosen.iter().filter(known), dimension) {
            let total = all
                .iter()
                .find(|other| other.name == group.name)
                .map_or(0, |other| other.count);
            if total >= SMALL && group.count * 2 >= total {
                return Question::Number(chosen.len(), why);
            }
        }
    }
    Question::YesNo
}

#[cfg(test)]
mod tests;
