//! Cleans up after a throwaway server, whatever becomes of the process that started it.
//!
//! The guard is a second process of this program. It holds the reading end of a pipe; when the writing end
//! closes, because the starter finished, panicked, was interrupted, hung up on or killed, it stops the
//! throwaway postmaster and removes its directory.
//! Never: touches a directory without our [`MARK`], or a postmaster that does not live in it.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// The file that says a directory is a throwaway server's, and may be removed.
pub const MARK: &str = "breakglass-throwaway-server";

/// The name of the hidden subcommand a guard runs as.
pub const SUBCOMMAND: &str = "drill-guard";

/// The arguments of the hidden subcommand.
#[derive(Debug, clap::Args)]
pub struct GuardArgs {
    /// The throwaway server's directory.
    directory: PathBuf,
}

/// A running guard. Dropping it makes it clean up, and waits until it has.
#[derive(Debug)]
pub struct Guard {
    process: Child,
    directory: PathBuf,
}

impl Guard {
    /// Starts a guard over `directory`. `program` is this program's executable.
    pub fn post(program: &Path, directory: &Path) -> Result<Self> {
        let process = Command::new(program)
            .arg(SUBCOMMAND)
            .arg(directory)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A terminal's Ctrl-C or hang-up goes to its foreground group; the guard must outlive both.
            .process_group(0)
            .spawn()
            .with_context(|| format!("could not start {} {SUBCOMMAND}", program.display()))?;
        Ok(Self {
            process,
            directory: directory.to_owned(),
        })
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // Waiting closes the pipe first.
        let _ = self.process.wait();
        // Should somebody have ended the guard, its work is still ours. A destructor has nobody to tell of a
        // failure; what is left then is a stopped server's directory under the temporary one.
        let _ = clean_up(&self.directory);
    }
}

/// What the guard's process does: waits until `input` closes, then cleans up.
pub fn run(args: &GuardArgs, mut input: impl Read) -> Result<()> {
    let mut ignored = [0; 64];
    while matches!(input.read(&mut ignored), Ok(read) if read > 0) {}
    clean_up(&args.directory)
}

/// Stops the postmaster of a throwaway directory, if one runs, and removes the directory.
fn clean_up(directory: &Path) -> Result<()> {
    if !directory.exists() {
        return Ok(());
    }
    if !directory.join(MARK).is_file() {
        bail!(
            "{} is not a throwaway server's directory",
            directory.display()
        );
    }
    let data = directory.join("data");
    let deadline = Instant::now() + Duration::from_secs(10);
    while let Some(postmaster) = postmaster_of(&data) {
        // Immediate shutdown: nothing in this server is worth a checkpoint. No other postmaster ever gets
        // this signal from this program.
        let _ = kill(postmaster, Signal::SIGQUIT);
        if Instant::now() > deadline {
            bail!("the throwaway server {postmaster} does not stop");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    // An interrupted `initdb` may still be writing; it stops when its directory goes.
    while let Err(error) = std::fs::remove_dir_all(directory) {
        if error.kind() == std::io::ErrorKind::NotFound {
            break;
        }
        if Instant::now() > deadline {
            return Err(error).with_context(|| format!("could not remove {}", directory.display()));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// The postmaster that runs in `data`, if there is one: named by the lock file, and living there. A server
/// always works in its data directory, so a PID that was given to another process is told apart.
fn postmaster_of(data: &Path) -> Option<Pid> {
    let lock = std::fs::read_to_string(data.join("postmaster.pid")).ok()?;
    let pid: i32 = lock
        .lines()
        .next()?
        .trim()
        .parse()
        .ok()
        .filter(|pid| *pid > 1)?;
    let lives_there = match std::fs::read_link(format!("/proc/{pid}/cwd")) {
        Ok(directory) => directory == data.canonicalize().ok()?,
        // Without /proc the lock file, which a server removes as it exits, has to do.
        Err(_) => !Path::new("/proc/self").exists() && kill(Pid::from_raw(pid), None).is_ok(),
    };
    lives_there.then_some(Pid::from_raw(pid))
}

#[cfg(test)]
mod tests {
    use super::{GuardArgs, MARK, run};

    #[test]
    fn a_directory_without_the_mark_is_left_alone() -> std::io::Result<()> {
        let parent = tempfile::tempdir()?;
        let directory = parent.path().join("precious");
        std::fs::create_dir(&directory)?;
        assert!(
            run(
                &GuardArgs {
                    directory: directory.clone()
                },
                std::io::empty()
            )
            .is_err()
        );
        assert!(directory.exists());
        Ok(())
    }

    #[test]
    fn a_marked_directory_goes_when_the_pipe_closes() -> std::io::Result<()> {
        let parent = tempfile::tempdir()?;
        let directory = parent.path().join("throwaway");
        std::fs::create_dir(&directory)?;
        std::fs::write(directory.join(MARK), "")?;
        assert!(
            run(
                &GuardArgs {
                    directory: directory.clone()
                },
                std::io::empty()
            )
            .is_ok()
        );
        assert!(!directory.exists());
        Ok(())
    }
}
