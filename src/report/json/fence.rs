//! `breakglass/fence/1`: fences put up, taken back or listed; and the standing ones that every other document carries.
//!
//! Stage: report. A limit of null is no limit.

use serde::Serialize;

use crate::decide::fence::{Kind, Limit, Standing};
use crate::decide::snapshot::Server;
use crate::report::LaneView;
use crate::report::fence::{Listed, Seen, sentence};

use super::server::{LaneJson, ServerJson};

/// What a run of `fence` did.
#[derive(Debug, Clone, Copy)]
pub struct FenceView<'a> {
    /// `fence`, `undo`, `list` or `forget`.
    pub action: &'static str,
    /// Whether it was to stop before acting.
    pub dry_run: bool,
    /// The exit code.
    pub exit_code: u8,
    /// The server, where one was looked at.
    pub server: Option<&'a Server>,
    /// The way there.
    pub lane: Option<&'a LaneView>,
    /// The fences it is about.
    pub fences: &'a [Listed<'a>],
    /// Where the record is.
    pub record: Option<&'a str>,
}

/// The document.
#[derive(Debug, Serialize)]
pub struct FenceJson<'a> {
    format: String,
    command: &'static str,
    action: &'static str,
    dry_run: bool,
    exit_code: u8,
    server: Option<ServerJson<'a>>,
    lane: Option<LaneJson<'a>>,
    record: Option<&'a str>,
    fences: Vec<RowJson<'a>>,
}

#[derive(Debug, Serialize)]
struct RowJson<'a> {
    #[serde(flatten)]
    fence: StandingJson<'a>,
    /// Whether the server was looked at.
    looked: bool,
    /// The limit there is now; null also for no limit, and where nobody looked.
    live: Limit,
    /// `fenced`, `undone`, `changed`, `gone`, `refused`, `forgotten`, `unknown`; null if nothing was done.
    outcome: Option<&'static str>,
    detail: Option<String>,
}

/// A fence by the record.
#[derive(Debug, Serialize)]
pub struct StandingJson<'a> {
    id: &'a str,
    kind: &'static str,
    name: &'a str,
    /// Null for a pool.
    oid: Option<u32>,
    previous: Limit,
    limit: u32,
    endpoint: &'a str,
    system_identifier: Option<&'a str>,
    since: &'a str,
    by: &'a str,
    reason: Option<&'a str>,
    /// False: the program was ended before it saw that the fence stands.
    verified: bool,
}

impl<'a> From<&'a Standing> for StandingJson<'a> {
    fn from(fence: &'a Standing) -> Self {
        Self {
            id: &fence.id,
            kind: fence.subject.kind.name(),
            name: &fence.subject.name,
            oid: (fence.subject.kind != Kind::Pool).then_some(fence.subject.oid),
            previous: fence.previous,
            limit: fence.limit,
            endpoint: &fence.endpoint,
            system_identifier: fence.system_identifier.as_deref(),
            since: &fence.since,
            by: &fence.by,
            reason: fence.reason.as_deref(),
            verified: fence.sure,
        }
    }
}

/// The document of `fence`.
pub fn fence<'a>(view: &FenceView<'a>) -> FenceJson<'a> {
    let row = |row: &Listed<'a>| RowJson {
        fence: row.fence.into(),
        looked: row.seen != Seen::NotLooked,
        live: match row.seen {
            Seen::Limit(limit) => limit,
            Seen::Gone | Seen::NotLooked => None,
        },
        outcome: row.came.map(|(came, undo)| came.name(undo)),
        detail: row.came.map(|(came, undo)| sentence(row.fence, came, undo)),
    };
    FenceJson {
        format: super::format("fence"),
        command: "fence",
        action: view.action,
        dry_run: view.dry_run,
        exit_code: view.exit_code,
        server: view.server.map(Into::into),
        lane: view.lane.map(Into::into),
        record: view.record,
        fences: view.fences.iter().map(row).collect(),
    }
}

/// Any document, with the fences that stand on the server it is about.
#[derive(Debug, Serialize)]
pub struct WithFences<'a, T> {
    #[serde(flatten)]
    document: &'a T,
    standing_fences: Vec<StandingJson<'a>>,
}

/// Adds `standing` to `document`.
pub fn with_fences<'a, T>(document: &'a T, standing: &'a [Standing]) -> WithFences<'a, T> {
    WithFences {
        document,
        standing_fences: standing.iter().map(Into::into).collect(),
    }
}
