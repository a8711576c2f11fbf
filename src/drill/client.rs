//! An application's client, as a process of its own: it opens connections and keeps them busy, or idle.
//!
//! Stage: rehearsal; it runs as a hidden subcommand. It says `ready N` and the PIDs that serve it once its
//! connections hold, and ends when its input closes, so that it never outlives whoever started it.
//! Never: connects to anything but the throwaway server it was given.

use std::io::{Read, Write};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};

use super::wire::{Address, Login, Session, log_in};

/// The name of the hidden subcommand a client runs as.
pub const SUBCOMMAND: &str = "drill-client";

/// The advisory lock that [`Behaviour::LockWait`] waits for.
const LOCK: &str = "pg_advisory_lock(5432)";

/// How long a connection may be refused for lack of slots before the client gives up.
const ADMISSION_LIMIT: Duration = Duration::from_secs(5);

/// What a client does with its connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Behaviour {
    /// Holds them and asks nothing.
    Idle,
    /// Has begun a transaction and asks nothing more.
    IdleInTransaction,
    /// Has begun a transaction that failed, and asks nothing more.
    Aborted,
    /// Runs one long statement on each.
    Active,
    /// Holds a lock with the first connection; all others wait for it.
    LockWait,
    /// Connects again at once, without any back-off, whenever it is refused or closed.
    Storm,
}

impl Behaviour {
    /// The spelling on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::IdleInTransaction => "idle-in-transaction",
            Self::Aborted => "aborted",
            Self::Active => "active",
            Self::LockWait => "lock-wait",
            Self::Storm => "storm",
        }
    }
}

/// The arguments of the hidden subcommand.
#[derive(Debug, Clone, clap::Args)]
#[command(disable_help_flag = true)]
pub struct ClientArgs {
    /// The directory of the server's socket, or 127.0.0.1.
    #[arg(long)]
    pub host: String,
    /// Port.
    #[arg(long)]
    pub port: u16,
    /// Role.
    #[arg(long)]
    pub username: String,
    /// Application name.
    #[arg(long)]
    pub app: String,
    /// How many connections.
    #[arg(long)]
    pub connections: usize,
    /// What to do with them.
    #[arg(long, value_enum)]
    pub behaviour: Behaviour,
}

/// What the client's process does. Returns when `input` closes.
pub fn run(args: &ClientArgs, mut input: impl Read, output: &mut dyn Write) -> Result<()> {
    let mut held = Vec::new();
    if args.behaviour == Behaviour::Storm {
        start_storm(args)?;
        writeln!(output, "ready {}", args.connections)?;
    } else {
        for number in 0..args.connections {
            let mut session = admit(args)?;
            occupy(&mut session, args.behaviour, number)?;
            held.push(session);
        }
        let pids: Vec<String> = held.iter().map(|session| session.pid.to_string()).collect();
        writeln!(output, "ready {} {}", held.len(), pids.join(" "))?;
    }
    output.flush()?;
    let mut ignored = [0; 64];
    while matches!(input.read(&mut ignored), Ok(read) if read > 0) {}
    Ok(())
}

/// Puts one session into the state the behaviour asks for. Long statements are sent and not waited for.
fn occupy(session: &mut Session, behaviour: Behaviour, number: usize) -> Result<()> {
    let ask = |session: &mut Session, sql: &str| -> Result<()> {
        session
            .ask(sql)?
            .map(drop)
            .map_err(|refusal| anyhow!("{refusal}"))
    };
    match behaviour {
        Behaviour::Idle | Behaviour::Storm => Ok(()),
        Behaviour::IdleInTransaction => ask(session, "BEGIN; SELECT 1"),
        Behaviour::Aborted => {
            ask(session, "BEGIN")?;
            match session.ask("SELECT 1/0")? {
                Err(_) => Ok(()),
                Ok(_) => bail!("a division by zero succeeded"),
            }
        }
        Behaviour::Active => Ok(session.send("SELECT pg_sleep(3600)")?),
        Behaviour::LockWait if number == 0 => ask(session, &format!("BEGIN; SELECT {LOCK}")),
        Behaviour::LockWait => Ok(session.send(&format!("SELECT {LOCK}"))?),
    }
}

/// Logs in. A session that has just been closed holds its slot for another moment, so a full server is
/// tried again for a while.
fn admit(args: &ClientArgs) -> Result<Session> {
    let deadline = Instant::now() + ADMISSION_LIMIT;
    loop {
        match try_once(args)? {
            Login::Admitted(session) => return Ok(session),
            Login::Refused(refusal) if refusal.sqlstate == "53300" && Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(20));
            }
            Login::Refused(refusal) => bail!("{refusal}"),
            Login::AskedForPassword(_) => bail!("the server asked for a password"),
        }
    }
}

fn try_once(args: &ClientArgs) -> std::io::Result<Login> {
    log_in(
        &Address::parse(&args.host, args.port),
        &[
            ("user", &args.username),
            ("database", super::DATABASE),
            ("application_name", &args.app),
        ],
    )
}

/// Starts a thread a connection, and returns when each has tried once. The threads end with the process.
fn start_storm(args: &ClientArgs) -> Result<()> {
    let (tried, all_tried) = mpsc::channel();
    for _ in 0..args.connections {
        let args = args.clone();
        let tried = tried.clone();
        std::thread::Builder::new().spawn(move || {
            loop {
                let login = try_once(&args);
                let _ = tried.send(());
                if let Ok(Login::Admitted(mut session)) = login {
                    let _ = session.last_words(None);
                }
            }
        })?;
    }
    for _ in 0..args.connections {
        all_tried.recv()?;
    }
    Ok(())
}
