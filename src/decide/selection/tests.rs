//! Every flag, its twin, and what hidden rows do to it; then the cuts.

use super::*;
use crate::decide::filters::SessionsLane;
use crate::decide::protection::Include;
use crate::decide::session::Client;
use crate::decide::testing::{
    OURS, active, asked, blocked, hidden, in_transaction, ours, process, s, session, snapshot,
};

/// Six sessions that differ in everything a flag can ask about; PIDs 11 to 16.
fn scene() -> Snapshot {
    let batch = Session {
        user: Some("batch".to_owned()),
        database: Some("stats".to_owned()),
        application: Some("cron".to_owned()),
        client: Client::Local,
        query: Some("VACUUM big".to_owned()),
        ..active(12, 500)
    };
    let far = Session {
        client: Client::Address([192, 168, 7, 9].into()),
        application: Some(String::new()),
        connected_for: s(30),
        ..session(13)
    };
    let v6 = Session {
        client: Client::Address([0xfd00, 0, 0, 0, 0, 0, 0, 1].into()),
        ..in_transaction(14, 300)
    };
    let aborted = Session {
        state: Some(State::Aborted),
        ..in_transaction(16, 40)
    };
    snapshot(vec![
        ours(),
        session(11),
        batch,
        far,
        v6,
        blocked(15, &[14], 20),
        aborted,
    ])
}

fn pids(sessions: &[Session]) -> Vec<i32> {
    let mut pids: Vec<i32> = sessions.iter().map(|session| session.id.pid).collect();
    pids.sort_unstable();
    pids
}

fn choose(snapshot: &Snapshot, criteria: &Criteria<Session>, cut: Cut) -> Selection {
    select(snapshot, criteria, cut, &Policy::default(), false)
}

/// Sorted PIDs that `line` chooses from the scene.
#[track_caller]
fn check(line: &str, wanted: &[i32]) {
    let criteria = asked::<SessionsLane>(line);
    let chosen = choose(&scene(), &criteria, Cut::default()).chosen;
    assert_eq!(pids(&chosen), wanted, "{line}");
}

#[test]
fn every_flag_asks_for_what_it_says_and_its_twin_for_the_opposite() {
    check("", &[11, 12, 13, 14, 15, 16]);
    check("--user batch --user nobody", &[12]);
    check("--not-user batch --not-user nobody", &[11, 13, 14, 15, 16]);
    check("--database stats", &[12]);
    check("--not-database stats", &[11, 13, 14, 15, 16]);
    check("--app cron --app ''", &[12, 13]);
    check("--not-app cron --not-app ''", &[11, 14, 15, 16]);
    check("--pid 11 --pid 16", &[11, 16]);
    check("--not-pid 11 --not-pid 16", &[12, 13, 14, 15]);
    check("--state active --state aborted", &[12, 15, 16]);
    check("--not-state active --not-state aborted", &[11, 13, 14]);
    check("--query (?i)vacuum", &[12]);
    check("--not-query ^SELECT", &[12, 15]);
    check("--blocking", &[14]);
    check("--not-blocking", &[11, 12, 13, 15, 16]);
    check("--waiting", &[15]);
    check("--not-waiting", &[11, 12, 13, 14, 16]);
}

#[test]
fn ages_mean_at_least_and_an_age_that_is_not_there_is_not_old() {
    check("--idle-for 60s", &[11, 13]);
    check("--idle-for 61s", &[]);
    check("--not-idle-for 60s", &[12, 14, 15, 16]);
    check("--in-transaction-for 300s", &[12, 14]);
    check("--not-in-transaction-for 300s", &[11, 13, 15, 16]);
    check("--active-for 20s", &[12, 15]);
    check("--not-active-for 21s", &[11, 13, 14, 15, 16]);
    check("--connected-for 31s", &[11, 12, 14, 15, 16]);
    check("--not-connected-for 31s", &[13]);
}

#[test]
fn a_client_is_an_address_a_network_or_the_socket() {
    check("--client local", &[12]);
    check("--client 10.0.0.5", &[11, 15, 16]);
    check("--client 10.0.0.6", &[]);
    check("--client 192.168.0.0/16", &[13]);
    check("--client 0.0.0.0/0", &[11, 13, 15, 16]);
    check("--client fd00::/8", &[14]);
    check("--client ::/0", &[14]);
}

#[test]
fn flags_are_and_repeats_are_or() {
    check(
        "--user web --user batch --state active --not-app cron",
        &[15],
    );
}

#[test]
fn what_the_server_hides_is_never_guessed() {
    let background = Session {
        database: None,
        ..hidden(22)
    };
    let snapshot = snapshot(vec![ours(), hidden(21), background]);
    for line in [
        "--not-client local",
        "--client local",
        "--not-state active",
        "--state active",
        "--not-query x",
        "--query x",
        "--not-idle-for 5s",
        "--not-in-transaction-for 5s",
        "--not-active-for 5s",
        "--connected-for 5s",
        "--not-connected-for 5s",
        "--waiting",
        "--not-waiting",
        "--not-blocking",
    ] {
        let selection = choose(&snapshot, &asked::<SessionsLane>(line), Cut::default());
        assert!(selection.chosen.is_empty(), "{line}");
        let flag = line.split(' ').next();
        let spared = selection.spared.iter();
        let others = spared.filter(|spared| spared.session.id.pid != OURS);
        let reasons: Vec<_> = others.map(why).collect();
        assert_eq!(reasons, [(21, flag)], "{line}");
    }
    // What another flag rules out anyway is not worth a word; nor is a blocker that nobody is seen to wait for.
    for line in ["--user nobody --idle-for 5s", "--blocking"] {
        let selection = choose(&snapshot, &asked::<SessionsLane>(line), Cut::default());
        let spared = selection.spared.iter();
        let hidden = spared.filter(|spared| why(spared).1.is_some());
        assert_eq!((hidden.count(), selection.chosen.len()), (0, 0), "{line}");
    }
}

/// Which session was spared, and for which flag.
fn why(spared: &Spared) -> (i32, Option<&'static str>) {
    let flag = match spared.reason {
        SparedReason::CannotJudge(flag) => Some(flag),
        _ => None,
    };
    (spared.session.id.pid, flag)
}

#[test]
fn keep_leaves_each_application_its_newest() {
    let young = |pid, seconds| Session {
        connected_for: s(seconds),
        ..session(pid)
    };
    let cron = Session {
        application: Some("cron".to_owned()),
        ..session(40)
    };
    let snapshot = snapshot(vec![young(31, 10), young(32, 20), young(33, 30), cron]);
    let cut = Cut {
        keep: Some(1),
        ..Cut::default()
    };
    let selection = choose(&snapshot, &Criteria::default(), cut);
    assert_eq!(pids(&selection.chosen), [32, 33]);
    let spared: Vec<i32> = selection
        .spared
        .iter()
        .map(|spared| spared.session.id.pid)
        .collect();
    assert_eq!(spared, [31, 40]);
}

#[test]
fn oldest_counts_by_connection_and_limit_by_harm() {
    let mut snapshot = scene();
    for (session, age) in snapshot
        .sessions
        .iter_mut()
        .zip([0, 10, 20, 30, 40, 50, 60])
    {
        session.connected_for = s(age);
    }
    let order = |cut| -> Vec<i32> {
        let chosen = choose(&snapshot, &Criteria::default(), cut).chosen;
        chosen.iter().map(|session| session.id.pid).collect()
    };
    // Aborted, idle, idle in transaction, active; in each the longest first.
    assert_eq!(order(Cut::default()), [16, 11, 13, 14, 12, 15]);
    assert_eq!(
        order(Cut {
            limit: Some(3),
            ..Cut::default()
        }),
        [16, 11, 13]
    );
    assert_eq!(
        order(Cut {
            oldest: Some(2),
            ..Cut::default()
        }),
        [16, 15]
    );
    assert_eq!(
        order(Cut {
            oldest: Some(2),
            limit: Some(1),
            keep: None
        }),
        [16]
    );
    assert_eq!(
        order(Cut {
            limit: Some(0),
            ..Cut::default()
        }),
        [0; 0]
    );
    assert_eq!(
        order(Cut {
            limit: Some(99),
            ..Cut::default()
        })
        .len(),
        6
    );
}

#[test]
fn a_pid_that_nobody_has_is_reported_missing() {
    let criteria = asked::<SessionsLane>("--pid 999 --pid 11 --pid 999");
    let selection = choose(&scene(), &criteria, Cut::default());
    assert_eq!(selection.missing, [999]);
    assert_eq!(pids(&selection.chosen), [11]);
}

#[test]
fn a_cancel_chooses_only_what_runs() {
    let selection = select(
        &scene(),
        &Criteria::default(),
        Cut::default(),
        &Policy::default(),
        true,
    );
    assert_eq!(pids(&selection.chosen), [12, 15]);
    let idle = selection
        .spared
        .iter()
        .filter(|spared| spared.reason == SparedReason::NothingToCancel);
    assert_eq!(idle.count(), 4);
}

#[test]
fn server_processes_are_no_news_unless_somebody_names_them() {
    let background = process(90, Kind::Background("checkpointer".to_owned()));
    let snapshot = snapshot(vec![ours(), background, process(91, Kind::Walsender)]);
    let spared = |line: &str| -> Vec<i32> {
        let selection = choose(&snapshot, &asked::<SessionsLane>(line), Cut::default());
        assert!(selection.chosen.is_empty());
        selection
            .spared
            .iter()
            .map(|spared| spared.session.id.pid)
            .collect()
    };
    assert_eq!(spared(""), [OURS, 91]);
    assert_eq!(spared("--pid 90"), [90]);
}

#[test]
fn an_included_walsender_is_chosen() {
    let snapshot = snapshot(vec![ours(), process(91, Kind::Walsender)]);
    let policy = Policy {
        include: vec![Include::Walsenders],
        ..Policy::default()
    };
    let selection = select(
        &snapshot,
        &Criteria::default(),
        Cut::default(),
        &policy,
        false,
    );
    assert_eq!(pids(&selection.chosen), [91]);
}
