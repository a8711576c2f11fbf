//! What every acting command shares, whatever its lane: arguments to a request, the pipeline, its ending to text
//! and exit code.

use std::time::Duration;

use super::context::{Context, policy};
use super::pipeline::{self, Aside, Conversation, Effects, Ended, Request, Sessions, Terms};
use super::pooler::PoolerArgs;
use super::scene::Scene;
use super::signals::Interruption;
use crate::act::Actor;
use crate::args::{ApprovalArgs, CutArgs, Format, FromArgs, SelectionArgs};
use crate::connect::Protected;
use crate::decide::confirmation::{Cap, NotConfirmed};
use crate::decide::holder::Holder;
use crate::decide::outcome::Ending;
use crate::decide::plan::Plan;
use crate::decide::protection::Include;
use crate::decide::runbook::Runbook;
use crate::decide::selection::{Criteria, Cut};
use crate::decide::session::Session;
use crate::decide::sessions::plan::{Action, Way as PlanWay};
use crate::decide::verified::Verified;
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::observe::Source;
use crate::record::{self, Record};
use crate::report::grid::Grid;
use crate::report::json::action::{ActionView, action as action_json};
use crate::report::origin::{self, Origin};
use crate::report::{Extent, LaneView, RunView, Screen, json, outcome, plan, records, sanitize};

/// What was typed, checked before anything is opened.
pub struct Asked<'a> {
    action: Action,
    /// Which sessions.
    pub criteria: Criteria,
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
            retaking: Retaking::Told,
            origin: None,
        })
    }

    /// The same, with this to be done when freed slots are taken again.
    #[must_use]
    pub fn when_retaken(self, retaking: Retaking) -> Self {
        Self { retaking, ..self }
    }

    fn words(&self) -> &'static Words<Session> {
        match self.retaking {
            Retaking::Told => &WORDS,
            Retaking::Fenced => &FENCING_WORDS,
        }
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
        let ended = self.carry_on(database, way, protected, record.as_mut(), context)?;
        say_lines(record.as_mut(), context);
        Ok(ended)
    }

    /// Runs the stages as a part of something longer, whose record is open.
    pub fn carry_on<D: Source + Actor>(
        &self,
        database: &mut D,
        way: PlanWay,
        protected: &Protected,
        record: Option<&mut Record>,
        context: &Context,
    ) -> Result<Ended<Session>, Failure> {
        let request = Request {
            action: self.action,
            criteria: self.criteria.clone(),
            cut: self.cut,
            policy: policy(protected, &self.approval.include),
            way,
            recount: self.recount,
        };
        let mut sessions = Sessions::new(database, &request);
        let terms = terms(self.approval, self.yes, protected);
        let ended = converse(&mut sessions, record, self.words(), &terms, context);
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
        let origin = self.origin.as_ref();
        let document = |view: &RunView<'_, Session>| {
            let document = action_json(&ActionView {
                command,
                lane,
                plan: view.plan,
                verified: view.verified,
                exit_code: view.exit_code,
                dry_run: view.dry_run,
            });
            context.json_text(&origin::json(origin, &document))
        };
        let dry_run = self.approval.dry_run;
        let code = tell_from(
            origin,
            ended,
            code,
            self.words(),
            dry_run,
            document,
            context,
        )?;
        let taken = |verified: &Verified<Session>| !verified.aftermath.retakers.is_empty();
        if ended.verified().is_some_and(taken) {
            context.point_to(Runbook::ConnectionStorm);
        }
        Ok(code)
    }
}

/// How a lane's plan, question and end read.
pub struct Words<H: Holder> {
    /// Its targets, in the plural.
    pub targets: &'static str,
    /// The plan.
    pub plan: fn(&Plan<H>, Screen) -> String,
    /// The question, with a blank at its end for the answer.
    pub question: fn(&Plan<H>) -> String,
    /// What came of it.
    pub outcome: fn(&Plan<H>, &Verified<H>, Screen) -> String,
    /// The targets as rows and columns.
    pub records: fn(&RunView<'_, H>) -> Grid,
}

/// Those for sessions.
const WORDS: Words<Session> = Words {
    targets: "sessions",
    plan: plan::plan,
    question: plan::question,
    outcome: outcome::outcome,
    records: |view| records::action(view.plan, view.verified),
};

/// Those for sessions whose slots are fenced when they are taken again.
const FENCING_WORDS: Words<Session> = Words {
    plan: |planned, screen| {
        let mut text = plan::plan(planned, screen);
        text.push_str(&plan::fences(planned, screen));
        text
    },
    ..WORDS
};

/// The terms that the command line and the configuration set.
pub fn terms(approval: &ApprovalArgs, yes: Option<Cap>, protected: &Protected) -> Terms {
    Terms {
        yes,
        max_targets: protected.max_targets,
        dry_run: approval.dry_run,
        reason: approval.reason.clone(),
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

/// Opens the record, unless nothing will be done or nobody wants it.
pub fn open_record(approval: &ApprovalArgs, context: &Context) -> Result<Option<Record>, Failure> {
    if approval.dry_run {
        return Ok(None);
    }
    let operator = context.operator();
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

/// Opens the record and runs the stages, with the person at the terminal.
pub fn carry_out<E: Effects>(
    effects: &mut E,
    words: &Words<E::Holder>,
    approval: &ApprovalArgs,
    terms: &Terms,
    context: &Context,
) -> Result<Ended<E::Holder>, Failure> {
    let mut record = open_record(approval, context)?;
    let ended = converse(effects, record.as_mut(), words, terms, context);
    context.terminal.progress("");
    let ended = ended?;
    say_lines(record.as_mut(), context);
    Ok(ended)
}

/// Runs the stages with the person at the terminal, once of perhaps many times with this record.
pub fn converse<E: Effects>(
    effects: &mut E,
    record: Option<&mut Record>,
    words: &Words<E::Holder>,
    terms: &Terms,
    context: &Context,
) -> Result<Ended<E::Holder>, Failure> {
    let terminal = context.terminal;
    let screen = context.talk_screen(Extent::Brief);
    beside(context, |aside| {
        let mut talk = Conversation {
            show: &mut |planned| terminal.say(&(words.plan)(planned, screen)),
            ask: &mut |planned| {
                terminal.ask_unless(&(words.question)(planned), &Interruption::noted)
            },
            aside,
        };
        let ended = pipeline::run(effects, record, terms, &mut talk)?;
        if let Ended::DryRun(planned) = &ended
            && let Some(NotConfirmed::OverCap { targets, cap }) = planned.over(terms.max_targets)
        {
            terminal.say(&format!(
                "breakglass: warning: without --dry-run this is refused: {targets} {} are more than max_targets = {cap} \
                 of the configuration\n",
                words.targets
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

/// Prints how it ended, in the format asked for, and gives the exit code.
pub fn tell<H: Holder>(
    ended: &Ended<H>,
    words: &Words<H>,
    dry_run: bool,
    document: impl Fn(&RunView<'_, H>) -> Result<String, Failure>,
    context: &Context,
) -> Outcome {
    tell_from(
        None,
        ended,
        exit_code(ended),
        words,
        dry_run,
        document,
        context,
    )
}

/// The same with another exit code, and of what may have been rehearsed on a snapshot: every format but the document's
/// own says so here.
fn tell_from<H: Holder>(
    origin: Option<&Origin>,
    ended: &Ended<H>,
    code: ExitCode,
    words: &Words<H>,
    dry_run: bool,
    document: impl Fn(&RunView<'_, H>) -> Result<String, Failure>,
    context: &Context,
) -> Outcome {
    if let Ended::NotConfirmed(_, why) = ended {
        let why = not_confirmed(why, words.targets);
        context.terminal.say(&format!("breakglass: {why}\n"));
    }
    let view = RunView {
        plan: ended.plan(),
        verified: ended.verified(),
        dry_run,
        exit_code: code.number(),
    };
    let screen = context.screen(Extent::Brief);
    let text = match context.format {
        Format::Json => document(&view)?,
        Format::Csv => origin::csv(origin, (words.records)(&view)),
        Format::Markdown => origin::markdown(origin, (words.records)(&view).markdown()),
        Format::Table => match ended {
            Ended::Acted(plan, verified) => (words.outcome)(plan, verified, screen),
            Ended::NotConfirmed(..) | Ended::Reached(_) => String::new(),
            Ended::Nothing(plan) | Ended::DryRun(plan) => {
                origin::screen(origin, screen, (words.plan)(plan, screen))
            }
        },
    };
    context.answer(&text)?;
    Ok(code)
}

/// Prints what had no file to go to.
pub fn say_lines(record: Option<&mut Record>, context: &Context) {
    for line in record.map(Record::take_lines).unwrap_or_default() {
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
pub fn exit_code<H: Holder>(ended: &Ended<H>) -> ExitCode {
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
