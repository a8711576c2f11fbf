//! Screens at 80 columns, the whole text; and what holds for every screen at every width.

use std::time::Duration;

use super::{advice, end, full, lane, quiet, screen, twelve, walsender};
use crate::decide::blocking::trees;
use crate::decide::breakdown::Group;
use crate::decide::capacity::Capacity;
use crate::decide::outcome::Outcome;
use crate::decide::session::Session;
use crate::decide::sessions::plan::Action;
use crate::decide::snapshot::Snapshot;
use crate::decide::testing::{NOW, blocked, s, snapshot};
use crate::report::palette::Palette;
use crate::report::sessions::{SessionsView, sessions, worst_first};
use crate::report::status::{StatusView, status};
use crate::report::watch::{Trend, frame};
use crate::report::{Glyphs, Screen, act, blockers, sanitize};

/// `wanted` begins with a line end, so that a screen stands in the code as it is.
pub(super) fn check(text: &str, wanted: &str) {
    let wanted = wanted.strip_prefix('\n').unwrap_or(wanted);
    assert!(text == wanted, "got:\n{text}\nwanted:\n{wanted}");
}

fn list(snapshot: &Snapshot, pids: &[i32], screen: Screen) -> String {
    let mut rows: Vec<&Session> = snapshot.sessions.iter().collect();
    rows.retain(|session| pids.is_empty() || pids.contains(&session.id.pid));
    worst_first(snapshot, &mut rows);
    let unjudged: Vec<(&Session, &'static str)> = snapshot
        .sessions
        .iter()
        .filter(|row| row.hidden)
        .map(|row| (row, "--state"))
        .collect();
    sessions(
        &SessionsView {
            snapshot,
            rows: &rows,
            unjudged: &unjudged,
        },
        screen,
    )
}

fn forest(snapshot: &Snapshot, screen: Screen) -> String {
    let terminate = |pid: i32| format!("breakglass terminate --pid {pid}");
    blockers::blockers(snapshot, &trees(snapshot), &terminate, screen)
}

/// Every screen there is.
fn all(screen: Screen) -> Vec<String> {
    let (full, quiet, lane, walsender, next) = (full(), quiet(), lane(), walsender(), advice());
    let view = StatusView {
        pooler: None,
        snapshot: &full,
        lane: &lane,
        next: &next,
        read_up: None,
    };
    let calm = StatusView {
        pooler: None,
        snapshot: &quiet,
        lane: &walsender,
        next: &[],
        read_up: None,
    };
    let trend = Trend {
        used: &[3, 9, 14, 17, 17],
        refill: Some(2.5),
        at: NOW,
    };
    let (terminate, cancel) = (twelve(Action::Terminate), twelve(Action::Cancel));
    let refused = Outcome::Refused("a superuser's session; only a superuser may end it".to_owned());
    let partly = end(&terminate, &[(3, Outcome::StillThere), (4, refused)]);
    let mut all = vec![
        status(&view, screen),
        status(&calm, screen),
        frame(&view, &trend, screen),
        list(&full, &[], screen),
        list(&quiet, &[], screen),
        forest(&full, screen),
        act::plan(&terminate, screen),
        act::plan(&cancel, screen),
        act::outcome(&terminate, &partly, screen),
    ];
    all.extend(super::hosts::all(screen));
    all
}

#[test]
fn no_screen_is_wider_than_the_terminal_or_has_blanks_at_a_line_end() {
    for width in (60..=140).map(Some).chain([None]) {
        for text in all(screen(width)) {
            for line in text.lines() {
                let columns = sanitize::columns(line);
                assert!(
                    width.is_none_or(|width| columns <= width),
                    "{columns} of {width:?}: {line}"
                );
                assert_eq!(line, line.trim_end());
                assert!(!line.chars().any(sanitize::is_dangerous), "{line:?}");
            }
            assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{text:?}");
        }
    }
}

/// `text` without its styles, which are `ESC [ … m`.
fn uncoloured(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |plain, part| {
        plain + part.split_once('m').map_or(part, |(_, shown)| shown)
    })
}

#[test]
fn colours_change_nothing_but_colours() {
    let coloured = Screen {
        palette: Palette { on: true },
        ..screen(Some(80))
    };
    for (text, plain) in all(coloured).iter().zip(all(screen(Some(80)))) {
        assert!(text.contains('\x1b'));
        check(&uncoloured(text), &plain);
    }
}

#[test]
fn ascii_screens_are_ascii() {
    let ascii = Screen {
        glyphs: Glyphs::Ascii,
        ..screen(None)
    };
    for text in all(ascii) {
        assert!(text.is_ascii(), "{text}");
    }
}
#[test]
fn a_frame_to_watch_is_short() {
    let (snapshot, lane) = (full(), lane());
    let view = StatusView {
        pooler: None,
        snapshot: &snapshot,
        lane: &lane,
        next: &[],
        read_up: None,
    };
    let trend = Trend {
        used: &[3, 9, 14, 17, 17],
        refill: Some(2.5),
        at: NOW,
    };
    check(
        &frame(&view, &trend, screen(Some(80))),
        r#"
FULL: 17 of 17 ordinary slots used, an ordinary login is refused
trend     ▂▄▆██  2.5 new sessions a second
server    db1.example.net:5432, PostgreSQL 17.10, primary, up 12d05h
slots     ordinary  ████████████████████ 17 of 17 used,  0 free
          superuser ░░░░░░░░░░░░░░░░░░░░  0 of  3 used,  3 free
          20 max_connections - 3 superuser_reserved_connections = 17 ordinary
sessions  idle 12 (oldest 1m00s), active 3 (oldest 3m20s),
          idle in transaction 1 (oldest 4m10s),
          idle in transaction (aborted) 1 (oldest 1h06m)
by app    web 12, (none) 1, breakglass 1, migrate\x1b[31m 1, psql 1, +1 more
stuck     4711 (migrate\x1b[31m, idle in transaction 4m10s) keeps 2 waiting
at        2026-11-22 03:14:15 UTC
"#,
    );
}

#[test]
fn rows_that_cannot_be_judged_are_counted() {
    check(
        &list(&quiet(), &[], screen(Some(80))),
        r#"
4 sessions; 4 of 13 ordinary slots used
PID  USER  APP  CLIENT    STATE       AGE  QUERY
 31  -     web  10.0.0.5  starting  1m00s  SELECT * FROM cart WHERE id = $1
 21  web   web  -         hidden        -
 11  web   web  10.0.0.5  idle      1m00s  SELECT * FROM cart WHERE id = $1
 12  web   web  10.0.0.5  idle      1m00s  SELECT * FROM cart WHERE id = $1
1 session left out: --state cannot be judged, the server hides it (GRANT
pg_monitor TO "On-Call")
"#,
    );
}

#[test]
fn a_deep_queue_is_cut_and_counted() {
    let deep = snapshot((1..3000).map(|pid| blocked(pid + 1, &[pid], 5)).collect());
    let text = forest(&deep, screen(Some(80)));
    assert!(text.contains("   +2979 more below\n"), "{text}");
    assert!(
        text.lines().all(|line| sanitize::columns(line) <= 80),
        "{text}"
    );
}

#[test]
fn a_plan_says_when_the_reserves_take_what_it_frees() {
    let mut plan = twelve(Action::Terminate);
    plan.facts.capacity = Capacity::of(&full().limits, 20);
    let text = act::plan(&plan, screen(None));
    let slots =
        "slots     0 → 9 free of 17 ordinary; the reserves fill first and take 3 of the 12\n";
    assert!(text.contains(slots), "{text}");
}

#[test]
fn an_end_says_when_the_reserves_took_what_was_freed() {
    let mut plan = twelve(Action::Terminate);
    plan.facts.capacity = Capacity::of(&full().limits, 20);
    for (others, slots) in [
        (
            0,
            "slots     0 → 9 free of 17 ordinary; the reserves filled first and took 3\n",
        ),
        (
            10,
            "slots     0 → 0 free of 17 ordinary; the reserves filled first and took 2\n",
        ),
        (12, "slots     0 → 0 free of 17 ordinary\n"),
    ] {
        let others: Vec<_> = (0..others).map(|at| (at, Outcome::StillThere)).collect();
        let text = act::outcome(&plan, &end(&plan, &others), screen(None));
        assert!(text.contains(slots), "{text}");
    }
}

#[test]
fn an_end_with_targets_left_names_each_of_them() {
    let plan = twelve(Action::Terminate);
    let refused = Outcome::Refused("a superuser's session; only a superuser may end it".to_owned());
    let partly = end(&plan, &[(3, Outcome::StillThere), (4, refused)]);
    check(
        &act::outcome(&plan, &partly, screen(Some(80))),
        r#"
PARTLY DONE: 10 of 12 sessions ended in 0.42 s
targets      10 gone
              1 still there
              1 refused
slots     0 → 10 free of 17 ordinary
retaken   none within 1.00 s
not done  PID 6002, web: still there
          PID 6003, web: refused: a superuser's session; only a superuser may
          end it
"#,
    );
}

#[test]
fn freed_slots_that_are_taken_again_are_counted_by_application() {
    let plan = twelve(Action::Terminate);
    let mut done = end(&plan, &[]);
    done.aftermath.retaken = vec![Group {
        name: "web".to_owned(),
        count: 7,
        oldest: s(0),
    }];
    check(
        &act::outcome(&plan, &done, screen(Some(80))),
        r#"
DONE: 12 of 12 sessions ended in 0.42 s, seen by a second look
targets      12 gone
slots     0 → 12 free of 17 ordinary
retaken   7 new sessions came within 1.00 s: web 7
"#,
    );
}

#[test]
fn lost_contact_is_never_called_done() {
    let plan = twelve(Action::Terminate);
    let mut lost = end(&plan, &[(0, Outcome::Unknown), (1, Outcome::Unknown)]);
    lost.aftermath.capacity = None;
    lost.aftermath.watched = Duration::ZERO;
    check(
        &act::outcome(&plan, &lost, screen(Some(80))),
        r#"
UNKNOWN: contact was lost; 10 of 12 sessions seen to be ended
targets      10 gone
              2 unknown: contact lost
slots     unknown: there was no last look
not done  PID 6100: unknown: contact lost
          PID 6000, web: unknown: contact lost
"#,
    );
}
