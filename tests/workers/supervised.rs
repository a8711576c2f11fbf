//! Programs under supervisord. (systemd units are recognised from recorded processes only, in the unit tests.)

use super::application::{Application, held};
use super::{alive, listed, master_and_two, operator, recycle, words};
use crate::support::{Server, await_that};

const SETTINGS: &str = "\
[supervisord]
nodaemon = true
logfile = log
pidfile = pid
user = root
[program:killed]
command = /usr/bin/python3 script.py
startsecs = 0
[program:polite]
command = /usr/bin/python3 script.py polite
startsecs = 0
";

#[test]
fn supervisord_starts_again_who_was_ended_by_the_signal_and_not_who_ended_by_itself() {
    let server = Server::start(18);
    let files = [("supervisord.conf", SETTINGS)];
    let line = ["supervisord", "-c", "supervisord.conf"];
    let supervisord = Application::with(&server, 1, &files, &line);
    supervisord.await_held(&server, 2);
    let operator = operator(&server);
    assert_eq!(listed(&operator), master_and_two("supervisord"));
    let pid = supervisord.pid().to_string();
    let ran = recycle(&operator, &["--pid", &pid, "--yes", "--all"]).expect_code(4);
    assert!(ran.spares(supervisord.pid(), "master"), "{ran}");

    let ran = recycle(
        &operator,
        &[
            "--runtime",
            "supervisord",
            "--yes",
            "--all",
            "--pause",
            "0s",
        ],
    )
    .expect_code(0);
    assert_eq!(words(&ran), ["gone", "gone"], "{ran}");
    assert_eq!(ran.json()["plan"]["prediction"]["frees"], 2, "{ran}");
    assert!(
        ran.stderr.contains("not one that ends with exit code 0"),
        "{ran}"
    );
    let log = || std::fs::read_to_string(supervisord.path("log")).unwrap_or_default();
    await_that("one has ended as expected, the other is back", || {
        log().contains("exited: polite (exit status 0; expected)")
            && log().matches("spawned: 'killed'").count() == 2
            && held(&server) == 1
    });
    assert_eq!(log().matches("spawned: 'polite'").count(), 1);
    assert!(alive(supervisord.pid()));
}
