//! What a hostile client can make the server say, read by every command: names and statements with control
//! characters, escape sequences, direction overrides, bytes that are no UTF-8, and ten thousand characters.

use crate::support::{Cli, Server, await_that};
use breakglass::drill::wire::{Login, Session};

/// Names of roles, databases and applications alike. The server keeps names of roles and databases as they are.
const NAMES: [&str; 6] = [
    "quote\"d 'both'",
    "  blanks  ",
    "new\nline\r\ttab",
    "red\x1b[31m\x1b[2J\x07",
    "\u{202e}gnp.exe\u{2066}",
    "東京\u{9b}31m",
];

const STATEMENTS: [&str; 5] = [
    "SELECT 1 -- \x1b[2J\x1b]0;title\x07 over\rwritten",
    "SELECT '\u{202e}}if isAdmin\u{2066}' || '\u{200b}\u{feff}'",
    "SELECT '東京東京東京東京東京東京東京東京東京東京東京東京東京東京東京東京東京東京東京'",
    "SELECT '👨\u{200d}👩\u{200d}👧 e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}'\n\n\t, 1 /* | ` <b> */",
    "SELECT '\u{7f}\u{80}\u{9b}31m'",
];

struct Stage {
    server: Server,
    cli: Cli,
    held: Vec<Session>,
}

impl Stage {
    fn new() -> Self {
        let server = Server::start_with(17, |settings| {
            settings
                .set("max_connections", 40)
                .set("track_activity_query_size", 16_384)
        });
        let mut cli = Cli::new();
        for (name, value) in server.environment("breakglass") {
            cli = cli.with(name, value);
        }
        let mut stage = Self {
            server,
            cli,
            held: Vec::new(),
        };
        for name in NAMES {
            let quoted = name.replace('"', "\"\"");
            stage.server.ask_witness(&format!(
                "CREATE ROLE \"{quoted}\" LOGIN CONNECTION LIMIT 1"
            ));
            stage
                .server
                .ask_witness(&format!("CREATE DATABASE \"{quoted}\" CONNECTION LIMIT 1"));
            let mut session = stage.log_in(&[
                ("user", name),
                ("database", name),
                ("application_name", name),
            ]);
            session.ask("BEGIN; SELECT 1").unwrap().unwrap();
            stage.held.push(session);
        }
        let long = format!("SELECT '{}'", "x".repeat(10_000));
        for statement in STATEMENTS.into_iter().chain([long.as_str()]) {
            let mut session = stage.log_in(&[
                ("user", "app"),
                ("database", "postgres"),
                ("application_name", "talk"),
            ]);
            session.ask(statement).unwrap().unwrap();
            stage.held.push(session);
        }
        stage.add_bytes_that_are_no_utf8();
        stage.add_a_queue();
        stage
    }

    fn log_in(&self, parameters: &[(&str, &str)]) -> Session {
        match self.server.log_in(parameters) {
            Login::Admitted(session) => session,
            Login::Refused(refusal) => panic!("{parameters:?}: {refusal}"),
            Login::AskedForPassword(_) => panic!("asked for a password"),
        }
    }

    /// A statement kept in another database's encoding is handed to us as it is.
    fn add_bytes_that_are_no_utf8(&mut self) {
        self.server.ask_witness("CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
        let mut session = self.log_in(&[
            ("user", "app"),
            ("database", "latin"),
            ("client_encoding", "UTF8"),
        ]);
        session.ask("SELECT 'café' AS latin").unwrap().unwrap();
        self.held.push(session);
    }

    /// A head with a hostile name, and one that waits for it with a hostile statement.
    fn add_a_queue(&mut self) {
        self.held[3]
            .ask("SELECT pg_advisory_lock(1)")
            .unwrap()
            .unwrap();
        self.server
            .ask_witness("CREATE TABLE queue (id int); GRANT ALL ON queue TO PUBLIC");
        let mut head = self.log_in(&[
            ("user", "app"),
            ("database", "postgres"),
            ("application_name", "he\x1b[5mad"),
        ]);
        head.ask("BEGIN; LOCK TABLE queue /* \x1b[5m\u{202e} */")
            .unwrap()
            .unwrap();
        let mut waits = self.log_in(&[
            ("user", "app"),
            ("database", "postgres"),
            ("application_name", "waits"),
        ]);
        waits
            .send(&format!(
                "SELECT * FROM queue /* \x1b[2J {} */",
                "東".repeat(200)
            ))
            .unwrap();
        self.held.extend([head, waits]);
        await_that("the queue stands", || {
            !self
                .server
                .ask_witness("SELECT 1 FROM pg_locks WHERE NOT granted")
                .is_empty()
        });
    }
}

const COMMANDS: [&[&str]; 7] = [
    &["status"],
    &["sessions"],
    &["sessions", "--full"],
    &["blockers"],
    &["blockers", "--full"],
    &["terminate", "--all", "--dry-run"],
    &["cancel", "--all", "--dry-run"],
];

/// Fails when a terminal would act on something in `text`. Our own colours are ours.
#[track_caller]
fn assert_harmless(what: &str, text: &str) {
    let mut plain = text.to_owned();
    for code in ["0", "1", "2", "31", "38;5;28", "38;5;130"] {
        plain = plain.replace(&format!("\x1b[{code}m"), "");
    }
    for line in plain.split('\n') {
        let bad = line.chars().find(|c| {
            c.is_control()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        });
        assert_eq!(bad, None, "{what}: {line:?}");
    }
}

#[test]
fn nothing_the_server_says_moves_the_cursor_or_reorders_text() {
    let stage = Stage::new();
    for args in COMMANDS {
        for format in ["table", "csv", "markdown", "json"] {
            for color in ["never", "always"] {
                let words = [args, &["--format", format, "--color", color]].concat();
                let ran = stage.cli.run(&words);
                assert!(matches!(ran.code, Some(0 | 1)), "{words:?}: {}", ran.err);
                assert!(color == "always" || !ran.out.contains('\x1b'), "{words:?}");
                assert_harmless(&format!("{words:?}"), &ran.out);
                assert_harmless(&format!("{words:?}"), &ran.err);
            }
        }
    }
    // What is said before acting, and the failures that repeat a name.
    for args in [
        ["terminate", "--all", "--yes", "--app", "\x1b[31m"].as_slice(),
        &["-d", "no\x1b[2Jsuch", "status"],
        &["-U", "no\x1b[2J\u{202e}such", "status"],
        &["--service", "\x1b[2J", "status"],
        &["-t", "\x1b[2J\u{202e}", "status"],
        &["-h", "no\x1b[2Jsuch.invalid", "status"],
        &["sessions", "--state", "\x1b[2J\u{202e}"],
        &["sessions", "--user", "\x1b[2J", "--not-user", "\x1b[2J"],
    ] {
        let ran = stage.cli.run(args);
        assert_ne!(ran.code, Some(0), "{args:?}");
        assert_harmless(&format!("{args:?}"), &format!("{}{}", ran.out, ran.err));
    }
}

#[test]
fn no_line_is_wider_than_the_terminal_and_no_pid_is_cut() {
    let stage = Stage::new();
    for width in [40, 80] {
        let cli = Cli::new().with("COLUMNS", width.to_string());
        let cli = stage
            .server
            .environment("breakglass")
            .into_iter()
            .fold(cli, |cli, (name, value)| cli.with(name, value));
        for args in COMMANDS {
            let ran = cli.run(args);
            for line in ran.out.lines().chain(ran.err.lines()) {
                // A whole statement, and a command to paste, are for copying.
                let to_copy = (args.contains(&"--full") && line.starts_with("    "))
                    || line.contains("breakglass ");
                let columns = breakglass::report::sanitize::columns(line);
                assert!(
                    to_copy || columns <= width,
                    "{args:?} at {width}: {columns}: {line}"
                );
            }
            let lists = args.contains(&"sessions");
            for session in stage.held.iter().filter(|_| lists) {
                let pid = session.pid.to_string();
                let whole = ran.out.split_whitespace().any(|word| word == pid);
                assert!(
                    whole,
                    "{args:?} at {width}: {pid} is not there\n{}",
                    ran.out
                );
            }
        }
    }
}

#[test]
fn json_and_filters_have_the_very_names() {
    let stage = Stage::new();
    let json = |args: &[&str]| -> serde_json::Value {
        let ran = stage.cli.run(&[args, &["--format", "json"]].concat());
        serde_json::from_str(&ran.out)
            .unwrap_or_else(|error| panic!("{args:?}: {error}: {}", ran.err))
    };
    for (name, session) in NAMES.iter().zip(&stage.held) {
        for flag in ["--user", "--database"] {
            let found = json(&["sessions", flag, name]);
            let found = found["sessions"].as_array().unwrap();
            assert_eq!(found.len(), 1, "{flag} {name:?}");
            assert_eq!(found[0]["pid"], session.pid, "{flag} {name:?}");
            assert_eq!(found[0]["user"], *name);
            assert_eq!(found[0]["database"], *name);
        }
    }
    for statement in STATEMENTS {
        let found = json(&[
            "sessions",
            "--app",
            "talk",
            "--query",
            &regex::escape(statement),
        ]);
        assert_eq!(found["sessions"][0]["query"], statement);
    }
    let long = json(&["sessions", "--query", "x{1000}"]);
    assert_eq!(
        long["sessions"][0]["query"].as_str().map(str::len),
        Some(10_009)
    );
    let latin = json(&["sessions", "--database", "latin"]);
    assert_eq!(
        latin["sessions"][0]["query"],
        "SELECT 'caf\u{fffd}' AS latin"
    );
    // One name a row: nothing in it may open another one.
    let csv = stage.cli.run(&["sessions", "--format", "csv"]);
    let listed = json(&["sessions"])["sessions"].as_array().unwrap().len();
    assert_eq!(csv.out.lines().count(), listed + 1);
}

#[test]
fn sessions_are_read_over_the_replication_lane_as_over_a_login() {
    let stage = Stage::new();
    let listed = |lane| {
        let ran = stage.cli.run(&[
            "sessions", "--lane", lane, "--format", "json", "--sort", "pid",
        ]);
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        let document: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        let sessions = document["sessions"].as_array().unwrap().clone();
        let ours = |session: &serde_json::Value| session["application"] == "breakglass";
        let names = |session: &serde_json::Value| {
            format!(
                "{} {} {}",
                session["pid"], session["user"], session["query"]
            )
        };
        sessions
            .iter()
            .filter(|session| !ours(session))
            .map(names)
            .collect::<Vec<String>>()
    };
    assert_eq!(listed("login"), listed("replication"));
}
