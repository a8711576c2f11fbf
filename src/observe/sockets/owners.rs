//! Finds the processes that have given sockets open, by the inodes their descriptors point to.
//!
//! Stage: observing. Reading links is what costs, so the processes of the users who opened the sockets are looked at
//! first, and the others only if an owner is still missing; and a process is first looked at where its relatives have
//! their sockets ([`Relatives`]). One descriptor is held at a time.
//! Never: follows a descriptor to what it points to, which may hang on a dead network file system; takes an owner for
//! granted, since every socket was read from a descriptor of the very process.

use std::collections::{HashMap, HashSet};
use std::ffi::CStr;
use std::fs;
use std::io;
use std::mem::MaybeUninit;
use std::path::Path;
use std::sync::Arc;

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{FileType, Mode, OFlags, RawDir, fstat, open, openat, readlinkat_raw};
use rustix::io::Errno;

use super::relatives::{Guess, Relatives};
use crate::decide::sockets::{Owner, Owners};

/// What `owners` finds, shared by all the sockets of a process.
pub(super) type Shared = Arc<Owner>;

const DIRECTORY: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::CLOEXEC);
/// How much of a command line is kept.
const COMMAND: usize = 4096;
/// `PF_KTHREAD`: a thread of the kernel, which has no descriptors.
const KERNEL_THREAD: u64 = 0x0020_0000;

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
///
/// Every socket that a visible process has gets an owner. Who shares it is found among that process's relatives,
/// under the same number, which is what a fork leaves behind; a socket that was handed to a process which has others
/// by another way may miss that one.
pub fn find(proc: &Path, inodes: &HashSet<u32>, uids: &HashSet<u32>) -> io::Result<Found> {
    let root = open(proc, DIRECTORY, Mode::empty())?;
    let mut scan = Scan {
        root: &root,
        inodes,
        relatives: Relatives::default(),
        found: Found::default(),
        tried: Vec::new(),
    };
    if inodes.is_empty() {
        return Ok(scan.found);
    }
    let mut others = Vec::new();
    for pid in pids(proc)? {
        if let Some(process) = Process::open(&root, pid) {
            if uids.contains(&process.uid) {
                scan.look(process);
            } else {
                others.push(pid);
            }
        }
    }
    scan.look_where_relatives_turned_out_to_have_them();
    if scan.misses_some() {
        scan.read_in_full_what_was_only_tried();
    }
    for pid in others {
        if !scan.misses_some() {
            break;
        }
        if let Some(mut process) = Process::open(&root, pid) {
            scan.read_in_full(&mut process);
        }
    }
    Ok(scan.found)
}

struct Scan<'a> {
    root: &'a OwnedFd,
    inodes: &'a HashSet<u32>,
    relatives: Relatives,
    found: Found,
    /// Processes that were looked at under some numbers alone, and those.
    tried: Vec<(i32, u64, Guess)>,
}

impl Scan<'_> {
    fn misses_some(&self) -> bool {
        self.found.by_inode.len() < self.inodes.len()
    }

    fn look(&mut self, mut process: Process) {
        if process.kernel_thread {
            return;
        }
        self.relatives.met(process.pid, process.parent);
        let Some(guess) = self.relatives.guess(process.pid) else {
            return self.read_in_full(&mut process);
        };
        match self.try_numbers(&mut process, &guess.numbers) {
            Tried::Found if !self.inherits_many(&mut process, &guess) => {
                self.tried.push((process.pid, process.started, guess));
            }
            Tried::Closed => self.found.closed += 1,
            _ => self.read_in_full(&mut process),
        }
    }

    /// Whether the few numbers that stand for a relative's many lead to a socket here as well.
    fn inherits_many(&mut self, process: &mut Process, guess: &Guess) -> bool {
        matches!(self.try_numbers(process, &guess.samples), Tried::Found)
    }

    fn try_numbers(&mut self, process: &mut Process, numbers: &[u32]) -> Tried {
        let mut any = Tried::Nothing;
        for number in numbers {
            match link(&process.directory, format!("fd/{number}")) {
                Ok(Some(inode)) if self.inodes.contains(&inode) => {
                    self.owns(process, *number, inode);
                    any = Tried::Found;
                }
                Err(Errno::ACCESS | Errno::PERM) => return Tried::Closed,
                _ => {}
            }
        }
        any
    }

    /// A fork shows from either side, and the older relative is not always the one that was read first.
    fn look_where_relatives_turned_out_to_have_them(&mut self) {
        for (pid, started, guess) in std::mem::take(&mut self.tried) {
            let now = self.relatives.guess(pid);
            if now.as_ref() != Some(&guess)
                && let Some(mut process) = self.again(pid, started)
            {
                let known = |number: &&u32| {
                    !guess.numbers.contains(number) && !guess.samples.contains(number)
                };
                let Some(now) = now else {
                    self.read_in_full(&mut process);
                    continue;
                };
                let new: Vec<u32> = now.numbers.iter().filter(known).copied().collect();
                self.try_numbers(&mut process, &new);
                if self.inherits_many(&mut process, &now) {
                    self.read_in_full(&mut process);
                    continue;
                }
            }
            self.tried.push((pid, started, guess));
        }
    }

    fn read_in_full_what_was_only_tried(&mut self) {
        for (pid, started, _) in std::mem::take(&mut self.tried) {
            if !self.misses_some() {
                return;
            }
            if let Some(mut process) = self.again(pid, started) {
                self.read_in_full(&mut process);
            }
        }
    }

    fn again(&self, pid: i32, started: u64) -> Option<Process> {
        Process::open(self.root, pid).filter(|process| process.started == started)
    }

    fn read_in_full(&mut self, process: &mut Process) {
        let descriptors = match openat(&process.directory, "fd", DIRECTORY, Mode::empty()) {
            Ok(descriptors) => descriptors,
            Err(Errno::ACCESS | Errno::PERM) => {
                self.found.closed += 1;
                return;
            }
            // It has ended.
            Err(_) => return,
        };
        let mut buffer = [const { MaybeUninit::uninit() }; 16 * 1024];
        let mut entries = RawDir::new(&descriptors, &mut buffer);
        while let Some(entry) = entries.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(Errno::ACCESS | Errno::PERM) => {
                    self.found.closed += 1;
                    return;
                }
                Err(_) => return,
            };
            if entry.file_type() != FileType::Symlink {
                continue;
            }
            let inode = match link(&descriptors, entry.file_name()) {
                Ok(Some(inode)) if self.inodes.contains(&inode) => inode,
                // Its descriptors may be counted and not read: the others will not be readable either.
                Err(Errno::ACCESS | Errno::PERM) => {
                    self.found.closed += 1;
                    return;
                }
                _ => continue,
            };
            if let Some(number) = number(entry.file_name()) {
                self.owns(process, number.unsigned_abs(), inode);
            }
        }
    }

    fn owns(&mut self, process: &mut Process, number: u32, inode: u32) {
        let Some(owner) = process.owner() else {
            return;
        };
        let owners = self.found.by_inode.entry(inode).or_default();
        // The same socket under two numbers, or read again.
        if owners.iter().all(|known| known.pid != owner.pid) {
            owners.push(owner);
        }
        self.relatives.has(process.pid, number);
    }
}

enum Tried {
    Found,
    Nothing,
    /// We may not look.
    Closed,
}

/// A process, held by its directory: once it has ended nothing more is read through that, whoever has the PID then.
struct Process {
    directory: OwnedFd,
    pid: i32,
    parent: i32,
    started: u64,
    uid: u32,
    kernel_thread: bool,
    name: String,
    owner: Option<Shared>,
}

impl Process {
    /// `None`: it has ended.
    fn open(root: &OwnedFd, pid: i32) -> Option<Self> {
        let mut name = pid.to_string();
        let directory = openat(root, name.as_str(), DIRECTORY, Mode::empty()).ok()?;
        let uid = fstat(&directory).ok()?.st_uid;
        let mut bytes = [0; 1024];
        let length = read(&directory, "stat", &mut bytes)?;
        let stat = String::from_utf8_lossy(&bytes[..length]);
        let (comm, started) = name_and_start(&stat)?;
        name.clear();
        name.push_str(comm);
        let field = |at: usize| stat.rsplit_once(") ")?.1.split(' ').nth(at);
        Some(Self {
            pid,
            parent: field(1)?.parse().ok()?,
            started,
            // The directory belongs to the effective user.
            uid,
            kernel_thread: field(6)?.parse::<u64>().ok()? & KERNEL_THREAD != 0,
            name,
            owner: None,
            directory,
        })
    }

    /// What a person needs to recognise it.
    fn owner(&mut self) -> Option<Shared> {
        if self.owner.is_none() {
            let mut bytes = [0; COMMAND];
            let length = read(&self.directory, "cmdline", &mut bytes)?;
            let mut line = &bytes[..length];
            // What stands behind the end of a title is what is left of a longer one.
            if line.starts_with(b"postgres: ") {
                line = line.split(|byte| *byte == 0).next().unwrap_or_default();
            }
            let command = String::from_utf8_lossy(line).replace('\0', " ");
            self.owner = Some(Shared::new(Owner {
                pid: self.pid,
                started: self.started,
                uid: self.uid,
                name: self.name.clone(),
                command: command.trim_end().to_owned(),
            }));
        }
        self.owner.clone()
    }
}

/// The inode of a descriptor that is a socket; `None` of any other.
fn link(directory: impl AsFd, name: impl rustix::path::Arg) -> Result<Option<u32>, Errno> {
    let mut link = [MaybeUninit::uninit(); 32];
    let (text, _) = readlinkat_raw(directory, name, &mut link)?;
    let inode = || {
        let digits = text.strip_prefix(b"socket:[")?.strip_suffix(b"]")?;
        std::str::from_utf8(digits).ok()?.parse().ok()
    };
    Ok(inode())
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
fn name_and_start(stat: &str) -> Option<(&str, u64)> {
    let (head, tail) = stat.rsplit_once(") ")?;
    let (_, name) = head.split_once(" (")?;
    let started = tail.split(' ').nth(19)?.trim_end().parse().ok()?;
    Some((name, started))
}

/// Reads one file as far as `bytes` go; its length.
fn read(directory: &OwnedFd, file: &str, bytes: &mut [u8]) -> Option<usize> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let file = openat(directory, file, flags, Mode::empty()).ok()?;
    rustix::io::read(&file, bytes).ok()
}

fn number(name: &CStr) -> Option<i32> {
    let text = name.to_str().ok()?;
    text.parse().ok().filter(|number| *number >= 0)
}

/// PIDs under `proc`, ascending.
pub(crate) fn pids(proc: &Path) -> io::Result<Vec<i32>> {
    let root = open(proc, DIRECTORY, Mode::empty())?;
    let mut all = Vec::new();
    let mut buffer = [const { MaybeUninit::uninit() }; 16 * 1024];
    let mut entries = RawDir::new(&root, &mut buffer);
    while let Some(entry) = entries.next() {
        all.extend(number(entry?.file_name()).filter(|pid| *pid > 0));
    }
    all.sort_unstable();
    Ok(all)
}

#[cfg(test)]
mod tests;
