//! The command line: what can be typed, and which command it leads to.
//!
//! Stage: first and last. Parses, runs one command, prints its failure if there is one, gives the exit code.

mod candidates;

use std::process;

use clap::error::ErrorKind;
use clap::{ArgAction, CommandFactory, FromArgMatches, Parser};
use clap_complete::CompleteEnv;

use crate::args::{ColorArg, ConnectionArgs, Format, OutputArgs};
use crate::commands::completions::shells;
use crate::commands::help::overview;
use crate::commands::{Command, check};
use crate::connect::Environment;
use crate::drill::client::{self, ClientArgs};
use crate::drill::guard::{self, GuardArgs};
use crate::drill::keeper::{self, KeeperArgs};
use crate::drill::master::{self, MasterArgs};
use crate::error::Failure;
use crate::exit_code::{self, ExitCode};
use crate::report::page::hanging;
use crate::report::{json, sanitize};
use crate::stages::Context;
use crate::stages::standing::StandingFences;
use crate::terminal::Terminal;
use crate::usage;

const ABOUT: &str = "Get back into a PostgreSQL server that has run out of connections";

/// `-V` gives the number, `--version` the build, too.
const VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    " (",
    env!("BREAKGLASS_BUILD"),
    ")"
);

const FIRST_MINUTES: &str = "\
The first five minutes:
  breakglass status             how full, who holds it, what to type next
  breakglass sessions --app A   every session of one application
  breakglass blockers           who keeps whom waiting
  breakglass terminate --app A --state idle --limit 5 --dry-run
  breakglass terminate --app A --state idle --limit 5
  breakglass free 5             end the least harmful until 5 stay free
  breakglass rescue             be led until clients get in again

Every command finds its own way in: a login, and when every slot is
taken the replication lane, which needs none. When nobody gets in:
'backends' on the database host, 'workers' on an application's, 'sockets'
on either. 'breakglass drill' rehearses it on a throwaway server. 'record'
takes samples of quiet days, 'headroom' reviews them, 'check' tells Nagios
or Prometheus how full it is, 'probe' whether a new connection can be had.";

/// Get back into a PostgreSQL server that has run out of connections.
#[derive(Debug, Parser)]
#[command(
    name = "breakglass",
    version,
    long_version = VERSION,
    about = ABOUT,
    after_help = FIRST_MINUTES,
    after_long_help = format!("{FIRST_MINUTES}\n\n{}", exit_code::TABLE),
    disable_help_flag = true,
    disable_help_subcommand = true,
    subcommand_required = true,
    arg_required_else_help = true,
    infer_long_args = false,
)]
pub struct Cli {
    #[command(flatten)]
    connection: ConnectionArgs,
    #[command(flatten)]
    output: OutputArgs,
    /// Print help (-h is the host, as in psql)
    #[arg(long, action = ArgAction::Help, global = true, help_heading = "Output")]
    help: Option<bool>,
    #[command(subcommand)]
    command: Command,
}

/// The command line as clap knows it, for completions and manuals.
pub fn command() -> clap::Command {
    let command = Cli::command();
    let list = overview::list(&command);
    // clap lists subcommands in one column; people look for what they need them for.
    command.help_template(format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{list}\n{{options}}{{after-help}}"
    ))
}

/// What the rehearsal starts this program as; not for people, so not on the command line they see.
#[derive(Debug, Parser)]
#[command(name = "breakglass")]
// A subcommand has the variant's name.
#[allow(clippy::enum_variant_names)]
enum Backstage {
    DrillClient(ClientArgs),
    DrillWorker(ClientArgs),
    DrillMaster(MasterArgs),
    DrillKeeper(KeeperArgs),
    DrillGuard(GuardArgs),
}

/// Runs the program on the process's own arguments.
pub fn main() -> process::ExitCode {
    // A run of TAB's: answers the shell and ends here.
    CompleteEnv::with_factory(|| candidates::offer(command()))
        .var(shells::VARIABLE)
        .shells(shells::ASKING)
        .complete();
    let first = std::env::args_os().nth(1);
    let backstages = [
        client::SUBCOMMAND,
        client::WORKER,
        master::SUBCOMMAND,
        keeper::SUBCOMMAND,
        guard::SUBCOMMAND,
    ];
    if first.is_some_and(|word| backstages.iter().any(|name| word == *name)) {
        return backstage().into();
    }
    let matches = match command().try_get_matches() {
        Ok(matches) => matches,
        Err(error) => return answer_usage(&error),
    };
    if let Some(sentence) = usage::misplaced(&matches, &command()) {
        let terminal = Terminal::detect(ColorArg::Never, |_| None);
        terminal.say(&format!("breakglass: {sentence}\n"));
        return ExitCode::Usage.into();
    }
    match Cli::from_arg_matches(&matches) {
        Ok(cli) => run(cli),
        Err(error) => answer_usage(&error),
    }
}

fn backstage() -> ExitCode {
    let done = match Backstage::try_parse() {
        Ok(Backstage::DrillClient(args) | Backstage::DrillWorker(args)) => {
            client::run(&args, std::io::stdin(), &mut std::io::stdout())
        }
        Ok(Backstage::DrillMaster(args)) => std::env::current_exe()
            .map_err(anyhow::Error::new)
            .and_then(|program| {
                master::run(&args, &program, std::io::stdin(), &mut std::io::stdout())
            }),
        Ok(Backstage::DrillKeeper(args)) => keeper::run(&args, std::io::stdin()),
        Ok(Backstage::DrillGuard(args)) => guard::run(&args, std::io::stdin()),
        Err(error) => {
            // Nobody types these; wrong use of them is this program's own mistake.
            answer_usage(&error);
            return ExitCode::Usage;
        }
    };
    match done {
        Ok(()) => ExitCode::Done,
        Err(error) => {
            let terminal = Terminal::detect(ColorArg::Never, |_| None);
            report(
                &terminal,
                Format::Table,
                &Failure::new(ExitCode::Nothing, error),
            )
        }
    }
}

/// Help and version are answers, everything else is wrong use.
fn answer_usage(error: &clap::Error) -> process::ExitCode {
    let asked = !error.use_stderr();
    let words: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let terminal = Terminal::detect(ColorArg::Never, |_| None);
    if words.is_empty() {
        terminal.say(&overview::screen(&command()));
    } else if asked || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        // A terminal that went away is no reason for another exit code.
        let _ = error.print();
    } else {
        let sentence = usage::sentence(error, &words, &command());
        terminal.say(&format!("breakglass: {sentence}\n"));
        if usage::monitors(error, &words) {
            return check::wrong_use(&sentence, &words, &terminal).into();
        }
    }
    if asked {
        ExitCode::Done.into()
    } else {
        ExitCode::Usage.into()
    }
}

fn run(cli: Cli) -> process::ExitCode {
    let environment = Environment::from_process();
    let terminal = Terminal::detect(cli.output.color, |name| {
        environment.variables.get(name).cloned()
    });
    let typed = cli.output.format;
    let format = match (typed.common(), &cli.command) {
        (Some(format), _) => format,
        (None, Command::Check(_)) => Format::Table,
        (None, _) => {
            let sentence = "--format nagios and prometheus are what breakglass check prints; \
                            give table, json, csv or markdown";
            let failure = Failure::say(ExitCode::Usage, sentence);
            return report(&terminal, Format::Table, &failure).into();
        }
    };
    let context = Context {
        terminal,
        environment,
        connection: cli.connection,
        format,
        standing: StandingFences::default(),
    };
    match cli.command.run(&context, command) {
        Ok(code) => code,
        Err(failure) => report(&terminal, format, &failure).into(),
    }
}

/// Prints a failure: one sentence with its causes, then what to do.
fn report(terminal: &Terminal, format: Format, failure: &Failure) -> ExitCode {
    let what = sanitize::one_line(&format!("{:#}", failure.error));
    // In a log a line is a line.
    let width = terminal.talk_width().filter(|_| terminal.talks_to_person());
    let mut text = hanging("breakglass: ", &what, width);
    for line in failure.hints.iter().flat_map(|hint| hint.lines()) {
        let line = sanitize::one_line(line);
        // A command stays on its line, so that it is copied whole.
        let command = ["next: ", "runbook: "]
            .iter()
            .any(|it| line.starts_with(it));
        let width = width.filter(|_| !command);
        text.push_str(&hanging("  ", &line, width));
    }
    terminal.say(&text);
    if format == Format::Json && failure.code != ExitCode::Usage {
        // Whoever reads JSON is answered in JSON, also where a command has no document for how it failed.
        let document = failure.json.clone().unwrap_or_else(|| {
            serde_json::json!({
                "format": json::format("error"),
                "error": format!("{:#}", failure.error),
                "hints": failure.hints,
                "exit_code": failure.code.number(),
            })
        });
        let _ = terminal.answer(&json::harmless(format!("{document:#}\n")));
    }
    failure.code
}
