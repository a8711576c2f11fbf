//! Connections in the report of an act.

use serde_json::{Value, json};

use super::{Reason, Reported};
use crate::decide::connection::Counts;
use crate::decide::holder::TargetOutcome;
use crate::decide::outcome::Outcome;
use crate::decide::plan::Plan;
use crate::decide::sockets::outcome::Backend;
use crate::decide::sockets::plan::OnHost;
use crate::decide::sockets::selection::Spared;
use crate::decide::sockets::{Socket, ends};
use crate::decide::verified::Verified;
use crate::report::grid::{Column, Grid};
use crate::report::json::sockets::target;
use crate::report::page::{Page, plural};
use crate::report::palette::Tone;
use crate::report::sockets::{grid, only_end, only_server, records};
use crate::report::{Screen, duration, sanitize};

impl Reported for Socket {
    const NOUN: [&'static str; 2] = ["connection", "connections"];

    fn action(_: &Plan<Self>) -> &'static str {
        "sever"
    }

    fn phrase(plan: &Plan<Self>) -> String {
        format!("sever {}", plural(plan.targets.len(), "connection"))
    }

    fn done(_: &OnHost) -> &'static str {
        "severed"
    }

    fn describe(page: &mut Page, plan: &Plan<Self>, _: Screen) {
        let endpoint = sanitize::line(&plan.endpoint);
        let server = only_server(plan.targets.iter()).filter(|server| !endpoint.contains(server));
        let server = server.map_or(String::new(), |server| format!(" ({server})"));
        page.entry("server", Tone::Plain, &format!("{endpoint}{server}"));
        let wait = duration::limit(plan.wait);
        let at = only_end(plan.targets.iter()).map_or(String::new(), |end| {
            format!(", at the {}'s end", end.name())
        });
        let lane = format!("{}{at}, waiting up to {wait} for them to go", plan.lane);
        page.entry("lane", Tone::Plain, &lane);
        let mut label = "frees";
        for line in predicted(plan.prediction.classes.unwrap_or_default()) {
            page.entry(label, Tone::Plain, &line);
            label = "";
        }
    }

    fn table(plan: &Plan<Self>, most: usize) -> Grid {
        grid(plan.targets.iter().take(most), None, plan.facts.grain)
    }

    fn name(&self) -> String {
        ends(self).0.to_string()
    }

    fn reason((_, reason): &(Socket, Spared)) -> Reason {
        Reason {
            word: reason.name(),
            sentence: reason.sentence().to_owned(),
        }
    }

    fn settled(done: &TargetOutcome<Self>) -> bool {
        match done.outcome {
            Outcome::Gone => !matches!(done.backend(), Backend::StillRuns(_)),
            Outcome::AlreadyGone => true,
            _ => false,
        }
    }

    fn aftermath(page: &mut Page, _: &Plan<Self>, verified: &Verified<Self>, screen: Screen) {
        slots(page, verified);
        if let Some((before, after)) = verified.aftermath.count {
            let (arrow, new) = (screen.arrow(), verified.aftermath.new);
            let text = format!("{before} {arrow} {after} ends on this host, {new} of them new");
            page.entry("sockets", Tone::Plain, &text);
        }
    }

    fn document(&self, facts: &OnHost) -> Value {
        target(self, facts.grain)
    }

    fn spared_document((socket, _): &(Socket, Spared), facts: &OnHost) -> Value {
        target(socket, facts.grain)
    }

    fn target_details(done: &TargetOutcome<Self>) -> Value {
        json!({
            "backend": match done.backend() {
                Backend::Ended => "ended",
                Backend::StillRuns(_) => "still-runs",
                Backend::NotVisible => "not-visible",
            },
        })
    }

    fn outcome_details(_: &Plan<Self>, verified: &Verified<Self>) -> Value {
        let count = verified.aftermath.count;
        json!({
            "connections_before": count.map(|(before, _)| before),
            "connections_after": count.map(|(_, after)| after),
            "new_connections": count.map(|_| verified.aftermath.new),
        })
    }

    /// Where a backend cannot be seen, the server has to be asked.
    fn freed(_: &Plan<Self>, verified: &Verified<Self>) -> Option<usize> {
        let unseen = backends(verified, |backend| backend == Backend::NotVisible);
        (unseen == 0).then(|| backends(verified, |backend| backend == Backend::Ended))
    }

    fn columns() -> Vec<Column> {
        records::columns()
    }

    fn cells(&self, facts: &OnHost) -> Vec<String> {
        let cells = records::cells(self, facts.grain).into_iter();
        cells.map(std::borrow::Cow::into_owned).collect()
    }

    fn spared_cells((socket, _): &(Socket, Spared), facts: &OnHost) -> Option<Vec<String>> {
        Some(socket.cells(facts))
    }
}

/// What severing each kind of connection frees.
fn predicted(counts: Counts) -> Vec<String> {
    let mut lines = vec![format!(
        "{} within milliseconds (idle), if no pool connects again",
        plural(counts.idle, "slot")
    )];
    let rest = [
        (
            counts.busy,
            "waiting for the server: not counted, each keeps its slot until its statement ends",
        ),
        (
            counts.undecided,
            "undecided: not counted, they may run a statement",
        ),
        (
            counts.closing,
            "closing: not counted, severing adds nothing",
        ),
    ];
    let rest = rest.iter().filter(|(count, _)| *count > 0);
    lines.extend(rest.map(|(count, words)| format!("{count} {words}")));
    lines
}

/// How many of those that are gone have such a backend.
fn backends(verified: &Verified<Socket>, such: impl Fn(Backend) -> bool) -> usize {
    let gone = verified.targets.iter();
    let gone = gone.filter(|target| target.outcome == Outcome::Gone);
    gone.filter(|target| such(target.backend())).count()
}

/// What became of the slots, as far as it can be seen from this host.
fn slots(page: &mut Page, verified: &Verified<Socket>) {
    let rows = [
        (
            backends(verified, |backend| backend == Backend::Ended),
            Tone::Good,
            "free: their backends have ended",
        ),
        (
            backends(verified, |backend| matches!(backend, Backend::StillRuns(_))),
            Tone::Alarm,
            "still taken: their backends run on until their statements end",
        ),
        (
            backends(verified, |backend| backend == Backend::NotVisible),
            Tone::Plain,
            "not visible from here: look at the server for what came free",
        ),
    ];
    let mut label = "slots";
    for (count, tone, words) in rows {
        if count > 0 {
            page.entry(label, tone, &format!("{count:>5} {words}"));
            label = "";
        }
    }
}
