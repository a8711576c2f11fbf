//! An operator without a terminal: runs the real program in an environment that holds nothing but what is said
//! here, and reads what it answers.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::server::Server;

/// The form that the program prints for the answer of an act.
static ACT: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    let printed = Command::new(env!("CARGO_BIN_EXE_breakglass"))
        .args(["schema", "act"])
        .output();
    let schema: Value = serde_json::from_slice(&printed.unwrap().stdout).unwrap();
    jsonschema::validator_for(&schema).unwrap()
});

/// Who types, and where to.
pub struct Operator {
    /// Home and state directory, empty at first.
    home: TempDir,
    connection: Vec<String>,
    variables: Vec<(String, String)>,
}

/// What a run answered.
#[derive(Debug)]
pub struct Ran {
    /// The exit code.
    pub code: i32,
    /// The answer.
    pub stdout: String,
    /// The conversation.
    pub stderr: String,
    /// From start to end.
    pub took: Duration,
}

impl Operator {
    /// Logs in to `server` as `user`.
    pub fn on(server: &Server, user: &str) -> Self {
        Self::at("127.0.0.1", server.port(), user)
    }

    /// Logs in as `user` to whatever is there.
    pub fn at(host: &str, port: u16, user: &str) -> Self {
        let port = port.to_string();
        Self::with(&["-h", host, "-p", &port, "-U", user, "-d", "postgres"])
    }

    /// Types these flags before every command.
    pub fn with(connection: &[&str]) -> Self {
        Self {
            home: tempfile::tempdir().unwrap(),
            connection: connection.iter().map(|word| (*word).to_owned()).collect(),
            variables: Vec::new(),
        }
    }

    /// With this variable, too.
    pub fn set(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        let value = value.as_ref().to_str().unwrap().to_owned();
        self.variables.push((name.to_owned(), value));
        self
    }

    /// The program, about to be run with `args`.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_breakglass"));
        command
            .env_clear()
            .env("TERM", "dumb")
            .env("HOME", self.home.path())
            .env("XDG_STATE_HOME", self.home.path().join("state"))
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .args(&self.connection)
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Starts it and does not wait.
    pub fn start(&self, args: &[&str]) -> Child {
        self.command(args).spawn().unwrap()
    }

    /// Runs it to its end.
    pub fn run(&self, args: &[&str]) -> Ran {
        let began = Instant::now();
        Ran::of(self.command(args).output().unwrap(), began.elapsed())
    }

    /// Where the record is.
    pub fn record_path(&self) -> PathBuf {
        self.home.path().join("state/breakglass/record.jsonl")
    }

    /// The home directory, to put files into.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The record's lines; none without a record.
    pub fn record(&self) -> Vec<Value> {
        lines(&std::fs::read_to_string(self.record_path()).unwrap_or_default())
    }
}

/// The JSON objects among these lines.
pub fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

impl Ran {
    /// From a process's output.
    pub fn of(output: Output, took: Duration) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            took,
        }
    }

    /// Fails, showing everything, unless it ended with `code`.
    #[track_caller]
    pub fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self}");
        self
    }

    /// The answer as JSON. That of an act has the form which the program prints for it.
    #[track_caller]
    pub fn json(&self) -> Value {
        let json: Value =
            serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self}"));
        if json["format"] == "breakglass/act/1" {
            let wrong: Vec<String> = ACT
                .iter_errors(&json)
                .map(|error| format!("{} at {}", error, error.instance_path()))
                .collect();
            assert!(wrong.is_empty(), "{wrong:?}: {self}");
        }
        json
    }

    /// The outcomes by PID, in the order of the answer.
    #[track_caller]
    pub fn outcomes(&self) -> Vec<(i32, String)> {
        let json = self.json();
        let targets = match json["outcome"].is_null() {
            true => &json["plan"]["targets"],
            false => &json["outcome"]["targets"],
        };
        let targets = targets.as_array().unwrap();
        let outcome = |target: &Value| {
            let word = target["outcome"].as_str().unwrap_or("none").to_owned();
            (pid(&target["pid"]), word)
        };
        targets.iter().map(outcome).collect()
    }

    /// Who was spared, and why.
    #[track_caller]
    pub fn spared(&self) -> Vec<(i32, String)> {
        let json = self.json();
        let spared = json["plan"]["spared"].as_array().unwrap();
        let reason = |one: &Value| (pid(&one["pid"]), one["reason"].as_str().unwrap().to_owned());
        spared.iter().map(reason).collect()
    }

    /// Whether `pid` was spared for `reason`.
    #[track_caller]
    pub fn spares(&self, pid: i32, reason: &str) -> bool {
        self.spared().contains(&(pid, reason.to_owned()))
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            code,
            stdout,
            stderr,
            took,
        } = self;
        write!(
            f,
            "code {code} after {took:?}\nstdout: {stdout}\nstderr: {stderr}"
        )
    }
}

/// A PID in JSON.
#[track_caller]
pub fn pid(value: &Value) -> i32 {
    i32::try_from(value.as_i64().unwrap()).unwrap()
}

/// Somebody on the server, as the witness sees them: PID, start, role, application.
pub type Somebody = (i32, String, String, String);

impl Server {
    /// Everybody who is on the server but the program itself, whose end may take a moment longer than its process,
    /// and whoever is only just logging in, which 18 shows.
    pub fn census(&self) -> BTreeSet<Somebody> {
        let rows = self.ask_witness(
            "SELECT pid, backend_start, usename, application_name FROM pg_stat_activity \
             WHERE backend_type IN ('client backend', 'walsender') AND application_name <> 'breakglass' \
             AND state IS DISTINCT FROM 'starting'",
        );
        let text = |cell: &Option<String>| cell.clone().unwrap_or_default();
        rows.iter()
            .map(|row| {
                let pid = text(&row[0]).parse().unwrap();
                (pid, text(&row[1]), text(&row[2]), text(&row[3]))
            })
            .collect()
    }

    /// Fails unless those that have gone since `before` are exactly `pids`, and nobody has come.
    #[track_caller]
    pub fn assert_gone(&self, before: &BTreeSet<Somebody>, pids: &[i32]) {
        let now = self.census();
        let gone: BTreeSet<i32> = before.difference(&now).map(|one| one.0).collect();
        let expected: BTreeSet<i32> = pids.iter().copied().collect();
        assert_eq!(gone, expected, "gone, and should be gone");
        let come: Vec<_> = now.difference(before).collect();
        assert!(come.is_empty(), "these have come: {come:?}");
    }

    /// Fails unless everybody of `before` is still there.
    #[track_caller]
    pub fn assert_nobody_gone(&self, before: &BTreeSet<Somebody>) {
        self.assert_gone(before, &[]);
    }

    /// Waits until the session `pid` runs a statement and waits in it, for a lock or for time to pass.
    pub fn await_running(&self, pid: i32) {
        super::await_that(&format!("session {pid} runs its statement"), || {
            !self
                .ask_witness(&format!(
                    "SELECT 1 FROM pg_stat_activity WHERE pid = {pid} AND state = 'active' \
                     AND wait_event_type IN ('Timeout', 'Lock')"
                ))
                .is_empty()
        });
    }
}
