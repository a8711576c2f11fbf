//! Looks at this host's TCP connections to the target, in every network namespace it may look into.
//!
//! Stage: observing. One request a namespace, filtered by the kernel; then the processes, for who has them open.
//! Never: changes anything; says "nobody" of an owner that it was not allowed to see.

mod message;
mod namespaces;
pub mod owners;
mod relatives;
pub mod request;
mod titles;

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::Path;
use std::time::Duration;

use rustix::time::{ClockId, clock_getres};

use crate::decide::connection::Class;
use crate::decide::sockets::{Namespace, Owner, Owners, Socket, SocketId, SocketsSnapshot, ends};
use crate::lanes::sock_diag::SockDiag;

pub use request::Place;

/// This host, with a conversation open in each of its network namespaces.
#[derive(Debug)]
pub struct Host {
    lanes: Vec<(Namespace, Option<SockDiag>)>,
}

impl Host {
    /// Opens the lane in our namespace, and in every other that we may enter.
    pub fn open() -> io::Result<Self> {
        let ours = SockDiag::open()?;
        Ok(Self {
            lanes: namespaces::open(Path::new("/proc"), Path::new("/run/netns"), ours)?,
        })
    }

    /// The conversation in our own namespace.
    pub fn ours(&mut self) -> Option<&mut SockDiag> {
        self.lanes.first_mut().and_then(|(_, lane)| lane.as_mut())
    }

    /// The conversation in `namespace`.
    pub fn lane(&mut self, namespace: u64) -> Option<&mut SockDiag> {
        let found = self
            .lanes
            .iter_mut()
            .find(|(known, _)| known.inode == namespace);
        found.and_then(|(_, lane)| lane.as_mut())
    }

    /// Every connection with an end at one of `places`, and who has it open.
    pub fn look(&mut self, places: &[Place]) -> io::Result<SocketsSnapshot> {
        let mut sockets = Vec::new();
        let mut namespaces = Vec::with_capacity(self.lanes.len());
        for (namespace, lane) in &mut self.lanes {
            if let Some(lane) = lane {
                let inode = namespace.inode;
                let listed = lane.list(request::LIST, &request::list(places), |bytes| {
                    sockets.extend(message::socket(bytes, inode, places));
                });
                match listed {
                    Err(error) if namespace.ours => return Err(error),
                    Err(error) => namespace.closed = Some(error.to_string()),
                    Ok(()) => {}
                }
            }
            namespaces.push(namespace.clone());
        }
        // A list that changes while it is read can name one twice.
        let mut seen = HashSet::with_capacity(sockets.len());
        sockets.retain(|socket: &Socket| seen.insert((socket.id.namespace, socket.id.cookie)));
        drop(seen);
        let inodes = sockets
            .iter()
            .map(|socket| socket.inode)
            .filter(|inode| *inode != 0)
            .collect();
        let uids = sockets.iter().map(|socket| socket.uid).collect();
        let found = owners::find(Path::new("/proc"), &inodes, &uids)?;
        for socket in &mut sockets {
            socket.owners = found.of(socket.inode);
        }
        join_twins(&mut sockets);
        let grain = grain();
        for socket in &mut sockets {
            if socket.activity(grain).class == Class::Undecided {
                socket.title = titles::told(socket);
            }
        }
        Ok(SocketsSnapshot {
            sockets,
            namespaces,
            closed_processes: found.closed,
            grain,
        })
    }

    /// Which connections there are: the second look, without the processes.
    pub fn look_again(&mut self, places: &[Place]) -> io::Result<HashSet<SocketId>> {
        let mut there = HashSet::new();
        for (namespace, lane) in &mut self.lanes {
            let Some(lane) = lane else { continue };
            let inode = namespace.inode;
            lane.list(request::LIST, &request::list(places), |bytes| {
                there.extend(message::socket(bytes, inode, places).map(|socket| socket.id));
            })?;
        }
        Ok(there)
    }
}

/// Our own process and those it was started by: the shell, sshd.
pub fn ourselves() -> HashSet<i32> {
    owners::ancestors(Path::new("/proc"), std::process::id().cast_signed())
}

/// Whether `owner` is still that process.
pub fn still_runs(owner: &Owner) -> bool {
    owners::started(Path::new("/proc"), owner.pid) == Some(owner.started)
}

/// Tells each socket who has its other end, where that is on this host too.
fn join_twins(sockets: &mut [Socket]) {
    // More than two have the same addresses only where namespaces repeat them; then nobody can say whose they are.
    let mut by_ends: HashMap<_, (usize, Option<usize>, bool)> =
        HashMap::with_capacity(sockets.len());
    for (at, socket) in sockets.iter().enumerate() {
        by_ends
            .entry(ends(socket))
            .and_modify(|(_, other, more)| {
                *more = other.is_some();
                *other = Some(at);
            })
            .or_insert((at, None, false));
    }
    for (one, other, more) in by_ends.into_values() {
        if let (Some(other), false) = (other, more)
            && sockets[one].is_twin_of(&sockets[other])
        {
            let (first, second): (Owners, Owners) =
                (sockets[one].owners.clone(), sockets[other].owners.clone());
            sockets[one].peer = Some(second);
            sockets[other].peer = Some(first);
        }
    }
}

/// One tick of the clock that `TCP_INFO` reads: the kernel's coarse clock moves with it.
fn grain() -> Duration {
    let tick = clock_getres(ClockId::MonotonicCoarse);
    let nanoseconds = u64::try_from(tick.tv_nsec).unwrap_or(10_000_000);
    // The kernel's ages are cut to whole milliseconds.
    Duration::from_millis(nanoseconds.div_ceil(1_000_000).max(1))
}
