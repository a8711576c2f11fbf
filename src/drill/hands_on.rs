//! Leaves an incident running, so that the operator can end it by hand.
//!
//! Stage: rehearsal. Waits for Enter, for the input to close, or for a signal that means the same.
//! Never: leaves the server behind.

use std::io::Write;
use std::os::fd::AsFd;

use anyhow::Result;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::SignalFd;

use super::Verdict;
use super::scenario::Incident;
use super::stage::Stage;

/// Sets the incident up, says how to reach it, and waits until the operator is done.
pub fn offer(stage: &Stage, incident: Incident, out: &mut dyn Write) -> Result<Verdict> {
    let cast = incident.set_up(stage, out)?;
    let endings = catch_signals()?;
    let exports: Vec<String> = stage
        .environment()
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    writeln!(
        out,
        "\nPaste this into another terminal, then begin with `breakglass status`:\n"
    )?;
    writeln!(out, "  export {}\n", exports.join(" "))?;
    writeln!(
        out,
        "Enter or Ctrl-C here ends the rehearsal and removes the server"
    )?;
    out.flush()?;
    wait_for_the_end(&endings)?;
    drop(cast);
    writeln!(out, "Removing the throwaway server")?;
    Ok(Verdict::Recovered)
}

/// From here on Ctrl-C, SIGTERM and a terminal that hangs up wait to be read, instead of ending this process.
///
/// They are blocked in this thread, which is the only one. Nothing is started afterwards, so nobody inherits that.
fn catch_signals() -> Result<SignalFd> {
    let mut signals = SigSet::empty();
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        signals.add(signal);
    }
    signals.thread_block()?;
    Ok(SignalFd::new(&signals)?)
}

/// Returns on a line, on the end of the input, or on one of the signals.
fn wait_for_the_end(signals: &SignalFd) -> Result<()> {
    let input = std::io::stdin();
    let mut wanted = [
        PollFd::new(input.as_fd(), PollFlags::POLLIN),
        PollFd::new(signals.as_fd(), PollFlags::POLLIN),
    ];
    poll(&mut wanted, PollTimeout::NONE)?;
    Ok(())
}
