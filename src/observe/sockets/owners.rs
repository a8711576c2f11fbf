//! Finds the processes that have given sockets open, by the inodes their descriptors point to.
//!
//! Stage: observing. Reading links is what costs, so the processes of the users who opened the sockets are looked at
//! first, and the others only if an owner is still missing. Each is read once, with one descriptor held at a time.
//! Never: follows a descriptor to what it points to, which may hang on a dead network file system.

use std::collections::{HashMap, HashSet};
use std::ffi::CStr;
use std::fs;
use std::io;
use std::mem::MaybeUninit;
use std::path::Path;

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, RawDir, open, openat, readlinkat_raw, statat};

use super::Shared;
use crate::decide::sockets::{Owner, Owners};

const DIRECTORY: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::CLOEXEC);
/// How much of a command line is kept.
const COMMAND: usize = 4096;

/// Who has which socket.
#[derive(Debug, Default)]
pub struct Found {
    by_inode: HashMap<u32, Vec<Shared>>,
    /// Processes whose descriptors we may not read.
    pub closed: usize,
}

impl Found {
    /// Owners of the socket with this inode.
    pub fn of(&self, inode: u32) -> Owners {
        match self.by_inode.get(&inode) {
            Some(owners) => Owners::Known(owners.clone()),
            // The kernel takes the inode away with the last descriptor; while there is one, some process has it,
            // perhaps one of a PID namespace that is not shown here.
            None if inode == 0 => Owners::Nobody,
            None => Owners::NotVisible,
        }
    }
}

/// Looks through the processes under `proc` for those that have one of `inodes` open. `uids` are the users that
/// opened them.
pub fn find(proc: &Path, inodes: &HashSet<u32>, uids: &HashSet<u32>) -> io::Result<Found> {
    let mut found = Found::default();
    if inodes.is_empty() {
        return Ok(found);
    }
    let root = open(proc, DIRECTORY, Mode::empty())?;
    let (likely, others) = processes(&root, uids)?;
    for pid in likely {
        look(&root, pid, inodes, &mut found);
    }
    if found.by_inode.len() < inodes.len() {
        for pid in others {
            look(&root, pid, inodes, &mut found);
        }
    }
    Ok(found)
}

/// PIDs of the processes of these users, and of all others.
fn processes(root: &OwnedFd, uids: &HashSet<u32>) -> io::Result<(Vec<i32>, Vec<i32>)> {
    let (mut likely, mut others) = (Vec::new(), Vec::new());
    let mut buffer = [const { MaybeUninit::uninit() }; 16 * 1024];
    let mut entries = RawDir::new(root, &mut buffer);
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let Some(pid) = number(entry.file_name()) else {
            continue;
        };
        // The directory belongs to the effective user. Gone by now: nothing to read.
        let Ok(stat) = statat(root, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW) else {
            continue;
        };
        if uids.contains(&stat.st_uid) {
            likely.push(pid);
        } else {
            others.push(pid);
        }
    }
    Ok((likely, others))
}

fn look(root: &OwnedFd, pid: i32, inodes: &HashSet<u32>, found: &mut Found) {
    let descriptors = match openat(root, format!("{pid}/fd"), DIRECTORY, Mode::empty()) {
        Ok(descriptors) => descriptors,
        Err(rustix::io::Errno::ACCESS | rustix::io::Errno::PERM) => {
            found.closed += 1;
            return;
        }
        // It has ended.
        Err(_) => return,
    };
    let mut owner: Option<Shared> = None;
    let mut buffer = [const { MaybeUninit::uninit() }; 16 * 1024];
    let mut entries = RawDir::new(&descriptors, &mut buffer);
    while let Some(entry) = entries.next() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(rustix::io::Errno::ACCESS | rustix::io::Errno::PERM) => {
                found.closed += 1;
                return;
            }
            Err(_) => return,
        };
        if entry.file_type() != FileType::Symlink {
            continue;
        }
        let Some(inode) =
            socket_inode(&descriptors, entry.file_name()).filter(|inode| inodes.contains(inode))
        else {
            continue;
        };
        if owner.is_none() {
            owner = describe(root, pid).map(Shared::new);
        }
        if let Some(owner) = &owner {
            let owners = found.by_inode.entry(inode).or_default();
            // The same socket under two numbers.
            if owners.last().is_none_or(|last| last.pid != pid) {
                owners.push(Shared::clone(owner));
            }
        }
    }
}

/// The inode of a descriptor that is a socket.
fn socket_inode(descriptors: impl AsFd, name: &CStr) -> Option<u32> {
    let mut link = [MaybeUninit::uninit(); 32];
    let (text, _) = readlinkat_raw(descriptors, name, &mut link).ok()?;
    let digits = text.strip_prefix(b"socket:[")?.strip_suffix(b"]")?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// What a person needs to recognise the process. `None`: it has ended.
fn describe(root: &OwnedFd, pid: i32) -> Option<Owner> {
    let stat = read(root, pid, "stat", 1024)?;
    let directory = statat(root, format!("{pid}"), AtFlags::SYMLINK_NOFOLLOW).ok()?;
    let (name, started) = name_and_start(&String::from_utf8_lossy(&stat))?;
    let arguments = read(root, pid, "cmdline", COMMAND).unwrap_or_default();
    let command = String::from_utf8_lossy(&arguments)
        .replace('\0', " ")
        .trim_end()
        .to_owned();
    Some(Owner {
        pid,
        started,
        uid: directory.st_uid,
        name,
        command,
    })
}

/// When process `pid` started, in ticks since boot. `None`: there is none, or it is a zombie.
pub fn started(proc: &Path, pid: i32) -> Option<u64> {
    let stat = fs::read(proc.join(pid.to_string()).join("stat")).ok()?;
    let stat = String::from_utf8_lossy(&stat);
    let state = stat.rsplit_once(") ")?.1.chars().next()?;
    (state != 'Z' && state != 'X').then_some(name_and_start(&stat)?.1)
}

/// `pid` and its parents, up to the first process.
pub fn ancestors(proc: &Path, mut pid: i32) -> HashSet<i32> {
    let mut all = HashSet::new();
    while pid > 0 && all.insert(pid) {
        let stat = fs::read(proc.join(pid.to_string()).join("stat")).unwrap_or_default();
        let stat = String::from_utf8_lossy(&stat);
        let parent = stat
            .rsplit_once(") ")
            .and_then(|(_, tail)| tail.split(' ').nth(1)?.parse().ok());
        pid = parent.unwrap_or(0);
    }
    all
}

/// `comm` and field 22. The name may hold blanks and parentheses; the last closing one ends it.
fn name_and_start(stat: &str) -> Option<(String, u64)> {
    let (head, tail) = stat.rsplit_once(") ")?;
    let (_, name) = head.split_once(" (")?;
    let started = tail.split(' ').nth(19)?.trim_end().parse().ok()?;
    Some((name.to_owned(), started))
}

fn read(root: &OwnedFd, pid: i32, file: &str, most: usize) -> Option<Vec<u8>> {
    let file = openat(
        root,
        format!("{pid}/{file}"),
        OFlags::RDONLY | OFlags::CLOEXEC,
        Mode::empty(),
    )
    .ok()?;
    let mut bytes = vec![0; most];
    let length = rustix::io::read(&file, bytes.as_mut_slice()).ok()?;
    bytes.truncate(length);
    Some(bytes)
}

fn number(name: &CStr) -> Option<i32> {
    let text = name.to_str().ok()?;
    text.parse().ok().filter(|pid| *pid > 0)
}

/// PIDs under `proc`, ascending.
pub(crate) fn pids(proc: &Path) -> io::Result<Vec<i32>> {
    let root = open(proc, DIRECTORY, Mode::empty())?;
    let (_, mut all) = processes(&root, &HashSet::new())?;
    all.sort_unstable();
    Ok(all)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used)]

    use std::os::unix::fs::symlink;

    use super::*;

    /// A made-up /proc.
    struct Proc(tempfile::TempDir);

    impl Proc {
        fn new() -> Self {
            Self(tempfile::tempdir().expect("a directory"))
        }

        fn process(&self, pid: i32, comm: &str, links: &[&str]) {
            let directory = self.0.path().join(pid.to_string());
            fs::create_dir_all(directory.join("fd")).expect("a directory");
            let zeros = "0 ".repeat(18);
            let stat = format!("{pid} ({comm}) S {zeros}{} 0 0\n", pid * 10);
            fs::write(directory.join("stat"), stat).expect("stat");
            fs::write(directory.join("cmdline"), b"python\0worker \xff\0").expect("cmdline");
            for (number, target) in links.iter().enumerate() {
                symlink(target, directory.join("fd").join(number.to_string())).expect("a link");
            }
        }

        fn find(&self, inodes: &[u32], uids: &[u32]) -> Found {
            let set = |numbers: &[u32]| numbers.iter().copied().collect();
            find(self.0.path(), &set(inodes), &set(uids)).expect("a scan")
        }
    }

    fn pids_of(owners: &Owners) -> Vec<i32> {
        owners.known().iter().map(|owner| owner.pid).collect()
    }

    #[test]
    fn owners_are_found_with_all_that_share_a_socket() {
        let proc = Proc::new();
        proc.process(
            10,
            "a) b (c",
            &["/dev/null", "socket:[77]", "socket:[77]", "pipe:[78]"],
        );
        proc.process(
            11,
            "worker",
            &["socket:[77]", "socket:[79]", "anon_inode:[eventpoll]"],
        );
        let us = nix::unistd::geteuid().as_raw();
        let found = proc.find(&[77, 78, 79], &[us]);
        let mut shared = pids_of(&found.of(77));
        shared.sort_unstable();
        assert_eq!(shared, [10, 11]);
        assert_eq!(pids_of(&found.of(79)), [11]);
        // A pipe with the number of a socket is no socket.
        assert_eq!(found.of(78), Owners::NotVisible);
        let Owners::Known(owners) = found.of(77) else {
            panic!("known")
        };
        let one = owners
            .iter()
            .find(|owner| owner.pid == 10)
            .expect("process 10");
        assert_eq!((one.name.as_str(), one.started), ("a) b (c", 100));
        assert_eq!(one.command, "python worker \u{fffd}");
        assert_eq!(started(proc.0.path(), 10), Some(100));
        assert_eq!(started(proc.0.path(), 12), None);
    }

    #[test]
    fn other_users_processes_are_read_only_while_an_owner_is_missing() {
        let proc = Proc::new();
        proc.process(10, "worker", &["socket:[77]"]);
        let stranger = nix::unistd::geteuid().as_raw() + 1;
        assert_eq!(pids_of(&proc.find(&[77], &[stranger]).of(77)), [10]);
    }

    #[test]
    fn only_a_socket_without_an_inode_has_no_owner() {
        let found = Found::default();
        assert_eq!(found.of(77), Owners::NotVisible);
        assert_eq!(found.of(0), Owners::Nobody);
    }
}
