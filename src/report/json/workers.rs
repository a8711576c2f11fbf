//! `breakglass/workers/1`, `breakglass/workers-recycle/1` and `breakglass/workers-via/1`.
//!
//! Stage: report. The record uses the same form of a target.

use serde_json::{Value, json};

use super::seconds;
use crate::decide::connection::Counts;
use crate::decide::outcome::Stopped;
use crate::decide::plan::Question;
use crate::decide::workers::Worker;
use crate::decide::workers::outcome::Look;
use crate::decide::workers::plan::Target;
use crate::decide::workers::process::Process;
use crate::decide::workers::runtime::Role;
use crate::report::workers::via::ViaView;
use crate::report::workers::{RecycleView, WorkersView, role};

fn process(process: &Process) -> Value {
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

fn look(look: &Look) -> Value {
    json!({ "connections": look.held, "ordinary_free": look.free, "answers": look.answers })
}

fn question(question: Question) -> Value {
    match question {
        Question::YesNo => json!({ "type": "yes" }),
        Question::Number(count, why) => json!({ "type": count.to_string(), "because": why }),
    }
}

/// The document of `breakglass workers recycle`.
pub fn recycle(view: &RecycleView<'_>) -> Value {
    let plan = view.plan;
    let targets: Vec<Value> = match view.verified {
        None => plan.targets.iter().map(target).collect(),
        Some(verified) => verified
            .targets
            .iter()
            .map(|done| {
                with(
                    target(&done.holder),
                    json!({
                        "outcome": done.outcome.name(),
                        "detail": done.sentence(),
                        "killed": done.escalated,
                        "after_seconds": seconds(Some(done.after)),
                    }),
                )
            })
            .collect(),
    };
    let spared: Vec<Value> = plan
        .spared
        .iter()
        .map(|(process, reason)| {
            json!({
                "pid": process.id.pid,
                "start_ticks": process.id.started,
                "command": process.command,
                "reason": reason.name(),
                "sentence": reason.sentence(),
            })
        })
        .collect();
    let stopped = |stopped: &Stopped| match stopped {
        Stopped::Finished => json!({ "why": "finished", "detail": null }),
        Stopped::Goal => json!({ "why": "goal", "detail": null }),
        Stopped::Worse(how) => json!({ "why": "worse", "detail": how }),
        Stopped::Interrupted => json!({ "why": "interrupted", "detail": null }),
        Stopped::Blind(how) => json!({ "why": "no-look", "detail": how }),
    };
    json!({
        "format": super::format("workers-recycle"),
        "dry_run": view.dry_run,
        "exit_code": view.exit_code,
        "ending": view.verified.map(|verified| verified.ending().name()),
        "plan": {
            "endpoint": plan.endpoint,
            "connections": plan.facts.held,
            "not_visible": plan.facts.not_visible,
            "frees": plan.frees(),
            "closes": counts(plan.closes()),
            "shared": plan.prediction.shared,
            "missing": plan.missing,
            "spared": spared,
            "dangers": plan.dangers(),
            "batch": plan.facts.pace.batch,
            "pause_seconds": seconds(Some(plan.facts.pace.pause)),
            "wait_seconds": seconds(Some(plan.facts.pace.wait)),
            "escalate": plan.facts.pace.escalate,
            "question": question(plan.question),
        },
        "targets": targets,
        "stopped": view.verified.map(|verified| stopped(&verified.stopped)),
        "looks": view.verified.map(|verified| verified.aftermath.looks.iter().map(look).collect::<Vec<_>>()),
        "closed": view.verified.and_then(|verified| verified.aftermath.closed),
        "new": view.verified.and_then(|verified| verified.aftermath.new),
    })
}

/// The document of `breakglass workers recycle --via`.
pub fn via(view: &ViaView<'_>) -> Value {
    let plan = view.plan;
    let recycler = plan.targets.first();
    let done = view.verified.and_then(|verified| verified.targets.first());
    let sight = done.and_then(|done| done.sight.as_ref());
    let after = view.verified.and_then(|verified| verified.aftermath);
    json!({
        "format": super::format("workers-via"),
        "dry_run": view.dry_run,
        "exit_code": view.exit_code,
        "ending": view.verified.map(|verified| verified.ending().name()),
        "plan": {
            "endpoint": plan.endpoint,
            "recycler": recycler.map(|one| &one.name),
            "command": recycler.map(|one| &one.command),
            "timeout_seconds": seconds(recycler.map(|one| one.timeout)),
            "frees": recycler.and_then(|one| one.frees),
            "before": look(&plan.facts.look),
            "dangers": recycler.map(|one| one.dangers()),
            "question": question(plan.question),
        },
        "outcome": done.map(|done| done.word()),
        "detail": done.map(|done| done.sentence()),
        "after_seconds": seconds(sight.map(|sight| sight.took)),
        "closed": sight.and_then(|sight| sight.freed),
        "after": after.as_ref().map(look),
    })
}
