//! Tiny builders for the tests of this folder.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::{End, Owner, Owners, Socket, SocketId, TcpInfo, TcpState, Timer};

/// A clock that ticks 250 times a second.
pub const GRAIN: Duration = Duration::from_millis(4);

/// Connection number `number` from 10.0.0.1 to 10.0.0.2:5432, idle for a minute, of process 100.
pub fn socket(number: u16, end: End) -> Socket {
    let client = SocketAddr::from(([10, 0, 0, 1], 40_000 + number));
    let server = SocketAddr::from(([10, 0, 0, 2], 5432));
    let (local, remote) = match end {
        End::Client => (client, server),
        End::Server => (server, client),
    };
    let (sent, received) = match end {
        End::Client => (61, 60),
        End::Server => (60, 61),
    };
    Socket {
        id: SocketId {
            namespace: 1,
            cookie: u64::from(number),
            local,
            remote,
            interface: 0,
        },
        end,
        state: TcpState::Established,
        uid: 1000,
        inode: u32::from(number) + 1,
        timer: Timer::Off,
        timer_expires: Duration::ZERO,
        timer_tries: 0,
        unread: 0,
        unsent: 0,
        info: Some(TcpInfo {
            data_sent: Duration::from_secs(sent),
            data_received: Duration::from_secs(received),
            ack_received: Duration::from_secs(60),
            ..TcpInfo::default()
        }),
        owners: Owners::Known(vec![owner(100, "gunicorn")]),
        peer: None,
        title: None,
    }
}

/// The same, with the server working for `seconds`.
pub fn waiting(number: u16, end: End, seconds: u64) -> Socket {
    let mut socket = socket(number, end);
    let (asked, answered) = (
        Duration::from_secs(seconds),
        Duration::from_secs(seconds + 5),
    );
    let (data_sent, data_received) = match end {
        End::Client => (asked, answered),
        End::Server => (answered, asked),
    };
    socket.info = Some(TcpInfo {
        data_sent,
        data_received,
        ack_received: asked,
        ..TcpInfo::default()
    });
    socket
}

/// A process.
pub fn owner(pid: i32, name: &str) -> Arc<Owner> {
    Arc::new(Owner {
        pid,
        started: 7,
        uid: 1000,
        name: name.to_owned(),
        command: name.to_owned(),
    })
}
