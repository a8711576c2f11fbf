//! `breakglass/backends/1`: every server of this host and its processes.
//!
//! Stage: report.

use serde::Serialize;

use crate::report::backends::{BackendsView, ClusterView};
use crate::report::duration::rfc3339;

use super::sessions::SessionJson;

/// The document.
#[derive(Debug, Serialize)]
pub struct BackendsJson<'a> {
    format: String,
    clusters: Vec<ClusterJson<'a>>,
    /// Sentences about servers and processes that could not be looked at.
    unseen: &'a [String],
}

#[derive(Debug, Serialize)]
struct ClusterJson<'a> {
    data_directory: &'a str,
    port: Option<u16>,
    major: u32,
    in_recovery: bool,
    cluster_name: Option<&'a str>,
    postmaster_pid: i32,
    at: String,
    uptime_seconds: f64,
    /// Sessions in all, listed or not.
    sessions: usize,
    /// Those of them whose titles show no state.
    without_state: usize,
    processes: Vec<ProcessJson<'a>>,
}

#[derive(Debug, Serialize)]
struct ProcessJson<'a> {
    #[serde(flatten)]
    session: SessionJson<'a>,
    client_port: Option<i32>,
    title: &'a str,
}

/// The document of `breakglass backends`.
pub fn backends<'a>(view: &BackendsView<'a>) -> BackendsJson<'a> {
    BackendsJson {
        format: super::format("backends"),
        clusters: view.clusters.iter().map(cluster).collect(),
        unseen: view.unseen,
    }
}

fn cluster<'a>(cluster: &'a ClusterView<'a>) -> ClusterJson<'a> {
    let server = &cluster.snapshot.server;
    ClusterJson {
        data_directory: &cluster.data_directory,
        port: cluster.port,
        major: server.version_num / 10_000,
        in_recovery: server.in_recovery,
        cluster_name: server.cluster_name.as_deref(),
        postmaster_pid: cluster.postmaster,
        at: rfc3339(cluster.snapshot.at),
        uptime_seconds: crate::report::duration::seconds(server.uptime),
        sessions: cluster.snapshot.holders().count(),
        without_state: cluster.stateless(),
        processes: cluster
            .rows
            .iter()
            .map(|row| ProcessJson {
                session: row.session.into(),
                client_port: row.session.client_port,
                title: row.title,
            })
            .collect(),
    }
}
