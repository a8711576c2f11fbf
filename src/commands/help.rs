//! `breakglass help [COMMAND]`: what `--help` says, for those who type it in front.

pub mod overview;

use clap::Args;
use clap::error::ErrorKind;

use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::stages::Context;
use crate::usage;

/// Show the commands in groups, or the help of one
///
/// Changes nothing; needs no server. 'breakglass help COMMAND' is 'breakglass COMMAND --help'.
///
/// Exit codes: 0 shown, 2 there is no such command.
///
/// Example: breakglass help terminate
#[derive(Debug, Args)]
pub struct HelpArgs {
    /// Which command, its own subcommand after it
    command: Vec<String>,
}

/// Prints it; `program` is the command line.
pub fn run(args: &HelpArgs, context: &Context, program: clap::Command) -> Outcome {
    let text = if args.command.is_empty() {
        overview::screen(&program)
    } else {
        of_command(&args.command, program)?
    };
    context.terminal.answer(&text).map_err(|error| {
        Failure::new(
            ExitCode::Nothing,
            anyhow::Error::new(error).context("cannot print"),
        )
    })?;
    Ok(ExitCode::Done)
}

fn of_command(words: &[String], mut program: clap::Command) -> Result<String, Failure> {
    let mut typed = vec!["breakglass".to_owned()];
    typed.extend(words.iter().cloned());
    typed.push("--help".to_owned());
    match program.try_get_matches_from_mut(&typed) {
        Err(error) if error.kind() == ErrorKind::DisplayHelp => Ok(error.render().to_string()),
        Err(error) => Err(Failure::say(
            ExitCode::Usage,
            usage::sentence(&error, &typed[1..], &program),
        )),
        Ok(_) => Ok(overview::screen(&program)),
    }
}
