//! The rules of the sockets lane: what a TCP connection is doing, which ones are meant, what severing them frees.
//!
//! Pure. A socket tells neither role nor application nor transaction; what it tells is who has it open, and which
//! of the two ends spoke last, and when.

pub mod activity;
pub mod outcome;
pub mod plan;
pub mod selection;
mod socket;
#[cfg(test)]
pub(crate) mod testing;

pub use self::socket::{
    End, Namespace, Owner, Owners, Socket, SocketId, SocketsSnapshot, TcpInfo, TcpState, Timer,
    ends,
};
