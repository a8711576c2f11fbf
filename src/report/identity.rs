//! Where we are and as whom: the server, our role there, the lane and the slot it stands on.
//!
//! Stage: report. Part of the status screen; first on it, so that nobody acts on the wrong server.

use crate::decide::capacity::SlotClass;
use crate::decide::snapshot::Snapshot;

use super::page::Page;
use super::palette::Tone;
use super::{Extent, LaneView, Screen, duration, sanitize};

/// Server, role, lane, and what was refused before.
pub(crate) fn identity(page: &mut Page, snapshot: &Snapshot, lane: &LaneView, screen: Screen) {
    let server = &snapshot.server;
    page.entry("server", Tone::Plain, &server_line(snapshot, lane));
    let mut more = Vec::new();
    if let Some(name) = server.cluster_name.as_ref().filter(|name| !name.is_empty()) {
        more.push(format!("cluster {}", sanitize::line(name)));
    }
    if let Some(identifier) = &server.system_identifier {
        more.push(format!("system {}", sanitize::line(identifier)));
    }
    more.push(
        if lane.encrypted {
            "encrypted"
        } else {
            "not encrypted"
        }
        .to_owned(),
    );
    page.entry("", Tone::Plain, &more.join(", "));
    let powerless = !server.role_superuser && !server.role_may_signal;
    let tone = if powerless { Tone::Warn } else { Tone::Plain };
    page.entry("we are", tone, &role_line(snapshot));
    let slot = match lane.slot {
        SlotClass::NoLogin => "no login at all".to_owned(),
        SlotClass::Walsender => "a walsender, none of max_connections".to_owned(),
        SlotClass::Superuser => "on a slot of the superuser's reserve".to_owned(),
        SlotClass::Reserved => "on a reserved slot".to_owned(),
        SlotClass::Ordinary => "on an ordinary slot".to_owned(),
    };
    let name = sanitize::line(&lane.name);
    let text = format!("{name}, {slot}: {}", sanitize::line(&lane.slot_how));
    page.entry("lane", Tone::Plain, &text);
    let most = if screen.extent == Extent::Whole {
        usize::MAX
    } else {
        3
    };
    for (number, refused) in lane.refused_before.iter().take(most).enumerate() {
        let label = if number == 0 { "refused" } else { "" };
        page.entry(label, Tone::Warn, &sanitize::line(refused));
    }
    if lane.refused_before.len() > most {
        page.entry(
            "",
            Tone::Warn,
            &format!("+{} more", lane.refused_before.len() - most),
        );
    }
}

/// `db1:5432, PostgreSQL 17.10, primary, up 12d05h`
pub(crate) fn server_line(snapshot: &Snapshot, lane: &LaneView) -> String {
    let server = &snapshot.server;
    format!(
        "{}, PostgreSQL {}, {}, up {}",
        sanitize::line(&lane.endpoint),
        sanitize::line(&server.version),
        if server.in_recovery {
            "standby"
        } else {
            "primary"
        },
        duration::age(server.uptime)
    )
}

fn role_line(snapshot: &Snapshot) -> String {
    let server = &snapshot.server;
    let mut rights = Vec::new();
    if server.role_superuser {
        rights.push("superuser");
    } else {
        rights.push(if server.role_may_signal {
            "may signal others"
        } else {
            "may signal only its own sessions"
        });
        rights.push(if server.role_may_see {
            "sees everybody"
        } else {
            "sees only its own sessions in full"
        });
        if server.role_reserved {
            rights.push("may use reserved slots");
        }
    }
    format!(
        "{} in {} ({}), PID {}",
        sanitize::line(&server.role),
        sanitize::line(&server.database),
        rights.join(", "),
        server.own_pid
    )
}
