//! Whom a signal must not reach: a process that has the number of another by now, a process of somebody else.

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use super::application::{Application, PYTHON, await_left, held};
use super::{alive, operator, recycle};
use crate::support::{Ran, Server, await_that};

/// Starts the script under a number of our choosing (clone3 with set_tid, which needs root), and waits for its end.
const REBORN: &str = r#"
import ctypes, errno, os, struct, sys, time

CLONE3, SIGCHLD = 435, 17
wanted = ctypes.c_int(int(sys.argv[1]))
arguments = struct.pack("<11Q", 0, 0, 0, 0, SIGCHLD, 0, 0, 0, ctypes.addressof(wanted), 1, 0)
# The number is free once the last trace of its owner has gone.
patience = time.monotonic() + 25
while True:
    born = ctypes.CDLL(None, use_errno=True).syscall(CLONE3, arguments, len(arguments))
    if born >= 0 or ctypes.get_errno() != errno.EEXIST or time.monotonic() > patience:
        break
    time.sleep(0.02)
if born == 0:
    # By its whole name: it looks for its modules where it finds itself.
    os.execv("/usr/bin/python3", ["/usr/bin/python3", "script.py"])
if born < 0:
    sys.exit(os.strerror(ctypes.get_errno()))
os.waitpid(born, 0)
"#;

#[test]
fn a_process_that_got_the_number_of_another_is_not_signalled() {
    let server = Server::start(18);
    // The first batch lasts for as long as we want it to.
    let mut stubborn = Application::script(&server, 1, &["stubborn"]);
    let mut second = Application::start(&server, 1, &[PYTHON, "script.py"]);
    second.await_held(&server, 2);
    let number = second.pid();
    let operator = operator(&server);
    #[rustfmt::skip]
    let typed = [
        "--format", "json", "workers", "recycle", "--runtime", "plain", "--yes", "--all",
        "--oldest", "2", "--wait", "60s", "--pause", "0s",
    ];
    let running = operator.start(&typed);
    await_that("the first has been signalled", || {
        stubborn.path("asked").exists()
    });
    second.end();
    await_left(&server, 1);
    let files = [("reborn.py", REBORN)];
    let word = number.to_string();
    let reborn = Application::with(&server, 1, &files, &[PYTHON, "reborn.py", &word]);
    reborn.await_held(&server, 2);
    assert!(alive(number), "another process has the number");
    stubborn.end();
    let ran = Ran::of(
        running.wait_with_output().unwrap(),
        std::time::Duration::ZERO,
    );
    let fates = ran.outcomes();
    assert!(
        fates.contains(&(stubborn.pid(), "gone".to_owned())),
        "{ran}"
    );
    assert!(
        fates.contains(&(number, "other-session".to_owned())),
        "{ran}"
    );
    // Nobody has asked it to end: it ends at once when it is.
    assert!(alive(number));
    await_left(&server, 1);
}

#[test]
fn a_process_that_may_be_seen_but_not_signalled_is_refused_and_stays() {
    let server = Server::start(18);
    let line = [
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        PYTHON,
        "script.py",
    ];
    let script = Application::start(&server, 1, &line);
    script.await_held(&server, 1);
    let operator = operator(&server);
    // Root without the right to signal others' processes.
    let weak = |words: &[&str]| {
        let asked = operator.command(words);
        let output = Command::new("setpriv")
            .args(["--bounding-set=-kill", "--inh-caps=-kill"])
            .arg(asked.get_program())
            .args(asked.get_args())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", operator.home())
            .env("XDG_STATE_HOME", operator.home().join("state"))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Ran::of(output, std::time::Duration::ZERO)
    };
    let all = [
        "--format",
        "json",
        "workers",
        "recycle",
        "--runtime",
        "plain",
        "--yes",
        "--all",
    ];
    let ran = weak(&all).expect_code(4);
    assert_eq!(
        ran.outcomes(),
        [(script.pid(), "refused".to_owned())],
        "{ran}"
    );
    assert!(ran.stdout.contains("it belongs to another user"), "{ran}");
    assert_eq!(held(&server), 1);
    let record = operator.record();
    assert_eq!(record.last().unwrap()["outcome"], "refused");
    // With it, it goes.
    recycle(&operator, &all[4..]).expect_code(0);
    await_left(&server, 0);
}

#[test]
fn an_ordinary_user_is_told_what_cannot_be_seen_and_signals_nobody_elses() {
    assert!(
        nix::unistd::geteuid().is_root(),
        "becoming another user needs root, as which the tests are run"
    );
    let server = Server::start(18);
    let script = Application::script(&server, 2, &[]);
    // With the witness there are three of root's. The program must be where that user can reach it.
    let place = tempfile::Builder::new().tempdir_in("/var/tmp").unwrap();
    let open = |mode| std::os::unix::fs::PermissionsExt::from_mode(mode);
    std::fs::set_permissions(place.path(), open(0o777)).unwrap();
    let program = place.path().join("breakglass");
    std::fs::copy(env!("CARGO_BIN_EXE_breakglass"), &program).unwrap();
    let port = server.port().to_string();
    let theirs = |words: &[&str]| {
        let output = Command::new(&program)
            .env_clear()
            .env("HOME", place.path())
            .args(["-p", &port, "workers"])
            .args(words)
            .uid(65534)
            .gid(65534)
            .output()
            .unwrap();
        Ran::of(output, std::time::Duration::ZERO)
    };
    let list = theirs(&[]).expect_code(1);
    let told = "3 connections belong to processes of other users that are not visible without root";
    assert!(list.stdout.contains(told), "{list}");
    let pid = script.pid().to_string();
    let ran = theirs(&["recycle", "--pid", &pid, "--yes", "--all"]).expect_code(4);
    assert!(ran.stdout.contains("not visible without root"), "{ran}");
    assert_eq!(held(&server), 2);
}
