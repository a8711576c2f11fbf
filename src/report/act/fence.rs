//! A fence in the report of an act. Never: promises more than a connection limit does, or that it frees a slot.

use serde_json::{Value, json};

use super::{Reason, Reported};
use crate::decide::fence::act::{Changed, FenceAction, FenceFacts, FencePlace, FenceTarget};
use crate::decide::fence::{Kind, phrase};
use crate::decide::holder::TargetOutcome;
use crate::decide::plan::Plan;
use crate::decide::verified::Verified;
use crate::report::fence::{by_hand, what};
use crate::report::grid::{Column, Grid};
use crate::report::json::fence::StandingJson;
use crate::report::page::{Page, plural};
use crate::report::palette::Tone;
use crate::report::{Screen, duration, fence as list, sanitize};

impl Reported for FenceTarget {
    const NOUN: [&'static str; 2] = ["fence", "fences"];

    fn action(plan: &Plan<Self>) -> &'static str {
        plan.facts.action.name()
    }

    fn phrase(plan: &Plan<Self>) -> String {
        let subject = plan.targets.first().map_or(String::new(), |target| {
            crate::decide::fence::act::what(&target.fence.subject)
        });
        match (plan.facts.action, &plan.facts.place, plan.targets.first()) {
            (FenceAction::PutUp, FencePlace::Pooler { .. }, _) => {
                format!("refuse new clients of {subject}")
            }
            (FenceAction::PutUp, _, target) => {
                let limit = target.map_or(0, |target| target.fence.limit);
                format!(
                    "limit {subject} to {}",
                    plural(limit as usize, "connection")
                )
            }
            (FenceAction::TakeBack, ..) => {
                let changed = plan.targets.iter().filter(|target| target.change.is_ok());
                format!("undo {}", plural(changed.count(), "fence"))
            }
            (FenceAction::Forget, _, target) => format!(
                "take fence {} on {subject} off the list, and leave the rest as it is",
                target.map_or("", |target| target.fence.id.as_str())
            ),
        }
    }

    fn done(_: &FenceFacts) -> &'static str {
        "changed"
    }

    fn describe(page: &mut Page, plan: &Plan<Self>, screen: Screen) {
        place(page, plan);
        match plan.facts.action {
            FenceAction::PutUp => {
                for target in &plan.targets {
                    put_up(page, plan, target, screen);
                }
            }
            FenceAction::TakeBack | FenceAction::Forget => {
                for target in &plan.targets {
                    let text = sanitize::line(&taken_back(target, screen)).into_owned();
                    page.entry(&target.fence.id, Tone::Plain, &text);
                }
            }
        }
    }

    fn table(_: &Plan<Self>, _: usize) -> Grid {
        Grid::default()
    }

    fn name(&self) -> String {
        self.fence.id.clone()
    }

    fn reason(never: &Self::Spared) -> Reason {
        match *never {}
    }

    fn headlines(_: &Plan<Self>, verified: &Verified<Self>) -> Option<Vec<(Tone, String)>> {
        let line = |done: &TargetOutcome<Self>| (tone(done.sight.as_ref()), done.sentence());
        Some(verified.targets.iter().map(line).collect())
    }

    fn settled(_: &TargetOutcome<Self>) -> bool {
        true
    }

    fn aftermath(page: &mut Page, plan: &Plan<Self>, verified: &Verified<Self>, _: Screen) {
        for done in &verified.targets {
            let stands = done.sight == Some(Changed::Set);
            if stands && plan.facts.action == FenceAction::PutUp {
                undo(page, plan, &done.holder);
            }
        }
    }

    fn place(plan: &Plan<Self>) -> Value {
        match &plan.facts.place {
            FencePlace::Server(server) => serde_json::to_value(server.as_ref()).unwrap_or_default(),
            FencePlace::Pooler { version, .. } => {
                json!({ "endpoint": plan.endpoint, "version": version.to_string() })
            }
            FencePlace::Record => json!({ "endpoint": plan.endpoint }),
        }
    }

    fn document(&self, _: &FenceFacts) -> Value {
        serde_json::to_value(StandingJson::from(&self.fence)).unwrap_or_default()
    }

    fn spared_document(never: &Self::Spared, _: &FenceFacts) -> Value {
        match *never {}
    }

    fn plan_details(plan: &Plan<Self>) -> Value {
        json!({
            "sessions": plan.facts.sessions,
            "undo": plan.facts.undo,
            "hold_seconds": plan.facts.hold.map(duration::seconds),
        })
    }

    /// The limit there is now; null also for no limit.
    fn target_details(done: &TargetOutcome<Self>) -> Value {
        let fence = &done.holder.fence;
        let (looked, live) = match (&done.sight, done.holder.action) {
            (Some(Changed::Set), FenceAction::PutUp) => (true, Some(fence.limit)),
            (Some(Changed::Set | Changed::Back), _) => (true, fence.previous),
            (Some(Changed::Foreign(now)), _) => (true, *now),
            (Some(Changed::Paused), _) => (true, Some(fence.limit)),
            (Some(Changed::Gone), _) => (true, None),
            _ => (false, None),
        };
        json!({ "looked": looked, "live": live })
    }

    fn freed(_: &Plan<Self>, _: &Verified<Self>) -> Option<usize> {
        Some(0)
    }

    fn columns() -> Vec<Column> {
        list::columns()
    }

    fn cells(&self, _: &FenceFacts) -> Vec<String> {
        list::cells(&self.fence)
    }
}

fn tone(changed: Option<&Changed>) -> Tone {
    match changed {
        Some(Changed::Set | Changed::Back) => Tone::Good,
        Some(Changed::Gone | Changed::Forgotten) => Tone::Plain,
        _ => Tone::Alarm,
    }
}

fn place(page: &mut Page, plan: &Plan<FenceTarget>) {
    let endpoint = sanitize::line(&plan.endpoint);
    match &plan.facts.place {
        FencePlace::Server(server) => {
            let side = match server.in_recovery {
                true => "standby",
                false => "primary",
            };
            let version = sanitize::line(&server.version);
            let text = format!("{endpoint}, PostgreSQL {version}, {side}");
            page.entry("server", Tone::Plain, &text);
            page.entry("lane", Tone::Plain, plan.lane);
        }
        FencePlace::Pooler { version, .. } => {
            let text = format!("{endpoint}, PgBouncer {version}");
            page.entry("pooler", Tone::Plain, &text);
        }
        FencePlace::Record => {}
    }
}

fn put_up(page: &mut Page, plan: &Plan<FenceTarget>, target: &FenceTarget, screen: Screen) {
    let fence = &target.fence;
    if fence.subject.kind != Kind::Pool {
        let arrow = screen.arrow();
        let limit = format!("{} {arrow} {}", phrase(fence.previous), fence.limit);
        page.entry("limit", Tone::Plain, &limit);
    }
    page.entry("now", Tone::Plain, &now(plan, fence.limit as usize));
    if let FencePlace::Pooler { paused: true, .. } = plan.facts.place {
        let text = "it is paused, too: the clients that are there hang until it is resumed";
        page.entry("", Tone::Warn, text);
    }
    let (others, also) = not_held(fence.subject.kind);
    page.entry("not held", Tone::Plain, others);
    page.entry("", Tone::Plain, also);
    if let Some(hold) = plan.facts.hold {
        let text = format!(
            "{}, then it is undone; on Ctrl-C, SIGTERM or a closed terminal at once",
            duration::limit(hold)
        );
        page.entry("for", Tone::Plain, &text);
    }
    undo(page, plan, target);
}

/// Whom it does not hold, and what it does not do.
fn not_held(kind: Kind) -> (&'static str, &'static str) {
    let storm = "a refused login still takes a slot for a moment: in a storm it makes an \
                 administrator's login no easier";
    match kind {
        Kind::Role => ("other roles, and superusers", storm),
        Kind::Database => ("superusers, and whoever logs in to another database", storm),
        Kind::Pool => (
            "clients that are there, other poolers, whoever logs in to PostgreSQL directly",
            "PgBouncer does not keep it: a restart of PgBouncer undoes it",
        ),
    }
}

/// Who is there now, and who may still come.
fn now(plan: &Plan<FenceTarget>, limit: usize) -> String {
    if let FencePlace::Pooler {
        clients, servers, ..
    } = plan.facts.place
    {
        return format!(
            "{} and {}; they stay, nobody new is let in",
            plural(clients, "client"),
            plural(servers, "server connection"),
        );
    }
    let sessions = plan.facts.sessions;
    let there = plural(sessions, "session");
    match sessions.cmp(&limit) {
        std::cmp::Ordering::Less => format!("{there}; {} more may come", limit - sessions),
        std::cmp::Ordering::Greater if limit > 0 => format!(
            "{there}; they stay, nobody new is let in before {} of them have ended",
            sessions - limit + 1
        ),
        _ => format!("{there}; they stay, nobody new is let in"),
    }
}

/// How to take it back, with this program and without.
fn undo(page: &mut Page, plan: &Plan<FenceTarget>, target: &FenceTarget) {
    if let Some(undo) = &plan.facts.undo {
        page.command("undo", undo);
    }
    if let Some(typed) = by_hand(&target.fence.subject, target.fence.previous) {
        page.entry("by hand", Tone::Plain, &typed);
    }
}

/// What taking one back comes to.
fn taken_back(target: &FenceTarget, screen: Screen) -> String {
    let fence = &target.fence;
    match &target.change {
        _ if target.action == FenceAction::Forget => {
            format!("{}; nothing else is touched", what(&fence.subject))
        }
        Ok(_) if fence.subject.kind == Kind::Pool => {
            format!("{}: admit new clients again", what(&fence.subject))
        }
        Ok(change) => format!(
            "{}: {} {} {}",
            what(&fence.subject),
            phrase(change.from),
            screen.arrow(),
            phrase(change.to)
        ),
        Err(changed) => crate::decide::fence::act::sentence(fence, Some(changed), target.action),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::decide::fence::{Standing, Subject};
    use crate::decide::plan::{Caps, Question};
    use crate::decide::prediction::Prediction;

    #[test]
    fn the_plan_says_how_many_more_may_come() {
        let target = FenceTarget {
            fence: Standing {
                id: "k7f3h".to_owned(),
                subject: Subject {
                    kind: Kind::Role,
                    oid: 16384,
                    name: "app".to_owned(),
                },
                previous: None,
                limit: 20,
                endpoint: "db1:5432".to_owned(),
                system_identifier: None,
                since: "2026-11-22T03:14:15Z".to_owned(),
                by: "ops@jump".to_owned(),
                reason: None,
                connection: Vec::new(),
                sure: true,
            },
            action: FenceAction::PutUp,
            change: Err(Changed::Back),
        };
        let effect = |sessions| {
            let plan = Plan {
                lane: "login",
                endpoint: "db1:5432".to_owned(),
                facts: FenceFacts {
                    action: FenceAction::PutUp,
                    place: FencePlace::Server(Box::default()),
                    sessions,
                    undo: None,
                    hold: None,
                },
                targets: vec![target.clone()],
                spared: Vec::new(),
                missing: Vec::new(),
                prediction: Prediction::default(),
                wait: Duration::ZERO,
                question: Question::YesNo,
                caps: Caps::default(),
            };
            now(&plan, 20)
        };
        assert_eq!(effect(17), "17 sessions; 3 more may come");
        assert_eq!(effect(20), "20 sessions; they stay, nobody new is let in");
        let over = "25 sessions; they stay, nobody new is let in before 6 of them have ended";
        assert_eq!(effect(25), over);
    }
}
