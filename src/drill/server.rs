//! A PostgreSQL server that lives as long as a rehearsal or a test, and leaves nothing behind.
//!
//! Stage: rehearsal. It lives in a directory of its own that nobody else may enter, and listens there, or on
//! 127.0.0.1 when asked to. [`Guard`] stops it and removes the directory however this process ends.
//! Never: touches a server it did not start.

use std::fs::{DirBuilder, File};
use std::net::TcpListener;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::account::Account;
use super::binaries::Binaries;
use super::cluster::{self, last_lines};
use super::guard::{Guard, MARK};
use super::settings::Data;
use super::settings::Listen;
use super::settings::Settings;
use super::settings::Until;
use super::wire::Address;

/// How long a server may take to come up.
const START_LIMIT: Duration = Duration::from_secs(60);

/// A running throwaway server. Dropping it stops it and removes everything it wrote.
#[derive(Debug)]
pub struct ThrowawayServer {
    directory: PathBuf,
    address: Address,
    postmaster: Child,
    // The last field, because the directory may only go when the server has.
    _guard: Guard,
}

impl ThrowawayServer {
    /// Starts a server and waits until it is as far as [`Settings::until`] says.
    pub fn start(binaries: &Binaries, settings: &Settings) -> Result<Self> {
        let account = Account::without_privileges()?;
        let directory = make_private_directory(&settings.parent, &account)?;
        let guard = Guard::post(&settings.program, &directory)?;
        let data = directory.join("data");
        match &settings.data {
            Data::Initialised(statements) => {
                cluster::initialise(binaries, &account, &data, statements)?
            }
            Data::CopiedFrom(template) => cluster::copy(template, &account, &data)?,
        }
        cluster::configure(&data, &directory, settings, &account)?;

        let (postmaster, port) = launch(binaries, settings, &account, &directory)?;
        let address = match settings.listen {
            Listen::SocketOnly => Address::Socket(directory.clone(), port),
            Listen::Loopback => Address::Loopback(port),
        };
        Ok(Self {
            directory,
            address,
            postmaster,
            _guard: guard,
        })
    }

    /// Where to connect.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The private directory: `data`, `log` and the Unix socket are in it.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The postmaster's PID.
    pub fn postmaster(&self) -> i32 {
        self.postmaster.id().cast_signed()
    }

    /// Sends the postmaster a signal. It is ours, so any will do.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        Ok(kill(Pid::from_raw(self.postmaster()), signal)?)
    }

    /// What the server has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.directory.join("log")).unwrap_or_default()
    }
}

impl Drop for ThrowawayServer {
    fn drop(&mut self) {
        stop_at_once(&mut self.postmaster);
    }
}

/// Starts the postmaster and waits for it. Returns it with the port it listens on.
fn launch(
    binaries: &Binaries,
    settings: &Settings,
    account: &Account,
    directory: &Path,
) -> Result<(Child, u16)> {
    let data = directory.join("data");
    let log = directory.join("log");
    let mut tries_left = 5;
    loop {
        let port = match settings.listen {
            Listen::SocketOnly => 5432,
            Listen::Loopback => free_port()?,
        };
        let output = File::create(&log)?;
        let mut postmaster = account
            .command(binaries.directory.join("postgres"), directory)
            .arg("-D")
            .arg(&data)
            .args(["-p", &port.to_string()])
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .context("could not start postgres")?;
        let Err(error) = await_start(&mut postmaster, &data, settings.until) else {
            return Ok((postmaster, port));
        };
        stop_at_once(&mut postmaster);
        let text = std::fs::read_to_string(&log).unwrap_or_default();
        tries_left -= 1;
        // Somebody may have taken the port between our look and the server's.
        if tries_left == 0 || !text.contains("Address already in use") {
            bail!("{error}; its log ends:\n{}", last_lines(&text, 12));
        }
    }
}

/// A new directory that only `account` may enter, marked as ours.
fn make_private_directory(parent: &Path, account: &Account) -> Result<PathBuf> {
    for _ in 0..20 {
        let name: String = std::iter::repeat_with(fastrand::alphanumeric)
            .take(8)
            .collect();
        let directory = parent.join(format!("breakglass-{name}"));
        match DirBuilder::new().mode(0o700).create(&directory) {
            Ok(()) => {
                File::create(directory.join(MARK))?;
                account.own(&directory)?;
                return Ok(directory);
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => {
                return Err(error)
                    .with_context(|| format!("could not make {}", directory.display()));
            }
        }
    }
    bail!("could not find a free name under {}", parent.display())
}

/// Waits for the state a server writes into its lock file, which is what `pg_ctl` waits for too.
fn await_start(postmaster: &mut Child, data: &Path, until: Until) -> Result<()> {
    let deadline = Instant::now() + START_LIMIT;
    loop {
        if let Some(status) = postmaster.try_wait()? {
            bail!("the throwaway server ended at once ({status})");
        }
        let lock = std::fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
        let state = lock.lines().nth(7).unwrap_or_default().trim();
        let started = match until {
            Until::Admitting => state == "ready",
            Until::Listening => !state.is_empty(),
        };
        if started {
            return Ok(());
        }
        if Instant::now() > deadline {
            bail!("the throwaway server was not up within {START_LIMIT:?}");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Immediate shutdown of a postmaster that is our child and not yet waited for, so its PID is certainly its own.
fn stop_at_once(postmaster: &mut Child) {
    if let Ok(None) = postmaster.try_wait() {
        let _ = kill(
            Pid::from_raw(postmaster.id().cast_signed()),
            Signal::SIGQUIT,
        );
        let _ = postmaster.wait();
    }
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("no free port on 127.0.0.1")?;
    Ok(listener.local_addr()?.port())
}
