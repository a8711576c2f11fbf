//! Processes in PID and mount namespaces of their own, as in a container with the host's network. (What a container
//! engine calls its cgroups is recognised from recorded processes only, in the unit tests.)

use std::process::{Command, Output};

use super::application::{Application, PYTHON, await_left, held};
use super::{children, operator, recycle, words};
use crate::support::{Ran, Server};

/// Runs what follows as the first process of namespaces of its own.
const CONTAINED: [&str; 5] = ["unshare", "--pid", "--mount-proc", "--fork", "--kill-child"];

fn contained(server: &Server, program: &[&str], count: usize) -> (Application, i32) {
    let application = Application::start(server, 1, &[&CONTAINED, program].concat());
    application.await_held(server, count);
    let first = children(application.pid())[0];
    (application, first)
}

#[test]
fn the_first_process_of_a_container_ignores_term_and_is_not_called_gone() {
    let server = Server::start(18);
    let (_container, first) = contained(&server, &[PYTHON, "script.py"], 1);
    let operator = operator(&server);
    let these = ["--runtime", "plain", "--yes", "--all", "--wait", "500ms"];
    let ran = recycle(&operator, &these).expect_code(5);
    assert_eq!(ran.outcomes(), [(first, "still-there".to_owned())], "{ran}");
    assert_eq!(held(&server), 1);
    let more = [&these[..], &["--escalate"]].concat();
    let ran = recycle(&operator, &more).expect_code(0);
    assert_eq!(ran.outcomes(), [(first, "gone".to_owned())], "{ran}");
    await_left(&server, 0);
}

#[test]
fn workers_of_a_container_are_recycled_from_within_and_its_first_process_never() {
    let server = Server::start(18);
    let gunicorn = [
        "gunicorn",
        "app:application",
        "--config",
        "python:app",
        "--bind",
        "unix:http",
        "--workers",
        "2",
    ];
    let (container, first) = contained(&server, &gunicorn, 2);
    container.connect_no_more();
    let (pid, port) = (first.to_string(), server.port().to_string());
    let home = tempfile::tempdir().unwrap();
    let within = |words: &[&str]| -> Ran {
        let output: Output = Command::new("nsenter")
            .args(["--target", &pid, "--pid", "--mount"])
            .arg(env!("CARGO_BIN_EXE_breakglass"))
            .args(["-h", "127.0.0.1", "-p", &port, "-U", "postgres"])
            .args(["--format", "json", "workers", "recycle", "--yes", "--all"])
            .args(words)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", home.path())
            .output()
            .unwrap();
        Ran::of(output, std::time::Duration::ZERO)
    };
    let ran = within(&["--pid", "1", "--signal", "TERM"]).expect_code(4);
    assert!(ran.spares(1, "init"), "{ran}");
    assert_eq!(held(&server), 2);
    let ran = within(&["--runtime", "gunicorn", "--pause", "0s"]).expect_code(0);
    assert_eq!(words(&ran), ["gone", "gone"], "{ran}");
    let json = ran.json();
    assert_eq!(json["plan"]["targets"][0]["master_pid"], 1, "{ran}");
    assert_eq!(json["outcome"]["details"]["closed"], 2, "{ran}");
    await_left(&server, 0);
    assert_eq!(children(container.pid()), [first]);
}
