//! The count against capacity, judged for a monitoring system.
//!
//! Pure: what was measured in, a [`Verdict`] out. The denominator is what an ordinary role may use, never
//! `max_connections`: with a reserve the two differ, and applications are refused at the smaller one.

pub mod projection;
mod status;
pub mod threshold;

pub use self::status::Status;

use std::time::Duration;

use self::projection::Projection;
use self::threshold::Thresholds;
use super::capacity::{Capacity, Slots};
use super::runbook::Runbook;
use super::session::{Session, State};
use super::snapshot::{NamedLimit, Snapshot};

/// Which sessions are counted instead of the slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum Counted {
    /// Idle with a transaction open, or with a failed one, at least this long.
    #[strum(serialize = "idle in transaction")]
    IdleInTransaction(Duration),
    /// Idle outside a transaction.
    Idle(Duration),
    /// Running a statement.
    Active(Duration),
    /// In a transaction, whatever it does there.
    #[strum(serialize = "in a transaction")]
    InTransaction(Duration),
}

words!(Counted);

impl Counted {
    /// For at least how long.
    pub fn age(self) -> Duration {
        match self {
            Self::IdleInTransaction(age)
            | Self::Idle(age)
            | Self::Active(age)
            | Self::InTransaction(age) => age,
        }
    }

    fn holds(self, session: &Session) -> bool {
        let lasted = match self {
            Self::IdleInTransaction(_) => idle_in_transaction(session),
            Self::Idle(_) => session.idle_for(),
            Self::Active(_) => session.active_for(),
            Self::InTransaction(_) => session.in_transaction_for,
        };
        lasted.is_some_and(|lasted| lasted >= self.age())
    }
}

/// For how long it has kept its transaction open without a statement.
fn idle_in_transaction(session: &Session) -> Option<Duration> {
    let idle = matches!(
        session.state,
        Some(State::IdleInTransaction | State::Aborted)
    );
    session.state_for.filter(|_| idle)
}

/// What is asked of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// When to complain.
    pub thresholds: Thresholds,
    /// Of these sessions' number; of the ordinary slots without.
    pub counted: Option<Counted>,
    /// Whether a role or database at its own limit is a reason to complain.
    pub judge_limits: bool,
}

/// A login that was refused on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Over which lane.
    pub lane: &'static str,
    /// The stable word for it.
    pub variant: &'static str,
    /// Whether something ran out on the server.
    pub exhaustion: bool,
    /// What it means; untrusted.
    pub what: String,
}

/// What the samples say.
#[derive(Debug, Clone, PartialEq)]
pub enum Samples {
    /// There are none of this server.
    None,
    /// The last one is so old; where the slots go from there.
    Known {
        /// Age of the last.
        age: Duration,
        /// How the recent ones run on.
        projection: Projection,
    },
    /// They cannot be read, for this reason.
    Unreadable(String),
}

/// Everything one run found out.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// The name the server goes by, as its samples do.
    pub server: String,
    /// This host's clock, microseconds since 1970.
    pub at: i64,
    /// How long it took.
    pub took: Duration,
    /// Over which lane the look was.
    pub lane: Option<&'static str>,
    /// The look, if a lane opened.
    pub snapshot: Option<Snapshot>,
    /// Logins refused before that, or instead.
    pub refusals: Vec<Refusal>,
    /// Why there is no look, when it was not a refusal for lack of slots.
    pub failure: Option<String>,
    /// What the samples say.
    pub samples: Samples,
}

/// A role or a database against its own limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnLimit {
    /// `role` or `database`.
    pub of: &'static str,
    /// Its name; raw text of the server.
    pub name: String,
    /// Sessions it has.
    pub used: u32,
    /// Sessions it may have.
    pub limit: u32,
}

/// What the look says, in numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Numbers {
    /// Slots ordinary roles may use.
    pub ordinary: Slots,
    /// How the number of them is reckoned.
    pub formula: String,
    /// Roles and databases with a limit.
    pub limits: Vec<OwnLimit>,
    /// The session that has idled longest in its transaction, and for how long.
    pub oldest_idle_in_transaction: Option<(Session, Duration)>,
    /// Sessions that wait for a lock.
    pub waiting: u32,
    /// Logins that are not finished; `None` where the server does not show them (before 18).
    pub authenticating: Option<u32>,
    /// Sessions whose particulars are hidden from the role.
    pub hidden: u32,
    /// Sessions by state.
    pub states: Vec<(&'static str, u32)>,
    /// How many are in the state that was asked for.
    pub counted: Option<u32>,
}

/// The judgement.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// In one word.
    pub status: Status,
    /// Why, the worst first; untrusted text may be in it.
    pub reasons: Vec<String>,
    /// The numbers, if there was a look.
    pub numbers: Option<Numbers>,
    /// The page for what is wrong, where something is.
    pub runbook: Option<Runbook>,
}

impl Verdict {
    /// Something went wrong besides: it is said first unless something worse was found.
    pub fn complain(&mut self, status: Status, reason: String) {
        let worse = status.weight() > self.status.weight();
        let at = if worse { 0 } else { self.reasons.len() };
        self.reasons.insert(at, reason);
        self.status = self.status.worse(status);
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Who holds a slot, but for the check itself, which is gone in a moment.
fn holders(snapshot: &Snapshot) -> impl Iterator<Item = &Session> {
    snapshot.holders().filter(|it| !snapshot.ours(it))
}

/// Counts.
pub fn numbers(snapshot: &Snapshot, counted: Option<Counted>) -> Numbers {
    let holders = || holders(snapshot);
    let mut states: Vec<(&'static str, u32)> = State::ALL.map(|it| (it.name(), 0)).to_vec();
    states.push(("hidden", 0));
    for session in holders() {
        let name = session.state.map_or("hidden", |state| state.name());
        if let Some(state) = states.iter_mut().find(|(known, _)| *known == name) {
            state.1 += 1;
        }
    }
    let oldest = holders()
        .filter_map(|session| Some((session, idle_in_transaction(session)?)))
        .max_by_key(|(_, age)| *age);
    Numbers {
        ordinary: Capacity::of(&snapshot.limits, number(holders().count())).ordinary,
        formula: snapshot.limits.formula(),
        limits: own_limits(snapshot),
        oldest_idle_in_transaction: oldest.map(|(session, age)| (session.clone(), age)),
        waiting: number(holders().filter(|it| it.waits_for_lock()).count()),
        authenticating: snapshot.authenticating().map(number),
        hidden: number(holders().filter(|it| it.hidden).count()),
        states,
        counted: counted
            .map(|counted| number(holders().filter(|session| counted.holds(session)).count())),
    }
}

/// Limits that hold somebody. No limit holds a superuser, and a limit of 0 is a door somebody shut on purpose.
fn own_limits(snapshot: &Snapshot) -> Vec<OwnLimit> {
    let superuser = |role: &str| {
        holders(snapshot).any(|it| it.user.as_deref() == Some(role) && it.superuser == Some(true))
    };
    let of = |of: &'static str, limit: &NamedLimit, name: fn(&Session) -> Option<&str>| OwnLimit {
        of,
        name: limit.name.clone(),
        used: number(
            holders(snapshot)
                .filter(|it| name(it) == Some(&limit.name))
                .count(),
        ),
        limit: limit.limit,
    };
    let roles = snapshot
        .role_limits
        .iter()
        .filter(|it| !superuser(&it.name))
        .map(|it| of("role", it, |session| session.user.as_deref()));
    let databases = snapshot
        .database_limits
        .iter()
        .map(|it| of("database", it, |session| session.database.as_deref()));
    roles.chain(databases).filter(|it| it.limit > 0).collect()
}

/// Judges what was measured.
pub fn judge(measured: &Measured, question: &Question) -> Verdict {
    let mut found: Vec<(Status, String)> = Vec::new();
    let full = measured.refusals.iter().find(|it| it.exhaustion);
    if let Some(refusal) = full {
        found.push((
            Status::Critical,
            format!("refused ({}): {}", refusal.variant, refusal.what),
        ));
    }
    if let Some(failure) = &measured.failure {
        found.push((Status::Unknown, failure.clone()));
    }
    let numbers = measured
        .snapshot
        .as_ref()
        .map(|snapshot| numbers(snapshot, question.counted));
    if let (Some(numbers), Some(snapshot)) = (&numbers, &measured.snapshot) {
        if snapshot.capacity().is_known() {
            judge_slots(numbers, question, full.is_some(), &mut found);
        } else {
            let what = "the server does not say how many slots there are".to_owned();
            found.push((Status::Unknown, what));
        }
        if let (Some(counted), Some(count)) = (question.counted, numbers.counted) {
            found.push(judge_counted(counted, count, numbers.hidden, question));
        }
        for limit in numbers.limits.iter().filter(|_| question.judge_limits) {
            found.extend(judge_limit(limit, &question.thresholds));
        }
    }
    if let Samples::Unreadable(sentence) = &measured.samples {
        found.push((Status::Unknown, format!("samples: {sentence}")));
    }
    found.sort_by_key(|(status, _)| std::cmp::Reverse(status.weight()));
    let status = found
        .iter()
        .fold(Status::Ok, |worst, (status, _)| worst.worse(*status));
    Verdict {
        status,
        runbook: matches!(status, Status::Warning | Status::Critical)
            .then(|| runbook(measured, question)),
        reasons: found
            .into_iter()
            .filter(|(status, _)| *status != Status::Ok)
            .map(|(_, reason)| reason)
            .collect(),
        numbers,
    }
}

/// The page for a complaint. Where the look shows nothing that stands out, it is about the slots.
fn runbook(measured: &Measured, question: &Question) -> Runbook {
    if let Some(Counted::IdleInTransaction(_) | Counted::InTransaction(_)) = question.counted {
        return Runbook::IdleInTransaction;
    }
    let seen = measured.snapshot.as_ref();
    match seen.map(|snapshot| Runbook::fitting(snapshot, false)) {
        Some(fitting) => fitting.unwrap_or(Runbook::ConnectionsExhausted),
        None => Runbook::NobodyGetsIn,
    }
}

fn judge_slots(
    numbers: &Numbers,
    question: &Question,
    refused: bool,
    found: &mut Vec<(Status, String)>,
) {
    let slots = numbers.ordinary;
    if slots.free == 0 {
        let what = "no slot is left for an ordinary role".to_owned();
        found.push((Status::Critical, what));
    } else if refused && numbers.authenticating.is_none() {
        let what = format!(
            "{} of {} slots are listed: logins that have not finished hold slots and are not shown before 18",
            slots.used, slots.total
        );
        found.push((Status::Critical, what));
    }
    if question.counted.is_some() {
        return;
    }
    let thresholds = &question.thresholds;
    if let Some(sentence) = thresholds.contradiction(slots.total) {
        found.push((Status::Unknown, sentence));
    }
    if slots.free == 0 {
        return;
    }
    let what = |threshold: &threshold::Threshold| {
        format!(
            "{} of {} ordinary slots used, {} left; the threshold is {threshold}",
            slots.used, slots.total, slots.free
        )
    };
    found.extend(thresholds.judge(slots.used, slots.total, what));
}

fn judge_counted(
    counted: Counted,
    count: u32,
    hidden: u32,
    question: &Question,
) -> (Status, String) {
    let what = |threshold: &threshold::Threshold| {
        format!(
            "{count} sessions {}; the threshold is {threshold}",
            counted.name()
        )
    };
    match question.thresholds.judge(count, 0, what) {
        Some(found) => found,
        // What cannot be seen may be over the threshold.
        None if hidden > 0 => (
            Status::Unknown,
            format!(
                "the states of {hidden} sessions are hidden from this role; GRANT pg_monitor to it"
            ),
        ),
        None => (Status::Ok, String::new()),
    }
}

/// Percentages hold for every limit; a count or a number left was meant for the server's slots.
fn judge_limit(limit: &OwnLimit, thresholds: &Thresholds) -> Option<(Status, String)> {
    let OwnLimit {
        of,
        name,
        used,
        limit,
    } = limit;
    if used >= limit {
        let what = format!("{of} {name} is at its CONNECTION LIMIT: {used} of {limit}");
        return Some((Status::Critical, what));
    }
    let what = |threshold: &threshold::Threshold| {
        format!(
            "{of} {name}: {used} of its CONNECTION LIMIT of {limit}; the threshold is {threshold}"
        )
    };
    thresholds.of_percentages().judge(*used, *limit, what)
}

#[cfg(test)]
mod tests;
