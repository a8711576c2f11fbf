//! The flags of a lane's filters, made from [`FILTERS`]: those it judges, and hidden those it refuses.
//!
//! Stage: parsing. Both are known to the parser, so that the answer to a flag that a lane cannot judge names the lane
//! and the flag.

use std::marker::PhantomData;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

use crate::decide::criteria::{Criteria, Subject};
use crate::decide::filters::{FILTERS, Filter, FilterLane, Judge, KEEP, criteria};
use crate::error::Failure;
use crate::exit_code::ExitCode;

/// What was typed of a lane's filters.
#[derive(Debug, Clone, Default)]
pub struct SelectionArgs<L> {
    /// Flags and values, in the order of the table.
    typed: Vec<(&'static str, String)>,
    lane: PhantomData<L>,
}

impl<L: FilterLane> SelectionArgs<L> {
    /// The criteria, or what the lane cannot judge, or which two flags contradict each other.
    pub fn criteria(&self) -> Result<Criteria<L::Of>, Failure> {
        let typed = self.typed.iter();
        let typed: Vec<_> = typed.map(|(flag, text)| (*flag, text.as_str())).collect();
        criteria::<L>(&typed).map_err(|text| Failure::say(ExitCode::Usage, text))
    }
}

/// What clap calls a flag.
fn id(flag: &str) -> String {
    flag.trim_start_matches("--").replace('-', "_")
}

fn argument(flag: &'static str) -> Arg {
    Arg::new(id(flag)).long(flag.trim_start_matches("--"))
}

/// A flag that the lane judges.
fn judged<S: Subject>(filter: &Filter, judge: &'static Judge<S>, twin: bool) -> Arg {
    let (flag, other) = match twin {
        false => (filter.flag.plain, filter.flag.twin),
        true => (filter.flag.twin, filter.flag.plain),
    };
    let arg = argument(flag)
        .help(if twin { judge.not } else { judge.help })
        .hide_short_help(twin);
    let Some(name) = judge.by.value_name() else {
        return arg.action(ArgAction::SetTrue).conflicts_with(id(other));
    };
    arg.value_name(name)
        .allow_negative_numbers(name == "PID")
        .action(match judge.by.repeats() {
            true => ArgAction::Append,
            false => ArgAction::Set,
        })
        .value_parser(move |text: &str| judge.by.read(text).map(|_| text.to_owned()))
}

/// A flag that the lane refuses, whatever stands behind it.
fn refused(flag: &'static str) -> Arg {
    argument(flag)
        .hide(true)
        .num_args(0..=1)
        .default_missing_value("")
        .action(ArgAction::Append)
}

impl<L: FilterLane> Args for SelectionArgs<L> {
    fn augment_args(command: Command) -> Command {
        let flags = FILTERS.iter().flat_map(|filter| match L::of(filter) {
            Ok(judge) => [false, true].map(|twin| judged(filter, judge, twin)),
            Err(_) => [filter.flag.plain, filter.flag.twin].map(refused),
        });
        let keep = (!L::HAS_KEEP).then(|| refused(KEEP));
        command
            .next_help_heading(L::HEADING)
            .args(flags.chain(keep))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<L: FilterLane> FromArgMatches for SelectionArgs<L> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut typed = Vec::new();
        let flags = FILTERS
            .iter()
            .flat_map(|filter| [filter.flag.plain, filter.flag.twin]);
        for flag in flags.chain((!L::HAS_KEEP).then_some(KEEP)) {
            typed.extend(values(matches, flag).into_iter().map(|text| (flag, text)));
        }
        Ok(Self {
            typed,
            lane: PhantomData,
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The values of a flag that was typed; of a switch, one that says nothing.
fn values(matches: &ArgMatches, flag: &str) -> Vec<String> {
    let id = id(flag);
    match matches.try_get_many::<String>(&id) {
        Ok(values) => values.into_iter().flatten().cloned().collect(),
        Err(_) if matches.get_flag(&id) => vec![String::new()],
        Err(_) => Vec::new(),
    }
}
