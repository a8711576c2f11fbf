//! A page of labelled lines: the label once at the left, the text beside it, wrapped under itself.
//!
//! Stage: report. In: text that is safe already ([`super::sanitize`]). Never cuts: it wraps at blanks and
//! breaks a word only when the word alone is wider than the page.

pub use crate::decide::plural;

use super::palette::{Palette, Tone};
use super::sanitize::columns;

/// Columns for labels, the gap included.
const LABEL: usize = 10;
/// A blank at which no line is broken; it is shown as an ordinary one.
pub(crate) const STICK: &str = "\u{a0}";
/// How a shell reads on in the next line.
const CONTINUED: &str = " \\";
/// Below this a page is not narrowed any further; the terminal wraps.
const NARROWEST: usize = 30;

/// Lines so far.
#[derive(Debug, Clone)]
pub struct Page {
    width: usize,
    label: usize,
    palette: Palette,
    text: String,
}

impl Page {
    /// An empty page `width` columns wide; `None`: as wide as it takes.
    pub fn new(width: Option<usize>, palette: Palette) -> Self {
        let width = width.map_or(usize::MAX, |width| width.max(NARROWEST));
        Self {
            width,
            label: LABEL,
            palette,
            text: String::new(),
        }
    }

    /// With room for longer labels: so many columns, the gap included.
    #[must_use]
    pub fn with_labels(self, label: usize) -> Self {
        Self { label, ..self }
    }

    /// A line that starts at the margin.
    pub fn heading(&mut self, tone: Tone, text: &str) {
        for line in wrap(text, self.width) {
            self.text.push_str(&self.palette.paint(tone, &line));
            self.text.push('\n');
        }
    }

    /// `label` and its text. Without a label the text stands under the one before.
    pub fn entry(&mut self, label: &str, tone: Tone, text: &str) {
        let room = self.width.saturating_sub(self.label).max(1);
        for (number, line) in wrap(text, room).iter().enumerate() {
            let shown = if number == 0 { label } else { "" };
            let padding = self.label.saturating_sub(columns(shown)).max(1);
            if line.is_empty() && shown.is_empty() {
                self.text.push('\n');
                continue;
            }
            self.text.push_str(&self.palette.paint(Tone::Dim, shown));
            self.text.extend(std::iter::repeat_n(' ', padding));
            self.text.push_str(&self.palette.paint(tone, line));
            self.text.push('\n');
        }
    }

    /// `label` and a command. Where it is too long, it is broken the way a shell reads on, so that all its lines
    /// pasted together are the one command.
    pub fn command(&mut self, label: &str, command: &str) {
        let room = self.width.saturating_sub(self.label).max(1);
        let mut label = label;
        let mut line = String::new();
        let words = shell_words(command);
        for (number, word) in words.iter().enumerate() {
            let last = number + 1 == words.len();
            let tail = if last { 0 } else { CONTINUED.len() };
            let joined = columns(&line) + 1 + columns(word) + tail;
            if !line.trim_start().is_empty() && joined > room {
                self.command_line(label, &format!("{line}{CONTINUED}"));
                label = "";
                line = "  ".to_owned();
            }
            if !line.trim_start().is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        self.command_line(label, &line);
    }

    fn command_line(&mut self, label: &str, line: &str) {
        let padding = self.label.saturating_sub(columns(label)).max(1);
        self.text.push_str(&self.palette.paint(Tone::Dim, label));
        self.text.extend(std::iter::repeat_n(' ', padding));
        self.text.push_str(&self.palette.paint(Tone::Strong, line));
        self.text.push('\n');
    }

    /// An empty line, unless there is one already or the page is empty.
    pub fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// Lines made elsewhere, each with its end.
    pub fn lines(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// The page.
    pub fn finish(self) -> String {
        self.text
    }
}

/// Counted names in one line: `web 9, jobs 4, +3 more`. A name that is empty is shown as `(none)`.
pub fn counted(groups: &[(String, usize)], most: usize) -> String {
    let mut parts: Vec<String> = groups
        .iter()
        .take(most)
        .map(|(name, count)| {
            let name = super::sanitize::line(name);
            let name = if name.trim().is_empty() {
                "(none)".into()
            } else {
                name
            };
            // A name and its number stay on one line.
            format!("{} {count}", super::sanitize::fit(&name, 40)).replace(' ', STICK)
        })
        .collect();
    if groups.len() > most {
        parts.push(format!("+{} more", groups.len() - most));
    }
    parts.join(", ")
}

/// The words of a command line, quotes kept: a blank inside quotes or after a backslash ends no word.
fn shell_words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let (mut quoted, mut escaped) = (false, false);
    for c in command.chars() {
        if c == ' ' && !quoted && !escaped {
            words.push(std::mem::take(&mut word));
            continue;
        }
        quoted ^= c == '\'' && !escaped;
        escaped = c == '\\' && !quoted && !escaped;
        word.push(c);
    }
    words.push(word);
    words
}

/// Breaks `text` into lines of at most `width` columns. Blanks at its start are an indent, and every line's.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let body = text.trim_start_matches(' ');
    let indent = " ".repeat((text.len() - body.len()).min(width / 2));
    let mut used = indent.len();
    let mut line = indent.clone();
    let mut lines = Vec::new();
    let mut fresh = true;
    for word in body.split(' ') {
        let mut word = word;
        if !fresh && used + 1 + columns(word) > width {
            lines.push(std::mem::replace(&mut line, indent.clone()));
            used = indent.len();
        } else if !fresh {
            line.push(' ');
            used += 1;
        }
        while columns(word) > width.saturating_sub(used) {
            let (head, tail) = word.split_at(split_at(word, width.saturating_sub(used)));
            line.push_str(head);
            lines.push(std::mem::replace(&mut line, indent.clone()));
            used = indent.len();
            word = tail;
        }
        line.push_str(word);
        used += columns(word);
        fresh = false;
    }
    lines.push(line);
    lines
        .iter()
        .map(|line| line.trim_end().replace(STICK, " "))
        .collect()
}

/// `text` after `start`, broken at blanks where it would pass `width`, the rest indented below it.
pub fn hanging(start: &str, text: &str, width: Option<usize>) -> String {
    const INDENT: &str = "    ";
    let mut out = start.to_owned();
    let mut used = columns(start);
    for (number, word) in text.split(' ').enumerate() {
        let taken = columns(word);
        if number > 0 && width.is_some_and(|width| used + 1 + taken > width) {
            out.push('\n');
            out.push_str(INDENT);
            used = INDENT.len();
        } else if number > 0 {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += taken;
    }
    out.push('\n');
    out
}

/// Byte offset after as many characters as fit into `width` columns, at least one.
fn split_at(word: &str, width: usize) -> usize {
    let mut end = 0;
    for (at, c) in word.char_indices() {
        let next = at + c.len_utf8();
        if end > 0 && columns(word.get(..next).unwrap_or_default()) > width {
            break;
        }
        end = next;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_wraps_under_itself_and_the_label_stands_once() {
        let mut page = Page::new(Some(30), Palette { on: false });
        page.heading(Tone::Alarm, "FULL");
        page.gap();
        page.gap();
        page.entry("server", Tone::Plain, "one two three four five six");
        page.entry("", Tone::Plain, "seven");
        let text = "FULL\n\nserver    one two three four\n          five six\n          seven\n";
        assert_eq!(page.finish(), text);
    }

    #[test]
    fn a_word_wider_than_the_page_is_broken_and_nothing_is_lost() {
        let lines = wrap("ab cdefghij 東京都庁", 4);
        assert_eq!(lines, ["ab", "cdef", "ghij", "東京", "都庁"]);
        assert_eq!(wrap("  indented", 20), ["  indented"]);
        assert_eq!(wrap("  one two three", 8), ["  one", "  two", "  three"]);
        assert_eq!(wrap("", 20), [""]);
    }

    #[test]
    fn a_sentence_fits_the_terminal_and_goes_into_a_pipe_unbroken() {
        let text = "login: every connection slot is taken";
        assert_eq!(hanging("  ", text, None), format!("  {text}\n"));
        assert_eq!(
            hanging("  ", text, Some(24)),
            "  login: every\n    connection slot is\n    taken\n"
        );
    }

    #[test]
    fn long_lists_end_with_how_many_more() {
        let plain = |text: String| text.replace(STICK, " ");
        let groups: Vec<(String, usize)> = [("web", 9), ("", 4), ("a\nb", 1)]
            .map(|(n, c)| (n.to_owned(), c))
            .into();
        assert_eq!(plain(counted(&groups, 5)), "web 9, (none) 4, a\\nb 1");
        assert_eq!(plain(counted(&groups, 2)), "web 9, (none) 4, +1 more");
    }

    #[test]
    fn a_long_command_is_broken_as_a_shell_reads_on() {
        let long = "breakglass terminate -h db.example.net --app 'my app' --limit 5";
        let broken = "next      breakglass terminate -h \\\n            db.example.net --app \\\n            \
                      'my app' --limit 5\n";
        let quoted = r"a 'it'\''s one word' b";
        let table = [
            (
                "breakglass status",
                "next      breakglass status\n".to_owned(),
            ),
            (long, broken.to_owned()),
            (quoted, format!("next      {quoted}\n")),
        ];
        for (command, wanted) in table {
            let mut page = Page::new(Some(40), Palette { on: false });
            page.command("next", command);
            assert_eq!(page.finish(), wanted, "{command}");
        }
    }
}
