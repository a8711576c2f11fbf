//! `breakglass/fence/1`: the fences that stand; and how every other document carries them.
//!
//! Stage: report. A limit of null is no limit.

use serde::Serialize;

use crate::decide::fence::{Kind, Limit, Standing};
use crate::report::fence::{Listed, Seen};

/// The list of fences that stand.
#[derive(Debug, Serialize)]
pub struct FencesJson<'a> {
    format: String,
    command: &'static str,
    /// Where the record is.
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

/// The document of `fence --list`; `record` is where the record is.
pub fn fences<'a>(rows: &[Listed<'a>], record: Option<&'a str>) -> FencesJson<'a> {
    let row = |row: &Listed<'a>| RowJson {
        fence: row.fence.into(),
        looked: row.seen != Seen::NotLooked,
        live: match row.seen {
            Seen::Limit(limit) => limit,
            Seen::Gone | Seen::NotLooked => None,
        },
    };
    FencesJson {
        format: super::format("fence"),
        command: "fence",
        record,
        fences: rows.iter().map(row).collect(),
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
