//! Which workers: the flags this lane can judge, and an error for every other selection flag.
//!
//! Stage: parsing.

use std::time::Duration;

use clap::Args;

use crate::args::{age, choice, duration, one_of, pid, unknown};
use crate::decide::workers::runtime::Runtime;
use crate::decide::workers::selection::{Criteria, State};
use crate::error::Failure;
use crate::exit_code::ExitCode;
use crate::stages::foreign::{Blind, Foreign};

/// What a process does not tell.
#[derive(Debug, Clone, Default)]
struct Processes;

impl Blind for Processes {
    const LANE: &'static str = "workers";
    const TELLER: &'static str = "a process";
    const FLAGS: &'static [(&'static str, &'static str)] = &[
        ("database", "which database its connections are for"),
        ("not-database", "which database its connections are for"),
        ("app", "its application_name; --runtime and --pid name it"),
        ("not-app", "its application_name; --not-pid names it"),
        ("client", "more than one address: this host's"),
        ("not-client", "more than one address: this host's"),
        (
            "active-for",
            "that a statement runs; --state busy is the nearest",
        ),
        (
            "not-active-for",
            "that a statement runs; --state idle is the nearest",
        ),
        ("connected-for", "when it connected"),
        ("not-connected-for", "when it connected"),
        ("waiting", "who waits for a lock"),
        ("not-waiting", "who waits for a lock"),
    ];
}

/// Which workers. Different flags must all hold; of a repeated flag, one value must.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Which workers (all flags must hold; of a repeated flag, one)")]
pub struct WorkerSelectionArgs {
    /// Process ID
    #[arg(long, value_name = "PID", value_parser = pid)]
    pub pid: Vec<i32>,
    /// Not this process
    #[arg(long, value_name = "PID", value_parser = pid, hide_short_help = true)]
    pub not_pid: Vec<i32>,
    /// Runtime, as the list names it: gunicorn, uwsgi, puma, systemd, plain, or one of the configuration
    #[arg(long, value_name = "NAME")]
    pub runtime: Vec<String>,
    /// Not this runtime
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub not_runtime: Vec<String>,
    /// State: idle (all its connections), busy (one of them), undecided
    #[arg(long, value_name = "STATE", value_parser = state)]
    pub state: Vec<State>,
    /// Not this state
    #[arg(long, value_name = "STATE", value_parser = state, hide_short_help = true)]
    pub not_state: Vec<State>,
    /// All its connections idle at least this long
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub idle_for: Option<Duration>,
    /// Not idle this long
    #[arg(long, value_name = "TIME", value_parser = duration, hide_short_help = true)]
    pub not_idle_for: Option<Duration>,
    #[command(flatten)]
    foreign: Foreign<Processes>,
}

impl WorkerSelectionArgs {
    /// The criteria, or what is wrong with them. `runtimes` are those there are.
    pub fn criteria(&self, runtimes: &[Runtime]) -> Result<Criteria, Failure> {
        self.foreign.refuse()?;
        let usage = |text: String| Failure::say(ExitCode::Usage, text);
        let wrong = |text: String| Err(usage(text));
        let names: Vec<&str> = runtimes
            .iter()
            .map(|runtime| runtime.name.as_str())
            .collect();
        for name in self.runtime.iter().chain(&self.not_runtime) {
            if !names.contains(&name.as_str()) {
                return wrong(format!(
                    "--runtime {name}: {}",
                    unknown(name, &names, "runtime")
                ));
            }
        }
        if self.idle_for.is_some() && !self.state.is_empty() && !self.state.contains(&State::Idle) {
            return wrong(
                "--idle-for contradicts a --state other than idle; give one of them".to_owned(),
            );
        }
        let idle_for = age("--idle-for", self.idle_for, self.not_idle_for);
        Ok(Criteria {
            pids: choice(&self.pid, &self.not_pid),
            runtimes: choice(&self.runtime, &self.not_runtime),
            states: choice(&self.state, &self.not_state),
            idle_for: idle_for.map_err(usage)?,
        })
    }
}

fn state(text: &str) -> Result<State, String> {
    one_of(text, "state")
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        selection: WorkerSelectionArgs,
    }

    fn criteria(words: &[&str]) -> Result<Criteria, String> {
        let line = Line::try_parse_from([&["workers"], words].concat())
            .map_err(|error| error.to_string())?;
        let gunicorn = Runtime {
            name: "gunicorn".to_owned(),
            ..Runtime::default()
        };
        line.selection
            .criteria(&[gunicorn])
            .map_err(|failure| failure.error.to_string())
    }

    #[test]
    fn every_flag_that_a_process_cannot_answer_is_an_error_that_names_lane_and_flag() {
        for (flag, _) in Processes::flags() {
            let error = criteria(&[&format!("--{flag}"), "x"])
                .err()
                .unwrap_or_default();
            assert!(
                error.starts_with(&format!("the workers lane cannot judge --{flag}:")),
                "{error}"
            );
        }
    }

    #[test]
    fn what_it_can_judge_is_read_and_contradictions_are_not() {
        let read = criteria(&[
            "--runtime",
            "gunicorn",
            "--state",
            "idle",
            "--idle-for",
            "5m",
        ]);
        assert!(read.is_ok_and(|criteria| !criteria.is_empty()));
        for words in [
            &["--runtime", "gunicron"][..],
            &["--state", "active"],
            &["--state", "busy", "--idle-for", "5m"],
            &["--idle-for", "5m", "--not-idle-for", "5m"],
        ] {
            assert!(criteria(words).is_err(), "{words:?}");
        }
    }
}
