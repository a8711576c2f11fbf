//! Runs a platform's own command to recycle an application, within its timeout.
//!
//! Never: runs what was not confirmed; leaves the command running when its time is over.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::decide::workers::via::{ConfirmedVia, Ran, Recycler};

/// How much of what it says is kept.
const KEPT: usize = 2000;
/// Between two looks whether it has ended.
const PAUSE: Duration = Duration::from_millis(20);
/// What a command that is stopped gets to end by itself.
const GRACE: Duration = Duration::from_millis(500);

/// Runs the command of `recycler`, which must be of `plan`, in a shell and waits for it, calling `waiting` with the time that is left.
pub fn run(
    plan: &ConfirmedVia,
    recycler: &Recycler,
    interrupted: impl Fn() -> bool,
    mut waiting: impl FnMut(Duration),
) -> Ran {
    if !plan.targets().contains(recycler) {
        return Ran::NotStarted("it is not in the plan".to_owned());
    }
    let started = Command::new("sh")
        .args(["-c", &recycler.command])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        // A group of its own, so that what the shell starts ends with it, and our Ctrl-C is ours.
        .process_group(0)
        .spawn();
    let mut child = match started {
        Ok(child) => child,
        Err(error) => return Ran::NotStarted(error.to_string()),
    };
    let said = read_aside(child.stderr.take());
    let deadline = Instant::now() + recycler.timeout;
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ran::Succeeded,
            Ok(Some(status)) => {
                // Something it left behind may hold the pipe open.
                let said = said.recv_timeout(GRACE).unwrap_or_default();
                let last = said.trim().lines().last().unwrap_or("it said nothing");
                return Ran::Failed(format!("{status}: {last}"));
            }
            Ok(None) => {}
            Err(error) => return Ran::Failed(format!("it cannot be waited for: {error}")),
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() || interrupted() {
            end(&mut child);
            return if left.is_zero() {
                Ran::TimedOut
            } else {
                Ran::Interrupted
            };
        }
        waiting(left);
        std::thread::sleep(PAUSE.min(left));
    }
}

/// Ends the command's group: asked first.
fn end(child: &mut Child) {
    let group = Pid::from_raw(child.id().cast_signed());
    let _ = killpg(group, Signal::SIGTERM);
    // It is not collected before the group has gone: until then nobody else can get its number.
    std::thread::sleep(GRACE);
    let _ = killpg(group, Signal::SIGKILL);
    let _ = child.wait();
}

fn read_aside(stream: Option<impl Read + Send + 'static>) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut text = Vec::new();
        if let Some(stream) = stream {
            let mut kept = vec![0; KEPT];
            let mut stream = stream;
            // Read to its end, so that the command never waits for us; only the last part is kept.
            while let Ok(count) = stream.read(&mut kept) {
                if count == 0 {
                    break;
                }
                text.extend_from_slice(&kept[..count]);
                let beyond = text.len().saturating_sub(KEPT);
                text.drain(..beyond);
            }
        }
        let _ = sender.send(String::from_utf8_lossy(&text).into_owned());
    });
    receiver
}
