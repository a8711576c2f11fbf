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
use crate::decide::testing::{NOW, blocked, hidden, s, snapshot};
use crate::report::palette::Palette;
use crate::report::sessions::{SessionsView, sessions, worst_first};
use crate::report::status::{StatusView, status};
use crate::report::watch::{Trend, frame};
use crate::report::{Extent, Glyphs, Screen, act, blockers, sanitize};

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
fn a_full_server_says_so_first_and_what_to_type_and_read_last() {
    let (snapshot, lane, next) = (full(), lane(), advice());
    let view = StatusView {
        pooler: None,
        snapshot: &snapshot,
        lane: &lane,
        next: &next,
        read_up: Some("breakglass runbook connections-exhausted"),
    };
    check(
        &status(&view, screen(Some(80))),
        r#"
FULL: 17 of 17 ordinary slots used, an ordinary login is refused

server    db1.example.net:5432, PostgreSQL 17.10, primary, up 12d05h
          cluster main, system 7437002112233445566, encrypted
we are    breakglass in postgres (superuser), PID 1
lane      login, on an ordinary slot: 3 slots are free beside ours and only 3
          are kept back
refused   login: FATAL: sorry, too many clients already [53300]

slots     ordinary  ████████████████████ 17 of 17 used,  0 free
          superuser ░░░░░░░░░░░░░░░░░░░░  0 of  3 used,  3 free
          20 max_connections - 3 superuser_reserved_connections = 17 ordinary

stuck     4711 (migrate\x1b[31m, idle in transaction 4m10s) keeps 2 waiting
sessions  12  idle                           oldest 1m00s
           3  active                         oldest 3m20s
           1  idle in transaction            oldest 4m10s
           1  idle in transaction (aborted)  oldest 1h06m
by app    web 12, (none) 1, breakglass 1, migrate\x1b[31m 1, psql 1, +1 more
by user   web 14, breakglass 1, deploy 1, postgres 1
by db     shop 16, postgres 1
by client 10.0.0.5 15, local 2
limit     role web: 14 used, near its CONNECTION LIMIT 15
logins    half-finished logins hold slots too; before 18 nobody can see them
prepared  1 transaction, the oldest 2h00m old: locks without a slot
apart     1 of 10 walsenders, 2 server processes; they hold none of these slots

next      breakglass terminate --pid 4711
            the head of the queue; 2 sessions go on
          breakglass free 5 --dry-run
            shows the 5 least harmful sessions to end

runbook   breakglass runbook connections-exhausted
"#,
    );
}

#[test]
fn a_quiet_server_seen_by_an_ordinary_role_names_what_it_cannot_see() {
    let (snapshot, lane) = (quiet(), walsender());
    let view = StatusView {
        pooler: None,
        snapshot: &snapshot,
        lane: &lane,
        next: &[],
        read_up: None,
    };
    check(
        &status(&view, screen(Some(80))),
        r#"
OK: 4 of 13 ordinary slots used, 9 free (some rows are hidden)

server    db1.example.net:5432, PostgreSQL 18.4, standby, up 12d05h
          not encrypted
we are    On-Call in postgres (may signal only its own sessions, sees only its
          own sessions in full), PID 1
lane      replication, a walsender, none of max_connections: the server counts
          it among max_wal_senders

slots     ordinary  ██████░░░░░░░░░░░░░░  4 of 13 used,  9 free
          reserved  ░░░░░░░░░░░░░░░░░░░░  0 of  4 used,  4 free
          superuser ░░░░░░░░░░░░░░░░░░░░  0 of  3 used,  3 free
          20 max_connections - 3 superuser_reserved_connections - 2
          reserved_connections - 2 rds.rds_superuser_reserved_connections = 13
          ordinary
          the count may include processes of other kinds among the hidden rows

sessions  2  idle      oldest 1m00s
          1  hidden
          1  starting  oldest 1m00s
by app    web 4
by user   web 3, (none) 1
by db     shop 4
by client 10.0.0.5 3, ? 1
logins    1 session in the middle of logging in, each on a slot
hidden    1 row of other roles; GRANT pg_monitor TO "On-Call" shows them
apart     0 of 10 walsenders, 0 server processes; they hold none of these slots
"#,
    );
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
fn sessions_fit_eighty_columns_and_the_worst_come_first() {
    check(
        &list(&full(), &[], screen(Some(80))),
        r#"
18 sessions and 2 server processes; 17 of 17 ordinary slots used
 PID  USER        APP                  STATE           AGE  QUERY
4711  deploy      migrate\x1b[31m      idle in tx    4m10s  ALTER TABLE stock A…
5000  web         web                  waits 4711    3m20s  UPDATE stock SET n …
6100  web         -                    aborted       1h06m  SELECT * FROM cart …
5001  web         web                  waits 4711+1  3m10s  UPDATE stock SET n …
6000  web         web                  idle          1m00s  SELECT * FROM cart …
6001  web         web                  idle          1m00s  SELECT * FROM cart …
6002  web         web                  idle          1m00s  SELECT * FROM cart …
6003  web         web                  idle          1m00s  SELECT * FROM cart …
6004  web         web                  idle          1m00s  SELECT * FROM cart …
6005  web         web                  idle          1m00s  SELECT * FROM cart …
6006  web         web                  idle          1m00s  SELECT * FROM cart …
6007  web         web                  idle          1m00s  SELECT * FROM cart …
6008  web         web                  idle          1m00s  SELECT * FROM cart …
6009  web         web                  idle          1m00s  SELECT * FROM cart …
6200  web         worker               idle          1m00s  LISTEN jobs
6300  postgres    psql                 idle          1m00s  SELECT * FROM cart …
   1  breakglass  breakglass           ours             0s  SELECT pid FROM pg_…
  90  -           walsender            walsender     1m00s
  91  -           autovacuum launcher  server        1m00s
  92  -           checkpointer         server        1m00s
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
fn without_a_terminal_the_list_is_wide() {
    check(
        &list(&full(), &[4711, 5001, 6000, 1], screen(None)),
        r#"
4 of 17 sessions; 17 of 17 ordinary slots used
 PID  USER        DATABASE  APP              CLIENT    STATE                  AGE     TX  CONNECTED  WAIT                          QUERY
4711  deploy      shop      migrate\x1b[31m  local     idle in transaction  4m10s  4m11s      1h00m  -                             ALTER TABLE stock ADD COLUMN note text
5001  web         shop      web              10.0.0.5  active               3m10s  3m10s      1h00m  Lock:transactionid 4711,5000  UPDATE stock SET n = n - 1
6000  web         shop      web              10.0.0.5  idle                 1m00s      -      1h00m  -                             SELECT * FROM cart WHERE id = $1
   1  breakglass  postgres  breakglass       local     ours                    0s     0s         0s  -                             SELECT pid FROM pg_stat_activity
"#,
    );
}

#[test]
fn a_whole_list_shows_whole_statements() {
    let whole = Screen {
        extent: Extent::Whole,
        ..screen(Some(80))
    };
    check(
        &list(&full(), &[4711, 5001], whole),
        r#"
2 of 17 sessions; 17 of 17 ordinary slots used
 PID  USER    APP              STATE           AGE
4711  deploy  migrate\x1b[31m  idle in tx    4m10s
    ALTER TABLE stock
      ADD COLUMN note text
5001  web     web              waits 4711+1  3m10s
    UPDATE stock SET n = n - 1
"#,
    );
}

#[test]
fn a_queue_is_drawn_below_its_head_with_what_ends_it() {
    check(
        &forest(&full(), screen(Some(80))),
        r#"
2 sessions wait for a lock, in 1 queue

4711 (migrate\x1b[31m, idle in transaction 4m10s), 2 waiting  ALTER TABLE stock…
├─ 5000 (web, waits 3m20s)  UPDATE stock SET n = n - 1
└─ 5001 (web, waits 3m10s), waits also for 5000  UPDATE stock SET n = n - 1
ending the head releases the queue of 2:
  breakglass terminate --pid 4711
"#,
    );
}

/// A prepared transaction with two below it, a ring with one behind it, and a blocker that left.
fn tangle() -> Snapshot {
    snapshot(vec![
        blocked(9, &[1], 500),
        blocked(1, &[2], 10),
        blocked(2, &[1], 30),
        blocked(40, &[0], 9),
        blocked(41, &[40], 8),
        blocked(50, &[77], 1),
    ])
}

#[test]
fn heads_that_are_no_session_and_rings_say_what_they_are() {
    check(
        &forest(&tangle(), screen(Some(80))),
        r#"
5 sessions wait for a lock, in 3 queues

a prepared transaction (no session), 2 waiting
└─ 40 (web, waits 9s)  UPDATE stock SET n = n - 1
   └─ 41 (web, waits 8s)  UPDATE stock SET n = n - 1
its locks outlive its session; find it: SELECT gid, prepared, owner, database
FROM pg_prepared_xacts ORDER BY prepared
ROLLBACK PREPARED 'gid' in that database releases the queue of 2

2 (web, waits 30s), 2 waiting, waits for 1  UPDATE stock SET n = n - 1
└─ 1 (web, waits 10s)  UPDATE stock SET n = n - 1
   └─ 9 (web, waits 8m20s)  UPDATE stock SET n = n - 1
a ring: the server breaks it by itself after deadlock_timeout

77 (not among the sessions any more), 1 waiting
└─ 50 (web, waits 1s)  UPDATE stock SET n = n - 1
it came or went during the look; look again
"#,
    );
}

#[test]
fn trees_are_drawn_in_ascii_too() {
    let ascii = Screen {
        glyphs: Glyphs::Ascii,
        ..screen(None)
    };
    check(
        &forest(&tangle(), ascii),
        r#"
5 sessions wait for a lock, in 3 queues

a prepared transaction (no session), 2 waiting
`- 40 (web, waits 9s)  UPDATE stock SET n = n - 1
   `- 41 (web, waits 8s)  UPDATE stock SET n = n - 1
its locks outlive its session; find it: SELECT gid, prepared, owner, database FROM pg_prepared_xacts ORDER BY prepared
ROLLBACK PREPARED 'gid' in that database releases the queue of 2

2 (web, waits 30s), 2 waiting, waits for 1  UPDATE stock SET n = n - 1
`- 1 (web, waits 10s)  UPDATE stock SET n = n - 1
   `- 9 (web, waits 8m20s)  UPDATE stock SET n = n - 1
a ring: the server breaks it by itself after deadlock_timeout

77 (not among the sessions any more), 1 waiting
`- 50 (web, waits 1s)  UPDATE stock SET n = n - 1
it came or went during the look; look again
"#,
    );
}

#[test]
fn nobody_waiting_is_said_in_a_sentence() {
    let calm = snapshot(vec![hidden(3)]);
    check(
        &forest(&calm, screen(None)),
        "Nobody waits for a lock that another session holds.\n",
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
fn a_plan_shows_what_where_how_many_and_who_is_spared() {
    check(
        &act::plan(&twelve(Action::Terminate), screen(Some(80))),
        r#"
PLAN: end 12 sessions
server    db1.example.net:5432, PostgreSQL 17.10, primary, cluster main
lane      login, waiting up to 10 s for them to go
slots     0 → 12 free of 17 ordinary
by user   web 11, deploy 1
by app    web 10, (none) 1, migrate\x1b[31m 1
by client 10.0.0.5 11, local 1
by state  idle 10, idle in transaction 1, idle in transaction (aborted) 1
ages      connected 1h00m (newest) to 1h23m (oldest)

 PID  USER  APP  STATE      AGE  QUERY
6100  web   -    aborted  1h06m  SELECT * FROM cart WHERE id = $1
6000  web   web  idle     1m00s  SELECT * FROM cart WHERE id = $1
6001  web   web  idle     1m00s  SELECT * FROM cart WHERE id = $1
6002  web   web  idle     1m00s  SELECT * FROM cart WHERE id = $1
6003  web   web  idle     1m00s  SELECT * FROM cart WHERE id = $1
6004  web   web  idle     1m00s  SELECT * FROM cart WHERE id = $1
6005  web   web  idle     1m00s  SELECT * FROM cart WHERE id = $1
6006  web   web  idle     1m00s  SELECT * FROM cart WHERE id = $1
6007  web   web  idle     1m00s  SELECT * FROM cart WHERE id = $1
6008  web   web  idle     1m00s  SELECT * FROM cart WHERE id = $1
+2 more

spared    1 (PID 6300): a superuser's session (--include superusers)
          1 (PID 90): a walsender: frees no ordinary slot, may stall commits
          (--include walsenders)
          1 (PID 6200): idles on purpose after LISTEN (--include listeners)
          1 (PID 1): this is our own session
          2 (PIDs 5000, 5001): beyond --limit
"#,
    );
}

#[test]
fn a_cancel_says_that_it_frees_no_slot() {
    check(
        &act::plan(&twelve(Action::Cancel), screen(Some(80))),
        r#"
PLAN: cancel the running statement of 1 session
server    db1.example.net:5432, PostgreSQL 17.10, primary, cluster main
lane      login, waiting up to 10 s for them to stop
slots     a cancel frees none: 0 of 17 ordinary slots free
by user   web 1
by app    web 1
by client 10.0.0.5 1
by state  active 1
ages      connected 1h00m

 PID  USER  APP  STATE         AGE  QUERY
5000  web   web  waits 4711  3m20s  UPDATE stock SET n = n - 1

spared    1 (PID 6000): runs no statement: nothing to cancel
missing   no process has PID 9999
"#,
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
fn the_question_says_what_to_type() {
    let number = "This is more than 10 sessions. Type 12 to end 12 sessions: ";
    assert_eq!(act::question(&twelve(Action::Terminate)), number);
    let yes = "Cancel the running statement of 1 session? [y/N] ";
    assert_eq!(act::question(&twelve(Action::Cancel)), yes);
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
