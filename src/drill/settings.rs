//! What a throwaway server is started with.
//!
//! Stage: rehearsal, before the server starts.

use std::path::{Path, PathBuf};

/// The role that `initdb` creates, a superuser.
pub const SUPERUSER: &str = "postgres";

/// The database every client of a rehearsal uses.
pub const DATABASE: &str = "postgres";

/// The directory under a throwaway server's own where the commands keep their record and look for their
/// configuration, so that the operator's stay untouched.
pub(super) fn state_directory(server: &Path) -> PathBuf {
    server.join("state")
}

/// Where the server listens besides its private directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listen {
    /// Nowhere: only who may enter its directory can connect.
    SocketOnly,
    /// On a free port of 127.0.0.1 as well, open to every account of this host.
    Loopback,
}

/// When the server counts as started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// It admits clients.
    Admitting,
    /// It has opened its sockets, and may still refuse everybody.
    Listening,
}

/// Where the data directory comes from.
#[derive(Debug, Clone)]
pub enum Data {
    /// `initdb` makes a new one, which takes about two seconds; then these statements are run in it.
    Initialised(Vec<String>),
    /// A copy of one that was made before and shut down.
    CopiedFrom(PathBuf),
}

/// What kind of server is wanted.
#[derive(Debug, Clone)]
pub struct Settings {
    /// This program's executable, for the guard.
    pub program: PathBuf,
    /// The directory under which the private directory is made; short, for socket paths are.
    pub parent: PathBuf,
    /// Where it listens.
    pub listen: Listen,
    /// Where its data comes from.
    pub data: Data,
    /// Lines for `postgresql.conf`: name and value, the value unquoted. Later ones win.
    pub parameters: Vec<(String, String)>,
    /// The whole of `pg_hba.conf`.
    pub access: String,
    /// An empty file to put into the data directory: `standby.signal`, `recovery.signal`.
    pub signal_file: Option<&'static str>,
    /// When it counts as started.
    pub until: Until,
}

impl Settings {
    /// A server that trusts everybody who reaches it, and that nobody but its account reaches.
    pub fn new(program: &Path) -> Self {
        Self {
            program: program.to_owned(),
            parent: short_temporary_directory(),
            listen: Listen::SocketOnly,
            data: Data::Initialised(Vec::new()),
            parameters: Vec::new(),
            access: "local all all trust\n".to_owned(),
            signal_file: None,
            until: Until::Admitting,
        }
    }

    /// Adds a line for `postgresql.conf`.
    pub fn set(mut self, name: &str, value: impl ToString) -> Self {
        self.parameters.push((name.to_owned(), value.to_string()));
        self
    }
}

/// The temporary directory, or `/tmp`: when we are root, whose own directory the server's account may not be able
/// to enter, and when the path would make a Unix socket's longer than the 107 bytes that are allowed.
fn short_temporary_directory() -> PathBuf {
    let directory = std::env::temp_dir();
    if nix::unistd::geteuid().is_root() || directory.as_os_str().len() > 60 {
        PathBuf::from("/tmp")
    } else {
        directory
    }
}
