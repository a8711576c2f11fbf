//! Samples of real servers of every supported major: what `record` appends when there is room, when there is none, and
//! when the file, not the server, is the trouble.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Operator, Server, for_each_major, needs_root};
use rusqlite::Connection;

fn file(operator: &Operator) -> PathBuf {
    operator.home().join("state/breakglass/samples.sqlite")
}

/// One number out of the file, read by SQLite and none of our code.
fn number(path: &Path, sql: &str) -> i64 {
    let file = Connection::open(path).unwrap();
    file.query_row(sql, [], |row| row.get(0)).unwrap()
}

fn text(path: &Path, sql: &str) -> String {
    let file = Connection::open(path).unwrap();
    file.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn a_sample_has_the_counts_and_the_limits_and_says_nothing() {
    for_each_major(|server| {
        server.ask_witness("ALTER ROLE limited CONNECTION LIMIT 1");
        let _idle: Vec<_> = (0..3).map(|_| server.session("app", "shop")).collect();
        let operator = Operator::on(server, "breakglass");
        let ran = operator.run(&["record"]).expect_code(0);
        assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
        let path = file(&operator);
        let of = |sql: &str| number(&path, sql);
        let app = "SELECT sum(count) FROM held JOIN holders ON holders.id = held.holders \
                   WHERE role = 'app' AND application = 'shop' AND state = 'idle' AND database = 'postgres'";
        assert_eq!(of(app), 3);
        assert_eq!(of("SELECT max_connections FROM sample"), 10);
        assert_eq!(of("SELECT superuser_reserved FROM sample"), 2);
        let reserved = if server.major >= 16 { 2 } else { 0 };
        assert_eq!(of("SELECT reserved FROM sample"), reserved);
        assert_eq!(
            of("SELECT used FROM sample"),
            of("SELECT sum(count) FROM held")
        );
        assert!(
            text(&path, "SELECT document FROM named_limits").contains("[\"limited\",1]"),
            "the role's limit is kept"
        );
    });
}

#[test]
fn a_full_server_is_sampled_over_the_other_lane_and_a_refused_login_is_a_sample_too() {
    for_each_major(|server| {
        let held = server.fill_every_slot();
        let operator = Operator::on(server, "breakglass");
        let ran = operator.run(&["record"]).expect_code(0);
        assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
        let login = ["--lane", "login", "--retry-for", "0s"];
        let ran = operator
            .run(&[&login[..], &["record", "--verbose"]].concat())
            .expect_code(0);
        assert!(
            ran.stdout.contains("refused  login: slots-exhausted"),
            "{ran}"
        );
        let path = file(&operator);
        let of = |sql: &str| number(&path, sql);
        let counted = "SELECT used FROM sample WHERE used IS NOT NULL AND refused_exhaustion = 1";
        assert_eq!(
            of(counted),
            10,
            "counted without a slot, and the refusal kept"
        );
        let refused = "SELECT count(*) FROM sample WHERE used IS NULL AND refused_exhaustion = 1";
        assert_eq!(of(refused), 1);
        drop(held);
    });
}

#[test]
fn a_refusal_for_another_reason_is_kept_and_fails() {
    let server = Server::start(17);
    let operator = Operator::on(&server, "no_login");
    let ran = operator.run(&["record", "--lane", "login"]).expect_code(3);
    assert!(ran.stderr.contains("the refusal was appended to"), "{ran}");
    let path = file(&operator);
    assert_eq!(
        text(&path, "SELECT refused_variant FROM sample"),
        "role-cannot-log-in"
    );
    assert_eq!(number(&path, "SELECT refused_exhaustion FROM sample"), 0);
}

#[test]
fn a_file_that_is_no_file_of_samples_is_named_before_anybody_logs_in() {
    // Nothing listens there: a login would be refused with another code.
    let operator = Operator::at("127.0.0.1", 1, "breakglass");
    let path = operator.home().join("notes");
    std::fs::write(&path, "not a database at all\n".repeat(99)).unwrap();
    let ran = operator
        .run(&["record", "--file", path.to_str().unwrap()])
        .expect_code(4);
    assert!(ran.stderr.contains("is not a file of samples"), "{ran}");
    assert_eq!(ran.stderr.lines().count(), 1, "one clear sentence: {ran}");
    let ran = operator
        .run(&["record", "--file", "/proc/no/such/samples"])
        .expect_code(4);
    assert!(ran.stderr.contains("cannot make the directory"), "{ran}");
    operator.run(&["record", "--keep", "1h"]).expect_code(2);
    operator.run(&["record", "--format", "csv"]).expect_code(2);
}

/// A file system of a quarter of a megabyte, gone when dropped.
struct Small(tempfile::TempDir);

impl Small {
    fn mount() -> Self {
        needs_root();
        let directory = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=256k", "tmpfs"])
            .arg(directory.path())
            .status()
            .unwrap();
        assert!(mounted.success());
        Self(directory)
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_is_one_sentence_and_costs_no_earlier_sample() {
    let small = Small::mount();
    let server = Server::start(17);
    let operator = Operator::on(&server, "breakglass");
    let path = small.0.path().join("samples.sqlite");
    let args = ["record", "--file", path.to_str().unwrap()];
    operator.run(&args).expect_code(0);
    operator.run(&args).expect_code(0);
    // The rest of the disk goes to somebody else.
    let hog = small.0.path().join("hog");
    let filled = std::fs::write(&hog, vec![0_u8; 1 << 20]);
    assert!(filled.is_err(), "the disk is not full");
    let ran = operator.run(&args).expect_code(4);
    assert!(
        ran.stderr
            .contains("is full: this sample was not kept, all earlier ones are"),
        "{ran}"
    );
    assert_eq!(ran.stderr.lines().count(), 1, "{ran}");
    std::fs::remove_file(&hog).unwrap();
    operator.run(&args).expect_code(0);
    assert_eq!(number(&path, "SELECT count(*) FROM sample"), 3);
    assert_eq!(text(&path, "PRAGMA integrity_check"), "ok");
}

#[test]
fn two_crons_at_once_lose_no_sample() {
    let server = Server::start(17);
    let operator = Operator::on(&server, "breakglass").set("TERM", "dumb");
    let running: Vec<_> = (0..4).map(|_| operator.start(&["record"])).collect();
    for one in running {
        let output = one.wait_with_output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    assert_eq!(number(&file(&operator), "SELECT count(*) FROM sample"), 4);
}

/// A file of samples that `record` made, with a year of `prod` in it: 100 connections at first and 0.2 more a day, 30
/// fewer on weekends, of 300.
fn a_year(operator: &Operator) -> PathBuf {
    let path = operator.home().join("year.sqlite");
    operator
        .run(&[
            "record",
            "--retry-for",
            "0s",
            "--file",
            path.to_str().unwrap(),
        ])
        .expect_code(3);
    let file = Connection::open(&path).unwrap();
    file.execute_batch(
        "BEGIN;
         INSERT INTO named_limits VALUES (9, '{\"roles\":[[\"etl\",10]],\"databases\":[],\"provider\":[]}');
         INSERT INTO server VALUES (9, 'prod');
         INSERT INTO holders VALUES (1, 'app', 0, 'web', 'shop', 'idle'), (2, 'etl', 0, 'nightly', 'shop', 'active'),
             (3, 'We\"b' || char(27) || '[31m', 0, 'odd' || char(27) || '[31m', 'shop', 'idle');
         WITH RECURSIVE hours(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM hours WHERE n + 1 < 365 * 24),
              days AS (SELECT n, n / 24 AS day FROM hours)
         INSERT INTO sample (server, at, server_clock, used, walsenders, hidden, max_connections,
                             superuser_reserved, reserved, max_wal_senders, named_limits)
         SELECT 9, 1000000 * (unixepoch() / 86400 * 86400 - 365 * 86400 + n * 3600), 0,
                CAST(100 + 0.2 * day - CASE WHEN day % 7 >= 5 THEN 30 ELSE 0 END AS INTEGER),
                0, 0, 303, 3, 0, 10, 9
         FROM days;
         INSERT INTO held SELECT id, 1, used - 6 FROM sample WHERE server = 9;
         INSERT INTO held SELECT id, 2, 4 FROM sample WHERE server = 9;
         INSERT INTO held SELECT id, 3, 2 FROM sample WHERE server = 9;
         COMMIT;",
    )
    .unwrap();
    path
}

#[test]
fn a_year_is_reviewed_with_the_fleet_as_screen_report_and_json() {
    let operator = Operator::at("127.0.0.1", 1, "breakglass");
    let path = a_year(&operator);
    let config = operator.home().join("config.toml");
    std::fs::write(
        &config,
        "[[fleet]]\nname = 'web'\nhosts = 6\nprocesses = 4\npool = 5\noverflow = 5\nsurge = '25%'\nrole = 'app'\n",
    )
    .unwrap();
    let reviewer = Operator::with(&["-t", "prod"]).set("BREAKGLASS_CONFIG", &config);
    let headroom = ["headroom", "--file", path.to_str().unwrap()];
    let json = reviewer
        .run(&[&headroom[..], &["--format", "json"]].concat())
        .expect_code(0)
        .json();
    assert_eq!(json["format"], "breakglass/headroom/1");
    assert_eq!(json["ordinary"], 300);
    let slope = json["trend"]["per_day"].as_f64().unwrap();
    assert!((slope - 0.2).abs() < 0.01, "{slope}");
    // 300 is 1000 days after the first one, 635 after the last.
    let day = json["trend"]["ceiling"].as_str().unwrap().to_owned();
    let file = Connection::open(&path).unwrap();
    let off: f64 = file
        .query_row(
            "SELECT abs(julianday(?1) - julianday('now') - 635)",
            [&day],
            |row| row.get(0),
        )
        .unwrap();
    assert!(off < 30.0, "{day} is {off} days off");
    assert_eq!(json["fleet"][0]["could_hold"], 240);
    assert_eq!(json["fleet"][0]["in_a_deploy"], 320);
    assert_eq!(json["fleet"][0]["held_at_most"], 166);
    let sum: u64 = json["roles"]
        .as_array()
        .unwrap()
        .iter()
        .map(|role| role["recommended"].as_u64().unwrap())
        .sum();
    assert!(sum < 300, "{sum}");

    let screen = reviewer.run(&headroom).expect_code(0);
    assert!(
        screen.stdout.starts_with("HEADROOM: at most 172 of 300"),
        "{screen}"
    );
    assert!(!screen.stdout.contains('\x1b'), "{screen}");
    assert!(
        screen
            .stdout
            .contains("one role could take everything: each of app"),
        "{screen}"
    );
    let report = reviewer
        .run(&[&headroom[..], &["--format", "markdown"]].concat())
        .expect_code(0);
    for heading in [
        "# Headroom of `prod`",
        "## Peaks by week",
        "## The fleet",
        "```sql\nALTER ROLE app",
    ] {
        assert!(report.stdout.contains(heading), "{heading}: {report}");
    }
    assert!(!report.stdout.contains('\x1b'), "{report}");

    let other = Operator::with(&["-t", "nowhere"])
        .run(&headroom)
        .expect_code(1);
    assert!(other.stderr.contains("prod"), "the servers it has: {other}");
}

#[test]
fn what_headroom_cannot_read_is_named() {
    let operator = Operator::at("127.0.0.1", 1, "breakglass");
    let ran = operator.run(&["headroom"]).expect_code(2);
    assert!(
        ran.stderr.contains("take some with breakglass record"),
        "{ran}"
    );
    let answer = operator.home().join("answer.json");
    std::fs::write(
        &answer,
        "{\"status\":\"error\",\"error\":\"too many points\"}",
    )
    .unwrap();
    let args = ["headroom", "--from-prometheus", answer.to_str().unwrap()];
    let ran = operator.run(&args).expect_code(2);
    assert!(ran.stderr.contains("too many points"), "{ran}");
    std::fs::write(
        &answer,
        r#"{"status":"success","data":{"resultType":"matrix","result":[
            {"metric":{"__name__":"pg_stat_activity_count","application_name":"web"},
             "values":[[1700000000,"5"],[1700000060,"9"]]},
            {"metric":{"__name__":"pg_settings_max_connections"},"values":[[1700000000,"20"]]}]}}"#,
    )
    .unwrap();
    let ran = operator.run(&args).expect_code(0);
    assert!(
        ran.stdout
            .starts_with("HEADROOM: at most 9 of 20 ordinary slots were used (45 %), too few days"),
        "{ran}"
    );
    let config = operator.home().join("config.toml");
    let faults = [
        (
            "[[fleet]]\nname = 'web'\n",
            "line 1: a [[fleet]] has no pool",
        ),
        (
            "[[fleet]]\nname = 'web'\npool = 5\nsurge = 'much'\n",
            "line 4: \"surge\" must be a share",
        ),
        (
            "[[fleet]]\nname = 'web'\npools = 5\n",
            "did you mean \"pool\"?",
        ),
        ("fleet = 5\n", "sections that begin with [[fleet]]"),
    ];
    for (text, wanted) in faults {
        std::fs::write(&config, text).unwrap();
        let operator = Operator::at("127.0.0.1", 1, "breakglass").set("BREAKGLASS_CONFIG", &config);
        let ran = operator.run(&args).expect_code(2);
        assert!(ran.stderr.contains(wanted), "{ran}");
    }
}
