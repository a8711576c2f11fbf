//! The Prometheus text format: stable names, a help and a type line each, one `server` label on every series.
//!
//! Stage: report. A metric that could not be measured is left out, never 0; `breakglass_up` and
//! `breakglass_check_status` are always there, so that an alert on a full server does not depend on getting in.

use std::fmt::Write as _;

use super::CheckView;
use crate::decide::capacity::{Capacity, Slots};
use crate::decide::check::projection::Projection;
use crate::decide::check::{Numbers, Samples};
use crate::decide::session::Kind;
use crate::report::duration;

/// Collects metrics, each with the labels of one server.
struct Page {
    text: String,
    server: String,
}

/// A value's labels beside the server, and the value.
type Value<'a> = (Vec<(&'a str, &'a str)>, f64);

impl Page {
    /// One metric; nothing when it has no value.
    fn gauge(&mut self, name: &str, help: &str, values: &[Value<'_>]) {
        if values.is_empty() {
            return;
        }
        let _ = write!(
            self.text,
            "# HELP breakglass_{name} {help}\n# TYPE breakglass_{name} gauge\n"
        );
        for (labels, value) in values {
            let _ = write!(self.text, "breakglass_{name}{{server=\"{}\"", self.server);
            for (label, text) in labels {
                let _ = write!(self.text, ",{label}=\"{}\"", escaped(text));
            }
            let _ = writeln!(self.text, "}} {value}");
        }
    }

    fn number(&mut self, name: &str, help: &str, value: impl Into<f64>) {
        self.gauge(name, help, &[(Vec::new(), value.into())]);
    }

    fn maybe(&mut self, name: &str, help: &str, value: Option<f64>) {
        if let Some(value) = value {
            self.number(name, help, value);
        }
    }
}

/// A label's value: the format escapes these three and nothing else.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

/// The whole page.
pub fn page(view: &CheckView<'_>) -> String {
    let measured = view.measured;
    let mut page = Page {
        text: String::with_capacity(4000),
        server: escaped(&measured.server),
    };
    page.number(
        "check_status",
        "Verdict: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.",
        view.verdict.status.number(),
    );
    page.number(
        "check_timestamp_seconds",
        "When the check ran, by its host's clock.",
        measured.at as f64 / 1e6,
    );
    page.number(
        "check_duration_seconds",
        "How long the check took.",
        duration::seconds(measured.took),
    );
    page.number(
        "up",
        "1 when a lane opened and the server was looked at.",
        u8::from(measured.snapshot.is_some()),
    );
    let exhausted = measured.refusals.iter().any(|it| it.exhaustion);
    page.number(
        "exhausted",
        "1 when the check's own login was refused for lack of room.",
        u8::from(exhausted),
    );
    let refused: Vec<Value<'_>> = measured
        .refusals
        .iter()
        .map(|it| (vec![("lane", it.lane), ("variant", it.variant)], 1.0))
        .collect();
    page.gauge(
        "refused",
        "1 for each way in that was refused, by the reason; absent when none was.",
        &refused,
    );
    if let Some(numbers) = &view.verdict.numbers {
        slots(&mut page, view, numbers);
        sessions(&mut page, view, numbers);
    }
    samples(&mut page, &measured.samples);
    page.text
}

fn slots(page: &mut Page, view: &CheckView<'_>, numbers: &Numbers) {
    if let Some(snapshot) = &view.measured.snapshot
        && snapshot.capacity().is_known()
    {
        // The check itself is not counted, here as in the verdict.
        let ours = snapshot.holders().filter(|it| snapshot.ours(it)).count();
        let ours = u32::try_from(ours).unwrap_or(0);
        let used = snapshot.capacity().all.used.saturating_sub(ours);
        let capacity = Capacity::of(&snapshot.limits, used);
        let classes = [
            ("ordinary", capacity.ordinary),
            ("reserved", capacity.reserved),
            ("superuser", capacity.superuser),
        ];
        let of = |value: fn(&Slots) -> u32| -> Vec<Value<'_>> {
            let one = |(class, slots): &(&'static str, Slots)| {
                (vec![("class", *class)], f64::from(value(slots)))
            };
            classes.iter().map(one).collect()
        };
        page.gauge(
            "slots",
            "Slots by class; ordinary is max_connections less every reserve.",
            &of(|slots| slots.total),
        );
        page.gauge(
            "slots_used",
            "Slots taken, by class.",
            &of(|slots| slots.used),
        );
        page.gauge(
            "slots_left",
            "Slots free, by class.",
            &of(|slots| slots.free),
        );
        page.number(
            "max_connections",
            "The setting max_connections.",
            snapshot.limits.max_connections,
        );
        page.number(
            "max_wal_senders",
            "The setting max_wal_senders.",
            snapshot.limits.max_wal_senders,
        );
        page.number(
            "walsenders",
            "Walsenders, the check's own included when it came over the replication lane.",
            u32::try_from(snapshot.count(&Kind::Walsender)).unwrap_or(u32::MAX),
        );
    }
    for of in ["role", "database"] {
        let limits = || numbers.limits.iter().filter(|it| it.of == of);
        let used: Vec<Value<'_>> = limits()
            .map(|it| (vec![(of, it.name.as_str())], f64::from(it.used)))
            .collect();
        let limit: Vec<Value<'_>> = limits()
            .map(|it| (vec![(of, it.name.as_str())], f64::from(it.limit)))
            .collect();
        page.gauge(
            &format!("{of}_connections"),
            &format!("Sessions of each {of} that has a CONNECTION LIMIT above 0."),
            &used,
        );
        page.gauge(
            &format!("{of}_connection_limit"),
            &format!("CONNECTION LIMIT of each {of} that has one above 0."),
            &limit,
        );
    }
}

fn sessions(page: &mut Page, view: &CheckView<'_>, numbers: &Numbers) {
    let states: Vec<Value<'_>> = numbers
        .states
        .iter()
        .map(|(state, count)| (vec![("state", *state)], f64::from(*count)))
        .collect();
    page.gauge(
        "sessions",
        "Sessions that hold a slot, by state; hidden: not shown to this role.",
        &states,
    );
    page.maybe(
        "idle_in_transaction_oldest_seconds",
        "How long the longest has idled in its transaction; 0 when nobody does, absent when that is hidden.",
        oldest_seconds(numbers),
    );
    page.number(
        "sessions_waiting",
        "Sessions that wait for a lock.",
        numbers.waiting,
    );
    page.maybe(
        "sessions_authenticating",
        "Logins that are not finished; absent before PostgreSQL 18.",
        numbers.authenticating.map(f64::from),
    );
    if let (Some(counted), Some(count)) = (view.question.counted, numbers.counted) {
        let seconds = counted.age().as_secs_f64().to_string();
        page.gauge(
            "sessions_in_state",
            "Sessions in the state that was asked for, for at least so many seconds.",
            &[(
                vec![("state", counted.name()), ("seconds", seconds.as_str())],
                f64::from(count),
            )],
        );
    }
}

/// Where rows are hidden, nobody found is not nobody there.
fn oldest_seconds(numbers: &Numbers) -> Option<f64> {
    match &numbers.oldest_idle_in_transaction {
        Some((_, age)) => Some(duration::seconds(*age)),
        None => (numbers.hidden == 0).then_some(0.0),
    }
}

fn samples(page: &mut Page, samples: &Samples) {
    let (age, projection) = match samples {
        Samples::Known { age, projection } => (Some(*age), Some(*projection)),
        Samples::None | Samples::Unreadable(_) => (None, None),
    };
    page.number(
        "samples_unreadable",
        "1 when the file of samples is there and cannot be read.",
        u8::from(matches!(samples, Samples::Unreadable(_))),
    );
    page.maybe(
        "last_sample_age_seconds",
        "Age of the last sample; absent without one.",
        age.map(duration::seconds),
    );
    page.maybe(
        "full_in_seconds",
        "Time until no ordinary slot is left, at the pace of the last two hours' samples; absent when more than a day.",
        match projection {
            Some(Projection::FullIn(time)) => Some(duration::seconds(time)),
            _ => None,
        },
    );
}
