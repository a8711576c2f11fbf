//! Can an ordinary role log in? Measured with a fresh connection, which is closed again at once.
//!
//! One attempt, one query, no retry: the question is whether a client that connects now is let in.

use std::time::{Duration, Instant};

use super::Context;
use super::database::OpenLane;
use super::lockout::summary;
use super::survey::{once, refused};
use crate::connect::Target;
use crate::decide::admission::{Admission, Tried, judge};
use crate::decide::capacity::Capacity;
use crate::decide::survey::Refused;
use crate::error::Failure;
use crate::lanes::LaneKind;
use crate::observe::{QueryText, Source};

/// How long the login and its query may take together.
pub const LIMIT: Duration = Duration::from_secs(3);

/// The target as `role` would reach it; as the connection's own role without one.
pub fn target_of(context: &Context, role: Option<&str>) -> Result<Target, Failure> {
    let mut context = context.clone();
    if let Some(role) = role {
        context.connection.username = Some(role.to_owned());
    }
    context.target()
}

/// Tries one login to `target`. `seen` is what an open lane says of the slots.
pub fn measure(target: &Target, seen: Option<&Capacity>) -> Admission {
    let began = Instant::now();
    let tried = log_in(target, began);
    judge(&target.user, tried, began.elapsed(), seen)
}

fn log_in(target: &Target, began: Instant) -> Tried {
    let lockout = match once(target, LaneKind::Login, LIMIT) {
        Ok(lane) => {
            let left = LIMIT.saturating_sub(began.elapsed());
            let mut lane = OpenLane::new(lane, left);
            return match lane.look(QueryText::First(0)) {
                Ok(snapshot) => Tried::LoggedIn(Box::new(snapshot)),
                Err(error) => Tried::Refused(
                    Refused::Other,
                    format!("it was let in, and its query failed: {error}"),
                ),
            };
        }
        Err(lockout) => lockout,
    };
    // The last endpoint's word is what the client would have seen.
    match lockout.refusals.last() {
        Some(counted) => Tried::Refused(refused(counted.explanation.variant), summary(counted)),
        None => Tried::Refused(Refused::NoAnswer, lockout.to_string()),
    }
}
