//! One look at a pooler through its console.
//!
//! Stage: after the console is open. A look is a handful of `SHOW` commands, each answered from the pooler's memory.
//! Never: changes anything; asks `SHOW FDS`, which stops the pooler's event loop.

mod rows;

use std::time::{Duration, Instant};

use crate::decide::pools::Pooler;
use crate::lanes::{Console, LaneError, Table};

/// What the rows of a look are read from, in the order they are asked for. Clients before servers: a client that comes
/// in between is missing, a server connection's link never points at somebody else.
const ASKED: [&str; 6] = [
    "CLIENTS",
    "SERVERS",
    "POOLS",
    "DATABASES",
    "CONFIG",
    "LISTS",
];

/// Looks at everything, within `wait` in all.
pub fn look(console: &mut Console, wait: Duration) -> Result<Pooler, LaneError> {
    let until = Instant::now() + wait;
    let mut tables: Vec<Table> = Vec::with_capacity(ASKED.len());
    for what in ASKED {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(LaneError::Deadline(wait));
        }
        tables.push(console.show(what, left)?);
    }
    let [clients, servers, pools, databases, config, lists] = tables.as_slice() else {
        return Err(LaneError::Deadline(wait));
    };
    Ok(rows::pooler(
        console.endpoint(),
        console.version(),
        &rows::Tables {
            clients,
            servers,
            pools,
            databases,
            config,
            lists,
        },
    ))
}
