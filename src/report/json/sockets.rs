//! `breakglass/sockets/1`.
//!
//! Stage: report. Types made for JSON; the record uses the same form of a target.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use crate::decide::connection::Counts;
use crate::decide::sockets::{Owner, Owners, Socket, ends};
use crate::report::sockets::SocketsView;

use super::seconds;

/// One end of a connection, complete.
#[derive(Debug, Serialize)]
pub struct SocketJson<'a> {
    end: &'static str,
    client: String,
    server: String,
    state: &'static str,
    state_seconds: Option<f64>,
    tcp_state: &'static str,
    trouble: Option<&'static str>,
    unanswered: Option<u8>,
    data_sent_seconds: Option<f64>,
    data_received_seconds: Option<f64>,
    ack_received_seconds: Option<f64>,
    unacked: Option<u32>,
    bytes_acked: Option<u64>,
    bytes_received: Option<u64>,
    unread_bytes: u32,
    unsent_bytes: u32,
    uid: u32,
    /// `known`, `nobody`, `not-visible`
    owners_visible: &'static str,
    owners: Vec<OwnerJson<'a>>,
    backend_pid: Option<i32>,
    namespace: u64,
    cookie: u64,
    /// `tcp`, or `title` where the kernel's clock could not tell
    state_told_by: &'static str,
}

#[derive(Debug, Serialize)]
struct OwnerJson<'a> {
    pid: i32,
    start_ticks: u64,
    uid: u32,
    name: &'a str,
    command: &'a str,
}

impl<'a> From<&'a Owner> for OwnerJson<'a> {
    fn from(owner: &'a Owner) -> Self {
        Self {
            pid: owner.pid,
            start_ticks: owner.started,
            uid: owner.uid,
            name: &owner.name,
            command: &owner.command,
        }
    }
}

fn socket(socket: &Socket, grain: Duration) -> SocketJson<'_> {
    let activity = socket.activity(grain);
    let (client, server) = ends(socket);
    let info = socket.info;
    let trouble = socket.trouble();
    SocketJson {
        end: socket.end.name(),
        client: client.to_string(),
        server: server.to_string(),
        state: activity.class.name(),
        state_seconds: seconds(activity.since),
        tcp_state: socket.state.name(),
        trouble: trouble.map(|trouble| trouble.name()),
        unanswered: trouble.map(|trouble| trouble.tries()),
        data_sent_seconds: seconds(info.map(|info| info.data_sent)),
        data_received_seconds: seconds(info.map(|info| info.data_received)),
        ack_received_seconds: seconds(info.map(|info| info.ack_received)),
        unacked: info.map(|info| info.unacked),
        bytes_acked: info.and_then(|info| info.bytes_acked),
        bytes_received: info.and_then(|info| info.bytes_received),
        unread_bytes: socket.unread,
        unsent_bytes: socket.unsent,
        uid: socket.uid,
        owners_visible: match socket.owners {
            Owners::Known(_) => "known",
            Owners::Nobody => "nobody",
            Owners::NotVisible => "not-visible",
        },
        owners: socket
            .owners
            .known()
            .iter()
            .map(|owner| OwnerJson::from(owner.as_ref()))
            .collect(),
        backend_pid: socket.backend().first().map(|owner| owner.pid),
        namespace: socket.id.namespace,
        cookie: socket.id.cookie,
        state_told_by: activity.told_by.name(),
    }
}

/// A target, for the record.
pub fn target(target: &Socket, grain: Duration) -> Value {
    serde_json::to_value(socket(target, grain)).unwrap_or_default()
}

/// The list.
#[derive(Debug, Serialize)]
pub struct SocketsJson<'a> {
    format: String,
    endpoint: &'a str,
    /// Ends seen in all, listed or not.
    total: usize,
    classes: ClassesJson,
    clock_grain_seconds: Option<f64>,
    closed_processes: usize,
    namespaces: Vec<NamespaceJson<'a>>,
    unjudged: Vec<UnjudgedJson>,
    sockets: Vec<SocketJson<'a>>,
}

#[derive(Debug, Serialize)]
struct ClassesJson {
    idle: usize,
    waiting: usize,
    undecided: usize,
    closing: usize,
}

impl From<Counts> for ClassesJson {
    fn from(counts: Counts) -> Self {
        let Counts {
            idle,
            undecided,
            closing,
            busy: waiting,
        } = counts;
        Self {
            idle,
            waiting,
            undecided,
            closing,
        }
    }
}

#[derive(Debug, Serialize)]
struct NamespaceJson<'a> {
    inode: u64,
    name: &'a str,
    ours: bool,
    closed: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct UnjudgedJson {
    flag: &'static str,
    count: usize,
}

/// The document of `breakglass sockets`.
pub fn sockets<'a>(view: &SocketsView<'a>) -> SocketsJson<'a> {
    let snapshot = view.snapshot;
    SocketsJson {
        format: super::format("sockets"),
        endpoint: view.endpoint,
        total: snapshot.sockets.len(),
        classes: Counts::doing(&snapshot.sockets, snapshot.grain).into(),
        clock_grain_seconds: seconds(Some(snapshot.grain)),
        closed_processes: snapshot.closed_processes,
        namespaces: snapshot
            .namespaces
            .iter()
            .map(|namespace| NamespaceJson {
                inode: namespace.inode,
                name: &namespace.name,
                ours: namespace.ours,
                closed: namespace.closed.as_deref(),
            })
            .collect(),
        unjudged: view
            .unjudged
            .iter()
            .map(|(flag, count)| UnjudgedJson {
                flag,
                count: *count,
            })
            .collect(),
        sockets: view
            .rows
            .iter()
            .map(|row| socket(row, snapshot.grain))
            .collect(),
    }
}
