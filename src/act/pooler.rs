//! Acts through a pooler's console: the only code that sends it anything but `SHOW`.
//!
//! Stage: after confirmation and after the intent was recorded. Says what the console answered; whether it is so, a
//! second look says. Names go in as quoted identifiers, which the console reads as SQL does (`admin.c`).

use std::time::Duration;

use crate::decide::pools::action::{ConfirmedPooler, PoolerPlan, Verb};
use crate::decide::pools::outcome::Answered;
use crate::lanes::{Console, LaneError, quote_identifier};

/// Does what was confirmed. A `PAUSE` is only begun: [`Answered::Waiting`], and [`Console::poll`] says when it stands.
pub fn send(console: &mut Console, confirmed: &ConfirmedPooler, wait: Duration) -> Answered {
    let plan = confirmed.plan();
    if let Verb::Pause(_) = plan.verb {
        return match console.begin(&command(plan), wait) {
            Ok(()) => Answered::Waiting,
            Err(error) => answered(Err(error)),
        };
    }
    if plan.verb != Verb::KillClient {
        return answered(console.command(&command(plan), wait));
    }
    let mut refused = None;
    let mut taken = false;
    for id in plan.clients.iter().filter_map(|client| client.id) {
        match answered(console.command(&format!("KILL_CLIENT {id}"), wait)) {
            Answered::Taken => taken = true,
            Answered::Lost(what) => return Answered::Lost(what),
            // One that has gone by itself does not stop the others.
            other => refused = Some(other),
        }
    }
    refused.filter(|_| !taken).unwrap_or(Answered::Taken)
}

/// Ends the pause that a confirmed `PAUSE` or `KILL` has brought about.
pub fn resume(
    console: &mut Console,
    confirmed: &ConfirmedPooler,
    wait: Duration,
) -> Result<(), LaneError> {
    let database = &confirmed.plan().database;
    let name = database.as_ref().map_or("", |it| it.name.as_str());
    console.command(&format!("RESUME {}", quote_identifier(name)), wait)
}

fn command(plan: &PoolerPlan) -> String {
    let name = plan.database.as_ref().map_or("", |it| it.name.as_str());
    format!("{} {}", plan.verb.console_word(), quote_identifier(name))
}

/// What the console's answer means.
pub fn answered(answer: Result<(), LaneError>) -> Answered {
    match answer {
        Ok(()) => Answered::Taken,
        Err(LaneError::Server(error)) => Answered::Refused(error.message),
        Err(error) => Answered::Lost(error.to_string()),
    }
}
