//! The settings that decide how an incident goes, each against what is known to help.
//!
//! Pure. A setting that this version does not have is not asked for; one that could not be read is said to be unread.

use super::finding::{Facts, Finding, Takes, Weight, unread};
use crate::decide::snapshot::Snapshot;

/// What is asked of one setting.
struct Question {
    name: &'static str,
    /// The first version that has it.
    since: u32,
    /// Whether the value, in the setting's unit, is a finding.
    is_bad: fn(&str) -> bool,
    weight: Weight,
    /// The value that helps.
    to: &'static str,
    takes: Takes,
    why: &'static str,
}

const ZERO: fn(&str) -> bool = |value| value == "0";

const QUESTIONS: [Question; 10] = [
    Question {
        name: "superuser_reserved_connections",
        since: 0,
        is_bad: ZERO,
        weight: Weight::Risk,
        to: "3",
        takes: Takes::Restart,
        why: "no slot is kept for an administrator",
    },
    Question {
        name: "reserved_connections",
        since: 160_000,
        is_bad: ZERO,
        weight: Weight::Note,
        to: "3",
        takes: Takes::Restart,
        why: "a break-glass role that is no superuser has no slot of its own to log in to",
    },
    Question {
        name: "idle_in_transaction_session_timeout",
        since: 0,
        is_bad: ZERO,
        weight: Weight::Risk,
        to: "'5min'",
        takes: Takes::Reload,
        why: "a forgotten transaction holds its slot and its locks for ever",
    },
    Question {
        name: "idle_session_timeout",
        since: 140_000,
        is_bad: ZERO,
        weight: Weight::Note,
        to: "'1h'",
        takes: Takes::Reload,
        why: "a leaked connection stays; not for roles behind a pooler, which it would surprise",
    },
    Question {
        name: "transaction_timeout",
        since: 170_000,
        is_bad: ZERO,
        weight: Weight::Note,
        to: "'15min'",
        takes: Takes::Reload,
        why: "a transaction that never ends keeps its slot; better set for a role than for all",
    },
    Question {
        name: "client_connection_check_interval",
        since: 140_000,
        is_bad: ZERO,
        weight: Weight::Risk,
        to: "'10s'",
        takes: Takes::Reload,
        why: "a statement whose client has gone keeps its slot until it ends",
    },
    Question {
        name: "authentication_timeout",
        since: 0,
        is_bad: |value| value.parse::<u32>().is_ok_and(|seconds| seconds > 30),
        weight: Weight::Note,
        to: "'15s'",
        takes: Takes::Reload,
        why: "a login that stalls holds a slot for that long, the superusers' too",
    },
    Question {
        name: "tcp_keepalives_idle",
        since: 0,
        is_bad: |value| {
            value
                .parse::<u32>()
                .is_ok_and(|seconds| seconds == 0 || seconds > 600)
        },
        weight: Weight::Risk,
        to: "60",
        takes: Takes::Reload,
        why: "a peer that vanished keeps its slot, by Linux's own default for more than two hours",
    },
    Question {
        name: "update_process_title",
        since: 0,
        is_bad: |value| value == "off",
        weight: Weight::Risk,
        to: "on",
        takes: Takes::Reload,
        why: "without titles the backends lane cannot tell idle sessions from busy ones",
    },
    Question {
        name: "log_lock_waits",
        since: 0,
        is_bad: |value| value == "off",
        weight: Weight::Note,
        to: "on",
        takes: Takes::Reload,
        why: "a queue behind a lock leaves no trace for the post-mortem",
    },
];

/// Asks them all.
pub(super) fn review(found: &mut Vec<Finding>, snapshot: &Snapshot, facts: &Facts) {
    if facts.settings.is_empty() {
        found.push(unread("settings"));
        return;
    }
    let azure = facts
        .role
        .iter()
        .any(|it| it.prefixes.iter().any(|prefix| prefix == "azure"));
    for question in QUESTIONS {
        if snapshot.server.version_num < question.since {
            continue;
        }
        let Some(setting) = facts.settings.iter().find(|it| it.name == question.name) else {
            found.push(unread(question.name));
            continue;
        };
        // There nobody may change it.
        let fixed = azure && question.name == "client_connection_check_interval";
        if !(question.is_bad)(&setting.setting) || fixed {
            continue;
        }
        let unit = setting.unit.as_deref().unwrap_or_default();
        found.push(Finding {
            weight: question.weight,
            about: question.name,
            what: format!(
                "is {}{}",
                setting.setting,
                if setting.setting == "0" { "" } else { unit }
            ),
            why: question.why,
            fix: format!("ALTER SYSTEM SET {} = {}", question.name, question.to),
            takes: question.takes,
        });
    }
    for setting in facts.settings.iter().filter(|it| it.pending_restart) {
        found.push(Finding {
            weight: Weight::Note,
            about: "pending restart",
            what: format!("{} has another value in the file", setting.name),
            why: "what was changed in peace does not hold yet",
            fix: String::new(),
            takes: Takes::Restart,
        });
    }
}
