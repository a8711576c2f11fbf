//! What an answer says of itself when it was not had from a server but from a file: a snapshot of when, where, by whom.
//!
//! Stage: report. It stands in every format, so that nobody takes last night's incident for this one.

use serde::Serialize;

use super::grid::{Column, Grid, Row};
use super::page::Page;
use super::palette::Tone;
use super::{Screen, duration, sanitize};

/// Where an answer comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The file.
    pub file: String,
    /// The endpoint that was looked at.
    pub endpoint: String,
    /// The server's clock at that look, microseconds since 1970.
    pub at: i64,
    /// Who took it.
    pub by: String,
    /// The machine it was taken on.
    pub host: String,
    /// Whether the text of statements was left out.
    pub without_queries: bool,
}

#[derive(Debug, Serialize)]
struct OriginJson<'a> {
    file: &'a str,
    endpoint: &'a str,
    at: String,
    by: &'a str,
    host: &'a str,
    query_text: &'static str,
}

/// A document, and where it comes from.
#[derive(Debug, Serialize)]
pub struct WithOrigin<'a, T> {
    #[serde(flatten)]
    document: &'a T,
    #[serde(skip_serializing_if = "Option::is_none")]
    snapshot: Option<OriginJson<'a>>,
}

/// `SNAPSHOT of db1:5432 at 2026-11-22 03:14:15 UTC, taken by ops on bastion; …`, safe for a terminal.
pub fn sentence(origin: &Origin) -> String {
    let text = if origin.without_queries {
        "; statements left out"
    } else {
        ""
    };
    format!(
        "SNAPSHOT of {} at {}, taken by {} on {}{text}",
        sanitize::line(&origin.endpoint),
        duration::clock(origin.at),
        sanitize::line(&origin.by),
        sanitize::line(&origin.host)
    )
}

/// A screen under its heading.
pub fn screen(origin: Option<&Origin>, screen: Screen, text: String) -> String {
    let Some(origin) = origin else { return text };
    let mut page = Page::new(screen.width, screen.palette);
    page.heading(Tone::Warn, &sentence(origin));
    page.gap();
    page.lines(&text);
    page.finish()
}

/// A document with its origin as the key `snapshot`.
pub fn json<'a, T>(origin: Option<&'a Origin>, document: &'a T) -> WithOrigin<'a, T> {
    WithOrigin {
        document,
        snapshot: origin.map(|origin| OriginJson {
            file: &origin.file,
            endpoint: &origin.endpoint,
            at: duration::rfc3339(origin.at),
            by: &origin.by,
            host: &origin.host,
            query_text: if origin.without_queries {
                "left-out"
            } else {
                "kept"
            },
        }),
    }
}

/// CSV with a first column that says of every row where it comes from.
pub fn csv(origin: Option<&Origin>, mut grid: Grid) -> String {
    if let Some(origin) = origin {
        let said = sentence(origin);
        grid.columns.insert(0, Column::name("snapshot"));
        for row in &mut grid.rows {
            row.cells.insert(0, said.clone());
        }
    }
    grid.csv()
}

/// Markdown below a table of one cell.
pub fn markdown(origin: Option<&Origin>, text: String) -> String {
    let Some(origin) = origin else { return text };
    let mut heading = Grid::new(vec![Column::name("snapshot")]);
    heading.rows.push(Row::plain(vec![sentence(origin)]));
    format!("{}\n{text}", heading.markdown())
}
