//! One frame of `status --watch`: few lines, so that the eye finds the same number in the same place.
//!
//! Stage: report. In: the latest snapshot and the counts before it. Never: clears the screen or moves the
//! cursor; that is the terminal's business.

use crate::decide::blocking::trees;
use crate::decide::breakdown::{Dimension, count_by};

use super::identity::server_line;
use super::page::{Page, STICK, counted};
use super::palette::Tone;
use super::status::{StatusView, headline, next, pairs, queue_line, slots};
use super::{Glyphs, Screen, duration};

/// What happened up to this frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trend<'a> {
    /// Ordinary slots in use at each look, the latest last.
    pub used: &'a [u32],
    /// New sessions a second since the look before; `None` at the first.
    pub refill: Option<f64>,
    /// The server's clock at this look, microseconds since 1970.
    pub at: i64,
}

/// The frame.
pub fn frame(view: &StatusView<'_>, trend: &Trend<'_>, screen: Screen) -> String {
    let snapshot = view.snapshot;
    let capacity = snapshot.capacity();
    let mut page = Page::new(screen.width, screen.palette);
    let (tone, text) = headline(snapshot, &capacity);
    page.heading(tone, &text);
    let mut line = sparkline(trend.used, capacity.ordinary.total, screen.glyphs);
    if let Some(refill) = trend.refill {
        line.push_str(&format!("  {refill:.1} new sessions a second"));
    }
    page.entry("trend", Tone::Plain, line.trim_start());
    page.entry("server", Tone::Plain, &server_line(snapshot, view.lane));
    slots(&mut page, snapshot, &capacity, screen);
    let states: Vec<String> = count_by(snapshot.holders(), Dimension::State)
        .into_iter()
        .map(|group| {
            let oldest = group.oldest.map_or(String::new(), |oldest| {
                format!(" (oldest {})", duration::age(oldest))
            });
            format!("{} {}{oldest}", group.name, group.count).replace(' ', STICK)
        })
        .collect();
    page.entry("sessions", Tone::Plain, &states.join(", "));
    let applications = pairs(count_by(snapshot.holders(), Dimension::Application));
    page.entry("by app", Tone::Plain, &counted(&applications, 5));
    if let Some(worst) = trees(snapshot).first() {
        page.entry("stuck", Tone::Alarm, &queue_line(snapshot, worst));
    }
    page.entry("at", Tone::Dim, &duration::clock(trend.at));
    // A frame is short: the one that comes first.
    next(&mut page, view.next.get(..1).unwrap_or_default(), screen);
    page.finish()
}

/// Values as columns of eight heights: `max` and more is full height, and nothing less is.
pub fn sparkline(values: &[u32], max: u32, glyphs: Glyphs) -> String {
    let heights = match glyphs {
        Glyphs::Unicode => ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
        Glyphs::Ascii => ['_', '.', ':', '-', '=', '+', '*', '#'],
        Glyphs::Plain => {
            return values
                .last()
                .map_or(String::new(), |last| format!("{last} of {max} used"));
        }
    };
    let top = u64::from(max.max(1));
    let height = |value: &u32| {
        let step = (u64::from(*value) * 7 / top).min(7);
        usize::try_from(step)
            .ok()
            .and_then(|step| heights.get(step))
    };
    values.iter().filter_map(height).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_full_server_has_a_full_column() {
        let cases = [
            (&[0, 1, 8, 16, 17, 99][..], 17, "▁▁▄▇██", "__-*##"),
            (&[], 17, "", ""),
            (&[0, 1], 0, "▁█", "_#"),
            (&[u32::MAX], u32::MAX, "█", "#"),
        ];
        for (values, max, unicode, ascii) in cases {
            assert_eq!(sparkline(values, max, Glyphs::Unicode), unicode);
            assert_eq!(sparkline(values, max, Glyphs::Ascii), ascii);
        }
        assert_eq!(sparkline(&[3, 7], 9, Glyphs::Plain), "7 of 9 used");
    }
}
