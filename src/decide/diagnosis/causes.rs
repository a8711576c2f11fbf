//! What holds the slots, each cause weighed by the slots that it explains.
//!
//! Pure.

use crate::decide::form;
use crate::decide::identity::SessionId;
use std::time::Duration;

use crate::decide::blocking::trees;
use crate::decide::breakdown::{Dimension, count_by};
use crate::decide::session::{Session, State};
use crate::decide::snapshot::Snapshot;
use crate::decide::survey::{Refused, Survey, WayIn};

/// A login that has been at it for this long is not merely slow.
pub const STALLED: Duration = Duration::from_secs(3);

/// An idle transaction this old has been forgotten.
pub const FORGOTTEN: Duration = Duration::from_secs(60);

/// What holds the slots.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Cause {
    /// Logins that are not through: they hold slots, and before 18 no view shows them.
    HalfAuthenticated {
        /// The oldest, where it could be seen.
        #[serde(rename = "oldest_seconds", serialize_with = "form::seconds::serialize")]
        oldest: Option<Duration>,
        /// Who saw them; `None`: nobody, they are what is missing between the refusals and the view.
        seen_by: Option<WayIn>,
    },
    /// One session that many wait for.
    LockQueue {
        /// The head; `None` for a prepared transaction.
        #[serde(serialize_with = "pid")]
        head: Option<SessionId>,
        /// How many wait for it.
        waiting: usize,
    },
    /// An application that logs in as a superuser, so that no reserve holds it off.
    Superusers {
        /// The application, or the role where it has no name.
        application: String,
    },
    /// Transactions that somebody opened and forgot.
    Leak {
        /// The application, or the role where it has no name.
        application: String,
        /// The oldest.
        #[serde(rename = "oldest_seconds", serialize_with = "form::seconds::serialize")]
        oldest: Option<Duration>,
    },
    /// Idle sessions: pools larger than what they are used for.
    IdlePool {
        /// The application, or the role where it has no name.
        application: String,
    },
    /// Statements that run.
    Busy {
        /// The application, or the role where it has no name.
        application: String,
    },
}

fn pid<S: serde::Serializer>(
    session: &Option<SessionId>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serde::Serialize::serialize(&session.map(|session| session.pid), serializer)
}

/// A cause, and what it weighs.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Found {
    /// What.
    #[serde(flatten)]
    pub cause: Cause,
    /// The slots it explains.
    pub slots: usize,
    /// Whether it explains at least half of those that are taken, and was seen.
    pub certain: bool,
}

/// Slots that are taken, those included that the view does not show.
fn taken(survey: &Survey, view: &Snapshot) -> usize {
    view.holders().count() + invisible(survey)
}

/// Slots that a login says are taken and that the view shows as free.
pub fn invisible(survey: &Survey) -> usize {
    let Some(snapshot) = &survey.snapshot else {
        return 0;
    };
    let refused = survey
        .sight(WayIn::Login)
        .is_some_and(|sight| sight.refused.contains(&Refused::EverySlot));
    let free = usize::try_from(snapshot.capacity().all.free).unwrap_or(0);
    if refused && !survey.is_open(WayIn::Login) {
        free
    } else {
        0
    }
}

/// All causes that explain a quarter of the slots that are taken, in the order in which they are to be dealt with.
pub(super) fn causes(survey: &Survey, view: &Snapshot) -> Vec<Found> {
    let taken = taken(survey, view);
    let mut found: Vec<Found> = [
        half_authenticated(survey, view),
        lock_queue(view),
        superusers(view),
        leak(view),
        of_state(view, |session| session.state == Some(State::Idle)).map(
            |(application, slots, _)| Found {
                cause: Cause::IdlePool { application },
                slots,
                certain: true,
            },
        ),
        of_state(view, |session| {
            session.runs() && session.blocked_by.is_empty()
        })
        .map(|(application, slots, _)| Found {
            cause: Cause::Busy { application },
            slots,
            certain: true,
        }),
    ]
    .into_iter()
    .flatten()
    .filter(|found| found.slots * 4 >= taken.max(1) && found.slots > 1)
    .collect();
    for one in &mut found {
        one.certain &= one.slots * 2 >= taken && view.hidden() * 4 < taken.max(1);
    }
    found
}

fn half_authenticated(survey: &Survey, view: &Snapshot) -> Option<Found> {
    let cause = |seen: Vec<&Session>, by| {
        let oldest = seen
            .iter()
            .filter_map(|session| session.connected_for)
            .max();
        Found {
            slots: seen.len(),
            certain: true,
            cause: Cause::HalfAuthenticated {
                oldest,
                seen_by: Some(by),
            },
        }
    };
    let stalled = |session: &&Session| {
        session.state == Some(State::Starting)
            && session.connected_for.is_some_and(|age| age >= STALLED)
    };
    let here = survey.backends.as_ref().map(|backends| {
        let starting: Vec<&Session> = backends.starting(STALLED).collect();
        cause(starting, WayIn::Backends)
    });
    let over = survey.seen_over.filter(|_| survey.snapshot.is_some());
    let there = over.map(|way| cause(view.holders().filter(stalled).collect(), way));
    // Where both see as many, the host's word counts: that is where they can be ended.
    let best = [there, here]
        .into_iter()
        .flatten()
        .max_by_key(|found| found.slots);
    let inferred = invisible(survey);
    match best {
        Some(found) if found.slots > 0 => Some(found),
        // What nobody sees may also be clients of a storm in the moment before they are refused.
        _ if inferred > 0 && survey.backends.is_none() => Some(Found {
            slots: inferred,
            certain: false,
            cause: Cause::HalfAuthenticated {
                oldest: None,
                seen_by: None,
            },
        }),
        _ => None,
    }
}

fn lock_queue(view: &Snapshot) -> Option<Found> {
    let trees = trees(view);
    let worst = trees.first()?;
    let head = worst.session.and_then(|index| view.sessions.get(index));
    Some(Found {
        slots: worst.released() + usize::from(head.is_some_and(Session::holds_slot)),
        certain: true,
        cause: Cause::LockQueue {
            head: head.map(|head| head.id),
            waiting: worst.released(),
        },
    })
}

fn superusers(view: &Snapshot) -> Option<Found> {
    let theirs = |session: &Session| session.superuser == Some(true) && !view.ours(session);
    let (application, slots, _) = of_state(view, theirs)?;
    let reserve = usize::try_from(view.limits.superuser_reserved).unwrap_or(0);
    // An administrator or two are what the reserve is for.
    (slots > reserve.max(2)).then_some(Found {
        cause: Cause::Superusers { application },
        slots,
        certain: true,
    })
}

fn leak(view: &Snapshot) -> Option<Found> {
    let (application, slots, oldest) = of_state(view, |session| {
        let open = matches!(
            session.state,
            Some(State::IdleInTransaction | State::Aborted)
        );
        // Titles do not tell since when; then the state alone has to do.
        open && session.state_for.is_none_or(|age| age >= FORGOTTEN)
    })?;
    Some(Found {
        cause: Cause::Leak {
            application,
            oldest,
        },
        slots,
        certain: true,
    })
}

/// Of the slot holders that are `meant`: whose most are, how many in all, and how long the oldest is in its state.
fn of_state(
    view: &Snapshot,
    meant: impl Fn(&Session) -> bool,
) -> Option<(String, usize, Option<Duration>)> {
    let those: Vec<&Session> = view
        .holders()
        .filter(|session| !view.ours(session) && meant(session))
        .collect();
    let oldest = those.iter().filter_map(|session| session.state_for).max();
    Some((named(&those)?.1, those.len(), oldest))
}

/// The application that most of these are of, or the role where applications have no names.
pub(super) fn named(those: &[&Session]) -> Option<(Dimension, String, usize)> {
    let first = |by| {
        let group = count_by(those.iter().copied(), by).into_iter().next()?;
        Some((by, group.name, group.count))
    };
    first(Dimension::Application)
        .filter(|(_, name, _)| !name.trim().is_empty())
        .or_else(|| first(Dimension::User))
}
