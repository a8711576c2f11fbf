//! The walk: look, judge, propose, ask, act, try whether an ordinary role gets in; and again.
//!
//! Puts the effects together. What is going on, what to do and when a step was in vain is decided in `decide`.
//! Never: acts before the evidence is saved and the record is open; goes on after a signal, a no, or lost contact.

use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::RescueArgs;
use super::fencing::held;
use super::step::{Terms, Tried, carry_out};
use super::undecided::settled;
use crate::args::ApprovalArgs;
use crate::connect::{Secret, Target};
use crate::decide::admission::Admission;
use crate::decide::advice::Step as Advised;
use crate::decide::capacity::Capacity;
use crate::decide::diagnosis::{Diagnosis, diagnose};
use crate::decide::proposal::{Given, Next, Proposal, Proposed, propose, storming};
use crate::decide::rescue::{Came, Done, Finish, Story, admitted, in_vain, retaken};
use crate::decide::survey::Survey;
use crate::error::Failure;
use crate::lanes::Counted;
use crate::record::Record;
use crate::report::proposal::headline;
use crate::report::rescue::{self as report, Seen};
use crate::report::{Extent, sanitize};
use crate::stages::acting::{open_record, say_lines};
use crate::stages::context::{Way, policy};
use crate::stages::fencing::may_fence;
use crate::stages::signals::Interruption;
use crate::stages::survey::Surveyed;
use crate::stages::{Context, admission};

/// How long after a step an ordinary role may take to get in: a queue drains, processes end.
const SETTLE: Duration = Duration::from_secs(3);
/// Between two logins that try it.
const PAUSE: Duration = Duration::from_millis(200);
/// A login that got in must get in again after so long: freed slots are taken again within a moment.
const STAY: Duration = Duration::from_secs(1);
/// So many looks in a row that find room while an ordinary role is refused are enough.
const PATIENCE: usize = 3;

/// How steps are agreed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// `--dry-run`: not at all.
    DryRun,
    /// Nobody is there to ask; the commands are printed.
    Printed,
    /// Each is asked for.
    Asked,
    /// `--yes`.
    Unasked,
}

/// A walk that has begun.
pub(super) struct Walk<'a> {
    args: &'a RescueArgs,
    manner: Manner,
    context: &'a Context,
    approval: ApprovalArgs,
    target: Target,
    probe: Target,
    console: Option<Target>,
    record: Record,
    evidence: Option<PathBuf>,
    done: Vec<Done>,
    /// Looks in a row that found room while an ordinary role was refused.
    contradictions: usize,
    recovered_after: Option<Duration>,
    began: Instant,
}

/// One look, and what follows from it.
struct Round {
    survey: Survey,
    diagnosis: Diagnosis,
    proposal: Proposal,
    commands: Vec<String>,
    way: Option<Way>,
    refusals: Vec<Counted>,
}

impl<'a> Walk<'a> {
    /// Everything that can be refused before anything is connected.
    pub(super) fn begin(
        args: &'a RescueArgs,
        manner: Manner,
        context: &'a Context,
    ) -> Result<Self, Failure> {
        let target = context.target()?;
        for warning in &target.warnings {
            let warning = sanitize::one_line(warning);
            context
                .terminal
                .say(&format!("breakglass: warning: {warning}\n"));
        }
        let probe = admission::target_of(context, args.probe_user.as_deref())?;
        let console = args.pooler.target(context)?;
        let approval = args.approval();
        let acts = matches!(manner, Manner::Asked | Manner::Unasked);
        if acts {
            super::evidence::vacant(args)?;
        }
        let record = open_record(
            &ApprovalArgs {
                dry_run: !acts,
                ..approval.clone()
            },
            context,
        )?;
        Ok(Self {
            args,
            manner,
            context,
            approval,
            target,
            probe,
            console,
            record,
            evidence: None,
            done: Vec::new(),
            contradictions: 0,
            recovered_after: None,
            began: Instant::now(),
        })
    }

    /// Prints what had no file to go to.
    pub(super) fn say_lines(&mut self) {
        say_lines(&mut self.record, self.context);
    }

    /// Walks to the end.
    pub(super) fn go(&mut self) -> Result<Story, Failure> {
        loop {
            let mut round = self.look()?;
            match round.proposal.next.clone() {
                Next::Nothing => {
                    if let Some(story) = self.room(&mut round) {
                        return Ok(story);
                    }
                }
                Next::Wait => return Ok(self.end(round, Finish::Wait, None)),
                Next::NotSlots => return Ok(self.end(round, Finish::NotSlots, None)),
                Next::Elsewhere(places) => {
                    self.save_if_possible(&mut round);
                    return Ok(self.end(round, Finish::Elsewhere(places), None));
                }
                Next::Statements(_) => {
                    self.save_if_possible(&mut round);
                    return Ok(self.end(round, Finish::Statements, None));
                }
                Next::Restart => {
                    self.save_if_possible(&mut round);
                    return Ok(self.end(round, Finish::Restart, None));
                }
                Next::Step(proposed) => {
                    if let Some(story) = self.step(&mut round, &proposed)? {
                        return Ok(story);
                    }
                }
            }
        }
    }

    /// Looks through every lane, and judges.
    fn look(&mut self) -> Result<Round, Failure> {
        let context = self.context;
        let mut surveyed = settled(context, &self.target, self.console.as_ref())?;
        if surveyed.password_needed && surveyed.way.is_none() && self.ask_password() {
            surveyed = settled(context, &self.target, self.console.as_ref())?;
        }
        let Surveyed {
            survey,
            mut way,
            refusals,
            ..
        } = surveyed;
        if self.done.is_empty() {
            crate::stages::standing::remind(context, way.as_mut());
        }
        let diagnosis = diagnose(&survey, retaken(&self.done));
        let (mut fenced, mut fences) = (Vec::new(), false);
        if let (true, Some(way), Some(view)) = (diagnosis.storms(), &mut way, &survey.snapshot) {
            fenced = held(context, way, view);
            fences = storming(view).is_some_and(|role| may_fence(context, way, view, &role.name));
        }
        let given = Given {
            policy: policy(&self.target.protected, &[]),
            in_vain: &in_vain(&self.done),
            may_fence: fences,
            fenced: &fenced,
        };
        let proposal = propose(&survey, &diagnosis, &given);
        let commands = match &proposal.next {
            Next::Step(proposed) => self.lines(proposed.step.commands()),
            Next::Statements(statements) => self.lines(vec![statements.command.clone()]),
            _ => Vec::new(),
        };
        if matches!(self.manner, Manner::Asked | Manner::Unasked) {
            let seen = Seen {
                survey: &survey,
                diagnosis: &diagnosis,
                proposal: &proposal,
                commands: &commands,
            };
            let screen = context.talk_screen(Extent::Brief);
            context.terminal.say(&report::seen(&seen, screen));
        }
        Ok(Round {
            survey,
            diagnosis,
            proposal,
            commands,
            way,
            refusals,
        })
    }

    /// The commands that do the same, as they can be pasted.
    fn lines(&self, commands: Vec<Vec<String>>) -> Vec<String> {
        commands
            .into_iter()
            .map(|words| {
                self.context.line(&Advised {
                    words,
                    why: String::new(),
                })
            })
            .collect()
    }

    /// Asks once for a password that nothing holds.
    fn ask_password(&mut self) -> bool {
        if self.target.password.is_some() || !self.done.is_empty() {
            return false;
        }
        let user = sanitize::one_line(&self.target.user);
        let question = format!("Password for role {user}");
        let Some(password) = self.context.terminal.ask_password(&question) else {
            return false;
        };
        if self.probe.user == self.target.user {
            self.probe.password = Some(Secret::new(password.clone()));
        }
        self.target.password = Some(Secret::new(password));
        true
    }

    /// The slots say that there is room. `None`: look again.
    fn room(&mut self, round: &mut Round) -> Option<Story> {
        let capacity = round.survey.snapshot.as_ref().map(|view| view.capacity());
        let first = self.done.is_empty();
        let admission = self.measure(capacity.as_ref());
        if admitted(&admission) && (first || self.stays(capacity.as_ref())) {
            self.note_recovery();
            let finish = match first {
                true => Finish::NothingWrong,
                false => Finish::Recovered,
            };
            return Some(self.close(round, finish, Some(admission)));
        }
        self.contradictions += 1;
        if Interruption::noted() {
            return Some(self.close(round, Finish::Interrupted, Some(admission)));
        }
        if self.contradictions >= PATIENCE {
            return Some(self.close(round, Finish::StillRefused, Some(admission)));
        }
        sleep(PAUSE);
        None
    }

    /// One step. `None`: it was done, and nobody gets in yet.
    fn step(&mut self, round: &mut Round, proposed: &Proposed) -> Result<Option<Story>, Failure> {
        match self.manner {
            Manner::DryRun => return Ok(Some(self.close(round, Finish::DryRun, None))),
            Manner::Printed => return Ok(Some(self.close(round, Finish::Printed, None))),
            Manner::Asked | Manner::Unasked => {}
        }
        let hit: usize = self.done.iter().map(|done| done.counted.hit).sum();
        let left = self.args.limit.map(|limit| limit.saturating_sub(hit));
        if let (Some(limit), Some(0)) = (self.args.limit, left) {
            return Ok(Some(self.close(round, Finish::LimitReached(limit), None)));
        }
        self.save(round)?;
        let terms = Terms {
            yes: self.manner == Manner::Unasked,
            left,
            approval: &self.approval,
            wait: self.args.wait,
        };
        let step = &proposed.step;
        let way = round.way.as_mut();
        let tried = carry_out(step, way, &mut self.record, &terms, self.context);
        let Tried {
            came,
            counted,
            fence,
        } = tried;
        self.done.push(Done {
            step: step.name(),
            way: proposed.way,
            what: headline(&round.proposal, round.survey.snapshot.as_ref()),
            commands: round.commands.clone(),
            came: came.clone(),
            counted,
            fence,
            at: self.began.elapsed(),
        });
        match came {
            Came::Unknown => return Ok(Some(self.close(round, Finish::Lost, None))),
            Came::NotConfirmed(_) if Interruption::noted() => {
                return Ok(Some(self.close(round, Finish::Interrupted, None)));
            }
            Came::NotConfirmed(why) => {
                return Ok(Some(self.close(round, Finish::Declined(why), None)));
            }
            Came::Refused(why) => {
                let why = sanitize::one_line(&why);
                self.context.terminal.say(&format!("breakglass: {why}\n"));
            }
            Came::Done | Came::Partly | Came::Nothing => {}
        }
        let admission = self.settled(round);
        if Interruption::noted() {
            return Ok(Some(self.close(
                round,
                Finish::Interrupted,
                Some(admission),
            )));
        }
        if admitted(&admission) {
            if self.stays(None) {
                return Ok(Some(self.close(round, Finish::Recovered, Some(admission))));
            }
            // Whoever got in a moment ago and does not now lost the slot to somebody who came meanwhile.
            if let Some(last) = self.done.last_mut() {
                last.counted.retaken += 1;
            }
            self.recovered_after = None;
        }
        if let Some(last) = self.done.last() {
            let screen = self.context.talk_screen(Extent::Brief);
            let told = report::step(self.done.len(), last, &admission, screen);
            self.context.terminal.say(&told);
        }
        Ok(None)
    }

    /// Saves the evidence, once in a run.
    fn save(&mut self, round: &mut Round) -> Result<(), Failure> {
        if self.evidence.is_some() || !self.done.is_empty() || self.args.no_evidence {
            return Ok(());
        }
        let refusals = &round.refusals;
        let saved = super::evidence::save(
            self.args,
            self.context,
            round.way.as_mut(),
            refusals,
            self.console.as_ref(),
        )?;
        let shown = saved.display().to_string();
        let shown = sanitize::one_line(&shown);
        self.context
            .terminal
            .say(&format!("breakglass: evidence saved: {shown}\n"));
        self.evidence = Some(saved);
        Ok(())
    }

    /// Where nothing is left to do here, whatever is done next ends what could be seen. It is no reason to fail.
    fn save_if_possible(&mut self, round: &mut Round) {
        if !matches!(self.manner, Manner::Asked | Manner::Unasked) {
            return;
        }
        if let Err(failure) = self.save(round) {
            let why = format!("{:#}", failure.error);
            let why = sanitize::one_line(&why);
            self.context
                .terminal
                .say(&format!("breakglass: no evidence was saved: {why}\n"));
        }
    }

    /// Tries until an ordinary role gets in, for a while.
    fn settled(&mut self, round: &mut Round) -> Admission {
        use crate::observe::{QueryText, Source};
        let began = Instant::now();
        loop {
            // What the lane says of the slots counts where a login proves nothing; of a moment ago it is no news.
            let seen = round
                .way
                .as_mut()
                .and_then(|way| way.database.look(QueryText::First(0)).ok())
                .map(|now| now.capacity());
            let admission = self.measure(seen.as_ref());
            if admitted(&admission) {
                self.note_recovery();
                return admission;
            }
            if began.elapsed() >= SETTLE || Interruption::noted() {
                return admission;
            }
            sleep(PAUSE);
        }
    }

    fn measure(&self, seen: Option<&Capacity>) -> Admission {
        self.context
            .terminal
            .progress("trying whether an ordinary role gets in");
        let admission = admission::measure(&self.probe, seen);
        self.context.terminal.progress("");
        admission
    }

    /// Whether an ordinary role still gets in a moment later.
    fn stays(&self, seen: Option<&Capacity>) -> bool {
        sleep(STAY);
        let again = self.measure(seen);
        // A login that proves nothing proves nothing against it either.
        again.verdict != crate::decide::admission::Verdict::Refused
    }

    fn note_recovery(&mut self) {
        if !self.done.is_empty() && self.recovered_after.is_none() {
            self.recovered_after = Some(self.began.elapsed());
        }
    }

    fn end(&self, round: Round, finish: Finish, admission: Option<Admission>) -> Story {
        Story {
            done: self.done.clone(),
            finish,
            survey: round.survey,
            diagnosis: round.diagnosis,
            proposal: round.proposal,
            commands: round.commands,
            admission,
            recovered_after: self.recovered_after,
            took: self.began.elapsed(),
            evidence: self.evidence.clone(),
        }
    }

    fn close(&self, round: &mut Round, finish: Finish, admission: Option<Admission>) -> Story {
        let round = Round {
            survey: round.survey.clone(),
            diagnosis: round.diagnosis.clone(),
            proposal: round.proposal.clone(),
            commands: round.commands.clone(),
            way: None,
            refusals: Vec::new(),
        };
        self.end(round, finish, admission)
    }
}
