//! `breakglass drill`: rehearse on a throwaway server.
//!
//! Stage: between incidents. Turns the arguments and the environment into a [`Rehearsal`]; the rehearsal
//! itself is [`crate::drill`]. Never: reads the operator's configuration or connects to a real server.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::ValueEnum;
use clap::builder::PossibleValue;

use crate::args::Format;
use crate::drill::binaries::Hints;
use crate::drill::{Incident, Rehearsal, Rehearsed, Verdict};
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::report::grid::{Column, Grid, Row};

/// Rehearse an outage on a throwaway PostgreSQL server
///
/// Starts a server of its own from the PostgreSQL binaries of this machine, takes its connection slots away as real
/// incidents do, and runs this program's real commands against it. Without SCENARIO: 'first' (only the ordinary slots
/// are gone), then 'second' (every slot, the superusers' too). 'all' plays every scenario. Ends with a table: the lane
/// used; the time until the first command showed the incident, until the first slot was freed, and until an ordinary
/// client got in; sessions ended, innocent sessions lost, restarts.
///
/// With --hands-on the incident is left to you, in another terminal. The drill watches, and says at the end how long it
/// took, what was ended that should not have been, and what would have been quicker.
///
/// Changes nothing: the server and all its clients live in a private temporary directory and on a port of 127.0.0.1
/// where only two roles without rights may log in, and are removed at the end, also after Ctrl-C or SIGKILL. No other
/// server is contacted.
///
/// Needs PostgreSQL's server binaries, and no root; as root the server runs as another account.
///
/// Exit codes: 0 every incident ended as it must; 1 one did not; 2 wrong use.
///
/// Example: breakglass drill second
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  breakglass drill\n  breakglass drill all\n  breakglass drill --hands-on lock-queue"
)]
pub struct DrillArgs {
    /// What to play
    #[arg(value_name = "SCENARIO", value_enum, conflicts_with = "hands_on")]
    scenario: Option<Wanted>,

    /// Directory of the server's binaries, initdb and postgres [env: BREAKGLASS_PG_BINDIR]
    #[arg(long, value_name = "DIRECTORY")]
    bindir: Option<PathBuf>,

    /// Leave the incident running for you to end by hand, from another terminal
    #[arg(long, value_name = "SCENARIO", value_enum, num_args = 0..=1, default_missing_value = "second")]
    hands_on: Option<Incident>,
}

/// What can be asked for.
#[derive(Debug, Clone, Copy)]
enum Wanted {
    All,
    One(Incident),
}

impl ValueEnum for Wanted {
    fn value_variants<'a>() -> &'a [Self] {
        const VARIANTS: [Wanted; 10] = {
            let mut variants = [Wanted::All; 10];
            let mut at = 0;
            while at < Incident::ALL.len() {
                variants[at + 1] = Wanted::One(Incident::ALL[at]);
                at += 1;
            }
            variants
        };
        &VARIANTS
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Self::All => Some(PossibleValue::new("all").help("Every one of them")),
            Self::One(incident) => incident.to_possible_value(),
        }
    }
}

/// Rehearses, printing what happens as it happens.
pub fn run(args: &DrillArgs, context: &crate::stages::Context) -> Outcome {
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
        incidents: match args.scenario {
            None => vec![Incident::First, Incident::Second],
            Some(Wanted::All) => Incident::ALL.to_vec(),
            Some(Wanted::One(incident)) => vec![incident],
        },
        hands_on: args.hands_on,
        width: match context.format {
            Format::Table => context.terminal.width(),
            _ => context.terminal.talk_width(),
        },
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
        Format::Json => context.answer(&crate::stages::json_text(&json(&rehearsed))?)?,
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
    let time = |time: Option<std::time::Duration>| time.map(|time| time.as_secs_f64());
    let incidents: Vec<_> = rehearsed
        .incidents
        .iter()
        .map(|played| {
            serde_json::json!({
                "scenario": played.incident.name(),
                "incident": played.incident.title(),
                "not_played": played.not_played,
                "lane": played.lane,
                "detect_seconds": time(played.detected),
                "first_slot_seconds": time(played.first_slot),
                "recovery_seconds": time(played.recovery),
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
        "scenario",
        "incident",
        "lane",
        "detect_seconds",
        "first_slot_seconds",
        "recovery_seconds",
        "sessions_ended",
        "innocent_sessions",
        "innocent_sessions_lost",
        "restarts",
        "not_played",
        "complaints",
    ];
    let time = |time: Option<std::time::Duration>| {
        time.map(|time| format!("{:.3}", time.as_secs_f64()))
            .unwrap_or_default()
    };
    let mut grid = Grid::new(titles.into_iter().map(Column::name).collect());
    for played in &rehearsed.incidents {
        grid.rows.push(Row::plain(vec![
            played.incident.name().to_owned(),
            played.incident.title().to_owned(),
            played.lane.clone(),
            time(played.detected),
            time(played.first_slot),
            time(played.recovery),
            played.ended.to_string(),
            played.innocents.to_string(),
            played.lost.to_string(),
            played.restarts.to_string(),
            played.not_played.unwrap_or_default().to_owned(),
            played.complaints.join("; "),
        ]));
    }
    grid
}
