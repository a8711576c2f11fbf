//! The story of a rehearsal on a terminal of so many columns: its own sentences are wrapped, what is to be pasted and
//! what the commands answered is not.
//!
//! Stage: rehearsal, last.

use std::io::{self, Write};

use crate::report::page::wrap;

/// How a line begins that is to be pasted, or shows what was typed.
const TYPED: [&str; 3] = ["$ ", "export ", "breakglass "];

/// Where the story goes.
pub struct Story<'a> {
    out: &'a mut dyn Write,
    width: Option<usize>,
    /// The start of a line whose end has not come yet.
    begun: Vec<u8>,
}

impl<'a> Story<'a> {
    /// Tells it to `out`, `width` columns wide; `None`: lines are as long as they are.
    pub fn new(out: &'a mut dyn Write, width: Option<usize>) -> Self {
        Self {
            out,
            width,
            begun: Vec::new(),
        }
    }

    /// What the commands it shows are to be told of the terminal.
    pub fn width(&self) -> Option<usize> {
        self.width
    }

    /// Copies the output of a command as it is.
    pub fn copy(&mut self, output: &[u8]) -> io::Result<()> {
        self.finish_line()?;
        self.out.write_all(output)
    }

    fn finish_line(&mut self) -> io::Result<()> {
        let line = std::mem::take(&mut self.begun);
        if line.is_empty() {
            return Ok(());
        }
        self.out.write_all(&line)
    }

    fn line(&mut self) -> io::Result<()> {
        let line = std::mem::take(&mut self.begun);
        let text = String::from_utf8_lossy(&line);
        let typed = TYPED
            .iter()
            .any(|start| text.trim_start().starts_with(start));
        match self.width {
            Some(width) if !typed => {
                for part in wrap(&text, width) {
                    writeln!(self.out, "{part}")?;
                }
                Ok(())
            }
            _ => writeln!(self.out, "{text}"),
        }
    }
}

impl Write for Story<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for &byte in bytes {
            if byte == b'\n' {
                self.line()?;
            } else {
                self.begun.push(byte);
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.finish_line()?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_wrapped_and_commands_are_not() -> io::Result<()> {
        let mut out = Vec::new();
        let mut story = Story::new(&mut out, Some(24));
        write!(story, "\n  One sentence, ")?;
        writeln!(story, "in several pieces")?;
        writeln!(story, "$ breakglass terminate --app web --limit 5")?;
        story.copy(b"DONE: a line as wide as its own command made it\n")?;
        writeln!(story, "short")?;
        let told = String::from_utf8_lossy(&out).into_owned();
        let wanted = "\n  One sentence, in\n  several pieces\n$ breakglass terminate --app web --limit 5\n\
                      DONE: a line as wide as its own command made it\nshort\n";
        assert_eq!(told, wanted);
        Ok(())
    }
}
