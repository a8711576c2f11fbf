//! The second incident: every slot is gone, the superusers' too. No login of any role gets in.
//!
//! Stage: rehearsal. Sets the incident up and says what it looks like from outside.
//! Never: acts on it; that is left to the commands.

use std::io::Write;

use anyhow::Result;

use super::application::Role;
use super::cast::{Cast, await_refused};
use super::client::Behaviour;
use super::first::{fill_ordinary_slots, make_operator_ordinary, start};
use super::settings::SUPERUSER;
use super::stage::{APP, MAX_CONNECTIONS, OPERATOR, Stage};

/// A job that logs in as superuser, as too many do, and so eats the reserve.
const GREEDY: &str = "nightly-report";

/// Fills every slot and proves that not even a superuser gets in.
pub fn set_up(stage: &Stage, out: &mut dyn Write) -> Result<Cast> {
    make_operator_ordinary(stage)?;
    writeln!(out, "\nsecond: every slot is gone, the superusers' too")?;
    writeln!(
        out,
        "  max_connections is {MAX_CONNECTIONS}. You are {OPERATOR}, with REPLICATION, pg_monitor\n  and pg_signal_backend"
    )?;
    let mut cast = fill_ordinary_slots(stage, out)?;
    take_the_reserve(stage, &mut cast, out)?;
    await_refused(stage, APP, out)?;
    await_refused(stage, SUPERUSER, out)?;
    Ok(cast)
}

/// Takes the slots that are kept for superusers and others.
pub fn take_the_reserve(stage: &Stage, cast: &mut Cast, out: &mut dyn Write) -> Result<()> {
    let connections = stage.reserve();
    cast.innocents.push(start(
        stage,
        &stage.socket(),
        &Role {
            app: GREEDY,
            username: SUPERUSER,
            connections,
            behaviour: Behaviour::Idle,
        },
    )?);
    writeln!(
        out,
        "  {GREEDY} logs in as a superuser and holds the last {connections}"
    )?;
    Ok(())
}
