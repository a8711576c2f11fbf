//! What came of severing: of the socket, and of the server process behind it where that can be seen.
//!
//! Pure. A socket that is gone is not a slot that is free: a backend that runs a statement notices nothing. So where
//! the backend is on this host it is looked at too, and one that is still there counts as not done.

use std::time::Duration;

use super::Socket;
use crate::decide::outcome::{Ending, Outcome, Receipt, ending_of};

/// What a second look saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// No such socket.
    Absent,
    /// Still there.
    Present,
    /// There was no second look.
    NotLooked,
}

/// The server process at the other end of what was severed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// It has ended: its slot is free.
    Ended,
    /// It still runs, and keeps its slot.
    StillRuns(i32),
    /// It is on another host, or this user may not see it.
    NotVisible,
}

/// One target with its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocketOutcome {
    /// The target, as it was when chosen.
    pub socket: Socket,
    /// What the kernel answered.
    pub receipt: Receipt,
    /// What is true of the socket.
    pub outcome: Outcome,
    /// What is true of the session.
    pub backend: Backend,
    /// From the start of acting until this was known.
    pub after: Duration,
}

/// Decides what is true of one socket.
pub fn judge(receipt: &Receipt, seen: Seen) -> Outcome {
    match (receipt, seen) {
        (Receipt::Changed(what), _) => Outcome::Changed(what.clone()),
        // Ours was gone, or its address is another connection's by now, which the kernel did not touch.
        (Receipt::Absent | Receipt::OtherSession, _) => Outcome::AlreadyGone,
        (Receipt::Refused { .. } | Receipt::NotAsked | Receipt::NotSent, Seen::Absent) => {
            Outcome::AlreadyGone
        }
        (Receipt::Refused { message, .. }, _) => Outcome::Refused(message.clone()),
        (_, Seen::NotLooked) => Outcome::Unknown,
        (Receipt::NotAsked | Receipt::NotSent, Seen::Present) => Outcome::StillThere,
        (Receipt::Sent | Receipt::NoAnswer, Seen::Absent) => Outcome::Gone,
        (Receipt::Sent | Receipt::NoAnswer, Seen::Present) => Outcome::StillThere,
    }
}

impl SocketOutcome {
    /// For a person.
    pub fn sentence(&self) -> String {
        match (&self.outcome, self.backend) {
            (Outcome::Refused(why) | Outcome::Changed(why), _) => why.clone(),
            (Outcome::Gone, Backend::Ended) => "severed; its backend has ended".to_owned(),
            (Outcome::Gone, Backend::StillRuns(pid)) => {
                format!(
                    "severed, but backend {pid} still runs and keeps its slot until its statement ends"
                )
            }
            (Outcome::Gone, Backend::NotVisible) => {
                "severed; its backend is not visible from here".to_owned()
            }
            (Outcome::AlreadyGone, _) => "had gone by itself before".to_owned(),
            (Outcome::StillThere, _) => "still there".to_owned(),
            (other, _) => other.sentence(),
        }
    }
}

/// How a run ended.
pub fn ending(targets: &[SocketOutcome]) -> Ending {
    let ending = ending_of(targets.iter().map(|target| &target.outcome));
    let held = targets.iter().any(|target| {
        target.outcome == Outcome::Gone && matches!(target.backend, Backend::StillRuns(_))
    });
    match ending {
        Ending::Done if held => Ending::Partly,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::super::End;
    use super::super::testing::socket;
    use super::*;

    fn refused() -> Receipt {
        Receipt::Refused {
            sqlstate: "EPERM".to_owned(),
            message: "needs CAP_NET_ADMIN".to_owned(),
        }
    }

    #[test]
    fn gone_is_earned_by_the_second_look_alone() {
        let table = [
            (Receipt::Sent, Seen::Absent, Outcome::Gone),
            (Receipt::Sent, Seen::Present, Outcome::StillThere),
            (Receipt::Sent, Seen::NotLooked, Outcome::Unknown),
            (Receipt::NoAnswer, Seen::Absent, Outcome::Gone),
            (Receipt::Absent, Seen::Absent, Outcome::AlreadyGone),
            (Receipt::Absent, Seen::NotLooked, Outcome::AlreadyGone),
            (Receipt::NotAsked, Seen::Present, Outcome::StillThere),
            (Receipt::NotAsked, Seen::Absent, Outcome::AlreadyGone),
            (refused(), Seen::Absent, Outcome::AlreadyGone),
            (
                refused(),
                Seen::Present,
                Outcome::Refused("needs CAP_NET_ADMIN".to_owned()),
            ),
        ];
        for (receipt, seen, outcome) in table {
            assert_eq!(judge(&receipt, seen), outcome, "{receipt:?} {seen:?}");
        }
    }

    #[test]
    fn a_backend_that_still_runs_makes_it_partly_done() {
        let done = |backend| SocketOutcome {
            socket: socket(1, End::Server),
            receipt: Receipt::Sent,
            outcome: Outcome::Gone,
            backend,
            after: Duration::ZERO,
        };
        assert_eq!(
            ending(&[done(Backend::Ended), done(Backend::NotVisible)]),
            Ending::Done
        );
        assert_eq!(
            ending(&[done(Backend::Ended), done(Backend::StillRuns(7))]),
            Ending::Partly
        );
        assert!(
            done(Backend::StillRuns(7))
                .sentence()
                .contains("backend 7 still runs")
        );
    }
}
