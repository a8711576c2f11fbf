//! Which fences of ours stand on this server, and a line on stderr about it with every command.
//!
//! Stage: right after the lane was opened, or failed to. Reading the record costs one pass over a file; whatever is
//! wrong with it is said and stops nobody.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use crate::decide::advice::{Step, shell_line};
use crate::decide::fence::{Kind, Standing};
use crate::decide::snapshot::Snapshot;
use crate::observe::fence::system_identifier;
use crate::record::{self, fences};
use crate::report::{fence as report, sanitize};
use crate::stages::Context;
use crate::stages::context::Way;

/// More than this are counted, not told.
const TOLD: usize = 1;

/// The fences that are known to stand on the server of this run, shared by everything the run starts.
#[derive(Debug, Clone, Default)]
pub struct StandingFences(Arc<Mutex<Vec<Standing>>>);

impl StandingFences {
    /// Those known so far.
    pub fn get(&self) -> Vec<Standing> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn set(&self, standing: Vec<Standing>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = standing;
    }

    /// This one does not stand any more.
    pub fn remove(&self, id: &str) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|fence| fence.id != id);
    }

    /// One more has been put up.
    pub fn add(&self, fence: Standing) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(fence);
    }
}

/// Where the record is; `None` when nothing says so.
pub fn path(context: &Context) -> Option<PathBuf> {
    let variable = |name: &str| context.environment.variables.get(name).cloned();
    record::location(nix::unistd::geteuid().is_root(), variable)
}

/// What the record says; what is wrong with it is said on stderr.
pub fn recorded(context: &Context) -> Vec<Standing> {
    let Some(path) = path(context) else {
        return Vec::new();
    };
    let shown = path.display().to_string();
    let warn = |what: String| {
        let text = sanitize::one_line(&what);
        context
            .terminal
            .say(&format!("breakglass: warning: {text}\n"));
    };
    match fences::read(&path) {
        Ok(read) => {
            if read.broken > 0 {
                warn(format!(
                    "{} about fences cannot be read in {shown}; a fence may stand that is not listed",
                    crate::report::page::plural(read.broken, "line")
                ));
            }
            read.standing
        }
        Err(error) => {
            warn(format!(
                "cannot read which fences stand from {shown}: {error}"
            ));
            Vec::new()
        }
    }
}

/// Finds the fences that stand here and says so, in one line. Without a `way` the target's address decides. A pool is
/// told of everywhere: which servers its pooler leads to, the pooler alone knows, in words of its own.
pub fn remind(context: &Context, way: Option<&mut Way>) {
    let recorded = recorded(context);
    if recorded.is_empty() {
        return;
    }
    let here: Vec<Standing> = match way {
        Some(way) => {
            let endpoint = way.database.lane().greeting().endpoint.clone();
            // An address may have another name, or lead elsewhere by now; asked only where there is something to ask for.
            let (lane, limit) = way.database.statement();
            let identifier = system_identifier(lane, limit).ok().flatten();
            recorded
                .into_iter()
                .filter(|fence| is_pool(fence) || fence.is_on(&endpoint, identifier.as_deref()))
                .collect()
        }
        None => {
            let endpoints = context.target().map(|target| target.endpoints);
            let labels: Vec<String> = endpoints
                .iter()
                .flatten()
                .map(|endpoint| endpoint.label())
                .collect();
            let is_on = |fence: &Standing| labels.iter().any(|label| fence.is_on(label, None));
            recorded
                .into_iter()
                .filter(|fence| is_pool(fence) || is_on(fence))
                .collect()
        }
    };
    if let Some(first) = here.first() {
        let line = if here.len() > TOLD {
            let list = context.line(&step(&["--list"]));
            format!(
                "{} fences stand on this server{}; see: {}",
                here.len(),
                if here.iter().any(is_pool) {
                    " or in poolers"
                } else {
                    ""
                },
                sanitize::line(&list)
            )
        } else {
            report::reminder(first, age(first), &undo_line(context, first))
        };
        context.terminal.say(&format!("breakglass: {line}\n"));
    }
    context.standing.set(here);
}

/// Those on the server that `way` leads to.
pub fn here(context: &Context, way: &Way, snapshot: &Snapshot) -> Vec<Standing> {
    let endpoint = way.database.lane().greeting().endpoint.clone();
    let identifier = snapshot.server.system_identifier.as_deref();
    recorded(context)
        .into_iter()
        .filter(|fence| fence.is_on(&endpoint, identifier))
        .collect()
}

fn is_pool(fence: &Standing) -> bool {
    fence.subject.kind == Kind::Pool
}

/// The command that undoes it, with the connection flags that were typed when it was put up.
pub fn recorded_undo_line(fence: &Standing) -> String {
    let mut words = vec!["breakglass".to_owned(), "fence".to_owned()];
    words.extend(fence.connection.iter().cloned());
    words.extend(["--undo".to_owned(), fence.id.clone()]);
    shell_line(&words)
}

/// The command that undoes it, with the connection flags of this run; a pool's with those that lead to its pooler.
pub fn undo_line(context: &Context, fence: &Standing) -> String {
    if is_pool(fence) {
        return recorded_undo_line(fence);
    }
    context.line(&step(&["--undo", &fence.id]))
}

/// `fence` with these words.
pub fn step(words: &[&str]) -> Step {
    let words = std::iter::once("fence").chain(words.iter().copied());
    Step {
        words: words.map(str::to_owned).collect(),
        why: String::new(),
    }
}

/// For how long it has stood, by this machine's clock.
pub fn age(fence: &Standing) -> Option<Duration> {
    let since = humantime::parse_rfc3339(&fence.since).ok()?;
    SystemTime::now().duration_since(since).ok()
}
