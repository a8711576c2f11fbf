//! `PAUSE` with its deadline: the one act that must be undone by whoever did it.
//!
//! `PAUSE` keeps its console busy until every server connection is released, so `RESUME` goes over a second one, which
//! stands before the first word is said. Never: ends, by itself or by a signal, without having tried to resume.

use std::time::{Duration, Instant};

use crate::act::pooler::{answered, resume, send};
use crate::decide::pools::action::PoolerFacts;
use crate::decide::pools::holder::{Answered, ConfirmedPooler, Effect, PoolTarget, Sight, effect};
use crate::lanes::{Console, LaneError};
use crate::stages::Context;
use crate::stages::console::{Eyes, LOOK};
use crate::stages::pipeline::Aside;

/// Pause between two looks.
pub(super) const PAUSE: Duration = Duration::from_millis(100);
/// How long it goes on trying to resume.
const PERSIST: Duration = Duration::from_secs(20);
/// How often it looks whether the console still answers while the pause stands.
const PULSE: Duration = Duration::from_secs(1);
/// Between two such attempts.
const AGAIN: Duration = Duration::from_millis(250);

/// A confirmed pause.
pub(super) struct Pausing<'a> {
    /// The console for looks and for the `RESUME`.
    pub(super) eyes: &'a mut Eyes,
    pub(super) confirmed: &'a ConfirmedPooler,
    pub(super) target: &'a PoolTarget,
    pub(super) facts: &'a PoolerFacts,
    pub(super) context: &'a Context,
}

impl Pausing<'_> {
    /// Pauses, holds, resumes, and looks whether that took.
    pub(super) fn run(&mut self, limit: Duration, sight: &mut Sight, aside: &mut Aside<'_>) {
        let began = Instant::now();
        let mut pausing = match self.eyes.another() {
            Ok(console) => console,
            Err(closed) => {
                sight.answered = Answered::Refused(format!(
                    "no second connection to the console for the RESUME: {closed}; nothing was done"
                ));
                return;
            }
        };
        sight.answered = send(&mut pausing, self.confirmed, self.target, LOOK);
        if !sight.is_refused() {
            self.hold(&mut pausing, limit, sight, aside);
        }
        if !sight.is_refused() {
            sight.interrupted = (aside.interrupted)();
            sight.resumed = Some(self.persist());
            sight.paused_for = Some(began.elapsed());
        }
    }

    /// Waits until the time is over or somebody wants us to stop, and looks meanwhile whether the pause stands.
    fn hold(
        &mut self,
        pausing: &mut Console,
        limit: Duration,
        sight: &mut Sight,
        aside: &mut Aside<'_>,
    ) {
        let began = Instant::now();
        let mut announced = false;
        let mut looked = Instant::now();
        loop {
            let left = limit.saturating_sub(began.elapsed());
            if left.is_zero() || (aside.interrupted)() {
                return;
            }
            if sight.answered == Answered::Waiting {
                match pausing.poll(PAUSE.min(left)) {
                    Ok(true) => sight.answered = Answered::Taken,
                    Ok(false) => {}
                    Err(LaneError::Server(error)) => {
                        sight.answered = answered(Err(LaneError::Server(error)));
                        return;
                    }
                    Err(error) => sight.answered = answered(Err(error)),
                }
            } else {
                std::thread::sleep(PAUSE.min(left));
            }
            if sight.effect != Effect::Done
                && let Ok(now) = self.eyes.look()
            {
                sight.effect = effect(self.target, self.facts, &now);
            }
            if looked.elapsed() >= PULSE {
                looked = Instant::now();
                if let Err(error) = self.eyes.look_surely() {
                    sight.answered = answered(Err(error));
                    return;
                }
            }
            let seconds = left.as_secs_f64().ceil();
            let paused = sight.answered == Answered::Taken;
            if paused && !announced {
                announced = true;
                let terminal = self.context.terminal;
                terminal.say(&format!("PAUSED; RESUME in {seconds:.0} s, or on Ctrl-C\n"));
            }
            let state = match paused {
                true => "paused",
                false => "pausing, not every server connection is released",
            };
            (aside.progress)(&format!("{state}; RESUME in {seconds:.0} s"));
        }
    }

    /// Resumes; where contact is lost, over new connections, for a while.
    fn persist(&mut self) -> bool {
        let until = Instant::now() + PERSIST;
        loop {
            // The console refuses to resume what somebody else has resumed already: the look decides.
            let _ = resume(&mut self.eyes.console, self.confirmed, self.target, LOOK);
            if is_open(self.eyes, self.target) {
                return true;
            }
            if Instant::now() >= until {
                return false;
            }
            std::thread::sleep(AGAIN);
            if let Ok(console) = self.eyes.another() {
                self.eyes.console = console;
            }
        }
    }
}

/// Whether the database is not paused.
pub(super) fn is_open(eyes: &mut Eyes, target: &PoolTarget) -> bool {
    let PoolTarget::Database(it) = target else {
        return true;
    };
    let now = eyes.look();
    now.is_ok_and(|now| now.database(&it.name).is_some_and(|it| !it.paused))
}
