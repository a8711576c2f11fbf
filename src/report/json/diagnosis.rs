//! What is going on and what to do next, for programs: the sentence, and the values behind it.
//!
//! Stage: report.

use serde::Serialize;

use crate::decide::diagnosis::{Diagnosis, Doubt, Storm};
use crate::decide::proposal::{Next, PassedOver, Proposal};
use crate::decide::survey::{Survey, WayIn};
use crate::report::diagnosis::{doubts, sentence};
use crate::report::proposal::headline;

/// What is going on.
#[derive(Debug, Serialize)]
pub struct DiagnosisJson<'a> {
    sentence: String,
    #[serde(flatten)]
    diagnosis: &'a Diagnosis,
    storm: Option<StormJson<'a>>,
    doubts: Vec<DoubtJson>,
}

#[derive(Debug, Serialize)]
struct StormJson<'a> {
    certain: bool,
    #[serde(flatten)]
    storm: &'a Storm,
}

#[derive(Debug, Serialize)]
struct DoubtJson {
    kind: Doubt,
    sentence: String,
}

/// A diagnosis of `survey`.
pub fn diagnosis<'a>(diagnosis: &'a Diagnosis, survey: &Survey) -> DiagnosisJson<'a> {
    let kinds = diagnosis.doubts.iter().copied();
    DiagnosisJson {
        sentence: sentence(diagnosis, survey),
        diagnosis,
        storm: diagnosis.storm.as_ref().map(|storm| StormJson {
            certain: storm.is_certain(),
            storm,
        }),
        doubts: kinds
            .zip(doubts(diagnosis))
            .map(|(kind, sentence)| DoubtJson { kind, sentence })
            .collect(),
    }
}

/// What to do next.
#[derive(Debug, Serialize)]
pub struct ProposalJson<'a> {
    next: &'static str,
    sentence: String,
    lane: Option<WayIn>,
    commands: &'a [String],
    frees: Option<usize>,
    ordinary_free_after: Option<u32>,
    passed_over: &'a [PassedOver],
}

/// A proposal after `survey`; `commands` are complete.
pub fn proposal<'a>(
    proposal: &'a Proposal,
    survey: &Survey,
    commands: &'a [String],
) -> ProposalJson<'a> {
    let step = match &proposal.next {
        Next::Step(step) => Some(step),
        _ => None,
    };
    ProposalJson {
        next: proposal.next.name(),
        sentence: headline(proposal, survey.snapshot.as_ref()),
        lane: step.map(|step| step.way),
        commands,
        frees: step.map(|step| step.frees),
        ordinary_free_after: step.and_then(|step| step.ordinary_after),
        passed_over: &proposal.passed_over,
    }
}
