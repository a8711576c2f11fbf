//! What can be done through a pooler's console, and whom it hits.
//!
//! Pure.

use std::time::Duration;

use super::{PoolClient, PoolServer, Version};

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// `PAUSE`, and `RESUME` when this time is over.
    Pause(Duration),
    /// `RESUME`
    Resume,
    /// `DISABLE`
    Disable,
    /// `ENABLE`
    Enable,
    /// `KILL`, and what becomes of the pause that it leaves.
    Kill(AfterKill),
    /// `KILL_CLIENT`
    KillClient,
    /// `RECONNECT`
    Reconnect,
}

/// `KILL` leaves the database paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterKill {
    /// `RESUME` as soon as the second look is over.
    Resume,
    /// Leave it, on request.
    LeavePaused,
}

impl Verb {
    /// The command, as it is typed and recorded.
    pub fn full_command(self) -> &'static str {
        match self {
            Self::Pause(_) => "pgbouncer pause",
            Self::Resume => "pgbouncer resume",
            Self::Disable => "pgbouncer disable",
            Self::Enable => "pgbouncer enable",
            Self::Kill(_) => "pgbouncer kill",
            Self::KillClient => "pgbouncer kill-client",
            Self::Reconnect => "pgbouncer reconnect",
        }
    }

    /// The subcommand's name.
    pub fn command(self) -> &'static str {
        self.full_command().trim_start_matches("pgbouncer ")
    }

    /// The console's word.
    pub fn console_word(self) -> &'static str {
        match self {
            Self::Pause(_) => "PAUSE",
            Self::Resume => "RESUME",
            Self::Disable => "DISABLE",
            Self::Enable => "ENABLE",
            Self::Kill(_) => "KILL",
            Self::KillClient => "KILL_CLIENT",
            Self::Reconnect => "RECONNECT",
        }
    }
}

/// What a plan is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolerFacts {
    /// What to do.
    pub verb: Verb,
    /// What answers at the console.
    pub version: Version,
    /// The clients it hits: for a database all of them.
    pub clients: Vec<PoolClient>,
    /// The server connections it hits.
    pub servers: Vec<PoolServer>,
}

#[cfg(test)]
pub(super) mod testing {
    use crate::decide::pools::PoolClient;
    use crate::decide::session::Client;

    pub(in crate::decide::pools) fn client(id: u64) -> PoolClient {
        PoolClient {
            id: Some(id),
            ptr: format!("c{id}"),
            link: None,
            user: "app".to_owned(),
            database: "shop".to_owned(),
            state: "active".to_owned(),
            client: Client::Local,
            port: None,
            application: None,
            connected_at: None,
        }
    }
}
