//! `breakglass completions SHELL`: what makes TAB explore the command line.

pub mod shells;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;

use self::shells::{MARK, Shell};
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::report::sanitize;
use crate::stages::{Context, replacing};

/// Print a shell's completion script, or install it
///
/// TAB completes commands, flags and their values; in bash, zsh, fish and PowerShell also targets, runtimes, recyclers and
/// fences of this machine, and roles, databases, applications and PIDs from the last listing of the server that the line
/// leads to, as it was shown to you, with what they did and how old that is. TAB never connects: slots are scarce. --install writes one file where the shell
/// looks, and says where; a file there that is not ours is left alone. Changes nothing else; needs no server.
///
/// Exit codes: 0 printed or installed, 2 wrong use, 4 cannot be written, or another's file is there.
///
/// Example: breakglass completions bash --install
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// Which shell
    #[arg(value_enum)]
    shell: Shell,
    /// Write it where the shell looks, for this account
    #[arg(long)]
    install: bool,
}

/// Prints or installs it; `program` is the command line.
pub fn run(args: &CompletionsArgs, context: &Context, program: clap::Command) -> Outcome {
    let script = args.shell.script(program).map_err(|error| {
        Failure::new(
            ExitCode::Nothing,
            anyhow::Error::new(error).context("cannot make the completion script"),
        )
    })?;
    if !args.install {
        context.answer(&script)?;
        return Ok(ExitCode::Done);
    }
    let variable = |name: &str| context.environment.variables.get(name).cloned();
    let root = nix::unistd::geteuid().is_root();
    let path = place(args.shell, root, variable).ok_or_else(|| {
        let what = "HOME says no directory, so where to install is not known; print it into a file instead";
        Failure::say(ExitCode::Usage, what)
    })?;
    let shown = sanitize::one_line(&path.display().to_string());
    if belongs_to_another(&path) {
        return Err(Failure::say(
            ExitCode::Refused,
            format!(
                "{shown} is there and is not ours; move it away, or print the script into a file"
            ),
        ));
    }
    install(&path, &script).map_err(|error| {
        let what = format!("cannot write {shown}");
        Failure::new(ExitCode::Refused, anyhow::Error::new(error).context(what))
    })?;
    context.terminal.say(&format!(
        "installed {shown}\n{}\n",
        now(args.shell, root, &path)
    ));
    Ok(ExitCode::Done)
}

/// Where the shell looks. `None`: nothing says where home is.
fn place(shell: Shell, root: bool, variable: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let set = |name: &str| {
        variable(name)
            .filter(|value| value.starts_with('/'))
            .map(PathBuf::from)
    };
    let home = set("HOME");
    let below =
        |name: &str, usual: &str| set(name).or_else(|| home.as_ref().map(|home| home.join(usual)));
    let data = || below("XDG_DATA_HOME", ".local/share");
    let config = || below("XDG_CONFIG_HOME", ".config");
    Some(match shell {
        Shell::Bash => set("BASH_COMPLETION_USER_DIR")
            .or_else(|| data().map(|data| data.join("bash-completion")))?
            .join("completions/breakglass"),
        // The only directory of all users that zsh looks into wherever it comes from.
        Shell::Zsh if root => PathBuf::from("/usr/local/share/zsh/site-functions/_breakglass"),
        Shell::Zsh => data()?.join("zsh/site-functions/_breakglass"),
        Shell::Fish => config()?.join("fish/completions/breakglass.fish"),
        Shell::Powershell => config()?.join("powershell/breakglass.ps1"),
        Shell::Nushell => data()?.join("nushell/vendor/autoload/breakglass.nu"),
    })
}

/// What to type to have it, now or for ever.
fn now(shell: Shell, root: bool, path: &Path) -> String {
    let directory = path.parent().unwrap_or(path).display().to_string();
    let text = match shell {
        Shell::Bash => {
            "a new shell has it, where the package bash-completion is; here: source it".to_owned()
        }
        Shell::Zsh if root => {
            "a new shell has it; here: autoload -Uz compinit && compinit".to_owned()
        }
        Shell::Zsh => {
            format!("put this before compinit into ~/.zshrc, once: fpath=({directory} $fpath)")
        }
        Shell::Fish => "fish has it at once".to_owned(),
        Shell::Powershell => format!("put this into $PROFILE, once: . {}", path.display()),
        Shell::Nushell => "a new shell has it (0.96 and later)".to_owned(),
    };
    sanitize::one_line(&text)
}

/// Whether something is there that this program did not put there.
fn belongs_to_another(path: &Path) -> bool {
    match fs::read(path) {
        Ok(bytes) => !String::from_utf8_lossy(&bytes).contains(MARK),
        Err(error) => error.kind() != io::ErrorKind::NotFound && path.exists(),
    }
}

fn install(path: &Path, script: &str) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    replacing::write(path, script)
}
