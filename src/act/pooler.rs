//! Acts through a pooler's console: the only code that sends it anything but `SHOW`.
//!
//! Stage: after confirmation and after the intent was recorded. Says what the console answered; whether it is so, a
//! second look says. Names go in as quoted identifiers, which the console reads as SQL does (`admin.c`).

use std::time::Duration;

use crate::decide::pools::action::Verb;
use crate::decide::pools::holder::{Answered, ConfirmedPooler, PoolTarget};
use crate::lanes::{Console, LaneError, quote_identifier};

/// Does what was confirmed to `target`, which must be of `plan`. A `PAUSE` is only begun: [`Answered::Waiting`], and
/// [`Console::poll`] says when it stands.
pub fn send(
    console: &mut Console,
    plan: &ConfirmedPooler,
    target: &PoolTarget,
    wait: Duration,
) -> Answered {
    let verb = plan.plan().facts.verb;
    let word = verb.console_word();
    let command = match target {
        _ if !plan.targets().contains(target) => {
            return Answered::Refused("it is not in the plan".to_owned());
        }
        PoolTarget::Database(database) => format!("{word} {}", quote_identifier(&database.name)),
        PoolTarget::Client(client) => match client.id {
            Some(id) => format!("{word} {id}"),
            None => return Answered::Refused("it has no id".to_owned()),
        },
    };
    if let Verb::Pause(_) = verb {
        return match console.begin(&command, wait) {
            Ok(()) => Answered::Waiting,
            Err(error) => answered(Err(error)),
        };
    }
    answered(console.command(&command, wait))
}

/// Ends the pause that a confirmed `PAUSE` or `KILL` of `target` has brought about.
pub fn resume(
    console: &mut Console,
    plan: &ConfirmedPooler,
    target: &PoolTarget,
    wait: Duration,
) -> Result<(), LaneError> {
    let planned = plan.targets().iter().filter(|it| *it == target);
    for it in planned {
        if let PoolTarget::Database(database) = it {
            let name = quote_identifier(&database.name);
            console.command(&format!("RESUME {name}"), wait)?;
        }
    }
    Ok(())
}

/// What the console's answer means.
pub fn answered(answer: Result<(), LaneError>) -> Answered {
    match answer {
        Ok(()) => Answered::Taken,
        Err(LaneError::Server(error)) => Answered::Refused(error.message),
        Err(error) => Answered::Lost(error.to_string()),
    }
}
