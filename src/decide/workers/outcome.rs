//! What came of recycling: of each process that was signalled, and of this host's connections.
//!
//! Pure. "Gone" is earned by a second look alone. A slot is free when the database says so; from here only
//! connections can be counted.

use super::plan::{Goal, OnHost, Target, closes};
use super::process::{Process, ProcessId, Processes};
use super::runtime::Ends;
use super::selection::Spared;
use crate::decide::holder::Holder;
use crate::decide::holder::TargetOutcome;
use crate::decide::outcome::{Outcome, Receipt};
use crate::decide::prediction::Prediction;
use crate::decide::verified::Verified;

/// What a look after a batch saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Connections of this host to the target.
    pub held: usize,
    /// Free ordinary slots, if the database answered.
    pub free: Option<u32>,
    /// Whether the database admitted a login.
    pub answers: bool,
}

/// What a look at the processes of one target saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// What was to end has ended.
    Ended,
    /// It has not.
    Runs,
}

/// What was seen of this host and of the database, besides the targets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Looks {
    /// A look before, then one right after each batch and one before the next.
    pub looks: Vec<Look>,
    /// How many connections of before are gone; `None` when there was no last look.
    pub closed: Option<usize>,
    /// How many came since: workers that were started again connect.
    pub new: Option<usize>,
}

/// A run of recycling, verified.
pub type WorkersVerified = Verified<Target>;
/// One target with its end.
pub type WorkerOutcome = TargetOutcome<Target>;

/// Whether what was to end has ended.
pub fn ended(target: &Target, processes: &Processes) -> bool {
    let gone = |id: &ProcessId| !processes.has(*id);
    match target
        .recipe
        .as_ref()
        .map(|recipe| recipe.ends)
        .unwrap_or_default()
    {
        Ends::OneWorker => target.ends.iter().any(gone),
        Ends::Workers => !target.ends.is_empty() && target.ends.iter().all(gone),
        Ends::Process | Ends::Nothing => target.ends.iter().all(gone),
    }
}

/// Decides what is true of one target. `ended`: `None` when there was no second look.
pub fn judge(receipt: &Receipt, ended: Option<bool>) -> Outcome {
    match (receipt, ended) {
        (Receipt::Changed(what), _) => Outcome::Changed(what.clone()),
        (Receipt::OtherSession, _) => Outcome::OtherSession,
        (Receipt::Absent, _) => Outcome::AlreadyGone,
        (Receipt::Refused { message, .. }, _) => Outcome::Refused(message.clone()),
        (Receipt::NotAsked | Receipt::NotSent, Some(true)) => Outcome::AlreadyGone,
        (Receipt::NotAsked | Receipt::NotSent, _) => Outcome::StillThere,
        (Receipt::Sent | Receipt::NoAnswer, Some(true)) => Outcome::Gone,
        (Receipt::Sent | Receipt::NoAnswer, Some(false)) => Outcome::StillThere,
        (Receipt::Sent | Receipt::NoAnswer, None) => Outcome::Unknown,
    }
}

impl Holder for Target {
    type Id = ProcessId;
    type Facts = OnHost;
    type Spared = (Process, Spared);
    type Sight = Sight;
    type Aftermath = Looks;

    fn id(&self) -> ProcessId {
        self.process.id
    }

    /// Idle connections alone are counted on, and of those only the ones nobody else has open.
    fn predict(facts: &OnHost, targets: &[Self]) -> Prediction {
        let (closes, shared) = closes(targets, &facts.holders);
        Prediction {
            frees: closes.idle,
            classes: Some(closes),
            shared,
        }
    }

    fn protects((_, reason): &(Process, Spared)) -> bool {
        reason.protects()
    }

    fn over(&self, _: &OnHost, sight: &Sight) -> bool {
        *sight == Sight::Ended
    }

    fn judge(&self, _: &OnHost, receipt: &Receipt, sight: Option<&Sight>) -> Outcome {
        judge(receipt, sight.map(|sight| *sight == Sight::Ended))
    }

    fn sentence(target: &WorkerOutcome) -> String {
        let ends = target.holder.recipe.as_ref().map(|recipe| recipe.ends);
        let signal = target.holder.signal.name();
        match (&target.outcome, ends.unwrap_or_default()) {
            (Outcome::Gone, _) if target.escalated => "gone, by SIGKILL after its grace".to_owned(),
            (Outcome::Gone, Ends::Workers) => "its workers of before are gone".to_owned(),
            (Outcome::Gone, Ends::OneWorker) => "one of its workers is gone".to_owned(),
            (Outcome::Gone, Ends::Nothing) => format!("{signal} was sent"),
            (Outcome::StillThere, _) if target.receipt == Receipt::NotAsked => {
                "not signalled: the batches stopped before it".to_owned()
            }
            (Outcome::StillThere, Ends::Workers | Ends::OneWorker) => {
                format!("its workers are still there after {signal}")
            }
            (Outcome::StillThere, _) if target.escalated => {
                "still there, even after SIGKILL: it hangs in the kernel".to_owned()
            }
            (Outcome::StillThere, _) => format!("still there after {signal}"),
            (Outcome::Refused(why), _) => why.clone(),
            (other, _) => other.sentence(),
        }
    }
}

/// Whether `look` is what was aimed at.
pub fn reached(goal: Goal, look: &Look) -> bool {
    match goal {
        Goal::All => false,
        Goal::Free(wanted) => look.free.is_some_and(|free| free >= wanted),
        Goal::Answers => look.answers,
    }
}

/// In what way the batch between two looks made things worse, if it did. `first` is the look before any batch.
pub fn worse(first: &Look, before: &Look, now: &Look, lost_master: Option<i32>) -> Option<String> {
    if let Some(pid) = lost_master {
        return Some(format!(
            "master {pid} has ended: the service is down on this host"
        ));
    }
    if now.held > first.held.max(before.held) {
        return Some(format!(
            "this host holds {} connections, {} before",
            now.held, before.held
        ));
    }
    (before.answers && !now.answers)
        .then(|| "the database admitted a login before and does not now".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(held: usize, free: Option<u32>) -> Look {
        Look {
            held,
            free,
            answers: free.is_some(),
        }
    }

    #[test]
    fn gone_is_earned_by_the_second_look_alone() {
        let refused = Receipt::Refused {
            sqlstate: "EPERM".to_owned(),
            message: "no".to_owned(),
        };
        let table = [
            (Receipt::Sent, Some(true), Outcome::Gone),
            (Receipt::Sent, Some(false), Outcome::StillThere),
            (Receipt::Sent, None, Outcome::Unknown),
            (Receipt::Absent, Some(true), Outcome::AlreadyGone),
            (Receipt::OtherSession, Some(true), Outcome::OtherSession),
            (Receipt::NotAsked, Some(false), Outcome::StillThere),
            (Receipt::NotAsked, Some(true), Outcome::AlreadyGone),
            (refused, Some(false), Outcome::Refused("no".to_owned())),
        ];
        for (receipt, ended, outcome) in table {
            assert_eq!(judge(&receipt, ended), outcome, "{receipt:?} {ended:?}");
        }
    }

    #[test]
    fn worse_is_more_connections_a_lost_master_or_a_database_that_fell_silent() {
        let first = look(10, Some(0));
        let table = [
            (look(10, Some(0)), None, false),
            (look(8, Some(2)), None, false),
            (look(11, Some(0)), None, true),
            (look(8, None), None, true),
            (look(8, Some(2)), Some(7), true),
        ];
        for (now, lost, expected) in table {
            assert_eq!(
                worse(&first, &first, &now, lost).is_some(),
                expected,
                "{now:?}"
            );
        }
        // Taken again up to where it was is not worse than it was.
        assert_eq!(
            worse(&first, &look(8, Some(2)), &look(10, Some(0)), None),
            None
        );
    }

    #[test]
    fn the_goal_is_reached_only_when_the_database_says_so() {
        assert!(reached(Goal::Free(2), &look(9, Some(2))));
        assert!(!reached(Goal::Free(2), &look(0, None)));
        assert!(!reached(Goal::Free(2), &look(0, Some(1))));
        assert!(reached(Goal::Answers, &look(9, Some(0))));
        assert!(!reached(Goal::All, &look(0, Some(99))));
    }
}
