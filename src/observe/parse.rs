//! Rows of text into a [`Snapshot`].
//!
//! Pure. What the server sends is not trusted to be well-formed: a row that cannot be read is an error that says
//! which, never a session with made-up values.

use std::time::Duration;

use crate::decide::capacity::{Limits, ProviderReserve};
use crate::decide::identity::SessionId;
use crate::decide::session::{Client, Kind, Session, State, Wait};
use crate::decide::sessions::outcome::Seen;
use crate::decide::snapshot::{NamedLimit, Prepared, Server, Snapshot};
use crate::lanes::Row;

/// What could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable(pub String);

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the server's answer cannot be read: {}", self.0)
    }
}

impl std::error::Error for Unreadable {}

/// A row's columns, taken one after the other.
struct Fields<'a> {
    row: &'a mut [Option<String>],
    next: usize,
}

impl Fields<'_> {
    fn take(&mut self) -> Option<String> {
        let value = self.row.get_mut(self.next).and_then(Option::take);
        self.next += 1;
        value
    }

    fn number<T: std::str::FromStr>(&mut self, what: &str) -> Result<Option<T>, Unreadable> {
        let value = self.take();
        value
            .map(|text| {
                text.parse()
                    .map_err(|_| Unreadable(format!("{what} is {text:?}")))
            })
            .transpose()
    }

    fn needed<T: std::str::FromStr>(&mut self, what: &str) -> Result<T, Unreadable> {
        self.number(what)?
            .ok_or_else(|| Unreadable(format!("{what} is missing")))
    }

    /// An age in microseconds. Two clock readings may cross, so a negative one is none at all.
    fn age(&mut self, what: &str) -> Result<Option<Duration>, Unreadable> {
        Ok(self
            .number::<i64>(what)?
            .map(|micros| Duration::from_micros(u64::try_from(micros).unwrap_or(0))))
    }

    fn flag(&mut self) -> Option<bool> {
        self.take()
            .map(|text| matches!(text.as_str(), "true" | "t" | "on"))
    }

    fn text(&mut self) -> String {
        self.take().unwrap_or_default()
    }
}

/// Reads the answer to [`super::sql::snapshot`].
pub fn snapshot(rows: Vec<Row>) -> Result<Snapshot, Unreadable> {
    let mut reading = Reading::default();
    rows.into_iter().for_each(|row| reading.row(row));
    reading.end()
}

/// The same, a row at a time.
#[derive(Debug, Default)]
pub struct Reading {
    server: Option<ServerRow>,
    sessions: Vec<Session>,
    role_limits: Vec<NamedLimit>,
    database_limits: Vec<NamedLimit>,
    /// The first that could not be read.
    unreadable: Option<Unreadable>,
}

impl Reading {
    /// Reads the next row.
    pub fn row(&mut self, mut row: Row) {
        if self.unreadable.is_none() {
            self.unreadable = self.read(&mut row).err();
        }
    }

    fn read(&mut self, row: &mut [Option<String>]) -> Result<(), Unreadable> {
        let mut fields = Fields { row, next: 0 };
        match fields.text().as_str() {
            "session" => self.sessions.push(session(&mut fields)?),
            "role" => self.role_limits.push(named_limit(&mut fields)?),
            "database" => self.database_limits.push(named_limit(&mut fields)?),
            "server" => self.server = Some(server_row(&mut fields)?),
            other => return Err(Unreadable(format!("a row is tagged {other:?}"))),
        }
        Ok(())
    }

    /// What all rows together say.
    pub fn end(mut self) -> Result<Snapshot, Unreadable> {
        if let Some(unreadable) = self.unreadable {
            return Err(unreadable);
        }
        let (server, limits, prepared, at) = self
            .server
            .ok_or_else(|| Unreadable("it does not describe the server".to_owned()))?;
        self.sessions.sort_by_key(|session: &Session| session.id);
        Ok(Snapshot {
            server,
            limits,
            sessions: self.sessions,
            role_limits: self.role_limits,
            database_limits: self.database_limits,
            prepared,
            at,
        })
    }
}

type ServerRow = (Server, Limits, Prepared, i64);

fn server_row(fields: &mut Fields<'_>) -> Result<ServerRow, Unreadable> {
    let mut server = Server {
        version: fields.text(),
        version_num: fields.needed("server_version_num")?,
        in_recovery: fields.flag().unwrap_or(false),
        system_identifier: fields.take(),
        uptime: fields.age("uptime")?.unwrap_or_default(),
        cluster_name: fields.take().filter(|name| !name.is_empty()),
        own_pid: fields.needed("pg_backend_pid")?,
        role: fields.text(),
        role_superuser: fields.flag().unwrap_or(false),
        role_may_signal: fields.flag().unwrap_or(false),
        role_may_see: fields.flag().unwrap_or(false),
        role_reserved: fields.flag().unwrap_or(false),
        database: fields.text(),
    };
    server.role_may_signal |= server.role_superuser;
    server.role_may_see |= server.role_superuser;
    let at = fields.needed("clock_timestamp")?;
    let mut limits = Limits {
        max_connections: fields.needed("max_connections")?,
        superuser_reserved: fields.needed("superuser_reserved_connections")?,
        reserved: fields.number("reserved_connections")?.unwrap_or(0),
        ..Limits::default()
    };
    for entry in fields.text().split(',').filter(|entry| !entry.is_empty()) {
        if let Some((name, Ok(slots))) = entry
            .split_once('=')
            .map(|(name, count)| (name, count.parse()))
        {
            limits.provider.push(ProviderReserve {
                setting: name.to_owned(),
                slots,
            });
        }
    }
    limits.max_wal_senders = fields.needed("max_wal_senders")?;
    let prepared = fields.text();
    let (count, oldest) = prepared.split_once(' ').unwrap_or((&prepared, ""));
    let prepared = Prepared {
        count: count.parse().unwrap_or(0),
        oldest: oldest.parse().ok().map(Duration::from_micros),
    };
    Ok((server, limits, prepared, at))
}

fn named_limit(fields: &mut Fields<'_>) -> Result<NamedLimit, Unreadable> {
    Ok(NamedLimit {
        name: fields.text(),
        limit: fields.needed("a connection limit")?,
    })
}

fn session(fields: &mut Fields<'_>) -> Result<Session, Unreadable> {
    let pid = fields.needed("a pid")?;
    let started = fields.number("backend_start")?;
    let kind = fields.take();
    let user = fields.take();
    let superuser = fields.flag();
    let database = fields.take();
    let application = fields.take();
    let client = fields.take();
    let state = fields.take().map(|text| State::from_server(&text));
    let connected_for = fields.age("backend_start")?;
    let in_transaction_for = fields.age("xact_start")?;
    let query_for = fields.age("query_start")?;
    let state_for = fields.age("state_change")?;
    let query_started = fields.number("query_start")?;
    let class = fields.take();
    let event = fields.take();
    let blocked_by = pids(&fields.text())?;
    let leader = fields.number("leader_pid")?;
    let query = fields.take();
    let client_port = fields.number("client_port")?;
    // The server nulls backend_type of a row whose particulars our role may not see.
    let hidden = kind.is_none();
    Ok(Session {
        id: SessionId { pid, started },
        kind: read_kind(kind, &user),
        user,
        superuser,
        database,
        application,
        client: read_client(client.as_deref())?,
        client_port,
        state,
        connected_for,
        in_transaction_for,
        query_for,
        state_for,
        query_started,
        wait: class.zip(event).map(|(class, event)| Wait { class, event }),
        blocked_by,
        leader,
        query: query.filter(|_| !hidden),
        hidden,
        pooled: None,
    })
}

fn read_kind(kind: Option<String>, user: &Option<String>) -> Kind {
    match kind.as_deref() {
        Some("client backend") => Kind::Client,
        Some("walsender") => Kind::Walsender,
        Some("parallel worker") => Kind::ParallelWorker,
        Some(other) => Kind::Background(other.to_owned()),
        // Nobody logs in to a background process, so a hidden row with a role is a client or a walsender.
        None if user.is_some() => Kind::Hidden,
        None => Kind::Background("server process".to_owned()),
    }
}

fn read_client(text: Option<&str>) -> Result<Client, Unreadable> {
    match text {
        None => Ok(Client::Unknown),
        Some("local") => Ok(Client::Local),
        // Link-local IPv6 addresses carry a zone.
        Some(text) => text
            .split('%')
            .next()
            .unwrap_or(text)
            .parse()
            .map(Client::Address)
            .map_err(|_| Unreadable(format!("client_addr is {text:?}"))),
    }
}

fn pids(text: &str) -> Result<Vec<i32>, Unreadable> {
    let mut pids = Vec::new();
    for word in text.split_whitespace() {
        let pid = word
            .parse()
            .map_err(|_| Unreadable(format!("a blocking pid is {word:?}")))?;
        if !pids.contains(&pid) {
            pids.push(pid);
        }
    }
    Ok(pids)
}

/// Reads the answer to [`super::sql::second_look`].
pub fn second_look(rows: Vec<Row>) -> Result<Vec<(SessionId, Seen)>, Unreadable> {
    let mut seen = Vec::with_capacity(rows.len());
    for mut row in rows {
        let mut fields = Fields {
            row: &mut row,
            next: 0,
        };
        let pid = fields.needed("a pid")?;
        let started = fields.number("backend_start")?;
        let state = fields.take().map(|text| State::from_server(&text));
        let query_started = fields.number("query_start")?;
        seen.push((
            SessionId { pid, started },
            Seen::Present {
                state,
                query_started,
            },
        ));
    }
    Ok(seen)
}
