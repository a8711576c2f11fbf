//! Every way to be kept out, on real servers of every supported major: which lane opens for whom, what is said
//! when none does, and whether what is suggested next can be typed.

mod exhausted;
mod limits;
mod refusing;
mod several;
mod storm;
mod unreachable;

use std::collections::BTreeSet;
use std::process::Command;

use breakglass::decide::runbook::Runbook;
use serde_json::Value;

use crate::support::{Operator, Ran, Server};

/// One refusal, as the answer's JSON has it.
#[derive(Debug, PartialEq, Eq)]
struct Refused {
    lane: String,
    variant: String,
    /// Whether the server had begun to ask for credentials.
    auth_reached: bool,
}

/// `status`, once, without waiting for a slot.
fn status(operator: &Operator) -> Ran {
    operator.run(&["status", "--format", "json", "--retry-for", "0s"])
}

/// Fails unless `user` gets in over `lane`, with a slot of class `slot`. Returns the answer.
#[track_caller]
fn assert_open(server: &Server, user: &str, lane: &str, slot: &str) -> Value {
    let ran = status(&Operator::on(server, user)).expect_code(0);
    let json = ran.json();
    assert_eq!(json["format"], "breakglass/status/1");
    assert_eq!(
        (json["lane"]["name"].as_str(), json["lane"]["slot"].as_str()),
        (Some(lane), Some(slot)),
        "{user}: {ran}"
    );
    assert_typable(next(&json["next"]));
    json
}

/// Fails unless `user` is kept out with exactly these refusals: lane, variant, whether authentication had begun.
#[track_caller]
fn assert_out(server: &Server, user: &str, refusals: &[(&str, &str, bool)]) -> Value {
    assert_locked_out(status(&Operator::on(server, user)), refusals)
}

/// The same of an answer. Returns what was said of the lockout.
#[track_caller]
fn assert_locked_out(ran: Ran, refusals: &[(&str, &str, bool)]) -> Value {
    let ran = ran.expect_code(3);
    let json = ran.json();
    assert_eq!(json["format"], "breakglass/lockout/1");
    assert_eq!(json["exit_code"], 3);
    let lockout = &json["lockout"];
    let seen: Vec<Refused> = lockout["refusals"]
        .as_array()
        .unwrap()
        .iter()
        .map(refused)
        .collect();
    let expected: Vec<Refused> = refusals
        .iter()
        .map(|(lane, variant, auth_reached)| Refused {
            lane: (*lane).to_owned(),
            variant: (*variant).to_owned(),
            auth_reached: *auth_reached,
        })
        .collect();
    assert_eq!(seen, expected, "{ran}");
    for refusal in lockout["refusals"].as_array().unwrap() {
        let proves = refusal["proves"].as_str().unwrap_or_default();
        // Nothing is concluded about a role that nobody looked at.
        if !refusal["auth_reached"].as_bool().unwrap() {
            assert!(!proves.contains("credentials work"), "{ran}");
        }
        assert!(ran.stderr.contains(proves), "{proves:?} is not said: {ran}");
        assert_typable(next(&refusal["next"]));
    }
    let lines = next(&lockout["next"]);
    for line in &lines {
        assert!(
            ran.stderr.contains(&format!("next: {line}")),
            "{line} is not said: {ran}"
        );
    }
    assert_typable(lines);
    // The page that is named is there, and it is the one for what ran out.
    let fitting = match refusals[0].1 {
        "slots-exhausted" | "only-superuser-slots" | "only-reserved-slots" => {
            Some("nobody-gets-in")
        }
        "processes-exhausted" => Some("half-open-logins"),
        "role-limit" | "database-limit" => Some("connections-exhausted"),
        _ => json["runbook"].as_str(),
    };
    assert_eq!(json["runbook"].as_str(), fitting, "{ran}");
    if let Some(name) = fitting {
        assert!(name.parse::<Runbook>().is_ok(), "{name}");
        // With the flags that were typed, so that the page is filled in.
        let read_up = ran.stderr.lines().find_map(|line| {
            let line = line.trim().strip_prefix("runbook: ")?;
            line.ends_with(&format!(" {name}")).then_some(line)
        });
        let read_up = read_up.unwrap_or_else(|| panic!("no page is named: {ran}"));
        assert_typable(BTreeSet::from([read_up.to_owned()]));
    }
    lockout.clone()
}

fn refused(refusal: &Value) -> Refused {
    let text = |key: &str| refusal[key].as_str().unwrap().to_owned();
    Refused {
        lane: text("lane"),
        variant: text("variant"),
        auth_reached: refusal["auth_reached"].as_bool().unwrap(),
    }
}

/// Suggested lines, plain or with a reason.
fn next(list: &Value) -> BTreeSet<String> {
    let lines = list.as_array().unwrap().iter();
    lines
        .map(|line| {
            line.as_str()
                .or(line["command"].as_str())
                .unwrap()
                .to_owned()
        })
        .collect()
}

/// Fails unless a shell and the real command line take every one of these lines that runs this program.
#[track_caller]
fn assert_typable(lines: BTreeSet<String>) {
    let directory = std::path::Path::new(env!("CARGO_BIN_EXE_breakglass"))
        .parent()
        .unwrap();
    for line in lines {
        let ours = line.split(' ').find(|word| !word.contains('='));
        if ours != Some("breakglass") {
            continue;
        }
        let asked = Command::new("/bin/sh")
            .args(["-c", &format!("{line} --help")])
            .env_clear()
            .env("PATH", directory)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&asked.stderr);
        assert!(asked.status.success(), "`{line}` cannot be typed: {said}");
    }
}
