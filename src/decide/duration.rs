//! Ages and waits as people write them, on the command line and in the configuration.
//!
//! Pure.

use std::time::Duration;

/// Reads `90s`, `5m`, `1h30m`, `2d`. A bare number, a month and a year are refused: the first says no unit, and `1M`
/// is one keystroke from `1m`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let advice = "write a number with its unit, such as 90s, 5m, 1h30m or 2d";
    let units: Vec<&str> = text
        .split(|c: char| c.is_ascii_digit() || c == ' ')
        .filter(|unit| !unit.is_empty())
        .collect();
    if let Some(unit) = units
        .iter()
        .find(|unit| !["ms", "s", "m", "min", "h", "d", "w"].contains(unit))
    {
        return Err(format!("{unit:?} is no unit of time; {advice}"));
    }
    if units.is_empty() {
        return Err(advice.to_owned());
    }
    humantime::parse_duration(text).map_err(|error| format!("{error}; {advice}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_need_a_unit_and_have_no_months() {
        let good = [
            ("90s", 90),
            ("5m", 300),
            ("1h30m", 5400),
            ("0s", 0),
            ("2d", 172_800),
            ("1h 30m", 5400),
        ];
        for (text, seconds) in good {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in [
            "5x",
            "90",
            "",
            "1M",
            "1month",
            "1y",
            "-5s",
            "5 minutes ago",
            "s",
            "1.5h",
            "99999999999999999999d",
        ] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
