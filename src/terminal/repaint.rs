//! A screen that is painted again and again, and leaves the terminal as it found it.
//!
//! Keys are read one at a time without echo; Ctrl-C stays a signal, for whoever notes it.

use std::io::{self, Write};
use std::os::fd::AsFd;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::termios::{
    LocalFlags, SetArg, SpecialCharacterIndices, Termios, tcgetattr, tcsetattr,
};

/// Switches to the alternate screen and hides the cursor.
const ENTER: &str = "\x1b[?1049h\x1b[?25l";
/// Undoes [`ENTER`].
const LEAVE: &str = "\x1b[?25h\x1b[?1049l";

/// The screen while it is ours. Dropping it gives it back.
pub struct Repaint {
    before: Termios,
    plain: bool,
}

/// What happened while waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waited {
    /// The time is over.
    Elapsed,
    /// This key was pressed.
    Key(u8),
    /// A signal arrived.
    Interrupted,
    /// The terminal is gone.
    Closed,
}

impl Repaint {
    /// Takes the screen. `plain`: a terminal that knows no escape sequences; frames follow one another.
    pub(super) fn take(plain: bool) -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut raw = before.clone();
        raw.local_flags
            .remove(LocalFlags::ICANON | LocalFlags::ECHO);
        raw.control_chars[SpecialCharacterIndices::VMIN as usize] = 0;
        raw.control_chars[SpecialCharacterIndices::VTIME as usize] = 0;
        tcsetattr(io::stdin(), SetArg::TCSAFLUSH, &raw)?;
        let screen = Self { before, plain };
        if !plain {
            print_out(ENTER)?;
        }
        Ok(screen)
    }

    /// Paints one frame over the last; every line is cleared to its end, so nothing flickers.
    pub fn paint(&self, frame: &str) -> io::Result<()> {
        if self.plain {
            return print_out(&format!("{frame}\n"));
        }
        let mut text = String::with_capacity(frame.len() + 200);
        text.push_str("\x1b[H");
        for line in frame.lines() {
            text.push_str(line);
            text.push_str("\x1b[K\r\n");
        }
        text.push_str("\x1b[J");
        print_out(&text)
    }

    /// Waits for a key, a signal, or the time to be over.
    pub fn wait(&self, time: Duration) -> Waited {
        let stdin = io::stdin();
        let mut fds = [PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
        let millis = u16::try_from(time.as_millis()).unwrap_or(u16::MAX);
        match poll(&mut fds, PollTimeout::from(millis)) {
            Ok(0) => Waited::Elapsed,
            Err(nix::errno::Errno::EINTR) => Waited::Interrupted,
            Err(_) => Waited::Closed,
            Ok(_) => {
                let mut key = [0_u8];
                // Not through a buffer, which would take keys that poll then cannot see.
                match nix::unistd::read(&stdin, &mut key) {
                    Ok(1) => Waited::Key(key[0]),
                    _ => Waited::Closed,
                }
            }
        }
    }
}

impl Drop for Repaint {
    fn drop(&mut self) {
        if !self.plain {
            let _ = print_out(LEAVE);
        }
        let _ = tcsetattr(io::stdin(), SetArg::TCSAFLUSH, &self.before);
    }
}

fn print_out(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
