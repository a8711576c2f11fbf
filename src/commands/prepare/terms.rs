//! What was typed and what is there, as the rules of [`crate::decide::prepare`] take it.

use super::PrepareArgs;
use crate::decide::prepare::{Have, Wanted};
use crate::decide::provider::Provider;
use crate::error::Failure;
use crate::exit_code::ExitCode;
use crate::observe::role::look_up;
use crate::stages::context::Way;

/// What is there of the role.
pub(super) fn known(args: &PrepareArgs, way: &mut Way) -> Result<Have, Failure> {
    let (lane, limit) = way.database.statement();
    look_up(lane, limit, &args.role).map_err(|error| {
        let error = anyhow::Error::new(error).context("cannot read the role; nothing was done");
        Failure::new(ExitCode::NoLane, error)
    })
}

/// The managed service, as typed or as the server's settings tell.
pub(super) fn provider(args: &PrepareArgs, have: &Have) -> Provider {
    args.provider
        .unwrap_or_else(|| Provider::of_prefixes(have.prefixes.iter().map(String::as_str)))
}

/// What was typed, with the verifier of the password to set.
pub(super) fn wanted(args: &PrepareArgs, verifier: Option<String>) -> Wanted {
    Wanted {
        role: args.role.clone(),
        replication: !args.no_replication,
        reserve: args.reserve,
        addresses: args.address.clone(),
        verifier,
        target: args.name.clone(),
    }
}
