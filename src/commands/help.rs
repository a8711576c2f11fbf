//! `breakglass help [COMMAND]`: what `--help` says, for those who type it in front.

use clap::Args;
use clap::error::ErrorKind;

use crate::cli;
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::stages::Context;

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

/// Prints it.
pub fn run(args: &HelpArgs, context: &Context) -> Outcome {
    let text = if args.command.is_empty() {
        cli::overview()
    } else {
        of_command(&args.command)?
    };
    context.terminal.answer(&text).map_err(|error| {
        Failure::new(
            ExitCode::Nothing,
            anyhow::Error::new(error).context("cannot print"),
        )
    })?;
    Ok(ExitCode::Done)
}

fn of_command(words: &[String]) -> Result<String, Failure> {
    let mut typed = vec!["breakglass".to_owned()];
    typed.extend(words.iter().cloned());
    typed.push("--help".to_owned());
    match cli::command().try_get_matches_from(&typed) {
        Err(error) if error.kind() == ErrorKind::DisplayHelp => Ok(error.render().to_string()),
        Err(error) => Err(Failure::say(
            ExitCode::Usage,
            cli::wrong_use(&error, &typed[1..]),
        )),
        Ok(_) => Ok(cli::overview()),
    }
}
