//! Option groups that several commands share, and how their values are read.
//!
//! Stage: parsing. Everything is validated here, so that nothing later can fail for a mistyped word.

mod from;
mod values;

use std::time::Duration;

use clap::{Args, ValueEnum};
use regex::Regex;

pub use self::from::FromArgs;
pub use self::values::positive;
pub(crate) use self::values::{age, client, deadline, one_of, pid, unknown};
use self::values::{include, regex, state};
pub use crate::decide::duration::duration;
use crate::decide::protection::Include;
use crate::decide::selection::{AtLeast, Choice, ClientPattern, Criteria, Cut};
use crate::decide::session::State;

/// Where and how to connect. The same letters as psql's, and as there the last of two counts: a suggestion adds
/// `-U postgres` to the flags that were typed.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Connection")]
pub struct ConnectionArgs {
    /// Server host, or directory of its Unix socket; several separated by commas
    #[arg(
        short = 'h',
        long,
        value_name = "HOST",
        global = true,
        overrides_with = "host"
    )]
    pub host: Option<String>,
    /// Server port; several separated by commas
    #[arg(
        short = 'p',
        long,
        value_name = "PORT",
        global = true,
        overrides_with = "port"
    )]
    pub port: Option<String>,
    /// Role to log in as
    #[arg(
        short = 'U',
        long,
        value_name = "ROLE",
        global = true,
        overrides_with = "username"
    )]
    pub username: Option<String>,
    /// Database name, postgresql:// URI, or key=value string [default: postgres]
    #[arg(
        short = 'd',
        long,
        value_name = "DBNAME",
        global = true,
        overrides_with = "dbname"
    )]
    pub dbname: Option<String>,
    /// Entry of pg_service.conf
    #[arg(long, value_name = "NAME", global = true, overrides_with = "service")]
    pub service: Option<String>,
    /// Target of the configuration file: [target.NAME]
    #[arg(
        short = 't',
        long,
        value_name = "NAME",
        global = true,
        overrides_with = "target"
    )]
    pub target: Option<String>,
    /// Which way in: a login, the replication lane, or whichever opens
    #[arg(long, value_enum, default_value_t = LaneArg::Auto, value_name = "LANE", global = true)]
    pub lane: LaneArg,
    /// How long one attempt to connect may take, login included [default: 3s]
    #[arg(long, value_parser = duration, value_name = "TIME", global = true)]
    pub connect_timeout: Option<Duration>,
    /// While every slot is taken: how long to go on trying both lanes
    #[arg(long, value_parser = duration, default_value = "10s", value_name = "TIME", global = true)]
    pub retry_for: Duration,
}

impl ConnectionArgs {
    /// The connection flags as they would be typed again, so that a suggested command works as pasted.
    pub fn typed_again(&self) -> Vec<String> {
        let flags = [
            ("-t", &self.target),
            ("-h", &self.host),
            ("-p", &self.port),
            ("-U", &self.username),
            ("-d", &self.dbname),
            ("--service", &self.service),
        ];
        let mut words = Vec::new();
        for (flag, value) in flags {
            if let Some(value) = value {
                words.push(flag.to_owned());
                words.push(value.clone());
            }
        }
        words
    }
}

/// `--lane`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum LaneArg {
    /// login, and replication when login is full
    #[default]
    Auto,
    /// an ordinary login; takes a slot
    Login,
    /// replication=database; takes a walsender and no slot
    Replication,
}

/// How the answer looks.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = FormatArg::Table, value_name = "FORMAT", global = true)]
    pub format: FormatArg,
    /// Colour; auto also heeds NO_COLOR and TERM=dumb
    #[arg(long, value_enum, default_value_t = ColorArg::Auto, value_name = "WHEN", global = true)]
    pub color: ColorArg,
}

/// `--format`, as it can be typed. The last two are what `check` has instead of a table; it shows them in its help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum FormatArg {
    /// for people
    #[default]
    Table,
    /// one object, with a format version
    Json,
    /// comma-separated, with a header
    Csv,
    /// for an incident channel
    Markdown,
    /// a plugin's line
    #[value(hide = true)]
    Nagios,
    /// metrics in the text format
    #[value(hide = true)]
    Prometheus,
}

/// The form of an answer, where it is not a monitoring system's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For people.
    #[default]
    Table,
    /// One object.
    Json,
    /// Comma-separated.
    Csv,
    /// For an incident channel.
    Markdown,
}

impl FormatArg {
    /// The same for all commands but `check`; `None` where only that one knows it.
    pub fn common(self) -> Option<Format> {
        match self {
            Self::Table => Some(Format::Table),
            Self::Json => Some(Format::Json),
            Self::Csv => Some(Format::Csv),
            Self::Markdown => Some(Format::Markdown),
            Self::Nagios | Self::Prometheus => None,
        }
    }
}

/// `--color`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ColorArg {
    /// on a terminal
    #[default]
    Auto,
    /// also in a pipe
    Always,
    /// not at all
    Never,
}

/// Which sessions. Different flags must all hold; of a repeated flag, one value must.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Which sessions (all flags must hold; of a repeated flag, one)")]
pub struct SelectionArgs {
    /// Process ID
    #[arg(long, value_name = "PID", value_parser = pid, allow_negative_numbers = true)]
    pub pid: Vec<i32>,
    /// Not this process ID
    #[arg(long, value_name = "PID", value_parser = pid, allow_negative_numbers = true, hide_short_help = true)]
    pub not_pid: Vec<i32>,
    /// Role name
    #[arg(long, value_name = "NAME")]
    pub user: Vec<String>,
    /// Not this role
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub not_user: Vec<String>,
    /// Database name
    #[arg(long, value_name = "NAME")]
    pub database: Vec<String>,
    /// Not this database
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub not_database: Vec<String>,
    /// Application name; '' for sessions that set none
    #[arg(long, value_name = "NAME")]
    pub app: Vec<String>,
    /// Not this application
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub not_app: Vec<String>,
    /// Client address, network (10.0.0.0/8), or 'local' for the Unix socket
    #[arg(long, value_name = "ADDR", value_parser = client)]
    pub client: Vec<ClientPattern>,
    /// Not this client
    #[arg(long, value_name = "ADDR", value_parser = client, hide_short_help = true)]
    pub not_client: Vec<ClientPattern>,
    /// State: active, idle, idle-in-transaction, aborted, fastpath, disabled, starting
    #[arg(long, value_name = "STATE", value_parser = state)]
    pub state: Vec<State>,
    /// Not this state
    #[arg(long, value_name = "STATE", value_parser = state, hide_short_help = true)]
    pub not_state: Vec<State>,
    /// Regular expression found in the running or last statement
    #[arg(long, value_name = "REGEX", value_parser = regex)]
    pub query: Vec<Regex>,
    /// Not found in the statement
    #[arg(long, value_name = "REGEX", value_parser = regex, hide_short_help = true)]
    pub not_query: Vec<Regex>,
    /// Idle, outside a transaction, at least this long
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub idle_for: Option<Duration>,
    /// Not idle this long
    #[arg(long, value_name = "TIME", value_parser = duration, hide_short_help = true)]
    pub not_idle_for: Option<Duration>,
    /// In a transaction at least this long
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub in_transaction_for: Option<Duration>,
    /// Not in a transaction this long
    #[arg(long, value_name = "TIME", value_parser = duration, hide_short_help = true)]
    pub not_in_transaction_for: Option<Duration>,
    /// Running its statement at least this long
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub active_for: Option<Duration>,
    /// Not running its statement this long
    #[arg(long, value_name = "TIME", value_parser = duration, hide_short_help = true)]
    pub not_active_for: Option<Duration>,
    /// Connected at least this long
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub connected_for: Option<Duration>,
    /// Not connected this long
    #[arg(long, value_name = "TIME", value_parser = duration, hide_short_help = true)]
    pub not_connected_for: Option<Duration>,
    /// Keeps others waiting for a lock
    #[arg(long, conflicts_with = "not_blocking")]
    pub blocking: bool,
    /// Keeps nobody waiting
    #[arg(long, hide_short_help = true)]
    pub not_blocking: bool,
    /// Waits for a lock
    #[arg(long, conflicts_with = "not_waiting")]
    pub waiting: bool,
    /// Waits for no lock
    #[arg(long, hide_short_help = true)]
    pub not_waiting: bool,
}

/// How many of them.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "How many of them")]
pub struct CutArgs {
    /// Not the newest N of each application
    #[arg(long, value_name = "N", value_parser = positive, allow_negative_numbers = true)]
    pub keep: Option<usize>,
    /// Only the N connected longest
    #[arg(long, value_name = "N", value_parser = positive, allow_negative_numbers = true)]
    pub oldest: Option<usize>,
    /// At most N, the least harmful first
    #[arg(long, value_name = "N", value_parser = positive, allow_negative_numbers = true)]
    pub limit: Option<usize>,
}

/// Agreeing to a plan.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Plan and approval")]
pub struct ApprovalArgs {
    /// Show the plan and stop
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask; needs --limit N or --all
    #[arg(long)]
    pub yes: bool,
    /// However many match
    #[arg(long, conflicts_with = "limit")]
    pub all: bool,
    /// Also sessions of a kind that is spared otherwise: superusers, listeners, walsenders, syncrep
    #[arg(long, value_name = "KIND", value_parser = include)]
    pub include: Vec<Include>,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// How long to wait for the targets to go
    #[arg(long, value_parser = duration, default_value = "5s", value_name = "TIME")]
    pub wait: Duration,
    /// Go on without a record file; its lines are printed instead
    #[arg(long)]
    pub no_record: bool,
}

impl SelectionArgs {
    /// The criteria, or which two flags contradict each other.
    pub fn criteria(&self) -> Result<Criteria, String> {
        self.contradiction()?;
        let at_least = |min, not| AtLeast { min, not };
        Ok(Criteria {
            pids: choice(&self.pid, &self.not_pid),
            users: choice(&self.user, &self.not_user),
            databases: choice(&self.database, &self.not_database),
            applications: choice(&self.app, &self.not_app),
            clients: choice(&self.client, &self.not_client),
            states: choice(&self.state, &self.not_state),
            queries: choice(&self.query, &self.not_query),
            idle_for: at_least(self.idle_for, self.not_idle_for),
            in_transaction_for: at_least(self.in_transaction_for, self.not_in_transaction_for),
            active_for: at_least(self.active_for, self.not_active_for),
            connected_for: at_least(self.connected_for, self.not_connected_for),
            blocking: either(self.blocking, self.not_blocking),
            waiting: either(self.waiting, self.not_waiting),
        })
    }

    /// Filters that no session can satisfy together are a mistake, not an empty answer.
    fn contradiction(&self) -> Result<(), String> {
        both("--pid", &self.pid, &self.not_pid, ToString::to_string)?;
        both("--user", &self.user, &self.not_user, String::clone)?;
        both(
            "--database",
            &self.database,
            &self.not_database,
            String::clone,
        )?;
        both("--app", &self.app, &self.not_app, String::clone)?;
        both(
            "--client",
            &self.client,
            &self.not_client,
            ToString::to_string,
        )?;
        both("--state", &self.state, &self.not_state, |state| {
            state.flag().to_owned()
        })?;
        let ages = [
            ("--idle-for", self.idle_for, self.not_idle_for),
            (
                "--in-transaction-for",
                self.in_transaction_for,
                self.not_in_transaction_for,
            ),
            ("--active-for", self.active_for, self.not_active_for),
            (
                "--connected-for",
                self.connected_for,
                self.not_connected_for,
            ),
        ];
        for (flag, min, not) in ages {
            age(flag, min, not)?;
        }
        let idle = self.idle_for.is_some();
        let only = |allowed: &[State]| {
            !self.state.is_empty() && !self.state.iter().any(|s| allowed.contains(s))
        };
        if idle && self.active_for.is_some() {
            return Err(
                "--idle-for and --active-for contradict each other; give one of them".to_owned(),
            );
        }
        if idle && self.in_transaction_for.is_some() {
            return Err(
                "--idle-for means outside a transaction and contradicts --in-transaction-for; \
                 for idle ones inside, use --state idle-in-transaction --in-transaction-for"
                    .to_owned(),
            );
        }
        if idle && only(&[State::Idle]) {
            return Err(
                "--idle-for contradicts a --state other than idle; give one of them".to_owned(),
            );
        }
        if self.active_for.is_some() && only(&[State::Active, State::Fastpath]) {
            return Err(
                "--active-for contradicts a --state other than active; give one of them".to_owned(),
            );
        }
        Ok(())
    }
}

impl CutArgs {
    /// The cut.
    pub fn cut(&self) -> Cut {
        Cut {
            keep: self.keep,
            oldest: self.oldest,
            limit: self.limit,
        }
    }
}

pub(crate) fn choice<T: Clone>(any: &[T], none: &[T]) -> Choice<T> {
    Choice {
        any: any.to_vec(),
        none: none.to_vec(),
    }
}

fn either(yes: bool, no: bool) -> Option<bool> {
    match (yes, no) {
        (true, _) => Some(true),
        (false, true) => Some(false),
        (false, false) => None,
    }
}

fn both<T: PartialEq>(
    flag: &str,
    any: &[T],
    none: &[T],
    typed: impl Fn(&T) -> String,
) -> Result<(), String> {
    match any.iter().find(|value| none.contains(value)) {
        Some(value) => {
            let twin = flag.replacen("--", "--not-", 1);
            Err(format!(
                "{flag} and {twin} both name {:?}; remove one of them",
                typed(value)
            ))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_addresses_networks_or_local() {
        assert_eq!(client("local"), Ok(ClientPattern::Local));
        for text in ["10.1.2.3", "10.0.0.0/8", "::1", "fe80::/10", "0.0.0.0/0"] {
            assert!(client(text).is_ok(), "{text}");
        }
        for text in [
            "10.0.0.0/33",
            "10.0.0",
            "/8",
            "::1/129",
            "web-1",
            "10.0.0.0/",
            "10.0.0.0/-1",
            "",
        ] {
            assert!(client(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_mistyped_state_leads_to_the_right_one() {
        let message = state("idle-in-transction").err().unwrap_or_default();
        assert!(
            message.contains("did you mean 'idle-in-transaction'?"),
            "{message}"
        );
    }

    #[test]
    fn contradictory_filters_are_an_error() {
        let base = SelectionArgs::default;
        let minute = Some(Duration::from_secs(60));
        let bad = [
            SelectionArgs {
                user: vec!["a".into()],
                not_user: vec!["a".into()],
                ..base()
            },
            SelectionArgs {
                state: vec![State::Active],
                idle_for: minute,
                ..base()
            },
            SelectionArgs {
                state: vec![State::Idle],
                active_for: minute,
                ..base()
            },
            SelectionArgs {
                idle_for: minute,
                active_for: minute,
                ..base()
            },
            SelectionArgs {
                idle_for: minute,
                in_transaction_for: minute,
                ..base()
            },
            SelectionArgs {
                idle_for: minute,
                not_idle_for: minute,
                ..base()
            },
        ];
        for args in bad {
            assert!(args.criteria().is_err(), "{args:?}");
        }
        let fine = SelectionArgs {
            state: vec![State::Idle],
            idle_for: minute,
            ..base()
        };
        assert!(fine.criteria().is_ok());
    }
}
