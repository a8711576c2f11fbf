//! Blind: slots, the superusers' reserve and the walsenders are all gone. No lane leads to the database.
//!
//! Stage: rehearsal. Sets the incident up. What is left is this host: its processes, and with root its sockets.
//! Never: acts on it; that is left to the commands.

use std::io::Write;

use anyhow::Result;

use super::application::Role;
use super::cast::{Cast, await_refused};
use super::client::Behaviour;
use super::first::{CULPRIT, INNOCENT_CONNECTIONS, bring_innocents, make_operator_ordinary, start};
use super::second::take_the_reserve;
use super::settings::SUPERUSER;
use super::stage::{APP, CULPRIT_ROLE, MAX_WAL_SENDERS, OPERATOR, Stage};

/// Connections of the culprit that are left to `sockets`.
const TO_SEVER: usize = 2;

/// Fills all there is and proves that not even a superuser gets in.
pub fn set_up(stage: &Stage, out: &mut dyn Write) -> Result<Cast> {
    make_operator_ordinary(stage)?;
    writeln!(
        out,
        "\nblind: slots, reserve and walsenders are gone, and no lane leads to the database"
    )?;
    let mut cast = Cast::default();
    bring_innocents(stage, &mut cast)?;
    let role = |app, username, connections, behaviour| Role {
        app,
        username,
        connections,
        behaviour,
    };
    let slots = stage.ordinary_slots - INNOCENT_CONNECTIONS;
    for connections in [TO_SEVER, slots - TO_SEVER] {
        // Over TCP, because there is nothing to sever of a Unix socket.
        let culprit = role(CULPRIT, CULPRIT_ROLE, connections, Behaviour::Idle);
        let culprit = start(stage, stage.server.address(), &culprit)?;
        cast.culprits.push(culprit);
    }
    writeln!(
        out,
        "  {CULPRIT} holds {slots}, as role {CULPRIT_ROLE}, over TCP"
    )?;
    take_the_reserve(stage, &mut cast, out)?;
    let standbys = role("standby", OPERATOR, MAX_WAL_SENDERS, Behaviour::Walsender);
    cast.innocents
        .push(start(stage, &stage.socket(), &standbys)?);
    writeln!(out, "  standby holds all {MAX_WAL_SENDERS} walsenders")?;
    await_refused(stage, APP, out)?;
    await_refused(stage, SUPERUSER, out)?;
    Ok(cast)
}

/// What to type, with `PORT` for the server's port: signals, and where they are allowed, severed connections.
pub fn acts(cast: &Cast) -> Vec<String> {
    let mut acts = Vec::new();
    if let Some(first) = cast.culprits.first()
        && nix::unistd::geteuid().is_root()
    {
        acts.push(format!(
            "sockets sever --pid {} --limit {TO_SEVER}",
            first.process()
        ));
    }
    acts.push(format!(
        "backends terminate --cluster PORT --user {CULPRIT_ROLE} --state idle --limit 7"
    ));
    acts
}
