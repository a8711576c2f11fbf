//! Opens the console, and looks beside it into the database where somebody says which one.

use std::time::Duration;

use super::{Context, lockout};
use crate::args::LaneArg;
use crate::connect::{Secret, Target};
use crate::decide::pools::Pooler;
use crate::decide::pools::action::NoPlan;
use crate::error::Failure;
use crate::exit_code::ExitCode;
use crate::lanes::{Console, ConsoleRequest, LaneError, Lockout, open_console};
use crate::observe::pools;
use crate::report::sanitize;
use crate::stages::context::Way;
use crate::stages::pooler::PoolerArgs;

/// How long the console may take to let us in.
const CONNECT: Duration = Duration::from_secs(3);
/// How long all its endpoints together.
const TOTAL: Duration = Duration::from_secs(10);
/// How long one look or one command may take.
pub const LOOK: Duration = Duration::from_secs(5);
/// How long the database may take: it may be full, and is not what was asked for.
const DATABASE: Duration = Duration::from_millis(1500);

/// Settings that say which database.
const SAY_WHERE: [&str; 4] = ["PGHOST", "PGHOSTADDR", "PGPORT", "PGSERVICE"];

/// A console, and how to open another one.
pub struct Eyes {
    pub console: Console,
    pub target: Target,
    connect: Duration,
}

impl Eyes {
    /// Opens the console; a password is asked for on a terminal, once.
    pub fn open(args: &PoolerArgs, context: &Context) -> Result<Self, Failure> {
        let Some(mut target) = args.target(context)? else {
            return Err(Failure::say(
                ExitCode::Usage,
                "nothing says where PgBouncer's console is",
            )
            .hint("give --pgbouncer DSN, for example --pgbouncer postgresql://admin@bouncer:6432")
            .hint("or -t NAME with pgbouncer = \"…\" in [target.NAME] of the configuration"));
        };
        for warning in &target.warnings {
            context.terminal.say(&format!(
                "breakglass: warning: {}\n",
                sanitize::one_line(warning)
            ));
        }
        let connect = context.connection.connect_timeout.unwrap_or(CONNECT);
        let opened = {
            let _waiting = context.waiting_for(&target, connect);
            open(&target, connect)
        };
        let console = match opened {
            Err(closed) if closed.password_needed && context.terminal.can_ask() => {
                let user = sanitize::one_line(&target.user);
                let question = format!("Password of PgBouncer's user {user}");
                let Some(password) = context.terminal.ask_password(&question) else {
                    return Err(shut(&closed, context));
                };
                target.password = Some(Secret::new(password));
                open(&target, connect)
            }
            other => other,
        };
        Ok(Self {
            console: console.map_err(|closed| context.with_standing(shut(&closed, context)))?,
            target,
            connect,
        })
    }

    /// Another connection to the same console.
    pub fn another(&self) -> Result<Console, Lockout> {
        open(&self.target, self.connect)
    }

    /// Looks through it.
    pub fn look(&mut self) -> Result<Pooler, LaneError> {
        pools::look(&mut self.console, LOOK)
    }

    /// The same, over one more connection where contact is lost.
    pub fn look_surely(&mut self) -> Result<Pooler, LaneError> {
        self.look().or_else(|lost| {
            self.console = self.another().map_err(|_| lost)?;
            self.look()
        })
    }
}

fn open(target: &Target, connect_timeout: Duration) -> Result<Console, Lockout> {
    open_console(
        target,
        ConsoleRequest {
            connect_timeout,
            total: TOTAL,
        },
    )
}

/// The console is not open: what it answered, and what to type next. Exit 3.
fn shut(closed: &Lockout, context: &Context) -> Failure {
    let mut failure = Failure::say(ExitCode::NoLane, "PgBouncer's console is not open");
    for counted in &closed.refusals {
        for sentence in lockout::sentences(counted) {
            failure = failure.hint(sentence);
        }
        for line in &counted.explanation.next {
            failure = failure.hint(format!("next: {line}"));
        }
    }
    let runbook = lockout::runbook(closed);
    if let Some(runbook) = runbook {
        failure = failure.hint(format!("runbook: {}", context.read_up(runbook)));
    }
    failure.json = Some(serde_json::json!({
        "format": "breakglass/lockout/1",
        "exit_code": ExitCode::NoLane.number(),
        "lockout": closed,
        "runbook": runbook.map(|page| page.name()),
    }));
    failure
}

/// The first look failed: nothing changed.
pub fn cannot_look(error: LaneError) -> Failure {
    Failure::new(
        ExitCode::NoLane,
        anyhow::Error::new(error).context("cannot look through PgBouncer's console"),
    )
}

/// Why nothing can be planned for `name`: exit 1 where it is so already or there is no such client, 2 for a database
/// that cannot be named, 4 for what this pooler cannot do.
pub fn no_plan(why: NoPlan, name: &str) -> Failure {
    let name = sanitize::one_line(name);
    let (code, sentence) = match why {
        NoPlan::Already(how) => (ExitCode::Nothing, format!("database {name} {how}")),
        NoPlan::NoSuchClient(ids) => {
            let ids: Vec<String> = ids.iter().map(u64::to_string).collect();
            (
                ExitCode::Nothing,
                format!("no client has id {}", ids.join(" or ")),
            )
        }
        NoPlan::Console => (
            ExitCode::Usage,
            "pgbouncer is the console's own database; name one of the pooler's".to_owned(),
        ),
        NoPlan::TooOld(version) => (
            ExitCode::Refused,
            format!(
                "PgBouncer {version} has no KILL_CLIENT: 1.24 is the first that has; nothing was done"
            ),
        ),
        NoPlan::UnknownDatabase(names) => {
            let nearest = names
                .iter()
                .map(|known| (strsim::damerau_levenshtein(known, &name), known))
                .filter(|(distance, _)| *distance <= 2)
                .min();
            let advice = match nearest {
                Some((_, known)) => format!("did you mean \"{known}\"?"),
                None => format!("it has: {}", names.join(", ")),
            };
            let sentence = format!("PgBouncer has no database \"{name}\"; {advice}");
            (ExitCode::Usage, sentence)
        }
    };
    let sentence = match code {
        ExitCode::Nothing => format!("{sentence}; nothing was done"),
        _ => sentence,
    };
    Failure::say(code, sentence)
}

/// A database lane, where flags or the environment say which database and it opens at once.
pub fn database(context: &Context) -> Option<Way> {
    let typed = &context.connection;
    let said = [
        &typed.host,
        &typed.port,
        &typed.dbname,
        &typed.service,
        &typed.target,
    ];
    let variables = &context.environment.variables;
    let set = |name: &str| variables.get(name).is_some_and(|value| !value.is_empty());
    let named = said.iter().any(|flag| flag.is_some()) || SAY_WHERE.iter().any(|name| set(name));
    named.then(|| context.open_at_once(LaneArg::Auto, DATABASE))?
}
