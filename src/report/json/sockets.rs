//! `breakglass/sockets/1` and `breakglass/sockets-sever/1`.
//!
//! Stage: report. Types made for JSON; the record uses the same form of a target.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use crate::decide::connection::Counts;
use crate::decide::plan::Question;
use crate::decide::sockets::outcome::Backend;
use crate::decide::sockets::{Owner, Owners, Socket, ends};
use crate::report::sockets::{SeverView, SocketsView};

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

/// A run of `breakglass sockets sever`.
#[derive(Debug, Serialize)]
pub struct SeverJson<'a> {
    format: String,
    command: &'static str,
    dry_run: bool,
    exit_code: u8,
    /// `done`, `partly`, `refused`, `unknown`; null if nothing was done.
    ending: Option<&'static str>,
    endpoint: &'a str,
    lane: &'static str,
    plan: PlanJson,
    targets: Vec<TargetJson<'a>>,
    spared: Vec<SparedJson<'a>>,
    connections_before: Option<usize>,
    connections_after: Option<usize>,
    new_connections: Option<usize>,
}

#[derive(Debug, Serialize)]
struct PlanJson {
    action: &'static str,
    targets: usize,
    /// Slots to be counted on: those of idle connections.
    frees: usize,
    classes: ClassesJson,
    wait_seconds: Option<f64>,
    /// The number that must be typed; null where y is enough.
    type_number: Option<usize>,
}

#[derive(Debug, Serialize)]
struct TargetJson<'a> {
    #[serde(flatten)]
    socket: SocketJson<'a>,
    outcome: Option<&'static str>,
    detail: Option<String>,
    /// `ended`, `still-runs`, `not-visible`
    backend: Option<&'static str>,
    after_seconds: Option<f64>,
}

#[derive(Debug, Serialize)]
struct SparedJson<'a> {
    #[serde(flatten)]
    socket: SocketJson<'a>,
    reason: &'static str,
    detail: String,
}

/// The document of `breakglass sockets sever`.
pub fn sever<'a>(view: &SeverView<'a>) -> SeverJson<'a> {
    let (plan, grain) = (view.plan, view.plan.facts.grain);
    let connections = view.verified.and_then(|verified| verified.aftermath.count);
    SeverJson {
        format: super::format("sockets-sever"),
        command: "sockets sever",
        dry_run: view.dry_run,
        exit_code: view.exit_code,
        ending: view.verified.map(|verified| verified.ending().name()),
        endpoint: &plan.endpoint,
        lane: plan.lane,
        plan: PlanJson {
            action: "sever",
            targets: plan.targets.len(),
            frees: plan.frees(),
            classes: plan.prediction.classes.unwrap_or_default().into(),
            wait_seconds: seconds(Some(plan.wait)),
            type_number: match plan.question {
                Question::YesNo => None,
                Question::Number(number, _) => Some(number),
            },
        },
        targets: match view.verified {
            None => plan
                .targets
                .iter()
                .map(|target| planned(target, grain))
                .collect(),
            Some(verified) => verified
                .targets
                .iter()
                .map(|done| TargetJson {
                    outcome: Some(done.outcome.name()),
                    detail: Some(done.sentence()),
                    backend: Some(match done.backend() {
                        Backend::Ended => "ended",
                        Backend::StillRuns(_) => "still-runs",
                        Backend::NotVisible => "not-visible",
                    }),
                    after_seconds: seconds(Some(done.after)),
                    ..planned(&done.holder, grain)
                })
                .collect(),
        },
        spared: plan
            .spared
            .iter()
            .map(|(spared, reason)| SparedJson {
                socket: socket(spared, grain),
                reason: reason.name(),
                detail: reason.sentence(),
            })
            .collect(),
        connections_before: connections.map(|(before, _)| before),
        connections_after: connections.map(|(_, after)| after),
        new_connections: view.verified.map(|verified| verified.aftermath.new),
    }
}

fn planned(target: &Socket, grain: Duration) -> TargetJson<'_> {
    TargetJson {
        socket: socket(target, grain),
        outcome: None,
        detail: None,
        backend: None,
        after_seconds: None,
    }
}
