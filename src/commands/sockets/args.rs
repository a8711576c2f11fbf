//! Which connections: the flags this lane can judge, and an error for every other selection flag.
//!
//! Stage: parsing. A filter that were silently ignored would widen what is severed.

use std::time::Duration;

use clap::Args;

use crate::args::{age, choice, client, duration, one_of, pid};
use crate::decide::connection::Class;
use crate::decide::selection::ClientPattern;
use crate::decide::sockets::selection::SocketCriteria;
use crate::error::Failure;
use crate::exit_code::ExitCode;
use crate::stages::foreign::{Blind, Foreign};

/// What a socket does not tell.
#[derive(Debug, Clone, Default)]
struct Sockets;

impl Blind for Sockets {
    const LANE: &'static str = "sockets";
    const TELLER: &'static str = "a socket";
    const FLAGS: &'static [(&'static str, &'static str)] = FOREIGN;
}

/// Flags that other lanes judge, and what a socket does not tell.
const FOREIGN: &[(&str, &str)] = &[
    ("database", "which database it is for"),
    ("not-database", "which database it is for"),
    ("app", "the application's name; --pid names its process"),
    (
        "not-app",
        "the application's name; --not-pid names its process",
    ),
    (
        "active-for",
        "that a statement runs; --waiting-for is the nearest",
    ),
    (
        "not-active-for",
        "that a statement runs; --not-waiting-for is the nearest",
    ),
    ("connected-for", "when it was opened"),
    ("not-connected-for", "when it was opened"),
    (
        "waiting",
        "who waits for a lock; --state waiting is for an answer",
    ),
    (
        "not-waiting",
        "who waits for a lock; --not-state waiting is for an answer",
    ),
];

/// Which connections. Different flags must all hold; of a repeated flag, one value must.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Which connections (all flags must hold; of a repeated flag, one)")]
pub struct SocketSelectionArgs {
    /// Process that has it open
    #[arg(long, value_name = "PID", value_parser = pid)]
    pid: Vec<i32>,
    /// Not this process
    #[arg(long, value_name = "PID", value_parser = pid, hide_short_help = true)]
    not_pid: Vec<i32>,
    /// Address or network (10.0.0.0/8) of the application's end
    #[arg(long, value_name = "ADDR", value_parser = client)]
    client: Vec<ClientPattern>,
    /// Not this client
    #[arg(long, value_name = "ADDR", value_parser = client, hide_short_help = true)]
    not_client: Vec<ClientPattern>,
    /// State: idle, waiting, undecided, closing
    #[arg(long, value_name = "STATE", value_parser = class)]
    state: Vec<Class>,
    /// Not this state
    #[arg(long, value_name = "STATE", value_parser = class, hide_short_help = true)]
    not_state: Vec<Class>,
    /// Answered, and quiet at least this long
    #[arg(long, value_name = "TIME", value_parser = duration)]
    idle_for: Option<Duration>,
    /// Not quiet this long after an answer
    #[arg(long, value_name = "TIME", value_parser = duration, hide_short_help = true)]
    not_idle_for: Option<Duration>,
    /// Waiting for the server's answer at least this long
    #[arg(long, value_name = "TIME", value_parser = duration)]
    waiting_for: Option<Duration>,
    /// Not waiting this long
    #[arg(long, value_name = "TIME", value_parser = duration, hide_short_help = true)]
    not_waiting_for: Option<Duration>,
    #[command(flatten)]
    foreign: Foreign<Sockets>,
}

impl SocketSelectionArgs {
    /// The criteria, or what is wrong with them.
    pub fn criteria(&self) -> Result<SocketCriteria, Failure> {
        let wrong = |text: String| Err(Failure::say(ExitCode::Usage, text));
        self.foreign.refuse()?;
        if self.client.contains(&ClientPattern::Local)
            || self.not_client.contains(&ClientPattern::Local)
        {
            return wrong(
                "the sockets lane cannot judge --client local: it sees TCP connections only"
                    .to_owned(),
            );
        }
        if self.idle_for.is_some() && self.waiting_for.is_some() {
            return wrong(
                "--idle-for and --waiting-for contradict each other; give one of them".to_owned(),
            );
        }
        let usage = |text| Failure::say(ExitCode::Usage, text);
        let idle_for = age("--idle-for", self.idle_for, self.not_idle_for).map_err(usage)?;
        let waiting_for =
            age("--waiting-for", self.waiting_for, self.not_waiting_for).map_err(usage)?;
        let ages = [
            ("--idle-for", idle_for, Class::Idle),
            ("--waiting-for", waiting_for, Class::Waiting),
        ];
        for (flag, age, class) in ages {
            if age.min.is_some() && !self.state.is_empty() && !self.state.contains(&class) {
                return wrong(format!(
                    "{flag} contradicts a --state other than {}; give one of them",
                    class.name()
                ));
            }
        }
        Ok(SocketCriteria {
            pids: choice(&self.pid, &self.not_pid),
            clients: choice(&self.client, &self.not_client),
            classes: choice(&self.state, &self.not_state),
            idle_for,
            waiting_for,
        })
    }
}

fn class(text: &str) -> Result<Class, String> {
    one_of(text, "state")
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        selection: SocketSelectionArgs,
    }

    fn criteria(words: &[&str]) -> Result<SocketCriteria, String> {
        let line = Line::try_parse_from([&["sockets"], words].concat())
            .map_err(|error| error.to_string())?;
        line.selection
            .criteria()
            .map_err(|failure| failure.error.to_string())
    }

    #[test]
    fn every_flag_that_a_socket_cannot_answer_is_an_error_that_names_lane_and_flag() {
        for (flag, _) in Sockets::flags() {
            for words in [
                vec![format!("--{flag}"), "x".to_owned()],
                vec![format!("--{flag}")],
            ] {
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                let error = criteria(&words).err().unwrap_or_default();
                assert!(
                    error.starts_with(&format!("the sockets lane cannot judge --{flag}:")),
                    "{error}"
                );
            }
        }
        assert!(criteria(&["--client", "local"]).is_err());
    }

    #[test]
    fn what_it_can_judge_is_read_and_contradictions_are_not() {
        let read = criteria(&[
            "--client",
            "10.0.0.0/8",
            "--state",
            "idle",
            "--idle-for",
            "5m",
            "--pid",
            "7",
        ]);
        assert!(read.is_ok_and(|criteria| !criteria.is_empty()));
        assert!(criteria(&[]).is_ok_and(|criteria| criteria.is_empty()));
        for words in [
            &["--idle-for", "5m", "--waiting-for", "5m"][..],
            &["--idle-for", "5m", "--not-idle-for", "5m"],
            &["--state", "waiting", "--idle-for", "5m"],
            &["--state", "active"],
        ] {
            assert!(criteria(words).is_err(), "{words:?}");
        }
    }
}
