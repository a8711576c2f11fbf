//! A role or a database and its `CONNECTION LIMIT`, as it is now, and whether our role may change that.
//!
//! Stage: before a fence is planned, and again after it was put up or taken back. Never: changes anything.
//! Facts: ALTER ROLE needs CREATEROLE, from 16 on ADMIN OPTION on the role, too; a superuser's role, and before 16 one
//! with REPLICATION, only a superuser alters (`AlterRole`). ALTER DATABASE needs the owner's rights.

use std::time::Duration;

use crate::decide::fence::{Kind, Live, Subject};
use crate::lanes::{Lane, LaneError, Row, quote_literal};

/// How many names are looked through for the nearest one.
const NAMES: u32 = 2000;

/// By which it is looked up.
#[derive(Debug, Clone, Copy)]
pub enum Key<'a> {
    /// As somebody typed it.
    Name(&'a str),
    /// As it was recorded.
    Oid(u32),
}

/// Looks it up; `None` when there is no such role or database. A pool is in no catalogue.
pub fn look_up(
    lane: &mut dyn Lane,
    limit: Duration,
    kind: Kind,
    key: Key<'_>,
) -> Result<Option<Live>, LaneError> {
    let version = lane.greeting().version_num;
    let Some(sql) = sql(version, kind, key) else {
        return Ok(None);
    };
    let rows = lane.rows(&sql, limit)?;
    rows.into_iter()
        .next()
        .map(|row| live(kind, row))
        .transpose()
}

/// Names that could have been meant.
pub fn names(lane: &mut dyn Lane, limit: Duration, kind: Kind) -> Result<Vec<String>, LaneError> {
    let (column, table) = match kind {
        Kind::Role => ("rolname", "pg_catalog.pg_roles WHERE rolcanlogin"),
        Kind::Database => ("datname", "pg_catalog.pg_database WHERE datallowconn"),
        Kind::Pool => return Ok(Vec::new()),
    };
    let sql = format!("SELECT {column}::pg_catalog.text FROM {table} LIMIT {NAMES}");
    let rows = lane.rows(&sql, limit)?;
    Ok(rows.into_iter().flatten().flatten().collect())
}

/// The cluster's identity, when our role may read it.
pub fn system_identifier(
    lane: &mut dyn Lane,
    limit: Duration,
) -> Result<Option<String>, LaneError> {
    let sql = "SELECT system_identifier::pg_catalog.text FROM pg_catalog.pg_control_system()";
    let rows = lane.rows(sql, limit)?;
    Ok(rows.into_iter().flatten().flatten().next())
}

fn sql(version: u32, kind: Kind, key: Key<'_>) -> Option<String> {
    let is = |name: &str| match key {
        Key::Name(text) => format!("{name}::pg_catalog.text = {}", quote_literal(text)),
        Key::Oid(oid) => format!("oid = {oid}::pg_catalog.oid"),
    };
    let ours = "pg_catalog.current_setting('is_superuser') = 'on'";
    let sql = match kind {
        Kind::Role => {
            let admin = if version >= 160_000 {
                "pg_catalog.pg_has_role(oid, 'MEMBER WITH ADMIN OPTION')"
            } else {
                "NOT rolreplication"
            };
            format!(
                "SELECT oid::pg_catalog.text, rolname::pg_catalog.text, rolconnlimit::pg_catalog.text, \
                 rolsuper::pg_catalog.text, ({ours} OR (NOT rolsuper AND {admin} AND \
                 (SELECT u.rolcreaterole FROM pg_catalog.pg_roles AS u WHERE u.rolname = CURRENT_USER)))::pg_catalog.text, \
                 NULL::pg_catalog.text FROM pg_catalog.pg_roles WHERE {}",
                is("rolname")
            )
        }
        Kind::Database => format!(
            "SELECT oid::pg_catalog.text, datname::pg_catalog.text, datconnlimit::pg_catalog.text, 'false'::pg_catalog.text, \
             ({ours} OR pg_catalog.pg_has_role(datdba, 'USAGE'))::pg_catalog.text, \
             pg_catalog.pg_get_userbyid(datdba)::pg_catalog.text FROM pg_catalog.pg_database WHERE {} \
             AND datconnlimit >= -1",
            is("datname")
        ),
        Kind::Pool => return None,
    };
    Some(sql)
}

fn live(kind: Kind, row: Row) -> Result<Live, LaneError> {
    let mut cells = row.into_iter();
    let mut next = || cells.next().flatten();
    let unreadable = || LaneError::Lost {
        what: format!("the server's answer about a {} cannot be read", kind.name()),
        last_words: None,
    };
    let oid = next().and_then(|text| text.parse().ok());
    let name = next();
    let limit = next().and_then(|text| text.parse::<i64>().ok());
    let superuser = next().as_deref() == Some("true");
    let may_change = next().as_deref() == Some("true");
    let (Some(oid), Some(name), Some(limit)) = (oid, name, limit) else {
        return Err(unreadable());
    };
    Ok(Live {
        subject: Subject { kind, oid, name },
        limit: u32::try_from(limit).ok(),
        superuser,
        may_change,
        owner: next(),
    })
}
