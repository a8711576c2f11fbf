//! What a client of the rehearsal does with its connections, what it is asked, and how it logs in.
//!
//! Stage: rehearsal.

use super::settings::DATABASE;
use super::wire::{Address, Login, log_in};

/// What a client does with its connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
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
    /// Has taken what every [`Behaviour::Queue`] needs, in a transaction, and asks nothing more.
    Migration,
    /// Needs what a [`Behaviour::Migration`] has taken, for one statement, and hangs up when that is done.
    Queue,
    /// Is asked for a password and never answers.
    HalfOpen,
    /// Holds walsenders, not slots.
    Walsender,
    /// Connects again at once, without any back-off, whenever it is refused or closed.
    Storm,
}

words!(Behaviour);

impl Behaviour {
    /// Whether a session in this state answers a question at once.
    pub(super) fn answers(self) -> bool {
        matches!(
            self,
            Self::Idle | Self::IdleInTransaction | Self::Aborted | Self::Walsender
        )
    }
}

/// What a client or a master is asked: one byte in, one line with a number out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// How many connections has the server ended? Nothing is sent to it.
    Ended,
    /// How many connections still answer? Those that can be asked are.
    Answering,
}

impl Question {
    /// The byte that asks it.
    pub fn byte(self) -> u8 {
        match self {
            Self::Ended => b'e',
            Self::Answering => b'a',
        }
    }

    /// The question of a byte, if it is one.
    pub fn of(byte: u8) -> Option<Self> {
        [Self::Ended, Self::Answering]
            .into_iter()
            .find(|question| question.byte() == byte)
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
    /// Database.
    #[arg(long, default_value = DATABASE)]
    pub database: String,
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

/// Tries one login.
pub fn try_once(args: &ClientArgs) -> std::io::Result<Login> {
    let mut parameters = vec![
        ("user", args.username.as_str()),
        ("database", &args.database),
        ("application_name", &args.app),
    ];
    if args.behaviour == Behaviour::Walsender {
        parameters.push(("replication", "database"));
    }
    log_in(&Address::parse(&args.host, args.port), &parameters)
}
