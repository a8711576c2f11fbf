//! Fences on real servers of every supported major: who is held off, what is restored, and what the record alone
//! can undo. What the limit is, and who is on the server, is said by a witness.

mod parts;
mod refill;
mod timed;

use std::time::{Duration, Instant};

use crate::support::{Operator, Part, Ran, Server, answer, for_each_part};
use breakglass::drill::wire::Session;
use serde_json::Value;

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

/// The one fence of the answer of an act, or of a list.
#[track_caller]
fn only(ran: &Ran) -> Value {
    let json = ran.json();
    let fences = match (json["format"].as_str(), json["outcome"].is_null()) {
        (Some("breakglass/act/1"), false) => &json["outcome"]["targets"],
        (Some("breakglass/act/1"), true) => &json["plan"]["targets"],
        _ => &json["fences"],
    };
    let fences = fences.as_array().unwrap();
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
        parts::a_fence_is_planned_put_up_listed_told_of_and_undone,
    ),
    (
        "what_somebody_else_changed_meanwhile_is_left_alone",
        parts::what_somebody_else_changed_meanwhile_is_left_alone,
    ),
    (
        "the_record_alone_undoes_the_fence_of_a_process_that_was_killed",
        parts::the_record_alone_undoes_the_fence_of_a_process_that_was_killed,
    ),
    (
        "a_missing_right_is_one_sentence_that_says_who_may",
        parts::a_missing_right_is_one_sentence_that_says_who_may,
    ),
    (
        "hostile_names_are_quoted_and_never_reach_the_terminal",
        parts::hostile_names_are_quoted_and_never_reach_the_terminal,
    ),
    (
        "a_role_that_was_dropped_takes_its_fence_with_it",
        parts::a_role_that_was_dropped_takes_its_fence_with_it,
    ),
    (
        "what_would_be_no_fence_is_refused",
        parts::what_would_be_no_fence_is_refused,
    ),
    (
        "a_database_is_fenced_over_either_lane",
        parts::a_database_is_fenced_over_either_lane,
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
    carried(&["free", "1", "--dry-run"], "act");
    carried(&["terminate", "--user", "app", "--dry-run"], "act");
    // Nobody is let in by this name, and what is told of the lockout carries it, too.
    carried(&["status", "-U", "nobody", "--lane", "login"], "lockout");
}
