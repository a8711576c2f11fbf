//! `history` on records that real acts have left, on damaged ones, and on those of other hosts.

use std::path::Path;
use std::time::Duration;

use crate::support::{Operator, Ran, Server, await_that, for_each_major};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

fn acts(ran: &Ran) -> Vec<Value> {
    ran.json()["acts"].as_array().unwrap().clone()
}

/// Nobody's own record but what is given with `--record`.
fn reader() -> Operator {
    Operator::with(&[])
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn what_two_operators_did_is_one_timeline_and_says_when_clients_were_admitted_again() {
    for_each_major(|server| {
        let one = server.session("app", "bystander");
        let first = Operator::on(server, "breakglass");
        let second = Operator::on(server, "breakglass");
        let ended = format!("{}", one.pid);
        let reason = ["--reason", "INC-7 web is down"];
        first
            .run(
                &[
                    &[
                        "terminate",
                        "--pid",
                        &ended,
                        "--yes",
                        "--limit",
                        "1",
                        "--recount",
                        "0s",
                    ],
                    &reason[..],
                ]
                .concat(),
            )
            .expect_code(0);
        let held = server.fill_ordinary_slots();
        let typed = [
            "terminate",
            "--user",
            "app",
            "--yes",
            "--all",
            "--recount",
            "0s",
            "--reason",
            "inc-7 again",
        ];
        second.run(&typed).expect_code(0);
        let path = first.record_path();

        let ran = told(&second, &["--record", text(&path)]).expect_code(0);
        let acts = acts(&ran);
        assert_eq!(acts.len(), 2, "{ran}");
        assert_eq!(acts[0]["targets"][0]["target"]["pid"], one.pid);
        assert_eq!(acts[0]["admitted_again"], false);
        assert_eq!(
            acts[1]["outcomes"][0],
            json!({ "outcome": "gone", "count": held.sessions.len() })
        );
        assert_eq!(acts[1]["slots"]["before"]["free"], 0, "{ran}");
        assert_eq!(acts[1]["admitted_again"], true, "{ran}");
        assert!(acts.iter().all(|act| act["open"] == false));
        assert_eq!(
            acts[1]["server"]["endpoint"],
            format!("127.0.0.1:{}", server.port())
        );

        // Every format tells both, and the table fits.
        let record = text(&path);
        for (format, said) in [
            ("table", "admitted  ordinary logins, from"),
            ("csv", "admitted_again"),
            (
                "markdown",
                "ordinary logins are admitted again on 127.0.0.1",
            ),
        ] {
            let mut command =
                strip(&second.command(&["history", "--record", record, "--format", format]));
            let output = command.env("COLUMNS", "80").output().unwrap();
            let ran = Ran::of(output, Duration::ZERO).expect_code(0);
            assert!(
                ran.stdout.contains(said) && ran.stdout.contains("INC-7 web is down"),
                "{ran}"
            );
            assert!(ran.stdout.contains("inc-7 again"), "{ran}");
            if format == "table" {
                assert!(
                    ran.stdout.lines().all(|line| line.chars().count() <= 80),
                    "{ran}"
                );
            }
        }
        for (flags, count) in [
            (&["--incident", "INC-7"][..], 2),
            (&["--incident", "again"], 1),
            (&["--since", "1h"], 2),
            (&["--since", "2099-01-01T00:00:00Z"], 0),
            (&["-t", acts[0]["server"]["endpoint"].as_str().unwrap()], 2),
            (&["-t", "elsewhere"], 0),
        ] {
            let typed = [&["--record", record], flags].concat();
            let ran = told(&second, &typed).expect_code(i32::from(count == 0));
            assert_eq!(self::acts(&ran).len(), count, "{flags:?} {ran}");
        }
    });
}

/// History takes no connection flags, so the operator's are left out.
fn told(operator: &Operator, args: &[&str]) -> Ran {
    let command = operator.command(&[&["history", "--format", "json"], args].concat());
    Ran::of(strip(&command).output().unwrap(), Duration::ZERO)
}

/// The same command without what stands before the subcommand.
fn strip(command: &std::process::Command) -> std::process::Command {
    let args: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
    let from = args.iter().position(|word| word == "history").unwrap();
    let mut stripped = std::process::Command::new(command.get_program());
    stripped.env_clear().args(&args[from..]);
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            stripped.env(name, value);
        }
    }
    stripped
}

#[test]
fn an_act_whose_process_was_killed_is_shown_as_open() {
    let server = Server::start(17);
    let victim = server.session("app", "stubborn");
    // Stopped, it cannot go, and whoever ends it waits.
    kill(Pid::from_raw(victim.pid), Signal::SIGSTOP).unwrap();
    let operator = Operator::on(&server, "breakglass");
    let pid = victim.pid.to_string();
    let mut child = operator.start(&[
        "terminate",
        "--pid",
        &pid,
        "--yes",
        "--limit",
        "1",
        "--wait",
        "10min",
    ]);
    await_that("the intent is in the record", || {
        !operator.record().is_empty()
    });
    child.kill().unwrap();
    child.wait().unwrap();
    kill(Pid::from_raw(victim.pid), Signal::SIGCONT).unwrap();

    let ran = told(&operator, &[]).expect_code(0);
    let acts = acts(&ran);
    assert_eq!(acts[0]["open"], true, "{ran}");
    assert_eq!(acts[0]["without_outcome"], 1, "{ran}");
    let record = operator.record_path();
    for format in ["table", "csv", "markdown"] {
        let ran = reader()
            .run(&["history", "--format", format, "--record", text(&record)])
            .expect_code(0);
        assert!(
            ran.stdout.contains("OPEN: no outcome is in the record"),
            "{ran}"
        );
    }
}

fn line(at: &str, event: Value) -> String {
    let mut line = json!({
        "format": "breakglass/record/1", "run": "r", "at": at,
        "operator": { "user": "ops\u{1b}[31m", "host": "bastion\u{202e}", "command_line": ["breakglass", "fence", "--user", "web\n|"] },
        "action": "fence", "reason": "<b>|\u{9b}31m", "lane": "login",
        "server": { "endpoint": "db1:5432", "cluster_name": "\u{1b}]0;x\u{7}" },
    });
    for (key, value) in event.as_object().unwrap() {
        line[key] = value.clone();
    }
    format!("{line}\n")
}

#[test]
fn damaged_and_hostile_lines_are_named_and_the_rest_is_told() {
    let reader = reader();
    let directory = reader.home().join("records");
    std::fs::create_dir_all(directory.join("host-b")).unwrap();
    let target = json!({ "fence": "bcd12", "kind": "role", "name": "web\u{1b}[2J" });
    let mut text_a = line(
        "2026-11-22T03:00:00Z",
        json!({ "event": "intent", "targets": [target] }),
    );
    text_a.push_str("{\"format\": \"breakglass/rec\n");
    text_a.push_str("\0\0\0\0\n\n");
    text_a.push_str(&line(
        "2026-11-22T03:00:01Z",
        json!({ "format": "breakglass/record/9", "event": "intent" }),
    ));
    text_a.push_str(&line("2026-11-22T02:00:00Z", json!({ "event": "outcome", "target": target, "outcome": "fenced", "after_seconds": 1e308 })));
    text_a.push_str(&line(
        "2026-11-22T03:00:02Z",
        json!({ "event": "a later word" }),
    ));
    let whole = line(
        "2026-11-22T03:00:03Z",
        json!({ "action": "fence-undo", "event": "outcome", "target": target, "outcome": "undone" }),
    );
    text_a.push_str(&whole[..whole.len() / 2]);
    let a = directory.join("a.jsonl");
    std::fs::write(&a, &text_a).unwrap();
    // Another host's record, and a copy of the first beside it.
    let first_lines: String = text_a
        .lines()
        .take(1)
        .map(|line| format!("{line}\n"))
        .collect();
    std::fs::write(directory.join("host-b/record.jsonl"), first_lines + &whole).unwrap();
    std::fs::write(directory.join("notes.txt"), "no record").unwrap();

    let ran = reader
        .run(&["history", "--format", "json", "--record", text(&directory)])
        .expect_code(0);
    let acts = acts(&ran);
    let actions: Vec<&str> = acts
        .iter()
        .map(|act| act["action"].as_str().unwrap())
        .collect();
    assert_eq!(actions, ["fence", "fence-undo"], "{ran}");
    assert_eq!(acts[0]["outcomes"][0]["outcome"], "fenced", "{ran}");
    assert_eq!(acts[0]["clock_went_back_seconds"], 3600.0, "{ran}");
    let broken = ran.json()["broken"].as_array().unwrap().clone();
    let lines: Vec<u64> = broken
        .iter()
        .map(|it| it["line"].as_u64().unwrap())
        .collect();
    assert_eq!(lines, [2, 3, 5, 8], "{ran}");
    assert!(
        ran.stderr
            .contains(&format!("{}:2: not readable: it is cut off", text(&a))),
        "{ran}"
    );
    for format in ["table", "csv", "markdown", "json"] {
        let ran = reader
            .run(&["history", "--format", format, "--record", text(&directory)])
            .expect_code(0);
        let bad = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
        assert!(
            !ran.stdout.contains(bad) && !ran.stderr.contains(bad),
            "{ran}"
        );
        assert!(ran.stdout.contains("undone"), "{ran}");
    }
}

#[test]
fn nothing_recorded_is_no_failure_and_what_is_no_record_is_one() {
    let reader = reader();
    let ran = reader.run(&["history"]).expect_code(1);
    assert!(
        ran.stderr.contains("nothing was recorded here yet"),
        "{ran}"
    );
    let pipe = reader.home().join("pipe");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
    for path in ["/nowhere/at/all", text(&pipe)] {
        let ran = reader.run(&["history", "--record", path]).expect_code(2);
        assert!(ran.stderr.contains(&format!("cannot read {path}")), "{ran}");
    }
    for typed in [
        &["--since", "soon"][..],
        &["--since", "-1h"],
        &["-h", "db1"],
    ] {
        reader.run(&[&["history"], typed].concat()).expect_code(2);
    }
}
