//! The rounds of `free`: look, plan once, confirm once; then batch after batch through the stages of the pipeline, and
//! a watch over what was freed.
//!
//! Puts the effects together; what to do after each look is decided by [`Course`].
//! Never: ends a session that is not in the confirmed plan, or one that may not be ended by now.

use std::time::{Duration, Instant};

use crate::act::Actor;
use crate::decide::confirmation::ConfirmedPlan;
use crate::decide::fence::retaking::retakers;
use crate::decide::free::course::{Course, Finish, Step};
use crate::decide::free::reach::{Missed, reaches};
use crate::decide::free::story::{Batch, Ended, Planned, Story};
use crate::decide::free::{Ceiling, Goal, Prospect, Rules, candidates, choose, settled};
use crate::decide::outcome::{Outcome, Stopped};
use crate::decide::selection::Selection;
use crate::decide::session::Session;
use crate::decide::sessions::outcome::Slots;
use crate::decide::sessions::outcome::retaken;
use crate::decide::sessions::plan::plan;
use crate::decide::snapshot::Snapshot;
use crate::decide::verified::Verified;
use crate::error::Failure;
use crate::exit_code::ExitCode;
use crate::observe::{QueryText, Source};
use crate::record::Record;
use crate::stages::pipeline::{Aside, Receipts, Request, Sessions, Terms, agree, fulfil, lost};

/// Between two looks at what was freed.
const PAUSE: Duration = Duration::from_millis(200);

/// What was asked for.
pub struct Wish {
    /// How much room.
    pub goal: Goal,
    /// For how long it must stay.
    pub stay: Duration,
    /// From whom.
    pub rules: Rules,
    /// From how many of them.
    pub ceiling: Ceiling,
    /// Everything that a batch needs: lane and patience.
    pub request: Request,
    /// On which terms.
    pub terms: Terms,
}

/// The person on the other side: the plan and the question are ours, the rest is every acting command's.
pub struct Talk<'a, 't> {
    /// Shows the plan.
    pub show: &'t mut dyn FnMut(&Planned),
    /// Asks for approval; `None` when nobody can answer or nobody did.
    pub ask: &'t mut dyn FnMut(&Planned) -> Option<String>,
    /// What is said and heard meanwhile.
    pub aside: Aside<'a>,
}

/// What follows a plan.
pub enum Begun<'a> {
    /// Nothing.
    Ended(Box<Ended>),
    /// It is confirmed: [`Rounds::go`].
    Confirmed(Box<Rounds<'a>>),
}

/// Looks, plans, shows and asks.
pub fn begin<'a, D: Source + Actor>(
    database: &mut D,
    wish: &'a Wish,
    talk: &mut Talk<'_, '_>,
) -> Result<(Planned, Begun<'a>), Failure> {
    let text = wish.request.text();
    let look = |database: &mut D| {
        database
            .look(text)
            .map_err(|error| lost("cannot read the list of sessions", error))
    };
    let mut now = look(database)?;
    let slots = wish
        .goal
        .slots(&settled(&now))
        .map_err(|why| Failure::say(ExitCode::Usage, why))?;
    let began = Instant::now();
    let mut course = Course::to(slots, wish.stay);
    while let Step::Hold(left) = course.judge(&settled(&now), began.elapsed()) {
        if wish.terms.dry_run {
            break;
        }
        say_held(&now, slots, left, &mut talk.aside);
        std::thread::sleep(left.min(PAUSE));
        now = look(database)?;
    }
    let planned = planned(&now, slots, wish);
    if planned.prospect.needed == 0 {
        return Ok((planned, Begun::Ended(Box::new(Ended::Enough))));
    }
    if planned.plan.targets.is_empty() {
        return Ok((planned, Begun::Ended(Box::new(Ended::Nobody))));
    }
    // A dry run's plan is the answer; before an act it is part of the conversation.
    if wish.terms.dry_run {
        return Ok((planned, Begun::Ended(Box::new(Ended::DryRun))));
    }
    let show = || (talk.show)(&planned);
    let agreed = agree(&planned.plan, &wish.terms, show, || (talk.ask)(&planned));
    let confirmed = match agreed {
        Ok((confirmed, _)) => confirmed,
        Err(why) => return Ok((planned, Begun::Ended(Box::new(Ended::NotConfirmed(why))))),
    };
    let rounds = Rounds {
        wish,
        confirmed,
        // Sessions go on living while a person reads.
        before: look(database)?,
        course: match wish.request.fences {
            true => Course::to(slots, wish.stay).to_first_loss(),
            false => Course::to(slots, wish.stay),
        },
        slots,
        began: Instant::now(),
        verified: Verified {
            targets: Vec::new(),
            stopped: Stopped::Finished,
            aftermath: Slots::default(),
        },
        batches: Vec::new(),
    };
    Ok((planned, Begun::Confirmed(Box::new(rounds))))
}

fn say_held(now: &Snapshot, slots: u32, left: Duration, aside: &mut Aside<'_>) {
    (aside.progress)(&format!(
        "{} ordinary slots are free, {slots} are wanted; watching for {:.0} s whether they stay",
        settled(now).ordinary.free,
        left.as_secs_f64().ceil()
    ));
}

/// Everybody who may be ended for the goal, in order, and what that would achieve.
fn planned(now: &Snapshot, slots: u32, wish: &Wish) -> Planned {
    let Wish { rules, request, .. } = wish;
    let needed = settled(now).missing(slots);
    let (selection, shares) = if needed == 0 {
        (Selection::default(), Vec::new())
    } else {
        choose(
            candidates(now, rules),
            &rules.order,
            needed,
            wish.ceiling,
            wish.terms.max_targets,
        )
    };
    let mut plan = plan(request.action, request.way.clone(), now, selection);
    plan.facts.fences = request.fences;
    plan.caps = wish.terms.caps();
    let prospect = Prospect {
        goal: wish.goal,
        slots,
        stay: wish.stay,
        needed,
        order: rules.order.clone(),
        shares,
    };
    let mut planned = Planned {
        plan,
        prospect,
        reaches: Vec::new(),
    };
    if planned.falls_short() {
        planned.reaches = reaches(&Missed {
            now,
            rules,
            spared: &planned.plan.spared,
            came: &[],
            refused: &[],
        });
    }
    planned
}

/// What goes on between the confirmation and the end.
pub struct Rounds<'a> {
    wish: &'a Wish,
    confirmed: ConfirmedPlan<Session>,
    /// Who comes is told by this look.
    before: Snapshot,
    course: Course,
    slots: u32,
    began: Instant,
    verified: Verified<Session>,
    batches: Vec<Batch>,
}

impl Rounds<'_> {
    /// Goes on after [`Request::fences`] made it stop, as if nothing had been taken again.
    pub fn resume(&mut self) {
        self.course.resume();
    }

    /// Runs until the goal is reached or cannot be. Called again, its story has everything that was done before, too.
    pub fn go<D: Source + Actor>(
        &mut self,
        database: &mut D,
        record: &mut Record,
        planned: &Planned,
        aside: &mut Aside<'_>,
    ) -> Result<Story, Failure> {
        let text = self.wish.request.text();
        let mut now = if self.batches.is_empty() {
            self.before.clone()
        } else if let Ok(now) = database.look(text) {
            now
        } else {
            let before = self.before.clone();
            return Ok(self.story(Finish::Lost, &before, planned));
        };
        // While the slots are only counted, nobody's statement is needed; to choose, everything is.
        let mut whole = true;
        let finish = loop {
            let mut wanted = text;
            match self.course.judge(&settled(&now), self.began.elapsed()) {
                Step::Reached => break Finish::Reached,
                Step::End(_) | Step::Fruitless(_) if !whole => {}
                Step::Fruitless(_) => break Finish::Fruitless,
                _ if (aside.interrupted)() => break Finish::Interrupted,
                Step::Hold(left) => {
                    say_held(&now, self.slots, left, aside);
                    std::thread::sleep(left.min(PAUSE));
                    wanted = QueryText::First(0);
                }
                Step::End(missing) => {
                    let ranked = candidates(&now, &self.wish.rules).ranked;
                    let targets = self.confirmed.targets();
                    let batch = self.course.batch(&ranked, targets, missing);
                    if batch.is_empty() {
                        break Finish::Exhausted;
                    }
                    let batch = self.confirmed.narrowed_to(&batch);
                    let free = settled(&now).ordinary.free;
                    match self.end(database, record, &batch, free, aside) {
                        Ok(true) => {}
                        Ok(false) => break Finish::Lost,
                        Err(failure) if self.batches.is_empty() => return Err(failure),
                        Err(failure) => {
                            (aside.warn)(&format!("{:#}", failure.error));
                            break Finish::Unrecorded;
                        }
                    }
                }
            }
            whole = wanted == text;
            match database.look(wanted) {
                Ok(look) => now = look,
                Err(error) if self.batches.is_empty() => {
                    return Err(lost("cannot look again before acting", error));
                }
                Err(_) => break Finish::Lost,
            }
        };
        Ok(self.story(finish, &now, planned))
    }

    /// Ends one batch. False: contact was lost.
    fn end<D: Source + Actor>(
        &mut self,
        database: &mut D,
        record: &mut Record,
        batch: &ConfirmedPlan<Session>,
        free_before: u32,
        aside: &mut Aside<'_>,
    ) -> Result<bool, Failure> {
        let since = self.began.elapsed();
        let request = &self.wish.request;
        let mut sessions = Sessions::since(database, request, self.before.clone());
        let verified = fulfil(
            &mut sessions,
            record,
            &self.wish.terms,
            batch,
            batch.plan(),
            Receipts::<Session>::new(),
            aside,
        )?;
        let seen = verified.aftermath.capacity.is_some() && verified.count("unknown") == 0;
        self.batches.push(Batch {
            targets: verified.targets.len(),
            gone: verified.count("gone"),
            free_before,
            free_after: verified
                .aftermath
                .capacity
                .map(|capacity| capacity.ordinary.free),
        });
        for mut target in verified.targets {
            target.after += since;
            self.verified.targets.push(target);
        }
        Ok(seen)
    }

    fn story(&self, finish: Finish, now: &Snapshot, planned: &Planned) -> Story {
        let mut verified = self.verified.clone();
        let mut told = Vec::new();
        if finish != Finish::Lost {
            verified.aftermath.capacity = Some(settled(now));
            verified.aftermath.retaken = retaken(&self.before, now);
            verified.aftermath.retakers = retakers(&self.before, now);
            verified.aftermath.watched = self.began.elapsed();
            let came: Vec<Session> = now
                .holders()
                .filter(|session| self.before.find(session.id).is_none() && !now.ours(session))
                .cloned()
                .collect();
            let refused: Vec<Session> = verified
                .targets
                .iter()
                .filter(|target| matches!(target.outcome, Outcome::Refused(_)))
                .map(|target| target.holder.clone())
                .collect();
            if !matches!(finish, Finish::Reached | Finish::Interrupted) {
                told = reaches(&Missed {
                    now,
                    rules: &self.wish.rules,
                    spared: &planned.plan.spared,
                    came: &came,
                    refused: &refused,
                });
            }
        }
        Story {
            finish,
            verified,
            batches: self.batches.clone(),
            reaches: told,
        }
    }
}

#[cfg(test)]
mod tests;
