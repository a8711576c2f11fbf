//! What would be done through a pooler's console, before it is done.
//!
//! Pure. `act::pooler` takes a [`ConfirmedPooler`] and nothing else, and nothing outside this file can make one.

use std::time::Duration;

use super::{CONSOLE, KILL_CLIENT_SINCE, PoolClient, PoolDatabase, PoolServer, Pooler, Version};
use crate::decide::confirmation::{Approval, NotConfirmed, agree};
use crate::decide::plan::{MANY, Question};
use crate::decide::plural;

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// `PAUSE`, and `RESUME` when this time is over.
    Pause(Duration),
    /// `RESUME`
    Resume,
    /// `DISABLE`
    Disable,
    /// `ENABLE`
    Enable,
    /// `KILL`, and what becomes of the pause that it leaves.
    Kill(AfterKill),
    /// `KILL_CLIENT`
    KillClient,
    /// `RECONNECT`
    Reconnect,
}

/// `KILL` leaves the database paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterKill {
    /// `RESUME` as soon as the second look is over.
    Resume,
    /// Leave it, on request.
    LeavePaused,
}

impl Verb {
    /// The subcommand's name.
    pub fn command(self) -> &'static str {
        match self {
            Self::Pause(_) => "pause",
            Self::Resume => "resume",
            Self::Disable => "disable",
            Self::Enable => "enable",
            Self::Kill(_) => "kill",
            Self::KillClient => "kill-client",
            Self::Reconnect => "reconnect",
        }
    }

    /// The console's word.
    pub fn console_word(self) -> &'static str {
        match self {
            Self::Pause(_) => "PAUSE",
            Self::Resume => "RESUME",
            Self::Disable => "DISABLE",
            Self::Enable => "ENABLE",
            Self::Kill(_) => "KILL",
            Self::KillClient => "KILL_CLIENT",
            Self::Reconnect => "RECONNECT",
        }
    }
}

/// A plan for one database, or for chosen clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolerPlan {
    /// What to do.
    pub verb: Verb,
    /// Where the console answers.
    pub endpoint: String,
    /// What answers there.
    pub version: Version,
    /// To which database, as it is now; `None` for [`Verb::KillClient`].
    pub database: Option<PoolDatabase>,
    /// The clients it hits: for a database all of them.
    pub clients: Vec<PoolClient>,
    /// The server connections it hits.
    pub servers: Vec<PoolServer>,
    /// How long to wait for the effect.
    pub wait: Duration,
    /// What must be typed to confirm it.
    pub question: Question,
}

/// Why there is nothing that could be planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoPlan {
    /// The pooler has no such database; its names.
    UnknownDatabase(Vec<String>),
    /// The console's own database.
    Console,
    /// It is so already.
    Already(&'static str),
    /// No client has any of these ids.
    NoSuchClient(Vec<u64>),
    /// The pooler is too old for it.
    TooOld(Version),
}

/// A plan somebody agreed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfirmedPooler {
    plan: PoolerPlan,
}

/// Plans `verb` for a database.
pub fn plan_database(
    verb: Verb,
    name: &str,
    pooler: &Pooler,
    wait: Duration,
) -> Result<PoolerPlan, NoPlan> {
    if name == CONSOLE {
        return Err(NoPlan::Console);
    }
    let Some(database) = pooler.database(name) else {
        let names = pooler.databases.iter().map(|it| it.name.clone());
        return Err(NoPlan::UnknownDatabase(names.collect()));
    };
    match verb {
        Verb::Resume if !database.paused => return Err(NoPlan::Already("is not paused")),
        Verb::Pause(_) if database.paused => return Err(NoPlan::Already("is paused already")),
        Verb::Disable if database.disabled => return Err(NoPlan::Already("is disabled already")),
        Verb::Enable if !database.disabled => return Err(NoPlan::Already("is not disabled")),
        _ => {}
    }
    let clients: Vec<PoolClient> = pooler.clients_of(name).cloned().collect();
    let question = match verb {
        Verb::Kill(_) if clients.len() > MANY => {
            Question::Number(clients.len(), "more than 10 clients")
        }
        _ => Question::YesNo,
    };
    Ok(PoolerPlan {
        verb,
        endpoint: pooler.endpoint.clone(),
        version: pooler.version,
        database: Some(database.clone()),
        clients,
        servers: pooler.servers_of(name).cloned().collect(),
        wait,
        question,
    })
}

/// Plans to kill the clients with these ids. Ids that nobody has are left out, unless they are all.
pub fn plan_clients(ids: &[u64], pooler: &Pooler, wait: Duration) -> Result<PoolerPlan, NoPlan> {
    if pooler.version < KILL_CLIENT_SINCE {
        return Err(NoPlan::TooOld(pooler.version));
    }
    let chosen = |client: &&PoolClient| client.id.is_some_and(|id| ids.contains(&id));
    let clients: Vec<PoolClient> = pooler.clients.iter().filter(chosen).cloned().collect();
    if clients.is_empty() {
        return Err(NoPlan::NoSuchClient(ids.to_vec()));
    }
    let linked = |server: &&PoolServer| {
        let link = server.link.as_deref();
        clients.iter().any(|client| link == Some(&client.ptr))
    };
    Ok(PoolerPlan {
        verb: Verb::KillClient,
        endpoint: pooler.endpoint.clone(),
        version: pooler.version,
        database: None,
        servers: pooler.servers.iter().filter(linked).cloned().collect(),
        question: if clients.len() > MANY {
            Question::Number(clients.len(), "more than 10 clients")
        } else {
            Question::YesNo
        },
        clients,
        wait,
    })
}

impl PoolerPlan {
    /// How many targets it has, for the caps: clients where they are dropped, else the one database.
    pub fn count(&self) -> usize {
        match self.verb {
            Verb::Kill(_) | Verb::KillClient => self.clients.len().max(1),
            _ => 1,
        }
    }

    /// Says when this plan, made after the answer, hits much more or less than the one that was `shown`: by more than
    /// half, and by three at least.
    pub fn changed_since(&self, shown: &Self) -> Option<String> {
        let much = |now: usize, then: usize| {
            let by = now.abs_diff(then);
            by >= 3 && by * 2 > then
        };
        let (clients, servers) = (self.clients.len(), self.servers.len());
        let changed = much(clients, shown.clients.len()) || much(servers, shown.servers.len());
        changed.then(|| {
            format!(
                "since the plan was shown it has changed: clients {} before and {clients} now, server connections {} before and {servers} now",
                shown.clients.len(),
                shown.servers.len()
            )
        })
    }

    /// What would be done, as a sentence without its end. Holds names of the pooler.
    pub fn phrase(&self) -> String {
        let database = self.database.as_ref().map_or("", |it| it.name.as_str());
        let clients = |count| plural(count, "client");
        let servers = plural(self.servers.len(), "server connection");
        match self.verb {
            Verb::Pause(limit) => format!(
                "pause database {database} for {} at most, holding back {}",
                in_words(limit),
                clients(self.clients.len())
            ),
            Verb::Resume => format!("resume database {database}"),
            Verb::Disable => format!("refuse new clients of database {database}"),
            Verb::Enable => format!("admit new clients of database {database} again"),
            Verb::Kill(_) => format!(
                "drop {} and {servers} of database {database}",
                clients(self.clients.len()),
            ),
            Verb::KillClient => format!("drop {}", clients(self.clients.len())),
            Verb::Reconnect => {
                format!("close {servers} of database {database}, each when its client releases it")
            }
        }
    }

    /// What is known to go wrong, or not to happen.
    pub fn warnings(&self) -> Vec<String> {
        let busy = self
            .servers
            .iter()
            .filter(|server| server.state == "active")
            .count();
        let mut lines = Vec::new();
        match self.verb {
            Verb::Kill(after) => {
                if busy > 0 {
                    lines.push(format!(
                        "{busy} of the server connections are in use: PgBouncer closes them and cancels nothing, so a statement runs on in PostgreSQL and keeps its slot; cancel or terminate it first"
                    ));
                }
                lines.push(match after {
                    AfterKill::Resume => "KILL leaves the database paused; RESUME follows the second look, and its clients come back".to_owned(),
                    AfterKill::LeavePaused => "KILL leaves the database paused: its clients hang until 'breakglass pgbouncer resume'".to_owned(),
                });
            }
            Verb::KillClient if busy > 0 => lines.push(
                "a statement of theirs that runs now goes on in PostgreSQL and keeps its slot".to_owned(),
            ),
            Verb::KillClient => {}
            Verb::Pause(_) => lines.push(
                "PAUSE waits until each server connection is released: in session mode until its client leaves, else until its transaction ends".to_owned(),
            ),
            Verb::Disable => lines.push("the clients that are there stay, and so do their server connections".to_owned()),
            Verb::Reconnect => lines.push("the pool opens new ones when clients need them: for a changed address or password, not to free slots".to_owned()),
            Verb::Resume | Verb::Enable => {}
        }
        lines
    }

    /// Confirms this plan, or says why not, by the rules of every other plan.
    pub fn confirm(
        self,
        approval: &Approval,
        max_targets: Option<usize>,
    ) -> Result<ConfirmedPooler, NotConfirmed> {
        agree(approval, self.count(), self.question, max_targets)?;
        Ok(ConfirmedPooler { plan: self })
    }
}

impl ConfirmedPooler {
    /// The plan, to be read.
    pub fn plan(&self) -> &PoolerPlan {
        &self.plan
    }
}

/// `90 s`; a time of this command is short.
fn in_words(limit: Duration) -> String {
    format!("{} s", limit.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::confirmation::Cap;
    use crate::decide::session::Client;

    fn client(id: u64) -> PoolClient {
        PoolClient {
            id: Some(id),
            ptr: format!("c{id}"),
            link: None,
            user: "app".to_owned(),
            database: "shop".to_owned(),
            state: "active".to_owned(),
            client: Client::Local,
            port: None,
            application: None,
            connected_at: None,
        }
    }

    fn pooler(clients: u64) -> Pooler {
        Pooler {
            version: KILL_CLIENT_SINCE,
            clients: (1..=clients).map(client).collect(),
            databases: vec![PoolDatabase {
                name: "shop".to_owned(),
                ..PoolDatabase::default()
            }],
            ..Pooler::default()
        }
    }

    #[test]
    fn only_what_is_there_and_not_so_already_is_planned() {
        let wait = Duration::ZERO;
        let it = pooler(1);
        let names = vec!["shop".to_owned()];
        let plan = |verb, name| plan_database(verb, name, &it, wait).map(|plan| plan.count());
        assert_eq!(plan(Verb::Disable, "shop"), Ok(1));
        assert_eq!(plan(Verb::Disable, "pgbouncer"), Err(NoPlan::Console));
        assert_eq!(
            plan(Verb::Disable, "shpo"),
            Err(NoPlan::UnknownDatabase(names))
        );
        assert!(matches!(
            plan(Verb::Resume, "shop"),
            Err(NoPlan::Already(_))
        ));
        assert!(matches!(
            plan(Verb::Enable, "shop"),
            Err(NoPlan::Already(_))
        ));
    }

    #[test]
    fn clients_are_killed_by_id_and_only_where_there_are_ids() {
        let wait = Duration::ZERO;
        let mut it = pooler(3);
        let plan = plan_clients(&[2, 9], &it, wait);
        assert_eq!(plan.map(|plan| plan.count()), Ok(1));
        assert_eq!(
            plan_clients(&[9], &it, wait),
            Err(NoPlan::NoSuchClient(vec![9]))
        );
        it.version.minor = 18;
        assert!(matches!(
            plan_clients(&[2], &it, wait),
            Err(NoPlan::TooOld(_))
        ));
    }

    #[test]
    fn much_more_than_was_shown_is_said() {
        let plan = |clients| plan_database(Verb::Disable, "shop", &pooler(clients), Duration::ZERO);
        let said = |now, shown| match (plan(now), plan(shown)) {
            (Ok(now), Ok(shown)) => now.changed_since(&shown).is_some(),
            other => panic!("{other:?}"),
        };
        for (now, shown, wanted) in [
            (0, 0, false),
            (2, 0, false),
            (3, 0, true),
            (12, 10, false),
            (16, 10, true),
            (0, 5, true),
        ] {
            assert_eq!(said(now, shown), wanted, "{now} {shown}");
        }
    }

    #[test]
    fn many_clients_take_their_number_to_be_typed_and_a_cap_holds() {
        let kill = Verb::Kill(AfterKill::Resume);
        let plan = plan_database(kill, "shop", &pooler(11), Duration::ZERO);
        let Ok(plan) = plan else { panic!("{plan:?}") };
        let confirm = |approval: Approval, cap| plan.clone().confirm(&approval, cap).is_ok();
        assert!(!confirm(Approval::Typed("y".to_owned()), None));
        assert!(confirm(Approval::Typed("11".to_owned()), None));
        assert!(!confirm(Approval::Flag(Cap::AtMost(10)), None));
        assert!(confirm(Approval::Flag(Cap::All), None));
        assert!(!confirm(Approval::Flag(Cap::All), Some(10)));
    }
}
