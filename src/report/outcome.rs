//! What came of it, after the second look: counts by outcome, every target that is not done, slots before and
//! after, and who took freed slots again.
//!
//! Stage: report, last. In: the plan and what was verified.
//! Never: calls a target gone that the second look did not miss.

use crate::decide::capacity::Capacity;
use crate::decide::holder::TargetOutcome;
use crate::decide::outcome::{Ending, Outcome};
use crate::decide::plan::Plan;
use crate::decide::session::Session;
use crate::decide::sessions::plan::Action;
use crate::decide::verified::Verified;

use super::page::{Page, counted, plural};
use super::palette::Tone;
use super::status::pairs;
use super::{Extent, Screen, duration, sanitize};

/// Targets that are not done shown unless all are asked for.
const LEFT: usize = 10;

/// The report as text.
pub fn outcome(plan: &Plan<Session>, verified: &Verified<Session>, screen: Screen) -> String {
    let mut page = Page::new(screen.width, screen.palette);
    let (tone, text) = headline(plan, verified);
    page.heading(tone, &text);
    counts(&mut page, verified);
    // A cancel frees nothing that could be taken again.
    if plan.facts.action != Action::Cancel {
        slots(&mut page, plan, verified, screen);
        retaken(&mut page, verified);
    }
    left(&mut page, verified, screen);
    page.finish()
}

fn headline(plan: &Plan<Session>, verified: &Verified<Session>) -> (Tone, String) {
    let total = verified.targets.len();
    let wanted = if plan.facts.action == Action::Cancel {
        "cancelled"
    } else {
        "gone"
    };
    let done = verified.count(wanted);
    let verb = if plan.facts.action == Action::Cancel {
        "stopped"
    } else {
        "ended"
    };
    let of = format!("{done} of {}", plural(total, "session"));
    let time = duration::precise(verified.took());
    match verified.ending() {
        Ending::Done => (
            Tone::Good,
            format!("DONE: {of} {verb} in {time}, seen by a second look"),
        ),
        Ending::Partly => (Tone::Alarm, format!("PARTLY DONE: {of} {verb} in {time}")),
        Ending::AllRefused => (
            Tone::Alarm,
            format!("REFUSED: all of {}", plural(total, "session")),
        ),
        Ending::Unknown => (
            Tone::Alarm,
            format!("UNKNOWN: contact was lost; {of} seen to be {verb}"),
        ),
    }
}

pub(super) fn counts(page: &mut Page, verified: &Verified<Session>) {
    let rows = [
        ("gone", "gone", Tone::Good),
        ("cancelled", "statement cancelled", Tone::Good),
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

pub(super) fn slots(
    page: &mut Page,
    plan: &Plan<Session>,
    verified: &Verified<Session>,
    screen: Screen,
) {
    let before = plan.facts.capacity.ordinary;
    let Some(aftermath) = verified.aftermath.capacity else {
        page.entry("slots", Tone::Warn, "unknown: there was no last look");
        return;
    };
    if !plan.facts.capacity.is_known() {
        let (before, after) = (plan.facts.capacity.all.used, aftermath.all.used);
        let text = format!(
            "{before} {} {after} taken; how many there are is not known here",
            screen.arrow()
        );
        page.entry("slots", Tone::Plain, &text);
        return;
    }
    let after = aftermath.ordinary;
    let mut text = format!(
        "{} {} {} free of {} ordinary",
        before.free,
        screen.arrow(),
        after.free,
        after.total
    );
    // Otherwise whoever ended three and still sees none free believes that nothing came of it.
    let reserve = |capacity: &Capacity| capacity.reserved.free + capacity.superuser.free;
    let filled = reserve(&aftermath).saturating_sub(reserve(&plan.facts.capacity));
    if filled > 0 {
        text.push_str(&format!("; the reserves filled first and took {filled}"));
    }
    page.entry(
        "slots",
        if after.free == 0 {
            Tone::Alarm
        } else {
            Tone::Plain
        },
        &text,
    );
}

pub(super) fn retaken(page: &mut Page, verified: &Verified<Session>) {
    let watched = duration::precise(verified.aftermath.watched);
    let count: usize = verified
        .aftermath
        .retaken
        .iter()
        .map(|group| group.count)
        .sum();
    if count == 0 {
        if !verified.aftermath.watched.is_zero() {
            page.entry("retaken", Tone::Plain, &format!("none within {watched}"));
        }
        return;
    }
    let by = counted(&pairs(verified.aftermath.retaken.clone()), 5);
    let text = format!(
        "{} came within {watched}: {by}",
        plural(count, "new session")
    );
    page.entry("retaken", Tone::Warn, &text);
}

/// Every target that was not done, with its sentence. Without a terminal all of them: nobody can scroll back.
pub(super) fn left(page: &mut Page, verified: &Verified<Session>, screen: Screen) {
    let not_done = |target: &&TargetOutcome<Session>| {
        !matches!(
            target.outcome,
            Outcome::Gone | Outcome::Cancelled | Outcome::AlreadyGone
        )
    };
    let left: Vec<&TargetOutcome<Session>> = verified.targets.iter().filter(not_done).collect();
    let whole = screen.extent == Extent::Whole || screen.width.is_none();
    let most = if whole { usize::MAX } else { LEFT };
    if !left.is_empty() {
        page.gap();
    }
    for target in left.iter().take(most) {
        let name = target.holder.application.as_deref().unwrap_or_default();
        let name = sanitize::line(name);
        let name = if name.is_empty() {
            String::new()
        } else {
            format!("{}: ", sanitize::fit(&name, 24))
        };
        let sentence = target.outcome.sentence();
        let text = format!("{name}{}", sanitize::line(&sentence));
        page.entry(&target.holder.id.pid.to_string(), Tone::Plain, &text);
    }
    if left.len() > most {
        page.entry("", Tone::Plain, &format!("+{} more", left.len() - most));
    }
}
