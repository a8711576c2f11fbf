//! What will be done to whom, before it is done.
//!
//! Pure. A plan can be shown, refused or confirmed; only a confirmed one can be acted on
//! (`decide::confirmation`).

use std::time::Duration;

use super::breakdown::{Dimension, count_by};
use super::fence::retaking::left;
use super::holder::{Holder, Session};
use super::prediction::Prediction;
use super::selection::Selection;
use super::session::OnServer;
use super::snapshot::Snapshot;

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

/// A plan, whatever its targets are.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan<H: Holder = Session> {
    /// Over which lane.
    pub lane: &'static str,
    /// Where that server answers.
    pub endpoint: String,
    /// What that lane knows of the place.
    pub facts: H::Facts,
    /// To whom, in order.
    pub targets: Vec<H>,
    /// Whom not, and why.
    pub spared: Vec<H::Spared>,
    /// PIDs asked for that no process has.
    pub missing: Vec<i32>,
    /// What comes free if all of them go.
    pub prediction: Prediction,
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

impl<H: Holder> Plan<H> {
    /// Slots to be counted on, before anybody connects again.
    pub fn frees(&self) -> usize {
        self.prediction.frees
    }

    /// Whether something that matched is spared for what it is.
    pub fn protects(&self) -> bool {
        self.spared.iter().any(H::protects)
    }
}

/// Puts a plan for sessions together.
pub fn plan(action: Action, way: Way, snapshot: &Snapshot, selection: Selection) -> Plan {
    let facts = OnServer {
        action,
        server: snapshot.server.clone(),
        capacity: snapshot.capacity(),
        left: left(snapshot, &selection.chosen),
    };
    Plan {
        lane: way.lane,
        endpoint: way.endpoint,
        question: question(snapshot, &selection.chosen),
        prediction: Session::predict(&facts, &selection.chosen),
        facts,
        targets: selection.chosen,
        spared: selection.spared,
        missing: selection.missing,
        wait: way.wait,
    }
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
