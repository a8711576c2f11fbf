//! One attempt: what it needs, and how a failure inside it becomes a [`Refusal`].
//!
//! Stage: shared by both lanes' `open` functions.
//! Never: opens anything.

use super::deadline::Deadline;
use super::encryption::Encryption;
use super::failure::{Caller, Cause, Refusal, Stage};
use super::socket::{DialError, TcpOptions};
use super::transcript::Transcript;
use super::{Greeting, LaneKind};
use crate::connect::{Endpoint, Secret, Target};
use nix::errno::Errno;
use std::collections::HashMap;
use std::io;
use std::time::Duration;

/// The name sessions of this program carry in `pg_stat_activity`.
pub(crate) const APPLICATION_NAME: &str = "breakglass";

/// Everything one attempt at one endpoint needs.
#[derive(Clone, Copy)]
pub(crate) struct Attempt<'a> {
    /// Whom to come as.
    pub target: &'a Target,
    /// Where.
    pub endpoint: &'a Endpoint,
    /// How to encrypt.
    pub encryption: Encryption,
    /// Whether to send `options`; a pooler may have refused them before.
    pub with_options: bool,
    /// Attempts refused before this one, for the greeting.
    pub refused_before: u32,
    /// When it must be over.
    pub deadline: Deadline,
}

/// How far an attempt has come; kept up to date while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Progress {
    /// Stage.
    pub stage: Stage,
    /// Whether TLS stands.
    pub encrypted: bool,
    /// How long the socket took, once there is one.
    pub connected_in: Option<Duration>,
}

impl<'a> Attempt<'a> {
    /// The password for this endpoint.
    pub(crate) fn password(&self) -> Option<&'a Secret> {
        self.target.password_for(self.endpoint)
    }

    /// `options`, unless they are to be left out.
    pub(crate) fn options(&self) -> Option<&'a str> {
        self.target
            .options
            .as_deref()
            .filter(|options| self.with_options && !options.is_empty())
    }

    /// TCP settings.
    pub(crate) fn tcp(&self) -> TcpOptions {
        TcpOptions {
            keepalive: self.target.keepalive,
            user_timeout: self.target.tcp_user_timeout,
        }
    }

    /// A refusal of this attempt.
    pub(crate) fn refuse(&self, lane: LaneKind, progress: Progress, cause: Cause) -> Refusal {
        Refusal {
            lane,
            endpoint: self.endpoint.label(),
            stage: progress.stage,
            encrypted: progress.encrypted,
            connected_in: progress.connected_in,
            auth_reached: false,
            authenticated: false,
            cause,
            caller: Caller::of(self.target, self.endpoint),
        }
    }

    /// A refusal because there is no socket.
    pub(crate) fn refuse_dial(&self, lane: LaneKind, error: DialError) -> Refusal {
        let (stage, error, place) = match error {
            DialError::Resolve(error) => (Stage::Resolve, error, String::new()),
            DialError::Connect { to, error } => (Stage::Socket, error, to),
        };
        let progress = Progress {
            stage,
            encrypted: false,
            connected_in: None,
        };
        let cause = match self.cause_of(&error) {
            Cause::Io { kind, text } if !place.is_empty() => Cause::Io {
                kind,
                text: format!("{place}: {text}"),
            },
            cause => cause,
        };
        self.refuse(lane, progress, cause)
    }

    /// An I/O error as a cause.
    pub(crate) fn cause_of(&self, error: &io::Error) -> Cause {
        // No descriptor left, in this process or on this machine: not the server's doing.
        let out_of_files = [Errno::EMFILE as i32, Errno::ENFILE as i32];
        if error
            .raw_os_error()
            .is_some_and(|code| out_of_files.contains(&code))
        {
            return Cause::Local(format!("this machine could not open a connection: {error}"));
        }
        match error.kind() {
            io::ErrorKind::TimedOut => Cause::Timeout(self.deadline.limit()),
            io::ErrorKind::UnexpectedEof => Cause::Closed,
            kind => Cause::Io {
                kind,
                text: error.to_string(),
            },
        }
    }

    /// The greeting of a login that succeeded.
    pub(crate) fn greeting(
        &self,
        parameters: &HashMap<String, String>,
        pid: Option<i32>,
        encrypted: bool,
    ) -> Greeting {
        let on = |name: &str| parameters.get(name).map(|value| value == "on");
        let version = parameters
            .get("server_version")
            .cloned()
            .unwrap_or_default();
        Greeting {
            endpoint: self.endpoint.label(),
            version_num: version_number(&version),
            server_version: version,
            encrypted,
            connected_in: None,
            refused_before: self.refused_before,
            backend_pid: pid,
            is_superuser: on("is_superuser"),
            in_hot_standby: on("in_hot_standby"),
            read_only_by_default: on("default_transaction_read_only"),
            options_dropped: self.target.options.is_some() && !self.with_options,
        }
    }
}

impl Refusal {
    /// Adds what the conversation showed.
    pub(crate) fn with_transcript(mut self, seen: Transcript) -> Self {
        self.auth_reached = seen.auth_reached;
        self.authenticated = seen.authenticated;
        if seen.auth_reached && self.stage == Stage::Startup {
            self.stage = Stage::Authentication;
        }
        if let Some(error) = seen.error {
            self.cause = Cause::Server(error);
        } else if let Some(bytes) = seen.alien {
            self.cause = Cause::Alien(bytes);
        } else if let Some(method) = seen.foreign_method {
            self.cause = Cause::UnsupportedMethod(method.to_string());
        }
        self
    }
}

/// `server_version` as a number: `17.10` is 170010, `9.6.24` is 90624, `18beta1` is 180000; 0 when unreadable.
fn version_number(version: &str) -> u32 {
    // Distributions append text ("15.18 (Debian …)"), poolers a name ("1.18.0/bouncer").
    if version.contains("bouncer") {
        return 0;
    }
    let digits_end = version
        .find(|letter: char| !letter.is_ascii_digit() && letter != '.')
        .unwrap_or(version.len());
    let mut parts = version[..digits_end]
        .split('.')
        .map(|part| part.parse::<u32>().unwrap_or(0).min(9_999));
    let major = parts.next().unwrap_or(0);
    let minor = parts.next().unwrap_or(0);
    match major {
        0 => 0,
        1..10 => major * 10_000 + minor * 100 + parts.next().unwrap_or(0),
        _ => major * 10_000 + minor,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_become_numbers() {
        for (text, number) in [
            ("17.10", 170_010),
            ("15.18 (Debian 15.18-0+deb12u1)", 150_018),
            ("18beta1", 180_000),
            ("9.6.24", 90_624),
            ("1.18.0/bouncer", 0),
            ("", 0),
            ("99999999999.1", 0),
        ] {
            assert_eq!(version_number(text), number, "{text}");
        }
    }
}
