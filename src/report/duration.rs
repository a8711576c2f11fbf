//! Times for people and for machines: ages in at most six columns, measured times with their unit.
//!
//! Stage: report. Pure: a moment comes in as the server's microseconds since 1970.

use std::time::Duration;

pub use crate::decide::form::rfc3339;

/// An age, at most six columns: `0s`, `42s`, `4m10s`, `2h05m`, `3d04h`, `120d`.
pub fn age(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) => format!("{minutes}m{:02}s", seconds % 60),
        (0, _, _) => format!("{hours}h{:02}m", minutes % 60),
        (1..=99, _, _) => format!("{days}d{:02}h", hours % 24),
        (100..=99_999, _, _) => format!("{days}d"),
        _ => ">270y".to_owned(),
    }
}

/// [`age`], or `-` where there is none.
pub fn age_or_dash(duration: Option<Duration>) -> String {
    duration.map_or_else(|| "-".to_owned(), age)
}

/// A measured time: `0.4 ms`, `12 ms`, `0.42 s`, `12.3 s`, then as an age.
pub fn precise(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    match seconds {
        s if s < 0.000_05 => "0 ms".to_owned(),
        s if s < 0.001 => format!("{:.1} ms", s * 1000.0),
        s if s < 0.0995 => format!("{:.0} ms", s * 1000.0),
        s if s < 9.995 => format!("{s:.2} s"),
        s if s < 59.95 => format!("{s:.1} s"),
        _ => age(duration),
    }
}

/// A limit somebody set, without decimals it does not have: `500 ms`, `1.5 s`, `10 s`, `5m00s`.
pub fn limit(duration: Duration) -> String {
    match duration.as_millis() {
        ms if ms < 1000 => format!("{ms} ms"),
        ms if ms < 60_000 => format!("{} s", duration.as_secs_f64()),
        _ => age(duration),
    }
}

/// A moment for a person who watches: `2026-11-22 03:14:15 UTC`.
pub fn clock(micros: i64) -> String {
    let moment = rfc3339(micros);
    let (day, time) = moment.split_once('T').unwrap_or((&moment, ""));
    let seconds = time.split('.').next().unwrap_or(time);
    format!("{day} {seconds} UTC")
}

/// Seconds for a table, to the millisecond.
pub fn seconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_short_and_never_wider_than_six_columns() {
        let cases = [
            (0, "0s"),
            (59, "59s"),
            (60, "1m00s"),
            (250, "4m10s"),
            (3599, "59m59s"),
            (3600, "1h00m"),
            (7500, "2h05m"),
            (86_399, "23h59m"),
            (86_400, "1d00h"),
            (273_600, "3d04h"),
            (8_639_999, "99d23h"),
            (8_640_000, "100d"),
            (u64::MAX, ">270y"),
        ];
        for (seconds, text) in cases {
            assert_eq!(age(Duration::from_secs(seconds)), text);
            assert!(text.len() <= 6);
        }
        assert_eq!(age(Duration::from_millis(999)), "0s");
        assert_eq!(age_or_dash(None), "-");
    }

    #[test]
    fn a_measured_time_keeps_the_digits_that_matter() {
        let cases = [
            (0, "0 ms"),
            (400, "0.4 ms"),
            (12_000, "12 ms"),
            (99_900, "0.10 s"),
            (420_000, "0.42 s"),
            (9_990_000, "9.99 s"),
            (12_340_000, "12.3 s"),
            (61_000_000, "1m01s"),
        ];
        for (micros, text) in cases {
            assert_eq!(precise(Duration::from_micros(micros)), text);
        }
    }

    #[test]
    fn a_limit_reads_as_it_was_set() {
        let cases = [
            (500, "500 ms"),
            (1500, "1.5 s"),
            (10_000, "10 s"),
            (300_000, "5m00s"),
        ];
        for (millis, text) in cases {
            assert_eq!(limit(Duration::from_millis(millis)), text);
        }
    }

    #[test]
    fn a_moment_no_server_ever_had_does_not_stop_the_report() {
        let cases = [
            (1_795_317_255_926_535, "2026-11-22T03:14:15.926535Z"),
            (0, "1970-01-01T00:00:00.000000Z"),
            (i64::MIN, "1970-01-01T00:00:00.000000Z"),
            (i64::MAX, "9999-12-31T23:59:59.999999Z"),
        ];
        for (micros, text) in cases {
            assert_eq!(rfc3339(micros), text);
        }
        assert_eq!(clock(1_795_317_255_926_535), "2026-11-22 03:14:15 UTC");
    }
}
