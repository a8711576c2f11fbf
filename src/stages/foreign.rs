//! Selection flags that a lane cannot judge: known to its parser, hidden from its help, an error when typed.
//!
//! Stage: parsing. A filter that were silently ignored would widen what is ended, so the error names lane and flag.

use std::marker::PhantomData;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

use crate::error::Failure;
use crate::exit_code::ExitCode;

/// What no lane without a login sees.
const COMMON: &[(&str, &str)] = &[
    ("user", "which role logged in"),
    ("not-user", "which role logged in"),
    ("query", "the statement"),
    ("not-query", "the statement"),
    ("in-transaction-for", "whether a transaction is open"),
    ("not-in-transaction-for", "whether a transaction is open"),
    ("blocking", "who waits for a lock"),
    ("not-blocking", "who waits for a lock"),
    ("keep", "which application it is of"),
];

/// A lane, and what it does not see.
pub trait Blind {
    /// Its name.
    const LANE: &'static str;
    /// What it looks at: "a socket".
    const TELLER: &'static str;
    /// Flags that other lanes judge, beside those nobody can without a login, and what is not told here.
    const FLAGS: &'static [(&'static str, &'static str)];

    /// All of them.
    fn flags() -> impl Iterator<Item = (&'static str, &'static str)> {
        COMMON.iter().chain(Self::FLAGS).copied()
    }
}

/// The first of the lane's foreign flags that was typed.
#[derive(Debug, Clone)]
pub struct Foreign<L>(Option<(&'static str, &'static str)>, PhantomData<L>);

impl<L> Default for Foreign<L> {
    fn default() -> Self {
        Self(None, PhantomData)
    }
}

impl<L: Blind> Foreign<L> {
    /// Refuses it.
    pub fn refuse(&self) -> Result<(), Failure> {
        let Some((flag, what)) = self.0 else {
            return Ok(());
        };
        Err(Failure::say(
            ExitCode::Usage,
            format!(
                "the {} lane cannot judge --{flag}: {} does not tell {what}",
                L::LANE,
                L::TELLER
            ),
        ))
    }
}

impl<L: Blind> Args for Foreign<L> {
    fn augment_args(command: Command) -> Command {
        command.args(L::flags().map(|(flag, _)| {
            Arg::new(flag)
                .long(flag)
                .hide(true)
                .num_args(0..=1)
                .action(ArgAction::Append)
        }))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<L: Blind> FromArgMatches for Foreign<L> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let typed = |(flag, _): &(&str, &str)| matches.try_contains_id(flag).unwrap_or(false);
        Ok(Self(L::flags().find(typed), PhantomData))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
