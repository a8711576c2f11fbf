//! Who plays in an incident, and the moment at which the slots are taken.
//!
//! Stage: rehearsal.

use super::application::Application;
use super::keeper::Keeper;
use super::stage::Stage;
use anyhow::{Result, bail};
use std::io::Write;
use std::time::{Duration, Instant};

/// How long a server may take until it refuses.
const REFUSAL_LIMIT: Duration = Duration::from_secs(30);

/// The applications of an incident.
#[derive(Debug, Default)]
pub struct Cast {
    /// Those that caused it.
    pub culprits: Vec<Application>,
    /// Those that must not notice.
    pub innocents: Vec<Application>,
    /// The pooler between, if there is one.
    pub pooler: Option<Keeper>,
}

/// Waits until a fresh login as `user` is refused for lack of slots; anything else spoils the rehearsal.
pub fn await_refused(stage: &Stage, user: &str, out: &mut dyn Write) -> Result<()> {
    let deadline = Instant::now() + REFUSAL_LIMIT;
    loop {
        match stage.log_in(user)? {
            Err(refusal) if refusal.sqlstate == "53300" => {
                writeln!(out, "  A fresh login as {user} is refused:\n    {refusal}")?;
                return Ok(());
            }
            Err(refusal) => bail!("a login as {user} was refused for another reason: {refusal}"),
            Ok(_) if Instant::now() > deadline => {
                bail!("a login as {user} got in although every slot for it was taken")
            }
            Ok(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}
