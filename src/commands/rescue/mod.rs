//! `breakglass rescue`: from the first look to an ordinary login, one confirmed step after the other.
//!
//! Read on in `walk` (the loop), `step` (one step, as the command that does the same), `fencing` (a fence within a step)
//! and `evidence` (what is saved before the first act).
//! Never: acts on what was not shown and confirmed; restarts anything.

mod evidence;
mod fencing;
mod step;
mod undecided;
mod walk;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use self::walk::{Manner, Walk};
use crate::args::{self, ApprovalArgs, Format};
use crate::decide::advice::Step as Advised;
use crate::decide::proposal::{BOOTSTRAP_SUPERUSER, storming};
use crate::decide::rescue::{Finish, Result as Came, Story};
use crate::decide::runbook::Runbook;
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::report::Extent;
use crate::report::advice::Advice;
use crate::report::json::rescue::rescue as rescue_json;
use crate::report::rescue::{self as report, RescueView};
use crate::stages::Context;
use crate::stages::pooler::PoolerArgs;
use crate::stages::signals::Interruption;
use crate::stages::telling;
use crate::stages::telling::{Answer, Rows, tell_done};

/// Walk through the lanes, led, until an ordinary role gets in
///
/// Looks through every lane at once, says what is going on, saves the evidence, and proposes one step: its plan, what
/// it gains, and the command that does the same. Asks; does it; then tries whether an ordinary role can log in; and
/// goes on until it can, you say no, or nothing is left that may be done. Ends nobody who runs a statement, and never
/// restarts anything: if only one of the two is left, it saves the evidence and says how.
/// --yes --limit N asks nothing and ends at most N in the whole run. Without a terminal it prints the commands.
/// An ordinary role is that of the connection, or --probe-user; a superuser's login proves nothing, then it is computed.
///
/// Changes nothing before you say yes. Needs what the step needs: pg_signal_backend on a database lane, the right
/// to signal on a host; a lane without it is passed over, and says why.
///
/// Exit codes: 0 an ordinary role gets in, 2 wrong use, 3 nothing can be done from here, 4 refused or not confirmed,
/// or printed, 5 something was done and no ordinary role gets in, 6 contact lost.
///
/// Example: breakglass rescue --probe-user app
#[derive(Debug, Args)]
pub struct RescueArgs {
    /// Log in as this role to see whether ordinary clients get in [default: the connection's]
    #[arg(long, value_name = "ROLE", help_heading = "What for")]
    probe_user: Option<String>,
    /// Where the evidence goes [default: beside the record]
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "no_evidence",
        help_heading = "Evidence"
    )]
    evidence: Option<PathBuf>,
    /// Save none
    #[arg(long, help_heading = "Evidence")]
    no_evidence: bool,
    /// Show what would be done first, and stop
    #[arg(long, help_heading = "Plan and approval")]
    dry_run: bool,
    /// Do not ask; needs --limit N
    #[arg(long, help_heading = "Plan and approval")]
    yes: bool,
    /// End at most N in the whole run
    #[arg(long, value_name = "N", value_parser = args::positive, allow_negative_numbers = true, help_heading = "Plan and approval")]
    limit: Option<usize>,
    /// Why, for the record
    #[arg(long, value_name = "TEXT", help_heading = "Plan and approval")]
    reason: Option<String>,
    /// How long to wait for the targets of a step to go
    #[arg(long, value_parser = args::duration, default_value = "5s", value_name = "TIME", help_heading = "Plan and approval")]
    wait: Duration,
    /// Go on without a record file; its lines are printed instead
    #[arg(long, help_heading = "Plan and approval")]
    no_record: bool,
    #[command(flatten)]
    pooler: PoolerArgs,
}

impl RescueArgs {
    fn manner(&self, context: &Context) -> Result<Manner, Failure> {
        if self.yes && self.limit.is_none() {
            return Err(Failure::say(
                ExitCode::Usage,
                "--yes needs to know how many may be ended in the whole run; add --limit N",
            ));
        }
        Ok(match (self.dry_run, self.yes, context.terminal.can_ask()) {
            (true, ..) => Manner::DryRun,
            (false, true, _) => Manner::Unasked,
            (false, false, true) => Manner::Asked,
            (false, false, false) => Manner::Printed,
        })
    }

    /// As the record wants it.
    fn approval(&self) -> ApprovalArgs {
        ApprovalArgs {
            no_record: self.no_record,
            reason: self.reason.clone(),
            ..ApprovalArgs::default()
        }
    }
}

/// Walks.
pub fn run(args: &RescueArgs, context: &Context) -> Outcome {
    if matches!(context.format, Format::Csv | Format::Markdown) {
        return Err(Failure::say(
            ExitCode::Usage,
            "a rescue is told as a table or as JSON; leave --format out",
        ));
    }
    let manner = args.manner(context)?;
    let mut walk = Walk::begin(args, manner, context)?;
    let walked = walk.go();
    context.terminal.progress("");
    walk.say_lines();
    let story = walked?;
    tell(&story, manner, context)
}

/// The exit code of a walk.
fn exit_code(story: &Story) -> ExitCode {
    match story.result() {
        Came::Reached => ExitCode::Done,
        Came::Partly => ExitCode::Partly,
        Came::Refused => ExitCode::Refused,
        Came::NoWay => ExitCode::NoLane,
        Came::Unknown => ExitCode::Unknown,
    }
}

fn tell(story: &Story, manner: Manner, context: &Context) -> Outcome {
    let code = exit_code(story);
    let fences = context.standing.get();
    let undo: Vec<String> = fences
        .iter()
        .map(|fence| crate::stages::standing::undo_line(context, fence))
        .collect();
    let view = RescueView {
        story,
        exit_code: code.number(),
        fences: &fences,
        undo: &undo,
        next: &next(story, context),
    };
    let answer = Answer {
        origin: None,
        screen: &|screen| {
            let told = report::story(&view, screen);
            match manner {
                Manner::DryRun | Manner::Printed => report::seen(&view.seen(), screen) + &told,
                Manner::Asked | Manner::Unasked => told,
            }
        },
        rows: Rows::None("a rescue is told as a table or as JSON; leave --format out"),
        document: &|| context.json_text(&rescue_json(&view)),
        extent: Extent::Brief,
        long: false,
    };
    match story.done.is_empty() && !Interruption::noted() {
        true => telling::tell(&answer, code, context),
        // Whatever became of the terminal: what was done is done.
        false => Ok(tell_done(&answer, code, context)),
    }
}

/// What to type after the walk.
fn next(story: &Story, context: &Context) -> Vec<Advice> {
    let step = |words: &[&str], why: &str| Advised {
        words: words.iter().map(|word| (*word).to_owned()).collect(),
        why: why.to_owned(),
    };
    let mut steps = Vec::new();
    match &story.finish {
        Finish::NothingWrong | Finish::Recovered => {
            steps.push(step(&["status"], "how full it is, and who holds it"));
            if matches!(story.finish, Finish::Recovered) {
                steps.push(step(
                    &["doctor"],
                    "whether the way in is sure next time; breakglass prepare makes the role",
                ));
                steps.push(step(
                    &["headroom"],
                    "when it will be full again; the samples are taken by breakglass record",
                ));
            }
        }
        Finish::Restart => {
            if story.evidence.is_none() {
                steps.push(step(
                    &["snapshot"],
                    "before the restart: what can be seen now is lost with the sessions",
                ));
            }
            let most = story
                .survey
                .backends
                .as_ref()
                .and_then(|here| storming(&here.snapshot))
                // No limit holds a superuser.
                .filter(|role| role.name != BOOTSTRAP_SUPERUSER && !role.name.is_empty());
            if let Some(role) = most {
                let half = (role.count / 2).max(1).to_string();
                steps.push(step(
                    &["fence", "--role", &role.name, "--limit", &half],
                    "as soon as the server is up: who held most does not fill it again",
                ));
            }
        }
        Finish::Statements => steps.push(step(&["rescue"], "afterwards: look again, and go on")),
        Finish::StillRefused | Finish::Wait | Finish::Interrupted => {
            steps.push(step(&["rescue"], "look again, and go on"));
        }
        _ => {}
    }
    let page = match story.finish {
        Finish::Recovered | Finish::NothingWrong | Finish::DryRun | Finish::Printed => None,
        // No page is about a wrong password, or a server that is starting.
        Finish::NotSlots | Finish::Wait => None,
        _ => Runbook::of_diagnosis(&story.diagnosis),
    };
    if let Some(page) = page {
        steps.push(step(&["runbook", page.name()], "the page for this"));
    }
    let mut advice = context.advice(&steps);
    if matches!(story.finish, Finish::Recovered) {
        // The record is read without a server, so without the options of one.
        advice.push(Advice {
            command: "breakglass history --since 1d".to_owned(),
            why: "what was seen and done, for the report".to_owned(),
        });
    }
    advice
}
