//! The course to the goal: after each look, whether to wait, to end more, or to stop.
//!
//! Pure: time comes in as an argument. Bounded by itself: a session is tried once, only those of the confirmed plan
//! are, and two batches that gained nothing end it.

use std::collections::HashSet;
use std::time::Duration;

use super::order::Class;
use crate::decide::capacity::Capacity;
use crate::decide::identity::SessionId;
use crate::decide::session::Session;

/// Sessions to one batch; what is still missing, but never more before the next look.
pub const BATCH: usize = 50;
/// So many batches in a row after which as much is missing as before are enough to know that more would not help.
const FRUITLESS: u32 = 2;

/// What to do after a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Enough is free, for now: look again, until so much time has passed.
    Hold(Duration),
    /// Enough was free all that time.
    Reached,
    /// So many more have to go.
    End(u32),
    /// Ending more would not help: what was freed is taken again, or was not freed at all.
    Fruitless(u32),
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Finish {
    /// So much is free, and stayed free.
    Reached,
    /// Nobody is left who may be ended.
    Exhausted,
    /// Batch after batch gained nothing.
    Fruitless,
    /// The operator stopped it.
    Interrupted,
    /// The next intent could not be written down.
    Unrecorded,
    /// Contact was lost: nobody knows.
    Lost,
}

words!(Finish);

/// What a batch that gained less than it should means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FirstLoss {
    /// Another batch.
    Endured,
    /// The end, for now.
    Told,
}

/// Where we are on the way.
#[derive(Debug, Clone)]
pub struct Course {
    goal: u32,
    stay: Duration,
    enough_since: Option<Duration>,
    /// How many were missing, and how many the batch was.
    before_batch: Option<(u32, usize)>,
    fruitless: u32,
    first_loss: FirstLoss,
    tried: HashSet<SessionId>,
}

impl Course {
    /// A course to `goal` ordinary slots that stay free for `stay`.
    pub fn to(goal: u32, stay: Duration) -> Self {
        Self {
            goal,
            stay,
            enough_since: None,
            before_batch: None,
            fruitless: 0,
            first_loss: FirstLoss::Endured,
            tried: HashSet::new(),
        }
    }

    /// The same, stopping as soon as a batch gained less than it should, so that the refill can be stopped first.
    #[must_use]
    pub fn to_first_loss(self) -> Self {
        Self {
            first_loss: FirstLoss::Told,
            ..self
        }
    }

    /// Goes on after that, as if nothing had been lost. Who was tried is not tried again.
    pub fn resume(&mut self) {
        self.first_loss = FirstLoss::Endured;
        self.fruitless = 0;
        self.before_batch = None;
    }

    /// What to do, seeing `capacity` at time `at` since some fixed moment.
    pub fn judge(&mut self, capacity: &Capacity, at: Duration) -> Step {
        let missing = capacity.missing(self.goal);
        if missing == 0 {
            let since = *self.enough_since.get_or_insert(at);
            let left = (since + self.stay).saturating_sub(at);
            return if left.is_zero() {
                Step::Reached
            } else {
                Step::Hold(left)
            };
        }
        self.enough_since = None;
        if let Some((before, batch)) = self.before_batch.take() {
            self.fruitless = if missing >= before {
                self.fruitless + 1
            } else {
                0
            };
            let batch = u32::try_from(batch).unwrap_or(u32::MAX);
            if self.first_loss == FirstLoss::Told && missing > before.saturating_sub(batch) {
                return Step::Fruitless(missing);
            }
        }
        if self.fruitless >= FRUITLESS {
            return Step::Fruitless(missing);
        }
        Step::End(missing)
    }

    /// The next batch for `missing` slots: those of `ranked` that are `confirmed` and were not tried yet. Heads of
    /// lock queues make a batch of their own, for what waits behind them may go by itself.
    pub fn batch(
        &mut self,
        ranked: &[(Class, Session)],
        confirmed: &[Session],
        missing: u32,
    ) -> Vec<SessionId> {
        let confirmed: HashSet<SessionId> = confirmed.iter().map(|session| session.id).collect();
        let most = usize::try_from(missing).unwrap_or(usize::MAX).min(BATCH);
        let mut first = None;
        let batch: Vec<SessionId> = ranked
            .iter()
            .filter(|(_, session)| {
                confirmed.contains(&session.id) && !self.tried.contains(&session.id)
            })
            .take_while(|(class, _)| {
                let head = *class == Class::Head;
                *first.get_or_insert(head) == head
            })
            .map(|(_, session)| session.id)
            .take(most)
            .collect();
        self.before_batch = Some((missing, batch.len()));
        self.tried.extend(batch.iter().copied());
        batch
    }
}
