//! How times are written for programs, in JSON and in files: for serde's `with`.
//!
//! Pure. Ages are seconds and moments are RFC 3339 in UTC, both to the microsecond, which is what the server counts in:
//! what is written and read back is the same. Days are dates in UTC.

use std::time::{Duration, UNIX_EPOCH};

/// The last microsecond that RFC 3339 can spell: the end of the year 9999.
pub const LAST: i64 = 253_402_300_799_999_999;
/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// A moment as RFC 3339 in UTC with microseconds: `2026-11-22T03:14:15.926535Z`.
pub fn rfc3339(micros: i64) -> String {
    let micros = u64::try_from(micros.clamp(0, LAST)).unwrap_or(0);
    humantime::format_rfc3339_micros(UNIX_EPOCH + Duration::from_micros(micros)).to_string()
}

/// A day, counted from 1970, as its date.
pub fn date(day: i64) -> String {
    let text = rfc3339(day.saturating_mul(DAY));
    text.split('T').next().unwrap_or(&text).to_owned()
}

/// Seconds, to the microsecond.
pub fn in_seconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e6
}

fn micros(duration: Duration) -> u64 {
    u64::try_from((duration.as_nanos() + 500) / 1000).unwrap_or(u64::MAX)
}

/// An age, or perhaps one, in seconds.
pub mod seconds {
    use std::time::Duration;

    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::{Serialize, Serializer};

    /// Writes it; none as null.
    pub fn serialize<T, S>(age: &T, serializer: S) -> Result<S::Ok, S::Error>
    where
        T: Copy + Into<Option<Duration>>,
        S: Serializer,
    {
        let age: Option<Duration> = (*age).into();
        age.map(super::in_seconds).serialize(serializer)
    }

    /// Reads it.
    pub fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
    where
        T: From<Duration> + Default,
        D: Deserializer<'de>,
    {
        let Some(seconds) = Option::<f64>::deserialize(deserializer)? else {
            return Ok(T::default());
        };
        let age = Duration::try_from_secs_f64(seconds)
            .map_err(|_| Error::custom(format!("an age cannot be {seconds} seconds")))?;
        Ok(Duration::from_micros(super::micros(age)).into())
    }
}

/// A moment, or perhaps one, as RFC 3339.
pub mod moment {
    use std::time::UNIX_EPOCH;

    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::{Serialize, Serializer};

    /// Writes it; none as null.
    pub fn serialize<T, S>(at: &T, serializer: S) -> Result<S::Ok, S::Error>
    where
        T: Copy + Into<Option<i64>>,
        S: Serializer,
    {
        let at: Option<i64> = (*at).into();
        at.map(super::rfc3339).serialize(serializer)
    }

    /// Reads it.
    pub fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
    where
        T: From<i64> + Default,
        D: Deserializer<'de>,
    {
        let Some(text) = Option::<String>::deserialize(deserializer)? else {
            return Ok(T::default());
        };
        let at = humantime::parse_rfc3339(&text).ok();
        let since = at.and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let micros = since.and_then(|since| i64::try_from(since.as_micros()).ok());
        let micros = micros.ok_or_else(|| {
            Error::custom(format!("{text:?} is no moment of the years 1970 to 9999"))
        })?;
        Ok(micros.into())
    }
}

/// A day, or perhaps one, as its date.
pub mod day {
    use serde::ser::{Serialize, Serializer};

    /// Writes it; none as null.
    pub fn serialize<T, S>(day: &T, serializer: S) -> Result<S::Ok, S::Error>
    where
        T: Copy + Into<Option<i64>>,
        S: Serializer,
    {
        let day: Option<i64> = (*day).into();
        day.map(super::date).serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Times {
        #[serde(with = "moment")]
        at: i64,
        #[serde(with = "seconds")]
        age: Option<Duration>,
    }

    #[test]
    fn what_is_written_is_read_back_to_the_microsecond() {
        for micros in [0, 1, 999_999, 1_861_054, 1_795_388_526_923_596, LAST] {
            let age = u64::try_from(micros).ok().map(Duration::from_micros);
            let times = Times { at: micros, age };
            let text = serde_json::to_string(&times).unwrap_or_default();
            let read: Result<Times, _> = serde_json::from_str(&text);
            // Beyond some 270 years a float has no room for microseconds.
            let same =
                read.is_ok_and(|read| read.at == micros && (read.age == age || micros == LAST));
            assert!(same, "{text}");
        }
    }

    #[test]
    fn what_no_clock_shows_is_refused() {
        for text in [
            r#"{"at":"2026-11-22","age":null}"#,
            r#"{"at":"1969-12-31T23:59:59Z","age":null}"#,
            r#"{"at":"1970-01-01T00:00:00Z","age":-1}"#,
            r#"{"at":"1970-01-01T00:00:00Z","age":1e300}"#,
            r#"{"at":12,"age":null}"#,
        ] {
            assert!(serde_json::from_str::<Times>(text).is_err(), "{text}");
        }
    }
}
