//! Opens one socket to one endpoint: TCP, Unix or abstract Unix, with a deadline over everything.
//!
//! Stage: the first step of every lane. In: an endpoint. Out: a connected [`Socket`].
//! Never: sends a byte, and never waits past its deadline, not for a name server either.

use super::deadline::Deadline;
use super::resolve::resolve;
use crate::connect::{Endpoint, Host, Keepalive};
use socket2::{Domain, SockAddr, TcpKeepalive, Type};
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::Duration;

/// Between two attempts on a Unix socket whose accept queue is full (connect answers EAGAIN at once).
const QUEUE_PAUSE: Duration = Duration::from_millis(10);

/// A connected socket.
#[derive(Debug)]
pub(crate) enum Socket {
    /// TCP.
    Tcp(TcpStream),
    /// Unix or abstract Unix.
    Unix(UnixStream),
}

/// Why there is no socket.
#[derive(Debug)]
pub(crate) enum DialError {
    /// The name could not be turned into an address.
    Resolve(io::Error),
    /// No address could be connected to; the error of the last one, and its address.
    Connect {
        /// Address or path.
        to: String,
        /// What the system said.
        error: io::Error,
    },
}

/// TCP options, from the target.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TcpOptions {
    /// Keepalive probes; `None` for none.
    pub keepalive: Option<Keepalive>,
    /// How long sent data may stay unacknowledged.
    pub user_timeout: Option<Duration>,
}

/// Connects to `endpoint`.
pub(crate) fn open_socket(
    endpoint: &Endpoint,
    options: TcpOptions,
    deadline: Deadline,
) -> Result<Socket, DialError> {
    match &endpoint.host {
        Host::Unix(directory) => {
            let path = directory.join(format!(".s.PGSQL.{}", endpoint.port));
            open_unix(path.clone(), &path.display().to_string(), deadline)
        }
        Host::Abstract(name) => {
            let label = format!("@{name}/.s.PGSQL.{}", endpoint.port);
            // A leading NUL is what makes the name abstract (unix(7)); libpq puts it where the @ stood.
            let mut bytes = vec![0];
            bytes.extend_from_slice(&label.as_bytes()[1..]);
            open_unix(PathBuf::from(OsString::from_vec(bytes)), &label, deadline)
        }
        Host::Tcp { name, address } => {
            let addresses = match (address, name) {
                (Some(address), _) => vec![SocketAddr::new(*address, endpoint.port)],
                (None, Some(name)) => {
                    resolve(name, endpoint.port, deadline).map_err(DialError::Resolve)?
                }
                (None, None) => Vec::new(),
            };
            open_tcp(&addresses, options, deadline)
        }
    }
}

/// Tries the addresses in turn; each gets an equal share of the time that is left, so that one black hole
/// does not use up the time of the others.
fn open_tcp(
    addresses: &[SocketAddr],
    options: TcpOptions,
    deadline: Deadline,
) -> Result<Socket, DialError> {
    let mut last = DialError::Resolve(io::Error::new(
        io::ErrorKind::NotFound,
        "the name has no address",
    ));
    for (index, address) in addresses.iter().enumerate() {
        let share = match deadline.remaining() {
            Some(left) => left / u32::try_from(addresses.len() - index).unwrap_or(1),
            None => break,
        };
        match connect_tcp(*address, options, share.max(Duration::from_millis(1))) {
            Ok(stream) => return Ok(Socket::Tcp(stream)),
            Err(error) => {
                last = DialError::Connect {
                    to: address.to_string(),
                    error,
                }
            }
        }
    }
    Err(last)
}

fn connect_tcp(address: SocketAddr, options: TcpOptions, limit: Duration) -> io::Result<TcpStream> {
    let socket = socket2::Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.connect_timeout(&SockAddr::from(address), limit)?;
    socket.set_tcp_nodelay(true)?;
    if let Some(keepalive) = options.keepalive {
        let mut settings = TcpKeepalive::new();
        // Zero means the system's default, as in libpq.
        if !keepalive.idle.is_zero() {
            settings = settings.with_time(keepalive.idle);
        }
        if !keepalive.interval.is_zero() {
            settings = settings.with_interval(keepalive.interval);
        }
        if keepalive.count > 0 {
            settings = settings.with_retries(keepalive.count);
        }
        socket.set_tcp_keepalive(&settings)?;
    }
    if let Some(limit) = options.user_timeout {
        socket.set_tcp_user_timeout(Some(limit))?;
    }
    Ok(TcpStream::from(socket))
}

/// A Unix connect is immediate, except while the server's accept queue is full: then a blocking connect
/// waits without limit and a non-blocking one fails with EAGAIN, which is tried again here.
fn open_unix(path: PathBuf, label: &str, deadline: Deadline) -> Result<Socket, DialError> {
    let fail = |error| DialError::Connect {
        to: label.to_string(),
        error,
    };
    let address = SockAddr::unix(&path).map_err(fail)?;
    let socket = socket2::Socket::new(Domain::UNIX, Type::STREAM, None).map_err(fail)?;
    socket.set_nonblocking(true).map_err(fail)?;
    loop {
        match socket.connect(&address) {
            Ok(()) => break,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                if deadline.is_over() {
                    return Err(fail(io::ErrorKind::TimedOut.into()));
                }
                sleep(QUEUE_PAUSE);
            }
            Err(error) => return Err(fail(error)),
        }
    }
    socket.set_nonblocking(false).map_err(fail)?;
    Ok(Socket::Unix(UnixStream::from(socket)))
}

impl Socket {
    /// Limits the next reads and writes.
    fn set_limit(&self, limit: Duration) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => {
                stream.set_read_timeout(Some(limit))?;
                stream.set_write_timeout(Some(limit))
            }
            Self::Unix(stream) => {
                stream.set_read_timeout(Some(limit))?;
                stream.set_write_timeout(Some(limit))
            }
        }
    }
}

/// A socket whose every read and write ends by the current deadline, with [`io::ErrorKind::TimedOut`].
#[derive(Debug)]
pub(crate) struct TimedSocket {
    socket: Socket,
    deadline: Deadline,
}

impl TimedSocket {
    /// Puts `socket` under `deadline`.
    pub(crate) fn new(socket: Socket, deadline: Deadline) -> Self {
        Self { socket, deadline }
    }

    /// Replaces the deadline.
    pub(crate) fn set_deadline(&mut self, deadline: Deadline) {
        self.deadline = deadline;
    }

    fn limit(&self) -> io::Result<()> {
        match self.deadline.remaining() {
            Some(left) => self.socket.set_limit(left),
            None => Err(io::ErrorKind::TimedOut.into()),
        }
    }
}

/// A socket timeout shows as EAGAIN on Unix; one name for it makes the rest simpler.
fn as_timeout(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::WouldBlock => io::ErrorKind::TimedOut.into(),
        _ => error,
    }
}

impl Read for TimedSocket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.limit()?;
        match &mut self.socket {
            Socket::Tcp(stream) => stream.read(buffer),
            Socket::Unix(stream) => stream.read(buffer),
        }
        .map_err(as_timeout)
    }
}

impl Write for TimedSocket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.limit()?;
        match &mut self.socket {
            Socket::Tcp(stream) => stream.write(bytes),
            Socket::Unix(stream) => stream.write(bytes),
        }
        .map_err(as_timeout)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
