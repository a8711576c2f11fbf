//! The servers' processes on this host, as a list and as evidence.

use super::cluster::{look_at_host, not_seen, nothing_to_see, others_hidden};
use crate::decide::criteria::Criteria;
use crate::decide::selection::matching;
use crate::decide::session::Session;
use crate::decide::snapshot::Snapshot;
use crate::error::Failure;
use crate::observe::backends::Backends;
use crate::observe::{QueryText, Source};
use crate::report::backends::{BackendsView, ClusterView, Listed};
use crate::report::json;
use crate::report::sessions::worst_first;

/// Everything this host shows of its servers, as `breakglass backends list --all-processes --format json` gives it.
pub fn evidence() -> Result<serde_json::Value, Failure> {
    let (proc, host) = look_at_host()?;
    let mut unseen: Vec<String> = host.unconfirmed.iter().map(not_seen).collect();
    unseen.extend(others_hidden(&host));
    if host.clusters.is_empty() {
        return Err(nothing_to_see(&host));
    }
    let mut looks = Vec::new();
    for cluster in host.clusters {
        let mut backends = Backends::new(proc.clone(), cluster);
        match backends.look(QueryText::First(0)) {
            Ok(snapshot) => looks.push((backends, snapshot)),
            Err(error) => unseen.push(error.to_string()),
        }
    }
    let everybody = Criteria::default();
    let clusters: Vec<ClusterView<'_>> = looks
        .iter()
        .map(|(backends, snapshot)| view(backends, snapshot, &everybody, true))
        .collect();
    let view = BackendsView {
        clusters: &clusters,
        unseen: &unseen,
    };
    crate::stages::json_value(&json::backends::backends(&view))
}

/// What of `backends` is listed: those that match, the worst first.
pub fn view<'a>(
    backends: &'a Backends,
    snapshot: &'a Snapshot,
    criteria: &Criteria<Session>,
    all_processes: bool,
) -> ClusterView<'a> {
    let (mut rows, _) = matching(snapshot, criteria);
    let named = |session: &Session| criteria.names(session.id.pid);
    rows.retain(|session| all_processes || session.holds_slot() || named(session));
    worst_first(snapshot, &mut rows);
    let cluster = backends.cluster();
    ClusterView {
        data_directory: cluster.data_directory.to_string_lossy(),
        port: cluster.port,
        postmaster: cluster.postmaster,
        snapshot,
        rows: rows
            .into_iter()
            .map(|session| Listed {
                session,
                title: backends.title(session.id),
            })
            .collect(),
    }
}
