//! Get back into a PostgreSQL server that has run out of connections.

pub mod commands;
pub mod drill;
pub mod lanes;
pub mod target;
