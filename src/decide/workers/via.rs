//! Recycling through the platform: a command of the configuration instead of a signal.
//!
//! Pure. What the command answered is a receipt; whether it freed anything is counted.

use std::time::Duration;

use super::outcome::Look;
use crate::decide::confirmation::ConfirmedPlan;
use crate::decide::holder::Holder;
use crate::decide::holder::TargetOutcome;
use crate::decide::outcome::{Outcome, Receipt};
use crate::decide::plan::{MANY, Plan, Question};
use crate::decide::prediction::Prediction;

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

/// `[recycler.NAME]`: what would be run, the one target of its plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recycler {
    /// Its name.
    pub name: String,
    /// For a shell.
    pub command: String,
    /// How long it may take.
    pub timeout: Duration,
    /// How many connections it is expected to free.
    pub frees: Option<usize>,
}

/// What there is before it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Before {
    /// On this host, and at the database if it answers.
    pub look: Look,
}

/// A plan to run it.
pub type ViaPlan = Plan<Recycler>;
/// One that somebody agreed to.
pub type ConfirmedVia = ConfirmedPlan<Recycler>;

/// What running the command answered.
#[derive(Debug, Clone, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Ran {
    /// It ended well.
    #[strum(serialize = "done")]
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

words!(Ran);

/// What a look after running it saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    /// What the command answered.
    pub ran: Ran,
    /// How long it took.
    pub took: Duration,
    /// How many connections of before are gone, as far as it can be counted from here.
    pub freed: Option<usize>,
    /// How many more ordinary slots are free, where the database answers and nothing can be counted here.
    pub more_free: Option<usize>,
}

/// Its end.
pub type ViaOutcome = TargetOutcome<Recycler>;

impl Recycler {
    /// What may go wrong.
    pub fn dangers(&self) -> Vec<&'static str> {
        let known = DANGERS
            .iter()
            .filter(|(word, _)| self.command.contains(word));
        known.map(|(_, danger)| *danger).collect()
    }

    /// What must be typed for it.
    pub fn question(&self) -> Question {
        match self.frees {
            Some(count) if count > MANY => Question::Number(count, "more than 10 connections"),
            _ => Question::YesNo,
        }
    }

    /// Whether as many went as were expected; `None` when it cannot be counted.
    pub fn as_expected(&self, before: &Before, sight: &Sight) -> Option<bool> {
        let here = sight.freed.filter(|_| before.look.held > 0);
        let freed = here.or(sight.more_free)?;
        Some(freed >= self.frees.unwrap_or(1))
    }
}

impl Holder for Recycler {
    type Id = String;
    type Facts = Before;
    type Spared = ();
    type Sight = Sight;
    /// The last look; `None` when there was none.
    type Aftermath = Option<Look>;

    fn id(&self) -> String {
        self.name.clone()
    }

    fn predict(_: &Before, targets: &[Self]) -> Prediction {
        Prediction {
            frees: targets.iter().filter_map(|one| one.frees).sum(),
            ..Prediction::default()
        }
    }

    fn protects((): &()) -> bool {
        false
    }

    /// As many as the connections it is about.
    fn weight(&self, before: &Before) -> usize {
        self.frees.unwrap_or(before.look.held).max(1)
    }

    fn over(&self, before: &Before, sight: &Sight) -> bool {
        let countable = before.look.held > 0 && sight.freed.is_some();
        !countable || self.as_expected(before, sight) == Some(true)
    }

    fn judge(&self, before: &Before, receipt: &Receipt, sight: Option<&Sight>) -> Outcome {
        if let Receipt::Refused { message, .. } = receipt {
            return Outcome::Refused(message.clone());
        }
        let Some(sight) = sight else {
            return Outcome::Unknown;
        };
        match (&sight.ran, self.as_expected(before, sight)) {
            (Ran::NotStarted(why), _) => Outcome::Refused(why.clone()),
            (Ran::TimedOut | Ran::Interrupted, _) => Outcome::Unknown,
            (Ran::Failed(_), _) | (Ran::Succeeded, Some(false)) => Outcome::StillThere,
            (Ran::Succeeded, Some(true)) => Outcome::Gone,
            (Ran::Succeeded, None) => Outcome::Unknown,
        }
    }

    fn word(target: &ViaOutcome) -> &'static str {
        let ran = target.sight.as_ref().map(|sight| sight.ran.name());
        ran.unwrap_or(target.outcome.name())
    }

    fn sentence(target: &ViaOutcome) -> String {
        let Some(sight) = &target.sight else {
            return target.outcome.sentence();
        };
        match (&sight.ran, &target.outcome) {
            (Ran::Succeeded, Outcome::Gone) => {
                "the command succeeded, and connections went".to_owned()
            }
            (Ran::Succeeded, Outcome::StillThere) => {
                "the command succeeded, but fewer connections went than expected".to_owned()
            }
            (Ran::Succeeded, _) => {
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
        let recycler = Recycler {
            name: "web".to_owned(),
            command: "kubectl rollout restart deploy/web".to_owned(),
            timeout: Duration::from_secs(60),
            frees: Some(4),
        };
        let before = |held| Before {
            look: Look {
                held,
                free: Some(1),
                answers: true,
            },
        };
        let failed = Ran::Failed("1".to_owned());
        let table = [
            (Ran::Succeeded, 8, Some(4), None, "gone"),
            (Ran::Succeeded, 8, Some(3), None, "still-there"),
            // Nothing of it runs on this host: the database's count decides.
            (Ran::Succeeded, 0, Some(0), Some(4), "gone"),
            (Ran::Succeeded, 0, Some(0), Some(1), "still-there"),
            (Ran::Succeeded, 0, Some(0), None, "unknown"),
            (failed, 8, Some(8), None, "still-there"),
            (Ran::TimedOut, 8, Some(8), None, "unknown"),
        ];
        for (ran, held, freed, more_free, outcome) in table {
            let sight = Sight {
                ran,
                took: Duration::from_secs(1),
                freed,
                more_free,
            };
            let judged = recycler.judge(&before(held), &Receipt::Sent, Some(&sight));
            assert_eq!(judged.name(), outcome, "{sight:?} of {held}");
        }
        let refused = Receipt::Refused {
            sqlstate: "not-started".to_owned(),
            message: "no sh".to_owned(),
        };
        let judged = recycler.judge(&before(8), &refused, None);
        assert_eq!(judged, Outcome::Refused("no sh".to_owned()));
        let blind = recycler.judge(&before(8), &Receipt::Sent, None);
        assert_eq!(blind, Outcome::Unknown);
        assert_eq!(recycler.dangers().len(), 2);
    }

    #[test]
    fn it_counts_as_many_against_a_cap_as_the_connections_it_is_about() {
        let recycler = |frees| Recycler {
            name: "web".to_owned(),
            command: "true".to_owned(),
            timeout: Duration::ZERO,
            frees,
        };
        let look = Look {
            held: 7,
            free: None,
            answers: false,
        };
        let before = Before { look };
        let weights = [Some(12), None, Some(0)].map(|frees| recycler(frees).weight(&before));
        assert_eq!(weights, [12, 7, 1]);
    }
}
