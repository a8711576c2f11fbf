//! Runs a target's `password_command` and takes the first line it prints as the password.
//!
//! Stage: the last step of resolving, and only when nothing else gives a password.
//! Never: shows what the command printed to stdout, and never waits longer than [`DEADLINE`].

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use super::Secret;
use super::config_file::Placed;
use super::error::TargetError;

/// How long the command may take.
const DEADLINE: Duration = Duration::from_secs(5);
/// No line that matters is longer.
const LONGEST: u64 = 64 * 1024;

/// Runs the command in a shell.
pub(super) fn run(command: &Placed) -> Result<Secret, TargetError> {
    run_within(&command.value, DEADLINE)
        .map_err(|what| TargetError::new(format!("password_command {what}")).at(&command.place))
}

fn run_within(command: &str, limit: Duration) -> Result<Secret, String> {
    let deadline = Instant::now() + limit;
    let mut child = Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // A group of its own, so that what the shell started ends with it.
        .process_group(0)
        .spawn()
        .map_err(|error| format!("cannot be started: {error}"))?;
    let printed = read_aside(child.stdout.take(), first_line);
    let complaints = read_aside(child.stderr.take(), last_line);

    let Some(status) = wait_until(&mut child, deadline)? else {
        end(&mut child);
        return Err(format!("did not end within {} s", limit.as_secs_f32()));
    };
    // A process left behind may hold the pipes open: what was printed counts, its end does not.
    let left = deadline.saturating_duration_since(Instant::now());
    if !status.success() {
        let complaint = complaints.recv_timeout(left).unwrap_or_default();
        let complaint = if complaint.is_empty() {
            "it said nothing"
        } else {
            &complaint
        };
        return Err(format!("failed ({status}): {complaint}"));
    }
    match printed.recv_timeout(left) {
        Ok(line) if !line.is_empty() => Ok(Secret::new(line)),
        _ => Err("printed no password on its first line".to_owned()),
    }
}

/// Reads a pipe on a thread of its own, so that a full one never holds the command up.
fn read_aside<P: Read + Send + 'static>(
    pipe: Option<P>,
    read: fn(BufReader<P>, &mpsc::Sender<String>),
) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    if let Some(pipe) = pipe {
        std::thread::spawn(move || read(BufReader::new(pipe), &sender));
    }
    receiver
}

/// Sends the first line, then reads on: a closed pipe would end the command with an error.
fn first_line(mut pipe: impl BufRead, found: &mpsc::Sender<String>) {
    let line = next_line(&mut pipe).unwrap_or_default();
    // An error here and below: the deadline has passed and nobody waits any more, or the command is gone.
    let _ = found.send(line);
    let _ = std::io::copy(&mut pipe, &mut std::io::sink());
}

/// Sends the last line that is not blank.
fn last_line(mut pipe: impl BufRead, found: &mpsc::Sender<String>) {
    let mut last = String::new();
    while let Some(line) = next_line(&mut pipe) {
        if !line.trim().is_empty() {
            last = line;
        }
    }
    let _ = found.send(last.trim().to_owned());
}

fn next_line(pipe: &mut impl BufRead) -> Option<String> {
    let mut line = Vec::new();
    match pipe.take(LONGEST).read_until(b'\n', &mut line) {
        Ok(0) | Err(_) => None,
        Ok(_) => {
            let line = String::from_utf8_lossy(&line);
            Some(line.trim_end_matches(['\r', '\n']).to_owned())
        }
    }
}

fn wait_until(child: &mut Child, deadline: Instant) -> Result<Option<ExitStatus>, String> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(Some(status)),
            Ok(None) if Instant::now() >= deadline => return Ok(None),
            Ok(None) => std::thread::sleep(Duration::from_millis(5)),
            Err(error) => return Err(format!("cannot be waited for: {error}")),
        }
    }
}

/// Ends our own command, which has not been waited for: its number is still its own.
fn end(child: &mut Child) {
    let ended = i32::try_from(child.id())
        .is_ok_and(|pid| killpg(Pid::from_raw(pid), Signal::SIGKILL).is_ok())
        || child.kill().is_ok();
    if ended {
        let _ = child.wait();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn the_first_line_is_the_password() {
        for (command, password) in [
            ("echo pw", "pw"),
            ("printf 'pw\\r\\nmore\\n'", "pw"),
            ("printf ' p w '", " p w "),
            ("echo pw; echo noise >&2", "pw"),
            ("echo pw; yes | head -c 300000", "pw"),
        ] {
            let secret = run_within(command, DEADLINE).unwrap();
            assert_eq!(secret.reveal(), password, "{command}");
        }
    }

    #[test]
    fn a_failure_shows_the_last_complaint_and_never_the_output() {
        for (command, message) in [
            (
                "echo secret; echo a >&2; echo locked >&2; exit 3",
                "failed (exit status: 3): locked",
            ),
            (
                "echo secret; exit 1",
                "failed (exit status: 1): it said nothing",
            ),
            ("true", "printed no password on its first line"),
            ("echo; echo secret", "printed no password on its first line"),
        ] {
            assert_eq!(
                run_within(command, DEADLINE),
                Err(message.to_owned()),
                "{command}"
            );
        }
    }

    #[test]
    fn a_command_that_hangs_is_ended_in_time() {
        let began = Instant::now();
        let result = run_within("sleep 60 & sleep 60", Duration::from_millis(300));
        assert_eq!(result, Err("did not end within 0.3 s".to_owned()));
        assert!(began.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn a_process_left_behind_does_not_hold_us_past_the_deadline() {
        let began = Instant::now();
        let secret = run_within("echo pw; sleep 20 &", Duration::from_secs(2)).unwrap();
        assert_eq!(secret.reveal(), "pw");
        assert!(began.elapsed() < Duration::from_secs(5));
    }
}
