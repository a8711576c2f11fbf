//! No PostgreSQL server answers at all: nothing listens, nobody speaks, or somebody else does.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use super::{assert_locked_out, status};
use crate::support::{Operator, Ran, in_time};

/// Fails unless the one login attempt was this, without any word about credentials.
#[track_caller]
fn assert_network(ran: Ran, variant: &str) {
    let lockout = assert_locked_out(ran, &[("login", variant, false)]);
    assert_eq!(lockout["attempts"]["login"], 1, "waiting does not help");
}

/// Answers every connection's first packet with `words`, and then as `TcpStream`s do when they are dropped.
fn impostor(words: &'static [u8]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            let _ = client.read(&mut [0; 1_000]);
            let _ = client.write_all(words);
        }
    });
    port
}

#[test]
fn a_port_where_nothing_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    assert_network(
        status(&Operator::at("127.0.0.1", port, "app")),
        "connection-refused",
    );
}

#[test]
fn a_socket_that_is_not_there() {
    let directory = tempfile::tempdir().unwrap();
    let host = directory.path().to_str().unwrap();
    assert_network(
        status(&Operator::at(host, 5432, "app")),
        "socket-file-missing",
    );
}

#[test]
fn a_name_without_an_address() {
    let ran = status(&Operator::at("db.breakglass.invalid", 5432, "app"));
    assert!(ran.took < Duration::from_secs(30), "{ran}");
    assert_network(ran, "name-not-found");
}

#[test]
fn a_server_that_takes_the_connection_and_says_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let limit = Duration::from_millis(400);
    let typed = [
        "status",
        "--format",
        "json",
        "--retry-for",
        "0s",
        "--connect-timeout",
        "400ms",
    ];
    let ran = in_time(limit, || Operator::at("127.0.0.1", port, "app").run(&typed));
    assert!(ran.took >= limit, "{ran}");
    assert_network(ran, "mute-server");
}

#[test]
fn a_mute_server_is_given_up_after_the_deadline_that_nobody_changed() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let limit = Duration::from_secs(3);
    let ran = in_time(limit, || status(&Operator::at("127.0.0.1", port, "app")));
    assert!(ran.took >= limit, "{ran}");
    assert_network(ran, "mute-server");
}

#[test]
fn a_server_that_cannot_start_a_process() {
    // The one message that still comes in the format of protocol 2.
    let port = impostor(b"Ecould not fork new process for connection: Cannot allocate memory\n\0");
    assert_network(
        status(&Operator::at("127.0.0.1", port, "app")),
        "cannot-start-process",
    );
}

#[test]
fn a_web_server() {
    let port =
        impostor(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    let ran = status(&Operator::at("127.0.0.1", port, "app"));
    assert!(ran.stderr.contains("HTTP/1.1"), "{ran}");
    assert_network(ran, "not-postgres");
}

#[test]
fn a_server_that_hangs_up_at_once() {
    assert_network(
        status(&Operator::at("127.0.0.1", impostor(b""), "app")),
        "closed-early",
    );
}
