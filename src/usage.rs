//! Wrong use of the command line in one sentence: what, where, and what to type instead.
//!
//! Stage: parsing has failed. Pure. clap knows what is wrong; its own text takes five lines to say it and repeats
//! what was typed as it was typed, control characters included.

mod habits;

use clap::ArgMatches;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;

use crate::report::sanitize;

/// What is wrong with flags that stand before a command of a family and are those of its list, as in `backends --user app
/// terminate`: they would not count. The connection's flags stand anywhere.
pub fn misplaced(matches: &ArgMatches, command: &clap::Command) -> Option<String> {
    let (family, typed) = matches.subcommand()?;
    let (below, _) = typed.subcommand()?;
    let mut own = command.find_subcommand(family)?.get_arguments();
    let flag = own.find(|arg| {
        let source = typed.value_source(arg.get_id().as_str());
        !arg.is_global_set() && source == Some(ValueSource::CommandLine)
    })?;
    let name = flag.get_long().unwrap_or(flag.get_id().as_str());
    Some(format!(
        "--{name} before '{below}' is the list's and does not count; write it behind '{below}'"
    ))
}

/// The sentence; `words` is what was typed after the program's name, `program` the command line it was typed for.
pub fn sentence(error: &clap::Error, words: &[String], program: &clap::Command) -> String {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => Some(texts.join(", ")),
        _ => None,
    };
    let flag = bare(text(ContextKind::InvalidArg).unwrap_or_default());
    let value = text(ContextKind::InvalidValue).unwrap_or_default();
    let sentence = match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let word = text(ContextKind::InvalidSubcommand).unwrap_or_default();
            let near = text(ContextKind::SuggestedSubcommand);
            let what_instead = match habits::command(&word) {
                Some(ours) if asked(error) == "breakglass" => format!("; {ours}"),
                _ => guess(near, &asked(error)),
            };
            format!("there is no command {word:?}{what_instead}")
        }
        ErrorKind::UnknownArgument if flag.starts_with('-') => {
            let near = text(ContextKind::SuggestedArg);
            let what_instead = match habits::flag(&flag, words) {
                Some(ours) => format!("; {ours}"),
                None => beside(&flag, &asked(error), program)
                    .unwrap_or_else(|| guess(near, &asked(error))),
            };
            format!("there is no flag {flag}{what_instead}")
        }
        ErrorKind::UnknownArgument => {
            let command = asked(error);
            let what_instead = habits::word(&command, &flag);
            let what_instead = what_instead.unwrap_or_else(|| format!("see {command} --help"));
            format!("{flag:?} is one word too many; {what_instead}")
        }
        ErrorKind::InvalidValue if value.is_empty() && flag == "--host" => {
            "-h is the host, as in psql, and needs a value; --help is the help".to_owned()
        }
        ErrorKind::InvalidValue if value.is_empty() => format!("{flag} needs a value"),
        ErrorKind::InvalidValue => {
            let valid = text(ContextKind::ValidValue).unwrap_or_default();
            let near = text(ContextKind::SuggestedValue);
            let near = near.map_or(String::new(), |near| format!("; did you mean '{near}'?"));
            format!("{flag}: {value:?} is none of {valid}{near}")
        }
        ErrorKind::ValueValidation => {
            let why = std::error::Error::source(error).map(ToString::to_string);
            format!(
                "{flag}: {value:?}: {}",
                why.unwrap_or_else(|| "not a value it takes".to_owned())
            )
        }
        ErrorKind::ArgumentConflict => {
            let other = bare(text(ContextKind::PriorArg).unwrap_or_default());
            if other == flag {
                format!("{flag} may be given only once")
            } else {
                format!("{flag} and {other} contradict each other; give one of them")
            }
        }
        ErrorKind::MissingRequiredArgument => {
            format!("{flag} is missing; see {} --help", asked(error))
        }
        ErrorKind::InvalidUtf8 => "an argument is not UTF-8; nothing can be called that".to_owned(),
        _ => plain(error),
    };
    sanitize::one_line(&sentence)
}

/// Whether it was `check` that was used wrongly: then a monitoring system waits for its own exit code. Where the mistake
/// stands before any command, the words tell.
pub fn monitors(error: &clap::Error, words: &[String]) -> bool {
    match asked(error).as_str() {
        "breakglass" => words.iter().any(|word| word == "check"),
        command => command == "breakglass check",
    }
}

/// A flag without the name of its value: `--pid <PID>` is `--pid`. A word that may be left out without its brackets.
fn bare(flag: String) -> String {
    if !flag.starts_with('-') {
        return flag
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
    }
    let end = flag.find([' ', '[', '=']).unwrap_or(flag.len());
    flag[..end].to_owned()
}

/// `; did you mean …?`, or where to look.
fn guess(near: Option<String>, command: &str) -> String {
    match near {
        Some(near) => {
            let near = near.split(", ").last().unwrap_or_default().to_owned();
            format!("; did you mean {near}?")
        }
        None => format!("; see {command} --help"),
    }
}

/// The command that was being parsed: `breakglass terminate`.
fn asked(error: &clap::Error) -> String {
    let Some(ContextValue::StyledStr(usage)) = error.get(ContextKind::Usage) else {
        return "breakglass".to_owned();
    };
    let usage = usage.to_string();
    let words = usage.trim_start_matches("Usage:").split_whitespace();
    let words: Vec<&str> = words
        .take_while(|word| !word.starts_with(['-', '[', '<']))
        .collect();
    words.join(" ")
}

/// Another command of the same family that has the flag, as `backends terminate` has the `--limit` that `backends list`
/// has not.
fn beside(flag: &str, asked: &str, program: &clap::Command) -> Option<String> {
    let family = program.find_subcommand(asked.split(' ').nth(1)?)?;
    let name = flag.strip_prefix("--")?;
    let other = family
        .get_subcommands()
        .find(|it| it.get_arguments().any(|arg| arg.get_long() == Some(name)))?;
    let (family, other) = (family.get_name(), other.get_name());
    Some(format!(" here; breakglass {family} {other} has it"))
}

/// clap's own first line.
fn plain(error: &clap::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    line.trim_start_matches("error: ").to_owned()
}
