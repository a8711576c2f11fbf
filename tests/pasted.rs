//! Each command that the README shows, and each example in the program's help, is executed as pasted on a full server: it
//! is one that the program takes, it says something, and it ends as it should there.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::support::{Cli, Command, Pooler, Said, Server, commands};

/// The lines of the README's shell blocks that run this program, and where each stands.
fn shown() -> Vec<(String, String)> {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = fs::read_to_string(readme).unwrap();
    let mut found = Vec::new();
    let mut block = None;
    for (number, line) in text.lines().enumerate() {
        if let Some(kind) = line.strip_prefix("```") {
            block = block.is_none().then(|| kind.to_owned());
            continue;
        }
        let typed = match block.as_deref() {
            Some("console") => line.strip_prefix("$ "),
            Some("sh") => Some(line),
            _ => None,
        };
        found.extend(
            typed
                .filter(|typed| typed.contains("breakglass ") && !typed.contains(".timer"))
                .map(|typed| (format!("line {}", number + 1), typed.to_owned())),
        );
    }
    assert!(found.len() > 30, "{found:?}");
    found
}

/// The examples in the help of every command, and whose each is.
fn examples() -> Vec<(String, String)> {
    let of = |command: Command| {
        let place = format!("help {}", command.name);
        let examples = command.examples().into_iter();
        examples
            .map(move |example| (place.clone(), example))
            .collect::<Vec<_>>()
    };
    commands().into_iter().flat_map(of).collect()
}

/// The exit codes with which a command may end on a full server without a terminal: what acts asks first, and nobody
/// answers; `check` says that it is critical; everything else shows something, or says that there is nothing.
fn expected(line: &str) -> &'static [i32] {
    let acts = commands()
        .iter()
        .any(|it| it.acts && line.contains(&format!("breakglass {}", it.name)));
    let shows =
        line.contains("--dry-run") || line.contains(" prepare ") && !line.contains("--apply");
    match () {
        () if acts && !shows => &[4],
        () if line.contains("breakglass check") => &[2],
        () => &[0, 1],
    }
}

#[test]
fn every_command_works_as_pasted() {
    let server = Server::start_with(17, |settings| settings.set("max_connections", 20));
    let _letters = [0; 6].map(|_| server.session("app", "newsletter"));
    let _held = server.fill_ordinary_slots();
    let pooler = Pooler::before(&server);
    let port = server.port();
    let cli = Cli::on(&server, "breakglass");
    let bin = cli.path("bin");
    fs::create_dir(&bin).unwrap();
    symlink(env!("CARGO_BIN_EXE_breakglass"), bin.join("breakglass")).unwrap();
    let cli = cli.with("PATH", format!("{}:/usr/bin:/bin", bin.display()));
    let target = format!(
        "[target.prod]\ndsn = \"host=127.0.0.1 port={port} user=breakglass\"\n\
         pgbouncer = \"host=127.0.0.1 port={} user=admin\"\n",
        pooler.port()
    );
    cli.file(".config/breakglass/config.toml", &target, 0o600);
    // What the README's commands were given before.
    fs::create_dir(cli.path("records-of-other-hosts")).unwrap();
    assert_eq!(cli.run(&["record", "-t", "prod"]).code, Some(0));
    let saved = cli.path("saved");
    let snapshot = cli.run(&["snapshot".as_ref(), saved.as_os_str()]);
    assert_eq!(snapshot.code, Some(0));
    let console = format!("admin@127.0.0.1:{}", pooler.port());
    let paste = |line: &str| {
        let mut command = cli.around(Path::new("/bin/sh"), &["-c", line]);
        command.current_dir(cli.path(""));
        Said::from(command.output().unwrap())
    };
    let mut wrong = Vec::new();
    for (place, line) in shown().into_iter().chain(examples()) {
        // It repaints until somebody ends it; and a rehearsal is a server of its own, and has tests of its own.
        if line.contains("--watch") || line.contains("breakglass drill") {
            let parsed = breakglass::cli::command().try_get_matches_from(line.split(' '));
            assert!(parsed.is_ok(), "{place}: {line}");
            continue;
        }
        // The names of somebody else's pooler and evidence stand for those that are here.
        let line = line.replace("admin@bouncer:6432", &console);
        for name in line.split(' ').filter(|word| word.ends_with(".json")) {
            match line.contains("--from") {
                true => drop(fs::copy(&saved, cli.path(name)).unwrap()),
                false => drop(fs::remove_file(cli.path(name))),
            }
        }
        let mut ran = paste(&line);
        if ran.err.contains("servers run here; say which one is meant") {
            ran = paste(&format!("{line} --cluster {port}"));
        }
        let expected = expected(&line);
        let quiet = ["--quiet", " > ", "breakglass record", "breakglass man"]
            .iter()
            .any(|word| line.contains(word));
        let silent = ran.out.is_empty() && ran.err.is_empty() && !quiet;
        let asked = expected != [4] || [&ran.out, &ran.err].iter().any(|it| it.contains("--yes"));
        if ran.code.is_none_or(|code| !expected.contains(&code)) || silent || !asked {
            wrong.push(format!("{place}: {line}: not {expected:?}: {ran:?}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
