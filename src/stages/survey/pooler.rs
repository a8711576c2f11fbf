//! Looks at the pooler in front of the server, through its admin console.

use std::time::Instant;

use super::beside::{Beside, LIMIT};
use crate::connect::Target;
use crate::decide::pools::Pooler;
use crate::decide::survey::{Sight, Standing, WayIn};
use crate::lanes::{ConsoleRequest, open_console};
use crate::observe::pools;
use crate::stages::lockout::summary;

/// Opens the console and looks once.
pub(super) fn pooler(target: &Target) -> Beside<Pooler> {
    let began = Instant::now();
    let shown = |standing, what: String, seen| Beside {
        sight: Sight::new(WayIn::Pgbouncer, standing, what, began.elapsed()),
        seen,
    };
    let request = ConsoleRequest {
        connect_timeout: LIMIT,
        total: LIMIT,
    };
    let mut console = match open_console(target, request) {
        Ok(console) => console,
        Err(closed) => {
            let answers: Vec<String> = closed.refusals.iter().map(summary).collect();
            return shown(Standing::Closed, answers.join("; "), None);
        }
    };
    match pools::look(&mut console, LIMIT.saturating_sub(began.elapsed())) {
        Ok(pooler) => shown(Standing::Open, told(&pooler), Some(pooler)),
        Err(error) => shown(
            Standing::Closed,
            format!("it opened, and the first look failed: {error}"),
            None,
        ),
    }
}

fn told(pooler: &Pooler) -> String {
    let held: u32 = pooler.pools.iter().map(|pool| pool.servers()).sum();
    let idle: u32 = pooler.pools.iter().map(|pool| pool.sv_idle).sum();
    format!(
        "PgBouncer {} at {}: {} clients, {} of them wait; {held} server connections, {idle} of them idle",
        pooler.version,
        pooler.endpoint,
        pooler.clients.len(),
        pooler.waiting()
    )
}
