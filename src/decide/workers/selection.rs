//! Which workers the operator meant, and which of those are left alone.
//!
//! Pure. What a flag asks is in [`crate::decide::filters`].

use std::cmp::Reverse;

use super::guard::{Forbidden, forbidden};
use super::process::{Process, Processes};
use super::runtime::Role;
use super::signal::Signal;
use super::{Worker, Workers};
use crate::decide::criteria::{Criteria, Subject, Verdict};

/// What a worker's connections are doing, all together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum State {
    /// All are idle.
    Idle,
    /// The server works for one of them.
    Busy,
    /// Nothing is busy, and for one it cannot be told.
    Undecided,
}

words!(all State);

impl State {
    /// Of `worker`.
    pub fn of(worker: &Worker) -> Self {
        let counts = worker.counts();
        if counts.busy > 0 {
            Self::Busy
        } else if counts.undecided > 0 {
            Self::Undecided
        } else {
            Self::Idle
        }
    }
}

impl Subject for Worker {
    type Look<'a> = ();
    type State = State;
    const STATES: &'static [State] = State::ALL;

    fn word(state: State) -> &'static str {
        state.name()
    }
}

/// How many of those that match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cut {
    /// `--oldest`: only so many, those that run longest.
    pub oldest: Option<usize>,
    /// `--limit`: at most so many, the least harmful first.
    pub limit: Option<usize>,
}

/// Why one that matched is left alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Spared {
    /// Nobody may.
    #[strum(transparent)]
    Never(Forbidden),
    /// It looks after others: what is sent to workers would stop the service.
    Master,
    /// No signal helps; what to do instead.
    #[strum(serialize = "no-signal")]
    Instead(String),
    /// It holds no connection to the target.
    HoldsNothing,
    /// This filter cannot be judged for it.
    CannotJudge(&'static str),
    /// `--oldest` stops before it.
    NotOldest,
    /// `--limit` stops before it.
    OverLimit,
}

words!(Spared);

impl Spared {
    /// For a person, after "spared:".
    pub fn sentence(&self) -> String {
        match self {
            Self::Never(why) => why.sentence().to_owned(),
            Self::Master => {
                "looks after others: what is sent to workers would stop the service".to_owned()
            }
            Self::Instead(text) => text.clone(),
            Self::HoldsNothing => "holds no open connection to the target".to_owned(),
            Self::CannotJudge(flag) => {
                format!("{flag} cannot be judged: which end spoke last is within the clock's grain")
            }
            Self::NotOldest => "not among the longest running (--oldest)".to_owned(),
            Self::OverLimit => "beyond --limit".to_owned(),
        }
    }

    /// Spared for what it is, not because the operator drew the line before it.
    pub fn protects(&self) -> bool {
        !matches!(self, Self::NotOldest | Self::OverLimit)
    }
}

/// Chosen workers, and spared ones.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// In order: the least harmful first.
    pub chosen: Vec<Worker>,
    /// With the reason.
    pub spared: Vec<(Process, Spared)>,
    /// PIDs asked for that no process has.
    pub missing: Vec<i32>,
}

/// Chooses. `signal` is the operator's, if there is one.
pub fn select(
    workers: &Workers,
    processes: &Processes,
    recognise: impl Fn(&Process) -> Worker,
    criteria: &Criteria<Worker>,
    cut: Cut,
    signal: Option<Signal>,
) -> Selection {
    let mut selection = Selection::default();
    let named: &Vec<i32> = &criteria.pids().collect();
    let mut candidates: Vec<Worker> = workers.holding().cloned().collect();
    for pid in named {
        if candidates
            .iter()
            .any(|worker| worker.process.id.pid == *pid)
        {
            continue;
        }
        match (workers.all.get(pid), processes.get(*pid)) {
            (Some(worker), _) => candidates.push(worker.clone()),
            (None, Some(process)) => candidates.push(recognise(process)),
            (None, None) => selection.missing.push(*pid),
        }
    }
    let mut chosen = Vec::new();
    for worker in candidates {
        let reason = match criteria.judge(&worker, ()) {
            Verdict::No => continue,
            Verdict::Unknown(flag) => Some(Spared::CannotJudge(flag)),
            Verdict::Yes => spared(&worker, processes, workers, named, signal),
        };
        match reason {
            Some(reason) => selection.spared.push((worker.process, reason)),
            None => chosen.push(worker),
        }
    }
    let mut keep = |chosen: &mut Vec<Worker>, most: Option<usize>, reason: &Spared| {
        let beyond = chosen.split_off(most.unwrap_or(usize::MAX).min(chosen.len()));
        let spared = beyond
            .into_iter()
            .map(|worker| (worker.process, reason.clone()));
        selection.spared.extend(spared);
    };
    chosen.sort_by_key(|worker| (Reverse(worker.process.age), worker.process.id));
    keep(&mut chosen, cut.oldest, &Spared::NotOldest);
    chosen.sort_by_key(|worker| {
        let counts = worker.counts();
        (
            counts.busy,
            counts.undecided,
            Reverse(worker.idle_since()),
            Reverse(counts.idle),
            worker.process.id,
        )
    });
    keep(&mut chosen, cut.limit, &Spared::OverLimit);
    selection.chosen = chosen;
    selection
}

/// Why `worker` is left alone, if it is.
fn spared(
    worker: &Worker,
    processes: &Processes,
    workers: &Workers,
    named: &[i32],
    signal: Option<Signal>,
) -> Option<Spared> {
    if let Some(why) = forbidden(&worker.process, processes) {
        return Some(Spared::Never(why));
    }
    if let Some(instead) = &worker.runtime.instead {
        return Some(Spared::Instead(instead.clone()));
    }
    let by_name = named.contains(&worker.process.id.pid) && signal.is_some();
    if worker.role == Role::Master && worker.runtime.to == Role::Worker && !by_name {
        return Some(Spared::Master);
    }
    // A connection that the server has closed holds no slot any more: nothing would come back for it.
    let open = |worker: &Worker| {
        let counts = worker.counts();
        counts.idle + counts.busy + counts.undecided > 0
    };
    let holds = open(worker)
        || worker
            .siblings
            .iter()
            .any(|id| workers.all.get(&id.pid).is_some_and(open));
    (!holds).then_some(Spared::HoldsNothing)
}
