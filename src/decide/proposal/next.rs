//! What to do next, what was passed over for it, and what that depends on beside the survey.
//!
//! Pure.

use super::step::Step;
use crate::decide::protection::Policy;
use crate::decide::survey::WayIn;

/// A better step that is not proposed, and why.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct PassedOver {
    /// Which: [`Step::name`].
    pub step: &'static str,
    /// Half a sentence. Untrusted.
    pub why: String,
}

/// A step, and what to expect of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposed {
    /// The step.
    pub step: Step,
    /// Over which way in.
    pub way: WayIn,
    /// Slots it frees, if nobody connects again meanwhile.
    pub frees: usize,
    /// Ordinary slots that are free afterwards; `None` where the limits are not known.
    pub ordinary_after: Option<u32>,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Next {
    /// This.
    Step(Proposed),
    /// Ordinary roles are admitted: nothing.
    Nothing,
    /// The server admits nobody for a moment: wait.
    Wait,
    /// It is no matter of slots: the role, the network.
    NotSlots,
    /// Nothing can be done over the ways that are open here; on these hosts there is more.
    Elsewhere(Vec<Place>),
    /// Whoever may be ended runs a statement. No step ends those; a person may decide to.
    Statements(Statements),
    /// Nothing that may be ended is left, and this is the database host.
    Restart,
}

/// Sessions that run a statement and hold the slots that are missed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statements {
    /// How many of them may be ended.
    pub count: usize,
    /// Over which way in.
    pub way: WayIn,
    /// What to type after `breakglass` to end some of them.
    pub command: Vec<String>,
}

impl Next {
    /// The word in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Step(proposed) => proposed.step.name(),
            other => other.into(),
        }
    }
}

/// Another host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Where the server runs: `backends`, `sockets`.
    DatabaseHost,
    /// Where its clients run: `workers`, `sockets`.
    ApplicationHost,
}

/// What to do next, and what was passed over for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// What.
    pub next: Next,
    /// What not.
    pub passed_over: Vec<PassedOver>,
}

/// What the proposal depends on beside the survey.
#[derive(Debug, Clone, Default)]
pub struct Given<'a> {
    /// Who is spared.
    pub policy: Policy,
    /// Names of steps that gained nothing in this run: they are not proposed again.
    pub in_vain: &'a [&'static str],
    /// Whether our role may set connection limits.
    pub may_fence: bool,
    /// Roles that are fenced already.
    pub fenced: &'a [String],
}
