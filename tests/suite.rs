//! The integration tests: one binary, for each more would link the whole crate once more. A file of tests is a module here,
//! and `cargo test --test suite check::` runs those of `tests/check.rs`.
//!
//! Tests of different files run side by side: one that counts servers, connections or seconds counts its own.

#![allow(clippy::expect_used, clippy::unwrap_used)]

mod acting;
mod architecture;
mod backends;
mod backends_barriers;
mod bad_input;
mod check;
mod completions;
mod doctor;
mod drill;
mod fence;
mod free;
mod hammer;
mod harness;
mod help;
mod history;
mod hostile_data;
mod imitation;
mod lanes_imitation;
mod lanes_session;
mod libpq_conventions;
mod lockouts;
mod man;
mod package;
mod pasted;
mod pgbouncer;
mod pictures;
mod prepare;
mod probe;
mod prompts;
mod questions;
mod rescue;
mod runbooks;
mod samples;
mod scenes;
mod screens;
mod snapshot;
mod sockets;
mod sockets_majors;
mod support;
mod survey;
mod tls_matrix;
mod workers;
