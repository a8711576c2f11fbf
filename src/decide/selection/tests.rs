//! Every flag, its twin, and what hidden rows do to it; then the cuts.

use super::*;
use crate::decide::protection::Include;
use crate::decide::testing::{
    OURS, active, blocked, hidden, in_transaction, ours, process, s, session, snapshot,
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

fn any<T>(values: Vec<T>) -> Choice<T> {
    Choice {
        any: values,
        none: Vec::new(),
    }
}

fn none<T>(values: Vec<T>) -> Choice<T> {
    Choice {
        any: Vec::new(),
        none: values,
    }
}

fn min(seconds: u64) -> AtLeast {
    AtLeast {
        min: s(seconds),
        not: None,
    }
}

fn not(seconds: u64) -> AtLeast {
    AtLeast {
        min: None,
        not: s(seconds),
    }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

fn regex(pattern: &str) -> Vec<Regex> {
    Regex::new(pattern).into_iter().collect()
}

fn net(bytes: [u8; 4], bits: u8) -> ClientPattern {
    ClientPattern::Network(bytes.into(), bits)
}

fn pids(sessions: &[Session]) -> Vec<i32> {
    let mut pids: Vec<i32> = sessions.iter().map(|session| session.id.pid).collect();
    pids.sort_unstable();
    pids
}

fn choose(snapshot: &Snapshot, criteria: &Criteria, cut: Cut) -> Selection {
    select(snapshot, criteria, cut, &Policy::default(), false)
}

/// Sorted PIDs that `criteria` choose from the scene.
fn check(what: &str, criteria: Criteria, wanted: &[i32]) {
    let chosen = choose(&scene(), &criteria, Cut::default()).chosen;
    assert_eq!(pids(&chosen), wanted, "{what}");
}

#[test]
fn every_flag_asks_for_what_it_says_and_its_twin_for_the_opposite() {
    let c = Criteria::default;
    check("nothing asked", c(), &[11, 12, 13, 14, 15, 16]);
    let users = names(&["batch", "nobody"]);
    check(
        "--user",
        Criteria {
            users: any(users.clone()),
            ..c()
        },
        &[12],
    );
    check(
        "--not-user",
        Criteria {
            users: none(users),
            ..c()
        },
        &[11, 13, 14, 15, 16],
    );
    let databases = names(&["stats"]);
    check(
        "--database",
        Criteria {
            databases: any(databases.clone()),
            ..c()
        },
        &[12],
    );
    check(
        "--not-database",
        Criteria {
            databases: none(databases),
            ..c()
        },
        &[11, 13, 14, 15, 16],
    );
    let apps = names(&["cron", ""]);
    check(
        "--app",
        Criteria {
            applications: any(apps.clone()),
            ..c()
        },
        &[12, 13],
    );
    check(
        "--not-app",
        Criteria {
            applications: none(apps),
            ..c()
        },
        &[11, 14, 15, 16],
    );
    check(
        "--pid",
        Criteria {
            pids: any(vec![11, 16]),
            ..c()
        },
        &[11, 16],
    );
    check(
        "--not-pid",
        Criteria {
            pids: none(vec![11, 16]),
            ..c()
        },
        &[12, 13, 14, 15],
    );
    let states = vec![State::Active, State::Aborted];
    check(
        "--state",
        Criteria {
            states: any(states.clone()),
            ..c()
        },
        &[12, 15, 16],
    );
    check(
        "--not-state",
        Criteria {
            states: none(states),
            ..c()
        },
        &[11, 13, 14],
    );
    check(
        "--query",
        Criteria {
            queries: any(regex("(?i)vacuum")),
            ..c()
        },
        &[12],
    );
    check(
        "--not-query",
        Criteria {
            queries: none(regex("^SELECT")),
            ..c()
        },
        &[12, 15],
    );
    check(
        "--blocking",
        Criteria {
            blocking: Some(true),
            ..c()
        },
        &[14],
    );
    check(
        "--not-blocking",
        Criteria {
            blocking: Some(false),
            ..c()
        },
        &[11, 12, 13, 15, 16],
    );
    check(
        "--waiting",
        Criteria {
            waiting: Some(true),
            ..c()
        },
        &[15],
    );
    check(
        "--not-waiting",
        Criteria {
            waiting: Some(false),
            ..c()
        },
        &[11, 12, 13, 14, 16],
    );
}

#[test]
fn ages_mean_at_least_and_an_age_that_is_not_there_is_not_old() {
    let c = Criteria::default;
    check(
        "--idle-for",
        Criteria {
            idle_for: min(60),
            ..c()
        },
        &[11, 13],
    );
    check(
        "--idle-for beyond",
        Criteria {
            idle_for: min(61),
            ..c()
        },
        &[],
    );
    check(
        "--not-idle-for",
        Criteria {
            idle_for: not(60),
            ..c()
        },
        &[12, 14, 15, 16],
    );
    check(
        "--in-transaction-for",
        Criteria {
            in_transaction_for: min(300),
            ..c()
        },
        &[12, 14],
    );
    check(
        "--not-in-transaction-for",
        Criteria {
            in_transaction_for: not(300),
            ..c()
        },
        &[11, 13, 15, 16],
    );
    check(
        "--active-for",
        Criteria {
            active_for: min(20),
            ..c()
        },
        &[12, 15],
    );
    check(
        "--not-active-for",
        Criteria {
            active_for: not(21),
            ..c()
        },
        &[11, 13, 14, 15, 16],
    );
    check(
        "--connected-for",
        Criteria {
            connected_for: min(31),
            ..c()
        },
        &[11, 12, 14, 15, 16],
    );
    check(
        "--not-connected-for",
        Criteria {
            connected_for: not(31),
            ..c()
        },
        &[13],
    );
}

#[test]
fn a_client_is_an_address_a_network_or_the_socket() {
    let check = |what: &str, pattern: ClientPattern, wanted: &[i32]| {
        let clients = any(vec![pattern]);
        super::tests::check(
            what,
            Criteria {
                clients,
                ..Criteria::default()
            },
            wanted,
        );
    };
    check("local", ClientPattern::Local, &[12]);
    check("one address", net([10, 0, 0, 5], 32), &[11, 15, 16]);
    check("another address", net([10, 0, 0, 6], 32), &[]);
    check("a network", net([192, 168, 0, 0], 16), &[13]);
    check(
        "every IPv4 address",
        net([0, 0, 0, 0], 0),
        &[11, 13, 15, 16],
    );
    let v6 = |bits| ClientPattern::Network([0xfd00, 0, 0, 0, 0, 0, 0, 0].into(), bits);
    check("an IPv6 network", v6(8), &[14]);
    check("every IPv6 address", v6(0), &[14]);
    check(
        "more bits than an address has",
        net([10, 0, 0, 5], 255),
        &[11, 15, 16],
    );
}

#[test]
fn flags_are_and_repeats_are_or() {
    let criteria = Criteria {
        users: any(names(&["web", "batch"])),
        states: any(vec![State::Active]),
        applications: none(names(&["cron"])),
        ..Criteria::default()
    };
    check("user and state and not app", criteria, &[15]);
}

#[test]
fn what_the_server_hides_is_never_guessed() {
    let background = Session {
        database: None,
        ..hidden(22)
    };
    let snapshot = snapshot(vec![ours(), hidden(21), background]);
    let c = Criteria::default;
    let cases: [(&str, Criteria); 8] = [
        (
            "--client",
            Criteria {
                clients: none(vec![ClientPattern::Local]),
                ..c()
            },
        ),
        (
            "--state",
            Criteria {
                states: none(vec![State::Active]),
                ..c()
            },
        ),
        (
            "--query",
            Criteria {
                queries: none(regex("x")),
                ..c()
            },
        ),
        (
            "--idle-for",
            Criteria {
                idle_for: not(5),
                ..c()
            },
        ),
        (
            "--in-transaction-for",
            Criteria {
                in_transaction_for: not(5),
                ..c()
            },
        ),
        (
            "--connected-for",
            Criteria {
                connected_for: min(5),
                ..c()
            },
        ),
        (
            "--waiting",
            Criteria {
                waiting: Some(false),
                ..c()
            },
        ),
        (
            "--not-blocking",
            Criteria {
                blocking: Some(false),
                ..c()
            },
        ),
    ];
    for (flag, criteria) in cases {
        let selection = choose(&snapshot, &criteria, Cut::default());
        assert!(selection.chosen.is_empty(), "{flag}");
        let reasons: Vec<_> = selection
            .spared
            .iter()
            .filter(|s| s.session.id.pid == 21)
            .collect();
        assert_eq!(reasons.len(), 1, "{flag}");
        assert_eq!(reasons[0].reason, SparedReason::CannotJudge(flag));
        assert!(
            selection
                .spared
                .iter()
                .all(|spared| spared.session.id.pid != 22),
            "{flag}"
        );
    }
    // A hidden row that another flag rules out anyway is not worth a word.
    let criteria = Criteria {
        users: any(names(&["nobody"])),
        idle_for: min(5),
        ..c()
    };
    assert!(
        choose(&snapshot, &criteria, Cut::default())
            .spared
            .is_empty()
    );
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
    let criteria = Criteria {
        pids: any(vec![999, 11, 999]),
        ..Criteria::default()
    };
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
    let spared = |criteria: &Criteria| -> Vec<i32> {
        let selection = choose(&snapshot, criteria, Cut::default());
        assert!(selection.chosen.is_empty());
        selection
            .spared
            .iter()
            .map(|spared| spared.session.id.pid)
            .collect()
    };
    assert_eq!(spared(&Criteria::default()), [OURS, 91]);
    assert_eq!(
        spared(&Criteria {
            pids: any(vec![90]),
            ..Criteria::default()
        }),
        [90]
    );
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

#[test]
fn a_lane_that_cannot_judge_everything_learns_every_flag_that_was_given() {
    let minute = Some(Duration::from_secs(60));
    let criteria = Criteria {
        users: Choice {
            any: vec!["a".to_owned()],
            none: vec!["b".to_owned()],
        },
        idle_for: AtLeast {
            min: None,
            not: minute,
        },
        blocking: Some(false),
        ..Criteria::default()
    };
    let flags = ["--user", "--not-user", "--not-idle-for", "--not-blocking"];
    assert_eq!(criteria.flags(), flags);
    assert!(Criteria::default().flags().is_empty());
}
