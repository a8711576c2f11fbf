//! Plays one incident: set it up, type the commands, see for ourselves whether clients get in again.
//!
//! Stage: rehearsal. What counts as recovered is a fresh login of an ordinary role; who is still there is
//! asked of the server; which lane was used, and what the command says it ended, is read from its record.
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

/// Inspects. An inspection may report with its exit code that it found a condition.
const INSPECT: (&str, &[i32]) = ("status", &[0, 1]);

/// Acts: ends enough sessions for an ordinary role to get in even when the reserve is used up.
const ACT: (&str, &[i32]) = (
    "terminate --app newsletter --state idle --limit 8 --yes --reason drill",
    &[0],
);

/// How long to wait between two fresh logins, so that trying them is no storm.
const BETWEEN_LOGINS: Duration = Duration::from_millis(10);

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

    let record_before = typist::read_record(stage)?.len();

    let begun = Instant::now();
    complaints.extend(type_in(stage, INSPECT, out, &mut || ())?);
    // Clients do not wait until a command has reported. They are let in as soon as a slot is free, so a
    // fresh login is tried all the while.
    let mut recovery = None;
    let mut tried = begun;
    complaints.extend(type_in(stage, ACT, out, &mut || {
        if recovery.is_none() && tried.elapsed() > BETWEEN_LOGINS {
            // A try that fails for another reason than slots is no recovery either.
            recovery = matches!(stage.log_in(APP), Ok(Ok(_))).then(|| begun.elapsed());
            tried = Instant::now();
        }
    })?);
    let said = Said::read(&typist::read_record(stage)?[record_before..]);
    let recovery = match recovery {
        Some(time) => Some(time),
        None => await_login(stage, begun)?,
    };
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
        complaints.push("the command's record does not name its lane".to_owned());
    }
    if incident == Incident::Second && said.lane == "login" {
        complaints.push("the command claims a login although no login was possible".to_owned());
    }
    if let Some(ended) = ended.filter(|ended| *ended != said.gone) {
        complaints.push(format!(
            "the command's record says that {} sessions are gone; really {ended} are",
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

/// Types one command, and returns a complaint when it ends otherwise than it may.
fn type_in(
    stage: &Stage,
    (line, expected): (&str, &[i32]),
    out: &mut dyn Write,
    meanwhile: &mut dyn FnMut(),
) -> Result<Option<String>> {
    let code = typist::run(stage, line, out, meanwhile)?;
    let right = code.is_some_and(|code| expected.contains(&code));
    Ok((!right).then(|| {
        let how = code.map_or("a signal".to_owned(), |code| format!("code {code}"));
        format!("`breakglass {line}` ended with {how}")
    }))
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
        std::thread::sleep(BETWEEN_LOGINS);
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

/// What the acting command has put on record.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    lane: String,
    gone: usize,
}

impl Said {
    /// Reads the lane and counts the targets that are gone, from the outcomes among a record's lines.
    fn read(lines: &[String]) -> Self {
        let mut said = Self::default();
        for line in lines {
            let entry: Value = serde_json::from_str(line).unwrap_or_default();
            if entry["event"] != "outcome" {
                continue;
            }
            said.lane = entry["lane"].as_str().unwrap_or_default().to_owned();
            said.gone += usize::from(entry["outcome"] == "gone");
        }
        said
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
    fn lane_and_outcomes_are_read_from_the_record() {
        let cases = [
            (vec![], "", 0),
            (vec!["not JSON"], "", 0),
            (
                vec![r#"{"event":"intent","lane":"login","targets":[1]}"#],
                "",
                0,
            ),
            (
                vec![
                    r#"{"event":"intent","lane":"replication","targets":[1, 2]}"#,
                    r#"{"event":"outcome","lane":"replication","outcome":"gone"}"#,
                    r#"{"event":"outcome","lane":"replication","outcome":"refused"}"#,
                ],
                "replication",
                1,
            ),
        ];
        for (lines, lane, gone) in cases {
            let lines: Vec<String> = lines.into_iter().map(str::to_owned).collect();
            let lane = lane.to_owned();
            assert_eq!(Said::read(&lines), Said { lane, gone }, "{lines:?}");
        }
    }
}
