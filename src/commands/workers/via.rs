//! `breakglass workers recycle --via NAME`: the platform's own command, through the same plan, confirmation, record
//! and verification.

use std::time::{Duration, Instant};

use serde_json::json;

use super::look::{Database, Eyes, config};
use crate::act::recycler;
use crate::args::{ApprovalArgs, Format};
use crate::commands::acting::{acted_code, not_confirmed, open_record, say_lines};
use crate::commands::signals::Interruption;
use crate::commands::sockets::place;
use crate::commands::{Context, json_text};
use crate::decide::confirmation::{Approval, Cap, NotConfirmed};
use crate::decide::workers::plan::Goal;
use crate::decide::workers::via::{Ran, ViaOutcome, ViaPlan};
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::record::{Deed, End};
use crate::report::workers::via::{self as screens, ViaView};
use crate::report::{Extent, json};

/// Pause between two looks at what went.
const LOOK: Duration = Duration::from_millis(100);

/// Runs it.
pub fn run(name: &str, yes: Option<Cap>, approval: &ApprovalArgs, context: &Context) -> Outcome {
    let configured = config(context)?
        .recycler(name)
        .cloned()
        .map_err(|error| Failure::new(ExitCode::Usage, error))?;
    let aim = place::aim(context)?;
    let mut eyes = Eyes::open(aim.places.clone(), Vec::new())?;
    let before = eyes.connections()?;
    let mut database = Database::new(context);
    let plan = ViaPlan {
        endpoint: aim.endpoint.clone(),
        name: configured.name,
        command: configured.command,
        timeout: configured.timeout,
        frees: configured.frees,
        wait: approval.wait,
        before: database.look(before.len(), Goal::All),
        question: ViaPlan::question_for(configured.frees),
    };
    let tell = |outcome: Option<&ViaOutcome>, code: ExitCode| {
        let view = ViaView {
            plan: &plan,
            outcome,
            dry_run: approval.dry_run,
            exit_code: code.number(),
        };
        let screen = context.screen(Extent::Brief);
        let text = match (context.format, outcome) {
            (Format::Json, _) => json_text(&json::workers::via(&view))?,
            (Format::Csv, _) => screens::record(&view).csv(),
            (Format::Markdown, _) => screens::record(&view).markdown(),
            (Format::Table, Some(outcome)) => screens::outcome(&plan, outcome, screen),
            (Format::Table, None) if code == ExitCode::Done => screens::plan(&plan, screen),
            (Format::Table, None) => String::new(),
        };
        context.answer(&text).map(|()| code)
    };
    if approval.dry_run {
        return tell(None, ExitCode::Done);
    }
    let mut record = open_record(approval, context)?;
    context
        .terminal
        .say(&screens::plan(&plan, context.talk_screen(Extent::Brief)));
    let agreed = match yes {
        Some(cap) => Some(Approval::Flag(cap)),
        None => context
            .terminal
            .ask(&screens::question(&plan))
            .map(Approval::Typed),
    };
    let confirmed = match agreed {
        None => Err(NotConfirmed::Declined),
        Some(approval) => plan.clone().confirm(&approval, aim.protected.max_targets),
    };
    let confirmed = match confirmed {
        Ok(confirmed) => confirmed,
        Err(why) => {
            let why = not_confirmed(&why, "connections");
            context.terminal.say(&format!("breakglass: {why}\n"));
            return tell(None, ExitCode::Refused);
        }
    };
    let Some(open) = record.as_mut() else {
        return Err(Failure::say(
            ExitCode::Refused,
            "there is no record to write the intent to",
        ));
    };
    let deed = Deed {
        action: "recycle",
        lane: "workers",
        server: json!({ "endpoint": plan.endpoint }),
    };
    let target = json!({ "recycler": plan.name, "command": plan.command });
    open.intend(&deed, approval.reason.as_deref(), vec![target.clone()])
        .map_err(|error| {
            Failure::say(ExitCode::Refused, format!("{error}; nothing was done"))
                .hint("go on without a record file, its lines printed instead: --no-record")
        })?;
    let interruption = Interruption::note_signals().unwrap_or_default();
    let began = Instant::now();
    let ran = recycler::run(
        &confirmed,
        || interruption.arrived(),
        |left| {
            context.terminal.progress(&format!(
                "the command runs, {:.0} s left",
                left.as_secs_f64().ceil()
            ));
        },
    );
    let mut done = ViaOutcome {
        took: began.elapsed(),
        now: None,
        freed: None,
        ran,
    };
    let until = Instant::now() + approval.wait;
    while !matches!(done.ran, Ran::NotStarted(_)) {
        let Ok(there) = eyes.connections() else { break };
        done.freed = Some(before.difference(&there).count());
        // Our own login to the database is not the application's.
        let held = there.len().saturating_sub(usize::from(database.is_here()));
        let expected = plan.before.held == 0 || done.as_expected(&plan) == Some(true);
        if expected || Instant::now() >= until || interruption.arrived() {
            done.now = Some(database.look(held, Goal::All));
            break;
        }
        std::thread::sleep(LOOK);
    }
    context.terminal.progress("");
    let end = End {
        target,
        outcome: done.ran.name(),
        detail: done.sentence(&plan),
        after: done.took,
    };
    if let Err(error) = open.conclude(&deed, approval.reason.as_deref(), std::iter::once(end)) {
        // It is done; not being able to write it down must not hide it.
        context
            .terminal
            .say(&format!("the outcome is not in the record: {error}\n"));
    }
    say_lines(record.as_mut(), context);
    tell(Some(&done), acted_code(done.ending(&plan)))
}
