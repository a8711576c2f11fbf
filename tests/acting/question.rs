//! The question, asked on a terminal: what counts is the answer, and what is still so when it comes.

use super::{idle, pids};
use crate::support::{Operator, answer, await_that, for_each_major};

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
