//! Tries one lane once: every endpoint in its order, `sslmode`'s second attempt, `options` refused by a pooler, and
//! `target_session_attrs`.
//!
//! Stage: between [`super::open()`], which decides when to try, and the lanes, which try one socket.
//! Never: holds two connections at once, and never forgets an endpoint's failure.

use super::attempt::{Attempt, Progress};
use super::deadline::Deadline;
use super::encryption;
use super::failure::{Cause, Refusal, Stage};
use super::suitable::{Round, rounds, unsuitable};
use super::{Lane, LaneKind, login, replication};
use crate::connect::{Endpoint, Target};
use std::time::Duration;

/// What every attempt shares.
#[derive(Clone, Copy)]
pub(crate) struct Knocker<'a> {
    /// Whom to come as, and where.
    pub target: &'a Target,
    /// Limit for one endpoint.
    pub connect_timeout: Duration,
    /// Limit for everything.
    pub total: Deadline,
}

/// A lane, or nothing, and every refusal met on the way.
pub(crate) struct Knocked {
    /// The open lane.
    pub lane: Option<Box<dyn Lane>>,
    /// In the order they happened.
    pub refusals: Vec<Refusal>,
}

impl Knocker<'_> {
    /// Tries `lane` at the endpoints in turn until one opens. `refused_before` counts the attempts of earlier calls.
    pub(crate) fn knock(&self, lane: LaneKind, refused_before: u32) -> Knocked {
        let mut refusals = Vec::new();
        for round in rounds(self.target.session_attrs) {
            let mut order: Vec<&Endpoint> = self.target.endpoints.iter().collect();
            if self.target.random_order {
                fastrand::shuffle(&mut order);
            }
            // A second round only helps where an endpoint was open and not of the wanted kind.
            if *round == Round::Anything && !refusals.iter().any(is_unsuitable) {
                break;
            }
            for endpoint in order {
                if self.total.is_over() {
                    break;
                }
                if let Some(open) =
                    self.endpoint(lane, endpoint, *round, refused_before, &mut refusals)
                {
                    return Knocked {
                        lane: Some(open),
                        refusals,
                    };
                }
            }
        }
        Knocked {
            lane: None,
            refusals,
        }
    }

    /// Tries one endpoint, twice where `sslmode` or a pooler's dislike of `options` gives a reason to.
    fn endpoint(
        &self,
        lane: LaneKind,
        endpoint: &Endpoint,
        round: Round,
        refused_before: u32,
        refusals: &mut Vec<Refusal>,
    ) -> Option<Box<dyn Lane>> {
        let mode = self.target.ssl.mode;
        let limit = Deadline::after(self.connect_timeout);
        let mut attempt = Attempt {
            target: self.target,
            endpoint,
            encryption: encryption::first(mode, &endpoint.host),
            with_options: true,
            refused_before,
            deadline: limit.or_earlier(self.total),
        };
        let mut may_change_encryption = true;
        loop {
            attempt.refused_before =
                refused_before.saturating_add(u32::try_from(refusals.len()).unwrap_or(u32::MAX));
            let refusal = match open_one(lane, &attempt) {
                Ok(open) => match self.check(open, &attempt, round) {
                    Ok(open) => return Some(open),
                    Err(refusal) => {
                        refusals.push(refusal);
                        return None;
                    }
                },
                Err(refusal) => refusal,
            };
            let other_way = encryption::second(mode, &endpoint.host, &refusal)
                .filter(|_| may_change_encryption);
            let without_options = attempt.options().is_some() && options_refused(&refusal);
            refusals.push(refusal);
            if without_options {
                attempt.with_options = false;
            } else if let Some(encryption) = other_way {
                attempt.encryption = encryption;
                may_change_encryption = false;
            } else {
                return None;
            }
            if attempt.deadline.is_over() {
                return None;
            }
        }
    }

    /// Keeps the lane when the server is of the wanted kind; closes it otherwise.
    fn check(
        &self,
        mut lane: Box<dyn Lane>,
        attempt: &Attempt<'_>,
        round: Round,
    ) -> Result<Box<dyn Lane>, Refusal> {
        let Some(what) = unsuitable(
            lane.as_mut(),
            self.target.session_attrs,
            round,
            attempt.deadline,
        ) else {
            return Ok(lane);
        };
        let progress = Progress {
            stage: Stage::After,
            encrypted: lane.greeting().encrypted,
            connected_in: lane.greeting().connected_in,
        };
        Err(Refusal {
            auth_reached: true,
            authenticated: true,
            ..attempt.refuse(lane.kind(), progress, Cause::Unsuitable(what))
        })
    }
}

fn open_one(lane: LaneKind, attempt: &Attempt<'_>) -> Result<Box<dyn Lane>, Refusal> {
    Ok(match lane {
        LaneKind::Replication => Box::new(replication::open_replication(attempt)?),
        // The console answers no SQL and is never asked for here; see `open_console`.
        LaneKind::Login | LaneKind::Pgbouncer => Box::new(login::open_login(attempt)?),
    })
}

fn is_unsuitable(refusal: &Refusal) -> bool {
    matches!(refusal.cause, Cause::Unsuitable(_))
}

/// PgBouncer's own words, which it does not translate: "unsupported startup parameter: options", or
/// "unsupported startup parameter in options: …".
fn options_refused(refusal: &Refusal) -> bool {
    refusal.from_pooler()
        && refusal.server().is_some_and(|error| {
            error.message.contains("unsupported startup parameter")
                && error.message.contains("options")
        })
}
