//! What `probe` found, in one line.
//!
//! Stage: report.

use super::{duration, sanitize};
use crate::decide::probe::{Compared, Trial, Verdict, Word};

/// Everything that is shown.
#[derive(Debug, Clone, Copy)]
pub struct ProbeView<'a> {
    /// The attempt.
    pub trial: &'a Trial,
    /// What is made of it.
    pub verdict: &'a Verdict,
    /// The endpoint that was asked beside it, and how it compares.
    pub http: Option<(&'a str, &'a Compared)>,
}

/// The line.
pub fn line(view: &ProbeView<'_>) -> String {
    let (trial, verdict) = (view.trial, view.verdict);
    let steps: Vec<String> = verdict
        .steps
        .iter()
        .filter(|step| step.word != Word::NotTried)
        .map(|step| match step.took {
            Some(took) if step.word == Word::Slow => {
                format!("{} slow, {}", step.name, duration::precise(took))
            }
            Some(took) => format!("{} {}", step.name, duration::precise(took)),
            None => format!("{} {}", step.name, step.word.name()),
        })
        .collect();
    let mut text = format!(
        "{}: {} as {}: {}",
        verdict.word.name(),
        trial.endpoint,
        trial.role,
        steps.join(", ")
    );
    if let Some(why) = &verdict.why {
        text.push_str(&format!("; {why}"));
    }
    if let Some(what) = verdict.privileged {
        text.push_str(&format!(
            "; as {what}, who gets in while applications are refused: probe as an ordinary role"
        ));
    }
    if let Some((_, compared)) = view.http {
        text.push_str(&format!("; {}", compared.sentence));
    }
    format!("{}\n", sanitize::one_line(&text))
}
