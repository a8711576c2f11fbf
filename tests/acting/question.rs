//! The question, asked on a terminal: what counts is the answer, and what is still so when it comes.

use std::fs::File;
use std::io::{Read, Write};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nix::pty::openpty;

use crate::support::{Operator, Ran, await_that, for_each_major};
use crate::{idle, pids};

/// Runs `typed` at a terminal, calls `meanwhile` when the question stands there, and then types `answer`.
fn answer(operator: &Operator, typed: &[&str], answer: &str, meanwhile: impl FnOnce()) -> Ran {
    let terminal = openpty(None, None).unwrap();
    let slave = || Stdio::from(terminal.slave.try_clone().unwrap());
    let child = operator
        .command(typed)
        .stdin(slave())
        .stderr(slave())
        .spawn()
        .unwrap();
    drop(terminal.slave);
    let mut keyboard = File::from(terminal.master);
    let mut screen = keyboard.try_clone().unwrap();
    let shown = Arc::new(Mutex::new(String::new()));
    let writes = shown.clone();
    let watching = std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        // A terminal that nobody holds any more fails to be read.
        while let Ok(count @ 1..) = screen.read(&mut buffer) {
            let text = String::from_utf8_lossy(&buffer[..count]).into_owned();
            writes.lock().unwrap().push_str(&text);
        }
    });
    await_that("the question", || {
        let shown = shown.lock().unwrap();
        shown.contains("[y/N]") || shown.contains("Type ")
    });
    // What is typed before the question stands is thrown away.
    std::thread::sleep(Duration::from_millis(100));
    meanwhile();
    keyboard.write_all(answer.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    watching.join().unwrap();
    let mut ran = Ran::of(output, Duration::ZERO);
    ran.stderr = shown.lock().unwrap().clone();
    ran
}

#[test]
fn any_other_answer_than_yes_ends_nobody() {
    for_each_major(|server| {
        let _sessions = idle(server, "shop", 4);
        let before = server.census();
        let operator = Operator::on(server, "postgres");
        // One of four is asked with y or n, all four with their number.
        let one = [
            "terminate",
            "--app",
            "shop",
            "--limit",
            "1",
            "--recount",
            "0s",
        ];
        let four = ["terminate", "--app", "shop"];
        for (typed, reply) in [
            (&one[..], "n\r"),
            (&one, "\r"),
            (&four, "y\r"),
            (&four, "3\r"),
        ] {
            let ran = answer(&operator, typed, reply, || {}).expect_code(4);
            assert!(ran.stderr.contains("nothing was done"), "{ran}");
            server.assert_nobody_gone(&before);
        }
        assert_eq!(operator.record().len(), 0);
        let ran = answer(&operator, &one, "y\r", || {}).expect_code(0);
        assert_eq!(before.len() - server.census().len(), 1, "{ran}");
    });
}

#[test]
fn who_is_something_else_by_the_time_of_the_answer_is_not_touched() {
    for_each_major(|server| {
        let mut sessions = idle(server, "shop", 3);
        let [works, leaves, stays] = pids(&sessions)[..] else {
            panic!("three sessions")
        };
        let before = server.census();
        let operator = Operator::on(server, "postgres");
        let typed = [
            "terminate",
            "--app",
            "shop",
            "--state",
            "idle",
            "--recount",
            "0s",
            "--format",
            "json",
        ];
        let ran = answer(&operator, &typed, "y\r", || {
            sessions[0].ask("BEGIN").unwrap().unwrap();
            drop(sessions.remove(1));
            await_that("one leaves", || server.alive(&[leaves]).is_empty());
        });
        let ran = ran.expect_code(5);
        let mut outcomes = ran.outcomes();
        outcomes.sort_unstable();
        let mut expected = [
            (works, "changed"),
            (leaves, "already-gone"),
            (stays, "gone"),
        ]
        .map(|(pid, word)| (pid, word.to_owned()));
        expected.sort_unstable();
        assert_eq!(outcomes, expected, "{ran}");
        server.assert_gone(&before, &[leaves, stays]);
    });
}
