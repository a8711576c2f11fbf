//! What connections are said to do, and what severing them frees, on every major: in the clear and through TLS, over
//! IPv4 and IPv6, between two network namespaces and inside one. `pg_stat_activity` is the judge.
//!
//! Needs root, which is said where it is missing.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::process::{Command, Output, Stdio};

use crate::support::{APPLICATION, DATABASE, Network, Psql, Server, await_that};
use serde_json::Value;

/// A kind of session: its name, what its client sends, when it is what it should be, and whose turn it is then.
struct Kind {
    name: &'static str,
    sql: &'static str,
    reached: &'static str,
    class: &'static str,
}

/// Those whose turn is the client's go when they are severed; the others keep their slots.
const KINDS: [Kind; 7] = [
    Kind {
        name: "idle",
        sql: "SELECT pg_sleep(0.05);",
        reached: "state = 'idle' AND query LIKE '%0.05%'",
        class: "idle",
    },
    // Answered within one tick of the clock.
    Kind {
        name: "idle at once",
        sql: "SELECT 1;",
        reached: "state = 'idle' AND query <> ''",
        class: "idle",
    },
    Kind {
        name: "in transaction",
        sql: "BEGIN; SELECT 1;",
        reached: "state = 'idle in transaction' AND query LIKE 'SELECT%'",
        class: "idle",
    },
    Kind {
        name: "copy in",
        sql: "COPY filled FROM STDIN;",
        reached: "state = 'active' AND wait_event = 'ClientRead'",
        class: "idle",
    },
    Kind {
        name: "copy out",
        sql: "COPY (SELECT repeat('x', 1000) FROM generate_series(1, 100000)) TO STDOUT;",
        reached: "state = 'active' AND wait_event = 'ClientWrite'",
        class: "idle",
    },
    Kind {
        name: "active",
        sql: "SELECT pg_sleep(600);",
        reached: "wait_event = 'PgSleep' AND query LIKE '%600%'",
        class: "waiting",
    },
    Kind {
        name: "lock",
        sql: "SELECT FROM locked;",
        reached: "wait_event_type = 'Lock'",
        class: "waiting",
    },
];

/// A way between client and server.
struct Way {
    name: &'static str,
    client_host: &'static str,
    address: fn(&Network) -> String,
    sslmode: &'static str,
}

const WAYS: [Way; 4] = [
    Way {
        name: "IPv4",
        client_host: APPLICATION,
        address: |network| network.address(DATABASE),
        sslmode: "disable",
    },
    Way {
        name: "TLS",
        client_host: APPLICATION,
        address: |network| network.address(DATABASE),
        sslmode: "require",
    },
    Way {
        name: "IPv6",
        client_host: APPLICATION,
        address: |network| network.address6(DATABASE),
        sslmode: "disable",
    },
    Way {
        name: "IPv6 loopback",
        client_host: DATABASE,
        address: |_| "::1".to_owned(),
        sslmode: "require",
    },
];

/// A session as the server knows it.
#[derive(Debug)]
struct Truth {
    kind: &'static str,
    way: String,
    class: &'static str,
    encrypted: bool,
    pid: i32,
}

fn clients(network: &Network, server: &Server) -> Vec<Psql> {
    let mut all = Vec::new();
    for way in &WAYS {
        for kind in &KINDS {
            let name = format!("{}/{}", way.name, kind.name);
            let environment = [("PGAPPNAME", name.as_str()), ("PGSSLMODE", way.sslmode)];
            // Nobody reads what a copy out sends.
            let output = match kind.name {
                "copy out" => Stdio::piped(),
                _ => Stdio::null(),
            };
            let address = (way.address)(network);
            all.push(network.client_of(
                way.client_host,
                server,
                &address,
                &environment,
                output,
                kind.sql,
            ));
        }
    }
    all
}

/// Waits until each client is where it should be; by the client's address.
fn truth(server: &Server) -> BTreeMap<String, Truth> {
    let reached: Vec<String> = KINDS
        .iter()
        .map(|kind| {
            format!(
                "(application_name LIKE '%/{}' AND {})",
                kind.name, kind.reached
            )
        })
        .collect();
    let sql = format!(
        "SELECT application_name, host(client_addr), client_port, pid, ssl FROM pg_stat_activity \
         JOIN pg_stat_ssl USING (pid) WHERE {}",
        reached.join(" OR ")
    );
    let mut rows = Vec::new();
    await_that("every client is in its state", || {
        rows = server.ask_witness(&sql);
        rows.len() == KINDS.len() * WAYS.len()
    });
    rows.into_iter()
        .map(|row| {
            let [name, host, port, pid, ssl] = <[_; 5]>::try_from(row).unwrap().map(Option::unwrap);
            let (way, kind) = name.split_once('/').unwrap();
            let kind = KINDS.iter().find(|known| known.name == kind).unwrap();
            let address = SocketAddr::new(host.parse::<IpAddr>().unwrap(), port.parse().unwrap());
            let truth = Truth {
                kind: kind.name,
                way: way.to_owned(),
                class: kind.class,
                encrypted: ssl == "t",
                pid: pid.parse().unwrap(),
            };
            (address.to_string(), truth)
        })
        .collect()
}

fn breakglass(network: &Network, host: &str, words: &[&str]) -> Output {
    network.on(host, || {
        Command::new(env!("CARGO_BIN_EXE_breakglass"))
            .args(words)
            .args(["--format", "json"])
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .stdin(Stdio::null())
            .output()
            .unwrap()
    })
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// A certificate of the server's own, and TLS turned on.
fn encrypt(server: &Server) {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let certified = rcgen::generate_simple_self_signed(vec!["db".to_owned()]).unwrap();
    let data = server.throwaway.directory().join("data");
    let owner = std::fs::metadata(&data).unwrap();
    for (name, text) in [
        ("server.crt", certified.cert.pem()),
        ("server.key", certified.signing_key.serialize_pem()),
    ] {
        let path = data.join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::os::unix::fs::chown(&path, Some(owner.uid()), Some(owner.gid())).unwrap();
    }
    server.ask_witness("ALTER SYSTEM SET ssl = on");
    server.ask_witness("SELECT pg_reload_conf()");
    await_that("new connections find TLS turned on", || {
        let rows = server.ask_witness("SHOW ssl");
        rows == [[Some("on".to_owned())]]
    });
}

fn classes_and_what_severing_frees(major: u32) {
    let network = Network::new();
    let server = network.server(major);
    encrypt(&server);
    for sql in [
        "CREATE TABLE filled (line text)",
        "CREATE TABLE locked ()",
        "GRANT ALL ON filled, locked TO app",
    ] {
        server.ask_witness(sql);
    }
    let mut holder = network.on(DATABASE, || server.session("postgres", "holder"));
    holder.ask("BEGIN").unwrap().unwrap();
    holder.ask("LOCK locked").unwrap().unwrap();
    let clients = clients(&network, &server);
    let truth = truth(&server);
    for session in truth.values() {
        let encrypted = WAYS
            .iter()
            .any(|way| way.name == session.way && way.sslmode == "require");
        assert_eq!(session.encrypted, encrypted, "{session:?}");
    }

    let port = server.port().to_string();
    let filters = [
        "--client",
        "10.231.0.0/16",
        "--client",
        "fd42::/16",
        "--client",
        "::1",
    ];
    for host in [APPLICATION, DATABASE] {
        let output = breakglass(
            &network,
            host,
            &[&["sockets", "-p", &port], &filters[..]].concat(),
        );
        let sockets = json(&output)["sockets"].as_array().unwrap().clone();
        let mut seen = BTreeMap::new();
        for socket in &sockets {
            let client = socket["client"].as_str().unwrap();
            let session = &truth[client];
            assert_eq!(socket["backend_pid"], session.pid, "{socket:#}");
            let class = socket["state"].as_str().unwrap();
            // A title does not tell which way a copy goes, so one that began within the clock's grain stays undecided.
            let unclear = session.kind.starts_with("copy") && class == "undecided";
            assert!(
                class == session.class || unclear,
                "on {host}, {session:?} is called {class}: {socket:#}"
            );
            *seen.entry(client).or_insert(0) += 1;
        }
        // Root looks into the other namespace too, so each connection shows with both ends.
        assert_eq!(seen.len(), truth.len());
        assert!(seen.values().all(|ends| *ends == 2), "{seen:?}");
    }

    let words = [
        &["sockets", "sever", "-p", &port, "--all", "--yes"][..],
        &["--wait", "1s", "--no-record"],
        &filters[..],
    ]
    .concat();
    let output = breakglass(&network, DATABASE, &words);
    let report = json(&output);
    assert_eq!(output.status.code(), Some(5), "{report:#}");
    let all: Vec<i32> = truth.values().map(|session| session.pid).collect();
    let busy: Vec<i32> = truth
        .values()
        .filter(|session| session.class == "waiting")
        .map(|session| session.pid)
        .collect();
    await_that("whoever does not run anything has gone", || {
        server.alive(&all) == busy
    });
    // The report says the same of each.
    for target in report["outcome"]["targets"].as_array().unwrap() {
        let session = &truth[target["client"].as_str().unwrap()];
        assert_eq!(target["outcome"], "gone", "{target:#}");
        let backend = match session.class {
            "waiting" => "still-runs",
            _ => "ended",
        };
        assert_eq!(target["backend"], backend, "{session:?}: {target:#}");
    }
    drop((clients, holder));
}

#[test]
fn classes_and_what_severing_frees_are_what_the_server_says_on_13() {
    classes_and_what_severing_frees(13);
}

#[test]
fn classes_and_what_severing_frees_are_what_the_server_says_on_14() {
    classes_and_what_severing_frees(14);
}

#[test]
fn classes_and_what_severing_frees_are_what_the_server_says_on_15() {
    classes_and_what_severing_frees(15);
}

#[test]
fn classes_and_what_severing_frees_are_what_the_server_says_on_16() {
    classes_and_what_severing_frees(16);
}

#[test]
fn classes_and_what_severing_frees_are_what_the_server_says_on_17() {
    classes_and_what_severing_frees(17);
}

#[test]
fn classes_and_what_severing_frees_are_what_the_server_says_on_18() {
    classes_and_what_severing_frees(18);
}
