//! How a value is read: to its type, or one clause that says what to write instead.
//!
//! Pure.

use std::net::IpAddr;

use regex::Regex;

use super::{By, ClientPattern, Subject, Value};
use crate::decide::duration::duration;

impl<S: Subject> By<S> {
    /// What the help calls a value; `None` where the flag takes none.
    pub fn value_name(&self) -> Option<&'static str> {
        Some(match self {
            Self::Pid(_) => "PID",
            Self::Name(_) => "NAME",
            Self::Client(_) => "ADDR",
            Self::State(_) => "STATE",
            Self::Statement(_) => "REGEX",
            Self::Age(..) => "TIME",
            Self::Switch(_) => return None,
        })
    }

    /// Whether the flag can be given more than once.
    pub fn repeats(&self) -> bool {
        !matches!(self, Self::Age(..) | Self::Switch(_))
    }

    /// Reads a value.
    pub fn read(&self, text: &str) -> Result<Value<S>, String> {
        Ok(match self {
            Self::Pid(_) => Value::Pid(pid(text)?),
            Self::Name(_) => Value::Name(text.to_owned()),
            Self::Client(_) => Value::Client(client(text)?),
            Self::State(_) => Value::State(state::<S>(text)?),
            Self::Statement(_) => Value::Statement(regex(text)?),
            Self::Age(..) => Value::Age(duration(text)?),
            Self::Switch(_) => Value::Switch,
        })
    }
}

fn pid(text: &str) -> Result<i32, String> {
    match text.parse::<i32>() {
        Ok(pid) if pid > 0 => Ok(pid),
        _ => Err("a PID is a whole number above 0".to_owned()),
    }
}

fn state<S: Subject>(text: &str) -> Result<S::State, String> {
    S::state(text).ok_or_else(|| {
        let names: Vec<&str> = S::STATES.iter().map(|state| S::word(*state)).collect();
        unknown(text, &names, "state")
    })
}

/// Says that there is no such `what`, which there are, and which one was probably meant.
pub fn unknown(text: &str, names: &[&str], what: &str) -> String {
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

fn regex(text: &str) -> Result<Regex, String> {
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

fn client(text: &str) -> Result<ClientPattern, String> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::session::Session;

    #[test]
    fn clients_are_addresses_networks_or_local() {
        assert_eq!(client("local"), Ok(ClientPattern::Local));
        for text in ["10.1.2.3", "10.0.0.0/8", "::1", "fe80::/10", "0.0.0.0/0"] {
            let read = client(text).map(|pattern| pattern.to_string());
            assert_eq!(read.as_deref(), Ok(text));
        }
        for text in [
            "10.0.0.0/33",
            "10.0.0",
            "/8",
            "::1/129",
            "web-1",
            "10.0.0.0/",
            "10.0.0.0/-1",
            "",
        ] {
            assert!(client(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_mistyped_state_leads_to_the_right_one() {
        let message = state::<Session>("idle-in-transction")
            .err()
            .unwrap_or_default();
        assert!(
            message.contains("did you mean 'idle-in-transaction'?"),
            "{message}"
        );
    }
}
