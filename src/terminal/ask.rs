//! Questions: a line typed in sight, and a password typed unseen.
//!
//! A line is read as the terminal gives it, its modes untouched, so whatever ends the program there leaves nothing
//! to put right. A password needs the echo off, and a terminal without echo must never be left behind: signals wait
//! until it is back.
//! Never: reads what was typed before the question was there.
//!
//! 2026-11-22: questions look as dialoguer's theme has them, and are read here. dialoguer's own reading switches the
//! terminal's modes for a line, too: a SIGTERM at the question then left a shell without echo, and Ctrl-D, the
//! shortest no there is, was ignored.

use std::io;
use std::os::fd::AsFd;

use dialoguer::theme::{SimpleTheme, Theme};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::termios::{FlushArg, LocalFlags, SetArg, Termios, tcflush, tcgetattr, tcsetattr};

/// A question as it is shown.
pub(super) fn prompt(question: &str) -> String {
    let question = question.trim_end_matches([' ', ':']);
    let mut text = String::new();
    match SimpleTheme.format_input_prompt(&mut text, question, None) {
        Ok(()) => text,
        Err(_) => format!("{question}: "),
    }
}

/// How long it may take to hear that a signal came.
const HEED_MS: u8 = 100;

/// Reads a line. `None`: the input is closed, or `stop` says so.
pub(super) fn line(stop: &dyn Fn() -> bool) -> Option<String> {
    let mut typed = String::new();
    let stdin = io::stdin();
    loop {
        // The terminal has something to read once a line is complete, or it is gone.
        let mut fds = [PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
        match poll(&mut fds, PollTimeout::from(HEED_MS)) {
            _ if stop() => return None,
            Ok(0) | Err(nix::errno::Errno::EINTR) => {}
            Ok(_) | Err(_) => break,
        }
    }
    match stdin.read_line(&mut typed) {
        Ok(1..) => Some(typed.trim_end_matches(['\r', '\n']).to_owned()),
        Ok(0) | Err(_) => None,
    }
}

/// Throws away what was typed so far: it answered something else.
pub(super) fn forget_typed() {
    let _ = tcflush(io::stdin(), FlushArg::TCIFLUSH);
}

/// Reads a password without showing it; `question` is called once nothing is shown any more. `None`: interrupted, or
/// the input is closed.
pub(super) fn password(question: impl FnOnce()) -> Option<String> {
    let unseen = Unseen::begin().ok()?;
    question();
    let stdin = io::stdin();
    let mut typed = Vec::new();
    loop {
        let mut fds = [
            PollFd::new(stdin.as_fd(), PollFlags::POLLIN),
            PollFd::new(unseen.signals.as_fd(), PollFlags::POLLIN),
        ];
        match poll(&mut fds, PollTimeout::NONE) {
            Err(nix::errno::Errno::EINTR) => continue,
            Err(_) => return None,
            Ok(_) => {}
        }
        // Left unread: it takes its course once the echo is back.
        if fds[1].any().unwrap_or(false) {
            return None;
        }
        let mut key = [0_u8];
        // Not through a buffer, which would take keys that poll then cannot see.
        match nix::unistd::read(&stdin, &mut key) {
            Ok(1) => {}
            _ => return None,
        }
        match key[0] {
            b'\r' | b'\n' => return String::from_utf8(typed).ok(),
            // Ctrl-C; Ctrl-D with nothing typed.
            3 => return None,
            4 if typed.is_empty() => return None,
            // Backspace takes a whole character, Ctrl-U all of them.
            8 | 127 => while typed.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {},
            21 => typed.clear(),
            byte => typed.push(byte),
        }
    }
}

/// The terminal while nothing typed is shown. Dropping it brings the echo back, and lets the signals through.
struct Unseen {
    before: Termios,
    held_back: SigSet,
    signals: SignalFd,
}

impl Unseen {
    fn begin() -> nix::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut held_back = SigSet::empty();
        for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
            held_back.add(signal);
        }
        let signals =
            SignalFd::with_flags(&held_back, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?;
        held_back.thread_block()?;
        let unseen = Self {
            before,
            held_back,
            signals,
        };
        let mut raw = unseen.before.clone();
        raw.local_flags
            .remove(LocalFlags::ECHO | LocalFlags::ICANON | LocalFlags::ISIG);
        tcsetattr(io::stdin(), SetArg::TCSAFLUSH, &raw)?;
        Ok(unseen)
    }
}

impl Drop for Unseen {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin(), SetArg::TCSAFLUSH, &self.before);
        let _ = self.held_back.thread_unblock();
    }
}
