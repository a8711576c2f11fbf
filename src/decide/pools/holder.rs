//! A database of a pooler, or one of its clients, as the target of a plan, and what came of it.
//!
//! Pure. What the console answered is a receipt; only the second look earns "done", and a database that may still be
//! paused is never done.

use std::time::Duration;

use super::verb::{AfterKill, PoolerFacts, Verb};
use super::{PoolClient, PoolDatabase, Pooler};
use crate::decide::confirmation::ConfirmedPlan;
use crate::decide::holder::{Holder, TargetOutcome};
use crate::decide::outcome::{Ending, Outcome, Receipt};
use crate::decide::plural;
use crate::decide::prediction::Prediction;

/// What a verb of the console is aimed at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PoolTarget {
    /// A database, as it was at the look.
    Database(PoolDatabase),
    /// One client.
    Client(PoolClient),
}

/// Which it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TargetId {
    /// A database, by the pooler's name of it.
    Database(String),
    /// A client: its address in the pooler's memory, its id, and when it connected.
    Client(String, Option<u64>, Option<i64>),
}

/// A plan that somebody agreed to.
pub type ConfirmedPooler = ConfirmedPlan<PoolTarget>;
/// One target's end.
pub type PoolerOutcome = TargetOutcome<PoolTarget>;

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
    /// So many are still as they were.
    Left(usize),
    /// Nobody could look.
    NotLooked,
}

/// All that was seen of a target since the verb was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    /// What was done.
    pub verb: Verb,
    /// How many clients and server connections it was to hit.
    pub hits: (usize, usize),
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
}

/// What to type next.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Next {
    /// Resumes the database, where it may be paused.
    pub resume: Option<String>,
    /// Ends the sessions that live on.
    pub terminate: Option<String>,
}

impl Holder for PoolTarget {
    type Id = TargetId;
    type Facts = PoolerFacts;
    type Spared = ();
    type Sight = Sight;
    type Aftermath = Next;

    fn id(&self) -> TargetId {
        match self {
            Self::Database(database) => TargetId::Database(database.name.clone()),
            Self::Client(one) => TargetId::Client(one.ptr.clone(), one.id, one.connected_at),
        }
    }

    fn predict(_: &PoolerFacts, _: &[Self]) -> Prediction {
        Prediction::default()
    }

    fn protects((): &()) -> bool {
        false
    }

    /// As many as the clients that are dropped.
    fn weight(&self, facts: &PoolerFacts) -> usize {
        match (self, facts.verb) {
            (Self::Database(_), Verb::Kill(_)) => facts.clients.len().max(1),
            _ => 1,
        }
    }

    fn over(&self, _: &PoolerFacts, sight: &Sight) -> bool {
        match (&sight.answered, sight.effect) {
            (Answered::Refused(_), _) | (_, Effect::NotLooked) => true,
            _ if sight.paused_for.is_some() => true,
            (_, Effect::Left(_)) => false,
            (_, Effect::Done) => !sight.leaves_sessions(),
        }
    }

    fn judge(&self, _: &PoolerFacts, receipt: &Receipt, sight: Option<&Sight>) -> Outcome {
        match receipt {
            Receipt::Absent => return Outcome::AlreadyGone,
            Receipt::NotAsked => return Outcome::Refused("not asked any more".to_owned()),
            _ => {}
        }
        let Some(sight) = sight else {
            return Outcome::Unknown;
        };
        match (self, sight.ending(), &sight.answered) {
            (Self::Client(_), Ending::AllRefused, _) if sight.effect == Effect::Done => {
                Outcome::AlreadyGone
            }
            (_, _, Answered::Refused(words)) => Outcome::Refused(words.clone()),
            (Self::Client(_), Ending::Done, _) => Outcome::Gone,
            (Self::Database(_), Ending::Done, _) => Outcome::Set,
            (_, Ending::Partly | Ending::AllRefused, _) => Outcome::StillThere,
            (_, Ending::Unknown, _) => Outcome::Unknown,
        }
    }

    fn word(target: &PoolerOutcome) -> &'static str {
        match &target.outcome {
            Outcome::Set | Outcome::Gone => "done",
            Outcome::StillThere => "partly",
            other => other.name(),
        }
    }

    /// May hold the console's words and names of the pooler.
    fn sentence(target: &PoolerOutcome) -> String {
        match (&target.holder, &target.outcome, &target.sight) {
            (_, Outcome::Refused(words), Some(_)) => format!("the console refused: {words}"),
            (Self::Database(database), _, Some(sight)) => sight.sentence(&database.name),
            (Self::Client(_), Outcome::Unknown, Some(sight)) => sight.not_looked(),
            (_, outcome, _) => outcome.sentence(),
        }
    }
}

/// Judges a second look at the pooler.
pub fn effect(target: &PoolTarget, facts: &PoolerFacts, now: &Pooler) -> Effect {
    let is_there = |client: &PoolClient| {
        now.clients.iter().any(|it| {
            it.ptr == client.ptr && it.id == client.id && it.connected_at == client.connected_at
        })
    };
    let database = match target {
        PoolTarget::Client(client) => return left(usize::from(is_there(client))),
        PoolTarget::Database(database) => now.database(&database.name),
    };
    let is = |wanted: bool| left(usize::from(!wanted));
    match facts.verb {
        Verb::Pause(_) => is(database.is_some_and(|it| it.paused)),
        Verb::Resume => is(database.is_some_and(|it| !it.paused)),
        Verb::Disable => is(database.is_some_and(|it| it.disabled)),
        Verb::Enable => is(database.is_some_and(|it| !it.disabled)),
        Verb::Kill(_) | Verb::KillClient => {
            left(facts.clients.iter().filter(|it| is_there(it)).count())
        }
        // Those in use are closed when they are released; the console shows that it has noted them.
        Verb::Reconnect => {
            let as_it_was = facts.servers.iter().filter(|server| {
                now.servers.iter().any(|it| {
                    it.ptr == server.ptr
                        && it.remote_pid == server.remote_pid
                        && it.connected_at == server.connected_at
                        && !it.close_needed
                })
            });
            left(as_it_was.count())
        }
    }
}

fn left(left: usize) -> Effect {
    match left {
        0 => Effect::Done,
        left => Effect::Left(left),
    }
}

impl Sight {
    /// Before anything was sent.
    pub fn before(facts: &PoolerFacts) -> Self {
        Self {
            verb: facts.verb,
            hits: (facts.clients.len(), facts.servers.len()),
            answered: Answered::Waiting,
            effect: Effect::NotLooked,
            resumed: None,
            paused_for: None,
            survivors: None,
            interrupted: false,
        }
    }

    /// Whether the console refused.
    pub fn is_refused(&self) -> bool {
        matches!(self.answered, Answered::Refused(_))
    }

    /// Whether sessions live on in PostgreSQL.
    pub fn leaves_sessions(&self) -> bool {
        self.survivors.as_ref().is_some_and(|pids| !pids.is_empty())
    }

    /// How it ended.
    pub fn ending(&self) -> Ending {
        match (&self.answered, self.effect) {
            (Answered::Refused(_), _) => Ending::AllRefused,
            // A database that may still be paused is the worst that can be left behind.
            _ if self.resumed == Some(false) => Ending::Unknown,
            (_, Effect::NotLooked) => Ending::Unknown,
            (_, Effect::Left(_)) => Ending::Partly,
            (_, Effect::Done) if self.leaves_sessions() => Ending::Partly,
            // A pause that nobody watched to its end.
            (Answered::Lost(_), Effect::Done) if self.paused_for.is_some() => Ending::Partly,
            // A pause that was never whole: some server connection was not released.
            (Answered::Waiting, Effect::Done) => Ending::Partly,
            (_, Effect::Done) => Ending::Done,
        }
    }

    fn not_looked(&self) -> String {
        format!("nobody could look whether it is done{}", self.lost())
    }

    fn lost(&self) -> String {
        match &self.answered {
            Answered::Lost(what) => format!(" (contact lost: {what})"),
            _ => String::new(),
        }
    }

    /// What came of database `name`.
    fn sentence(&self, name: &str) -> String {
        let (clients, servers) = self.hits;
        match (self.verb, self.effect) {
            (Verb::Pause(_), effect) => self.of_pause(name, effect),
            (_, Effect::NotLooked) => self.not_looked(),
            (Verb::Resume, Effect::Done) => format!("database {name} is not paused any more"),
            (Verb::Disable, Effect::Done) => format!("database {name} refuses new clients"),
            (Verb::Enable, Effect::Done) => format!("database {name} admits new clients"),
            (Verb::Kill(after), Effect::Done) => {
                let then = match (after, self.resumed) {
                    (AfterKill::Resume, Some(true)) => "and the database is resumed",
                    (AfterKill::Resume, _) => "and the database may still be PAUSED",
                    (AfterKill::LeavePaused, _) => "and the database is paused",
                };
                format!("{clients} of {clients} clients are gone, {then}")
            }
            (Verb::Kill(_), Effect::Left(left)) => {
                let gone = clients.saturating_sub(left);
                let then = match self.resumed {
                    Some(false) => ", and the database may still be PAUSED",
                    _ => "",
                };
                format!("{gone} of {clients} clients are gone, {left} are still there{then}")
            }
            (Verb::Reconnect, Effect::Done) => format!(
                "closed, or will be on their release: {}",
                plural(servers, "server connection")
            ),
            (Verb::Reconnect, Effect::Left(left)) => {
                format!("as they were: {}", plural(left, "server connection"))
            }
            (_, Effect::Done | Effect::Left(_)) => {
                format!("database {name} is as it was{}", self.lost())
            }
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

    fn lost() -> Answered {
        Answered::Lost("x".to_owned())
    }

    fn no() -> Answered {
        Answered::Refused("x".to_owned())
    }

    fn sight(answered: Answered, effect: Effect) -> Sight {
        Sight {
            answered,
            effect,
            ..Sight::before(&PoolerFacts {
                verb: Verb::Kill(AfterKill::Resume),
                version: super::super::Version::default(),
                clients: Vec::new(),
                servers: Vec::new(),
            })
        }
    }

    #[test]
    fn a_database_that_may_be_left_paused_is_never_done() {
        use Effect::{Done, Left, NotLooked};
        let table = [
            (Answered::Taken, Done, Some(true), None, Ending::Done),
            (Answered::Taken, Done, Some(false), None, Ending::Unknown),
            (Answered::Taken, Left(1), Some(false), None, Ending::Unknown),
            (Answered::Taken, Done, None, Some(vec![]), Ending::Done),
            (Answered::Taken, Done, None, Some(vec![7]), Ending::Partly),
            (Answered::Taken, Left(1), None, None, Ending::Partly),
            (Answered::Taken, NotLooked, None, None, Ending::Unknown),
            (Answered::Waiting, Done, Some(true), None, Ending::Partly),
            (lost(), Done, None, None, Ending::Done),
            (no(), NotLooked, None, None, Ending::AllRefused),
        ];
        for (answered, effect, resumed, survivors, ending) in table {
            let sight = Sight {
                resumed,
                survivors,
                ..sight(answered, effect)
            };
            assert_eq!(sight.ending(), ending, "{sight:?}");
        }
    }

    #[test]
    fn a_refusal_for_a_client_that_has_gone_by_itself_is_none() {
        let client = PoolTarget::Client(super::super::verb::testing::client(7));
        let database = PoolTarget::Database(PoolDatabase::default());
        let facts = PoolerFacts {
            verb: Verb::KillClient,
            version: super::super::Version::default(),
            clients: Vec::new(),
            servers: Vec::new(),
        };
        let table = [
            (&client, Answered::Taken, Effect::Done, "gone"),
            (&client, Answered::Taken, Effect::Left(1), "still-there"),
            (&client, no(), Effect::Done, "already-gone"),
            (&client, no(), Effect::Left(1), "refused"),
            (&client, lost(), Effect::NotLooked, "unknown"),
            (&database, Answered::Taken, Effect::Done, "set"),
            (&database, no(), Effect::NotLooked, "refused"),
        ];
        for (target, answered, effect, word) in table {
            let sight = sight(answered, effect);
            let outcome = target.judge(&facts, &Receipt::Sent, Some(&sight));
            assert_eq!(outcome.name(), word, "{sight:?}");
        }
        let unasked = client.judge(&facts, &Receipt::NotAsked, None);
        assert!(matches!(unasked, Outcome::Refused(_)));
    }
}
