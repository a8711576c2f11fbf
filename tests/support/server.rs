//! One test server: where it is, who is on it, and how to try a login.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use breakglass::drill::server::ThrowawayServer;
use breakglass::drill::settings::{Data, Listen, Settings};
use breakglass::drill::wire::{Login, Refusal, Session, log_in};

use super::binaries;

/// `max_connections` of a test server.
pub const MAX_CONNECTIONS: usize = 10;
/// `superuser_reserved_connections`.
pub const SUPERUSER_RESERVED: usize = 2;
/// `reserved_connections`, on 16 and later.
pub const RESERVED: usize = 2;
/// `max_wal_senders`.
pub const MAX_WAL_SENDERS: usize = 3;
/// `max_worker_processes`, and the launcher's and one more autovacuum process.
const OTHER_CHILDREN: usize = 2 + 2;

/// Passwords over TCP are asked of one role only; everybody else is trusted.
const ACCESS: &str = "\
local all all trust
local replication all trust
host all with_password 127.0.0.1/32 scram-sha-256
host all all 127.0.0.1/32 trust
host replication all 127.0.0.1/32 trust
";

/// A throwaway server of one major, with the roles `app`, `breakglass`, `reserved`, `limited`,
/// `with_password` and `no_login` beside the superuser `postgres`.
pub struct Server {
    /// Its major version.
    pub major: u32,
    /// The server itself: address, directory, log, signals.
    pub throwaway: ThrowawayServer,
    /// A superuser's connection, opened before any slot was taken.
    witness: Option<Mutex<postgres::Client>>,
}

/// What a test server is like by default: few slots, on 127.0.0.1 and on a socket.
fn settings(major: u32) -> Settings {
    let mut settings = Settings::new(env!("CARGO_BIN_EXE_breakglass").as_ref())
        .set("max_connections", MAX_CONNECTIONS)
        .set("superuser_reserved_connections", SUPERUSER_RESERVED)
        .set("max_wal_senders", MAX_WAL_SENDERS)
        .set("max_worker_processes", 2)
        .set("max_logical_replication_workers", 0)
        .set("autovacuum_max_workers", 1)
        .set("autovacuum", "off")
        // Half-finished logins stay for as long as a test needs them.
        .set("authentication_timeout", "10min");
    if major >= 16 {
        settings = settings.set("reserved_connections", RESERVED);
    }
    if major >= 18 {
        settings = settings.set("autovacuum_worker_slots", 1);
    }
    if let Some(memory) = roomy_memory() {
        settings.parent = memory;
    }
    settings.listen = Listen::Loopback;
    settings.access = ACCESS.to_owned();
    settings
}

/// The memory file system, where a server starts several times as fast as on a disk; `None` where there is
/// none, or only the small one that containers get.
fn roomy_memory() -> Option<PathBuf> {
    let directory = Path::new("/dev/shm");
    let room = nix::sys::statvfs::statvfs(directory).ok()?;
    let free = room.blocks_available() * room.fragment_size();
    (free > 2_000_000_000).then(|| directory.to_owned())
}

impl Server {
    /// Starts a server with the default settings, and its witness.
    pub fn start(major: u32) -> Self {
        Self::start_with(major, |settings| settings)
    }

    /// Starts a server with other settings, and its witness.
    pub fn start_with(major: u32, change: impl Fn(Settings) -> Settings) -> Self {
        let mut server = Self::start_without_witness(major, change);
        server.witness = Some(Mutex::new(server.connect("postgres", "witness")));
        server
    }

    /// Starts a server that admits nobody yet, or that must have all its slots free.
    pub fn start_without_witness(major: u32, change: impl Fn(Settings) -> Settings) -> Self {
        let binaries = binaries::of(major);
        let mut settings = change(settings(major));
        settings.data = Data::CopiedFrom(binaries::template(&binaries));
        let throwaway = ThrowawayServer::start(&binaries, &settings).unwrap_or_else(|error| {
            panic!("a server of PostgreSQL {major} did not start: {error:#}")
        });
        Self {
            major,
            throwaway,
            witness: None,
        }
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.throwaway.address().port()
    }

    /// `PGHOST`, `PGPORT` and `PGUSER` for a child process.
    pub fn environment(&self, user: &str) -> [(&'static str, String); 3] {
        [
            ("PGHOST", "127.0.0.1".to_owned()),
            ("PGPORT", self.port().to_string()),
            ("PGUSER", user.to_owned()),
        ]
    }

    /// How many sessions ordinary roles can have.
    pub fn ordinary_slots(&self) -> usize {
        let reserved = if self.major >= 16 { RESERVED } else { 0 };
        MAX_CONNECTIONS - SUPERUSER_RESERVED - reserved
    }

    /// How many child processes the postmaster has room for, client connections without a slot included.
    pub fn child_limit(&self) -> usize {
        let others = if self.major >= 18 { 0 } else { OTHER_CHILDREN };
        2 * (MAX_CONNECTIONS + MAX_WAL_SENDERS + others)
    }

    /// A connection of the `postgres` driver.
    pub fn connect(&self, user: &str, app: &str) -> postgres::Client {
        let parameters = format!(
            "host=127.0.0.1 port={} user={user} dbname=postgres application_name={app}",
            self.port()
        );
        postgres::Client::connect(&parameters, postgres::NoTls).unwrap()
    }

    /// Tries one login with these startup parameters, on the bare wire.
    pub fn log_in(&self, parameters: &[(&str, &str)]) -> Login {
        let before = self.children();
        let login = log_in(self.throwaway.address(), parameters).unwrap();
        if matches!(login, Login::Refused(_)) {
            let mut leaving = self.children();
            leaving.retain(|pid| !before.contains(pid));
            self.await_left(&leaving);
        }
        login
    }

    /// The postmaster's child processes.
    fn children(&self) -> Vec<i32> {
        let postmaster = self.throwaway.postmaster();
        std::fs::read_to_string(format!("/proc/{postmaster}/task/{postmaster}/children"))
            .unwrap_or_default()
            .split_whitespace()
            .filter_map(|pid| pid.parse().ok())
            .collect()
    }

    /// Waits a while for processes to leave: one that has refused somebody, or whose client has gone, holds its slot
    /// for another moment. Some of them may be other clients' and stay.
    fn await_left(&self, leaving: &[i32]) {
        let patience = std::time::Instant::now() + std::time::Duration::from_secs(5);
        while leaving.iter().any(|pid| self.children().contains(pid)) {
            if std::time::Instant::now() > patience {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
    }

    /// A session of `user` in database `postgres`; it must be admitted.
    pub fn session(&self, user: &str, app: &str) -> Session {
        match self.log_in(&[
            ("user", user),
            ("database", "postgres"),
            ("application_name", app),
        ]) {
            Login::Admitted(session) => session,
            Login::Refused(refusal) => panic!("{user} was refused: {refusal}"),
            Login::AskedForPassword(_) => panic!("{user} was asked for a password"),
        }
    }

    /// The refusal of a login as `user` to database `postgres`; `None` when it is admitted.
    pub fn refusal(&self, user: &str) -> Option<Refusal> {
        self.refusal_of(&[("user", user), ("database", "postgres")])
    }

    /// The refusal of a login; `None` when it is admitted or asked for a password.
    pub fn refusal_of(&self, parameters: &[(&str, &str)]) -> Option<Refusal> {
        match self.log_in(parameters) {
            Login::Refused(refusal) => Some(refusal),
            Login::Admitted(session) => {
                let pid = session.pid;
                drop(session);
                self.await_left(&[pid]);
                None
            }
            Login::AskedForPassword(_) => None,
        }
    }

    /// Asks the witness: rows of text columns.
    pub fn ask_witness(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        let witness = self.witness.as_ref().expect("this server has no witness");
        let mut witness = witness
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        let messages = witness.simple_query(sql).unwrap();
        messages
            .iter()
            .filter_map(|message| match message {
                postgres::SimpleQueryMessage::Row(row) => Some(
                    (0..row.len())
                        .map(|column| row.get(column).map(str::to_owned))
                        .collect(),
                ),
                _ => None,
            })
            .collect()
    }

    /// Which of these server processes are still there.
    pub fn alive(&self, pids: &[i32]) -> Vec<i32> {
        let list: Vec<String> = pids.iter().map(i32::to_string).collect();
        let rows = self.ask_witness(&format!(
            "SELECT pid FROM pg_stat_activity WHERE pid = ANY ('{{{}}}'::int[])",
            list.join(",")
        ));
        let present: Vec<i32> = rows
            .iter()
            .flatten()
            .flatten()
            .filter_map(|pid| pid.parse().ok())
            .collect();
        pids.iter()
            .copied()
            .filter(|pid| present.contains(pid))
            .collect()
    }
}
