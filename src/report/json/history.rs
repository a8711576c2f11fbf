//! `breakglass/history/1`: the acts with every target, and the lines that could not be read.
//!
//! Stage: report.

use serde::Serialize;
use serde_json::Value;

use crate::decide::history::{Act, Slots, Target};
use crate::report::duration::rfc3339;
use crate::report::history::HistoryView;

/// The document.
#[derive(Debug, Serialize)]
pub struct HistoryJson<'a> {
    format: String,
    records: &'a [String],
    acts: Vec<ActJson<'a>>,
    broken: Vec<BrokenJson<'a>>,
}

#[derive(Debug, Serialize)]
struct ActJson<'a> {
    at: String,
    /// The last line of it.
    until: String,
    record: &'a str,
    line: u64,
    run: &'a str,
    user: &'a str,
    sudo_user: Option<&'a str>,
    ssh_connection: Option<&'a str>,
    host: &'a str,
    typed: &'a [String],
    action: &'a str,
    reason: Option<&'a str>,
    lane: &'a str,
    server: &'a Value,
    targets: Vec<TargetJson<'a>>,
    outcomes: Vec<CountJson>,
    without_outcome: usize,
    /// The intent is there and what came of it is not, or not of all.
    open: bool,
    /// Ordinary slots; null where nobody counted them.
    slots: Option<Slots>,
    /// No ordinary slot was free before it and one was after it.
    admitted_again: bool,
    clock_went_back_seconds: Option<f64>,
}

#[derive(Debug, Serialize)]
struct TargetJson<'a> {
    target: &'a Value,
    outcome: Option<&'a str>,
    detail: Option<&'a str>,
    after_seconds: Option<f64>,
}

#[derive(Debug, Serialize)]
struct CountJson {
    outcome: String,
    count: usize,
}

#[derive(Debug, Serialize)]
struct BrokenJson<'a> {
    record: &'a str,
    line: u64,
    why: &'a str,
}

/// The document of `breakglass history`.
pub fn history<'a>(view: &HistoryView<'a>) -> HistoryJson<'a> {
    HistoryJson {
        format: super::format("history"),
        records: view.files,
        acts: view.acts.iter().map(act).collect(),
        broken: view
            .broken
            .iter()
            .map(|(record, line, why)| BrokenJson {
                record,
                line: *line,
                why,
            })
            .collect(),
    }
}

fn act(act: &Act) -> ActJson<'_> {
    let line = &act.line;
    let count = |(outcome, count)| CountJson { outcome, count };
    ActJson {
        at: rfc3339(line.at),
        until: rfc3339(act.until),
        record: &line.file,
        line: line.number,
        run: &line.run,
        user: &line.user,
        sudo_user: line.sudo_user.as_deref(),
        ssh_connection: line.ssh_connection.as_deref(),
        host: &line.host,
        typed: &line.typed,
        action: &line.action,
        reason: line.reason.as_deref(),
        lane: &line.lane,
        server: &line.server,
        targets: act.targets.iter().map(target).collect(),
        outcomes: act.outcomes().into_iter().map(count).collect(),
        without_outcome: act.without_outcome(),
        open: act.open(),
        slots: act.slots,
        admitted_again: act.admitted_again(),
        clock_went_back_seconds: super::seconds(act.clock_went_back),
    }
}

fn target(target: &Target) -> TargetJson<'_> {
    TargetJson {
        target: &target.target,
        outcome: target.outcome.as_deref(),
        detail: target.detail.as_deref(),
        after_seconds: target.after_seconds,
    }
}
