//! Severs TCP connections (`SOCK_DESTROY`), each named by the kernel's cookie and its addresses together.
//!
//! The kernel compares the cookie itself, so that a connection that has taken the place of ours is not touched. The
//! process that has the socket open gets `ECONNABORTED`, the other end a reset. Neither process is signalled.
//! Needs CAP_NET_ADMIN, and a kernel built with CONFIG_INET_DIAG_DESTROY; which of the two is missing is told apart
//! by the answer.

use std::io;
use std::net::{IpAddr, Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;

use rustix::io::Errno;

use crate::decide::outcome::Receipt;
use crate::decide::sockets::plan::ConfirmedSever;
use crate::decide::sockets::{Socket, SocketId};
use crate::lanes::sock_diag::SockDiag;

/// `SOCK_DESTROY`
const DESTROY: u16 = 21;
const IPPROTO_TCP: u8 = 6;
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
/// Whatever cookie it has (`INET_DIAG_NOCOOKIE`): for the connection we made ourselves, and for no other.
const ANY_COOKIE: u64 = u64::MAX;

/// Severs `targets`, which must be of `plan` and in the namespace of `lane`; anything else gets [`Receipt::NotAsked`].
pub fn sever(
    lane: &mut SockDiag,
    namespace: u64,
    plan: &ConfirmedSever,
    targets: &[Socket],
) -> Vec<Receipt> {
    let planned: std::collections::HashSet<SocketId> =
        plan.targets().iter().map(|target| target.id).collect();
    let asked = |target: &&Socket| {
        target.id.cookie != ANY_COOKIE
            && target.id.namespace == namespace
            && planned.contains(&target.id)
    };
    let requests: Vec<Vec<u8>> = targets
        .iter()
        .filter(asked)
        .map(|target| request(&target.id))
        .collect();
    let mut answers = match lane.ask_each(DESTROY, &requests) {
        Ok(answers) => answers.iter().map(receipt).collect(),
        Err(_) => vec![Receipt::NoAnswer; requests.len()],
    }
    .into_iter();
    targets
        .iter()
        .map(|target| match asked(&target) {
            true => answers.next().unwrap_or(Receipt::NoAnswer),
            false => Receipt::NotAsked,
        })
        .collect()
}

/// `struct inet_diag_req_v2`
fn request(id: &SocketId) -> Vec<u8> {
    let family = if id.local.is_ipv4() {
        AF_INET
    } else {
        AF_INET6
    };
    let mut bytes = vec![family, IPPROTO_TCP, 0, 0];
    bytes.extend(u32::MAX.to_ne_bytes());
    bytes.extend(id.local.port().to_be_bytes());
    bytes.extend(id.remote.port().to_be_bytes());
    for address in [id.local.ip(), id.remote.ip()] {
        bytes.extend(octets(address));
    }
    bytes.extend(id.interface.to_ne_bytes());
    // Two words, the lower first, whatever the machine's order is.
    let [low, high] = [id.cookie & u64::from(u32::MAX), id.cookie >> 32];
    for word in [low, high] {
        bytes.extend(u32::try_from(word).unwrap_or(0).to_ne_bytes());
    }
    bytes
}

fn octets(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V6(address) => address.octets(),
        IpAddr::V4(address) => {
            let mut octets = [0; 16];
            octets[..4].copy_from_slice(&address.octets());
            octets
        }
    }
}

fn receipt(answer: &io::Result<()>) -> Receipt {
    let Err(error) = answer else {
        return Receipt::Sent;
    };
    let refused = |name: &str, message: &str| Receipt::Refused {
        sqlstate: name.to_owned(),
        message: message.to_owned(),
    };
    match Errno::from_io_error(error) {
        Some(Errno::NOENT) => Receipt::Absent,
        Some(Errno::STALE) => Receipt::OtherSession,
        Some(Errno::PERM | Errno::ACCESS) => refused(
            "EPERM",
            "severing needs the capability CAP_NET_ADMIN, which this process lacks (sudo has it; a container does \
             when it was given NET_ADMIN)",
        ),
        Some(Errno::OPNOTSUPP | Errno::INVAL) => refused(
            "EOPNOTSUPP",
            "this kernel cannot sever: it was built without CONFIG_INET_DIAG_DESTROY",
        ),
        _ => refused("error", &error.to_string()),
    }
}

/// Whether severing would be let through here, found out on a connection of our own that nobody else uses: the kernel
/// looks for the socket before it looks at our capabilities, so asking for one that does not exist tells nothing.
/// `Err` is the sentence that says what is missing.
pub fn probe(lane: &mut SockDiag) -> Result<(), String> {
    let Ok((ours, _other)) = own_connection() else {
        // Without a loopback there is nothing to try it on; the targets will tell.
        return Ok(());
    };
    let (Ok(local), Ok(remote)) = (ours.local_addr(), ours.peer_addr()) else {
        return Ok(());
    };
    let id = SocketId {
        namespace: 0,
        cookie: ANY_COOKIE,
        local,
        remote,
        interface: 0,
    };
    let answer = lane
        .ask_each(DESTROY, &[request(&id)])
        .map_err(|error| format!("the kernel does not answer: {error}"))?;
    match answer.first().map(receipt) {
        Some(Receipt::Refused { message, .. }) => Err(message),
        _ => Ok(()),
    }
}

fn own_connection() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let ours = TcpStream::connect_timeout(&listener.local_addr()?, Duration::from_millis(200))?;
    Ok((ours, listener.accept()?.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::sock_diag::frame;

    fn answered(errno: Errno) -> Receipt {
        receipt(&Err(errno.into()))
    }

    #[test]
    fn the_request_has_the_kernels_layout() {
        let id = SocketId {
            namespace: 1,
            cookie: 0x0000_0001_0000_0007,
            local: ([10, 0, 0, 1], 40_001).into(),
            remote: ([10, 0, 0, 2], 5432).into(),
            interface: 3,
        };
        let bytes = request(&id);
        assert_eq!(bytes.len(), 56);
        assert_eq!(bytes[..2], [AF_INET, IPPROTO_TCP]);
        assert_eq!(bytes[8..12], [0x9c, 0x41, 0x15, 0x38]);
        assert_eq!(bytes[12..16], [10, 0, 0, 1]);
        assert_eq!(bytes[28..32], [10, 0, 0, 2]);
        assert_eq!(bytes[44..], [3_u32, 7, 1].map(u32::to_ne_bytes).concat());
    }

    /// The kernel's answer to a request, byte for byte: `struct nlmsgerr` with the error and the request's header.
    fn as_the_kernel_answers(errno: Errno) -> Receipt {
        let asked = frame::request(DESTROY, frame::ACKNOWLEDGE, 7, &[]);
        let payload = [&(-errno.raw_os_error()).to_ne_bytes()[..], &asked[..16]].concat();
        let mut answer = frame::request(2, 0, 7, &payload);
        answer[6..8].copy_from_slice(&0_u16.to_ne_bytes());
        let frames: Vec<_> = frame::frames(&answer).collect();
        let [
            Ok(frame::Frame {
                sequence: 7,
                payload: frame::Payload::Answer(answer),
            }),
        ] = &frames[..]
        else {
            panic!("{frames:?}");
        };
        receipt(answer)
    }

    #[test]
    fn a_kernel_built_without_it_is_recognised_by_its_answer() {
        // 4.9 and later say the first, earlier ones know no such request.
        for errno in [Errno::OPNOTSUPP, Errno::INVAL] {
            let Receipt::Refused { sqlstate, message } = as_the_kernel_answers(errno) else {
                panic!("not refused");
            };
            assert_eq!(sqlstate, "EOPNOTSUPP");
            assert_eq!(
                message,
                "this kernel cannot sever: it was built without CONFIG_INET_DIAG_DESTROY"
            );
        }
        assert!(matches!(
            as_the_kernel_answers(Errno::PERM),
            Receipt::Refused { message, .. } if message.contains("CAP_NET_ADMIN")
        ));
    }

    #[test]
    fn what_is_missing_is_told_apart() {
        assert_eq!(receipt(&Ok(())), Receipt::Sent);
        assert_eq!(answered(Errno::NOENT), Receipt::Absent);
        let says = |errno, word: &str| match answered(errno) {
            Receipt::Refused { message, .. } => message.contains(word),
            _ => false,
        };
        assert!(says(Errno::PERM, "CAP_NET_ADMIN"));
        assert!(says(Errno::OPNOTSUPP, "CONFIG_INET_DIAG_DESTROY"));
        assert!(!says(Errno::NOBUFS, "CONFIG_INET_DIAG_DESTROY"));
    }
}
