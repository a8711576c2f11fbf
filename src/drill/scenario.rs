//! Plays one incident: set it up, type the commands, see for ourselves whether clients get in again.
//!
//! Stage: rehearsal. What counts as recovered is a fresh login of an ordinary role; who is still there is asked of the
//! clients that hold the connections; which lane was used, and what the command says it ended, is read from its record.
//! Never: ends a session itself.

use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::Value;

use super::application::Application;
use super::cast::Cast;
use super::client::Question;
use super::incident::{Incident, Typed};
use super::stage::{APP, Stage};
use super::story::Story;
use super::typist;

/// Whether a rehearsal came out as it must.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Every incident ended with clients admitted, no innocent session lost and no restart.
    Recovered,
    /// Something was not as it must be; what, has been said.
    Failed,
}

/// How long a freed slot may take until a fresh login gets it.
const RECOVERY_LIMIT: Duration = Duration::from_secs(20);

/// How long a client may take to notice that its connection has ended.
const NOTICE_LIMIT: Duration = Duration::from_secs(10);

/// How long to wait between two fresh logins, so that trying them is no storm.
const BETWEEN_LOGINS: Duration = Duration::from_millis(10);

/// How an incident ended.
#[derive(Debug)]
pub struct Played {
    /// The incident.
    pub incident: Incident,
    /// Why it was not played, if it was not.
    pub not_played: Option<&'static str>,
    /// The lanes, in the commands' own words.
    pub lane: String,
    /// How long the first command took to show the incident.
    pub detected: Option<Duration>,
    /// From the first command to the first connection of the culprit that was seen to end.
    pub first_slot: Option<Duration>,
    /// From the first command to the first fresh login; `None` when none got in.
    pub recovery: Option<Duration>,
    /// Connections of the culprit that were ended.
    pub ended: usize,
    /// Innocent sessions that do not answer any more.
    pub lost: usize,
    /// How many innocent sessions there were.
    pub innocents: usize,
    /// Restarts of the server.
    pub restarts: usize,
    /// What did not come out as it must.
    pub complaints: Vec<String>,
}

impl Played {
    /// One that has not begun.
    pub fn nothing(incident: Incident) -> Self {
        Self {
            incident,
            not_played: None,
            lane: String::new(),
            detected: None,
            first_slot: None,
            recovery: None,
            ended: 0,
            lost: 0,
            innocents: 0,
            restarts: 0,
            complaints: Vec::new(),
        }
    }
}

/// Sees, from outside, when slots come back and when clients get in.
pub struct Watch {
    begun: Instant,
    tried: Instant,
    /// When the culprit was first seen to have lost a connection.
    pub first_slot: Option<Duration>,
    /// When an ordinary client first got in.
    pub recovery: Option<Duration>,
}

impl Watch {
    /// Begins now.
    pub fn begin() -> Self {
        let now = Instant::now();
        Self {
            begun: now,
            tried: now,
            first_slot: None,
            recovery: None,
        }
    }

    /// Looks, unless it has only just looked.
    pub fn look(&mut self, stage: &Stage, culprits: &mut [Application], pause: Duration) {
        if self.tried.elapsed() < pause {
            return;
        }
        if self.first_slot.is_none() && count(culprits, Question::Ended) > 0 {
            self.first_slot = Some(self.begun.elapsed());
        }
        // A try that fails for another reason than slots is no recovery either.
        if self.recovery.is_none() && matches!(stage.log_in(APP), Ok(Ok(_))) {
            self.recovery = Some(self.begun.elapsed());
            // Who was let in found a free slot, whether or not its last holder has noticed yet.
            self.first_slot = self.first_slot.or(self.recovery);
        }
        self.tried = Instant::now();
    }
}

/// Plays `incident` from the first refused login to the first admitted one.
pub fn play(stage: &Stage, incident: Incident, out: &mut Story<'_>) -> Result<Played> {
    let mut played = Played::nothing(incident);
    if let Some(reason) = incident.missing(stage) {
        writeln!(out, "\n{}: not played: {reason}", incident.name())?;
        played.not_played = Some(reason);
        return Ok(played);
    }
    let mut cast = incident.set_up(stage, out)?;
    let script = incident.script(stage, &cast);
    let restarts_before = stage.restarts();
    let record_before = typist::read_record(stage)?.len();

    // Clients do not wait until a command has reported. They are let in as soon as a slot is free, so a fresh login
    // is tried all the while, once something is done.
    let mut watch = Watch::begin();
    played
        .complaints
        .extend(type_in(stage, &script.look, out, &mut || ())?);
    played.detected = Some(watch.begun.elapsed());
    for act in &script.acts {
        let mut look = || watch.look(stage, &mut cast.culprits, BETWEEN_LOGINS);
        played
            .complaints
            .extend(type_in(stage, act, out, &mut look)?);
    }
    let said = Said::read(&typist::read_record(stage)?[record_before..]);
    let deadline = Instant::now() + RECOVERY_LIMIT;
    while watch.recovery.is_none() && Instant::now() < deadline {
        watch.look(stage, &mut cast.culprits, Duration::ZERO);
        std::thread::sleep(BETWEEN_LOGINS);
    }
    match watch.recovery {
        Some(time) => writeln!(
            out,
            "\n  A fresh login as {APP} gets in, {} after the first command",
            seconds(time)
        )?,
        None => played.complaints.push(format!(
            "no fresh login as {APP} got in within {RECOVERY_LIMIT:?}"
        )),
    }
    for after in &script.afterwards {
        played
            .complaints
            .extend(type_in(stage, after, out, &mut || ())?);
    }
    played.first_slot = watch.first_slot;
    played.recovery = watch.recovery;
    take_stock(&mut played, &mut cast, &said);
    played.lane = said.lanes.join("+");
    played.restarts = stage.restarts() - restarts_before;
    if played.restarts > 0 {
        played.complaints.push("the server restarted".to_owned());
    }
    for complaint in &played.complaints {
        writeln!(out, "  Not as it must be: {complaint}")?;
    }
    out.flush()?;
    drop(cast);
    stage.clear()?;
    Ok(played)
}

/// Asks the clients what became of their connections, and compares that with the record.
fn take_stock(played: &mut Played, cast: &mut Cast, said: &Said) {
    played.ended = count(&mut cast.culprits, Question::Ended);
    let compare = played.incident.records_sessions();
    let deadline = Instant::now() + NOTICE_LIMIT;
    while compare && played.ended < said.gone && Instant::now() < deadline {
        std::thread::sleep(BETWEEN_LOGINS);
        played.ended = count(&mut cast.culprits, Question::Ended);
    }
    played.innocents = cast.innocents.iter().map(|one| one.connections).sum();
    let answering = count(&mut cast.innocents, Question::Answering);
    played.lost = played.innocents.saturating_sub(answering);
    let complaints = &mut played.complaints;
    if said.lanes.is_empty() {
        complaints.push("the command's record does not name its lane".to_owned());
    }
    if played.incident.bars_logins() && said.lanes.iter().any(|lane| lane == "login") {
        complaints.push("the command claims a login although no login was possible".to_owned());
    }
    if compare && played.ended != said.gone {
        complaints.push(format!(
            "the command's record says that {} sessions are gone; really {} are",
            said.gone, played.ended
        ));
    }
    if played.ended == 0 {
        complaints.push("no connection of the culprit has ended".to_owned());
    }
    if played.lost > 0 {
        complaints.push(format!("{} innocent sessions were lost", played.lost));
    }
}

/// The sum of what these applications answer.
pub fn count(applications: &mut [Application], question: Question) -> usize {
    applications.iter_mut().map(|one| one.ask(question)).sum()
}

/// Types one command, and returns a complaint when it ends otherwise than it may.
fn type_in(
    stage: &Stage,
    typed: &Typed,
    out: &mut Story<'_>,
    meanwhile: &mut dyn FnMut(),
) -> Result<Option<String>> {
    let Typed { line, codes } = typed;
    let code = typist::run(stage, line, out, meanwhile)?;
    let right = code.is_some_and(|code| codes.contains(&code));
    Ok((!right).then(|| {
        let how = code.map_or("a signal".to_owned(), |code| format!("code {code}"));
        format!("`breakglass {line}` ended with {how}")
    }))
}

/// What the acting commands have put on record.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    /// Every lane once, in the order of use.
    lanes: Vec<String>,
    gone: usize,
}

impl Said {
    /// Reads the lanes and counts the targets that are gone, from the outcomes among a record's lines.
    fn read(lines: &[String]) -> Self {
        let mut said = Self::default();
        for line in lines {
            let entry: Value = serde_json::from_str(line).unwrap_or_default();
            if entry["event"] != "outcome" {
                continue;
            }
            let lane = entry["lane"].as_str().unwrap_or_default().to_owned();
            if !lane.is_empty() && !said.lanes.contains(&lane) {
                said.lanes.push(lane);
            }
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
            (
                vec![
                    r#"{"event":"outcome","lane":"sockets","outcome":"gone"}"#,
                    r#"{"event":"outcome","lane":"backends","outcome":"gone"}"#,
                    r#"{"event":"outcome","lane":"sockets","outcome":"gone"}"#,
                ],
                "sockets+backends",
                3,
            ),
        ];
        for (lines, lane, gone) in cases {
            let lines: Vec<String> = lines.into_iter().map(str::to_owned).collect();
            let said = Said::read(&lines);
            assert_eq!(
                (said.lanes.join("+").as_str(), said.gone),
                (lane, gone),
                "{lines:?}"
            );
        }
    }
}
