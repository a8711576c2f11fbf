//! `check` on real servers of every supported major, full in every way, as every kind of role; beside it the plugins that
//! monitoring systems usually run, on the same full server; and its metrics, read by somebody else's parser.

use std::collections::BTreeSet;
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::{Operator, Ran, Server, await_that, for_each_major, in_time, server_binaries};
use rusqlite::Connection;
use serde_json::Value;

/// A role that sees everything and has no lane but the login.
const WATCHER: &str = "CREATE ROLE watcher LOGIN IN ROLE pg_monitor";

fn check(server: &Server, user: &str, more: &[&str]) -> Ran {
    Operator::on(server, user).run(&[&["check"], more].concat())
}

/// The document of a check that ended with `code`.
#[track_caller]
fn json(server: &Server, user: &str, code: i32, more: &[&str]) -> Value {
    let json = check(server, user, &[&["--format", "json"], more].concat())
        .expect_code(code)
        .json();
    assert_eq!(json["format"], "breakglass/check/1");
    assert_eq!(json["exit_code"], code);
    json
}

/// Fails unless `user` is told CRITICAL, in a plugin's line and in metrics.
#[track_caller]
fn assert_critical(server: &Server, user: &str, more: &[&str]) -> Value {
    let ran = check(server, user, more).expect_code(2);
    assert!(ran.stdout.starts_with("CONNECTIONS CRITICAL - "), "{ran}");
    assert_eq!(ran.stderr, "", "{ran}");
    let metrics = check(server, user, &[&["--format", "prometheus"], more].concat()).expect_code(2);
    assert_eq!(
        metric(&metrics.stdout, "breakglass_check_status"),
        Some(2.0)
    );
    json(server, user, 2, more)
}

/// The variant for which a login was refused; empty when none was.
fn variant(json: &Value) -> String {
    let refusals = json["refusals"].as_array().unwrap();
    let login = refusals.iter().find(|it| it["lane"] == "login");
    login.map_or(String::new(), |it| {
        it["variant"].as_str().unwrap().to_owned()
    })
}

/// The only value of a metric whose line begins with `name`.
fn metric(page: &str, name: &str) -> Option<f64> {
    let mut lines = page.lines().filter(|line| {
        line.strip_prefix(name)
            .is_some_and(|rest| rest.starts_with('{'))
    });
    lines.next()?.rsplit_once(' ')?.1.parse().ok()
}

#[test]
fn a_quiet_server_is_ok_for_every_kind_of_role_and_a_role_that_cannot_log_in_is_unknown() {
    for_each_major(|server| {
        server.ask_witness(WATCHER);
        for user in ["postgres", "breakglass", "watcher", "reserved", "app"] {
            let json = json(server, user, 0, &["-w", "90%", "-c", "100%"]);
            let slots = &json["numbers"]["ordinary"];
            assert_eq!(slots["total"], server.ordinary_slots(), "{user}");
            // The witness; the check itself is not counted.
            assert_eq!(slots["used"], 1, "{user}");
            let formula = json["numbers"]["formula"].as_str().unwrap();
            assert!(
                formula.starts_with("10 max_connections - 2 superuser"),
                "{formula}"
            );
            let sees = !["app", "reserved"].contains(&user);
            assert_eq!(json["numbers"]["hidden"] == 0, sees, "{user}: {json}");
            assert_eq!(
                json["numbers"]["authenticating"].is_null(),
                server.major < 18
            );
        }
        let json = json(server, "no_login", 3, &[]);
        assert_eq!(variant(&json), "role-cannot-log-in");
        let without_slot = check(server, "breakglass", &["--lane", "replication"]).expect_code(0);
        assert!(
            without_slot.stdout.contains("over the replication lane"),
            "{without_slot}"
        );
    });
}

#[test]
fn a_full_server_is_critical_in_every_variant_for_every_role_with_the_variant_named() {
    for_each_major(|server| {
        server.ask_witness(WATCHER);
        server.ask_witness("ALTER ROLE limited CONNECTION LIMIT -1");
        let all = ["postgres", "breakglass", "watcher", "reserved", "app"];
        let reserve = if server.major >= 16 {
            "only-reserved-slots"
        } else {
            "only-superuser-slots"
        };

        let held = server.fill_ordinary_slots();
        for user in all {
            let json = assert_critical(server, user, &[]);
            let gets_in = user == "postgres" || user == "reserved" && server.major >= 16;
            let expected = if gets_in { "" } else { reserve };
            assert_eq!(variant(&json), expected, "{user}");
            let counted = json["numbers"]["ordinary"]["free"] == 0;
            assert_eq!(counted, gets_in || user == "breakglass", "{user}: {json}");
        }
        // No way in is taken but the one that was asked for, and it counts the same.
        let json = assert_critical(server, "breakglass", &["--lane", "replication"]);
        assert_eq!(
            (variant(&json).as_str(), &json["lane"]),
            ("", &Value::from("replication"))
        );
        drop(held);

        let held = server.fill_reserved_slots();
        for user in all {
            let json = assert_critical(server, user, &[]);
            let expected = if user == "postgres" {
                ""
            } else {
                "only-superuser-slots"
            };
            assert_eq!(variant(&json), expected, "{user}");
        }
        drop(held);

        let held = server.fill_every_slot();
        for user in all {
            let json = assert_critical(server, user, &[]);
            assert_eq!(variant(&json), "slots-exhausted", "{user}");
        }
        let page = check(server, "app", &["--format", "prometheus"])
            .expect_code(2)
            .stdout;
        assert_eq!(metric(&page, "breakglass_up"), Some(0.0));
        assert_eq!(metric(&page, "breakglass_exhausted"), Some(1.0));
        assert!(
            page.contains("lane=\"login\",variant=\"slots-exhausted\"} 1"),
            "{page}"
        );
        let page = check(server, "breakglass", &["--format", "prometheus"])
            .expect_code(2)
            .stdout;
        assert_eq!(metric(&page, "breakglass_up"), Some(1.0));
        assert_eq!(metric(&page, "breakglass_exhausted"), Some(1.0));
        drop(held);
    });
}

#[test]
fn a_limit_of_a_role_or_a_database_is_critical_for_whom_it_holds_and_for_whom_it_does_not() {
    for_each_major(|server| {
        let held = server.fill_role_limit();
        let json = assert_critical(server, "limited", &[]);
        assert_eq!(variant(&json), "role-limit");
        let ran = check(server, "postgres", &[]).expect_code(2);
        assert!(
            ran.stdout
                .contains("role limited is at its CONNECTION LIMIT: 1 of 1"),
            "{ran}"
        );
        check(server, "postgres", &["--only-show-limits"]).expect_code(0);
        drop(held);

        let held = server.fill_database_limit();
        let operator = Operator::on(server, "app");
        let ran = operator.run(&["-d", "limited", "check"]).expect_code(2);
        assert!(ran.stdout.contains("refused (database-limit)"), "{ran}");
        let json = assert_critical(server, "breakglass", &[]);
        assert_eq!(json["numbers"]["limits"][1]["name"], "limited");
        drop(held);
    });
}

#[test]
fn logins_that_do_not_finish_are_critical_although_hardly_anybody_is_counted() {
    for_each_major(|server| {
        let held = server.fill_with_half_finished_logins();
        let json = assert_critical(server, "app", &[]);
        assert_eq!(variant(&json), "slots-exhausted");
        let json = assert_critical(server, "breakglass", &[]);
        assert_eq!(json["lane"], "replication");
        let seen = json["numbers"]["authenticating"].as_u64();
        if server.major >= 18 {
            assert!(seen.unwrap() >= 5, "{json}");
        } else {
            assert_eq!(seen, None);
            assert_eq!(json["numbers"]["ordinary"]["used"], 1);
            let reasons = json["reasons"].to_string();
            assert!(
                reasons.contains("logins that have not finished"),
                "{reasons}"
            );
        }
        drop(held);
        let held = server.fill_with_silent_sockets();
        let json = assert_critical(server, "app", &[]);
        assert_eq!(variant(&json), "processes-exhausted");
        drop(held);
    });
}

#[test]
fn every_walsender_gone_is_critical_for_who_comes_by_that_lane() {
    let server = Server::start(17);
    let held = server.fill_walsenders();
    let ran = check(&server, "breakglass", &["--lane", "replication"]).expect_code(2);
    assert!(
        ran.stdout.contains("refused (walsenders-exhausted)"),
        "{ran}"
    );
    check(&server, "breakglass", &[]).expect_code(0);
    drop(held);
}

#[test]
fn sessions_idle_in_transaction_are_counted_by_age_and_waiting_ones_are_seen() {
    for major in [13, 18] {
        let server = Server::start(major);
        server.ask_witness("CREATE TABLE t (n int)");
        let mut holder = server.connect("postgres", "holder");
        holder.batch_execute("BEGIN; LOCK TABLE t").unwrap();
        let mut waiter = server.connect("postgres", "waiter");
        let waits = std::thread::spawn(move || waiter.batch_execute("BEGIN; LOCK TABLE t"));
        await_that("somebody waits", || {
            let json = check(&server, "breakglass", &["--format", "json"]).json();
            json["numbers"]["waiting"] == 1
        });
        await_that("the holder is old enough", || {
            let args = ["--idle-in-transaction-for", "1s", "--critical", "1"];
            check(&server, "breakglass", &args).code == 2
        });
        let args = [
            "--idle-in-transaction-for",
            "1s",
            "--warning",
            "1",
            "--critical",
            "3",
        ];
        let ran = check(&server, "breakglass", &args).expect_code(1);
        assert!(
            ran.stdout
                .starts_with("CONNECTIONS WARNING - 1 sessions idle in transaction"),
            "{ran}"
        );
        assert!(
            ran.stdout.contains("'idle in transaction 1s'=1;0;2;0;"),
            "{ran}"
        );
        assert!(ran.stdout.contains("application holder"), "{ran}");
        let args = ["--idle-in-transaction-for", "1d", "-c", "1"];
        check(&server, "breakglass", &args).expect_code(0);
        // Who may not see states does not call that nobody.
        let ran = check(&server, "app", &args).expect_code(3);
        assert!(ran.stdout.contains("GRANT pg_monitor"), "{ran}");
        holder.batch_execute("COMMIT").unwrap();
        drop(holder);
        let _ = waits.join().unwrap();
    }
}

#[test]
fn thresholds_are_shares_counts_or_slots_left() {
    let server = Server::start(15);
    let _sessions: Vec<_> = (0..4).map(|_| server.session("app", "shop")).collect();
    // 5 of 8 are used, 3 are left, 62.5%.
    let table: [(&[&str], i32); 9] = [
        (&["-w", "80%", "-c", "95%"], 0),
        (&["-w", "62%"], 1),
        (&["-w", "63%"], 0),
        (&["-c", "60%"], 2),
        (&["-w", "5"], 1),
        (&["-w", "6"], 0),
        (&["-w", "4left", "-c", "3left"], 2),
        (&["-w", "3left", "-c", "2left"], 1),
        (&["-w", "2left", "-c", "1left"], 0),
    ];
    for (args, code) in table {
        check(&server, "app", args).expect_code(code);
    }
    let ran = check(&server, "app", &["-w", "80%", "-c", "95%"]).expect_code(0);
    let first = ran.stdout.lines().next().unwrap();
    let begins =
        "CONNECTIONS OK - 5 of 8 ordinary slots used, 3 left | used=5;6;7;0;8 left=3;;;0;8 ";
    assert!(first.starts_with(begins), "{first}");
}

#[test]
fn samples_give_their_age_and_the_time_to_full_and_a_file_that_is_none_is_unknown() {
    let server = Server::start(17);
    let operator = Operator::on(&server, "breakglass");
    operator.run(&["record"]).expect_code(0);
    let path = operator.home().join("state/breakglass/samples.sqlite");
    // One more every four minutes, for an hour: the file's own row, moved back in time.
    let file = Connection::open(&path).unwrap();
    for number in 1..15 {
        file.execute(
            "INSERT INTO sample (server, at, used, max_connections, superuser_reserved, reserved) \
             SELECT server, at - ?1 * 240000000, 20 - ?1, 10, 2, 2 FROM sample WHERE id = 1",
            [number],
        )
        .unwrap();
    }
    file.execute("UPDATE sample SET used = 20 WHERE id = 1", [])
        .unwrap();
    let json = operator
        .run(&["check", "--format", "json"])
        .expect_code(0)
        .json();
    // Five slots are free, four minutes each.
    let full = json["samples"]["full_in_seconds"].as_f64().unwrap();
    assert!((1100.0..1300.0).contains(&full), "{json}");
    assert!(
        json["samples"]["last_age_seconds"].as_f64().unwrap() < 600.0,
        "{json}"
    );
    let ran = operator.run(&["check"]).expect_code(0);
    assert!(ran.stdout.contains("at their pace full in "), "{ran}");
    drop(file);
    std::fs::write(&path, "no database at all\n".repeat(200)).unwrap();
    let ran = operator.run(&["check"]).expect_code(3);
    assert!(ran.stdout.contains("is not a file of samples"), "{ran}");
    assert!(
        ran.stdout.contains("used=1;"),
        "the count is there all the same: {ran}"
    );
    let held = server.fill_every_slot();
    operator.run(&["check"]).expect_code(2);
    drop(held);
}

/// Accepts and never says a word.
fn mute() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

#[test]
fn wrong_use_is_unknown_in_one_line_and_nothing_is_asked() {
    let (_mute, port) = mute();
    let operator = Operator::at("127.0.0.1", port, "app");
    let table: [(&[&str], &str); 9] = [
        (&["-w", "95%", "-c", "80%"], "contradict each other"),
        (&["-w", "5left", "-c", "20left"], "contradict each other"),
        (&["-w", "120%"], "more than 100% is never reached"),
        (
            &["-w", "many"],
            "write a share (80%), slots left (20left), or a count (80)",
        ),
        (&["-w", "-5"], "write a share"),
        (
            &["--idle-in-transaction-for", "5m"],
            "how many such sessions are too many?",
        ),
        (&["--idle-in-transaction-for", "5m", "-c", "5%"], "no share"),
        (&["--format", "csv"], "is none of nagios, prometheus, json"),
        (&["--deadline", "1"], "write a number with its unit"),
    ];
    for (args, words) in table {
        let ran = operator.run(&[&["check"], args].concat()).expect_code(3);
        let first = ran.stdout.lines().next().unwrap();
        assert!(first.starts_with("CONNECTIONS UNKNOWN - "), "{ran}");
        assert!(first.contains(words), "{ran}");
        assert!(ran.took < Duration::from_secs(30), "{ran}");
    }
    let ran = operator
        .run(&["check", "--format", "json", "-w", "many"])
        .expect_code(3);
    assert_eq!(ran.stdout, "", "{ran}");
    assert!(ran.stderr.contains("write a share"), "{ran}");
    operator
        .run(&["status", "--format", "nagios"])
        .expect_code(2);
}

#[test]
fn a_server_that_says_nothing_is_unknown_within_the_deadline_and_metrics_are_written() {
    let (_mute, port) = mute();
    let operator = Operator::at("127.0.0.1", port, "app");
    // The default would be longer.
    let ran = in_time(Duration::from_millis(500), || {
        operator.run(&["check", "--deadline", "500ms"])
    })
    .expect_code(3);
    assert!(ran.stdout.starts_with("CONNECTIONS UNKNOWN - "), "{ran}");
    let file = operator.home().join("breakglass.prom");
    let path = file.to_str().unwrap();
    let args = [
        "check",
        "--deadline",
        "500ms",
        "--format",
        "prometheus",
        "--textfile",
        path,
    ];
    let ran = operator.run(&args).expect_code(3);
    assert_eq!(ran.stdout, "", "{ran}");
    assert_eq!(ran.stderr.lines().count(), 1, "{ran}");
    let page = std::fs::read_to_string(file).unwrap();
    assert_eq!(metric(&page, "breakglass_up"), Some(0.0));
    assert_eq!(metric(&page, "breakglass_check_status"), Some(3.0));
}

#[test]
fn a_textfile_is_written_whole_and_a_directory_that_cannot_be_written_is_unknown() {
    let server = Server::start(17);
    let operator = Operator::on(&server, "breakglass");
    let file = operator.home().join("breakglass.prom");
    let path = file.to_str().unwrap();
    let ran = operator.run(&["check", "--textfile", path]).expect_code(0);
    assert!(
        ran.stdout.starts_with("CONNECTIONS OK"),
        "both at once: {ran}"
    );
    assert_eq!(
        metric(&std::fs::read_to_string(&file).unwrap(), "breakglass_up"),
        Some(1.0)
    );
    // Root may write anywhere but into /proc.
    let nowhere = ["check", "--textfile", "/proc/breakglass.prom"];
    let ran = operator.run(&nowhere).expect_code(3);
    assert!(
        ran.stdout
            .starts_with("CONNECTIONS UNKNOWN - cannot write /proc/breakglass.prom: "),
        "{ran}"
    );
    let held = server.fill_every_slot();
    let ran = operator.run(&nowhere).expect_code(2);
    assert!(ran.stdout.contains("refused (slots-exhausted)"), "{ran}");
    assert!(
        ran.stderr.contains("cannot write /proc/breakglass.prom"),
        "{ran}"
    );
    drop(held);
}

/// What a plugin of somebody else says of `server`: its exit code.
fn plugin(program: &str, server: &Server, user: &str) -> i32 {
    let port = server.port().to_string();
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(program);
    command.env("HOME", home.path()).stdin(Stdio::null());
    if program.ends_with("check_postgres") {
        command.args([
            "--action=backends",
            "-H",
            "127.0.0.1",
            "-p",
            &port,
            "-u",
            user,
        ]);
        command.args(["-db", "postgres", "-w", "80%", "-c", "95%"]);
    } else {
        command.args(["-s", "backends", "-h", "127.0.0.1", "-p", &port, "-U", user]);
        command.args(["-d", "postgres", "-w", "80%", "-c", "95%"]);
    }
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}; run tests/run, which installs it"));
    let code = output.status.code().unwrap();
    assert!((0..=3).contains(&code), "{output:?}");
    code
}

/// 0 and 3 are what nobody is woken for.
#[test]
fn on_a_full_server_the_usual_plugins_say_ok_or_unknown_and_check_says_critical() {
    let plugins = [
        "/usr/bin/check_postgres",
        "/usr/lib/nagios/plugins/check_pgactivity",
    ];
    for major in [13, 17] {
        let server = Server::start_with(major, |settings| {
            settings
                .set("max_connections", 12)
                .set("superuser_reserved_connections", 5)
        });
        server.ask_witness(WATCHER);
        for program in plugins {
            assert_eq!(
                plugin(program, &server, "watcher"),
                0,
                "{program} works at all"
            );
        }
        let held = server.fill_ordinary_slots();
        let mut said = Vec::new();
        for user in ["watcher", "postgres"] {
            assert_critical(&server, user, &[]);
            for program in plugins {
                said.push((program, user, plugin(program, &server, user)));
            }
        }
        let by_role: Vec<i32> = said.iter().map(|(_, _, code)| *code).collect();
        // Refused, both do not know; let in on the reserve, the first counts against all slots.
        assert_eq!(by_role, [3, 3, 0, 2], "PostgreSQL {major}: {said:?}");
        drop(held);

        // Logins that do not finish: nobody is counted, and nobody gets in.
        let server = Server::start(major);
        server.ask_witness(WATCHER);
        let held = server.fill_with_half_finished_logins();
        assert_critical(&server, "watcher", &[]);
        let found = plugin(plugins[1], &server, "watcher");
        assert_eq!(found, 3, "check_pgactivity, PostgreSQL {major}");
        drop(held);
    }
}

fn promtool() -> PathBuf {
    let servers = server_binaries(17).directory;
    let path = servers
        .ancestors()
        .nth(2)
        .unwrap()
        .join("promtool/bin/promtool");
    assert!(
        path.exists(),
        "promtool is missing; run tests/run, which fetches it"
    );
    path
}

#[test]
fn the_metrics_are_read_by_prometheus_and_every_name_in_the_rules_is_one_of_them() {
    let server = Server::start(18);
    server.ask_witness("CREATE DATABASE narrow CONNECTION LIMIT 5");
    let hostile = r#"CREATE ROLE "a""b\c d{}=1" LOGIN CONNECTION LIMIT 2"#;
    server.ask_witness(hostile);
    server.ask_witness("CREATE ROLE \"two\nlines\" LOGIN CONNECTION LIMIT 2");
    let operator = Operator::on(&server, "breakglass");
    operator.run(&["record"]).expect_code(0);
    let path = operator.home().join("state/breakglass/samples.sqlite");
    let file = Connection::open(&path).unwrap();
    for number in 1..15 {
        file.execute(
            "INSERT INTO sample (server, at, used) \
             SELECT server, at - ?1 * 240000000, 20 - ?1 FROM sample WHERE id = 1",
            [number],
        )
        .unwrap();
    }
    let args = ["check", "--format", "prometheus"];
    let open = operator.run(&args).expect_code(0).stdout;
    let held = server.fill_every_slot();
    let full = operator.run(&args).expect_code(2).stdout;
    let counted = operator
        .run(&[&args[..], &["--idle-for", "1s", "-c", "500"]].concat())
        .expect_code(2)
        .stdout;
    drop(held);
    let mut known = BTreeSet::new();
    for page in [open, full, counted] {
        let mut parser = Command::new(promtool())
            .args(["check", "metrics"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        parser
            .stdin
            .take()
            .unwrap()
            .write_all(page.as_bytes())
            .unwrap();
        let output = parser.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}\n{page}");
        let types = page.lines().filter_map(|line| line.strip_prefix("# TYPE "));
        known.extend(types.map(|it| it.split(' ').next().unwrap().to_owned()));
    }
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("runbooks/prometheus-alerts.yml");
    let output = Command::new(promtool())
        .args(["check", "rules"])
        .arg(&rules)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = std::fs::read_to_string(rules).unwrap();
    let mut named = BTreeSet::new();
    for (at, _) in text.match_indices("breakglass_") {
        let name = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
        named.insert(text[at..].chars().take_while(name).collect::<String>());
    }
    assert!(named.len() > 8, "{named:?}");
    let missing: Vec<&String> = named.difference(&known).collect();
    assert!(
        missing.is_empty(),
        "no such metrics: {missing:?}; there are {known:?}"
    );
}

/// The words after the program of every command in a monitoring system's definition, with values for its variables.
fn commands(text: &str) -> Vec<Vec<String>> {
    let lines = text.lines().filter_map(|line| {
        let line = line.trim().strip_prefix("command_line")?.trim();
        line.strip_prefix("/usr/local/bin/breakglass ")
    });
    let word = |word: &str| match word {
        "$HOSTADDRESS$" => "127.0.0.1".to_owned(),
        "$ARG1$" => "app".to_owned(),
        "$ARG2$" => "5m".to_owned(),
        "$ARG3$" => "1".to_owned(),
        "$ARG4$" => "3".to_owned(),
        other => other.to_owned(),
    };
    lines
        .map(|line| line.split_whitespace().map(word).collect())
        .collect()
}

#[test]
fn the_definitions_for_nagios_and_icinga_use_flags_that_there_are() {
    let runbooks = Path::new(env!("CARGO_MANIFEST_DIR")).join("runbooks");
    let nagios = std::fs::read_to_string(runbooks.join("nagios-commands.cfg")).unwrap();
    let commands = commands(&nagios);
    assert!(commands.len() >= 3);
    let help = |command: &str| {
        Operator::with(&[])
            .run(&[command, "--help"])
            .expect_code(0)
            .stdout
    };
    for words in &commands {
        let help = help(&words[0]);
        for flag in words.iter().filter(|word| word.starts_with('-')) {
            let there = help.split([' ', ',', '\n']).any(|word| word == flag);
            assert!(there, "{} has no {flag}", words[0]);
        }
    }
    let icinga = std::fs::read_to_string(runbooks.join("icinga2.conf")).unwrap();
    let flags: Vec<&str> = icinga
        .lines()
        .filter_map(|line| line.trim().strip_prefix('"')?.split_once("\" = \"$"))
        .map(|(flag, _)| flag)
        .collect();
    assert!(flags.len() >= 9, "{flags:?}");
    let help = help("check");
    for flag in flags {
        let there = help.split([' ', ',', '\n']).any(|word| word == flag);
        assert!(there, "check has no {flag}");
    }
}
