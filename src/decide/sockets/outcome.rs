//! What came of severing: of the socket, and of the server process behind it where that can be seen.
//!
//! Pure. A socket that is gone is not a slot that is free: a backend that runs a statement notices nothing. So where
//! the backend is on this host it is looked at too, and one that is still there counts as not done.

use super::plan::OnHost;
use super::selection::Spared;
use super::{Socket, SocketId};
use crate::decide::connection::Counts;
use crate::decide::holder::Holder;
use crate::decide::holder::TargetOutcome;
use crate::decide::outcome::{Outcome, Receipt};
use crate::decide::prediction::Prediction;
use crate::decide::verified::Verified;

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

/// What a look after acting saw of one connection, and of the session behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sight {
    /// Of the socket.
    pub seen: Seen,
    /// Of the server process.
    pub backend: Backend,
}

/// This host's connections after acting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Connections {
    /// Before and after; `None` when there was no last look.
    pub count: Option<(usize, usize)>,
    /// How many came since: pools connect again.
    pub new: usize,
}

/// A run of severing, verified.
pub type SocketsVerified = Verified<Socket>;
/// One target with its end.
pub type SocketOutcome = TargetOutcome<Socket>;

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

impl TargetOutcome<Socket> {
    /// What is known of the server process behind it.
    pub fn backend(&self) -> Backend {
        self.sight
            .map_or(Backend::NotVisible, |sight| sight.backend)
    }
}

impl Holder for Socket {
    type Id = SocketId;
    type Facts = OnHost;
    type Spared = (Socket, Spared);
    type Sight = Sight;
    type Aftermath = Connections;

    fn id(&self) -> SocketId {
        self.id
    }

    /// Idle ones alone are counted on.
    fn predict(facts: &OnHost, targets: &[Self]) -> Prediction {
        let classes = Counts::doing(targets, facts.grain);
        Prediction {
            frees: classes.idle,
            classes: Some(classes),
            shared: 0,
        }
    }

    fn protects((_, reason): &(Socket, Spared)) -> bool {
        reason.protects()
    }

    /// The socket is gone, and its backend too where that is visible.
    fn over(&self, _: &OnHost, sight: &Sight) -> bool {
        sight.seen == Seen::Absent && !matches!(sight.backend, Backend::StillRuns(_))
    }

    fn judge(&self, _: &OnHost, receipt: &Receipt, sight: Option<&Sight>) -> Outcome {
        judge(receipt, sight.map_or(Seen::NotLooked, |sight| sight.seen))
    }

    fn keeps_slot(target: &SocketOutcome) -> bool {
        target.outcome == Outcome::Gone && matches!(target.backend(), Backend::StillRuns(_))
    }

    fn sentence(target: &SocketOutcome) -> String {
        match (&target.outcome, target.backend()) {
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

#[cfg(test)]
mod tests {
    use super::super::End;
    use super::super::testing::socket;
    use super::*;
    use crate::decide::outcome::{Ending, Stopped};
    use std::time::Duration;

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
            holder: socket(1, End::Server),
            receipt: Receipt::Sent,
            escalated: false,
            sight: Some(Sight {
                seen: Seen::Absent,
                backend,
            }),
            outcome: Outcome::Gone,
            after: Duration::ZERO,
        };
        let ending = |other| {
            let verified = SocketsVerified {
                targets: vec![done(Backend::Ended), done(other)],
                stopped: Stopped::Finished,
                aftermath: Connections::default(),
            };
            verified.ending()
        };
        assert_eq!(ending(Backend::NotVisible), Ending::Done);
        assert_eq!(ending(Backend::StillRuns(7)), Ending::Partly);
        assert!(
            done(Backend::StillRuns(7))
                .sentence()
                .contains("backend 7 still runs")
        );
    }
}
