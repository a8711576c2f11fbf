//! What stands around the sessions and is worth keeping: the settings that matter, and the locks of a queue.
//!
//! Stage: observing, for evidence. Never: changes anything; each is one statement, one round trip, text columns only.

use std::fmt::Write as _;
use std::time::Duration;

use crate::decide::evidence::{Lock, Setting};
use crate::decide::snapshot::Snapshot;
use crate::lanes::{Lane, LaneError, Row};

/// Settings that explain a server without free slots: its limits, its timeouts, its log, and what is in memory.
const SETTINGS: [&str; 40] = [
    "authentication_timeout",
    "autovacuum",
    "autovacuum_max_workers",
    "client_connection_check_interval",
    "cluster_name",
    "deadlock_timeout",
    "hot_standby",
    "hot_standby_feedback",
    "idle_in_transaction_session_timeout",
    "idle_session_timeout",
    "listen_addresses",
    "lock_timeout",
    "log_connections",
    "log_disconnections",
    "log_lock_waits",
    "max_connections",
    "max_locks_per_transaction",
    "max_parallel_workers",
    "max_parallel_workers_per_gather",
    "max_prepared_transactions",
    "max_replication_slots",
    "max_standby_streaming_delay",
    "max_wal_senders",
    "max_worker_processes",
    "password_encryption",
    "port",
    "reserved_connections",
    "server_version",
    "shared_buffers",
    "statement_timeout",
    "superuser_reserved_connections",
    "synchronous_commit",
    "synchronous_standby_names",
    "tcp_keepalives_count",
    "tcp_keepalives_idle",
    "tcp_keepalives_interval",
    "tcp_user_timeout",
    "transaction_timeout",
    "update_process_title",
    "work_mem",
];

/// Locks kept at most: a queue is understood from fewer.
const LOCKS: usize = 10_000;

/// The settings that matter, as far as this server has them and our role may read them.
pub fn settings(lane: &mut dyn Lane, limit: Duration) -> Result<Vec<Setting>, LaneError> {
    let mut sql = String::from(
        // A lane limits its own transaction; what others get is the value that it would be reset to.
        "SELECT name, CASE WHEN source = 'session' THEN reset_val ELSE setting END, unit, source, \
         pending_restart::pg_catalog.text FROM pg_catalog.pg_settings \
         WHERE name ~ '^[a-z_]+[.].*reserved_connections$' OR name IN (",
    );
    for (number, name) in SETTINGS.iter().enumerate() {
        let comma = if number > 0 { ", " } else { "" };
        let _ = write!(sql, "{comma}'{name}'");
    }
    sql.push_str(") ORDER BY name");
    let read = |row: Row| {
        let mut cells = row.into_iter();
        let mut next = move || cells.next().flatten();
        Setting {
            name: next().unwrap_or_default(),
            setting: next().unwrap_or_default(),
            unit: next(),
            source: next().unwrap_or_default(),
            pending_restart: next().as_deref() == Some("true"),
        }
    };
    Ok(lane.rows(&sql, limit)?.into_iter().map(read).collect())
}

/// The locks of those that wait for one or are waited for in `snapshot`; nothing is asked when nobody waits, because
/// `pg_locks` takes every partition of the lock table for a moment.
pub fn locks(
    lane: &mut dyn Lane,
    limit: Duration,
    snapshot: &Snapshot,
) -> Result<Vec<Lock>, LaneError> {
    let mut involved: Vec<i32> = Vec::new();
    for session in snapshot.sessions.iter().filter(|it| it.waits_for_lock()) {
        involved.push(session.id.pid);
        involved.extend(&session.blocked_by);
    }
    involved.sort_unstable();
    involved.dedup();
    if involved.is_empty() {
        return Ok(Vec::new());
    }
    let pids: Vec<String> = involved.iter().map(ToString::to_string).collect();
    // A prepared transaction holds locks without a process, and pg_blocking_pids calls it 0.
    let sql = format!(
        "SELECT l.pid::pg_catalog.text, l.locktype, l.mode, l.granted::pg_catalog.text, l.database::pg_catalog.text, \
         CASE WHEN l.relation IS NOT NULL THEN coalesce(n.nspname || '.' || c.relname, l.relation::pg_catalog.text) END, \
         coalesce(l.transactionid::pg_catalog.text, l.virtualxid) \
         FROM pg_catalog.pg_locks AS l \
         LEFT JOIN pg_catalog.pg_database AS d ON d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database() \
         LEFT JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) l.relation \
         AND (l.database OPERATOR(pg_catalog.=) d.oid OR l.database OPERATOR(pg_catalog.=) 0) \
         LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace \
         WHERE coalesce(l.pid, 0) OPERATOR(pg_catalog.=) ANY ('{{{}}}'::pg_catalog.int4[]) \
         ORDER BY l.granted, l.pid, l.locktype, l.mode LIMIT {LOCKS}",
        pids.join(",")
    );
    let read = |row: Row| {
        let mut cells = row.into_iter();
        let mut next = move || cells.next().flatten();
        Lock {
            pid: next().and_then(|pid| pid.parse().ok()),
            locktype: next().unwrap_or_default(),
            mode: next().unwrap_or_default(),
            granted: next().as_deref() == Some("true"),
            database: next(),
            relation: next(),
            transaction: next(),
        }
    };
    Ok(lane.rows(&sql, limit)?.into_iter().map(read).collect())
}
