//! What was done, by whom, and what came of it: the lines of records as one timeline.
//!
//! Pure: lines in, acts out. An intent begins an act and outcomes end it; an act whose outcomes are missing was
//! interrupted. Never: reorders the lines of one record, whose order is the truth even where its clock was not.

pub mod line;

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use serde_json::Value;

pub use self::line::{Count, Event, Line, Slots, Target};

/// A step back of the clock worth saying; two runs that write at once may cross by less.
const BACK: i64 = 1_000_000;

/// One thing that was to be done to a number of targets.
#[derive(Debug, Clone, PartialEq)]
pub struct Act {
    /// The line that began it: who, where, when, why.
    pub line: Line,
    /// Whether that line is an intent; without one, only its end is in the record.
    pub intended: bool,
    /// The targets, with what came of each.
    pub targets: Vec<Target>,
    /// The ordinary slots before and after, when that was seen.
    pub slots: Option<Slots>,
    /// When the last line of it was written, microseconds since 1970.
    pub until: i64,
    /// How far the clock had gone back since the line before.
    pub clock_went_back: Option<Duration>,
}

/// Which acts are wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Only those still going on at this moment or later, microseconds since 1970.
    pub since: Option<i64>,
    /// Only those whose reason contains this, capitals aside.
    pub incident: Option<String>,
    /// Only those against a server that is called one of these, or that was typed as `-t` this.
    pub target: Option<Aim>,
}

/// A target by name and by where it leads.
#[derive(Debug, Clone, Default)]
pub struct Aim {
    /// The name typed.
    pub name: String,
    /// Labels of its endpoints, as far as the configuration knows them.
    pub endpoints: Vec<String>,
}

/// The acts in `records`, each of which is a file's lines from its top to its bottom.
pub fn acts(records: Vec<Vec<Line>>) -> Vec<Act> {
    let mut ordered: Vec<(i64, Act)> = Vec::new();
    for lines in records {
        let mut latest = i64::MIN;
        for act in of_one_record(lines) {
            // The moment it is sorted by never goes back within one record.
            latest = latest.max(act.line.at);
            ordered.push((latest, act));
        }
    }
    // Stable: what one record has in one order stays in it.
    ordered.sort_by_key(|(at, _)| *at);
    ordered.into_iter().map(|(_, act)| act).collect()
}

fn of_one_record(lines: Vec<Line>) -> Vec<Act> {
    let mut acts: Vec<Act> = Vec::new();
    // The open act of a run and an action; a run may do several things, one after the other.
    let mut open: HashMap<(String, String, String), usize> = HashMap::new();
    let mut clocks: HashMap<String, i64> = HashMap::new();
    for line in lines {
        let before = clocks.insert(line.host.clone(), line.at);
        let back = before.filter(|before| *before - line.at >= BACK);
        let back = back.map(|before| Duration::from_micros(before.abs_diff(line.at)));
        let key = (line.host.clone(), line.run.clone(), line.action.clone());
        let known = open.get(&key).copied();
        let at = match (&line.event, known) {
            (Event::Intent(_), _) | (_, None) => {
                acts.push(begun(line.clone()));
                open.insert(key, acts.len() - 1);
                acts.len() - 1
            }
            (_, Some(at)) => at,
        };
        let Some(act) = acts.get_mut(at) else {
            continue;
        };
        act.until = act.until.max(line.at);
        act.clock_went_back = act.clock_went_back.max(back);
        match line.event {
            Event::Intent(_) | Event::Other(_) => {}
            Event::Outcome(target, slots) => {
                act.slots = slots.or(act.slots);
                act.end(target);
            }
        }
    }
    acts
}

fn begun(line: Line) -> Act {
    let targets = match &line.event {
        Event::Intent(targets) => targets.clone(),
        _ => Vec::new(),
    };
    let target = |target: Value| Target {
        target,
        outcome: None,
        detail: None,
        after_seconds: None,
    };
    Act {
        intended: matches!(line.event, Event::Intent(_)),
        targets: targets.into_iter().map(target).collect(),
        slots: None,
        until: line.at,
        clock_went_back: None,
        line,
    }
}

impl Act {
    /// Notes an outcome with the target it is about: the same in every particular, or else the same session.
    fn end(&mut self, ended: Target) {
        let without = |it: &&mut Target| it.outcome.is_none();
        let same = self
            .targets
            .iter_mut()
            .filter(without)
            .find(|it| it.target == ended.target);
        match same {
            Some(target) => *target = ended,
            None => {
                let id = |of: &Value| {
                    let keys = [
                        "pid",
                        "backend_start_us",
                        "start_ticks",
                        "cookie",
                        "fence",
                        "id",
                    ];
                    keys.map(|key| of[key].clone())
                };
                let wanted = id(&ended.target);
                let known = wanted.iter().any(|value| !value.is_null());
                let alike = self
                    .targets
                    .iter_mut()
                    .filter(without)
                    .find(|it| known && id(&it.target) == wanted);
                match alike {
                    Some(target) => *target = ended,
                    None => self.targets.push(ended),
                }
            }
        }
    }

    /// How many targets no outcome was written for.
    pub fn without_outcome(&self) -> usize {
        self.targets
            .iter()
            .filter(|it| it.outcome.is_none())
            .count()
    }

    /// The intent is there and what came of it is not, at least not of everything: whoever did it was interrupted, or
    /// is at it now.
    pub fn open(&self) -> bool {
        self.intended && self.without_outcome() > 0
    }

    /// Outcomes and how often each came, most first.
    pub fn outcomes(&self) -> Vec<(String, usize)> {
        let words = self.targets.iter().filter_map(|it| it.outcome.clone());
        counted(words)
    }

    /// Names of the targets and how often each comes, most first.
    pub fn names(&self) -> Vec<(String, usize)> {
        counted(self.targets.iter().map(|it| name(&it.target)))
    }

    /// An ordinary login was refused before it and had a slot after it.
    pub fn admitted_again(&self) -> bool {
        self.slots.is_some_and(|slots| {
            slots.before.free == 0 && slots.after.is_some_and(|after| after.free > 0)
        })
    }

    /// Whether it is one of those that are wanted.
    pub fn is(&self, wanted: &Wanted) -> bool {
        let line = &self.line;
        let reason = line.reason.as_deref().unwrap_or("").to_lowercase();
        wanted.since.is_none_or(|since| self.until >= since)
            && wanted
                .incident
                .as_ref()
                .is_none_or(|text| reason.contains(&text.to_lowercase()))
            && wanted.target.as_ref().is_none_or(|aim| aim.meets(line))
    }
}

impl Aim {
    fn meets(&self, line: &Line) -> bool {
        let names = ["endpoint", "cluster_name", "system_identifier"];
        let called = names
            .iter()
            .filter_map(|name| line.server.get(*name).and_then(Value::as_str))
            .any(|text| text == self.name || self.endpoints.iter().any(|it| it == text));
        let typed = line.typed.windows(2).any(|pair| {
            matches!(pair, [flag, name] if (flag == "-t" || flag == "--target") && *name == self.name)
        });
        let joined = [
            format!("-t{}", self.name),
            format!("--target={}", self.name),
        ];
        called || typed || line.typed.iter().any(|word| joined.contains(word))
    }
}

/// What a target is called: the application, else whoever it belongs to.
fn name(target: &Value) -> String {
    let keys = [
        "application",
        "name",
        "database",
        "user",
        "recycler",
        "command",
        "client",
        "peer",
    ];
    let texts = keys
        .iter()
        .filter_map(|key| target.get(*key).and_then(Value::as_str));
    let mut texts = texts.filter(|text| !text.is_empty());
    texts.next().unwrap_or("").to_owned()
}

fn counted(words: impl Iterator<Item = String>) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for word in words {
        *counts.entry(word).or_default() += 1;
    }
    let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
}

#[cfg(test)]
mod tests;
