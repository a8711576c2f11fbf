//! Finds the server binaries a rehearsal needs: `initdb` and `postgres`, in one directory.
//!
//! Stage: before the throwaway server starts. Out: a [`Binaries`] of a supported major, or one sentence that
//! says how to install them. Never: installs anything, or runs more than `postgres --version`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// The oldest major this program supports.
const OLDEST_MAJOR: u32 = 13;

/// The binaries of one PostgreSQL server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    /// The directory that holds them.
    pub directory: PathBuf,
    /// The major version, for example 17.
    pub major: u32,
    /// The version as `postgres --version` prints it, for example `17.10`.
    pub version: String,
}

/// What the environment says, read by the caller.
#[derive(Debug, Clone, Default)]
pub struct Hints {
    /// `--bindir`, or the environment's `BREAKGLASS_PG_BINDIR`: the only place looked at when given.
    pub directory: Option<PathBuf>,
    /// `PATH`.
    pub path: Option<std::ffi::OsString>,
}

/// Finds the binaries: where the operator said, else where distributions put them, the first that works.
pub fn find(hints: &Hints) -> Result<Binaries> {
    if let Some(directory) = &hints.directory {
        return inspect(directory);
    }
    for directory in candidates(hints) {
        if let Ok(binaries) = inspect(&directory) {
            return Ok(binaries);
        }
    }
    bail!(
        "No PostgreSQL server binaries (initdb and postgres) were found. {} Then run this again, or point \
         --bindir at their directory.",
        how_to_install()
    )
}

/// Asks the `postgres` of a directory for its version, and makes sure that `initdb` is beside it.
pub fn inspect(directory: &Path) -> Result<Binaries> {
    for name in ["initdb", "postgres"] {
        if !directory.join(name).is_file() {
            bail!("There is no {name} in {}", directory.display());
        }
    }
    // Links are followed, because a server finds its libraries relative to where it really is.
    let directory = directory
        .join("postgres")
        .canonicalize()
        .ok()
        .and_then(|program| program.parent().map(Path::to_owned))
        .filter(|real| real.join("initdb").is_file())
        .unwrap_or_else(|| directory.to_owned());
    let answer = first_line(Command::new(directory.join("postgres")).arg("--version"))
        .with_context(|| format!("{}/postgres does not run", directory.display()))?;
    let version = answer
        .split_whitespace()
        .find(|word| word.starts_with(|first: char| first.is_ascii_digit()))
        .unwrap_or_default()
        .to_owned();
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    let major = digits
        .parse()
        .with_context(|| format!("{}/postgres answers `{answer}`", directory.display()))?;
    if major < OLDEST_MAJOR {
        bail!(
            "{} holds PostgreSQL {version}; {OLDEST_MAJOR} or later is needed",
            directory.display()
        );
    }
    Ok(Binaries {
        directory,
        major,
        version,
    })
}

/// The places to look, in order.
fn candidates(hints: &Hints) -> Vec<PathBuf> {
    let mut places: Vec<PathBuf> = match &hints.path {
        Some(path) => std::env::split_paths(path).collect(),
        None => Vec::new(),
    };
    if let Some(directory) = first_line(Command::new("pg_config").arg("--bindir")) {
        places.push(PathBuf::from(directory));
    }
    places.extend(newest_first(Path::new("/usr/lib/postgresql"), ""));
    places.extend(newest_first(Path::new("/usr"), "pgsql-"));
    places.extend(newest_first(Path::new("/opt/homebrew/opt"), "postgresql@"));
    places.push(PathBuf::from("/opt/homebrew/bin"));
    places.push(PathBuf::from("/usr/local/pgsql/bin"));
    places
}

/// `parent/PREFIX<major>/bin` for every major there, the newest first.
fn newest_first(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(parent) else {
        return Vec::new();
    };
    let mut majors: Vec<u32> = entries
        .flatten()
        .filter_map(|entry| {
            entry
                .file_name()
                .to_str()?
                .strip_prefix(prefix)?
                .parse()
                .ok()
        })
        .collect();
    majors.sort_unstable_by(|a, b| b.cmp(a));
    majors
        .into_iter()
        .map(|major| parent.join(format!("{prefix}{major}")).join("bin"))
        .collect()
}

/// The first line a successful command prints.
fn first_line(command: &mut Command) -> Option<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output
        .status
        .success()
        .then(|| text.lines().next().unwrap_or_default().to_owned())
}

/// The sentence that ends a fruitless search.
fn how_to_install() -> &'static str {
    let known = [
        (
            "/usr/bin/apt-get",
            "Install them with `apt-get install postgresql`.",
        ),
        (
            "/usr/bin/dnf",
            "Install them with `dnf install postgresql-server`.",
        ),
        (
            "/usr/bin/zypper",
            "Install them with `zypper install postgresql-server`.",
        ),
        ("/sbin/apk", "Install them with `apk add postgresql`."),
        (
            "/opt/homebrew/bin/brew",
            "Install them with `brew install postgresql`.",
        ),
    ];
    known
        .iter()
        .find(|(tool, _)| Path::new(tool).exists())
        .map_or(
            "Install your system's PostgreSQL server package.",
            |(_, advice)| advice,
        )
}

#[cfg(test)]
mod tests {
    use super::{inspect, newest_first};
    use std::path::Path;

    #[test]
    fn the_newest_major_is_tried_first_and_other_names_are_ignored() -> std::io::Result<()> {
        let parent = tempfile::tempdir()?;
        for name in ["pgsql-9", "pgsql-17", "pgsql-16", "pgsql-old", "share"] {
            std::fs::create_dir(parent.path().join(name))?;
        }
        let found = newest_first(parent.path(), "pgsql-");
        let expected: Vec<_> = ["pgsql-17/bin", "pgsql-16/bin", "pgsql-9/bin"]
            .iter()
            .map(|name| parent.path().join(name))
            .collect();
        assert_eq!(found, expected);
        Ok(())
    }

    #[test]
    fn a_directory_without_initdb_is_named() {
        let message = inspect(Path::new("/nonexistent")).map_err(|error| error.to_string());
        assert_eq!(
            message,
            Err("There is no initdb in /nonexistent".to_owned())
        );
    }
}
