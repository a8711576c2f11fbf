//! What is going on and what to do next, for programs: the sentence, and the values behind it.
//!
//! Stage: report.

use serde::Serialize;

use crate::decide::diagnosis::{Cause, Diagnosis, Found, Lockout};
use crate::decide::proposal::{Next, Proposal};
use crate::decide::survey::Survey;
use crate::report::diagnosis::{doubts, sentence};
use crate::report::proposal::headline;

use super::seconds;

/// What is going on.
#[derive(Debug, Serialize)]
pub struct DiagnosisJson<'a> {
    sentence: String,
    lockout: LockoutJson<'a>,
    walsenders_gone: bool,
    cause: Option<CauseJson<'a>>,
    also: Vec<CauseJson<'a>>,
    storm: Option<StormJson>,
    most: Option<HolderJson<'a>>,
    doubts: Vec<DoubtJson>,
}

#[derive(Debug, Serialize)]
struct LockoutJson<'a> {
    kind: &'static str,
    name: Option<&'a str>,
    used: Option<usize>,
    limit: Option<u32>,
}

#[derive(Debug, Serialize)]
struct CauseJson<'a> {
    kind: &'static str,
    slots: usize,
    certain: bool,
    application: Option<&'a str>,
    head: Option<i32>,
    waiting: Option<usize>,
    oldest_seconds: Option<f64>,
    seen_by: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct StormJson {
    certain: bool,
    arrived: usize,
    retaken: usize,
    refusals_vary: bool,
    young: usize,
}

#[derive(Debug, Serialize)]
struct HolderJson<'a> {
    by: &'static str,
    name: &'a str,
    count: usize,
    of: usize,
    idle: usize,
    active: usize,
    limit: Option<u32>,
}

#[derive(Debug, Serialize)]
struct DoubtJson {
    kind: &'static str,
    sentence: String,
}

/// A diagnosis of `survey`.
pub fn diagnosis<'a>(diagnosis: &'a Diagnosis, survey: &Survey) -> DiagnosisJson<'a> {
    let (name, used, limit) = match &diagnosis.lockout {
        Lockout::Role { name, used, limit } | Lockout::Database { name, used, limit } => {
            (Some(name.as_str()), Some(*used), *limit)
        }
        _ => (None, None, None),
    };
    let kinds = diagnosis.doubts.iter().map(|doubt| doubt.name());
    DiagnosisJson {
        sentence: sentence(diagnosis, survey),
        lockout: LockoutJson {
            kind: diagnosis.lockout.name(),
            name,
            used,
            limit,
        },
        walsenders_gone: diagnosis.walsenders_gone,
        cause: diagnosis.cause.as_ref().map(cause),
        also: diagnosis.also.iter().map(cause).collect(),
        storm: diagnosis.storm.as_ref().map(|storm| StormJson {
            certain: storm.is_certain(),
            arrived: storm.arrived,
            retaken: storm.retaken,
            refusals_vary: storm.refusals_vary,
            young: storm.young,
        }),
        most: diagnosis.most.as_ref().map(|most| HolderJson {
            by: most.by.name(),
            name: &most.name,
            count: most.count,
            of: most.of,
            idle: most.idle,
            active: most.active,
            limit: most.limit,
        }),
        doubts: kinds
            .zip(doubts(diagnosis))
            .map(|(kind, sentence)| DoubtJson { kind, sentence })
            .collect(),
    }
}

fn cause(found: &Found) -> CauseJson<'_> {
    let json = CauseJson {
        kind: found.cause.name(),
        slots: found.slots,
        certain: found.certain,
        application: None,
        head: None,
        waiting: None,
        oldest_seconds: None,
        seen_by: None,
    };
    match &found.cause {
        Cause::HalfAuthenticated { oldest, seen_by } => CauseJson {
            oldest_seconds: seconds(*oldest),
            seen_by: seen_by.map(|way| way.name()),
            ..json
        },
        Cause::LockQueue { head, waiting } => CauseJson {
            head: head.map(|head| head.pid),
            waiting: Some(*waiting),
            ..json
        },
        Cause::Leak {
            application,
            oldest,
        } => CauseJson {
            application: Some(application),
            oldest_seconds: seconds(*oldest),
            ..json
        },
        Cause::Superusers { application }
        | Cause::Pool { application }
        | Cause::Busy { application } => CauseJson {
            application: Some(application),
            ..json
        },
    }
}

/// What to do next.
#[derive(Debug, Serialize)]
pub struct ProposalJson<'a> {
    next: &'static str,
    sentence: String,
    lane: Option<&'static str>,
    commands: &'a [String],
    frees: Option<usize>,
    ordinary_free_after: Option<u32>,
    passed_over: Vec<PassedOverJson<'a>>,
}

#[derive(Debug, Serialize)]
struct PassedOverJson<'a> {
    step: &'static str,
    why: &'a str,
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
        lane: step.map(|step| step.way.name()),
        commands,
        frees: step.map(|step| step.frees),
        ordinary_free_after: step.and_then(|step| step.ordinary_after),
        passed_over: proposal
            .passed_over
            .iter()
            .map(|passed| PassedOverJson {
                step: passed.step,
                why: &passed.why,
            })
            .collect(),
    }
}
