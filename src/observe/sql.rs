//! The two questions that are put to a server. Text columns only, no parameters, everything qualified:
//! the same statement goes over either lane.
//!
//! Pure. Integers are the only thing that is ever written into them.

use std::fmt::Write as _;

use super::QueryText;
use crate::decide::identity::SessionId;

/// How many columns every row has; shorter rows are filled up with NULL.
pub const COLUMNS: usize = 21;

/// Microseconds since 1970 as text. `date_part` is a double in every major; its 53 bits hold microseconds
/// exactly for another 230 years, so the same instant always gives the same number.
fn micros(expression: &str) -> String {
    format!(
        "(pg_catalog.date_part('epoch', {expression}) * 1000000)::pg_catalog.int8::pg_catalog.text"
    )
}

/// Everything about the server and everybody on it, as tagged rows: one `server`, and any number of `session`,
/// `role` and `database`.
///
/// `version` is `server_version_num`. `control` asks for the system identifier, which some managed
/// services forbid: on 42501 ask again without it.
pub fn snapshot(version: u32, text: QueryText, control: bool) -> String {
    let mut sql = String::with_capacity(6000);
    sql.push_str(
        "WITH at AS MATERIALIZED (SELECT pg_catalog.clock_timestamp() AS now), \
         act AS MATERIALIZED (SELECT * FROM pg_catalog.pg_stat_activity) ",
    );
    push_row(&mut sql, "server", &server(version, control));
    sql.push_str(" FROM at UNION ALL ");
    push_row(&mut sql, "session", &session(text));
    sql.push_str(
        " FROM act CROSS JOIN at LEFT JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) act.usesysid UNION ALL ",
    );
    push_row(
        &mut sql,
        "role",
        &[
            "rolname::pg_catalog.text".to_owned(),
            "rolconnlimit::pg_catalog.text".to_owned(),
        ],
    );
    sql.push_str(
        " FROM pg_catalog.pg_roles WHERE rolconnlimit OPERATOR(pg_catalog.>=) 0 UNION ALL ",
    );
    push_row(
        &mut sql,
        "database",
        &[
            "datname::pg_catalog.text".to_owned(),
            "datconnlimit::pg_catalog.text".to_owned(),
        ],
    );
    sql.push_str(" FROM pg_catalog.pg_database WHERE datconnlimit OPERATOR(pg_catalog.>=) 0");
    sql
}

fn push_row(sql: &mut String, tag: &str, columns: &[String]) {
    let _ = write!(sql, "SELECT '{tag}'::pg_catalog.text");
    for column in columns {
        let _ = write!(sql, ", {column}");
    }
    for _ in columns.len() + 1..COLUMNS {
        sql.push_str(", NULL::pg_catalog.text");
    }
}

fn server(version: u32, control: bool) -> Vec<String> {
    let setting = |name: &str| format!("pg_catalog.current_setting('{name}', true)");
    let has = |role: &str| format!("pg_catalog.pg_has_role('{role}', 'USAGE')::pg_catalog.text");
    let reserved_role = if version >= 160_000 {
        has("pg_use_reserved_connections")
    } else {
        "'false'".to_owned()
    };
    let identifier = if control {
        "(SELECT system_identifier::pg_catalog.text FROM pg_catalog.pg_control_system())"
    } else {
        "NULL::pg_catalog.text"
    };
    let provider = "(SELECT pg_catalog.string_agg(name || '=' || setting, ',' ORDER BY name) \
                    FROM pg_catalog.pg_settings WHERE name ~ '^[a-z_]+[.].*reserved_connections$' AND setting ~ '^[0-9]+$')";
    vec![
        setting("server_version"),
        setting("server_version_num"),
        "pg_catalog.pg_is_in_recovery()::pg_catalog.text".to_owned(),
        identifier.to_owned(),
        micros("now - pg_catalog.pg_postmaster_start_time()"),
        setting("cluster_name"),
        "pg_catalog.pg_backend_pid()::pg_catalog.text".to_owned(),
        "CURRENT_USER::pg_catalog.text".to_owned(),
        setting("is_superuser"),
        has("pg_signal_backend"),
        has("pg_read_all_stats"),
        reserved_role,
        "pg_catalog.current_database()::pg_catalog.text".to_owned(),
        micros("now"),
        setting("max_connections"),
        setting("superuser_reserved_connections"),
        setting("reserved_connections"),
        provider.to_owned(),
        setting("max_wal_senders"),
        format!(
            "(SELECT pg_catalog.count(*)::pg_catalog.text || ' ' || coalesce({}, '') FROM pg_catalog.pg_prepared_xacts, at AS a)",
            micros("pg_catalog.max(a.now - prepared)")
        ),
    ]
}

fn session(text: QueryText) -> Vec<String> {
    let query = match text {
        QueryText::First(count) => format!("pg_catalog.left(act.query, {count})"),
        QueryText::Whole => "act.query".to_owned(),
    };
    let age = |column: &str| micros(&format!("now - act.{column}"));
    vec![
        "act.pid::pg_catalog.text".to_owned(),
        micros("act.backend_start"),
        "act.backend_type".to_owned(),
        "act.usename::pg_catalog.text".to_owned(),
        "r.rolsuper::pg_catalog.text".to_owned(),
        "act.datname::pg_catalog.text".to_owned(),
        "act.application_name".to_owned(),
        // -1 is how the server marks a Unix socket; an address of NULL alone may also be a hidden row.
        "CASE WHEN act.client_addr IS NOT NULL THEN pg_catalog.host(act.client_addr) \
              WHEN act.client_port OPERATOR(pg_catalog.=) -1 THEN 'local' END"
            .to_owned(),
        "act.state".to_owned(),
        age("backend_start"),
        age("xact_start"),
        age("query_start"),
        age("state_change"),
        micros("act.query_start"),
        "act.wait_event_type".to_owned(),
        "act.wait_event".to_owned(),
        // Takes every lock partition for a moment, so only for those that wait.
        "CASE WHEN act.wait_event_type OPERATOR(pg_catalog.=) 'Lock' \
              THEN pg_catalog.array_to_string(pg_catalog.pg_blocking_pids(act.pid), ' ') END"
            .to_owned(),
        "act.leader_pid::pg_catalog.text".to_owned(),
        query,
        "act.client_port::pg_catalog.text".to_owned(),
    ]
}

/// These sessions again: `pid`, start, state, `query_start`.
pub fn second_look(ids: &[SessionId]) -> String {
    let mut sql = format!(
        "SELECT pid::pg_catalog.text, {}, state, {} FROM pg_catalog.pg_stat_get_activity(NULL) \
         WHERE pid OPERATOR(pg_catalog.=) ANY ('{{",
        micros("backend_start"),
        micros("query_start"),
    );
    for (index, id) in ids.iter().enumerate() {
        let comma = if index > 0 { "," } else { "" };
        let _ = write!(sql, "{comma}{}", id.pid);
    }
    sql.push_str("}'::pg_catalog.int4[])");
    sql
}
