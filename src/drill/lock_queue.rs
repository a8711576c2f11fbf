//! The lock queue: a migration holds a lock in an open transaction, and everybody waits behind it.
//!
//! Stage: rehearsal. Sets the incident up. Those who wait are innocent: each gets its answer, and gives its slot back,
//! once the head of the queue is gone. Never: acts on it; that is left to the commands.

use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::application::Role;
use super::cast::{Cast, await_refused};
use super::client::Behaviour;
use super::first::{
    CULPRIT, INNOCENT_CONNECTIONS, bring_innocents, give_operator_the_reserve, start,
};
use super::stage::{APP, Stage};

/// The application that holds the lock.
const MIGRATION: &str = "migrate";

/// How long the queue may take to form.
const QUEUE_LIMIT: Duration = Duration::from_secs(30);

/// Lets everybody queue and proves that an ordinary login is refused.
pub fn set_up(stage: &Stage, out: &mut dyn Write) -> Result<Cast> {
    give_operator_the_reserve(stage)?;
    writeln!(out, "\nlock-queue: everybody queues behind a migration")?;
    let mut cast = Cast::default();
    bring_innocents(stage, &mut cast)?;
    let waiting = stage.ordinary_slots - INNOCENT_CONNECTIONS - 1;
    let role = |app, connections, behaviour| Role {
        app,
        username: APP,
        connections,
        behaviour,
    };
    let socket = stage.socket();
    let migration = role(MIGRATION, 1, Behaviour::Migration);
    cast.culprits.push(start(stage, &socket, &migration)?);
    let queue = role(CULPRIT, waiting, Behaviour::Queue);
    cast.innocents.push(start(stage, &socket, &queue)?);
    await_queue(stage, waiting)?;
    writeln!(
        out,
        "  {MIGRATION} holds a lock and does nothing; {waiting} of {CULPRIT} wait for it, and all are innocent"
    )?;
    await_refused(stage, APP, out)?;
    Ok(cast)
}

fn await_queue(stage: &Stage, waiting: usize) -> Result<()> {
    let deadline = Instant::now() + QUEUE_LIMIT;
    let sql = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    while stage.query(sql)?.len() < waiting {
        if Instant::now() > deadline {
            bail!("no queue of {waiting} formed within {QUEUE_LIMIT:?}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}
