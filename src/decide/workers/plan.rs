//! Who would be signalled with what, and which slots that can be expected to free.
//!
//! Pure. Only idle connections whose every process is expected to end are counted: a busy backend keeps its slot, and
//! a connection that a fork shares with a process that stays is not closed.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

use super::guard::forbidden;
use super::process::{Process, ProcessId, Processes};
use super::runtime::{Ends, Recipe, Respawned, Role, Runtime};
use super::selection::{Selection, Spared};
use super::signal::Signal;
use super::{Held, Worker, Workers};
use crate::decide::confirmation::ConfirmedPlan;
use crate::decide::connection::Counts;
use crate::decide::holder::Holder;
use crate::decide::plan::{Caps, MANY, Plan, Question};
use crate::decide::sockets::SocketId;

/// Below this number of workers "half of them" means nothing.
const SMALL: usize = 4;
/// Why one is spared for which the table has nothing.
const NO_SIGNAL: &str =
    "no signal is known for it as it stands here; give one with --pid and --signal";

/// One process that gets a signal.
#[derive(Debug, Clone)]
pub struct Target {
    /// Who gets it.
    pub process: Process,
    /// What it is.
    pub runtime: Runtime,
    /// As what it gets it.
    pub role: Role,
    /// Who looks after it.
    pub master: Option<Process>,
    /// Its systemd unit or container.
    pub unit: Option<String>,
    /// The signal.
    pub signal: Signal,
    /// What that does; `None`: nobody knows, the operator does.
    pub recipe: Option<Recipe>,
    /// Processes whose end is looked for; of [`Ends::OneWorker`], those of which one will.
    pub ends: Vec<ProcessId>,
    /// Connections that are expected to close.
    pub held: Vec<Held>,
}

/// When to stop before all batches are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Goal {
    /// All batches.
    #[default]
    All,
    /// `--until-free`: so many ordinary slots are free.
    Free(u32),
    /// `--until-answers`: the database admits a login.
    Answers,
}

/// In which steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pace {
    /// Targets a batch.
    pub batch: usize,
    /// Pause between two.
    pub pause: Duration,
    /// How long to wait for those of a batch to go.
    pub wait: Duration,
    /// SIGKILL for workers that are still there after that.
    pub escalate: bool,
    /// When to stop early.
    pub goal: Goal,
}

/// What this host looked like when the plan was made, and in which steps it goes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OnHost {
    /// In which steps.
    pub pace: Pace,
    /// Connections of this host to the target, all together.
    pub held: usize,
    /// Connections whose process this user may not see.
    pub not_visible: usize,
    /// Every process that holds one, or looks after those that do.
    pub holders: BTreeSet<i32>,
}

/// A plan to recycle workers.
pub type RecyclePlan = Plan<Target>;
/// One that somebody agreed to.
pub type ConfirmedRecycle = ConfirmedPlan<Target>;

impl Target {
    /// Whether SIGKILL may follow: only for a worker that was to end itself.
    pub fn may_escalate(&self) -> bool {
        let ends = self.recipe.as_ref().map(|recipe| recipe.ends);
        self.role == Role::Worker && ends.is_none_or(|ends| ends == Ends::Process)
    }

    /// Whether what ends is started again; `None`: not known.
    pub fn respawned(&self) -> Option<Respawned> {
        let respawned = self.recipe.as_ref()?.respawned;
        match (respawned, self.role, &self.master) {
            // Nobody looks after it who could.
            (Respawned::Always, Role::Worker, None) => Some(Respawned::Supervised),
            _ => Some(respawned),
        }
    }
}

impl Plan<Target> {
    /// The targets' connections that close if all goes well.
    pub fn closes(&self) -> Counts {
        self.prediction.classes.unwrap_or_default()
    }

    /// What may go wrong, each once.
    pub fn dangers(&self) -> Vec<String> {
        let mut dangers: Vec<String> = Vec::new();
        let mut add = |text: &str| {
            if !dangers.iter().any(|known| known == text) {
                dangers.push(text.to_owned());
            }
        };
        for target in &self.targets {
            match &target.recipe {
                None => add(&format!(
                    "it is not known what {} does to {}",
                    target.signal.name(),
                    target.runtime.title
                )),
                Some(recipe) => recipe.dangers.iter().for_each(|danger| add(danger)),
            }
        }
        for target in &self.targets {
            target.runtime.dangers.iter().for_each(|danger| add(danger));
        }
        if self.facts.pace.escalate {
            add(
                "SIGKILL does not end a running statement: its backend keeps the slot, and the worker that comes in its place takes another",
            );
        }
        dangers
    }
}

/// Puts a plan together.
pub fn plan(
    endpoint: String,
    pace: Pace,
    workers: &Workers,
    processes: &Processes,
    selection: Selection,
    named: &[i32],
    signal: Option<Signal>,
) -> RecyclePlan {
    let mut targets: Vec<Target> = Vec::new();
    let mut spared = selection.spared;
    let chosen = selection.chosen.len();
    let all = workers
        .holding()
        .filter(|worker| worker.role == Role::Worker)
        .count();
    for worker in selection.chosen {
        let exact = signal.is_some() && named.contains(&worker.process.id.pid);
        let process = worker.process.clone();
        match target(worker, workers, signal, exact) {
            None => spared.push((process, Spared::Instead(NO_SIGNAL.to_owned()))),
            Some(target) => match forbidden(&target.process, processes) {
                Some(why) => spared.push((target.process, Spared::Never(why))),
                None if targets
                    .iter()
                    .any(|known| known.process.id == target.process.id) => {}
                None => targets.push(target),
            },
        }
    }
    let facts = OnHost {
        pace,
        held: workers.total(),
        not_visible: workers.not_visible,
        holders: workers.all.keys().copied().collect(),
    };
    RecyclePlan {
        lane: "workers",
        endpoint,
        prediction: Target::predict(&facts, &targets),
        question: question(&targets, chosen, all),
        targets,
        spared,
        missing: selection.missing,
        caps: Caps::default(),
        wait: pace.wait,
        facts,
    }
}

fn target(worker: Worker, workers: &Workers, typed: Option<Signal>, exact: bool) -> Option<Target> {
    let runtime = worker.runtime;
    let signal = typed.or(runtime.signal)?;
    let other = match runtime.to {
        Role::Worker => Role::Master,
        Role::Master => Role::Worker,
    };
    let known = |role: &Role| runtime.recipe(*role, signal).is_some();
    let role = match exact {
        true => worker.role,
        false => [runtime.to, other]
            .into_iter()
            .find(known)
            .unwrap_or(runtime.to),
    };
    let (process, master) = match (role, worker.master) {
        (Role::Master, Some(master)) if !exact => (master, None),
        (_, master) => (worker.process, master),
    };
    let mut recipe = runtime.recipe(role, signal).cloned();
    if let (Role::Worker, Some(master), Some(text), Some(recipe)) =
        (role, &master, &runtime.without_master, &mut recipe)
        && works_too(master, workers)
    {
        recipe.respawned = Respawned::Never;
        recipe.dangers.push(text.clone());
    }
    let about_workers = |recipe: &Recipe| matches!(recipe.ends, Ends::Workers | Ends::OneWorker);
    if recipe.as_ref().is_some_and(about_workers) && worker.siblings.is_empty() {
        // It stands alone: there is nobody whose end could be seen.
        return None;
    }
    let ends = match recipe
        .as_ref()
        .map(|recipe| recipe.ends)
        .unwrap_or_default()
    {
        // A master's workers end with it.
        Ends::Process if role == Role::Master => {
            let mut ends = vec![process.id];
            ends.extend(&worker.siblings);
            ends
        }
        Ends::Process => vec![process.id],
        Ends::Workers | Ends::OneWorker => worker.siblings,
        Ends::Nothing => Vec::new(),
    };
    let of = |id: &ProcessId| workers.all.get(&id.pid).map(|worker| worker.held.clone());
    let one = recipe
        .as_ref()
        .is_some_and(|recipe| recipe.ends == Ends::OneWorker);
    let held = if one {
        // The master chooses: no more is counted on than the least that any of them would free.
        ends.iter()
            .map(|id| of(id).unwrap_or_default())
            .min_by_key(|held| Counts::of(held).idle)
            .unwrap_or_default()
    } else {
        ends.iter().filter_map(of).flatten().collect()
    };
    Some(Target {
        process,
        runtime,
        role,
        master,
        unit: worker.unit,
        signal,
        recipe,
        ends,
        held,
    })
}

/// Whether `master` holds a connection that none of its workers has open.
fn works_too(master: &Process, workers: &Workers) -> bool {
    let pid = master.id.pid;
    workers.all.get(&pid).is_some_and(|master| {
        let mut held = master.held.iter();
        held.any(|held| held.owners.iter().all(|owner| *owner == pid))
    })
}

/// What closes, and how many connections stay because somebody else has them open too.
pub(super) fn closes(targets: &[Target], holders: &BTreeSet<i32>) -> (Counts, usize) {
    let ending: HashSet<i32> = targets
        .iter()
        .flat_map(|target| target.ends.iter().map(|id| id.pid))
        .collect();
    let mut by_id: HashMap<SocketId, &Held> = HashMap::new();
    for held in targets.iter().flat_map(|target| &target.held) {
        by_id.insert(held.id, held);
    }
    // Owners that have ended since hold nothing any more.
    let stays = |held: &&Held| {
        let mut owners = held.owners.iter();
        owners.any(|pid| !ending.contains(pid) && holders.contains(pid))
    };
    let (shared, closing): (Vec<&Held>, Vec<&Held>) = by_id.into_values().partition(stays);
    (Counts::of(closing), shared.len())
}

fn question(targets: &[Target], chosen: usize, all: usize) -> Question {
    let count = targets.len();
    if count > MANY {
        return Question::Number(count, "more than 10 processes");
    }
    if targets.iter().any(|target| target.role == Role::Master) {
        return Question::Number(count, "for a master, and so for all its workers");
    }
    if all >= SMALL && chosen * 2 >= all {
        return Question::Number(count, "at least half of the workers");
    }
    Question::YesNo
}

/// Whether `now` is still the process `target` was chosen as; the error is what has changed.
pub fn still_the_same(target: &Target, now: &Process) -> Result<(), String> {
    let then = &target.process;
    if now.parent != then.parent {
        return Err(format!(
            "its parent was {} and is {} now",
            then.parent, now.parent
        ));
    }
    // Titles count jobs and name states; a title of the same kind is the same program.
    let same_kind = target
        .runtime
        .command
        .as_ref()
        .is_some_and(|expression| expression.is_match(&now.command));
    if now.command != then.command && !same_kind {
        return Err("it runs another program now".to_owned());
    }
    Ok(())
}
