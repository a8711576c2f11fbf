//! When the slots run out if the last hours go on: the slope of recent samples, and what is free now.
//!
//! Pure. The slope is Theil and Sen's, the middle one of all pairs, so that one spike does not make an alarm. For the
//! slow drift of months there is [`headroom`](crate::decide::headroom), which knows weekdays.

use std::time::Duration;

/// How far back samples are looked at.
pub const WINDOW: Duration = Duration::from_secs(2 * 3600);
/// Fewer samples than this show no direction.
const FEWEST: usize = 5;
/// Nor do samples of less time than this.
const SHORTEST: i64 = 10 * 60 * 1_000_000;
/// At most so many samples are compared, evenly picked: the pairs are their square.
const MOST: usize = 120;

/// Where the slots go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Projection {
    /// There are too few samples, or over too short a time.
    TooFew,
    /// They do not rise, or not so that a day would be enough.
    NotWithinADay,
    /// No slot would be left after this.
    FullIn(Duration),
}

/// Runs the samples on: when (microseconds since 1970) and how many were used, sorted. `free` slots are left now.
pub fn project(samples: &[(i64, u32)], free: u32) -> Projection {
    let span = match (samples.first(), samples.last()) {
        (Some(first), Some(last)) => last.0 - first.0,
        _ => 0,
    };
    if samples.len() < FEWEST || span < SHORTEST {
        return Projection::TooFew;
    }
    let step = samples.len().div_ceil(MOST);
    let picked: Vec<(i64, u32)> = samples.iter().rev().step_by(step).copied().collect();
    let mut slopes = Vec::new();
    for (index, (later, after)) in picked.iter().enumerate() {
        for (earlier, before) in &picked[index + 1..] {
            if later > earlier {
                slopes.push((f64::from(*after) - f64::from(*before)) / (later - earlier) as f64);
            }
        }
    }
    slopes.sort_by(f64::total_cmp);
    let slope = slopes.get(slopes.len() / 2).copied().unwrap_or(0.0);
    let micros = f64::from(free) / slope;
    const DAY: f64 = 86_400e6;
    if slope <= 0.0 || micros > DAY {
        return Projection::NotWithinADay;
    }
    Projection::FullIn(Duration::from_micros(micros as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000_000;

    fn each_minute(used: impl Fn(i64) -> u32, minutes: i64) -> Vec<(i64, u32)> {
        (0..minutes).map(|at| (at * MINUTE, used(at))).collect()
    }

    #[test]
    fn a_leak_is_run_on_and_a_spike_is_not() {
        let leak = each_minute(|at| 10 + at as u32, 30);
        assert_eq!(
            project(&leak, 20),
            Projection::FullIn(Duration::from_secs(20 * 60))
        );
        let spike = each_minute(|at| if at == 29 { 90 } else { 10 }, 30);
        assert_eq!(project(&spike, 5), Projection::NotWithinADay);
        let falling = each_minute(|at| 90 - at as u32, 30);
        assert_eq!(project(&falling, 5), Projection::NotWithinADay);
        assert_eq!(project(&leak, 0), Projection::FullIn(Duration::ZERO));
    }

    #[test]
    fn too_few_samples_or_too_short_a_time_say_nothing() {
        assert_eq!(project(&[], 5), Projection::TooFew);
        assert_eq!(
            project(&each_minute(|at| at as u32, 4), 5),
            Projection::TooFew
        );
        assert_eq!(
            project(&each_minute(|at| at as u32, 8), 5),
            Projection::TooFew
        );
    }

    #[test]
    fn a_sample_a_second_is_picked_from_and_says_the_same() {
        let leak: Vec<(i64, u32)> = (0..7200)
            .map(|at| (at * 1_000_000, at as u32 / 60))
            .collect();
        let Projection::FullIn(time) = project(&leak, 60) else {
            panic!("not projected");
        };
        assert!((3500..3700).contains(&time.as_secs()), "{time:?}");
    }
}
