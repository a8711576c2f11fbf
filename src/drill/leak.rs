//! The leak: an application begins transactions and never ends them.
//!
//! Stage: rehearsal. Sets the incident up. Never: acts on it; that is left to the commands.

use std::io::Write;

use anyhow::Result;

use super::application::Role;
use super::cast::{Cast, await_refused};
use super::client::Behaviour;
use super::first::{
    CULPRIT, INNOCENT_CONNECTIONS, bring_innocents, give_operator_the_reserve, start,
};
use super::stage::{APP, Stage};

/// Fills the ordinary slots with open transactions and proves that an ordinary login is refused.
pub fn set_up(stage: &Stage, out: &mut dyn Write) -> Result<Cast> {
    give_operator_the_reserve(stage)?;
    writeln!(out, "\nleak: an application leaves its transactions open")?;
    let mut cast = Cast::default();
    bring_innocents(stage, &mut cast)?;
    let connections = stage.ordinary_slots - INNOCENT_CONNECTIONS;
    let failed = 2;
    for (connections, behaviour) in [
        (failed, Behaviour::Aborted),
        (connections - failed, Behaviour::IdleInTransaction),
    ] {
        cast.culprits.push(start(
            stage,
            &stage.socket(),
            &Role {
                app: CULPRIT,
                username: APP,
                connections,
                behaviour,
            },
        )?);
    }
    writeln!(
        out,
        "  {CULPRIT} has {connections} transactions open and does nothing in them, {failed} of them failed"
    )?;
    await_refused(stage, APP, out)?;
    Ok(cast)
}
