//! A real PgBouncer in front of a test server.

use std::fmt::Write as _;
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use breakglass::drill::Account;
use breakglass::drill::wire::{Address, Login, Refusal, Session, log_in};

use super::binaries::directory;
use super::server::Server;

/// Which PgBouncer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    /// The distribution's, 1.18 on Debian 12.
    Packaged,
    /// 1.24, which `tests/fetch` builds: client ids and `KILL_CLIENT`.
    Newer,
}

/// A pooler; its databases `shop` (over TCP) and `local` (over the Unix socket) are the server's `postgres`. Users:
/// `admin`, `stats`, and the server's roles.
pub struct Pooler {
    child: Child,
    directory: tempfile::TempDir,
    port: u16,
}

/// The users of the pooler's own password file, with the password that each of them has where one is asked for.
const USERS: [&str; 5] = ["admin", "stats", "app", "breakglass", "postgres"];
/// That password.
pub const PASSWORD: &str = "it's a secret";

impl Pooler {
    /// Starts Debian's PgBouncer before `server`, in transaction mode with pools of two.
    pub fn before(server: &Server) -> Self {
        Self::start(server, Release::Packaged, &[])
    }

    /// Starts one with these settings over the usual ones.
    pub fn start(server: &Server, release: Release, settings: &[(&str, &str)]) -> Self {
        for _ in 0..5 {
            // Somebody else may have taken the port that was free.
            if let Some(pooler) = Self::try_start(server, release, settings) {
                return pooler;
            }
        }
        panic!("the pooler does not start");
    }

    fn try_start(server: &Server, release: Release, settings: &[(&str, &str)]) -> Option<Self> {
        let account = Account::without_privileges().unwrap();
        let directory = tempfile::Builder::new().prefix("pgb-").tempdir().unwrap();
        // The account that runs the pooler must get in.
        open_up(directory.path());
        account.own(directory.path()).unwrap();
        let port = free_port();
        let path = directory.path().join("pgbouncer.ini");
        let usual = [
            ("listen_addr", "127.0.0.1"),
            ("auth_type", "trust"),
            ("admin_users", "admin"),
            ("stats_users", "stats"),
            ("pool_mode", "transaction"),
            ("default_pool_size", "2"),
            ("server_login_retry", "1"),
        ];
        let mut text = format!(
            "[databases]\nshop = host=127.0.0.1 port={0} dbname=postgres\n\
             local = host={1} port={0} dbname=postgres\n\n[pgbouncer]\nlisten_port = {port}\n\
             unix_socket_dir = {2}\nauth_file = {2}/users\n",
            server.port(),
            server.throwaway.directory().display(),
            directory.path().display(),
        );
        for (name, value) in usual.iter().chain(settings) {
            writeln!(text, "{name} = {value}").unwrap();
        }
        std::fs::write(&path, text).unwrap();
        let users: String = USERS
            .iter()
            .map(|user| format!("\"{user}\" \"{PASSWORD}\"\n"))
            .collect();
        std::fs::write(directory.path().join("users"), users).unwrap();
        let log = File::create(directory.path().join("log")).unwrap();
        let child = account
            .command(binary(release), directory.path())
            .arg(&path)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut pooler = Self {
            child,
            directory,
            port,
        };
        // It says so when it listens. A connection to find out would count among its clients for a moment.
        let up = |pooler: &Self| pooler.log().contains("process up");
        let mut ended = false;
        super::await_that("the pooler is up, or has ended", || {
            ended = pooler.child.try_wait().unwrap().is_some();
            ended || up(&pooler)
        });
        (!ended && up(&pooler)).then_some(pooler)
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its directory, where its Unix socket is.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The console as `user`, for `--pgbouncer`.
    pub fn console(&self, user: &str) -> String {
        format!("postgresql://{user}@127.0.0.1:{}", self.port)
    }

    /// Tries to log in to one of its databases.
    pub fn log_in(&self, user: &str, database: &str, app: &str) -> Login {
        let parameters = [
            ("user", user),
            ("database", database),
            ("application_name", app),
        ];
        log_in(&Address::parse("127.0.0.1", self.port), &parameters).unwrap()
    }

    /// A client of one of its databases; it must be admitted.
    pub fn client(&self, database: &str, app: &str) -> Session {
        match self.log_in("app", database, app) {
            Login::Admitted(session) => session,
            Login::Refused(refusal) => panic!("the pooler refused: {refusal}"),
            Login::AskedForPassword(_) => panic!("the pooler asked for a password"),
        }
    }

    /// The refusal of a login.
    pub fn refusal(&self, database: &str) -> Option<Refusal> {
        match self.log_in("app", database, "") {
            Login::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// Asks the console, by column: rows of a `SHOW`.
    pub fn show(&self, what: &str) -> Vec<Vec<(String, String)>> {
        let parameters = format!(
            "host=127.0.0.1 port={} user=admin dbname=pgbouncer",
            self.port
        );
        let mut console = postgres::Client::connect(&parameters, postgres::NoTls).unwrap();
        let messages = console.simple_query(&format!("SHOW {what}")).unwrap();
        messages
            .iter()
            .filter_map(|message| match message {
                postgres::SimpleQueryMessage::Row(row) => Some(
                    row.columns()
                        .iter()
                        .enumerate()
                        .map(|(at, column)| {
                            let value = row.get(at).unwrap_or_default();
                            (column.name().to_owned(), value.to_owned())
                        })
                        .collect(),
                ),
                _ => None,
            })
            .collect()
    }

    /// One value of the row of `SHOW what` whose column `key` is `value`.
    pub fn value(&self, what: &str, key: (&str, &str), column: &str) -> Option<String> {
        let is = |row: &Vec<(String, String)>, name: &str, value: &str| {
            row.iter().any(|(it, text)| it == name && text == value)
        };
        let row = self
            .show(what)
            .into_iter()
            .find(|row| is(row, key.0, key.1))?;
        row.into_iter()
            .find(|(name, _)| name == column)
            .map(|(_, value)| value)
    }

    /// Whether a database is paused.
    pub fn is_paused(&self, database: &str) -> bool {
        self.value("DATABASES", ("name", database), "paused") == Some("1".to_owned())
    }

    /// Ends it at once, as a crash would.
    pub fn crash(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        // Since 1.23 a SIGTERM would wait for the clients.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn binary(release: Release) -> PathBuf {
    let path = match release {
        Release::Packaged => PathBuf::from("/usr/sbin/pgbouncer"),
        Release::Newer => directory().join("pgbouncer-1.24/bin/pgbouncer"),
    };
    assert!(
        path.exists(),
        "{} is missing; run tests/run, which fetches it",
        path.display()
    );
    path
}

fn open_up(directory: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}
