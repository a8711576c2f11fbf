//! Get back into a PostgreSQL server that has run out of connections.
//!
//! # The tour
//!
//! A command is a recipe in [`commands`], made of [`stages`]: it opens a lane ([`lanes`]) to a target ([`connect`]), looks through it
//! ([`observe`]), decides ([`decide`], pure), changes something if it was confirmed ([`act`]), and tells
//! ([`report`], pure). [`terminal`] is the only code that prints or asks, [`record`] the only code that writes
//! down what was done, [`samples`] the only code that keeps counts. [`drill`] rehearses it all on a throwaway server.
//!
//! # The words
//!
//! - **session**: a client's process on the server, known by PID *and* start time.
//! - **slot**: one of `max_connections`; **reserved** slots are kept for some roles.
//! - **lane**: a way in: `login` takes a slot, `replication` takes a walsender and no slot; `backends` (the server's
//!   own host) and `sockets` (either host) need no connection at all; `pgbouncer` is a pooler's admin console. To
//!   **sever** a TCP connection is to have the kernel end it.
//! - **pooled**: a session that is a pooler's server connection; the **real client** is who uses it at that moment.
//! - **holder**: whatever holds a slot.
//! - **worker**: a process of an application that holds connections; its **master** starts it again.
//! - **plan**: what would be done to whom; only a confirmed one is acted on.
//! - **receipt**: what a call answered; **outcome**: what a second look saw.
//! - **fence**: a `CONNECTION LIMIT` on a role or a database, or a pooler's `DISABLE`, that keeps it from taking freed
//!   slots; it **stands** until undone.
//! - **evidence**: what could be seen at one moment, saved to a file; commands look at it again with `--from`.
//! - **sample**: how many sessions held slots at one moment, by role, application, database and state, and the limits;
//!   or how the login was refused. The **record** is something else: what this tool did.
//! - **spared**: matched, and left alone for a stated reason.

#[macro_use]
mod words;

pub mod act;
pub mod args;
pub mod cli;
pub mod commands;
pub mod connect;
pub mod decide;
pub mod drill;
pub mod error;
pub mod exit_code;
pub mod lanes;
pub mod observe;
pub mod record;
pub mod report;
pub mod samples;
pub mod stages;
pub mod terminal;
pub mod usage;
