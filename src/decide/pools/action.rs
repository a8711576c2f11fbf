//! What would be done through a pooler's console, before it is done.
//!
//! Pure.

use std::time::Duration;

use super::holder::PoolTarget;
pub use super::verb::{AfterKill, PoolerFacts, Verb};
use super::{CONSOLE, KILL_CLIENT_SINCE, PoolClient, PoolDatabase, PoolServer, Pooler, Version};
use crate::decide::holder::Holder;
use crate::decide::plan::{Caps, MANY, Plan, Question};
use crate::decide::plural;

/// A plan for one database, or for chosen clients.
pub type PoolerPlan = Plan<PoolTarget>;

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
    let facts = PoolerFacts {
        verb,
        version: pooler.version,
        clients: pooler.clients_of(name).cloned().collect(),
        servers: pooler.servers_of(name).cloned().collect(),
    };
    let targets = vec![PoolTarget::Database(database.clone())];
    Ok(planned(facts, targets, pooler, wait))
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
    let servers = pooler.servers.iter().filter(linked).cloned().collect();
    let targets = clients.iter().cloned().map(PoolTarget::Client).collect();
    let facts = PoolerFacts {
        verb: Verb::KillClient,
        version: pooler.version,
        clients,
        servers,
    };
    Ok(planned(facts, targets, pooler, wait))
}

fn planned(
    facts: PoolerFacts,
    targets: Vec<PoolTarget>,
    pooler: &Pooler,
    wait: Duration,
) -> PoolerPlan {
    let clients = facts.clients.len();
    let question = match facts.verb {
        Verb::Kill(_) | Verb::KillClient if clients > MANY => {
            Question::Number(clients, "more than 10 clients")
        }
        _ => Question::YesNo,
    };
    PoolerPlan {
        lane: "pgbouncer",
        endpoint: pooler.endpoint.clone(),
        prediction: PoolTarget::predict(&facts, &targets),
        facts,
        targets,
        spared: Vec::new(),
        missing: Vec::new(),
        wait,
        question,
        caps: Caps::default(),
    }
}

impl PoolerPlan {
    /// The database that is meant; `None` where clients are.
    pub fn database(&self) -> Option<&PoolDatabase> {
        self.targets.iter().find_map(|target| match target {
            PoolTarget::Database(database) => Some(database),
            PoolTarget::Client(_) => None,
        })
    }

    /// Which of the `protected` databases it would harm. To give back what is held is no harm.
    pub fn protected<'a>(&'a self, protected: &[String]) -> Option<&'a str> {
        if matches!(self.facts.verb, Verb::Resume | Verb::Enable) {
            return None;
        }
        let clients = self.facts.clients.iter();
        let clients = clients.map(|client| client.database.as_str());
        let database = self.database().map(|it| it.name.as_str());
        let mut names = database.into_iter().chain(clients);
        names.find(|name| protected.iter().any(|it| it == name))
    }

    /// Says when this plan, made after the answer, hits much more or less than the one that was `shown`: by more than
    /// half, and by three at least.
    pub fn changed_since(&self, shown: &Self) -> Option<String> {
        let much = |now: usize, then: usize| {
            let by = now.abs_diff(then);
            by >= 3 && by * 2 > then
        };
        let hits = |plan: &Self| (plan.facts.clients.len(), plan.facts.servers.len());
        let (clients, servers) = hits(self);
        let (clients_then, servers_then) = hits(shown);
        let changed = much(clients, clients_then) || much(servers, servers_then);
        changed.then(|| {
            format!(
                "since the plan was shown it has changed: clients {clients_then} before and {clients} now, server connections {servers_then} before and {servers} now"
            )
        })
    }

    /// What would be done, as a sentence without its end. Holds names of the pooler.
    pub fn phrase(&self) -> String {
        let database = self.database().map_or("", |it| it.name.as_str());
        let clients = plural(self.facts.clients.len(), "client");
        let servers = plural(self.facts.servers.len(), "server connection");
        match self.facts.verb {
            Verb::Pause(limit) => format!(
                "pause database {database} for {} at most, holding back {clients}",
                in_words(limit)
            ),
            Verb::Resume => format!("resume database {database}"),
            Verb::Disable => format!("refuse new clients of database {database}"),
            Verb::Enable => format!("admit new clients of database {database} again"),
            Verb::Kill(_) => format!("drop {clients} and {servers} of database {database}"),
            Verb::KillClient => format!("drop {clients}"),
            Verb::Reconnect => {
                format!("close {servers} of database {database}, each when its client releases it")
            }
        }
    }

    /// What is known to go wrong, or not to happen.
    pub fn warnings(&self) -> Vec<String> {
        let busy = self
            .facts
            .servers
            .iter()
            .filter(|server| server.state == "active")
            .count();
        let mut lines = Vec::new();
        match self.facts.verb {
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
}

/// `90 s`; a time of this command is short.
fn in_words(limit: Duration) -> String {
    format!("{} s", limit.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::confirmation::{Approval, Cap};
    use crate::decide::pools::verb::testing::client;

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
        let plan = |verb, name| plan_database(verb, name, &it, wait).map(|plan| plan.targets.len());
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
        assert_eq!(plan.map(|plan| plan.targets.len()), Ok(1));
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
