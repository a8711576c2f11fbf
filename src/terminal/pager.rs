//! A long answer through a pager, for the person at a terminal.
//!
//! Never: loses the answer. Where no pager can be run, it is printed as it is.

use std::io::{self, Write};
use std::process::{Command, Stdio};

use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

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
    // Ctrl-C is the pager's, which goes on; if it ended us, the pager and the shell would both read the keys.
    let keys = Keys::leave_to_pager();
    if let Some(mut input) = child.stdin.take() {
        // A pager that was left before the end is no failure.
        forgive_closed(input.write_all(text.as_bytes()))?;
    }
    let status = child.wait()?;
    drop(keys);
    Ok(!status.code().is_some_and(|code| NOT_RUN.contains(&code)))
}

/// Signals of the keyboard, which wait until this is dropped, and are forgotten then.
struct Keys {
    signals: SigSet,
    waiting: Option<SignalFd>,
}

impl Keys {
    fn leave_to_pager() -> Self {
        let mut signals = SigSet::empty();
        signals.add(Signal::SIGINT);
        signals.add(Signal::SIGQUIT);
        // Where that fails, Ctrl-C ends this program, too, as it would without a pager.
        let blocked = signals.thread_block().is_ok();
        let waiting = blocked.then(|| SignalFd::with_flags(&signals, SfdFlags::SFD_NONBLOCK));
        Self {
            signals,
            waiting: waiting.and_then(Result::ok),
        }
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        while let Some(Ok(Some(_))) = self.waiting.as_ref().map(SignalFd::read_signal) {}
        let _ = self.signals.thread_unblock();
    }
}
