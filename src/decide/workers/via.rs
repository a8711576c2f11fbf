//! Recycling through the platform: a command of the configuration instead of a signal.
//!
//! Pure. What the command answered is a receipt; whether it freed anything is counted.

use std::time::Duration;

use super::outcome::Look;
use crate::decide::confirmation::{Approval, NotConfirmed, agree};
use crate::decide::outcome::Ending;
use crate::decide::plan::{MANY, Question};

/// What is known to go wrong with some commands: a word that tells them, and the danger.
const DANGERS: [(&str, &str); 6] = [
    (
        "rollout",
        "a rolling restart with the default maxSurge (25 %) starts new pods before the old ones end: more connections, not fewer; set it to 0, or scale down",
    ),
    (
        "kubectl",
        "pods that cannot connect while the database is full fail their probes, and the rollout stands still",
    ),
    (
        "systemctl",
        "all processes of the unit get the stop signal at once, and SIGKILL after TimeoutStopSec",
    ),
    (
        "docker",
        "the first process of a container ignores a signal it has no handler for: SIGKILL after 10 s",
    ),
    (
        "supervisorctl",
        "SIGKILL after stopwaitsecs (10 s); a shell as its command may not pass the signal on",
    ),
    ("pm2", "SIGKILL after 1.6 s by default"),
];

/// What would be run.
#[derive(Debug, Clone, PartialEq)]
pub struct ViaPlan {
    /// Where the target answers.
    pub endpoint: String,
    /// `[recycler.NAME]`
    pub name: String,
    /// For a shell.
    pub command: String,
    /// How long it may take.
    pub timeout: Duration,
    /// How many connections it is expected to free.
    pub frees: Option<usize>,
    /// How long to look for them to go, after the command has ended.
    pub wait: Duration,
    /// What there is now.
    pub before: Look,
    /// What must be typed to confirm it.
    pub question: Question,
}

/// One that somebody agreed to.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfirmedVia {
    plan: ViaPlan,
}

/// What running the command answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ran {
    /// It ended well.
    Succeeded,
    /// It did not: how, and the last it said.
    Failed(String),
    /// It did not end in time and was stopped.
    TimedOut,
    /// Somebody wanted us to stop, and it was stopped.
    Interrupted,
    /// It could not be started: nothing was done.
    NotStarted(String),
}

/// The whole story.
#[derive(Debug, Clone, PartialEq)]
pub struct ViaOutcome {
    /// What the command answered.
    pub ran: Ran,
    /// How long it took.
    pub took: Duration,
    /// The look afterwards; `None` when there was none.
    pub now: Option<Look>,
    /// How many connections of before are gone, as far as it can be counted from here.
    pub freed: Option<usize>,
}

impl ViaPlan {
    /// What may go wrong.
    pub fn dangers(&self) -> Vec<&'static str> {
        let known = DANGERS
            .iter()
            .filter(|(word, _)| self.command.contains(word));
        known.map(|(_, danger)| *danger).collect()
    }

    /// How many connections it is about.
    pub fn about(&self) -> usize {
        self.frees.unwrap_or(self.before.held).max(1)
    }

    /// What must be typed for so many.
    pub fn question_for(frees: Option<usize>) -> Question {
        match frees {
            Some(count) if count > MANY => Question::Number(count, "more than 10 connections"),
            _ => Question::YesNo,
        }
    }

    /// Confirms this plan, or says why not, by the rules of every other plan.
    pub fn confirm(
        self,
        approval: &Approval,
        max_targets: Option<usize>,
    ) -> Result<ConfirmedVia, NotConfirmed> {
        agree(approval, self.about(), self.question, max_targets)?;
        Ok(ConfirmedVia { plan: self })
    }
}

impl ConfirmedVia {
    /// The plan, to be read.
    pub fn plan(&self) -> &ViaPlan {
        &self.plan
    }
}

impl Ran {
    /// Stable word for JSON and the record.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Succeeded => "done",
            Self::Failed(_) => "failed",
            Self::TimedOut => "timed-out",
            Self::Interrupted => "interrupted",
            Self::NotStarted(_) => "not-started",
        }
    }
}

impl ViaOutcome {
    /// Whether as many went as were expected; `None` when it cannot be counted.
    pub fn as_expected(&self, plan: &ViaPlan) -> Option<bool> {
        let by_database = || {
            let now = self.now?.free?;
            Some(now.saturating_sub(plan.before.free?) as usize)
        };
        let freed = self
            .freed
            .filter(|_| plan.before.held > 0)
            .or_else(by_database)?;
        Some(freed >= plan.frees.unwrap_or(1))
    }

    /// How the run ended.
    pub fn ending(&self, plan: &ViaPlan) -> Ending {
        match (&self.ran, self.as_expected(plan)) {
            (Ran::NotStarted(_), _) => Ending::AllRefused,
            (Ran::TimedOut | Ran::Interrupted, _) => Ending::Unknown,
            (Ran::Failed(_), _) | (Ran::Succeeded, Some(false)) => Ending::Partly,
            (Ran::Succeeded, Some(true)) => Ending::Done,
            (Ran::Succeeded, None) => Ending::Unknown,
        }
    }

    /// For a person.
    pub fn sentence(&self, plan: &ViaPlan) -> String {
        match (&self.ran, self.as_expected(plan)) {
            (Ran::Succeeded, Some(true)) => {
                "the command succeeded, and connections went".to_owned()
            }
            (Ran::Succeeded, Some(false)) => {
                "the command succeeded, but fewer connections went than expected".to_owned()
            }
            (Ran::Succeeded, None) => {
                "the command succeeded; from here nothing can be counted that went".to_owned()
            }
            (Ran::Failed(how), _) => format!("the command failed: {how}"),
            (Ran::TimedOut, _) => {
                "the command did not end in time and was stopped; what it had begun may go on"
                    .to_owned()
            }
            (Ran::Interrupted, _) => {
                "the command was stopped; what it had begun may go on".to_owned()
            }
            (Ran::NotStarted(why), _) => format!("the command could not be started: {why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn success_of_a_command_is_not_success() {
        let look = |held, free| Look {
            held,
            free,
            answers: true,
        };
        let plan = |held| ViaPlan {
            endpoint: "db:5432".to_owned(),
            name: "web".to_owned(),
            command: "kubectl rollout restart deploy/web".to_owned(),
            timeout: Duration::from_secs(60),
            frees: Some(4),
            wait: Duration::from_secs(5),
            before: look(held, Some(1)),
            question: Question::YesNo,
        };
        let outcome = |ran, freed, free| ViaOutcome {
            ran,
            took: Duration::from_secs(1),
            now: Some(look(0, free)),
            freed: Some(freed),
        };
        let table = [
            (Ran::Succeeded, 8, 4, None, Ending::Done),
            (Ran::Succeeded, 8, 3, None, Ending::Partly),
            // Nothing of it runs on this host: the database's count decides.
            (Ran::Succeeded, 0, 0, Some(5), Ending::Done),
            (Ran::Succeeded, 0, 0, Some(2), Ending::Partly),
            (Ran::Succeeded, 0, 0, None, Ending::Unknown),
            (Ran::Failed("1".to_owned()), 8, 8, None, Ending::Partly),
            (Ran::TimedOut, 8, 8, None, Ending::Unknown),
            (
                Ran::NotStarted("no sh".to_owned()),
                8,
                0,
                None,
                Ending::AllRefused,
            ),
        ];
        for (ran, held, freed, free, ending) in table {
            let done = outcome(ran, freed, free);
            assert_eq!(done.ending(&plan(held)), ending, "{done:?}");
        }
        assert_eq!(plan(8).dangers().len(), 2);
    }
}
