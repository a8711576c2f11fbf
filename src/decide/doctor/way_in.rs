//! Whether the break-glass role gets in and may act: the lanes that were tried, and its rights.
//!
//! Pure. What was not tried, or could not be read, is missing.

use super::finding::{Facts, Finding, Takes, Weight};
use crate::decide::prepare::RoleState;
use crate::decide::prepare::quoted;
use crate::decide::snapshot::Snapshot;
use crate::decide::survey::{Refused, Sight, Standing, Survey, WayIn};

/// Some way in must need no slot: over the replication lane, or as the server's own host.
pub(super) fn lanes(found: &mut Vec<Finding>, survey: &Survey, facts: &Facts) {
    let here = survey.is_open(WayIn::Backends);
    for sight in &survey.sights {
        if sight.standing != Standing::Closed {
            continue;
        }
        let name = quoted(&facts.name);
        let (weight, about, why, fix) = match sight.way {
            WayIn::Login => (
                Weight::Missing,
                "login lane",
                "the first way in does not open as this role",
                cure(sight, "breakglass prepare --apply".to_owned()),
            ),
            WayIn::Replication => (
                if here { Weight::Risk } else { Weight::Missing },
                "replication lane",
                "it is the one database lane that needs no slot: the way in when every one is taken",
                cure(sight, format!("ALTER ROLE {name} REPLICATION")),
            ),
            WayIn::Pgbouncer => (
                Weight::Risk,
                "pooler's console",
                "a pooler that is full is seen and eased only there",
                "admin_users in pgbouncer.ini names who may".to_owned(),
            ),
            WayIn::Backends => (
                Weight::Risk,
                "backends lane",
                "without any login, the server's processes are ended from its own host",
                "run it as root or as the server's account".to_owned(),
            ),
            WayIn::Sockets | WayIn::Workers => (
                Weight::Note,
                sight.way.name(),
                "one way less when nobody gets in",
                "run it as root".to_owned(),
            ),
        };
        found.push(Finding {
            weight,
            about,
            what: sight.what.clone(),
            why,
            fix,
            takes: Takes::Nothing,
        });
    }
    let mut closed = |way: WayIn, about, what: &str, why| {
        let said = survey
            .sights
            .iter()
            .any(|it| it.way == way && it.standing == Standing::Closed);
        if !said {
            found.push(Finding {
                weight: Weight::Missing,
                about,
                what: what.to_owned(),
                why,
                fix: String::new(),
                takes: Takes::Nothing,
            });
        }
    };
    // A lane that was not tried is no open lane.
    if !survey.is_open(WayIn::Login) {
        closed(
            WayIn::Login,
            "login lane",
            "it was not tried",
            "what was not tried is not known to open",
        );
    }
    if !survey.is_open(WayIn::Replication) && !here {
        closed(
            WayIn::Replication,
            "replication lane",
            "neither it nor the backends lane is open from here",
            "without one of them nobody gets in when every slot is taken",
        );
    }
}

/// What opens a database lane: `of_role` where the role is what it fails on.
fn cure(sight: &Sight, of_role: String) -> String {
    match sight.refused.last() {
        Some(Refused::NoAnswer | Refused::NotNow) => {
            "see to it that the server answers here; on its own host: breakglass backends"
                .to_owned()
        }
        Some(Refused::EverySlot | Refused::EveryProcess | Refused::PoolerFull) => {
            "breakglass rescue".to_owned()
        }
        Some(Refused::Walsenders) => {
            "end a use of the walsenders, or raise max_wal_senders, which takes a restart"
                .to_owned()
        }
        _ => of_role,
    }
}

/// The lanes were tried as the role that logged in. Of another one only what it is allowed is known.
fn missing_of_another(
    found: &mut Vec<Finding>,
    snapshot: &Snapshot,
    facts: &Facts,
    role: &RoleState,
) {
    let name = quoted(&facts.name);
    let mut missing = |what: String, why, fix: String| {
        found.push(Finding {
            weight: Weight::Missing,
            about: "role",
            what,
            why,
            fix,
            takes: Takes::Nothing,
        });
    };
    missing(
        format!(
            "the lanes were tried as {}, not as {}",
            snapshot.server.role, facts.name
        ),
        "what was not tried is not known to open",
        format!("breakglass doctor -U {}", facts.name),
    );
    if !role.login {
        missing(
            format!("role {} may not log in", facts.name),
            "no lane of the database opens for it",
            format!("ALTER ROLE {name} LOGIN"),
        );
    }
    if !role.replication && !role.superuser {
        missing(
            format!("role {} may not use the replication lane", facts.name),
            "it is the one database lane that needs no slot",
            format!("ALTER ROLE {name} REPLICATION"),
        );
    }
}

pub(super) fn rights(found: &mut Vec<Finding>, snapshot: &Snapshot, facts: &Facts) {
    let name = quoted(&facts.name);
    let Some(have) = &facts.role else {
        found.push(Finding {
            weight: Weight::Missing,
            about: "rights",
            what: format!("what role {} may do could not be read", facts.name),
            why: "what was not seen is not known to be good",
            fix: String::new(),
            takes: Takes::Nothing,
        });
        return;
    };
    let Some(role) = &have.role else {
        found.push(Finding {
            weight: Weight::Missing,
            about: "role",
            what: format!("there is no role {}", facts.name),
            why: "on the night nobody makes one",
            fix: "breakglass prepare --apply".to_owned(),
            takes: Takes::Nothing,
        });
        return;
    };
    if facts.name != snapshot.server.role {
        missing_of_another(found, snapshot, facts, role);
    }
    let mut missing = |about, what: &str, why, of: &str| {
        found.push(Finding {
            weight: Weight::Missing,
            about,
            what: format!("role {} {what}", facts.name),
            why,
            fix: format!("GRANT {of} TO {name}"),
            takes: Takes::Nothing,
        });
    };
    let member = |of: &str| role.superuser || role.member_of.iter().any(|it| it == of);
    if !member("pg_signal_backend") {
        missing(
            "rights",
            "may not end other roles' sessions",
            "seeing who holds the slots is not getting them back",
            "pg_signal_backend",
        );
    }
    if !member("pg_read_all_stats") && !member("pg_monitor") {
        missing(
            "rights",
            "does not see other roles' states and statements",
            "what cannot be told apart cannot be chosen",
            "pg_monitor",
        );
    }
    if role.superuser {
        found.push(Finding {
            weight: Weight::Risk,
            about: "rights",
            what: format!("role {} is a superuser", facts.name),
            why: "it needs no such right, and a slip with it is dearer",
            fix: "breakglass prepare --role breakglass --apply".to_owned(),
            takes: Takes::Nothing,
        });
    }
    let reserved: u32 = snapshot.limits.reserved;
    if reserved > 0 && facts.reserved.as_ref().is_some_and(Vec::is_empty) {
        found.push(Finding {
            weight: Weight::Risk,
            about: "reserved_connections",
            what: format!("{reserved} slots are kept, and no role may use them"),
            why: "they are lost to everybody but superusers",
            fix: format!("GRANT pg_use_reserved_connections TO {name}"),
            takes: Takes::Nothing,
        });
    }
}
