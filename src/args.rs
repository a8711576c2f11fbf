//! Option groups that several commands share, and how their values are read.
//!
//! Stage: parsing. Everything is validated here, so that nothing later can fail for a mistyped word.

mod from;
mod selection;
mod values;

use std::time::Duration;

use clap::{Args, ValueEnum};

pub use self::from::FromArgs;
pub use self::selection::SelectionArgs;
use self::values::include;
pub use self::values::positive;
pub(crate) use self::values::{deadline, one_of};
pub(crate) use crate::decide::criteria::unknown;
pub use crate::decide::duration::duration;
use crate::decide::protection::Include;
use crate::decide::selection::Cut;

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
