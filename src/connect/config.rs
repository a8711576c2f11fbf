//! The configuration: the system's file, then the user's over it. Named targets, and what is protected.
//!
//! Stage: files. Protections only add up: no file can take away what another protects. Never: reads a file
//! that somebody else could have changed, because it names commands to run and whom to spare.

use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::Protected;
use super::config_file::{self, ConfigFile, TargetSettings};
use super::environment::{ConfigFiles, Environment};
use super::error::TargetError;
use super::recycling::Recycler;
use super::runtimes;
use super::settings::{Origin, Settings};
use crate::decide::headroom::fleet::Fleet;
use crate::decide::workers::runtime::Runtime;

/// All configuration files together.
#[derive(Debug, Clone, Default)]
pub struct Config {
    files: ConfigFile,
    warnings: Vec<String>,
    /// The files that were read, for the error about an unknown target.
    read_from: Vec<String>,
}

/// A `[target.NAME]` that was asked for.
pub(super) struct NamedTarget {
    pub(super) name: String,
    pub(super) settings: TargetSettings,
}

impl Config {
    /// Reads the files. None at all is an empty configuration.
    pub fn read(environment: &Environment) -> Result<Self, TargetError> {
        let mut config = Self::default();
        environment.refuse_unreadable("BREAKGLASS_CONFIG")?;
        match &environment.config_files {
            ConfigFiles::Only(path) => config.add(path, true)?,
            ConfigFiles::Usual(paths) => {
                for path in paths {
                    config.add(path, false)?;
                }
            }
        }
        Ok(config)
    }

    /// The names that `--target` takes, sorted.
    pub fn target_names(&self) -> impl Iterator<Item = &str> {
        self.files.targets.keys().map(String::as_str)
    }

    /// The names that `--via` takes, sorted.
    pub fn recycler_names(&self) -> impl Iterator<Item = &str> {
        self.files.recyclers.keys().map(String::as_str)
    }

    /// What is protected whatever the flags say: for all, and for this target.
    pub fn protected(&self, target: Option<&str>) -> Result<Protected, TargetError> {
        let mut protected = self.files.protected.clone();
        if let Some(name) = target {
            protected.unite(&self.named(name)?.settings.protected);
        }
        Ok(protected)
    }

    /// The runtimes that are built in, with the configuration's over them, in the order in which they are to be tried.
    pub fn runtimes(&self) -> Result<Vec<Runtime>, TargetError> {
        runtimes::with(&self.files.runtimes)
    }

    /// The `[recycler.NAME]` that was asked for.
    pub fn recycler(&self, name: &str) -> Result<&Recycler, TargetError> {
        self.files.recyclers.get(name).ok_or_else(|| {
            let known: Vec<&str> = self.files.recyclers.keys().map(String::as_str).collect();
            let advice = match known.as_slice() {
                [] => "the configuration has no [recycler.NAME]".to_owned(),
                known => format!("the configuration has: {}", known.join(", ")),
            };
            TargetError::new(format!("unknown recycler \"{name}\""))
                .at("--via")
                .advise(advice)
                .suggest(name, known)
        })
    }

    /// The applications that the arithmetic of `headroom` reckons with.
    pub fn fleet(&self) -> &[Fleet] {
        &self.files.fleet
    }

    /// Sentences for the operator about the files.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    pub(super) fn named(&self, name: &str) -> Result<NamedTarget, TargetError> {
        if let Some(settings) = self.files.targets.get(name) {
            return Ok(NamedTarget {
                name: name.to_owned(),
                settings: settings.clone(),
            });
        }
        let known: Vec<_> = self.target_names().collect();
        let advice = match (known.as_slice(), self.read_from.as_slice()) {
            (_, []) => "there is no configuration file".to_owned(),
            ([], files) => format!("{} defines none", files.join(" and ")),
            (known, _) => format!("the configuration has: {}", known.join(", ")),
        };
        Err(TargetError::new(format!("unknown target \"{name}\""))
            .at("--target")
            .advise(advice)
            .suggest(name, known))
    }

    fn add(&mut self, path: &Path, must_exist: bool) -> Result<(), TargetError> {
        let Some((text, mode)) = read_trusted(path, must_exist)? else {
            return Ok(());
        };
        let file = config_file::parse(&text, path)?;
        let holds_password = file.targets.values().any(holds_password);
        if holds_password && mode & 0o004 != 0 {
            self.warnings.push(format!(
                "{} holds a password and everybody may read it; run: chmod o-r {0}",
                path.display()
            ));
        }
        self.read_from.push(path.display().to_string());
        self.merge(file);
        Ok(())
    }

    fn merge(&mut self, stronger: ConfigFile) {
        self.files.protected.unite(&stronger.protected);
        for (name, theirs) in stronger.targets {
            let ours = self.files.targets.entry(name).or_default();
            ours.dsn = theirs.dsn.or(ours.dsn.take());
            ours.pgbouncer = theirs.pgbouncer.or(ours.pgbouncer.take());
            ours.password_command = theirs.password_command.or(ours.password_command.take());
            ours.protected.unite(&theirs.protected);
        }
        for fleet in stronger.fleet {
            self.files.fleet.retain(|ours| ours.name != fleet.name);
            self.files.fleet.push(fleet);
        }
        self.files.recyclers.extend(stronger.recyclers);
        for (name, keys) in stronger.runtimes {
            self.files.runtimes.entry(name).or_default().extend(keys);
        }
    }
}

impl Protected {
    /// Adds another's protections; of two limits the smaller one holds.
    pub(super) fn unite(&mut self, other: &Self) {
        let lists = [
            (&mut self.users, &other.users),
            (&mut self.applications, &other.applications),
            (&mut self.databases, &other.databases),
        ];
        for (ours, theirs) in lists {
            for name in theirs {
                if !ours.contains(name) {
                    ours.push(name.clone());
                }
            }
        }
        self.max_targets = match (self.max_targets, other.max_targets) {
            (Some(ours), Some(theirs)) => Some(ours.min(theirs)),
            (ours, theirs) => ours.or(theirs),
        };
    }
}

/// Text and permission bits of a file, from one open file, so that both are of the same file.
fn read_trusted(path: &Path, must_exist: bool) -> Result<Option<(String, u32)>, TargetError> {
    let failed = |error: std::io::Error| {
        TargetError::new(format!("cannot read the configuration: {error}")).at(path.display())
    };
    let mut file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !must_exist => {
            return Ok(None);
        }
        // It may say whom nothing may end, so it is not passed over.
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            return Err(failed(error).advise(
                "become a member of the file's group, or name another file with BREAKGLASS_CONFIG",
            ));
        }
        Err(error) => return Err(failed(error)),
    };
    let mode = file.metadata().map_err(failed)?.mode();
    if mode & 0o022 != 0 {
        return Err(TargetError::new(
            "group or others may write this configuration, so it is not trusted",
        )
        .at(path.display())
        .advise(format!("run: chmod go-w {}", path.display())));
    }
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(failed)?;
    Ok(Some((text, mode)))
}

fn holds_password(target: &TargetSettings) -> bool {
    [&target.dsn, &target.pgbouncer]
        .into_iter()
        .flatten()
        .any(|dsn| {
            Settings::from_connection_string(&dsn.value, &Origin::Flag("dsn"))
                .ok()
                .flatten()
                .is_some_and(|settings| settings.get("password").is_some())
        })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn environment(directory: &Path, files: &[(&str, &str, u32)]) -> Environment {
        let paths = files.iter().map(|(name, text, mode)| {
            let path = directory.join(name);
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(*mode)).unwrap();
            path
        });
        Environment {
            config_files: ConfigFiles::Usual(paths.collect()),
            ..Environment::default()
        }
    }

    #[test]
    fn the_users_file_overrides_key_by_key_and_protections_add_up() {
        let directory = tempfile::tempdir().unwrap();
        let system = "[protected]\nusers = ['replicator']\n[target.prod]\ndsn = 'host=system'\n\
                      password_command = 'pass'\nprotected_users = ['a']\nmax_targets = 10\n";
        let user = "[protected]\nusers = ['replicator', 'me']\n[target.prod]\ndsn = 'host=user'\n\
                    protected_users = []\nmax_targets = 99\n[target.mine]\n";
        let files = [("system", system, 0o644), ("user", user, 0o600)];
        let config = Config::read(&environment(directory.path(), &files)).unwrap();
        let prod = config.named("prod").unwrap().settings;
        assert_eq!(prod.dsn.unwrap().value, "host=user");
        assert_eq!(prod.password_command.unwrap().value, "pass");
        let protected = config.protected(Some("prod")).unwrap();
        assert_eq!(protected.users, ["replicator", "me", "a"]);
        assert_eq!(protected.max_targets, Some(10));
        assert_eq!(config.protected(None).unwrap().users, ["replicator", "me"]);
        assert_eq!(config.target_names().collect::<Vec<_>>(), ["mine", "prod"]);
    }

    #[test]
    fn a_file_that_others_may_write_is_refused_and_a_readable_password_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let dsn = "[target.x]\ndsn = 'postgresql://u:secret@h'\n";
        for (mode, refused, warned) in [
            (0o600, false, false),
            (0o640, false, false),
            (0o644, false, true),
            (0o660, true, false),
            (0o602, true, false),
        ] {
            let config = Config::read(&environment(directory.path(), &[("c", dsn, mode)]));
            assert_eq!(config.is_err(), refused, "{mode:o}");
            if let Ok(config) = config {
                assert_eq!(!config.warnings().is_empty(), warned, "{mode:o}");
                assert!(!format!("{config:?}").contains("secret"));
            }
        }
    }

    #[test]
    fn an_unknown_target_is_answered_with_the_known_ones() {
        let directory = tempfile::tempdir().unwrap();
        let files = [("c", "[target.prod]\n[target.staging]\n", 0o600)];
        let config = Config::read(&environment(directory.path(), &files)).unwrap();
        for (name, message) in [
            (
                "prdo",
                "--target: unknown target \"prdo\"; did you mean \"prod\"?",
            ),
            (
                "x",
                "--target: unknown target \"x\"; the configuration has: prod, staging",
            ),
        ] {
            assert_eq!(config.named(name).err().unwrap().to_string(), message);
        }
        let none = Config::default().named("x").err().unwrap().to_string();
        assert_eq!(
            none,
            "--target: unknown target \"x\"; there is no configuration file"
        );
    }

    #[test]
    fn a_file_that_is_named_must_exist() {
        let environment = Environment {
            config_files: ConfigFiles::Only("/nonexistent/config.toml".into()),
            ..Environment::default()
        };
        let message = Config::read(&environment).unwrap_err().to_string();
        assert!(
            message.starts_with("/nonexistent/config.toml: cannot read the configuration: "),
            "{message}"
        );
    }
}
