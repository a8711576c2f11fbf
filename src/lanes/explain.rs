//! What a refusal means: which of the known situations it is, what it proves, and what to type next.
//!
//! Stage: after an attempt failed. Pure.
//! Decided by SQLSTATE, source routine and how far the attempt came. Never by the words of a message, which are
//! translated; the exceptions are parameters inside them that are not (see [`server`]) and poolers' texts (see [`pooler`]).

mod network;
mod pooler;
mod server;
mod variant;

#[cfg(test)]
mod tests;

pub use variant::Variant;

use super::LaneKind;
use super::failure::{Cause, Refusal};

/// To be typed on the database host when no lane is open: who holds the slots, from the process titles.
pub(crate) const ON_DATABASE_HOST: &str = "breakglass backends";

/// A refusal, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// Which situation.
    pub variant: Variant,
    /// One sentence: what happened. May quote the server; untrusted.
    pub what: String,
    /// What the refusal proves about the role or the server, when it proves something.
    pub proves: Option<String>,
    /// Commands to type next, most helpful first, ready to paste.
    pub next: Vec<String>,
    /// Whether the same attempt may succeed a moment later without anybody doing anything.
    pub retry: bool,
}

impl Explanation {
    /// Whether to try the same again. `storming`: slots were short a moment ago. An overrun server also resets and ignores
    /// connections in between; by themselves those would be no reason to try again.
    pub(super) fn worth_another_try(&self, storming: bool) -> bool {
        use Variant::{CannotStartProcess, ClosedEarly, MuteServer, NoAnswer};
        let stumble = matches!(
            self.variant,
            CannotStartProcess | ClosedEarly | MuteServer | NoAnswer
        );
        self.retry || storming && stumble
    }

    fn new(variant: Variant, what: impl Into<String>) -> Self {
        Self {
            variant,
            what: what.into(),
            proves: None,
            next: Vec::new(),
            retry: variant.may_pass(),
        }
    }

    fn proving(mut self, what: impl Into<String>) -> Self {
        self.proves = Some(what.into());
        self
    }

    fn next(mut self, command: impl Into<String>) -> Self {
        self.next.push(command.into());
        self
    }
}

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
