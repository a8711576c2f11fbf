//! The storm: clients that connect again at once, without any back-off, whenever they are refused or ended.
//!
//! Stage: rehearsal. Sets the incident up. Freed slots are taken again within a moment, so that ending sessions alone
//! does not help. Never: acts on it; that is left to the commands.

use std::io::Write;

use anyhow::Result;

use super::application::Role;
use super::cast::{Cast, await_refused};
use super::client::Behaviour;
use super::first::{CULPRIT, bring_innocents, give_operator_the_reserve, start};
use super::stage::{APP, CULPRIT_ROLE, Stage};

/// Clients beyond the slots there are: so many are refused and try again, all the time.
const BEYOND: usize = 6;

/// Lets the storm loose and proves that an ordinary login is refused.
pub fn set_up(stage: &Stage, out: &mut dyn Write) -> Result<Cast> {
    give_operator_the_reserve(stage)?;
    writeln!(out, "\nstorm: clients reconnect without back-off")?;
    let mut cast = Cast::default();
    bring_innocents(stage, &mut cast)?;
    let clients = stage.ordinary_slots + BEYOND;
    cast.culprits.push(start(
        stage,
        &stage.socket(),
        &Role {
            app: CULPRIT,
            username: CULPRIT_ROLE,
            connections: clients,
            behaviour: Behaviour::Storm,
        },
    )?);
    writeln!(
        out,
        "  {clients} clients of {CULPRIT} want a slot and never stop asking, as role {CULPRIT_ROLE}"
    )?;
    await_refused(stage, APP, out)?;
    Ok(cast)
}
