//! Get back into a PostgreSQL server that has run out of connections.

pub mod decide;
pub mod lanes;
pub mod report;
pub mod target;
