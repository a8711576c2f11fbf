//! Colours by meaning, not by taste: alarm, warning, good, and how loud the rest is.
//!
//! Stage: report. Whether colours are on comes in as an argument; nothing here looks at a terminal or at
//! `NO_COLOR`. Off means not one escape byte.

use anstyle::{Ansi256Color, AnsiColor, Color, Effects, Style};

/// Amber and green of the 256-colour cube (#af5f00, #008700): a terminal's own yellow and green can hardly be read on a
/// light background, and these have about the same contrast on white as on black.
const AMBER: Ansi256Color = Ansi256Color(130);
const GREEN: Ansi256Color = Ansi256Color(28);

/// Whether styles are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Palette {
    /// They are.
    pub on: bool,
}

/// What a piece of text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// Nothing in particular.
    #[default]
    Plain,
    /// Full, refused, still there, or the head of a queue: look here first.
    Alarm,
    /// Will become an alarm.
    Warn,
    /// As it should be.
    Good,
    /// Background: ours, the server's own, explanations.
    Dim,
    /// Headings and what is to be typed.
    Strong,
}

impl Palette {
    /// `text` in `tone`. An empty text gets no style.
    pub fn paint(self, tone: Tone, text: &str) -> String {
        if !self.on || text.is_empty() || tone == Tone::Plain {
            return text.to_owned();
        }
        let style = tone.style();
        format!("{style}{text}{style:#}")
    }
}

impl Tone {
    fn style(self) -> Style {
        let colour = |colour: Color| Style::new().fg_color(Some(colour));
        match self {
            Self::Plain => Style::new(),
            Self::Alarm => colour(AnsiColor::Red.into()).bold(),
            Self::Warn => colour(AMBER.into()),
            Self::Good => colour(GREEN.into()),
            Self::Dim => Style::new().effects(Effects::DIMMED),
            Self::Strong => Style::new().bold(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_palette_that_is_off_writes_no_escape() {
        let tones = [
            Tone::Plain,
            Tone::Alarm,
            Tone::Warn,
            Tone::Good,
            Tone::Dim,
            Tone::Strong,
        ];
        for tone in tones {
            assert_eq!(Palette { on: false }.paint(tone, "17"), "17");
        }
    }

    #[test]
    fn a_palette_that_is_on_ends_every_style_it_begins() {
        let on = Palette { on: true };
        assert_eq!(on.paint(Tone::Alarm, "full"), "\x1b[1m\x1b[31mfull\x1b[0m");
        assert_eq!(on.paint(Tone::Plain, "17"), "17");
        assert_eq!(on.paint(Tone::Alarm, ""), "");
    }
}
