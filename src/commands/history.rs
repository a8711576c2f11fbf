//! `breakglass history`: what this program did, by the record, as a timeline.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Args;

use crate::args::duration;
use crate::decide::history::{Act, Aim, Wanted, acts, line};
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::record;
use crate::record::read::Records;
use crate::report::history::{HistoryView, history, markdown, records};
use crate::report::{Extent, json, sanitize};
use crate::stages::telling::{Answer, Rows, tell};
use crate::stages::{Context, json_text};

/// Show what was done, by whom, and what came of it
///
/// Reads your own record and those given with --record, which may come from other operators and hosts, and merges
/// them by time. An intent without an outcome is shown as open: whoever did it was interrupted. Tells when ordinary
/// logins were admitted again. A line that cannot be read is named with its file and number, and the rest is shown.
/// Changes nothing, connects to nothing. -t NAME shows only what was done to that target.
///
/// Needs to be able to read the records, and no server.
///
/// Exit codes: 0 shown, 1 nothing matched, 2 wrong use, or a record that cannot be read.
///
/// Example: breakglass history --since 2h --format markdown
#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// Another record, or a directory with records (*.jsonl) below it; may be repeated
    #[arg(long, value_name = "FILE|DIR")]
    record: Vec<PathBuf>,
    /// From this long ago (2h), or from this moment on (2026-11-22T03:00:00Z)
    #[arg(long, value_name = "TIME", value_parser = since)]
    since: Option<Since>,
    /// Only what was done with a --reason that contains this
    #[arg(long, value_name = "REASON")]
    incident: Option<String>,
}

/// `--since`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Since {
    Ago(Duration),
    /// Microseconds since 1970.
    Moment(i64),
}

fn since(text: &str) -> Result<Since, String> {
    match line::moment(text) {
        Some(at) => Ok(Since::Moment(at)),
        None => duration(text)
            .map(Since::Ago)
            .map_err(|error| format!("{error}; or give a moment such as 2026-11-22T03:00:00Z")),
    }
}

/// Reads and tells.
pub fn run(args: &HistoryArgs, context: &Context) -> Outcome {
    let wrong = |text: String| Failure::say(ExitCode::Usage, text);
    if let Some(flag) = context.connection.means_a_server().first() {
        return Err(wrong(format!(
            "history reads records and {flag} means a server; use -t NAME"
        )));
    }
    let wanted = Wanted {
        since: args.since.map(|since| match since {
            Since::Moment(at) => at,
            Since::Ago(ago) => micros(SystemTime::now())
                .saturating_sub(i64::try_from(ago.as_micros()).unwrap_or(i64::MAX)),
        }),
        incident: args.incident.clone(),
        target: context.connection.target.as_ref().map(|name| Aim {
            name: name.clone(),
            // A record of another host may tell of targets this one does not know.
            endpoints: context
                .target_in_name()
                .map(|target| target.endpoints.iter().map(|it| it.label()).collect())
                .unwrap_or_default(),
        }),
    };
    let mut paths: Vec<PathBuf> = own(context).into_iter().collect();
    if paths.is_empty() && args.record.is_empty() {
        context
            .terminal
            .say("breakglass: nothing was recorded here yet; --record FILE reads another record\n");
        return Ok(ExitCode::Nothing);
    }
    paths.extend(args.record.iter().cloned());
    let read = Records::read(&paths).map_err(wrong)?;
    let shown: Vec<Act> = acts(read.lines)
        .into_iter()
        .filter(|act| act.is(&wanted))
        .collect();
    let files: Vec<String> = read
        .files
        .iter()
        .map(|it| it.display().to_string())
        .collect();
    let broken: Vec<(String, u64, String)> = read
        .broken
        .into_iter()
        .map(|it| (it.file.display().to_string(), it.line, it.why))
        .collect();
    let view = HistoryView {
        acts: &shown,
        files: &files,
        broken: &broken,
    };
    let answer = Answer {
        origin: None,
        screen: &|screen| history(&view, screen),
        rows: Rows::Texts(&|| records(&view).csv(), &|| markdown(&view)),
        document: &|| json_text(&json::history::history(&view)),
        extent: Extent::Brief,
        long: true,
    };
    let code = match shown.is_empty() {
        true => ExitCode::Nothing,
        false => ExitCode::Done,
    };
    let code = tell(&answer, code, context)?;
    for (file, line, why) in &broken {
        let text = sanitize::one_line(&format!("{file}:{line}: not readable: {why}"));
        context.terminal.say(&format!("breakglass: {text}\n"));
    }
    Ok(code)
}

/// This account's own record, if there is one.
fn own(context: &Context) -> Option<PathBuf> {
    let variable = |name: &str| context.environment.variables.get(name).cloned();
    let path = record::location(nix::unistd::geteuid().is_root(), variable)?;
    path.symlink_metadata().is_ok().then_some(path)
}

fn micros(at: SystemTime) -> i64 {
    at.duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_micros()).ok())
        .unwrap_or(0)
}
