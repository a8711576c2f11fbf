//! The only code that prints or asks.
//!
//! stdout is the answer, stderr the conversation. A reader that goes away (`| head`) is no failure.
//! Never: prints text of the database that `report::sanitize` has not seen; asks without a terminal.

mod ask;
mod pager;
pub mod repaint;
pub mod waiting;

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::sync::{Mutex, PoisonError};

use crate::args::ColorArg;
use crate::report::page::hanging;
use crate::report::palette::Palette;
use crate::report::sanitize::{columns, fit};

/// The two streams, and what they can show.
#[derive(Debug, Clone, Copy)]
pub struct Terminal {
    out_terminal: bool,
    err_terminal: bool,
    in_terminal: bool,
    width: Option<usize>,
    err_width: Option<usize>,
    out_color: bool,
    err_color: bool,
    unicode: bool,
    dumb: bool,
    plain: bool,
}

/// Words alone, a line after the other: for a program that reads the screen aloud.
pub const PLAIN: &str = "BREAKGLASS_PLAIN";

/// Columns for an answer beside its question.
const ANSWER: usize = 8;

/// How our own sentences begin.
const OUR_NAME: &str = "breakglass: ";

/// What a sentence of ours ends with when it says what to type.
const COMMANDS: [&str; 2] = ["; next: ", "; undo: "];

/// `sentence`, wrapped; the command it ends with, if it is one of ours, on a line of its own, so that it is copied whole.
fn apart(sentence: &str, width: Option<usize>) -> String {
    let found = COMMANDS.iter().find_map(|start| {
        let parts = sentence.rsplit_once(start)?;
        parts.1.starts_with("breakglass ").then_some((parts, start))
    });
    match found {
        None => hanging("", sentence, width),
        Some(((what, command), start)) => {
            let label = start.trim_start_matches("; ");
            format!("{}  {label}{command}\n", hanging("", what, width))
        }
    }
}

/// Below this nothing can be laid out.
const NARROWEST: usize = 40;

impl Terminal {
    /// Finds out what the streams are. `variable` looks up the environment.
    pub fn detect(color: ColorArg, variable: impl Fn(&str) -> Option<String>) -> Self {
        let out_terminal = io::stdout().is_terminal();
        let err_terminal = io::stderr().is_terminal();
        let set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
        let dumb = variable("TERM").is_none_or(|term| term == "dumb" || term.is_empty());
        let plain = set(PLAIN);
        let colourless = set("NO_COLOR") || dumb || plain;
        let colored = |terminal: bool| match color {
            ColorArg::Always => true,
            ColorArg::Never => false,
            ColorArg::Auto => terminal && !colourless,
        };
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .into_iter()
            .find_map(|name| variable(name).filter(|v| !v.is_empty()));
        let locale = locale.unwrap_or_default().to_ascii_lowercase();
        Self {
            out_terminal,
            err_terminal,
            in_terminal: io::stdin().is_terminal(),
            width: width(&io::stdout(), &variable),
            err_width: width(&io::stderr(), &variable),
            out_color: colored(out_terminal),
            err_color: colored(err_terminal),
            unicode: locale.contains("utf-8") || locale.contains("utf8"),
            dumb: dumb || plain,
            plain,
        }
    }

    /// Columns of the answer; `None` when it goes to a file or a pipe.
    pub fn width(&self) -> Option<usize> {
        self.width
    }

    /// Columns of the conversation.
    pub fn talk_width(&self) -> Option<usize> {
        self.err_width
    }

    /// The same terminal, its width measured again.
    #[must_use]
    pub fn measured_again(self, variable: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            width: width(&io::stdout(), &variable),
            ..self
        }
    }

    /// Colours of the answer.
    pub fn palette(&self) -> Palette {
        Palette { on: self.out_color }
    }

    /// Colours of the conversation.
    pub fn talk_palette(&self) -> Palette {
        Palette { on: self.err_color }
    }

    /// Whether lines and bars may be drawn with more than ASCII.
    pub fn unicode(&self) -> bool {
        self.unicode
    }

    /// Whether pictures made of characters are of no use to whoever reads this.
    pub fn plain(&self) -> bool {
        self.plain
    }

    /// Whether the answer is looked at by a person.
    pub fn shows_answer_to_person(&self) -> bool {
        self.out_terminal
    }

    /// Whether the conversation is read by a person.
    pub fn talks_to_person(&self) -> bool {
        self.err_terminal
    }

    /// Whether somebody is there who could answer a question.
    pub fn can_ask(&self) -> bool {
        self.in_terminal && self.err_terminal
    }

    /// Takes the screen for painting it again and again; an error without a terminal to read keys from.
    pub fn take_screen(&self) -> io::Result<repaint::Repaint> {
        if !(self.in_terminal && self.out_terminal) {
            return Err(io::Error::other(
                "standard input and output must be a terminal",
            ));
        }
        repaint::Repaint::take(self.dumb)
    }

    /// Prints a piece of the answer.
    pub fn answer(&self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        forgive_closed(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
    }

    /// Somewhere to write a longer story to, as it happens.
    pub fn writer(&self) -> impl Write + use<> {
        Forgiving(io::stdout())
    }

    /// The same for a story that is not the answer.
    pub fn talk_writer(&self) -> impl Write + use<> {
        Forgiving(io::stderr())
    }

    /// Says something to the person; nothing depends on its being heard. A sentence that begins with our name is
    /// wrapped as [`Terminal::tell`] does it.
    pub fn say(&self, text: &str) {
        let width = self.width_of_talk();
        let long = |line: &str| {
            let passes = width.is_some_and(|width| columns(line) > width);
            passes && line.starts_with(OUR_NAME) && !line.contains('\x1b')
        };
        let text = match text.lines().any(long) {
            false => Cow::Borrowed(text),
            true => text
                .split_inclusive('\n')
                .map(|line| match long(line) {
                    true => apart(line.trim_end_matches('\n'), width),
                    false => line.to_owned(),
                })
                .collect(),
        };
        self.put(&text);
    }

    /// Says a sentence on lines of its own, wrapped for a person. In a log a line is a line.
    pub fn tell(&self, sentence: &str) {
        self.put(&hanging("", sentence, self.width_of_talk()));
    }

    fn put(&self, text: &str) {
        let mut err = io::stderr().lock();
        let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
    }

    fn width_of_talk(&self) -> Option<usize> {
        self.err_width.filter(|_| self.err_terminal)
    }

    /// Says something that replaces itself, on a terminal only: progress. Where nothing can be replaced it is a line,
    /// and one that differs from the last in its numbers alone is not said again.
    pub fn progress(&self, text: &str) {
        static LAST: Mutex<String> = Mutex::new(String::new());
        if !self.err_terminal {
            return;
        }
        if !self.dumb {
            // What wraps could not be replaced.
            let room = self.err_width.map_or(usize::MAX, |width| width - 1);
            self.put(&format!("\r\x1b[K{}", fit(text, room)));
            return;
        }
        let words: String = text.chars().filter(|c| !c.is_ascii_digit()).collect();
        let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        if !text.is_empty() && *last != words {
            self.tell(text);
        }
        *last = words;
    }

    /// Asks for a line. `None`: nobody there, or the input is closed.
    ///
    /// What was typed before the question appeared is thrown away: it answered something else.
    pub fn ask(&self, question: &str) -> Option<String> {
        self.ask_unless(question, &|| false)
    }

    /// The same, given up as soon as `stop` says so, which a signal's handler may have made true.
    pub fn ask_unless(&self, question: &str, stop: &dyn Fn() -> bool) -> Option<String> {
        if !self.can_ask() || stop() {
            return None;
        }
        ask::forget_typed();
        self.put(&self.prompt(question));
        let answer = ask::line(stop);
        if answer.is_none() {
            self.say("\n");
        }
        answer
    }

    fn prompt(&self, question: &str) -> String {
        let text = ask::prompt(question);
        // The answer stands beside it.
        let room = self.width_of_talk().map(|width| width - ANSWER);
        let broken = hanging("", text.trim_end(), room);
        format!("{} ", broken.trim_end())
    }

    /// Asks for a password, unseen. `None` as for [`Terminal::ask`], and when interrupted.
    pub fn ask_password(&self, question: &str) -> Option<String> {
        if !self.can_ask() {
            return None;
        }
        let answer = ask::password(|| self.put(&self.prompt(question)));
        self.say("\n");
        answer
    }
}

/// A stream whose reader may go away.
struct Forgiving<W>(W);

impl<W: Write> Write for Forgiving<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(bytes.len()),
            other => other,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        forgive_closed(self.0.flush())
    }
}

/// Columns of a stream: what `COLUMNS` says, else what the terminal says.
fn width(stream: &impl AsFd, variable: &impl Fn(&str) -> Option<String>) -> Option<usize> {
    let said = variable("COLUMNS").and_then(|text| text.parse().ok());
    let measured =
        || terminal_size::terminal_size_of(stream).map(|(width, _)| usize::from(width.0));
    said.or_else(measured)
        .filter(|width| *width > 0)
        .map(|width| width.max(NARROWEST))
}

fn forgive_closed(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::apart;

    #[test]
    fn a_command_at_the_end_of_a_sentence_stays_whole() {
        let sentence = "breakglass: fence z43nt stands (for 3s now): role app limited to 30; undo: breakglass fence --undo z43nt";
        assert_eq!(
            apart(sentence, Some(60)),
            "breakglass: fence z43nt stands (for 3s now): role app\n    limited to 30\n  \
             undo: breakglass fence --undo z43nt\n"
        );
        // A name in the sentence is no command of ours.
        let named = "breakglass: role x; next: rm took 5 slots again";
        assert_eq!(apart(named, Some(80)), format!("{named}\n"));
    }
}
