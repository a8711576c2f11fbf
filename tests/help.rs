//! The first manual: every command's help says what it changes, what it needs, how it ends, and gives an example; the bare
//! name and wrong words lead somewhere.

use crate::support::{Cli, commands};

#[test]
fn every_help_has_its_parts() {
    let mut missing = Vec::new();
    for command in commands() {
        let (name, about) = (&command.name, &command.about);
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
        for example in command.examples() {
            let own = example.contains(&format!("breakglass {name}"));
            if !(own || name == "help" || name.starts_with("backends")) {
                missing.push(format!(
                    "{name}: its example is another command's: {example}"
                ));
            }
        }
    }
    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
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
    for command in commands() {
        let path = command.words();
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
