//! Reads one socket out of the kernel's answer: `struct inet_diag_msg` and `TCP_INFO`.
//!
//! Pure. Newer kernels append to `TCP_INFO`, older ones end it earlier; what is missing is `None`, never zero.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use crate::decide::sockets::{End, Owners, Socket, SocketId, TcpInfo, TcpState, Timer};
use crate::lanes::sock_diag::frame::{array_at, attributes, u32_at};

use super::request::Place;

const AF_INET: u8 = 2;
const INFO: u16 = 2;
/// Length of `struct inet_diag_msg`.
const MESSAGE: usize = 72;

/// The socket, when `bytes` hold one that has an end at one of `places`.
pub fn socket(bytes: &[u8], namespace: u64, places: &[Place]) -> Option<Socket> {
    let [family, state, timer, tries] = array_at(bytes, 0)?;
    let local = address(bytes, family, 4, 8)?;
    let remote = address(bytes, family, 6, 24)?;
    let cookie = u64::from(u32_at(bytes, 44)?) | u64::from(u32_at(bytes, 48)?) << 32;
    let info = attributes(bytes.get(MESSAGE..)?)
        .find(|(kind, _)| *kind == INFO)
        .and_then(|(_, value)| tcp_info(value));
    Some(Socket {
        id: SocketId {
            namespace,
            cookie,
            local,
            remote,
            interface: u32_at(bytes, 40)?,
        },
        end: end(local, remote, places)?,
        state: tcp_state(state),
        uid: u32_at(bytes, 64)?,
        inode: u32_at(bytes, 68)?,
        timer: match timer {
            0 => Timer::Off,
            1 => Timer::Retransmit,
            2 => Timer::Keepalive,
            4 => Timer::ZeroWindow,
            other => Timer::Other(other),
        },
        timer_expires: Duration::from_millis(u32_at(bytes, 52)?.into()),
        timer_tries: tries,
        unread: u32_at(bytes, 56)?,
        unsent: u32_at(bytes, 60)?,
        info,
        owners: Owners::NotVisible,
        peer: None,
        title: None,
    })
}

/// The remote end is looked at first: a client may happen to have the target's port on its own side.
fn end(local: SocketAddr, remote: SocketAddr, places: &[Place]) -> Option<End> {
    let at = |address: SocketAddr| {
        places.iter().any(|place| {
            place.port == address.port()
                && place
                    .address
                    .is_none_or(|wanted| wanted.to_canonical() == address.ip().to_canonical())
        })
    };
    match (at(local), at(remote)) {
        (true, false) => Some(End::Server),
        (_, true) => Some(End::Client),
        (false, false) => None,
    }
}

fn address(bytes: &[u8], family: u8, port: usize, at: usize) -> Option<SocketAddr> {
    let port = u16::from_be_bytes(array_at(bytes, port)?);
    let octets: [u8; 16] = array_at(bytes, at)?;
    let address = if family == AF_INET {
        IpAddr::V4(Ipv4Addr::from(array_at::<4>(&octets, 0)?))
    } else {
        IpAddr::V6(Ipv6Addr::from(octets))
    };
    Some(SocketAddr::new(address, port))
}

fn tcp_state(number: u8) -> TcpState {
    match number {
        1 => TcpState::Established,
        2 => TcpState::SynSent,
        3 => TcpState::SynReceived,
        4 => TcpState::FinWait1,
        5 => TcpState::FinWait2,
        8 => TcpState::CloseWait,
        9 => TcpState::LastAck,
        11 => TcpState::Closing,
        other => TcpState::Other(other),
    }
}

/// `struct tcp_info`, up to where every kernel since 2.6 has it.
fn tcp_info(bytes: &[u8]) -> Option<TcpInfo> {
    let ago = |at| u32_at(bytes, at).map(|ms| Duration::from_millis(ms.into()));
    let counter = |at| array_at(bytes, at).map(u64::from_ne_bytes);
    Some(TcpInfo {
        retransmits: *bytes.get(2)?,
        probes: *bytes.get(3)?,
        unacked: u32_at(bytes, 24)?,
        data_sent: ago(44)?,
        data_received: ago(52)?,
        ack_received: ago(56)?,
        bytes_acked: counter(120),
        bytes_received: counter(128),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used)]

    use proptest::prelude::*;

    use super::*;
    use crate::lanes::sock_diag::frame::attribute;

    fn message(family: u8, local: [u8; 16], remote: [u8; 16], info: usize) -> Vec<u8> {
        let mut bytes = vec![family, 1, 2, 0];
        bytes.extend(40_001_u16.to_be_bytes());
        bytes.extend(5432_u16.to_be_bytes());
        bytes.extend(local);
        bytes.extend(remote);
        // Interface, cookie (two words), expires, unread, unsent, uid, inode.
        for word in [0, 7, 1, 6_000, 11, 12, 1000, 4711_u32] {
            bytes.extend(word.to_ne_bytes());
        }
        assert_eq!(bytes.len(), MESSAGE);
        let mut tcp_info = vec![0; 240];
        for (at, ms) in [(44, 5_000_u32), (52, 4_000), (56, 3_000)] {
            tcp_info[at..at + 4].copy_from_slice(&ms.to_ne_bytes());
        }
        bytes.extend(attribute(INFO, &tcp_info[..info]));
        bytes
    }

    fn v4(octets: [u8; 4]) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&octets);
        bytes
    }

    const ANY: [Place; 1] = [Place {
        address: None,
        port: 5432,
    }];

    #[test]
    fn every_field_is_where_the_kernel_puts_it() {
        let bytes = message(AF_INET, v4([10, 0, 0, 1]), v4([10, 0, 0, 2]), 240);
        let socket = socket(&bytes, 3, &ANY).expect("a socket");
        assert_eq!(socket.id.local.to_string(), "10.0.0.1:40001");
        assert_eq!(socket.id.remote.to_string(), "10.0.0.2:5432");
        assert_eq!((socket.id.cookie, socket.id.namespace), (0x1_0000_0007, 3));
        assert_eq!(
            (socket.end, socket.state),
            (End::Client, TcpState::Established)
        );
        assert_eq!(
            (socket.timer, socket.timer_expires),
            (Timer::Keepalive, Duration::from_secs(6))
        );
        assert_eq!(
            (socket.unread, socket.unsent, socket.uid, socket.inode),
            (11, 12, 1000, 4711)
        );
        let info = socket.info.expect("TCP_INFO");
        assert_eq!(info.data_sent.as_secs(), 5);
        assert_eq!(info.data_received.as_secs(), 4);
        assert_eq!(info.ack_received.as_secs(), 3);
    }

    #[test]
    fn an_older_kernels_shorter_info_is_read_as_far_as_it_goes() {
        let bytes = message(AF_INET, v4([10, 0, 0, 1]), v4([10, 0, 0, 2]), 104);
        let info = socket(&bytes, 0, &ANY)
            .and_then(|socket| socket.info)
            .expect("TCP_INFO");
        assert_eq!((info.data_sent.as_secs(), info.bytes_acked), (5, None));
        let bytes = message(AF_INET, v4([10, 0, 0, 1]), v4([10, 0, 0, 2]), 40);
        assert_eq!(
            socket(&bytes, 0, &ANY).map(|socket| socket.info),
            Some(None)
        );
    }

    #[test]
    fn a_mapped_address_is_kept_for_the_kernel_and_compared_in_its_plain_form() {
        let mapped = |last| {
            let mut octets = [0; 16];
            octets[10..12].fill(0xff);
            octets[12..].copy_from_slice(&[10, 0, 0, last]);
            octets
        };
        let bytes = message(10, mapped(1), mapped(2), 240);
        let places = [Place {
            address: Some(IpAddr::from([10, 0, 0, 2])),
            port: 5432,
        }];
        let socket = socket(&bytes, 0, &places).expect("a socket");
        assert_eq!(socket.id.remote.to_string(), "[::ffff:10.0.0.2]:5432");
        assert_eq!(socket.client(), IpAddr::from([10, 0, 0, 1]));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = socket(&bytes, 0, &ANY);
            let _ = tcp_info(&bytes);
        }

        #[test]
        fn nor_do_bytes_that_begin_like_a_socket(tail in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut bytes = message(AF_INET, v4([10, 0, 0, 1]), v4([10, 0, 0, 2]), 0);
            bytes.extend(tail);
            prop_assert!(socket(&bytes, 0, &ANY).is_some());
        }
    }
}
