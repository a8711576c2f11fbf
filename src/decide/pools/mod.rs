//! A pooler as its admin console shows it: pools, clients, server connections, databases and limits.
//!
//! Pure values; `observe::pools` fills them in. Text in them is the pooler's and untrusted until it went through
//! `report::sanitize`. The facts are PgBouncer's (`admin.c`): columns differ by version, so what a version does not
//! tell is `None`.

pub mod action;
pub mod bottleneck;
pub mod holder;
pub mod pooled;
pub mod verb;

use std::time::Duration;

use super::session::Client;

/// The console's own database: it takes no server connection and is never a target.
pub const CONSOLE: &str = "pgbouncer";

/// One look at a pooler.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pooler {
    /// Where its console answers.
    pub endpoint: String,
    /// `SHOW VERSION`.
    pub version: Version,
    /// `SHOW POOLS`, the console's own left out.
    pub pools: Vec<Pool>,
    /// `SHOW CLIENTS`, consoles left out.
    pub clients: Vec<PoolClient>,
    /// `SHOW SERVERS`.
    pub servers: Vec<PoolServer>,
    /// `SHOW DATABASES`, the console's own left out.
    pub databases: Vec<PoolDatabase>,
    /// `SHOW CONFIG` and `SHOW LISTS`.
    pub limits: PoolerLimits,
}

/// A version such as `1.24.1`; all 0 when it cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Version {
    /// 1
    pub major: u32,
    /// 24
    pub minor: u32,
    /// 1
    pub patch: u32,
}

/// The first version that has `KILL_CLIENT` and client ids.
pub const KILL_CLIENT_SINCE: Version = Version {
    major: 1,
    minor: 24,
    patch: 0,
};

/// One pool: a database and a user.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pool {
    /// The pooler's name of the database.
    pub database: String,
    /// The user whose server connections they are.
    pub user: String,
    /// Clients that are linked to a server connection or need none now.
    pub cl_active: u32,
    /// Clients that wait for a server connection.
    pub cl_waiting: u32,
    /// Server connections in use.
    pub sv_active: u32,
    /// Server connections to spare: idle, used (idle for a while) and being tested.
    pub sv_idle: u32,
    /// Server connections that are logging in.
    pub sv_login: u32,
    /// How long the first client in the queue has waited.
    pub maxwait: Duration,
    /// `session`, `transaction` or `statement`.
    pub mode: String,
}

impl Pool {
    /// Server connections in all.
    pub fn servers(&self) -> u32 {
        self.sv_active + self.sv_idle + self.sv_login
    }
}

/// A client of the pooler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolClient {
    /// `id` (1.24 and later).
    pub id: Option<u64>,
    /// Its address in the pooler's memory: who it is, together with `connected_at`.
    pub ptr: String,
    /// The server connection it is linked to.
    pub link: Option<String>,
    /// Role it logged in as.
    pub user: String,
    /// The pooler's name of the database.
    pub database: String,
    /// `active`, `waiting`, `idle`…
    pub state: String,
    /// Where it is.
    pub client: Client,
    /// Its port; 0 or the pooler's own on a Unix socket.
    pub port: Option<u16>,
    /// `application_name` (1.18 and later).
    pub application: Option<String>,
    /// When it connected, in seconds of the pooler's own wall clock.
    pub connected_at: Option<i64>,
}

/// A connection of the pooler to a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolServer {
    /// Its address in the pooler's memory.
    pub ptr: String,
    /// The client it is linked to.
    pub link: Option<String>,
    /// Role it logged in as.
    pub user: String,
    /// The pooler's name of the database.
    pub database: String,
    /// `active`, `idle`, `used`, `login`…
    pub state: String,
    /// Where the server sees it come from.
    pub local: Client,
    /// The port there.
    pub local_port: Option<u16>,
    /// PID of the server process, unless another pooler stands behind.
    pub remote_pid: Option<i32>,
    /// How long it has been connected.
    pub connected_for: Option<Duration>,
    /// When it connected, in seconds of the pooler's own wall clock.
    pub connected_at: Option<i64>,
    /// Will be closed as soon as it is released.
    pub close_needed: bool,
}

/// A database as the pooler knows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PoolDatabase {
    /// The pooler's name of it.
    pub name: String,
    /// Where its server is; empty for a Unix socket in the usual place.
    pub host: String,
    /// Port.
    pub port: u16,
    /// The server's name of it.
    pub database: String,
    /// Server connections for one user.
    pub pool_size: u32,
    /// More of them after `reserve_pool_timeout`.
    pub reserve_pool: u32,
    /// Server connections for all users together; 0: no limit.
    pub max_connections: u32,
    /// Server connections there are.
    pub current_connections: u32,
    /// New queries wait until `RESUME`.
    pub paused: bool,
    /// New clients are refused until `ENABLE`.
    pub disabled: bool,
}

/// The limits that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PoolerLimits {
    /// Clients in all; the console is exempt.
    pub max_client_conn: Option<u32>,
    /// Clients there are, consoles and unfinished logins included, as the limit counts them.
    pub used_clients: Option<u32>,
    /// Server connections of one pool, where the database says nothing else.
    pub default_pool_size: Option<u32>,
    /// How long a client waits in the queue.
    pub query_wait_timeout: Option<Duration>,
}

impl Version {
    /// Reads `PgBouncer 1.18.0` or `1.18.0`.
    pub fn read(text: &str) -> Self {
        let number = text.rsplit(' ').next().unwrap_or_default();
        let mut parts = number.split('.').map(|part| {
            let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().unwrap_or(0)
        });
        let mut next = || parts.next().unwrap_or(0);
        Self {
            major: next(),
            minor: next(),
            patch: next(),
        }
    }

    /// Whether it could be read.
    pub fn is_known(self) -> bool {
        self != Self::default()
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.is_known() {
            write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
        } else {
            f.write_str("(version unknown)")
        }
    }
}

impl Pooler {
    /// The database of this name.
    pub fn database(&self, name: &str) -> Option<&PoolDatabase> {
        self.databases.iter().find(|database| database.name == name)
    }

    /// The clients of a database.
    pub fn clients_of<'a>(&'a self, database: &'a str) -> impl Iterator<Item = &'a PoolClient> {
        self.clients
            .iter()
            .filter(move |client| client.database == database)
    }

    /// The server connections for a database.
    pub fn servers_of<'a>(&'a self, database: &'a str) -> impl Iterator<Item = &'a PoolServer> {
        self.servers
            .iter()
            .filter(move |server| server.database == database)
    }

    /// Clients that wait, over all pools.
    pub fn waiting(&self) -> u32 {
        self.pools.iter().map(|pool| pool.cl_waiting).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_and_compared() {
        for (text, shown, kills) in [
            ("PgBouncer 1.18.0", "1.18.0", false),
            ("PgBouncer 1.24.1", "1.24.1", true),
            ("PgBouncer 1.23.1", "1.23.1", false),
            ("1.25.0rc1", "1.25.0", true),
            ("something", "(version unknown)", false),
        ] {
            let version = Version::read(text);
            assert_eq!(version.to_string(), shown);
            assert_eq!(version >= KILL_CLIENT_SINCE, kills, "{text}");
        }
    }
}
