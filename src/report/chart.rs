//! The weeks' peaks as bars under the ceiling, for a terminal of 80 columns.
//!
//! Stage: report. In: numbers. Draws blocks, or `#` where a terminal has no more than ASCII.

use super::Glyphs;
use crate::decide::headroom::Week;

/// Lines of bars.
const ROWS: u32 = 8;
/// The most bars beside the axis in 80 columns.
pub const MOST: usize = 68;
/// Eighths of a line.
const EIGHTHS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// The last [`MOST`] weeks, a bar each, the ceiling drawn through what does not reach it. Lines end in `\n`.
pub fn chart(weeks: &[Week], capacity: u32, glyphs: Glyphs) -> String {
    let weeks = &weeks[weeks.len().saturating_sub(MOST)..];
    if glyphs == Glyphs::Plain {
        return in_words(weeks);
    }
    let highest = weeks.iter().map(|week| week.peak).max().unwrap_or(0);
    let top = u64::from(highest.max(capacity).max(1));
    // Every bar twice as wide where there is room.
    let wide = if weeks.len() * 2 <= MOST { 2 } else { 1 };
    let eighths = |value: u32| u64::from(value) * u64::from(ROWS) * 8 / top;
    let ceiling_row = (eighths(capacity).max(1) - 1) / 8;
    let mut out = String::new();
    for row in (0..u64::from(ROWS)).rev() {
        let label = if row == ceiling_row {
            capacity.to_string()
        } else if row == u64::from(ROWS) - 1 {
            top.to_string()
        } else {
            String::new()
        };
        let mut line = format!("{label:>8} {}", axis(glyphs));
        for week in weeks {
            let filled = eighths(week.peak).saturating_sub(row * 8).min(8);
            let mark = match (glyphs, filled) {
                (Glyphs::Unicode, 0) if row == ceiling_row => "─",
                (Glyphs::Ascii, 0..4) if row == ceiling_row => "-",
                (Glyphs::Unicode, filled) => EIGHTHS[filled as usize],
                (_, 0..4) => " ",
                (_, _) => "#",
            };
            line.push_str(&mark.repeat(wide));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

fn axis(glyphs: Glyphs) -> &'static str {
    match glyphs {
        Glyphs::Unicode => "│",
        Glyphs::Ascii | Glyphs::Plain => "|",
    }
}

/// The peaks as numbers, ten weeks a line.
fn in_words(weeks: &[Week]) -> String {
    let peaks: Vec<String> = weeks.iter().map(|week| week.peak.to_string()).collect();
    let lines = peaks.chunks(10).map(|ten| format!("{}\n", ten.join(", ")));
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weeks(peaks: &[u32]) -> Vec<Week> {
        let week = |(at, peak): (usize, &u32)| Week {
            monday: at as i64 * 7,
            peak: *peak,
            capacity: 16,
            samples: 1,
            full: 0,
        };
        peaks.iter().enumerate().map(week).collect()
    }

    #[test]
    fn bars_stand_under_the_ceiling_and_reach_it_when_full() {
        let drawn = chart(&weeks(&[2, 8, 16]), 16, Glyphs::Unicode);
        let ascii = chart(&weeks(&[2, 8, 16]), 16, Glyphs::Ascii);
        assert_eq!(chart(&weeks(&[2, 8, 16]), 16, Glyphs::Plain), "2, 8, 16\n");
        assert_eq!(
            drawn,
            "      16 │────██\n         │    ██\n         │    ██\n         │    ██\n         │  ████\n\
             \x20        │  ████\n         │  ████\n         │██████\n"
        );
        assert_eq!(
            ascii,
            drawn.replace('█', "#").replace('│', "|").replace('─', "-")
        );
    }

    #[test]
    fn no_number_of_weeks_is_wider_than_a_terminal() {
        for count in [0, 1, 34, 35, 68, 400] {
            let peaks: Vec<u32> = (0..count).map(|at| at * 1000).collect();
            for line in chart(&weeks(&peaks), 3, Glyphs::Unicode).lines() {
                assert!(line.chars().count() <= 80, "{line}");
            }
        }
        chart(&weeks(&[u32::MAX]), u32::MAX, Glyphs::Ascii);
        chart(&weeks(&[0]), 0, Glyphs::Ascii);
    }
}
