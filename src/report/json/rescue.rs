//! `breakglass/rescue/1`: the walk from its first look to its end.
//!
//! Stage: report.

use serde::Serialize;

use crate::decide::admission::Admission;
use crate::decide::rescue::{Came, Done, Finish};
use crate::report::duration;
use crate::report::rescue::RescueView;

use super::diagnosis::{DiagnosisJson, ProposalJson, diagnosis, proposal};
use super::seconds;
use super::survey::{SurveyJson, survey};

/// The document.
#[derive(Debug, Serialize)]
pub struct RescueJson<'a> {
    format: &'static str,
    command: &'static str,
    /// Why it ended.
    finish: &'static str,
    exit_code: u8,
    /// Half a sentence, where it was refused or not confirmed.
    why: Option<&'a str>,
    recovered_after_seconds: Option<f64>,
    seconds: f64,
    admission: Option<&'a Admission>,
    done: Vec<DoneJson<'a>>,
    /// Targets that are gone, over all steps.
    gone: usize,
    /// Sessions that held a slot before the last step and were not hit by it.
    untouched: Option<usize>,
    evidence: Option<String>,
    /// The last look.
    survey: SurveyJson<'a>,
    diagnosis: DiagnosisJson<'a>,
    proposal: ProposalJson<'a>,
    next: Vec<&'a str>,
}

#[derive(Debug, Serialize)]
struct DoneJson<'a> {
    step: &'static str,
    lane: &'static str,
    what: &'a str,
    commands: &'a [String],
    outcome: &'static str,
    why: Option<&'a str>,
    /// Targets that may have been hit.
    targets: usize,
    gone: usize,
    retaken: usize,
    spared: Vec<SparedJson<'a>>,
    fence: Option<&'a str>,
    /// From the start of the run to the end of the step.
    at_seconds: f64,
}

#[derive(Debug, Serialize)]
struct SparedJson<'a> {
    why: &'a str,
    count: usize,
}

/// A walk.
pub fn rescue<'a>(view: &RescueView<'a>) -> RescueJson<'a> {
    let story = view.story;
    RescueJson {
        format: "breakglass/rescue/1",
        command: "rescue",
        finish: story.finish.name(),
        exit_code: view.exit_code,
        why: match &story.finish {
            Finish::Declined(why) => Some(why),
            _ => None,
        },
        recovered_after_seconds: seconds(story.recovered_after),
        seconds: duration::seconds(story.took),
        admission: story.admission.as_ref(),
        gone: story.done.iter().map(|done| done.counted.gone).sum(),
        done: story.done.iter().map(done).collect(),
        untouched: story.untouched().map(|(untouched, _)| untouched),
        evidence: story
            .evidence
            .as_ref()
            .map(|path| path.to_string_lossy().into_owned()),
        survey: survey(&story.survey),
        diagnosis: diagnosis(&story.diagnosis, &story.survey),
        proposal: proposal(&story.proposal, &story.survey, &story.commands),
        next: view
            .next
            .iter()
            .map(|advice| advice.command.as_str())
            .collect(),
    }
}

fn done(done: &Done) -> DoneJson<'_> {
    DoneJson {
        step: done.step,
        lane: done.way.name(),
        what: &done.what,
        commands: &done.commands,
        outcome: done.came.name(),
        why: match &done.came {
            Came::Refused(why) | Came::NotConfirmed(why) => Some(why),
            _ => None,
        },
        targets: done.counted.hit,
        gone: done.counted.gone,
        retaken: done.counted.retaken,
        spared: done
            .counted
            .spared
            .iter()
            .map(|(why, count)| SparedJson { why, count: *count })
            .collect(),
        fence: done.fence.as_deref(),
        at_seconds: duration::seconds(done.at),
    }
}
