//! What was sampled of one server, as far as headroom is concerned.
//!
//! Pure.

use super::trend::{DAY, Day};
use crate::decide::snapshot::NamedLimit;

/// One sample, as far as headroom is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// When, microseconds since 1970.
    pub at: i64,
    /// Slots taken.
    pub used: u32,
    /// Ordinary slots there were.
    pub capacity: u32,
    /// Whether a login was refused for lack of room.
    pub refused: bool,
}

/// The daily peaks of an application or a role.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Named {
    /// Its name; raw text of the server.
    pub name: String,
    /// Whether it is a superuser; `None` when unknown, or no role.
    pub superuser: Option<bool>,
    /// The most in one sample of each day, by day.
    pub days: Vec<(Day, u32)>,
}

impl Named {
    /// The most in any sample.
    pub fn peak(&self) -> u32 {
        self.days.iter().map(|(_, most)| *most).max().unwrap_or(0)
    }

    pub(super) fn peak_between(&self, from: Day, to: Day) -> u32 {
        let within = self.days.iter().filter(|(day, _)| (from..to).contains(day));
        within.map(|(_, most)| *most).max().unwrap_or(0)
    }
}

/// Everything that was sampled of one server.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History {
    /// The samples, sorted by time.
    pub points: Vec<Point>,
    /// Applications.
    pub applications: Vec<Named>,
    /// Roles.
    pub roles: Vec<Named>,
    /// Roles' limits at the last sample.
    pub role_limits: Vec<NamedLimit>,
    /// How often a sample says an earlier time than the one before it.
    pub clock_went_back: u32,
    /// Samples that are dated after now, and left out.
    pub after_now: u32,
    /// Refused for another reason than lack of room: they say nothing about slots.
    pub not_counted: u32,
}

impl Point {
    pub(super) fn full(&self) -> bool {
        self.refused || self.used >= self.capacity
    }

    pub(super) fn day(&self) -> Day {
        self.at.div_euclid(DAY)
    }
}
