use super::*;
use crate::decide::session::Kind;
use crate::decide::snapshot::NamedLimit;
use crate::decide::survey::Churn;
use crate::decide::survey::testing::{
    as_superuser, here, idle, locked_out, over_login, over_replication, queue, starting, with,
};
use crate::decide::testing::{active, blocked, hidden, in_transaction, process, session};

/// The word that JSON has for a variant.
fn word(variant: &impl serde::Serialize) -> String {
    let json = serde_json::to_value(variant).unwrap_or_default();
    json["kind"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn how_far_the_lockout_goes() {
    use Refused::{
        EveryProcess, EverySlot, NoAnswer, NotNow, PoolerFull, Reserve, Role, RoleLimit,
        SuperuserReserve, Walsenders,
    };
    let table = [
        (over_login(idle(5)), "none"),
        (over_login(idle(16)), "ordinary-slots"),
        (over_login(idle(19)), "every-slot"),
        (over_replication(&[Reserve], idle(17)), "ordinary-slots"),
        (over_replication(&[EverySlot], idle(20)), "every-slot"),
        // The view shows free slots, and the server refuses all the same.
        (over_replication(&[EverySlot], idle(8)), "every-slot"),
        (locked_out(&[EverySlot], &[Walsenders]), "every-slot"),
        (locked_out(&[SuperuserReserve], &[Role]), "ordinary-slots"),
        (
            locked_out(&[EveryProcess], &[EveryProcess]),
            "every-process",
        ),
        (locked_out(&[RoleLimit], &[Role]), "role-limit"),
        (locked_out(&[PoolerFull], &[]), "pooler"),
        (locked_out(&[NotNow], &[NotNow]), "not-now"),
        (locked_out(&[NoAnswer], &[NoAnswer]), "not-asked"),
        (locked_out(&[Role], &[Role]), "not-asked"),
    ];
    for (number, (survey, wanted)) in table.into_iter().enumerate() {
        let diagnosis = diagnose(&survey, 0);
        assert_eq!(word(&diagnosis.lockout), wanted, "case {number}");
    }
    let gone = diagnose(&locked_out(&[EverySlot], &[Walsenders]), 0);
    assert!(gone.walsenders_gone);
}

#[test]
fn a_role_or_database_at_its_own_limit_is_told_while_the_server_has_room() {
    let mut survey = over_login(idle(5));
    if let Some(view) = &mut survey.snapshot {
        let closed = NamedLimit {
            name: "closed".to_owned(),
            limit: 0,
        };
        let web = NamedLimit {
            name: "web".to_owned(),
            limit: 5,
        };
        view.role_limits = vec![closed, web];
    }
    let wanted = Lockout::RoleLimit {
        name: "web".to_owned(),
        used: 5,
        limit: Some(5),
    };
    assert_eq!(diagnose(&survey, 0).lockout, wanted);
}

#[test]
fn what_holds_the_slots() {
    use Refused::EverySlot;
    let refused = |sessions| over_replication(&[EverySlot], sessions);
    let half_here = |sessions: Vec<Session>| Survey {
        backends: here(sessions),
        ..locked_out(&[EverySlot], &[Refused::Walsenders])
    };
    // Cause, slots it explains, whether that is certain.
    let table = [
        (refused(idle(20)), Some(("idle-pool", 20, true))),
        (
            refused(with(queue(12), idle(7))),
            Some(("lock-queue", 13, true)),
        ),
        // Five of twenty: the first thing to deal with, and not more than likely the cause.
        (
            refused(with(queue(4), idle(15))),
            Some(("lock-queue", 5, false)),
        ),
        (
            refused(with(
                (2..5).map(|pid| in_transaction(pid, 300)).collect(),
                idle(17),
            )),
            Some(("idle-pool", 17, true)),
        ),
        (
            refused((2..22).map(|pid| in_transaction(pid, 300)).collect()),
            Some(("leak", 20, true)),
        ),
        // Transactions that were opened a moment ago are nobody's leak.
        (
            refused((2..22).map(|pid| in_transaction(pid, 2)).collect()),
            None,
        ),
        (
            refused((2..22).map(|pid| active(pid, 30)).collect()),
            Some(("busy", 20, true)),
        ),
        (
            refused((2..22).map(session).map(as_superuser).collect()),
            Some(("superusers", 20, true)),
        ),
        // Two administrators are what the reserve is for.
        (
            refused(with(
                (2..4).map(session).map(as_superuser).collect(),
                idle(18),
            )),
            Some(("idle-pool", 20, true)),
        ),
        // Eleven slots are taken by nobody that the view shows.
        (refused(idle(9)), Some(("half-authenticated", 11, false))),
        (
            half_here(with(
                (2..14).map(|pid| starting(pid, 40)).collect(),
                idle(8),
            )),
            Some(("half-authenticated", 12, true)),
        ),
        // Logins that are merely on their way.
        (
            half_here(with((2..6).map(|pid| starting(pid, 0)).collect(), idle(16))),
            Some(("idle-pool", 16, true)),
        ),
        (over_login(idle(5)), None),
        (
            over_login(with(queue(4), idle(2))),
            Some(("lock-queue", 5, true)),
        ),
        (locked_out(&[EverySlot], &[Refused::Walsenders]), None),
    ];
    for (number, (survey, wanted)) in table.into_iter().enumerate() {
        let diagnosis = diagnose(&survey, 0);
        let cause = diagnosis
            .cause
            .as_ref()
            .map(|found| (word(&found.cause), found.slots, found.certain));
        let wanted = wanted.map(|(word, slots, certain)| (word.to_owned(), slots, certain));
        assert_eq!(cause, wanted, "case {number}: {diagnosis:?}");
    }
}

#[test]
fn a_prepared_transaction_at_the_head_is_no_session() {
    let waiting = (2..14).map(|pid| blocked(pid, &[0], 100)).collect();
    let diagnosis = diagnose(
        &over_replication(&[Refused::EverySlot], with(waiting, idle(8))),
        0,
    );
    let cause = diagnosis.cause.map(|found| found.cause);
    assert_eq!(
        cause,
        Some(Cause::LockQueue {
            head: None,
            waiting: 12
        })
    );
}

#[test]
fn a_storm_is_told_from_sessions_that_are_merely_young() {
    let young = |count: i32| -> Vec<Session> {
        let young = |pid| Session {
            connected_for: Some(Duration::from_secs(1)),
            ..session(pid)
        };
        (2..2 + count).map(young).collect()
    };
    let calm = over_replication(&[Refused::EverySlot], idle(20));
    let fresh = over_replication(&[Refused::EverySlot], young(20));
    let varies = over_replication(&[Refused::EverySlot, Refused::SuperuserReserve], idle(18));
    let arriving = Survey {
        churn: Churn {
            arrived: 5,
            left: 4,
            within: Duration::from_millis(300),
        },
        ..calm.clone()
    };
    // Survey, slots retaken -> a storm, and whether for certain
    let table = [
        (&calm, 0, None),
        (&calm, 6, Some(true)),
        (&fresh, 0, Some(false)),
        (&varies, 0, Some(true)),
        (&arriving, 0, Some(true)),
    ];
    for (number, (survey, retaken, wanted)) in table.into_iter().enumerate() {
        let diagnosis = diagnose(survey, retaken);
        let storm = diagnosis.storm.as_ref().map(Storm::is_certain);
        assert_eq!(storm, wanted, "case {number}");
        let doubted = diagnosis.doubts.contains(&Doubt::YoungSessions);
        assert_eq!(doubted, wanted == Some(false), "case {number}");
    }
    // A quiet server whose clients came with the deploy a second ago is not in a storm.
    assert_eq!(diagnose(&over_login(young(5)), 0).storm, None);
}

#[test]
fn who_holds_most_is_named_with_the_limit_of_its_role() {
    let mut survey = over_replication(&[Refused::EverySlot], with(idle(12), vec![active(2, 5)]));
    if let Some(view) = &mut survey.snapshot {
        view.role_limits = vec![NamedLimit {
            name: "web".to_owned(),
            limit: 40,
        }];
        view.sessions.push(process(90, Kind::Walsender));
    }
    let most = diagnose(&survey, 0).most;
    let wanted = Holder {
        by: Dimension::Application,
        name: "web".to_owned(),
        count: 13,
        of: 13,
        idle: 12,
        active: 1,
        limit: Some(40),
    };
    assert_eq!(most, Some(wanted));
}

#[test]
fn what_cannot_be_seen_is_a_doubt() {
    let blind = diagnose(
        &locked_out(&[Refused::EverySlot], &[Refused::Walsenders]),
        0,
    );
    assert_eq!(blind.doubts, [Doubt::NoView]);
    let veiled = over_replication(
        &[Refused::EverySlot],
        with(idle(8), (2..14).map(hidden).collect()),
    );
    let veiled = diagnose(&veiled, 0);
    assert!(veiled.doubts.contains(&Doubt::HiddenRows));
    assert!(veiled.cause.is_none_or(|found| !found.certain));
    let invisible = diagnose(&over_replication(&[Refused::EverySlot], idle(9)), 0);
    assert_eq!(invisible.doubts, [Doubt::InvisibleLogins]);
    let states: Vec<Session> = (2..22)
        .map(|pid| Session {
            state: Some(State::Disabled),
            ..session(pid)
        })
        .collect();
    let mixed = diagnose(&over_replication(&[Refused::EverySlot], states), 0);
    assert_eq!(mixed.doubts, [Doubt::NoSingleCause]);
}
