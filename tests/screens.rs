//! Every screen that is only looked at, on real terminals of three sizes, in colour, without, and on one that knows no
//! escape sequences: nothing is wider than the terminal, and nothing but colours is sent to it.

#![allow(clippy::expect_used, clippy::unwrap_used)]

mod support;

use breakglass::report::sanitize::columns;
use regex::Regex;
use support::{Cli, Pty, Server};

/// Commands that show something, and the exit codes with which they may end on a full server.
const SCREENS: [(&str, &[i32]); 21] = [
    ("help", &[0]),
    ("runbook", &[0]),
    ("runbook nobody-gets-in", &[0]),
    ("status", &[0]),
    ("sessions", &[0]),
    ("sessions --state idle --limit 3", &[0]),
    ("blockers", &[0, 1]),
    ("free 2 --dry-run", &[0]),
    ("terminate --app app --dry-run", &[0, 1]),
    ("fence --list", &[0, 1]),
    ("rescue --dry-run --probe-user app", &[0, 3, 4]),
    ("backends list --cluster PORT", &[0]),
    ("sockets -p PORT", &[0]),
    ("workers -p PORT", &[0]),
    ("doctor", &[0, 1]),
    ("prepare --server-version 17", &[0]),
    ("check", &[0, 1, 2]),
    ("probe -U app", &[0, 1]),
    ("record", &[0]),
    ("headroom", &[0]),
    ("history", &[0, 1]),
];

/// A monitoring system reads the first line of these, and SQL is pasted: they are not broken.
const AS_THEY_ARE: [&str; 3] = ["check", "probe", "prepare"];

/// What may be wider than the terminal: it is copied whole.
fn is_copied_whole(line: &str) -> bool {
    let text = line.trim_start();
    [
        "breakglass",
        "next: ",
        "next ",
        "same as ",
        "fix ",
        "ALTER ",
        "GRANT ",
        "CREATE ",
        "host",
        "local",
        "dsn ",
    ]
    .iter()
    .any(|start| text.starts_with(start))
        || text.contains("breakglass ")
        || text.contains('/')
}

#[test]
fn no_screen_is_wider_than_its_terminal_and_only_colours_are_sent_to_it() {
    let server = Server::start_with(17, |settings| settings.set("max_connections", 30));
    let _held = server.fill_ordinary_slots();
    let port = server.port().to_string();
    let cli = server
        .environment("breakglass")
        .into_iter()
        .fold(Cli::new().without("COLUMNS"), |cli, (name, value)| {
            cli.with(name, value)
        })
        .with("PAGER", "cat");
    assert_eq!(cli.run(&["record"]).code, Some(0));
    let colours = Regex::new("\x1b\\[[0-9;]*m").unwrap();
    let mut wrong = Vec::new();
    for (wide, high) in [(80, 24), (200, 50), (64, 20)] {
        for (term, no_color) in [
            ("xterm-256color", ""),
            ("xterm-256color", "1"),
            ("dumb", ""),
        ] {
            for (line, codes) in SCREENS {
                let line = line.replace("PORT", &port);
                let words: Vec<&str> = line.split(' ').collect();
                let mut command = cli.command(&words);
                command.env("TERM", term).env("NO_COLOR", no_color);
                let mut pty = Pty::start_on(command, "", wide, high);
                let code = pty.end();
                let said = pty.screen();
                let place = format!("{line} at {wide} columns, TERM={term} NO_COLOR={no_color}");
                if !codes.contains(&code) {
                    wrong.push(format!("{place}: exit code {code}\n{said}"));
                    continue;
                }
                let plain = colours.replace_all(&said, "");
                if plain.len() != said.len() && (term == "dumb" || !no_color.is_empty()) {
                    wrong.push(format!("{place}: it has colours"));
                }
                // Progress replaces itself: a carriage return and a clearing of the line.
                let plain = plain.replace("\r\x1b[K", "\n");
                for shown in plain.lines().map(|shown| shown.trim_end_matches('\r')) {
                    if shown.contains(|c: char| c.is_control()) {
                        wrong.push(format!("{place}: {shown:?}"));
                    }
                    let whole = AS_THEY_ARE.contains(&words[0])
                        || words == ["help"] && wide < 80
                        || is_copied_whole(shown);
                    if columns(shown) > usize::from(wide) && !whole {
                        wrong.push(format!("{place}: {} columns: {shown}", columns(shown)));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn a_list_that_is_longer_than_the_screen_goes_through_the_pager_its_summary_first() {
    let server = Server::start(17);
    let _held = server.fill_ordinary_slots();
    let cli = server
        .environment("breakglass")
        .into_iter()
        .fold(Cli::new().without("COLUMNS"), |cli, (name, value)| {
            cli.with(name, value)
        })
        .with("PAGER", "sed 's/^/paged: /'");
    let seen = |words: &[&str], rows| {
        let mut pty = Pty::start_on(cli.command(words), "", 80, rows);
        assert_eq!(pty.end(), 0, "{}", pty.screen());
        pty.screen()
    };
    let long = seen(&["sessions"], 6);
    assert!(long.starts_with("paged: "), "{long}");
    assert!(
        long.lines()
            .next()
            .unwrap()
            .contains(" ordinary slots used"),
        "{long}"
    );
    assert!(!seen(&["sessions"], 50).contains("paged: "));
    // What is not there prints as if nobody had named it.
    let cli = cli.with("BREAKGLASS_PAGER", "/no/such/pager");
    let mut pty = Pty::start_on(cli.command(&["sessions"]), "", 80, 6);
    assert_eq!(pty.end(), 0);
    assert!(
        pty.screen().contains(" ordinary slots used"),
        "{}",
        pty.screen()
    );
}
