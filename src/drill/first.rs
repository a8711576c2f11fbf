//! The first incident: the ordinary slots are gone, the reserve is not.
//!
//! Stage: rehearsal. Sets the incident up and says what it looks like from outside.
//! Never: acts on it; that is left to the commands.

use std::io::Write;

use anyhow::{Context, Result};

use super::application::{Application, Role};
use super::cast::{Cast, await_refused};
use super::client::Behaviour;
use super::stage::{APP, MAX_CONNECTIONS, OPERATOR, Stage};
use super::wire::Address;

/// The application that leaks connections; the commands name it.
pub const CULPRIT: &str = "newsletter";

/// The application that does its work and must not notice.
pub const INNOCENT: &str = "billing";

/// Connections of the innocent application, half of them at work.
pub const INNOCENT_CONNECTIONS: usize = 4;

/// Connections the culprit holds inside a transaction. They are not idle, so the commands leave them alone.
const IN_TRANSACTION: usize = 2;

/// Fills the ordinary slots and proves that an ordinary login is refused.
pub fn set_up(stage: &Stage, out: &mut dyn Write) -> Result<Cast> {
    let operator = give_operator_the_reserve(stage)?;
    writeln!(out, "\nfirst: the ordinary slots are gone")?;
    writeln!(
        out,
        "  max_connections is {MAX_CONNECTIONS}, {} of them for ordinary roles. You are {OPERATOR}, {operator}",
        stage.ordinary_slots
    )?;
    let cast = fill_ordinary_slots(stage, out)?;
    await_refused(stage, APP, out)?;
    Ok(cast)
}

/// Takes every ordinary slot: the culprit most of them, the innocent application the rest.
pub fn fill_ordinary_slots(stage: &Stage, out: &mut dyn Write) -> Result<Cast> {
    let mut cast = Cast::default();
    let idle = stage.ordinary_slots - INNOCENT_CONNECTIONS - IN_TRANSACTION;
    bring_innocents(stage, &mut cast)?;
    for (connections, behaviour) in [
        (IN_TRANSACTION, Behaviour::IdleInTransaction),
        (idle, Behaviour::Idle),
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
        "  {CULPRIT} holds {} ({idle} idle, {IN_TRANSACTION} idle in transaction);\n  {INNOCENT} holds \
         {INNOCENT_CONNECTIONS} and must not notice anything",
        idle + IN_TRANSACTION
    )?;
    Ok(cast)
}

/// Gives the operator's role an attribute, or takes it away.
fn alter_operator(stage: &Stage, attribute: &str) -> Result<()> {
    stage
        .query(&format!("ALTER ROLE {OPERATOR} {attribute}"))
        .map(drop)
        .context("the drill could not prepare the operator's role")
}

/// The application that must not notice: some of its connections at work, some idle.
pub fn bring_innocents(stage: &Stage, cast: &mut Cast) -> Result<()> {
    let working = INNOCENT_CONNECTIONS / 2;
    for (connections, behaviour) in [
        (working, Behaviour::Active),
        (INNOCENT_CONNECTIONS - working, Behaviour::Idle),
    ] {
        cast.innocents.push(start(
            stage,
            &stage.socket(),
            &Role {
                app: INNOCENT,
                username: APP,
                connections,
                behaviour,
            },
        )?);
    }
    Ok(())
}

/// Starts an application's client.
pub fn start(stage: &Stage, address: &Address, role: &Role<'_>) -> Result<Application> {
    Application::start(&stage.program, address, role)
}

/// Sees to it that the operator can log in while only the ordinary slots are gone. Returns how, for a person.
pub fn give_operator_the_reserve(stage: &Stage) -> Result<&'static str> {
    if stage.has_reserved_connections() {
        return Ok("a member of pg_use_reserved_connections");
    }
    // Before reserved_connections the only reserve is the superusers'.
    alter_operator(stage, "SUPERUSER")?;
    Ok("here a superuser, because this major has no other reserve")
}

/// Takes back what [`give_operator_the_reserve`] gave, where that matters.
pub fn make_operator_ordinary(stage: &Stage) -> Result<()> {
    if stage.has_reserved_connections() {
        return Ok(());
    }
    alter_operator(stage, "NOSUPERUSER")
}
