//! A long answer through a pager, for the person at a terminal.
//!
//! Never: loses the answer. Where no pager can be run, it is printed as it is.

use std::io::{self, Write};
use std::process::{Command, Stdio};

use super::{Terminal, forgive_closed};

/// When nobody names one: colours as they are, quit where it fits after all, leave the screen as it was.
const USUAL: &str = "less -FRX";

impl Terminal {
    /// Prints the answer: through `$BREAKGLASS_PAGER`, `$PAGER` or `less` where a person reads it on a screen that is
    /// too low for it. An empty variable or `cat` means none.
    pub fn page(&self, text: &str, variable: impl Fn(&str) -> Option<String>) -> io::Result<()> {
        if !self.out_terminal || self.dumb || !self.in_terminal || fits(text) {
            return self.answer(text);
        }
        let named = ["BREAKGLASS_PAGER", "PAGER"].into_iter().find_map(variable);
        let pager = named.unwrap_or_else(|| USUAL.to_owned());
        if matches!(pager.trim(), "" | "cat") {
            return self.answer(text);
        }
        match through(&pager, text) {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => self.answer(text),
        }
    }
}

/// Whether the screen is high enough, with a line left for the prompt.
fn fits(text: &str) -> bool {
    let size = terminal_size::terminal_size_of(io::stdout());
    size.is_some_and(|(_, height)| text.lines().count() < usize::from(height.0))
}

/// Runs it as a shell would, as every program does with `$PAGER`. False where there is no such program.
fn through(pager: &str, text: &str) -> io::Result<bool> {
    /// What a shell answers when there is no such command, or none that may be run.
    const NOT_RUN: [i32; 2] = [126, 127];
    let mut child = Command::new("sh")
        .args(["-c", pager])
        .stdin(Stdio::piped())
        .spawn()?;
    if let Some(mut input) = child.stdin.take() {
        // A pager that was left before the end is no failure.
        forgive_closed(input.write_all(text.as_bytes()))?;
    }
    let status = child.wait()?;
    Ok(!status.code().is_some_and(|code| NOT_RUN.contains(&code)))
}
