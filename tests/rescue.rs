//! `rescue` on real servers in real trouble: from the first look until an ordinary role gets in, with nobody ended that
//! was not shown, and with the record, the evidence and the exit code telling what happened.

#![allow(clippy::expect_used, clippy::unwrap_used)]

mod support;

use serde_json::Value;
use support::{MAJORS, Operator, Ran, Server};

/// Runs `test` against a fresh server of each of `majors`, all at the same time.
fn at_once(majors: &[u32], test: impl Fn(&Server) + Sync) {
    std::thread::scope(|scope| {
        let running: Vec<_> = majors
            .iter()
            .map(|major| (major, scope.spawn(|| test(&Server::start(*major)))))
            .collect();
        let failures: Vec<String> = running
            .into_iter()
            .filter_map(|(major, thread)| {
                let panic = thread.join().err()?;
                let reason = panic.downcast_ref::<String>().cloned();
                let reason =
                    reason.or_else(|| panic.downcast_ref().map(|text: &&str| (*text).to_owned()));
                Some(format!(
                    "PostgreSQL {major}: {}",
                    reason.unwrap_or_default()
                ))
            })
            .collect();
        assert!(failures.is_empty(), "{}", failures.join("\n"));
    });
}

/// Runs `rescue` as the break-glass role, in JSON; what counts is whether `app` gets in.
fn rescue(operator: &Operator, words: &str) -> Ran {
    let line = format!("rescue --probe-user app --format json {words}");
    operator.run(&line.split_whitespace().collect::<Vec<&str>>())
}

fn steps(json: &Value) -> Vec<&str> {
    let done = json["done"].as_array().unwrap().iter();
    done.map(|one| one["step"].as_str().unwrap()).collect()
}

/// The evidence names what the run says it does.
fn evidence(json: &Value) -> Value {
    let path = json["evidence"].as_str().unwrap();
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn with_every_slot_gone_an_ordinary_role_gets_in_again() {
    at_once(&MAJORS, |server| {
        let held = server.fill_every_slot();
        let operator = Operator::on(server, "breakglass");
        assert!(server.refusal("app").is_some());
        let ran = rescue(&operator, "--yes --limit 12 --reason drill").expect_code(0);
        let json = ran.json();
        assert_eq!(json["format"], "breakglass/rescue/1");
        assert_eq!(json["finish"], "recovered", "{json:#}");
        assert_eq!(steps(&json), ["free"], "{json:#}");
        assert_eq!(json["done"][0]["lane"], "replication");
        assert_eq!(json["admission"]["proof"], "login");
        assert!(json["recovered_after_seconds"].as_f64().unwrap() > 0.0);
        assert!(server.refusal("app").is_none());
        let gone = json["gone"].as_u64().unwrap();
        let left = server.alive(&held.pids()).len();
        assert_eq!(left as u64 + gone, held.pids().len() as u64);
        assert!((1..=12).contains(&gone), "{gone}");
        let outcomes = operator
            .record()
            .iter()
            .filter(|line| line["phase"] == "outcome" || line["event"] == "outcome")
            .count();
        assert!(outcomes as u64 >= gone, "{:#?}", operator.record());
    });
}
