//! The break-glass role in the report of an act. Never: shows a password.

use serde_json::{Value, json};

use super::{Reason, Reported, word};
use crate::decide::holder::Holder;
use crate::decide::outcome::Ending;
use crate::decide::plan::Plan;
use crate::decide::plural;
use crate::decide::prepare::role::{Groundwork, PreparedRole, Proof, RoleOutcome};
use crate::decide::verified::Verified;
use crate::report::Screen;
use crate::report::grid::{Align, Column, Grid};
use crate::report::page::Page;
use crate::report::palette::Tone;
use crate::report::prepare::{PrepareView, proved, sql, statements};

impl Reported for PreparedRole {
    const NOUN: [&'static str; 2] = ["role", "roles"];

    fn action(_: &Plan<Self>) -> &'static str {
        "prepare"
    }

    fn phrase(plan: &Plan<Self>) -> String {
        let count = plan.facts.preparation.statements.len();
        format!("run {} on {}", plural(count, "statement"), plan.endpoint)
    }

    fn done(_: &Groundwork) -> &'static str {
        "prepared"
    }

    fn describe(page: &mut Page, plan: &Plan<Self>, _: Screen) {
        for role in &plan.targets {
            page.lines(&sql(&PrepareView {
                preparation: &plan.facts.preparation,
                role: &role.name,
                version_num: plan.facts.server.version_num,
                provider: plan.facts.provider,
            }));
        }
    }

    fn table(_: &Plan<Self>, _: usize) -> Grid {
        Grid::default()
    }

    fn name(&self) -> String {
        self.name.clone()
    }

    /// The role is the only target: nobody is spared.
    fn reason((): &()) -> Reason {
        Reason {
            word: "",
            sentence: String::new(),
        }
    }

    fn headlines(_: &Plan<Self>, verified: &Verified<Self>) -> Option<Vec<(Tone, String)>> {
        let (tone, word) = word(verified.ending());
        let line = |done: &RoleOutcome| {
            let closed = if Self::keeps_slot(done) {
                ", but a lane stays closed to it"
            } else {
                ""
            };
            let name = &done.holder.name;
            (
                tone,
                format!("{word}: role {name}: {}{closed}", done.sentence()),
            )
        };
        Some(verified.targets.iter().map(line).collect())
    }

    fn settled(_: &RoleOutcome) -> bool {
        true
    }

    fn aftermath(page: &mut Page, _: &Plan<Self>, verified: &Verified<Self>, _: Screen) {
        page.lines(&proved(lanes(verified)));
        if verified.ending() == Ending::AllRefused {
            let text = "a superuser, or CREATEROLE and from 16 on ADMIN OPTION on what is granted";
            page.entry("needs", Tone::Plain, text);
        }
    }

    fn place(plan: &Plan<Self>) -> Value {
        serde_json::to_value(&plan.facts.server).unwrap_or_default()
    }

    fn document(&self, _: &Groundwork) -> Value {
        json!({ "role": self.name, "statements": statements(&self.statements) })
    }

    fn spared_document((): &(), _: &Groundwork) -> Value {
        json!({})
    }

    fn plan_details(plan: &Plan<Self>) -> Value {
        let preparation = &plan.facts.preparation;
        json!({
            "provider": plan.facts.provider,
            "by_hand": statements(&preparation.by_hand),
            "pg_hba": preparation.pg_hba,
            "config": preparation.config,
            "notes": preparation.notes,
            "lanes": lanes_json(&plan.facts.lanes),
        })
    }

    fn outcome_details(_: &Plan<Self>, verified: &Verified<Self>) -> Value {
        json!({ "lanes": lanes_json(lanes(verified)) })
    }

    fn freed(_: &Plan<Self>, _: &Verified<Self>) -> Option<usize> {
        None
    }

    fn columns() -> Vec<Column> {
        vec![
            Column::name("role"),
            Column::key("statements", Align::Right),
        ]
    }

    fn cells(&self, _: &Groundwork) -> Vec<String> {
        vec![self.name.clone(), self.statements.len().to_string()]
    }
}

/// The lanes that were tried as the role.
fn lanes(verified: &Verified<PreparedRole>) -> &[Proof] {
    let sight = verified
        .targets
        .first()
        .and_then(|done| done.sight.as_ref());
    sight.map_or(&[], |sight| &sight.lanes)
}

fn lanes_json(lanes: &[Proof]) -> Vec<Value> {
    let one = |it: &Proof| json!({ "lane": it.lane, "open": it.open, "what": it.what });
    lanes.iter().map(one).collect()
}
