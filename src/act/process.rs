//! Signals a server's processes from its own host: SIGINT cancels, SIGTERM ends; there are no other signals here.
//!
//! Stage: acting. A process is held by a descriptor (pidfd) first and looked at afterwards, so that what was looked
//! at is what gets the signal: once it has ended, its PID may be anybody's, the descriptor is still its own.
//! Never: signals by number, signals what was not looked at again, signals a postmaster.

use std::collections::HashSet;

use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, pidfd_open, pidfd_send_signal};

use super::{Actor, Sent, Signal};
use crate::decide::confirmation::ConfirmedPlan;
use crate::decide::outcome::Receipt;
use crate::decide::session::Session;

/// How a process is held by a descriptor.
type Hold = fn(Pid) -> Result<OwnedFd, Errno>;

fn hold(pid: Pid) -> Result<OwnedFd, Errno> {
    pidfd_open(pid, PidfdFlags::empty())
}

/// Whether a process can be held here at all, tried on our own. `Err` is the sentence that says what is missing.
pub fn probe() -> Result<(), String> {
    can_hold(hold)
}

fn can_hold(hold: Hold) -> Result<(), String> {
    match hold(rustix::process::getpid()) {
        Ok(_) => Ok(()),
        Err(Errno::NOSYS) => Err(WITHOUT_PIDFD.to_owned()),
        Err(error) => Err(format!(
            "this process may not hold another by a descriptor (pidfd_open: {error}), as a container's filter of \
             system calls can have it; a signal by number alone could reach somebody else"
        )),
    }
}

/// Without a descriptor there is only the number, and the number may be somebody else's by the time it is used.
const WITHOUT_PIDFD: &str = "this kernel cannot hold a process by a descriptor (pidfd_open, since Linux 5.3), and a \
                             signal by number alone could reach somebody else";

/// Processes, used for signalling.
pub struct Processes<'a> {
    hold: Hold,
    /// Looks at the process of a session again. An error is the receipt of one that is not meant any more.
    again: &'a dyn Fn(&Session) -> Result<(), Receipt>,
}

impl<'a> Processes<'a> {
    /// Signals whatever `again` still finds to be what was planned.
    pub fn new(again: &'a dyn Fn(&Session) -> Result<(), Receipt>) -> Self {
        Self { hold, again }
    }

    fn signal(&self, signal: Signal, session: &Session) -> Receipt {
        let Some(pid) = Pid::from_raw(session.id.pid) else {
            return Receipt::NotAsked;
        };
        let process = match (self.hold)(pid) {
            Ok(process) => process,
            Err(error) => return refusal(error),
        };
        if let Err(receipt) = (self.again)(session) {
            return receipt;
        }
        let signal = match signal {
            Signal::Cancel => rustix::process::Signal::INT,
            Signal::Terminate => rustix::process::Signal::TERM,
        };
        match pidfd_send_signal(process, signal) {
            Ok(()) => Receipt::Sent,
            Err(error) => refusal(error),
        }
    }
}

impl Actor for Processes<'_> {
    fn send(&mut self, plan: &ConfirmedPlan<Session>, signal: Signal, targets: &[Session]) -> Sent {
        let planned: HashSet<_> = plan
            .targets()
            .iter()
            .filter_map(|session| session.id.known())
            .collect();
        let receipts = targets
            .iter()
            .map(|session| match session.id.known() {
                Some(id) if planned.contains(&id) => self.signal(signal, session),
                _ => Receipt::NotAsked,
            })
            .collect();
        Sent {
            receipts,
            lost: None,
        }
    }
}

fn refusal(error: Errno) -> Receipt {
    let (name, message) = match error {
        Errno::SRCH => return Receipt::Absent,
        Errno::PERM => (
            "EPERM",
            "this account may not signal it; root and the server's own account may".to_owned(),
        ),
        Errno::NOSYS => ("ENOSYS", WITHOUT_PIDFD.to_owned()),
        other => ("errno", other.to_string()),
    };
    Receipt::Refused {
        sqlstate: name.to_owned(),
        message,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::os::unix::process::ExitStatusExt;
    use std::process::{Child, Command};
    use std::time::Duration;

    use super::*;
    use crate::decide::confirmation::{Approval, Cap};
    use crate::decide::selection::Selection;
    use crate::decide::sessions::plan::{Action, Way, plan};
    use crate::decide::testing;

    /// A process of ours, and the session that stands for it.
    fn sleeper() -> (Child, Session) {
        // Also under a shell that started us in the background and so had us ignore SIGINT.
        let child = Command::new("env")
            .args(["--default-signal=INT", "sleep", "60"])
            .spawn()
            .unwrap();
        let name = format!("/proc/{}/comm", child.id());
        while std::fs::read_to_string(&name).unwrap() != "sleep\n" {
            std::thread::yield_now();
        }
        let session = testing::session(child.id().cast_signed());
        (child, session)
    }

    fn confirmed(targets: &[Session]) -> ConfirmedPlan<Session> {
        let way = Way {
            lane: "backends",
            endpoint: "/data, port 5432".to_owned(),
            wait: Duration::ZERO,
        };
        let selection = Selection {
            chosen: targets.to_vec(),
            ..Selection::default()
        };
        let snapshot = testing::snapshot(targets.to_vec());
        let plan = plan(Action::Terminate, way, &snapshot, selection);
        plan.confirm(&Approval::Flag(Cap::All), None).unwrap()
    }

    #[test]
    fn each_signal_is_the_gentle_one() {
        for (signal, number) in [(Signal::Cancel, 2), (Signal::Terminate, 15)] {
            let (mut child, session) = sleeper();
            let plan = confirmed(std::slice::from_ref(&session));
            let sent = Processes::new(&|_| Ok(())).send(&plan, signal, &[session]);
            assert_eq!(sent.receipts, [Receipt::Sent]);
            assert_eq!(child.wait().unwrap().signal(), Some(number));
        }
    }

    #[test]
    fn a_kernel_that_cannot_hold_a_process_signals_none() {
        let old: Hold = |_| Err(Errno::NOSYS);
        let filtered: Hold = |_| Err(Errno::PERM);
        assert!(can_hold(hold).is_ok());
        for (hold, word) in [(old, "Linux 5.3"), (filtered, "filter")] {
            assert!(can_hold(hold).is_err_and(|sentence| sentence.contains(word)));
            let (mut child, session) = sleeper();
            let plan = confirmed(std::slice::from_ref(&session));
            let mut processes = Processes {
                hold,
                again: &|_| Ok(()),
            };
            let sent = processes.send(&plan, Signal::Terminate, &[session]);
            assert!(matches!(sent.receipts[..], [Receipt::Refused { .. }]));
            assert_eq!(child.try_wait().unwrap(), None);
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    #[test]
    fn whatever_is_not_planned_or_no_longer_meant_is_left_alone() {
        let (mut child, session) = sleeper();
        let plan = confirmed(std::slice::from_ref(&session));
        let refuse = |_: &Session| Err(Receipt::OtherSession);
        let sent =
            Processes::new(&refuse).send(&plan, Signal::Terminate, std::slice::from_ref(&session));
        assert_eq!(sent.receipts, [Receipt::OtherSession]);
        let mut later = session.clone();
        later.id.started = Some(7);
        let sent = Processes::new(&|_| Ok(())).send(&plan, Signal::Terminate, &[later]);
        assert_eq!(sent.receipts, [Receipt::NotAsked]);
        assert_eq!(child.try_wait().unwrap(), None);
        child.kill().unwrap();
        child.wait().unwrap();
        let sent = Processes::new(&|_| Ok(())).send(&plan, Signal::Terminate, &[session]);
        assert_eq!(sent.receipts, [Receipt::Absent]);
    }
}
