use super::*;
use crate::decide::evidence::Setting;
use crate::decide::prepare::Have;
use crate::decide::prepare::RoleState;
use crate::decide::survey::{Refused, Sight, Standing, WayIn};
use crate::decide::testing::{ours, session, snapshot};
use std::time::Duration;

fn sight(way: WayIn, standing: Standing) -> Sight {
    Sight::new(way, standing, "as found", Duration::ZERO)
}

fn survey(replication: Standing, backends: Standing) -> Survey {
    Survey {
        sights: vec![
            sight(WayIn::Login, Standing::Open),
            sight(WayIn::Replication, replication),
            sight(WayIn::Backends, backends),
        ],
        ..Survey::default()
    }
}

fn facts() -> Facts {
    let settings = [
        ("superuser_reserved_connections", "3"),
        ("reserved_connections", "3"),
        ("idle_in_transaction_session_timeout", "300000"),
        ("idle_session_timeout", "3600000"),
        ("transaction_timeout", "900000"),
        ("client_connection_check_interval", "10000"),
        ("authentication_timeout", "15"),
        ("tcp_keepalives_idle", "60"),
        ("update_process_title", "on"),
        ("log_lock_waits", "on"),
    ];
    Facts {
        settings: settings
            .map(|(name, value)| Setting {
                name: name.to_owned(),
                setting: value.to_owned(),
                unit: None,
                source: "default".to_owned(),
                pending_restart: false,
            })
            .to_vec(),
        role: Some(Have {
            role: Some(RoleState {
                login: true,
                replication: true,
                member_of: vec!["pg_monitor".to_owned(), "pg_signal_backend".to_owned()],
                ..RoleState::default()
            }),
            ..Have::default()
        }),
        name: "breakglass".to_owned(),
        unlimited: Some(Vec::new()),
        reserved: Some(vec!["breakglass".to_owned()]),
        pg_hba: Some(Said::Admits(3, "scram-sha-256".to_owned())),
        broken_lines: Vec::new(),
    }
}

fn about(findings: &[Finding], weight: Weight) -> Vec<&'static str> {
    let of = findings.iter().filter(|it| it.weight == weight);
    of.map(|it| it.about).collect()
}

#[test]
fn a_server_that_is_ready_has_nothing_but_a_note() {
    let look = snapshot(vec![ours(), session(2)]);
    let open = survey(Standing::Open, Standing::Open);
    let findings = review(&open, Some(&look), &facts());
    assert!(is_sure(&findings));
    assert_eq!(about(&findings, Weight::Risk), Vec::<&str>::new());
    assert_eq!(about(&findings, Weight::Note), ["pg_hba.conf"]);
}

#[test]
fn the_way_in_needs_a_lane_that_takes_no_slot() {
    let look = snapshot(vec![ours()]);
    let of = |replication, backends| {
        is_sure(&review(
            &survey(replication, backends),
            Some(&look),
            &facts(),
        ))
    };
    assert!(of(Standing::Open, Standing::NotHere));
    assert!(of(Standing::Closed, Standing::Open));
    assert!(!of(Standing::Closed, Standing::NotHere));
    assert!(!of(Standing::NotHere, Standing::NotHere));
    assert!(!is_sure(&review(&Survey::default(), None, &facts())));
    assert!(!is_sure(&review(&Survey::default(), Some(&look), &facts())));
}

#[test]
fn what_was_not_read_and_whom_nobody_tried_is_not_sure() {
    let look = snapshot(vec![ours()]);
    let open = survey(Standing::Open, Standing::Open);
    let unread = Facts {
        role: None,
        ..facts()
    };
    let findings = review(&open, Some(&look), &unread);
    assert_eq!(about(&findings, Weight::Missing), ["rights"]);
    let mut other = Facts {
        name: "reserve".to_owned(),
        ..facts()
    };
    let findings = review(&open, Some(&look), &other);
    assert_eq!(about(&findings, Weight::Missing), ["role"]);
    if let Some(role) = other.role.as_mut().and_then(|it| it.role.as_mut()) {
        (role.login, role.replication) = (false, false);
    }
    let findings = review(&open, Some(&look), &other);
    assert_eq!(about(&findings, Weight::Missing), ["role"; 3]);
}

#[test]
fn every_setting_that_hurts_is_found_with_its_fix() {
    let look = snapshot(vec![ours()]);
    let mut bad = facts();
    for setting in &mut bad.settings {
        setting.setting = match setting.name.as_str() {
            "update_process_title" | "log_lock_waits" => "off",
            "authentication_timeout" => "60",
            _ => "0",
        }
        .to_owned();
    }
    let mut look = look;
    look.server.version_num = 180_000;
    let open = survey(Standing::Open, Standing::Open);
    let findings = review(&open, Some(&look), &bad);
    for setting in &bad.settings {
        let fix = format!("ALTER SYSTEM SET {} = ", setting.name);
        assert!(
            findings.iter().any(|it| it.fix.starts_with(&fix)),
            "{}",
            setting.name
        );
    }
    // A server that does not have them is not blamed for it, and one that hides them is not trusted.
    look.server.version_num = 130_000;
    let old = review(&open, Some(&look), &bad);
    assert!(!old.iter().any(|it| it.about == "transaction_timeout"));
    let hidden = Facts {
        settings: Vec::new(),
        ..facts()
    };
    let findings = review(&open, Some(&look), &hidden);
    assert!(about(&findings, Weight::Note).contains(&"settings"));
}

#[test]
fn superusers_missing_rights_and_used_up_walsenders_are_found() {
    let mut look = snapshot(vec![ours(), session(2), session(3)]);
    for index in [1, 2] {
        look.sessions[index].superuser = Some(true);
        look.sessions[index].user = Some("postgres".to_owned());
    }
    look.limits.max_wal_senders = 1;
    let mut poor = facts();
    if let Some(role) = poor.role.as_mut().and_then(|it| it.role.as_mut()) {
        role.member_of.clear();
    }
    poor.pg_hba = Some(Said::Rejects(7));
    let findings = review(&survey(Standing::Open, Standing::Open), Some(&look), &poor);
    assert_eq!(
        about(&findings, Weight::Missing),
        ["rights", "rights", "pg_hba.conf"]
    );
    let risks = about(&findings, Weight::Risk);
    assert!(
        risks.contains(&"superusers") && risks.contains(&"max_wal_senders"),
        "{risks:?}"
    );
    let superusers = findings.iter().find(|it| it.about == "superusers");
    assert_eq!(
        superusers.map(|it| it.what.as_str()),
        Some("2 sessions of web log in as superuser postgres")
    );
}

#[test]
fn a_lane_that_fails_on_something_else_than_the_role_is_not_cured_by_the_role() {
    let cure = |refused| {
        let mut seen = survey(Standing::Open, Standing::Open);
        seen.sights[0].standing = Standing::Closed;
        seen.sights[0].refused = vec![refused];
        let mut found = Vec::new();
        way_in::lanes(&mut found, &seen, &facts());
        found.remove(0).fix
    };
    assert_eq!(cure(Refused::Role), "breakglass prepare --apply");
    assert_eq!(cure(Refused::Reserve), "breakglass prepare --apply");
    assert_eq!(cure(Refused::EverySlot), "breakglass rescue");
    assert!(cure(Refused::NoAnswer).ends_with("breakglass backends"));
    assert!(cure(Refused::Walsenders).contains("max_wal_senders"));
}
