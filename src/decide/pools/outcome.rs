//! What came of an act through a pooler's console, as a second look shows it.
//!
//! Pure. What the console answered is a receipt; only the second look earns "done".

use std::time::Duration;

use super::action::{AfterKill, PoolerPlan, Verb};
use super::{PoolClient, Pooler};
use crate::decide::outcome::Ending;
use crate::decide::plural;

/// What the console answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered {
    /// It took the command.
    Taken,
    /// It refused; its words.
    Refused(String),
    /// Contact was lost before it answered.
    Lost(String),
    /// It has not answered yet: a `PAUSE` that waits for server connections.
    Waiting,
}

/// What a second look saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// As planned.
    Done,
    /// So many targets are still as they were.
    Left(usize),
    /// Nobody could look.
    NotLooked,
}

/// The whole story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolerOutcome {
    /// What the console answered.
    pub answered: Answered,
    /// What a second look saw.
    pub effect: Effect,
    /// Whether the database was resumed again; `None` where that was not asked for.
    pub resumed: Option<bool>,
    /// For how long it was paused.
    pub paused_for: Option<Duration>,
    /// PIDs of server processes that live on in PostgreSQL without their pooler; `None` where nobody could look there.
    pub survivors: Option<Vec<i32>>,
    /// Whether somebody wanted us to stop.
    pub interrupted: bool,
    /// From start to end.
    pub took: Duration,
}

/// Judges a second look at the pooler.
pub fn effect(plan: &PoolerPlan, now: &Pooler) -> Effect {
    let database = plan
        .database
        .as_ref()
        .and_then(|database| now.database(&database.name));
    let is = |wanted: bool| {
        if wanted {
            Effect::Done
        } else {
            Effect::Left(1)
        }
    };
    let still = |client: &&PoolClient| {
        now.clients.iter().any(|it| {
            it.ptr == client.ptr && it.id == client.id && it.connected_at == client.connected_at
        })
    };
    let left = match plan.verb {
        Verb::Pause(_) => return is(database.is_some_and(|it| it.paused)),
        Verb::Resume => return is(database.is_some_and(|it| !it.paused)),
        Verb::Disable => return is(database.is_some_and(|it| it.disabled)),
        Verb::Enable => return is(database.is_some_and(|it| !it.disabled)),
        Verb::Kill(_) | Verb::KillClient => plan.clients.iter().filter(still).count(),
        // Those in use are closed when they are released; the console shows that it has noted them.
        Verb::Reconnect => plan
            .servers
            .iter()
            .filter(|server| {
                now.servers.iter().any(|it| {
                    it.ptr == server.ptr
                        && it.remote_pid == server.remote_pid
                        && it.connected_at == server.connected_at
                        && !it.close_needed
                })
            })
            .count(),
    };
    match left {
        0 => Effect::Done,
        left => Effect::Left(left),
    }
}

impl PoolerOutcome {
    /// Stable word for JSON and the record.
    pub fn name(&self) -> &'static str {
        self.ending().name()
    }

    /// How the run ended.
    pub fn ending(&self) -> Ending {
        let survivors = self.survivors.as_ref().is_some_and(|pids| !pids.is_empty());
        match (&self.answered, self.effect) {
            (Answered::Refused(_), _) => Ending::AllRefused,
            // A database that may still be paused is the worst that can be left behind.
            _ if self.resumed == Some(false) => Ending::Unknown,
            (_, Effect::NotLooked) => Ending::Unknown,
            (_, Effect::Left(_)) => Ending::Partly,
            (_, Effect::Done) if survivors => Ending::Partly,
            // A pause that nobody watched to its end.
            (Answered::Lost(_), Effect::Done) if self.paused_for.is_some() => Ending::Partly,
            // A pause that was never whole: some server connection was not released.
            (Answered::Waiting, Effect::Done) => Ending::Partly,
            (_, Effect::Done) => Ending::Done,
        }
    }

    /// One sentence. May hold the console's words and names of the pooler.
    pub fn sentence(&self, plan: &PoolerPlan) -> String {
        let name = plan.database.as_ref().map_or("", |it| it.name.as_str());
        if let Answered::Refused(words) = &self.answered {
            return format!("the console refused: {words}");
        }
        let lost = match &self.answered {
            Answered::Lost(what) => format!(" (contact lost: {what})"),
            _ => String::new(),
        };
        match (plan.verb, self.effect) {
            (Verb::Pause(_), effect) => self.of_pause(name, effect),
            (_, Effect::NotLooked) => {
                format!("nobody could look whether it is done{lost}")
            }
            (Verb::Resume, Effect::Done) => format!("database {name} is not paused any more"),
            (Verb::Disable, Effect::Done) => format!("database {name} refuses new clients"),
            (Verb::Enable, Effect::Done) => format!("database {name} admits new clients"),
            (Verb::Kill(after), Effect::Done) => {
                let then = match (after, self.resumed) {
                    (AfterKill::Resume, Some(true)) => "and the database is resumed",
                    (AfterKill::Resume, _) => "and the database may still be PAUSED",
                    (AfterKill::LeavePaused, _) => "and the database is paused",
                };
                format!(
                    "{} of {} clients are gone, {then}",
                    plan.clients.len(),
                    plan.clients.len()
                )
            }
            (Verb::KillClient, Effect::Done) => {
                format!(
                    "{} of {} clients are gone",
                    plan.clients.len(),
                    plan.clients.len()
                )
            }
            (Verb::Reconnect, Effect::Done) => format!(
                "closed, or will be on their release: {}",
                plural(plan.servers.len(), "server connection")
            ),
            (Verb::Kill(_) | Verb::KillClient, Effect::Left(left)) => format!(
                "{} of {} clients are gone, {left} are still there",
                plan.clients.len().saturating_sub(left),
                plan.clients.len()
            ),
            (Verb::Reconnect, Effect::Left(left)) => {
                format!("as they were: {}", plural(left, "server connection"))
            }
            (_, Effect::Left(_)) => format!("database {name} is as it was{lost}"),
        }
    }

    fn of_pause(&self, name: &str, effect: Effect) -> String {
        let long = self.paused_for.unwrap_or_default().as_secs_f64();
        let why = if matches!(self.answered, Answered::Lost(_)) {
            "ended early"
        } else if self.interrupted {
            "interrupted"
        } else {
            "its time is over"
        };
        let how = match (&self.answered, effect) {
            (Answered::Taken, Effect::Done) => {
                format!("database {name} was paused for {long:.1} s")
            }
            (Answered::Lost(what), _) => format!(
                "contact was lost {long:.1} s after database {name} was to be paused ({what})"
            ),
            (_, Effect::Done) => format!(
                "database {name} held its clients back for {long:.1} s, but not every server connection was released"
            ),
            (_, Effect::Left(_)) => format!("database {name} was not paused"),
            (_, Effect::NotLooked) => format!("whether database {name} was paused is not known"),
        };
        match self.resumed {
            Some(true) => format!("{how}; {why}: RESUMED"),
            Some(false) => format!("{how}; {why}, and it could NOT be resumed"),
            None => how,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_may_be_left_paused_is_never_done() {
        let outcome = |answered, effect, resumed, survivors: Option<Vec<i32>>| PoolerOutcome {
            answered,
            effect,
            resumed,
            paused_for: None,
            survivors,
            interrupted: false,
            took: Duration::ZERO,
        };
        let table = [
            (
                Answered::Taken,
                Effect::Done,
                Some(true),
                None,
                Ending::Done,
            ),
            (
                Answered::Taken,
                Effect::Done,
                Some(false),
                None,
                Ending::Unknown,
            ),
            (
                Answered::Taken,
                Effect::Done,
                None,
                Some(vec![]),
                Ending::Done,
            ),
            (
                Answered::Taken,
                Effect::Done,
                None,
                Some(vec![7]),
                Ending::Partly,
            ),
            (Answered::Taken, Effect::Left(1), None, None, Ending::Partly),
            (
                Answered::Taken,
                Effect::NotLooked,
                None,
                None,
                Ending::Unknown,
            ),
            (
                Answered::Waiting,
                Effect::Done,
                Some(true),
                None,
                Ending::Partly,
            ),
            (
                Answered::Lost("x".to_owned()),
                Effect::Done,
                None,
                None,
                Ending::Done,
            ),
            (
                Answered::Refused("x".to_owned()),
                Effect::NotLooked,
                None,
                None,
                Ending::AllRefused,
            ),
        ];
        for (answered, effect, resumed, survivors, ending) in table {
            let outcome = outcome(answered, effect, resumed, survivors);
            assert_eq!(outcome.ending(), ending, "{outcome:?}");
        }
    }
}
