//! `breakglass snapshot`: the evidence of this moment in one file.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::args::Format;
use crate::decide::evidence::{Evidence, Queries, document};
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::report::sanitize;
use crate::stages::evidence::{self, Found, Place, gather_with, save};
use crate::stages::pooler::PoolerArgs;
use crate::stages::standing;
use crate::stages::{Context, json_text};

/// Save the evidence to a file: sessions, locks, settings
///
/// One look through whichever lane opens, at the pooler's console, and at this host's backends and sockets. Changes nothing on the server.
/// The file is JSON, readable to you alone, and never replaces another. Statements are left out, but for their first
/// word and length: they hold data. Names of roles, databases, applications and clients are in it.
/// When no database lane opens, what the other lanes see and what was refused is saved all the same (exit 1).
///
/// 'status', 'sessions' and 'blockers' show it again with --from FILE; 'cancel', 'terminate' and 'free' rehearse on
/// it with --from FILE --dry-run.
///
/// Needs pg_monitor to see other roles' states; says what it could not see.
///
/// Exit codes: 0 saved, 1 saved without sessions (no database lane was open), 2 wrong use, 4 cannot be saved.
///
/// Example: breakglass snapshot incident.json
#[derive(Debug, Args)]
pub struct SnapshotArgs {
    /// Where to; '-' prints it [default: breakglass-snapshot-SERVER-TIME.json here]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Keep the text of statements, with whatever data is in it
    #[arg(long)]
    with_queries: bool,
    #[command(flatten)]
    pooler: PoolerArgs,
}

/// Gathers and saves.
pub fn run(args: &SnapshotArgs, context: &Context) -> Outcome {
    if !matches!(context.format, Format::Table | Format::Json) {
        return Err(Failure::say(
            ExitCode::Usage,
            "a snapshot is always JSON; leave --format out",
        ));
    }
    if let Some(file) = &args.file
        && !printed(file)
    {
        evidence::vacant(file)?;
    }
    let queries = if args.with_queries {
        Queries::Kept
    } else {
        Queries::LeftOut
    };
    let console = args.pooler.target(context)?;
    let mut way = context.way_in()?;
    if let Ok(way) = &mut way {
        way.database.ask_pooler(console.as_ref());
    }
    standing::remind(context, way.as_mut().ok());
    let found = match &mut way {
        Ok(way) => Found::Open(way),
        Err(lockout) => Found::Closed(&lockout.refusals),
    };
    let evidence = gather_with(context, found, console.as_ref(), queries);
    match &args.file {
        Some(file) if printed(file) => context.answer(&json_text(&document::write(&evidence))?)?,
        file => {
            let place = match file {
                Some(file) => Place::File(file.clone()),
                None => Place::Directory(PathBuf::new()),
            };
            let path = save(&evidence, &place)?;
            context.answer(&told(&path, &evidence, context)?)?;
        }
    }
    for sentence in &evidence.not_seen {
        let sentence = sanitize::one_line(sentence);
        context
            .terminal
            .say(&format!("breakglass: not seen: {sentence}\n"));
    }
    if evidence.database.is_some() {
        return Ok(ExitCode::Done);
    }
    for refused in &evidence.refused_before {
        let refused = sanitize::one_line(refused);
        context
            .terminal
            .say(&format!("breakglass: refused: {refused}\n"));
    }
    Ok(ExitCode::Nothing)
}

fn printed(file: &Path) -> bool {
    file.as_os_str() == "-"
}

/// What was saved, where.
fn told(path: &Path, evidence: &Evidence, context: &Context) -> Result<String, Failure> {
    let sessions = evidence
        .database
        .as_ref()
        .map(|database| database.snapshot.sessions.len());
    if context.format == Format::Json {
        return json_text(&serde_json::json!({
            "format": "breakglass/snapshot-saved/1",
            "file": path.to_string_lossy(),
            "sessions": sessions,
            "query_text": evidence.queries,
            "refused_before": evidence.refused_before,
            "not_seen": evidence.not_seen,
        }));
    }
    let shown = sanitize::one_line(&path.to_string_lossy());
    let what = match sessions {
        Some(count) => {
            let text = match evidence.queries {
                Queries::Kept => "with the text of statements",
                Queries::LeftOut => "without the text of statements",
            };
            format!("{count} processes of {}, {text}", evidence.target)
        }
        None => format!(
            "no sessions of {}: no database lane is open",
            evidence.target
        ),
    };
    Ok(format!("saved {shown}\n{}\n", sanitize::one_line(&what)))
}
