//! The plugin's output: one line, performance data after a bar, and more lines for whoever looks closer.
//!
//! Stage: report. Text of the server passes through [`sanitize`]; a bar in it would begin performance data, so it
//! becomes a broken one.

use super::CheckView;
use crate::decide::check::projection::Projection;
use crate::decide::check::threshold::Threshold;
use crate::decide::check::{Counted, Numbers, OwnLimit, Samples, Status};
use crate::report::{duration, sanitize};

/// What the service is called in its line.
const SERVICE: &str = "CONNECTIONS";

/// The whole output.
pub fn output(view: &CheckView<'_>) -> String {
    let verdict = view.verdict;
    let mut line = format!("{SERVICE} {} - ", verdict.status.name());
    match (verdict.reasons.first(), &verdict.numbers) {
        (Some(reason), _) => line.push_str(&clean(reason)),
        (None, Some(numbers)) => line.push_str(&calm(numbers, view.question.counted)),
        (None, None) => line.push_str("nothing was measured"),
    }
    if let Some(numbers) = &verdict.numbers {
        line.push_str(" | ");
        line.push_str(&performance(view, numbers).join(" "));
    }
    line.push('\n');
    for reason in verdict.reasons.iter().skip(1) {
        line.push_str(&format!("{}\n", clean(reason)));
    }
    for more in details(view) {
        line.push_str(&format!("{}\n", clean(&more)));
    }
    line
}

/// Wrong use of the command line, as a plugin says it.
pub fn wrong_use(sentence: &str) -> String {
    format!(
        "{SERVICE} {} - {}\n",
        Status::Unknown.name(),
        clean(sentence)
    )
}

fn clean(text: &str) -> String {
    sanitize::one_line(text).replace('|', "\u{a6}")
}

fn calm(numbers: &Numbers, counted: Option<Counted>) -> String {
    let slots = numbers.ordinary;
    match (counted, numbers.counted) {
        (Some(counted), Some(count)) => format!(
            "{count} sessions {} for {}",
            counted.name(),
            duration::age(counted.age())
        ),
        _ => format!(
            "{} of {} ordinary slots used, {} left",
            slots.used, slots.total, slots.free
        ),
    }
}

/// A range without a lower end is kept by values up to its upper end, so it ends one before the threshold.
fn range(threshold: Option<Threshold>, total: u32) -> String {
    threshold
        .and_then(|it| it.begins_at(total).checked_sub(1))
        .map_or(String::new(), |end| end.to_string())
}

fn performance(view: &CheckView<'_>, numbers: &Numbers) -> Vec<String> {
    let thresholds = view.question.thresholds;
    let slots = numbers.ordinary;
    let (warning, critical) = if view.question.counted.is_some() {
        (None, None)
    } else {
        (thresholds.warning, thresholds.critical)
    };
    let mut data = vec![
        format!(
            "used={};{};{};0;{}",
            slots.used,
            range(warning, slots.total),
            range(critical, slots.total),
            slots.total
        ),
        format!("left={};;;0;{}", slots.free, slots.total),
    ];
    if let (Some(counted), Some(count)) = (view.question.counted, numbers.counted) {
        let label = label(&format!(
            "{} {}",
            counted.name(),
            duration::age(counted.age())
        ));
        let (warning, critical) = (range(thresholds.warning, 0), range(thresholds.critical, 0));
        data.push(format!("{label}={count};{warning};{critical};0;"));
    }
    // Where rows are hidden, nobody found is not nobody there.
    let oldest = numbers.oldest_idle_in_transaction.as_ref();
    if oldest.is_some() || numbers.hidden == 0 {
        let seconds = oldest.map_or(0.0, |(_, age)| duration::seconds(*age));
        data.push(format!("oldest_idle_in_transaction={seconds}s;;;0;"));
    }
    data.push(format!("waiting={};;;0;", numbers.waiting));
    if let Some(authenticating) = numbers.authenticating {
        data.push(format!("authenticating={authenticating};;;0;"));
    }
    if let Samples::Known { age, projection } = &view.measured.samples {
        data.push(format!("sample_age={}s;;;0;", duration::seconds(*age)));
        if let Projection::FullIn(time) = projection {
            data.push(format!("full_in={}s;;;0;", duration::seconds(*time)));
        }
    }
    for limit in &numbers.limits {
        let OwnLimit {
            of,
            name,
            used,
            limit,
        } = limit;
        data.push(format!(
            "{}={used};;;0;{limit}",
            label(&format!("{of} {name}"))
        ));
    }
    data
}

/// A label in quotes; an equals sign or a quote would end it.
fn label(name: &str) -> String {
    format!("'{}'", clean(name).replace(['=', '\''], "_"))
}

fn details(view: &CheckView<'_>) -> Vec<String> {
    let measured = view.measured;
    let mut lines = Vec::new();
    if let Some(runbook) = view.verdict.runbook {
        lines.push(format!("runbook: {}", runbook.command()));
    }
    if let Some(numbers) = &view.verdict.numbers {
        let slots = numbers.ordinary;
        lines.push(format!(
            "ordinary slots: {} used, {} left; {}",
            slots.used, slots.free, numbers.formula
        ));
        for OwnLimit {
            of,
            name,
            used,
            limit,
        } in &numbers.limits
        {
            lines.push(format!("{of} {name}: {used} of its limit of {limit}"));
        }
        lines.push(match &numbers.oldest_idle_in_transaction {
            Some((session, age)) => format!(
                "oldest idle in transaction: {}, PID {}, role {}, application {}",
                duration::age(*age),
                session.id.pid,
                session.user.as_deref().unwrap_or("unknown"),
                session.application.as_deref().unwrap_or("unknown"),
            ),
            None if numbers.hidden > 0 => "idle in transaction: nobody that can be seen".to_owned(),
            None => "nobody is idle in transaction".to_owned(),
        });
        lines.push(format!("waiting for a lock: {}", numbers.waiting));
        lines.push(match numbers.authenticating {
            Some(count) => format!("still authenticating: {count}"),
            None => "still authenticating: not shown before PostgreSQL 18".to_owned(),
        });
        if numbers.hidden > 0 {
            lines.push(format!(
                "{} sessions' states are hidden from this role; GRANT pg_monitor to it",
                numbers.hidden
            ));
        }
    }
    let lane = measured
        .lane
        .map_or(String::new(), |lane| format!(" over the {lane} lane"));
    lines.push(format!(
        "server {}, {}{lane}",
        measured.server,
        duration::precise(measured.took)
    ));
    lines.push(match &measured.samples {
        Samples::None if view.verdict.numbers.is_none() => return lines,
        Samples::None => "no samples: breakglass record takes some".to_owned(),
        Samples::Unreadable(_) => "the samples cannot be read".to_owned(),
        Samples::Known { age, projection } => {
            let runs_on = match projection {
                Projection::TooFew => "too few of the last two hours to project",
                Projection::NotWithinADay => "at their pace not full within a day",
                Projection::FullIn(time) => {
                    &format!("at their pace full in {}", duration::age(*time))
                }
            };
            format!("last sample: {} ago; {runs_on}", duration::age(*age))
        }
    });
    lines
}
