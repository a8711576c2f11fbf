//! `breakglass man DIR`: a manual page for each command, from the same source as `--help`.

use std::io;
use std::path::PathBuf;

use clap::Args;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::error::{Failure, Outcome};
use crate::exit_code::{self, ExitCode};
use crate::report::sanitize;
use crate::stages::{Context, replacing};

/// Write the manual pages, one for each command
///
/// Writes breakglass.1, breakglass-status.1 and so on into DIR, replacing those of another version; changes nothing else;
/// needs no server. Read them with 'man DIR/breakglass.1', or put them where man looks, for example
/// ~/.local/share/man/man1.
///
/// Exit codes: 0 written, 2 wrong use, 4 cannot be written.
///
/// Example: breakglass man .
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Directory to write into; made where it is missing
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

/// Writes them; `program` is the command line.
pub fn run(args: &ManArgs, context: &Context, mut program: clap::Command) -> Outcome {
    program.build();
    let mut pages = Vec::new();
    gather(&program, &mut pages).map_err(|error| {
        Failure::new(
            ExitCode::Nothing,
            anyhow::Error::new(error).context("cannot make the manual pages"),
        )
    })?;
    std::fs::create_dir_all(&args.directory).map_err(|error| {
        let what = format!("cannot make {}", args.directory.display());
        Failure::new(ExitCode::Refused, anyhow::Error::new(error).context(what))
    })?;
    for (name, text) in &pages {
        let path = args.directory.join(name);
        replacing::write(&path, text).map_err(|error| {
            let what = format!("cannot write {}", path.display());
            Failure::new(ExitCode::Refused, anyhow::Error::new(error).context(what))
        })?;
    }
    let said = format!(
        "{} manual pages in {}; read one: man {}",
        pages.len(),
        sanitize::one_line(&args.directory.display().to_string()),
        sanitize::one_line(&args.directory.join("breakglass.1").display().to_string()),
    );
    context.terminal.tell(&said);
    Ok(ExitCode::Done)
}

/// The page of this command and of those below it: file name, text.
fn gather(command: &clap::Command, pages: &mut Vec<(String, String)>) -> io::Result<()> {
    let name = command.get_bin_name().unwrap_or(command.get_name());
    pages.push((format!("{}.1", name.replace(' ', "-")), page(command)?));
    for below in command.get_subcommands().filter(|it| !it.is_hide_set()) {
        gather(below, pages)?;
    }
    Ok(())
}

fn page(command: &clap::Command) -> io::Result<String> {
    let name = command.get_bin_name().unwrap_or(command.get_name());
    let about = command.get_long_about().or(command.get_about());
    let told = Told::of(&about.map(ToString::to_string).unwrap_or_default());
    let main = name == "breakglass";
    // The help's own order, without the parts that have a heading of their own in a manual.
    let shown = command
        .clone()
        .long_about(told.description.clone())
        .before_help(None::<&str>)
        .after_help(None::<&str>)
        .after_long_help(None::<&str>);
    // No date: the same program writes the same page on every day.
    let man = Man::new(shown)
        .title(name.replace(' ', "-"))
        .section("1")
        .source(format!("breakglass {}", env!("CARGO_PKG_VERSION")))
        .manual("Breakglass Manual")
        .date("");
    let mut out = Vec::new();
    man.render_title(&mut out)?;
    man.render_name_section(&mut out)?;
    // clap's own synopsis names every option again.
    let usage = command.clone().render_usage().to_string();
    let mut synopsis = Roff::new();
    synopsis.control("SH", ["SYNOPSIS"]);
    for (number, line) in usage.lines().enumerate() {
        if number > 0 {
            synopsis.control("br", []);
        }
        let line = line.trim_start_matches("Usage:").trim();
        synopsis.text([roman(line)]);
    }
    synopsis.to_writer(&mut out)?;
    man.render_description_section(&mut out)?;
    if main {
        let mut first = Roff::new();
        first.control("SH", ["FIRST FIVE MINUTES"]);
        let help = command.get_after_help().map(ToString::to_string);
        let help = help.unwrap_or_default();
        // Its first line is what the heading says.
        let (_, text) = help.split_once('\n').unwrap_or_default();
        let (commands, story) = text.split_once("\n\n").unwrap_or((text, ""));
        literal(&mut first, commands);
        first.control("PP", []);
        first.text([roman(story.replace('\n', " "))]);
        first.to_writer(&mut out)?;
    }
    if command.has_subcommands() {
        man.render_subcommands_section(&mut out)?;
    }
    man.render_options_section(&mut out)?;
    let mut rest = Roff::new();
    rest.control("SH", ["EXIT STATUS"]);
    if main {
        literal(&mut rest, exit_code::TABLE);
    } else {
        rest.text([roman(told.exit_codes)]);
    }
    if !told.examples.is_empty() {
        rest.control("SH", ["EXAMPLES"]);
        literal(&mut rest, &told.examples.join("\n"));
    }
    rest.control("SH", ["SEE ALSO"]);
    let parent = name
        .rsplit_once(' ')
        .map_or("breakglass", |(parent, _)| parent);
    if main {
        rest.text([
            bold("psql"),
            roman("(1), "),
            bold("pgbouncer"),
            roman("(1)"),
        ]);
    } else {
        rest.text([bold(parent.replace(' ', "-")), roman("(1)")]);
    }
    rest.to_writer(&mut out)?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}

/// Lines as they are.
fn literal(page: &mut Roff, text: &str) {
    page.control("nf", []);
    for line in text.lines() {
        page.text([roman(line)]);
    }
    page.control("fi", []);
}

/// A command's help, cut into what a manual has headings for.
struct Told {
    description: String,
    exit_codes: String,
    examples: Vec<String>,
}

impl Told {
    fn of(about: &str) -> Self {
        let mut told = Self {
            description: String::new(),
            exit_codes: String::new(),
            examples: Vec::new(),
        };
        for paragraph in about.split("\n\n") {
            let line = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
            if let Some(example) = line.strip_prefix("Example: ") {
                told.examples.push(example.to_owned());
            } else if line.starts_with("Exit codes") {
                let (_, codes) = line.split_once(": ").unwrap_or_default();
                told.exit_codes = codes.to_owned();
            } else {
                told.description.push_str(&line);
                told.description.push_str("\n\n");
            }
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_help_is_cut_where_a_manual_has_headings() {
        let told = Told::of(
            "Do it\n\nDoes it.\n\nExit codes, of monitoring: 0 done,\n1 not.\n\nExample: a b\n\nExample: a c",
        );
        assert_eq!(told.description, "Do it\n\nDoes it.\n\n");
        assert_eq!(told.exit_codes, "0 done, 1 not.");
        assert_eq!(told.examples, ["a b", "a c"]);
    }

    #[test]
    fn pages_are_the_same_each_time_and_one_for_each_command() {
        let gathered = || {
            let mut command = crate::cli::command();
            command.build();
            let mut pages = Vec::new();
            gather(&command, &mut pages)
                .map(|()| pages)
                .unwrap_or_default()
        };
        let pages = gathered();
        assert_eq!(pages, gathered());
        assert!(pages.len() > 30);
        assert!(
            pages
                .iter()
                .any(|(name, _)| name == "breakglass-workers-recycle.1")
        );
    }
}
