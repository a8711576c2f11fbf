//! The rules of the workers lane: which process holds how many connections, what it is, whom to signal, what that
//! frees.
//!
//! Pure. A slot comes back when the last process that has the connection open ends and the backend is not busy; a
//! worker that is started again takes it back when it connects.

pub mod guard;
pub mod outcome;
pub mod plan;
pub mod process;
pub mod runtime;
pub mod selection;
pub mod signal;
pub mod via;

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use super::connection::Class;
use super::connection::Counts;
use super::sockets::{End, Owners, Socket, SocketId, SocketsSnapshot, ends};
use process::{Process, ProcessId, Processes};
use runtime::{MasterIs, Role, Runtime, recognise};

/// A process that holds connections to the target, or looks after those that do.
#[derive(Debug, Clone)]
pub struct Worker {
    /// The process.
    pub process: Process,
    /// What it is.
    pub runtime: Runtime,
    /// What it is to its runtime.
    pub role: Role,
    /// Who looks after it.
    pub master: Option<Process>,
    /// The processes of the same master, itself included; of a master, its workers.
    pub siblings: Vec<ProcessId>,
    /// Which systemd unit or container it is in.
    pub unit: Option<String>,
    /// Its connections.
    pub held: Vec<Held>,
}

/// One connection of a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Which.
    pub id: SocketId,
    /// What it is doing.
    pub class: Class,
    /// Since when.
    pub since: Option<Duration>,
    /// Every process that has it open: it closes when the last one does.
    pub owners: Vec<i32>,
}

impl Counts {
    /// Of these connections.
    pub fn of<'a>(held: impl IntoIterator<Item = &'a Held>) -> Self {
        held.into_iter().map(|one| one.class).collect()
    }
}

impl Worker {
    /// Its connections by what they are doing.
    pub fn counts(&self) -> Counts {
        Counts::of(&self.held)
    }

    /// How long its most recently used connection has been idle, if all are.
    pub fn idle_since(&self) -> Option<Duration> {
        let counts = self.counts();
        let all_idle = counts.idle > 0 && counts.idle == counts.total();
        all_idle
            .then(|| self.held.iter().filter_map(|held| held.since).min())
            .flatten()
    }

    /// Since when it has been in the state it is shown in: busy since its longest statement began, else idle since its
    /// last one ended.
    pub fn since(&self) -> Option<Duration> {
        let of = |class: Class| {
            self.held
                .iter()
                .filter(move |held| held.class == class)
                .filter_map(|held| held.since)
        };
        of(Class::Waiting)
            .max()
            .or_else(|| of(Class::Idle).min())
            .or_else(|| of(Class::Undecided).min())
    }
}

/// Everybody on this host who holds a connection to the target.
#[derive(Debug, Clone, Default)]
pub struct Workers {
    /// By PID, those without a connection too if a worker of theirs has one.
    pub all: BTreeMap<i32, Worker>,
    /// Connections whose process this user may not see.
    pub not_visible: usize,
    /// Connections that no process has open any more.
    pub nobody: usize,
}

impl Workers {
    /// Puts a look at the sockets and a look at the processes together.
    pub fn of(snapshot: &SocketsSnapshot, processes: &Processes, runtimes: &[Runtime]) -> Self {
        let mut workers = Self::default();
        for socket in &snapshot.sockets {
            if socket.end != End::Client {
                continue;
            }
            match &socket.owners {
                Owners::NotVisible => workers.not_visible += 1,
                Owners::Nobody => workers.nobody += 1,
                Owners::Known(owners) if owners.iter().any(|owner| owner.pid == processes.own) => {}
                Owners::Known(owners) => {
                    let held = held(socket, snapshot);
                    for owner in owners {
                        // It has ended between the two looks, or its PID is somebody else's by now.
                        let process = processes
                            .get(owner.pid)
                            .filter(|process| process.id.started == owner.started);
                        if let Some(process) = process {
                            workers
                                .entry(process, processes, runtimes)
                                .held
                                .push(held.clone());
                        }
                    }
                }
            }
        }
        let masters: Vec<(Process, Runtime)> = workers
            .all
            .values()
            .filter_map(|worker| Some((worker.master.clone()?, worker.runtime.clone())))
            .collect();
        for (master, runtime) in masters {
            let entry = workers.entry(&master, processes, runtimes);
            // A supervisor is known by those it looks after alone.
            if runtime.master == MasterIs::Parent {
                entry.runtime = runtime;
                entry.role = Role::Master;
            }
        }
        workers
    }

    fn entry(
        &mut self,
        process: &Process,
        processes: &Processes,
        runtimes: &[Runtime],
    ) -> &mut Worker {
        self.all
            .entry(process.id.pid)
            .or_insert_with(|| recognised(process, processes, runtimes))
    }

    /// How many connections they hold together; one that several share counts once.
    pub fn held(&self) -> HashSet<SocketId> {
        let held = self.all.values().flat_map(|worker| &worker.held);
        held.map(|held| held.id).collect()
    }

    /// Connections of this host to the target, those of processes we may not see too.
    pub fn total(&self) -> usize {
        self.held().len() + self.not_visible + self.nobody
    }

    /// Those with a connection.
    pub fn holding(&self) -> impl Iterator<Item = &Worker> {
        self.all.values().filter(|worker| !worker.held.is_empty())
    }
}

/// What `process` is.
pub fn recognised(process: &Process, processes: &Processes, runtimes: &[Runtime]) -> Worker {
    let runtime = recognise(process, processes, runtimes)
        .cloned()
        .unwrap_or_default();
    let master = runtime.master_of(process, processes).cloned();
    let looked_after = |master: &Process| -> Vec<ProcessId> {
        // The parent of a supervisor's program looks after programs of every kind.
        if runtime.master == MasterIs::Topmost {
            let workers = runtime.workers_of(master, processes);
            workers.iter().map(|worker| worker.id).collect()
        } else {
            Vec::new()
        }
    };
    let siblings = looked_after(master.as_ref().unwrap_or(process));
    let role = if master.is_none() && !siblings.is_empty() {
        Role::Master
    } else {
        Role::Worker
    };
    let unit = runtime.unit(process).or_else(|| {
        let mut units = runtimes.iter().filter_map(|runtime| runtime.unit(process));
        units.next()
    });
    Worker {
        process: process.clone(),
        runtime,
        role,
        master,
        siblings,
        unit,
        held: Vec::new(),
    }
}

fn held(socket: &Socket, snapshot: &SocketsSnapshot) -> Held {
    let activity = socket.activity(snapshot.grain);
    // The server's end, where it is on this host too, may know what ours cannot tell.
    let twin = || {
        let both = ends(socket);
        snapshot
            .sockets
            .iter()
            .find(|other| other.end == End::Server && ends(other) == both)
            .map(|other| other.activity(snapshot.grain))
    };
    let activity = match activity.class {
        Class::Undecided => twin()
            .filter(|twin| twin.class != Class::Undecided)
            .unwrap_or(activity),
        _ => activity,
    };
    Held {
        id: socket.id,
        class: activity.class,
        since: activity.since,
        owners: socket
            .owners
            .known()
            .iter()
            .map(|owner| owner.pid)
            .collect(),
    }
}
