//! The first manual: every command's help says what it changes, what it needs, how it ends, and gives an example that
//! works as pasted; the bare name and wrong words lead somewhere.

use crate::support::{Cli, Said, Server};

/// Every command with its path of words, subcommands included.
fn commands() -> Vec<(Vec<String>, String)> {
    fn walk(command: &clap::Command, path: &[String], found: &mut Vec<(Vec<String>, String)>) {
        for command in command.get_subcommands() {
            if command.is_hide_set() {
                continue;
            }
            let mut path = path.to_vec();
            path.push(command.get_name().to_owned());
            let about = command.get_long_about().or(command.get_about());
            found.push((path.clone(), about.unwrap().to_string()));
            walk(command, &path, found);
        }
    }
    let mut found = Vec::new();
    walk(&breakglass::cli::command(), &[], &mut found);
    assert!(found.len() > 30, "{}", found.len());
    found
}

fn examples(about: &str) -> Vec<Vec<String>> {
    let about = about.replace('\n', " ");
    let mut rest = about.as_str();
    let mut found = Vec::new();
    while let Some((_, example)) = rest.split_once("Example: ") {
        let end = example.find(" Example: ").unwrap_or(example.len());
        found.push(words(example[..end].trim()));
        rest = &example[end..];
    }
    found
}

/// As a shell splits them; the examples quote with single quotes alone.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for letter in line.chars() {
        match letter {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            _ => words.last_mut().unwrap().push(letter),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn every_help_has_its_parts() {
    let mut missing = Vec::new();
    for (path, about) in commands() {
        let name = path.join(" ");
        let first = about.lines().next().unwrap();
        let verb = first.split([' ', ',']).next().unwrap();
        if first.ends_with('.') || !verb.starts_with(char::is_uppercase) || verb.ends_with("ing") {
            missing.push(format!("{name}: the first line is no imperative: {first}"));
        }
        let flat = about.replace('\n', " ").to_lowercase();
        for (what, any) in [
            (
                "what it changes",
                &[
                    "change",
                    "rolled back",
                    "does not touch",
                    "ends no",
                    "frees",
                ][..],
            ),
            ("what it needs", &["need"]),
            ("its exit codes", &["exit codes"]),
            ("an example", &["example: breakglass "]),
        ] {
            if !any.iter().any(|part| flat.contains(part)) {
                missing.push(format!("{name}: does not say {what}"));
            }
        }
        for example in examples(&about) {
            if !(example[1..].starts_with(&path) || name == "help" || path[0] == "backends") {
                missing.push(format!(
                    "{name}: its example is another command's: {example:?}"
                ));
            }
        }
    }
    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
}

#[test]
fn every_example_works_as_pasted() {
    let server = Server::start(17);
    let _held = server.fill_ordinary_slots();
    let cli = Cli::new()
        .with("PGHOST", "127.0.0.1")
        .with("PGPORT", server.port().to_string())
        .with("PGUSER", "breakglass");
    // A target that the examples name, as the README's configuration has one.
    let dsn = format!("host=127.0.0.1 port={} user=breakglass", server.port());
    let target = format!("[target.prod]\ndsn = \"{dsn}\"\npgbouncer = \"host=127.0.0.1 port=1\"\n");
    cli.file(".config/breakglass/config.toml", &target, 0o600);
    let mut wrong = Vec::new();
    for (path, about) in commands() {
        for example in examples(&about) {
            // A rehearsal is a server of its own, and has tests of its own.
            if path[0] == "drill" || example.contains(&"--watch".to_owned()) {
                let parsed = breakglass::cli::command().try_get_matches_from(&example);
                assert!(parsed.is_ok(), "{example:?}");
                continue;
            }
            let typed: Vec<&str> = example[1..].iter().map(String::as_str).collect();
            // Some examples write files where they are typed.
            let mut typed_there = cli.command(&typed);
            typed_there.current_dir(cli.path(""));
            let ran = Said::from(typed_there.output().unwrap());
            // Other servers on this machine are none of the examples'.
            if ran.err.contains("servers run here; say which one is meant") {
                continue;
            }
            let silent = ran.err.is_empty() && ran.out.is_empty();
            let may_be_silent = matches!(path[0].as_str(), "record" | "man");
            let wrong_use = if path[0] == "check" { 3 } else { 2 };
            if ran.code.is_none_or(|code| code == wrong_use) || silent && !may_be_silent {
                wrong.push(format!(
                    "{example:?}: {:?}\n{}{}",
                    ran.code, ran.out, ran.err
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_bare_name_shows_the_five_commands_of_the_first_minutes_and_the_groups() {
    let cli = Cli::new();
    let bare = cli.run::<&str>(&[]);
    assert_eq!((bare.code, bare.out.as_str()), (Some(2), ""));
    let asked = cli.run(&["help"]);
    assert_eq!((asked.code, asked.err.as_str()), (Some(0), ""));
    assert_eq!(asked.out, bare.err);
    let first: Vec<&str> = bare
        .err
        .lines()
        .filter(|line| line.starts_with("  breakglass "))
        .collect();
    assert_eq!(first.len(), 5, "{}", bare.err);
    for group in [
        "see ",
        "act ",
        "no database ",
        "pooler ",
        "ready ",
        "watch ",
        "after ",
        "help ",
    ] {
        assert!(bare.err.contains(&format!("\n{group}")), "{group}");
    }
}

#[test]
fn help_in_front_is_help_behind() {
    let cli = Cli::new();
    for (path, _) in commands() {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let front = cli.run(&[&["help"], &path[..]].concat());
        let behind = cli.run(&[&path[..], &["--help"]].concat());
        assert_eq!((front.code, &front.out), (Some(0), &behind.out), "{path:?}");
    }
    let said = cli.run(&["help", "locks"]);
    assert_eq!(said.code, Some(2));
    assert_eq!(
        said.err,
        "breakglass: there is no command \"locks\"; breakglass blockers shows who blocks whom\n"
    );
}

#[test]
fn what_other_tools_taught_leads_somewhere() {
    let cli = Cli::new();
    for (typed, said) in [
        (
            "kill -9 4711",
            "breakglass terminate --pid 4711 ends that one",
        ),
        (
            "kill 4711",
            "breakglass terminate --pid 4711 names a process",
        ),
        (
            "pg_terminate_backend 4711",
            "breakglass terminate --pid PID ends a session",
        ),
        ("locks", "breakglass blockers shows who blocks whom"),
        ("top", "breakglass status --watch repaints"),
        ("terminate --force", "--yes with --limit N or --all"),
        ("sessions --json", "--format json, csv or markdown"),
        ("-h", "--help is the help"),
    ] {
        let typed: Vec<&str> = typed.split(' ').collect();
        let ran = cli.run(&typed);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{typed:?}");
        assert!(ran.err.contains(said), "{typed:?}: {}", ran.err);
        assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
    }
}
