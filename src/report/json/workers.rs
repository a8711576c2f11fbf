//! `breakglass/workers/1`, and a worker as a target of an act.
//!
//! Stage: report. The record uses the same form of a target.

use serde_json::{Value, json};

use super::seconds;
use crate::decide::connection::Counts;
use crate::decide::workers::Worker;
use crate::decide::workers::outcome::Look;
use crate::decide::workers::plan::Target;
use crate::decide::workers::process::Process;
use crate::decide::workers::runtime::Role;
use crate::report::workers::{WorkersView, role};

/// A process.
pub fn process(process: &Process) -> Value {
    json!({
        "pid": process.id.pid,
        "start_ticks": process.id.started,
        "parent_pid": process.parent,
        "uid": process.uid,
        "name": process.name,
        "command": process.command,
        "running_seconds": seconds(Some(process.age)),
    })
}

fn counts(counts: Counts) -> Value {
    json!({
        "total": counts.total(),
        "idle": counts.idle,
        "busy": counts.busy,
        "undecided": counts.undecided,
        "closing": counts.closing,
    })
}

fn with(mut value: Value, more: Value) -> Value {
    if let (Value::Object(fields), Value::Object(more)) = (&mut value, more) {
        fields.extend(more);
    }
    value
}

fn worker(worker: &Worker) -> Value {
    with(
        process(&worker.process),
        json!({
            "runtime": worker.runtime.name,
            "role": role(worker),
            "master_pid": worker.master.as_ref().map(|master| master.id.pid),
            "unit": worker.unit,
            "connections": counts(worker.counts()),
            "state_seconds": seconds(worker.since()),
        }),
    )
}

/// The document of `breakglass workers`.
pub fn workers(view: &WorkersView<'_>) -> Value {
    let all = view.workers;
    json!({
        "format": super::format("workers"),
        "endpoint": view.endpoint,
        "connections": all.total(),
        "not_visible": all.not_visible,
        "without_process": all.nobody,
        "workers": view.rows.iter().map(|row| worker(row)).collect::<Vec<_>>(),
    })
}

/// A target, for the plan and the record.
pub fn target(target: &Target) -> Value {
    with(
        process(&target.process),
        json!({
            "runtime": target.runtime.name,
            "role": match target.role {
                Role::Worker => "worker",
                Role::Master => "master",
            },
            "master_pid": target.master.as_ref().map(|master| master.id.pid),
            "unit": target.unit,
            "signal": target.signal.name(),
            "ends": target.recipe.as_ref().map(|recipe| recipe.ends.name()),
            "respawned": target.respawned().map(|respawned| respawned.name()),
            "connections": counts(Counts::of(&target.held)),
        }),
    )
}

/// What a look saw.
pub fn look(look: &Look) -> Value {
    json!({ "connections": look.held, "ordinary_free": look.free, "answers": look.answers })
}
