//! The workers: an application server on this host holds the slots in its workers' pools.
//!
//! Stage: rehearsal. Sets the incident up with real processes, a master and its workers, which `workers` recognises by
//! a runtime of the rehearsal's own configuration. Never: acts on it; that is left to the commands.

use std::io::Write;

use anyhow::Result;

use super::application::{Application, Role};
use super::cast::{Cast, await_refused};
use super::client::Behaviour;
use super::first::{CULPRIT, INNOCENT_CONNECTIONS, bring_innocents, give_operator_the_reserve};
use super::master;
use super::stage::{APP, CULPRIT_ROLE, Stage};

/// How many workers share the slots.
const WORKERS: usize = 3;

/// Fills the ordinary slots from an application server and proves that an ordinary login is refused.
pub fn set_up(stage: &Stage, out: &mut dyn Write) -> Result<Cast> {
    give_operator_the_reserve(stage)?;
    writeln!(out, "\nworkers: an application server holds the slots")?;
    let mut cast = Cast::default();
    bring_innocents(stage, &mut cast)?;
    let slots = stage.ordinary_slots - INNOCENT_CONNECTIONS;
    // Every worker has as many; what does not divide is a cron job's.
    let connections = slots - slots % WORKERS;
    let role = |app, connections| Role {
        app,
        username: CULPRIT_ROLE,
        connections,
        behaviour: Behaviour::Idle,
    };
    let words = [master::SUBCOMMAND, "--workers", &WORKERS.to_string()];
    let address = stage.server.address();
    let server =
        Application::start_as(&stage.program, address, &role(CULPRIT, connections), &words)?;
    cast.culprits.push(server);
    let job = Application::start(
        &stage.program,
        address,
        &role("nightly-report", slots - connections),
    )?;
    cast.innocents.push(job);
    writeln!(
        out,
        "  {WORKERS} workers of {CULPRIT} hold {connections}; a worker that ends is started again, and connects when \
         it is needed"
    )?;
    await_refused(stage, APP, out)?;
    Ok(cast)
}
