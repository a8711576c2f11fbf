//! Every screen that is only looked at, on real terminals of three sizes, in colour, without, and on one that knows no
//! escape sequences: nothing is wider than the terminal, and nothing but colours is sent to it.

use crate::support::{Cli, Command, Pooler, Pty, Server, commands, faults, server_binaries};

/// Commands that show something, and the exit codes with which they may end on a full server.
const SCREENS: [(&str, &[i32]); 31] = [
    ("help", &[0]),
    ("help terminate", &[0]),
    ("runbook", &[0]),
    ("runbook nobody-gets-in", &[0]),
    ("runbook --search pooler", &[0]),
    ("status", &[0]),
    ("status --pgbouncer CONSOLE", &[0]),
    ("sessions", &[0]),
    ("sessions --state idle --limit 3", &[0]),
    ("blockers", &[0, 1]),
    ("free 2 --dry-run", &[0]),
    ("terminate --app app --dry-run", &[0, 1]),
    ("fence --list", &[0, 1]),
    ("rescue --dry-run --probe-user app", &[0, 3, 4]),
    ("backends --cluster PORT --user app", &[0]),
    ("backends list --cluster PORT", &[0]),
    ("sockets list -p PORT", &[0]),
    ("workers list -p PORT", &[0]),
    ("pgbouncer status --pgbouncer CONSOLE", &[0, 1]),
    ("doctor", &[0, 1]),
    ("prepare --server-version 17", &[0]),
    ("drill first", &[0]),
    ("check", &[0, 1, 2]),
    ("probe -U app", &[0, 1]),
    ("record", &[0]),
    ("headroom", &[0]),
    ("snapshot", &[0]),
    ("history", &[0, 1]),
    ("man MAN", &[0]),
    ("completions bash --install", &[0]),
    ("completions bash", &[0]),
];

/// A monitoring system reads the first line of these, SQL is pasted, and a script is a shell's: they are not broken.
const AS_THEY_ARE: [&str; 3] = ["check", "prepare", "completions"];

#[test]
fn every_command_that_is_only_looked_at_is_here() {
    for Command {
        name,
        acts,
        is_family,
        ..
    } in commands()
    {
        let of = |line: &str| line == name || line.starts_with(&format!("{name} "));
        let here = SCREENS.iter().any(|(line, _)| of(line));
        // A schema is for programs: its lines are as long as they are.
        let for_programs = name == "schema";
        assert!(
            acts || is_family || here || for_programs,
            "{name} has a screen, and nobody looks at it"
        );
    }
}

#[test]
fn no_screen_is_wider_than_its_terminal_and_only_colours_are_sent_to_it() {
    let server = Server::start_with(17, |settings| settings.set("max_connections", 30));
    let _held = server.fill_ordinary_slots();
    let pooler = Pooler::before(&server);
    let port = server.port().to_string();
    let cli = Cli::on(&server, "breakglass")
        .without("COLUMNS")
        .with("PAGER", "cat")
        .with("BREAKGLASS_PG_BINDIR", server_binaries(17).directory);
    let manual = cli.path("man").display().to_string();
    assert_eq!(cli.run(&["record"]).code, Some(0));
    let mut wrong = Vec::new();
    let all = [
        ("xterm-256color", ""),
        ("xterm-256color", "1"),
        ("dumb", ""),
    ];
    for (wide, high, terminals) in [
        (80, 24, &all[..]),
        (200, 50, &all[..1]),
        (64, 20, &all[..1]),
    ] {
        for &(term, no_color) in terminals {
            for (line, codes) in SCREENS {
                let line = line
                    .replace("PORT", &port)
                    .replace("CONSOLE", &pooler.console("admin"))
                    .replace("MAN", &manual);
                let words: Vec<&str> = line.split(' ').collect();
                let mut command = cli.command(&words);
                command.env("TERM", term).env("NO_COLOR", no_color);
                // Where a snapshot goes when nobody says where.
                command.current_dir(cli.path("."));
                let mut pty = Pty::start_on(command, "", wide, high);
                let code = pty.end();
                let said = pty.screen();
                let place = format!("{line} at {wide} columns, TERM={term} NO_COLOR={no_color}");
                if !codes.contains(&code) {
                    wrong.push(format!("{place}: exit code {code}\n{said}"));
                    continue;
                }
                let coloured = term != "dumb" && no_color.is_empty();
                let whole = AS_THEY_ARE.contains(&words[0]) || words == ["help"] && wide < 80;
                let room = if whole { u16::MAX } else { wide };
                let faults = faults(&said, room, coloured);
                wrong.extend(faults.iter().map(|fault| format!("{place}: {fault}")));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn a_list_that_is_longer_than_the_screen_goes_through_the_pager_its_summary_first() {
    let server = Server::start(17);
    let _held = server.fill_ordinary_slots();
    let cli = Cli::on(&server, "breakglass")
        .without("COLUMNS")
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

#[test]
fn a_person_is_pointed_to_the_page_that_fits() {
    let server = Server::start(17);
    let mut head = server.session("app", "migrate");
    server.ask_witness("CREATE TABLE queue (); GRANT ALL ON queue TO PUBLIC");
    for sql in ["BEGIN", "LOCK queue"] {
        head.ask(sql).unwrap().unwrap();
    }
    let mut waiting: Vec<_> = (0..3).map(|_| server.session("app", "web")).collect();
    for session in &mut waiting {
        session.send("SELECT FROM queue").unwrap();
    }
    crate::support::await_that("the queue stands", || {
        let sql = "SELECT 1 FROM pg_locks WHERE NOT granted";
        server.ask_witness(sql).len() == 3
    });
    let cli = Cli::on(&server, "breakglass").with("PAGER", "cat");
    let host = ["-h", "127.0.0.1"];
    let mut person = Pty::start(cli.command(&[&["blockers"][..], &host].concat()));
    person.end();
    let page = "breakglass runbook -h 127.0.0.1 lock-queue";
    assert!(person.screen().contains(page), "{}", person.screen());
    let mut person = Pty::start(cli.command(&[&["status"][..], &host].concat()));
    person.end();
    assert!(person.screen().contains(page), "{}", person.screen());
    // A script has its answer alone.
    let script = cli.run(&["blockers"]);
    assert_eq!(script.err, "");
}
