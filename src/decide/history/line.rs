//! One line of a record, read.
//!
//! Pure. Anybody may have written it: what is missing is empty, what contradicts the format is an error that says what.

use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the format's name begins with; its version follows.
const FORMAT: &str = "breakglass/record/";
/// The newest version that can be read.
const VERSION: u32 = 1;

/// A line.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The file it stands in.
    pub file: String,
    /// Where in it, counted from 1.
    pub number: u64,
    /// That machine's clock, microseconds since 1970.
    pub at: i64,
    /// Tells the run's lines from another's.
    pub run: String,
    /// Who: the effective user.
    pub user: String,
    /// Who became that user with sudo.
    pub sudo_user: Option<String>,
    /// `SSH_CONNECTION`.
    pub ssh_connection: Option<String>,
    /// On which machine.
    pub host: String,
    /// What was typed.
    pub typed: Vec<String>,
    /// What is done.
    pub action: String,
    /// Why.
    pub reason: Option<String>,
    /// Over which lane.
    pub lane: String,
    /// To which server.
    pub server: Value,
    /// What the line says.
    pub event: Event,
}

/// What a line says.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// This is about to be done to these.
    Intent(Vec<Value>),
    /// This came of one of them; with the last one stands how many slots were free before, and are now.
    Outcome(Target, Option<Slots>),
    /// A word of a later version.
    Other(String),
}

/// The ordinary slots around an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slots {
    /// At the look that the plan was made from.
    pub before: Count,
    /// At the last look; `None` when contact was lost.
    pub after: Option<Count>,
    /// How many freed slots were taken again until then.
    #[serde(default)]
    pub retaken: usize,
}

/// Ordinary slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// In all.
    pub total: u32,
    /// Left.
    pub free: u32,
}

#[derive(Deserialize)]
struct LineJson {
    format: Option<String>,
    event: Option<String>,
    #[serde(default)]
    run: String,
    at: Option<String>,
    operator: Option<OperatorJson>,
    #[serde(default)]
    action: String,
    reason: Option<String>,
    #[serde(default)]
    lane: String,
    #[serde(default)]
    server: Value,
    #[serde(default)]
    targets: Vec<Value>,
    #[serde(default)]
    target: Value,
    outcome: Option<String>,
    detail: Option<String>,
    after_seconds: Option<f64>,
    slots: Option<Slots>,
}

#[derive(Deserialize, Default)]
struct OperatorJson {
    #[serde(default)]
    user: String,
    sudo_user: Option<String>,
    ssh_connection: Option<String>,
    #[serde(default)]
    host: String,
    #[serde(default)]
    command_line: Vec<String>,
}

impl Line {
    /// Reads line `number` of `file`; or why it is none.
    pub fn read(file: &str, number: u64, bytes: &[u8]) -> Result<Self, String> {
        let line: LineJson = serde_json::from_slice(bytes).map_err(|error| {
            if error.is_eof() {
                "it is cut off".to_owned()
            } else {
                format!("{error}")
            }
        })?;
        let format = line.format.unwrap_or_default();
        match format.strip_prefix(FORMAT).map(str::parse::<u32>) {
            Some(Ok(VERSION)) => {}
            Some(Ok(newer)) if newer > VERSION => {
                return Err(format!("it was written by a later breakglass as {format}"));
            }
            _ => {
                return Err(format!(
                    "it is no line of a record: its format is {format:?}"
                ));
            }
        }
        let at = line.at.unwrap_or_default();
        let operator = line.operator.unwrap_or_default();
        let event = match line.event.as_deref() {
            Some("intent") => Event::Intent(line.targets),
            Some("outcome") => {
                let target = Target {
                    target: line.target,
                    outcome: Some(line.outcome.unwrap_or_else(|| "unknown".to_owned())),
                    detail: line.detail,
                    after_seconds: line.after_seconds,
                };
                Event::Outcome(target, line.slots)
            }
            Some(other) => Event::Other(other.to_owned()),
            None => return Err("it says nothing: there is no event".to_owned()),
        };
        Ok(Self {
            file: file.to_owned(),
            number,
            at: moment(&at).ok_or_else(|| format!("its moment is {at:?}"))?,
            run: line.run,
            user: operator.user,
            sudo_user: operator.sudo_user,
            ssh_connection: operator.ssh_connection,
            host: operator.host,
            typed: operator.command_line,
            action: line.action,
            reason: line.reason,
            lane: line.lane,
            server: line.server,
            event,
        })
    }

    /// `ops`, or `root (sudo by alice)`.
    pub fn who(&self) -> String {
        match &self.sudo_user {
            Some(sudo) => format!("{} (sudo by {sudo})", self.user),
            None => self.user.clone(),
        }
    }

    /// Where it was done to: the endpoint, and the cluster's name.
    pub fn place(&self) -> String {
        let text = |key: &str| self.server.get(key).and_then(Value::as_str);
        let endpoint = text("endpoint").unwrap_or("");
        match text("cluster_name").filter(|name| !name.is_empty()) {
            Some(cluster) => format!("{endpoint}, cluster {cluster}"),
            None => endpoint.to_owned(),
        }
    }
}

/// RFC 3339 in microseconds since 1970.
pub fn moment(text: &str) -> Option<i64> {
    let at = humantime::parse_rfc3339_weak(text).ok()?;
    let since = at.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_micros()).ok()
}

/// A target and its outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// As the record has it.
    pub target: Value,
    /// The outcome's word; `None` when none was written.
    pub outcome: Option<String>,
    /// The same as a sentence.
    pub detail: Option<String>,
    /// From the start of acting until that was known.
    pub after_seconds: Option<f64>,
}
