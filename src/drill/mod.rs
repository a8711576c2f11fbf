//! The rehearsal: a throwaway server, scripted incidents, and this program's own commands against them.
//!
//! Stage: between incidents. Everything happens on a server of its own that is gone afterwards; what the drill
//! asserts it has seen from outside, as a client that shares no code with the lanes.
//! Never: connects to, signals or reads any server it did not start.

mod account;
mod application;
mod behaviour;
pub mod binaries;
mod blind;
mod cast;
pub mod client;
pub mod cluster;
mod first;
pub mod guard;
mod half_open;
mod hands_on;
mod holding;
mod incident;
pub mod keeper;
mod leak;
mod lock_queue;
pub mod master;
mod pooler;
mod scenario;
mod second;
pub mod server;
pub mod settings;
mod stage;
mod storm;
mod story;
mod summary;
mod typist;
pub mod wire;
mod workers;

pub use account::Account;
pub use application::{Application, Role};
pub use incident::Incident;
pub use scenario::{Played, Verdict};
pub use settings::{DATABASE, SUPERUSER};
pub use stage::CONFIGURATION;

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;

/// What is rehearsed.
#[derive(Debug, Clone)]
pub struct Rehearsal {
    /// This program's executable, which is also the guard and the applications.
    pub program: PathBuf,
    /// Where to look for a server.
    pub hints: binaries::Hints,
    /// The incidents to play, in this order.
    pub incidents: Vec<Incident>,
    /// Leave this incident running for the operator, instead of playing any.
    pub hands_on: Option<Incident>,
    /// Columns of the terminal the story goes to.
    pub width: Option<usize>,
}

/// What a rehearsal came to.
#[derive(Debug)]
pub struct Rehearsed {
    /// As it must, or not.
    pub verdict: Verdict,
    /// Each incident that was played; none when it was left to the operator.
    pub incidents: Vec<Played>,
}

/// Plays the incidents one after the other on one throwaway server, and writes what happens to `out`.
pub fn run(rehearsal: &Rehearsal, out: &mut dyn Write) -> Result<Rehearsed> {
    let binaries = binaries::find(&rehearsal.hints)?;
    let out = &mut story::Story::new(out, rehearsal.width);
    writeln!(
        out,
        "Starting a throwaway PostgreSQL {} from {}",
        binaries.version,
        binaries.directory.display()
    )?;
    out.flush()?;
    let path = rehearsal.hints.path.clone();
    let stage = stage::Stage::build(&rehearsal.program, &binaries, path)?;
    if let Some(incident) = rehearsal.hands_on {
        let verdict = hands_on::offer(&stage, incident, out)?;
        return Ok(Rehearsed {
            verdict,
            incidents: Vec::new(),
        });
    }
    let mut incidents = Vec::new();
    for incident in &rehearsal.incidents {
        incidents.push(scenario::play(&stage, *incident, out)?);
    }
    summary::write(&incidents, out)?;
    let failed = incidents.iter().any(|played| !played.complaints.is_empty());
    let verdict = if failed {
        Verdict::Failed
    } else {
        Verdict::Recovered
    };
    Ok(Rehearsed { verdict, incidents })
}
