//! Which server on this host is meant, and what could not be seen of it.
//!
//! Stage: before anything is looked at closely.

use clap::Args;

use super::Context;
use crate::error::Failure;
use crate::exit_code::ExitCode;
use crate::observe::backends::clusters::{Cluster, Host, Unconfirmed, find};
use crate::observe::backends::proc_fs::ProcFs;
use crate::report::sanitize;

/// Which server.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Which server")]
pub struct ClusterArg {
    /// Server: its data directory, its port (as -p says too), or pid:N of its postmaster; needed when several run here
    #[arg(long, value_name = "DATADIR|PORT")]
    pub cluster: Option<String>,
}

/// Every server on this host.
pub fn look_at_host() -> Result<(ProcFs, Host), Failure> {
    let failed = |error| {
        Failure::new(
            ExitCode::NoLane,
            anyhow::Error::new(error).context("cannot read the processes of this host"),
        )
    };
    let proc = ProcFs::of_this_host().map_err(failed)?;
    let host = find(&proc).map_err(failed)?;
    Ok((proc, host))
}

/// The cluster that is meant; an error that names those there are when that is not clear.
///
/// A port typed as `-p` says which one as well: whoever types it never means another server, even where that is the only
/// one. A variable may have been set for something else, and says nothing.
pub fn one_cluster(arg: &ClusterArg, context: &Context, host: Host) -> Result<Cluster, Failure> {
    let wanted = arg.cluster.as_ref().or(context.connection.port.as_ref());
    let nothing = nothing_to_see(&host);
    let choices: Vec<String> = host.clusters.iter().map(choice).collect();
    let all = host.clusters.len();
    let mut meant: Vec<Cluster> = host
        .clusters
        .into_iter()
        .filter(|cluster| wanted.is_none_or(|wanted| cluster.is_called(wanted)))
        .collect();
    let only = if meant.len() == 1 { meant.pop() } else { None };
    let failure = match (only, wanted) {
        (Some(cluster), _) => return Ok(cluster),
        (None, _) if all == 0 => return Err(nothing),
        (None, None) => Failure::say(
            ExitCode::Usage,
            format!("{all} servers run here; say which one is meant"),
        ),
        (None, Some(wanted)) if meant.is_empty() => Failure::say(
            ExitCode::Usage,
            format!(
                "no server here has the data directory or port {:?}",
                sanitize::one_line(wanted)
            ),
        ),
        (None, Some(wanted)) => Failure::say(
            ExitCode::Usage,
            format!(
                "{} servers are called {:?}; use --cluster pid:N",
                meant.len(),
                sanitize::one_line(wanted)
            ),
        ),
    };
    Err(choices.into_iter().fold(failure, Failure::hint))
}

/// `--cluster 5432: /var/lib/postgresql/17/main, postmaster 812`
fn choice(cluster: &Cluster) -> String {
    let directory = sanitize::one_line(&cluster.data_directory.to_string_lossy());
    let name = cluster
        .port
        .map_or(directory.clone(), |port| port.to_string());
    format!(
        "--cluster {name}: {directory}, postmaster {}",
        cluster.postmaster
    )
}

/// There is no server to list or to act on.
pub fn nothing_to_see(host: &Host) -> Failure {
    let text = if host.unconfirmed.is_empty() {
        "no PostgreSQL server was found on this host"
    } else {
        "no PostgreSQL server here may be looked at by this account; nothing was done"
    };
    let failure = Failure::say(ExitCode::NoLane, text);
    let seen = host
        .unconfirmed
        .iter()
        .map(not_seen)
        .chain(others_hidden(host));
    seen.fold(failure, Failure::hint)
}

/// A server that may not be looked at, and who may.
pub fn not_seen(server: &Unconfirmed) -> String {
    let owner = server.owner.map_or("somebody else".to_owned(), |uid| {
        let user = nix::unistd::User::from_uid(uid.into()).ok().flatten();
        user.map_or(uid.to_string(), |user| user.name)
    });
    // Root in a container often lacks what root outside has.
    let help = if nix::unistd::geteuid().is_root() {
        format!(
            "this root lacks the capability CAP_SYS_PTRACE; run this as {owner} (runuser -u {owner} -- breakglass …)"
        )
    } else {
        format!("run this as {owner} or root")
    };
    format!(
        "process {} ({}) belongs to {owner} and could not be looked at: {help}",
        server.postmaster,
        sanitize::one_line_start(&server.command_line, 80)
    )
}

/// That there may be more than what was seen.
pub fn others_hidden(host: &Host) -> Option<String> {
    host.others_hidden.then(|| {
        "other accounts' processes are hidden from this one (hidepid): run this as root".to_owned()
    })
}
