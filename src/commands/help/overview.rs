//! What `breakglass` alone shows, and the commands in groups for `--help`.
//!
//! Stage: before any command. Pure. The first screen fits 80 columns and 24 lines: who types the bare name at night
//! wants the next command, not a manual.

use std::fmt::Write;

/// The commands by what one needs them for. A test holds them complete.
const GROUPS: [(&str, &[&str]); 8] = [
    ("see", &["status", "sessions", "blockers"]),
    ("act", &["cancel", "terminate", "free", "fence", "rescue"]),
    ("no database", &["backends", "sockets", "workers"]),
    ("pooler", &["pgbouncer"]),
    ("ready", &["doctor", "prepare", "drill"]),
    ("watch", &["check", "probe", "record", "headroom"]),
    ("after", &["snapshot", "history"]),
    ("help", &["help", "runbook", "schema", "completions", "man"]),
];

const FIRST: &str = "\
The first five minutes:
  breakglass status      how full, who holds it, what to type next
  breakglass sessions    who is connected, the worst first
  breakglass blockers    who keeps whom waiting
  breakglass free 5      end the least harmful until 5 slots stay free
  breakglass rescue      be led until clients get in again
";

const LAST: &str = "\
Connect as with psql: -h HOST -p PORT -U ROLE -d DATABASE, or -t TARGET.
What changes something shows its plan first and asks. All of it: --help
";

/// The first screen.
pub fn screen(command: &clap::Command) -> String {
    let about = command.get_about().map(ToString::to_string);
    let mut out = format!("{}\n\n{FIRST}\n", about.unwrap_or_default());
    for (group, names) in present(command) {
        let names: Vec<String> = names.iter().map(|found| spelled(found)).collect();
        let _ = writeln!(out, "{group:<12} {}", names.join("  "));
    }
    out.push('\n');
    out.push_str(LAST);
    out
}

/// The commands in their groups, a line each, as the part of `--help` that lists them.
pub fn list(command: &clap::Command) -> String {
    let mut out = String::new();
    for (group, found) in present(command) {
        let _ = writeln!(out, "{group}:");
        for command in found {
            let about = command.get_about().map(ToString::to_string);
            let _ = writeln!(
                out,
                "  {:<17}{}",
                spelled(command),
                about.unwrap_or_default()
            );
        }
    }
    out
}

/// The groups, with those of their commands that there are.
fn present(command: &clap::Command) -> Vec<(&'static str, Vec<&clap::Command>)> {
    GROUPS
        .iter()
        .map(|(group, names)| {
            let found = names
                .iter()
                .filter_map(|name| command.find_subcommand(name));
            (*group, found.collect())
        })
        .collect()
}

/// `sessions (ps)`.
fn spelled(command: &clap::Command) -> String {
    match command.get_visible_aliases().next() {
        Some(alias) => format!("{} ({alias})", command.get_name()),
        None => command.get_name().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli;

    #[test]
    fn every_command_stands_in_one_group() {
        let grouped: Vec<&str> = GROUPS
            .iter()
            .flat_map(|(_, names)| names.iter().copied())
            .collect();
        for command in cli::command().get_subcommands() {
            let times = grouped
                .iter()
                .filter(|name| **name == command.get_name())
                .count();
            assert_eq!(times, 1, "{}", command.get_name());
        }
    }

    #[test]
    fn the_first_screen_fits_a_small_terminal() {
        let screen = screen(&cli::command());
        assert!(screen.lines().count() < 24, "{screen}");
        assert!(screen.lines().all(|line| line.chars().count() <= 80));
        assert!(screen.contains("\nsee          status  sessions (ps)  blockers\n"));
    }

    #[test]
    fn a_line_of_the_list_fits_80_columns() {
        for line in list(&cli::command()).lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}
