//! A rescue on the screen: what is seen and proposed before each step, and the whole story at its end.
//!
//! Stage: report. Commands come in complete, with the connection flags of this run.

use std::collections::BTreeMap;

use crate::decide::admission::Admission;
use crate::decide::diagnosis::{Diagnosis, Lockout};
use crate::decide::fence::Standing;
use crate::decide::pools::bottleneck::bottlenecks;
use crate::decide::proposal::Proposal;
use crate::decide::rescue::{Came, Done, Finish, Story};
use crate::decide::survey::Survey;

use super::advice::Advice;
use super::diagnosis::{also, doubts, sentence};
use super::page::{Page, plural};
use super::palette::Tone;
use super::proposal::{ProposalView, headline, proposal};
use super::survey::survey;
use super::{Screen, admission, duration, sanitize};

/// Columns for labels, the gap included.
const LABEL: usize = 11;

/// One look, and what follows from it.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The lanes.
    pub survey: &'a Survey,
    /// What is going on.
    pub diagnosis: &'a Diagnosis,
    /// The next step.
    pub proposal: &'a Proposal,
    /// Its commands, complete.
    pub commands: &'a [String],
}

/// The end of a walk.
#[derive(Debug, Clone, Copy)]
pub struct RescueView<'a> {
    /// What happened.
    pub story: &'a Story,
    /// The exit code.
    pub exit_code: u8,
    /// Fences that stand on this server.
    pub fences: &'a [Standing],
    /// For each, the command that undoes it.
    pub undo: &'a [String],
    /// What to type next.
    pub next: &'a [Advice],
}

impl<'a> RescueView<'a> {
    /// The last look.
    pub fn seen(&self) -> Seen<'a> {
        Seen {
            survey: &self.story.survey,
            diagnosis: &self.story.diagnosis,
            proposal: &self.story.proposal,
            commands: &self.story.commands,
        }
    }
}

/// The lanes, the diagnosis, the proposal.
pub fn seen(seen: &Seen<'_>, screen: Screen) -> String {
    let mut text = survey(seen.survey, screen);
    let mut page = Page::new(screen.width, screen.palette);
    page.gap();
    let tone = match seen.diagnosis.lockout {
        Lockout::None => Tone::Good,
        _ => Tone::Alarm,
    };
    page.entry("found", tone, &sentence(seen.diagnosis, seen.survey));
    for line in also(seen.diagnosis, seen.survey) {
        page.entry("also", Tone::Plain, &line);
    }
    if let Some(pooler) = &seen.survey.pooler {
        let slots = seen.survey.snapshot.as_ref().map(|view| view.capacity());
        for bottleneck in bottlenecks(pooler, slots.as_ref()) {
            let text = sanitize::one_line(&bottleneck.sentence());
            page.entry("pooler", Tone::Warn, &text);
        }
    }
    for line in doubts(seen.diagnosis) {
        page.entry("doubt", Tone::Dim, &line);
    }
    text.push('\n');
    text.push_str(&page.finish());
    let view = ProposalView {
        proposal: seen.proposal,
        snapshot: seen.survey.snapshot.as_ref(),
        commands: seen.commands,
    };
    text.push_str(&proposal(&view, screen));
    text.push('\n');
    text
}

/// What a step came to that did not let an ordinary role in for good, before the next one is shown.
pub fn step(number: usize, done: &Done, tried: &Admission, screen: Screen) -> String {
    let mut page = Page::new(screen.width, screen.palette).with_labels(LABEL);
    page.entry("done", Tone::Plain, &format!("{number}. {}", came(done)));
    page.entry("login", Tone::Warn, &admission::sentence(tried));
    format!("\n{}\n", page.finish())
}

/// The whole story.
pub fn story(view: &RescueView<'_>, screen: Screen) -> String {
    let story = view.story;
    let mut page = Page::new(screen.width, screen.palette).with_labels(LABEL);
    let (tone, heading) = ended(story);
    page.heading(tone, &heading);
    if let Some(tried) = &story.admission {
        page.entry("login", tone, &admission::sentence(tried));
    }
    times(&mut page, story);
    let mut label = "done";
    for (number, done) in (1..).zip(&story.done) {
        let text = format!(
            "{number}. {}: {}",
            sanitize::one_line(&done.what),
            came(done)
        );
        page.entry(label, Tone::Plain, &text);
        label = "";
    }
    if let Some((untouched, all)) = story.untouched() {
        let text = format!("{untouched} of {all} sessions that held a slot before the last step");
        page.entry("untouched", Tone::Plain, &text);
    }
    let mut label = "spared";
    for (reason, count) in spared(story) {
        let text = format!("{count}: {}", sanitize::one_line(&reason));
        page.entry(label, Tone::Dim, &text);
        label = "";
    }
    for (fence, undo) in view.fences.iter().zip(view.undo) {
        let what = super::fence::what(&fence.subject);
        let text = format!("{} stands: {what} limited to {}", fence.id, fence.limit);
        page.entry("fence", Tone::Warn, &text);
        page.command("undo", &sanitize::line(undo));
    }
    if let Some(path) = &story.evidence {
        let path = path.display().to_string();
        page.entry("evidence", Tone::Plain, &sanitize::line(&path));
    }
    match &story.finish {
        Finish::Restart => restart(&mut page, story),
        Finish::Statements => {
            for command in &story.commands {
                page.command("by hand", &sanitize::line(command));
            }
        }
        Finish::Elsewhere(_) | Finish::NotSlots | Finish::Wait | Finish::StillRefused
            if !story.done.is_empty() =>
        {
            let found = sentence(&story.diagnosis, &story.survey);
            page.entry("found", Tone::Plain, &found);
        }
        _ => {}
    }
    for advice in view.next {
        page.command("next", &sanitize::line(&advice.command));
        page.entry("", Tone::Dim, &advice.why);
    }
    page.finish()
}

/// The heading.
fn ended(story: &Story) -> (Tone, String) {
    let next = || headline(&story.proposal, story.survey.snapshot.as_ref());
    match &story.finish {
        Finish::NothingWrong => (
            Tone::Good,
            format!(
                "NOTHING TO RESCUE: {}",
                sentence(&story.diagnosis, &story.survey)
            ),
        ),
        Finish::Recovered => (
            Tone::Good,
            "RECOVERED: an ordinary role gets in again".to_owned(),
        ),
        Finish::DryRun => (Tone::Strong, "DRY RUN: nothing was done".to_owned()),
        Finish::Printed => (
            Tone::Warn,
            "NOT DONE: there is no terminal to ask on; paste the commands above, or run it with --yes --limit N"
                .to_owned(),
        ),
        Finish::Declined(why) => (Tone::Warn, format!("STOPPED: {}", sanitize::one_line(why))),
        Finish::LimitReached(limit) => (
            Tone::Warn,
            format!("STOPPED: --limit {limit} is used up; next would be: {}", next()),
        ),
        Finish::Interrupted => (
            Tone::Warn,
            "STOPPED by a signal: what was begun is finished and recorded, the rest is not done".to_owned(),
        ),
        Finish::Wait => (Tone::Warn, "WAIT: the server admits nobody for a moment".to_owned()),
        Finish::NotSlots => (
            Tone::Warn,
            "NOT FOR LACK OF SLOTS: why each lane is closed is said above; there is nothing to end".to_owned(),
        ),
        Finish::Elsewhere(_) => (Tone::Alarm, format!("STUCK HERE: {}", next())),
        Finish::Statements => (Tone::Alarm, format!("STOPPED: {}", next())),
        Finish::Restart => (
            Tone::Alarm,
            "STUCK: only a restart of PostgreSQL is left; this program does not do it".to_owned(),
        ),
        Finish::StillRefused => (
            Tone::Alarm,
            "NOT RECOVERED: by the slots there is room, and an ordinary role does not get in".to_owned(),
        ),
        Finish::Lost => (
            Tone::Alarm,
            "UNKNOWN: contact was lost in the middle of a step".to_owned(),
        ),
    }
}

fn times(page: &mut Page, story: &Story) {
    let took = duration::precise(story.took);
    match story.recovered_after {
        Some(after) => page.entry(
            "time",
            Tone::Plain,
            &format!(
                "{} until an ordinary role got in, {took} in all",
                duration::precise(after)
            ),
        ),
        None if !story.done.is_empty() => page.entry("time", Tone::Plain, &took),
        None => {}
    }
}

fn came(done: &Done) -> String {
    let gone = plural(done.counted.gone, "target");
    let fence = done
        .fence
        .as_ref()
        .map_or(String::new(), |id| format!("fence {id} put up, "));
    let retaken = match done.counted.retaken {
        0 => String::new(),
        count => format!(", {} taken again", plural(count, "slot")),
    };
    let left = done.counted.hit.saturating_sub(done.counted.gone);
    let left = match left {
        0 => String::new(),
        count => format!(", {count} not seen to go"),
    };
    match &done.came {
        Came::Nothing => format!("{fence}nobody was there to end"),
        Came::Refused(why) => format!("{fence}refused: {}", sanitize::one_line(why)),
        Came::NotConfirmed(_) => format!("{fence}not confirmed"),
        Came::Unknown => format!("{fence}contact lost, {gone} seen to be gone{left}"),
        Came::Done | Came::Partly => format!("{fence}{gone} gone{left}{retaken}"),
    }
}

/// Who was left alone, over all steps: of each reason the most that one step met.
fn spared(story: &Story) -> Vec<(String, usize)> {
    let mut most: BTreeMap<&str, usize> = BTreeMap::new();
    for (reason, count) in story.done.iter().flat_map(|done| &done.counted.spared) {
        let known = most.entry(reason).or_default();
        *known = (*known).max(*count);
    }
    most.into_iter()
        .map(|(reason, count)| (reason.to_owned(), count))
        .collect()
}

/// How a restart is done knowingly.
fn restart(page: &mut Page, story: &Story) {
    let clusters = story.survey.backends.as_ref();
    let directory = clusters.map_or("DATADIR".to_owned(), |backends| {
        backends.data_directory.clone()
    });
    page.entry(
        "restart",
        Tone::Plain,
        "fast, not smart: smart waits for the very sessions that hold the slots; fast ends all sessions, \
         rolls their transactions back, and takes as long as its checkpoint",
    );
    let words = ["pg_ctl", "restart", "-D", &directory, "-m", "fast"];
    let line = crate::decide::advice::shell_line(&words.map(str::to_owned));
    page.command("", &sanitize::line(&line));
    page.entry(
        "",
        Tone::Plain,
        "under systemd, Patroni or a package's own scripts: their restart, which is a fast one, so that they do not \
         take it for a crash",
    );
    page.entry(
        "first",
        Tone::Plain,
        "fence, or their storm fills the slots again at once: stop the clients or scale them down, or disable them at \
         the pooler ('breakglass pgbouncer disable'); what cannot be stopped is held as soon as the server is up (see 'next')",
    );
}
