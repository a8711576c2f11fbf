use serde_json::{Value, json};

use super::{Act, Aim, Line, Wanted, acts};

/// A line of `host`'s record at `second` of the first minute of 2026-11-22.
fn line(host: &str, run: &str, second: u32, more: Value) -> Line {
    let mut whole = json!({
        "format": "breakglass/record/1",
        "run": run,
        "at": format!("2026-11-22T00:00:{second:02}.000000Z"),
        "operator": {
            "user": "ops", "sudo_user": null, "ssh_connection": null, "host": host,
            "command_line": ["breakglass", "terminate", "-t", "shop", "--app", "web"],
        },
        "action": "terminate",
        "reason": "INC-7",
        "lane": "login",
        "server": { "endpoint": "db1:5432", "cluster_name": "main" },
    });
    if let (Value::Object(whole), Value::Object(more)) = (&mut whole, more) {
        whole.extend(more);
    }
    match Line::read(host, 1, whole.to_string().as_bytes()) {
        Ok(line) => line,
        Err(why) => panic!("{why}"),
    }
}

fn intent(host: &str, run: &str, second: u32, pids: &[i32]) -> Line {
    let targets: Vec<Value> = pids
        .iter()
        .map(|pid| json!({ "pid": pid, "application": "web" }))
        .collect();
    line(
        host,
        run,
        second,
        json!({ "event": "intent", "targets": targets }),
    )
}

fn outcome(host: &str, run: &str, second: u32, pid: i32, word: &str) -> Line {
    let target = json!({ "pid": pid, "application": "web" });
    line(
        host,
        run,
        second,
        json!({ "event": "outcome", "target": target, "outcome": word }),
    )
}

fn last(host: &str, run: &str, second: u32, pid: i32, free: [u32; 2]) -> Line {
    let target = json!({ "pid": pid, "application": "web" });
    let slots = json!({
        "before": { "total": 17, "free": free[0] },
        "after": { "total": 17, "free": free[1] },
    });
    let end = json!({ "event": "outcome", "target": target, "outcome": "gone", "slots": slots });
    line(host, run, second, end)
}

fn seconds(acts: &[Act]) -> Vec<i64> {
    acts.iter()
        .map(|act| act.line.at / 1_000_000 % 60)
        .collect()
}

#[test]
fn an_intent_and_its_outcomes_are_one_act_however_runs_interleave() {
    let acts = acts(vec![vec![
        intent("a", "1", 1, &[7, 8]),
        intent("a", "2", 2, &[9]),
        outcome("a", "1", 3, 8, "gone"),
        outcome("a", "2", 3, 9, "still-there"),
        last("a", "1", 4, 7, [0, 2]),
    ]]);
    assert_eq!(acts.len(), 2);
    assert_eq!(acts[0].outcomes(), [("gone".to_owned(), 2)]);
    assert_eq!(acts[0].names(), [("web".to_owned(), 2)]);
    assert!(acts[0].admitted_again() && !acts[1].admitted_again());
    assert!(acts.iter().all(|act| !act.open()));
    assert_eq!(acts[1].outcomes(), [("still-there".to_owned(), 1)]);
}

#[test]
fn a_run_that_acts_twice_has_two_acts_and_one_that_crashed_is_open() {
    let acts = acts(vec![vec![
        intent("a", "1", 1, &[7]),
        outcome("a", "1", 2, 7, "gone"),
        intent("a", "1", 3, &[8, 9]),
        outcome("a", "1", 4, 8, "gone"),
    ]]);
    let open: Vec<(bool, usize)> = acts
        .iter()
        .map(|act| (act.open(), act.without_outcome()))
        .collect();
    assert_eq!(open, [(false, 0), (true, 1)]);
}

#[test]
fn an_outcome_whose_intent_is_lost_is_told_all_the_same() {
    let acts = acts(vec![vec![outcome("a", "1", 1, 7, "gone")]]);
    assert_eq!(acts.len(), 1);
    assert!(!acts[0].intended && !acts[0].open());
    assert_eq!(acts[0].outcomes(), [("gone".to_owned(), 1)]);
}

#[test]
fn records_are_merged_by_time_and_a_record_keeps_its_order_when_its_clock_went_back() {
    let merged = acts(vec![
        vec![
            intent("a", "1", 10, &[]),
            intent("a", "2", 5, &[]),
            intent("a", "3", 20, &[]),
        ],
        vec![intent("b", "1", 7, &[]), intent("b", "2", 15, &[])],
    ]);
    assert_eq!(seconds(&merged), [7, 10, 5, 15, 20]);
    let back: Vec<Option<u64>> = merged
        .iter()
        .map(|act| act.clock_went_back.map(|back| back.as_secs()))
        .collect();
    assert_eq!(back, [None, None, Some(5), None, None]);
}

#[test]
fn acts_are_chosen_by_time_reason_and_target() {
    let acts = acts(vec![vec![
        intent("a", "1", 10, &[7]),
        outcome("a", "1", 30, 7, "gone"),
    ]]);
    let zero = acts[0].line.at - 10_000_000;
    let since = |second: i64| Wanted {
        since: Some(zero + second * 1_000_000),
        ..Wanted::default()
    };
    let incident = |text: &str| Wanted {
        incident: Some(text.to_owned()),
        ..Wanted::default()
    };
    let target = |name: &str, endpoint: &str| Wanted {
        target: Some(Aim {
            name: name.to_owned(),
            endpoints: vec![endpoint.to_owned()],
        }),
        ..Wanted::default()
    };
    let table = [
        (Wanted::default(), true),
        (since(30), true),
        (since(31), false),
        (incident("inc-7"), true),
        (incident("INC-8"), false),
        (target("shop", ""), true),
        (target("main", ""), true),
        (target("db1:5432", ""), true),
        (target("other", "db1:5432"), true),
        (target("web", "db2:5432"), false),
    ];
    for (wanted, is) in table {
        assert_eq!(acts[0].is(&wanted), is, "{wanted:?}");
    }
}

#[test]
fn what_is_no_line_of_a_record_says_why() {
    let table = [
        (
            r#"{"format":"breakglass/record/1","event":"intent""#,
            "cut off",
        ),
        (r#"{"format":"breakglass/record/2"}"#, "later breakglass"),
        (r#"{"format":"breakglass/status/1"}"#, "no line of a record"),
        (
            r#"{"format":"breakglass/record/1","event":"intent","at":"yesterday"}"#,
            "its moment",
        ),
        (
            r#"{"format":"breakglass/record/1","at":"2026-11-22T00:00:00Z"}"#,
            "no event",
        ),
        ("[]", ""),
        ("\0\0\0\0", "line 1"),
        (
            r#"{"format":"breakglass/record/1","event":"outcome","slots":{"before":{"total":-1,"free":0}}}"#,
            "invalid",
        ),
    ];
    for (text, said) in table {
        let why = Line::read("file", 1, text.as_bytes())
            .err()
            .unwrap_or_default();
        assert!(!why.is_empty() && why.contains(said), "{text}: {why}");
    }
}
