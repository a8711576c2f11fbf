//! What is known of a kind of program: how to recognise it, who its master is, what a signal does to it.
//!
//! Pure. The knowledge itself is data, in a file beside the configuration's; here is only what it can say.

use std::collections::BTreeMap;
use std::time::Duration;

use regex::Regex;

use super::process::{Process, Processes};
use super::signal::Signal;

/// A kind of program.
#[derive(Debug, Clone, Default)]
pub struct Runtime {
    /// The word in `--runtime` and in the configuration.
    pub name: String,
    /// Its name for a person.
    pub title: String,
    /// Found in its own command line.
    pub command: Option<Regex>,
    /// Found in its parent's.
    pub parent: Option<Regex>,
    /// Found in its cgroup; the first group is the unit's name.
    pub cgroup: Option<Regex>,
    /// Who the master of a worker is.
    pub master: MasterIs,
    /// Whom recycling signals.
    pub to: Role,
    /// With what; `None`: no signal helps.
    pub signal: Option<Signal>,
    /// What to do where no signal helps.
    pub instead: Option<String>,
    /// Shown where the highest process holds connections of its own: it works too, and starts nobody again. `None`: one
    /// that does is a master all the same.
    pub without_master: Option<String>,
    /// Shown with every plan.
    pub dangers: Vec<String>,
    /// What a signal does to a worker.
    pub worker: BTreeMap<Signal, Recipe>,
    /// What it does to the master.
    pub of_master: BTreeMap<Signal, Recipe>,
}

/// How a worker's master is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MasterIs {
    /// The highest of its ancestors, without a gap, that is of the same runtime.
    Topmost,
    /// Its parent.
    Parent,
    /// There is none.
    #[default]
    Itself,
}

/// What a process is to its runtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Role {
    /// It has a master, or stands alone.
    #[default]
    Worker,
    /// It has workers.
    Master,
}

/// What a signal does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recipe {
    /// Why this one.
    pub why: String,
    /// What happens to what is running.
    pub requests: String,
    /// Which processes end.
    pub ends: Ends,
    /// Whether they come back.
    pub respawned: Respawned,
    /// How long it takes when nothing is busy.
    pub takes: Duration,
    /// Shown with a plan that sends it.
    pub dangers: Vec<String>,
}

/// Which processes a signal ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Ends {
    /// The one that gets it.
    #[default]
    Process,
    /// All workers of the master that gets it.
    Workers,
    /// One of them, the master chooses which.
    OneWorker,
    /// None.
    Nothing,
}

words!(Ends);

/// Whether what ended is started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Respawned {
    /// By its master.
    Always,
    /// If somebody looks after it: systemd, a supervisor, a container's platform.
    #[default]
    Supervised,
    /// No.
    Never,
}

words!(Respawned);

impl Runtime {
    /// The earlier it is to be tried, the lower: what says most about a process goes first.
    fn rank(&self) -> (bool, bool, bool) {
        (
            self.command.is_none(),
            self.parent.is_none(),
            self.cgroup.is_none(),
        )
    }

    /// Whether `process` is of this runtime.
    pub fn is(&self, process: &Process, processes: &Processes) -> bool {
        let own = |expression: &Regex| expression.is_match(&process.command);
        let parents = |expression: &Regex| {
            processes
                .get(process.parent)
                .is_some_and(|parent| expression.is_match(&parent.command))
        };
        let group = |expression: &Regex| expression.is_match(&process.cgroup);
        self.command.as_ref().is_none_or(own)
            && self.parent.as_ref().is_none_or(parents)
            && self.cgroup.as_ref().is_none_or(group)
    }

    /// What `signal` does to a process in `role`, if that is known.
    pub fn recipe(&self, role: Role, signal: Signal) -> Option<&Recipe> {
        match role {
            Role::Worker => &self.worker,
            Role::Master => &self.of_master,
        }
        .get(&signal)
    }

    /// Which systemd unit or container `process` is in, if this runtime is one.
    pub fn unit(&self, process: &Process) -> Option<String> {
        let found = self.cgroup.as_ref()?.captures(&process.cgroup)?;
        found.get(1).map(|unit| unit.as_str().to_owned())
    }

    /// Its master among `processes`; `None` when it has none or is the master itself.
    pub fn master_of<'a>(
        &self,
        process: &Process,
        processes: &'a Processes,
    ) -> Option<&'a Process> {
        match self.master {
            MasterIs::Itself => None,
            MasterIs::Parent => processes.get(process.parent),
            MasterIs::Topmost => {
                let mut master = None;
                let mut seen = vec![process.id.pid];
                let mut next = processes.get(process.parent);
                while let Some(parent) = next {
                    if seen.contains(&parent.id.pid) || !self.is(parent, processes) {
                        break;
                    }
                    seen.push(parent.id.pid);
                    master = Some(parent);
                    next = processes.get(parent.parent);
                }
                master
            }
        }
    }

    /// The workers of `master`.
    pub fn workers_of<'a>(&self, master: &Process, processes: &'a Processes) -> Vec<&'a Process> {
        if self.master == MasterIs::Itself {
            return Vec::new();
        }
        let children = processes.children(master.id.pid);
        children
            .filter(|child| child.id.pid != master.id.pid && self.is(child, processes))
            .collect()
    }
}

/// The order in which `runtimes` are tried.
pub fn sort(runtimes: &mut [Runtime]) {
    runtimes.sort_by(|one, other| (one.rank(), &one.name).cmp(&(other.rank(), &other.name)));
}

/// The runtime of `process`: the first that it is of.
pub fn recognise<'a>(
    process: &Process,
    processes: &Processes,
    runtimes: &'a [Runtime],
) -> Option<&'a Runtime> {
    runtimes
        .iter()
        .find(|runtime| runtime.is(process, processes))
}
