//! An application's client, as a process of its own: it opens connections and keeps them busy, or idle.
//!
//! Stage: rehearsal; it runs as a hidden subcommand. It says `ready N` and the PIDs that serve it once its
//! connections hold, answers the questions of [`Question`] about them, and ends when its input closes, so that it never
//! outlives whoever started it. Never: connects to anything but the throwaway server it was given.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};

use super::behaviour::try_once;
pub use super::behaviour::{Behaviour, ClientArgs, Question};
use super::holding::Holding;
use super::wire::{Login, Session};

/// The name of the hidden subcommand a client runs as.
pub const SUBCOMMAND: &str = "drill-client";

/// The name it runs under when a [`super::master`] looks after it.
pub const WORKER: &str = "drill-worker";

/// The advisory lock that [`Behaviour::LockWait`] waits for.
const LOCK: &str = "pg_advisory_lock(5432)";

/// The advisory lock that [`Behaviour::Migration`] holds.
const NEEDED: &str = "pg_advisory_xact_lock(5433)";

/// The same lock as [`Behaviour::Queue`] wants it: with others, who do not keep one another waiting.
const SHARED: &str = "pg_advisory_xact_lock_shared(5433)";

/// How long a connection may be refused for lack of slots before the client gives up.
const ADMISSION_LIMIT: Duration = Duration::from_secs(10);

/// What the client's process does. Returns when `input` closes.
pub fn run(args: &ClientArgs, mut input: impl Read, output: &mut dyn Write) -> Result<()> {
    let mut holding = Holding::new(args.behaviour.answers());
    let mut pids = Vec::new();
    match args.behaviour {
        Behaviour::Storm => holding.storm(args)?,
        behaviour => {
            for number in 0..args.connections {
                let mut session = match admit(args)? {
                    Login::Admitted(session) => session,
                    Login::AskedForPassword(stream) if behaviour == Behaviour::HalfOpen => {
                        holding.keep_half(stream);
                        continue;
                    }
                    Login::AskedForPassword(_) => bail!("the server asked for a password"),
                    Login::Refused(refusal) => bail!("{refusal}"),
                };
                pids.push(session.pid.to_string());
                occupy(&mut session, behaviour, number)?;
                match behaviour {
                    Behaviour::Queue => holding.queue(session)?,
                    _ => holding.keep(session),
                }
            }
        }
    }
    writeln!(output, "ready {} {}", args.connections, pids.join(" "))?;
    output.flush()?;
    let mut byte = [0];
    while matches!(input.read(&mut byte), Ok(read) if read > 0) {
        if let Some(question) = Question::of(byte[0]) {
            writeln!(output, "{}", holding.answer(question))?;
            output.flush()?;
        }
    }
    Ok(())
}

/// Puts one session into the state the behaviour asks for. Long statements are sent and not waited for.
fn occupy(session: &mut Session, behaviour: Behaviour, number: usize) -> Result<()> {
    let ask = |session: &mut Session, sql: &str| -> Result<()> {
        session
            .ask(sql)?
            .map(drop)
            .map_err(|refusal| anyhow!("{refusal}"))
    };
    match behaviour {
        Behaviour::Idle | Behaviour::HalfOpen | Behaviour::Walsender | Behaviour::Storm => Ok(()),
        Behaviour::IdleInTransaction => ask(session, "BEGIN; SELECT 1"),
        Behaviour::Aborted => {
            ask(session, "BEGIN")?;
            match session.ask("SELECT 1/0")? {
                Err(_) => Ok(()),
                Ok(_) => bail!("a division by zero succeeded"),
            }
        }
        Behaviour::Active => Ok(session.send("SELECT pg_sleep(3600)")?),
        Behaviour::LockWait if number == 0 => ask(session, &format!("BEGIN; SELECT {LOCK}")),
        Behaviour::LockWait => Ok(session.send(&format!("SELECT {LOCK}"))?),
        Behaviour::Migration => ask(session, &format!("BEGIN; SELECT {NEEDED}")),
        Behaviour::Queue => Ok(session.send(&format!("SELECT {SHARED}"))?),
    }
}

/// Logs in. A session that has just been closed holds its slot for another moment, so a full server is
/// tried again for a while.
fn admit(args: &ClientArgs) -> Result<Login> {
    let deadline = Instant::now() + ADMISSION_LIMIT;
    loop {
        match try_once(args)? {
            Login::Refused(refusal) if refusal.sqlstate == "53300" && Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(20));
            }
            login => return Ok(login),
        }
    }
}
