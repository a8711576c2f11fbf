//! Whole answers compared with what they should be: fixed servers, a lane, a plan and its end.
//!
//! Only tests. [`screens`] compares text for eyes, [`files`] JSON, CSV and markdown. What the reading commands and a plan make
//! of a server is pinned in `tests/scenes`; here is what no saved server can show, and what holds for every screen.

mod files;
mod hosts;
mod pooler;
mod screens;

use std::time::Duration;

use super::advice::Advice;
use super::{LaneView, Screen};
use crate::decide::capacity::{ProviderReserve, SlotClass};
use crate::decide::criteria::Criteria;
use crate::decide::filters::SessionsLane;
use crate::decide::holder::TargetOutcome;
use crate::decide::outcome::{Outcome, Receipt, Stopped};
use crate::decide::plan::Plan;
use crate::decide::protection::Policy;
use crate::decide::selection::{Cut, select};
use crate::decide::session::{Client, Kind, Session, State};
use crate::decide::sessions::outcome::Slots;
use crate::decide::sessions::plan::{Action, Way, plan};
use crate::decide::snapshot::{NamedLimit, Prepared, Snapshot};
use crate::decide::testing;
use crate::decide::testing::{asked, blocked, in_transaction, ours, process, session};
use crate::decide::verified::Verified;

/// Uncoloured, `width` columns wide.
fn screen(width: Option<usize>) -> Screen {
    Screen {
        width,
        ..Screen::plain()
    }
}

/// All 17 ordinary slots taken: a migration idles in its transaction and two statements wait for it. Its name
/// would colour the rest of the screen red.
fn full() -> Snapshot {
    let migration = Session {
        user: Some("deploy".to_owned()),
        application: Some("migrate\x1b[31m".to_owned()),
        client: Client::Local,
        query: Some("ALTER TABLE stock\n  ADD COLUMN note text".to_owned()),
        ..in_transaction(4711, 250)
    };
    let aborted = Session {
        state: Some(State::Aborted),
        application: Some(String::new()),
        connected_for: testing::s(5000),
        ..in_transaction(6100, 4000)
    };
    let listener = Session {
        query: Some("LISTEN jobs".to_owned()),
        application: Some("worker".to_owned()),
        ..session(6200)
    };
    let administrator = Session {
        user: Some("postgres".to_owned()),
        superuser: Some(true),
        application: Some("psql".to_owned()),
        ..session(6300)
    };
    let mut sessions = vec![ours(), migration, aborted, listener, administrator];
    sessions.push(blocked(5000, &[4711], 200));
    sessions.push(blocked(5001, &[4711, 5000], 190));
    sessions.extend((6000..6010).map(session));
    sessions.push(process(90, Kind::Walsender));
    sessions.push(process(
        91,
        Kind::Background("autovacuum launcher".to_owned()),
    ));
    sessions.push(process(92, Kind::Background("checkpointer".to_owned())));
    let mut snapshot = testing::snapshot(sessions);
    snapshot.role_limits = vec![NamedLimit {
        name: "web".to_owned(),
        limit: 15,
    }];
    snapshot.prepared = Prepared {
        count: 1,
        oldest: testing::s(7200),
    };
    snapshot
}

/// PostgreSQL 18 with reserves of its provider, a few idle clients and hidden rows; our role is an ordinary one.
fn quiet() -> Snapshot {
    let mut starting = session(31);
    starting.state = Some(State::Starting);
    starting.user = None;
    let sessions = vec![session(11), session(12), testing::hidden(21), starting];
    let mut snapshot = testing::snapshot(sessions);
    snapshot.limits.reserved = 2;
    snapshot.limits.provider = vec![ProviderReserve {
        setting: "rds.rds_superuser_reserved_connections".to_owned(),
        slots: 2,
    }];
    snapshot.server.version = "18.4".to_owned();
    snapshot.server.version_num = 180_004;
    snapshot.server.in_recovery = true;
    snapshot.server.role = "On-Call".to_owned();
    snapshot.server.role_superuser = false;
    snapshot.server.role_may_signal = false;
    snapshot.server.role_may_see = false;
    snapshot.server.system_identifier = None;
    snapshot.server.cluster_name = None;
    snapshot
}

fn lane() -> LaneView {
    LaneView {
        name: "login".to_owned(),
        slot: SlotClass::Ordinary,
        slot_how: "3 slots are free beside ours and only 3 are kept back".to_owned(),
        endpoint: "db1.example.net:5432".to_owned(),
        encrypted: true,
        refused_before: vec!["login: FATAL: sorry, too many clients already [53300]".to_owned()],
    }
}

fn walsender() -> LaneView {
    LaneView {
        name: "replication".to_owned(),
        slot: SlotClass::Walsender,
        slot_how: "the server counts it among max_wal_senders".to_owned(),
        encrypted: false,
        refused_before: Vec::new(),
        ..lane()
    }
}

fn advice() -> Vec<Advice> {
    let advice = |command: &str, why: &str| Advice {
        command: command.to_owned(),
        why: why.to_owned(),
    };
    vec![
        advice(
            "breakglass terminate --pid 4711",
            "the head of the queue; 2 sessions go on",
        ),
        advice(
            "breakglass free 5 --dry-run",
            "shows the 5 least harmful sessions to end",
        ),
    ]
}

/// Ends the twelve least harmful sessions of [`full`].
fn twelve(action: Action) -> Plan<Session> {
    let snapshot = full();
    let cut = Cut {
        limit: Some(12),
        ..Cut::default()
    };
    let only_active = action == Action::Cancel;
    let criteria = match only_active {
        true => asked::<SessionsLane>("--pid 5000 --pid 6000 --pid 9999"),
        false => Criteria::default(),
    };
    let selection = select(&snapshot, &criteria, cut, &Policy::default(), only_active);
    plan(
        action,
        Way {
            lane: "login",
            endpoint: "db1.example.net:5432".to_owned(),
            wait: Duration::from_secs(10),
        },
        &snapshot,
        selection,
    )
}

/// The end of `plan`: all gone, except as `other` says by number in the plan.
fn end(plan: &Plan<Session>, other: &[(usize, Outcome)]) -> Verified<Session> {
    let outcome = |at: usize| {
        let other = other.iter().find(|(number, _)| *number == at);
        other.map_or(Outcome::Gone, |(_, outcome)| outcome.clone())
    };
    let targets = plan
        .targets
        .iter()
        .enumerate()
        .map(|(at, session)| TargetOutcome {
            holder: session.clone(),
            receipt: Receipt::Sent,
            escalated: false,
            sight: None,
            outcome: outcome(at),
            after: Duration::from_millis(420),
        });
    let gone = plan.targets.len() - other.len();
    Verified {
        targets: targets.collect(),
        stopped: Stopped::Finished,
        aftermath: Slots {
            retakers: Vec::new(),
            capacity: Some(plan.facts.capacity.after(u32::try_from(gone).unwrap_or(0))),
            retaken: Vec::new(),
            watched: Duration::from_secs(1),
        },
    }
}
