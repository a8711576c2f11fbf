//! What `probe` found, in one line; wrapped on a terminal.
//!
//! Stage: report.

use super::page::Page;
use super::palette::Tone;
use super::{Screen, duration, sanitize};
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

/// The line, as a person sees it and as a program reads it: without a width it is one.
pub fn screen(view: &ProbeView<'_>, screen: Screen) -> String {
    let tone = match view.verdict.word {
        Word::Ok if view.http.is_none_or(|(_, compared)| compared.agrees) => Tone::Good,
        Word::Ok | Word::Slow | Word::ReadOnly => Tone::Warn,
        _ => Tone::Alarm,
    };
    let mut page = Page::new(screen.width, screen.palette);
    page.heading(tone, &line(view));
    page.finish()
}

fn line(view: &ProbeView<'_>) -> String {
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
    if let Some(runbook) = trial.runbook {
        text.push_str(&format!("; runbook: {}", runbook.command()));
    }
    if let Some(what) = verdict.privileged {
        text.push_str(&format!(
            "; as {what}, who gets in while applications are refused: probe as an ordinary role"
        ));
    }
    if let Some((_, compared)) = view.http {
        text.push_str(&format!("; {}", compared.sentence));
    }
    sanitize::one_line(&text)
}
