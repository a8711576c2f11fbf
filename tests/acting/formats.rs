//! What programs read: every command in every format, complete, and in one piece whatever a name contains.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{busy, idle, words};
use crate::support::{Operator, Ran, Server, for_each_major};

/// A name that a careless writer would let out of its cell.
const NASTY: &str = "sh\"op,|\\ <b>`x`\u{1b}[31m é";

#[test]
fn every_command_answers_whole_in_every_format() {
    for_each_major(|server| {
        let _idle = idle(server, NASTY, 1);
        let mut head = server.session("app", "head");
        head.ask("BEGIN; SELECT pg_advisory_xact_lock(7)")
            .unwrap()
            .unwrap();
        let _waits = busy(
            server,
            "waits",
            "SELECT pg_advisory_lock(7)\n-- \"quoted\", and | piped",
        );
        let everybody: BTreeSet<i32> = clients(server);
        let operator = Operator::on(server, "breakglass");
        for (typed, code) in [
            ("status", 0),
            ("sessions", 0),
            ("sessions --all-processes --full", 0),
            ("blockers", 1),
            ("terminate --user app --dry-run", 0),
            ("terminate --user app --gently --dry-run --limit 1", 0),
            ("cancel --user app --dry-run", 0),
            ("free --until 100% --dry-run", 0),
            ("cancel --app waits --limit 1 --yes --wait 1s", 0),
            ("terminate --user app --all --yes --recount 0s", 0),
        ] {
            let typed = words(typed);
            // Nobody is left for a second act; the next test has the other formats of it.
            let formats = if typed.contains(&"--yes") { 1 } else { 3 };
            for format in ["json", "csv", "markdown"].into_iter().take(formats) {
                let ran = operator
                    .run(&[&typed[..], &["--format", format]].concat())
                    .expect_code(code);
                match format {
                    "json" => check_json(&ran, typed[0], &everybody),
                    "csv" => check_csv(&ran, typed[0], &everybody),
                    _ => check_markdown(&ran, typed[0], &everybody),
                }
                assert!(
                    !ran.stdout.contains('\u{1b}'),
                    "a control character got out: {ran}"
                );
            }
        }
    });
}

#[test]
fn an_act_answers_whole_in_csv_and_markdown_too() {
    for_each_major(|server| {
        let operator = Operator::on(server, "postgres");
        for format in ["csv", "markdown"] {
            let sessions = idle(server, NASTY, 2);
            // What the server made of it.
            let name = server
                .census()
                .into_iter()
                .map(|one| one.3)
                .find(|name| name.starts_with("sh\"op"));
            let name = name.expect("the name");
            let ran = operator
                .run(&[
                    "terminate",
                    "--app",
                    &name,
                    "--all",
                    "--yes",
                    "--recount",
                    "0s",
                    "--format",
                    format,
                ])
                .expect_code(0);
            let rows = if format == "csv" {
                csv(&ran.stdout)
            } else {
                markdown(&ran.stdout)
            };
            for pid in super::pids(&sessions) {
                let row = rows
                    .iter()
                    .find(|row| row[0] == pid.to_string())
                    .expect("a row");
                assert!(row.iter().any(|cell| cell == "gone"), "{row:?}");
            }
        }
    });
}

/// Everybody who holds a slot, but the program.
fn clients(server: &Server) -> BTreeSet<i32> {
    server
        .ask_witness("SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name <> 'breakglass'")
        .iter()
        .map(|row| row[0].as_ref().unwrap().parse().unwrap())
        .collect()
}

fn check_json(ran: &Ran, command: &str, everybody: &BTreeSet<i32>) {
    let json = ran.json();
    let document = match command {
        "cancel" | "terminate" | "free" => "act",
        other => other,
    };
    assert_eq!(json["format"], format!("breakglass/{document}/1"));
    assert_eq!(json["server"]["role"], "breakglass");
    let pids = |list: &Value| -> BTreeSet<i32> {
        let list = list.as_array().unwrap();
        list.iter()
            .map(|one| crate::support::pid(&one["pid"]))
            .collect()
    };
    match command {
        "sessions" => {
            let listed = pids(&json["sessions"]);
            assert!(
                listed.is_superset(everybody),
                "{listed:?} lacks some of {everybody:?}"
            );
            let names: Vec<&str> = json["sessions"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(|one| one["application"].as_str())
                .collect();
            // The server itself makes these of what is not ASCII before 16, and of control characters later.
            assert!(
                names
                    .iter()
                    .any(|name| name.starts_with("sh\"op,|\\ <b>`x`")),
                "{names:?}"
            );
        }
        "status" => assert_eq!(
            json["holders"]["total"].as_u64(),
            Some(everybody.len() as u64 + u64::from(json["lane"]["name"] == "login"))
        ),
        "blockers" => {
            assert_eq!(json["waiting"], 1);
            assert_eq!(json["queues"][0]["members"].as_array().unwrap().len(), 2);
        }
        _ => {
            assert_eq!(json["command"], command);
            assert_eq!(json["exit_code"], 0);
            let targets = json["plan"]["targets"].as_array().unwrap();
            assert!(!targets.is_empty());
        }
    }
}

fn check_csv(ran: &Ran, command: &str, everybody: &BTreeSet<i32>) {
    check_rows(&csv(&ran.stdout), command, everybody);
}

fn check_markdown(ran: &Ran, command: &str, everybody: &BTreeSet<i32>) {
    if command == "status" {
        assert!(ran.stdout.starts_with("## server"), "{ran}");
        return;
    }
    check_rows(&markdown(&ran.stdout), command, everybody);
}

fn check_rows(rows: &[Vec<String>], command: &str, everybody: &BTreeSet<i32>) {
    let (header, rows) = rows.split_first().expect("a header");
    assert!(!rows.is_empty());
    for row in rows {
        assert_eq!(row.len(), header.len(), "{header:?} and {row:?}");
    }
    let Some(column) = header.iter().position(|name| name == "pid") else {
        assert_eq!(command, "status");
        return;
    };
    let listed: BTreeSet<i32> = rows
        .iter()
        .map(|row| row[column].parse().unwrap())
        .collect();
    if command == "sessions" {
        assert!(
            listed.is_superset(everybody),
            "{listed:?} lacks some of {everybody:?}"
        );
    }
}

/// RFC 4180.
fn csv(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut quoted = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match (letter, quoted) {
            ('"', true) if letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            ('"', _) => quoted = !quoted,
            (',', false) => row.push(std::mem::take(&mut cell)),
            ('\r', false) => {}
            ('\n', false) => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            _ => cell.push(letter),
        }
    }
    assert!(
        !quoted && row.is_empty() && cell.is_empty(),
        "cut off: {text}"
    );
    rows
}

/// A table, cells split where a pipe is not escaped; the line under the header left out.
fn markdown(text: &str) -> Vec<Vec<String>> {
    let table = text.lines().filter(|line| line.starts_with('|'));
    let cells = |line: &str| {
        let (mut cells, mut cell, mut escaped) = (Vec::new(), String::new(), false);
        for letter in line.trim().trim_start_matches('|').chars() {
            match letter {
                '|' if !escaped => cells.push(std::mem::take(&mut cell).trim().to_owned()),
                _ => cell.push(letter),
            }
            escaped = letter == '\\' && !escaped;
        }
        cells
    };
    table
        .map(cells)
        .filter(|row: &Vec<String>| {
            !row.iter()
                .all(|cell| cell.chars().all(|c| "-: ".contains(c)))
        })
        .collect()
}
