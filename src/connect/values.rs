//! Reads single values: numbers, switches and libpq's small vocabularies.
//!
//! Stage: parsing, pure. The caller adds where the value stood.

use std::time::Duration;

use super::conninfo::is_space;
use super::error::TargetError;
use super::settings::Settings;
use super::{ChannelBinding, Keepalive, SessionAttrs, SslMode};

/// A word of a closed list.
fn word<T: Copy>(value: &str, words: &[(&str, T)]) -> Result<T, TargetError> {
    words
        .iter()
        .find(|(name, _)| *name == value)
        .map(|(_, meaning)| *meaning)
        .ok_or_else(|| {
            let names: Vec<_> = words.iter().map(|(name, _)| *name).collect();
            TargetError::new(format!("\"{value}\" is not one of {}", names.join(", ")))
        })
}

/// `sslmode`.
pub(super) fn ssl_mode(value: &str) -> Result<SslMode, TargetError> {
    word(
        value,
        &[
            ("disable", SslMode::Disable),
            ("allow", SslMode::Allow),
            ("prefer", SslMode::Prefer),
            ("require", SslMode::Require),
            ("verify-ca", SslMode::VerifyCa),
            ("verify-full", SslMode::VerifyFull),
        ],
    )
}

/// `channel_binding`.
pub(super) fn channel_binding(value: &str) -> Result<ChannelBinding, TargetError> {
    word(
        value,
        &[
            ("disable", ChannelBinding::Disable),
            ("prefer", ChannelBinding::Prefer),
            ("require", ChannelBinding::Require),
        ],
    )
}

/// `target_session_attrs`.
pub(super) fn session_attrs(value: &str) -> Result<SessionAttrs, TargetError> {
    word(
        value,
        &[
            ("any", SessionAttrs::Any),
            ("read-write", SessionAttrs::ReadWrite),
            ("read-only", SessionAttrs::ReadOnly),
            ("primary", SessionAttrs::Primary),
            ("standby", SessionAttrs::Standby),
            ("prefer-standby", SessionAttrs::PreferStandby),
        ],
    )
}

/// `load_balance_hosts`: whether the order is random.
pub(super) fn random_order(value: &str) -> Result<bool, TargetError> {
    word(value, &[("disable", false), ("random", true)])
}

/// `sslnegotiation`: whether TLS starts without asking.
pub(super) fn direct(value: &str) -> Result<bool, TargetError> {
    word(value, &[("postgres", false), ("direct", true)])
}

/// `sslsni`: whether the server's name is sent in the clear.
pub(super) fn sni(value: &str) -> Result<bool, TargetError> {
    word(value, &[("1", true), ("0", false)])
}

/// An integer; libpq allows spaces around it.
pub(super) fn integer(value: &str) -> Result<i32, TargetError> {
    value
        .trim_matches(is_space)
        .parse()
        .map_err(|_| TargetError::new(format!("\"{value}\" is not an integer")))
}

/// A port; an empty one is PostgreSQL's own.
pub(super) fn port(value: &str) -> Result<u16, TargetError> {
    if value.is_empty() {
        return Ok(5432);
    }
    match u16::try_from(integer(value)?) {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(TargetError::new(format!(
            "\"{value}\" is no port: a port is between 1 and 65535"
        ))),
    }
}

/// Seconds; zero and less is no limit.
pub(super) fn seconds(value: &str) -> Result<Option<Duration>, TargetError> {
    Ok(positive(integer(value)?).map(Duration::from_secs))
}

/// Milliseconds; zero and less is the system's default.
pub(super) fn milliseconds(value: &str) -> Result<Option<Duration>, TargetError> {
    Ok(positive(integer(value)?).map(Duration::from_millis))
}

fn positive(number: i32) -> Option<u64> {
    u64::try_from(number).ok().filter(|number| *number > 0)
}

/// The `keepalives*` settings. Unlike libpq's, our defaults notice a dead server within the incident:
/// the system's would wait two hours.
pub(super) fn keepalive(settings: &Settings) -> Result<Option<Keepalive>, TargetError> {
    if settings.read("keepalives", integer)? == Some(0) {
        return Ok(None);
    }
    let or_default = |keyword, default: u64| {
        let given = settings.read(keyword, seconds)?.flatten();
        Ok::<_, TargetError>(given.unwrap_or(Duration::from_secs(default)))
    };
    let count = settings.read("keepalives_count", integer)?.unwrap_or(0);
    Ok(Some(Keepalive {
        idle: or_default("keepalives_idle", 10)?,
        interval: or_default("keepalives_interval", 3)?,
        count: u32::try_from(count)
            .ok()
            .filter(|count| *count > 0)
            .unwrap_or(3),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_between_1_and_65535() {
        for (text, expected) in [
            ("", Some(5432)),
            ("1", Some(1)),
            (" 6432 ", Some(6432)),
            ("65535", Some(65535)),
            ("0", None),
            ("65536", None),
            ("-1", None),
            ("abc", None),
            ("54 32", None),
        ] {
            assert_eq!(port(text).ok(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_wrong_word_is_answered_with_the_right_ones() {
        let message = ssl_mode("verify").err().map(|error| error.to_string());
        assert_eq!(
            message.as_deref(),
            Some(
                "\"verify\" is not one of disable, allow, prefer, require, verify-ca, verify-full"
            )
        );
    }

    #[test]
    fn times_have_libpqs_units_and_zero_means_none() {
        assert_eq!(seconds("2").ok().flatten(), Some(Duration::from_secs(2)));
        assert_eq!(
            milliseconds("2").ok().flatten(),
            Some(Duration::from_millis(2))
        );
        for text in ["0", "-1"] {
            assert_eq!(seconds(text), Ok(None), "{text}");
        }
        assert!(seconds("2s").is_err());
    }
}
