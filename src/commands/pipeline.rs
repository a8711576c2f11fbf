//! The stages of a command that acts, once for all of them:
//! look, select, plan, show, confirm, look again, record the intent, act, verify, record the outcome.
//!
//! Puts the effects together and decides nothing: rules are in `decide`, changes in `act`.
//! Never: acts on what was not confirmed; says "gone" of what a second look did not miss.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::act::{Actor, Signal};
use crate::decide::confirmation::{Approval, Cap, ConfirmedPlan, NotConfirmed};
use crate::decide::holder::{Session, State};
use crate::decide::identity::SessionId;
use crate::decide::outcome::{Receipt, Seen, TargetOutcome, Verified, judge, retaken};
use crate::decide::plan::{Action, Plan, Way, plan};
use crate::decide::protection::Policy;
use crate::decide::selection::{Criteria, Cut, Verdict, blockers, select};
use crate::decide::snapshot::Snapshot;
use crate::error::Failure;
use crate::exit_code::ExitCode;
use crate::lanes::LaneError;
use crate::observe::{QueryText, Source};
use crate::record::Record;

/// Targets to one call of the actor: between two of them an interruption is heeded.
const STEP: usize = 100;
/// How long a cancelled statement gets before its session is ended all the same (`--gently`).
const GENTLE: Duration = Duration::from_secs(2);
/// First and longest pause between two looks.
const PAUSE: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(200));

/// What the command line asked for.
#[derive(Debug, Clone)]
pub struct Request {
    /// What to do.
    pub action: Action,
    /// To whom.
    pub criteria: Criteria,
    /// To how many of them.
    pub cut: Cut,
    /// Whom to spare.
    pub policy: Policy,
    /// Lane, place and patience.
    pub way: Way,
    /// `--yes` with its cap; `None` to ask.
    pub yes: Option<Cap>,
    /// The configuration's cap.
    pub max_targets: Option<usize>,
    /// Show the plan and stop.
    pub dry_run: bool,
    /// Why.
    pub reason: Option<String>,
    /// How long to watch who takes freed slots again.
    pub recount: Duration,
}

/// The person on the other side.
pub struct Conversation<'a> {
    /// Shows the plan.
    pub show: &'a mut dyn FnMut(&Plan),
    /// Asks for approval; `None` when nobody can answer or nobody did.
    pub ask: &'a mut dyn FnMut(&Plan) -> Option<String>,
    /// Says what is awaited.
    pub progress: &'a mut dyn FnMut(&str),
    /// Says what must not be missed, terminal or not.
    pub warn: &'a mut dyn FnMut(&str),
    /// Whether the person wants to stop (Ctrl-C, a closed terminal).
    pub interrupted: &'a dyn Fn() -> bool,
}

/// How it ended.
#[derive(Debug)]
pub enum Ended {
    /// Nobody to act on.
    Nothing(Plan),
    /// `--dry-run`.
    DryRun(Plan),
    /// Not confirmed, and why.
    NotConfirmed(Plan, NotConfirmed),
    /// Acted; what came of it.
    Acted(Plan, Verified),
}

impl Ended {
    /// The plan, whatever became of it.
    pub fn plan(&self) -> &Plan {
        match self {
            Self::Nothing(plan)
            | Self::DryRun(plan)
            | Self::NotConfirmed(plan, _)
            | Self::Acted(plan, _) => plan,
        }
    }
}

/// Runs the stages.
pub fn run<D: Source + Actor>(
    database: &mut D,
    record: Option<&mut Record>,
    request: &Request,
    talk: &mut Conversation<'_>,
) -> Result<Ended, Failure> {
    let text = if request.criteria.needs_query() {
        QueryText::Whole
    } else {
        QueryText::First(400)
    };
    let before = database
        .look(text)
        .map_err(|error| lost("cannot read the list of sessions", error))?;
    let only_active = request.action == Action::Cancel;
    let selection = select(
        &before,
        &request.criteria,
        request.cut,
        &request.policy,
        only_active,
    );
    let planned = plan(request.action, request.way.clone(), &before, selection);
    if planned.targets.is_empty() {
        return Ok(Ended::Nothing(planned));
    }
    (talk.show)(&planned);
    if request.dry_run {
        return Ok(Ended::DryRun(planned));
    }
    let (approval, asked) = match request.yes {
        Some(cap) => (Approval::Flag(cap), false),
        None => match (talk.ask)(&planned) {
            Some(answer) => (Approval::Typed(answer), true),
            None => return Ok(Ended::NotConfirmed(planned, NotConfirmed::Declined)),
        },
    };
    let confirmed = match planned.clone().confirm(&approval, request.max_targets) {
        Ok(confirmed) => confirmed,
        Err(why) => return Ok(Ended::NotConfirmed(planned, why)),
    };
    let (confirmed, mut receipts) = if asked {
        // Sessions go on living while a person reads.
        let now = database
            .look(text)
            .map_err(|error| lost("cannot look again before acting", error))?;
        still_meant(&confirmed, &now, request)
    } else {
        (confirmed, HashMap::new())
    };
    let Some(record) = record else {
        return Err(Failure::say(
            ExitCode::Refused,
            "there is no record to write the intent to",
        ));
    };
    record
        .intent(confirmed.plan(), request.reason.as_deref())
        .map_err(unrecorded)?;
    let verified = act_and_verify(
        database,
        &confirmed,
        &mut receipts,
        &before,
        &planned,
        request,
        talk,
    );
    if let Err(error) = record.outcomes(&planned, &verified.targets, request.reason.as_deref()) {
        // It is done; not being able to write it down must not hide it.
        (talk.warn)(&format!("the outcome is not in the record: {error}"));
    }
    Ok(Ended::Acted(planned, verified))
}

fn lost(doing: &str, error: LaneError) -> Failure {
    Failure::new(
        ExitCode::NoLane,
        anyhow::Error::new(error).context(doing.to_owned()),
    )
}

fn unrecorded(error: String) -> Failure {
    Failure::say(ExitCode::Refused, format!("{error}; nothing was done"))
        .hint("go on without a record file, its lines printed instead: --no-record")
}

/// The targets that are still what they were chosen for, and receipts for those that are not.
fn still_meant(
    confirmed: &ConfirmedPlan,
    now: &Snapshot,
    request: &Request,
) -> (ConfirmedPlan, HashMap<SessionId, Receipt>) {
    let blockers = blockers(now);
    let mut receipts = HashMap::new();
    let mut still = Vec::new();
    for target in confirmed.targets() {
        let named = request.criteria.pids.any.contains(&target.id.pid);
        let receipt = match now.find(target.id) {
            None if now
                .sessions
                .iter()
                .any(|session| session.id.pid == target.id.pid) =>
            {
                Receipt::OtherSession
            }
            None => Receipt::Absent,
            Some(session) => {
                let meant = request.criteria.judge(session, now, &blockers) == Verdict::Yes
                    && request.policy.spares(session, now, named).is_none();
                if meant {
                    still.push(target.id);
                    continue;
                }
                Receipt::Changed(format!(
                    "it is {} by now and no longer matches",
                    session.state.map_or("something else", State::name)
                ))
            }
        };
        receipts.insert(target.id, receipt);
    }
    (confirmed.narrowed_to(&still), receipts)
}

fn act_and_verify<D: Source + Actor>(
    database: &mut D,
    confirmed: &ConfirmedPlan,
    receipts: &mut HashMap<SessionId, Receipt>,
    before: &Snapshot,
    planned: &Plan,
    request: &Request,
    talk: &mut Conversation<'_>,
) -> Verified {
    let began = Instant::now();
    let mut lost = false;
    if request.action == Action::TerminateGently {
        lost = cancel_first(database, confirmed, talk);
    }
    let signal = if request.action == Action::Cancel {
        Signal::Cancel
    } else {
        Signal::Terminate
    };
    for step in confirmed.targets().chunks(STEP) {
        let stop = lost || (talk.interrupted)();
        let answers = if stop {
            vec![Receipt::NotAsked; step.len()]
        } else {
            let sent = database.send(confirmed, signal, step);
            lost = sent.lost.is_some();
            sent.receipts
        };
        receipts.extend(step.iter().map(|target| target.id).zip(answers));
    }
    let watched = Watched {
        seen: HashMap::new(),
        after: HashMap::new(),
        lost,
    };
    let watched = watch_go(database, confirmed, receipts, request, began, watched, talk);
    let superuser = before.server.role_superuser;
    let targets = planned
        .targets
        .iter()
        .map(|session| {
            let receipt = receipts
                .get(&session.id)
                .cloned()
                .unwrap_or(Receipt::NotAsked);
            let unseen = if watched.lost {
                Seen::NotLooked
            } else {
                Seen::Absent
            };
            let seen = watched.seen.get(&session.id).copied().unwrap_or(unseen);
            let outcome = judge(request.action, session, &receipt, seen, superuser);
            let after = watched
                .after
                .get(&session.id)
                .copied()
                .unwrap_or_else(|| began.elapsed());
            TargetOutcome {
                session: session.clone(),
                receipt,
                outcome,
                after,
            }
        })
        .collect();
    let mut verified = Verified {
        targets,
        capacity: None,
        retaken: Vec::new(),
        watched: Duration::ZERO,
    };
    if !watched.lost {
        recount(database, before, request, &mut verified, talk);
    }
    verified
}

/// Cancels what runs, and gives it a moment. True: contact was lost.
fn cancel_first<D: Source + Actor>(
    database: &mut D,
    confirmed: &ConfirmedPlan,
    talk: &mut Conversation<'_>,
) -> bool {
    let running: Vec<Session> = confirmed
        .targets()
        .iter()
        .filter(|session| session.runs())
        .cloned()
        .collect();
    if running.is_empty() {
        return false;
    }
    if database
        .send(confirmed, Signal::Cancel, &running)
        .lost
        .is_some()
    {
        return true;
    }
    let ids: Vec<SessionId> = running.iter().map(|session| session.id).collect();
    let began = Instant::now();
    let mut pause = PAUSE.0;
    while began.elapsed() < GENTLE && !(talk.interrupted)() {
        match database.look_at(&ids) {
            Err(_) => return true,
            Ok(seen) => {
                let runs = |(id, seen): &(SessionId, Seen)| {
                    running
                        .iter()
                        .any(|session| session.id == *id && still_runs(session, *seen))
                };
                if !seen.iter().any(runs) {
                    return false;
                }
            }
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(PAUSE.1);
    }
    false
}

fn still_runs(session: &Session, seen: Seen) -> bool {
    match seen {
        Seen::Present {
            state,
            query_started,
        } => {
            matches!(state, Some(State::Active | State::Fastpath))
                && query_started == session.query_started
        }
        Seen::Absent | Seen::NotLooked => false,
    }
}

/// What the looks after acting saw.
struct Watched {
    /// Last sight of those that are still there.
    seen: HashMap<SessionId, Seen>,
    /// When each was first missed.
    after: HashMap<SessionId, Duration>,
    /// Contact was lost.
    lost: bool,
}

/// Looks until every signalled target is gone (or its statement is), or the wait is over.
fn watch_go<D: Source>(
    database: &mut D,
    confirmed: &ConfirmedPlan,
    receipts: &HashMap<SessionId, Receipt>,
    request: &Request,
    began: Instant,
    mut watched: Watched,
    talk: &mut Conversation<'_>,
) -> Watched {
    let mut pending: Vec<&Session> = confirmed.targets().iter().collect();
    let mut pause = PAUSE.0;
    while !watched.lost && !pending.is_empty() {
        let ids: Vec<SessionId> = pending.iter().map(|session| session.id).collect();
        let seen: HashMap<SessionId, Seen> = match database.look_at(&ids) {
            Ok(seen) => seen.into_iter().collect(),
            Err(_) => {
                watched.lost = true;
                // What was seen before contact was lost is no news about now.
                watched.seen.clear();
                for session in &pending {
                    watched.seen.insert(session.id, Seen::NotLooked);
                }
                for id in watched.after.keys() {
                    watched.seen.insert(*id, Seen::Absent);
                }
                break;
            }
        };
        let mut waiting = false;
        pending.retain(|session| {
            let sight = seen.get(&session.id).copied().unwrap_or(Seen::Absent);
            watched.seen.insert(session.id, sight);
            let over = match request.action {
                Action::Cancel => !still_runs(session, sight),
                _ => sight == Seen::Absent,
            };
            if over {
                watched.after.insert(session.id, began.elapsed());
            } else {
                let sent = matches!(
                    receipts.get(&session.id),
                    Some(Receipt::Sent | Receipt::NotSent)
                );
                waiting |= sent;
            }
            !over
        });
        // Nobody waits for those that were refused or never asked.
        if !waiting || began.elapsed() >= request.way.wait || (talk.interrupted)() {
            break;
        }
        if began.elapsed() > Duration::from_secs(1) {
            let left = request.way.wait.saturating_sub(began.elapsed()).as_secs();
            (talk.progress)(&format!(
                "waiting for {} to go, {left} s left",
                pending.len()
            ));
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(PAUSE.1);
    }
    watched
}

/// Counts the slots again for a while, and notes who came.
fn recount<D: Source>(
    database: &mut D,
    before: &Snapshot,
    request: &Request,
    verified: &mut Verified,
    talk: &mut Conversation<'_>,
) {
    let began = Instant::now();
    let frees = request.action != Action::Cancel;
    loop {
        let Ok(now) = database.look(QueryText::First(0)) else {
            return;
        };
        verified.capacity = Some(now.capacity());
        verified.watched = began.elapsed();
        verified.retaken = retaken(before, &now);
        let left = request.recount.saturating_sub(began.elapsed());
        if !frees || left.is_zero() || (talk.interrupted)() {
            return;
        }
        (talk.progress)(&format!(
            "watching for {:.0} s who takes the freed slots again",
            left.as_secs_f64().ceil()
        ));
        std::thread::sleep(left.min(Duration::from_millis(250)));
    }
}

#[cfg(test)]
mod tests;
