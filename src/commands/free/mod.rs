//! `breakglass free`: slots as a goal. Ends the least harmful sessions until enough ordinary slots are free and stay so.

mod rounds;

use std::time::Duration;

use clap::{ArgGroup, Args};

use self::rounds::{Talk, Wish};
use super::acting::{
    beside, cap, not_confirmed, open_record, say_lines, somebody_can_agree, terms,
};
use super::pipeline::Request;
use super::{Context, context};
use crate::args::{self, ApprovalArgs, CutArgs, Format, SelectionArgs};
use crate::decide::free::order::{Class, Order};
use crate::decide::free::story::{Ended, Planned, Result as Came};
use crate::decide::free::{Ceiling, Goal, Rules};
use crate::decide::plan::{Action, Way};
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::report::json::action::ActionView;
use crate::report::{Extent, free, json, records};

/// End the least harmful sessions until N ordinary slots are free and stay free
///
/// Shows everybody it may end, in order, and asks once; then ends as many as are still missing, looks, and goes on
/// until the goal holds for --stay, or says why it does not, who took slots again, and what would reach it. Ends nobody
/// outside the plan. The order: idle in transaction (aborted); idle, the longest first; heads of lock queues; idle in
/// transaction, the longest first; running statements never, unless --active is given, and then those that wait for a
/// lock first and the one that has worked longest last. Without --limit or --all the plan holds at most twice as many
/// as it takes. Two batches in a row that gain nothing end it.
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
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    cut: CutArgs,
    #[command(flatten)]
    approval: ApprovalArgs,
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
    let known = Class::ALL.into_iter().find(|class| class.flag() == text);
    known.ok_or_else(|| {
        let names = Class::ALL.map(Class::flag);
        args::unknown(text, &names, "word for --order")
    })
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

/// Frees.
pub fn run(args: &FreeArgs, context: &Context) -> Outcome {
    let wrong = |text| Failure::say(ExitCode::Usage, text);
    let goal = args.goal().map_err(wrong)?;
    let criteria = args.selection.criteria().map_err(wrong)?;
    let order = Order::asked(&args.order, args.active).map_err(wrong)?;
    let approval = &args.approval;
    let yes = cap(approval, args.cut.limit)?;
    somebody_can_agree(yes, approval, context)?;
    let mut way = context.open()?;
    let mut record = open_record(approval, context)?;
    let lane = way.database.lane();
    let policy = context::policy(&way.target.protected, &approval.include);
    let request = Request {
        action: Action::Terminate,
        criteria: criteria.clone(),
        cut: args.cut.cut(),
        policy: policy.clone(),
        way: Way {
            lane: lane.kind().name(),
            endpoint: lane.greeting().endpoint.clone(),
            wait: approval.wait,
        },
        recount: Duration::ZERO,
    };
    let wish = Wish {
        goal,
        stay: args.stay,
        rules: Rules {
            criteria,
            cut: args.cut.cut(),
            policy,
            order,
        },
        ceiling: args.ceiling(),
        request,
        terms: terms(approval, yes, &way.target.protected),
    };
    let terminal = context.terminal;
    let screen = context.talk_screen(Extent::Brief);
    let done = beside(context, |aside| {
        let mut talk = Talk {
            show: &mut |planned| {
                terminal.progress("");
                terminal.say(&free::plan(planned, None, screen));
            },
            ask: &mut |planned| terminal.ask(&free::question(planned)),
            aside,
        };
        rounds::run(&mut way.database, record.as_mut(), &wish, &mut talk)
    });
    context.terminal.progress("");
    say_lines(record.as_mut(), context);
    let (planned, ended) = done?;
    let view = way.view(&planned.plan.facts.capacity, &planned.plan.facts.server);
    tell(&planned, &ended, &view, approval.dry_run, context)
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

/// Prints how it ended, and gives the exit code.
fn tell(
    planned: &Planned,
    ended: &Ended,
    lane: &crate::report::LaneView,
    dry_run: bool,
    context: &Context,
) -> Outcome {
    let code = exit_code(ended);
    let story = match ended {
        Ended::Acted(story) => Some(story),
        _ => None,
    };
    if let Ended::NotConfirmed(why) = ended {
        let why = not_confirmed(why, "sessions");
        context.terminal.say(&format!("breakglass: {why}\n"));
    }
    let verified = story.map(|story| &story.verified);
    let report = ActionView {
        command: "free",
        lane,
        plan: &planned.plan,
        verified,
        exit_code: code.number(),
        dry_run,
    };
    let screen = context.screen(Extent::Brief);
    let text = match context.format {
        Format::Json => super::json_text(&json::free::free(planned, ended, &report))?,
        Format::Csv => records::action(&planned.plan, verified).csv(),
        Format::Markdown => records::action(&planned.plan, verified).markdown(),
        Format::Table => match (ended, story) {
            (_, Some(story)) => free::story(planned, story, screen),
            (Ended::NotConfirmed(_), _) => String::new(),
            _ => free::plan(planned, Some(ended), screen),
        },
    };
    context.answer(&text)?;
    Ok(code)
}
