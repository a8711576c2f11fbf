//! Titles as PostgreSQL 13 to 18 set them, and names that try to fool whoever reads them.

use proptest::prelude::*;

use super::*;

const PLAIN: &str = "postgres: ";
/// A cluster that was named to be mistaken for a session.
const TRICKY: &str = "postgres: main: app postgres 1.2.3.4(5) idle: ";

fn read(prefix: &str, rest: &str) -> Title {
    match parse(&format!("{prefix}{rest}"), Some(prefix)) {
        Some(title) => title,
        None => panic!("{rest:?} is no title"),
    }
}

#[test]
fn a_session_is_read_with_its_state_whatever_the_cluster_is_called() {
    let address = |text: &str| text.parse().map_or(Client::Unknown, Client::Address);
    // Captured on 13 to 18; the blanks at the end are the server's.
    let table = [
        (
            "app postgres 127.0.0.1(52156) idle",
            address("127.0.0.1"),
            52156,
            Some(State::Idle),
        ),
        (
            "app postgres ::1(49036) idle",
            address("::1"),
            49036,
            Some(State::Idle),
        ),
        (
            "app postgres fe80::1%eth0(7) idle",
            address("fe80::1"),
            7,
            Some(State::Idle),
        ),
        (
            "app postgres [local] idle in transaction",
            Client::Local,
            -1,
            Some(State::IdleInTransaction),
        ),
        (
            "app postgres [local] idle in transaction (aborted)",
            Client::Local,
            -1,
            Some(State::Aborted),
        ),
        (
            "app postgres [local] SELECT",
            Client::Local,
            -1,
            Some(State::Active),
        ),
        (
            "app postgres [local] CREATE TABLE AS",
            Client::Local,
            -1,
            Some(State::Active),
        ),
        (
            "app postgres [local] SELECT waiting",
            Client::Local,
            -1,
            Some(State::Active),
        ),
        (
            "app postgres [local] INSERT waiting for 0/3000060",
            Client::Local,
            -1,
            Some(State::Active),
        ),
        (
            "app postgres [local] <FASTPATH>",
            Client::Local,
            -1,
            Some(State::Fastpath),
        ),
        (
            "app postgres 127.0.0.1(4) authentication",
            address("127.0.0.1"),
            4,
            Some(State::Starting),
        ),
        (
            "app postgres 127.0.0.1(4) initializing",
            address("127.0.0.1"),
            4,
            Some(State::Starting),
        ),
        (
            "app postgres 127.0.0.1(4) startup",
            address("127.0.0.1"),
            4,
            Some(State::Starting),
        ),
        (
            "app postgres 127.0.0.1(4) idle in transa",
            address("127.0.0.1"),
            4,
            Some(State::Other),
        ),
        (
            "app postgres web-1.example.net(4) idle",
            Client::Unknown,
            4,
            Some(State::Idle),
        ),
        // update_process_title=off
        (
            "app postgres 127.0.0.1(36622) ",
            address("127.0.0.1"),
            36622,
            None,
        ),
        ("app postgres [local] ", Client::Local, -1, None),
    ];
    for prefix in [PLAIN, "postgres: main: ", TRICKY] {
        for (rest, client, port, state) in &table {
            let title = read(prefix, rest);
            assert_eq!(title.kind, Kind::Client, "{rest}");
            let names = title.names.clone();
            assert_eq!(
                names,
                Some(("app".to_owned(), Some("postgres".to_owned()))),
                "{rest}"
            );
            assert_eq!(
                (title.client, title.client_port),
                (*client, Some(*port)),
                "{rest}"
            );
            assert_eq!(title.state(), *state, "{rest}");
        }
    }
}

#[test]
fn what_a_session_waits_for_is_told_apart() {
    let wait = |rest: &str| {
        read(PLAIN, rest)
            .wait()
            .map(|wait| wait.class + ":" + &wait.event)
    };
    assert_eq!(
        wait("app postgres [local] SELECT waiting").as_deref(),
        Some("Lock:lock")
    );
    assert_eq!(
        wait("app postgres [local] COMMIT waiting for 0/3000060").as_deref(),
        Some("IPC:SyncRep")
    );
    assert_eq!(wait("app postgres [local] SELECT"), None);
}

#[test]
fn background_processes_and_walsenders_are_no_sessions() {
    let background = [
        "checkpointer ",
        "background writer ",
        "walwriter ",
        "autovacuum launcher ",
        "autovacuum worker postgres",
        "autovacuum worker x y [local] idle",
        "stats collector ",
        "logical replication launcher ",
        "logical replication worker for subscription 16394 ",
        "logical replication apply worker for subscription 16394 ",
        "io worker 0",
        "startup recovering 000000010000000000000003",
        "archiver last was 000000010000000000000003",
        "walreceiver streaming 0/3000148",
        "pg_cron launcher ",
    ];
    for prefix in [PLAIN, TRICKY] {
        for rest in background {
            let title = read(prefix, rest);
            assert_eq!(title.kind, Kind::Background(rest.trim_end().to_owned()));
        }
        let worker = read(prefix, "parallel worker for PID 28988 ");
        assert_eq!(
            (worker.kind.clone(), worker.leader()),
            (Kind::ParallelWorker, Some(28988))
        );
        let walsenders = [
            ("walsender repl 127.0.0.1(53458) idle", Some(("repl", None))),
            (
                "walsender repl postgres 127.0.0.1(41002) idle",
                Some(("repl", Some("postgres"))),
            ),
            (
                "walsender repl 10.0.0.9(41002) streaming 0/3000148",
                Some(("repl", None)),
            ),
            ("walsender a b c [local] idle", None),
            (
                "walsender repl [local] sending backup \"a b [local] idle\"",
                None,
            ),
        ];
        for (rest, names) in walsenders {
            let title = read(prefix, rest);
            let wanted =
                names.map(|(user, database)| (user.to_owned(), database.map(str::to_owned)));
            assert_eq!(
                (title.kind, title.names),
                (Kind::Walsender, wanted),
                "{rest}"
            );
        }
    }
}

#[test]
fn names_that_could_be_split_in_two_ways_are_not_split() {
    for rest in [
        "o d[d] my db 127.0.0.1(37804) idle",
        "app my db [local] idle",
        "app postgres [local] idle db 1.2.3.4(5) authentication",
        "app [local] idle",
    ] {
        let title = read(PLAIN, rest);
        assert_eq!((title.kind, title.names), (Kind::Client, None), "{rest}");
    }
    // The client that stands last is the client; the other one is a name.
    let title = read(
        PLAIN,
        "app postgres [local] idle db 1.2.3.4(5) authentication",
    );
    assert_eq!(
        (title.client_port, title.state()),
        (Some(5), Some(State::Starting))
    );
    // One word each, however odd, is certain.
    let title = read(PLAIN, "app(1) [local] [local] idle");
    assert_eq!(
        title.names,
        Some(("app(1)".to_owned(), Some("[local]".to_owned())))
    );
}

#[test]
fn the_clusters_name_is_learned_from_processes_that_are_always_there() {
    let learned = |titles: &[&str]| prefix(titles.iter().copied());
    assert_eq!(
        learned(&["postgres: checkpointer "]).as_deref(),
        Some(PLAIN)
    );
    assert_eq!(
        learned(&[&format!("{TRICKY}walwriter ")]).as_deref(),
        Some(TRICKY)
    );
    assert_eq!(
        learned(&[
            "postgres: a: checkpointer",
            "postgres: a: autovacuum worker x: checkpointer"
        ])
        .as_deref(),
        Some("postgres: a: ")
    );
    assert_eq!(
        learned(&[
            "postgres: app postgres [local] idle",
            "/usr/bin/postgres -D x"
        ]),
        None
    );
    assert_eq!(cluster_name(PLAIN), None);
    assert_eq!(
        cluster_name("postgres: a b: c: ").as_deref(),
        Some("a b: c")
    );
}

#[test]
fn without_the_clusters_name_only_what_is_certain_is_said() {
    let names = |title: &str| parse(title, None).and_then(|title| title.names);
    assert_eq!(
        names("postgres: app postgres [local] idle"),
        Some(("app".to_owned(), Some("postgres".to_owned())))
    );
    assert_eq!(names("postgres: main: app postgres [local] idle"), None);
    assert_eq!(names("postgres: main: app [local] idle"), None);
    let kind = |title: &str| parse(title, None).map(|title| title.kind);
    assert_eq!(
        kind("postgres: main: walsender repl [local] idle"),
        Some(Kind::Walsender)
    );
    assert_eq!(kind("/usr/lib/postgresql/17/bin/postgres -D /data"), None);
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{1,63}",
        Just("app postgres 1.2.3.4(5) idle".to_owned()),
        Just("x [local] idle".to_owned()),
        Just("x: checkpointer".to_owned()),
    ]
}

proptest! {
    #[test]
    fn no_title_makes_the_reader_panic(title in ".{0,200}", prefix in proptest::option::of(".{0,20}")) {
        let _ = parse(&title, prefix.as_deref()).map(|title| (title.state(), title.wait(), title.leader()));
        let _ = parse(&format!("postgres: {title}"), prefix.as_deref()).map(|title| title.state());
        let _ = super::prefix([title.as_str()]);
    }

    #[test]
    fn no_name_turns_a_background_process_into_a_session(
        cluster in name(), database in name(), label in name(), known in any::<bool>(),
    ) {
        let prefix = format!("postgres: {cluster}: ");
        let titles = [
            format!("{prefix}checkpointer "),
            format!("{prefix}autovacuum worker {database}"),
            format!("{prefix}walsender repl [local] sending backup \"{label}\""),
            format!("{prefix}parallel worker for PID 7 "),
        ];
        let learned = super::prefix(titles.iter().map(String::as_str));
        prop_assert_eq!(learned.as_deref(), Some(prefix.as_str()));
        for title in titles.iter().skip(usize::from(!known)) {
            let read = parse(title, known.then_some(prefix.as_str()));
            prop_assert!(read.is_some_and(|title| title.kind != Kind::Client));
        }
    }

    #[test]
    fn no_name_changes_where_a_sessions_client_is_or_what_it_does(
        cluster in name(), user in name(), database in name(),
    ) {
        let prefix = format!("postgres: {cluster}: ");
        let title = parse(&format!("{prefix}{user} {database} 10.1.2.3(4567) idle in transaction"), Some(&prefix));
        let Some(title) = title else { return Err(TestCaseError::fail("not read")) };
        if title.kind == Kind::Client {
            prop_assert_eq!(title.client_port, Some(4567));
            prop_assert_eq!(title.state(), Some(State::IdleInTransaction));
            if let Some(names) = title.names {
                prop_assert_eq!(names, (user, Some(database)));
            }
        }
    }
}
