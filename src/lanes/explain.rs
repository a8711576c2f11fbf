//! What a refusal means: which of the known situations it is, what it proves, and what to type next.
//!
//! Stage: after an attempt failed. Pure.
//! Decided by SQLSTATE, source routine and how far the attempt came. Never by the words of a message, which are
//! translated; the exceptions are parameters inside them that are not (see [`server`]) and poolers' texts (see [`pooler`]).

mod explanation;
mod network;
mod pooler;
mod server;
mod variant;

#[cfg(test)]
mod tests;

pub use self::explanation::Explanation;
pub(crate) use self::explanation::ON_DATABASE_HOST;
pub use self::variant::Variant;

use super::LaneKind;
use super::failure::{Cause, Refusal};

/// Explains `refusal`.
pub fn explain(refusal: &Refusal) -> Explanation {
    match &refusal.cause {
        _ if refusal.lane == LaneKind::Pgbouncer => pooler::console(refusal),
        Cause::Server(error) if error.sqlstate.is_empty() => server::pre_3_0(refusal, error),
        Cause::Server(error) if error.routine.is_none() => pooler::explain(refusal, error),
        Cause::Server(error) => server::explain(refusal, error),
        _ => network::explain(refusal),
    }
}
