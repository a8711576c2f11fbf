//! Fences as they are shown: the plan of one, what came of it, and the list of those that stand.
//!
//! Stage: report. In: values of `decide::fence`, and command lines that are ready to be pasted.
//! Never: promises more than a connection limit does.

use std::time::Duration;

use crate::decide::fence::{Kind, Limit, Standing, Subject, number, phrase};

use super::grid::{Align, Column, Grid, Row};
use super::palette::Tone;
use super::{Screen, duration, sanitize};

/// `role app`
pub fn what(subject: &Subject) -> String {
    format!("{} {}", subject.kind.name(), sanitize::line(&subject.name))
}

/// The statement that sets `limit`, for somebody without this program; `None` where the name holds what nobody can
/// type.
pub fn by_hand(subject: &Subject, limit: Limit) -> Option<String> {
    if subject.name.chars().any(sanitize::is_dangerous) {
        return None;
    }
    let word = match subject.kind {
        Kind::Role => "ROLE",
        Kind::Database => "DATABASE",
        Kind::Pool => {
            let word = if limit.is_some() { "DISABLE" } else { "ENABLE" };
            let name = sanitize::identifier(&subject.name);
            return Some(format!("{word} {name};  (in psql, on database pgbouncer)"));
        }
    };
    let name = sanitize::identifier(&subject.name);
    Some(format!(
        "ALTER {word} {name} CONNECTION LIMIT {}",
        number(limit)
    ))
}

/// One line to remind of a standing fence.
pub fn reminder(fence: &Standing, age: Option<Duration>, undo: &str) -> String {
    let perhaps = if fence.sure { "stands" } else { "may stand" };
    let since = age.map_or(String::new(), |age| {
        format!(" (for {} now)", duration::age(age))
    });
    let effect = if fence.subject.kind == Kind::Pool {
        format!(
            "{} at {} refuses new clients",
            what(&fence.subject),
            sanitize::line(&fence.endpoint)
        )
    } else {
        format!(
            "{} limited to {} (before: {})",
            what(&fence.subject),
            fence.limit,
            phrase(fence.previous)
        )
    };
    format!(
        "fence {} {perhaps}{since}: {effect}; undo: {}",
        fence.id,
        sanitize::line(undo)
    )
}

/// What a look at the server said of a recorded fence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// No lane to that server was open.
    NotLooked,
    /// The role or database is not there.
    Gone,
    /// Its limit.
    Limit(Limit),
}

/// A row of the list.
#[derive(Debug, Clone, Copy)]
pub struct Listed<'a> {
    /// By the record.
    pub fence: &'a Standing,
    /// On the server.
    pub seen: Seen,
    /// How long it has stood.
    pub age: Option<Duration>,
}

/// The list as a table.
pub fn list(rows: &[Listed<'_>], screen: Screen) -> String {
    let right = Align::Right;
    let mut grid = Grid::new(vec![
        Column::key("id", Align::Left),
        Column::key("kind", Align::Left),
        Column::name("name"),
        Column::key("limit", right),
        Column::key("before", right),
        Column::key("now", right),
        Column::key("age", right),
        Column::name("server"),
        Column::name("by"),
        Column::rest("reason"),
    ]);
    for row in rows {
        let fence = row.fence;
        let (now, tone) = match row.seen {
            Seen::NotLooked => ("?".to_owned(), Tone::Plain),
            Seen::Gone => ("gone".to_owned(), Tone::Warn),
            Seen::Limit(limit) if limit == Some(fence.limit) => (short(limit), Tone::Plain),
            Seen::Limit(limit) => (short(limit), Tone::Warn),
        };
        grid.rows.push(Row {
            cells: vec![
                fence.id.clone(),
                fence.subject.kind.name().to_owned(),
                fence.subject.name.clone(),
                fence.limit.to_string(),
                short(fence.previous),
                now,
                duration::age_or_dash(row.age),
                fence.endpoint.clone(),
                fence.by.clone(),
                fence.reason.clone().unwrap_or_default(),
            ],
            tone,
        });
    }
    let mut text = String::new();
    for line in grid.table(screen.width, screen.palette) {
        text.push_str(&line);
        text.push('\n');
    }
    text
}

fn short(limit: Limit) -> String {
    limit.map_or_else(|| "none".to_owned(), |limit| limit.to_string())
}

/// The columns of a fence, for files; -1 is no limit, as in the catalogues.
pub fn columns() -> Vec<Column> {
    vec![
        Column::key("id", Align::Left),
        Column::key("kind", Align::Left),
        Column::name("name"),
        Column::key("oid", Align::Right),
        Column::key("limit", Align::Right),
        Column::key("previous", Align::Right),
        Column::name("endpoint"),
        Column::key("since", Align::Left),
        Column::name("by"),
        Column::name("reason"),
    ]
}

/// Its cells.
pub fn cells(fence: &Standing) -> Vec<String> {
    vec![
        fence.id.clone(),
        fence.subject.kind.name().to_owned(),
        fence.subject.name.clone(),
        match fence.subject.kind {
            Kind::Pool => String::new(),
            Kind::Role | Kind::Database => fence.subject.oid.to_string(),
        },
        fence.limit.to_string(),
        number(fence.previous).to_string(),
        fence.endpoint.clone(),
        fence.since.clone(),
        fence.by.clone(),
        fence.reason.clone().unwrap_or_default(),
    ]
}

/// Fences that stand as rows and columns, with the limit there is now.
pub fn records(rows: &[Listed<'_>]) -> Grid {
    let mut columns = columns();
    columns.push(Column::key("live", Align::Right));
    let mut grid = Grid::new(columns);
    for row in rows {
        let mut cells = cells(row.fence);
        cells.push(match row.seen {
            Seen::NotLooked => String::new(),
            Seen::Gone => "gone".to_owned(),
            Seen::Limit(limit) => number(limit).to_string(),
        });
        grid.rows.push(Row::plain(cells));
    }
    grid
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fence(name: &str) -> Standing {
        Standing {
            id: "k7f3h".to_owned(),
            subject: Subject {
                kind: Kind::Role,
                oid: 16384,
                name: name.to_owned(),
            },
            previous: None,
            limit: 20,
            endpoint: "db1:5432".to_owned(),
            system_identifier: None,
            since: "2026-11-22T03:14:15Z".to_owned(),
            by: "ops@jump".to_owned(),
            reason: None,
            connection: Vec::new(),
            sure: true,
        }
    }

    #[test]
    fn what_is_typed_by_hand_quotes_the_name_or_is_not_shown() {
        let statement = |name: &str| by_hand(&fence(name).subject, None);
        let of = |name: &str| Some(format!("ALTER ROLE {name} CONNECTION LIMIT -1"));
        assert_eq!(statement("app"), of("app"));
        assert_eq!(statement("a\"b; drop"), of("\"a\"\"b; drop\""));
        assert_eq!(statement("a\nb"), None);
        assert_eq!(statement("a\u{202e}b"), None);
    }

    #[test]
    fn no_name_reaches_the_screen_as_it_is() {
        let fence = fence("a\x1b[31m\nb");
        let text = reminder(&fence, None, "breakglass fence --undo k7f3h");
        assert!(!text.chars().any(char::is_control), "{text:?}");
    }
}
