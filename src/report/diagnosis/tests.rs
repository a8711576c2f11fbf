use std::time::Duration;

use super::*;
use crate::decide::diagnosis::diagnose;
use crate::decide::session::Session;
use crate::decide::survey::testing::{
    as_superuser, idle, locked_out, on_database_host, over_login, over_replication, queue,
    starting, with,
};
use crate::decide::survey::{Churn, Refused};
use crate::decide::testing::{active, in_transaction, session};

fn full(sessions: Vec<Session>) -> Survey {
    over_replication(&[Refused::EverySlot], sessions)
}

fn stormed() -> Survey {
    let mut survey = over_replication(&[Refused::EverySlot, Refused::Reserve], idle(18));
    survey.churn = Churn {
        arrived: 4,
        left: 4,
        within: Duration::from_millis(300),
    };
    survey
}

#[test]
fn it_is_one_sentence() {
    let blind = || locked_out(&[Refused::EverySlot], &[Refused::Walsenders]);
    let half = || with((2..14).map(|pid| starting(pid, 40)).collect(), idle(8));
    let hostile = Session {
        application: Some("a\u{1b}[31m\n".to_owned()),
        ..session(2)
    };
    let table = [
        (
            over_login(idle(5)),
            "ordinary roles have room: 6 of 17 ordinary slots are used",
        ),
        (
            full(idle(20)),
            "nobody can log in, superusers neither: every slot is taken; a pool that is larger than its use: \
             20 sessions idle, most of them of web",
        ),
        (
            full(with(queue(12), idle(7))),
            "nobody can log in, superusers neither: every slot is taken; a lock queue: 50 (web, idle in transaction \
             4m10s) keeps 12 waiting; web holds most, 20 of 20 (7 idle, 12 active)",
        ),
        (
            full((2..22).map(|pid| in_transaction(pid, 300)).collect()),
            "nobody can log in, superusers neither: every slot is taken; a leak: 20 sessions of web hold a transaction \
             open and do nothing, the oldest for 5m00s",
        ),
        (
            full((2..22).map(|pid| active(pid, 30)).collect()),
            "nobody can log in, superusers neither: every slot is taken; load: 20 statements run, most of them of web",
        ),
        (
            full((2..22).map(session).map(as_superuser).collect()),
            "nobody can log in, superusers neither: every slot is taken; an application that logs in as a superuser, \
             whom no reserve holds off: nightly (20 sessions)",
        ),
        (
            full(idle(9)),
            "nobody can log in, superusers neither: every slot is taken; probably half-finished logins: 11 slots are \
             taken by nobody that a view shows; web holds most, 9 of 9 (9 idle, 0 active)",
        ),
        (
            on_database_host(blind(), half()),
            "nobody can log in, superusers neither: every slot is taken, and every walsender is in use; stalled \
             logins: 12 are not through, the oldest for 40s, each on a slot; web holds most, 20 of 20 (8 idle, 0 active)",
        ),
        (
            stormed(),
            "nobody can log in, superusers neither: every slot is taken; a pool that is larger than its use: \
             18 sessions idle, most of them of web; a storm of clients that connect again at once (4 sessions came \
             within 0.30 s, logins are refused now in one way, now in another)",
        ),
        (
            full(vec![
                hostile.clone(),
                Session {
                    id: session(3).id,
                    ..hostile
                },
            ]),
            "nobody can log in, superusers neither: every slot is taken; probably half-finished logins: 18 slots are \
             taken by nobody that a view shows; a\\x1b[31m\\n holds most, 2 of 2 (2 idle, 0 active)",
        ),
        (
            blind(),
            "nobody can log in, superusers neither: every slot is taken, and every walsender is in use",
        ),
        (
            locked_out(&[Refused::NotNow], &[Refused::NotNow]),
            "the server is starting, stopping or recovering and admits nobody; slots are not the reason",
        ),
    ];
    for (survey, wanted) in table {
        assert_eq!(sentence(&diagnose(&survey, 0), &survey), wanted);
    }
}

#[test]
fn slots_that_are_taken_again_make_a_storm() {
    let survey = full(idle(20));
    let text = sentence(&diagnose(&survey, 7), &survey);
    assert!(text.contains("7 freed slots taken again"), "{text}");
}

#[test]
fn every_doubt_is_a_line() {
    let survey = full(idle(9));
    assert_eq!(doubts(&diagnose(&survey, 0)).len(), 1);
    let mixed = full(with(queue(9), idle(9)));
    let lines = also(&diagnose(&mixed, 0), &mixed);
    assert_eq!(
        lines,
        ["probably a pool that is larger than its use: 9 sessions idle, most of them of web"]
    );
}
