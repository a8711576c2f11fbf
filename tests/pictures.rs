//! The README's pictures are what the program shows: each is drawn from a real run on a full server, and what it says is
//! compared with what the program says today.
//!
//! After a change that is meant, draw them anew: `BREAKGLASS_PICTURES=write tests/run pictures::`.

use std::path::{Path, PathBuf};

use crate::support::{Cli, Server, await_that};
use breakglass::drill::wire::Session;
use regex::Regex;

/// A full server: a migration that keeps others waiting, and a pool; with `every` slot taken also superusers.
fn scene(every: bool) -> (Server, Vec<Session>, Cli) {
    let server = Server::start_with(17, |settings| {
        settings
            .set("max_connections", 20)
            .set("superuser_reserved_connections", 3)
            .set("reserved_connections", 0)
    });
    server.ask_witness("CREATE TABLE orders (id int); GRANT ALL ON orders TO app");
    let mut held = vec![server.session("app", "migrate")];
    held[0].ask("BEGIN; LOCK TABLE orders").unwrap().unwrap();
    for _ in 0..4 {
        let mut waits = server.session("app", "web");
        waits.send("SELECT * FROM orders").unwrap();
        held.push(waits);
    }
    held.push(server.session("app", "billing"));
    let pool = |user: &str, app: &str, held: &mut Vec<Session>| {
        while server.refusal(user).is_none() {
            held.push(server.session(user, app));
        }
    };
    pool("app", "newsletter", &mut held);
    if every {
        pool("postgres", "nightly-report", &mut held);
    }
    await_that("they wait", || {
        let sql = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
        server.ask_witness(sql).len() == 4
    });
    let cli = server
        .environment("breakglass")
        .into_iter()
        .fold(Cli::new(), |cli, (name, value)| cli.with(name, value));
    (server, held, cli)
}

/// Both streams of a run, as a terminal of 80 columns would show them.
fn shown(cli: &Cli, line: &str) -> String {
    let program = env!("CARGO_BIN_EXE_breakglass");
    let shell = format!("{program} {line} --color always 2>&1");
    let output = cli
        .around(Path::new("/bin/sh"), &["-c", &shell])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    format!("\x1b[1m$ breakglass {line}\x1b[0m\n{text}")
}

fn place(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/pictures/{name}.svg"))
}

/// What a picture says, without what differs from run to run: numbers, ages, paths.
fn words(svg: &str) -> String {
    let mut text = svg.to_owned();
    for (found, instead) in [
        (r"(?s)<style>.*?</style>", ""),
        (r"<[^>]*>", ""),
        (r"&lt;", "<"),
        (r"&gt;", ">"),
        (r"&amp;", "&"),
        (r"\S*/breakglass-\S*", "PATH"),
        // A connection that closes at this moment.
        (r",\s+\d+ undecided or\s+closing", ""),
        (r"\b(\d+[dhms])+\b|\b\d+(\.\d+)? m?s\b", "AGE"),
        (r"\d+(\.\d+)*", "N"),
        (r"\s+", " "),
    ] {
        text = Regex::new(found)
            .unwrap()
            .replace_all(&text, instead)
            .into_owned();
    }
    text
}

#[test]
fn the_pictures_show_what_the_program_shows() {
    let pictures = [
        ("status", true, "status"),
        ("rescue", false, "rescue --probe-user app --yes --limit 20"),
    ];
    let write = std::env::var("BREAKGLASS_PICTURES").is_ok_and(|value| value == "write");
    for (name, every, line) in pictures {
        let (_server, _held, cli) = scene(every);
        let text = shown(&cli, line);
        // Where the record of this run is, is nobody's business.
        let text = cli.homed(&text).replace("HOME/state", "~/.local/state");
        let svg = anstyle_svg::Term::new().render_svg(&text);
        if write {
            std::fs::create_dir_all(place(name).parent().unwrap()).unwrap();
            std::fs::write(place(name), &svg).unwrap();
        }
        let kept = std::fs::read_to_string(place(name)).unwrap_or_default();
        assert_eq!(
            words(&kept),
            words(&svg),
            "tests/pictures/{name}.svg is not what the program shows; draw it anew as this file says"
        );
    }
}

#[test]
fn only_what_differs_from_run_to_run_is_left_out_of_the_comparison() {
    let said = words("<style>.a { x: 1 }</style><text>up 2m30s, 17 of 17 used in 0.6 s</text>");
    assert_eq!(said, "up AGE, N of N used in AGE");
    assert_ne!(words("<text>gone 3</text>"), words("<text>there 3</text>"));
}
