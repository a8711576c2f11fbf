//! `breakglass free`: slots as a goal. Ends the least harmful sessions until enough ordinary slots are free and stay so.

mod rounds;

use std::time::Duration;

use clap::{ArgGroup, Args};

use self::rounds::{Begun, Talk, Wish};
use crate::args::{self, ApprovalArgs, CutArgs, FromArgs, SelectionArgs};
use crate::connect::Protected;
use crate::decide::confirmation::Cap;
use crate::decide::criteria::Criteria;
use crate::decide::fence::retaking::worth_fencing;
use crate::decide::filters::SessionsLane;
use crate::decide::free::course::Finish;
use crate::decide::free::order::{Class, Order};
use crate::decide::free::story::{Ended, Planned, Result as Came, Story};
use crate::decide::free::{Ceiling, Goal, Rules};
use crate::decide::runbook::Runbook;
use crate::decide::session::Session;
use crate::decide::sessions::plan::{Action, Way as PlanWay};
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::record::Record;
use crate::report::act::document::ActView;
use crate::report::act::rows;
use crate::report::origin::{self, Origin};
use crate::report::{Extent, LaneView, free};
use crate::stages::acting::{
    beside, cap, not_confirmed, open_record, say_lines, somebody_can_agree, terms,
};
use crate::stages::context::Way;
use crate::stages::fencing::refill::{Agreed, Refilled, after_retaking};
use crate::stages::pipeline::Request;
use crate::stages::pooler::PoolerArgs;
use crate::stages::scene::{Scene, rehearses};
use crate::stages::signals::Interruption;
use crate::stages::telling::{self, Answer, Rows, tell_done};
use crate::stages::{Context, context};

/// End the least harmful sessions until N slots stay free
///
/// Shows everybody it may end, in order, and asks once; then ends as many as are still missing, looks, and goes on
/// until the goal holds for --stay, or says why it does not, who took slots again, and what would reach it. Ends nobody
/// outside the plan. The order: idle in transaction (aborted); idle, the longest first; heads of lock queues; idle in
/// transaction, the longest first; running statements never, unless --active is given, and then those that wait for a
/// lock first and the one that has worked longest last. Without --limit or --all the plan holds at most twice as many
/// as it takes. Two batches in a row that gain nothing end it.
///
/// Needs pg_signal_backend, and pg_monitor to see the states. Open transactions of ended sessions are rolled back.
///
/// Exit codes: 0 free and stayed free, 1 not free and nobody could be ended, 2 wrong use, 3 no lane, 4 refused or not
/// confirmed, 5 sessions were ended and the goal is not reached, 6 contact lost.
///
/// Example: breakglass free 5 --not-app billing
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("goal").args(["slots", "until_free", "until"]))]
pub struct FreeArgs {
    /// How many ordinary slots must be free
    #[arg(value_name = "N", value_parser = slots, allow_negative_numbers = true)]
    slots: Option<u32>,
    /// The same
    #[arg(long, value_name = "N", value_parser = slots, allow_negative_numbers = true, help_heading = "Goal")]
    until_free: Option<u32>,
    /// Share of the ordinary slots that must be free, such as 20%
    #[arg(long, value_name = "PERCENT", value_parser = percent, allow_negative_numbers = true, help_heading = "Goal")]
    until: Option<u32>,
    /// How long they must stay free
    #[arg(long, value_name = "TIME", value_parser = args::duration, default_value = "5s", help_heading = "Goal")]
    stay: Duration,
    /// Which to end, one after the other; what is left out is not ended
    /// [default: aborted,idle,head,idle-in-transaction]
    #[arg(long, value_name = "STATES", value_parser = class, value_delimiter = ',', help_heading = "Goal")]
    order: Vec<Class>,
    /// Also sessions that run a statement, last of all
    #[arg(long, help_heading = "Goal")]
    active: bool,
    /// If freed slots are taken again: limit the roles that took them (see 'breakglass fence'), and go on
    #[arg(long, help_heading = "Plan and approval")]
    fence: bool,
    #[command(flatten)]
    selection: SelectionArgs<SessionsLane>,
    #[command(flatten)]
    cut: CutArgs,
    #[command(flatten)]
    approval: ApprovalArgs,
    #[command(flatten)]
    from: FromArgs,
}

fn slots(text: &str) -> Result<u32, String> {
    match text.parse::<u32>() {
        Ok(0) => Err("0 slots are always free; give at least 1".to_owned()),
        Ok(slots) => Ok(slots),
        Err(_) if text.ends_with('%') => Err(format!("a share goes with --until: --until {text}")),
        Err(_) => Err("give a whole number of slots, at least 1".to_owned()),
    }
}

fn percent(text: &str) -> Result<u32, String> {
    let number = text.strip_suffix('%').map(str::parse::<u32>);
    match number {
        Some(Ok(percent @ 1..=100)) => Ok(percent),
        Some(_) => Err("a share is a whole number from 1% to 100%".to_owned()),
        None => {
            Err("give a share such as 20%; a number of slots goes with --until-free".to_owned())
        }
    }
}

fn class(text: &str) -> Result<Class, String> {
    args::one_of(text, "word for --order")
}

impl FreeArgs {
    fn goal(&self) -> Result<Goal, String> {
        match (self.slots.or(self.until_free), self.until) {
            (Some(slots), _) => Ok(Goal::Slots(slots)),
            (None, Some(percent)) => Ok(Goal::Percent(percent)),
            (None, None) => Err(
                "free needs to know how many slots; give their number, or a share with --until 20%"
                    .to_owned(),
            ),
        }
    }

    fn ceiling(&self) -> Ceiling {
        match (self.cut.limit, self.approval.all) {
            (Some(limit), _) => Ceiling::Limit(limit),
            (None, true) => Ceiling::All,
            (None, false) => Ceiling::TwiceNeeded,
        }
    }
}

/// What was typed, checked.
struct Asked {
    goal: Goal,
    criteria: Criteria<Session>,
    order: Order,
    yes: Option<Cap>,
}

impl Asked {
    fn read(args: &FreeArgs, context: &Context) -> Result<Self, Failure> {
        let wrong = |text| Failure::say(ExitCode::Usage, text);
        let asked = Self {
            goal: args.goal().map_err(wrong)?,
            criteria: args.selection.criteria()?,
            order: Order::asked(&args.order, args.active).map_err(wrong)?,
            yes: cap(&args.approval, args.cut.limit)?,
        };
        somebody_can_agree(asked.yes, &args.approval, context)?;
        Ok(asked)
    }

    fn wish(
        &self,
        args: &FreeArgs,
        lane: &'static str,
        endpoint: &str,
        protected: &Protected,
    ) -> Wish {
        let approval = &args.approval;
        let policy = context::policy(protected, &approval.include);
        let request = Request {
            action: Action::Terminate,
            criteria: self.criteria.clone(),
            cut: args.cut.cut(),
            policy: policy.clone(),
            way: PlanWay {
                lane,
                endpoint: endpoint.to_owned(),
                wait: approval.wait,
            },
            recount: Duration::ZERO,
            fences: args.fence,
        };
        Wish {
            goal: self.goal,
            stay: args.stay,
            rules: Rules {
                criteria: self.criteria.clone(),
                cut: args.cut.cut(),
                policy,
                order: self.order.clone(),
            },
            ceiling: args.ceiling(),
            request,
            terms: terms(approval, self.yes, protected),
        }
    }
}

/// Frees.
pub fn run(args: &FreeArgs, context: &Context) -> Outcome {
    let approval = &args.approval;
    rehearses(&args.from, approval.dry_run, "free")?;
    let asked = Asked::read(args, context)?;
    if args.from.from.is_some() {
        let none = PoolerArgs::default();
        let scene = Scene::open(&args.from, &asked.criteria, &none, context)?;
        let (lane, endpoint) = scene.place();
        let wish = asked.wish(args, lane, endpoint, scene.protected());
        return rehearse(&wish, scene, context);
    }
    let mut way = context.open()?;
    let mut record = open_record(approval, context)?;
    let done = go(args, &asked, &mut way, &mut record, context);
    say_lines(&mut record, context);
    let (planned, ended, fencing) = done?;
    let view = way.view(&planned.plan.facts.capacity, &planned.plan.facts.server);
    let code = match fencing {
        Refilled::Unknown => ExitCode::Unknown,
        _ => exit_code(&ended),
    };
    let dry_run = approval.dry_run;
    let code = tell(&planned, &ended, code, (&view, None), dry_run, context)?;
    // What is asked now needs the answer to be read first.
    if let Ended::Acted(story) = &ended
        && !args.fence
        && matches!(story.finish, Finish::Fruitless | Finish::Exhausted)
    {
        let _ = after_refill(&planned, story, Agreed::Now, approval, &mut way, context);
    }
    Ok(code)
}

/// Frees as a step of something longer, whose way in and record are open.
pub(super) fn step(
    args: &FreeArgs,
    way: &mut Way,
    record: &mut Record,
    context: &Context,
) -> Result<(Planned, Ended), Failure> {
    let asked = Asked::read(args, context)?;
    let (planned, ended, _) = go(args, &asked, way, record, context)?;
    Ok((planned, ended))
}

/// Looks, shows, asks, and frees.
fn go(
    args: &FreeArgs,
    asked: &Asked,
    way: &mut Way,
    record: &mut Record,
    context: &Context,
) -> Result<(Planned, Ended, Refilled), Failure> {
    let approval = &args.approval;
    let lane = way.database.lane();
    let wish = asked.wish(
        args,
        lane.kind().name(),
        &lane.greeting().endpoint,
        &way.target.protected,
    );
    let terminal = context.terminal;
    let screen = context.talk_screen(Extent::Brief);
    let done = beside(context, |aside| {
        let mut talk = Talk {
            show: &mut |planned| {
                terminal.progress("");
                terminal.say(&free::plan(planned, None, screen));
            },
            ask: &mut |planned| terminal.ask_unless(&free::question(planned), &Interruption::noted),
            aside,
        };
        let (planned, begun) = rounds::begin(&mut way.database, &wish, &mut talk)?;
        let mut rounds = match begun {
            Begun::Ended(ended) => return Ok((planned, *ended, Refilled::Left)),
            Begun::Confirmed(rounds) => rounds,
        };
        let aside = &mut talk.aside;
        let mut story = rounds.go(&mut way.database, record, &planned, aside)?;
        let mut fencing = Refilled::Left;
        if args.fence && story.finish == Finish::Fruitless {
            fencing = after_refill(&planned, &story, Agreed::Beforehand, approval, way, context);
            if fencing != Refilled::Unknown {
                rounds.resume();
                story = rounds.go(&mut way.database, record, &planned, aside)?;
            }
        }
        Ok((planned, Ended::Acted(story), fencing))
    });
    context.terminal.progress("");
    done
}

/// Plans on a snapshot, and tells.
fn rehearse(wish: &Wish, mut scene: Scene, context: &Context) -> Outcome {
    let begun = beside(context, |aside| {
        let mut talk = Talk {
            show: &mut |_| {},
            ask: &mut |_| None,
            aside,
        };
        rounds::begin(&mut scene, wish, &mut talk)
    });
    let (planned, ended) = match begun? {
        (planned, Begun::Ended(ended)) => (planned, ended),
        (_, Begun::Confirmed(_)) => {
            return Err(Failure::say(
                ExitCode::Refused,
                "a snapshot can only be rehearsed on; nothing was done",
            ));
        }
    };
    let view = scene.view(&planned.plan.facts.capacity, &planned.plan.facts.server);
    let code = exit_code(&ended);
    let origin = scene.origin();
    tell(&planned, &ended, code, (&view, origin), true, context)
}

/// Fences those who took freed slots again, or offers it.
fn after_refill(
    planned: &Planned,
    story: &Story,
    agreed: Agreed,
    approval: &ApprovalArgs,
    way: &mut Way,
    context: &Context,
) -> Refilled {
    let freed = story.verified.count("gone");
    let facts = &planned.plan.facts;
    let came = &story.verified.aftermath.retakers;
    let retakers = worth_fencing(came, freed, &facts.left, &facts.server.role);
    after_retaking(way, &retakers, freed, agreed, approval, context)
}

fn exit_code(ended: &Ended) -> ExitCode {
    match ended.result() {
        Came::Reached => ExitCode::Done,
        Came::Nothing => ExitCode::Nothing,
        Came::Refused => ExitCode::Refused,
        Came::Partly => ExitCode::Partly,
        Came::Unknown => ExitCode::Unknown,
    }
}

/// Prints how it ended, over which lane, and on which snapshot it was rehearsed.
fn tell(
    planned: &Planned,
    ended: &Ended,
    code: ExitCode,
    (lane, origin): (&LaneView, Option<&Origin>),
    dry_run: bool,
    context: &Context,
) -> Outcome {
    let story = match ended {
        Ended::Acted(story) => Some(story),
        _ => None,
    };
    if let Ended::NotConfirmed(why) = ended {
        let why = not_confirmed(why, "sessions");
        context.terminal.say(&format!("breakglass: {why}\n"));
    }
    let verified = story.map(|story| &story.verified);
    let view = ActView {
        command: "free",
        lane,
        plan: &planned.plan,
        verified,
        exit_code: code.number(),
        dry_run,
    };
    let answer = Answer {
        origin,
        screen: &|screen| match (ended, story) {
            (_, Some(story)) => free::story(planned, story, screen),
            (Ended::NotConfirmed(_), _) => String::new(),
            _ => free::plan(planned, Some(ended), screen),
        },
        rows: Rows::Grid(&|| rows(&planned.plan, verified)),
        document: &|| {
            let document = free::document::free(planned, ended, &view);
            context.json_text(&origin::json(origin, &document))
        },
        extent: Extent::Brief,
        long: false,
    };
    let code = match story {
        Some(_) => tell_done(&answer, code, context),
        None => telling::tell(&answer, code, context)?,
    };
    match (ended, story.map(|story| story.finish)) {
        (_, Some(Finish::Fruitless)) => context.point_to(Runbook::ConnectionStorm),
        (_, Some(Finish::Exhausted)) | (Ended::Nobody, _) => {
            context.point_to(Runbook::ConnectionsExhausted);
        }
        _ => {}
    }
    Ok(code)
}
