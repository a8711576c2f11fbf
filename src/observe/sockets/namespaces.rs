//! The network namespaces of this host: which there are, what people call them, and a way into each.
//!
//! Stage: observing. A namespace is found through the processes in it and the names `ip netns` keeps; each is entered
//! once. Reading other users' processes and entering takes root; what stays closed is said to be.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::owners;
use crate::decide::sockets::Namespace;
use crate::lanes::sock_diag::{SockDiag, namespace};

/// A namespace seen on the way.
struct Sighting {
    path: PathBuf,
    name: String,
}

/// Ours with its lane, then every other, with a lane where it could be entered.
pub fn open(
    proc: &Path,
    named: &Path,
    ours: SockDiag,
) -> io::Result<Vec<(Namespace, Option<SockDiag>)>> {
    let own = inode_of_link(&proc.join("self/ns/net")).unwrap_or_default();
    let mut seen: BTreeMap<u64, Sighting> = BTreeMap::new();
    let mut hidden = 0_usize;
    for entry in fs::read_dir(named).into_iter().flatten().flatten() {
        if let Ok(metadata) = fs::metadata(entry.path()) {
            let name = entry.file_name().to_string_lossy().into_owned();
            let sighting = Sighting {
                path: entry.path(),
                name,
            };
            seen.entry(metadata.ino()).or_insert(sighting);
        }
    }
    for pid in owners::pids(proc)? {
        let path = proc.join(pid.to_string()).join("ns/net");
        match inode_of_link(&path) {
            Ok(inode) => {
                seen.entry(inode).or_insert_with(|| Sighting {
                    name: called(proc, pid),
                    path,
                });
            }
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => hidden += 1,
            // It has ended.
            Err(_) => {}
        }
    }
    seen.remove(&own);
    let here = Namespace {
        inode: own,
        name: "this".to_owned(),
        ours: true,
        closed: None,
    };
    let mut all = vec![(here, Some(ours))];
    for (inode, sighting) in seen {
        let (lane, closed) = match enter(&sighting.path) {
            Ok(lane) => (Some(lane), None),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                (None, Some("entering it needs root".to_owned()))
            }
            Err(error) => (None, Some(error.to_string())),
        };
        let namespace = Namespace {
            inode,
            name: sighting.name,
            ours: false,
            closed,
        };
        all.push((namespace, lane));
    }
    if hidden > 0 {
        let unknown = Namespace {
            inode: 0,
            name: if hidden == 1 {
                "of another process".to_owned()
            } else {
                format!("of {hidden} other processes")
            },
            ours: false,
            closed: Some("this account may not see it (root with CAP_SYS_PTRACE may)".to_owned()),
        };
        all.push((unknown, None));
    }
    Ok(all)
}

fn enter(path: &Path) -> io::Result<SockDiag> {
    namespace::open_in(OwnedFd::from(File::open(path)?))
}

/// `net:[4026531840]`
fn inode_of_link(path: &Path) -> io::Result<u64> {
    let target = fs::read_link(path)?;
    let text = target.to_string_lossy();
    text.strip_prefix("net:[")
        .and_then(|rest| rest.strip_suffix(']'))
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| io::Error::other("no network namespace"))
}

fn called(proc: &Path, pid: i32) -> String {
    let comm = fs::read_to_string(proc.join(pid.to_string()).join("comm")).unwrap_or_default();
    format!("of PID {pid} ({})", comm.trim_end())
}
