//! `breakglass runbook [NAME]`: the runbooks, without a network and without a server.

use clap::Args;
use serde_json::json;

use crate::args::{Format, unknown};
use crate::connect::Host;
use crate::decide::runbook::Runbook;
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::report::runbook::{self, Filling};
use crate::report::sanitize;
use crate::stages::{Context, json_text};

/// Show the runbooks, or the one of a symptom
///
/// Without NAME lists them, each with its symptom. They are inside the program, so they are there when the network is
/// not. With -t NAME or other connection flags the commands on the page are those for that server. On a terminal a long
/// page goes through $PAGER.
///
/// Changes nothing; connects to nothing, and runs no password_command; needs no server.
///
/// Exit codes: 0 shown, 1 --search found nothing, 2 wrong use, or there is no such runbook.
///
/// Example: breakglass runbook connections-exhausted
#[derive(Debug, Args)]
pub struct RunbookArgs {
    /// Which one
    #[arg(value_name = "NAME", conflicts_with = "search")]
    name: Option<String>,
    /// Show every line of every runbook with this in it
    #[arg(long, value_name = "WORD")]
    search: Option<String>,
}

/// Lists, finds or shows.
pub fn run(args: &RunbookArgs, context: &Context) -> Outcome {
    if let Some(word) = &args.search {
        return search(word, context);
    }
    let Some(name) = &args.name else {
        return list(context);
    };
    let Ok(found) = name.parse::<Runbook>() else {
        let sentence = unknown(name, &runbook::names(), "runbook");
        return Err(Failure::say(
            ExitCode::Usage,
            format!("{name:?}: {sentence}"),
        ));
    };
    let filling = filling(context)?;
    let text = match &filling {
        Some(filling) => runbook::filled(runbook::source(found), filling),
        None => runbook::source(found).to_owned(),
    };
    let said = filling.as_ref().map(|filling| filling.said.as_str());
    match context.format {
        Format::Table => {
            let mut shown =
                runbook::screen(&text, context.terminal.width(), context.terminal.palette());
            if let Some(said) = said {
                shown = format!("{said}\n\n{shown}");
            }
            context.page(&shown)?;
        }
        Format::Json => context.answer(&json_text(&json!({
            "format": "breakglass/runbook/1",
            "name": found.name(),
            "title": runbook::title(found),
            "symptom": runbook::symptom(found),
            "filled_in": said,
            "sections": runbook::sections(&text),
        }))?)?,
        Format::Markdown => context.answer(&text)?,
        Format::Csv => {
            return Err(Failure::say(
                ExitCode::Usage,
                "a runbook is no table; give --format table, json or markdown",
            ));
        }
    }
    Ok(ExitCode::Done)
}

fn list(context: &Context) -> Outcome {
    let grid = runbook::list();
    match context.format {
        Format::Table => {
            let mut text = grid
                .table(context.terminal.width(), context.terminal.palette())
                .join("\n");
            text.push_str("\n\nread one: breakglass runbook NAME\n");
            context.page(&text)?;
        }
        Format::Json => {
            let all: Vec<_> = Runbook::ALL
                .iter()
                .map(|&one| {
                    json!({
                        "name": one.name(),
                        "title": runbook::title(one),
                        "symptom": runbook::symptom(one),
                    })
                })
                .collect();
            context.answer(&json_text(&json!({
                "format": "breakglass/runbook/1",
                "runbooks": all,
            }))?)?;
        }
        Format::Csv => context.answer(&grid.csv())?,
        Format::Markdown => context.answer(&grid.markdown())?,
    }
    Ok(ExitCode::Done)
}

fn search(word: &str, context: &Context) -> Outcome {
    let found = runbook::search(word);
    let grid = runbook::hits(&found);
    match context.format {
        Format::Table if found.is_empty() => {
            let word = sanitize::one_line(word);
            context
                .terminal
                .say(&format!("breakglass: no runbook has '{word}'\n"));
        }
        Format::Table => {
            let lines = grid.table(context.terminal.width(), context.terminal.palette());
            context.page(&(lines.join("\n") + "\n"))?;
        }
        Format::Json => context.answer(&json_text(&json!({
            "format": "breakglass/runbook/1",
            "search": word,
            "found": found,
        }))?)?,
        Format::Csv => context.answer(&grid.csv())?,
        Format::Markdown => context.answer(&grid.markdown())?,
    }
    Ok(if found.is_empty() {
        ExitCode::Nothing
    } else {
        ExitCode::Done
    })
}

/// What was typed about a server, for the commands on the page; `None` when nothing was.
fn filling(context: &Context) -> Result<Option<Filling>, Failure> {
    let typed = &context.connection;
    let flags = typed.typed_again();
    if flags.is_empty() {
        return Ok(None);
    }
    let target = context.target_in_name()?;
    let mut values = vec![
        ("$PGUSER", target.user.clone()),
        ("$PGDATABASE", target.database.clone()),
    ];
    let mut labels = Vec::new();
    for endpoint in &target.endpoints {
        labels.push(endpoint.label());
    }
    if let Some(first) = target.endpoints.first() {
        let host = match &first.host {
            Host::Unix(directory) => directory.display().to_string(),
            Host::Abstract(name) => format!("@{name}"),
            Host::Tcp { name, address } => name
                .clone()
                .or_else(|| address.map(|address| address.to_string()))
                .unwrap_or_default(),
        };
        values.push(("$PGHOST", host));
        values.push(("${PGPORT:-5432}", first.port.to_string()));
        values.push(("$PGPORT", first.port.to_string()));
    }
    for (_, value) in &mut values {
        *value = sanitize::one_line(value);
    }
    let said = format!(
        "The commands are filled in for {}, role {}, database {}.",
        labels.join(", "),
        target.user,
        target.database
    );
    Ok(Some(Filling {
        flags,
        target: typed.target.clone(),
        values,
        said: sanitize::one_line(&said),
    }))
}
