//! Each command that the README shows is executed, as pasted, on a full server: it is one that the program takes, and it
//! says something.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::support::{Cli, Server};

/// The lines of the README's shell blocks that run this program, and the line of the file each stands in.
fn commands() -> Vec<(usize, String)> {
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
                .map(|typed| (number + 1, typed.to_owned())),
        );
    }
    assert!(found.len() > 30, "{found:?}");
    found
}

#[test]
fn every_command_works_as_pasted() {
    let server = Server::start_with(17, |settings| settings.set("max_connections", 20));
    let _held = server.fill_ordinary_slots();
    let port = server.port();
    let cli = server
        .environment("breakglass")
        .into_iter()
        .fold(Cli::new(), |cli, (name, value)| cli.with(name, value));
    let bin = cli.path("bin");
    fs::create_dir(&bin).unwrap();
    symlink(env!("CARGO_BIN_EXE_breakglass"), bin.join("breakglass")).unwrap();
    let cli = cli.with("PATH", format!("{}:/usr/bin:/bin", bin.display()));
    let target = format!(
        "[target.prod]\ndsn = \"host=127.0.0.1 port={port} user=breakglass\"\n\
         pgbouncer = \"host=127.0.0.1 port=1 user=admin\"\n"
    );
    cli.file(".config/breakglass/config.toml", &target, 0o600);
    // What the README's commands were given before.
    fs::create_dir(cli.path("records-of-other-hosts")).unwrap();
    let saved = cli.path("incident.json");
    assert_eq!(
        cli.run(&["snapshot".as_ref(), saved.as_os_str()]).code,
        Some(0)
    );
    assert_eq!(cli.run(&["record", "-t", "prod"]).code, Some(0));
    for (_, line) in commands() {
        let file = line
            .split(' ')
            .find(|word| word.starts_with("breakglass-snapshot-"));
        file.map(|file| fs::copy(&saved, cli.path(file)).unwrap());
    }
    let mut wrong = Vec::new();
    for (number, line) in commands() {
        let mut command = cli.around(Path::new("/bin/sh"), &["-c", &line]);
        let output = command.current_dir(cli.path("")).output().unwrap();
        let said = [&output.stdout[..], &output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        let wrong_use = if line.contains("breakglass check") {
            3
        } else {
            2
        };
        let quiet = line.contains("--quiet") || line.contains(" > ");
        let code = output.status.code();
        // Other servers on this machine are none of the README's.
        if said.contains("servers run here; say which one is meant") {
            continue;
        }
        if code.is_none_or(|code| code == wrong_use || code > 6) || said.is_empty() && !quiet {
            wrong.push(format!("line {number}: {line}: {code:?}\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
