//! The one report of an act: the plan as it is shown, the question, what came of it, the rows and the document.
//!
//! Stage: report, before the confirmation and last. What is written once here is true of every kind of holder; what a
//! kind alone knows (its noun, its columns, its notes) comes from its [`Reported`].
//! Never: promises. Slots that may become free are an estimate until a second look, and nobody is gone before it.

pub mod document;
mod fence;
mod pool;
mod role;
mod session;
mod socket;
mod via;
mod worker;

pub use self::session::{breakdown, fences, retaken, server, slots_after};

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::grid::{Align, Column, Grid, Row};
use super::page::Page;
use super::palette::Tone;
use super::{Extent, Screen, duration, sanitize};
use crate::decide::breakdown::Group;
use crate::decide::holder::{Holder, TargetOutcome};
use crate::decide::outcome::{Ending, Outcome, Stopped};
use crate::decide::plan::{Plan, Question};
use crate::decide::verified::Verified;

/// Targets shown of a plan, and targets not done shown of an outcome, unless all are asked for.
const SHOWN: usize = 10;
/// Spared targets are named up to so many.
const NAMED: usize = 5;

/// Why a target was spared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The stable word, for JSON.
    pub word: &'static str,
    /// For a person.
    pub sentence: String,
}

/// What a kind of holder gives to the report of an act.
pub trait Reported: Holder {
    /// What a target is called: one, and many.
    const NOUN: [&'static str; 2];

    /// What is done, as a stable word.
    fn action(plan: &Plan<Self>) -> &'static str;

    /// What is done, for a sentence: `end 3 sessions`.
    fn phrase(plan: &Plan<Self>) -> String;

    /// What became of a target that is done, for a sentence: `ended`.
    fn done(facts: &Self::Facts) -> &'static str;

    /// The plan's labelled lines: the place, and what is to be expected.
    fn describe(page: &mut Page, plan: &Plan<Self>, screen: Screen);

    /// The first `most` targets of a plan as a table; without columns there is none.
    fn table(plan: &Plan<Self>, most: usize) -> Grid;

    /// Who a target is, at the start of a line about it. Raw text.
    fn name(&self) -> String;

    /// Who one that was spared is, in few letters; `None`: only their number is told.
    fn spared_name(_: &Self::Spared) -> Option<String> {
        None
    }

    /// Why it was spared.
    fn reason(spared: &Self::Spared) -> Reason;

    /// The first lines of what came of it, where counted targets do not say it.
    fn headlines(_: &Plan<Self>, _: &Verified<Self>) -> Option<Vec<(Tone, String)>> {
        None
    }

    /// Whether nothing more is to be said of this target.
    fn settled(done: &TargetOutcome<Self>) -> bool {
        done.outcome.is_done() || done.outcome == Outcome::AlreadyGone
    }

    /// What the last look saw of everything else.
    fn aftermath(page: &mut Page, plan: &Plan<Self>, verified: &Verified<Self>, screen: Screen);

    /// The server, the host or the pooler that is acted on.
    fn place(plan: &Plan<Self>) -> Value {
        json!({ "endpoint": plan.endpoint })
    }

    /// A target, complete.
    fn document(&self, facts: &Self::Facts) -> Value;

    /// One that was spared, complete.
    fn spared_document(spared: &Self::Spared, facts: &Self::Facts) -> Value;

    /// What may go wrong, a sentence each.
    fn warnings(_: &Plan<Self>) -> Vec<String> {
        Vec::new()
    }

    /// What the kind alone knows of its plan.
    fn plan_details(_: &Plan<Self>) -> Value {
        json!({})
    }

    /// What the kind alone knows of one target's end.
    fn target_details(_: &TargetOutcome<Self>) -> Value {
        json!({})
    }

    /// What the kind alone knows of how it ended.
    fn outcome_details(_: &Plan<Self>, _: &Verified<Self>) -> Value {
        json!({})
    }

    /// Slots that were seen to come free; `None` where they cannot be seen.
    fn freed(plan: &Plan<Self>, verified: &Verified<Self>) -> Option<usize>;

    /// Who took freed slots again; `None` where that cannot be seen.
    fn retaken(_: &Verified<Self>) -> Option<Vec<Group>> {
        None
    }

    /// The columns of a target, for files.
    fn columns() -> Vec<Column>;

    /// Its cells.
    fn cells(&self, facts: &Self::Facts) -> Vec<String>;

    /// The cells of one that was spared, where those have rows.
    fn spared_cells(_: &Self::Spared, _: &Self::Facts) -> Option<Vec<String>> {
        None
    }
}

/// `1 session`, `3 sessions`
pub fn count_of<H: Reported>(count: usize) -> String {
    let [one, many] = H::NOUN;
    format!("{count} {}", if count == 1 { one } else { many })
}

/// The plan as text.
pub fn plan<H: Reported>(plan: &Plan<H>, screen: Screen) -> String {
    let mut page = Page::new(screen.width, screen.palette);
    page.heading(Tone::Strong, &heading(plan));
    H::describe(&mut page, plan, screen);
    targets(&mut page, plan, screen);
    left_out(&mut page, plan);
    page.finish()
}

/// The first line of a plan.
fn heading<H: Reported>(plan: &Plan<H>) -> String {
    let [one, _] = H::NOUN;
    match (plan.targets.len(), plan.spared.len()) {
        (0, 0) => format!("NOTHING TO DO: no {one} matches"),
        (0, _) => format!("NOTHING TO DO: every {one} that matches is spared"),
        _ => format!("PLAN: {}", sanitize::line(&H::phrase(plan))),
    }
}

/// The table of targets, and how many more there are.
pub(crate) fn targets<H: Reported>(page: &mut Page, plan: &Plan<H>, screen: Screen) {
    let most = match screen.extent {
        Extent::Whole => usize::MAX,
        Extent::Brief => SHOWN,
    };
    let grid = H::table(plan, most);
    if grid.rows.is_empty() {
        return;
    }
    page.gap();
    for line in grid.table(screen.width, screen.palette) {
        page.lines(&format!("{line}\n"));
    }
    let more = plan.targets.len() - grid.rows.len();
    if more > 0 {
        page.lines(&format!("+{more} more\n"));
    }
}

/// Who was spared, a line for each reason; and the PIDs that no process has.
pub(crate) fn left_out<H: Reported>(page: &mut Page, plan: &Plan<H>) {
    if !plan.spared.is_empty() || !plan.missing.is_empty() {
        page.gap();
    }
    let mut label = "spared";
    for line in spared(plan) {
        page.entry(label, Tone::Plain, &line);
        label = "";
    }
    if !plan.missing.is_empty() {
        let text = format!("no process has {}", pids(&plan.missing));
        page.entry("missing", Tone::Warn, &text);
    }
}

/// One line for each reason: what is protected for what it is before where the operator drew the line, the most first.
pub(crate) fn spared<H: Reported>(plan: &Plan<H>) -> Vec<String> {
    let mut by_reason: BTreeMap<String, (bool, Vec<Option<String>>)> = BTreeMap::new();
    for spared in &plan.spared {
        let entry = by_reason.entry(H::reason(spared).sentence);
        let (_, who) = entry.or_insert((H::protects(spared), Vec::new()));
        who.push(H::spared_name(spared));
    }
    let mut groups: Vec<_> = by_reason.into_iter().collect();
    groups.sort_by_key(|(_, (protects, who))| (!protects, std::cmp::Reverse(who.len())));
    let line = |(sentence, (_, who)): (String, (bool, Vec<Option<String>>))| {
        let count = who.len();
        let names: Option<Vec<String>> = who.into_iter().collect();
        let names = names
            .filter(|_| count <= NAMED)
            .map_or(String::new(), |it| {
                let noun = if count == 1 { "PID" } else { "PIDs" };
                format!(" ({noun} {})", it.join(", "))
            });
        format!("{count}{names}: {}", sanitize::line(&sentence))
    };
    groups.into_iter().map(line).collect()
}

/// `PID 7` or `PIDs 7, 8`
pub(crate) fn pids(pids: &[i32]) -> String {
    let mut shown: Vec<String> = pids.iter().take(20).map(ToString::to_string).collect();
    if pids.len() > 20 {
        shown.push(format!("+{} more", pids.len() - 20));
    }
    let noun = if pids.len() == 1 { "PID" } else { "PIDs" };
    format!("{noun} {}", shown.join(", "))
}

/// The question to ask, with a blank at its end for the answer.
pub fn question<H: Reported>(plan: &Plan<H>) -> String {
    let what = H::phrase(plan);
    let what = sanitize::line(&what);
    match plan.question {
        Question::Nothing => String::new(),
        Question::YesNo => {
            let mut letters = what.chars();
            let first = letters.next().map(|c| c.to_uppercase().to_string());
            format!("{}{}? [y/N] ", first.unwrap_or_default(), letters.as_str())
        }
        Question::Number(count, why) => format!("This is {why}. Type {count} to {what}: "),
    }
}

/// What came of it, as text.
pub fn outcome<H: Reported>(plan: &Plan<H>, verified: &Verified<H>, screen: Screen) -> String {
    let mut page = Page::new(screen.width, screen.palette);
    match H::headlines(plan, verified) {
        Some(lines) => {
            for (tone, line) in lines {
                page.heading(tone, &sanitize::line(&line));
            }
        }
        None => {
            let (tone, line) = headline(plan, verified);
            page.heading(tone, &line);
            counts(&mut page, verified);
        }
    }
    if let Some((tone, why)) = stopped(&verified.stopped) {
        page.entry("stopped", tone, &sanitize::line(&why));
    }
    H::aftermath(&mut page, plan, verified, screen);
    not_done(&mut page, verified, screen);
    page.finish()
}

/// The tone of an ending, and the word that a screen begins with.
pub(crate) fn word(ending: Ending) -> (Tone, &'static str) {
    match ending {
        Ending::Done => (Tone::Good, "DONE"),
        Ending::Partly => (Tone::Alarm, "PARTLY DONE"),
        Ending::AllRefused => (Tone::Alarm, "REFUSED"),
        Ending::Unknown => (Tone::Alarm, "UNKNOWN"),
    }
}

fn headline<H: Reported>(plan: &Plan<H>, verified: &Verified<H>) -> (Tone, String) {
    let all = count_of::<H>(verified.targets.len());
    let done = verified.targets.iter().filter(|it| it.outcome.is_done());
    let verb = H::done(&plan.facts);
    let of = format!("{} of {all}", done.count());
    let time = duration::precise(verified.took());
    let ending = verified.ending();
    let (tone, word) = word(ending);
    let text = match ending {
        Ending::Done if verified.stopped == Stopped::Goal => {
            format!("{of} {verb} in {time}, then the goal was reached")
        }
        Ending::Done => format!("{of} {verb} in {time}, seen by a second look"),
        Ending::Partly => format!("{of} {verb} in {time}"),
        Ending::AllRefused => format!("all of {all}"),
        Ending::Unknown => format!("contact was lost; {of} seen to be {verb}"),
    };
    (tone, format!("{word}: {text}"))
}

/// Why the batches ended early, if they did.
fn stopped(stopped: &Stopped) -> Option<(Tone, String)> {
    match stopped {
        Stopped::Finished | Stopped::Goal => None,
        Stopped::Worse(how) => Some((Tone::Alarm, format!("it got worse: {how}"))),
        Stopped::Interrupted => Some((Tone::Warn, "interrupted".to_owned())),
        Stopped::Blind(how) => Some((Tone::Alarm, format!("there was no look: {how}"))),
    }
}

/// How many ended in which way.
pub(crate) fn counts<H: Reported>(page: &mut Page, verified: &Verified<H>) {
    let rows = [
        ("gone", "gone", Tone::Good),
        ("cancelled", "statement cancelled", Tone::Good),
        ("set", "set", Tone::Good),
        ("already-gone", "had gone by themselves before", Tone::Plain),
        (
            "other-session",
            "PID is another session's by now, not touched",
            Tone::Plain,
        ),
        ("still-there", "still there", Tone::Alarm),
        ("refused", "refused", Tone::Alarm),
        (
            "changed",
            "did something else by then, not touched",
            Tone::Warn,
        ),
        ("unknown", "unknown: contact lost", Tone::Alarm),
    ];
    let mut label = "targets";
    for (name, words, tone) in rows {
        let count = verified.count(name);
        if count > 0 {
            page.entry(label, tone, &format!("{count:>5} {words}"));
            label = "";
        }
    }
}

/// Every target that was not done, with its sentence. Without a terminal all of them: nobody can scroll back.
pub(crate) fn not_done<H: Reported>(page: &mut Page, verified: &Verified<H>, screen: Screen) {
    let open: Vec<&TargetOutcome<H>> = verified
        .targets
        .iter()
        .filter(|target| !H::settled(target))
        .collect();
    let whole = screen.extent == Extent::Whole || screen.width.is_none();
    let most = if whole { usize::MAX } else { SHOWN };
    let mut label = "not done";
    for target in open.iter().take(most) {
        let text = format!("{}: {}", target.holder.name(), target.sentence());
        page.entry(label, Tone::Plain, &sanitize::line(&text));
        label = "";
    }
    if open.len() > most {
        page.entry("", Tone::Plain, &format!("+{} more", open.len() - most));
    }
}

/// Targets and the spared, a row each, with what came of them: `planned` if nothing was done yet.
pub fn rows<H: Reported>(plan: &Plan<H>, verified: Option<&Verified<H>>) -> Grid {
    let mut columns = H::columns();
    columns.extend([
        Column::key("outcome", Align::Left),
        Column::key("after_seconds", Align::Right),
        Column::rest("detail"),
    ]);
    let mut grid = Grid::new(columns);
    let mut push = |mut cells: Vec<String>, outcome: &str, after: String, detail: String| {
        cells.extend([outcome.to_owned(), after, detail]);
        grid.rows.push(Row::plain(cells));
    };
    match verified {
        Some(verified) => {
            for done in &verified.targets {
                push(
                    done.holder.cells(&plan.facts),
                    done.word(),
                    duration::seconds(done.after).to_string(),
                    done.sentence(),
                );
            }
        }
        None => {
            for target in &plan.targets {
                let cells = target.cells(&plan.facts);
                push(cells, "planned", String::new(), String::new());
            }
        }
    }
    for spared in &plan.spared {
        if let Some(cells) = H::spared_cells(spared, &plan.facts) {
            push(cells, "spared", String::new(), H::reason(spared).sentence);
        }
    }
    grid
}
