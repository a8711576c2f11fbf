//! A platform's command in the report of an act.

use serde_json::{Value, json};

use super::{Reason, Reported, word};
use crate::decide::plan::Plan;
use crate::decide::verified::Verified;
use crate::decide::workers::via::{Before, Recycler};
use crate::report::grid::{Column, Grid};
use crate::report::json::workers::look;
use crate::report::page::{Page, plural};
use crate::report::palette::Tone;
use crate::report::workers::looks;
use crate::report::{Screen, duration, sanitize};

impl Reported for Recycler {
    const NOUN: [&'static str; 2] = ["command", "commands"];

    fn action(_: &Plan<Self>) -> &'static str {
        "recycle"
    }

    fn phrase(plan: &Plan<Self>) -> String {
        let names: Vec<&str> = plan.targets.iter().map(|one| one.name.as_str()).collect();
        format!("run the command of [recycler.{}]", names.join(", "))
    }

    fn done(_: &Before) -> &'static str {
        "run"
    }

    fn describe(page: &mut Page, plan: &Plan<Self>, _: Screen) {
        page.entry("server", Tone::Plain, &sanitize::line(&plan.endpoint));
        for recycler in &plan.targets {
            page.entry("runs", Tone::Strong, &sanitize::line(&recycler.command));
            let steps = format!(
                "up to {} for the command, then up to {} for its connections to go",
                duration::limit(recycler.timeout),
                duration::limit(plan.wait)
            );
            page.entry("steps", Tone::Plain, &steps);
            let frees = match recycler.frees {
                Some(count) => format!(
                    "{} expected (the configuration says so)",
                    plural(count, "slot")
                ),
                None => "not known: the configuration does not say (frees = N)".to_owned(),
            };
            page.entry("frees", Tone::Plain, &frees);
        }
        let held = plural(plan.facts.look.held, "connection");
        page.entry("now", Tone::Plain, &format!("{held} on this host"));
        let mut label = "danger";
        for danger in Self::warnings(plan) {
            page.entry(label, Tone::Warn, &danger);
            label = "";
        }
    }

    fn table(_: &Plan<Self>, _: usize) -> Grid {
        Grid::default()
    }

    fn name(&self) -> String {
        self.name.clone()
    }

    /// The configuration's command is the only target: nobody is spared.
    fn reason((): &()) -> Reason {
        Reason {
            word: "",
            sentence: String::new(),
        }
    }

    fn headlines(_: &Plan<Self>, verified: &Verified<Self>) -> Option<Vec<(Tone, String)>> {
        let (tone, word) = word(verified.ending());
        let lines = verified.targets.iter().map(|done| {
            let took = done.sight.as_ref().map_or(done.after, |sight| sight.took);
            let took = duration::precise(took);
            (tone, format!("{word} after {took}: {}", done.sentence()))
        });
        Some(lines.collect())
    }

    fn settled(_: &crate::decide::holder::TargetOutcome<Self>) -> bool {
        true
    }

    fn aftermath(page: &mut Page, plan: &Plan<Self>, verified: &Verified<Self>, screen: Screen) {
        if let Some(freed) = closed(verified) {
            let before = plural(plan.facts.look.held, "connection");
            let text = format!("{freed} of {before} of before on this host");
            page.entry("closed", Tone::Plain, &text);
        }
        if let Some(now) = verified.aftermath {
            looks(page, &[plan.facts.look, now], screen);
        }
    }

    fn document(&self, _: &Before) -> Value {
        json!({
            "recycler": self.name,
            "command": self.command,
            "timeout_seconds": duration::seconds(self.timeout),
            "frees": self.frees,
        })
    }

    fn spared_document((): &(), _: &Before) -> Value {
        json!({})
    }

    fn warnings(plan: &Plan<Self>) -> Vec<String> {
        let dangers = plan.targets.iter().flat_map(|one| one.dangers());
        dangers.map(str::to_owned).collect()
    }

    fn plan_details(plan: &Plan<Self>) -> Value {
        json!({ "look": look(&plan.facts.look) })
    }

    fn outcome_details(_: &Plan<Self>, verified: &Verified<Self>) -> Value {
        json!({ "look": verified.aftermath.as_ref().map(look), "closed": closed(verified) })
    }

    fn freed(plan: &Plan<Self>, verified: &Verified<Self>) -> Option<usize> {
        let (before, after) = (plan.facts.look.free?, verified.aftermath?.free?);
        Some(after.saturating_sub(before) as usize)
    }

    fn columns() -> Vec<Column> {
        vec![Column::name("recycler"), Column::name("command")]
    }

    fn cells(&self, _: &Before) -> Vec<String> {
        vec![self.name.clone(), self.command.clone()]
    }
}

/// Connections of before that are gone.
fn closed(verified: &Verified<Recycler>) -> Option<usize> {
    verified.targets.first()?.sight.as_ref()?.freed
}
