//! A person at a terminal: the program on a pseudo-terminal of its own, what it shows, and keys to press.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, IntoRawFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{grantpt, posix_openpt, ptsname_r, unlockpt};
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::sys::termios::{Termios, tcgetattr};
use nix::unistd::Pid;

/// How long anything awaited may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The program on its terminal.
pub struct Pty {
    child: Child,
    /// The person's end; `None` once the terminal is closed.
    keyboard: Option<File>,
    /// The program's end, kept open so that its modes can be read after the program has ended.
    terminal: Option<OwnedFd>,
    before: Termios,
    shown: Arc<Mutex<Vec<u8>>>,
    hung_up: Arc<AtomicBool>,
    reader: Option<JoinHandle<()>>,
}

impl Pty {
    /// Starts `command` with a terminal of 80 columns as stdin, stdout, stderr and controlling terminal.
    pub fn start(command: Command) -> Self {
        Self::start_after(command, "")
    }

    /// The same, with keys pressed before the program begins.
    pub fn start_after(command: Command, keys: &str) -> Self {
        Self::start_on(command, keys, 80, 40)
    }

    /// The same, on a terminal of this size.
    pub fn start_on(mut command: Command, keys: &str, columns: u16, rows: u16) -> Self {
        let (mut keyboard, terminal) = open_pair(columns, rows);
        let end = || Stdio::from(terminal.try_clone().unwrap());
        command.stdin(end()).stdout(end()).stderr(end());
        take_as_controlling_terminal(&mut command);
        let before = tcgetattr(terminal.as_fd()).unwrap();
        keyboard.write_all(keys.as_bytes()).unwrap();
        let child = command.spawn().unwrap();
        let shown = Arc::new(Mutex::new(Vec::new()));
        let hung_up = Arc::new(AtomicBool::new(false));
        let (mut screen, seen) = (keyboard.try_clone().unwrap(), Arc::clone(&shown));
        let gone = Arc::clone(&hung_up);
        let reader = std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            // Never blocked for long, so that hanging up closes this end too.
            while !gone.load(Ordering::Relaxed) {
                let mut fds = [PollFd::new(screen.as_fd(), PollFlags::POLLIN)];
                if poll(&mut fds, PollTimeout::from(20_u8)) == Ok(0) {
                    continue;
                }
                // A terminal whose program has gone answers with an error.
                let Ok(count @ 1..) = screen.read(&mut bytes) else {
                    break;
                };
                seen.lock().unwrap().extend_from_slice(&bytes[..count]);
            }
        });
        Self {
            child,
            keyboard: Some(keyboard),
            terminal: Some(terminal),
            before,
            shown,
            hung_up,
            reader: Some(reader),
        }
    }

    /// All that was shown so far.
    pub fn screen(&self) -> String {
        String::from_utf8_lossy(&self.shown.lock().unwrap()).into_owned()
    }

    /// Waits until the screen contains `text`.
    #[track_caller]
    pub fn await_text(&self, text: &str) {
        self.await_times(text, 1);
    }

    /// Waits until the screen contains `text` so many times.
    #[track_caller]
    pub fn await_times(&self, text: &str, times: usize) {
        let deadline = Instant::now() + PATIENCE;
        while self.screen().matches(text).count() < times {
            assert!(
                Instant::now() < deadline,
                "{text:?} was not shown {times} times:\n{}",
                self.screen()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Presses keys: `\x03` is Ctrl-C, `\x04` Ctrl-D, `\r` Enter.
    pub fn press(&mut self, keys: &str) {
        let keyboard = self.keyboard.as_mut().expect("the terminal is open");
        keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Sends a signal to the program, not to its terminal.
    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), signal).unwrap();
    }

    /// Whether the terminal has the modes it had before the program began.
    pub fn is_restored(&self) -> bool {
        let terminal = self.terminal.as_ref().expect("the terminal is open");
        let now = tcgetattr(terminal.as_fd()).unwrap();
        (now.local_flags, now.input_flags, now.output_flags)
            == (
                self.before.local_flags,
                self.before.input_flags,
                self.before.output_flags,
            )
    }

    /// Hangs up, as a lost SSH connection does: the kernel sends SIGHUP, and the terminal is gone.
    pub fn hang_up(&mut self) {
        self.hung_up.store(true, Ordering::Relaxed);
        self.terminal = None;
        self.keyboard = None;
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
    }

    /// Waits for the program to end; the exit code, or minus the signal that ended it.
    #[track_caller]
    pub fn end(&mut self) -> i32 {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                // What it wrote last may still be on its way through the terminal.
                std::thread::sleep(Duration::from_millis(50));
                return number(status);
            }
            assert!(
                Instant::now() < deadline,
                "it does not end:\n{}",
                self.screen()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn number(status: ExitStatus) -> i32 {
    status
        .code()
        .unwrap_or_else(|| -status.signal().unwrap_or(0))
}

/// Both ends of a new terminal of this size. Closed in every child: a hang-up is one only when nobody at all holds
/// the person's end any more.
#[allow(unsafe_code)]
fn open_pair(columns: u16, rows: u16) -> (File, OwnedFd) {
    let flags = OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
    let person = posix_openpt(flags).unwrap();
    grantpt(&person).unwrap();
    unlockpt(&person).unwrap();
    let name = ptsname_r(&person).unwrap();
    let program = nix::fcntl::open(name.as_str(), flags, Mode::empty()).unwrap();
    let size = nix::libc::winsize {
        ws_row: rows,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    // SAFETY: the descriptor is open, and the kernel only reads the structure.
    let sized =
        unsafe { nix::libc::ioctl(program.as_raw_fd(), nix::libc::TIOCSWINSZ, &raw const size) };
    assert_eq!(sized, 0);
    // SAFETY: the descriptor has just been opened and nobody else owns it.
    (unsafe { File::from_raw_fd(person.into_raw_fd()) }, program)
}

/// The child becomes the leader of a session whose terminal is its stdin.
#[allow(unsafe_code)]
fn take_as_controlling_terminal(command: &mut Command) {
    // SAFETY: between fork and exec only setsid, one ioctl and signal are called; all are async-signal-safe.
    unsafe {
        command.pre_exec(|| {
            // A shell that started the tests in the background had them ignore it; a terminal's shell does not.
            nix::sys::signal::signal(Signal::SIGINT, nix::sys::signal::SigHandler::SigDfl)?;
            nix::unistd::setsid()?;
            nix::errno::Errno::result(nix::libc::ioctl(0, nix::libc::TIOCSCTTY, 0))?;
            Ok(())
        });
    }
}
