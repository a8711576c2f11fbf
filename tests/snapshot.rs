//! `snapshot` and `--from` on real servers: what is saved, and that a command says of the file what it said of the
//! server.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::support::{Operator, Ran, Server, await_that, for_each_major};
use breakglass::drill::wire::Session;
use regex::Regex;
use serde_json::Value;

/// Text that must be in no file that was saved without statements.
const SECRET: &str = "s3cret-of-a-customer";

/// A queue of two, an idle transaction, a listener, a session with a secret in its statement.
fn incident(server: &Server) -> Vec<Session> {
    let mut head = server.session("app", "migrate");
    head.ask("BEGIN; SELECT pg_advisory_xact_lock(7)")
        .unwrap()
        .unwrap();
    let mut listener = server.session("app", "queue");
    listener.ask("LISTEN jobs").unwrap().unwrap();
    let mut secret = server.session("app", "web");
    secret.ask(&format!("SELECT '{SECRET}'")).unwrap().unwrap();
    let mut waits = server.session("app", "waits");
    waits.send("SELECT pg_advisory_lock(7)").unwrap();
    server.await_running(waits.pid);
    vec![head, listener, secret, waits]
}

/// Nobody of an earlier run is still on its way out, so that two looks see the same.
fn alone(server: &Server) {
    await_that("no earlier run is on the server", || {
        let ours = "SELECT pid FROM pg_stat_activity WHERE application_name = 'breakglass' OR state = 'starting'";
        server.ask_witness(ours).is_empty()
    });
}

/// What differs between two looks at the same: ages, moments, our own session, and what the witness said last.
fn unchanging(text: &str) -> String {
    let table = [
        (r"(?m)^SNAPSHOT.*\n\n", ""),
        (r"(?m)^.*\bours\b.*\n", ""),
        (r"PID \d+$", "PID"),
        (r" --from \S+", ""),
        (r" -h \S+ -p \S+ -U \S+ -d \S+", ""),
        (r" --dry-run", ""),
        (r"\b\d+([smhd]|[mh]\d\d[smh]|d\d\dh)\b", "AGE"),
        (r"[ \t]+", " "),
    ];
    table
        .into_iter()
        .fold(text.to_owned(), |text, (pattern, with)| {
            let pattern = format!("(?m){pattern}");
            Regex::new(&pattern)
                .unwrap()
                .replace_all(&text, with)
                .into_owned()
        })
}

/// The same of a document.
fn unchanging_json(value: &mut Value) {
    match value {
        Value::Array(values) => {
            values.retain(|value| {
                value["application"] != "breakglass" && value["application"] != "witness"
            });
            values.iter_mut().for_each(unchanging_json);
        }
        Value::Object(fields) => {
            fields.retain(|name, _| {
                !name.ends_with("_seconds")
                    && !["at", "own_pid", "snapshot", "next"].contains(&name.as_str())
            });
            fields.values_mut().for_each(unchanging_json);
        }
        _ => {}
    }
}

/// Rows of CSV without its times.
fn unchanging_csv(text: &str) -> Vec<String> {
    let rows = text.lines().filter(|line| !line.contains("breakglass"));
    let moment = Regex::new(r#""?SNAPSHOT[^,]*, taken[^,]*,|snapshot,"#).unwrap();
    let number = Regex::new(r"\b\d+(\.\d+|[smhd]|[mh]\d\d[smh]|d\d\dh)?\b").unwrap();
    rows.map(|line| moment.replace(line, "").into_owned())
        .filter(|line| !line.contains("_seconds") && !line.starts_with("server,at"))
        .map(|line| number.replace_all(&line, "N").into_owned())
        .collect()
}

fn path(operator: &Operator, name: &str) -> String {
    operator.home().join(name).display().to_string()
}

/// An operator who cannot reach any server.
fn reader() -> Operator {
    Operator::with(&[])
}

/// Who would be ended, and who spared why.
fn chosen(ran: &Ran) -> (BTreeSet<i32>, BTreeSet<(i32, String)>) {
    let targets = ran.outcomes().into_iter().map(|(pid, _)| pid).collect();
    let spared = ran
        .spared()
        .into_iter()
        .filter(|(_, reason)| reason != "ourselves");
    (targets, spared.collect())
}

#[test]
fn a_snapshot_answers_as_the_server_did_and_rehearses_the_same_selection() {
    for_each_major(|server| {
        let _held = incident(server);
        let _crowd = server.fill_ordinary_slots();
        let operator = Operator::on(server, "breakglass");
        let (kept, left_out) = (
            path(&operator, "kept.json"),
            path(&operator, "left-out.json"),
        );
        alone(server);
        operator
            .run(&["snapshot", "--with-queries", &kept])
            .expect_code(0);
        alone(server);
        operator.run(&["snapshot", &left_out]).expect_code(0);
        let text = std::fs::read_to_string(&left_out).unwrap();
        assert!(!text.contains(SECRET) && text.contains("left-out"));
        assert!(std::fs::read_to_string(&kept).unwrap().contains(SECRET));
        assert_eq!(
            std::fs::metadata(&kept).unwrap().permissions().mode() & 0o777,
            0o600
        );

        let reader = reader();
        for (typed, code) in [
            (&["status"][..], 0),
            (&["sessions", "--sort", "pid"], 0),
            (
                &["sessions", "--full", "--sort", "pid", "--query", "SELECT"],
                0,
            ),
            (&["blockers"], 1),
        ] {
            for format in ["table", "json", "csv", "markdown"] {
                let typed = [typed, &["--format", format]].concat();
                alone(server);
                let live = operator.run(&typed).expect_code(code);
                let saved = reader
                    .run(&[&typed[..], &["--from", &kept]].concat())
                    .expect_code(code);
                assert!(
                    saved.stdout.contains("napshot") || saved.stdout.contains("SNAPSHOT"),
                    "{saved}"
                );
                match format {
                    "json" => {
                        let (mut live, mut saved) = (live.json(), saved.json());
                        assert_eq!(saved["snapshot"]["query_text"], "kept");
                        unchanging_json(&mut live);
                        unchanging_json(&mut saved);
                        assert!(saved == live, "{typed:?}\n{saved:#}\n{live:#}");
                    }
                    "table" => {
                        assert!(
                            saved.stdout.starts_with("SNAPSHOT of 127.0.0.1:"),
                            "{saved}"
                        );
                        let same = unchanging(&saved.stdout) == unchanging(&live.stdout);
                        assert!(same, "{typed:?}\n{}\n{}", saved.stdout, live.stdout);
                    }
                    "csv" => assert_eq!(
                        unchanging_csv(&saved.stdout),
                        unchanging_csv(&live.stdout),
                        "{typed:?}"
                    ),
                    _ => assert!(saved.stdout.contains("SNAPSHOT of 127.0.0.1:"), "{saved}"),
                }
            }
        }
        for typed in [
            &["terminate", "--user", "app"][..],
            &["terminate", "--state", "idle", "--keep", "1"],
            &["terminate", "--all"],
            &["cancel", "--waiting"],
            &["free", "2"],
        ] {
            let typed = [typed, &["--dry-run", "--format", "json"]].concat();
            alone(server);
            let live = operator.run(&typed);
            for file in [&kept, &left_out] {
                let saved = reader
                    .run(&[&typed[..], &["--from", file]].concat())
                    .expect_code(live.code);
                assert_eq!(chosen(&saved), chosen(&live), "{typed:?} {file}");
            }
        }
    });
}

#[test]
fn nobody_gets_in_and_the_evidence_is_saved_all_the_same() {
    for_each_major(|server| {
        let _walsenders = server.fill_walsenders();
        let _held = server.fill_every_slot();
        let operator = Operator::on(server, "breakglass");
        let file = path(&operator, "locked-out.json");
        let ran = operator
            .run(&["snapshot", &file, "--retry-for", "0s"])
            .expect_code(1);
        assert!(
            ran.stderr
                .contains("not seen: sessions: no database lane is open"),
            "{ran}"
        );
        let saved: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        let lanes: BTreeSet<&str> = saved["refusals"]
            .as_array()
            .unwrap()
            .iter()
            .map(|refusal| refusal["lane"].as_str().unwrap())
            .collect();
        assert_eq!(lanes, BTreeSet::from(["login", "replication"]), "{saved:#}");
        assert!(saved["refusals"][0]["variant"].is_string() && saved["database"].is_null());
        // The tests run on the server's own host.
        let servers = saved["beside"]["backends"]["clusters"].as_array().unwrap();
        let port = u64::from(server.port());
        assert!(
            servers
                .iter()
                .any(|cluster| cluster["port"].as_u64() == Some(port)),
            "{saved:#}"
        );

        let ran = reader().run(&["status", "--from", &file]).expect_code(3);
        assert!(
            ran.stderr.contains("holds no sessions") && ran.stderr.contains("login: "),
            "{ran}"
        );
    });
}

#[test]
fn a_file_is_never_replaced_and_its_name_tells_the_server_and_the_time() {
    let server = Server::start(17);
    let operator = Operator::on(&server, "breakglass");
    let file = path(&operator, "taken.json");
    std::fs::write(&file, "mine").unwrap();
    let ran = operator.run(&["snapshot", &file]).expect_code(4);
    assert!(ran.stderr.contains("never overwritten"), "{ran}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");

    let ran = operator
        .run(&["snapshot", "/nowhere/at/all.json"])
        .expect_code(4);
    assert!(ran.stderr.contains("/nowhere/at/all.json"), "{ran}");

    let directory = operator.home().join("here");
    std::fs::create_dir(&directory).unwrap();
    let here = |args: &[&str]| {
        let output = operator
            .command(args)
            .current_dir(&directory)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    here(&["snapshot"]);
    here(&["snapshot"]);
    here(&["snapshot"]);
    let names = names(&directory);
    assert_eq!(names.len(), 3, "{names:?}");
    let begins = format!("breakglass-snapshot-127.0.0.1-{}-2", server.port());
    assert!(
        names
            .iter()
            .all(|name| name.starts_with(&begins) && name.ends_with(".json")),
        "{names:?}"
    );
    // Printed, it is the same document, and no file appears.
    let printed: Value = serde_json::from_str(&here(&["snapshot", "-"])).unwrap();
    assert_eq!(printed["format"], "breakglass/snapshot/1");
    assert_eq!(self::names(&directory), names);
}

fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_full_disk_leaves_no_half_a_file() {
    let server = Server::start(17);
    let operator = Operator::on(&server, "breakglass");
    let file = path(&operator, "too-long.json");
    let mut limited = std::process::Command::new("sh");
    let program = env!("CARGO_BIN_EXE_breakglass");
    // A limit on the length of files stands for the disk; the signal it comes with is ignored, as a full disk has none.
    let script = format!("trap '' XFSZ; ulimit -f 1; exec {program} snapshot {file}");
    limited.args(["-c", &script]).env_clear();
    for (name, value) in server.environment("breakglass") {
        limited.env(name, value);
    }
    let output = limited.env("HOME", operator.home()).output().unwrap();
    assert_eq!(output.status.code(), Some(4), "{output:?}");
    assert_eq!(names(operator.home()), Vec::<String>::new());
}

#[test]
fn settings_and_locks_are_in_it() {
    for_each_major(|server| {
        let held = incident(server);
        let operator = Operator::on(server, "breakglass");
        let saved = operator.run(&["snapshot", "-"]).expect_code(0).json();
        let settings = saved["database"]["settings"].as_array().unwrap();
        let named = |name: &str| settings.iter().find(|it| it["name"] == name);
        assert_eq!(named("max_connections").unwrap()["setting"], "10");
        assert_eq!(named("transaction_timeout").is_some(), server.major >= 17);
        let locks = saved["database"]["locks"].as_array().unwrap();
        let lock = |pid: i32, granted: bool| {
            locks.iter().any(|it| {
                it["pid"] == pid && it["granted"] == granted && it["locktype"] == "advisory"
            })
        };
        assert!(
            lock(held[0].pid, true) && lock(held[3].pid, false),
            "{locks:#?}"
        );
    });
}

#[test]
fn what_a_file_cannot_answer_is_an_error_that_names_the_flag() {
    let server = Server::start(16);
    let _held = incident(&server);
    let operator = Operator::on(&server, "breakglass");
    let file = path(&operator, "saved.json");
    operator.run(&["snapshot", &file]).expect_code(0);
    for (typed, said) in [
        (&["terminate", "--all"][..], "add --dry-run"),
        (&["terminate", "--all", "--yes"], "add --dry-run"),
        (&["cancel", "--user", "app"], "add --dry-run"),
        (&["free", "2"], "add --dry-run"),
        (&["sessions", "--query", "x"], "--query cannot be judged"),
        (
            &["terminate", "--not-query", "x", "--dry-run"],
            "--not-query cannot be judged",
        ),
        (&["status", "--watch"], "--watch"),
    ] {
        let ran = reader()
            .run(&[typed, &["--from", &file]].concat())
            .expect_code(2);
        assert!(
            ran.stderr.contains(said) && ran.stdout.is_empty(),
            "{typed:?} {ran}"
        );
    }
    let ran = operator.run(&["status", "--from", &file]).expect_code(2);
    assert!(ran.stderr.contains("-h means a server"), "{ran}");
    assert!(
        reader()
            .run(&["status", "--from", &file])
            .stdout
            .contains("statements left out")
    );
    // A rehearsal writes no record, and its suggestions are rehearsals.
    let ran = reader();
    ran.run(&["terminate", "--all", "--dry-run", "--from", &file])
        .expect_code(0);
    assert!(!ran.record_path().exists());
    let next = reader()
        .run(&["status", "--format", "json", "--from", &file])
        .json()["next"]
        .clone();
    for step in next.as_array().unwrap() {
        let command = step["command"].as_str().unwrap();
        assert!(command.contains(&format!("--from {file}")), "{command}");
        assert!(
            !command.contains("terminate") || command.ends_with("--dry-run"),
            "{command}"
        );
    }
}

#[test]
fn what_the_configuration_protects_is_spared_in_a_rehearsal_too() {
    let server = Server::start(17);
    let held = incident(&server);
    let operator = Operator::on(&server, "breakglass");
    let file = path(&operator, "saved.json");
    operator.run(&["snapshot", &file]).expect_code(0);
    let config = operator.home().join("config.toml");
    std::fs::write(&config, "[protected]\napplications = [\"web\"]\n\n[target.shop]\ndsn = \"host=db1\"\nprotected_applications = [\"migrate\"]\n").unwrap();
    let reader = reader().set("BREAKGLASS_CONFIG", &config);
    let typed = [
        "terminate",
        "--user",
        "app",
        "--dry-run",
        "--format",
        "json",
        "--from",
        &file,
    ];
    let all = reader.run(&typed).expect_code(0);
    assert!(all.spares(held[2].pid, "protected-application"), "{all}");
    assert!(!all.spares(held[0].pid, "protected-application"), "{all}");
    assert!(all.spares(held[1].pid, "listening"), "{all}");
    let shop = reader
        .run(&[&typed[..], &["-t", "shop"]].concat())
        .expect_code(0);
    assert!(shop.spares(held[0].pid, "protected-application"), "{shop}");
}

#[test]
fn a_file_that_is_no_snapshot_is_said_to_be_none_and_where() {
    let server = Server::start(17);
    let operator = Operator::on(&server, "breakglass");
    let whole = operator.run(&["snapshot", "-"]).expect_code(0).stdout;
    let bent = |from: &str, to: &str| {
        assert!(whole.contains(from), "{from}");
        whole.replacen(from, to, 1)
    };
    let pid = Regex::new(r#""pid": (\d+)"#).unwrap();
    let first = pid.captures(&whole).unwrap()[0].to_owned();
    let cases = [
        (
            bent("snapshot/1", "snapshot/2"),
            "saved by a later breakglass as breakglass/snapshot/2",
        ),
        (bent("snapshot/1", "status/1"), "is no snapshot"),
        ("[]".to_owned(), "is no snapshot"),
        ("hello".to_owned(), "is no snapshot"),
        ("{}".to_owned(), "names no format"),
        (String::new(), "is empty"),
        (whole[..whole.len() / 2].to_owned(), "cut off after byte"),
        (bent("\"sessions\": [", "\"sessions\": [,"), "line "),
        (
            bent(
                "\"max_connections\": 10,",
                "\"max_connections\": 4000000000,",
            ),
            "max_connections is 4000000000",
        ),
        (
            bent("\"max_connections\": 10,", "\"max_connections\": -1,"),
            "line ",
        ),
        (
            bent(&first, "\"pid\": 0"),
            "a process ID is a positive number",
        ),
        (bent(&first, "\"pid\": 99999999999"), "line "),
        (bent("\"kind\": \"", "\"kind\": \"\\u001b[31m"), "kind is"),
    ];
    for (number, (text, said)) in cases.iter().enumerate() {
        let file: PathBuf = operator.home().join(format!("case-{number}.json"));
        std::fs::write(&file, text).unwrap();
        let file = file.display().to_string();
        let ran = reader().run(&["sessions", "--from", &file]).expect_code(2);
        assert!(
            ran.stderr.contains(said) && ran.stderr.contains(&file),
            "case {number}: {ran}"
        );
        assert!(
            ran.stderr.lines().count() == 1 && !ran.stderr.contains('\u{1b}'),
            "case {number}: {ran}"
        );
    }
    for missing in ["/nowhere.json", "/"] {
        let ran = reader().run(&["status", "--from", missing]).expect_code(2);
        assert!(ran.stderr.contains("cannot read /"), "{ran}");
    }
}
