//! `breakglass check`: the count against capacity, for Nagios, Prometheus or a script.
//!
//! One attempt to get in, one look, one verdict, within one deadline that holds for all of it. Whatever goes wrong is
//! an answer in the form that was asked for: a monitoring system reads nothing else.

mod measure;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::args::{FormatArg, deadline, duration};
use crate::decide::check::threshold::{Threshold, Thresholds};
use crate::decide::check::{Counted, Measured, Question, Status, Verdict, judge};
use crate::report::check::{CheckView, nagios, prometheus};
use crate::report::{json, sanitize};
use crate::stages::series::FileArgs;
use crate::stages::{Context, replacing};
use crate::terminal::Terminal;

/// Check the count against capacity, for Nagios or Prometheus
///
/// Counts ordinary slots used against those there are for ordinary roles: max_connections less
/// superuser_reserved_connections, reserved_connections and a provider's reserve. Also: slots left, roles and databases
/// against their own limits, the oldest idle in transaction, who waits for a lock, logins that are not finished (18),
/// the age of the last sample and when the slots run out at the pace of the last two hours. Changes nothing. Does not
/// count itself. Makes one attempt to log in and, only where that is refused for lack of room, one over the replication
/// lane; with --lane replication it never takes a slot. --retry-for has no effect.
///
/// Thresholds: a share (80%), slots left (20left), or a count (80), each "from here on". Without any, 80% and 95%; with
/// one, the other is not judged. A full server, a role or database at its CONNECTION LIMIT, and a login refused for
/// lack of room are CRITICAL whatever the thresholds are, the latter with its reason named. Shares hold for roles' and
/// databases' limits, too. With --idle-in-transaction-for and its like, the thresholds are numbers of such sessions.
///
/// Needs a login, pg_monitor for the states of other roles' sessions, and REPLICATION for the other lane.
///
/// Exit codes (the monitoring convention): 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN: any other failure, wrong use
/// included.
///
/// Example: breakglass check -w 80% -c 95% -t prod
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Warn from here on: 80%, 20left, or 80 [default: 80%]
    #[arg(short = 'w', long, value_name = "THRESHOLD", value_parser = Threshold::parse, allow_negative_numbers = true)]
    warning: Option<Threshold>,
    /// Critical from here on [default: 95%]
    #[arg(short = 'c', long, value_name = "THRESHOLD", value_parser = Threshold::parse, allow_negative_numbers = true)]
    critical: Option<Threshold>,
    #[command(flatten)]
    counted: CountedArgs,
    /// Show roles and databases at their own limits, and do not complain
    #[arg(long)]
    only_show_limits: bool,
    /// How long all of it may take
    #[arg(long, value_parser = deadline, default_value = "10s", value_name = "TIME")]
    deadline: Duration,
    #[command(flatten)]
    file: FileArgs,
    /// Form of the answer
    #[arg(long, value_parser = formats(), default_value = "nagios", value_name = "FORMAT", help_heading = "Output")]
    format: FormatArg,
    /// Write the metrics to this file, at once or not at all; with --format prometheus instead of printing them
    #[arg(long, value_name = "PATH", help_heading = "Output")]
    textfile: Option<PathBuf>,
}

/// Sessions whose number is judged instead of the slots.
#[derive(Debug, Clone, Copy, Default, Args)]
#[group(multiple = false)]
struct CountedArgs {
    /// Judge how many idle in their transaction this long
    #[arg(long, value_name = "TIME", value_parser = duration)]
    idle_in_transaction_for: Option<Duration>,
    /// Judge how many idle this long, outside a transaction
    #[arg(long, value_name = "TIME", value_parser = duration)]
    idle_for: Option<Duration>,
    /// Judge how many run their statement this long
    #[arg(long, value_name = "TIME", value_parser = duration)]
    active_for: Option<Duration>,
    /// Judge how many are in their transaction this long
    #[arg(long, value_name = "TIME", value_parser = duration)]
    in_transaction_for: Option<Duration>,
}

impl CountedArgs {
    fn counted(self) -> Option<Counted> {
        let one = self.idle_in_transaction_for.map(Counted::IdleInTransaction);
        one.or(self.idle_for.map(Counted::Idle))
            .or(self.active_for.map(Counted::Active))
            .or(self.in_transaction_for.map(Counted::InTransaction))
    }
}

/// Of all forms the three that a monitoring system or a script reads.
fn formats() -> impl TypedValueParser<Value = FormatArg> {
    PossibleValuesParser::new(["nagios", "prometheus", "json"]).map(|word| match word.as_str() {
        "prometheus" => FormatArg::Prometheus,
        "json" => FormatArg::Json,
        _ => FormatArg::Nagios,
    })
}

impl CheckArgs {
    /// What is asked, or why that makes no sense.
    fn question(&self) -> Result<Question, String> {
        if matches!(
            self.format,
            FormatArg::Table | FormatArg::Csv | FormatArg::Markdown
        ) {
            return Err("check prints --format nagios, prometheus or json".to_owned());
        }
        let mut thresholds = Thresholds {
            warning: self.warning,
            critical: self.critical,
        };
        let counted = self.counted.counted();
        if thresholds == Thresholds::default() {
            if counted.is_some() {
                let what = "how many such sessions are too many? give --warning N or --critical N";
                return Err(what.to_owned());
            }
            thresholds = default_thresholds();
        }
        let number = |it: Threshold| matches!(it, Threshold::Count(_));
        let typed = [thresholds.warning, thresholds.critical];
        if counted.is_some() && !typed.into_iter().flatten().all(number) {
            let what = "sessions in a state are counted: write --warning 1 --critical 3, no share and no slots left";
            return Err(what.to_owned());
        }
        if let Some(sentence) = thresholds.contradict() {
            return Err(sentence);
        }
        Ok(Question {
            thresholds,
            counted,
            judge_limits: !self.only_show_limits,
        })
    }
}

fn default_thresholds() -> Thresholds {
    Thresholds {
        warning: Some(Threshold::Percent(80)),
        critical: Some(Threshold::Percent(95)),
    }
}

/// Measures, judges, and tells in the form that was asked for.
pub fn run(args: &CheckArgs, context: &Context) -> Status {
    let (question, measured) = match args.question() {
        Ok(question) => {
            let measured = measure::within(args.deadline, &args.file, context);
            (question, measured)
        }
        Err(sentence) => {
            let nothing = Question {
                thresholds: Thresholds::default(),
                counted: None,
                judge_limits: true,
            };
            (nothing, measure::nothing(context, sentence))
        }
    };
    let mut verdict = judge(&measured, &question);
    let mut words = Vec::new();
    if let Some(path) = &args.textfile {
        let page = prometheus::page(&view(&measured, &question, &verdict));
        if let Err(error) = replacing::write(path, &page) {
            let path = path.display().to_string();
            words.push(format!("cannot write {}: {error}", sanitize::line(&path)));
            verdict.complain(Status::Unknown, words.concat());
        }
    }
    let view = view(&measured, &question, &verdict);
    let answer = match args.format {
        FormatArg::Prometheus if args.textfile.is_some() => String::new(),
        FormatArg::Prometheus => prometheus::page(&view),
        FormatArg::Json => crate::stages::json_text(&json::check::check(&view)).unwrap_or_default(),
        _ => nagios::output(&view),
    };
    // Metrics have no room for words, and cron mails what is said.
    if args.format == FormatArg::Prometheus && verdict.status == Status::Unknown {
        words.clone_from(&verdict.reasons);
    }
    for sentence in words {
        let sentence = sanitize::one_line(&sentence);
        context.terminal.say(&format!("breakglass: {sentence}\n"));
    }
    match context.answer(&answer) {
        Ok(()) => verdict.status,
        Err(_) => Status::Unknown,
    }
}

fn view<'a>(measured: &'a Measured, question: &'a Question, verdict: &'a Verdict) -> CheckView<'a> {
    CheckView {
        measured,
        question,
        verdict,
    }
}

/// Wrong use of the command line: UNKNOWN, and a plugin's line unless another form was asked for.
pub fn wrong_use(sentence: &str, words: &[String], terminal: &Terminal) -> Status {
    let other_form = words.iter().any(|word| {
        let value = word.strip_prefix("--format=").unwrap_or(word);
        matches!(value, "prometheus" | "json")
    });
    if !other_form {
        // A monitoring system that reads no more takes the exit code.
        let _ = terminal.answer(&nagios::wrong_use(sentence));
    }
    Status::Unknown
}

impl From<Status> for std::process::ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status.number())
    }
}
