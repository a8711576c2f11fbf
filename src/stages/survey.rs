//! Looks at every way in at once: the two database lanes, the server's processes, connections and workers of this host.
//!
//! Stage: before anything is decided. Each look has its own short limit; one that is late is said to be closed, and the
//! others are not kept waiting for it. Signals nothing, changes nothing, asks nothing.
//! Never: holds more than one lane open when it returns.

mod beside;
mod database;
mod here;
mod host;
mod pooler;

use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use self::beside::{Beside, LIMIT};
use self::database::{Knock, Tries};
pub use self::database::{once, refused};
use super::Context;
use super::context::Way;
use super::database::OpenLane;
use crate::connect::Target;
use crate::decide::capacity::own_slot;
use crate::decide::snapshot::Snapshot;
use crate::decide::survey::{Churn, Sight, Standing, Survey, WayIn};
use crate::error::Failure;
use crate::exit_code::ExitCode;
use crate::lanes::{Counted, LaneError, LaneKind};
use crate::observe::{QueryText, Source};
use crate::terminal::waiting::Waiting;

/// How long one look through an open lane may take.
const LOOK: Duration = Duration::from_secs(3);
/// Between two looks that are compared with each other.
const APART: Duration = Duration::from_millis(300);
/// How much of a statement is looked at.
const TEXT: QueryText = QueryText::First(400);

/// What a survey brought.
pub struct Surveyed {
    /// What every way in showed.
    pub survey: Survey,
    /// The lane that was kept, if one is open: everything that follows goes through it.
    pub way: Option<Way>,
    /// What the database lanes refused.
    pub refusals: Vec<Counted>,
    /// A lane wanted a password that nothing holds.
    pub password_needed: bool,
}

/// Looks. `console`: where the admin console of a pooler is, if there is one.
pub fn look(
    context: &Context,
    target: &Target,
    console: Option<&Target>,
) -> Result<Surveyed, Failure> {
    let what = "looking through every lane".to_owned();
    let _waiting = Waiting::begin(context.terminal, what, LIMIT);
    let tries = Tries::default();
    let login = start({
        let (target, tries) = (target.clone(), tries.clone());
        move || database::knock(&target, LaneKind::Login, LIMIT, &tries)
    })?;
    let replication = start({
        let (target, tries) = (target.clone(), tries.clone());
        move || database::knock(&target, LaneKind::Replication, LIMIT, &tries)
    })?;
    let backends = start({
        let target = target.clone();
        move || here::backends(&target)
    })?;
    let connections = start({
        let context = context.clone();
        move || host::connections(&context)
    })?;
    let pooler = match console.cloned() {
        Some(console) => Some(start(move || pooler::pooler(&console))?),
        None => None,
    };
    let began = Instant::now();
    let login = database::awaited(within(&login, began), LaneKind::Login, LIMIT);
    let replication = database::awaited(within(&replication, began), LaneKind::Replication, LIMIT);
    let mut survey = Survey {
        endpoint: labels(target),
        role: target.user.clone(),
        ..Survey::default()
    };
    let mut surveyed = over_database(target, login, replication, &mut survey)?;
    if let Some(pooler) = pooler {
        let pooler = within(&pooler, began).unwrap_or_else(|| late(WayIn::Pgbouncer));
        survey.sights.push(pooler.sight);
        survey.pooler = pooler.seen;
    }
    let backends = within(&backends, began).unwrap_or_else(|| late(WayIn::Backends));
    survey.sights.push(backends.sight);
    survey.backends = backends.seen;
    let (sockets, workers) =
        within(&connections, began).unwrap_or_else(|| (late(WayIn::Sockets), late(WayIn::Workers)));
    survey.sights.extend([sockets.sight, workers.sight]);
    survey.sockets = sockets.seen;
    survey.workers = workers.seen.unwrap_or_default();
    surveyed.survey = survey;
    Ok(surveyed)
}

/// Starts a look in a thread of its own. One that does not come back ends with the process.
fn start<T: Send + 'static>(
    look: impl FnOnce() -> T + Send + 'static,
) -> Result<Receiver<T>, Failure> {
    let (answer, answers) = channel();
    thread::Builder::new()
        .spawn(move || _ = answer.send(look()))
        .map_err(|error| {
            Failure::new(
                ExitCode::NoLane,
                anyhow::Error::new(error).context("cannot start a thread to look with"),
            )
        })?;
    Ok(answers)
}

/// Its answer, if it comes in time.
fn within<T>(answers: &Receiver<T>, began: Instant) -> Option<T> {
    // A lane keeps its own limit; this one is for what has none, such as a file system that hangs.
    let grace = Duration::from_millis(500);
    answers
        .recv_timeout((LIMIT + grace).saturating_sub(began.elapsed()))
        .ok()
}

fn late<T>(way: WayIn) -> Beside<T> {
    let what = format!("no answer within {} s", LIMIT.as_secs());
    Beside {
        sight: Sight::new(way, Standing::Closed, what, LIMIT),
        seen: None,
    }
}

fn labels(target: &Target) -> String {
    let labels: Vec<String> = target
        .endpoints
        .iter()
        .map(crate::connect::Endpoint::label)
        .collect();
    labels.join(", ")
}

/// Looks through what opened, and keeps one lane: the one that takes no slot, unless slots are free.
fn over_database(
    target: &Target,
    login: Knock,
    replication: Knock,
    survey: &mut Survey,
) -> Result<Surveyed, Failure> {
    let password_needed = login.password_needed || replication.password_needed;
    let mut refusals = login.refusals;
    refusals.extend(replication.refusals);
    let mut sights = [login.sight, replication.sight];
    let lane = |lane| OpenLane::new(lane, LOOK);
    let mut login = login.lane.map(lane);
    let mut replication = replication.lane.map(lane);
    let mut snapshot: Option<(WayIn, Snapshot)> = None;
    for (at, (way, lane)) in [
        (WayIn::Login, &mut login),
        (WayIn::Replication, &mut replication),
    ]
    .into_iter()
    .enumerate()
    {
        let Some(open) = lane else { continue };
        match open.look(TEXT) {
            Ok(seen) => {
                sights[at].what = can_do(way, &seen);
                if way == WayIn::Login {
                    let server = &seen.server;
                    let capacity = seen.capacity();
                    let (slot, how) =
                        own_slot(&capacity, server.role_superuser, server.role_reserved);
                    survey.slot = Some(slot);
                    sights[at].what.push_str(&format!(
                        ", on {} slot: {how}",
                        match slot.name() {
                            "ordinary" => "an ordinary".to_owned(),
                            name => format!("a {name}"),
                        }
                    ));
                }
                if snapshot.is_none() {
                    snapshot = Some((way, seen));
                }
            }
            Err(error) => {
                sights[at].standing = Standing::Closed;
                sights[at].what = cannot_look(&error);
                *lane = None;
            }
        }
    }
    // Whoever has room may stay; in a full house the lane that takes no slot does.
    let room = snapshot
        .as_ref()
        .is_some_and(|(_, seen)| seen.capacity().ordinary.free > 0);
    if replication.is_some() && !room {
        login = None;
    }
    let kept = login.or(replication);
    let way = kept.map(|database| Way {
        target: target.clone(),
        database,
        refusals: refusals.clone(),
    });
    let mut surveyed = Surveyed {
        survey: Survey::default(),
        way,
        refusals,
        password_needed,
    };
    survey.sights.extend(sights);
    if let Some((over, seen)) = snapshot {
        again(&mut surveyed, survey, over, seen);
    }
    Ok(surveyed)
}

/// A second look through the kept lane, where slots are short: who comes and goes? What it sees is what counts.
fn again(surveyed: &mut Surveyed, survey: &mut Survey, over: WayIn, first: Snapshot) {
    let Some(way) = &mut surveyed.way else {
        survey.snapshot = Some(first);
        survey.seen_over = Some(over);
        return;
    };
    survey.seen_over = Some(match way.database.lane().kind() {
        LaneKind::Login => WayIn::Login,
        LaneKind::Replication => WayIn::Replication,
        LaneKind::Pgbouncer => WayIn::Pgbouncer,
    });
    let refused = survey
        .sights
        .iter()
        .flat_map(|sight| &sight.refused)
        .any(|kind| kind.is_for_slots());
    if !refused && first.capacity().ordinary.free > 0 && survey.seen_over == Some(over) {
        survey.snapshot = Some(first);
        return;
    }
    let began = Instant::now();
    thread::sleep(APART);
    match way.database.look(TEXT) {
        Ok(second) => {
            survey.churn = Churn::between(&first, &second, began.elapsed());
            survey.snapshot = Some(second);
        }
        Err(error) => {
            let kept = survey.seen_over;
            for sight in survey.sights.iter_mut().filter(|it| Some(it.way) == kept) {
                sight.standing = Standing::Closed;
                sight.what = cannot_look(&error);
            }
            surveyed.way = None;
            survey.snapshot = Some(first);
        }
    }
}

fn cannot_look(error: &LaneError) -> String {
    format!("it opened, and the first look failed: {error}")
}

/// What can be done over a lane, by the rights of the role.
fn can_do(way: WayIn, seen: &Snapshot) -> String {
    let server = &seen.server;
    let sees = if server.role_superuser || server.role_may_see {
        "sees everybody"
    } else {
        "sees only its own sessions in full"
    };
    let ends = if server.role_superuser {
        "may end anybody's session"
    } else if server.role_may_signal {
        "may end all but superusers' sessions"
    } else {
        "may end only its own sessions"
    };
    let slot = if way == WayIn::Replication {
        ", and takes no slot but a walsender"
    } else {
        ""
    };
    format!("role {} {sees}, {ends}{slot}", server.role)
}
