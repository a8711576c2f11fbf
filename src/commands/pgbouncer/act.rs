//! The recipe of every act through the console: look, plan, confirm, record the intent, act, look again, record the
//! outcome, tell.
//!
//! The same stages and rules as every command that acts. Never: leaves a database paused without saying so.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::args::Asked;
use super::pause;
use crate::act::pooler::{resume, send};
use crate::args::Format;
use crate::decide::advice::Step;
use crate::decide::confirmation::{Approval, NotConfirmed};
use crate::decide::identity::SessionId;
use crate::decide::pools::Pooler;
use crate::decide::pools::action::{AfterKill, ConfirmedPooler, NoPlan, PoolerPlan, Verb};
use crate::decide::pools::outcome::{Answered, Effect, PoolerOutcome, effect};
use crate::decide::pools::pooled::name_clients;
use crate::decide::sessions::outcome::Seen;
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::observe::{QueryText, Source};
use crate::record::{Deed, End};
use crate::report::json::pools::{PoolerActView, act as act_json, target};
use crate::report::pooler_act as screens;
use crate::report::{Extent, sanitize};
use crate::stages::Context;
use crate::stages::acting::{
    acted_code, cap, not_confirmed, open_record, say_lines, somebody_can_agree,
};
use crate::stages::console::{Eyes, LOOK, cannot_look, database};
use crate::stages::context::Way;
use crate::stages::signals::Interruption;

/// Pause between two looks.
pub(super) const PAUSE: Duration = Duration::from_millis(100);

/// Acts.
pub(super) fn run(asked: &Asked<'_>, context: &Context) -> Outcome {
    let approval = &asked.rest.approval;
    if let Some(kind) = approval.include.first() {
        return Err(Failure::say(
            ExitCode::Usage,
            format!(
                "the pgbouncer lane cannot judge --include {}: the console does not tell",
                kind.name()
            ),
        ));
    }
    let yes = cap(approval, asked.rest.limit)?;
    somebody_can_agree(yes, approval, context)?;
    let mut eyes = Eyes::open(&asked.rest.pooler, context)?;
    let before = eyes.look().map_err(cannot_look)?;
    let plan = match asked.plan(&before) {
        Ok(plan) => plan,
        Err(why) => return no_plan(why, asked.name(), context),
    };
    let protected = &eyes.target.protected;
    if let Some(name) = is_protected(&plan, &protected.databases) {
        return Err(Failure::say(
            ExitCode::Refused,
            format!("the configuration protects database {name}; nothing was done"),
        ));
    }
    let max_targets = protected.max_targets;
    if approval.dry_run {
        return tell(&plan, None, ExitCode::Done, asked, context);
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
    let (plan, before) = match &agreed {
        Some(Approval::Typed(_)) => match look_again(&plan, &mut eyes, asked, context)? {
            Again::As(plan, now) => (*plan, now),
            Again::So(code) => return Ok(code),
        },
        _ => (plan, before),
    };
    let confirmed = match agreed {
        None => Err(NotConfirmed::Declined),
        Some(agreed) => plan.clone().confirm(&agreed, max_targets),
    };
    let confirmed = match confirmed {
        Ok(confirmed) => confirmed,
        Err(why) => {
            let why = not_confirmed(&why, "targets");
            context.terminal.say(&format!("breakglass: {why}\n"));
            return tell(&plan, None, ExitCode::Refused, asked, context);
        }
    };
    let open = &mut record;
    let action = format!("pgbouncer {}", plan.verb.command());
    let reason = approval.reason.as_deref();
    let deed = Deed {
        action: &action,
        lane: "pgbouncer",
        server: json!({ "endpoint": plan.endpoint, "version": plan.version.to_string() }),
    };
    open.intend(&deed, reason, targets(&plan))
        .map_err(|error| {
            Failure::say(ExitCode::Refused, format!("{error}; nothing was done"))
                .hint("go on without a record file, its lines printed instead: --no-record")
        })?;
    let done = carry_out(&mut eyes, &confirmed, &before, context);
    context.terminal.progress("");
    let ends = targets(&plan).into_iter().map(|target| End {
        target,
        outcome: done.name(),
        detail: done.sentence(&plan),
        after: done.took,
    });
    if let Err(error) = open.conclude(&deed, reason, ends) {
        // It is done; not being able to write it down must not hide it.
        context
            .terminal
            .tell(&format!("the outcome is not in the record: {error}"));
    }
    say_lines(&mut record, context);
    tell(
        &plan,
        Some(&done),
        acted_code(done.ending()),
        asked,
        context,
    )
}

/// What a look after the answer comes to.
enum Again {
    /// This plan, on what is there now.
    As(Box<PoolerPlan>, Pooler),
    /// Nothing is left to do; it was said.
    So(ExitCode),
}

/// Plans once more: a person may have taken a minute to answer. What was typed must fit the plan as it is now.
fn look_again(
    shown: &PoolerPlan,
    eyes: &mut Eyes,
    asked: &Asked<'_>,
    context: &Context,
) -> Result<Again, Failure> {
    let now = eyes.look_surely().map_err(cannot_look)?;
    match asked.plan(&now) {
        Ok(plan) => {
            if let Some(sentence) = plan.changed_since(shown) {
                context.terminal.say(&format!("breakglass: {sentence}\n"));
            }
            Ok(Again::As(Box::new(plan), now))
        }
        Err(NoPlan::UnknownDatabase(_)) => Err(Failure::say(
            ExitCode::Refused,
            format!(
                "PgBouncer has no database {:?} any more; nothing was done",
                asked.name()
            ),
        )),
        Err(why) => no_plan(why, asked.name(), context).map(Again::So),
    }
}

fn is_protected<'a>(plan: &'a PoolerPlan, protected: &[String]) -> Option<&'a str> {
    // To give back what is held is no harm.
    if matches!(plan.verb, Verb::Resume | Verb::Enable) {
        return None;
    }
    let database = plan.database.as_ref().map(|it| it.name.as_str());
    let mut names = database
        .into_iter()
        .chain(plan.clients.iter().map(|client| client.database.as_str()));
    names.find(|name| protected.iter().any(|it| it == name))
}

/// What the record names: the database, or each client.
fn targets(plan: &PoolerPlan) -> Vec<Value> {
    match &plan.database {
        Some(database) => vec![json!({
            "database": database.name,
            "clients": plan.clients.len(),
            "server_connections": plan.servers.len(),
            "was_paused": database.paused,
            "was_disabled": database.disabled,
        })],
        None => plan.clients.iter().map(target).collect(),
    }
}

fn carry_out(
    eyes: &mut Eyes,
    confirmed: &ConfirmedPooler,
    before: &Pooler,
    context: &Context,
) -> PoolerOutcome {
    let plan = confirmed.plan();
    let interruption = Interruption::note_signals().unwrap_or_default();
    if let Verb::Pause(limit) = plan.verb {
        return pause::run(eyes, confirmed, limit, &interruption, context);
    }
    let mut behind = match plan.verb {
        Verb::Kill(_) => Behind::look(plan, before, context),
        _ => None,
    };
    let began = Instant::now();
    let answered = send(&mut eyes.console, confirmed, LOOK);
    let effect = match answered {
        Answered::Refused(_) => Effect::NotLooked,
        _ => await_effect(eyes, plan, &interruption),
    };
    let resumed = match plan.verb {
        Verb::Kill(AfterKill::Resume) if !matches!(answered, Answered::Refused(_)) => {
            Some(resume_surely(eyes, confirmed))
        }
        _ => None,
    };
    let survivors = behind
        .as_mut()
        .and_then(|behind| behind.survivors(plan.wait, &interruption));
    PoolerOutcome {
        answered,
        effect,
        resumed,
        paused_for: None,
        survivors,
        interrupted: interruption.arrived(),
        took: began.elapsed(),
    }
}

/// Looks until it is as planned, or the wait is over.
fn await_effect(eyes: &mut Eyes, plan: &PoolerPlan, interruption: &Interruption) -> Effect {
    let until = Instant::now() + plan.wait;
    loop {
        let now = eyes
            .look_surely()
            .map_or(Effect::NotLooked, |now| effect(plan, &now));
        let over = Instant::now() >= until || interruption.arrived();
        if now == Effect::Done || now == Effect::NotLooked || over {
            return now;
        }
        std::thread::sleep(PAUSE);
    }
}

/// Resumes, over another connection where this one is gone, and looks whether it took.
fn resume_surely(eyes: &mut Eyes, confirmed: &ConfirmedPooler) -> bool {
    if resume(&mut eyes.console, confirmed, LOOK).is_ok() && is_open(eyes, confirmed) {
        return true;
    }
    let Ok(console) = eyes.another() else {
        return false;
    };
    eyes.console = console;
    // It may have been resumed already, which the console refuses; the look decides.
    let _ = resume(&mut eyes.console, confirmed, LOOK);
    is_open(eyes, confirmed)
}

/// Whether the database is not paused.
pub(super) fn is_open(eyes: &mut Eyes, confirmed: &ConfirmedPooler) -> bool {
    let database = &confirmed.plan().database;
    let name = database.as_ref().map_or("", |it| it.name.as_str());
    eyes.look()
        .is_ok_and(|now| now.database(name).is_some_and(|it| !it.paused))
}

/// The sessions in PostgreSQL that are the pooler's, to see which of them live on.
struct Behind {
    way: Way,
    ids: Vec<SessionId>,
}

impl Behind {
    fn look(plan: &PoolerPlan, before: &Pooler, context: &Context) -> Option<Self> {
        let mut way = database(context)?;
        let mut snapshot = way.database.look(QueryText::First(0)).ok()?;
        name_clients(&mut snapshot.sessions, before);
        let name = plan.database.as_ref()?.name.as_str();
        let ids: Vec<SessionId> = snapshot
            .sessions
            .iter()
            .filter(|session| {
                session
                    .pooled
                    .as_ref()
                    .is_some_and(|it| it.database == name)
            })
            .map(|session| session.id)
            .collect();
        // With connections of which none is found there, it is another server.
        (plan.servers.is_empty() || !ids.is_empty()).then_some(Self { way, ids })
    }

    /// Those that are still there when the wait is over; `None` when nobody could look.
    fn survivors(&mut self, wait: Duration, interruption: &Interruption) -> Option<Vec<i32>> {
        let until = Instant::now() + wait;
        loop {
            let seen = self.way.database.look_at(&self.ids).ok()?;
            let left: Vec<i32> = seen
                .iter()
                .filter(|(_, seen)| matches!(seen, Seen::Present { .. }))
                .map(|(id, _)| id.pid)
                .collect();
            if left.is_empty() || Instant::now() >= until || interruption.arrived() {
                return Some(left);
            }
            std::thread::sleep(PAUSE);
        }
    }
}

/// Why nothing can be planned.
pub fn no_plan(why: NoPlan, name: &str, context: &Context) -> Outcome {
    let name = sanitize::one_line(name);
    let (code, sentence) = match why {
        NoPlan::Already(how) => (ExitCode::Nothing, format!("database {name} {how}")),
        NoPlan::NoSuchClient(ids) => {
            let ids: Vec<String> = ids.iter().map(u64::to_string).collect();
            (
                ExitCode::Nothing,
                format!("no client has id {}", ids.join(" or ")),
            )
        }
        NoPlan::Console => (
            ExitCode::Usage,
            "pgbouncer is the console's own database; name one of the pooler's".to_owned(),
        ),
        NoPlan::TooOld(version) => (
            ExitCode::Refused,
            format!(
                "PgBouncer {version} has no KILL_CLIENT: 1.24 is the first that has; nothing was done"
            ),
        ),
        NoPlan::UnknownDatabase(names) => {
            let nearest = names
                .iter()
                .map(|known| (strsim::damerau_levenshtein(known, &name), known))
                .filter(|(distance, _)| *distance <= 2)
                .min();
            let advice = match nearest {
                Some((_, known)) => format!("did you mean \"{known}\"?"),
                None => format!("it has: {}", names.join(", ")),
            };
            let sentence = format!("PgBouncer has no database \"{name}\"; {advice}");
            return Err(Failure::say(ExitCode::Usage, sentence));
        }
    };
    if code == ExitCode::Nothing {
        context
            .terminal
            .say(&format!("breakglass: {sentence}; nothing was done\n"));
        return Ok(code);
    }
    Err(Failure::say(code, sentence))
}

/// What to type next: the same connections again.
fn next(
    plan: &PoolerPlan,
    outcome: &PoolerOutcome,
    asked: &Asked<'_>,
    context: &Context,
) -> screens::Next {
    let line = |mut words: Vec<String>| {
        if let Some(dsn) = &asked.rest.pooler.pgbouncer {
            words.extend(["--pgbouncer".to_owned(), dsn.clone()]);
        }
        context.line(&Step {
            words,
            why: String::new(),
        })
    };
    let database = plan.database.as_ref().map(|it| it.name.clone());
    let resume = ["pgbouncer", "resume"].map(str::to_owned);
    let terminate = outcome.survivors.iter().flatten();
    let pids = terminate.flat_map(|pid| ["--pid".to_owned(), pid.to_string()]);
    screens::Next {
        resume: line(resume.into_iter().chain(database).collect()),
        terminate: context.line(&Step {
            words: std::iter::once("terminate".to_owned())
                .chain(pids)
                .collect(),
            why: String::new(),
        }),
    }
}

fn tell(
    plan: &PoolerPlan,
    outcome: Option<&PoolerOutcome>,
    code: ExitCode,
    asked: &Asked<'_>,
    context: &Context,
) -> Outcome {
    let view = PoolerActView {
        plan,
        outcome,
        dry_run: asked.rest.approval.dry_run,
        exit_code: code.number(),
    };
    let screen = context.screen(Extent::Brief);
    let text = match (context.format, outcome) {
        (Format::Json, _) => context.json_text(&act_json(&view))?,
        (Format::Csv, _) => screens::record(&view).csv(),
        (Format::Markdown, _) => screens::record(&view).markdown(),
        (Format::Table, Some(outcome)) => {
            let next = next(plan, outcome, asked, context);
            screens::outcome(plan, outcome, &next, screen)
        }
        (Format::Table, None) if code == ExitCode::Done => screens::plan(plan, screen),
        (Format::Table, None) => String::new(),
    };
    context.answer(&text)?;
    Ok(code)
}
