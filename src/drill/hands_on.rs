//! Leaves an incident running, so that the operator can end it by hand, and says afterwards how that went.
//!
//! Stage: rehearsal, a fire drill for people. Watches from inside until Enter, until the input closes, or until a signal
//! that means the same. Never: helps; leaves the server behind.

use std::io::Write;
use std::os::fd::AsFd;
use std::time::Duration;

use anyhow::Result;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::SignalFd;

use super::cast::Cast;
use super::client::Question;
use super::incident::{Incident, Script};
use super::scenario::Verdict;
use super::scenario::{Watch, count, seconds};
use super::stage::Stage;

/// How often it looks whether clients get in, in milliseconds.
const ROUND: u16 = 200;

/// Sets the incident up, says how to reach it, waits until the operator is done, and judges.
pub fn offer(stage: &Stage, incident: Incident, out: &mut dyn Write) -> Result<Verdict> {
    if let Some(reason) = incident.missing(stage) {
        writeln!(out, "\n{}: not played: {reason}", incident.name())?;
        return Ok(Verdict::Failed);
    }
    let mut cast = incident.set_up(stage, out)?;
    let script = incident.script(stage, &cast);
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
    let restarts = stage.restarts();
    let mut watch = Watch::begin();
    let round = Duration::from_millis(ROUND.into());
    while !is_over(&endings)? {
        let seen = watch.recovery;
        watch.look(stage, &mut cast.culprits, round);
        if let (None, Some(time)) = (seen, watch.recovery) {
            writeln!(out, "An ordinary client gets in, after {}", seconds(time))?;
            out.flush()?;
        }
    }
    judge(&watch, &mut cast, stage.restarts() - restarts, &script, out)?;
    drop(cast);
    writeln!(out, "Removing the throwaway server")?;
    Ok(Verdict::Recovered)
}

/// How long it took, what was ended that should not have been, and what would have been quicker.
fn judge(
    watch: &Watch,
    cast: &mut Cast,
    restarts: usize,
    script: &Script,
    out: &mut dyn Write,
) -> Result<()> {
    let innocents: usize = cast.innocents.iter().map(|one| one.connections).sum();
    let lost = innocents.saturating_sub(count(&mut cast.innocents, Question::Answering));
    let ended = count(&mut cast.culprits, Question::Ended);
    let time = |time: Option<Duration>| time.map_or("never".to_owned(), seconds);
    writeln!(out, "\nfirst slot   {}", time(watch.first_slot))?;
    writeln!(out, "client in    {}", time(watch.recovery))?;
    writeln!(
        out,
        "ended        {ended} connections of those that caused it"
    )?;
    writeln!(out, "innocent     {lost} of {innocents} lost")?;
    for one in &mut cast.innocents {
        let gone = one.connections.saturating_sub(one.ask(Question::Answering));
        if gone > 0 {
            writeln!(
                out,
                "             {}: {gone} of {}",
                one.app, one.connections
            )?;
        }
    }
    if restarts > 0 {
        writeln!(out, "restarts     {restarts}; none is ever needed for this")?;
    }
    writeln!(out, "quickest     what the drill itself types:")?;
    for typed in script.acts.iter().chain(&script.afterwards) {
        writeln!(out, "  breakglass {}", typed.line)?;
    }
    Ok(())
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

/// Waits a round. True on a line, on the end of the input, or on one of the signals.
fn is_over(signals: &SignalFd) -> Result<bool> {
    let input = std::io::stdin();
    let mut wanted = [
        PollFd::new(input.as_fd(), PollFlags::POLLIN),
        PollFd::new(signals.as_fd(), PollFlags::POLLIN),
    ];
    Ok(poll(&mut wanted, PollTimeout::from(ROUND))? > 0)
}
