//! `breakglass schema NAME`: the form of a document, for whoever reads it with a program.

use clap::{Args, ValueEnum};

use crate::error::Outcome;
use crate::exit_code::ExitCode;
use crate::report::act::document;
use crate::stages::Context;

/// Print the JSON Schema of an answer with --format json
///
/// 'act' is the form of every command that acts (cancel, terminate, free, fence, pgbouncer, sockets sever, workers
/// recycle, backends, prepare --apply): one form, key for key, with --dry-run too. Keys are only added to it.
///
/// Changes nothing; connects to nothing; needs no server.
///
/// Exit codes: 0 printed, 2 wrong use.
///
/// Example: breakglass schema act
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// Which document
    #[arg(value_name = "NAME", value_enum)]
    name: Document,
}

/// The documents whose form is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Document {
    /// What every command that acts answers: breakglass/act/1
    Act,
}

/// Prints it, whatever the format.
pub fn run(args: &SchemaArgs, context: &Context) -> Outcome {
    let text = match args.name {
        Document::Act => document::SCHEMA,
    };
    context.answer(text)?;
    Ok(ExitCode::Done)
}
