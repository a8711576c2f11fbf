//! Plays one incident: set it up, type the commands, see for ourselves whether clients get in again.
//!
//! Stage: rehearsal. What counts as recovered is a fresh login of an ordinary role; who is still there is
//! asked of the server, and only which lane was used and what was ended is taken from the command's answer.
//! Never: ends a session itself.

use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde_json::Value;

use super::application::Application;
use super::stage::{APP, Stage};
use super::wire::Row;
use super::{first, second, typist};

/// How long a freed slot may take until a fresh login gets it.
const RECOVERY_LIMIT: Duration = Duration::from_secs(5);

/// What the operator types, in order, and the exit codes that are right: an inspection may report that it found
/// a condition. The last command acts; it ends enough sessions for an ordinary role to get in even when the
/// reserve is used up, and answers in JSON so that the drill can read the lane and the outcomes.
const COMMANDS: [(&str, &[i32]); 2] = [
    ("status", &[0, 1]),
    (
        "terminate --app newsletter --state idle --limit 8 --yes --reason drill --format json",
        &[0],
    ),
];

/// The incidents that can be rehearsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Incident {
    /// The ordinary slots are gone.
    First,
    /// Every slot is gone, the superusers' too.
    Second,
}

/// The applications of an incident.
#[derive(Debug, Default)]
pub struct Cast {
    /// Those that caused it.
    pub culprits: Vec<Application>,
    /// Those that must not notice.
    pub innocents: Vec<Application>,
}

/// How an incident ended.
#[derive(Debug)]
pub struct Played {
    /// The incident, in a few words.
    pub name: &'static str,
    /// The lane, in the command's own words.
    pub lane: String,
    /// From the first command to the first fresh login; `None` when none got in.
    pub recovery: Option<Duration>,
    /// Sessions of the culprit that the server does not have any more; `None` when it could not be asked.
    pub ended: Option<usize>,
    /// Innocent sessions that it does not have any more.
    pub lost: Option<usize>,
    /// How many innocent sessions there were.
    pub innocents: usize,
    /// Restarts of the server.
    pub restarts: usize,
    /// What did not come out as it must.
    pub complaints: Vec<String>,
}

impl Incident {
    /// In a few words, for the summary.
    fn name(self) -> &'static str {
        match self {
            Self::First => "ordinary slots gone",
            Self::Second => "every slot gone",
        }
    }

    /// Fills the slots.
    pub fn set_up(self, stage: &Stage, out: &mut dyn Write) -> Result<Cast> {
        match self {
            Self::First => first::set_up(stage, out),
            Self::Second => second::set_up(stage, out),
        }
    }
}

/// Plays `incident` from the first refused login to the first admitted one.
pub fn play(stage: &Stage, incident: Incident, out: &mut dyn Write) -> Result<Played> {
    let cast = incident.set_up(stage, out)?;
    let restarts_before = stage.restarts();
    let mut complaints = Vec::new();

    let begun = Instant::now();
    let mut said = Said::default();
    for (line, expected) in COMMANDS {
        let answer = typist::run(stage, line, out)?;
        if !expected.iter().any(|code| answer.code == Some(*code)) {
            let how = answer
                .code
                .map_or("a signal".to_owned(), |code| format!("code {code}"));
            complaints.push(format!("`breakglass {line}` ended with {how}"));
        }
        said = Said::read(&answer.stdout);
    }
    let recovery = await_login(stage, begun)?;
    match recovery {
        Some(time) => writeln!(
            out,
            "\n  A fresh login as {APP} gets in, {} after the first command",
            seconds(time)
        )?,
        None => complaints.push(format!(
            "no fresh login as {APP} got in within {RECOVERY_LIMIT:?}"
        )),
    }

    // A server that admits nobody cannot be asked either; what is not known is not claimed.
    let present = stage
        .query("SELECT pid, application_name FROM pg_stat_activity")
        .ok();
    let count =
        |applications: &[Application]| present.as_ref().map(|rows| missing(rows, applications));
    let ended = count(&cast.culprits);
    let lost = count(&cast.innocents);
    if said.lane.is_empty() {
        complaints.push("the command's answer does not name its lane".to_owned());
    }
    if incident == Incident::Second && said.lane == "login" {
        complaints.push("the command claims a login although no login was possible".to_owned());
    }
    if let Some(ended) = ended.filter(|ended| *ended != said.gone) {
        complaints.push(format!(
            "the command says that {} sessions are gone; really {ended} are",
            said.gone
        ));
    }
    if let Some(lost @ 1..) = lost {
        complaints.push(format!("{lost} innocent sessions were lost"));
    }
    let restarts = stage.restarts() - restarts_before;
    if restarts > 0 {
        complaints.push("the server restarted".to_owned());
    }
    for complaint in &complaints {
        writeln!(out, "  Not as it must be: {complaint}")?;
    }
    out.flush()?;
    let innocents = pids(&cast.innocents).len();
    drop(cast);
    stage.clear()?;
    Ok(Played {
        name: incident.name(),
        lane: said.lane,
        recovery,
        ended,
        lost,
        innocents,
        restarts,
        complaints,
    })
}

/// Shows that a fresh login as `user` is refused for lack of slots; anything else spoils the rehearsal.
pub fn prove_refused(stage: &Stage, user: &str, out: &mut dyn Write) -> Result<()> {
    match stage.log_in(user)? {
        Err(refusal) if refusal.sqlstate == "53300" => {
            writeln!(out, "  A fresh login as {user} is refused: {refusal}")?;
            Ok(())
        }
        Err(refusal) => bail!("a login as {user} was refused for another reason: {refusal}"),
        Ok(_) => bail!("a login as {user} got in although every slot for it was taken"),
    }
}

/// Tries fresh logins until one gets in, and says how long after `begun` that was.
fn await_login(stage: &Stage, begun: Instant) -> Result<Option<Duration>> {
    let deadline = Instant::now() + RECOVERY_LIMIT;
    loop {
        if stage.log_in(APP)?.is_ok() {
            return Ok(Some(begun.elapsed()));
        }
        if Instant::now() > deadline {
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// How many of the applications' sessions are not among `present`: PID and application name. The clients
/// never connect again, so a PID together with its application's name is still the same session.
fn missing(present: &[Row], applications: &[Application]) -> usize {
    pids(applications)
        .into_iter()
        .filter(|(pid, app)| {
            let wanted = [Some(pid.to_string()), Some((*app).to_owned())];
            !present.iter().any(|row| row[..] == wanted)
        })
        .count()
}

fn pids(applications: &[Application]) -> Vec<(i32, &str)> {
    applications
        .iter()
        .flat_map(|application| {
            application
                .pids
                .iter()
                .map(|pid| (*pid, application.app.as_str()))
        })
        .collect()
}

/// What the acting command says of itself.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    lane: String,
    gone: usize,
}

impl Said {
    /// Reads `"lane"`, and counts the targets whose outcome is `"gone"`. Anything unreadable says nothing.
    fn read(stdout: &str) -> Self {
        let answer: Value = serde_json::from_str(stdout).unwrap_or_default();
        let gone = answer["targets"].as_array().map_or(0, |targets| {
            targets
                .iter()
                .filter(|target| target["outcome"] == "gone")
                .count()
        });
        Self {
            lane: answer["lane"].as_str().unwrap_or_default().to_owned(),
            gone,
        }
    }
}

/// A duration as the drill writes it.
pub fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::Said;

    #[test]
    fn lane_and_outcomes_are_read_from_the_answer() {
        let cases = [
            ("", "", 0),
            ("not JSON", "", 0),
            (r#"{"lane":"login","targets":[]}"#, "login", 0),
            (
                r#"{"lane":"replication","targets":[{"pid":1,"outcome":"gone"},{"pid":2,"outcome":"refused"}]}"#,
                "replication",
                1,
            ),
        ];
        for (stdout, lane, gone) in cases {
            let expected = Said {
                lane: lane.to_owned(),
                gone,
            };
            assert_eq!(Said::read(stdout), expected, "{stdout}");
        }
    }
}
