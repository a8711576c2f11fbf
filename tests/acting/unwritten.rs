//! An answer that cannot be written changes nothing about what was done: the exit code is that of the act.

use std::fs::OpenOptions;
use std::process::Stdio;

use crate::support::{Operator, Ran, Server};

/// Runs it with its answer going to a disk that is full.
fn on_a_full_disk(operator: &Operator, args: &[&str]) -> Ran {
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = operator.command(args);
    command.stdout(Stdio::from(full));
    let child = command.spawn().unwrap();
    Ran::of(child.wait_with_output().unwrap(), std::time::Duration::ZERO)
}

#[test]
fn what_was_done_keeps_its_exit_code_when_the_answer_cannot_be_written() {
    let server = Server::start(17);
    let operator = Operator::on(&server, "postgres");
    let acts: [&[&str]; 5] = [
        &["terminate", "--user", "app", "--yes", "--all"],
        &[
            "terminate",
            "--user",
            "app",
            "--yes",
            "--all",
            "--format",
            "json",
        ],
        &[
            "free", "1", "--yes", "--all", "--stay", "100ms", "--format", "csv",
        ],
        &["fence", "--role", "app", "--limit", "3", "--yes"],
        &["fence", "--undo", "--yes", "--format", "json"],
    ];
    for args in acts {
        let held = (args[0] == "free").then(|| server.fill_ordinary_slots());
        let ended = match args[0] {
            "terminate" => vec![server.session("app", "shop"), server.session("app", "shop")],
            _ => Vec::new(),
        };
        let ran = on_a_full_disk(&operator, args).expect_code(0);
        assert!(
            ran.stderr.contains("the answer could not be written"),
            "{args:?}: {ran}"
        );
        let pids: Vec<i32> = ended.iter().map(|session| session.pid).collect();
        assert_eq!(server.alive(&pids), [0; 0], "{args:?}");
        drop(held);
    }
    // Of what only looked, the answer is all there is.
    let looked = on_a_full_disk(&operator, &["status"]).expect_code(1);
    assert!(looked.stderr.contains("cannot print"), "{looked}");
}
