//! The ways in, a line each: open, closed and why, or not to be had from here.
//!
//! Stage: report.

use crate::decide::survey::{Standing, Survey};

use super::page::Page;
use super::palette::Tone;
use super::{Screen, sanitize};

/// Columns for the names of lanes, the gap included.
const LABEL: usize = 13;

/// The table.
pub fn survey(survey: &Survey, screen: Screen) -> String {
    let mut page = Page::new(screen.width, screen.palette).with_labels(LABEL);
    for sight in &survey.sights {
        let tone = match sight.standing {
            Standing::Open => Tone::Good,
            Standing::Closed => Tone::Warn,
            Standing::NotHere => Tone::Dim,
        };
        let text = format!(
            "{}: {}",
            sight.standing.name(),
            sanitize::one_line(&sight.what)
        );
        page.entry(sight.way.name(), tone, &text);
    }
    page.finish()
}

/// A line of the same table that is no way in.
pub fn beside(label: &str, text: &str, screen: Screen) -> String {
    let mut page = Page::new(screen.width, screen.palette).with_labels(LABEL);
    page.entry(label, Tone::Dim, text);
    page.finish()
}
