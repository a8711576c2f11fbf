//! Every way in at one moment: which are open, why the others are not, and what each of them saw.
//!
//! Pure values; the looking is done by whoever puts the effects together. Sentences in them may quote the server, a
//! pooler or a process title: untrusted until they went through `report::sanitize`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::capacity::SlotClass;
use super::connection::Class;
use super::connection::Counts;
use super::form;
use super::pools::Pooler;
use super::session::{Kind, Session, State};
use super::snapshot::Snapshot;
use super::sockets::{End, SocketsSnapshot};
use super::workers::Workers;

/// A way to see who holds the slots, or to end them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum WayIn {
    /// An ordinary login.
    Login,
    /// `replication=database`.
    Replication,
    /// A pooler's admin console.
    Pgbouncer,
    /// Process titles and signals on the database host.
    Backends,
    /// TCP connections on either host.
    Sockets,
    /// Processes on an application's host.
    Workers,
}

words!(WayIn);

impl WayIn {
    /// Whether statements run over it.
    pub fn is_database(self) -> bool {
        matches!(self, Self::Login | Self::Replication)
    }
}

/// How a way in was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum Standing {
    /// It works.
    Open,
    /// It is there, and does not let us in.
    Closed,
    /// It cannot be had from here: another host's, or nothing to see.
    #[strum(serialize = "not here")]
    NotHere,
}

words!(Standing);

/// What a refused login says about the server, as far as a diagnosis depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Refused {
    /// No slot for anybody.
    EverySlot,
    /// More processes than the server allows.
    EveryProcess,
    /// Only the superusers' reserve is left.
    SuperuserReserve,
    /// Only reserved slots are left.
    Reserve,
    /// The role's own limit.
    RoleLimit,
    /// The database's own limit.
    DatabaseLimit,
    /// No walsender is free.
    Walsenders,
    /// Starting, stopping, recovering.
    NotNow,
    /// The role, its password, its rights or `pg_hba.conf`.
    Role,
    /// A pooler answered, and something ran out there.
    PoolerFull,
    /// Nothing answered, or not PostgreSQL.
    NoAnswer,
    /// Anything else.
    Other,
}

words!(Refused);

impl Refused {
    /// Whether slots are short on the server.
    pub fn is_for_slots(self) -> bool {
        matches!(
            self,
            Self::EverySlot | Self::EveryProcess | Self::SuperuserReserve | Self::Reserve
        )
    }
}

/// One way in, looked at.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Sight {
    /// Which.
    #[serde(rename = "lane")]
    pub way: WayIn,
    /// How it was found.
    #[serde(rename = "state")]
    pub standing: Standing,
    /// One sentence: what it sees, or why it does not. Untrusted.
    pub what: String,
    /// The kinds of refusal met, in the order they came, each once.
    pub refused: Vec<Refused>,
    /// Attempts made.
    pub attempts: u32,
    /// How long looking took.
    #[serde(rename = "seconds", serialize_with = "form::seconds::serialize")]
    pub took: Duration,
}

impl Sight {
    /// Without any refusal.
    pub fn new(way: WayIn, standing: Standing, what: impl Into<String>, took: Duration) -> Self {
        Self {
            way,
            standing,
            what: what.into(),
            refused: Vec::new(),
            attempts: 1,
            took,
        }
    }
}

/// The target's processes, where it runs on this host.
#[derive(Debug, Clone, PartialEq)]
pub struct HostBackends {
    /// Data directory and port.
    pub label: String,
    /// Its data directory, in the view of its processes.
    pub data_directory: String,
    /// What `--cluster` takes for it.
    pub cluster: String,
    /// Who is on it, from the process titles; limits are unknown.
    pub snapshot: Snapshot,
}

impl HostBackends {
    /// Sessions on a slot that are not through with their login, those that have been at it for `at_least`.
    pub fn starting(&self, at_least: Duration) -> impl Iterator<Item = &Session> {
        self.snapshot.holders().filter(move |session| {
            session.state == Some(State::Starting)
                && session.connected_for.is_some_and(|age| age >= at_least)
        })
    }

    /// Whether logins that have begun and are too young to be called stalled hold most of what is held here. Then who
    /// holds the slots is not known yet, and whoever is ended meanwhile is ended in their stead. Gives how long it
    /// takes until they are through or `stalled`.
    pub fn undecided(&self, stalled: Duration) -> Option<Duration> {
        if self.starting(stalled).next().is_some() {
            return None;
        }
        let ages: Vec<Duration> = self
            .starting(Duration::ZERO)
            .filter_map(|session| session.connected_for)
            .collect();
        let oldest = ages.iter().max()?;
        let most = ages.len() * 2 > self.snapshot.holders().count();
        (most && ages.len() > 1).then(|| stalled.saturating_sub(*oldest))
    }

    /// How many sessions that were not through with their login in `before` are still not.
    pub fn starting_since(&self, before: &Self) -> usize {
        let earlier: Vec<_> = before
            .starting(Duration::ZERO)
            .map(|session| session.id)
            .collect();
        self.starting(Duration::ZERO)
            .filter(|session| earlier.contains(&session.id))
            .count()
    }
}

/// This host's TCP connections to the target, by what they are doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct HostSockets {
    /// The server has answered; the next word is the client's.
    pub idle: usize,
    /// The server works.
    pub waiting: usize,
    /// Which of the two cannot be told.
    pub undecided: usize,
    /// Half closed.
    pub closing: usize,
    /// Whether they are the server's ends: the server runs here.
    pub server_ends: bool,
    /// Whether this account may sever them.
    pub may_sever: bool,
}

impl HostSockets {
    /// Counts each connection once; where both ends are here, the server's.
    pub fn of(snapshot: &SocketsSnapshot, own: i32, may_sever: bool) -> Self {
        let ours =
            |owners: &super::sockets::Owners| owners.known().iter().any(|owner| owner.pid == own);
        let theirs = snapshot.sockets.iter().filter(|socket| {
            !ours(&socket.owners) && !socket.peer.as_ref().is_some_and(ours) && !socket.replicates()
        });
        let server_ends = theirs.clone().any(|socket| socket.end == End::Server);
        let end = if server_ends {
            End::Server
        } else {
            End::Client
        };
        let mut counts = Self {
            server_ends,
            may_sever,
            ..Self::default()
        };
        for socket in theirs.filter(|socket| socket.end == end) {
            match socket.activity(snapshot.grain).class {
                Class::Idle => counts.idle += 1,
                Class::Waiting => counts.waiting += 1,
                Class::Undecided => counts.undecided += 1,
                Class::Closing => counts.closing += 1,
            }
        }
        counts
    }

    /// All of them.
    pub fn total(&self) -> usize {
        self.idle + self.waiting + self.undecided + self.closing
    }
}

/// Processes of one runtime and one master that hold connections to the target.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct WorkerGroup {
    /// The word in `--runtime`.
    pub runtime: String,
    /// Its name for a person.
    #[serde(skip)]
    pub title: String,
    /// Who looks after them.
    pub master: Option<i32>,
    /// How many hold a connection.
    pub processes: usize,
    /// Their connections; one that several share counts once a process.
    #[serde(flatten)]
    pub held: Counts,
    /// Whether a signal is known that recycles them, and somebody who starts them again.
    pub recyclable: bool,
}

/// The runtime of a process that is none of the others.
const PLAIN: &str = "plain";

/// Groups, the one with most connections first.
pub fn worker_groups(workers: &Workers) -> Vec<WorkerGroup> {
    let mut groups: BTreeMap<(String, Option<i32>), WorkerGroup> = BTreeMap::new();
    for worker in workers.holding() {
        let master = worker.master.as_ref().map(|master| master.id.pid);
        let key = (worker.runtime.name.clone(), master);
        let group = groups.entry(key).or_insert_with(|| WorkerGroup {
            runtime: worker.runtime.name.clone(),
            title: worker.runtime.title.clone(),
            master,
            processes: 0,
            held: Counts::default(),
            // A process that nobody is known to look after would be gone for good.
            recyclable: worker.runtime.signal.is_some() && worker.runtime.name != PLAIN,
        });
        let counts = worker.counts();
        group.processes += 1;
        group.held.idle += counts.idle;
        group.held.busy += counts.busy;
        group.held.undecided += counts.undecided;
        group.held.closing += counts.closing;
    }
    let mut groups: Vec<WorkerGroup> = groups.into_values().collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.held.total()));
    groups
}

/// Who came and went between two looks a moment apart.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Churn {
    /// Sessions of clients that were not there before.
    pub arrived: usize,
    /// Sessions that have gone.
    pub left: usize,
    /// Between the two looks.
    #[serde(
        rename = "between_looks_seconds",
        serialize_with = "form::seconds::serialize"
    )]
    pub within: Duration,
}

impl Churn {
    /// From one look to the next.
    pub fn between(before: &Snapshot, after: &Snapshot, within: Duration) -> Self {
        let missing = |from: &Snapshot, those: &Snapshot| {
            let clients = those
                .holders()
                .filter(|session| session.kind == Kind::Client && !those.ours(session));
            clients
                .filter(|session| from.find(session.id).is_none())
                .count()
        };
        Self {
            arrived: missing(before, after),
            left: missing(after, before),
            within,
        }
    }
}

/// All ways in, and what they saw.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Survey {
    /// Where the target is, for a person.
    pub endpoint: String,
    /// The role we come as.
    pub role: String,
    /// Each way once, in the order they should be tried.
    pub sights: Vec<Sight>,
    /// Everybody on the server, over a database lane.
    pub snapshot: Option<Snapshot>,
    /// Which lane that was.
    pub seen_over: Option<WayIn>,
    /// The slot that the login stands on, when the login is open.
    pub slot: Option<SlotClass>,
    /// Who came and went while we looked.
    pub churn: Churn,
    /// The pooler in front of it, through its console.
    pub pooler: Option<Pooler>,
    /// The server's processes, where it runs here.
    pub backends: Option<HostBackends>,
    /// This host's connections.
    pub sockets: Option<HostSockets>,
    /// This host's processes that hold them.
    pub workers: Vec<WorkerGroup>,
}

impl Survey {
    /// How `way` was found.
    pub fn sight(&self, way: WayIn) -> Option<&Sight> {
        self.sights.iter().find(|sight| sight.way == way)
    }

    /// Whether it is open.
    pub fn is_open(&self, way: WayIn) -> bool {
        self.sight(way)
            .is_some_and(|sight| sight.standing == Standing::Open)
    }

    /// Whether statements can be run.
    pub fn database_open(&self) -> bool {
        self.sights
            .iter()
            .any(|sight| sight.way.is_database() && sight.standing == Standing::Open)
    }

    /// Whether any login, over either database lane, was refused so.
    pub fn met(&self, refused: Refused) -> bool {
        self.sights
            .iter()
            .any(|sight| sight.refused.contains(&refused))
    }

    /// How often logins were refused for lack of slots in different ways: the mark of clients that come and go while
    /// they are being refused, and take reserved slots for that moment.
    pub fn refusals_vary(&self) -> bool {
        self.sight(WayIn::Login).is_some_and(|sight| {
            let short = sight.refused.iter().filter(|kind| kind.is_for_slots());
            let short = short.count();
            short > 1 || (short > 0 && sight.standing == Standing::Open)
        })
    }
}

#[cfg(test)]
pub(crate) mod testing;

#[cfg(test)]
mod tests {
    use super::testing::{here, idle, starting, with};
    use super::*;

    const STALLED: Duration = Duration::from_secs(3);

    #[test]
    fn young_logins_on_most_slots_leave_open_who_holds_them() {
        let undecided = |sessions| here(sessions).and_then(|host| host.undecided(STALLED));
        let young = || vec![starting(1, 1), starting(2, 0), starting(3, 0)];
        assert_eq!(undecided(young()), Some(Duration::from_secs(2)));
        assert_eq!(
            undecided(with(young(), idle(2))),
            Some(Duration::from_secs(2))
        );
        // Few of them, one alone, or stalled ones: it is known.
        assert_eq!(undecided(with(young(), idle(3))), None);
        assert_eq!(undecided(vec![starting(1, 1)]), None);
        assert_eq!(undecided(with(young(), vec![starting(4, 3)])), None);
        assert_eq!(undecided(idle(3)), None);
    }

    #[test]
    fn logins_that_came_and_went_are_not_the_same_ones() {
        let host = |sessions| here(sessions).into_iter().next();
        let before = host(vec![starting(1, 0), starting(2, 0)]);
        let after = host(vec![starting(2, 0), starting(3, 0)]);
        let same = before
            .zip(after)
            .map(|(before, after)| after.starting_since(&before));
        assert_eq!(same, Some(1));
    }
}
