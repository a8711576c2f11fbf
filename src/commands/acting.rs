//! What every acting command shares, whatever its lane: arguments to a request, the pipeline, its ending to text
//! and exit code.

use std::time::Duration;

use super::context::{Context, policy};
use super::pipeline::{self, Conversation, Ended, Request};
use super::signals::Interruption;
use crate::act::Actor;
use crate::args::{ApprovalArgs, CutArgs, Format, SelectionArgs};
use crate::decide::confirmation::{Cap, NotConfirmed};
use crate::decide::outcome::Ending;
use crate::decide::plan::{Action, Plan, Way as PlanWay};
use crate::decide::selection::{Criteria, Cut};
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::observe::Source;
use crate::record::{self, Operator, Record};
use crate::report::json::action::{ActionView, action as action_json};
use crate::report::{Extent, LaneView, json, outcome, plan, records, sanitize};
use crate::target::Protected;

/// Runs an acting command over a database lane.
pub fn run(
    action: Action,
    selection: &SelectionArgs,
    cut: &CutArgs,
    approval: &ApprovalArgs,
    recount: Duration,
    context: &Context,
) -> Outcome {
    let asked = Asked::read(action, selection, cut, approval, recount, context)?;
    let mut way = context.open()?;
    let lane = way.database.lane();
    let place = PlanWay {
        lane: lane.kind().name(),
        endpoint: lane.greeting().endpoint.clone(),
        wait: approval.wait,
    };
    let ended = asked.carry_out(&mut way.database, place, &way.target.protected, context)?;
    let view = way.view(&ended.plan().capacity, &ended.plan().server);
    asked.tell(&ended, action.command(), &view, context)
}

/// What was typed, checked before anything is opened.
pub struct Asked<'a> {
    action: Action,
    /// Which sessions.
    pub criteria: Criteria,
    cut: Cut,
    approval: &'a ApprovalArgs,
    yes: Option<Cap>,
    recount: Duration,
}

impl<'a> Asked<'a> {
    /// Reads the arguments, and refuses those that leave open what is meant or how to agree to it.
    pub fn read(
        action: Action,
        selection: &SelectionArgs,
        cut: &CutArgs,
        approval: &'a ApprovalArgs,
        recount: Duration,
        context: &Context,
    ) -> Result<Self, Failure> {
        let criteria = selection
            .criteria()
            .map_err(|text| Failure::say(ExitCode::Usage, text))?;
        let yes = cap(approval, cut.limit)?;
        if criteria.is_empty() && cut.oldest.is_none() && !approval.all {
            let command = action.command();
            return Err(Failure::say(
                ExitCode::Usage,
                format!(
                    "{command} needs to know which sessions; give a filter such as --user or --state, or --all"
                ),
            ));
        }
        somebody_can_agree(yes, approval, context)?;
        Ok(Self {
            action,
            criteria,
            cut: cut.cut(),
            approval,
            yes,
            recount,
        })
    }

    /// Opens the record and runs the stages.
    pub fn carry_out<D: Source + Actor>(
        &self,
        database: &mut D,
        way: PlanWay,
        protected: &Protected,
        context: &Context,
    ) -> Result<Ended, Failure> {
        let mut record = open_record(self.approval, context)?;
        let request = Request {
            action: self.action,
            criteria: self.criteria.clone(),
            cut: self.cut,
            policy: policy(protected, &self.approval.include),
            way,
            yes: self.yes,
            max_targets: protected.max_targets,
            dry_run: self.approval.dry_run,
            reason: self.approval.reason.clone(),
            recount: self.recount,
        };
        let ended = converse(database, record.as_mut(), &request, context)?;
        say_lines(record.as_mut(), context);
        Ok(ended)
    }

    /// Prints how it ended, as `command`, and gives the exit code.
    pub fn tell(
        &self,
        ended: &Ended,
        command: &str,
        lane: &LaneView,
        context: &Context,
    ) -> Outcome {
        let code = exit_code(ended);
        let plan = ended.plan();
        let verified = match ended {
            Ended::Acted(_, verified) => Some(verified),
            _ => None,
        };
        if let Ended::NotConfirmed(_, why) = ended {
            let why = not_confirmed(why, "sessions");
            context.terminal.say(&format!("breakglass: {why}\n"));
        }
        let report = ActionView {
            command,
            lane,
            plan,
            verified,
            exit_code: code.number(),
            dry_run: self.approval.dry_run,
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
        context.answer(&text)?;
        Ok(code)
    }
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

fn converse<D: Source + Actor>(
    database: &mut D,
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
    let mut warn = |text: &str| {
        terminal.progress("");
        terminal.say(&format!("breakglass: {}\n", sanitize::one_line(text)));
    };
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
        warn: &mut warn,
        interrupted: &interrupted,
    };
    let ended = pipeline::run(database, record, request, &mut talk);
    terminal.progress("");
    ended
}

/// Prints what had no file to go to.
pub(super) fn say_lines(record: Option<&mut Record>, context: &Context) {
    for line in record.map(Record::take_lines).unwrap_or_default() {
        context.terminal.say(&format!("{}\n", json::harmless(line)));
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
