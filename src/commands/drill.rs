//! `breakglass drill`: rehearse on a throwaway server.
//!
//! Stage: between incidents. Turns the arguments and the environment into a [`Rehearsal`]; the rehearsal
//! itself is [`crate::drill`]. Never: reads the operator's configuration or connects to a real server.

use std::path::PathBuf;

use anyhow::Context as _;

use crate::drill::binaries::Hints;
use crate::drill::{Incident, Rehearsal, Verdict};
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;

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
    let verdict = crate::drill::run(&rehearsal, &mut context.terminal.writer()).map_err(fail)?;
    Ok(if verdict == Verdict::Recovered {
        ExitCode::Done
    } else {
        ExitCode::Nothing
    })
}
