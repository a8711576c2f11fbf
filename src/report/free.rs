//! The plan and the outcome of `free`: how much room, from whom and in which order, what came of it, and what would
//! reach a goal that was missed.
//!
//! Stage: report. In: a [`Planned`], a [`Story`]. Never: promises; how many it will take is an estimate.

pub mod document;

use crate::decide::free::course::Finish;
use crate::decide::free::order::Class;
use crate::decide::free::reach::{Reach, Remedy};
use crate::decide::free::story::{Ended, Planned, Result, Story};
use crate::decide::plan::Question;
use crate::decide::protection::Include;

use super::page::{Page, counted, plural};
use super::palette::Tone;
use super::status::pairs;
use super::{Screen, act, duration, sanitize};

/// The plan as text: before anybody agreed, of a dry run, or of one that has nobody to end.
pub fn plan(planned: &Planned, ended: Option<&Ended>, screen: Screen) -> String {
    let Planned { plan, prospect, .. } = planned;
    let mut page = Page::new(screen.width, screen.palette);
    let goal = goal(planned);
    match ended {
        Some(Ended::Enough) => page.heading(Tone::Good, &format!("NOTHING TO DO: {goal}")),
        Some(Ended::Nobody) => page.heading(
            Tone::Alarm,
            &format!("NOT POSSIBLE: {goal}, and nobody may be ended"),
        ),
        _ => page.heading(Tone::Strong, &format!("PLAN: {goal}")),
    }
    page.entry("server", Tone::Plain, &act::server(plan));
    if !matches!(ended, Some(Ended::Enough)) {
        page.entry("slots", Tone::Plain, &slots(planned));
    }
    if !plan.targets.is_empty() {
        let wait = duration::limit(plan.wait);
        let lane = format!(
            "{}, waiting up to {wait} for each batch to go",
            sanitize::line(plan.lane)
        );
        page.entry("lane", Tone::Plain, &lane);
        page.entry("ends", Tone::Plain, &ends(planned));
        page.entry("order", Tone::Plain, &order(planned));
        if planned.falls_short() {
            let text = format!(
                "all of them leave {} of {} free",
                planned.free_at_most(),
                prospect.slots
            );
            page.entry("short", Tone::Warn, &text);
        }
        act::breakdown(&mut page, &plan.targets);
        act::fences(&mut page, plan);
        act::targets(&mut page, plan, screen);
    }
    let spared = act::spared(plan);
    if !spared.is_empty() || !plan.missing.is_empty() || !planned.reaches.is_empty() {
        page.gap();
    }
    listed(&mut page, "spared", Tone::Plain, &spared);
    if matches!(ended, Some(Ended::Nobody)) && spared.is_empty() && plan.missing.is_empty() {
        page.gap();
        page.entry(
            "spared",
            Tone::Plain,
            "nobody: no session matches the filter",
        );
    }
    if !plan.missing.is_empty() {
        let text = format!("no process has {}", act::pids(&plan.missing));
        page.entry("missing", Tone::Warn, &text);
    }
    reaches(&mut page, planned, &planned.reaches);
    page.finish()
}

/// The question to ask, with a blank at its end for the answer.
pub fn question(planned: &Planned) -> String {
    let targets = planned.plan.targets.len();
    let most = plural(targets, "session");
    match planned.plan.question {
        Question::Nothing | Question::YesNo => format!("End at most {most}, in this order? [y/N] "),
        Question::Number(count, why) => {
            format!("This is {why}. Type {count} to end at most {most}: ")
        }
    }
}

/// What came of it.
pub fn story(planned: &Planned, story: &Story, screen: Screen) -> String {
    let mut page = Page::new(screen.width, screen.palette);
    let (tone, text) = headline(planned, story);
    page.heading(tone, &text);
    act::counts(&mut page, &story.verified);
    let batches = story.batches.len();
    let left = planned
        .plan
        .targets
        .len()
        .saturating_sub(story.verified.targets.len());
    let mut text = batches.to_string();
    if left > 0 {
        text.push_str(&format!(
            "; {} of the plan left alone",
            plural(left, "session")
        ));
    }
    page.entry("batches", Tone::Plain, &text);
    act::slots_after(&mut page, &planned.plan, &story.verified, screen);
    if story.verified.aftermath.capacity.is_some() {
        act::retaken(&mut page, &story.verified);
    }
    act::not_done(&mut page, &story.verified, screen);
    if !story.reaches.is_empty() {
        page.gap();
    }
    reaches(&mut page, planned, &story.reaches);
    page.finish()
}

/// `0 of 17 ordinary slots are free, 3 are wanted`, or the goal of a plan.
fn goal(planned: &Planned) -> String {
    let ordinary = planned.plan.facts.capacity.ordinary;
    let wanted = planned.prospect.slots;
    if planned.plan.targets.is_empty() {
        return format!(
            "{} of {} ordinary slots free, {wanted} wanted",
            ordinary.free, ordinary.total
        );
    }
    format!(
        "end sessions until {wanted} of {} ordinary slots stay free for {}",
        ordinary.total,
        duration::limit(planned.prospect.stay)
    )
}

fn slots(planned: &Planned) -> String {
    let ordinary = planned.plan.facts.capacity.ordinary;
    let needed = planned.prospect.needed;
    let mut text = format!("{} of {} ordinary free", ordinary.free, ordinary.total);
    let reserves = needed.saturating_sub(planned.prospect.slots.saturating_sub(ordinary.free));
    if reserves > 0 {
        text.push_str(&format!("; the reserves fill first and take {reserves}"));
    }
    text.push_str(&format!("; {} must go", plural(count(needed), "session")));
    text
}

fn ends(planned: &Planned) -> String {
    let most = planned.plan.targets.len();
    let probably = planned.prospect.probably(most);
    if probably == most {
        return format!("all {most} in the plan");
    }
    format!("probably {probably}, at most {most}: more only where freed slots are taken again")
}

/// `1 idle in transaction (aborted), then 9 idle (longest first)`
fn order(planned: &Planned) -> String {
    let shares = planned.prospect.shares.iter();
    let shares: Vec<String> = shares
        .map(|(class, count)| format!("{count} {}", class.phrase()))
        .collect();
    let active = planned.prospect.order.position(Class::Active).is_some();
    format!(
        "{}; the longest first{}",
        shares.join(", then "),
        if active {
            ", of active ones the longest last"
        } else {
            ""
        }
    )
}

fn headline(planned: &Planned, story: &Story) -> (Tone, String) {
    let prospect = &planned.prospect;
    let gone = plural(story.verified.count("gone"), "session");
    let wanted = prospect.slots;
    let free = story
        .verified
        .aftermath
        .capacity
        .map_or(0, |capacity| capacity.ordinary.free);
    let state = format!("{free} of the {wanted} ordinary slots wanted are free");
    let why = match story.finish {
        Finish::Reached => {
            let stay = duration::limit(prospect.stay);
            let text = format!(
                "DONE: {free} ordinary slots are free and stayed so for {stay}; {gone} ended"
            );
            return (Tone::Good, text);
        }
        Finish::Lost => {
            let text = format!("UNKNOWN: contact was lost; {gone} seen to be ended");
            return (Tone::Alarm, text);
        }
        Finish::Exhausted => "nobody is left in the plan who may be ended",
        Finish::Fruitless if story.verified.aftermath.retaken.is_empty() => {
            "two batches in a row freed nothing"
        }
        Finish::Fruitless => "what is freed is taken again at once",
        Finish::Interrupted => "stopped by you",
        Finish::Unrecorded => "stopped, for the record cannot be written",
    };
    let word = match story.result() {
        Result::Partly => "PARTLY DONE",
        Result::Refused => "REFUSED",
        _ => "NOT DONE",
    };
    (Tone::Alarm, format!("{word}: {state}; {gone} ended; {why}"))
}

/// What would reach the goal, the cheapest first.
fn reaches(page: &mut Page, planned: &Planned, reaches: &[Reach]) {
    let lines: Vec<String> = reaches
        .iter()
        .map(|reach| sentence(reach, &planned.plan.facts.server.role))
        .collect();
    listed(page, "reach it", Tone::Warn, &lines);
}

fn listed(page: &mut Page, label: &str, tone: Tone, lines: &[String]) {
    for (number, line) in lines.iter().enumerate() {
        page.entry(if number == 0 { label } else { "" }, tone, line);
    }
}

/// What would help, for a person.
pub fn sentence(reach: &Reach, role: &str) -> String {
    let count = reach.sessions;
    let by = counted(&pairs(reach.by.clone()), 3);
    let role = sanitize::identifier(role);
    match reach.remedy {
        Remedy::StopRefill => {
            let new = plural(count, "new session");
            format!("keep the refill out first: {new} took freed slots (role {by})")
        }
        Remedy::Rights => {
            let them = plural(count, "session");
            format!("{them} ({by}) were refused: GRANT pg_signal_backend TO {role}")
        }
        Remedy::Limit => format!("{count} more with a higher --limit, or --all ({by})"),
        Remedy::MaxTargets => {
            format!("{count} more, but for max_targets of the configuration ({by})")
        }
        Remedy::Order => format!("{count} in states that --order leaves out ({by})"),
        Remedy::Keep => format!("{count} that --keep leaves their applications ({by})"),
        Remedy::Oldest => format!("{count} that are not among the --oldest ({by})"),
        Remedy::Filter => format!("{count} outside the filter ({by})"),
        Remedy::Active => format!("{count} active: --active ({by})"),
        Remedy::Logins => format!(
            "{count} still logging in: breakglass terminate --state starting --limit {count}"
        ),
        Remedy::Include(kind) => {
            let what = match kind {
                Include::Superusers => "of superusers, who may fill every reserve",
                Include::Listeners => "that idle after LISTEN",
                Include::Syncrep => "whose commit waits for a standby",
                Include::Walsenders => "walsenders",
            };
            format!("{count} {what}: --include {} ({by})", kind.name())
        }
        Remedy::Configuration => format!("{count} that the configuration protects ({by})"),
        Remedy::Hidden => format!("{count} hidden from this role: GRANT pg_monitor TO {role}"),
        Remedy::OurLogin => "1 that our own login holds: --lane replication".to_owned(),
    }
}

fn count(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
