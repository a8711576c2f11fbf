//! The next step on a screen: what it is, over which lane, what it gains, and the commands that do the same.
//!
//! Stage: report. The commands come in complete, with the connection flags of this run.

use crate::decide::proposal::{Next, Place, Proposal, Proposed, Step};
use crate::decide::snapshot::Snapshot;

use super::page::{Page, plural};
use super::palette::Tone;
use super::{Screen, sanitize};

/// What is shown.
#[derive(Debug, Clone, Copy)]
pub struct ProposalView<'a> {
    /// The proposal.
    pub proposal: &'a Proposal,
    /// The server, where a database lane shows it.
    pub snapshot: Option<&'a Snapshot>,
    /// The step's commands, complete.
    pub commands: &'a [String],
}

/// The step and its reasons.
pub fn proposal(view: &ProposalView<'_>, screen: Screen) -> String {
    let mut page = Page::new(screen.width, screen.palette);
    page.entry(
        "next",
        Tone::Strong,
        &headline(view.proposal, view.snapshot),
    );
    if let Next::Step(proposed) = &view.proposal.next {
        page.entry("gain", Tone::Plain, &gain(proposed));
        let mut label = "same as";
        for command in view.commands {
            page.command(label, &sanitize::line(command));
            label = "";
        }
    }
    if let Next::Statements(_) = &view.proposal.next {
        for command in view.commands {
            page.command("by hand", &sanitize::line(command));
        }
    }
    for passed in &view.proposal.passed_over {
        let text = format!("{}: {}", passed.step, sanitize::one_line(&passed.why));
        page.entry("not", Tone::Dim, &text);
    }
    page.finish()
}

/// The step in one sentence.
pub fn headline(proposal: &Proposal, snapshot: Option<&Snapshot>) -> String {
    match &proposal.next {
        Next::Step(proposed) => {
            format!(
                "{} (lane {})",
                step(&proposed.step, snapshot),
                proposed.way.name()
            )
        }
        Next::Nothing => "nothing: ordinary roles have room".to_owned(),
        Next::Wait => "wait: the server admits nobody for a moment, whoever it is".to_owned(),
        Next::NotSlots => {
            "nothing to end: why each lane is closed is said above, and it is not for lack of slots"
                .to_owned()
        }
        Next::Elsewhere(places) => {
            let places: Vec<&str> = places
                .iter()
                .map(|place| match place {
                    Place::DatabaseHost => "the database host ('breakglass backends')",
                    Place::ApplicationHost => {
                        "an application's host ('breakglass workers', 'breakglass sockets')"
                    }
                })
                .collect();
            format!(
                "nothing that may be ended can be reached from here; go on at {}",
                places.join(" or ")
            )
        }
        Next::Statements(statements) => format!(
            "{} what may be ended: rescue ends none of those, a person may (lane {})",
            match statements.count {
                1 => "1 session that runs a statement is".to_owned(),
                count => format!("{count} sessions that run a statement are"),
            },
            statements.way.name()
        ),
        Next::Restart => "only a restart of PostgreSQL is left".to_owned(),
    }
}

fn step(step: &Step, snapshot: Option<&Snapshot>) -> String {
    let name = |name: &str| sanitize::line(name).into_owned();
    match step {
        Step::EndHead { session, waiting } => {
            let whose = snapshot
                .and_then(|view| view.find(*session)?.application.clone())
                .filter(|application| !application.is_empty())
                .map_or(String::new(), |application| {
                    format!(" of {}", name(&application))
                });
            format!(
                "end session {}{whose}: {waiting} wait for it and go on",
                session.pid
            )
        }
        Step::Free { slots, of } => format!(
            "end the least harmful sessions{} until {} free",
            of.as_ref()
                .map_or(String::new(), |(_, whose)| format!(" of {}", name(whose))),
            plural_are(*slots, "ordinary slot")
        ),
        Step::FenceAndFree { role, limit, slots } => format!(
            "hold role {} to {limit} connections, then end its least harmful sessions until {} free",
            name(role),
            plural_are(*slots, "ordinary slot")
        ),
        Step::EndIdleOf {
            name: of, limit, ..
        } => {
            format!("end {} of {}", plural(*limit, "idle session"), name(of))
        }
        Step::EndSuperusers { application, limit } => format!(
            "end {} of {}, which logs in as a superuser",
            plural(*limit, "idle session"),
            name(application)
        ),
        Step::EndStarting { limit, .. } => {
            format!("end {} that are not through", plural(*limit, "login"))
        }
        Step::EndBackends { states, limit, .. } => {
            let states: Vec<&str> = states.iter().map(|state| state.name()).collect();
            format!(
                "end {} ({}) by their processes",
                plural(*limit, "session"),
                states.join(" or ")
            )
        }
        Step::Recycle { runtime } => {
            format!(
                "recycle {} workers until a login is admitted",
                name(runtime)
            )
        }
        Step::Sever { limit } => format!("sever {}", plural(*limit, "idle connection")),
    }
}

fn plural_are(count: u32, noun: &str) -> String {
    let text = plural(usize::try_from(count).unwrap_or(usize::MAX), noun);
    format!("{text} {}", if count == 1 { "is" } else { "are" })
}

fn gain(proposed: &Proposed) -> String {
    let slots = plural(proposed.frees, "slot");
    let text = match (&proposed.step, proposed.ordinary_after) {
        (Step::EndHead { waiting, .. }, _) => {
            format!("{slots} at once, and those of {waiting} others as their statements finish")
        }
        (_, Some(0)) => {
            format!(
                "{slots}; the reserves fill first and take all of them, so ordinary roles get none yet"
            )
        }
        (_, Some(after)) => format!(
            "{slots}; {} free for ordinary roles",
            if after == 1 {
                "1 is then".to_owned()
            } else {
                format!("{after} are then")
            }
        ),
        (_, None) => {
            format!("up to {slots}; how many are for ordinary roles is not known from here")
        }
    };
    format!("{text}, if nobody connects again meanwhile")
}

#[cfg(test)]
mod tests;
