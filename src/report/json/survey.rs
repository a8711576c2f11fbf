//! The ways in, for programs: every lane with its state, and what the open ones saw.
//!
//! Stage: report.

use std::time::Duration;

use serde::Serialize;

use crate::decide::capacity::SlotClass;
use crate::decide::snapshot::Server;
use crate::decide::survey::{Churn, HostSockets, Sight, Survey, WayIn, WorkerGroup};

use super::server::CapacityJson;

/// Every way in.
#[derive(Debug, Serialize)]
pub struct SurveyJson<'a> {
    endpoint: &'a str,
    role: &'a str,
    lanes: &'a [Sight],
    /// Null where no database lane is open.
    server: Option<&'a Server>,
    slots: Option<CapacityJson>,
    seen_over: Option<WayIn>,
    slot: Option<SlotClass>,
    #[serde(flatten)]
    churn: &'a Churn,
    backends: Option<BackendsJson<'a>>,
    sockets: Option<HostSockets>,
    workers: &'a [WorkerGroup],
}

#[derive(Debug, Serialize)]
struct BackendsJson<'a> {
    label: &'a str,
    cluster: &'a str,
    sessions: usize,
    starting: usize,
}

/// A survey.
pub fn survey(survey: &Survey) -> SurveyJson<'_> {
    SurveyJson {
        endpoint: &survey.endpoint,
        role: &survey.role,
        lanes: &survey.sights,
        server: survey.snapshot.as_ref().map(|view| &view.server),
        slots: survey.snapshot.as_ref().map(|view| view.capacity().into()),
        seen_over: survey.seen_over,
        slot: survey.slot,
        churn: &survey.churn,
        backends: survey.backends.as_ref().map(|backends| BackendsJson {
            label: &backends.label,
            cluster: &backends.cluster,
            sessions: backends.snapshot.holders().count(),
            starting: backends.starting(Duration::ZERO).count(),
        }),
        sockets: survey.sockets,
        workers: &survey.workers,
    }
}
