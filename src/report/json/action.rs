//! `breakglass/cancel/1`, `breakglass/terminate/1` and the like: the plan, and what came of each target.
//!
//! Stage: report. Of a dry run, or of a plan nobody confirmed, there are targets without outcomes.

use serde::Serialize;

use crate::decide::capacity::Capacity;
use crate::decide::holder::TargetOutcome;
use crate::decide::outcome::Outcome;
use crate::decide::plan::{Plan, Question};
use crate::decide::session::Session;
use crate::decide::sessions::plan::Action;
use crate::decide::verified::Verified;
use crate::report::duration::seconds;
use crate::report::{LaneView, plan};

use super::server::{CapacityJson, LaneJson, ServerJson};
use super::sessions::SessionJson;
use super::status::{GroupJson, groups};

/// How the run is to be described.
#[derive(Debug, Clone, Copy)]
pub struct ActionView<'a> {
    /// The command as typed: `cancel`, `terminate`, `free`.
    pub command: &'a str,
    /// The way we came.
    pub lane: &'a LaneView,
    /// What was planned.
    pub plan: &'a Plan<Session>,
    /// What came of it; `None` if nothing was done.
    pub verified: Option<&'a Verified<Session>>,
    /// The exit code.
    pub exit_code: u8,
    /// Whether the run was to stop before acting.
    pub dry_run: bool,
}

/// The document.
#[derive(Debug, Serialize)]
pub struct ActionJson<'a> {
    format: String,
    command: &'a str,
    dry_run: bool,
    exit_code: u8,
    /// `done`, `partly`, `refused`, `unknown`; null if nothing was done.
    ending: Option<&'static str>,
    server: ServerJson<'a>,
    lane: LaneJson<'a>,
    plan: PlanJson<'a>,
    targets: Vec<TargetJson<'a>>,
    slots: SlotsJson,
    retaken: Vec<GroupJson>,
    watched_seconds: Option<f64>,
    took_seconds: Option<f64>,
}

#[derive(Debug, Serialize)]
struct PlanJson<'a> {
    action: &'static str,
    targets: usize,
    frees: usize,
    wait_seconds: f64,
    question: String,
    /// The number that must be typed; null where y is enough.
    type_number: Option<usize>,
    missing_pids: &'a [i32],
    spared: Vec<SparedJson<'a>>,
}

#[derive(Debug, Serialize)]
struct SparedJson<'a> {
    #[serde(flatten)]
    session: SessionJson<'a>,
    reason: &'static str,
    detail: String,
}

#[derive(Debug, Serialize)]
struct TargetJson<'a> {
    #[serde(flatten)]
    session: SessionJson<'a>,
    outcome: Option<&'static str>,
    detail: Option<String>,
    after_seconds: Option<f64>,
}

#[derive(Debug, Serialize)]
struct SlotsJson {
    /// Null, like the next, on a lane that cannot know the limits.
    before: Option<CapacityJson>,
    /// If everything planned goes and nobody comes.
    planned: Option<CapacityJson>,
    /// At the last look; null if there was none.
    after: Option<CapacityJson>,
}

/// The document of a command that acts.
pub fn action<'a>(view: &ActionView<'a>) -> ActionJson<'a> {
    let ActionView { plan, verified, .. } = *view;
    ActionJson {
        format: super::format(view.command),
        command: view.command,
        dry_run: view.dry_run,
        exit_code: view.exit_code,
        ending: verified.map(|verified| verified.ending().name()),
        server: (&plan.facts.server).into(),
        lane: view.lane.into(),
        plan: plan_json(plan),
        targets: match verified {
            Some(verified) => verified.targets.iter().map(done).collect(),
            None => plan.targets.iter().map(planned).collect(),
        },
        slots: SlotsJson {
            before: known(plan.facts.capacity),
            planned: known(plan.capacity_after()),
            after: verified
                .and_then(|verified| verified.aftermath.capacity)
                .and_then(known),
        },
        retaken: verified
            .map(|verified| groups(verified.aftermath.retaken.clone()))
            .unwrap_or_default(),
        watched_seconds: verified.map(|verified| seconds(verified.aftermath.watched)),
        took_seconds: verified.map(|verified| seconds(verified.took())),
    }
}

fn known(capacity: Capacity) -> Option<CapacityJson> {
    capacity.is_known().then(|| capacity.into())
}

fn plan_json(plan: &Plan<Session>) -> PlanJson<'_> {
    PlanJson {
        action: action_name(plan.facts.action),
        targets: plan.targets.len(),
        frees: plan.frees(),
        wait_seconds: seconds(plan.wait),
        question: plan::question(plan).trim_end().to_owned(),
        type_number: match plan.question {
            Question::YesNo => None,
            Question::Number(number, _) => Some(number),
        },
        missing_pids: &plan.missing,
        spared: plan
            .spared
            .iter()
            .map(|spared| SparedJson {
                session: (&spared.session).into(),
                reason: spared.reason.name(),
                detail: spared.reason.sentence(),
            })
            .collect(),
    }
}

fn planned(session: &Session) -> TargetJson<'_> {
    TargetJson {
        session: session.into(),
        outcome: None,
        detail: None,
        after_seconds: None,
    }
}

fn done(target: &TargetOutcome<Session>) -> TargetJson<'_> {
    let detail = match &target.outcome {
        Outcome::Refused(why) | Outcome::Changed(why) => why.clone(),
        other => other.sentence(),
    };
    TargetJson {
        session: (&target.holder).into(),
        outcome: Some(target.outcome.name()),
        detail: Some(detail),
        after_seconds: Some(seconds(target.after)),
    }
}

fn action_name(action: Action) -> &'static str {
    match action {
        Action::Cancel => "cancel",
        Action::Terminate => "terminate",
        Action::TerminateGently => "cancel-then-terminate",
    }
}
