//! Fences on real servers of every supported major: who is held off, what is restored, and what the record alone
//! can undo. What the limit is, and who is on the server, is said by a witness.

#![allow(clippy::expect_used, clippy::unwrap_used)]

mod support;

use std::time::{Duration, Instant};

use breakglass::drill::wire::Session;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use support::{Operator, Part, Pty, Ran, Server, answer, for_each_part};

/// Waits for what a slow machine may take its time for.
fn await_long(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(40);
    while !done() {
        assert!(Instant::now() < deadline, "this did not happen: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn cell(server: &Server, sql: &str) -> String {
    server.ask_witness(sql)[0][0].clone().unwrap_or_default()
}

fn role_limit(server: &Server, role: &str) -> String {
    let role = role.replace('\'', "''");
    cell(
        server,
        &format!("SELECT rolconnlimit FROM pg_roles WHERE rolname = '{role}'"),
    )
}

fn database_limit(server: &Server, name: &str) -> String {
    cell(
        server,
        &format!("SELECT datconnlimit FROM pg_database WHERE datname = '{name}'"),
    )
}

/// A role that may put fences on `app`, as an administrator would make it.
fn make_warden(server: &Server) {
    server.ask_witness(
        "CREATE ROLE warden LOGIN CREATEROLE REPLICATION IN ROLE pg_monitor, pg_signal_backend",
    );
    if server.major >= 16 {
        server.ask_witness("GRANT app TO warden WITH ADMIN OPTION");
    }
}

fn idle(server: &Server, count: usize) -> Vec<Session> {
    (0..count).map(|_| server.session("app", "shop")).collect()
}

/// The one fence of a JSON answer.
#[track_caller]
fn only(ran: &Ran) -> Value {
    let json = ran.json();
    let fences = json["fences"].as_array().unwrap();
    assert_eq!(fences.len(), 1, "{ran}");
    fences[0].clone()
}

#[track_caller]
fn put_up(operator: &Operator, words: &[&str]) -> String {
    let typed = [&["fence"], words, &["--yes", "--format", "json"]].concat();
    let ran = operator.run(&typed).expect_code(0);
    let fence = only(&ran);
    assert_eq!(fence["outcome"], "fenced", "{ran}");
    fence["id"].as_str().unwrap().to_owned()
}

/// IDs of the fences that stand, by `--list`.
fn standing(operator: &Operator) -> Vec<String> {
    let json = operator
        .run(&["fence", "--list", "--format", "json"])
        .expect_code(0)
        .json();
    let fences = json["fences"].as_array().unwrap().clone();
    let id = |fence: &Value| fence["id"].as_str().unwrap().to_owned();
    fences.iter().map(id).collect()
}

/// What is proved on every major, part after part on one server of it: the servers are what takes the time.
const PARTS: [Part; 8] = [
    (
        "a_fence_is_planned_put_up_listed_told_of_and_undone",
        a_fence_is_planned_put_up_listed_told_of_and_undone,
    ),
    (
        "what_somebody_else_changed_meanwhile_is_left_alone",
        what_somebody_else_changed_meanwhile_is_left_alone,
    ),
    (
        "the_record_alone_undoes_the_fence_of_a_process_that_was_killed",
        the_record_alone_undoes_the_fence_of_a_process_that_was_killed,
    ),
    (
        "a_missing_right_is_one_sentence_that_says_who_may",
        a_missing_right_is_one_sentence_that_says_who_may,
    ),
    (
        "hostile_names_are_quoted_and_never_reach_the_terminal",
        hostile_names_are_quoted_and_never_reach_the_terminal,
    ),
    (
        "a_role_that_was_dropped_takes_its_fence_with_it",
        a_role_that_was_dropped_takes_its_fence_with_it,
    ),
    (
        "what_would_be_no_fence_is_refused",
        what_would_be_no_fence_is_refused,
    ),
    (
        "a_database_is_fenced_over_either_lane",
        a_database_is_fenced_over_either_lane,
    ),
];

/// Takes back what a part may have left behind.
fn clean(server: &Server) {
    server.ask_witness("DROP DATABASE IF EXISTS shop WITH (FORCE)");
    for sql in [
        "ALTER DATABASE postgres OWNER TO postgres",
        "ALTER ROLE app CONNECTION LIMIT -1",
        "DROP ROLE IF EXISTS warden, plain, brief, boss, renamed",
    ] {
        server.ask_witness(sql);
    }
    await_long("the clients of the last part have gone", || {
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app'";
        cell(server, sql) == "0"
    });
}

#[test]
fn fences_on_postgresql_13() {
    for_each_part(&Server::start(13), &PARTS, clean);
}

#[test]
fn fences_on_postgresql_14() {
    for_each_part(&Server::start(14), &PARTS, clean);
}

#[test]
fn fences_on_postgresql_15() {
    for_each_part(&Server::start(15), &PARTS, clean);
}

#[test]
fn fences_on_postgresql_16() {
    for_each_part(&Server::start(16), &PARTS, clean);
}

#[test]
fn fences_on_postgresql_17() {
    for_each_part(&Server::start(17), &PARTS, clean);
}

#[test]
fn fences_on_postgresql_18() {
    for_each_part(&Server::start(18), &PARTS, clean);
}

fn a_fence_is_planned_put_up_listed_told_of_and_undone(server: &Server) {
    make_warden(server);
    server.ask_witness("ALTER ROLE app CONNECTION LIMIT 50");
    let sessions = idle(server, 3);
    let operator = Operator::on(server, "warden");

    let plan = operator
        .run(&["fence", "--role", "app", "--limit", "2", "--dry-run"])
        .expect_code(0);
    for said in [
        "PLAN: limit role app to 2 connections",
        "50",
        "3 sessions; they stay",
        "superusers",
        "--undo",
        "ALTER ROLE app CONNECTION LIMIT 50",
    ] {
        assert!(plan.stdout.contains(said), "{said}: {plan}");
    }
    assert_eq!(role_limit(server, "app"), "50");
    assert!(!operator.record_path().exists());

    let id = put_up(
        &operator,
        &["--role", "app", "--limit", "2", "--reason", "storm"],
    );
    assert_eq!(role_limit(server, "app"), "2");
    assert_eq!(server.refusal("app").unwrap().sqlstate, "53300");
    let pids: Vec<i32> = sessions.iter().map(|session| session.pid).collect();
    assert_eq!(server.alive(&pids), pids, "a limit ends nobody");

    let record = operator.record();
    assert_eq!(record[0]["event"], "intent");
    assert_eq!(record[0]["targets"][0]["previous"], 50);
    assert_eq!(record[0]["reason"], "storm");
    assert_eq!(record[1]["outcome"], "fenced");

    for typed in [&["status"][..], &["sessions"], &["blockers"]] {
        let ran = operator.run(typed);
        let told: Vec<&str> = ran
            .stderr
            .lines()
            .filter(|line| line.contains(&id))
            .collect();
        assert_eq!(told.len(), 1, "{ran}");
        assert!(
            told[0].contains("role app limited to 2 (before: 50)"),
            "{ran}"
        );
        assert!(told[0].contains("--undo"), "{ran}");
    }
    let json = operator.run(&["status", "--format", "json"]).json();
    assert_eq!(json["format"], "breakglass/status/1");
    assert_eq!(json["standing_fences"][0]["id"], id.as_str());

    let list = operator.run(&["fence", "--list"]).expect_code(0);
    for said in [&id[..], "app", "storm"] {
        assert!(list.stdout.contains(said), "{list}");
    }
    let ran = operator.run(&["fence", "--list", "--format", "json"]);
    assert_eq!(only(&ran)["live"], 2, "{ran}");

    let ran = operator
        .run(&["fence", "--undo", "--yes", "--format", "json"])
        .expect_code(0);
    assert_eq!(only(&ran)["outcome"], "undone");
    assert_eq!(role_limit(server, "app"), "50");
    assert!(standing(&operator).is_empty());
    let ran = operator.run(&["status"]).expect_code(0);
    assert!(!ran.stderr.contains("fence"), "{ran}");
    let ran = operator.run(&["fence", "--undo", "--yes"]).expect_code(1);
    assert!(ran.stderr.contains("no fence stands"), "{ran}");
}

#[test]
fn freed_slots_stay_free_while_the_clients_storm() {
    for major in [13, 18] {
        let server = &Server::start_with(major, |settings| settings.set("max_connections", 20));
        make_warden(server);
        let operator = Operator::on(server, "warden");
        let _storm = server.storm("app", 30);
        let lane = ["--lane", "replication"];
        let id = put_up(
            &operator,
            &[&lane[..], &["--role", "app", "--limit", "4"]].concat(),
        );

        // The fence is up: what is ended now does not come back.
        let held = || -> usize {
            cell(
                server,
                "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app' AND state IS NOT NULL \
                 AND state <> 'starting' AND backend_start < clock_timestamp() - interval '1 second'",
            )
            .parse()
            .unwrap()
        };
        let typed = [
            "--lane",
            "replication",
            "terminate",
            "--user",
            "app",
            "--all",
            "--yes",
            "--recount",
            "1s",
        ];
        let ran = operator.run(&typed);
        assert!(ran.code == 0 || ran.code == 5, "{ran}");
        await_long("the storm holds no more than its limit", || {
            (1..=4).contains(&held())
        });
        for _ in 0..20 {
            let now = held();
            assert!(now <= 4, "{now} sessions of app behind a fence of 4");
            std::thread::sleep(Duration::from_millis(20));
        }
        let undo = [&lane[..], &["fence", "--undo", &id, "--yes"]].concat();
        operator.run(&undo).expect_code(0);
        assert_eq!(role_limit(server, "app"), "-1");
        await_long("the storm comes back without the fence", || held() > 4);
    }
}

#[test]
fn a_terminate_that_sees_its_slots_taken_again_fences_who_took_them() {
    for major in [16] {
        let server = &Server::start_with(major, |settings| settings.set("max_connections", 20));
        make_warden(server);
        let operator = Operator::on(server, "warden");
        let _storm = server.storm("app", 30);
        let typed = [
            "--lane",
            "replication",
            "terminate",
            "--user",
            "app",
            "--state",
            "idle",
            "--limit",
            "3",
            "--yes",
            "--recount",
            "5s",
        ];
        // Without --fence, and nobody to ask, the command is printed.
        let ran = operator.run(&typed);
        assert!(ran.stderr.contains("breakglass fence"), "{ran}");
        assert_eq!(role_limit(server, "app"), "-1");

        let ran = operator.run(&[&typed[..], &["--fence"]].concat());
        assert!(
            ran.stderr.contains("whoever takes freed slots again"),
            "{ran}"
        );
        assert!(ran.stderr.contains("FENCED: role app limited to"), "{ran}");
        let limit: usize = role_limit(server, "app").parse().unwrap();
        assert!(limit <= server.ordinary_slots() + 10 - 3, "{limit}: {ran}");
        assert_eq!(standing(&operator).len(), 1);
        // Those that came back are ended once more, and now their slots stay free.
        let again = [
            "--lane",
            "replication",
            "terminate",
            "--user",
            "app",
            "--all",
            "--yes",
            "--recount",
            "0s",
        ];
        operator.run(&again);
        let held = || -> usize {
            let sql = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app' \
                       AND backend_start < clock_timestamp() - interval '1 second'";
            cell(server, sql).parse().unwrap()
        };
        await_long("some of the storm is let in", || held() > 0);
        for _ in 0..20 {
            let now = held();
            assert!(now <= limit, "{now} sessions behind a fence of {limit}");
            std::thread::sleep(Duration::from_millis(20));
        }
        // A second one does not stack.
        let ran = operator.run(&[
            "--lane",
            "replication",
            "fence",
            "--role",
            "app",
            "--limit",
            "1",
            "--yes",
        ]);
        assert_eq!(ran.code, 4, "{ran}");
        assert!(
            ran.stderr.contains("stands on role \"app\" already"),
            "{ran}"
        );
        operator
            .run(&["--lane", "replication", "fence", "--undo", "--yes"])
            .expect_code(0);
        assert_eq!(role_limit(server, "app"), "-1");
    }
}

fn what_somebody_else_changed_meanwhile_is_left_alone(server: &Server) {
    make_warden(server);
    let operator = Operator::on(server, "warden");
    let id = put_up(&operator, &["--role", "app", "--limit", "5"]);
    server.ask_witness("ALTER ROLE app CONNECTION LIMIT 7");
    let ran = operator
        .run(&["fence", "--undo", &id, "--yes", "--format", "json"])
        .expect_code(4);
    assert_eq!(only(&ran)["outcome"], "changed", "{ran}");
    assert!(ran.stderr.contains("--forget"), "{ran}");
    assert_eq!(role_limit(server, "app"), "7");
    assert_eq!(standing(&operator), std::slice::from_ref(&id));
    operator
        .run(&["fence", "--forget", &id, "--yes"])
        .expect_code(0);
    assert!(standing(&operator).is_empty());
    assert_eq!(role_limit(server, "app"), "7");

    // Put back by hand: nothing to change, and off the list.
    let id = put_up(&operator, &["--role", "app", "--limit", "5"]);
    server.ask_witness("ALTER ROLE app CONNECTION LIMIT 7");
    let ran = operator
        .run(&["fence", "--undo", &id, "--yes"])
        .expect_code(0);
    assert!(ran.stdout.contains("was back at 7 already"), "{ran}");
    assert!(standing(&operator).is_empty());
}

fn the_record_alone_undoes_the_fence_of_a_process_that_was_killed(server: &Server) {
    make_warden(server);
    server.ask_witness("ALTER ROLE app CONNECTION LIMIT 40");
    let operator = Operator::on(server, "warden");
    let typed = [
        "fence", "--role", "app", "--limit", "3", "--for", "1h", "--yes",
    ];
    let mut child = operator.start(&typed);
    await_long("the fence stands", || role_limit(server, "app") == "3");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(role_limit(server, "app"), "3");
    let before = operator.record();
    assert_eq!(before[0]["targets"][0]["previous"], 40);

    // Even a line that was cut off in the middle, as by a full disk, is only said.
    let path = operator.record_path();
    let text = std::fs::read_to_string(&path).unwrap();
    let intent = text.lines().next().unwrap();
    std::fs::write(&path, format!("{intent}\n{}", &intent[..intent.len() / 2])).unwrap();
    let ran = operator.run(&["status"]).expect_code(0);
    assert!(ran.stderr.contains("cannot be read"), "{ran}");

    let ran = operator.run(&["fence", "--undo", "--yes"]).expect_code(0);
    assert!(
        ran.stdout.contains("UNDONE: role app is back at 40"),
        "{ran}"
    );
    assert_eq!(role_limit(server, "app"), "40");
    assert!(
        standing(&operator).is_empty(),
        "the cut line swallowed the next"
    );
}

#[test]
fn a_fence_for_a_time_ends_by_itself_and_by_a_signal() {
    for major in [13, 18] {
        let server = &Server::start(major);
        make_warden(server);
        let operator = Operator::on(server, "warden");
        let typed = [
            "fence", "--role", "app", "--limit", "3", "--for", "1s", "--yes",
        ];
        let ran = operator.run(&typed).expect_code(0);
        assert!(
            ran.stdout.contains("FENCED: role app") && ran.stdout.contains("UNDONE: role app"),
            "{ran}"
        );
        assert_eq!(role_limit(server, "app"), "-1");

        for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
            let typed = [
                "fence", "--role", "app", "--limit", "3", "--for", "1h", "--yes", "--format",
                "json",
            ];
            let child = operator.start(&typed);
            await_long("the fence stands", || role_limit(server, "app") == "3");
            kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
            let output = child.wait_with_output().unwrap();
            let ran = Ran::of(output, Duration::ZERO).expect_code(0);
            assert_eq!(only(&ran)["outcome"], "undone", "{signal}: {ran}");
            assert_eq!(role_limit(server, "app"), "-1", "{signal}");
        }
        assert!(standing(&operator).is_empty());

        // Its connection was ended meanwhile: it comes back to undo.
        let typed = [
            "fence", "--role", "app", "--limit", "3", "--for", "1h", "--yes",
        ];
        let child = operator.start(&typed);
        await_long("the fence was seen to stand", || {
            let record = std::fs::read_to_string(operator.record_path()).unwrap();
            let last = record.lines().last().unwrap_or_default();
            last.contains(r#""outcome":"fenced""#)
        });
        server.ask_witness(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'warden'",
        );
        kill(
            Pid::from_raw(i32::try_from(child.id()).unwrap()),
            Signal::SIGTERM,
        )
        .unwrap();
        let ran = Ran::of(child.wait_with_output().unwrap(), Duration::ZERO).expect_code(0);
        assert!(ran.stdout.contains("UNDONE"), "{ran}");
        assert_eq!(role_limit(server, "app"), "-1");
    }
}

fn a_missing_right_is_one_sentence_that_says_who_may(server: &Server) {
    server.ask_witness("CREATE DATABASE shop");
    server.ask_witness("CREATE ROLE plain LOGIN");
    let operator = Operator::on(server, "plain");
    for (typed, who) in [
        (["--role", "app"], "CREATEROLE"),
        (["--database", "shop"], "its owner, role \"postgres\""),
    ] {
        let typed = [&["fence", "--limit", "1", "--yes"], &typed[..]].concat();
        let ran = operator.run(&typed).expect_code(4);
        assert!(
            ran.stderr.contains("role \"plain\" may not change"),
            "{ran}"
        );
        assert!(ran.stderr.contains(who), "{ran}");
    }
    assert_eq!(role_limit(server, "app"), "-1");
    assert_eq!(database_limit(server, "shop"), "-1");
    assert!(operator.record().is_empty(), "nothing was intended");

    // The right went away between fence and undo.
    make_warden(server);
    let operator = Operator::on(server, "warden");
    let id = put_up(&operator, &["--role", "app", "--limit", "5"]);
    server.ask_witness("ALTER ROLE warden NOCREATEROLE");
    let ran = operator
        .run(&["fence", "--undo", &id, "--yes"])
        .expect_code(4);
    assert!(ran.stdout.contains("42501"), "{ran}");
    assert_eq!(role_limit(server, "app"), "5");
    assert_eq!(standing(&operator), [id]);
}

fn a_database_is_fenced_over_either_lane(server: &Server) {
    server.ask_witness("CREATE DATABASE shop OWNER breakglass");
    let operator = Operator::on(server, "breakglass");
    let _held = server.fill_every_slot();
    let id = put_up(&operator, &["--database", "shop", "--limit", "0"]);
    let record = operator.record();
    assert_eq!(record[0]["lane"], "replication");
    assert_eq!(database_limit(server, "shop"), "0");
    drop(_held);
    let into_shop = [("user", "app"), ("database", "shop")];
    await_long("the fence, not the full server, refuses", || {
        server
            .refusal_of(&into_shop)
            .is_some_and(|refusal| refusal.routine == "CheckMyDatabase")
    });
    operator
        .run(&["fence", "--undo", &id, "--yes", "--lane", "login"])
        .expect_code(0);
    assert_eq!(database_limit(server, "shop"), "-1");
    assert!(server.refusal_of(&into_shop).is_none());

    // Our own database, and our own role, would keep us out.
    server.ask_witness("ALTER DATABASE postgres OWNER TO breakglass");
    let ran = operator
        .run(&["fence", "--database", "postgres", "--limit", "0", "--yes"])
        .expect_code(4);
    assert!(ran.stderr.contains("keep us out"), "{ran}");
    assert_eq!(database_limit(server, "postgres"), "-1");
}

fn hostile_names_are_quoted_and_never_reach_the_terminal(server: &Server) {
    let names = [
        "we\"ird'; DROP ROLE app; --",
        "line\nbreak\x1b[31m",
        "Zoë \u{202e}東京",
        "back\\slash $breakglass$ %I",
    ];
    let operator = Operator::on(server, "postgres");
    for name in names {
        let quoted = name.replace('"', "\"\"");
        server.ask_witness(&format!("CREATE ROLE \"{quoted}\" LOGIN"));
        let typed = ["fence", "--role", name, "--limit", "1", "--yes"];
        let ran = operator.run(&typed).expect_code(0);
        assert_eq!(role_limit(server, name), "1", "{ran}");
        for text in [&ran.stdout, &ran.stderr] {
            let dangerous = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            assert!(!text.contains(dangerous), "{text:?}");
        }
        // A rename does not lose it: the OID is who it is.
        server.ask_witness(&format!("ALTER ROLE \"{quoted}\" RENAME TO renamed"));
        operator.run(&["fence", "--undo", "--yes"]).expect_code(0);
        assert_eq!(role_limit(server, "renamed"), "-1");
        server.ask_witness("DROP ROLE renamed");
    }
    assert_eq!(role_limit(server, "app"), "-1");
}

fn a_role_that_was_dropped_takes_its_fence_with_it(server: &Server) {
    let operator = Operator::on(server, "postgres");
    server.ask_witness("CREATE ROLE brief LOGIN");
    let id = put_up(&operator, &["--role", "brief", "--limit", "1"]);
    server.ask_witness("DROP ROLE brief; CREATE ROLE brief LOGIN CONNECTION LIMIT 1");
    let list = operator.run(&["fence", "--list"]).expect_code(0);
    assert!(list.stdout.contains("gone"), "{list}");
    let ran = operator
        .run(&["fence", "--undo", &id, "--yes"])
        .expect_code(0);
    assert!(ran.stdout.contains("GONE: role brief"), "{ran}");
    assert_eq!(
        role_limit(server, "brief"),
        "1",
        "another role of this name"
    );
    assert!(standing(&operator).is_empty());
}

#[test]
fn several_fences_need_an_id_or_all() {
    let server = Server::start(18);
    let operator = Operator::on(&server, "postgres");
    let first = put_up(&operator, &["--role", "app", "--limit", "5"]);
    let second = put_up(&operator, &["--role", "reserved", "--limit", "1"]);
    let ran = operator.run(&["status"]).expect_code(0);
    assert!(ran.stderr.contains("2 fences stand"), "{ran}");
    let ran = operator.run(&["fence", "--undo", "--yes"]).expect_code(2);
    assert!(
        ran.stderr.contains(&first) && ran.stderr.contains(&second),
        "{ran}"
    );
    let ran = operator
        .run(&["fence", "--undo", "zzzzz", "--yes"])
        .expect_code(2);
    assert!(ran.stderr.contains("no fence \"zzzzz\""), "{ran}");
    operator
        .run(&["fence", "--undo", "--all", "--yes"])
        .expect_code(0);
    assert_eq!(role_limit(&server, "app"), "-1");
    assert_eq!(role_limit(&server, "reserved"), "-1");
}

#[test]
fn a_fence_of_another_server_is_not_undone_here() {
    let (one, other) = (Server::start(18), Server::start(17));
    let there = Operator::on(&one, "postgres");
    let id = put_up(&there, &["--role", "app", "--limit", "5"]);
    // The same person, the same record, another server.
    let here = Operator::on(&other, "postgres").set("XDG_STATE_HOME", there.home().join("state"));
    let ran = here.run(&["status"]).expect_code(0);
    assert!(!ran.stderr.contains("fence"), "{ran}");
    let ran = here.run(&["fence", "--undo", &id, "--yes"]).expect_code(4);
    assert!(
        ran.stderr.contains(&format!("-p {} ", one.port()))
            && ran.stderr.contains("another server"),
        "{ran}"
    );
    let list = here
        .run(&["fence", "--list", "--format", "json"])
        .expect_code(0);
    assert_eq!(only(&list)["looked"], false);
    assert_eq!(role_limit(&one, "app"), "5");
    // The same server by another name.
    let port = one.port().to_string();
    let by_name = Operator::with(&["-h", "localhost", "-p", &port, "-U", "postgres"])
        .set("XDG_STATE_HOME", there.home().join("state"));
    let ran = by_name.run(&["status"]).expect_code(0);
    assert!(ran.stderr.contains(&id), "{ran}");
    // And without any lane.
    let ran = there.run(&["workers"]);
    assert!(ran.stderr.contains(&id), "{ran}");
}

fn what_would_be_no_fence_is_refused(server: &Server) {
    let operator = Operator::on(server, "postgres");
    server.ask_witness("ALTER ROLE app CONNECTION LIMIT 5");
    server.ask_witness("CREATE ROLE boss LOGIN SUPERUSER");
    let cases: [(&[&str], i32, &str); 6] = [
        (&["--role", "app", "--limit", "9"], 4, "would let more in"),
        (
            &["--role", "app", "--limit", "5"],
            1,
            "limited to 5 already",
        ),
        (&["--role", "boss", "--limit", "1"], 4, "no effect"),
        (
            &["--role", "ap", "--limit", "1"],
            1,
            "did you mean \"app\"?",
        ),
        (
            &["--database", "postgre", "--limit", "1"],
            1,
            "did you mean \"postgres\"?",
        ),
        (
            &["--role", "APP", "--limit", "1"],
            1,
            "there is no role \"APP\"",
        ),
    ];
    for (typed, code, said) in cases {
        let typed = [&["fence", "--yes"], typed].concat();
        let ran = operator.run(&typed).expect_code(code);
        assert!(ran.stderr.contains(said), "{ran}");
    }
    assert_eq!(role_limit(server, "app"), "5");
    assert!(operator.record().is_empty());
}

#[test]
fn a_person_is_asked_and_a_no_changes_nothing() {
    let server = Server::start(18);
    let operator = Operator::on(&server, "postgres");
    let typed = ["fence", "--role", "app", "--limit", "4"];
    let ran = answer(&operator, &typed, "n\r", || {}).expect_code(4);
    assert!(ran.stderr.contains("PLAN: limit role app"), "{ran}");
    assert_eq!(role_limit(&server, "app"), "-1");
    answer(&operator, &typed, "y\r", || {}).expect_code(0);
    assert_eq!(role_limit(&server, "app"), "4");
    answer(&operator, &["fence", "--undo"], "y\r", || {}).expect_code(0);
    assert_eq!(role_limit(&server, "app"), "-1");

    // Changed by somebody else while the person reads.
    let ran = answer(&operator, &typed, "y\r", || {
        server.ask_witness("ALTER ROLE app CONNECTION LIMIT 9");
    })
    .expect_code(4);
    assert!(ran.stdout.contains("LEFT ALONE"), "{ran}");
    assert_eq!(role_limit(&server, "app"), "9");
    assert!(standing(&operator).is_empty());
}

#[test]
fn without_a_terminal_or_a_record_nothing_is_done() {
    let server = Server::start(18);
    let operator = Operator::on(&server, "postgres");
    let ran = operator
        .run(&["fence", "--role", "app", "--limit", "4"])
        .expect_code(4);
    assert!(ran.stderr.contains("--yes"), "{ran}");
    let file = operator.home().join("file");
    std::fs::write(&file, "").unwrap();
    let operator = operator.set("XDG_STATE_HOME", file.join("state"));
    let typed = ["fence", "--role", "app", "--limit", "4", "--yes"];
    operator.run(&typed).expect_code(4);
    assert_eq!(role_limit(&server, "app"), "-1");
    let ran = operator
        .run(&[&typed[..], &["--no-record"]].concat())
        .expect_code(0);
    assert!(ran.stderr.contains("\"previous\":-1"), "{ran}");
    assert!(
        ran.stdout.contains("ALTER ROLE app CONNECTION LIMIT -1"),
        "{ran}"
    );
    assert_eq!(role_limit(&server, "app"), "4");
    // A reading command does not mind a record that cannot be read.
    operator.run(&["status"]).expect_code(0);
}

#[test]
fn on_a_terminal_a_fence_is_offered_once_slots_are_taken_again() {
    let server = Server::start_with(18, |settings| settings.set("max_connections", 20));
    let operator = Operator::on(&server, "postgres");
    let _storm = server.storm("app", 30);
    let typed = [
        "--lane",
        "replication",
        "terminate",
        "--user",
        "app",
        "--state",
        "idle",
        "--limit",
        "2",
        "--recount",
        "3s",
    ];
    for (keys, ends, fenced) in [("n\r", 0, false), ("\x03", -2, false), ("y\r", 0, true)] {
        let mut terminal = Pty::start(operator.command(&typed));
        terminal.await_text("End 2 sessions?");
        std::thread::sleep(Duration::from_millis(200));
        terminal.press("y\r");
        terminal.await_text("Limit role app to ");
        std::thread::sleep(Duration::from_millis(200));
        terminal.press(keys);
        assert_eq!(terminal.end(), ends, "{}", terminal.screen());
        let limit = role_limit(&server, "app");
        assert_eq!(limit != "-1", fenced, "{limit}: {}", terminal.screen());
    }
    assert_eq!(standing(&operator).len(), 1);
}

#[test]
fn the_documents_of_every_command_carry_the_fences() {
    let server = Server::start(17);
    let operator = Operator::on(&server, "postgres");
    let id = put_up(&operator, &["--role", "app", "--limit", "5"]);
    let carried = |typed: &[&str], format: &str| {
        let ran = operator.run(&[typed, &["--format", "json"]].concat());
        let json = ran.json();
        assert_eq!(json["format"], format!("breakglass/{format}/1"), "{ran}");
        assert_eq!(json["standing_fences"][0]["id"], id.as_str(), "{ran}");
        assert!(ran.stderr.contains(&id), "{ran}");
    };
    let _session = server.session("app", "shop");
    carried(&["status"], "status");
    carried(&["backends"], "backends");
    carried(&["sockets"], "sockets");
    carried(&["workers"], "workers");
    carried(&["free", "1", "--dry-run"], "free");
    carried(&["terminate", "--user", "app", "--dry-run"], "terminate");
    // Nobody is let in by this name, and what is told of the lockout carries it, too.
    carried(&["status", "-U", "nobody", "--lane", "login"], "lockout");
}

#[test]
fn a_closed_terminal_undoes_a_fence_for_a_time() {
    let server = Server::start(18);
    let operator = Operator::on(&server, "postgres");
    let typed = ["fence", "--role", "app", "--limit", "3", "--for", "1h"];
    let mut terminal = Pty::start(operator.command(&typed));
    terminal.await_text("[y/N]");
    std::thread::sleep(Duration::from_millis(200));
    terminal.press("y\r");
    terminal.await_text("FENCED");
    assert_eq!(role_limit(&server, "app"), "3");
    terminal.hang_up();
    terminal.end();
    assert_eq!(role_limit(&server, "app"), "-1");
    assert!(standing(&operator).is_empty());
}
