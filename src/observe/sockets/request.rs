//! What the kernel is asked for: every connection with one of these ports and addresses at either end, and nothing else.
//!
//! Pure. The filter is a little program that the kernel runs over each socket (`inet_diag_bc_run`), so that a busy host's
//! other sockets never leave it. Each condition either matches and jumps to the end, or goes on to the next.

use std::net::IpAddr;

use crate::lanes::sock_diag::frame::attribute;

/// One request for both families: `TCPDIAG_GETSOCK` walks the kernel's table once, the newer one twice.
pub const LIST: u16 = 18;

const JUMP: u8 = 1;
const SOURCE: u8 = 7;
const DESTINATION: u8 = 8;
const BYTECODE: u16 = 1;
/// Ask for `TCP_INFO` (bit of `INET_DIAG_INFO`).
const WITH_INFO: u8 = 1 << 1;
/// All states but TIME_WAIT, CLOSE and LISTEN: those belong to no session.
const STATES: u32 = 0x0fff & !((1 << 0) | (1 << 6) | (1 << 7) | (1 << 10));
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;

/// Where the target is: a port, at one address or at any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// `None`: wherever.
    pub address: Option<IpAddr>,
    /// Port.
    pub port: u16,
}

/// The payload of a request for connections with one end at one of `places`.
pub fn list(places: &[Place]) -> Vec<u8> {
    // struct inet_diag_req: family, two address lengths, extensions, a socket id of 48 bytes, states, a pointer.
    let mut bytes = vec![0, 0, 0, WITH_INFO];
    bytes.resize(52, 0);
    bytes.extend(STATES.to_ne_bytes());
    bytes.extend(0_u32.to_ne_bytes());
    bytes.extend(attribute(BYTECODE, &program(places)));
    bytes
}

/// The filter.
fn program(places: &[Place]) -> Vec<u8> {
    let conditions: Vec<(u8, Vec<u8>)> = places
        .iter()
        .flat_map(|place| [DESTINATION, SOURCE].map(|code| (code, condition(*place))))
        .collect();
    let mut program: Vec<u8> = Vec::new();
    // From the last to the first, because every match jumps over what follows.
    for (code, operand) in conditions.iter().rev() {
        let length = 4 + operand.len();
        let last = program.is_empty();
        let mut step = Vec::with_capacity(length + 4);
        // No match: past the jump behind this, to the next condition; past the end, which is a refusal, at the last.
        operation(&mut step, *code, length, length + 4);
        step.extend(operand);
        if !last {
            operation(&mut step, JUMP, 4, 4 + program.len());
        }
        step.append(&mut program);
        program = step;
    }
    program
}

fn operation(into: &mut Vec<u8>, code: u8, yes: usize, no: usize) {
    into.push(code);
    into.push(u8::try_from(yes).unwrap_or(u8::MAX));
    into.extend(u16::try_from(no).unwrap_or(u16::MAX).to_ne_bytes());
}

/// `struct inet_diag_hostcond`. An IPv4 condition also holds for that address mapped into IPv6.
fn condition(place: Place) -> Vec<u8> {
    let address = match place.address.map(|address| address.to_canonical()) {
        None => (0, Vec::new()),
        Some(IpAddr::V4(address)) => (AF_INET, address.octets().to_vec()),
        Some(IpAddr::V6(address)) => (AF_INET6, address.octets().to_vec()),
    };
    let (family, octets) = address;
    let bits = u8::try_from(octets.len() * 8).unwrap_or(0);
    let mut bytes = vec![family, bits, 0, 0];
    bytes.extend(i32::from(place.port).to_ne_bytes());
    bytes.extend(octets);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs the program as the kernel does, and checks it as the kernel does before it accepts one.
    fn run(program: &[u8], matches: impl Fn(u8, &[u8]) -> bool) -> bool {
        let mut at = 0;
        while at < program.len() {
            let (code, yes) = (program[at], usize::from(program[at + 1]));
            let no = usize::from(u16::from_ne_bytes([program[at + 2], program[at + 3]]));
            assert!(yes >= 4 && yes % 4 == 0 && at + yes <= program.len() + 4);
            assert!(no >= 4 && no % 4 == 0 && at + no <= program.len() + 4);
            let hit = code != JUMP && matches(code, &program[at + 4..at + yes]);
            at += if hit { yes } else { no };
        }
        at == program.len()
    }

    #[test]
    fn a_socket_passes_when_either_end_is_at_one_of_the_places() {
        let place = |address: Option<&str>, port| Place {
            address: address.and_then(|text| text.parse().ok()),
            port,
        };
        let places = [
            place(None, 5432),
            place(Some("10.0.0.2"), 5433),
            place(Some("fd00::2"), 5434),
            place(Some("::ffff:10.0.0.3"), 5435),
        ];
        let program = program(&places);
        for wanted in places {
            for end in [SOURCE, DESTINATION] {
                let operand = condition(wanted);
                assert!(run(&program, |code, bytes| code == end && bytes == operand));
            }
        }
        assert!(!run(&program, |_, _| false));
        assert_eq!(condition(places[3])[0], AF_INET);
    }

    #[test]
    fn the_request_has_the_kernels_layout() {
        let bytes = list(&[Place {
            address: None,
            port: 5432,
        }]);
        // The request, an attribute's header, condition, jump, condition.
        assert_eq!(bytes.len(), 60 + 4 + 12 + 4 + 12);
        assert_eq!(STATES, 0b1011_0011_1110);
    }
}
