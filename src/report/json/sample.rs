//! `breakglass/sample/1`: the sample that was appended.
//!
//! Stage: report. Not `breakglass/record/1`, which is a line of the record.

use serde_json::{Value, json};

use crate::report::duration::rfc3339;
use crate::report::sample::SampleView;

/// The document of `breakglass record --format json`.
pub fn sample(view: &SampleView<'_>) -> Value {
    let sample = view.sample;
    let counts = sample.counts.as_ref().map(|counts| {
        let held: Vec<Value> = counts
            .held
            .iter()
            .map(|(holders, count)| {
                json!({
                    "role": holders.role,
                    "superuser": holders.superuser,
                    "application": holders.application,
                    "database": holders.database,
                    "state": holders.state,
                    "count": count,
                })
            })
            .collect();
        let slots = counts.capacity().ordinary;
        json!({
            "used": counts.used,
            "ordinary": { "total": slots.total, "used": slots.used, "free": slots.free },
            "max_connections": counts.limits.max_connections,
            "walsenders": counts.walsenders,
            "hidden": counts.hidden,
            "held": held,
        })
    });
    let refusal = sample.refusal.as_ref().map(|refusal| {
        json!({ "lane": refusal.lane, "variant": refusal.variant, "exhaustion": refusal.exhaustion })
    });
    json!({
        "format": super::format("sample"),
        "at": rfc3339(sample.at),
        "server": view.server,
        "file": view.file,
        "counts": counts,
        "refused": refusal,
        "samples": view.kept,
        "removed": view.removed,
    })
}
