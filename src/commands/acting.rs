//! What `cancel` and `terminate` share: arguments to a request, the pipeline, its ending to text and exit code.

use std::time::Duration;

use super::context::{Context, Way};
use super::pipeline::{self, Conversation, Ended, Request};
use super::signals::Interruption;
use crate::args::{ApprovalArgs, CutArgs, Format, SelectionArgs};
use crate::decide::confirmation::{Cap, NotConfirmed};
use crate::decide::outcome::Ending;
use crate::decide::plan::{Action, Plan, Way as PlanWay};
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::record::{self, Operator, Record};
use crate::report::json::action::{ActionView, action as action_json};
use crate::report::{Extent, outcome, plan, records};

/// Runs an acting command.
pub fn run(
    action: Action,
    selection: &SelectionArgs,
    cut: &CutArgs,
    approval: &ApprovalArgs,
    recount: Duration,
    context: &Context,
) -> Outcome {
    let criteria = selection
        .criteria()
        .map_err(|text| Failure::say(ExitCode::Usage, text))?;
    let yes = cap(approval, cut.limit)?;
    if criteria.is_empty() && cut.oldest.is_none() && !approval.all {
        let command = action.command();
        return Err(Failure::say(
            ExitCode::Usage,
            format!(
                "{command} needs to know which sessions; give a filter such as --app or --idle-for, or --all"
            ),
        ));
    }
    somebody_can_agree(yes, approval, context)?;
    let mut way = context.open()?;
    let mut record = open_record(approval, context)?;
    let request = Request {
        action,
        criteria,
        cut: cut.cut(),
        policy: way.policy(&approval.include),
        way: PlanWay {
            lane: way.database.lane().kind().name(),
            endpoint: way.database.lane().greeting().endpoint.clone(),
            wait: approval.wait,
        },
        yes,
        max_targets: way.target.protected.max_targets,
        dry_run: approval.dry_run,
        reason: approval.reason.clone(),
        recount,
    };
    let ended = converse(&mut way, record.as_mut(), &request, context)?;
    say_lines(record.as_mut(), context);
    let code = exit_code(&ended);
    tell(&ended, code, &request, &way, context)?;
    Ok(code)
}

/// `--yes` and what it may mean.
pub(super) fn cap(approval: &ApprovalArgs, limit: Option<usize>) -> Result<Option<Cap>, Failure> {
    match (approval.yes, limit, approval.all) {
        (false, ..) => Ok(None),
        (true, Some(limit), _) => Ok(Some(Cap::AtMost(limit))),
        (true, None, true) => Ok(Some(Cap::All)),
        (true, None, false) => Err(Failure::say(
            ExitCode::Usage,
            "--yes needs to know how many that may be; add --limit N, or --all for however many match",
        )),
    }
}

/// Refuses early where nobody could confirm a plan.
pub(super) fn somebody_can_agree(
    yes: Option<Cap>,
    approval: &ApprovalArgs,
    context: &Context,
) -> Result<(), Failure> {
    if yes.is_none() && !approval.dry_run && !context.terminal.can_ask() {
        return Err(Failure::say(
            ExitCode::Refused,
            "there is no terminal to confirm the plan on; nothing was done",
        )
        .hint("look at the plan with --dry-run, then run it with --yes and --limit N or --all"));
    }
    Ok(())
}

/// Opens the record, unless nothing will be done or nobody wants it.
pub(super) fn open_record(
    approval: &ApprovalArgs,
    context: &Context,
) -> Result<Option<Record>, Failure> {
    if approval.dry_run {
        return Ok(None);
    }
    let operator = operator(context);
    if approval.no_record {
        return Ok(Some(Record::to_lines(operator)));
    }
    let variable = |name: &str| context.environment.variables.get(name).cloned();
    let refuse = |why: String| {
        Failure::say(
            ExitCode::Refused,
            format!("the record of what is done cannot be kept: {why}; nothing was done"),
        )
        .hint("go on without a record file, its lines printed instead: --no-record")
        .hint("or name another place: XDG_STATE_HOME=/some/directory")
    };
    let path = record::location(nix::unistd::geteuid().is_root(), variable)
        .ok_or_else(|| refuse("neither XDG_STATE_HOME nor HOME is set".to_owned()))?;
    Record::open(path, operator).map(Some).map_err(refuse)
}

fn operator(context: &Context) -> Operator {
    let variable = |name: &str| context.environment.variables.get(name).cloned();
    let host = nix::unistd::gethostname().map(|name| name.to_string_lossy().into_owned());
    Operator {
        user: context
            .environment
            .user
            .clone()
            .unwrap_or_else(|| nix::unistd::geteuid().to_string()),
        sudo_user: variable("SUDO_USER"),
        ssh_connection: variable("SSH_CONNECTION"),
        host: host.unwrap_or_default(),
        command_line: record::starred(
            std::env::args_os().map(|word| word.to_string_lossy().into_owned()),
        ),
    }
}

fn converse(
    way: &mut Way,
    record: Option<&mut Record>,
    request: &Request,
    context: &Context,
) -> Result<Ended, Failure> {
    let terminal = context.terminal;
    let screen = context.talk_screen(Extent::Brief);
    // A dry run's plan is the answer; before an act it is part of the conversation.
    let mut show = |planned: &Plan| {
        if !request.dry_run {
            terminal.say(&plan::plan(planned, screen));
        }
    };
    let interruption = std::cell::OnceCell::new();
    let mut ask = |planned: &Plan| terminal.ask(&plan::question(planned));
    let mut progress = |text: &str| terminal.progress(text);
    // Until there is an answer, Ctrl-C simply ends the program: nothing was done.
    let interrupted = || {
        interruption
            .get_or_init(|| Interruption::note_signals().unwrap_or_default())
            .arrived()
    };
    let mut talk = Conversation {
        show: &mut show,
        ask: &mut ask,
        progress: &mut progress,
        interrupted: &interrupted,
    };
    let ended = pipeline::run(&mut way.database, record, request, &mut talk);
    terminal.progress("");
    ended
}

/// Prints what had no file to go to.
pub(super) fn say_lines(record: Option<&mut Record>, context: &Context) {
    for line in record.map(Record::take_lines).unwrap_or_default() {
        context.terminal.say(&format!("{line}\n"));
    }
}

/// The exit code of a run that acted.
pub(super) fn acted_code(ending: Ending) -> ExitCode {
    match ending {
        Ending::Done => ExitCode::Done,
        Ending::Partly => ExitCode::Partly,
        Ending::AllRefused => ExitCode::Refused,
        Ending::Unknown => ExitCode::Unknown,
    }
}

fn exit_code(ended: &Ended) -> ExitCode {
    match ended {
        Ended::Nothing(plan) if plan.spared.iter().any(|spared| spared.reason.protects()) => {
            ExitCode::Refused
        }
        Ended::Nothing(_) => ExitCode::Nothing,
        Ended::DryRun(_) => ExitCode::Done,
        Ended::NotConfirmed(..) => ExitCode::Refused,
        Ended::Acted(_, verified) => acted_code(verified.ending()),
    }
}

fn tell(
    ended: &Ended,
    code: ExitCode,
    request: &Request,
    way: &Way,
    context: &Context,
) -> Result<(), Failure> {
    let (plan, verified) = match ended {
        Ended::Nothing(plan) | Ended::DryRun(plan) | Ended::NotConfirmed(plan, _) => (plan, None),
        Ended::Acted(plan, verified) => (plan, Some(verified)),
    };
    let not_confirmed = match ended {
        Ended::NotConfirmed(_, why) => Some(not_confirmed(why, "sessions")),
        _ => None,
    };
    if let Some(why) = &not_confirmed {
        context.terminal.say(&format!("breakglass: {why}\n"));
    }
    let lane = way.view(&plan.capacity, &plan.server);
    let report = ActionView {
        command: plan.action.command(),
        lane: &lane,
        plan,
        verified,
        exit_code: code.number(),
        dry_run: request.dry_run,
    };
    let screen = context.screen(Extent::Brief);
    let text = match context.format {
        Format::Json => super::json_text(&action_json(&report))?,
        Format::Csv => records::action(plan, verified).csv(),
        Format::Markdown => records::action(plan, verified).markdown(),
        Format::Table => match (ended, verified) {
            (_, Some(verified)) => outcome::outcome(plan, verified, screen),
            (Ended::NotConfirmed(..), _) => String::new(),
            _ => plan::plan(plan, screen),
        },
    };
    context.answer(&text)
}

/// Why nothing was done, for a person; `what` are the targets, in the plural.
pub(super) fn not_confirmed(why: &NotConfirmed, what: &str) -> String {
    match why {
        NotConfirmed::Declined => "not confirmed; nothing was done".to_owned(),
        NotConfirmed::WrongNumber { typed, wanted } => {
            let typed = crate::report::sanitize::one_line(typed);
            format!("{typed:?} is not {wanted}; nothing was done")
        }
        NotConfirmed::OverCap { targets, cap } => {
            format!(
                "{targets} {what} are more than the {cap} that are allowed at once; nothing was done"
            )
        }
        NotConfirmed::Empty => "nobody is left to act on; nothing was done".to_owned(),
    }
}
