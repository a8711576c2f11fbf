//! `PAUSE` with its deadline: the one act that must be undone by whoever did it.
//!
//! `PAUSE` keeps its console busy until every server connection is released, so `RESUME` goes over a second one, which
//! stands before the first word is said. Never: ends, by itself or by a signal, without having tried to resume.

use std::time::{Duration, Instant};

use super::act::{PAUSE, is_open};
use crate::act::pooler::{answered, resume, send};
use crate::decide::pools::action::ConfirmedPooler;
use crate::decide::pools::outcome::{Answered, Effect, PoolerOutcome, effect};
use crate::lanes::LaneError;
use crate::stages::Context;
use crate::stages::console::{Eyes, LOOK};
use crate::stages::signals::Interruption;

/// How long it goes on trying to resume.
const PERSIST: Duration = Duration::from_secs(20);
/// How often it looks whether the console still answers while the pause stands.
const PULSE: Duration = Duration::from_secs(1);
/// Between two such attempts.
const AGAIN: Duration = Duration::from_millis(250);

/// Pauses, holds, resumes, and looks whether that took.
pub(super) fn run(
    eyes: &mut Eyes,
    confirmed: &ConfirmedPooler,
    limit: Duration,
    interruption: &Interruption,
    context: &Context,
) -> PoolerOutcome {
    let began = Instant::now();
    let mut outcome = PoolerOutcome {
        answered: Answered::Waiting,
        effect: Effect::NotLooked,
        resumed: None,
        paused_for: None,
        survivors: None,
        interrupted: false,
        took: Duration::ZERO,
    };
    let mut pausing = match eyes.another() {
        Ok(console) => console,
        Err(closed) => {
            outcome.answered = Answered::Refused(format!(
                "no second connection to the console for the RESUME: {closed}; nothing was done"
            ));
            return outcome;
        }
    };
    outcome.answered = send(&mut pausing, confirmed, LOOK);
    if !matches!(outcome.answered, Answered::Refused(_)) {
        hold(
            &mut pausing,
            eyes,
            confirmed,
            limit,
            interruption,
            context,
            &mut outcome,
        );
    }
    if !matches!(outcome.answered, Answered::Refused(_)) {
        outcome.interrupted = interruption.arrived();
        outcome.resumed = Some(persist(eyes, confirmed));
        outcome.paused_for = Some(began.elapsed());
    }
    outcome.took = began.elapsed();
    outcome
}

/// Waits until the time is over or somebody wants us to stop, and looks meanwhile whether the pause stands.
fn hold(
    pausing: &mut crate::lanes::Console,
    eyes: &mut Eyes,
    confirmed: &ConfirmedPooler,
    limit: Duration,
    interruption: &Interruption,
    context: &Context,
    outcome: &mut PoolerOutcome,
) {
    let began = Instant::now();
    let mut announced = false;
    let mut looked = Instant::now();
    loop {
        let left = limit.saturating_sub(began.elapsed());
        if left.is_zero() || interruption.arrived() {
            return;
        }
        if outcome.answered == Answered::Waiting {
            match pausing.poll(PAUSE.min(left)) {
                Ok(true) => outcome.answered = Answered::Taken,
                Ok(false) => {}
                Err(LaneError::Server(error)) => {
                    outcome.answered = answered(Err(LaneError::Server(error)));
                    return;
                }
                Err(error) => outcome.answered = answered(Err(error)),
            }
        } else {
            std::thread::sleep(PAUSE.min(left));
        }
        if outcome.effect != Effect::Done
            && let Ok(now) = eyes.look()
        {
            outcome.effect = effect(confirmed.plan(), &now);
        }
        if looked.elapsed() >= PULSE {
            looked = Instant::now();
            if let Err(error) = eyes.look_surely() {
                outcome.answered = answered(Err(error));
                return;
            }
        }
        let state = match outcome.answered {
            Answered::Taken => "paused",
            _ => "pausing, not every server connection is released",
        };
        if outcome.answered == Answered::Taken && !announced {
            announced = true;
            let seconds = left.as_secs_f64().ceil();
            context
                .terminal
                .say(&format!("PAUSED; RESUME in {seconds:.0} s, or on Ctrl-C\n"));
        }
        context.terminal.progress(&format!(
            "{state}; RESUME in {:.0} s",
            left.as_secs_f64().ceil()
        ));
    }
}

/// Resumes; where contact is lost, over new connections, for a while.
fn persist(eyes: &mut Eyes, confirmed: &ConfirmedPooler) -> bool {
    let until = Instant::now() + PERSIST;
    loop {
        // The console refuses to resume what somebody else has resumed already: the look decides.
        let _ = resume(&mut eyes.console, confirmed, LOOK);
        if is_open(eyes, confirmed) {
            return true;
        }
        if Instant::now() >= until {
            return false;
        }
        std::thread::sleep(AGAIN);
        if let Ok(console) = eyes.another() {
            eyes.console = console;
        }
    }
}
