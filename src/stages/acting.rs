//! What every acting command shares, whatever its lane: arguments to a request, the pipeline, its ending to text
//! and exit code.

use std::time::Duration;

use super::context::{Context, policy};
use super::pipeline::{self, Aside, Conversation, Effects, Ended, Request, Sessions, Terms};
use super::pooler::PoolerArgs;
use super::scene::Scene;
use super::signals::Interruption;
use super::telling::{Answer, Rows, tell, tell_done};
use crate::act::Actor;
use crate::args::{ApprovalArgs, CutArgs, FromArgs, SelectionArgs};
use crate::connect::Protected;
use crate::decide::confirmation::{Cap, NotConfirmed};
use crate::decide::criteria::Criteria;
use crate::decide::filters::FilterLane;
use crate::decide::outcome::Ending;
use crate::decide::protection::Include;
use crate::decide::runbook::Runbook;
use crate::decide::selection::Cut;
use crate::decide::session::Session;
use crate::decide::sessions::plan::{Action, Way as PlanWay};
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::observe::Source;
use crate::record::{self, Record};
use crate::report::act::document::{ActView, act};
use crate::report::act::{Reported, outcome, plan, question, rows};
use crate::report::origin::{self, Origin};
use crate::report::{Extent, LaneView, json, sanitize};

/// What was typed, checked before anything is opened.
pub struct Asked<'a> {
    action: Action,
    /// Which sessions.
    pub criteria: Criteria<Session>,
    cut: Cut,
    approval: &'a ApprovalArgs,
    yes: Option<Cap>,
    recount: Duration,
    retaking: Retaking,
    /// The file it is rehearsed on.
    origin: Option<Origin>,
}

/// What is done when freed slots are taken again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Retaking {
    /// It is told.
    #[default]
    Told,
    /// Their roles are fenced, and the plan says so.
    Fenced,
}

impl<'a> Asked<'a> {
    /// Reads the arguments, and refuses those that leave open what is meant or how to agree to it.
    pub fn read<L: FilterLane<Of = Session>>(
        action: Action,
        selection: &SelectionArgs<L>,
        cut: &CutArgs,
        approval: &'a ApprovalArgs,
        recount: Duration,
        context: &Context,
    ) -> Result<Self, Failure> {
        let criteria = selection.criteria()?;
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
            retaking: Retaking::Told,
            origin: None,
        })
    }

    /// The same, with this to be done when freed slots are taken again.
    #[must_use]
    pub fn when_retaken(self, retaking: Retaking) -> Self {
        Self { retaking, ..self }
    }

    /// Acts over the lane that opens, or rehearses on a snapshot, and tells.
    pub fn run(mut self, from: &FromArgs, pooler: &PoolerArgs, context: &Context) -> Outcome {
        let mut scene = Scene::open(from, &self.criteria, pooler, context)?;
        scene.tell_closed_pooler(context);
        let (lane, endpoint) = scene.place();
        let place = PlanWay {
            lane,
            endpoint: endpoint.to_owned(),
            wait: self.approval.wait,
        };
        let protected = scene.protected().clone();
        let ended = self.carry_out(&mut scene, place, &protected, context)?;
        let view = scene.view(&ended.plan().facts.capacity, &ended.plan().facts.server);
        self.origin = scene.origin().cloned();
        self.tell(&ended, self.action.command(), &view, context)
    }

    /// Opens the record and runs the stages.
    pub fn carry_out<D: Source + Actor>(
        &self,
        database: &mut D,
        way: PlanWay,
        protected: &Protected,
        context: &Context,
    ) -> Result<Ended<Session>, Failure> {
        let mut record = open_record(self.approval, context)?;
        let ended = self.carry_on(database, way, protected, &mut record, context)?;
        say_lines(&mut record, context);
        Ok(ended)
    }

    /// Runs the stages as a part of something longer, whose record is open.
    pub fn carry_on<D: Source + Actor>(
        &self,
        database: &mut D,
        way: PlanWay,
        protected: &Protected,
        record: &mut Record,
        context: &Context,
    ) -> Result<Ended<Session>, Failure> {
        let request = Request {
            action: self.action,
            criteria: self.criteria.clone(),
            cut: self.cut,
            policy: policy(protected, &self.approval.include),
            way,
            recount: self.recount,
            fences: self.retaking == Retaking::Fenced,
        };
        let mut sessions = Sessions::new(database, &request);
        let terms = terms(self.approval, self.yes, protected);
        let ended = converse(&mut sessions, record, &terms, context);
        context.terminal.progress("");
        ended
    }

    /// Prints how it ended, as `command`, and gives the exit code.
    pub fn tell(
        &self,
        ended: &Ended<Session>,
        command: &str,
        lane: &LaneView,
        context: &Context,
    ) -> Outcome {
        self.tell_with(ended, exit_code(ended), command, lane, context)
    }

    /// The same with another exit code, for a command that did more than this.
    pub fn tell_with(
        &self,
        ended: &Ended<Session>,
        code: ExitCode,
        command: &str,
        lane: &LaneView,
        context: &Context,
    ) -> Outcome {
        let run = Run {
            command,
            lane,
            origin: self.origin.as_ref(),
            dry_run: self.approval.dry_run,
        };
        let code = run.tell(ended, code, context)?;
        if (ended.verified()).is_some_and(|it| !it.aftermath.retakers.is_empty()) {
            context.point_to(Runbook::ConnectionStorm);
        }
        Ok(code)
    }
}

/// The terms that the command line and the configuration set.
pub fn terms(approval: &ApprovalArgs, yes: Option<Cap>, protected: &Protected) -> Terms {
    Terms {
        yes,
        max_targets: protected.max_targets,
        dry_run: approval.dry_run,
        reason: approval.reason.clone(),
        beforehand: false,
    }
}

/// `--yes` and what it may mean.
pub fn cap(approval: &ApprovalArgs, limit: Option<usize>) -> Result<Option<Cap>, Failure> {
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

/// The refusal of an `--include` that a lane cannot judge: `what` does not tell.
pub fn cannot_include(lane: &str, what: &str, kind: Include) -> Failure {
    let text = format!(
        "the {lane} lane cannot judge --include {}: {what} does not tell",
        kind.name()
    );
    Failure::say(ExitCode::Usage, text)
}

/// Refuses early where nobody could confirm a plan.
pub fn somebody_can_agree(
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

/// Opens the record. Of a dry run nothing is written into it.
pub fn open_record(approval: &ApprovalArgs, context: &Context) -> Result<Record, Failure> {
    let operator = context.operator();
    if approval.no_record || approval.dry_run {
        return Ok(Record::to_lines(operator));
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
    Record::open(path, operator).map_err(refuse)
}

/// Opens the record and runs the stages, with the person at the terminal.
pub fn carry_out<E: Effects>(
    effects: &mut E,
    approval: &ApprovalArgs,
    terms: &Terms,
    context: &Context,
) -> Result<Ended<E::Holder>, Failure>
where
    E::Holder: Reported,
{
    let mut record = open_record(approval, context)?;
    let ended = converse(effects, &mut record, terms, context);
    context.terminal.progress("");
    let ended = ended?;
    say_lines(&mut record, context);
    Ok(ended)
}

/// Runs the stages with the person at the terminal, once of perhaps many times with this record.
pub fn converse<E: Effects>(
    effects: &mut E,
    record: &mut Record,
    terms: &Terms,
    context: &Context,
) -> Result<Ended<E::Holder>, Failure>
where
    E::Holder: Reported,
{
    let terminal = context.terminal;
    let screen = context.talk_screen(Extent::Brief);
    beside(context, |aside| {
        let mut talk = Conversation {
            show: &mut |planned| terminal.say(&plan(planned, screen)),
            ask: &mut |planned| terminal.ask_unless(&question(planned), &Interruption::noted),
            aside,
        };
        let ended = pipeline::run(effects, record, terms, &mut talk)?;
        if let Ended::DryRun(planned) = &ended
            && let Some(NotConfirmed::OverCap { targets, cap }) = planned.over(terms.max_targets)
        {
            let [_, many] = E::Holder::NOUN;
            terminal.say(&format!(
                "breakglass: warning: without --dry-run this is refused: {targets} {many} are more than max_targets = {cap} \
                 of the configuration\n"
            ));
        }
        Ok(ended)
    })
}

/// Does something with the terminal to talk to meanwhile.
pub fn beside<T>(context: &Context, something: impl FnOnce(Aside<'_>) -> T) -> T {
    let terminal = context.terminal;
    let interruption = std::cell::OnceCell::new();
    something(Aside {
        progress: &mut |text| terminal.progress(text),
        say: &mut |text| {
            terminal.progress("");
            terminal.tell(&sanitize::one_line(text));
        },
        warn: &mut |text| {
            terminal.progress("");
            terminal.say(&format!("breakglass: {}\n", sanitize::one_line(text)));
        },
        // Until there is an answer, Ctrl-C simply ends the program: nothing was done.
        interrupted: &|| {
            interruption
                .get_or_init(|| Interruption::note_signals().unwrap_or_default())
                .arrived()
        },
    })
}

/// What a run was, beside how it ended.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// The command, as it is typed.
    pub command: &'a str,
    /// The way we came.
    pub lane: &'a LaneView,
    /// The snapshot it was rehearsed on.
    pub origin: Option<&'a Origin>,
    /// Whether it was to stop before acting.
    pub dry_run: bool,
}

impl Run<'_> {
    /// Prints how it ended, in the format asked for, and gives the exit code: that of what was done, if something was.
    pub fn tell<H: Reported>(
        &self,
        ended: &Ended<H>,
        code: ExitCode,
        context: &Context,
    ) -> Outcome {
        if let Ended::NotConfirmed(_, why) = ended {
            let [_, many] = H::NOUN;
            let why = not_confirmed(why, many);
            context.terminal.say(&format!("breakglass: {why}\n"));
        }
        let (planned, verified) = (ended.plan(), ended.verified());
        let view = ActView {
            command: self.command,
            lane: self.lane,
            plan: planned,
            verified,
            dry_run: self.dry_run,
            exit_code: code.number(),
        };
        let answer = Answer {
            origin: self.origin,
            screen: &|screen| match ended {
                Ended::Acted(planned, verified) => outcome(planned, verified, screen),
                Ended::NotConfirmed(..) | Ended::Reached(_) => String::new(),
                Ended::Nothing(planned) | Ended::DryRun(planned) => plan(planned, screen),
            },
            rows: Rows::Grid(&|| rows(planned, verified)),
            document: &|| context.json_text(&origin::json(self.origin, &act(&view))),
            extent: Extent::Brief,
            long: false,
        };
        match verified {
            Some(_) => Ok(tell_done(&answer, code, context)),
            None => tell(&answer, code, context),
        }
    }
}

/// Prints what had no file to go to.
pub fn say_lines(record: &mut Record, context: &Context) {
    for line in record.take_lines() {
        context.terminal.say(&format!("{}\n", json::harmless(line)));
    }
}

/// The exit code of a run that acted.
pub fn acted_code(ending: Ending) -> ExitCode {
    match ending {
        Ending::Done => ExitCode::Done,
        Ending::Partly => ExitCode::Partly,
        Ending::AllRefused => ExitCode::Refused,
        Ending::Unknown => ExitCode::Unknown,
    }
}

/// The exit code of the stages alone.
pub fn exit_code<H: Reported>(ended: &Ended<H>) -> ExitCode {
    match ended {
        Ended::Nothing(plan) if plan.protects() => ExitCode::Refused,
        Ended::Nothing(_) | Ended::Reached(_) => ExitCode::Nothing,
        Ended::DryRun(_) => ExitCode::Done,
        Ended::NotConfirmed(..) => ExitCode::Refused,
        Ended::Acted(_, verified) => acted_code(verified.ending()),
    }
}

/// Why nothing was done, for a person; `what` are the targets, in the plural.
pub fn not_confirmed(why: &NotConfirmed, what: &str) -> String {
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
