//! `breakglass/blockers/1`: each queue as a flat list with depths, because parsers refuse deep nesting.
//!
//! Stage: report.

use serde::Serialize;

use crate::decide::blocking::Node;
use crate::decide::snapshot::{Server, Snapshot};
use crate::report::blockers::flatten;
use crate::report::duration::rfc3339;

use super::sessions::SessionJson;

/// The document.
#[derive(Debug, Serialize)]
pub struct BlockersJson<'a> {
    format: String,
    at: String,
    server: &'a Server,
    waiting: usize,
    queues: Vec<QueueJson<'a>>,
}

#[derive(Debug, Serialize)]
struct QueueJson<'a> {
    head: i32,
    waiting: usize,
    /// The head first, then depth first.
    members: Vec<MemberJson<'a>>,
}

#[derive(Debug, Serialize)]
struct MemberJson<'a> {
    pid: i32,
    /// 0 for the head.
    depth: usize,
    /// Whom it is drawn under.
    waits_for: Option<i32>,
    also_waits_for: &'a [i32],
    /// How many wait below it.
    releases: usize,
    /// A prepared transaction: locks without a session.
    prepared: bool,
    /// Null for what is no session.
    session: Option<SessionJson<'a>>,
}

/// The document of `breakglass blockers`.
pub fn blockers<'a>(snapshot: &'a Snapshot, forest: &'a [Node]) -> BlockersJson<'a> {
    BlockersJson {
        format: super::format("blockers"),
        at: rfc3339(snapshot.at),
        server: &snapshot.server,
        waiting: forest.iter().map(Node::released).sum(),
        queues: forest.iter().map(|tree| queue(snapshot, tree)).collect(),
    }
}

fn queue<'a>(snapshot: &'a Snapshot, tree: &'a Node) -> QueueJson<'a> {
    let members = flatten(tree);
    QueueJson {
        head: tree.pid,
        waiting: tree.released(),
        members: members
            .iter()
            .map(|placed| {
                let session = placed.node.session.and_then(|at| snapshot.sessions.get(at));
                MemberJson {
                    pid: placed.node.pid,
                    depth: placed.depth,
                    waits_for: placed.parent,
                    also_waits_for: &placed.node.also_waits_for,
                    releases: placed.node.released(),
                    prepared: placed.node.pid == 0,
                    session: session.map(SessionJson::from),
                }
            })
            .collect(),
    }
}
