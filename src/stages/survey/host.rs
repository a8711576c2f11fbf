//! This host's connections to the target, and the processes that hold them: one look for both lanes.

use std::path::Path;
use std::time::Instant;

use rustix::thread::CapabilitySet;

use super::beside::{Beside, Sockets, Workers as ShownWorkers};
use crate::decide::survey::{HostSockets, Sight, Standing, WayIn, worker_groups};
use crate::decide::workers::Workers;
use crate::error::Failure;
use crate::observe::sockets::Host;
use crate::observe::workers::processes;
use crate::stages::Context;
use crate::stages::host::runtimes;
use crate::stages::place;

/// Looks.
pub(super) fn connections(context: &Context) -> (Sockets, ShownWorkers) {
    let began = Instant::now();
    let sight = |way, standing, what: String| Sight::new(way, standing, what, began.elapsed());
    match look(context) {
        Ok((sockets, workers)) => (
            Beside {
                sight: {
                    let (standing, what) = told_sockets(&sockets);
                    sight(WayIn::Sockets, standing, what)
                },
                seen: (sockets.total() > 0).then_some(sockets),
            },
            Beside {
                sight: {
                    let (standing, what) = told_workers(&workers);
                    sight(WayIn::Workers, standing, what)
                },
                seen: Some(worker_groups(&workers)),
            },
        ),
        Err(failure) => {
            let why = format!("{:#}", failure.error);
            let closed = |way| sight(way, Standing::Closed, why.clone());
            (
                Beside {
                    sight: closed(WayIn::Sockets),
                    seen: None,
                },
                Beside {
                    sight: closed(WayIn::Workers),
                    seen: None,
                },
            )
        }
    }
}

fn look(context: &Context) -> Result<(HostSockets, Workers), Failure> {
    let aim = place::aim(context)?;
    let runtimes = runtimes(context)?;
    let cannot_look = crate::stages::sockets::cannot_look;
    let snapshot = Host::open()
        .and_then(|mut host| host.look(&aim.places))
        .map_err(cannot_look)?;
    let processes = processes(Path::new("/proc")).map_err(cannot_look)?;
    let workers = Workers::of(&snapshot, &processes, &runtimes);
    let sockets = HostSockets::of(&snapshot, processes.own, may_sever());
    Ok((sockets, workers))
}

/// Whether this process has CAP_NET_ADMIN. What the kernel was built with shows when severing is tried.
fn may_sever() -> bool {
    rustix::thread::capabilities(None)
        .is_ok_and(|sets| sets.effective.contains(CapabilitySet::NET_ADMIN))
}

fn told_sockets(sockets: &HostSockets) -> (Standing, String) {
    if sockets.total() == 0 {
        let what = "this host has no TCP connection to the target".to_owned();
        return (Standing::NotHere, what);
    }
    let end = if sockets.server_ends {
        "the server's ends of its connections"
    } else {
        "this host's connections to the target"
    };
    let mut what = format!("{end}: {} idle, {} busy", sockets.idle, sockets.waiting);
    let unclear = sockets.undecided + sockets.closing;
    if unclear > 0 {
        what.push_str(&format!(", {unclear} undecided or closing"));
    }
    if sockets.may_sever {
        return (Standing::Open, what);
    }
    what.push_str("; severing needs CAP_NET_ADMIN, which this user lacks (sudo)");
    (Standing::Closed, what)
}

fn told_workers(workers: &Workers) -> (Standing, String) {
    let groups = worker_groups(workers);
    if groups.is_empty() {
        let what = if workers.not_visible > 0 {
            format!(
                "{} connections are of processes this user may not see (sudo)",
                workers.not_visible
            )
        } else {
            "no process of this host holds a TCP connection to the target".to_owned()
        };
        let standing = if workers.not_visible > 0 {
            Standing::Closed
        } else {
            Standing::NotHere
        };
        return (standing, what);
    }
    let told: Vec<String> = groups
        .iter()
        .take(3)
        .map(|group| {
            format!(
                "{} with {} ({} idle)",
                group.title,
                group.held.total(),
                group.held.idle
            )
        })
        .collect();
    let more = groups.len().saturating_sub(3);
    let more = if more > 0 {
        format!(", and {more} more")
    } else {
        String::new()
    };
    (Standing::Open, format!("{}{more}", told.join(", ")))
}
