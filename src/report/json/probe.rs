//! `breakglass/probe/1`: one new connection, step by step.
//!
//! Stage: report.

use serde_json::{Value, json};

use crate::report::duration::seconds;
use crate::report::probe::ProbeView;

/// The document of `breakglass probe --format json`.
pub fn probe(view: &ProbeView<'_>) -> Value {
    let (trial, verdict) = (view.trial, view.verdict);
    let steps: Vec<Value> = verdict
        .steps
        .iter()
        .map(|step| {
            json!({
                "step": step.name,
                "verdict": step.word.name(),
                "seconds": step.took.map(seconds),
            })
        })
        .collect();
    json!({
        "format": super::format("probe"),
        "verdict": verdict.word.name(),
        "endpoint": trial.endpoint,
        "role": trial.role,
        "superuser": trial.facts.map(|it| it.superuser),
        "reserved": trial.facts.map(|it| it.reserved),
        "read_only": trial.facts.map(|it| it.read_only),
        "slot": trial.slot.map(|it| it.name()),
        "took_seconds": seconds(trial.took),
        "steps": steps,
        "why": verdict.why,
        "runbook": trial.runbook.map(|it| it.name()),
        "http": view.http.map(|(url, compared)| {
            json!({ "url": url, "agrees": compared.agrees, "sentence": compared.sentence })
        }),
    })
}
