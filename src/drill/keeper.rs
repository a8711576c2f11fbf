//! Keeps another program running for as long as the rehearsal does, and ends it whatever becomes of the rehearsal.
//!
//! Stage: rehearsal; it runs as a hidden subcommand, which ends its program when its own input closes.
//! Never: keeps anything but what the drill starts it with.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

use super::account::Account;

/// The name of the hidden subcommand.
pub const SUBCOMMAND: &str = "drill-keeper";

/// The arguments of the hidden subcommand.
#[derive(Debug, clap::Args)]
pub struct KeeperArgs {
    /// Where the program works.
    directory: PathBuf,
    /// The program and its arguments.
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

/// A kept program. Dropping it ends the program.
#[derive(Debug)]
pub struct Keeper {
    process: Child,
}

impl Keeper {
    /// Starts the program `words` in `directory`. `program` is this program's executable.
    pub fn start(program: &Path, directory: &Path, words: &[String]) -> Result<Self> {
        let process = Command::new(program)
            .arg(SUBCOMMAND)
            .arg(directory)
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .with_context(|| format!("could not start {} {SUBCOMMAND}", program.display()))?;
        Ok(Self { process })
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        // Waiting closes its input first.
        let _ = self.process.wait();
    }
}

/// What the keeper's process does: runs the program, unprivileged, and ends it when `input` closes.
pub fn run(args: &KeeperArgs, mut input: impl Read) -> Result<()> {
    let (program, words) = args.words.split_first().context("no program")?;
    let mut kept = Account::without_privileges()?
        .command(program, &args.directory)
        .args(words)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("could not start {program}"))?;
    let mut ignored = [0; 64];
    while matches!(input.read(&mut ignored), Ok(read) if read > 0) {}
    // It is our child and not yet waited for, and no PostgreSQL process.
    kept.kill()?;
    kept.wait()?;
    Ok(())
}
