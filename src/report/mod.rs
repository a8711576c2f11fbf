//! Values to text: screens, JSON, CSV, markdown.
//!
//! Stage: after everything is decided or done; in: values of `decide`, out: strings.
//! Never: prints, reads a clock, the environment or the terminal. Width, colour and format are arguments.
//!
//! Values of `decide` carry raw text of the server. Whatever goes to a screen, CSV or markdown passes through
//! [`sanitize`] here; JSON takes it as it is, because the serialiser escapes it.

pub mod act;
pub mod admission;
pub mod advice;
pub mod backends;
pub mod blockers;
pub mod chart;
pub mod check;
pub mod diagnosis;
pub mod doctor;
pub mod duration;
pub mod fence;
pub mod free;
pub mod grid;
pub mod headroom;
pub mod history;
pub mod identity;
pub mod json;
pub mod origin;

pub mod page;
pub mod palette;

pub mod pools;
pub mod prepare;
pub mod probe;
pub mod proposal;
pub mod records;
pub mod rescue;
pub mod runbook;
pub mod sample;
pub mod sanitize;
pub mod sessions;
pub mod sockets;
pub mod status;
pub mod survey;
pub mod watch;
pub mod workers;

#[cfg(test)]
mod scenes;

use crate::decide::capacity::SlotClass;

/// The lane a screen was filled over, and what it cost to get it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct LaneView {
    /// `login`, `replication`…
    pub name: String,
    /// The slot our own login stands on.
    pub slot: SlotClass,
    /// How that is known; the second half of [`own_slot`](crate::decide::capacity::own_slot)'s answer.
    pub slot_how: String,
    /// Label of the endpoint that answered.
    pub endpoint: String,
    /// Whether the connection is encrypted.
    pub encrypted: bool,
    /// One sentence for each login that was refused before this lane opened.
    pub refused_before: Vec<String>,
}

impl LaneView {
    /// A lane that needs no login: what makes it so, and where it leads.
    pub fn without_login(name: &str, how: &str, endpoint: &str) -> Self {
        Self {
            name: name.to_owned(),
            slot: SlotClass::NoLogin,
            slot_how: how.to_owned(),
            endpoint: endpoint.to_owned(),
            encrypted: false,
            refused_before: Vec::new(),
        }
    }
}

/// How a screen is to be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Screen {
    /// Columns of the terminal; `None` when the output is none, and lines may be as long as they like.
    pub width: Option<usize>,
    /// Colours.
    pub palette: palette::Palette,
    /// Whether everything is shown: whole queries, all targets. Otherwise the first few, and a count.
    pub extent: Extent,
    /// Which characters lines and bars are drawn with.
    pub glyphs: Glyphs,
}

/// How much of a long list is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Extent {
    /// The first few, and how many more there are.
    #[default]
    Brief,
    /// All.
    Whole,
}

/// Characters for trees, bars and arrows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Glyphs {
    /// Box drawing and blocks.
    #[default]
    Unicode,
    /// What every terminal has.
    Ascii,
    /// None: words alone, for a program that reads the screen aloud.
    Plain,
}

impl Screen {
    /// No terminal: no width, no colour.
    pub fn plain() -> Self {
        Self {
            width: None,
            palette: palette::Palette { on: false },
            extent: Extent::Brief,
            glyphs: Glyphs::Unicode,
        }
    }

    /// An arrow between before and after.
    pub(crate) fn arrow(self) -> &'static str {
        match self.glyphs {
            Glyphs::Unicode => "→",
            Glyphs::Ascii => "->",
            Glyphs::Plain => "to",
        }
    }
}
