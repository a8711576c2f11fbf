//! The second incident: every slot is gone, the superusers' too. No login of any role gets in.
//!
//! Stage: rehearsal. Sets the incident up and says what it looks like from outside.
//! Never: acts on it; that is left to the commands.

use std::io::Write;

use anyhow::Result;

use super::SUPERUSER;
use super::application::{Application, Role};
use super::client::Behaviour;
use super::first::{alter_operator, fill_ordinary_slots};
use super::scenario::{Cast, prove_refused};
use super::stage::{APP, MAX_CONNECTIONS, OPERATOR, Stage};

/// A job that logs in as superuser, as too many do, and so eats the reserve.
const GREEDY: &str = "nightly-report";

/// Fills every slot and proves that not even a superuser gets in.
pub fn set_up(stage: &Stage, out: &mut dyn Write) -> Result<Cast> {
    if !stage.has_reserved_connections() {
        alter_operator(stage, "NOSUPERUSER")?;
    }
    writeln!(
        out,
        "\nSecond incident: every slot is gone, the superusers' too"
    )?;
    writeln!(
        out,
        "  max_connections is {MAX_CONNECTIONS}. You are {OPERATOR}, with REPLICATION, pg_monitor and pg_signal_backend"
    )?;
    let mut cast = fill_ordinary_slots(stage, out)?;
    let reserve = MAX_CONNECTIONS - stage.ordinary_slots;
    cast.innocents.push(Application::start(
        &stage.program,
        stage.server.address(),
        &Role {
            app: GREEDY,
            username: SUPERUSER,
            connections: reserve,
            behaviour: Behaviour::Idle,
        },
    )?);
    writeln!(
        out,
        "  {GREEDY} logs in as a superuser and holds the last {reserve}"
    )?;
    prove_refused(stage, APP, out)?;
    prove_refused(stage, SUPERUSER, out)?;
    Ok(cast)
}
