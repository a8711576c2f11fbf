//! Fences for a time, which undo themselves.

use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{await_long, make_warden, only, role_limit, standing};
use crate::support::{Operator, Pty, Ran, Server};

#[test]
fn a_fence_for_a_time_ends_by_itself_and_by_a_signal() {
    for major in [13, 18] {
        let server = &Server::start(major);
        make_warden(server);
        let operator = Operator::on(server, "warden");
        let typed = [
            "fence", "--role", "app", "--limit", "3", "--for", "1s", "--yes",
        ];
        let ran = operator.run(&typed).expect_code(0);
        assert!(
            ran.stdout.contains("FENCED: role app") && ran.stdout.contains("UNDONE: role app"),
            "{ran}"
        );
        assert_eq!(role_limit(server, "app"), "-1");

        for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
            let typed = [
                "fence", "--role", "app", "--limit", "3", "--for", "1h", "--yes", "--format",
                "json",
            ];
            let child = operator.start(&typed);
            await_long("the fence stands", || role_limit(server, "app") == "3");
            kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
            let output = child.wait_with_output().unwrap();
            let ran = Ran::of(output, Duration::ZERO).expect_code(0);
            assert_eq!(only(&ran)["outcome"], "undone", "{signal}: {ran}");
            assert_eq!(role_limit(server, "app"), "-1", "{signal}");
        }
        assert!(standing(&operator).is_empty());

        // Its connection was ended meanwhile: it comes back to undo.
        let typed = [
            "fence", "--role", "app", "--limit", "3", "--for", "1h", "--yes",
        ];
        let child = operator.start(&typed);
        await_long("the fence was seen to stand", || {
            let record = std::fs::read_to_string(operator.record_path()).unwrap();
            let last = record.lines().last().unwrap_or_default();
            last.contains(r#""outcome":"fenced""#)
        });
        server.ask_witness(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'warden'",
        );
        kill(
            Pid::from_raw(i32::try_from(child.id()).unwrap()),
            Signal::SIGTERM,
        )
        .unwrap();
        let ran = Ran::of(child.wait_with_output().unwrap(), Duration::ZERO).expect_code(0);
        assert!(ran.stdout.contains("UNDONE"), "{ran}");
        assert_eq!(role_limit(server, "app"), "-1");
    }
}

#[test]
fn a_closed_terminal_undoes_a_fence_for_a_time() {
    let server = Server::start(18);
    let operator = Operator::on(&server, "postgres");
    let typed = ["fence", "--role", "app", "--limit", "3", "--for", "1h"];
    let mut terminal = Pty::start(operator.command(&typed));
    terminal.await_text("[y/N]");
    std::thread::sleep(Duration::from_millis(200));
    terminal.press("y\r");
    terminal.await_text("FENCED");
    assert_eq!(role_limit(&server, "app"), "3");
    terminal.hang_up();
    terminal.end();
    assert_eq!(role_limit(&server, "app"), "-1");
    assert!(standing(&operator).is_empty());
}
