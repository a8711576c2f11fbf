//! Which sessions the operator asked for.
//!
//! Pure. What a flag asks is in [`super::filters`]; here it is who matches, who of them is spared, and how many.

use std::collections::{HashMap, HashSet};

use super::criteria::{Criteria, Subject, Verdict};
use super::identity::SessionId;
use super::protection::{Policy, SparedReason};
use super::session::{Kind, Session, State};
use super::snapshot::Snapshot;

impl Subject for Session {
    type Look<'a> = Neighbours<'a>;
    type State = State;
    const STATES: &'static [State] = &State::ALL;

    fn word(state: State) -> &'static str {
        state.flag()
    }

    fn shown(state: State) -> &'static str {
        state.name()
    }

    fn state(text: &str) -> Option<State> {
        State::from_flag(text)
    }
}

/// What a session is judged with: everybody else at the same look.
#[derive(Debug, Clone, Copy)]
pub struct Neighbours<'a> {
    /// The look.
    pub snapshot: &'a Snapshot,
    /// The PIDs that keep somebody waiting: its [`blockers`].
    pub blockers: &'a HashSet<i32>,
}

/// How many of those that match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cut {
    /// `--keep`: leave each application its newest so many.
    pub keep: Option<usize>,
    /// `--oldest`: only so many, those connected longest.
    pub oldest: Option<usize>,
    /// `--limit`: at most so many, the least harmful first.
    pub limit: Option<usize>,
}

/// A session that matched and will not be touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spared {
    /// Which.
    pub session: Session,
    /// Why.
    pub reason: SparedReason,
}

/// The answer: who, who not and why.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    /// In the order in which they would be ended.
    pub chosen: Vec<Session>,
    /// Matched, but spared.
    pub spared: Vec<Spared>,
    /// PIDs asked for that no process has.
    pub missing: Vec<i32>,
}

/// PIDs that keep another session waiting.
pub fn blockers(snapshot: &Snapshot) -> HashSet<i32> {
    snapshot
        .sessions
        .iter()
        .flat_map(|session| session.blocked_by.iter().copied())
        .collect()
}

/// Sessions to list: whatever matches, protected or not. Rows that cannot be judged come back second.
pub fn matching<'a>(
    snapshot: &'a Snapshot,
    criteria: &Criteria<Session>,
) -> (Vec<&'a Session>, Vec<(&'a Session, &'static str)>) {
    let neighbours = Neighbours {
        snapshot,
        blockers: &blockers(snapshot),
    };
    let mut matched = Vec::new();
    let mut hidden = Vec::new();
    for session in &snapshot.sessions {
        match criteria.judge(session, neighbours) {
            Verdict::Yes => matched.push(session),
            Verdict::No => {}
            Verdict::Unknown(flag) => hidden.push((session, flag)),
        }
    }
    (matched, hidden)
}

/// Sessions to act on.
///
/// `only_active` is for a cancel: a session without a running statement has nothing to cancel.
pub fn select(
    snapshot: &Snapshot,
    criteria: &Criteria<Session>,
    cut: Cut,
    policy: &Policy,
    only_active: bool,
) -> Selection {
    let mut selection = Selection::default();
    for pid in criteria.pids() {
        let mut sessions = snapshot.sessions.iter();
        let here = sessions.any(|session| session.id.pid == pid);
        if !here && !selection.missing.contains(&pid) {
            selection.missing.push(pid);
        }
    }
    let (matched, hidden) = matching(snapshot, criteria);
    let spare = |session: &Session, reason| Spared {
        session: session.clone(),
        reason,
    };
    for (session, flag) in hidden {
        // The server's own processes are hidden too, and no news.
        if session.holds_slot() || criteria.names(session.id.pid) {
            selection
                .spared
                .push(spare(session, SparedReason::CannotJudge(flag)));
        }
    }
    let kept = cut
        .keep
        .map(|count| newest_of_each_application(snapshot, count))
        .unwrap_or_default();
    let mut chosen: Vec<&Session> = Vec::new();
    for session in matched {
        let named = criteria.names(session.id.pid);
        if let Some(reason) = policy.spares(session, snapshot, named) {
            // Server processes that nobody named are no news: they match every wide filter.
            if named || session.holds_slot() || session.kind == Kind::Walsender {
                selection.spared.push(spare(session, reason));
            }
        } else if only_active && !session.runs() {
            selection
                .spared
                .push(spare(session, SparedReason::NothingToCancel));
        } else if kept.contains(&session.id) {
            selection.spared.push(spare(session, SparedReason::Kept));
        } else {
            chosen.push(session);
        }
    }
    if let Some(count) = cut.oldest {
        for session in younger_than_oldest(&mut chosen, count) {
            selection
                .spared
                .push(spare(session, SparedReason::NotOldest));
        }
    }
    chosen.sort_by_key(|session| {
        (
            harm(session),
            std::cmp::Reverse(session.state_for),
            session.id,
        )
    });
    if let Some(count) = cut.limit {
        for session in chosen.split_off(count.min(chosen.len())) {
            selection
                .spared
                .push(spare(session, SparedReason::OverLimit));
        }
    }
    selection.chosen = chosen.into_iter().cloned().collect();
    selection
}

/// How much ending this session hurts: a failed transaction is lost already, an idle session loses
/// nothing, an open transaction loses its work, a running statement loses the most.
pub fn harm(session: &Session) -> u8 {
    match session.state {
        Some(State::Aborted) => 0,
        Some(State::Idle) => 1,
        Some(State::IdleInTransaction) => 2,
        Some(State::Active | State::Fastpath) => 4,
        Some(State::Disabled | State::Starting | State::Other) | None => 3,
    }
}

/// Takes from a listing what `--keep` and `--oldest` leave out. `--limit` is for its end, after sorting.
pub fn cut_listing(snapshot: &Snapshot, rows: &mut Vec<&Session>, cut: Cut) {
    if let Some(count) = cut.keep {
        let kept = newest_of_each_application(snapshot, count);
        rows.retain(|session| !kept.contains(&session.id));
    }
    if let Some(count) = cut.oldest {
        younger_than_oldest(rows, count);
    }
}

/// Leaves in `rows` the `count` connected longest; gives back the others.
fn younger_than_oldest<'a>(rows: &mut Vec<&'a Session>, count: usize) -> Vec<&'a Session> {
    rows.sort_by_key(|session| (std::cmp::Reverse(session.connected_for), session.id));
    rows.split_off(count.min(rows.len()))
}

fn newest_of_each_application(snapshot: &Snapshot, count: usize) -> HashSet<SessionId> {
    let mut by_application: HashMap<&str, Vec<&Session>> = HashMap::new();
    for session in snapshot.holders() {
        let name = session.application.as_deref().unwrap_or("");
        by_application.entry(name).or_default().push(session);
    }
    let mut kept = HashSet::new();
    for sessions in by_application.values_mut() {
        sessions.sort_by_key(|session| (session.connected_for, std::cmp::Reverse(session.id)));
        kept.extend(sessions.iter().take(count).map(|session| session.id));
    }
    kept
}

#[cfg(test)]
mod tests;
