//! Connection settings while they are being gathered: keyword, value, and who said so.
//!
//! Stage: parsing, pure. Holds what was said, unread; what a value means is decided in the files that
//! use it. Never: shows a value in an error (one of them is the password), only its keyword and origin.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use super::error::TargetError;
use super::keywords::{self, Treatment};
use super::{conninfo, uri};

/// All that was said, by keyword.
#[derive(Debug, Default)]
pub(super) struct Settings(BTreeMap<&'static str, Setting>);

/// One value and who gave it.
#[derive(Clone)]
pub(super) struct Setting {
    pub(super) value: String,
    pub(super) origin: Origin,
}

/// Who gave a value. Displays as the place in an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// A flag, as it is spelled.
    Flag(&'static str),
    /// `dsn` of a target in a configuration file.
    Dsn { target: String, place: String },
    /// `pgbouncer` of a target in a configuration file.
    Console { target: String, place: String },
    /// A line of a service file.
    Service { path: PathBuf, line: usize },
    /// An environment variable.
    Variable(&'static str),
}

impl Settings {
    /// The value, unless it is absent or empty: given but empty means the default, as in libpq.
    pub(super) fn get(&self, keyword: &str) -> Option<&Setting> {
        self.said(keyword)
            .filter(|setting| !setting.value.is_empty())
    }

    /// The value even when it is empty.
    pub(super) fn said(&self, keyword: &str) -> Option<&Setting> {
        self.0.get(keyword)
    }

    /// Reads a value with `read`; an error is given its place.
    pub(super) fn read<T>(
        &self,
        keyword: &str,
        read: impl FnOnce(&str) -> Result<T, TargetError>,
    ) -> Result<Option<T>, TargetError> {
        self.get(keyword)
            .map(|setting| read(&setting.value).map_err(|error| error.at(setting.place(keyword))))
            .transpose()
    }

    /// Sets a value, over what was said before.
    pub(super) fn set(
        &mut self,
        keyword: &str,
        value: &str,
        origin: &Origin,
    ) -> Result<(), TargetError> {
        let (keyword, value) = known(keyword, value).map_err(|error| error.at(origin))?;
        let setting = Setting {
            value: value.to_owned(),
            origin: origin.clone(),
        };
        self.0.insert(keyword, setting);
        Ok(())
    }

    /// Takes from `weaker` what was not said here.
    pub(super) fn fill_from(&mut self, weaker: Self) {
        for (keyword, setting) in weaker.0 {
            self.0.entry(keyword).or_insert(setting);
        }
    }

    /// Forgets a keyword.
    pub(super) fn remove(&mut self, keyword: &str) {
        self.0.remove(keyword);
    }

    /// The settings of a URI or key=value string; `None` when `text` is neither, but a bare name.
    pub(super) fn from_connection_string(
        text: &str,
        origin: &Origin,
    ) -> Result<Option<Self>, TargetError> {
        let pairs = if uri::is_uri(text) {
            uri::parse(text)
        } else if text.contains('=') {
            conninfo::parse(text)
        } else {
            return Ok(None);
        }
        .map_err(|error| error.at(origin))?;
        let mut settings = Self::default();
        for (keyword, value) in &pairs {
            settings.set(keyword, value, origin)?;
        }
        Ok(Some(settings))
    }

    /// Fails when a setting asks for what we cannot give.
    pub(super) fn refuse_unsupported(&self) -> Result<(), TargetError> {
        for (name, setting) in &self.0 {
            let treatment = keywords::find(name).map(|keyword| &keyword.treatment);
            if let Some(Treatment::RefuseUnless { harmless, because }) = treatment
                && !setting.value.is_empty()
                && !harmless.contains(&setting.value.as_str())
            {
                let advice = match harmless {
                    [] => "leave it out".to_owned(),
                    _ => format!("leave it out, or say {}", harmless.join(" or ")),
                };
                return Err(TargetError::new(*because)
                    .at(setting.place(name))
                    .advise(advice));
            }
        }
        Ok(())
    }
}

impl Setting {
    /// Where an error about this setting is.
    pub(super) fn place(&self, keyword: &str) -> String {
        match &self.origin {
            Origin::Variable(_) => self.origin.to_string(),
            Origin::Flag(flag) if *flag != "-d" => self.origin.to_string(),
            origin => format!("{keyword} in {origin}"),
        }
    }
}

/// Shows who said it, not what.
impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Setting(from {})", self.origin)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => f.write_str(flag),
            Self::Dsn { target, place } => write!(f, "dsn of target \"{target}\" ({place})"),
            Self::Console { target, place } => {
                write!(f, "pgbouncer of target \"{target}\" ({place})")
            }
            Self::Service { path, line } => write!(f, "{}, line {line}", path.display()),
            Self::Variable(name) => f.write_str(name),
        }
    }
}

/// The keyword's one spelling, with `requiressl` said in today's words.
fn known<'a>(keyword: &str, value: &'a str) -> Result<(&'static str, &'a str), TargetError> {
    match keywords::find(keyword) {
        Some(known) if known.name == "requiressl" => {
            let mode = if value.starts_with('1') {
                "require"
            } else {
                "prefer"
            };
            Ok(("sslmode", mode))
        }
        Some(known) => Ok((known.name, value)),
        None => Err(
            TargetError::new(format!("unknown connection keyword \"{keyword}\""))
                .suggest(keyword, keywords::names()),
        ),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    fn read(text: &str) -> Result<Settings, TargetError> {
        Settings::from_connection_string(text, &Origin::Flag("-d")).map(Option::unwrap)
    }

    #[test]
    fn an_unknown_keyword_is_named_with_the_nearest_right_one() {
        for text in ["hots=db", "postgresql:///x?hots=db"] {
            assert_eq!(
                read(text).unwrap_err().to_string(),
                "-d: unknown connection keyword \"hots\"; did you mean \"host\"?"
            );
        }
    }

    #[test]
    fn what_we_cannot_give_is_refused_and_what_does_no_harm_is_not() {
        for (text, refused) in [
            ("gssencmode=prefer", false),
            ("gssencmode=require", true),
            ("gssencmode=", false),
            ("require_auth=scram-sha-256", true),
            ("requirepeer=postgres", true),
            ("sslcrldir=/x", true),
            ("sslcertmode=disable", false),
            ("sslcertmode=require", true),
            ("replication=database", true),
            ("replication=off", false),
            (
                "application_name=x client_encoding=latin1 tty=t krbsrvname=k",
                false,
            ),
        ] {
            let result = read(text).unwrap().refuse_unsupported();
            assert_eq!(result.is_err(), refused, "{text}: {result:?}");
        }
    }

    #[test]
    fn a_name_is_no_connection_string() {
        let read = Settings::from_connection_string("orders", &Origin::Flag("-d")).unwrap();
        assert!(read.is_none());
    }

    #[test]
    fn debugging_output_has_no_values() {
        assert!(!format!("{:?}", read("password=secret")).contains("secret"));
    }
}
