//! Whether the way in is sure, and what on this server would make the night worse: findings with their fix.
//!
//! Pure. What could not be read is a finding, too; it is never taken for good.

mod finding;
mod settings;
mod way_in;

pub use self::finding::{Facts, Finding, Takes, Weight};

use self::finding::unread;
use super::capacity::Capacity;
use super::hba::Said;
use super::provider::Provider;
use super::snapshot::Snapshot;
use super::survey::Survey;
use crate::decide::prepare::quoted;

/// What is known of the server's walsenders, superusers and limits, and what of it is a finding.
pub fn review(survey: &Survey, snapshot: Option<&Snapshot>, facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    way_in::lanes(&mut found, survey, facts);
    let Some(snapshot) = snapshot else {
        found.push(Finding {
            weight: Weight::Missing,
            about: "database lanes",
            what: "no database lane opened, so the server could not be reviewed".to_owned(),
            why: "what cannot be tried in peace is not there in the incident",
            fix: String::new(),
            takes: Takes::Nothing,
        });
        return sorted(found);
    };
    way_in::rights(&mut found, snapshot, facts);
    room(&mut found, snapshot);
    limits(&mut found, snapshot, facts);
    pg_hba(&mut found, facts);
    settings::review(&mut found, snapshot, facts);
    let prefixes = facts.role.iter().flat_map(|it| it.prefixes.iter());
    let provider = Provider::of_prefixes(prefixes.map(String::as_str));
    found.extend(provider.facts.iter().map(|fact| Finding {
        weight: Weight::Note,
        about: provider.name,
        what: format!(
            "{}{}",
            fact.text,
            if fact.verified { "" } else { " (unverified)" }
        ),
        why: "a managed service keeps slots and rights for itself",
        fix: String::new(),
        takes: Takes::Nothing,
    }));
    sorted(found)
}

/// Whether the way in is sure: nothing is missing.
pub fn is_sure(findings: &[Finding]) -> bool {
    findings.iter().all(|it| it.weight != Weight::Missing)
}

fn sorted(mut found: Vec<Finding>) -> Vec<Finding> {
    found.sort_by_key(|it| it.weight);
    found
}

fn room(found: &mut Vec<Finding>, snapshot: &Snapshot) {
    let total = snapshot.limits.max_wal_senders;
    let used = u32::try_from(snapshot.count(&super::session::Kind::Walsender)).unwrap_or(u32::MAX);
    if total.saturating_sub(used) <= 1 {
        found.push(Finding {
            weight: Weight::Risk,
            about: "max_wal_senders",
            what: format!("{used} of {total} walsenders are in use"),
            why: "the replication lane takes one; without a free one it is closed",
            fix: format!("ALTER SYSTEM SET max_wal_senders = {}", used + 5),
            takes: Takes::Restart,
        });
    }
    let mut superusers: std::collections::BTreeMap<(String, String), usize> = Default::default();
    for session in snapshot.holders().filter(|it| !snapshot.ours(it)) {
        if session.superuser == Some(true) {
            let text = |value: &Option<String>| value.clone().unwrap_or_default();
            let key = (text(&session.user), text(&session.application));
            *superusers.entry(key).or_insert(0) += 1;
        }
    }
    for ((role, application), count) in superusers {
        let name = quoted(&role);
        let (sessions, log_in) = match count {
            1 => ("session", "logs in"),
            _ => ("sessions", "log in"),
        };
        let whose = if application.is_empty() {
            "without an application name".to_owned()
        } else {
            format!("of {application}")
        };
        found.push(Finding {
            weight: Weight::Risk,
            about: "superusers",
            what: format!("{count} {sessions} {whose} {log_in} as superuser {role}"),
            why: "they take the slots that are kept for the night, and only a superuser can end them",
            fix: format!("give it a role of its own; or, where nothing needs it: ALTER ROLE {name} NOSUPERUSER"),
            takes: Takes::Nothing,
        });
    }
    let capacity: Capacity = snapshot.capacity();
    if capacity.full() {
        found.push(Finding {
            weight: Weight::Missing,
            about: "slots",
            what: format!(
                "the server is full now: {} of {} ordinary slots are used",
                capacity.ordinary.used, capacity.ordinary.total
            ),
            why: "applications are refused at this moment",
            fix: "breakglass rescue".to_owned(),
            takes: Takes::Nothing,
        });
    }
}

fn limits(found: &mut Vec<Finding>, snapshot: &Snapshot, facts: &Facts) {
    let ordinary = snapshot.capacity().ordinary.total;
    let sum =
        |limits: &[super::snapshot::NamedLimit]| limits.iter().map(|it| it.limit).sum::<u32>();
    let (roles, databases) = (sum(&snapshot.role_limits), sum(&snapshot.database_limits));
    match &facts.unlimited {
        Some(unlimited) if !unlimited.is_empty() => {
            let some: Vec<&str> = unlimited.iter().take(3).map(String::as_str).collect();
            let more = match unlimited.len().saturating_sub(3) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            found.push(Finding {
                weight: Weight::Note,
                about: "role limits",
                what: format!("no CONNECTION LIMIT: {}{more}", some.join(", ")),
                why: "one role could take every slot; with limits below the capacity only itself is refused",
                fix: format!(
                    "ALTER ROLE {} CONNECTION LIMIT N (breakglass headroom reckons N)",
                    quoted(&unlimited[0])
                ),
                takes: Takes::Nothing,
            });
        }
        Some(_) if roles > ordinary => found.push(Finding {
            weight: Weight::Note,
            about: "role limits",
            what: format!("the limits of all roles sum to {roles} of {ordinary} ordinary slots"),
            why: "together they can fill the server before any of them is refused",
            fix: "breakglass headroom".to_owned(),
            takes: Takes::Nothing,
        }),
        Some(_) => {}
        None => found.push(unread("role limits")),
    }
    if databases > ordinary {
        found.push(Finding {
            weight: Weight::Note,
            about: "database limits",
            what: format!(
                "the limits of the databases sum to {databases} of {ordinary} ordinary slots"
            ),
            why: "together they can fill the server before any of them is refused",
            fix: "ALTER DATABASE name CONNECTION LIMIT N".to_owned(),
            takes: Takes::Nothing,
        });
    }
}

fn pg_hba(found: &mut Vec<Finding>, facts: &Facts) {
    let mut finding = |weight, what: String, why, fix: &str| {
        found.push(Finding {
            weight,
            about: "pg_hba.conf",
            what,
            why,
            fix: fix.to_owned(),
            takes: Takes::Reload,
        });
    };
    let turned_away = "the role is turned away before its password is asked for";
    let prepare = "the lines that 'breakglass prepare' prints, above the others";
    match &facts.pg_hba {
        None => found.push(unread("pg_hba.conf")),
        Some(Said::Admits(line, method)) if method == "trust" => finding(
            Weight::Risk,
            format!(
                "line {line} lets {} in from here without a password",
                facts.name
            ),
            "anybody at this address can end sessions",
            "scram-sha-256 instead of trust",
        ),
        Some(Said::Admits(line, method)) => finding(
            Weight::Note,
            format!("line {line} lets {} in from here ({method})", facts.name),
            "the file as it stands; it holds once it is reloaded",
            "",
        ),
        Some(Said::Rejects(line)) => finding(
            Weight::Missing,
            format!("line {line} rejects {} from here", facts.name),
            turned_away,
            prepare,
        ),
        Some(Said::NoLine) => finding(
            Weight::Missing,
            format!("no line matches {} from here", facts.name),
            turned_away,
            prepare,
        ),
        Some(Said::Unclear(line, why)) => finding(
            Weight::Note,
            format!("line {line} may decide about {}: {why}", facts.name),
            "the first line that matches decides; this one cannot be judged from here",
            "",
        ),
    }
    if !facts.broken_lines.is_empty() {
        let lines: Vec<String> = facts.broken_lines.iter().map(u32::to_string).collect();
        found.push(Finding {
            weight: Weight::Risk,
            about: "pg_hba.conf",
            what: format!("the server cannot read line {}", lines.join(", ")),
            why: "with such a line a reload changes nothing, and a restart fails",
            fix: "SELECT line_number, error FROM pg_hba_file_rules WHERE error IS NOT NULL"
                .to_owned(),
            takes: Takes::Reload,
        });
    }
}

#[cfg(test)]
mod tests;
