//! `breakglass completions SHELL`: the completion script.

use clap::Args;
use clap_complete::Shell;

use super::Context;
use crate::cli;
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;

/// Print the completion script of a shell
///
/// Changes nothing; needs no server. Put the output where the shell looks, for example
/// ~/.local/share/bash-completion/completions/breakglass.
///
/// Exit codes: 0 printed, 2 wrong use.
///
/// Example: breakglass completions bash
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// Which shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints it.
pub fn run(args: &CompletionsArgs, context: &Context) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut cli::command(), "breakglass", &mut script);
    let script = String::from_utf8_lossy(&script);
    context.terminal.answer(&script).map_err(|error| {
        Failure::new(
            ExitCode::Nothing,
            anyhow::Error::new(error).context("cannot print"),
        )
    })?;
    Ok(ExitCode::Done)
}
