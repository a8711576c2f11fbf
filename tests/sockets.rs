//! The sockets lane against real servers and real connections between two network namespaces: one is the
//! application's host, the other the database's. `pg_stat_activity` is the judge.
//!
//! Needs root, which is said where it is missing.

use std::collections::{HashMap, HashSet};
use std::fs::Permissions;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::support::{APPLICATION, DATABASE, Network, Psql, Server, await_that, ip, needs_root};
use breakglass::act::sever::sever;
use breakglass::decide::confirmation::{Approval, Cap};
use breakglass::decide::outcome::Receipt;
use breakglass::decide::sockets::plan::plan;
use breakglass::decide::sockets::selection::SocketSelection;
use breakglass::decide::sockets::{End, Owners};
use breakglass::observe::sockets::{Host, Place};
use serde_json::Value;

fn breakglass(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_breakglass"));
    command
        .args(words)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .stdin(Stdio::null());
    command
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Waits until each client is in its state, and gives the backend and state of each by the client's port.
fn truth(server: &Server, count: usize) -> HashMap<String, (i64, String)> {
    let mut rows = Vec::new();
    await_that("every client is in its state", || {
        rows = server.ask_witness(
            "SELECT client_port, pid, state FROM pg_stat_activity WHERE client_addr << '10.231.0.0/16' \
             AND (state <> 'active' OR query LIKE '%600%') AND query <> ''",
        );
        rows.len() == count
    });
    // The delayed acknowledgements have passed.
    std::thread::sleep(Duration::from_millis(400));
    rows.into_iter()
        .map(|row| {
            let [port, pid, state] = <[_; 3]>::try_from(row).unwrap().map(Option::unwrap);
            (port, (pid.parse().unwrap(), state))
        })
        .collect()
}

fn port_of(socket: &Value) -> String {
    socket["client"]
        .as_str()
        .unwrap()
        .rsplit(':')
        .next()
        .unwrap()
        .to_owned()
}

/// Connections between the hosts, as `words` list them.
fn listed(output: &Output) -> Vec<Value> {
    let all = json(output)["sockets"].as_array().unwrap().clone();
    all.into_iter()
        .filter(|socket| socket["client"].as_str().unwrap().starts_with("10.231."))
        .collect()
}

#[test]
fn classes_agree_with_pg_stat_activity_on_either_host() {
    let network = Network::new();
    let server = network.server(17);
    let statements = [
        "SELECT pg_sleep(0.05);",
        "SELECT pg_sleep(0.05);",
        "BEGIN; SELECT pg_sleep(0.05);",
        "SELECT pg_sleep(600);",
        "SELECT 1;",
    ];
    let clients: Vec<Psql> = statements
        .iter()
        .map(|sql| network.client(&server, sql))
        .collect();
    let truth = truth(&server, clients.len());
    let port = server.port().to_string();
    for host in [APPLICATION, DATABASE] {
        let words = ["sockets", "-p", &port, "--format", "json"];
        let output = network.on(host, || breakglass(&words).output().unwrap());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let end = if host == APPLICATION {
            "client"
        } else {
            "server"
        };
        let ours: Vec<Value> = listed(&output)
            .into_iter()
            .filter(|socket| socket["end"] == end)
            .collect();
        assert_eq!(ours.len(), clients.len(), "{ours:#?}");
        let mut exact = 0;
        for socket in &ours {
            let (pid, state) = &truth[&port_of(socket)];
            // Root sees both hosts' processes here, so each end knows the backend.
            assert_eq!(socket["backend_pid"].as_i64(), Some(*pid), "{socket:#}");
            let class = socket["state"].as_str().unwrap();
            let expected = if state == "active" { "waiting" } else { "idle" };
            // A statement answered within the clock's grain may be undecided; it is never called the wrong thing.
            assert!(
                class == expected || class == "undecided",
                "{host}: {state} is called {class}: {socket:#}"
            );
            exact += usize::from(class == expected);
        }
        assert!(exact >= 4, "{host}: only {exact} decided");
        let owner = &ours[0]["owners"][0];
        let name = if host == APPLICATION {
            "psql"
        } else {
            "postgres"
        };
        assert_eq!(owner["name"], name, "{owner}");
    }
}

#[test]
fn namespaces_are_visited_and_named_from_the_host() {
    let network = Network::new();
    let server = network.server(16);
    let client = network.client(&server, "SELECT pg_sleep(0.05);");
    truth(&server, 1);
    let port = server.port().to_string();
    let output = breakglass(&["sockets", "-h", &network.address(DATABASE), "-p", &port])
        .output()
        .unwrap();
    let screen = text(&output.stdout);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{screen}{}",
        text(&output.stderr)
    );
    for host in [APPLICATION, DATABASE] {
        let named = format!("in network namespace {}", network.name(host));
        assert!(screen.contains(&named), "{screen}");
    }
    assert!(screen.starts_with("2 ends of connections"), "{screen}");
    drop(client);
}

#[test]
fn severing_frees_idle_sessions_and_says_that_busy_ones_stay() {
    let network = Network::new();
    let server = network.server(18);
    let idle = network.client(&server, "SELECT pg_sleep(0.05);");
    let in_transaction = network.client(&server, "BEGIN; SELECT pg_sleep(0.05);");
    let busy = network.client(&server, "SELECT pg_sleep(600);");
    let truth = truth(&server, 3);
    let backend = |client_state: &str| {
        truth
            .values()
            .find(|(_, state)| state == client_state)
            .unwrap()
            .0
    };
    let port = server.port().to_string();
    let state = tempfile::tempdir().unwrap();
    let run = |host: &str, words: &[&str]| {
        let all = [
            &["sockets", "sever", "-p", &port, "--client", "10.231.0.0/16"],
            words,
        ]
        .concat();
        network.on(host, || {
            breakglass(&all)
                .env("XDG_STATE_HOME", state.path())
                .output()
                .unwrap()
        })
    };

    let dry = run(APPLICATION, &["--all", "--dry-run"]);
    let screen = text(&dry.stdout);
    assert_eq!(dry.status.code(), Some(0), "{}", text(&dry.stderr));
    assert!(screen.contains("PLAN: sever 3 connections"), "{screen}");
    assert!(
        screen.contains("2 slots within milliseconds (idle)"),
        "{screen}"
    );
    assert!(
        screen.contains("1 waiting for the server: not counted"),
        "{screen}"
    );
    assert_eq!(
        truth.len(),
        server
            .alive(
                &truth
                    .values()
                    .map(|(pid, _)| *pid as i32)
                    .collect::<Vec<_>>()
            )
            .len()
    );

    let pid = idle.child.id().to_string();
    let one = run(
        APPLICATION,
        &["--yes", "--limit", "9", "--pid", &pid, "--format", "json"],
    );
    let report = json(&one);
    assert_eq!(
        one.status.code(),
        Some(0),
        "{report:#}{}",
        text(&one.stderr)
    );
    assert_eq!(report["outcome"]["targets"][0]["outcome"], "gone");
    assert_eq!(report["outcome"]["targets"][0]["backend"], "ended");
    assert!(server.alive(&[backend("idle") as i32]).is_empty());

    let rest = run(DATABASE, &["--yes", "--all", "--wait", "1s"]);
    let screen = text(&rest.stdout);
    assert_eq!(
        rest.status.code(),
        Some(5),
        "{screen}{}",
        text(&rest.stderr)
    );
    let active = backend("active");
    assert!(
        screen.starts_with("PARTLY DONE: 2 of 2 connections severed"),
        "{screen}"
    );
    assert!(
        screen.contains(&format!(
            "severed, but backend {active} still runs and keeps its slot"
        )),
        "{screen}"
    );
    assert!(
        server
            .alive(&[backend("idle in transaction") as i32])
            .is_empty()
    );
    assert_eq!(server.alive(&[active as i32]), [active as i32]);

    let record = std::fs::read_to_string(state.path().join("breakglass/record.jsonl")).unwrap();
    let lines: Vec<Value> = record
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let events: Vec<&str> = lines
        .iter()
        .map(|line| line["event"].as_str().unwrap())
        .collect();
    assert_eq!(
        events,
        ["intent", "outcome", "intent", "outcome", "outcome"]
    );
    assert!(
        lines
            .iter()
            .all(|line| line["format"] == "breakglass/record/1" && line["action"] == "sever")
    );
    drop((in_transaction, busy));
}

#[test]
fn another_user_sees_no_owners_and_severs_nothing() {
    let network = Network::new();
    let server = network.server(17);
    let client = network.client(&server, "SELECT pg_sleep(0.05);");
    let truth = truth(&server, 1);
    // Where every user can reach it.
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("breakglass");
    std::fs::copy(env!("CARGO_BIN_EXE_breakglass"), &program).unwrap();
    std::fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).unwrap();
    let port = server.port().to_string();
    let as_nobody = |words: &[&str]| {
        network.on(APPLICATION, || {
            Command::new(&program)
                .args(words)
                .env_clear()
                .uid(65534)
                .gid(65534)
                .stdin(Stdio::null())
                .output()
                .unwrap()
        })
    };
    let list = as_nobody(&["sockets", "-p", &port]);
    let screen = text(&list.stdout);
    assert_eq!(
        list.status.code(),
        Some(0),
        "{screen}{}",
        text(&list.stderr)
    );
    assert!(
        screen.contains("owner of 1 not visible without root"),
        "{screen}"
    );
    assert!(!screen.contains("no process any more"), "{screen}");
    let words = [
        "sockets",
        "sever",
        "-p",
        &port,
        "--all",
        "--yes",
        "--no-record",
    ];
    // Root that was not given the capability is no better off.
    let root_without_it = network.on(APPLICATION, || {
        Command::new("setpriv")
            .args(["--bounding-set=-net_admin", "--inh-caps=-net_admin"])
            .arg(&program)
            .args(words)
            .output()
            .unwrap()
    });
    for sever in [as_nobody(&words), root_without_it] {
        assert_eq!(sever.status.code(), Some(4));
        let said = text(&sever.stderr);
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(
            said,
            "breakglass: severing needs the capability CAP_NET_ADMIN, which this process lacks (sudo has it; a \
             container does when it was given NET_ADMIN); nothing was done"
        );
    }
    let backends: Vec<i32> = truth.values().map(|(pid, _)| *pid as i32).collect();
    assert_eq!(server.alive(&backends), backends);
    drop(client);
}

/// A connection of our own on the loopback, and where it is.
fn pairs(count: usize) -> (Vec<TcpStream>, Vec<TcpStream>, Place) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (mut clients, mut servers) = (Vec::new(), Vec::new());
    for _ in 0..count {
        clients.push(TcpStream::connect(address).unwrap());
        servers.push(listener.accept().unwrap().0);
    }
    (
        clients,
        servers,
        Place {
            address: Some(address.ip()),
            port: address.port(),
        },
    )
}

#[test]
fn another_sockets_cookie_severs_nothing() {
    needs_root();
    let (mut clients, mut servers, place) = pairs(2);
    let mut host = Host::open().unwrap();
    let snapshot = host.look(&[place]).unwrap();
    let ends = |end| {
        snapshot
            .sockets
            .iter()
            .filter(move |socket| socket.end == end)
            .cloned()
    };
    let [one, other] = <[_; 2]>::try_from(ends(End::Client).collect::<Vec<_>>()).unwrap();
    let mut mistaken = one.clone();
    mistaken.id.cookie = other.id.cookie;
    let chosen = vec![mistaken.clone(), one.clone()];
    let selection = SocketSelection {
        chosen,
        spared: Vec::new(),
    };
    let all = plan(
        "test".to_owned(),
        Duration::from_secs(1),
        snapshot.grain,
        &snapshot.sockets,
        selection,
    );
    let confirmed = all.confirm(&Approval::Flag(Cap::All), None).unwrap();
    let namespace = one.id.namespace;
    let lane = host.lane(namespace).unwrap();
    // Not of the plan, a wrong cookie, the right one.
    let receipts = sever(lane, namespace, &confirmed, &[other.clone(), mistaken]);
    assert_eq!(receipts, [Receipt::NotAsked, Receipt::Absent]);
    for (client, server) in clients.iter_mut().zip(&mut servers) {
        client.write_all(b"x").unwrap();
        server.write_all(b"x").unwrap();
    }
    assert_eq!(
        sever(lane, namespace, &confirmed, std::slice::from_ref(&one)),
        [Receipt::Sent]
    );
    let there = host.look_again(&[place]).unwrap();
    assert!(!there.contains(&one.id) && there.contains(&other.id));
}

#[test]
fn an_ipv4_connection_of_an_ipv6_socket_is_found_by_either_address_and_severed() {
    needs_root();
    let listener = TcpListener::bind("[::]:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let _client = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let _server = listener.accept().unwrap();
    let place = Place {
        address: Some([127, 0, 0, 1].into()),
        port,
    };
    let mut host = Host::open().unwrap();
    let snapshot = host.look(&[place]).unwrap();
    assert_eq!(snapshot.sockets.len(), 2);
    let server = snapshot
        .sockets
        .iter()
        .find(|socket| socket.end == End::Server)
        .unwrap();
    assert!(server.id.local.is_ipv6() && server.client().is_ipv4() && server.peer.is_some());
    let selection = SocketSelection {
        chosen: vec![server.clone()],
        spared: Vec::new(),
    };
    let wait = Duration::from_secs(1);
    let all = plan("test".to_owned(), wait, snapshot.grain, &[], selection);
    let confirmed = all.confirm(&Approval::Flag(Cap::All), None).unwrap();
    let namespace = server.id.namespace;
    let receipts = sever(
        host.lane(namespace).unwrap(),
        namespace,
        &confirmed,
        confirmed.targets(),
    );
    assert_eq!(receipts, [Receipt::Sent]);
    assert!(host.look_again(&[place]).unwrap().is_empty());
}

#[test]
fn a_dead_peer_is_shown_as_such() {
    let network = Network::new();
    let server = network.server(17);
    let mut client = network.client(&server, "SELECT pg_sleep(0.05);");
    truth(&server, 1);
    ip(&format!(
        "-n {} link set bgd{} down",
        network.name(DATABASE),
        network.number
    ));
    writeln!(client.input, "SELECT 2;").unwrap();
    let port = server.port().to_string();
    let words = ["sockets", "-p", &port, "--format", "csv"];
    await_that("the client's end is seen to send again in vain", || {
        let output = network.on(APPLICATION, || breakglass(&words).output().unwrap());
        text(&output.stdout).contains("established,retransmitting")
    });
}

#[test]
fn five_thousand_connections_are_each_seen_once_with_their_owner() {
    needs_root();
    let limit = rustix::process::Rlimit {
        current: Some(20_000),
        maximum: rustix::process::getrlimit(rustix::process::Resource::Nofile).maximum,
    };
    rustix::process::setrlimit(rustix::process::Resource::Nofile, limit).unwrap();
    let (_clients, _servers, place) = pairs(5_000);
    let began = Instant::now();
    let snapshot = Host::open().unwrap().look(&[place]).unwrap();
    let took = began.elapsed();
    assert_eq!(snapshot.sockets.len(), 10_000);
    let cookies: HashSet<u64> = snapshot
        .sockets
        .iter()
        .map(|socket| socket.id.cookie)
        .collect();
    assert_eq!(cookies.len(), 10_000);
    let us = i32::try_from(std::process::id()).unwrap();
    for socket in &snapshot.sockets {
        let Owners::Known(owners) = &socket.owners else {
            panic!("{socket:?}")
        };
        assert!(owners.iter().any(|owner| owner.pid == us));
        assert!(socket.peer.is_some());
    }
    assert!(took < Duration::from_secs(5), "{took:?}");
}
