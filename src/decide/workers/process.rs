//! A process as `/proc` shows it, and all of them with who started whom.
//!
//! Pure. Names and command lines are untrusted.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

/// A process, recognisable across two looks: a PID is given again, with another start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProcessId {
    /// As this host counts.
    pub pid: i32,
    /// When it started, in the kernel's ticks since boot.
    pub started: u64,
}

/// One process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Which.
    pub id: ProcessId,
    /// Who started it, or who looks after it since that one ended.
    pub parent: i32,
    /// Effective user.
    pub uid: u32,
    /// `comm`
    pub name: String,
    /// The command line, arguments separated by blanks; empty for the kernel's own threads.
    pub command: String,
    /// What `/proc/PID/cgroup` says.
    pub cgroup: String,
    /// One of the kernel's own threads.
    pub kernel: bool,
    /// How long it has run.
    pub age: Duration,
}

/// Every process of this host, and which of them are ours.
#[derive(Debug, Clone, Default)]
pub struct Processes {
    /// By PID.
    pub all: BTreeMap<i32, Process>,
    /// Our own process, whose connections are no worker's.
    pub own: i32,
    /// It and those it was started by: the shell, sshd.
    pub ourselves: HashSet<i32>,
}

impl Processes {
    /// The process that has this PID now.
    pub fn get(&self, pid: i32) -> Option<&Process> {
        self.all.get(&pid)
    }

    /// Whether that very process is there.
    pub fn has(&self, id: ProcessId) -> bool {
        self.get(id.pid).is_some_and(|process| process.id == id)
    }

    /// The processes `pid` looks after.
    pub fn children(&self, pid: i32) -> impl Iterator<Item = &Process> {
        self.all
            .values()
            .filter(move |process| process.parent == pid)
    }
}
