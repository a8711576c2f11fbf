//! Reads one configuration file: TOML to values, every fault with its line and the nearest right word.
//!
//! Stage: parsing, pure. Walks the document by hand, because a key nobody knows must not be passed over: it may
//! be a protection, misspelled. Never: reads a DSN.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Protected;
use super::error::TargetError;
use super::recycling::{Recycler, RuntimeKey};
use crate::decide::headroom::fleet::Fleet;

/// What one file says, or all of them together.
#[derive(Debug, Clone, Default)]
pub(super) struct ConfigFile {
    /// `[protected]`: holds for every target.
    pub(super) protected: Protected,
    /// `[target.NAME]`.
    pub(super) targets: BTreeMap<String, TargetSettings>,
    /// `[recycler.NAME]`.
    pub(super) recyclers: BTreeMap<String, Recycler>,
    /// `[runtime.NAME]`, in the order of their keys.
    pub(super) runtimes: BTreeMap<String, Vec<RuntimeKey>>,
    /// `[[fleet]]`, in their order.
    pub(super) fleet: Vec<Fleet>,
}

/// One `[target.NAME]`.
#[derive(Debug, Clone, Default)]
pub(super) struct TargetSettings {
    /// URI or key=value string.
    pub(super) dsn: Option<Placed>,
    /// URI, key=value string or socket directory of its pooler's console.
    pub(super) pgbouncer: Option<Placed>,
    /// Shell command that prints the password.
    pub(super) password_command: Option<Placed>,
    /// `protected_*` and `max_targets`.
    pub(super) protected: Protected,
}

/// A text and where it stood. Shows only the place: a DSN may hold a password.
#[derive(Clone)]
pub(super) struct Placed {
    pub(super) value: String,
    pub(super) place: String,
}

impl std::fmt::Debug for Placed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Placed(at {})", self.place)
    }
}

/// Reads the text of a file; `path` is for the errors.
pub(super) fn parse(text: &str, path: &Path) -> Result<ConfigFile, TargetError> {
    let source = Source { text, path };
    let document = DeTable::parse(text).map_err(|error| {
        TargetError::new(error.message().replace('\n', ", "))
            .at(source.place(&error.span().unwrap_or_default()))
    })?;
    let mut file = ConfigFile::default();
    let known = ["target", "protected", "recycler", "runtime", "fleet"];
    for (key, value) in source.entries(document.get_ref(), &known)? {
        if key == "fleet" {
            file.fleet = source.fleets(value)?;
            continue;
        }
        let table = source.table(key, value)?;
        if key == "protected" {
            file.protected = source.protected(table)?;
            continue;
        }
        for (name, value) in table {
            let section = source.table(name.get_ref(), value)?;
            let name = name.get_ref().to_string();
            match key {
                "target" => {
                    file.targets.insert(name, source.target(section)?);
                }
                "recycler" => {
                    let recycler = source.recycler(&name, section, &value.span())?;
                    file.recyclers.insert(name, recycler);
                }
                _ => {
                    file.runtimes.insert(name, source.runtime(section)?);
                }
            }
        }
    }
    Ok(file)
}

/// The text being read, to turn offsets into lines.
pub(super) struct Source<'a> {
    text: &'a str,
    path: &'a Path,
}

pub(super) type Entry<'a> = (&'a str, &'a Spanned<DeValue<'a>>);

impl Source<'_> {
    pub(super) fn place(&self, span: &Range<usize>) -> String {
        let before = self.text.get(..span.start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        format!("{}, line {line}", self.path.display())
    }

    /// The entries of a table whose keys must all be known.
    pub(super) fn entries<'a>(
        &self,
        table: &'a DeTable<'a>,
        known: &[&'static str],
    ) -> Result<Vec<Entry<'a>>, TargetError> {
        table
            .iter()
            .map(|(key, value)| {
                let name = key.get_ref().as_ref();
                if known.contains(&name) {
                    return Ok((name, value));
                }
                let error = TargetError::new(format!("unknown key \"{name}\""))
                    .at(self.place(&key.span()))
                    .advise(format!("known here: {}", known.join(", ")))
                    .suggest(name, known.iter().copied());
                Err(error)
            })
            .collect()
    }

    fn target(&self, table: &DeTable<'_>) -> Result<TargetSettings, TargetError> {
        let known = [
            "dsn",
            "pgbouncer",
            "password_command",
            "protected_users",
            "protected_applications",
            "protected_databases",
            "max_targets",
        ];
        let mut settings = TargetSettings::default();
        for (key, value) in self.entries(table, &known)? {
            match key {
                "dsn" => settings.dsn = Some(self.placed(key, value)?),
                "pgbouncer" => settings.pgbouncer = Some(self.placed(key, value)?),
                "password_command" => settings.password_command = Some(self.placed(key, value)?),
                "protected_users" => settings.protected.users = self.strings(key, value)?,
                "protected_applications" => {
                    settings.protected.applications = self.strings(key, value)?;
                }
                "protected_databases" => settings.protected.databases = self.strings(key, value)?,
                _ => settings.protected.max_targets = Some(self.count(key, value)?),
            }
        }
        Ok(settings)
    }

    fn protected(&self, table: &DeTable<'_>) -> Result<Protected, TargetError> {
        let mut protected = Protected::default();
        for (key, value) in self.entries(table, &["users", "applications", "databases"])? {
            let list = match key {
                "users" => &mut protected.users,
                "applications" => &mut protected.applications,
                _ => &mut protected.databases,
            };
            *list = self.strings(key, value)?;
        }
        Ok(protected)
    }

    pub(super) fn table<'a>(
        &self,
        key: &str,
        value: &'a Spanned<DeValue<'a>>,
    ) -> Result<&'a DeTable<'a>, TargetError> {
        value
            .get_ref()
            .as_table()
            .ok_or_else(|| self.wrong_type(key, value, "a table"))
    }

    fn placed(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Result<Placed, TargetError> {
        Ok(Placed {
            value: self.string(key, value)?,
            place: self.place(&value.span()),
        })
    }

    pub(super) fn string(
        &self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<String, TargetError> {
        value
            .get_ref()
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| self.wrong_type(key, value, "a string"))
    }

    pub(super) fn strings(
        &self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<Vec<String>, TargetError> {
        value
            .get_ref()
            .as_array()
            .ok_or_else(|| self.wrong_type(key, value, "a list of strings"))?
            .iter()
            .map(|item| self.string(key, item))
            .collect()
    }

    pub(super) fn count(
        &self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<usize, TargetError> {
        value
            .get_ref()
            .as_integer()
            .and_then(|number| usize::from_str_radix(number.as_str(), number.radix()).ok())
            .ok_or_else(|| self.wrong_type(key, value, "a whole number, 0 or more"))
    }

    pub(super) fn wrong_type(
        &self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        wanted: &str,
    ) -> TargetError {
        let found = match value.get_ref() {
            DeValue::Integer(number) => number.to_string(),
            other => other.type_str().to_owned(),
        };
        TargetError::new(format!("\"{key}\" must be {wanted}, not {found}"))
            .at(self.place(&value.span()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_whole_file_is_read() {
        let text = "\
[protected]
users = [\"replicator\"]
databases = []

[target.prod]
dsn = \"host=db user=breakglass\"
password_command = \"pass db\"
protected_users = [\"billing\"]
protected_applications = [\"patroni\"]
protected_databases = [\"audit\"]
max_targets = 50

[target.\"eu west\"]
";
        let file = parse(text, Path::new("c.toml")).unwrap();
        assert_eq!(file.protected.users, ["replicator"]);
        let prod = &file.targets["prod"];
        let dsn = prod.dsn.as_ref().unwrap();
        assert_eq!(dsn.value, "host=db user=breakglass");
        assert_eq!(dsn.place, "c.toml, line 6");
        assert_eq!(prod.password_command.as_ref().unwrap().value, "pass db");
        assert_eq!(
            prod.protected,
            Protected {
                users: vec!["billing".into()],
                applications: vec!["patroni".into()],
                databases: vec!["audit".into()],
                max_targets: Some(50),
            }
        );
        assert!(file.targets.contains_key("eu west"));
    }

    #[test]
    fn faults_are_named_with_line_and_remedy() {
        #[rustfmt::skip]
        let cases = [
            ("[targets.x]\ndsn = ''", "c.toml, line 1: unknown key \"targets\"; did you mean \"target\"?"),
            ("[target.x]\nprotected_user = []", "c.toml, line 2: unknown key \"protected_user\"; did you mean \"protected_users\"?"),
            ("[protected]\nqueries = []", "c.toml, line 2: unknown key \"queries\"; known here: users, applications, databases"),
            ("[target.x]\ndsn = 5", "c.toml, line 2: \"dsn\" must be a string, not 5"),
            ("[target.x]\nprotected_users = 'a'", "c.toml, line 2: \"protected_users\" must be a list of strings, not string"),
            ("[protected]\nusers = ['a',\n 5]", "c.toml, line 3: \"users\" must be a string, not 5"),
            ("[target.x]\nmax_targets = '5'", "c.toml, line 2: \"max_targets\" must be a whole number, 0 or more, not string"),
            ("[target.x]\nmax_targets = -5", "c.toml, line 2: \"max_targets\" must be a whole number, 0 or more, not -5"),
            ("target = 'x'", "c.toml, line 1: \"target\" must be a table, not string"),
            ("[target]\nprod = 'x'", "c.toml, line 2: \"prod\" must be a table, not string"),
        ];
        for (text, message) in cases {
            assert_eq!(
                parse(text, Path::new("c.toml")).unwrap_err().to_string(),
                message
            );
        }
        let broken = parse("[protected]\nusers = [", Path::new("c.toml")).unwrap_err();
        assert!(
            broken.to_string().starts_with("c.toml, line 2: "),
            "{broken}"
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = parse(&text, Path::new("c.toml"));
        }
    }
}
