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

/// A limit as a sentence has it: what is left of three seconds after a few microseconds are three seconds.
pub fn rounded(limit: Duration) -> Duration {
    let millis = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(match millis {
        0..950 => millis,
        _ => millis.saturating_add(50) / 100 * 100,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_shown_as_it_was_meant() {
        let shown = |nanos| format!("{:?}", rounded(Duration::from_nanos(nanos)));
        assert_eq!(shown(2_999_999_892), "3s");
        assert_eq!(shown(2_500_000_000), "2.5s");
        assert_eq!(shown(250_000_001), "250ms");
    }
}
