//! Which connections the operator meant, and which of those are left alone.
//!
//! Pure. What a flag asks is in [`crate::decide::filters`].

use std::collections::HashSet;

use super::{Socket, SocketId, SocketsSnapshot, ends};
use crate::decide::connection::Class;
use crate::decide::criteria::{Criteria, Subject, Verdict};

impl Subject for Socket {
    type Look<'a> = &'a SocketsSnapshot;
    type State = Class;
    const STATES: &'static [Class] = Class::ALL;

    fn word(class: Class) -> &'static str {
        class.name()
    }
}

/// How many of those that match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SocketCut {
    /// `--oldest`: only so many, those that have been quiet longest.
    pub oldest: Option<usize>,
    /// `--limit`: at most so many, the least harmful first.
    pub limit: Option<usize>,
}

/// What is left alone however well it matches.
#[derive(Debug, Clone, Default)]
pub struct SocketPolicy {
    /// Our own process and those it was started by.
    pub ourselves: HashSet<i32>,
    /// `--include walsenders`
    pub walsenders: bool,
}

/// Why a connection that matched is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Spared {
    /// We, or what we were started by, have it open.
    Ourselves,
    /// It streams WAL.
    #[strum(serialize = "walsender")]
    Replication,
    /// This filter cannot be judged for it.
    CannotJudge(&'static str),
    /// Its other end is a target, and one end is enough.
    OtherEnd,
    /// `--oldest` stops before it.
    NotOldest,
    /// `--limit` stops before it.
    OverLimit,
}

words!(Spared);

impl Spared {
    /// For a person, after "spared:".
    pub fn sentence(self) -> String {
        match self {
            Self::Ourselves => "our own, or of what we were started by".to_owned(),
            Self::Replication => {
                "streams WAL: frees no ordinary slot, may stall commits (--include walsenders)"
                    .to_owned()
            }
            Self::CannotJudge(flag @ ("--pid" | "--not-pid")) => {
                format!("{flag} cannot be judged: owner not visible without root")
            }
            Self::CannotJudge(flag) => {
                format!("{flag} cannot be judged: which end spoke last is within the clock's grain")
            }
            Self::OtherEnd => "the other end of a target; one end is enough".to_owned(),
            Self::NotOldest => "not among the longest quiet (--oldest)".to_owned(),
            Self::OverLimit => "beyond --limit".to_owned(),
        }
    }

    /// Spared for what it is, not because the operator drew the line before it.
    pub fn protects(self) -> bool {
        !matches!(self, Self::OtherEnd | Self::NotOldest | Self::OverLimit)
    }
}

/// The answer: which, which not and why.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SocketSelection {
    /// In the order in which they would be severed.
    pub chosen: Vec<Socket>,
    /// Matched, but spared.
    pub spared: Vec<(Socket, Spared)>,
}

impl SocketPolicy {
    /// Why `socket` is left alone, if it is.
    pub fn spares(&self, socket: &Socket) -> Option<Spared> {
        let mut owners = socket.owners.known().iter();
        if owners.any(|owner| self.ourselves.contains(&owner.pid)) {
            return Some(Spared::Ourselves);
        }
        (socket.replicates() && !self.walsenders).then_some(Spared::Replication)
    }
}

/// Every connection of `snapshot` that matches, with those for which a filter could not be judged counted by flag.
pub fn matching<'a>(
    snapshot: &'a SocketsSnapshot,
    criteria: &Criteria<Socket>,
) -> (Vec<&'a Socket>, Vec<(&'static str, usize)>) {
    let mut rows = Vec::new();
    let mut unjudged: Vec<(&'static str, usize)> = Vec::new();
    for socket in &snapshot.sockets {
        match criteria.judge(socket, snapshot) {
            Verdict::Yes => rows.push(socket),
            Verdict::No => {}
            Verdict::Unknown(flag) => match unjudged.iter_mut().find(|(known, _)| *known == flag) {
                Some((_, count)) => *count += 1,
                None => unjudged.push((flag, 1)),
            },
        }
    }
    (rows, unjudged)
}

/// Chooses.
pub fn select(
    snapshot: &SocketsSnapshot,
    criteria: &Criteria<Socket>,
    cut: SocketCut,
    policy: &SocketPolicy,
) -> SocketSelection {
    let mut selection = SocketSelection::default();
    let mut chosen: Vec<&Socket> = Vec::new();
    for socket in &snapshot.sockets {
        let reason = match criteria.judge(socket, snapshot) {
            Verdict::No => continue,
            Verdict::Unknown(flag) => Some(Spared::CannotJudge(flag)),
            Verdict::Yes => policy.spares(socket),
        };
        match reason {
            Some(reason) => selection.spared.push((socket.clone(), reason)),
            None => chosen.push(socket),
        }
    }
    // A process we must not touch may have the other end.
    let barred: HashSet<_> = selection
        .spared
        .iter()
        .filter(|(_, reason)| matches!(reason, Spared::Ourselves | Spared::Replication))
        .map(|(socket, _)| ends(socket))
        .collect();
    let mut taken = HashSet::new();
    // The server's end goes first: its backend is then seen to end, or not.
    chosen.sort_by_key(|socket| socket.end == super::End::Client);
    chosen.retain(|socket| {
        let both = ends(socket);
        let reason = if barred.contains(&both) {
            Spared::Ourselves
        } else if !taken.insert(both) {
            Spared::OtherEnd
        } else {
            return true;
        };
        selection.spared.push(((*socket).clone(), reason));
        false
    });
    let quiet = |socket: &Socket| socket.activity(snapshot.grain).since.unwrap_or_default();
    let mut keep = |chosen: &mut Vec<&Socket>, most: Option<usize>, reason| {
        let beyond = chosen.split_off(most.unwrap_or(usize::MAX).min(chosen.len()));
        let spared = beyond.into_iter().map(|socket| (socket.clone(), reason));
        selection.spared.extend(spared);
    };
    chosen.sort_by_key(|socket| (std::cmp::Reverse(quiet(socket)), socket.id));
    keep(&mut chosen, cut.oldest, Spared::NotOldest);
    chosen.sort_by_key(|socket| {
        let class = socket.activity(snapshot.grain).class;
        (class, std::cmp::Reverse(quiet(socket)), socket.id)
    });
    keep(&mut chosen, cut.limit, Spared::OverLimit);
    selection.chosen = chosen.into_iter().cloned().collect();
    selection
}

/// Which of `ids` are of `snapshot` no more, or are there and no longer meant.
pub fn still_meant(
    socket: &SocketId,
    now: &SocketsSnapshot,
    criteria: &Criteria<Socket>,
    policy: &SocketPolicy,
) -> StillMeant {
    let found = now.sockets.iter().find(|candidate| candidate.id == *socket);
    match found {
        None => StillMeant::Gone,
        Some(socket) => {
            let meant =
                criteria.judge(socket, now) == Verdict::Yes && policy.spares(socket).is_none();
            if meant {
                StillMeant::Yes
            } else {
                StillMeant::Changed(socket.activity(now.grain).class)
            }
        }
    }
}

/// What became of a target while a person read the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StillMeant {
    /// It still matches.
    Yes,
    /// It is not there any more.
    Gone,
    /// It does something else by now.
    Changed(Class),
}

#[cfg(test)]
mod tests;
