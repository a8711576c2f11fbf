//! The backends lane: a server's processes, seen from its own host. Needs no connection, so it works when the
//! database lets nobody in, and it sees sessions that are stuck in authentication, which `pg_stat_activity` hides
//! before 18.
//!
//! Stage: observing. `clusters` finds the servers, `title` reads a process title, `proc_fs` is `/proc`.
//! Never: signals; takes a process for a session that is not a child of the confirmed postmaster with the same
//! executable and working directory.

pub mod clusters;
pub mod proc_fs;
pub(super) mod title;

use std::collections::HashMap;

use self::clusters::Cluster;
use self::proc_fs::{ProcFs, Stat, between};
use self::title::Title;
use super::{QueryText, Source};
use crate::decide::capacity::Limits;
use crate::decide::identity::SessionId;
use crate::decide::session::{Kind, Session, State};
use crate::decide::sessions::outcome::Seen;
use crate::decide::snapshot::{Prepared, Server, Snapshot};
use crate::lanes::LaneError;

/// What a process that has said nothing yet is called. It holds no slot, and a signal to it ends the wrong thing
/// when it is in fact the postmaster's own fork.
const SILENT: &str = "connection without a startup packet";

/// One cluster's processes.
pub struct Backends {
    proc: ProcFs,
    cluster: Cluster,
    /// The titles' beginning, once learned; it does not change while a server runs.
    prefix: Option<String>,
    titles: HashMap<SessionId, String>,
}

/// How a second look at one process compares with the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Again {
    /// It is the same session of the same client; its state now.
    Same(Option<State>),
    /// The process has ended, or its PID belongs to no server process of this cluster.
    Absent,
    /// The PID is another process's by now.
    Other,
}

impl Backends {
    /// Looks at `cluster` through `proc`.
    pub fn new(proc: ProcFs, cluster: Cluster) -> Self {
        Self {
            proc,
            cluster,
            prefix: None,
            titles: HashMap::new(),
        }
    }

    /// The cluster.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// The title of a session of the last look, without `postgres:` and the cluster's name.
    pub fn title(&self, id: SessionId) -> &str {
        self.titles.get(&id).map_or("", String::as_str)
    }

    /// Looks at a session's process again: start, parent, executable, directory, and who the title says it serves.
    pub fn again(&self, session: &Session) -> Again {
        let pid = session.id.pid;
        let stat = match self.child(pid) {
            Some(stat) if session.id.started == Some(stat.started) => stat,
            Some(_) => return Again::Other,
            None => return Again::Absent,
        };
        let Some(title) = self.read(pid, &stat) else {
            return Again::Other;
        };
        let now = Self::session(pid, &stat, &title, stat.started);
        let who = |session: &Session| {
            let Session {
                kind,
                user,
                database,
                client,
                client_port,
                ..
            } = session.clone();
            (kind, user, database, client, client_port)
        };
        if who(&now) == who(session) {
            Again::Same(now.state)
        } else {
            Again::Other
        }
    }

    /// A living child of the postmaster, confirmed.
    fn child(&self, pid: i32) -> Option<Stat> {
        let stat = self.proc.stat(pid).ok()?;
        // A zombie holds no slot any more: a backend gives its slot back before it ends, and the postmaster does so
        // for one that crashed. What is left is an entry in a list until the postmaster collects it.
        let ours =
            stat.parent == self.cluster.postmaster && pid != self.cluster.postmaster && !stat.ended;
        let same = |name: &str, wanted| self.proc.link(pid, name).is_ok_and(|link| &link == wanted);
        (ours && same("exe", &self.cluster.executable) && same("cwd", &self.cluster.directory))
            .then_some(stat)
    }

    fn read(&self, pid: i32, stat: &Stat) -> Option<Title> {
        let text = self.proc.title(pid).ok()?;
        let mut title = title::parse(&text, self.prefix.as_deref())?;
        // Two bytes are ends of strings. A title that fills the rest may have lost its end, and "idle" may be the
        // beginning of "idle in transaction".
        if stat.title_room.is_some_and(|room| text.len() + 2 >= room) {
            title.activity.push('…');
        }
        Some(title)
    }

    fn session(pid: i32, stat: &Stat, title: &Title, now: i64) -> Session {
        let (user, database) = title
            .names
            .clone()
            .map_or((None, None), |(user, database)| (Some(user), database));
        let state = (title.kind == Kind::Client)
            .then(|| title.state())
            .flatten();
        Session {
            id: SessionId {
                pid,
                started: Some(stat.started),
            },
            kind: title.kind.clone(),
            user,
            superuser: None,
            database,
            application: None,
            client: title.client,
            client_port: title.client_port,
            state,
            connected_for: Some(between(stat.started, now)),
            in_transaction_for: None,
            query_for: None,
            state_for: None,
            query_started: None,
            wait: title.wait(),
            blocked_by: Vec::new(),
            leader: title.leader(),
            query: None,
            hidden: false,
            pooled: None,
        }
    }

    /// The postmaster's children, as far as they are confirmed, with their titles.
    fn children(&self) -> Result<Vec<(i32, Stat)>, LaneError> {
        let pids = self.proc.pids().map_err(|error| LaneError::Lost {
            what: format!("cannot read the list of processes: {error}"),
            last_words: None,
        })?;
        Ok(pids
            .into_iter()
            .filter_map(|pid| Some((pid, self.child(pid)?)))
            .collect())
    }
}

impl Source for Backends {
    fn look(&mut self, _: QueryText) -> Result<Snapshot, LaneError> {
        if !self.cluster.runs(&self.proc) {
            return Err(LaneError::Lost {
                what: format!("the server of {} has ended", self.cluster.label()),
                last_words: None,
            });
        }
        let children = self.children()?;
        if self.prefix.is_none() {
            let titles: Vec<String> = children
                .iter()
                .filter_map(|(pid, _)| self.proc.title(*pid).ok())
                .collect();
            self.prefix = title::prefix(titles.iter().map(String::as_str));
        }
        let now = self.proc.now();
        let mut sessions = Vec::new();
        self.titles.clear();
        for (pid, stat) in children {
            let title = self
                .read(pid, &stat)
                .unwrap_or_else(|| Title::without_client(SILENT));
            sessions.push(Self::session(pid, &stat, &title, now));
            let id = SessionId {
                pid,
                started: Some(stat.started),
            };
            self.titles.insert(id, title.text);
        }
        Ok(Snapshot {
            server: Server {
                version: self
                    .cluster
                    .major
                    .map_or("?".to_owned(), |major| major.to_string()),
                version_num: self.cluster.major.unwrap_or(0) * 10_000,
                in_recovery: self.cluster.in_recovery,
                uptime: between(self.cluster.started, now),
                cluster_name: self.prefix.as_deref().and_then(title::cluster_name),
                role_may_signal: true,
                ..Server::default()
            },
            limits: Limits::default(),
            sessions,
            role_limits: Vec::new(),
            database_limits: Vec::new(),
            prepared: Prepared::default(),
            at: now,
        })
    }

    fn look_at(&mut self, ids: &[SessionId]) -> Result<Vec<(SessionId, Seen)>, LaneError> {
        let seen = |id: &SessionId| {
            let stat = self
                .child(id.pid)
                .filter(|stat| id.started == Some(stat.started))?;
            let state = self.read(id.pid, &stat).and_then(|title| title.state());
            let seen = Seen::Present {
                state,
                query_started: None,
            };
            Some((*id, seen))
        };
        Ok(ids.iter().filter_map(seen).collect())
    }
}

#[cfg(test)]
mod tests;
