//! The first incident: the ordinary slots are gone, the reserve is not.
//!
//! Stage: rehearsal. Sets the incident up and says what it looks like from outside.
//! Never: acts on it; that is left to the commands.

use std::io::Write;

use anyhow::{Context, Result};

use super::application::{Application, Role};
use super::client::Behaviour;
use super::scenario::{Cast, prove_refused};
use super::stage::{APP, MAX_CONNECTIONS, OPERATOR, Stage};

/// The application that leaks connections; the commands name it.
const CULPRIT: &str = "newsletter";

/// The application that does its work and must not notice.
const INNOCENT: &str = "billing";

/// Connections of the innocent application, half of them at work.
const INNOCENT_CONNECTIONS: usize = 4;

/// Connections the culprit holds inside a transaction. They are not idle, so the commands leave them alone.
const IN_TRANSACTION: usize = 2;

/// Fills the ordinary slots and proves that an ordinary login is refused.
pub fn set_up(stage: &Stage, out: &mut dyn Write) -> Result<Cast> {
    let operator = if stage.has_reserved_connections() {
        "a member of pg_use_reserved_connections"
    } else {
        // Before reserved_connections the only reserve is the superusers'.
        alter_operator(stage, "SUPERUSER")?;
        "here a superuser, because this major has no other reserve"
    };
    writeln!(out, "\nFirst incident: the ordinary slots are gone")?;
    writeln!(
        out,
        "  max_connections is {MAX_CONNECTIONS}, {} of them for ordinary roles. You are {OPERATOR}, {operator}",
        stage.ordinary_slots
    )?;
    let cast = fill_ordinary_slots(stage, out)?;
    prove_refused(stage, APP, out)?;
    Ok(cast)
}

/// Takes every ordinary slot: the culprit most of them, the innocent application the rest.
pub fn fill_ordinary_slots(stage: &Stage, out: &mut dyn Write) -> Result<Cast> {
    let mut cast = Cast::default();
    let idle = stage.ordinary_slots - INNOCENT_CONNECTIONS - IN_TRANSACTION;
    let working = INNOCENT_CONNECTIONS / 2;
    for (app, connections, behaviour) in [
        (INNOCENT, working, Behaviour::Active),
        (INNOCENT, INNOCENT_CONNECTIONS - working, Behaviour::Idle),
        (CULPRIT, IN_TRANSACTION, Behaviour::IdleInTransaction),
        (CULPRIT, idle, Behaviour::Idle),
    ] {
        let application = Application::start(
            &stage.program,
            stage.server.address(),
            &Role {
                app,
                username: APP,
                connections,
                behaviour,
            },
        )?;
        if app == INNOCENT {
            cast.innocents.push(application);
        } else {
            cast.culprits.push(application);
        }
    }
    writeln!(
        out,
        "  {CULPRIT} holds {} ({idle} idle, {IN_TRANSACTION} idle in transaction); {INNOCENT} holds \
         {INNOCENT_CONNECTIONS} and must not notice anything",
        idle + IN_TRANSACTION
    )?;
    Ok(cast)
}

/// Gives the operator's role an attribute, or takes it away.
pub fn alter_operator(stage: &Stage, attribute: &str) -> Result<()> {
    stage
        .query(&format!("ALTER ROLE {OPERATOR} {attribute}"))
        .map(drop)
        .context("the drill could not prepare the operator's role")
}
