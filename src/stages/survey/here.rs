//! Whether the target runs on this host, and who is on it by the process titles.
//!
//! An address of this host does not prove it: a tunnel or a container's published port has one too. So the port has to
//! be that of a server found here, and a Unix socket's directory that server's own.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::path::Path;
use std::time::{Duration, Instant};

use super::beside::{Backends as Shown, Beside};
use crate::connect::{Endpoint, Host, Target};
use crate::decide::survey::{HostBackends, Sight, Standing, WayIn};
use crate::lanes;
use crate::observe::backends::Backends;
use crate::observe::backends::clusters::Cluster;
use crate::observe::{QueryText, Source};
use crate::stages::cluster::{look_at_host, not_seen, others_hidden};

/// How long looking up one name may take.
const LOOK_UP: Duration = Duration::from_secs(2);

/// Looks at the target's processes.
pub(super) fn backends(target: &Target) -> Shown {
    let began = Instant::now();
    let shown = |standing, what: String, seen| Beside {
        sight: Sight::new(WayIn::Backends, standing, what, began.elapsed()),
        seen,
    };
    let (proc, host) = match look_at_host() {
        Ok(found) => found,
        Err(failure) => return shown(Standing::Closed, format!("{:#}", failure.error), None),
    };
    let local = target.endpoints.iter().any(is_local);
    if !local {
        return shown(
            Standing::NotHere,
            "the server is on another host; its processes are seen from there".to_owned(),
            None,
        );
    }
    let several = host.clusters.len() > 1;
    let mut its: Vec<Cluster> = host
        .clusters
        .iter()
        .filter(|cluster| target.endpoints.iter().any(|at| leads_to(at, cluster)))
        .cloned()
        .collect();
    let unseen: Vec<String> = host
        .unconfirmed
        .iter()
        .map(not_seen)
        .chain(others_hidden(&host))
        .collect();
    let cluster = match (its.pop(), its.is_empty()) {
        (Some(cluster), true) => cluster,
        (Some(cluster), false) => {
            let what = format!(
                "{} servers here have port {}; say which one with 'breakglass backends --cluster'",
                its.len() + 1,
                cluster.port.unwrap_or(0)
            );
            return shown(Standing::Closed, what, None);
        }
        (None, _) if !unseen.is_empty() => {
            return shown(Standing::Closed, unseen.join("; "), None);
        }
        (None, _) => {
            let what = "no server on this host has the target's port".to_owned();
            return shown(Standing::NotHere, what, None);
        }
    };
    let label = cluster.label();
    let owner = proc.owner(cluster.postmaster).ok();
    let me = nix::unistd::geteuid();
    if !me.is_root() && owner != Some(me.as_raw()) {
        let what = format!("{label}: this account may not signal its processes; run this as root");
        return shown(Standing::Closed, what, None);
    }
    let name = called(&cluster, &host.clusters, several);
    let data_directory = cluster.data_directory.to_string_lossy().into_owned();
    let mut backends = Backends::new(proc, cluster);
    match backends.look(QueryText::First(0)) {
        Ok(snapshot) => {
            let count = snapshot.holders().count();
            let what = format!("{label}: {count} sessions by their process titles");
            let seen = HostBackends {
                label,
                data_directory,
                cluster: name,
                snapshot,
            };
            shown(Standing::Open, what, Some(seen))
        }
        Err(error) => shown(Standing::Closed, error.to_string(), None),
    }
}

/// What `--cluster` takes for it: the port where that is enough.
fn called(cluster: &Cluster, all: &[Cluster], several: bool) -> String {
    let by_port = cluster.port.filter(|port| {
        !several || all.iter().filter(|other| other.port == Some(*port)).count() == 1
    });
    by_port.map_or_else(
        || format!("pid:{}", cluster.postmaster),
        |port| port.to_string(),
    )
}

fn leads_to(endpoint: &Endpoint, cluster: &Cluster) -> bool {
    if cluster.port != Some(endpoint.port) || !is_local(endpoint) {
        return false;
    }
    match (&endpoint.host, &cluster.socket_directory) {
        (Host::Unix(directory), Some(of_cluster)) => {
            cluster.shares_our_files && same(directory, of_cluster)
        }
        _ => true,
    }
}

/// The same directory, whatever links lead to it (`/var/run` is one).
fn same(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}

fn is_local(endpoint: &Endpoint) -> bool {
    match &endpoint.host {
        Host::Unix(_) | Host::Abstract(_) => true,
        Host::Tcp {
            address: Some(address),
            ..
        } => is_ours(*address),
        Host::Tcp { name, .. } => {
            let name = name.as_deref().unwrap_or("localhost");
            lanes::addresses(name, endpoint.port, LOOK_UP)
                .is_ok_and(|addresses| addresses.iter().any(|at| is_ours(at.ip())))
        }
    }
}

/// Whether this host has the address: only then can a socket be bound to it. No packet leaves.
fn is_ours(address: IpAddr) -> bool {
    address.is_loopback() || UdpSocket::bind(SocketAddr::new(address, 0)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_ours_only_if_this_host_has_it() {
        for ours in ["127.0.0.1", "127.8.9.1", "::1"] {
            assert!(
                is_ours(ours.parse().unwrap_or([192, 0, 2, 1].into())),
                "{ours}"
            );
        }
        // Kept for documents: nobody has it.
        assert!(!is_ours([192, 0, 2, 1].into()));
    }
}
