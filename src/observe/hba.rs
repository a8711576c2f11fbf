//! The lines of `pg_hba.conf`, where our role may read them. Stage: readiness. Changes nothing.

use std::time::Duration;

use crate::decide::hba::Rule;
use crate::lanes::{Lane, LaneError};

/// The lines in their order, and lines the server cannot read; a role without the right gets the server's refusal.
pub fn rules(lane: &mut dyn Lane, limit: Duration) -> Result<(Vec<Rule>, Vec<u32>), LaneError> {
    let sql = "SELECT line_number::pg_catalog.text, type, pg_catalog.array_to_json(database)::pg_catalog.text, \
               pg_catalog.array_to_json(user_name)::pg_catalog.text, address, netmask, auth_method, error \
               FROM pg_catalog.pg_hba_file_rules";
    let mut rules = Vec::new();
    let mut broken = Vec::new();
    for row in lane.rows(sql, limit)? {
        let cell = |column: usize| row.get(column).cloned().flatten();
        let list = |column: usize| -> Vec<String> {
            let text = cell(column).unwrap_or_default();
            serde_json::from_str(&text).unwrap_or_default()
        };
        let line = cell(0).and_then(|text| text.parse().ok()).unwrap_or(0);
        if cell(7).is_some() {
            broken.push(line);
            continue;
        }
        rules.push(Rule {
            line,
            kind: cell(1).unwrap_or_default(),
            databases: list(2),
            users: list(3),
            address: cell(4),
            netmask: cell(5),
            method: cell(6).unwrap_or_default(),
        });
    }
    Ok((rules, broken))
}

/// Roles that may log in, are no superusers, and have no `CONNECTION LIMIT`; then who may use
/// `reserved_connections`, which is nobody before 16.
pub fn roles(
    lane: &mut dyn Lane,
    limit: Duration,
) -> Result<(Vec<String>, Vec<String>), LaneError> {
    let sql = "SELECT 'unlimited', rolname::pg_catalog.text FROM pg_catalog.pg_roles \
               WHERE rolcanlogin AND NOT rolsuper AND rolconnlimit < 0 \
               UNION ALL SELECT 'reserved', r.rolname::pg_catalog.text FROM pg_catalog.pg_roles AS r \
               JOIN pg_catalog.pg_roles AS g ON g.rolname = 'pg_use_reserved_connections' \
               WHERE r.rolcanlogin AND NOT r.rolsuper AND pg_catalog.pg_has_role(r.oid, g.oid, 'MEMBER')";
    let (mut unlimited, mut reserved) = (Vec::new(), Vec::new());
    for row in lane.rows(sql, limit)? {
        let mut cells = row.into_iter().flatten();
        match (cells.next().as_deref(), cells.next()) {
            (Some("unlimited"), Some(name)) => unlimited.push(name),
            (Some("reserved"), Some(name)) => reserved.push(name),
            _ => {}
        }
    }
    Ok((unlimited, reserved))
}
