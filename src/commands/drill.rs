//! `breakglass drill`: rehearse on a throwaway server.
//!
//! Stage: between incidents. Turns the arguments and the environment into a [`Rehearsal`]; the rehearsal
//! itself is [`crate::drill`]. Never: reads the operator's configuration or connects to a real server.

use std::path::PathBuf;

use anyhow::Context as _;

use crate::args::Format;
use crate::drill::binaries::Hints;
use crate::drill::{Incident, Rehearsal, Rehearsed, Verdict};
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::report::grid::{Column, Grid, Row};

/// Rehearse an outage on a throwaway PostgreSQL server
///
/// Starts a server of its own from the PostgreSQL binaries of this machine, takes its connection slots away as a
/// leaking application would, and runs this program's real commands against it: first with only the ordinary
/// slots gone, then with every slot gone, the superusers' too. Ends with a table: the lane that was open, the
/// time to recovery, sessions ended, innocent sessions lost, restarts.
///
/// Changes nothing: the server lives in a private temporary directory, listens only there, and is removed at the
/// end, also after Ctrl-C. No other server is contacted.
///
/// Exit codes: 0 both incidents ended as they must; 1 one did not; 2 wrong use.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  breakglass drill\n  breakglass drill --hands-on first")]
pub struct DrillArgs {
    /// Directory of the server's binaries, initdb and postgres [env: BREAKGLASS_PG_BINDIR]
    #[arg(long, value_name = "DIRECTORY")]
    bindir: Option<PathBuf>,

    /// Leave the incident running for you to end by hand, from another terminal
    #[arg(long, value_name = "INCIDENT", value_enum, num_args = 0..=1, default_missing_value = "second")]
    hands_on: Option<Incident>,
}

/// Rehearses, printing what happens as it happens.
pub fn run(args: &DrillArgs, context: &super::Context) -> Outcome {
    let variable = |name: &str| {
        context
            .environment
            .variables
            .get(name)
            .filter(|value| !value.is_empty())
    };
    let fail = |error: anyhow::Error| Failure::new(ExitCode::Nothing, error);
    let rehearsal = Rehearsal {
        program: std::env::current_exe()
            .context("could not find this program's own executable")
            .map_err(fail)?,
        hints: Hints {
            directory: args
                .bindir
                .clone()
                .or_else(|| variable("BREAKGLASS_PG_BINDIR").map(PathBuf::from)),
            path: variable("PATH").map(Into::into),
        },
        hands_on: args.hands_on,
    };
    let rehearsed = match context.format {
        Format::Table => crate::drill::run(&rehearsal, &mut context.terminal.writer()),
        // The table at the end is the answer then, and the story is conversation.
        _ => crate::drill::run(&rehearsal, &mut context.terminal.talk_writer()),
    }
    .map_err(fail)?;
    let verdict = rehearsed.verdict;
    match context.format {
        Format::Table => {}
        Format::Json => context.answer(&super::json_text(&json(&rehearsed))?)?,
        Format::Csv => context.answer(&grid(&rehearsed).csv())?,
        Format::Markdown => context.answer(&grid(&rehearsed).markdown())?,
    }
    Ok(if verdict == Verdict::Recovered {
        ExitCode::Done
    } else {
        ExitCode::Nothing
    })
}

fn json(rehearsed: &Rehearsed) -> serde_json::Value {
    let incidents: Vec<_> = rehearsed
        .incidents
        .iter()
        .map(|played| {
            serde_json::json!({
                "incident": played.name,
                "lane": played.lane,
                "recovery_seconds": played.recovery.map(|time| time.as_secs_f64()),
                "sessions_ended": played.ended,
                "innocent_sessions": played.innocents,
                "innocent_sessions_lost": played.lost,
                "restarts": played.restarts,
                "complaints": played.complaints,
            })
        })
        .collect();
    serde_json::json!({
        "format": "breakglass/drill/1",
        "recovered": rehearsed.verdict == Verdict::Recovered,
        "incidents": incidents,
    })
}

fn grid(rehearsed: &Rehearsed) -> Grid {
    let titles = [
        "incident",
        "lane",
        "recovery_seconds",
        "sessions_ended",
        "innocent_sessions",
        "innocent_sessions_lost",
        "restarts",
        "complaints",
    ];
    let number = |count: Option<usize>| count.map(|count| count.to_string()).unwrap_or_default();
    let mut grid = Grid::new(titles.into_iter().map(Column::name).collect());
    for played in &rehearsed.incidents {
        grid.rows.push(Row::plain(vec![
            played.name.to_owned(),
            played.lane.clone(),
            played
                .recovery
                .map(|time| format!("{:.3}", time.as_secs_f64()))
                .unwrap_or_default(),
            number(played.ended),
            played.innocents.to_string(),
            number(played.lost),
            played.restarts.to_string(),
            played.complaints.join("; "),
        ]));
    }
    grid
}
