//! Every filter, once: its flags, and what each lane makes of it.
//!
//! Pure. From an entry of [`FILTERS`] come the flag, its `--not-` twin, their help and completion, how a value is
//! read, whether anything was asked, and for every lane how it is judged or why it cannot be. What a lane cannot
//! judge is an error that names lane and flag: a filter that were silently ignored would widen what is ended.
//!
//! # Adding a filter
//!
//! 1. Write its entry in [`table`], where its flags shall stand in the help. [`Filter`] has a field for each lane,
//!    and none has a default: until every lane says `Judged` or `Blind`, it does not compile.
//! 2. If what it asks about is not in the session, the socket or the worker yet, read it in `observe`.
//! 3. `every_lane_judges_or_refuses_every_flag_and_its_twin` asks the new flag of every lane by itself. It fails while
//!    all that the lane's scene holds are the same for the flag: give one of them another value there.
//!
//! A lane is added as a field of [`Filter`], which does not compile until each entry says what the lane makes of it,
//! and a type beside [`SessionsLane`], [`BackendsLane`], [`SocketsLane`] and [`WorkersLane`]. A new kind of value is a variant of
//! [`By`].

mod lane;
mod table;
pub mod titles;

use crate::decide::criteria::{By, Criteria, Criterion, Flag, Subject, list};
use crate::decide::session::Session;
use crate::decide::sockets::Socket;
use crate::decide::workers::Worker;
pub use lane::{BackendsLane, FilterLane, SessionsLane, SocketsLane, WorkersLane};
pub use table::FILTERS;

/// A filter, and what each lane makes of it.
#[derive(Debug)]
pub struct Filter {
    /// Its flags.
    pub flag: Flag,
    /// Of sessions as the server's views show them.
    pub sessions: Judged<Session>,
    /// Of sessions as the titles of their processes show them; judged as above.
    pub titles: Shown,
    /// Of sessions in a saved snapshot; judged as above.
    pub saved: Saved,
    /// Of connections.
    pub sockets: Judged<Socket>,
    /// Of processes that hold connections.
    pub workers: Judged<Worker>,
}

/// What a lane makes of a filter.
#[derive(Debug)]
pub enum Judged<S: Subject> {
    /// It judges it.
    Judged(Judge<S>),
    /// It cannot: what its subjects do not tell.
    Blind(&'static str),
}

/// How a lane judges a filter.
#[derive(Debug)]
pub struct Judge<S: Subject> {
    /// The flag's help.
    pub help: &'static str,
    /// The twin's.
    pub not: &'static str,
    /// By what, and how.
    pub by: By<S>,
    /// What TAB offers as values.
    pub offer: Offer,
}

/// What TAB offers as values of a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// PIDs of the last listing.
    Pids,
    /// Roles of the last listing.
    Users,
    /// Databases of the last listing.
    Databases,
    /// Applications of the last listing.
    Applications,
    /// The states there are.
    States,
    /// The runtimes there are.
    Runtimes,
    /// Nothing is known that would fit.
    Nothing,
}

/// Whether process titles show what a filter asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// All do.
    Always,
    /// Where `update_process_title` is on; it is read once more before the signal.
    State,
    /// Where `log_hostname` is off.
    Address,
    /// None does: what is missing.
    Blind(&'static str),
}

/// Whether a snapshot that was saved tells what a filter asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// Every one.
    Always,
    /// One that was saved with the text of statements.
    WithStatements,
    /// None: what is missing.
    Blind(&'static str),
}

/// A flag as it was typed, with its dashes, and its value.
pub type Typed<'a> = (&'a str, &'a str);

/// Reads what was typed for lane `L`; what the lane cannot judge is an error that names it.
pub fn criteria<L: FilterLane>(typed: &[Typed<'_>]) -> Result<Criteria<L::Of>, String> {
    let mut asked = Vec::new();
    for filter in FILTERS {
        let mut criterion: Option<Criterion<L::Of>> = None;
        for (flag, text) in typed {
            let twin = *flag == filter.flag.twin;
            if !twin && *flag != filter.flag.plain {
                continue;
            }
            let judge = judge_of::<L>(filter, flag)?;
            let value = judge.by.read(text)?;
            if let Some(why) = L::not_this(&value) {
                return Err(format!("{} cannot judge {flag} {text}: {why}", L::WHO));
            }
            let criterion = criterion.get_or_insert_with(|| Criterion {
                flag: filter.flag,
                by: &judge.by,
                any: Vec::new(),
                none: Vec::new(),
            });
            match twin {
                true => criterion.none.push(value),
                false => criterion.any.push(value),
            }
        }
        asked.extend(criterion);
    }
    if typed.iter().any(|(flag, _)| *flag == KEEP) {
        keeps::<L>()?;
    }
    Criteria::new(asked)
}

fn judge_of<L: FilterLane>(
    filter: &'static Filter,
    flag: &str,
) -> Result<&'static Judge<L::Of>, String> {
    L::of(filter).map_err(|what| refusal::<L>(flag, what))
}

fn refusal<L: FilterLane>(flag: &str, what: &str) -> String {
    let judged = FILTERS.iter().filter(|filter| L::of(filter).is_ok());
    let judged: Vec<&str> = judged.map(|filter| filter.flag.plain).collect();
    let mut text = format!("{} cannot judge {flag}: {} {what}", L::WHO, L::DOES_NOT);
    // Who judges nearly all of them need not say which.
    if judged.len() < FILTERS.len() / 2 + 1 {
        text += &format!("; it can judge {}", list(&judged, "and"));
    }
    text
}

/// `--keep` is no filter, and widens what is ended like one where it is ignored.
pub const KEEP: &str = "--keep";

/// Whether lane `L` can tell which sessions `--keep` leaves each application.
pub fn keeps<L: FilterLane>() -> Result<(), String> {
    match L::KEEP {
        None => Ok(()),
        Some(what) => Err(refusal::<L>(KEEP, what)),
    }
}

/// The first flag of `criteria` that this snapshot cannot judge, and why. `statements`: whether it has their text.
pub fn not_saved(
    criteria: &Criteria<Session>,
    statements: bool,
) -> Option<(&'static str, &'static str)> {
    criteria.flags().find_map(|flag| {
        let missing = match find(flag)?.saved {
            Saved::Always => return None,
            Saved::WithStatements if statements => return None,
            Saved::WithStatements => "the text of statements",
            Saved::Blind(what) => what,
        };
        Some((flag, missing))
    })
}

/// The entry of a flag or a twin, with its dashes.
pub fn find(flag: &str) -> Option<&'static Filter> {
    let mut all = FILTERS.iter();
    all.find(|filter| filter.flag.plain == flag || filter.flag.twin == flag)
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
