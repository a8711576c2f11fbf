//! The record: what was about to be done, and what came of it, a JSON line each, before anybody is told.
//!
//! Append-only, mode 0600, flushed to the disk before acting. The only code that writes it; [`read`] reads it.
//! Never: holds a password; rewrites or removes a line.

pub mod fences;
pub mod read;

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use serde::Serialize;
use serde_json::{Value, json};

use crate::decide::history::Slots;
use crate::decide::plan::Plan;
use crate::decide::session::Session;
use crate::decide::snapshot::Server;

/// The version of the lines; keys are only added.
const FORMAT: &str = "breakglass/record/1";
/// How much of a statement is kept.
const QUERY_LIMIT: usize = 200;

/// Who is typing what, where.
#[derive(Debug, Clone, Serialize)]
pub struct Operator {
    /// Name of the effective user, or its number.
    pub user: String,
    /// Who became that user with sudo.
    pub sudo_user: Option<String>,
    /// `SSH_CONNECTION`: client address and port, server address and port.
    pub ssh_connection: Option<String>,
    /// This machine.
    pub host: String,
    /// The command line as typed, passwords starred.
    pub command_line: Vec<String>,
}

/// Where lines go.
#[derive(Debug)]
enum Sink {
    File(PathBuf, File),
    /// `--no-record`: kept for whoever prints them.
    Lines(Vec<String>),
}

/// An open record.
#[derive(Debug)]
pub struct Record {
    sink: Sink,
    run: String,
    operator: Operator,
    /// For the next outcomes.
    slots: Option<Slots>,
}

/// Where the record is, from the environment: `$XDG_STATE_HOME/breakglass`, else `/var/log/breakglass` for
/// root, else `~/.local/state/breakglass`.
pub fn location(root: bool, variable: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let set = |name: &str| {
        variable(name)
            .filter(|value| value.starts_with('/'))
            .map(PathBuf::from)
    };
    let directory = match set("XDG_STATE_HOME") {
        Some(state) => state.join("breakglass"),
        None if root => PathBuf::from("/var/log/breakglass"),
        None => set("HOME")?.join(".local/state/breakglass"),
    };
    Some(directory.join("record.jsonl"))
}

impl Record {
    /// Opens the record at `path` for appending and proves that it can be written.
    pub fn open(path: PathBuf, operator: Operator) -> Result<Self, String> {
        let fail =
            |what: &str, error: &std::io::Error| format!("{what} {}: {error}", path.display());
        if let Some(directory) = path.parent() {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(directory)
                .map_err(|error| fail("cannot make the directory of", &error))?;
        }
        let mut file = OpenOptions::new()
            .append(true)
            .read(true)
            .create(true)
            .mode(0o600)
            .custom_flags(nix::libc::O_NOFOLLOW | nix::libc::O_CLOEXEC)
            .open(&path)
            .map_err(|error| fail("cannot open", &error))?;
        if ends_in_the_middle(&file) {
            // A line that a full disk cut off must not swallow the next one.
            file.write_all(b"\n")
                .map_err(|error| fail("cannot write", &error))?;
        }
        // A full disk lets a file be opened; only what has arrived on it proves that it can be written.
        file.sync_all()
            .map_err(|error| fail("cannot write", &error))?;
        Ok(Self {
            sink: Sink::File(path, file),
            run: run_id(),
            operator,
            slots: None,
        })
    }

    /// A record over a file that is open already, as for one whose disk fills up later.
    #[cfg(test)]
    pub(crate) fn over(path: PathBuf, file: File, operator: Operator) -> Self {
        Self {
            sink: Sink::File(path, file),
            run: run_id(),
            operator,
            slots: None,
        }
    }

    /// A record that goes nowhere but to the screen.
    pub fn to_lines(operator: Operator) -> Self {
        Self {
            sink: Sink::Lines(Vec::new()),
            run: run_id(),
            operator,
            slots: None,
        }
    }

    /// Where it is written; `None` without a file.
    pub fn path(&self) -> Option<&PathBuf> {
        match &self.sink {
            Sink::File(path, _) => Some(path),
            Sink::Lines(_) => None,
        }
    }

    /// The lines that had nowhere to go.
    pub fn take_lines(&mut self) -> Vec<String> {
        match &mut self.sink {
            Sink::File(..) => Vec::new(),
            Sink::Lines(lines) => std::mem::take(lines),
        }
    }

    /// Says what is about to be done to which targets, and why: on the disk when this returns.
    pub fn intend(
        &mut self,
        deed: &Deed<'_>,
        reason: Option<&str>,
        targets: Vec<Value>,
    ) -> Result<(), String> {
        let mut line = self.line(deed, reason, "intent");
        line.insert("targets".to_owned(), targets.into());
        self.append(&[line.into()])
    }

    /// The last line of the next outcomes says how the slots stand: by this the history knows when clients were
    /// admitted again.
    pub fn count(&mut self, slots: Slots) {
        self.slots = Some(slots);
    }

    /// Says what came of each target, a line each.
    pub fn conclude(
        &mut self,
        deed: &Deed<'_>,
        reason: Option<&str>,
        ends: impl Iterator<Item = End>,
    ) -> Result<(), String> {
        let mut lines: Vec<Value> = ends
            .map(|end| {
                let mut line = self.line(deed, reason, "outcome");
                line.insert("target".to_owned(), end.target);
                line.insert("outcome".to_owned(), end.outcome.into());
                line.insert("detail".to_owned(), end.detail.into());
                line.insert("after_seconds".to_owned(), end.after.as_secs_f64().into());
                line.into()
            })
            .collect();
        let slots = self.slots.take().map(serde_json::to_value);
        if let (Some(last), Some(Ok(slots))) = (lines.last_mut(), slots) {
            last["slots"] = slots;
        }
        self.append(&lines)
    }

    /// What every line says.
    fn line(
        &self,
        deed: &Deed<'_>,
        reason: Option<&str>,
        event: &str,
    ) -> serde_json::Map<String, Value> {
        let line = json!({
            "format": FORMAT,
            "event": event,
            "run": self.run,
            "at": now(),
            "operator": self.operator,
            "action": deed.action,
            "reason": reason,
            "lane": deed.lane,
            "server": deed.server,
        });
        match line {
            Value::Object(line) => line,
            _ => serde_json::Map::new(),
        }
    }

    fn append(&mut self, values: &[Value]) -> Result<(), String> {
        match &mut self.sink {
            Sink::Lines(lines) => lines.extend(values.iter().map(Value::to_string)),
            Sink::File(path, file) => {
                let mut text = String::new();
                for value in values {
                    text.push_str(&value.to_string());
                    text.push('\n');
                }
                // One write, so that two operators' lines do not mix.
                file.write_all(text.as_bytes())
                    .and_then(|()| file.sync_data())
                    .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
            }
        }
        Ok(())
    }
}

/// What is done, over which lane, to which server.
#[derive(Debug, Clone)]
pub struct Deed<'a> {
    /// The command's name.
    pub action: &'a str,
    /// Over which lane.
    pub lane: &'a str,
    /// To which server, as far as the lane knows it.
    pub server: Value,
}

impl<'a> Deed<'a> {
    /// What a plan for sessions does.
    pub fn of(plan: &'a Plan<Session>) -> Self {
        Self {
            action: plan.facts.action.command(),
            lane: plan.lane,
            server: server(&plan.facts.server, &plan.endpoint),
        }
    }
}

/// What came of one target.
#[derive(Debug, Clone)]
pub struct End {
    /// Which.
    pub target: Value,
    /// The outcome's stable word.
    pub outcome: &'static str,
    /// The same as a sentence.
    pub detail: String,
    /// From the start of acting until this was known.
    pub after: Duration,
}

/// Whether the last line has no end.
fn ends_in_the_middle(file: &File) -> bool {
    let length = file.metadata().map_or(0, |about| about.len());
    let mut last = [b'\n'];
    length > 0 && file.read_exact_at(&mut last, length - 1).is_ok() && last != *b"\n"
}

/// A server at `endpoint`, as every line names it.
pub fn server(server: &Server, endpoint: &str) -> Value {
    json!({
        "version": server.version,
        "system_identifier": server.system_identifier,
        "cluster_name": server.cluster_name,
        "in_recovery": server.in_recovery,
        "endpoint": endpoint,
        "role": server.role,
    })
}

/// A session as the record has it.
pub fn session(session: &Session) -> Value {
    let query: Option<String> = session
        .query
        .as_ref()
        .map(|query| query.chars().take(QUERY_LIMIT).collect());
    json!({
        "pid": session.id.pid,
        "backend_start_us": session.id.started,
        "user": session.user,
        "database": session.database,
        "application": session.application,
        "client": session.client.to_string(),
        "state": session.state.map(|state| state.name()),
        "state_seconds": session.state_for.map(|age| age.as_secs_f64()),
        "connected_seconds": session.connected_for.map(|age| age.as_secs_f64()),
        "query": query,
    })
}

fn now() -> String {
    humantime::format_rfc3339_micros(SystemTime::now()).to_string()
}

/// Tells this run's lines from another's.
fn run_id() -> String {
    format!(
        "{}-{}",
        humantime::format_rfc3339_seconds(SystemTime::now()),
        std::process::id()
    )
}

/// The command line with passwords starred: in a URI between user and `@`, and after `password=`.
pub fn starred(words: impl Iterator<Item = String>) -> Vec<String> {
    words.map(|word| star_keyword(&star_uri(&word))).collect()
}

fn star_uri(word: &str) -> String {
    let Some((scheme, rest)) = word.split_once("://") else {
        return word.to_owned();
    };
    let end = rest.find('/').unwrap_or(rest.len());
    let Some(at) = rest[..end].rfind('@') else {
        return word.to_owned();
    };
    match rest[..at].split_once(':') {
        Some((user, _)) => format!("{scheme}://{user}:***{}", &rest[at..]),
        None => word.to_owned(),
    }
}

fn star_keyword(word: &str) -> String {
    let lower = word.to_ascii_lowercase();
    let Some(start) = lower.find("password") else {
        return word.to_owned();
    };
    let after = start + "password".len();
    let value = lower[after..].trim_start();
    if !value.starts_with('=') {
        return word.to_owned();
    }
    // Where a quoted value ends is not worth getting wrong: everything after it goes.
    format!("{}password=***", &word[..start])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_never_reach_the_record() {
        let table = [
            ("postgresql://ops:secret@db/x", "postgresql://ops:***@db/x"),
            ("postgresql://ops@db/x", "postgresql://ops@db/x"),
            ("host=db password=secret user=ops", "host=db password=***"),
            ("host=db Password = 'se cret'", "host=db password=***"),
            (
                "postgresql://db/x?user=a&password=secret",
                "postgresql://db/x?user=a&password=***",
            ),
            ("--reason=password rotation", "--reason=password rotation"),
            ("plain", "plain"),
        ];
        for (typed, kept) in table {
            assert_eq!(starred(std::iter::once(typed.to_owned())), [kept]);
        }
    }

    #[test]
    fn the_record_is_where_the_environment_says() {
        let at = |root: bool, vars: &[(&str, &str)]| {
            let vars: Vec<(String, String)> = vars
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect();
            location(root, |name| {
                vars.iter().find(|(k, _)| k == name).map(|(_, v)| v.clone())
            })
            .map(|path| path.display().to_string())
        };
        assert_eq!(
            at(true, &[]).as_deref(),
            Some("/var/log/breakglass/record.jsonl")
        );
        assert_eq!(
            at(true, &[("XDG_STATE_HOME", "/s")]).as_deref(),
            Some("/s/breakglass/record.jsonl")
        );
        assert_eq!(
            at(false, &[("HOME", "/home/o")]).as_deref(),
            Some("/home/o/.local/state/breakglass/record.jsonl")
        );
        assert_eq!(at(false, &[]), None);
        assert_eq!(at(false, &[("HOME", "relative")]), None);
    }
}
