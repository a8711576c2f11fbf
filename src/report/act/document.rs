//! `breakglass/act/1`: what every command that acts answers to a program, key for key the same.
//!
//! Stage: report. The form is written down in [`SCHEMA`]. Of a dry run, or of a plan nobody confirmed, there is a plan
//! and no outcome.

use serde::Serialize;
use serde_json::{Value, json};

use super::{Reported, question};
use crate::decide::breakdown::Group;
use crate::decide::outcome::Stopped;
use crate::decide::plan::{Plan, Question};
use crate::decide::prediction::Prediction;
use crate::decide::verified::Verified;
use crate::report::LaneView;
use crate::report::duration::seconds;

/// The document's JSON Schema, as `breakglass schema act` prints it.
pub const SCHEMA: &str = include_str!("act.schema.json");

/// A run of a command that acts.
#[derive(Debug)]
pub struct ActView<'a, H: Reported> {
    /// The command, as it is typed.
    pub command: &'a str,
    /// The way we came.
    pub lane: &'a LaneView,
    /// What was planned.
    pub plan: &'a Plan<H>,
    /// What came of it; `None` if nothing was done.
    pub verified: Option<&'a Verified<H>>,
    /// Whether the run was to stop before acting.
    pub dry_run: bool,
    /// The exit code.
    pub exit_code: u8,
}

/// The document.
#[derive(Debug, Serialize)]
pub struct ActJson<'a> {
    format: &'static str,
    command: &'a str,
    dry_run: bool,
    exit_code: u8,
    server: Value,
    lane: &'a LaneView,
    plan: PlanJson<'a>,
    outcome: Option<OutcomeJson>,
}

#[derive(Debug, Serialize)]
struct PlanJson<'a> {
    action: &'static str,
    targets: Vec<Value>,
    spared: Vec<Value>,
    missing_pids: &'a [i32],
    /// What is asked; null where nothing needs to be.
    question: Option<String>,
    /// The number that must be typed; null where y is enough.
    type_number: Option<usize>,
    cap: Value,
    prediction: Prediction,
    warnings: Vec<String>,
    wait_seconds: f64,
    details: Value,
}

#[derive(Debug, Serialize)]
struct OutcomeJson {
    ending: &'static str,
    targets: Vec<Value>,
    stopped: Value,
    /// Slots seen to come free; null where they cannot be seen.
    freed: Option<usize>,
    retaken: Option<Vec<Group>>,
    took_seconds: f64,
    details: Value,
}

/// The document of a run.
pub fn act<'a, H: Reported>(view: &ActView<'a, H>) -> ActJson<'a> {
    let plan = view.plan;
    ActJson {
        format: "breakglass/act/1",
        command: view.command,
        dry_run: view.dry_run,
        exit_code: view.exit_code,
        server: H::place(plan),
        lane: view.lane,
        plan: plan_json(plan),
        outcome: view.verified.map(|verified| outcome(plan, verified)),
    }
}

fn plan_json<H: Reported>(plan: &Plan<H>) -> PlanJson<'_> {
    let spared = |one: &H::Spared| {
        let reason = H::reason(one);
        let why = json!({ "reason": reason.word, "detail": reason.sentence });
        with(H::spared_document(one, &plan.facts), why)
    };
    PlanJson {
        action: H::action(plan),
        targets: plan
            .targets
            .iter()
            .map(|one| one.document(&plan.facts))
            .collect(),
        spared: plan.spared.iter().map(spared).collect(),
        missing_pids: &plan.missing,
        question: Some(question(plan).trim_end().to_owned()).filter(|text| !text.is_empty()),
        type_number: match plan.question {
            Question::Nothing | Question::YesNo => None,
            Question::Number(number, _) => Some(number),
        },
        cap: json!({ "max_targets": plan.caps.max_targets, "limit": plan.caps.limit }),
        prediction: plan.prediction,
        warnings: H::warnings(plan),
        wait_seconds: seconds(plan.wait),
        details: H::plan_details(plan),
    }
}

fn outcome<H: Reported>(plan: &Plan<H>, verified: &Verified<H>) -> OutcomeJson {
    let targets = verified.targets.iter().map(|done| {
        let own = with(done.holder.document(&plan.facts), H::target_details(done));
        let end = json!({
            "outcome": done.word(),
            "detail": done.sentence(),
            "after_seconds": seconds(done.after),
        });
        with(own, end)
    });
    OutcomeJson {
        ending: verified.ending().name(),
        targets: targets.collect(),
        stopped: stopped(&verified.stopped),
        freed: H::freed(plan, verified),
        retaken: H::retaken(verified),
        took_seconds: seconds(verified.took()),
        details: H::outcome_details(plan, verified),
    }
}

fn stopped(stopped: &Stopped) -> Value {
    let (why, detail) = match stopped {
        Stopped::Finished => ("finished", None),
        Stopped::Goal => ("goal", None),
        Stopped::Worse(how) => ("worse", Some(how)),
        Stopped::Interrupted => ("interrupted", None),
        Stopped::Blind(how) => ("no-look", Some(how)),
    };
    json!({ "why": why, "detail": detail })
}

/// One object with the keys of both.
pub(super) fn with(mut value: Value, more: Value) -> Value {
    if let (Value::Object(fields), Value::Object(more)) = (&mut value, more) {
        fields.extend(more);
    }
    value
}
