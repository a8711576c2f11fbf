//! Stalled logins: clients that were asked for a password and never answer hold every slot.
//!
//! Stage: rehearsal. Sets the incident up. No statement shows such logins before 18, and no session of theirs can be
//! terminated by one. Never: acts on it; that is left to the commands.

use std::io::Write;

use anyhow::Result;

use super::application::Role;
use super::cast::{Cast, await_refused};
use super::client::Behaviour;
use super::first::{CULPRIT, INNOCENT_CONNECTIONS, bring_innocents, make_operator_ordinary, start};
use super::settings::SUPERUSER;
use super::stage::{APP, MAX_CONNECTIONS, STALLED_ROLE, Stage};

/// Fills every slot and proves that not even a superuser gets in.
pub fn set_up(stage: &Stage, out: &mut dyn Write) -> Result<Cast> {
    make_operator_ordinary(stage)?;
    writeln!(out, "\nhalf-open: stalled logins hold every slot")?;
    let mut cast = Cast::default();
    bring_innocents(stage, &mut cast)?;
    let connections = MAX_CONNECTIONS - INNOCENT_CONNECTIONS;
    cast.culprits.push(start(
        stage,
        &stage.socket(),
        &Role {
            app: CULPRIT,
            username: STALLED_ROLE,
            connections,
            behaviour: Behaviour::HalfOpen,
        },
    )?);
    writeln!(
        out,
        "  {connections} logins of {STALLED_ROLE} were asked for a password and say nothing"
    )?;
    await_refused(stage, APP, out)?;
    await_refused(stage, SUPERUSER, out)?;
    Ok(cast)
}
