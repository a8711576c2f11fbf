//! What is going on, in one sentence, and what is doubtful about it.
//!
//! Stage: report. What is not certain says "probably"; what nobody has seen is told as what is missing.

use crate::decide::breakdown::Dimension;
use crate::decide::diagnosis::{Cause, Diagnosis, Doubt, Found, Holder, Lockout, Storm};
use crate::decide::snapshot::Snapshot;
use crate::decide::survey::Survey;

use super::page::plural;
use super::{duration, sanitize};

/// The sentence; no full stop at its end.
pub fn sentence(diagnosis: &Diagnosis, survey: &Survey) -> String {
    let view = survey.snapshot.as_ref();
    let mut parts = vec![lockout(diagnosis, view)];
    if let Some(found) = &diagnosis.cause {
        parts.push(cause(found, survey));
    }
    if let Some(storm) = diagnosis.storm.as_ref().filter(|storm| storm.is_certain()) {
        parts.push(stormy(storm, survey));
    }
    let named = match diagnosis.cause.as_ref().map(|found| &found.cause) {
        Some(
            Cause::Leak { application, .. }
            | Cause::IdlePool { application }
            | Cause::Busy { application }
            | Cause::Superusers { application },
        ) => Some(application),
        _ => None,
    };
    // Who holds most is news unless it was just named, or nothing is wrong.
    if let Some(most) = diagnosis.most.as_ref().filter(|most| {
        diagnosis.lockout != Lockout::None && named != Some(&most.name) && most.count > 1
    }) {
        parts.push(holds_most(most));
    }
    parts.join("; ")
}

/// Other causes, and the holder's share: a line each.
pub fn also(diagnosis: &Diagnosis, survey: &Survey) -> Vec<String> {
    diagnosis
        .also
        .iter()
        .map(|found| cause(found, survey))
        .collect()
}

/// What would make it surer: a line each.
pub fn doubts(diagnosis: &Diagnosis) -> Vec<String> {
    diagnosis
        .doubts
        .iter()
        .map(|doubt| doubted(*doubt).to_owned())
        .collect()
}

fn doubted(doubt: Doubt) -> &'static str {
    match doubt {
        Doubt::NoView => {
            "no database lane is open: applications, locks and statements are not seen"
        }
        Doubt::HiddenRows => "rows are hidden from this role; GRANT pg_monitor shows them",
        Doubt::InvisibleLogins => {
            "stalled logins and a storm of refused ones look the same from here; 'breakglass backends' on the \
             database host tells them apart"
        }
        Doubt::YoungSessions => {
            "many sessions are only seconds old: clients that reconnect, or a deploy"
        }
        Doubt::NoSingleCause => "no single cause explains a quarter of the slots",
    }
}

fn lockout(diagnosis: &Diagnosis, view: Option<&Snapshot>) -> String {
    let slots = view
        .map(Snapshot::capacity)
        .filter(|slots| slots.is_known());
    let used = slots.map_or(String::new(), |slots| {
        format!(
            "{} of {} ordinary slots are used",
            slots.ordinary.used, slots.ordinary.total
        )
    });
    match &diagnosis.lockout {
        Lockout::None => format!("ordinary roles have room: {used}"),
        Lockout::OrdinarySlots if used.is_empty() => {
            "ordinary roles are refused: only reserved slots are left".to_owned()
        }
        Lockout::OrdinarySlots => format!("ordinary roles are refused: {used}"),
        Lockout::EverySlot => {
            let walsenders = if diagnosis.walsenders_gone {
                ", and every walsender is in use"
            } else {
                ""
            };
            format!("nobody can log in, superusers neither: every slot is taken{walsenders}")
        }
        Lockout::EveryProcess => {
            "the server has more connections in their first moments than it allows, and looks for no slot".to_owned()
        }
        Lockout::RoleLimit { name, used, limit } => at_limit("role", name, *used, *limit),
        Lockout::DatabaseLimit { name, used, limit } => at_limit("database", name, *used, *limit),
        Lockout::Pooler => {
            "a pooler refuses; about the server behind it that says nothing".to_owned()
        }
        Lockout::NotNow => {
            "the server is starting, stopping or recovering and admits nobody; slots are not the reason".to_owned()
        }
        Lockout::NotAsked => {
            "the server could not be asked, so whether slots are short is not known".to_owned()
        }
    }
}

fn at_limit(kind: &str, name: &str, used: usize, limit: Option<u32>) -> String {
    let name = sanitize::line(name);
    match limit {
        Some(limit) => format!("{kind} {name} is at its own CONNECTION LIMIT {limit} with {used}"),
        None if name.is_empty() => format!("the {kind} is at its own CONNECTION LIMIT"),
        None => format!("{kind} {name} is at its own CONNECTION LIMIT"),
    }
}

fn cause(found: &Found, survey: &Survey) -> String {
    let probably = if found.certain { "" } else { "probably " };
    let count = found.slots;
    let since = |oldest: Option<std::time::Duration>| {
        oldest.map_or(String::new(), |oldest| {
            format!(", the oldest for {}", duration::age(oldest))
        })
    };
    let whose = |application: &str| sanitize::line(application).into_owned();
    match &found.cause {
        Cause::HalfAuthenticated { seen_by: None, .. } => format!(
            "{probably}half-finished logins: {count} slots are taken by nobody that a view shows"
        ),
        Cause::HalfAuthenticated { oldest, .. } => format!(
            "{probably}stalled logins: {count} are not through{}, each on a slot",
            since(*oldest)
        ),
        Cause::LockQueue { head, waiting } => {
            let who = head
                .and_then(|head| survey.snapshot.as_ref()?.find(head))
                .map_or("a prepared transaction".to_owned(), |session| {
                    let state = session.state.map_or("hidden", |state| state.name());
                    format!(
                        "{} ({}, {state} {})",
                        session.id.pid,
                        whose(session.application.as_deref().unwrap_or("")),
                        duration::age_or_dash(session.state_for)
                    )
                });
            format!("{probably}a lock queue: {who} keeps {waiting} waiting")
        }
        Cause::Superusers { application } => format!(
            "{probably}an application that logs in as a superuser, whom no reserve holds off: {} ({count} sessions)",
            whose(application)
        ),
        Cause::Leak {
            application,
            oldest,
        } => format!(
            "{probably}a leak: {} of {} {} a transaction open and {} nothing{}",
            plural(count, "session"),
            whose(application),
            if count == 1 { "holds" } else { "hold" },
            if count == 1 { "does" } else { "do" },
            since(*oldest)
        ),
        Cause::IdlePool { application } => format!(
            "{probably}a pool that is larger than its use: {} idle, most of them of {}",
            plural(count, "session"),
            whose(application)
        ),
        Cause::Busy { application } => format!(
            "{probably}load: {} run, most of them of {}",
            plural(count, "statement"),
            whose(application)
        ),
    }
}

fn stormy(storm: &Storm, survey: &Survey) -> String {
    let mut signs = Vec::new();
    if storm.arrived > 0 {
        signs.push(format!(
            "{} came within {}",
            plural(storm.arrived, "session"),
            duration::precise(survey.churn.within)
        ));
    }
    if storm.retaken > 0 {
        signs.push(format!(
            "{} taken again",
            plural(storm.retaken, "freed slot")
        ));
    }
    if storm.refusals_vary {
        signs.push("logins are refused now in one way, now in another".to_owned());
    }
    format!(
        "a storm of clients that connect again at once ({})",
        signs.join(", ")
    )
}

fn holds_most(most: &Holder) -> String {
    let what = match most.by {
        Dimension::User => "role ",
        _ => "",
    };
    let limit = most
        .limit
        .map_or(String::new(), |limit| format!(", CONNECTION LIMIT {limit}"));
    format!(
        "{what}{} holds most, {} of {} ({} idle, {} active{limit})",
        sanitize::line(&most.name),
        most.count,
        most.of,
        most.idle,
        most.active
    )
}

#[cfg(test)]
mod tests;
