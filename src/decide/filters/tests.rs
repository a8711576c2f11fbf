//! Every lane is asked every flag and its twin, from the table.

use std::time::Duration;

use super::testing::{asks_every_flag, refuses};
use super::*;
use crate::decide::connection::Class;
use crate::decide::criteria::Verdict;
use crate::decide::evidence::{Queries, document};
use crate::decide::properties::evidence;
use crate::decide::selection::{Neighbours, blockers};
use crate::decide::session::Client;
use crate::decide::snapshot::Snapshot;
use crate::decide::sockets::testing::{GRAIN, owner, socket, waiting};
use crate::decide::sockets::{End, Owners, SocketsSnapshot};
use crate::decide::testing::{active, asked, blocked, in_transaction, read, session, snapshot};
use crate::decide::workers::process::{Process, ProcessId};
use crate::decide::workers::runtime::{Role, Runtime};
use crate::decide::workers::{Held, Worker};

/// Sessions that differ in everything a filter can ask about.
fn sessions() -> Snapshot {
    let batch = Session {
        user: Some("batch".to_owned()),
        database: Some("stats".to_owned()),
        application: Some("cron".to_owned()),
        client: Client::Local,
        query: Some("VACUUM big".to_owned()),
        connected_for: Some(Duration::from_secs(30)),
        ..active(12, 500)
    };
    snapshot(vec![
        session(11),
        batch,
        in_transaction(14, 300),
        blocked(15, &[14], 20),
    ])
}

fn ask_sessions(snapshot: &Snapshot, missing: impl Fn(&Criteria<Session>) -> Option<&'static str>) {
    let look = Neighbours {
        snapshot,
        blockers: &blockers(snapshot),
    };
    asks_every_flag::<SessionsLane>(&snapshot.sessions, look, missing);
}

#[test]
fn the_database_lanes_judge_or_refuse_every_flag_and_its_twin() {
    ask_sessions(&sessions(), |_| None);
}

#[test]
fn a_snapshot_that_was_saved_judges_every_flag_and_its_twin_or_says_what_is_missing() {
    let saved = |queries| -> Snapshot {
        let text = serde_json::to_string(&document::write(&evidence(sessions(), queries)));
        let read = serde_json::from_str(&text.unwrap_or_default()).map(document::read);
        let Ok(Ok(Some(database))) = read.map(|read| read.map(|read| read.database)) else {
            panic!("it cannot be read again")
        };
        database.snapshot
    };
    for (queries, statements) in [(Queries::Kept, true), (Queries::LeftOut, false)] {
        ask_sessions(&saved(queries), |criteria| {
            not_saved(criteria, statements).map(|(flag, _)| flag)
        });
    }
    let asks = asked::<SessionsLane>("--not-query x");
    assert_eq!(not_saved(&asks, true), None);
    let missing = not_saved(&asks, false);
    assert_eq!(missing, Some(("--not-query", "the text of statements")));
}

#[test]
fn the_sockets_lane_judges_or_refuses_every_flag_and_its_twin() {
    let mut other = waiting(2, End::Client, 90);
    other.owners = Owners::Known(vec![owner(101, "puma")]);
    other.id.local = ([192, 168, 0, 1], 40_002).into();
    let look = SocketsSnapshot {
        sockets: vec![socket(1, End::Client), other],
        grain: GRAIN,
        ..SocketsSnapshot::default()
    };
    asks_every_flag::<SocketsLane>(&look.sockets, &look, |_| None);
    refuses::<SocketsLane>(KEEP);
    let error = read::<SocketsLane>("--not-client local").err();
    assert_eq!(
        error.as_deref(),
        Some("the sockets lane cannot judge --not-client local: it sees TCP connections only")
    );
}

fn worker(pid: i32, runtime: &str, class: Class) -> Worker {
    Worker {
        process: Process {
            id: ProcessId { pid, started: 1 },
            parent: 1,
            uid: 1000,
            name: "program".to_owned(),
            command: "program".to_owned(),
            cgroup: String::new(),
            kernel: false,
            age: Duration::from_secs(60),
        },
        runtime: Runtime {
            name: runtime.to_owned(),
            ..Runtime::default()
        },
        role: Role::Worker,
        master: None,
        siblings: Vec::new(),
        unit: None,
        held: vec![Held {
            id: socket(1, End::Client).id,
            class,
            since: Some(Duration::from_secs(60)),
            owners: vec![pid],
        }],
    }
}

#[test]
fn the_workers_lane_judges_or_refuses_every_flag_and_its_twin() {
    let scene = [
        worker(50, "gunicorn", Class::Idle),
        worker(51, "puma", Class::Waiting),
    ];
    asks_every_flag::<WorkersLane>(&scene, (), |_| None);
    refuses::<WorkersLane>(KEEP);
}

#[test]
fn an_undecided_worker_may_be_the_idle_one_and_is_neither_taken_for_it_nor_for_another() {
    let undecided = worker(50, "gunicorn", Class::Undecided);
    for line in [
        "--state idle",
        "--not-state idle",
        "--idle-for 5s",
        "--not-idle-for 5s",
    ] {
        let flag = line.split(' ').next().unwrap_or_default();
        let verdict = asked::<WorkersLane>(line).judge(&undecided, ());
        assert!(
            matches!(verdict, Verdict::Unknown(of) if of == flag),
            "{line}: {verdict:?}"
        );
    }
}

#[test]
fn the_backends_lane_refuses_what_no_title_shows() {
    refuses::<BackendsLane>(KEEP);
    let error = read::<BackendsLane>("--state disabled").err();
    assert_eq!(
        error.as_deref(),
        Some("the backends lane cannot judge --state disabled: no process title shows it")
    );
    let error = read::<BackendsLane>("--not-app x").err();
    assert_eq!(
        error.as_deref(),
        Some(
            "the backends lane cannot judge --not-app: a process title does not show the application; \
             it can judge --pid, --user, --database, --client, --state, --connected-for and --waiting"
        )
    );
}

#[test]
fn no_flag_is_in_the_table_twice() {
    for filter in FILTERS {
        let same = FILTERS.iter().filter(|other| other.flag == filter.flag);
        assert_eq!(same.count(), 1, "{}", filter.flag.plain);
        assert_eq!(
            filter.flag.twin,
            filter.flag.plain.replacen("--", "--not-", 1)
        );
    }
}
