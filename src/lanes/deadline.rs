//! A moment by which something must be over.
//!
//! Stage: every wait inside `lanes` takes one, so that a mute server cannot hold the tool.
//! Never: waits by itself.

use std::time::{Duration, Instant};

/// A moment on the monotonic clock, and the limit it came from (for the error text).
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    at: Instant,
    limit: Duration,
}

impl Deadline {
    /// `limit` from now.
    pub fn after(limit: Duration) -> Self {
        let now = Instant::now();
        // A century stands in for a limit too long for the clock.
        let far = Duration::from_secs(60 * 60 * 24 * 36_500);
        Self {
            at: now.checked_add(limit.min(far)).unwrap_or(now),
            limit,
        }
    }

    /// What is left; `None` once it is over. Never zero, because a zero socket timeout means "for ever".
    pub fn remaining(self) -> Option<Duration> {
        let left = self.at.checked_duration_since(Instant::now())?;
        (left >= Duration::from_millis(1)).then_some(left)
    }

    /// Whether it is over.
    pub fn is_over(self) -> bool {
        self.remaining().is_none()
    }

    /// The earlier of the two.
    pub fn or_earlier(self, other: Self) -> Self {
        if other.at < self.at { other } else { self }
    }

    /// The limit as it was given.
    pub fn limit(self) -> Duration {
        self.limit
    }
}
