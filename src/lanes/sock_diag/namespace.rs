//! Opens the lane in another network namespace: a container's.
//!
//! Stage: opening. A thread of its own moves there, opens the conversation and ends; what it opened stays there and is
//! used from here. The process itself never moves.
//! Never: leaves a thread behind in a namespace that is not ours.

use std::io;
use std::os::fd::OwnedFd;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::SockDiag;

/// Opens the lane in `namespace`, an open `/proc/PID/ns/net`. Needs CAP_SYS_ADMIN.
pub fn open_in(namespace: OwnedFd) -> io::Result<SockDiag> {
    let visit = move || -> io::Result<SockDiag> {
        use std::os::fd::AsFd;
        move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))?;
        SockDiag::open()
    };
    let thread = std::thread::Builder::new()
        .name("namespace".to_owned())
        .spawn(visit)?;
    thread.join().unwrap_or_else(|_| {
        Err(io::Error::other(
            "the visit to a network namespace ended badly",
        ))
    })
}
