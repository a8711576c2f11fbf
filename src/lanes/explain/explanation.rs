//! A refusal, understood.
//!
//! Pure.

use super::variant::Variant;

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
    pub(in crate::lanes) fn worth_another_try(&self, storming: bool) -> bool {
        use Variant::{CannotStartProcess, ClosedEarly, MuteServer, NoAnswer};
        let stumble = matches!(
            self.variant,
            CannotStartProcess | ClosedEarly | MuteServer | NoAnswer
        );
        self.retry || storming && stumble
    }

    pub(super) fn new(variant: Variant, what: impl Into<String>) -> Self {
        Self {
            variant,
            what: what.into(),
            proves: None,
            next: Vec::new(),
            retry: variant.may_pass(),
        }
    }

    pub(super) fn proving(mut self, what: impl Into<String>) -> Self {
        self.proves = Some(what.into());
        self
    }

    pub(super) fn next(mut self, command: impl Into<String>) -> Self {
        self.next.push(command.into());
        self
    }
}
