//! A person at a terminal: questions, answers that are none, interruptions, a terminal that goes away.
//! Whatever happens at the question, only an answer that fits it ends a session.

use std::time::Duration;

use crate::support::{Cli, Pty, Server, await_that};
use breakglass::drill::wire::Session;
use nix::sys::signal::Signal;

/// A server with so many sessions of one application, and an environment that leads to it.
struct Stage {
    server: Server,
    cli: Cli,
    held: Vec<Session>,
}

impl Stage {
    fn new(sessions: usize) -> Self {
        let server = Server::start_with(17, |settings| settings.set("max_connections", 30));
        let cli = Cli::on(&server, "breakglass").without("COLUMNS");
        let held = (0..sessions)
            .map(|_| server.session("app", "leaky"))
            .collect();
        // Others of the same role, so that ending a few is no half of it.
        let mut stage = Self { server, cli, held };
        let others: Vec<Session> = (0..8)
            .map(|_| stage.server.session("app", "steady"))
            .collect();
        stage.held.extend(others);
        stage
    }

    fn pids(&self) -> Vec<i32> {
        self.held.iter().map(|session| session.pid).collect()
    }

    fn ask_about(&self, args: &[&str]) -> Pty {
        let words = [&["terminate", "--recount", "0s"], args].concat();
        Pty::start(self.cli.command(&words))
    }

    #[track_caller]
    fn assert_nobody_died(&self) {
        // A signal that was sent would need a moment.
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(self.server.alive(&self.pids()), self.pids());
        let recorded = self.cli.record_lines();
        assert!(recorded.is_empty(), "{recorded:?}");
    }
}

const TWO: [&str; 4] = ["--app", "leaky", "--oldest", "2"];
const QUESTION: &str = "[y/N]";

#[test]
fn yes_ends_the_sessions_of_a_small_plan_and_no_others() {
    let stage = Stage::new(3);
    let mut at = stage.ask_about(&["--app", "leaky", "--limit", "2"]);
    at.await_text(QUESTION);
    assert!(
        at.screen().contains("End 2 sessions? [y/N]"),
        "{}",
        at.screen()
    );
    at.press("y\r");
    assert_eq!(at.end(), 0, "{}", at.screen());
    assert!(at.is_restored());
    assert_eq!(
        stage.server.alive(&stage.pids()).len(),
        stage.pids().len() - 2
    );
    let events: Vec<String> = stage
        .cli
        .record_lines()
        .iter()
        .map(|line| line["event"].to_string())
        .collect();
    assert_eq!(events, ["\"intent\"", "\"outcome\"", "\"outcome\""]);
}

#[test]
fn no_and_nothing_and_anything_else_end_nobody() {
    let stage = Stage::new(3);
    for answer in ["n\r", "\r", "yes please\r", "2\r", "\x04", "N\r", "q\r"] {
        let mut at = stage.ask_about(&["--app", "leaky", "--limit", "2"]);
        at.await_text(QUESTION);
        at.press(answer);
        assert_eq!(at.end(), 4, "{answer:?}: {}", at.screen());
        assert!(
            at.screen().contains("nothing was done"),
            "{answer:?}: {}",
            at.screen()
        );
        assert!(at.is_restored(), "{answer:?}");
    }
    stage.assert_nobody_died();
}

#[test]
fn many_sessions_need_their_number_typed() {
    let stage = Stage::new(12);
    for answer in ["y\r", "yes\r", "11\r", "\r", "012\r"] {
        let mut at = stage.ask_about(&["--app", "leaky"]);
        at.await_text("Type 12 to end 12 sessions");
        at.press(answer);
        assert_eq!(at.end(), 4, "{answer:?}: {}", at.screen());
        assert!(
            at.screen().contains("nothing was done"),
            "{answer:?}: {}",
            at.screen()
        );
    }
    stage.assert_nobody_died();
    let mut at = stage.ask_about(&["--app", "leaky"]);
    at.await_text("Type 12 to end 12 sessions");
    at.press("12\r");
    assert_eq!(at.end(), 0, "{}", at.screen());
    assert_eq!(stage.server.alive(&stage.pids()).len(), 8);
}

#[test]
fn what_was_typed_before_the_question_answers_nothing() {
    let stage = Stage::new(3);
    let words = [&["terminate", "--recount", "0s"], TWO.as_slice()].concat();
    let mut at = Pty::start_after(stage.cli.command(&words), "y\ny\n2\n");
    at.await_text(QUESTION);
    stage.assert_nobody_died();
    at.press("n\r");
    assert_eq!(at.end(), 4, "{}", at.screen());
    stage.assert_nobody_died();
}

#[test]
fn an_interruption_at_the_question_ends_nobody_and_leaves_the_terminal_as_it_was() {
    let stage = Stage::new(3);
    for (keys, signal) in [
        (Some("\x03"), None),
        (None, Some(Signal::SIGTERM)),
        (None, Some(Signal::SIGINT)),
    ] {
        let mut at = stage.ask_about(&["--app", "leaky", "--limit", "2"]);
        at.await_text(QUESTION);
        keys.into_iter().for_each(|keys| at.press(keys));
        signal.into_iter().for_each(|signal| at.signal(signal));
        let ended = at.end();
        assert!(
            [-2, -15, 130, 143].contains(&ended),
            "{ended}: {}",
            at.screen()
        );
        assert!(at.is_restored(), "{keys:?} {signal:?}");
        let hides = at.screen().matches("\x1b[?25l").count();
        assert!(
            at.screen().matches("\x1b[?25h").count() >= hides,
            "the cursor stays hidden"
        );
    }
    stage.assert_nobody_died();
}

#[test]
fn a_terminal_that_goes_away_at_the_question_ends_nobody() {
    let stage = Stage::new(3);
    let mut at = stage.ask_about(&["--app", "leaky", "--limit", "2"]);
    at.await_text(QUESTION);
    at.hang_up();
    assert_ne!(at.end(), 0);
    stage.assert_nobody_died();
}

#[test]
fn an_interruption_after_acting_still_completes_the_record() {
    for (name, hang_up) in [("Ctrl-C", false), ("hang-up", true)] {
        let stage = Stage::new(3);
        let words = [
            "terminate",
            "--app",
            "leaky",
            "--limit",
            "2",
            "--recount",
            "30s",
        ];
        let mut at = Pty::start(stage.cli.command(&words));
        at.await_text(QUESTION);
        at.press("y\r");
        at.await_text("watching for");
        if hang_up {
            at.hang_up();
        } else {
            at.press("\x03");
        }
        let ended = at.end();
        if !hang_up {
            assert_eq!(ended, 0, "{}", at.screen());
            assert!(at.is_restored());
        }
        let record = stage.cli.record_lines();
        let outcomes = record
            .iter()
            .filter(|line| line["outcome"] == "gone")
            .count();
        assert_eq!((record.len(), outcomes), (3, 2), "{name}: {record:?}");
        assert_eq!(
            stage.server.alive(&stage.pids()).len(),
            stage.pids().len() - 2
        );
    }
}

#[test]
fn a_password_is_asked_for_once_and_never_shown() {
    let server = Server::start(17);
    let cli = Cli::on(&server, "with_password");
    let mut at = Pty::start(cli.command(&["status"]));
    at.await_text("Password for role with_password");
    at.press("correct horse\r");
    assert_eq!(at.end(), 0, "{}", at.screen());
    assert!(!at.screen().contains("horse"), "{}", at.screen());
    assert!(at.is_restored());

    let mut at = Pty::start(cli.command(&["status"]));
    at.await_text("Password for role with_password");
    at.press("battery staple\r");
    assert_eq!(at.end(), 3, "{}", at.screen());
    assert_eq!(
        at.screen().matches("Password for").count(),
        1,
        "{}",
        at.screen()
    );
    assert!(!at.screen().contains("staple"), "{}", at.screen());

    let mut at = Pty::start(cli.command(&["status"]));
    at.await_text("Password for role with_password");
    at.press("\x03");
    at.end();
    assert!(at.is_restored(), "no echo after Ctrl-C at the password");

    let ran = cli.run(&["status"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(3), ""), "{}", ran.err);
    assert!(ran.err.contains("password"), "{}", ran.err);
}

#[test]
fn a_watched_screen_is_repainted_and_given_back() {
    let stage = Stage::new(1);
    for (leave, name) in [("q", "q"), ("\x03", "Ctrl-C")] {
        let mut at = Pty::start(stage.cli.command(&["status", "--watch=250ms"]));
        at.await_times("ordinary slots used", 3);
        assert!(
            at.screen().contains("\x1b[?1049h") && at.screen().contains("\x1b[?25l"),
            "{name}"
        );
        at.press(leave);
        assert_eq!(at.end(), 0, "{name}: {}", at.screen());
        let screen = at.screen();
        let (left, entered) = (screen.rfind("\x1b[?1049l"), screen.rfind("\x1b[?1049h"));
        assert!(left > entered, "{name}: the screen is not given back");
        assert!(
            screen.rfind("\x1b[?25h") > screen.rfind("\x1b[?25l"),
            "{name}: the cursor stays hidden"
        );
        assert!(at.is_restored(), "{name}");
    }
    let mut at = Pty::start(stage.cli.command(&["status", "--watch=250ms"]));
    at.await_times("ordinary slots used", 2);
    at.hang_up();
    at.end();
    await_that("its connection is closed", || {
        let sql = "SELECT 1 FROM pg_stat_activity WHERE usename = 'breakglass'";
        stage.server.ask_witness(sql).is_empty()
    });
}

#[test]
fn colour_is_for_terminals_that_want_it() {
    let stage = Stage::new(1);
    let painted = |variables: &[(&str, &str)], flags: &[&str]| {
        let mut command = stage.cli.command(&[&["status"], flags].concat());
        command.envs(variables.iter().copied());
        let mut at = Pty::start(command);
        assert_eq!(at.end(), 0, "{}", at.screen());
        at.screen().contains('\x1b')
    };
    assert!(painted(&[], &[]));
    // Set to nothing is not set.
    assert!(painted(&[("NO_COLOR", "")], &[]));
    assert!(!painted(&[("NO_COLOR", "1")], &[]));
    assert!(!painted(&[("TERM", "dumb")], &[]));
    assert!(!painted(&[], &["--color", "never"]));
    assert!(painted(&[("NO_COLOR", "1")], &["--color", "always"]));
    let piped = |flags: &[&str]| {
        let ran = stage.cli.run(&[&["status"], flags].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        ran.out.contains('\x1b')
    };
    assert!(!piped(&[]));
    assert!(piped(&["--color", "always"]));
}

#[test]
fn a_screen_that_is_read_aloud_has_words_alone() {
    let stage = Stage::new(4);
    let plain = |words: &[&str]| {
        let mut command = stage.cli.command(words);
        command.env("BREAKGLASS_PLAIN", "1");
        Pty::start(command)
    };
    let mut status = plain(&["status"]);
    assert_eq!(status.end(), 0);
    let screen = status.screen();
    assert!(screen.contains("ordinary "), "{screen}");
    let mut ends = plain(&[
        "terminate",
        "--app",
        "leaky",
        "--oldest",
        "1",
        "--recount",
        "0s",
    ]);
    ends.await_text(QUESTION);
    ends.press("y\r");
    assert_eq!(ends.end(), 0, "{}", ends.screen());
    for text in [screen, ends.screen()] {
        let drawn = |c: char| c == '\u{1b}' || ('\u{2500}'..='\u{259f}').contains(&c);
        assert!(!text.contains(drawn), "{text}");
    }
}

#[test]
fn a_server_that_says_nothing_is_waited_for_in_sight() {
    // It takes connections and says nothing.
    let mute = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = mute.local_addr().unwrap().port().to_string();
    let console = format!("postgresql://admin@127.0.0.1:{port}");
    let cli = Cli::new()
        .with("PGHOST", "127.0.0.1")
        .with("PGPORT", &port)
        .with("PGUSER", "app");
    let waiting = format!("waiting for 127.0.0.1:{port}, at most 2 s more");
    for (words, told) in [
        (&["status"][..], waiting.as_str()),
        (&["record"], &waiting),
        (&["probe", "--deadline", "3s"], &waiting),
        (&["pgbouncer", "--pgbouncer", &console], &waiting),
        (
            &["check", "--deadline", "3s"],
            "waiting for the server, at most 2 s more",
        ),
        (&["doctor"], "looking through every lane, at most 2 s more"),
    ] {
        let mut at = Pty::start(cli.command(words));
        at.await_text(told);
        at.end();
        let screen = at.screen();
        let (before, after) = screen.rsplit_once("s more").unwrap();
        assert!(before.contains("\r\x1b[K"), "{words:?}: {screen}");
        // What was awaited goes away, and the answer says how long it took.
        assert!(after.starts_with("\r\x1b[K"), "{words:?}: {screen}");
        let silent = ["said nothing within", "no answer within"];
        assert!(
            silent.iter().any(|it| after.contains(it)),
            "{words:?}: {screen}"
        );
        assert!(!after.contains("999"), "{words:?}: {screen}");
    }
    let script = cli.run(&["status"]);
    assert!(!script.err.contains("waiting for"), "{}", script.err);
}
