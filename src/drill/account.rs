//! Who runs the throwaway server: ourselves, or somebody without privileges when we are root.
//!
//! Stage: before the throwaway server starts. PostgreSQL's programs refuse to run as root.
//! Never: changes who *this* process is.

use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};
use nix::unistd::User;

/// The account the server's programs run under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Account {
    /// The one that runs this program.
    Ours,
    /// Another one, which root changes to.
    Other {
        /// Its user id.
        uid: u32,
        /// Its group id.
        gid: u32,
    },
}

impl Account {
    /// Ours, unless we are root: then `postgres` if there is one, else `nobody`.
    pub fn without_privileges() -> Result<Self> {
        if !nix::unistd::geteuid().is_root() {
            return Ok(Self::Ours);
        }
        for name in ["postgres", "nobody"] {
            if let Some(user) = User::from_name(name)? {
                return Ok(Self::Other {
                    uid: user.uid.as_raw(),
                    gid: user.gid.as_raw(),
                });
            }
        }
        bail!(
            "PostgreSQL refuses to run as root, and there is neither a `postgres` nor a `nobody` account here"
        )
    }

    /// Gives a file or directory to this account.
    pub fn own(&self, path: &Path) -> std::io::Result<()> {
        match self {
            Self::Ours => Ok(()),
            Self::Other { uid, gid } => std::os::unix::fs::chown(path, Some(*uid), Some(*gid)),
        }
    }

    /// A command under this account, in `directory`, with a bare environment: `PG*` variables meant for a
    /// real server must not reach the throwaway one.
    pub fn command(&self, program: impl AsRef<OsStr>, directory: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(directory)
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("LC_ALL", "C")
            .stdin(Stdio::null());
        if let Self::Other { uid, gid } = self {
            command.uid(*uid).gid(*gid);
        }
        command
    }
}
