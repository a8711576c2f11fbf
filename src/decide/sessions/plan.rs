//! What will be done to which sessions, and what must be typed for it.
//!
//! Pure.

use std::time::Duration;

use crate::decide::breakdown::{Dimension, count_by};
use crate::decide::capacity::Capacity;
use crate::decide::confirmation::ConfirmedPlan;
use crate::decide::fence::retaking::left;
use crate::decide::holder::Holder;
use crate::decide::plan::{Caps, MANY, Plan, Question};
use crate::decide::selection::Selection;
use crate::decide::session::Session;
use crate::decide::snapshot::{Server, Snapshot};

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

/// What is to be done with sessions, and on which server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnServer {
    /// What to do.
    pub action: Action,
    /// On which server.
    pub server: Server,
    /// Slots now.
    pub capacity: Capacity,
    /// The targets' roles, each with the sessions it has left: where a fence would hold it if it came back.
    pub left: Vec<(String, usize)>,
    /// Whether a role that takes freed slots again is limited to that: a part of what is agreed to.
    pub fences: bool,
}

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

/// Below this size an application is too small for "half of it" to mean anything.
const SMALL: usize = 4;

/// Puts a plan for sessions together.
pub fn plan(action: Action, way: Way, snapshot: &Snapshot, selection: Selection) -> Plan<Session> {
    let facts = OnServer {
        action,
        server: snapshot.server.clone(),
        capacity: snapshot.capacity(),
        left: left(snapshot, &selection.chosen),
        fences: false,
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
        caps: Caps::default(),
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

impl Plan<Session> {
    /// Slots if everything planned goes and nobody comes.
    pub fn capacity_after(&self) -> Capacity {
        let frees = u32::try_from(self.frees()).unwrap_or(u32::MAX);
        self.facts.capacity.after(frees)
    }
}

impl ConfirmedPlan<Session> {
    /// What to do with its sessions.
    pub fn action(&self) -> Action {
        self.plan().facts.action
    }
}

#[cfg(test)]
mod tests;
