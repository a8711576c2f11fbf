//! What can be typed after `breakglass prepare`.

use clap::Args;

use crate::decide::prepare::{RESERVE, role_name};
use crate::decide::provider::{PROVIDERS, Provider};

/// Print or apply the SQL for a least-privilege break-glass role
///
/// Prints what is missing on this server for a role that gets in when others do not: LOGIN, pg_monitor,
/// pg_signal_backend, REPLICATION, and from 16 on pg_use_reserved_connections; no superuser. With it come the lines for
/// pg_hba.conf, a block for the configuration, and what needs a restart. Without --apply it changes nothing; with
/// --server-version it needs no server either. --apply shows the statements, asks, runs them in one transaction, and
/// then logs in as the new role over each lane. What is there already is not done again. A password is generated and
/// shown once; only its SCRAM verifier goes to the server, and neither goes into the record.
///
/// Needs, for --apply, a superuser, or CREATEROLE and from 16 on ADMIN OPTION on what is granted.
///
/// Exit codes: 0 printed, or applied and every lane opened; 1 nothing was missing and a lane is closed; 2 wrong use;
/// 3 no lane; 4 refused, nothing changed; 5 applied, and a lane is closed to the role; 6 contact lost.
///
/// Example: breakglass prepare --server-version 17
///
/// Example: breakglass prepare -U postgres --apply
#[derive(Debug, Args)]
pub struct PrepareArgs {
    /// Name of the role
    #[arg(long, value_name = "NAME", value_parser = role_name, default_value = "breakglass")]
    pub(super) role: String,
    /// Without the replication lane, which can read everything
    #[arg(long)]
    pub(super) no_replication: bool,
    /// From 16 on: slots of reserved_connections to keep for it; 0 for none
    #[arg(long, value_name = "N", default_value_t = RESERVE, value_parser = clap::value_parser!(u32).range(0..=1000))]
    pub(super) reserve: u32,
    /// From where it logs in, for pg_hba.conf
    #[arg(long, value_name = "CIDR", value_parser = network, default_value = "127.0.0.1/32")]
    pub(super) address: Vec<String>,
    /// Name of the target in the configuration block
    #[arg(long, value_name = "NAME", default_value = "prod")]
    pub(super) name: String,
    /// Print for this major version, without a server
    #[arg(long, value_name = "MAJOR", value_parser = major, conflicts_with = "apply")]
    pub(super) server_version: Option<u32>,
    /// Managed service [default: as the server's settings tell]
    #[arg(long, value_name = "SERVICE", value_parser = provider)]
    pub(super) provider: Option<Provider>,
    /// Run the statements after showing them
    #[arg(long)]
    pub(super) apply: bool,
    /// Do not ask
    #[arg(long, requires = "apply")]
    pub(super) yes: bool,
    /// Set a new password, also where the role is there
    #[arg(long, conflicts_with = "ask_password")]
    pub(super) new_password: bool,
    /// Type the password instead of having one generated
    #[arg(long)]
    pub(super) ask_password: bool,
    /// Why, for the record
    #[arg(long, value_name = "TEXT", requires = "apply")]
    pub(super) reason: Option<String>,
    /// Go on without a record file; its lines are printed instead
    #[arg(long, requires = "apply")]
    pub(super) no_record: bool,
}

fn major(text: &str) -> Result<u32, String> {
    match text.split('.').next().unwrap_or("").parse::<u32>() {
        Ok(major @ 13..=30) => Ok(major * 10_000),
        Ok(major) => Err(format!(
            "{major} is not supported; give a major version from 13 on"
        )),
        Err(_) => Err("give a major version, such as 17".to_owned()),
    }
}

fn provider(text: &str) -> Result<Provider, String> {
    Provider::by_word(text).ok_or_else(|| {
        let known: Vec<&str> = PROVIDERS.iter().map(|it| it.word).collect();
        format!("this service is not known; these are: {}", known.join(", "))
    })
}

fn network(text: &str) -> Result<String, String> {
    let wrong =
        || "write an address with its length, such as 10.0.0.0/24 or 2001:db8::/48".to_owned();
    let (address, length) = text.split_once('/').ok_or_else(wrong)?;
    let address: std::net::IpAddr = address.parse().map_err(|_| wrong())?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    match length.parse::<u8>() {
        Ok(length) if length <= most => Ok(text.to_owned()),
        _ => Err(wrong()),
    }
}
