//! What `check` says, in the forms monitoring systems read.
//!
//! Stage: report. [`nagios`] is a line with performance data and more lines below it, [`prometheus`] the text format.

pub mod nagios;
pub mod prometheus;

use crate::decide::check::{Measured, Question, Verdict};

/// Everything that is shown.
#[derive(Debug, Clone, Copy)]
pub struct CheckView<'a> {
    /// What was found out.
    pub measured: &'a Measured,
    /// What was asked.
    pub question: &'a Question,
    /// The judgement.
    pub verdict: &'a Verdict,
}
