//! The shells TAB works in: what each of them sources, and how what is found is handed to it.
//!
//! zsh, fish and nushell put quotes around what they insert themselves. bash and PowerShell insert it as it is, so that
//! an application's name could become a command: there it is quoted here.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;

use clap::ValueEnum;
use clap_complete::engine::{CompletionCandidate, complete};
use clap_complete::env::{EnvCompleter, Fish, Powershell as ClapPowershell, Shells, Zsh};
use clap_complete_nushell::Nushell;

/// The variable that turns a run of the program into one of TAB's.
pub const VARIABLE: &str = "_BREAKGLASS_COMPLETE";

/// What every script says of itself; a file without it is not ours.
pub const MARK: &str = "# Printed by 'breakglass completions";

/// All that ask the program at each TAB.
pub const ASKING: Shells<'static> = Shells(&[&Bash, &Zsh, &Fish, &Powershell]);

const NAME: &str = "breakglass";

/// A shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Shell {
    /// bash 4 and later
    Bash,
    /// zsh
    Zsh,
    /// fish
    Fish,
    /// PowerShell
    Powershell,
    /// nushell; the words alone, without what is found on this machine
    Nushell,
}

words!(Shell);

impl Shell {
    /// What it sources. `command` is the command line as it can be typed.
    pub fn script(self, mut command: clap::Command) -> io::Result<String> {
        let mut body = Vec::new();
        let asking: Option<&dyn EnvCompleter> = match self {
            Self::Bash => Some(&Bash),
            Self::Zsh => Some(&Zsh),
            Self::Fish => Some(&Fish),
            Self::Powershell => Some(&Powershell),
            Self::Nushell => None,
        };
        match asking {
            Some(shell) => shell.write_registration(VARIABLE, NAME, NAME, NAME, &mut body)?,
            None => clap_complete::generate(Nushell, &mut command, NAME, &mut body),
        }
        let body = String::from_utf8_lossy(&body);
        let body = body.trim();
        let mark = format!("{MARK} {}'.", self.name());
        Ok(match (self, body.split_once('\n')) {
            // zsh wants its own word in the first line; and a function that it loads on the first TAB is to answer
            // that one, too.
            (Self::Zsh, Some((first, rest))) => format!(
                "{first}\n{mark}\n{rest}\nif [[ ${{funcstack[1]-}} == _{NAME} ]]; then\n    \
                 _clap_dynamic_completer_{NAME} \"$@\"\nfi\n"
            ),
            _ => format!("{mark}\n{body}\n"),
        })
    }
}

/// bash, whose own adapter in the library neither quotes nor describes.
#[derive(Debug)]
struct Bash;

/// What bash says in `COMP_TYPE` when it shows a list and inserts nothing.
const LISTS: &str = "63";

impl EnvCompleter for Bash {
    fn name(&self) -> &'static str {
        "bash"
    }

    fn is(&self, name: &str) -> bool {
        name == "bash"
    }

    fn write_registration(
        &self,
        var: &str,
        name: &str,
        bin: &str,
        _completer: &str,
        buf: &mut dyn Write,
    ) -> io::Result<()> {
        write!(
            buf,
            r#"_{name}() {{
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        COMPREPLY+=("$line")
    done < <({var}=bash _CLAP_COMPLETE_INDEX="$COMP_CWORD" _CLAP_COMPLETE_COMP_TYPE="$COMP_TYPE" \
        "$1" -- "${{COMP_WORDS[@]}}" 2>/dev/null)
    if [[ ${{#COMPREPLY[@]}} -eq 1 && ${{COMPREPLY[0]}} == */ ]]; then
        compopt -o nospace
    fi
}}
complete -o nosort -F _{name} {bin} 2>/dev/null || complete -F _{name} {bin}
"#
        )
    }

    fn write_complete(
        &self,
        cmd: &mut clap::Command,
        args: Vec<OsString>,
        current_dir: Option<&Path>,
        buf: &mut dyn Write,
    ) -> io::Result<()> {
        let set = |name: &str| std::env::var(name).unwrap_or_default();
        let index = set("_CLAP_COMPLETE_INDEX")
            .parse()
            .unwrap_or(args.len().saturating_sub(1));
        let found = complete(cmd, args, index, current_dir)?;
        let lists = set("_CLAP_COMPLETE_COMP_TYPE") == LISTS && found.len() > 1;
        for candidate in &found {
            let value = quoted_for_bash(&text(candidate));
            match help(candidate).filter(|_| lists) {
                Some(help) => writeln!(buf, "{value}  ({help})")?,
                None => writeln!(buf, "{value}")?,
            }
        }
        Ok(())
    }
}

/// PowerShell, whose adapter in the library does not quote.
#[derive(Debug)]
struct Powershell;

impl EnvCompleter for Powershell {
    fn name(&self) -> &'static str {
        ClapPowershell.name()
    }

    fn is(&self, name: &str) -> bool {
        ClapPowershell.is(name)
    }

    fn write_registration(
        &self,
        var: &str,
        name: &str,
        bin: &str,
        completer: &str,
        buf: &mut dyn Write,
    ) -> io::Result<()> {
        ClapPowershell.write_registration(var, name, bin, completer, buf)
    }

    fn write_complete(
        &self,
        cmd: &mut clap::Command,
        args: Vec<OsString>,
        current_dir: Option<&Path>,
        buf: &mut dyn Write,
    ) -> io::Result<()> {
        let index = args.len().saturating_sub(1);
        for candidate in complete(cmd, args, index, current_dir)? {
            let value = quoted_for_powershell(&text(&candidate));
            let help = help(&candidate).unwrap_or_default();
            writeln!(buf, "{value}\t{help}")?;
        }
        Ok(())
    }
}

fn text(candidate: &CompletionCandidate) -> String {
    candidate.get_value().to_string_lossy().into_owned()
}

/// The first line of what is said of it.
fn help(candidate: &CompletionCandidate) -> Option<String> {
    let help = candidate.get_help()?.to_string();
    help.lines().next().map(str::to_owned)
}

/// Whether no shell reads anything into it.
fn is_plain(value: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "-_./:=,+@%".contains(c);
    !value.is_empty() && value.chars().all(plain)
}

/// With a backslash before whatever means something to bash: a word that goes on after a quote cannot be completed.
fn quoted_for_bash(value: &str) -> String {
    if is_plain(value) {
        return value.to_owned();
    }
    let escaped = |c: char| match c.is_alphanumeric() || "-_./:=,+@%".contains(c) {
        true => c.to_string(),
        false => format!("\\{c}"),
    };
    value.chars().map(escaped).collect()
}

fn quoted_for_powershell(value: &str) -> String {
    if is_plain(value) && !value.starts_with(['@', '%']) {
        return value.to_owned();
    }
    // Its typographic quotes count as quotes, too.
    let doubled = |c: char| match c {
        '\'' | '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}' => format!("{c}{c}"),
        c => c.to_string(),
    };
    let inside: String = value.chars().map(doubled).collect();
    format!("'{inside}'")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli;

    #[test]
    fn a_name_never_becomes_a_command() {
        assert_eq!(quoted_for_bash("web-1"), "web-1");
        assert_eq!(quoted_for_bash("it's; rm *"), "it\\'s\\;\\ rm\\ \\*");
        assert_eq!(quoted_for_bash("$(x)`y`"), "\\$\\(x\\)\\`y\\`");
        assert_eq!(quoted_for_powershell("web-1"), "web-1");
        assert_eq!(quoted_for_powershell("it's; $(x)"), "'it''s; $(x)'");
        assert_eq!(
            quoted_for_powershell("a\u{2019};b"),
            "'a\u{2019}\u{2019};b'"
        );
    }

    #[test]
    fn every_script_says_whose_it_is() {
        for shell in Shell::value_variants() {
            let script = shell.script(cli::command()).unwrap_or_default();
            assert!(
                script.contains(&format!("{MARK} {}'.\n", shell.name())),
                "{script}"
            );
        }
    }
}
