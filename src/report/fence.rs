//! Fences as they are shown: the plan of one, what came of it, and the list of those that stand.
//!
//! Stage: report. In: values of `decide::fence`, and command lines that are ready to be pasted.
//! Never: promises more than a connection limit does.

pub mod pool;

use std::time::Duration;

use crate::decide::fence::{Came, Kind, Limit, Standing, Subject, Undoing, number, phrase};
use crate::decide::snapshot::Server;

use super::grid::{Align, Column, Grid, Row};
use super::page::{Page, plural};
use super::palette::Tone;
use super::{Screen, duration, sanitize};

/// A fence that is about to be put up.
#[derive(Debug, Clone, Copy)]
pub struct PlanView<'a> {
    /// The fence; its previous limit is the one that is there now.
    pub fence: &'a Standing,
    /// Sessions the role or database has now.
    pub sessions: usize,
    /// On which server.
    pub server: &'a Server,
    /// Over which lane.
    pub lane: &'a str,
    /// The command that undoes it; `None` when no record will know it.
    pub undo: Option<&'a str>,
    /// `--for`
    pub hold: Option<Duration>,
}

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
        Kind::Pool => return Some(pool::by_hand(subject, limit)),
    };
    let name = sanitize::identifier(&subject.name);
    Some(format!(
        "ALTER {word} {name} CONNECTION LIMIT {}",
        number(limit)
    ))
}

/// The plan as text.
pub fn plan(view: &PlanView<'_>, screen: Screen) -> String {
    let PlanView { fence, server, .. } = *view;
    let mut page = Page::new(screen.width, screen.palette);
    let connections = plural(fence.limit as usize, "connection");
    let heading = format!("PLAN: limit {} to {connections}", what(&fence.subject));
    page.heading(Tone::Strong, &heading);
    page.entry("server", Tone::Plain, &server_line(server, &fence.endpoint));
    page.entry("lane", Tone::Plain, view.lane);
    let limit = format!(
        "{} {} {}",
        phrase(fence.previous),
        screen.arrow(),
        fence.limit
    );
    page.entry("limit", Tone::Plain, &limit);
    page.entry("now", Tone::Plain, &effect(view));
    let others = match fence.subject.kind {
        Kind::Role => "other roles, and superusers",
        Kind::Database => "superusers, and whoever logs in to another database",
        Kind::Pool => pool::NOT_HELD,
    };
    page.entry("not held", Tone::Plain, others);
    let storm = "a refused login still takes a slot for a moment: in a storm it makes an \
                 administrator's login no easier";
    page.entry("", Tone::Plain, storm);
    if let Some(hold) = view.hold {
        let text = format!(
            "{}, then it is undone; on Ctrl-C, SIGTERM or a closed terminal at once",
            duration::limit(hold)
        );
        page.entry("for", Tone::Plain, &text);
    }
    undo_lines(&mut page, fence, view.undo);
    page.finish()
}

fn undo_lines(page: &mut Page, fence: &Standing, undo: Option<&str>) {
    if let Some(undo) = undo {
        page.command("undo", undo);
    }
    if let Some(sql) = by_hand(&fence.subject, fence.previous) {
        page.entry("by hand", Tone::Plain, &sql);
    }
}

fn effect(view: &PlanView<'_>) -> String {
    let limit = view.fence.limit as usize;
    let now = plural(view.sessions, "session");
    match view.sessions.cmp(&limit) {
        std::cmp::Ordering::Less => format!("{now}; {} more may come", limit - view.sessions),
        std::cmp::Ordering::Greater if limit > 0 => format!(
            "{now}; they stay, nobody new is let in before {} of them have ended",
            view.sessions - limit + 1
        ),
        _ => format!("{now}; they stay, nobody new is let in"),
    }
}

/// The question to ask.
pub fn question(fence: &Standing) -> String {
    let subject = what(&fence.subject);
    format!(
        "Limit {subject} to {}? [y/N] ",
        plural(fence.limit as usize, "connection")
    )
}

fn server_line(server: &Server, endpoint: &str) -> String {
    let side = if server.in_recovery {
        "standby"
    } else {
        "primary"
    };
    format!(
        "{}, PostgreSQL {}, {side}",
        sanitize::line(endpoint),
        sanitize::line(&server.version)
    )
}

/// What came of putting it up.
pub fn put_up(fence: &Standing, came: &Came, undo: Option<&str>, screen: Screen) -> String {
    let mut page = Page::new(screen.width, screen.palette);
    page.heading(tone(came), &sentence(fence, came, false));
    if *came == Came::Set {
        undo_lines(&mut page, fence, undo);
    }
    page.finish()
}

fn tone(came: &Came) -> Tone {
    match came {
        Came::Set | Came::Back => Tone::Good,
        Came::Gone | Came::Forgotten => Tone::Plain,
        Came::Foreign(_) | Came::Paused | Came::Refused(_) | Came::Unknown(_) => Tone::Alarm,
    }
}

/// One sentence about one fence; `undo`: it was to be taken back.
pub fn sentence(fence: &Standing, came: &Came, undo: bool) -> String {
    if fence.subject.kind == Kind::Pool {
        return pool::sentence(fence, came, undo);
    }
    let subject = what(&fence.subject);
    let (limit, before) = (fence.limit, phrase(fence.previous));
    match (came, undo) {
        (Came::Set, false) => {
            format!(
                "FENCED: {subject} limited to {limit} (before: {before}), seen by a second look"
            )
        }
        (Came::Set, true) => {
            format!("UNDONE: {subject} is back at {before} (fence: {limit}), seen by a second look")
        }
        (Came::Back, _) => {
            format!("UNDONE: {subject} was back at {before} already; nothing changed")
        }
        (Came::Foreign(now), true) => format!(
            "LEFT ALONE: {subject} is at {} by now, which is neither the fence's {limit} nor {before} from before; \
             somebody else changed it",
            phrase(*now)
        ),
        (Came::Foreign(now), false) => format!(
            "LEFT ALONE: {subject} is at {} by now, not {before} any more; somebody else changed it",
            phrase(*now)
        ),
        (Came::Paused, _) => format!("LEFT ALONE: {subject} is paused"),
        (Came::Gone, _) => {
            format!("GONE: {subject} is not there any more, and its limit went with it")
        }
        (Came::Refused(why), _) => format!("REFUSED: {subject}: {}", sanitize::one_line(why)),
        (Came::Forgotten, _) => {
            format!("FORGOTTEN: the fence on {subject} is off the list; its limit was not touched")
        }
        (Came::Unknown(why), _) => {
            format!(
                "UNKNOWN: whether {subject} was changed: {}",
                sanitize::one_line(why)
            )
        }
    }
}

/// What undoing would do, a line each.
pub fn undo_plan(fences: &[(&Standing, Undoing)], screen: Screen) -> String {
    let mut page = Page::new(screen.width, screen.palette);
    let many = fences
        .iter()
        .filter(|(_, undoing)| matches!(undoing, Undoing::Restore(_)))
        .count();
    page.heading(
        Tone::Strong,
        &format!("PLAN: undo {}", plural(many, "fence")),
    );
    for (fence, undoing) in fences {
        let text = match undoing {
            Undoing::Restore(_) if fence.subject.kind == Kind::Pool => pool::undoing(fence),
            Undoing::Restore(change) => format!(
                "{}: {} {} {}",
                what(&fence.subject),
                phrase(change.from),
                screen.arrow(),
                phrase(change.to)
            ),
            Undoing::Back => sentence(fence, &Came::Back, true),
            Undoing::Foreign(now) => sentence(fence, &Came::Foreign(*now), true),
            Undoing::Gone => sentence(fence, &Came::Gone, true),
            Undoing::Paused => sentence(fence, &Came::Paused, true),
        };
        page.entry(&fence.id, Tone::Plain, &text);
    }
    page.finish()
}

/// The question before undoing.
pub fn undo_question(many: usize) -> String {
    format!("Undo {}? [y/N] ", plural(many, "fence"))
}

/// What came of undoing, a line each.
pub fn undone(fences: &[(&Standing, Came)], screen: Screen) -> String {
    let mut page = Page::new(screen.width, screen.palette);
    for (fence, came) in fences {
        page.heading(tone(came), &sentence(fence, came, true));
    }
    page.finish()
}

/// One line to remind of a standing fence.
pub fn reminder(fence: &Standing, age: Option<Duration>, undo: &str) -> String {
    let perhaps = if fence.sure { "stands" } else { "may stand" };
    let since = age.map_or(String::new(), |age| {
        format!(" (for {} now)", duration::age(age))
    });
    let effect = if fence.subject.kind == Kind::Pool {
        pool::effect(fence)
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
    /// What came of it in this run, and whether it was an undoing.
    pub came: Option<(&'a Came, bool)>,
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

/// Fences as rows and columns for files; -1 is no limit, as in the catalogues.
pub fn records(rows: &[Listed<'_>]) -> Grid {
    let mut grid = Grid::new(vec![
        Column::key("id", Align::Left),
        Column::key("kind", Align::Left),
        Column::name("name"),
        Column::key("oid", Align::Right),
        Column::key("limit", Align::Right),
        Column::key("previous", Align::Right),
        Column::key("live", Align::Right),
        Column::key("outcome", Align::Left),
        Column::name("endpoint"),
        Column::key("since", Align::Left),
        Column::name("by"),
        Column::rest("reason"),
    ]);
    for row in rows {
        let fence = row.fence;
        let live = match row.seen {
            Seen::NotLooked => String::new(),
            Seen::Gone => "gone".to_owned(),
            Seen::Limit(limit) => number(limit).to_string(),
        };
        let outcome = row.came.map_or("", |(came, undo)| came.name(undo));
        grid.rows.push(Row::plain(vec![
            fence.id.clone(),
            fence.subject.kind.name().to_owned(),
            fence.subject.name.clone(),
            match fence.subject.kind {
                Kind::Pool => String::new(),
                Kind::Role | Kind::Database => fence.subject.oid.to_string(),
            },
            fence.limit.to_string(),
            number(fence.previous).to_string(),
            live,
            outcome.to_owned(),
            fence.endpoint.clone(),
            fence.since.clone(),
            fence.by.clone(),
            fence.reason.clone().unwrap_or_default(),
        ]));
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
    fn the_plan_says_how_many_more_may_come() {
        let fence = fence("app");
        let server = Server::default();
        let effect = |sessions| {
            effect(&PlanView {
                fence: &fence,
                sessions,
                server: &server,
                lane: "login",
                undo: None,
                hold: None,
            })
        };
        assert_eq!(effect(17), "17 sessions; 3 more may come");
        assert_eq!(effect(20), "20 sessions; they stay, nobody new is let in");
        let over = "25 sessions; they stay, nobody new is let in before 6 of them have ended";
        assert_eq!(effect(25), over);
    }

    #[test]
    fn no_name_reaches_the_screen_as_it_is() {
        let fence = fence("a\x1b[31m\nb");
        let came = [
            Came::Set,
            Came::Back,
            Came::Foreign(None),
            Came::Gone,
            Came::Forgotten,
            Came::Refused("no\x1b[0m".to_owned()),
            Came::Unknown("no\r".to_owned()),
        ];
        for came in &came {
            for undo in [false, true] {
                let text = sentence(&fence, came, undo);
                assert!(!text.chars().any(char::is_control), "{text:?}");
            }
        }
        let text = reminder(&fence, None, "breakglass fence --undo k7f3h");
        assert!(!text.chars().any(char::is_control), "{text:?}");
    }
}
