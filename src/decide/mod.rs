//! The rules of an incident: who is who, who is chosen, who is spared, what the plan is, what came of it.
//!
//! Pure: values in, values out. Imports nothing of ours outside this folder, reads no clock, no
//! environment, no file. Everything that decides whether a session lives or dies is here.

pub mod admission;
pub mod advice;
pub mod blocking;
pub mod breakdown;
pub mod capacity;
pub mod check;
pub mod confirmation;
pub mod connection;
pub mod criteria;
pub mod diagnosis;
pub mod doctor;
pub mod duration;
pub mod evidence;
pub mod fence;
pub mod filters;
pub mod form;
pub mod free;
pub mod hba;
pub mod headroom;
pub mod history;
pub mod holder;
pub mod identity;
pub mod outcome;
pub mod plan;
pub mod pools;
pub mod prediction;
pub mod prepare;
pub mod probe;
#[cfg(test)]
mod properties;
pub mod proposal;
pub mod protection;
pub mod provider;
pub mod rescue;
pub mod runbook;
pub mod sample;
pub mod selection;
pub mod session;
pub mod sessions;
pub mod snapshot;
pub mod sockets;
pub mod survey;
#[cfg(test)]
pub(crate) mod testing;
pub mod verified;
pub mod workers;

/// `1 session`, `2 sessions`.
pub fn plural(count: usize, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{ending}")
}
