//! The table a rehearsal ends with.
//!
//! Stage: rehearsal, last. Pure but for the writer it is given. Never: judges; complaints were made before.

use std::io::Write;

use anyhow::Result;

use super::scenario::{Played, seconds};

/// Two lines, so that the table fits 80 columns.
const HEAD: [[&str; COLUMNS]; 2] = [
    [
        "", "", "time to", "first", "client", "sessions", "innocent", "re-",
    ],
    [
        "scenario", "lane", "detect", "slot", "in", "ended", "lost", "starts",
    ],
];

/// How many columns there are, and how many of them are names.
const COLUMNS: usize = 8;
const NAMES: usize = 2;

/// Writes a line for every incident, and one that says whether all is well.
pub fn write(results: &[Played], out: &mut dyn Write) -> Result<()> {
    let mut lines = HEAD.map(|line| line.map(str::to_owned)).to_vec();
    let played = results.iter().filter(|result| result.not_played.is_none());
    lines.extend(played.map(cells));
    writeln!(out)?;
    for line in &lines {
        let mut text = String::new();
        for (column, cell) in line.iter().enumerate() {
            let width = lines
                .iter()
                .map(|line| line[column].len())
                .max()
                .unwrap_or(0);
            // Names at the left, numbers at the right.
            let aligned = if column < NAMES {
                format!("{cell:width$}  ")
            } else {
                format!("{cell:>width$}  ")
            };
            text.push_str(&aligned);
        }
        writeln!(out, "{}", text.trim_end())?;
    }
    for result in results {
        if let Some(reason) = result.not_played {
            writeln!(out, "{}: not played: {reason}", result.incident.name())?;
        }
    }
    let failed = results
        .iter()
        .filter(|result| !result.complaints.is_empty())
        .count();
    if failed > 0 {
        writeln!(
            out,
            "\nThe rehearsal FAILED in {failed} of {} incidents; what went wrong is above",
            results.len()
        )?;
    }
    out.flush()?;
    Ok(())
}

fn cells(result: &Played) -> [String; COLUMNS] {
    let time = |time: Option<std::time::Duration>| time.map_or("none".to_owned(), seconds);
    [
        result.incident.name().to_owned(),
        Some(result.lane.clone())
            .filter(|lane| !lane.is_empty())
            .unwrap_or_else(|| "unknown".to_owned()),
        time(result.detected),
        time(result.first_slot),
        time(result.recovery),
        result.ended.to_string(),
        format!("{} of {}", result.lost, result.innocents),
        result.restarts.to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use super::write;
    use crate::drill::Incident;
    use crate::drill::scenario::Played;
    use std::time::Duration;

    #[test]
    fn a_rehearsal_that_failed_says_so_below_its_table() -> anyhow::Result<()> {
        let result = |incident, complaints| Played {
            lane: "login".to_owned(),
            detected: Some(Duration::from_millis(50)),
            recovery: Some(Duration::from_millis(214)),
            ended: 8,
            lost: 1,
            innocents: 4,
            complaints,
            ..Played::nothing(incident)
        };
        let mut out = Vec::new();
        let absent = Played {
            not_played: Some("no pgbouncer here"),
            ..Played::nothing(Incident::Pooler)
        };
        write(
            &[
                result(Incident::First, Vec::new()),
                absent,
                result(
                    Incident::LockQueue,
                    vec!["1 innocent session was lost".to_owned()],
                ),
            ],
            &mut out,
        )?;
        let expected = "
                   time to  first  client  sessions  innocent     re-
scenario    lane    detect   slot      in     ended      lost  starts
first       login   0.05 s   none  0.21 s         8    1 of 4       0
lock-queue  login   0.05 s   none  0.21 s         8    1 of 4       0
pooler: not played: no pgbouncer here

The rehearsal FAILED in 1 of 3 incidents; what went wrong is above
";
        assert_eq!(String::from_utf8(out)?, expected);
        Ok(())
    }
}
