//! A failure: its kind, which is its exit code, what went wrong with its causes, and what to do about it.
//!
//! The kind is chosen where the failure is understood; `main` prints it, once.

use crate::exit_code::ExitCode;

/// Why a run ended without its answer.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub code: ExitCode,
    /// What happened, to what; the chain of causes under it.
    pub error: anyhow::Error,
    /// What to type or do next, a line each.
    pub hints: Vec<String>,
    /// The answer in a machine's format, for those who asked for one.
    pub json: Option<serde_json::Value>,
}

impl Failure {
    /// A failure of this kind.
    pub fn new(code: ExitCode, error: impl Into<anyhow::Error>) -> Self {
        Self {
            code,
            error: error.into(),
            hints: Vec::new(),
            json: None,
        }
    }

    /// A failure that is one sentence.
    pub fn say(code: ExitCode, sentence: impl Into<String>) -> Self {
        Self::new(code, anyhow::Error::msg(sentence.into()))
    }

    /// With another hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

/// What a command gives back.
pub type Outcome = Result<ExitCode, Failure>;
