//! What can be typed after `breakglass pgbouncer`.

use std::time::Duration;

use clap::Args;

use crate::args::{ApprovalArgs, duration, positive};
use crate::decide::pools::Pooler;
use crate::decide::pools::action::{
    AfterKill, NoPlan, PoolerPlan, Verb, plan_clients, plan_database,
};
use crate::stages::pooler::PoolerArgs;

/// What was asked for.
pub(super) struct Asked<'a> {
    pub(super) verb: Verb,
    pub(super) to: To<'a>,
    pub(super) rest: &'a RestArgs,
}

impl Asked<'_> {
    /// The plan for what is there now.
    pub(super) fn plan(&self, now: &Pooler) -> Result<PoolerPlan, NoPlan> {
        let wait = self.rest.approval.wait;
        match self.to {
            To::Database(name) => plan_database(self.verb, name, now, wait),
            To::Clients(ids) => plan_clients(ids, now, wait),
        }
    }

    /// The database's name, as typed; empty where clients are meant.
    pub(super) fn name(&self) -> &str {
        match self.to {
            To::Database(name) => name,
            To::Clients(_) => "",
        }
    }
}

/// To whom.
pub(super) enum To<'a> {
    Database(&'a str),
    Clients(&'a [u64]),
}

/// What every act takes.
#[derive(Debug, Args)]
pub(super) struct RestArgs {
    /// Only if it hits at most N: clients where they are dropped, else databases
    #[arg(long, value_name = "N", value_parser = positive, help_heading = "Plan and approval")]
    pub(super) limit: Option<usize>,
    #[command(flatten)]
    pub(super) approval: ApprovalArgs,
    #[command(flatten)]
    pub(super) pooler: PoolerArgs,
}

/// Hold a database's clients back for a time, then RESUME
///
/// PAUSE lets what runs finish (in transaction mode each transaction, in session mode each session) and keeps new
/// queries waiting: their clients hang, and get no error. When the time is over, or on Ctrl-C, SIGTERM or a closed terminal,
/// it issues RESUME over a second console connection and looks whether it took. Only SIGKILL can leave the database
/// paused: then 'breakglass pgbouncer resume DB'.
///
/// Ends no session and changes nothing for good. Needs admin_users.
///
/// Exit codes: 0 paused and resumed, 1 paused already, 2 wrong use or no such database, 3 the console is not open, 4
/// refused or not confirmed, 5 not every server connection was released, or contact was lost and it is resumed, 6 it
/// may still be paused.
///
/// Example: breakglass pgbouncer pause shop --for 30s -t prod
#[derive(Debug, Args)]
pub(super) struct PauseArgs {
    /// The pooler's name of the database
    #[arg(value_name = "DB")]
    database: String,
    /// For how long at most
    #[arg(long = "for", id = "for", value_name = "TIME", value_parser = duration)]
    time: Duration,
    #[command(flatten)]
    rest: RestArgs,
}

/// End a pause: of 'pause', of 'kill', or of somebody else
///
/// Lets the clients go on that it held back; changes nothing else. Needs admin_users.
///
/// Exit codes: 0 resumed, 1 it was not paused, 2 wrong use or no such database, 3 the console is not open, 4 refused or
/// not confirmed, 5 it is still paused, 6 contact lost.
///
/// Example: breakglass pgbouncer resume shop -t prod
#[derive(Debug, Args)]
pub(super) struct ResumeArgs {
    /// The pooler's name of the database
    #[arg(value_name = "DB")]
    database: String,
    #[command(flatten)]
    rest: RestArgs,
}

/// Refuse new clients of a database; those that are there stay
///
/// Frees nothing by itself: it keeps reconnecting clients from taking what is freed otherwise. 'enable' undoes it.
///
/// Needs admin_users.
///
/// Exit codes: 0 disabled, 1 it was already, 2 wrong use or no such database, 3 the console is not open, 4 refused or not
/// confirmed, 5 it is not disabled, 6 contact lost.
///
/// Example: breakglass pgbouncer disable shop -t prod
#[derive(Debug, Args)]
pub(super) struct DisableArgs {
    /// The pooler's name of the database
    #[arg(value_name = "DB")]
    database: String,
    #[command(flatten)]
    rest: RestArgs,
}

/// Admit new clients of a database again
///
/// Undoes 'disable'; changes nothing else. Needs admin_users.
///
/// Exit codes: 0 enabled, 1 it was not disabled, 2 wrong use or no such database, 3 the console is not open, 4 refused or
/// not confirmed, 5 it is still disabled, 6 contact lost.
///
/// Example: breakglass pgbouncer enable shop -t prod
#[derive(Debug, Args)]
pub(super) struct EnableArgs {
    /// The pooler's name of the database
    #[arg(value_name = "DB")]
    database: String,
    #[command(flatten)]
    rest: RestArgs,
}

/// Drop all clients and server connections of a database, then RESUME
///
/// PgBouncer closes the connections and cancels nothing: a statement that runs goes on in PostgreSQL and keeps its slot.
/// So where a database lane opens, it looks there for sessions that live on, and names them. Better first 'cancel' or
/// 'terminate', then this. KILL leaves the database paused; RESUME follows, unless --leave-paused.
///
/// Does not touch other databases. Needs admin_users.
///
/// Exit codes: 0 gone, 2 wrong use or no such database, 3 the console is not open, 4 refused or not confirmed, 5 clients
/// are still there, or sessions live on in PostgreSQL, 6 contact lost, or it may still be paused.
///
/// Example: breakglass pgbouncer kill shop --dry-run -t prod
#[derive(Debug, Args)]
pub(super) struct KillArgs {
    /// The pooler's name of the database
    #[arg(value_name = "DB")]
    database: String,
    /// Do not RESUME: clients hang until 'resume'
    #[arg(long)]
    leave_paused: bool,
    #[command(flatten)]
    rest: RestArgs,
}

/// Drop single clients, by the id that SHOW CLIENTS gives them (PgBouncer 1.24 and later)
///
/// 'breakglass sessions --pgbouncer DSN --format json' tells the id of the client behind a session.
///
/// Does not touch the server connection, which goes back to the pool, or is closed in the middle of a transaction.
/// Needs admin_users.
///
/// Exit codes: 0 gone, 1 no such client, 2 wrong use, 3 the console is not open, 4 refused or not confirmed, or PgBouncer
/// is older, 5 some are still there, 6 contact lost.
///
/// Example: breakglass pgbouncer kill-client 4711 -t prod
#[derive(Debug, Args)]
pub(super) struct KillClientArgs {
    /// Their ids
    #[arg(value_name = "ID", required = true)]
    ids: Vec<u64>,
    #[command(flatten)]
    rest: RestArgs,
}

/// Close each server connection of a database when its client releases it; new ones open as needed
///
/// For a server that moved or a password that changed. Frees no slot for long.
///
/// Needs admin_users.
///
/// Exit codes: 0 closed or noted to be, 2 wrong use or no such database, 3 the console is not open, 4 refused or not
/// confirmed, 5 some are as they were, 6 contact lost.
///
/// Example: breakglass pgbouncer reconnect shop -t prod
#[derive(Debug, Args)]
pub(super) struct ReconnectArgs {
    /// The pooler's name of the database
    #[arg(value_name = "DB")]
    database: String,
    #[command(flatten)]
    rest: RestArgs,
}

fn for_database<'a>(verb: Verb, database: &'a str, rest: &'a RestArgs) -> Asked<'a> {
    Asked {
        verb,
        to: To::Database(database),
        rest,
    }
}

impl PauseArgs {
    pub(super) fn asked(&self) -> Asked<'_> {
        for_database(Verb::Pause(self.time), &self.database, &self.rest)
    }
}

impl ResumeArgs {
    pub(super) fn asked(&self) -> Asked<'_> {
        for_database(Verb::Resume, &self.database, &self.rest)
    }
}

impl DisableArgs {
    pub(super) fn asked(&self) -> Asked<'_> {
        for_database(Verb::Disable, &self.database, &self.rest)
    }
}

impl EnableArgs {
    pub(super) fn asked(&self) -> Asked<'_> {
        for_database(Verb::Enable, &self.database, &self.rest)
    }
}

impl KillArgs {
    pub(super) fn asked(&self) -> Asked<'_> {
        let after = if self.leave_paused {
            AfterKill::LeavePaused
        } else {
            AfterKill::Resume
        };
        for_database(Verb::Kill(after), &self.database, &self.rest)
    }
}

impl KillClientArgs {
    pub(super) fn asked(&self) -> Asked<'_> {
        Asked {
            verb: Verb::KillClient,
            to: To::Clients(&self.ids),
            rest: &self.rest,
        }
    }
}

impl ReconnectArgs {
    pub(super) fn asked(&self) -> Asked<'_> {
        for_database(Verb::Reconnect, &self.database, &self.rest)
    }
}
