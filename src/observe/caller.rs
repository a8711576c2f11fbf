//! What a role without any privilege may ask about itself: one short statement, answered by every server.
//!
//! Stage: observing.

use std::time::Duration;

use crate::decide::probe::Facts;
use crate::lanes::{Lane, LaneError};

/// Asks over `lane`, within `limit`.
pub fn ask(lane: &mut dyn Lane, limit: Duration) -> Result<Facts, LaneError> {
    let reserved = if lane.greeting().version_num >= 160_000 {
        "pg_catalog.pg_has_role('pg_use_reserved_connections', 'USAGE')::pg_catalog.text"
    } else {
        "'false'::pg_catalog.text"
    };
    let sql = format!(
        "SELECT pg_catalog.current_setting('is_superuser'), {reserved}, \
         pg_catalog.pg_is_in_recovery()::pg_catalog.text, \
         pg_catalog.current_setting('default_transaction_read_only')"
    );
    let rows = lane.rows(&sql, limit)?;
    let cell = |column: usize| rows.first()?.get(column)?.as_deref();
    let yes = |column: usize| matches!(cell(column), Some("on" | "true"));
    if cell(0).is_none() {
        return Err(LaneError::Lost {
            what: "the answer is empty".to_owned(),
            last_words: None,
        });
    }
    Ok(Facts {
        superuser: yes(0),
        reserved: yes(1),
        read_only: yes(2) || yes(3),
    })
}
