//! Signals a worker or its master, through a pidfd whose process was looked at again after it was opened.
//!
//! From then on the number cannot become another process: the signal reaches the one that was looked at, or nobody.
//! Never: signals what is not in the confirmed plan, what is forbidden, or more than the plan says; stops a process.

use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, pidfd_open, pidfd_send_signal};

use crate::decide::outcome::Receipt;
use crate::decide::workers::guard::forbidden;
use crate::decide::workers::plan::{ConfirmedRecycle, Target, still_the_same};
use crate::decide::workers::process::{Process, Processes};
use crate::decide::workers::signal::Signal;

/// Sends `target` the signal of the plan. `look` reads the process that has a PID now; `known` are those the plan was
/// made from.
pub fn signal(
    plan: &ConfirmedRecycle,
    target: &Target,
    known: &Processes,
    look: impl Fn(i32) -> Option<Process>,
) -> Receipt {
    send(plan, target, known, look, number(target.signal))
}

/// Sends SIGKILL, where the plan announced it and allows it: to a worker, never to a master.
pub fn kill(
    plan: &ConfirmedRecycle,
    target: &Target,
    known: &Processes,
    look: impl Fn(i32) -> Option<Process>,
) -> Receipt {
    if !plan.plan().facts.pace.escalate || !target.may_escalate() {
        return Receipt::NotAsked;
    }
    send(plan, target, known, look, rustix::process::Signal::KILL)
}

fn send(
    plan: &ConfirmedRecycle,
    target: &Target,
    known: &Processes,
    look: impl Fn(i32) -> Option<Process>,
    signal: rustix::process::Signal,
) -> Receipt {
    let id = target.process.id;
    let planned = |one: &Target| one.process.id == id && one.signal == target.signal;
    let Some(pid) = Pid::from_raw(id.pid).filter(|_| plan.targets().iter().any(planned)) else {
        return Receipt::NotAsked;
    };
    let process = match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(process) => process,
        Err(error) => return receipt(error),
    };
    let Some(now) = look(id.pid) else {
        return Receipt::Absent;
    };
    if now.id != id {
        return Receipt::OtherSession;
    }
    if let Err(what) = still_the_same(target, &now) {
        return Receipt::Changed(what);
    }
    if let Some(why) = forbidden(&now, known) {
        return refused("forbidden", why.sentence());
    }
    match pidfd_send_signal(process, signal) {
        Ok(()) => Receipt::Sent,
        Err(error) => receipt(error),
    }
}

fn receipt(error: Errno) -> Receipt {
    match error {
        Errno::SRCH => Receipt::Absent,
        Errno::PERM | Errno::ACCESS => refused(
            "EPERM",
            "it belongs to another user: signalling it needs root (sudo)",
        ),
        Errno::NOSYS => refused("ENOSYS", "this kernel has no pidfd (it needs Linux 5.3)"),
        other => refused("error", &other.to_string()),
    }
}

fn refused(name: &str, message: &str) -> Receipt {
    Receipt::Refused {
        sqlstate: name.to_owned(),
        message: message.to_owned(),
    }
}

fn number(signal: Signal) -> rustix::process::Signal {
    use rustix::process::Signal as Kernel;
    match signal {
        Signal::Term => Kernel::TERM,
        Signal::Hup => Kernel::HUP,
        Signal::Int => Kernel::INT,
        Signal::Quit => Kernel::QUIT,
        Signal::Usr1 => Kernel::USR1,
        Signal::Usr2 => Kernel::USR2,
        Signal::Ttou => Kernel::TTOU,
        Signal::Ttin => Kernel::TTIN,
        Signal::Winch => Kernel::WINCH,
    }
}
