//! What the server refuses: one refusal does not stop the others, and what is missing is said.

use super::{idle, make_signaller, pids, words};
use crate::support::{Operator, for_each_major};

#[test]
fn a_superusers_session_among_the_chosen_is_refused_and_the_others_end() {
    for_each_major(|server| {
        make_signaller(server);
        let operator = Operator::on(server, "signaller");
        let boss = server.session("postgres", "shop");
        for by_pid in [true, false] {
            let sessions = idle(server, "shop", 3);
            let before = server.census();
            let mut typed = "terminate --all --yes --format json --recount 0s".to_owned();
            if by_pid {
                for pid in pids(&sessions).iter().chain([&boss.pid]) {
                    typed.push_str(&format!(" --pid {pid}"));
                }
            } else {
                typed.push_str(" --app shop --include superusers");
            }
            let ran = operator.run(&words(&typed)).expect_code(5);
            server.assert_gone(&before, &pids(&sessions));
            assert_eq!(server.alive(&[boss.pid]), [boss.pid]);
            let mut outcomes = ran.outcomes();
            outcomes.sort_unstable();
            let mut expected: Vec<(i32, String)> = pids(&sessions)
                .iter()
                .map(|pid| (*pid, "gone".to_owned()))
                .chain([(boss.pid, "refused".to_owned())])
                .collect();
            expected.sort_unstable();
            assert_eq!(outcomes, expected, "{ran}");
            assert!(ran.stdout.contains("only a superuser may end it"), "{ran}");
        }
        assert_eq!(operator.record().len(), 2 * 5);
    });
}

#[test]
fn without_the_right_to_signal_everybody_is_refused_and_the_grant_is_named() {
    for_each_major(|server| {
        server.ask_witness("CREATE ROLE watcher LOGIN IN ROLE pg_monitor");
        let _sessions = idle(server, "shop", 3);
        let before = server.census();
        let operator = Operator::on(server, "watcher");
        for format in ["json", "table"] {
            let ran = operator
                .run(&[
                    "terminate",
                    "--app",
                    "shop",
                    "--all",
                    "--yes",
                    "--recount",
                    "0s",
                    "--format",
                    format,
                ])
                .expect_code(4);
            assert!(ran.stdout.contains("GRANT pg_signal_backend"), "{ran}");
            server.assert_nobody_gone(&before);
        }
        let refused = operator
            .record()
            .iter()
            .filter(|line| line["outcome"] == "refused")
            .count();
        assert_eq!(refused, 2 * 3);
    });
}

#[test]
fn whoever_cannot_see_a_session_does_not_choose_it() {
    for_each_major(|server| {
        server.ask_witness("CREATE ROLE blind LOGIN IN ROLE pg_signal_backend");
        let sessions = idle(server, "shop", 2);
        let before = server.census();
        let operator = Operator::on(server, "blind");
        for filter in [
            "--idle-for 0s",
            "--user app",
            "--app shop",
            "--state idle",
            "--connected-for 0s",
        ] {
            let typed = format!("terminate {filter} --all --yes --recount 0s --format json");
            let ran = operator.run(&words(&typed)).expect_code(4);
            assert_eq!(ran.outcomes(), []);
            for pid in pids(&sessions) {
                let reasons = ["cannot-judge", "identity-hidden"];
                assert!(
                    reasons.iter().any(|reason| ran.spares(pid, reason)),
                    "{filter}: {ran}"
                );
            }
            assert!(ran.stdout.contains("GRANT pg_monitor"), "{ran}");
            server.assert_nobody_gone(&before);
        }
        // The table says so, too.
        let ran = operator
            .run(&["terminate", "--user", "app", "--all", "--yes"])
            .expect_code(4);
        assert!(ran.stdout.contains("pg_monitor"), "{ran}");
        server.assert_nobody_gone(&before);
    });
}

#[test]
fn without_any_grant_a_role_still_ends_its_own_sessions() {
    for_each_major(|server| {
        let sessions = idle(server, "shop", 2);
        let _others = server.session("limited", "shop");
        let before = server.census();
        let ran = Operator::on(server, "app")
            .run(&[
                "terminate",
                "--app",
                "shop",
                "--all",
                "--yes",
                "--recount",
                "0s",
                "--format",
                "json",
            ])
            .expect_code(0);
        server.assert_gone(&before, &pids(&sessions));
        assert_eq!(ran.spared().len(), 1, "{ran}");
    });
}
