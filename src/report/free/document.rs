//! The document of `free`: that of every act, and the goal, the batches, and what would reach it.
//!
//! Stage: report.

use serde::Serialize;

use crate::decide::breakdown::Group;
use crate::decide::free::Goal;
use crate::decide::free::reach::Reach;
use crate::decide::free::story::{Ended, Planned, Result};
use crate::report::duration::seconds;
use crate::report::free::sentence;

use crate::decide::session::Session;
use crate::report::act::document::{ActJson, ActView, act};

/// The document.
#[derive(Debug, Serialize)]
pub struct FreeJson<'a> {
    /// `targets` are those that were tried, or of a plan all that may be; `slots.planned` is what is free if all of
    /// the plan go.
    #[serde(flatten)]
    act: ActJson<'a>,
    goal: GoalJson,
    /// `reached`, `exhausted`, `fruitless`, `interrupted`, `unrecorded` or `lost`; null if nothing was done.
    finish: Option<&'static str>,
    /// Null when nobody knows, or when nothing was tried.
    reached: Option<bool>,
    batches: Vec<BatchJson>,
    /// PIDs of the plan that were left alone.
    left_alone: Vec<i32>,
    would_reach: Vec<ReachJson>,
}

#[derive(Debug, Serialize)]
struct GoalJson {
    ordinary_free: u32,
    percent: Option<u32>,
    stay_seconds: f64,
    /// Sessions that must go, with nobody coming.
    needed: u32,
    /// How many of the plan will probably be ended.
    probably: usize,
    order: Vec<&'static str>,
    shares: Vec<ShareJson>,
}

#[derive(Debug, Serialize)]
struct ShareJson {
    class: &'static str,
    sessions: usize,
}

#[derive(Debug, Serialize)]
struct BatchJson {
    targets: usize,
    gone: usize,
    free_before: u32,
    free_after: Option<u32>,
}

#[derive(Debug, Serialize)]
struct ReachJson {
    remedy: &'static str,
    sessions: usize,
    by: Vec<Group>,
    detail: String,
}

/// The document of a run; `view` as for every command that acts.
pub fn free<'a>(
    planned: &'a Planned,
    ended: &'a Ended,
    view: &ActView<'a, Session>,
) -> FreeJson<'a> {
    let prospect = &planned.prospect;
    let story = match ended {
        Ended::Acted(story) => Some(story),
        _ => None,
    };
    let tried = |pid: i32| {
        story.is_some_and(|story| {
            let mut targets = story.verified.targets.iter();
            targets.any(|target| target.holder.id.pid == pid)
        })
    };
    let reaches = story.map_or(&planned.reaches, |story| &story.reaches);
    FreeJson {
        act: act(view),
        goal: GoalJson {
            ordinary_free: prospect.slots,
            percent: match prospect.goal {
                Goal::Slots(_) => None,
                Goal::Percent(percent) => Some(percent),
            },
            stay_seconds: seconds(prospect.stay),
            needed: prospect.needed,
            probably: prospect.probably(planned.plan.targets.len()),
            order: (prospect.order.classes().iter().map(|class| class.name())).collect(),
            shares: (prospect.shares.iter())
                .map(|(class, sessions)| ShareJson {
                    class: class.name(),
                    sessions: *sessions,
                })
                .collect(),
        },
        finish: story.map(|story| story.finish.name()),
        reached: match (ended, ended.result()) {
            (Ended::Enough, _) => Some(true),
            (Ended::DryRun | Ended::NotConfirmed(_), _) | (_, Result::Unknown) => None,
            (_, result) => Some(result == Result::Reached),
        },
        batches: story
            .map(|story| {
                let batches = story.batches.iter();
                batches
                    .map(|batch| BatchJson {
                        targets: batch.targets,
                        gone: batch.gone,
                        free_before: batch.free_before,
                        free_after: batch.free_after,
                    })
                    .collect()
            })
            .unwrap_or_default(),
        left_alone: (planned.plan.targets.iter())
            .map(|session| session.id.pid)
            .filter(|pid| !tried(*pid))
            .collect(),
        would_reach: reaches
            .iter()
            .map(|reach| reach_json(reach, &planned.plan.facts.server.role))
            .collect(),
    }
}

fn reach_json(reach: &Reach, role: &str) -> ReachJson {
    ReachJson {
        remedy: reach.remedy.name(),
        sessions: reach.sessions,
        by: reach.by.clone(),
        // Blanks that do not break are for screens.
        detail: sentence(reach, role).replace(crate::report::page::STICK, " "),
    }
}
