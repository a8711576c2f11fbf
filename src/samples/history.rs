//! Reads samples back: one server's history, as headroom reviews it.
//!
//! Daily peaks are reckoned by SQLite, so that a year of samples is not held in memory with every name in it.
//! Never: changes the file.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::Value;

use super::{Samples, sentence};
use crate::decide::capacity::{Capacity, Limits, ProviderReserve};
use crate::decide::headroom::{DAY, History, Named, Point};
use crate::decide::snapshot::NamedLimit;

impl Samples {
    /// The names of the servers there are samples of, sorted.
    pub fn servers(&self) -> Result<Vec<String>, String> {
        let names = || -> rusqlite::Result<Vec<String>> {
            let mut query = self
                .connection
                .prepare("SELECT name FROM server ORDER BY name")?;
            query.query_map([], |row| row.get(0))?.collect()
        };
        names().map_err(|error| sentence(&self.path, &error))
    }

    /// When the last sample of `server` was taken, and how many slots each held since `since`, sorted by time; `None`
    /// without a sample. Samples dated after `now` are left out.
    pub fn recent(&self, server: &str, since: i64, now: i64) -> Result<Option<Recent>, String> {
        recent(&self.connection, server, since, now).map_err(|error| sentence(&self.path, &error))
    }

    /// The history of one server from `since` to `now`, microseconds since 1970. Samples that are dated later are
    /// counted and left out.
    pub fn history(&self, server: &str, since: i64, now: i64) -> Result<History, String> {
        history(&self.connection, server, since, now).map_err(|error| sentence(&self.path, &error))
    }
}

/// The last samples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recent {
    /// When the last was taken, refusals included, microseconds since 1970.
    pub last: i64,
    /// When, and how many slots were taken.
    pub used: Vec<(i64, u32)>,
}

fn recent(
    connection: &Connection,
    server: &str,
    since: i64,
    now: i64,
) -> rusqlite::Result<Option<Recent>> {
    let last: Option<i64> = connection.query_row(
        "SELECT max(at) FROM sample JOIN server ON server.id = sample.server WHERE name = ?1 AND at <= ?2",
        params![server, now],
        |row| row.get(0),
    )?;
    let Some(last) = last else {
        return Ok(None);
    };
    let mut query = connection.prepare(
        "SELECT at, used FROM sample JOIN server ON server.id = sample.server \
         WHERE name = ?1 AND at BETWEEN ?2 AND ?3 AND used IS NOT NULL ORDER BY at",
    )?;
    let rows = query.query_map(params![server, since, now], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    let used = rows.collect::<rusqlite::Result<_>>()?;
    Ok(Some(Recent { last, used }))
}

fn history(
    connection: &Connection,
    server: &str,
    since: i64,
    now: i64,
) -> rusqlite::Result<History> {
    let server: Option<i64> = connection
        .query_row("SELECT id FROM server WHERE name = ?1", [server], |row| {
            row.get(0)
        })
        .optional()?;
    let Some(server) = server else {
        return Ok(History::default());
    };
    let mut history = points(connection, server, since.max(0), now)?;
    let named = |column: &str| peaks(connection, column, server, since.max(0), now);
    history.applications = named("application")?;
    history.roles = named("role")?;
    let document: Option<String> = connection
        .query_row(
            "SELECT document FROM sample JOIN named_limits ON named_limits.id = sample.named_limits \
             WHERE server = ?1 AND at BETWEEN ?2 AND ?3 ORDER BY at DESC LIMIT 1",
            [server, since.max(0), now],
            |row| row.get(0),
        )
        .optional()?;
    history.role_limits = role_limits(&document.unwrap_or_default());
    Ok(history)
}

/// The samples in the order in which they were taken, then sorted by what they say of their time.
fn points(connection: &Connection, server: i64, since: i64, now: i64) -> rusqlite::Result<History> {
    let mut providers: BTreeMap<i64, Vec<ProviderReserve>> = BTreeMap::new();
    let mut query = connection.prepare("SELECT id, document FROM named_limits")?;
    let documents = query.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)))?;
    for document in documents {
        let (id, text): (i64, String) = document?;
        let reserve = |(setting, slots)| ProviderReserve { setting, slots };
        let reserves = pairs(&text, "provider").into_iter().map(reserve);
        providers.insert(id, reserves.collect());
    }
    let mut history = History::default();
    let mut query = connection.prepare(
        "SELECT at, used, max_connections, superuser_reserved, reserved, named_limits, refused_exhaustion \
         FROM sample WHERE server = ?1 ORDER BY id",
    )?;
    let mut rows = query.query([server])?;
    let mut before = i64::MIN;
    let mut ceiling = None;
    let mut early_refusals = Vec::new();
    while let Some(row) = rows.next()? {
        let at: i64 = row.get(0)?;
        history.clock_went_back += u32::from(at < before);
        before = at;
        if at > now {
            history.after_now += 1;
            continue;
        }
        if at < since {
            continue;
        }
        let refused = row.get::<_, Option<bool>>(6)?.unwrap_or(false);
        let used: Option<u32> = row.get(1)?;
        match used {
            Some(used) => {
                let capacity = ordinary(row, &providers)?;
                ceiling = Some(capacity);
                history.points.push(Point {
                    at,
                    used,
                    capacity,
                    refused,
                });
            }
            None if !refused => history.not_counted += 1,
            // Full: every ordinary slot of the last count before it is taken, or of the first one after.
            None => match ceiling {
                Some(capacity) => history.points.push(full(at, capacity)),
                None => early_refusals.push(at),
            },
        }
    }
    if let Some(first) = history.points.first().map(|point| point.capacity) {
        let early = early_refusals.into_iter().map(|at| full(at, first));
        history.points.extend(early);
    }
    history.points.sort_by_key(|point| point.at);
    Ok(history)
}

fn full(at: i64, capacity: u32) -> Point {
    Point {
        at,
        used: capacity,
        capacity,
        refused: true,
    }
}

/// Ordinary slots at a sample that counted.
fn ordinary(
    row: &Row<'_>,
    providers: &BTreeMap<i64, Vec<ProviderReserve>>,
) -> rusqlite::Result<u32> {
    let number = |column: usize| {
        row.get::<_, Option<u32>>(column)
            .map(Option::unwrap_or_default)
    };
    let named: Option<i64> = row.get(5)?;
    let limits = Limits {
        max_connections: number(2)?,
        superuser_reserved: number(3)?,
        reserved: number(4)?,
        provider: named
            .and_then(|id| providers.get(&id).cloned())
            .unwrap_or_default(),
        max_wal_senders: 0,
    };
    Ok(Capacity::of(&limits, 0).ordinary.total)
}

/// The most in one sample of each day, by `column`, which is one of the two names above and no text of anybody's.
fn peaks(
    connection: &Connection,
    column: &str,
    server: i64,
    since: i64,
    now: i64,
) -> rusqlite::Result<Vec<Named>> {
    let mut query = connection.prepare(&format!(
        "SELECT name, day, max(superuser), max(total) FROM ( \
             SELECT holders.{column} AS name, sample.at / ?4 AS day, max(holders.superuser) AS superuser, \
                    sum(held.count) AS total \
             FROM sample JOIN held ON held.sample = sample.id JOIN holders ON holders.id = held.holders \
             WHERE sample.server = ?1 AND sample.at BETWEEN ?2 AND ?3 \
             GROUP BY sample.id, holders.{column}) \
         GROUP BY name, day ORDER BY name, day"
    ))?;
    let mut rows = query.query(params![server, since, now, DAY])?;
    let mut named: Vec<Named> = Vec::new();
    while let Some(row) = rows.next()? {
        let name: String = row.get(0)?;
        if named.last().is_none_or(|last| last.name != name) {
            named.push(Named {
                name,
                ..Named::default()
            });
        }
        let Some(last) = named.last_mut() else {
            continue;
        };
        last.days.push((row.get(1)?, row.get(3)?));
        match row.get::<_, i64>(2)? {
            1 => last.superuser = Some(true),
            0 => last.superuser = last.superuser.or(Some(false)),
            _ => {}
        }
    }
    Ok(named)
}

fn role_limits(document: &str) -> Vec<NamedLimit> {
    pairs(document, "roles")
        .into_iter()
        .map(|(name, limit)| NamedLimit { name, limit })
        .collect()
}

/// `[["name", 3], …]` under `key`; what is no such pair is left out.
fn pairs(document: &str, key: &str) -> Vec<(String, u32)> {
    let document: Value = serde_json::from_str(document).unwrap_or_default();
    let pair = |it: &Value| {
        let number = u32::try_from(it[1].as_u64()?).ok()?;
        Some((it[0].as_str()?.to_owned(), number))
    };
    let list = document[key].as_array();
    list.into_iter().flatten().filter_map(pair).collect()
}
