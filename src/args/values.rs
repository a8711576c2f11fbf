//! How the values of shared options are read: each to its type, or one clause that says what to write instead.
//!
//! Stage: parsing. Pure.

use std::net::IpAddr;
use std::time::Duration;

use regex::Regex;

use crate::decide::duration::duration;
use crate::decide::protection::Include;
use crate::decide::selection::{AtLeast, ClientPattern};
use crate::decide::session::State;

pub(crate) fn pid(text: &str) -> Result<i32, String> {
    match text.parse::<i32>() {
        Ok(pid) if pid > 0 => Ok(pid),
        _ => Err("a PID is a whole number above 0".to_owned()),
    }
}

/// Reads a count of at least 1.
pub fn positive(text: &str) -> Result<usize, String> {
    match text.parse::<usize>() {
        Ok(0) => Err("0 would leave nothing to do; give at least 1".to_owned()),
        Ok(number) => Ok(number),
        Err(_) => Err("give a whole number of at least 1".to_owned()),
    }
}

/// Reads the word of a variant; `what` they are, in the singular.
pub(crate) fn one_of<T>(text: &str, what: &str) -> Result<T, String>
where
    T: strum::VariantArray + Copy,
    &'static T: Into<&'static str>,
{
    let found = T::VARIANTS.iter().find(|one| (*one).into() == text);
    found.copied().ok_or_else(|| {
        let names: Vec<&str> = T::VARIANTS.iter().map(Into::into).collect();
        unknown(text, &names, what)
    })
}

/// An age and its `--not-` twin, which must leave something between them.
pub(crate) fn age(
    flag: &str,
    min: Option<Duration>,
    not: Option<Duration>,
) -> Result<AtLeast, String> {
    if min.zip(not).is_some_and(|(min, not)| min >= not) {
        let twin = flag.replacen("--", "--not-", 1);
        return Err(format!(
            "{flag} and {twin} leave nothing between them; make {twin} the longer one"
        ));
    }
    Ok(AtLeast { min, not })
}

pub(super) fn state(text: &str) -> Result<State, String> {
    State::from_flag(text).ok_or_else(|| {
        let names: Vec<&str> = State::ALL.iter().map(|state| state.flag()).collect();
        unknown(text, &names, "state")
    })
}

pub(super) fn include(text: &str) -> Result<Include, String> {
    one_of(text, "kind")
}

pub(crate) fn unknown(text: &str, names: &[&str], what: &str) -> String {
    let nearest = names
        .iter()
        .map(|name| (strsim::jaro_winkler(text, name), name))
        .filter(|(likeness, _)| *likeness > 0.7)
        .max_by(|one, other| one.0.total_cmp(&other.0));
    let guess = nearest.map_or(String::new(), |(_, name)| {
        format!("; did you mean '{name}'?")
    });
    format!("no such {what}; there are {}{guess}", names.join(", "))
}

pub(super) fn regex(text: &str) -> Result<Regex, String> {
    if text.is_empty() {
        return Err(
            "an empty expression matches everything; leave the flag out instead".to_owned(),
        );
    }
    Regex::new(text).map_err(|error| {
        // A syntax error draws the place over several lines and says what it is in the last one.
        let text = error.to_string();
        let last = text.lines().last().unwrap_or_default();
        format!(
            "no regular expression: {}",
            last.trim_start_matches("error: ").trim_end_matches('.')
        )
    })
}

pub(crate) fn client(text: &str) -> Result<ClientPattern, String> {
    if text == "local" {
        return Ok(ClientPattern::Local);
    }
    let advice =
        "write an address (10.1.2.3), a network (10.0.0.0/8), or 'local' for the Unix socket";
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits)),
        None => (text, None),
    };
    let address: IpAddr = address
        .parse()
        .map_err(|_| format!("no IP address; {advice}"))?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let bits = match bits {
        None => most,
        Some(bits) => match bits.parse::<u8>() {
            Ok(bits) if bits <= most => bits,
            _ => return Err(format!("the part after / must be 0 to {most}; {advice}")),
        },
    };
    Ok(ClientPattern::Network(address, bits))
}

/// `--deadline`
pub(crate) fn deadline(text: &str) -> Result<Duration, String> {
    let limit = duration(text)?;
    if limit < Duration::from_millis(100) {
        return Err("less than 100ms is too short for a login; write 10s".to_owned());
    }
    Ok(limit)
}
