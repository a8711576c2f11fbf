//! Headroom: what the samples say about the distance to the last slot, and what the fleet could take.
//!
//! Pure: a history in, a [`Review`] out. Days and weeks are UTC's; a week begins on Monday. A sample is one moment:
//! peaks shorter than the interval between two are not in it, and nothing here pretends they are.

pub mod fleet;
pub mod limits;
pub mod prometheus;
mod sampled;
pub mod trend;

pub use self::sampled::{History, Named, Point};
pub use self::trend::DAY;

use std::collections::{BTreeMap, VecDeque};

use self::fleet::{Fleet, Reckoned};
use self::limits::RoleLimit;
use self::trend::{Day, Trend, quantile, trend};

/// A rise that takes longer than this is no deploy.
const DEPLOY: i64 = 1_800_000_000;

/// One week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Week {
    /// Its Monday.
    pub monday: Day,
    /// The most slots in one sample.
    pub peak: u32,
    /// Ordinary slots at that moment.
    pub capacity: u32,
    /// How many samples there are.
    pub samples: u32,
    /// In how many of them no ordinary slot was left.
    pub full: u32,
}

/// How one application grows.
#[derive(Debug, Clone, PartialEq)]
pub struct Growth {
    /// Its name; raw text of the server.
    pub application: String,
    /// Its peak in all.
    pub peak: u32,
    /// Its peak in the first four weeks.
    pub first: u32,
    /// Its peak in the last four weeks.
    pub last: u32,
    /// Its daily peaks' slope, in connections a day, with the interval; `None` where the days are too few.
    pub slope: Option<(f64, f64, f64)>,
}

/// A rise within half an hour, as a deploy makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rise {
    /// When it was at its top, microseconds since 1970.
    pub at: i64,
    /// From.
    pub from: u32,
    /// To.
    pub to: u32,
}

/// What headroom says.
#[derive(Debug, Clone, PartialEq)]
pub struct Review {
    /// The first and the last sample, microseconds since 1970.
    pub span: (i64, i64),
    /// How many samples.
    pub samples: usize,
    /// The usual time between two, microseconds.
    pub interval: i64,
    /// Ordinary slots now: the ceiling.
    pub capacity: u32,
    /// Other numbers of ordinary slots there were before.
    pub capacities_before: Vec<u32>,
    /// Slots taken: half of the samples are at or below this.
    pub p50: u32,
    /// Nineteen of twenty are.
    pub p95: u32,
    /// The most.
    pub max: u32,
    /// Samples without an ordinary slot left.
    pub full: u32,
    /// By week, none left out but those without a sample.
    pub weeks: Vec<Week>,
    /// Days with enough samples for their peak to mean something.
    pub days: usize,
    /// Days left out, for they have less than half of the usual samples.
    pub thin_days: usize,
    /// Where it goes; `None` where the days do not allow to say.
    pub trend: Option<Trend>,
    /// Applications, the largest first.
    pub growth: Vec<Growth>,
    /// The steepest rise.
    pub rise: Option<Rise>,
    /// The fleet.
    pub fleet: Vec<Reckoned>,
    /// Roles and the limits they should have.
    pub limits: Vec<RoleLimit>,
}

/// Reviews a history; `None` without a single sample that counts. `capacity` goes over what the samples say.
pub fn review(history: &History, fleet: &[Fleet], capacity: Option<u32>) -> Option<Review> {
    let points = &history.points;
    let (first, last) = (points.first()?, points.last()?);
    let capacity = capacity.unwrap_or(last.capacity);
    let mut used: Vec<f64> = points.iter().map(|it| f64::from(it.used)).collect();
    used.sort_by(f64::total_cmp);
    let at = |share: f64| quantile(&used, share).unwrap_or(0.0) as u32;
    let (days, thin_days) = daily_peaks(points);
    let mut capacities_before: Vec<u32> = points.iter().map(|it| it.capacity).collect();
    capacities_before.sort_unstable();
    capacities_before.dedup();
    capacities_before.retain(|before| *before != capacity);
    let fleet: Vec<Reckoned> = fleet.iter().map(|it| reckon(it, history)).collect();
    Some(Review {
        span: (first.at, last.at),
        samples: points.len(),
        interval: interval(points),
        capacity,
        capacities_before,
        p50: at(0.5),
        p95: at(0.95),
        max: at(1.0),
        full: count(points.iter().filter(|it| it.full())),
        weeks: weeks(points),
        days: days.len(),
        thin_days,
        trend: trend(&days, f64::from(capacity)),
        growth: growth(history, &days),
        rise: steepest(points),
        limits: limits::limits(&history.roles, &history.role_limits, &fleet, capacity),
        fleet,
    })
}

fn count<T>(points: impl Iterator<Item = T>) -> u32 {
    u32::try_from(points.count()).unwrap_or(u32::MAX)
}

/// The Monday of a day's week. 1970 began on a Thursday.
fn monday(day: Day) -> Day {
    day - (day + 3).rem_euclid(7)
}

/// The peak of every day that has at least half of the samples a day usually has, and how many days have not.
fn daily_peaks(points: &[Point]) -> (Vec<(Day, f64)>, usize) {
    let mut days: BTreeMap<Day, (u32, usize)> = BTreeMap::new();
    for point in points {
        let day = days.entry(point.day()).or_default();
        day.0 = day.0.max(point.used);
        day.1 += 1;
    }
    let mut sizes: Vec<usize> = days.values().map(|(_, samples)| *samples).collect();
    sizes.sort_unstable();
    let usual = sizes.get(sizes.len() / 2).copied().unwrap_or(0);
    let all = days.len();
    let kept: Vec<(Day, f64)> = days
        .into_iter()
        .filter(|(_, (_, samples))| samples * 2 >= usual)
        .map(|(day, (peak, _))| (day, f64::from(peak)))
        .collect();
    let thin = all - kept.len();
    (kept, thin)
}

fn weeks(points: &[Point]) -> Vec<Week> {
    let mut weeks: Vec<Week> = Vec::new();
    for point in points {
        let monday = monday(point.day());
        if weeks.last().is_none_or(|week| week.monday != monday) {
            weeks.push(Week {
                monday,
                peak: 0,
                capacity: point.capacity,
                samples: 0,
                full: 0,
            });
        }
        let Some(week) = weeks.last_mut() else {
            continue;
        };
        if point.used >= week.peak {
            week.peak = point.used;
            week.capacity = point.capacity;
        }
        week.samples += 1;
        week.full += u32::from(point.full());
    }
    weeks
}

/// The median time between two samples.
fn interval(points: &[Point]) -> i64 {
    let mut gaps: Vec<i64> = points
        .windows(2)
        .map(|pair| pair[1].at - pair[0].at)
        .collect();
    gaps.sort_unstable();
    gaps.get(gaps.len() / 2).copied().unwrap_or(0)
}

/// The steepest rise from the lowest sample of the half hour before.
fn steepest(points: &[Point]) -> Option<Rise> {
    let mut lowest: VecDeque<&Point> = VecDeque::new();
    let mut best: Option<Rise> = None;
    for point in points {
        while lowest.front().is_some_and(|it| point.at - it.at > DEPLOY) {
            lowest.pop_front();
        }
        if let Some(from) = lowest.front().filter(|it| it.used < point.used) {
            let rise = point.used - from.used;
            if best.is_none_or(|best| rise > best.to - best.from) {
                best = Some(Rise {
                    at: point.at,
                    from: from.used,
                    to: point.used,
                });
            }
        }
        while lowest.back().is_some_and(|it| it.used >= point.used) {
            lowest.pop_back();
        }
        lowest.push_back(point);
    }
    best
}

/// A day on which an application was not seen counts as none of its connections.
fn growth(history: &History, days: &[(Day, f64)]) -> Vec<Growth> {
    let (Some((first, _)), Some((last, _))) = (days.first(), days.last()) else {
        return Vec::new();
    };
    let mut growth: Vec<Growth> = history
        .applications
        .iter()
        .map(|it| {
            let seen: BTreeMap<Day, u32> = it.days.iter().copied().collect();
            let of = |(day, _): &(Day, f64)| (*day, f64::from(seen.get(day).copied().unwrap_or(0)));
            let whole: Vec<(Day, f64)> = days.iter().map(of).collect();
            Growth {
                application: it.name.clone(),
                peak: it.peak(),
                first: it.peak_between(*first, first + 28),
                last: it.peak_between(last - 27, last + 1),
                slope: trend(&whole, f64::MAX).map(|it| (it.slope, it.low, it.high)),
            }
        })
        .collect();
    growth.sort_by(|a, b| {
        b.peak
            .cmp(&a.peak)
            .then_with(|| a.application.cmp(&b.application))
    });
    growth
}

fn reckon(fleet: &Fleet, history: &History) -> Reckoned {
    let by_role = fleet
        .role
        .as_ref()
        .and_then(|role| history.roles.iter().find(|it| &it.name == role));
    let by_name = history
        .applications
        .iter()
        .chain(&history.roles)
        .find(|it| it.name == fleet.name);
    Reckoned {
        name: fleet.name.clone(),
        role: fleet.role.clone(),
        could: fleet.could(),
        deploy: fleet.deploy(),
        held: by_name.or(by_role).map(Named::peak),
    }
}

#[cfg(test)]
mod tests;
