//! What was asked of those that hold slots, and whether one of them is meant.
//!
//! Pure, and the same for sessions, sockets and workers; which flags there are is [`super::filters`]. Different flags
//! must all hold, of a repeated flag one value must, and a `--not-` twin excludes. A filter that cannot be judged
//! never counts as met: guessing would widen a kill.

mod read;

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use regex::Regex;

use super::session::Client;
pub use read::unknown;

/// What criteria are asked of.
pub trait Subject: Clone + fmt::Debug + Send + Sync + 'static {
    /// What a look knows beside the subject, and judging needs.
    type Look<'a>: Copy;
    /// What it can be doing.
    type State: Copy + Eq + fmt::Debug + Send + Sync + 'static;
    /// All that can be asked for, in the order of the manual.
    const STATES: &'static [Self::State];

    /// A state's word on the command line.
    fn word(state: Self::State) -> &'static str;

    /// As it is shown, where that is another word.
    fn shown(state: Self::State) -> &'static str {
        Self::word(state)
    }

    /// Reads what a person types.
    fn state(text: &str) -> Option<Self::State> {
        let mut states = Self::STATES.iter().copied();
        states.find(|state| Self::word(*state) == text)
    }
}

/// Whether a subject is what one value says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// That cannot be told.
    Hidden,
    /// It is not, as far as can be seen: too little for the flag, and too little for its twin.
    NotSeen,
}

impl From<bool> for Answer {
    fn from(is: bool) -> Self {
        if is { Self::Yes } else { Self::No }
    }
}

/// How one criterion is judged, by what its values are.
pub enum By<S: Subject> {
    /// By a process ID.
    Pid(for<'a> fn(i32, &S, S::Look<'a>) -> Answer),
    /// By a name.
    Name(for<'a> fn(&str, &S, S::Look<'a>) -> Answer),
    /// By where the client is.
    Client(for<'a> fn(ClientPattern, &S, S::Look<'a>) -> Answer),
    /// By what it is doing.
    State(for<'a> fn(S::State, &S, S::Look<'a>) -> Answer),
    /// By the text of its statement, which must then be read whole.
    Statement(for<'a> fn(&Regex, &S, S::Look<'a>) -> Answer),
    /// By an age; it can be that old in these states only, in any if there are none.
    Age(
        &'static [S::State],
        for<'a> fn(Duration, &S, S::Look<'a>) -> Answer,
    ),
    /// By nothing: the flag takes no value.
    Switch(for<'a> fn(&S, S::Look<'a>) -> Answer),
}

/// A value as it was read.
#[derive(Debug, Clone)]
pub enum Value<S: Subject> {
    /// Of [`By::Pid`].
    Pid(i32),
    /// Of [`By::Name`].
    Name(String),
    /// Of [`By::Client`].
    Client(ClientPattern),
    /// Of [`By::State`].
    State(S::State),
    /// Of [`By::Statement`].
    Statement(Regex),
    /// Of [`By::Age`].
    Age(Duration),
    /// Of [`By::Switch`].
    Switch,
}

impl<S: Subject> fmt::Debug for By<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.value_name().unwrap_or("switch"))
    }
}

impl<S: Subject> By<S> {
    fn judge(&self, value: &Value<S>, subject: &S, look: S::Look<'_>) -> Answer {
        match (self, value) {
            (Self::Pid(judge), Value::Pid(pid)) => judge(*pid, subject, look),
            (Self::Name(judge), Value::Name(name)) => judge(name, subject, look),
            (Self::Client(judge), Value::Client(pattern)) => judge(*pattern, subject, look),
            (Self::State(judge), Value::State(state)) => judge(*state, subject, look),
            (Self::Statement(judge), Value::Statement(regex)) => judge(regex, subject, look),
            (Self::Age(_, judge), Value::Age(age)) => judge(*age, subject, look),
            (Self::Switch(judge), Value::Switch) => judge(subject, look),
            // Values come from `read` below, which gives each its own kind.
            _ => Answer::Hidden,
        }
    }
}

/// A flag and its twin, with their dashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flag {
    /// `--user`
    pub plain: &'static str,
    /// `--not-user`
    pub twin: &'static str,
}

/// One criterion: what was asked for, and what was excluded.
#[derive(Debug, Clone)]
pub struct Criterion<S: Subject> {
    /// Its flags.
    pub flag: Flag,
    /// How it is judged.
    pub by: &'static By<S>,
    /// One of these, unless empty.
    pub any: Vec<Value<S>>,
    /// None of these.
    pub none: Vec<Value<S>>,
}

/// Whether a subject is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// This flag cannot be judged for it.
    Unknown(&'static str),
}

impl<S: Subject> Criterion<S> {
    fn judge(&self, subject: &S, look: S::Look<'_>) -> Verdict {
        let answers = |values: &[Value<S>]| -> Vec<Answer> {
            let answers = values.iter();
            answers
                .map(|value| self.by.judge(value, subject, look))
                .collect()
        };
        let (any, none) = (answers(&self.any), answers(&self.none));
        let asked_for = any.is_empty() || any.contains(&Answer::Yes);
        if none.contains(&Answer::Yes) || !(asked_for || any.contains(&Answer::Hidden)) {
            Verdict::No
        } else if !asked_for {
            Verdict::Unknown(self.flag.plain)
        } else if none.iter().any(|answer| *answer != Answer::No) {
            Verdict::Unknown(self.flag.twin)
        } else {
            Verdict::Yes
        }
    }
}

/// Everything a subject must satisfy.
#[derive(Debug, Clone)]
pub struct Criteria<S: Subject>(Vec<Criterion<S>>);

impl<S: Subject> Default for Criteria<S> {
    /// No criterion at all: everything matches.
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<S: Subject> Criteria<S> {
    /// The criteria, or which two contradict each other: what nothing can satisfy is a mistake, not an empty answer.
    pub fn new(asked: Vec<Criterion<S>>) -> Result<Self, String> {
        asked.iter().try_for_each(Criterion::contradiction)?;
        let criteria = Self(asked);
        criteria.ages_contradict()?;
        Ok(criteria)
    }

    /// No criterion at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each criterion that was asked.
    pub fn iter(&self) -> impl Iterator<Item = &Criterion<S>> {
        self.0.iter()
    }

    /// The flags that were given.
    pub fn flags(&self) -> impl Iterator<Item = &'static str> {
        let given = |one: &Criterion<S>| {
            let plain = (!one.any.is_empty()).then_some(one.flag.plain);
            let twin = (!one.none.is_empty()).then_some(one.flag.twin);
            plain.into_iter().chain(twin)
        };
        self.0.iter().flat_map(given)
    }

    /// The PIDs asked for by number.
    pub fn pids(&self) -> impl Iterator<Item = i32> {
        let values = self.0.iter().flat_map(|one| &one.any);
        values.filter_map(|value| match value {
            Value::Pid(pid) => Some(*pid),
            _ => None,
        })
    }

    /// Whether this PID was asked for by number.
    pub fn names(&self, pid: i32) -> bool {
        self.pids().any(|named| named == pid)
    }

    /// Whether the text of a statement is asked about, so that it must be read whole.
    pub fn needs_query(&self) -> bool {
        let mut all = self.0.iter();
        all.any(|one| matches!(one.by, By::Statement(_)))
    }

    /// Judges one subject of a look. What one criterion rules out is out, whatever another cannot tell.
    pub fn judge(&self, subject: &S, look: S::Look<'_>) -> Verdict {
        let mut unknown = None;
        for criterion in &self.0 {
            match criterion.judge(subject, look) {
                Verdict::Yes => {}
                Verdict::No => return Verdict::No,
                Verdict::Unknown(flag) => unknown = unknown.or(Some(flag)),
            }
        }
        unknown.map_or(Verdict::Yes, Verdict::Unknown)
    }

    /// The state and the least age that were asked for must be possible together, and so must two ages.
    fn ages_contradict(&self) -> Result<(), String> {
        let old = |one: &'_ Criterion<S>| match one.by {
            By::Age(states, _) if !one.any.is_empty() => Some((one.flag.plain, *states)),
            _ => None,
        };
        let ages: Vec<_> = self.0.iter().filter_map(old).collect();
        let states = self.0.iter().flat_map(|one| &one.any);
        let states: Vec<S::State> = states
            .filter_map(|value| match value {
                Value::State(state) => Some(*state),
                _ => None,
            })
            .collect();
        for (at, (flag, within)) in ages.iter().enumerate() {
            let Some(first) = within.first() else {
                continue;
            };
            let apart = |others: &[S::State]| {
                !others.is_empty() && !others.iter().any(|state| within.contains(state))
            };
            if let Some((other, states)) = ages[at + 1..].iter().find(|(_, states)| apart(states)) {
                let words = |states: &[S::State]| {
                    let words: Vec<&str> = states.iter().map(|state| S::word(*state)).collect();
                    list(&words, "or")
                };
                return Err(format!(
                    "{flag} and {other} contradict each other: the first means {}, the second {}; give one of them",
                    words(within),
                    words(states)
                ));
            }
            if apart(&states) {
                let word = S::word(*first);
                return Err(format!(
                    "{flag} contradicts a --state other than {word}; give one of them"
                ));
            }
        }
        Ok(())
    }
}

impl<S: Subject> Criterion<S> {
    /// What this flag and its twin leave between them.
    fn contradiction(&self) -> Result<(), String> {
        let Flag { plain, twin } = self.flag;
        for (asked, not) in self
            .any
            .iter()
            .flat_map(|one| self.none.iter().map(move |not| (one, not)))
        {
            match (asked, not) {
                (Value::Age(min), Value::Age(not)) if min >= not => {
                    return Err(format!(
                        "{plain} and {twin} leave nothing between them; make {twin} the longer one"
                    ));
                }
                (Value::Switch, Value::Switch) => {
                    return Err(format!("{plain} and {twin} exclude each other"));
                }
                (Value::Age(_), _) => {}
                _ if asked.to_string() == not.to_string() => {
                    let value = asked.to_string();
                    return Err(format!(
                        "{plain} and {twin} both name {value:?}; remove one of them"
                    ));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl<S: Subject> fmt::Display for Value<S> {
    /// As it is typed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pid(pid) => pid.fmt(f),
            Self::Name(name) => f.write_str(name),
            Self::Client(pattern) => pattern.fmt(f),
            Self::State(state) => f.write_str(S::word(*state)),
            Self::Statement(regex) => regex.fmt(f),
            Self::Age(age) => humantime::format_duration(*age).fmt(f),
            Self::Switch => Ok(()),
        }
    }
}

/// `a, b and c`
pub fn list(words: &[&str], last: &str) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [others @ .., word] => format!("{} {last} {word}", others.join(", ")),
    }
}

/// A client address, network, or the Unix socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientPattern {
    /// Unix socket.
    Local,
    /// All addresses that share the first `bits` bits.
    Network(IpAddr, u8),
}

impl ClientPattern {
    /// Whether `client` is meant.
    pub fn contains(self, client: Client) -> bool {
        match (self, client) {
            (Self::Local, Client::Local) => true,
            (Self::Network(IpAddr::V4(network), bits), Client::Address(IpAddr::V4(address))) => {
                let mask = u32::MAX
                    .checked_shl(32_u32.saturating_sub(bits.into()))
                    .unwrap_or(0);
                u32::from(network) & mask == u32::from(address) & mask
            }
            (Self::Network(IpAddr::V6(network), bits), Client::Address(IpAddr::V6(address))) => {
                let mask = u128::MAX
                    .checked_shl(128_u32.saturating_sub(bits.into()))
                    .unwrap_or(0);
                u128::from(network) & mask == u128::from(address) & mask
            }
            _ => false,
        }
    }
}

impl fmt::Display for ClientPattern {
    /// As it is typed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => f.write_str("local"),
            Self::Network(IpAddr::V4(address), 32) => address.fmt(f),
            Self::Network(IpAddr::V6(address), 128) => address.fmt(f),
            Self::Network(address, bits) => write!(f, "{address}/{bits}"),
        }
    }
}

#[cfg(test)]
mod tests;
