//! A host laid out in a directory: servers in containers, PIDs that are used again, titles that lie.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use super::clusters::{Host, find};
use super::*;
use crate::decide::criteria::Criteria;
use crate::decide::filters::BackendsLane;
use crate::decide::filters::testing::asks_every_flag;
use crate::decide::protection::{Policy, SparedReason};
use crate::decide::selection::{Cut, Neighbours, blockers, select};

/// A `/proc` of our own.
struct Fake {
    root: tempfile::TempDir,
}

const POSTMASTER: i32 = 400;
const EXECUTABLE: &str = "/usr/lib/postgresql/17/bin/postgres";

impl Fake {
    /// An empty host: only init.
    fn new() -> Self {
        let fake = Self {
            root: tempfile::tempdir().unwrap(),
        };
        fs::write(fake.path("stat"), "cpu 1 2 3\nbtime 1700000000\n").unwrap();
        fake.process(1, 0, 1, "init", "/sbin/init\0");
        fake
    }

    /// A host with one server, whose postmaster counts itself as `inner`.
    fn with_server(inner: i32) -> Self {
        let fake = Self::new();
        let data = fake.path("data");
        fs::create_dir(&data).unwrap();
        let lock = format!(
            "{inner}\n/var/lib/pg/data\n1700000100\n5433\n/run/postgresql\n*\n 1 2\nready   \n"
        );
        fs::write(data.join("postmaster.pid"), lock).unwrap();
        fs::write(data.join("PG_VERSION"), "17\n").unwrap();
        fake.process(POSTMASTER, 1, 5000, "postgres", &command_line());
        fake.inside(POSTMASTER, inner);
        fake.child(401, "postgres: main: checkpointer ");
        fake
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn process(&self, pid: i32, parent: i32, start: i64, command: &str, title: &str) {
        self.process_in_state('S', pid, parent, start, command, title);
    }

    fn process_in_state(
        &self,
        state: char,
        pid: i32,
        parent: i32,
        start: i64,
        command: &str,
        title: &str,
    ) {
        let directory = self.path(&pid.to_string());
        fs::create_dir_all(&directory).unwrap();
        let zeros = "0 ".repeat(17);
        let room = "0 ".repeat(25) + "1000 1100 1100 1300 0";
        let stat = format!("{pid} ({command}) {state} {parent} {zeros}{start} {room}\n");
        fs::write(directory.join("stat"), stat).unwrap();
        fs::write(directory.join("cmdline"), title).unwrap();
        fs::write(
            directory.join("status"),
            format!("Name:\t{command}\nNSpid:\t{pid}\n"),
        )
        .unwrap();
        for (name, to) in [
            ("cwd", self.path("data")),
            ("exe", PathBuf::from(EXECUTABLE)),
        ] {
            let link = directory.join(name);
            let _ = fs::remove_file(&link);
            symlink(to, link).unwrap();
        }
    }

    /// A child of the postmaster that started at tick `1000 + pid`.
    fn child(&self, pid: i32, title: &str) {
        self.process(
            pid,
            POSTMASTER,
            1000 + i64::from(pid),
            "postgres",
            &format!("{title}\0\0\0"),
        );
    }

    /// The process lives in a PID namespace where it is called `inner`.
    fn inside(&self, pid: i32, inner: i32) {
        fs::write(
            self.path(&format!("{pid}/status")),
            format!("Name:\tx\nNSpid:\t{pid}\t{inner}\n"),
        )
        .unwrap();
    }

    fn proc(&self) -> ProcFs {
        ProcFs::at(self.root.path()).unwrap()
    }

    fn host(&self) -> Host {
        find(&self.proc()).unwrap()
    }

    fn backends(&self) -> Backends {
        Backends::new(self.proc(), self.host().clusters.pop().unwrap())
    }
}

fn command_line() -> String {
    format!("{EXECUTABLE}\0-D\0/var/lib/pg/data\0")
}

fn pid(snapshot: &Snapshot, pid: i32) -> Session {
    let mut found = snapshot
        .sessions
        .iter()
        .filter(|session| session.id.pid == pid);
    found.next().cloned().unwrap()
}

#[test]
fn a_server_is_found_by_its_own_pid_in_its_lock_file_wherever_it_lives() {
    for inner in [POSTMASTER, 1] {
        let fake = Fake::with_server(inner);
        // Children that have said nothing look like the postmaster, and somebody else's PID is in no lock file.
        fake.process(410, POSTMASTER, 6000, "postgres", &command_line());
        fake.process(900, 1, 7000, "postgres", &command_line());
        let host = fake.host();
        assert_eq!(host.clusters.len(), 1);
        let cluster = &host.clusters[0];
        assert_eq!(
            (cluster.postmaster, cluster.port, cluster.major),
            (POSTMASTER, Some(5433), Some(17))
        );
        assert_eq!(cluster.label(), "/var/lib/pg/data, port 5433");
        for name in ["5433", "/var/lib/pg/data", "/var/lib/pg/data/", "pid:400"] {
            assert!(cluster.is_called(name), "{name}");
        }
        for name in ["5432", "/var/lib/pg", "pid:1", "400", "", "data"] {
            assert!(!cluster.is_called(name), "{name}");
        }
    }
}

#[test]
fn a_lock_file_with_another_pid_makes_no_server() {
    let fake = Fake::with_server(1234);
    fake.inside(POSTMASTER, 77);
    assert!(fake.host().clusters.is_empty());
}

#[test]
fn only_confirmed_children_are_listed_and_never_the_postmaster() {
    let fake = Fake::with_server(1);
    fake.child(500, "postgres: main: app shop 10.0.0.5(4711) idle");
    fake.process(501, POSTMASTER, 1501, "postgres", &command_line());
    // Not children, whatever they call themselves; and one with another executable.
    fake.process(
        502,
        1,
        1502,
        "postgres",
        "postgres: main: app shop [local] idle\0",
    );
    fake.child(503, "postgres: main: app shop [local] idle");
    fs::remove_file(fake.path("503/exe")).unwrap();
    symlink("/tmp/postgres", fake.path("503/exe")).unwrap();
    fake.process_in_state('Z', 504, POSTMASTER, 1504, "postgres", "");
    let snapshot = fake.backends().look(QueryText::Whole).unwrap();
    let pids: Vec<i32> = snapshot
        .sessions
        .iter()
        .map(|session| session.id.pid)
        .collect();
    assert_eq!(pids, [401, 500, 501]);
    assert_eq!(snapshot.server.cluster_name.as_deref(), Some("main"));
    let session = pid(&snapshot, 500);
    assert_eq!(
        (session.user.as_deref(), session.database.as_deref()),
        (Some("app"), Some("shop"))
    );
    assert_eq!(session.id.started, Some(1_700_000_015_000_000));
    let everything = select(
        &snapshot,
        &Criteria::default(),
        Cut::default(),
        &Policy::default(),
        false,
    );
    let chosen: Vec<i32> = everything
        .chosen
        .iter()
        .map(|session| session.id.pid)
        .collect();
    assert_eq!(chosen, [500]);
}

#[test]
fn a_session_whose_names_are_unclear_is_ended_only_by_its_pid_and_not_past_a_protection() {
    let fake = Fake::with_server(1);
    fake.child(500, "postgres: main: app my db [local] idle");
    let snapshot = fake.backends().look(QueryText::Whole).unwrap();
    let session = pid(&snapshot, 500);
    assert_eq!(session.user, None);
    let free = Policy::default();
    assert_eq!(
        free.spares(&session, &snapshot, false),
        Some(SparedReason::UserUnknown)
    );
    assert_eq!(free.spares(&session, &snapshot, true), None);
    let protecting = Policy {
        databases: vec!["my db".to_owned()],
        ..Policy::default()
    };
    assert_eq!(
        protecting.spares(&session, &snapshot, true),
        Some(SparedReason::UserUnknown)
    );
}

#[test]
fn a_pid_that_is_used_again_is_not_taken_for_its_session() {
    let fake = Fake::with_server(1);
    let idle = "postgres: main: app shop 10.0.0.5(4711) idle";
    fake.child(500, idle);
    let mut backends = fake.backends();
    let snapshot = backends.look(QueryText::Whole).unwrap();
    let session = pid(&snapshot, 500);
    let same = |state| Again::Same(Some(state));
    let title = |text: &str| fs::write(fake.path("500/cmdline"), format!("{text}\0")).unwrap();

    assert_eq!(backends.again(&session), same(State::Idle));
    title("postgres: main: app shop 10.0.0.5(4711) SELECT");
    assert_eq!(backends.again(&session), same(State::Active));
    // The same PID, start and parent, and somebody else's title.
    for other in [
        "postgres: main: app shop 10.0.0.5(4712) idle",
        "postgres: main: app till 10.0.0.5(4711) idle",
        "postgres: main: walsender app 10.0.0.5(4711) idle",
        "postgres: main: autovacuum worker shop",
        "postgres: other: app shop 10.0.0.5(4711) idle",
    ] {
        title(other);
        assert_eq!(backends.again(&session), Again::Other, "{other}");
    }
    fs::write(fake.path("500/cmdline"), command_line()).unwrap();
    assert_eq!(backends.again(&session), Again::Other);

    fake.process(500, POSTMASTER, 9999, "postgres", idle);
    assert_eq!(backends.again(&session), Again::Other);
    assert_eq!(backends.look_at(&[session.id]).unwrap(), []);
    fake.process(500, 1, 1500, "postgres", idle);
    assert_eq!(backends.again(&session), Again::Absent);
    fake.process_in_state('Z', 500, POSTMASTER, 1500, "postgres", "");
    assert_eq!(backends.again(&session), Again::Absent);
    assert_eq!(backends.look_at(&[session.id]).unwrap(), []);
    fs::remove_dir_all(fake.path("500")).unwrap();
    assert_eq!(backends.again(&session), Again::Absent);
}

#[test]
fn a_title_that_may_have_lost_its_end_shows_no_state_to_choose_by() {
    let fake = Fake::with_server(1);
    // 300 bytes are reserved, of which two are ends of strings.
    let short = "postgres: main: app shop [local] idle";
    let user = "u".repeat(298 - short.len() + 3);
    fake.child(500, &short.replace("app", &user));
    fake.child(501, &short.replace("app", &user[1..]));
    let snapshot = fake.backends().look(QueryText::Whole).unwrap();
    assert_eq!(pid(&snapshot, 500).state, Some(State::Other));
    assert_eq!(pid(&snapshot, 501).state, Some(State::Idle));
}

#[test]
fn titles_judge_or_refuse_every_flag_and_its_twin() {
    let fake = Fake::with_server(1);
    fake.child(120, "postgres: main: app shop 10.0.0.5(4711) idle");
    fake.child(130, "postgres: main: batch stats [local] UPDATE waiting");
    let mut snapshot = fake.backends().look(QueryText::Whole).unwrap();
    snapshot.sessions.retain(Session::holds_slot);
    // Whether they are old is the clock's, and this one began in 2023.
    snapshot.sessions[0].connected_for = Some(std::time::Duration::from_secs(60));
    let look = Neighbours {
        snapshot: &snapshot,
        blockers: &blockers(&snapshot),
    };
    asks_every_flag::<BackendsLane>(&snapshot.sessions, look, |_| None);
}

#[test]
fn hidden_processes_of_other_accounts_are_reported() {
    let fake = Fake::with_server(1);
    assert!(!fake.host().others_hidden);
    fs::remove_dir_all(fake.path("1")).unwrap();
    assert!(fake.host().others_hidden);
}

#[test]
fn a_server_that_has_ended_is_an_error_and_not_an_empty_list() {
    let fake = Fake::with_server(1);
    let mut backends = fake.backends();
    fake.process(POSTMASTER, 1, 5001, "postgres", &command_line());
    assert!(backends.look(QueryText::Whole).is_err());
}
