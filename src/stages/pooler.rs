//! The pooler beside a database lane: `--pgbouncer` and the configuration's `pgbouncer`, and its console, opened with
//! short deadlines. A console that is closed is one line on the screen, never a failure.

use std::time::Duration;

use clap::Args;

use super::context::Way;
use super::{Context, lockout};
use crate::connect::{ConnectionFlags, Target, resolve_console};
use crate::decide::pools::Pooler;
use crate::decide::pools::pooled::name_clients;
use crate::decide::snapshot::Snapshot;
use crate::error::Failure;
use crate::exit_code::ExitCode;
use crate::lanes::{Console, ConsoleRequest, open_console};
use crate::observe::pools;
use crate::report::pools::{PoolerView, Server};
use crate::report::sanitize;

/// How long the console may take beside a database lane: to let us in, and for each look.
const BESIDE: Duration = Duration::from_millis(1500);

/// Which pooler.
#[derive(Debug, Clone, Default, Args)]
pub struct PoolerArgs {
    /// PgBouncer's console: URI, key=value string or socket directory [default: pgbouncer of the target]
    #[arg(long, value_name = "DSN", help_heading = "Connection")]
    pub pgbouncer: Option<String>,
}

impl PoolerArgs {
    /// Where the console is; `None` when nobody says.
    pub fn target(&self, context: &Context) -> Result<Option<Target>, Failure> {
        let flags = ConnectionFlags {
            target: context.connection.target.clone(),
            ..ConnectionFlags::default()
        };
        resolve_console(self.pgbouncer.as_deref(), &flags, &context.environment)
            .map_err(|error| Failure::new(ExitCode::Usage, error))
    }
}

/// Opens the console beside `way`; one that is closed is said, because then nobody knows which sessions are pooled.
pub fn ask_beside(way: &mut Way, console: Option<&Target>, context: &Context) {
    way.database.ask_pooler(console);
    tell_closed(way, context);
}

/// Says why the console beside `way` is closed, if it is.
pub fn tell_closed(way: &Way, context: &Context) {
    if let Some(why) = way.database.pooler_closed() {
        context.terminal.say(&format!(
            "breakglass: which sessions are the pooler's is not known: {}\n",
            sanitize::one_line(why)
        ));
    }
}

/// A pooler that is asked at every look.
pub struct Beside {
    console: Result<Console, String>,
    look: Result<Pooler, String>,
    server: Option<Server>,
}

impl Beside {
    /// Opens the console of `target` at once or not at all; asks for no password.
    pub fn open(target: &Target) -> Self {
        let request = ConsoleRequest {
            connect_timeout: BESIDE,
            total: BESIDE,
        };
        let console = open_console(target, request).map_err(|closed| {
            let answers: Vec<String> = closed.refusals.iter().map(lockout::summary).collect();
            answers.join("; ")
        });
        Self {
            look: Err(match &console {
                Ok(_) => "not looked yet".to_owned(),
                Err(why) => why.clone(),
            }),
            console,
            server: None,
        }
    }

    /// Why the console is not open.
    pub fn closed(&self) -> Option<&str> {
        self.console.as_ref().err().map(String::as_str)
    }

    /// Looks at the pooler and notes on the sessions of `snapshot` who is behind them.
    pub fn join(&mut self, snapshot: &mut Snapshot) {
        let Ok(console) = &mut self.console else {
            return;
        };
        match pools::look(console, BESIDE) {
            Ok(pooler) => {
                name_clients(&mut snapshot.sessions, &pooler);
                self.look = Ok(pooler);
            }
            Err(error) => {
                let why = format!("the console does not answer: {error}");
                self.look = Err(why.clone());
                self.console = Err(why);
            }
        }
        let pooled = |session: &&crate::decide::session::Session| session.pooled.is_some();
        self.server = Some(Server {
            capacity: snapshot.capacity(),
            pooled: snapshot.sessions.iter().filter(pooled).count(),
        });
    }

    /// Looks at the pooler alone, where no server's sessions are known.
    pub fn look(&mut self) {
        if let Ok(console) = &mut self.console {
            self.look = pools::look(console, BESIDE)
                .map_err(|error| format!("the console does not answer: {error}"));
        }
    }

    /// For the screens.
    pub fn view(&self) -> PoolerView<'_> {
        PoolerView {
            look: self.look.as_ref().map_err(String::as_str),
            server: self.server.as_ref(),
            next: &[],
        }
    }
}
