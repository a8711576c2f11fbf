//! Where to connect: libpq's conventions, the configuration file, TLS.
//!
//! Stage: before any lane is opened. In: the connection flags, the environment and the files it names.
//! Out: a [`Target`], complete, with nothing left to look up but the password a person may type.
//! Never: opens a connection, prints, or asks.

mod certificate;
mod config;
mod config_file;
mod conninfo;
mod console;
mod endpoints;
mod environment;
mod error;
mod explain;
mod fleet_section;
mod keywords;
mod layers;
mod passfile;
mod password_command;
mod recycling;
mod resolve;
mod runtime_section;
mod runtimes;
mod service;
mod settings;
mod ssl;
mod tls;
mod tls_files;
mod uri;
mod values;
mod verifier;

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

pub use config::Config;
pub use console::resolve_console;
pub use environment::{ConfigFiles, Environment};
pub use error::TargetError;
pub use explain::explain_tls;
pub use recycling::Recycler;
pub use resolve::{resolve, resolve_in_name};
pub use tls::{client_config, server_name};

/// The connection flags, as they were typed. An empty one counts as not given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConnectionFlags {
    /// `-h`: host or socket directory, or a comma list.
    pub host: Option<String>,
    /// `-p`: port, or a comma list.
    pub port: Option<String>,
    /// `-U`: role.
    pub username: Option<String>,
    /// `-d`: database name, URI or key=value string; as in psql, what a string says goes before the other flags.
    pub dbname: Option<String>,
    /// `--service`: section of the service file.
    pub service: Option<String>,
    /// `-t`: `[target.NAME]` of the configuration.
    pub target: Option<String>,
}

/// A server (or several that stand for one), and everything needed to log in to it.
#[derive(Debug, Clone)]
pub struct Target {
    /// The `[target.NAME]` of the configuration, when one was named with `-t`.
    pub name: Option<String>,
    /// The places to try, in order. Never empty.
    pub endpoints: Vec<Endpoint>,
    /// The role to log in as.
    pub user: String,
    /// The database to log in to: the one that was named, else the maintenance database `postgres`.
    pub database: String,
    /// Whether anybody named the database (flag, DSN, service, `PGDATABASE`).
    pub database_named: bool,
    /// How to encrypt, and what to verify.
    pub ssl: Ssl,
    /// SCRAM channel binding.
    pub channel_binding: ChannelBinding,
    /// Which kind of server will do, when there are several.
    pub session_attrs: SessionAttrs,
    /// `load_balance_hosts=random`: try the endpoints in random order.
    pub random_order: bool,
    /// `connect_timeout` as libpq means it: unset when 0, negative or absent. The caller has its own default.
    pub connect_timeout: Option<Duration>,
    /// `options`: command-line options for the server (`-c name=value`).
    pub options: Option<String>,
    /// The password given outright (DSN, `PGPASSWORD`, `password_command`, or typed); goes before the
    /// password file's.
    pub password: Option<Secret>,
    /// TCP keepalive; `None` when `keepalives=0`.
    pub keepalive: Option<Keepalive>,
    /// `tcp_user_timeout`, in libpq's milliseconds.
    pub tcp_user_timeout: Option<Duration>,
    /// What the configuration protects from being chosen.
    pub protected: Protected,
    /// Sentences for the operator: a password file skipped because others may read it, and the like.
    pub warnings: Vec<String>,
}

/// One place to connect to.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// Host, or directory of a Unix socket.
    pub host: Host,
    /// Port; of a Unix socket, the number at the end of its file name.
    pub port: u16,
    /// What the password file holds for this endpoint, role and database.
    pub filed_password: Option<Secret>,
}

/// What stands in libpq's `host` and `hostaddr`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// Directory that holds `.s.PGSQL.<port>`.
    Unix(PathBuf),
    /// Abstract Unix socket (`host=@name`).
    Abstract(String),
    /// TCP. At least one of the two is there; with an address nothing is looked up, and `name` is
    /// what the certificate must match.
    Tcp {
        /// `host`.
        name: Option<String>,
        /// `hostaddr`.
        address: Option<IpAddr>,
    },
}

/// TLS settings.
#[derive(Debug, Clone)]
pub struct Ssl {
    /// `sslmode`.
    pub mode: SslMode,
    /// `sslrootcert`, or `~/.postgresql/root.crt` when that exists.
    pub root: RootCert,
    /// `sslcert` and `sslkey`, or `~/.postgresql/postgresql.{crt,key}` when they exist.
    pub client_cert: Option<(PathBuf, PathBuf)>,
    /// `sslcrl`, when given.
    pub crl: Option<PathBuf>,
    /// `sslnegotiation=direct` (17+): TLS without asking first.
    pub direct: bool,
    /// `sslsni`; on unless switched off.
    pub sni: bool,
    /// `ssl_min_protocol_version` and `ssl_max_protocol_version`.
    pub versions: TlsVersions,
}

/// Which TLS versions may be spoken. Older ones than 1.2 are never.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TlsVersions {
    /// 1.2 and 1.3.
    #[default]
    Both,
    /// 1.2 alone.
    Only12,
    /// 1.3 alone.
    Only13,
}

/// Whom to trust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RootCert {
    /// Nothing was given and no file is in the usual place.
    None,
    /// PEM file.
    File(PathBuf),
    /// `sslrootcert=system`: the operating system's store.
    System,
}

/// libpq's six `sslmode`s, with libpq's meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SslMode {
    /// Never encrypt.
    Disable,
    /// Encrypt only when the server refuses otherwise.
    Allow,
    /// Encrypt when the server can; verify nothing.
    Prefer,
    /// Encrypt; verify the chain only when a root file exists.
    Require,
    /// Encrypt and verify the chain.
    VerifyCa,
    /// Encrypt, verify the chain and the name.
    VerifyFull,
}

/// `channel_binding`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelBinding {
    /// Never.
    Disable,
    /// When both sides can.
    Prefer,
    /// Or not at all.
    Require,
}

/// `target_session_attrs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionAttrs {
    /// Any server.
    Any,
    /// Sessions may write by default.
    ReadWrite,
    /// Sessions may not write by default.
    ReadOnly,
    /// Not in recovery.
    Primary,
    /// In recovery.
    Standby,
    /// In recovery if there is one, else any.
    PreferStandby,
}

/// TCP keepalive, times as libpq's `keepalives_*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keepalive {
    /// Seconds without traffic before the first probe.
    pub idle: Duration,
    /// Between probes.
    pub interval: Duration,
    /// Lost probes before the connection counts as dead.
    pub count: u32,
}

/// What the configuration keeps from being chosen, whatever the flags say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Protected {
    /// Role names.
    pub users: Vec<String>,
    /// Application names.
    pub applications: Vec<String>,
    /// Database names.
    pub databases: Vec<String>,
    /// No command may act on more targets than this at once (`max_targets`).
    pub max_targets: Option<usize>,
}

/// A password. Shown by nothing: `Debug` prints stars.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a password.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The password itself, for the wire only.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl Endpoint {
    /// How a person names it: `db.example:5432`, `db.example (10.0.0.7):5432`, `/run/postgresql/.s.PGSQL.5432`.
    pub fn label(&self) -> String {
        match &self.host {
            Host::Unix(directory) => format!("{}/.s.PGSQL.{}", directory.display(), self.port),
            Host::Abstract(name) => format!("@{name}/.s.PGSQL.{}", self.port),
            Host::Tcp {
                name: Some(name),
                address: Some(address),
            } if name != &address.to_string() => {
                format!("{name} ({address}):{}", self.port)
            }
            Host::Tcp {
                name: Some(name), ..
            } if name.contains(':') => format!("[{name}]:{}", self.port),
            Host::Tcp {
                name: Some(name), ..
            } => format!("{name}:{}", self.port),
            Host::Tcp {
                address: Some(IpAddr::V6(address)),
                ..
            } => format!("[{address}]:{}", self.port),
            Host::Tcp { address, .. } => match address {
                Some(address) => format!("{address}:{}", self.port),
                None => format!("?:{}", self.port),
            },
        }
    }
}

impl Target {
    /// The password to offer at `endpoint`: the one given outright, else the password file's.
    pub fn password_for<'a>(&'a self, endpoint: &'a Endpoint) -> Option<&'a Secret> {
        self.password.as_ref().or(endpoint.filed_password.as_ref())
    }
}
