//! The sockets lane: a conversation with the kernel about its TCP sockets, in one network namespace.
//!
//! Stage: opened before anything is looked at. Needs no login and no slot; on every Linux host, for every user.
//! Severing needs CAP_NET_ADMIN besides, and a kernel built for it.
//! Never: interprets a socket, or chooses one.

pub mod frame;
pub mod namespace;

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::net::sockopt::{Timeout, set_socket_recv_buffer_size, set_socket_timeout};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink};

use self::frame::{Frame, Payload};

/// The kernel answers at once; this is for one that does not.
const LIMIT: Duration = Duration::from_secs(5);
/// The kernel fills up to 32 KiB at a time where it is offered them.
const BUFFER: usize = 64 * 1024;
/// Acknowledgements that may wait to be read while a batch is sent; each takes less than 1 KiB of this.
const RECEIVE: usize = 1024 * 1024;

/// An open conversation. It stays in the namespace in which it was opened, wherever it is used.
#[derive(Debug)]
pub struct SockDiag {
    fd: OwnedFd,
    buffer: Vec<u8>,
    sequence: u32,
}

impl SockDiag {
    /// Opens one in the namespace of the calling thread.
    pub fn open() -> io::Result<Self> {
        let fd = rustix::net::socket_with(
            AddressFamily::NETLINK,
            SocketType::RAW,
            SocketFlags::CLOEXEC,
            Some(netlink::SOCK_DIAG),
        )?;
        set_socket_timeout(&fd, Timeout::Recv, Some(LIMIT))?;
        // More room is welcome and not needed.
        let _ = set_socket_recv_buffer_size(&fd, RECEIVE);
        Ok(Self {
            fd,
            buffer: Vec::new(),
            sequence: 0,
        })
    }

    /// Asks for a list; `each` gets the payload of every entry.
    pub fn list(
        &mut self,
        kind: u16,
        payload: &[u8],
        mut each: impl FnMut(&[u8]),
    ) -> io::Result<()> {
        let sequence = self.send(kind, frame::DUMP, payload)?;
        loop {
            let length = self.receive()?;
            for frame in frame::frames(&self.buffer[..length]) {
                let Frame {
                    sequence: of,
                    payload,
                } = frame?;
                if of != sequence {
                    continue;
                }
                match payload {
                    Payload::Data(bytes) => each(bytes),
                    Payload::Done | Payload::Answer(Ok(())) => return Ok(()),
                    Payload::Answer(Err(error)) => return Err(error),
                    Payload::Nothing => {}
                }
            }
        }
    }

    /// Asks for several things of one kind, each of which is answered by itself; answers come in the same order.
    pub fn ask_each(&mut self, kind: u16, payloads: &[Vec<u8>]) -> io::Result<Vec<io::Result<()>>> {
        let mut answers = Vec::with_capacity(payloads.len());
        for payload in payloads {
            let sequence = self.send(kind, frame::ACKNOWLEDGE, payload)?;
            answers.push(self.answer(sequence)?);
        }
        Ok(answers)
    }

    fn answer(&mut self, sequence: u32) -> io::Result<io::Result<()>> {
        loop {
            let length = self.receive()?;
            for frame in frame::frames(&self.buffer[..length]) {
                let frame = frame?;
                if frame.sequence != sequence {
                    continue;
                }
                if let Payload::Answer(answer) = frame.payload {
                    return Ok(answer);
                }
            }
        }
    }

    fn send(&mut self, kind: u16, flags: u16, payload: &[u8]) -> io::Result<u32> {
        self.sequence = self.sequence.wrapping_add(1);
        let message = frame::request(kind, flags, self.sequence, payload);
        rustix::net::send(&self.fd, &message, SendFlags::empty())?;
        Ok(self.sequence)
    }

    fn receive(&mut self) -> io::Result<usize> {
        self.buffer.resize(BUFFER, 0);
        loop {
            match rustix::net::recv(&self.fd, self.buffer.as_mut_slice(), RecvFlags::TRUNC) {
                Ok((_, whole)) if whole > BUFFER => {
                    return Err(io::Error::other("an answer of the kernel was cut"));
                }
                Ok((length, _)) => return Ok(length),
                Err(rustix::io::Errno::INTR) => {}
                Err(rustix::io::Errno::AGAIN) => return Err(io::ErrorKind::TimedOut.into()),
                Err(error) => return Err(error.into()),
            }
        }
    }
}
