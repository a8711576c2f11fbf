//! Saved situations crossed with every reading command: what each screen, table and document looks like.
//!
//! A scene is the raw answer of a server to the one question that is put to it, a row a line. The golden
//! files beside them are what must come out. After a change that is meant, write them anew and read the
//! difference: `BREAKGLASS_GOLDEN=write cargo test --test suite scenes::`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use breakglass::decide::advice::{shell_line, steps};
use breakglass::decide::blocking::trees;
use breakglass::decide::capacity::{SlotClass, own_slot};
use breakglass::decide::criteria::Criteria;
use breakglass::decide::filters::{SessionsLane, criteria};
use breakglass::decide::plan::Plan;
use breakglass::decide::protection::Policy;
use breakglass::decide::runbook::Runbook;
use breakglass::decide::selection::{Cut, matching, select};
use breakglass::decide::session::Session;
use breakglass::decide::sessions::plan::{Action, Way, plan};
use breakglass::decide::snapshot::Snapshot;
use breakglass::observe::parse;
use breakglass::report::act::document::{self, ActView};
use breakglass::report::advice::Advice;
use breakglass::report::palette::Palette;
use breakglass::report::sessions::{SessionsView, worst_first};
use breakglass::report::status::StatusView;
use breakglass::report::{
    Extent, Glyphs, LaneView, Screen, act, blockers, json, records, sanitize, sessions, status,
};

type Rows = Vec<Vec<Option<String>>>;

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenes")
}

/// The names of all scenes.
fn scenes() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(directory())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert!(names.len() >= 11, "scenes are missing: {names:?}");
    names
}

fn read(scene: &str) -> Snapshot {
    let text = std::fs::read_to_string(directory().join(format!("{scene}.json"))).unwrap();
    let rows: Rows = serde_json::from_str(&text).unwrap();
    parse::snapshot(rows).unwrap_or_else(|error| panic!("{scene}: {error}"))
}

/// Two thousand sessions of four applications.
fn crowd() -> Snapshot {
    let text = |value: &str| Some(value.to_owned());
    let mut rows: Rows = vec![
        [
            "server",
            "17.10",
            "170010",
            "false",
            "7711133947140006645",
            "86400000000",
            "",
            "99",
            "breakglass",
            "off",
            "true",
            "true",
            "false",
            "postgres",
            "1795388527130212",
            "2100",
            "3",
            "0",
            "",
            "10",
            "0 ",
        ]
        .map(text)
        .to_vec(),
    ];
    for number in 0..2000_u64 {
        let state =
            ["idle", "active", "idle in transaction", "idle"][usize::try_from(number % 4).unwrap()];
        let age = (number * 1_000_000).to_string();
        let in_transaction =
            (state == "active" || state == "idle in transaction").then(|| age.clone());
        rows.push(vec![
            text("session"),
            Some((1000 + number).to_string()),
            Some((1_795_388_000_000_000 + number).to_string()),
            text("client backend"),
            text("app"),
            text("false"),
            text("shop"),
            Some(format!("service-{}", number % 5)),
            Some(format!("10.0.{}.{}", number / 250, number % 250)),
            text(state),
            Some((number * 2_000_000).to_string()),
            in_transaction,
            Some(age.clone()),
            Some(age),
            Some((1_795_388_400_000_000 + number).to_string()),
            text("Client"),
            text("ClientRead"),
            None,
            None,
            Some(format!("SELECT * FROM orders WHERE id = {number}")),
            Some((20_000 + number).to_string()),
        ]);
    }
    parse::snapshot(rows).unwrap()
}

fn screen(width: Option<usize>, extent: Extent) -> Screen {
    Screen {
        width,
        palette: Palette { on: false },
        extent,
        glyphs: Glyphs::Unicode,
    }
}

/// How one got in: where every ordinary slot is taken, over the other lane, after a refusal.
fn lane(snapshot: &Snapshot) -> LaneView {
    let (server, capacity) = (&snapshot.server, snapshot.capacity());
    let endpoint = "db1.example:5432".to_owned();
    if capacity.full() {
        let refused = "login: FATAL: sorry, too many clients already [53300]";
        return LaneView {
            name: "replication".to_owned(),
            slot: SlotClass::Walsender,
            slot_how: "the server counts it among max_wal_senders".to_owned(),
            endpoint,
            encrypted: false,
            refused_before: vec![refused.to_owned()],
        };
    }
    let (slot, slot_how) = own_slot(&capacity, server.role_superuser, server.role_reserved);
    LaneView {
        name: "login".to_owned(),
        slot,
        slot_how,
        endpoint,
        encrypted: true,
        refused_before: Vec::new(),
    }
}

/// What an operator would plan here: end who has been idle, in a transaction or not, leaving each application two.
fn ending(snapshot: &Snapshot) -> Plan<Session> {
    let criteria = criteria::<SessionsLane>(&[
        ("--state", "idle"),
        ("--state", "idle-in-transaction"),
        ("--state", "aborted"),
        ("--connected-for", "1ms"),
    ])
    .unwrap();
    let cut = Cut {
        keep: Some(2),
        ..Cut::default()
    };
    planned(Action::Terminate, snapshot, &criteria, cut)
}

/// Or cancel what runs, of the first three who are there and of one who is not.
fn cancelling(snapshot: &Snapshot) -> Plan<Session> {
    let pids = snapshot.holders().map(|session| session.id.pid);
    let pids = pids.take(3).chain([99_999]).map(|pid| pid.to_string());
    let pids: Vec<String> = pids.collect();
    let typed: Vec<_> = pids.iter().map(|pid| ("--pid", pid.as_str())).collect();
    let criteria = criteria::<SessionsLane>(&typed).unwrap();
    planned(Action::Cancel, snapshot, &criteria, Cut::default())
}

fn planned(
    action: Action,
    snapshot: &Snapshot,
    criteria: &Criteria<Session>,
    cut: Cut,
) -> Plan<Session> {
    let policy = Policy {
        users: vec!["reserved".to_owned()],
        ..Policy::default()
    };
    let way = Way {
        lane: "login",
        endpoint: "db1.example:5432".to_owned(),
        wait: Duration::from_secs(5),
    };
    let only_active = action == Action::Cancel;
    let selection = select(snapshot, criteria, cut, &policy, only_active);
    plan(action, way, snapshot, selection)
}

/// Everything the reading commands and a dry run make of a snapshot: file name and text.
fn everything(snapshot: &Snapshot) -> Vec<(&'static str, String)> {
    let lane = lane(snapshot);
    let next: Vec<Advice> = steps(snapshot, &Policy::default())
        .into_iter()
        .map(|step| {
            let words: Vec<String> = std::iter::once("breakglass".to_owned())
                .chain(step.words.clone())
                .collect();
            Advice {
                command: shell_line(&words),
                why: step.why,
            }
        })
        .collect();
    let mut status_view = StatusView {
        pooler: None,
        snapshot,
        lane: &lane,
        next: &next,
        read_up: None,
    };
    let read_up = status_view.runbook().map(Runbook::command);
    status_view.read_up = read_up.as_deref();
    let (mut rows, unjudged) = matching(snapshot, &Criteria::default());
    rows.retain(|session: &&Session| session.holds_slot());
    worst_first(snapshot, &mut rows);
    let view = SessionsView {
        snapshot,
        rows: &rows,
        unjudged: &unjudged,
    };
    let forest = trees(snapshot);
    let end = |pid: i32| format!("breakglass terminate --pid {pid}");
    let plan = ending(snapshot);
    let cancel = cancelling(snapshot);
    let dry_run = ActView {
        command: "terminate",
        lane: &lane,
        plan: &plan,
        verified: None,
        exit_code: 0,
        dry_run: true,
    };
    let brief = |width| screen(Some(width), Extent::Brief);
    let whole = |width| screen(Some(width), Extent::Whole);
    let plain = || Screen {
        glyphs: Glyphs::Plain,
        ..brief(80)
    };
    vec![
        ("status-80.txt", status::status(&status_view, brief(80))),
        ("status-50.txt", status::status(&status_view, brief(50))),
        ("status-200.txt", status::status(&status_view, brief(200))),
        ("status-plain-80.txt", status::status(&status_view, plain())),
        ("status.csv", records::status(&status_view).csv()),
        ("status.md", records::status_markdown(&status_view)),
        (
            "status.json",
            json::text(&json::status::status(&status_view)).unwrap(),
        ),
        ("sessions-80.txt", sessions::sessions(&view, brief(80))),
        ("sessions-50.txt", sessions::sessions(&view, brief(50))),
        ("sessions-200.txt", sessions::sessions(&view, brief(200))),
        ("sessions-full-80.txt", sessions::sessions(&view, whole(80))),
        (
            "sessions.txt",
            sessions::sessions(&view, screen(None, Extent::Brief)),
        ),
        ("sessions.csv", records::sessions(&rows).csv()),
        ("sessions.md", records::sessions(&rows).markdown()),
        (
            "sessions.json",
            json::text(&json::sessions::sessions(&view)).unwrap(),
        ),
        (
            "blockers-80.txt",
            blockers::blockers(snapshot, &forest, &end, brief(80)),
        ),
        (
            "blockers-50.txt",
            blockers::blockers(snapshot, &forest, &end, brief(50)),
        ),
        (
            "blockers-200.txt",
            blockers::blockers(snapshot, &forest, &end, brief(200)),
        ),
        (
            "blockers-full-80.txt",
            blockers::blockers(snapshot, &forest, &end, whole(80)),
        ),
        (
            "blockers-plain-80.txt",
            blockers::blockers(snapshot, &forest, &end, plain()),
        ),
        ("blockers.csv", records::blockers(snapshot, &forest).csv()),
        (
            "blockers.md",
            records::blockers(snapshot, &forest).markdown(),
        ),
        (
            "blockers.json",
            json::text(&json::blockers::blockers(snapshot, &forest)).unwrap(),
        ),
        (
            "plan-80.txt",
            format!("{}{}\n", act::plan(&plan, brief(80)), act::question(&plan)),
        ),
        (
            "plan-cancel-80.txt",
            format!(
                "{}{}\n",
                act::plan(&cancel, brief(80)),
                act::question(&cancel)
            ),
        ),
        ("plan-50.txt", act::plan(&plan, brief(50))),
        ("plan-200.txt", act::plan(&plan, brief(200))),
        ("plan.csv", act::rows(&plan, None).csv()),
        ("plan.md", act::rows(&plan, None).markdown()),
        ("plan.json", json::text(&document::act(&dry_run)).unwrap()),
    ]
}

/// All outputs of a scene in one file, so that a change is read from top to bottom.
fn sheet(outputs: &[(&str, String)]) -> String {
    outputs
        .iter()
        .map(|(name, text)| format!("==== {name}\n{text}"))
        .collect()
}

#[test]
fn every_scene_looks_as_it_did() {
    let write = std::env::var("BREAKGLASS_GOLDEN").is_ok_and(|value| value == "write");
    let mut changed = Vec::new();
    for scene in scenes() {
        let now = sheet(&everything(&read(&scene)));
        let path = directory().join("golden").join(format!("{scene}.txt"));
        if write {
            std::fs::write(&path, now).unwrap();
            continue;
        }
        let before = std::fs::read_to_string(&path).unwrap_or_default();
        let difference = before
            .lines()
            .zip(now.lines())
            .find(|(before, now)| before != now);
        if let Some((before, now)) = difference {
            changed.push(format!("{scene}:\n  was {before}\n  is  {now}"));
        } else if before != now {
            changed.push(format!(
                "{scene}: {} lines, were {}",
                now.lines().count(),
                before.lines().count()
            ));
        }
    }
    assert!(
        changed.is_empty(),
        "not what it was; if that is meant, BREAKGLASS_GOLDEN=write cargo test --test suite scenes::, and read the \
         difference\n{}",
        changed.join("\n")
    );
}

/// What no output may do to a terminal, whatever the server says.
fn check_harmless(scene: &str, outputs: &[(&str, String)]) {
    for (name, text) in outputs {
        for (number, line) in text.lines().enumerate() {
            let bad = line.chars().find(|c| {
                c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}'..='\u{200f}')
            });
            assert_eq!(bad, None, "{scene}, {name}, line {}: {line:?}", number + 1);
        }
    }
}

fn check_width(scene: &str, outputs: &[(&str, String)]) {
    for (name, text) in outputs {
        let Some(width) = name
            .rsplit_once('-')
            .and_then(|(_, end)| end.strip_suffix(".txt"))
        else {
            continue;
        };
        let width: usize = width.parse().unwrap();
        // A whole statement is for copying: its lines stay as they are, indented.
        for line in text
            .lines()
            .filter(|line| !(name.contains("full") && line.starts_with("    ")))
        {
            assert!(
                sanitize::columns(line) <= width,
                "{scene}, {name}: wider than {width}: {line}"
            );
        }
    }
}

#[test]
fn no_scene_is_wider_than_the_screen_or_does_anything_to_it() {
    for scene in scenes() {
        let outputs = everything(&read(&scene));
        check_harmless(&scene, &outputs);
        check_width(&scene, &outputs);
    }
}

#[test]
fn names_come_out_of_json_as_the_server_has_them() {
    let snapshot = read("hostile-names-13");
    let (rows, unjudged) = matching(&snapshot, &Criteria::default());
    let view = SessionsView {
        snapshot: &snapshot,
        rows: &rows,
        unjudged: &unjudged,
    };
    let text = json::text(&json::sessions::sessions(&view)).unwrap();
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    for (session, shown) in rows.iter().zip(document["sessions"].as_array().unwrap()) {
        assert_eq!(shown["pid"], session.id.pid);
        assert_eq!(
            shown["application"].as_str(),
            session.application.as_deref()
        );
        assert_eq!(shown["user"].as_str(), session.user.as_deref());
        assert_eq!(shown["query"].as_str(), session.query.as_deref());
    }
}

#[test]
fn two_thousand_sessions_are_shown_in_full_and_planned_in_brief() {
    let snapshot = crowd();
    assert_eq!(snapshot.holders().count(), 2000);
    let outputs = everything(&snapshot);
    check_harmless("crowd", &outputs);
    check_width("crowd", &outputs);
    let of = |wanted: &str| &outputs.iter().find(|(name, _)| *name == wanted).unwrap().1;
    assert_eq!(of("sessions.csv").lines().count(), 2001);
    for number in 0..2000 {
        let pid = format!("{:>4}  ", 1000 + number);
        assert!(of("sessions-80.txt").contains(&pid), "{pid} is missing");
    }
    assert!(
        of("status-80.txt").lines().count() <= 40,
        "{}",
        of("status-80.txt")
    );
    assert!(
        of("plan-80.txt").lines().count() <= 40,
        "{}",
        of("plan-80.txt")
    );
    assert!(
        of("plan-80.txt").ends_with("to end 1493 sessions: \n"),
        "{}",
        of("plan-80.txt")
    );
}
