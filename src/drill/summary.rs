//! The table a rehearsal ends with.
//!
//! Stage: rehearsal, last. Pure but for the writer it is given. Never: judges; complaints were made before.

use std::io::Write;

use anyhow::Result;

use super::scenario::{Played, seconds};

/// Two lines, so that the table fits 80 columns.
const HEAD: [[&str; 6]; 2] = [
    ["", "", "time to", "sessions", "innocent", ""],
    [
        "incident",
        "lane",
        "recovery",
        "ended",
        "sessions lost",
        "restarts",
    ],
];

/// Writes a line for every incident, and one that says whether all is well.
pub fn write(results: &[Played], out: &mut dyn Write) -> Result<()> {
    let mut lines = HEAD.map(|line| line.map(str::to_owned)).to_vec();
    lines.extend(results.iter().map(cells));
    writeln!(out)?;
    for line in &lines {
        let mut text = String::new();
        for (column, cell) in line.iter().enumerate() {
            let width = lines
                .iter()
                .map(|line| line[column].len())
                .max()
                .unwrap_or(0);
            text.push_str(&format!("{cell:width$}  "));
        }
        writeln!(out, "{}", text.trim_end())?;
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

fn cells(result: &Played) -> [String; 6] {
    let unknown = || "unknown".to_owned();
    [
        result.name.to_owned(),
        Some(result.lane.clone())
            .filter(|lane| !lane.is_empty())
            .unwrap_or_else(unknown),
        result.recovery.map_or("none".to_owned(), seconds),
        result.ended.map_or_else(unknown, |ended| ended.to_string()),
        result
            .lost
            .map_or_else(unknown, |lost| format!("{lost} of {}", result.innocents)),
        result.restarts.to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use super::write;
    use crate::drill::scenario::Played;
    use std::time::Duration;

    #[test]
    fn a_rehearsal_that_failed_says_so_below_its_table() -> anyhow::Result<()> {
        let result = |name, complaints| Played {
            name,
            lane: "login".to_owned(),
            recovery: Some(Duration::from_millis(214)),
            ended: Some(8),
            lost: Some(1),
            innocents: 4,
            restarts: 0,
            complaints,
        };
        let mut out = Vec::new();
        write(
            &[
                result("one", Vec::new()),
                result("another", vec!["1 innocent session was lost".to_owned()]),
            ],
            &mut out,
        )?;
        let expected = "
                 time to   sessions  innocent
incident  lane   recovery  ended     sessions lost  restarts
one       login  0.21 s    8         1 of 4         0
another   login  0.21 s    8         1 of 4         0

The rehearsal FAILED in 1 of 2 incidents; what went wrong is above
";
        assert_eq!(String::from_utf8(out)?, expected);
        Ok(())
    }
}
