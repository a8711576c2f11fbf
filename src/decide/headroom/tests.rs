//! A year of generated samples with a known answer, and histories that do not allow one.

#![allow(clippy::unwrap_used)]

use super::*;

const MINUTE: i64 = 60_000_000;
/// 2026-01-05, a Monday.
const START: Day = 20_458;

/// Always the same noise: 0 to `most`.
fn noise(at: u64, most: u64) -> u32 {
    let mixed = at.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    u32::try_from((mixed >> 33) % (most + 1)).unwrap()
}

fn point(at: i64, used: u32, capacity: u32) -> Point {
    Point {
        at,
        used,
        capacity,
        refused: false,
    }
}

/// Samples every half hour for `days`: quiet nights, weekends 30 below, and `peak` of the day at its height.
fn samples(days: i64, capacity: u32, peak: impl Fn(i64) -> f64) -> History {
    let mut points = Vec::new();
    for day in 0..days {
        let weekend = if day % 7 >= 5 { 30.0 } else { 0.0 };
        for half_hour in 0..48 {
            let at = (START + day) * DAY + half_hour * 30 * MINUTE;
            // The height is from 10 to 16 o'clock.
            let share = if (20..32).contains(&half_hour) {
                1.0
            } else {
                0.4
            };
            let noise = noise(u64::try_from(day * 48 + half_hour).unwrap(), 4);
            let level = ((peak(day) - weekend) * share).max(0.0) as u32;
            points.push(point(at, level + noise, capacity));
        }
    }
    History {
        points,
        ..History::default()
    }
}

#[test]
fn a_year_that_grows_by_a_fifth_of_a_connection_a_day_is_full_when_it_will_be() {
    // 100 at first, 0.2 more each day, and up to 4 of noise: a busy day is full at 300 about day (300 - 104) / 0.2.
    let history = samples(365, 300, |day| 100.0 + 0.2 * day as f64);
    let review = review(&history, &[], None).unwrap();
    let trend = review.trend.unwrap();
    assert!((trend.slope - 0.2).abs() < 0.005, "{trend:?}");
    assert!(trend.low <= 0.2 && 0.2 <= trend.high, "{trend:?}");
    assert!(trend.low > 0.19 && trend.high < 0.21, "{trend:?}");
    let ceiling = trend.ceiling;
    let known = START + 980;
    assert!((ceiling.day.unwrap() - known).abs() <= 20, "{ceiling:?}");
    assert!(ceiling.earliest.unwrap() <= ceiling.day.unwrap());
    assert!(ceiling.latest.unwrap() >= ceiling.day.unwrap());
    assert!(!ceiling.reached);
    assert_eq!((review.days, review.thin_days, review.full), (365, 0, 0));
    assert_eq!(review.interval, 30 * MINUTE);
    assert_eq!(review.weeks.len(), 53);
    assert!(review.weeks.iter().all(|week| week.monday % 7 == START % 7));
    let last = review.weeks[51];
    assert_eq!(last.samples, 7 * 48);
    assert!((171..=176).contains(&last.peak), "{last:?}");
}

#[test]
fn incidents_weekends_and_gaps_do_not_bend_the_line() {
    let mut history = samples(365, 300, |day| 100.0 + 0.2 * day as f64);
    // One week of outages early, when the server was full, and a month in which nothing was sampled.
    for point in &mut history.points {
        if (20..27).contains(&(point.day() - START)) {
            point.used = 300;
        }
    }
    history
        .points
        .retain(|point| !(200..230).contains(&(point.day() - START)));
    let review = review(&history, &[], None).unwrap();
    let trend = review.trend.unwrap();
    assert!((trend.slope - 0.2).abs() < 0.01, "{trend:?}");
    assert_eq!(review.full, 7 * 48);
}

#[test]
fn a_level_year_is_told_from_a_rising_one() {
    let review = review(&samples(365, 300, |_| 150.0), &[], None).unwrap();
    let trend = review.trend.unwrap();
    assert!(trend.low <= 0.0 && trend.high >= 0.0, "{trend:?}");
    assert_eq!((trend.ceiling.day, trend.ceiling.reached), (None, false));
}

#[test]
fn a_falling_year_is_never_full_and_a_busy_day_at_the_ceiling_is_full_now() {
    let falling = samples(200, 300, |day| 250.0 - 0.3 * day as f64);
    let trend = review(&falling, &[], None).unwrap().trend.unwrap();
    assert!(trend.high < 0.0 && trend.ceiling.earliest.is_none());
    let full = samples(200, 160, |_| 160.0);
    let trend = review(&full, &[], None).unwrap().trend.unwrap();
    assert!(trend.ceiling.reached);
}

#[test]
fn days_that_resemble_the_day_before_widen_the_interval() {
    let wave = |day: i64| 150.0 + 20.0 * (day as f64 / 20.0).sin();
    let waves = review(&samples(200, 300, wave), &[], None).unwrap();
    let level = review(&samples(200, 300, |_| 150.0), &[], None).unwrap();
    let width = |review: &Review| {
        let trend = review.trend.unwrap();
        trend.high - trend.low
    };
    assert!(width(&waves) > 5.0 * width(&level));
    let trend = waves.trend.unwrap();
    assert!(trend.low < 0.0 && trend.high > 0.0, "{trend:?}");
}

#[test]
fn too_few_days_are_no_trend_and_everything_else_is_said() {
    let review = review(&samples(27, 300, |day| 100.0 + day as f64), &[], None).unwrap();
    assert_eq!(review.trend, None);
    assert_eq!((review.days, review.weeks.len()), (27, 4));
    assert!(super::review(&History::default(), &[], Some(9)).is_none());
}

#[test]
fn days_with_few_samples_are_left_out_of_the_trend_alone() {
    let mut history = samples(60, 300, |_| 100.0);
    history
        .points
        .retain(|point| point.day() != START + 30 || point.at % DAY < 3 * 60 * MINUTE);
    let review = review(&history, &[], None).unwrap();
    assert_eq!((review.days, review.thin_days), (59, 1));
    assert_eq!(review.samples, 59 * 48 + 6);
}

#[test]
fn the_steepest_rise_is_within_half_an_hour() {
    let minutes = [(0, 10), (10, 12), (30, 20), (50, 60), (55, 20), (200, 90)];
    let history = History {
        points: minutes
            .iter()
            .map(|(minute, used)| point(START * DAY + minute * MINUTE, *used, 100))
            .collect(),
        ..History::default()
    };
    let review = review(&history, &[], None).unwrap();
    let rise = review.rise.unwrap();
    assert_eq!((rise.from, rise.to), (20, 60), "90 came hours later");
    // 10, 12, 20, 20, 60, 90
    assert_eq!((review.p50, review.p95, review.max), (20, 90, 90));
}

#[test]
fn the_fleet_is_held_against_the_application_or_role_of_its_name() {
    let mut history = samples(1, 97, |_| 50.0);
    let named = |name: &str, most: u32| Named {
        name: name.to_owned(),
        superuser: Some(false),
        days: vec![(START, most)],
    };
    history.applications = vec![named("web", 33)];
    history.roles = vec![named("app", 40), named("jobs", 7)];
    let fleet = |name: &str, role: Option<&str>| Fleet {
        name: name.to_owned(),
        hosts: 4,
        processes: 4,
        pool: 5,
        overflow: 0,
        surge: 0.25,
        role: role.map(str::to_owned),
    };
    let fleets = [
        fleet("web", Some("app")),
        fleet("jobs", None),
        fleet("api", Some("app")),
        fleet("cron", None),
    ];
    let review = review(&history, &fleets, None).unwrap();
    let held: Vec<_> = review.fleet.iter().map(|it| it.held).collect();
    assert_eq!(held, [Some(33), Some(7), Some(40), None]);
    assert_eq!((review.fleet[0].could, review.fleet[0].deploy), (80, 100));
}
