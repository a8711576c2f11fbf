//! Get back into a PostgreSQL server that has run out of connections.

pub mod act;
pub mod decide;
pub mod lanes;
pub mod observe;
pub mod target;
