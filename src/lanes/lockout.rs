//! The report of a lockout: what was tried, what each lane answered, and what to type next.
//!
//! Stage: the end of [`super::open()`] when no lane opened; also the count of refusals on the way to one that did.
//! Never: drops a reason. The same refusal met again is counted, not repeated.

use super::LaneKind;
use super::explain::{Explanation, ON_DATABASE_HOST, Variant, explain};
use super::failure::{Cause, Refusal};
use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};
use std::time::Duration;

/// One kind of refusal by one lane at one endpoint: the latest, explained, and how often it came.
#[derive(Debug, Clone)]
pub struct Counted {
    /// The latest.
    pub refusal: Refusal,
    /// What it means.
    pub explanation: Explanation,
    /// How often.
    pub count: u32,
}

/// How often each lane was tried, all endpoints and second attempts counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Attempts {
    /// Over the login lane.
    pub login: u32,
    /// Over the replication lane.
    pub replication: u32,
    /// At a pooler's console.
    #[serde(skip_serializing_if = "none")]
    pub pgbouncer: u32,
}

/// A key that is only there when the console was tried.
fn none(attempts: &u32) -> bool {
    *attempts == 0
}

/// No lane opened.
#[derive(Debug, Clone)]
pub struct Lockout {
    /// How often each lane was tried.
    pub attempts: Attempts,
    /// Every kind of refusal met, in the order they first came.
    pub refusals: Vec<Counted>,
    /// Whether a password would have been needed and none was at hand: ask for one and open again.
    pub password_needed: bool,
    /// From the first attempt to giving up.
    pub elapsed: Duration,
}

/// Collects refusals while lanes are tried.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) attempts: Attempts,
    pub(crate) refusals: Vec<Counted>,
}

impl Tally {
    /// Counts one refusal.
    pub(crate) fn add(&mut self, refusal: Refusal) {
        let explanation = explain(&refusal);
        *self.attempts.of(refusal.lane) += 1;
        let same = |counted: &&mut Counted| {
            counted.refusal.lane == refusal.lane
                && counted.refusal.endpoint == refusal.endpoint
                && counted.explanation.variant == explanation.variant
        };
        match self.refusals.iter_mut().find(same) {
            Some(counted) => {
                counted.count += 1;
                counted.refusal = refusal;
                counted.explanation = explanation;
            }
            None => self.refusals.push(Counted {
                refusal,
                explanation,
                count: 1,
            }),
        }
    }
}

impl Attempts {
    fn of(&mut self, lane: LaneKind) -> &mut u32 {
        match lane {
            LaneKind::Login => &mut self.login,
            LaneKind::Replication => &mut self.replication,
            LaneKind::Pgbouncer => &mut self.pgbouncer,
        }
    }

    /// All lanes together.
    pub fn total(&self) -> u32 {
        self.login + self.replication + self.pgbouncer
    }
}

impl Lockout {
    pub(crate) fn new(tally: Tally, elapsed: Duration) -> Self {
        Self {
            password_needed: tally
                .refusals
                .iter()
                .any(|counted| counted.refusal.cause == Cause::PasswordMissing),
            attempts: tally.attempts,
            refusals: tally.refusals,
            elapsed,
        }
    }

    /// What to type next: every explanation's own commands, each once and without those into a lane that is known to be
    /// closed, then the ways in that need no database.
    pub fn next(&self) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        let own = self
            .refusals
            .iter()
            .flat_map(|it| it.explanation.next.iter());
        let side_door_closed = self.attempts.replication > 0;
        for line in own {
            let useless = side_door_closed && line.ends_with("--lane replication");
            if !useless && !lines.contains(line) {
                lines.push(line.clone());
            }
        }
        if self.is_full() && !lines.iter().any(|it| it == ON_DATABASE_HOST) {
            lines.push(ON_DATABASE_HOST.to_owned());
        }
        lines
    }

    /// Whether any lane was refused because something ran out on the server.
    pub fn is_full(&self) -> bool {
        self.refusals
            .iter()
            .any(|counted| counted.explanation.variant.is_exhaustion())
    }

    /// Whether this kind of refusal was met.
    pub fn met(&self, variant: Variant) -> bool {
        self.refusals
            .iter()
            .any(|counted| counted.explanation.variant == variant)
    }
}

impl std::fmt::Display for Lockout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "no lane is open")?;
        for counted in &self.refusals {
            write!(
                f,
                "; {} at {}: {}",
                counted.refusal.lane.name(),
                counted.refusal.endpoint,
                counted.explanation.what
            )?;
        }
        Ok(())
    }
}

impl std::error::Error for Lockout {}

impl Serialize for Counted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self {
            refusal,
            explanation,
            count,
        } = self;
        let server = refusal.server();
        let mut out = serializer.serialize_struct("Refusal", 17)?;
        out.serialize_field("lane", refusal.lane.name())?;
        out.serialize_field("endpoint", &refusal.endpoint)?;
        out.serialize_field("stage", refusal.stage.name())?;
        out.serialize_field("variant", explanation.variant.name())?;
        out.serialize_field("count", count)?;
        out.serialize_field("what", &explanation.what)?;
        out.serialize_field("proves", &explanation.proves)?;
        out.serialize_field("next", &explanation.next)?;
        out.serialize_field("retry", &explanation.retry)?;
        out.serialize_field("encrypted", &refusal.encrypted)?;
        out.serialize_field("auth_reached", &refusal.auth_reached)?;
        out.serialize_field("pooler", &refusal.from_pooler())?;
        out.serialize_field("sqlstate", &refusal.sqlstate())?;
        out.serialize_field("routine", &server.and_then(|it| it.routine.as_deref()))?;
        out.serialize_field("message", &server.map(|it| it.message.as_str()))?;
        out.serialize_field("detail", &server.and_then(|it| it.detail.as_deref()))?;
        out.serialize_field("hint", &server.and_then(|it| it.hint.as_deref()))?;
        out.end()
    }
}

impl Serialize for Lockout {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Lockout", 5)?;
        out.serialize_field("attempts", &self.attempts)?;
        out.serialize_field("password_needed", &self.password_needed)?;
        out.serialize_field("elapsed_seconds", &self.elapsed.as_secs_f64())?;
        out.serialize_field("refusals", &self.refusals)?;
        out.serialize_field("next", &self.next())?;
        out.end()
    }
}
