//! One TCP connection to the target, who has it open, and one look at all of them.
//!
//! Pure values. Text in them is untrusted.

use crate::decide::connection::Class;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// A socket, recognisable across two looks: the kernel never gives a cookie twice while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SocketId {
    /// Network namespace it is in, by inode.
    pub namespace: u64,
    /// The kernel's cookie for it.
    pub cookie: u64,
    /// Its own address, in the form the kernel has it: an IPv4 connection of an IPv6 socket is mapped.
    pub local: SocketAddr,
    /// The other end's.
    pub remote: SocketAddr,
    /// The interface it is bound to; 0 for none. The kernel finds it by this too.
    pub interface: u32,
}

/// Which end of a connection to the target it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum End {
    /// The application's: the target's port is the remote one.
    Client,
    /// The server's: the target's port is the local one.
    Server,
}

words!(End);

/// TCP's own state, as far as a socket in it may belong to a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum TcpState {
    /// Open in both directions.
    Established,
    /// Connecting; the other end has not answered.
    SynSent,
    /// Being accepted.
    SynReceived,
    /// This end has closed; the other has not confirmed it.
    #[strum(serialize = "fin-wait-1")]
    FinWait1,
    /// This end has closed; the other keeps its half open.
    #[strum(serialize = "fin-wait-2")]
    FinWait2,
    /// The other end has closed; this one has not.
    CloseWait,
    /// Both have closed, the last word is not confirmed.
    LastAck,
    /// Both closed at once.
    Closing,
    /// A state this program does not know.
    Other(u8),
}

words!(TcpState);

/// The timer that runs on a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timer {
    /// None.
    Off,
    /// Sent data waits to be acknowledged.
    Retransmit,
    /// Keepalive, or the wait of an orphan.
    Keepalive,
    /// The other end's window is shut; it is asked now and then.
    ZeroWindow,
    /// Another one.
    Other(u8),
}

/// `TCP_INFO`, as far as a rule depends on it. Ages go back from the look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TcpInfo {
    /// Since data was last sent.
    pub data_sent: Duration,
    /// Since data last arrived.
    pub data_received: Duration,
    /// Since anything acknowledging arrived, data or not.
    pub ack_received: Duration,
    /// Segments sent and not acknowledged.
    pub unacked: u32,
    /// Times the oldest of them was sent again without an answer.
    pub retransmits: u8,
    /// Probes without an answer.
    pub probes: u8,
    /// Bytes the other end has acknowledged, when the kernel counts them.
    pub bytes_acked: Option<u64>,
    /// Bytes that arrived, when the kernel counts them.
    pub bytes_received: Option<u64>,
}

/// A process that has a socket open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Process ID, as this host counts.
    pub pid: i32,
    /// When it started, in the kernel's ticks since boot: with the PID, which process.
    pub started: u64,
    /// Effective user.
    pub uid: u32,
    /// `comm`: untrusted.
    pub name: String,
    /// The command line, arguments separated by blanks: untrusted.
    pub command: String,
}

/// Who has a socket open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owners {
    /// These; several after a fork.
    Known(Vec<Arc<Owner>>),
    /// No process any more: the kernel finishes it alone.
    Nobody,
    /// Some process; which cannot be seen by this user, or from this PID namespace.
    NotVisible,
}

impl Owners {
    /// Those that are known.
    pub fn known(&self) -> &[Arc<Owner>] {
        match self {
            Self::Known(owners) => owners,
            Self::Nobody | Self::NotVisible => &[],
        }
    }
}

/// One TCP connection to the target, as one of its ends has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Socket {
    /// Which.
    pub id: SocketId,
    /// Which end of the connection.
    pub end: End,
    /// TCP's state.
    pub state: TcpState,
    /// User that opened it.
    pub uid: u32,
    /// Its inode, by which its owners are found; 0 when it has none any more.
    pub inode: u32,
    /// What timer runs.
    pub timer: Timer,
    /// Until that timer expires.
    pub timer_expires: Duration,
    /// Tries of that timer without an answer.
    pub timer_tries: u8,
    /// Bytes that arrived and were not read by the process.
    pub unread: u32,
    /// Bytes the process wrote that the other end has not acknowledged.
    pub unsent: u32,
    /// `TCP_INFO`; `None` when the kernel gave none.
    pub info: Option<TcpInfo>,
    /// Who has it open.
    pub owners: Owners,
    /// Who has the other end open, when that is on this host too.
    pub peer: Option<Owners>,
    /// What the title of its backend says, when that is on this host and names this connection's port:
    /// [`Class::Idle`] or [`Class::Waiting`].
    pub title: Option<Class>,
}

impl Socket {
    /// Address of the application's end, in its plain form.
    pub fn client(&self) -> IpAddr {
        match self.end {
            End::Client => self.id.local,
            End::Server => self.id.remote,
        }
        .ip()
        .to_canonical()
    }

    /// Whether `other` is the other end of the same connection.
    pub fn is_twin_of(&self, other: &Self) -> bool {
        self.end != other.end && ends(self) == ends(other)
    }

    /// The server process behind it, when it is on this host and visible.
    pub fn backend(&self) -> &[Arc<Owner>] {
        match (self.end, &self.peer) {
            (End::Server, _) => self.owners.known(),
            (End::Client, Some(peer)) => peer.known(),
            (End::Client, None) => &[],
        }
    }

    /// Whether one of the processes says in its title that it streams WAL.
    pub fn replicates(&self) -> bool {
        let owners = self.owners.known().iter().chain(self.backend());
        owners
            .filter(|owner| owner.command.starts_with("postgres: "))
            .any(|owner| {
                ["walsender ", "walreceiver"]
                    .iter()
                    .any(|word| owner.command.contains(word))
            })
    }
}

/// Both ends of a connection, the client's first, in their plain form.
pub fn ends(socket: &Socket) -> (SocketAddr, SocketAddr) {
    let plain = |address: SocketAddr| SocketAddr::new(address.ip().to_canonical(), address.port());
    let (local, remote) = (plain(socket.id.local), plain(socket.id.remote));
    match socket.end {
        End::Client => (local, remote),
        End::Server => (remote, local),
    }
}

/// A network namespace that was looked into, or could not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace {
    /// Its inode.
    pub inode: u64,
    /// What people call it: the name `ip netns` has for it, or one of its processes.
    pub name: String,
    /// Whether it is the one we are in.
    pub ours: bool,
    /// Why it could not be looked into.
    pub closed: Option<String>,
}

/// One look at this host.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SocketsSnapshot {
    /// Every connection to the target.
    pub sockets: Vec<Socket>,
    /// Where we looked, ours first.
    pub namespaces: Vec<Namespace>,
    /// Processes whose descriptors this user may not read. Their sockets have no visible owner.
    pub closed_processes: usize,
    /// The grain of the kernel's clock: what happened within it has no order.
    pub grain: Duration,
}

impl SocketsSnapshot {
    /// What `namespace` is called; `None` for ours.
    pub fn namespace_name(&self, namespace: u64) -> Option<&str> {
        let found = self
            .namespaces
            .iter()
            .find(|known| known.inode == namespace);
        found
            .filter(|known| !known.ours)
            .map(|known| known.name.as_str())
    }
}
