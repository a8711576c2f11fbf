//! Which PostgreSQL servers run on this host, in whichever container.
//!
//! Stage: observing. A postmaster is never found by its title, which says nothing: it is a process of the right
//! name whose working directory holds a `postmaster.pid` with the process's own PID in it, as counted in the
//! innermost PID namespace. In a container that number is often 1; outside it is somebody else's.
//! Never: takes one for confirmed whose working directory may not be read.

use std::io::{self, ErrorKind};
use std::path::PathBuf;

use super::proc_fs::{ProcFs, Stat};

/// A running server, confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// Its postmaster's PID, as this host counts.
    pub postmaster: i32,
    /// When that started, in microseconds since 1970.
    pub started: i64,
    /// Data directory, as the server itself calls it.
    pub data_directory: PathBuf,
    /// Port.
    pub port: Option<u16>,
    /// Directory of its first Unix socket.
    pub socket_directory: Option<PathBuf>,
    /// Whether it sees the same files as we do, so that a path means the same to both.
    pub shares_our_files: bool,
    /// Major version.
    pub major: Option<u32>,
    /// Standby, or recovering.
    pub in_recovery: bool,
    /// The executable every one of its processes must have.
    pub executable: PathBuf,
    /// The working directory every one of its processes must have.
    pub directory: PathBuf,
}

/// What runs like a server, and may not be looked at closely by this account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unconfirmed {
    /// Its PID.
    pub postmaster: i32,
    /// Whose it is.
    pub owner: Option<u32>,
    /// Its command line.
    pub command_line: String,
}

/// One look at the host.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Host {
    /// Servers that are certain.
    pub clusters: Vec<Cluster>,
    /// Servers that are not.
    pub unconfirmed: Vec<Unconfirmed>,
    /// Other accounts' processes are not shown to us (`hidepid`).
    pub others_hidden: bool,
}

/// Looks at every process of the host.
pub fn find(proc: &ProcFs) -> io::Result<Host> {
    let candidates = candidates(proc)?;
    let parents: Vec<i32> = candidates.iter().map(|(pid, _)| *pid).collect();
    let mut host = Host {
        others_hidden: proc.hides_others(),
        ..Host::default()
    };
    for (pid, stat) in &candidates {
        // A connection that has not said a word yet carries the postmaster's command line.
        let child = parents.contains(&stat.parent);
        match confirm(proc, *pid, stat) {
            Ok(Some(cluster)) => host.clusters.push(cluster),
            Ok(None) => {}
            Err(error) if error.kind() == ErrorKind::PermissionDenied && !child => {
                let owner = proc.owner(*pid).ok();
                // PostgreSQL refuses to serve as root: this is `postgres --version` or the like.
                if owner == Some(0) {
                    continue;
                }
                host.unconfirmed.push(Unconfirmed {
                    postmaster: *pid,
                    owner,
                    command_line: proc
                        .title(*pid)
                        .unwrap_or_default()
                        .replace('\0', " ")
                        .trim_end()
                        .to_owned(),
                });
            }
            // It ended while we looked, or is no server.
            Err(_) => {}
        }
    }
    Ok(host)
}

/// Processes that could be postmasters: called like one, with a command line instead of a title.
fn candidates(proc: &ProcFs) -> io::Result<Vec<(i32, Stat)>> {
    let mut found = Vec::new();
    for pid in proc.pids()? {
        let Ok(stat) = proc.stat(pid) else { continue };
        let called = stat.command.contains("postgres") || stat.command == "postmaster";
        if called
            && !stat.ended
            && proc
                .title(pid)
                .is_ok_and(|title| !title.starts_with("postgres: "))
        {
            found.push((pid, stat));
        }
    }
    Ok(found)
}

/// The cluster whose postmaster this is; `None` if it is not one.
fn confirm(proc: &ProcFs, pid: i32, stat: &Stat) -> io::Result<Option<Cluster>> {
    let directory = proc.link(pid, "cwd")?;
    let lock = match proc.file_where(pid, "postmaster.pid") {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    let lines: Vec<&str> = lock.lines().map(str::trim).collect();
    let line = |index: usize| lines.get(index).copied().filter(|line| !line.is_empty());
    if line(0).and_then(|pid| pid.parse().ok()) != Some(proc.inner_pid(pid)?) {
        return Ok(None);
    }
    let version = proc.file_where(pid, "PG_VERSION")?;
    Ok(Some(Cluster {
        postmaster: pid,
        started: stat.started,
        data_directory: line(1).map_or_else(|| directory.clone(), PathBuf::from),
        port: line(3).and_then(|port| port.parse().ok()),
        socket_directory: line(4).map(PathBuf::from),
        shares_our_files: proc.shares_mounts(pid),
        major: version.trim().parse().ok(),
        in_recovery: ["standby.signal", "recovery.signal"]
            .iter()
            .any(|name| proc.exists_where(pid, name)),
        executable: proc.link(pid, "exe")?,
        directory,
    }))
}

impl Cluster {
    /// How a person tells it from the others: `/var/lib/postgresql/17/main, port 5432`.
    pub fn label(&self) -> String {
        let port = self
            .port
            .map_or(String::new(), |port| format!(", port {port}"));
        format!("{}{port}", self.data_directory.display())
    }

    /// Whether `wanted` (`--cluster`) names it: by data directory, port, or `pid:` and its postmaster.
    pub fn is_called(&self, wanted: &str) -> bool {
        if let Some(pid) = wanted.strip_prefix("pid:") {
            return pid.parse() == Ok(self.postmaster);
        }
        match wanted.parse::<u16>() {
            Ok(port) => self.port == Some(port),
            // Compared part by part: a slash at the end makes no difference.
            Err(_) => self.data_directory == *wanted || self.directory == *wanted,
        }
    }

    /// Whether its postmaster still is the process that was found.
    pub fn runs(&self, proc: &ProcFs) -> bool {
        proc.stat(self.postmaster)
            .is_ok_and(|stat| !stat.ended && stat.started == self.started)
    }
}
