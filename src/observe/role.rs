//! A role with its rights, the settings that a break-glass role depends on, and what tells a managed service.
//!
//! Stage: before a preparation is planned, and when readiness is reviewed. Changes nothing.

use std::time::Duration;

use crate::decide::prepare::{Have, RoleState};
use crate::lanes::{Lane, LaneError, quote_literal};

/// Looks `role` up.
pub fn look_up(lane: &mut dyn Lane, limit: Duration, role: &str) -> Result<Have, LaneError> {
    let sql = format!(
        "SELECT 'server', pg_catalog.current_setting('server_version_num'), \
         pg_catalog.current_setting('reserved_connections', true), \
         pg_catalog.current_setting('max_wal_senders', true), NULL::pg_catalog.text \
         UNION ALL SELECT 'role', rolcanlogin::pg_catalog.text, rolsuper::pg_catalog.text, \
         rolreplication::pg_catalog.text, NULL FROM pg_catalog.pg_roles WHERE rolname = {name} \
         UNION ALL SELECT 'member', g.rolname::pg_catalog.text, NULL, NULL, NULL \
         FROM pg_catalog.pg_roles AS r, pg_catalog.pg_roles AS g WHERE r.rolname = {name} AND g.rolname <> r.rolname \
         AND (g.rolname ~ '^(pg|rds|azure|cloudsql|neon)_?' OR g.rolname IN ('rds_replication')) \
         AND pg_catalog.pg_has_role(r.oid, g.oid, 'MEMBER') \
         UNION ALL SELECT DISTINCT 'prefix', pg_catalog.split_part(name, '.', 1), NULL, NULL, NULL \
         FROM pg_catalog.pg_settings WHERE name LIKE '%.%'",
        name = quote_literal(role)
    );
    let mut have = Have::default();
    let mut members = Vec::new();
    for row in lane.rows(&sql, limit)? {
        let cell = |column: usize| row.get(column).and_then(Option::as_deref).unwrap_or("");
        let is = |column: usize| cell(column) == "true";
        match cell(0) {
            "server" => {
                have.version_num = cell(1).parse().unwrap_or(0);
                have.reserved = cell(2).parse().ok();
                have.max_wal_senders = cell(3).parse().ok();
            }
            "role" => {
                have.role = Some(RoleState {
                    login: is(1),
                    superuser: is(2),
                    replication: is(3),
                    member_of: Vec::new(),
                });
            }
            "member" => members.push(cell(1).to_owned()),
            "prefix" => have.prefixes.push(cell(1).to_owned()),
            _ => {}
        }
    }
    if let Some(role) = &mut have.role {
        role.member_of = members;
    }
    Ok(have)
}
