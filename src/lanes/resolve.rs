//! Looks up a host name under a deadline.
//!
//! Stage: before the socket. The system resolver has no limit of its own that can be set, so it runs on a thread
//! that is left behind when time is up.
//! Never: panics where no thread can be had; then it looks up in place.

use super::deadline::Deadline;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;

/// The addresses of `name`, in the resolver's order.
pub(crate) fn resolve(name: &str, port: u16, deadline: Deadline) -> io::Result<Vec<SocketAddr>> {
    if let Ok(address) = name.parse() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let (sender, receiver) = channel();
    let wanted = name.to_string();
    let spawned = thread::Builder::new()
        .name("resolve".into())
        .spawn(move || {
            // The receiver may have stopped waiting; then nobody needs the answer.
            let _ = sender.send(look_up(&wanted, port));
        });
    if spawned.is_err() {
        // The process limit is reached. A look-up without a limit is better than none.
        return look_up(name, port);
    }
    let left = deadline.remaining().unwrap_or_default();
    match receiver.recv_timeout(left) {
        Ok(answer) => answer,
        Err(RecvTimeoutError::Timeout) => Err(io::ErrorKind::TimedOut.into()),
        Err(RecvTimeoutError::Disconnected) => {
            Err(io::Error::other("the look-up ended without an answer"))
        }
    }
}

fn look_up(name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    Ok((name, port).to_socket_addrs()?.collect())
}
