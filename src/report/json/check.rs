//! `breakglass/check/1`: the verdict of `check` and the numbers behind it.
//!
//! Stage: report.

use serde_json::{Value, json};

use crate::decide::check::projection::Projection;
use crate::decide::check::{OwnLimit, Samples};
use crate::report::check::CheckView;
use crate::report::duration::{rfc3339, seconds};

/// The document of `breakglass check --format json`.
pub fn check(view: &CheckView<'_>) -> Value {
    let (measured, question, verdict) = (view.measured, view.question, view.verdict);
    let refusals: Vec<Value> = measured
        .refusals
        .iter()
        .map(|it| {
            json!({ "lane": it.lane, "variant": it.variant, "exhaustion": it.exhaustion, "what": it.what })
        })
        .collect();
    let numbers = verdict.numbers.as_ref().map(|numbers| {
        let slots = numbers.ordinary;
        let limits: Vec<Value> = numbers.limits.iter().map(own_limit).collect();
        let states: serde_json::Map<String, Value> = numbers
            .states
            .iter()
            .map(|(state, count)| ((*state).to_owned(), json!(count)))
            .collect();
        let oldest = numbers.oldest_idle_in_transaction.as_ref().map(|(session, age)| {
            json!({
                "seconds": seconds(*age),
                "pid": session.id.pid,
                "role": session.user,
                "application": session.application,
                "database": session.database,
            })
        });
        json!({
            "ordinary": { "total": slots.total, "used": slots.used, "free": slots.free },
            "formula": numbers.formula,
            "limits": limits,
            "states": states,
            "oldest_idle_in_transaction": oldest,
            "waiting": numbers.waiting,
            "authenticating": numbers.authenticating,
            "hidden": numbers.hidden,
            "counted": question.counted.zip(numbers.counted).map(|(counted, count)| {
                json!({ "state": counted.name(), "for_seconds": seconds(counted.age()), "count": count })
            }),
        })
    });
    let samples = match &measured.samples {
        Samples::None => Value::Null,
        Samples::Unreadable(sentence) => json!({ "unreadable": sentence }),
        Samples::Known { age, projection } => json!({
            "last_age_seconds": seconds(*age),
            "full_in_seconds": match projection {
                Projection::FullIn(time) => Some(seconds(*time)),
                Projection::TooFew | Projection::NotWithinADay => None,
            },
            "projection": match projection {
                Projection::TooFew => "too-few-samples",
                Projection::NotWithinADay => "not-within-a-day",
                Projection::FullIn(_) => "full",
            },
        }),
    };
    json!({
        "format": super::format("check"),
        "at": rfc3339(measured.at),
        "server": measured.server,
        "status": verdict.status.name(),
        "exit_code": verdict.status.number(),
        "reasons": verdict.reasons,
        "lane": measured.lane,
        "took_seconds": seconds(measured.took),
        "thresholds": {
            "warning": question.thresholds.warning.map(|it| it.to_string()),
            "critical": question.thresholds.critical.map(|it| it.to_string()),
        },
        "refusals": refusals,
        "failure": measured.failure,
        "numbers": numbers,
        "samples": samples,
    })
}

fn own_limit(limit: &OwnLimit) -> Value {
    json!({ "of": limit.of, "name": limit.name, "used": limit.used, "limit": limit.limit })
}
