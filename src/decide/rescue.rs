//! A rescue from its first look to its end: what was done, what it came to, and how it is judged.
//!
//! Pure values. Sentences in them may quote the server: untrusted until they went through `report::sanitize`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::admission::{Admission, Verdict};
use super::diagnosis::Diagnosis;
use super::holder::Holder;
use super::outcome::Outcome;
use super::plan::Plan;
use super::proposal::{Place, Proposal};
use super::survey::{Survey, WayIn};
use super::verified::Verified;

/// The same step so often, and nobody gets in: it does not help.
const OFTEN: usize = 3;

/// What one step came to.
#[derive(Debug, Clone, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Came {
    /// All of it is done and verified.
    Done,
    /// Some is.
    Partly,
    /// Nobody was there to act on, or it was so already.
    Nothing,
    /// It could not be begun: why.
    Refused(String),
    /// The operator said no: in these words.
    NotConfirmed(String),
    /// Contact was lost.
    Unknown,
}

words!(Came);

/// The holders of one step, counted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counted {
    /// Whoever may have been hit: they count against `--limit`.
    pub hit: usize,
    /// Seen to be gone.
    pub gone: usize,
    /// Who matched and was left alone: reasons, each with how many.
    pub spared: Vec<(String, usize)>,
    /// Slots that were taken again while it was looked.
    pub retaken: usize,
}

impl Counted {
    /// Counts a plan that was carried out, or was not.
    pub fn of<H: Holder>(
        plan: &Plan<H>,
        verified: Option<&Verified<H>>,
        reason: impl Fn(&H::Spared) -> String,
    ) -> Self {
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        for spared in plan.spared.iter().filter(|spared| H::protects(spared)) {
            *reasons.entry(reason(spared)).or_default() += 1;
        }
        let mut spared: Vec<(String, usize)> = reasons.into_iter().collect();
        spared.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let targets = verified.map_or(&[][..], |verified| &verified.targets);
        let hit = targets.iter().filter(|target| {
            matches!(
                target.outcome,
                Outcome::Gone | Outcome::StillThere | Outcome::Unknown
            )
        });
        Self {
            hit: hit.count(),
            gone: verified.map_or(0, |verified| verified.count("gone")),
            spared,
            retaken: 0,
        }
    }
}

/// A step that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// [`Step::name`](super::proposal::Step::name).
    pub step: &'static str,
    /// Over which way in.
    pub way: WayIn,
    /// What it was, in one sentence.
    pub what: String,
    /// The commands that do the same, complete.
    pub commands: Vec<String>,
    /// What it came to.
    pub came: Came,
    /// Who was hit.
    pub counted: Counted,
    /// It put up a fence: its ID.
    pub fence: Option<String>,
    /// From the start of the run to the end of the step.
    pub at: Duration,
}

impl Done {
    /// Whether anything was changed, or may have been.
    pub fn changed(&self) -> bool {
        self.counted.hit > 0 || self.fence.is_some() || self.came == Came::Unknown
    }
}

/// Why a walk ended.
#[derive(Debug, Clone, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Finish {
    /// Ordinary roles had room from the beginning.
    NothingWrong,
    /// An ordinary role gets in again.
    Recovered,
    /// `--dry-run`.
    DryRun,
    /// Nobody is there to ask; the commands were printed.
    Printed,
    /// The operator said no.
    Declined(String),
    /// `--limit` is used up.
    LimitReached(usize),
    /// Ctrl-C, SIGTERM or a closed terminal.
    Interrupted,
    /// The server admits nobody for a moment.
    Wait,
    /// It is no matter of slots.
    NotSlots,
    /// Nothing that may be done is left here; there is more on these hosts.
    Elsewhere(Vec<Place>),
    /// Whoever may be ended runs a statement.
    Statements,
    /// Only a restart is left.
    Restart,
    /// The slots say there is room, and an ordinary role is refused all the same.
    StillRefused,
    /// Contact was lost in the middle of a step.
    Lost,
}

words!(Finish);

/// What a run changed, for the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Result {
    /// Ordinary roles get in, or it was only asked.
    Reached,
    /// Something was changed, and they do not.
    Partly,
    /// Nothing was changed: no, or not allowed.
    Refused,
    /// Nothing was changed: there is nothing that could be done from here.
    NoWay,
    /// Nobody knows.
    Unknown,
}

/// The whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Story {
    /// What was tried, in order.
    pub done: Vec<Done>,
    /// Why it ended.
    pub finish: Finish,
    /// The last survey.
    pub survey: Survey,
    /// What it meant.
    pub diagnosis: Diagnosis,
    /// What would be next, and what was passed over.
    pub proposal: Proposal,
    /// The commands of that, complete.
    pub commands: Vec<String>,
    /// Whether an ordinary role gets in; `None` when it was not tried.
    pub admission: Option<Admission>,
    /// From the start until an ordinary role got in.
    pub recovered_after: Option<Duration>,
    /// From the start to the end.
    pub took: Duration,
    /// Where the evidence was saved.
    pub evidence: Option<PathBuf>,
}

impl Story {
    /// Who held a slot at the last look and was not hit since: how many, and of how many. `None` where nobody was hit,
    /// or where sessions are not seen.
    pub fn untouched(&self) -> Option<(usize, usize)> {
        let hit = self.done.last()?.counted.hit;
        let here = || self.survey.backends.as_ref().map(|here| &here.snapshot);
        let view = self.survey.snapshot.as_ref().or_else(here)?;
        let all = view.holders().filter(|one| !view.ours(one)).count();
        (hit > 0).then(|| (all.saturating_sub(hit), all))
    }

    /// What it came to.
    pub fn result(&self) -> Result {
        let changed = self.done.iter().any(Done::changed);
        match &self.finish {
            Finish::NothingWrong | Finish::Recovered | Finish::DryRun => Result::Reached,
            Finish::Lost => Result::Unknown,
            _ if changed => Result::Partly,
            Finish::Printed
            | Finish::Declined(_)
            | Finish::LimitReached(_)
            | Finish::Interrupted => Result::Refused,
            Finish::Wait
            | Finish::NotSlots
            | Finish::Elsewhere(_)
            | Finish::Statements
            | Finish::Restart
            | Finish::StillRefused => Result::NoWay,
        }
    }
}

/// Steps that gained nothing in this run. One that was refused, or hit nobody, will not do better; nor one that was
/// done time and again.
pub fn in_vain(done: &[Done]) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = Vec::new();
    for one in done {
        let often = done.iter().filter(|other| other.step == one.step).count() >= OFTEN;
        if (!one.changed() || one.counted.gone == 0 || often) && !names.contains(&one.step) {
            names.push(one.step);
        }
    }
    names
}

/// Slots that were taken again in this run.
pub fn retaken(done: &[Done]) -> usize {
    done.iter().map(|one| one.counted.retaken).sum()
}

/// Whether an ordinary role gets in.
pub fn admitted(admission: &Admission) -> bool {
    admission.verdict == Verdict::Admitted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(step: &'static str, hit: usize, gone: usize) -> Done {
        Done {
            step,
            way: WayIn::Login,
            what: String::new(),
            commands: Vec::new(),
            came: Came::Done,
            counted: Counted {
                hit,
                gone,
                ..Counted::default()
            },
            fence: None,
            at: Duration::ZERO,
        }
    }

    #[test]
    fn a_step_is_in_vain_when_it_hit_nobody_ended_nobody_or_was_done_time_and_again() {
        let cases = [
            (vec![done("free", 3, 3)], vec![]),
            (vec![done("free", 0, 0)], vec!["free"]),
            (vec![done("free", 2, 0)], vec!["free"]),
            (
                vec![done("sever", 5, 5), done("free", 1, 1), done("sever", 5, 5)],
                vec![],
            ),
            (
                vec![
                    done("sever", 5, 5),
                    done("sever", 5, 5),
                    done("sever", 5, 5),
                ],
                vec!["sever"],
            ),
        ];
        for (number, (steps, expected)) in cases.into_iter().enumerate() {
            assert_eq!(in_vain(&steps), expected, "case {number}");
        }
    }

    #[test]
    fn what_a_walk_came_to_is_told_by_its_end_and_by_what_was_changed() {
        let story = |finish: Finish, done: Vec<Done>| Story {
            done,
            finish,
            survey: Survey::default(),
            diagnosis: crate::decide::diagnosis::diagnose(&Survey::default(), 0),
            proposal: Proposal {
                next: crate::decide::proposal::Next::Nothing,
                passed_over: Vec::new(),
            },
            commands: Vec::new(),
            admission: None,
            recovered_after: None,
            took: Duration::ZERO,
            evidence: None,
        };
        let ended = || vec![done("free", 1, 1)];
        let cases = [
            (Finish::NothingWrong, vec![], Result::Reached),
            (Finish::Recovered, ended(), Result::Reached),
            (Finish::DryRun, vec![], Result::Reached),
            (Finish::Printed, vec![], Result::Refused),
            (Finish::Declined(String::new()), vec![], Result::Refused),
            (Finish::Declined(String::new()), ended(), Result::Partly),
            (Finish::LimitReached(1), ended(), Result::Partly),
            (Finish::Interrupted, vec![], Result::Refused),
            (Finish::Interrupted, ended(), Result::Partly),
            (Finish::Statements, vec![], Result::NoWay),
            (Finish::Statements, ended(), Result::Partly),
            (Finish::Restart, vec![], Result::NoWay),
            (Finish::Restart, ended(), Result::Partly),
            (Finish::NotSlots, vec![], Result::NoWay),
            (Finish::Lost, ended(), Result::Unknown),
        ];
        for (finish, done, expected) in cases {
            let name = finish.name();
            assert_eq!(story(finish, done).result(), expected, "{name}");
        }
    }
}
