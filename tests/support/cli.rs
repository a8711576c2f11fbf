//! The program as a child process: with an environment of its own, and nothing left to chance.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::server::Server;

/// A home directory for runs of the program, and what they all have in common.
pub struct Cli {
    home: tempfile::TempDir,
    variables: Vec<(OsString, OsString)>,
}

/// What one run answered.
#[derive(Debug)]
pub struct Said {
    /// stdout.
    pub out: String,
    /// stderr.
    pub err: String,
    /// The exit code; `None` after a signal.
    pub code: Option<i32>,
}

impl Default for Cli {
    fn default() -> Self {
        Self::new()
    }
}

impl Cli {
    /// An empty home directory, no terminal, 80 columns, UTF-8.
    pub fn new() -> Self {
        let cli = Self {
            home: tempfile::tempdir().unwrap(),
            variables: Vec::new(),
        };
        cli.with("LANG", "C.UTF-8")
            .with("TERM", "xterm")
            .with("COLUMNS", "80")
    }

    /// The same, with variables that lead to `server` as `user`.
    pub fn on(server: &Server, user: &str) -> Self {
        let variables = server.environment(user).into_iter();
        variables.fold(Self::new(), |cli, (name, value)| cli.with(name, value))
    }

    /// With one more variable, or another value of one.
    #[must_use]
    pub fn with(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.variables.retain(|(known, _)| known != name.as_ref());
        self.variables
            .push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Without a variable.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self
    }

    /// A path in the home directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Writes a file into the home directory.
    pub fn file(&self, name: &str, text: &str, mode: u32) {
        use std::os::unix::fs::PermissionsExt;
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Where the record of these runs is.
    pub fn record(&self) -> PathBuf {
        self.path("state/breakglass/record.jsonl")
    }

    /// The record's lines; none when there is no record.
    pub fn record_lines(&self) -> Vec<serde_json::Value> {
        let text = std::fs::read_to_string(self.record()).unwrap_or_default();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// The program with these arguments, not started yet.
    pub fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        self.around(Path::new(env!("CARGO_BIN_EXE_breakglass")), args)
    }

    /// Any program in this environment.
    pub fn around<S: AsRef<OsStr>>(&self, program: &Path, args: &[S]) -> Command {
        let mut command = Command::new(program);
        command
            .args(args)
            .env_clear()
            .env("HOME", self.home.path())
            .env("XDG_STATE_HOME", self.path("state"))
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    /// Runs it to its end.
    pub fn run<S: AsRef<OsStr>>(&self, args: &[S]) -> Said {
        self.command(args).output().unwrap().into()
    }

    /// `text` with the home directory's name, which is another one each time, as `HOME`.
    pub fn homed(&self, text: &str) -> String {
        text.replace(&self.home.path().display().to_string(), "HOME")
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
            code: output.status.code(),
        }
    }
}
