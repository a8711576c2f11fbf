//! The stage of every incident: the throwaway server, its slots, its roles.
//!
//! Stage: rehearsal, before an incident. Never: fills a slot; that is the incidents' part.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};

use super::binaries::Binaries;
use super::server::ThrowawayServer;
use super::settings::Data;
use super::settings::{DATABASE, Listen, SUPERUSER, Settings, state_directory};
use super::wire::{Address, Login, Refusal, Row, Session, log_in};

/// The role of the applications.
pub const APP: &str = "app";

/// The role of an application that goes wrong on its own.
pub const CULPRIT_ROLE: &str = "newsletter";

/// A role that is asked for a password and has none.
pub const STALLED_ROLE: &str = "stalled";

/// The role of the operator.
pub const OPERATOR: &str = "breakglass";

/// `max_connections`.
pub const MAX_CONNECTIONS: usize = 20;

/// `superuser_reserved_connections`.
const SUPERUSER_RESERVED: usize = 3;

/// `reserved_connections`, which came with PostgreSQL 16.
const RESERVED: usize = 2;

/// The first major with `reserved_connections`.
const RESERVED_SINCE: u32 = 16;

/// `max_wal_senders`.
pub const MAX_WAL_SENDERS: usize = 4;

/// How long the sessions of an incident may take to go.
const CLEARING_LIMIT: Duration = Duration::from_secs(30);

/// Everybody who may enter the server's directory is trusted. On 127.0.0.1, where every account of this host can
/// knock, only the two roles without any rights are.
const ACCESS: &str = "\
local all stalled scram-sha-256
local all all trust
local replication all trust
host all app,newsletter 127.0.0.1/32 trust
";

/// How `workers` recognises the drill's own application server.
pub const CONFIGURATION: &str = r#"
[runtime.drill]
title = "the drill's application server"
command = '^\S+ drill-(master|worker) '
master_is = "topmost"
to = "worker"
signal = "TERM"

[runtime.drill.worker.TERM]
why = "the worker exits; the next one connects when it is needed"
requests = "cut"
ends = "process"
respawned = "always"
takes = "1s"
"#;

/// A server on which an incident can be played.
pub struct Stage {
    /// The server.
    pub server: ThrowawayServer,
    /// This program's executable.
    pub program: PathBuf,
    /// `PATH`, to look for a pooler.
    pub path: Option<std::ffi::OsString>,
    /// Its major version.
    pub major: u32,
    /// How many slots ordinary roles can have.
    pub ordinary_slots: usize,
}

impl Stage {
    /// Starts the server, with its roles in place.
    pub fn build(
        program: &Path,
        binaries: &Binaries,
        path: Option<std::ffi::OsString>,
    ) -> Result<Self> {
        let reserved = if binaries.major >= RESERVED_SINCE {
            RESERVED
        } else {
            0
        };
        let mut settings = Settings::new(program)
            .set("max_connections", MAX_CONNECTIONS)
            .set("superuser_reserved_connections", SUPERUSER_RESERVED)
            .set("max_wal_senders", MAX_WAL_SENDERS)
            // Logins that stall do not end by themselves while somebody rehearses.
            .set("authentication_timeout", "10min");
        if reserved > 0 {
            settings = settings.set("reserved_connections", reserved);
        }
        settings.listen = Listen::Loopback;
        settings.access = ACCESS.to_owned();
        settings.data = Data::Initialised(roles(binaries.major));
        let server = ThrowawayServer::start(binaries, &settings)?;
        let configuration = state_directory(server.directory()).join("breakglass");
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&configuration)?;
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(configuration.join("config.toml"))?
            .write_all(CONFIGURATION.as_bytes())?;
        Ok(Self {
            server,
            program: program.to_owned(),
            path,
            major: binaries.major,
            ordinary_slots: MAX_CONNECTIONS - SUPERUSER_RESERVED - reserved,
        })
    }

    /// Whether the server keeps slots for a role that is no superuser.
    pub fn has_reserved_connections(&self) -> bool {
        self.major >= RESERVED_SINCE
    }

    /// Where who may enter the server's directory connects.
    pub fn socket(&self) -> Address {
        Address::Socket(
            self.server.directory().to_owned(),
            self.server.address().port(),
        )
    }

    /// How many slots ordinary roles cannot have.
    pub fn reserve(&self) -> usize {
        MAX_CONNECTIONS - self.ordinary_slots
    }

    /// Tries one fresh login: a session, or the server's refusal.
    pub fn log_in(&self, user: &str) -> Result<Result<Session, Refusal>> {
        let parameters = [
            ("user", user),
            ("database", DATABASE),
            ("application_name", "drill"),
        ];
        match log_in(&self.socket(), &parameters)? {
            Login::Admitted(session) => Ok(Ok(session)),
            Login::Refused(refusal) => Ok(Err(refusal)),
            Login::AskedForPassword(_) => bail!("the throwaway server asked {user} for a password"),
        }
    }

    /// Runs one query as superuser, on a connection of its own.
    pub fn query(&self, sql: &str) -> Result<Vec<Row>> {
        let mut session = self
            .log_in(SUPERUSER)?
            .map_err(|refusal| anyhow!("the drill's own check was refused: {refusal}"))?;
        session.ask(sql)?.map_err(|refusal| anyhow!("{refusal}"))
    }

    /// Ends what is left of an incident. Statements outlive their clients: the server notices that a client
    /// is gone only when it next reads from it or writes to it.
    pub fn clear(&self) -> Result<()> {
        let deadline = Instant::now() + CLEARING_LIMIT;
        let others = "backend_type = 'client backend' AND pid <> pg_backend_pid()";
        loop {
            let answer = self.query(&format!(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"
            ));
            match answer {
                Ok(rows) if rows.is_empty() => return Ok(()),
                Err(error) if Instant::now() > deadline => return Err(error),
                Ok(_) if Instant::now() > deadline => bail!("sessions of the incident do not end"),
                _ => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }

    /// How often the server has restarted itself: after a crash, PostgreSQL ends every session and says so.
    pub fn restarts(&self) -> usize {
        self.server.log().matches("reinitializing").count()
    }

    /// What the operator's shell must export to reach this server.
    pub fn environment(&self) -> [(&'static str, String); 5] {
        let address = self.socket();
        let state = state_directory(self.server.directory())
            .display()
            .to_string();
        [
            ("PGHOST", address.host()),
            ("PGPORT", address.port().to_string()),
            ("PGUSER", OPERATOR.to_owned()),
            ("XDG_STATE_HOME", state.clone()),
            ("XDG_CONFIG_HOME", state),
        ]
    }
}

/// The applications' role and the operator's: the one the lanes want, not a superuser.
fn roles(major: u32) -> Vec<String> {
    let mut memberships = "pg_monitor, pg_signal_backend".to_owned();
    if major >= RESERVED_SINCE {
        memberships.push_str(", pg_use_reserved_connections");
    }
    let mut statements = vec![
        format!("CREATE ROLE {APP} LOGIN"),
        format!("CREATE ROLE {CULPRIT_ROLE} LOGIN"),
        format!("CREATE ROLE {STALLED_ROLE} LOGIN PASSWORD 'never typed'"),
        format!("CREATE ROLE {OPERATOR} LOGIN REPLICATION CREATEROLE IN ROLE {memberships}"),
    ];
    if major >= RESERVED_SINCE {
        statements.push(format!(
            "GRANT {CULPRIT_ROLE} TO {OPERATOR} WITH ADMIN OPTION"
        ));
    }
    statements
}
