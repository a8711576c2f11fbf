//! Screens of the lanes that need no login, at 80 columns: a database host's processes, a host's connections, and
//! what would be done to them.

use std::time::Duration;

use super::screen;
use super::screens::check;
use crate::decide::capacity::Limits;
use crate::decide::connection::Class;
use crate::decide::filters::BackendsLane;
use crate::decide::plan::Plan;
use crate::decide::protection::Policy;
use crate::decide::selection::{Cut, select};
use crate::decide::session::{Client, Kind, Session, State, Wait};
use crate::decide::sessions::plan::{Action, Way, plan};
use crate::decide::snapshot::Snapshot;
use crate::decide::sockets::plan::{SeverPlan, plan as sever_plan};
use crate::decide::sockets::selection::{SocketCut, SocketPolicy, select as select_sockets};
use crate::decide::sockets::testing::{GRAIN, owner, socket, waiting};
use crate::decide::sockets::{
    End, Namespace, Owners, Socket, SocketsSnapshot, TcpInfo, TcpState, Timer,
};
use crate::decide::testing::{asked, process, s, session, snapshot};
use crate::report::backends::{BackendsView, ClusterView, Listed, backends};
use crate::report::sockets::{SocketsView, list};
use crate::report::{Screen, act};

/// What titles show of a full server: two stuck in authentication, one waiting for a lock, names of every kind.
fn titled() -> Vec<(Session, &'static str)> {
    let of = |pid: i32, user: &str, state: Option<State>, port: i32| Session {
        id: session(pid).id,
        user: Some(user.to_owned()),
        database: Some("shop".to_owned()),
        state,
        client_port: Some(port),
        connected_for: s(u64::from((pid - 4000).unsigned_abs())),
        state_for: None,
        query_for: None,
        application: None,
        query: None,
        superuser: None,
        ..session(pid)
    };
    let mut waiter = of(4203, "web", Some(State::Active), 41_003);
    waiter.wait = Some(Wait {
        class: "Lock".to_owned(),
        event: "lock".to_owned(),
    });
    let mut local = of(4204, "postgres", Some(State::Idle), -1);
    local.client = Client::Local;
    let mut stuck = of(4205, "with a blank", Some(State::Starting), 41_005);
    stuck.user = None;
    stuck.database = None;
    let mut hostile = of(4206, "evil\x1b[31m", Some(State::Starting), 41_006);
    hostile.client = Client::Address(
        "fd00:1234:5678:9abc:def0:1234:5678:9abc"
            .parse()
            .unwrap_or(std::net::IpAddr::from([0, 0, 0, 0])),
    );
    vec![
        (
            of(4201, "web", Some(State::Idle), 41_001),
            "web shop 10.0.0.5(41001) idle",
        ),
        (
            of(4202, "web", Some(State::IdleInTransaction), 41_002),
            "web shop 10.0.0.5(41002) idle in transaction",
        ),
        (waiter, "web shop 10.0.0.5(41003) UPDATE waiting"),
        (local, "postgres shop [local] idle"),
        (stuck, "with a blank shop 10.0.0.5(41005) authentication"),
        (
            hostile,
            "evil\x1b[31m shop fd00:1234:5678:9abc:def0:1234:5678:9abc(41006) authentication",
        ),
        (
            process(4100, Kind::Walsender),
            "walsender replica 10.0.0.9(40001) streaming 0/3000148",
        ),
        (
            process(4000, Kind::Background("checkpointer".to_owned())),
            "checkpointer",
        ),
    ]
}

fn database_host() -> Snapshot {
    let mut snapshot = snapshot(titled().into_iter().map(|(session, _)| session).collect());
    snapshot.limits = Limits::default();
    snapshot.server.cluster_name = Some("main".to_owned());
    snapshot
}

fn backends_list(screen: Screen) -> String {
    let (snapshot, titled) = (database_host(), titled());
    let rows = titled
        .iter()
        .map(|(session, title)| Listed { session, title });
    let cluster = ClusterView {
        data_directory: "/var/lib/postgresql/17/main".into(),
        port: Some(5432),
        postmaster: 3990,
        snapshot: &snapshot,
        rows: rows.filter(|row| row.session.holds_slot()).collect(),
    };
    let unseen = ["process 812 (/usr/lib/postgresql/13/bin/postgres -D /srv/old) belongs to legacy and could not be \
                   looked at: run this as legacy or root"
        .to_owned()];
    let view = BackendsView {
        clusters: &[cluster],
        unseen: &unseen,
    };
    backends(&view, screen)
}

fn backends_plan() -> Plan<Session> {
    let criteria = asked::<BackendsLane>("--state starting --state idle");
    let snapshot = database_host();
    let chosen = select(
        &snapshot,
        &criteria,
        Cut::default(),
        &Policy::default(),
        false,
    );
    let way = Way {
        lane: "backends",
        endpoint: "/var/lib/postgresql/17/main, port 5432".to_owned(),
        wait: Duration::from_secs(5),
    };
    plan(Action::Terminate, way, &snapshot, chosen)
}

/// An application's host with the database on it: idle, busy, undecided, one told by a title, a dead peer, one closed
/// by the server, one in a container, one that replicates.
fn connections() -> SocketsSnapshot {
    let mut all = vec![
        socket(1, End::Client),
        waiting(2, End::Client, 130),
        socket(3, End::Client),
        socket(4, End::Client),
        socket(5, End::Client),
        socket(6, End::Client),
        socket(7, End::Client),
        socket(8, End::Client),
    ];
    let within_a_grain = Some(TcpInfo {
        data_sent: Duration::from_secs(12),
        data_received: Duration::from_secs(12),
        ack_received: Duration::from_secs(12),
        ..TcpInfo::default()
    });
    all[2].info = within_a_grain;
    all[3].info = within_a_grain;
    all[3].title = Some(Class::Idle);
    let server = |command: &str| {
        let mut backend = std::sync::Arc::unwrap_or_clone(owner(4203, "postgres"));
        backend.command = command.to_owned();
        Owners::Known(vec![std::sync::Arc::new(backend)])
    };
    all[3].peer = Some(server("postgres: web shop 10.0.0.1(40004) idle"));
    (all[4].timer, all[4].timer_tries) = (Timer::Keepalive, 3);
    all[5].state = TcpState::CloseWait;
    all[5].owners = Owners::Known(vec![owner(101, "puma: cluster w"), owner(102, "puma")]);
    all[6].id.namespace = 2;
    all[6].owners = Owners::NotVisible;
    all[7].owners = Owners::Known(vec![owner(900, "postgres")]);
    all[7].peer = Some(server(
        "postgres: walsender replica 10.0.0.1(40008) streaming",
    ));
    let namespace = |inode: u64, name: &str, closed: Option<&str>| Namespace {
        inode,
        name: name.to_owned(),
        ours: inode == 1,
        closed: closed.map(str::to_owned),
    };
    SocketsSnapshot {
        sockets: all,
        namespaces: vec![
            namespace(1, "this", None),
            namespace(2, "of PID 77 (containerd-shim)", None),
            namespace(3, "of PID 88 (bash)", Some("entering it needs root")),
        ],
        closed_processes: 4,
        grain: GRAIN,
    }
}

fn sockets_list(screen: Screen) -> String {
    let snapshot = connections();
    let rows: Vec<&Socket> = snapshot.sockets.iter().collect();
    let view = SocketsView {
        endpoint: "10.0.0.2:5432",
        snapshot: &snapshot,
        rows: &rows,
        unjudged: &[],
    };
    list(&view, screen)
}

fn sockets_plan() -> SeverPlan {
    let snapshot = connections();
    let selection = select_sockets(
        &snapshot,
        &Default::default(),
        SocketCut::default(),
        &SocketPolicy::default(),
    );
    sever_plan(
        "10.0.0.2:5432".to_owned(),
        Duration::from_secs(5),
        GRAIN,
        &snapshot.sockets,
        selection,
    )
}

/// Every screen of these lanes.
pub(super) fn all(screen: Screen) -> Vec<String> {
    vec![
        backends_list(screen),
        act::plan(&backends_plan(), screen),
        sockets_list(screen),
        act::plan(&sockets_plan(), screen),
    ]
}

#[test]
fn a_database_hosts_processes_are_listed_with_what_their_titles_say() {
    check(
        &backends_list(screen(Some(80))),
        r#"
/var/lib/postgresql/17/main, port 5432: PostgreSQL 17.10, primary, postmaster
3990, cluster main
sessions  6: idle 2, starting 2, active 1, idle in transaction 1
others    1 walsender, 1 background process

 PID  USER          DATABASE  CLIENT        PORT  STATE                CONNECTED
4201  web           shop      10.0.0.5     41001  idle                     3m21s
4202  web           shop      10.0.0.5     41002  idle in transaction      3m22s
4203  web           shop      10.0.0.5     41003  active, waits            3m23s
4204  postgres      shop      local            -  idle                     3m24s
4205  -             -         10.0.0.5     41005  starting                 3m25s
4206  evil\x1b[31m  shop      fd00:1234:…  41006  starting                 3m26s

process 812 (/usr/lib/postgresql/13/bin/postgres -D /srv/old) belongs to legacy
and could not be looked at: run this as legacy or root
"#,
    );
}

#[test]
fn a_plan_for_processes_says_how_little_is_known_of_slots() {
    check(
        &act::plan(&backends_plan(), screen(Some(80))),
        r#"
PLAN: end 4 sessions
server    /var/lib/postgresql/17/main, port 5432, PostgreSQL 17.10, primary,
          cluster main
lane      backends, waiting up to 5 s for them to go
slots     frees 4; how many there are is not known here
by user   (none) 1, evil\x1b[31m 1, postgres 1, web 1
by client 10.0.0.5 2, fd00:1234:5678:9abc:def0:1234:5678:9abc 1, local 1
by state  idle 2, starting 2
ages      connected 3m21s (newest) to 3m26s (oldest)
note      who is a superuser is not known here; nobody was spared for it

 PID  USER          CLIENT                                   STATE     CONNECTED
4201  web           10.0.0.5                                 idle          3m21s
4204  postgres      local                                    idle          3m24s
4205  -             10.0.0.5                                 starting      3m25s
4206  evil\x1b[31m  fd00:1234:5678:9abc:def0:1234:5678:9abc  starting      3m26s
"#,
    );
}

#[test]
fn connections_are_listed_with_what_is_unusual_about_each() {
    check(
        &sockets_list(screen(Some(80))),
        r#"
8 client ends of connections to 10.0.0.2:5432 on this host: 5 idle, 1 waiting
for the server, 1 undecided, 1 closing
owners    owner of 1 not visible without root
closed    network namespace of PID 88 (bash): entering it needs root

STATE        FOR  CLIENT          PID  PROGRAM             NOTES
idle       1m00s  10.0.0.1:40001  100  gunicorn
waiting    2m10s  10.0.0.1:40002  100  gunicorn
undecided    12s  10.0.0.1:40003  100  gunicorn
idle         12s  10.0.0.1:40004  100  gunicorn            backend 4203; by its…
idle       1m00s  10.0.0.1:40005  100  gunicorn            no answer to 3 keepa…
closing        -  10.0.0.1:40006  101  puma: cluster w +1  closed by the other …
idle       1m00s  10.0.0.1:40007    ?  not visible         in network namespace…
idle       1m00s  10.0.0.1:40008  900  postgres            backend 4203
"#,
    );
}

#[test]
fn a_plan_to_sever_counts_only_what_is_idle() {
    check(
        &act::plan(&sockets_plan(), screen(Some(80))),
        r#"
PLAN: sever 7 connections
server    10.0.0.2:5432
lane      sockets, at the client's end, waiting up to 5 s for them to go
frees     4 slots within milliseconds (idle), if no pool connects again
          1 waiting for the server: not counted, each keeps its slot until its
          statement ends
          1 undecided: not counted, they may run a statement
          1 closing: not counted, severing adds nothing

STATE        FOR  CLIENT          PID  PROGRAM             NOTES
idle       1m00s  10.0.0.1:40001  100  gunicorn
idle       1m00s  10.0.0.1:40005  100  gunicorn            no answer to 3 keepa…
idle       1m00s  10.0.0.1:40007    ?  not visible
idle         12s  10.0.0.1:40004  100  gunicorn            backend 4203; by its…
undecided    12s  10.0.0.1:40003  100  gunicorn
closing        -  10.0.0.1:40006  101  puma: cluster w +1  closed by the other …
waiting    2m10s  10.0.0.1:40002  100  gunicorn

spared    1: streams WAL: frees no ordinary slot, may stall commits (--include
          walsenders)
"#,
    );
}
