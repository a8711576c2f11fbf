//! Everything `target` may look at, captured once: variables, who we are, and where files are looked for.
//!
//! Stage: first. [`Environment::from_process`] is the only place in `target` that reads the process;
//! tests build their own. Never: reads a file.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::error::TargetError;

/// The outside world as connection settings see it.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// Environment variables.
    pub variables: BTreeMap<String, String>,
    /// Names of variables whose value is not UTF-8; an error when one of them matters to us.
    pub unreadable: Vec<String>,
    /// Name of the effective user, the default role as in libpq (with `sudo`, the user switched to).
    pub user: Option<String>,
    /// Home directory, for `.pgpass`, `.pg_service.conf` and `.postgresql/`.
    pub home: Option<PathBuf>,
    /// Configuration files to read, the later ones over the earlier ones.
    pub config_files: ConfigFiles,
    /// Directories that may hold the system's `pg_service.conf`, when `PGSYSCONFDIR` names none.
    pub service_directories: Vec<PathBuf>,
    /// Where a local server's socket may be, most likely first.
    pub socket_directories: Vec<PathBuf>,
}

/// Which configuration files count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigFiles {
    /// The usual places: read those that exist.
    Usual(Vec<PathBuf>),
    /// The one file of `BREAKGLASS_CONFIG`, which must exist.
    Only(PathBuf),
}

impl Default for ConfigFiles {
    fn default() -> Self {
        Self::Usual(Vec::new())
    }
}

impl Environment {
    /// Captures this process's environment.
    pub fn from_process() -> Self {
        let (variables, unreadable) = variables();
        let account = nix::unistd::User::from_uid(nix::unistd::geteuid())
            .ok()
            .flatten();
        let home = nonempty(&variables, "HOME")
            .map(PathBuf::from)
            .or_else(|| account.as_ref().map(|account| account.dir.clone()));
        Self {
            config_files: config_files(&variables, home.as_ref()),
            user: account.map(|account| account.name),
            home,
            variables,
            unreadable,
            // Debian and Red Hat packages, a build from source.
            service_directories: ["/etc/postgresql-common", "/etc", "/usr/local/pgsql/etc"]
                .map(PathBuf::from)
                .to_vec(),
            // Distributions use the first, an upstream build the second.
            socket_directories: ["/var/run/postgresql", "/tmp"].map(PathBuf::from).to_vec(),
        }
    }

    /// A variable as it was set, empty or not: to libpq an empty variable is one that is set.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// Fails when the variable is set to something that we cannot read: it is not the same as unset.
    pub(super) fn refuse_unreadable(&self, name: &str) -> Result<(), TargetError> {
        if self.unreadable.iter().any(|unreadable| unreadable == name) {
            return Err(TargetError::new("the value is not UTF-8").at(name));
        }
        Ok(())
    }

    /// A file below the home directory.
    pub(super) fn in_home(&self, relative: &str) -> Option<PathBuf> {
        self.home.as_ref().map(|home| home.join(relative))
    }
}

fn variables() -> (BTreeMap<String, String>, Vec<String>) {
    let mut readable = BTreeMap::new();
    let mut unreadable = Vec::new();
    for (name, value) in std::env::vars_os() {
        let Ok(name) = name.into_string() else {
            continue;
        };
        match value.into_string() {
            Ok(value) => {
                readable.insert(name, value);
            }
            Err(_) => unreadable.push(name),
        }
    }
    (readable, unreadable)
}

fn nonempty<'a>(variables: &'a BTreeMap<String, String>, name: &str) -> Option<&'a str> {
    variables
        .get(name)
        .map(String::as_str)
        .filter(|value| !value.is_empty())
}

fn config_files(variables: &BTreeMap<String, String>, home: Option<&PathBuf>) -> ConfigFiles {
    if let Some(only) = nonempty(variables, "BREAKGLASS_CONFIG") {
        return ConfigFiles::Only(PathBuf::from(only));
    }
    let user_directory = nonempty(variables, "XDG_CONFIG_HOME")
        .map(PathBuf::from)
        // The specification says to ignore a relative path.
        .filter(|directory| directory.is_absolute())
        .or_else(|| home.map(|home| home.join(".config")));
    let mut files = vec![PathBuf::from("/etc/breakglass/config.toml")];
    files.extend(user_directory.map(|directory| directory.join("breakglass/config.toml")));
    ConfigFiles::Usual(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configuration_files_are_the_systems_then_the_users_unless_one_is_named() {
        let home = PathBuf::from("/home/ada");
        let usual = |user: &str| {
            ConfigFiles::Usual(vec![
                PathBuf::from("/etc/breakglass/config.toml"),
                PathBuf::from(user),
            ])
        };
        let cases: [(&[(&str, &str)], ConfigFiles); 5] = [
            (&[], usual("/home/ada/.config/breakglass/config.toml")),
            (
                &[("XDG_CONFIG_HOME", "/conf")],
                usual("/conf/breakglass/config.toml"),
            ),
            (
                &[("XDG_CONFIG_HOME", "relative")],
                usual("/home/ada/.config/breakglass/config.toml"),
            ),
            (
                &[("BREAKGLASS_CONFIG", "/x.toml"), ("XDG_CONFIG_HOME", "/c")],
                ConfigFiles::Only(PathBuf::from("/x.toml")),
            ),
            (
                &[("BREAKGLASS_CONFIG", "")],
                usual("/home/ada/.config/breakglass/config.toml"),
            ),
        ];
        for (pairs, expected) in cases {
            let variables = pairs
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_string()))
                .collect();
            assert_eq!(config_files(&variables, Some(&home)), expected, "{pairs:?}");
        }
    }
}
