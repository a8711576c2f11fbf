//! The ways in, for programs: every lane with its state, and what the open ones saw.
//!
//! Stage: report.

use serde::Serialize;

use crate::decide::admission::{Admission, Proof};
use crate::decide::survey::Survey;
use crate::report::duration;

use super::server::{CapacityJson, ServerJson};

/// Every way in.
#[derive(Debug, Serialize)]
pub struct SurveyJson<'a> {
    endpoint: &'a str,
    role: &'a str,
    lanes: Vec<LaneJson<'a>>,
    /// Null where no database lane is open.
    server: Option<ServerJson<'a>>,
    slots: Option<CapacityJson>,
    seen_over: Option<&'static str>,
    slot: Option<&'static str>,
    arrived: usize,
    left: usize,
    between_looks_seconds: f64,
    backends: Option<BackendsJson<'a>>,
    sockets: Option<SocketsJson>,
    workers: Vec<WorkersJson<'a>>,
}

#[derive(Debug, Serialize)]
struct LaneJson<'a> {
    lane: &'static str,
    state: &'static str,
    what: &'a str,
    refused: Vec<&'static str>,
    attempts: u32,
    seconds: f64,
}

#[derive(Debug, Serialize)]
struct BackendsJson<'a> {
    label: &'a str,
    cluster: &'a str,
    sessions: usize,
    starting: usize,
}

#[derive(Debug, Serialize)]
struct SocketsJson {
    idle: usize,
    waiting: usize,
    undecided: usize,
    closing: usize,
    server_ends: bool,
    may_sever: bool,
}

#[derive(Debug, Serialize)]
struct WorkersJson<'a> {
    runtime: &'a str,
    master: Option<i32>,
    processes: usize,
    idle: usize,
    busy: usize,
    undecided: usize,
    closing: usize,
    recyclable: bool,
}

/// A survey.
pub fn survey(survey: &Survey) -> SurveyJson<'_> {
    SurveyJson {
        endpoint: &survey.endpoint,
        role: &survey.role,
        lanes: survey
            .sights
            .iter()
            .map(|sight| LaneJson {
                lane: sight.way.name(),
                state: sight.standing.name(),
                what: &sight.what,
                refused: sight.refused.iter().map(|kind| kind.name()).collect(),
                attempts: sight.attempts,
                seconds: duration::seconds(sight.took),
            })
            .collect(),
        server: survey.snapshot.as_ref().map(|view| (&view.server).into()),
        slots: survey.snapshot.as_ref().map(|view| view.capacity().into()),
        seen_over: survey.seen_over.map(|way| way.name()),
        slot: survey.slot.map(|slot| slot.name()),
        arrived: survey.churn.arrived,
        left: survey.churn.left,
        between_looks_seconds: duration::seconds(survey.churn.within),
        backends: survey.backends.as_ref().map(|backends| BackendsJson {
            label: &backends.label,
            cluster: &backends.cluster,
            sessions: backends.snapshot.holders().count(),
            starting: backends.starting(std::time::Duration::ZERO).count(),
        }),
        sockets: survey.sockets.map(|sockets| SocketsJson {
            idle: sockets.idle,
            waiting: sockets.waiting,
            undecided: sockets.undecided,
            closing: sockets.closing,
            server_ends: sockets.server_ends,
            may_sever: sockets.may_sever,
        }),
        workers: survey
            .workers
            .iter()
            .map(|group| WorkersJson {
                runtime: &group.runtime,
                master: group.master,
                processes: group.processes,
                idle: group.held.idle,
                busy: group.held.busy,
                undecided: group.held.undecided,
                closing: group.held.closing,
                recyclable: group.recyclable,
            })
            .collect(),
    }
}

/// Whether an ordinary role gets in.
#[derive(Debug, Serialize)]
pub struct AdmissionJson<'a> {
    verdict: &'static str,
    proof: &'static str,
    ordinary_free: Option<u32>,
    role: &'a str,
    why: Option<&'a str>,
    seconds: f64,
}

impl<'a> From<&'a Admission> for AdmissionJson<'a> {
    fn from(admission: &'a Admission) -> Self {
        let (proof, ordinary_free) = match admission.proof {
            Proof::Login => ("login", None),
            Proof::Slots(free) => ("slots", Some(free)),
            Proof::None => ("none", None),
        };
        Self {
            verdict: admission.verdict.name(),
            proof,
            ordinary_free,
            role: &admission.role,
            why: admission.why.as_deref(),
            seconds: duration::seconds(admission.took),
        }
    }
}
