//! Which sessions the operator asked for.
//!
//! Pure. Flags are AND-ed, repeats of one flag OR-ed, `--not-` twins exclude. A criterion that cannot be
//! evaluated for a session, because the server hides the particulars from our role, never counts as met:
//! guessing would widen a kill.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::time::Duration;

use regex::Regex;

use super::identity::SessionId;
use super::protection::{Policy, SparedReason};
use super::session::{Client, Kind, Session, State};
use super::snapshot::Snapshot;

impl std::fmt::Display for ClientPattern {
    /// As it is typed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Local => f.write_str("local"),
            Self::Network(IpAddr::V4(address), 32) => address.fmt(f),
            Self::Network(IpAddr::V6(address), 128) => address.fmt(f),
            Self::Network(address, bits) => write!(f, "{address}/{bits}"),
        }
    }
}

/// Values asked for, and values excluded.
#[derive(Debug, Clone)]
pub struct Choice<T> {
    /// One of these, unless empty.
    pub any: Vec<T>,
    /// None of these.
    pub none: Vec<T>,
}

impl<T> Default for Choice<T> {
    fn default() -> Self {
        Self {
            any: Vec::new(),
            none: Vec::new(),
        }
    }
}

impl<T> Choice<T> {
    pub(super) fn is_empty(&self) -> bool {
        self.any.is_empty() && self.none.is_empty()
    }

    pub(super) fn judge(&self, matches: impl Fn(&T) -> bool) -> bool {
        (self.any.is_empty() || self.any.iter().any(&matches)) && !self.none.iter().any(&matches)
    }
}

/// An age asked for, and one that excludes; both mean "at least".
#[derive(Debug, Clone, Copy, Default)]
pub struct AtLeast {
    /// At least this old.
    pub min: Option<Duration>,
    /// Not this old.
    pub not: Option<Duration>,
}

/// A client address, network, or the Unix socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientPattern {
    /// Unix socket.
    Local,
    /// All addresses that share the first `bits` bits.
    Network(IpAddr, u8),
}

impl ClientPattern {
    /// Whether `client` is meant.
    pub fn contains(self, client: Client) -> bool {
        match (self, client) {
            (Self::Local, Client::Local) => true,
            (Self::Network(IpAddr::V4(network), bits), Client::Address(IpAddr::V4(address))) => {
                let mask = u32::MAX
                    .checked_shl(32_u32.saturating_sub(bits.into()))
                    .unwrap_or(0);
                u32::from(network) & mask == u32::from(address) & mask
            }
            (Self::Network(IpAddr::V6(network), bits), Client::Address(IpAddr::V6(address))) => {
                let mask = u128::MAX
                    .checked_shl(128_u32.saturating_sub(bits.into()))
                    .unwrap_or(0);
                u128::from(network) & mask == u128::from(address) & mask
            }
            _ => false,
        }
    }
}

/// Everything a session must satisfy.
#[derive(Debug, Clone, Default)]
pub struct Criteria {
    /// `--pid`
    pub pids: Choice<i32>,
    /// `--user`
    pub users: Choice<String>,
    /// `--database`
    pub databases: Choice<String>,
    /// `--app`
    pub applications: Choice<String>,
    /// `--client`
    pub clients: Choice<ClientPattern>,
    /// `--state`
    pub states: Choice<State>,
    /// `--query`
    pub queries: Choice<Regex>,
    /// `--idle-for`
    pub idle_for: AtLeast,
    /// `--in-transaction-for`
    pub in_transaction_for: AtLeast,
    /// `--active-for`
    pub active_for: AtLeast,
    /// `--connected-for`
    pub connected_for: AtLeast,
    /// `--blocking` (true) or `--not-blocking` (false)
    pub blocking: Option<bool>,
    /// `--waiting` (true) or `--not-waiting` (false)
    pub waiting: Option<bool>,
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

/// Whether a session is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// This flag cannot be judged: the server hides what it asks about.
    Hidden(&'static str),
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

impl Criteria {
    /// No criterion at all: everything matches.
    pub fn is_empty(&self) -> bool {
        let ages = [
            self.idle_for,
            self.in_transaction_for,
            self.active_for,
            self.connected_for,
        ];
        self.pids.is_empty()
            && self.users.is_empty()
            && self.databases.is_empty()
            && self.applications.is_empty()
            && self.clients.is_empty()
            && self.states.is_empty()
            && self.queries.is_empty()
            && ages
                .iter()
                .all(|age| age.min.is_none() && age.not.is_none())
            && self.blocking.is_none()
            && self.waiting.is_none()
    }

    /// The flags that were given, for a lane that cannot judge all of them.
    pub fn flags(&self) -> Vec<&'static str> {
        let flags = [
            (!self.pids.any.is_empty(), "--pid"),
            (!self.pids.none.is_empty(), "--not-pid"),
            (!self.users.any.is_empty(), "--user"),
            (!self.users.none.is_empty(), "--not-user"),
            (!self.databases.any.is_empty(), "--database"),
            (!self.databases.none.is_empty(), "--not-database"),
            (!self.applications.any.is_empty(), "--app"),
            (!self.applications.none.is_empty(), "--not-app"),
            (!self.clients.any.is_empty(), "--client"),
            (!self.clients.none.is_empty(), "--not-client"),
            (!self.states.any.is_empty(), "--state"),
            (!self.states.none.is_empty(), "--not-state"),
            (!self.queries.any.is_empty(), "--query"),
            (!self.queries.none.is_empty(), "--not-query"),
            (self.idle_for.min.is_some(), "--idle-for"),
            (self.idle_for.not.is_some(), "--not-idle-for"),
            (
                self.in_transaction_for.min.is_some(),
                "--in-transaction-for",
            ),
            (
                self.in_transaction_for.not.is_some(),
                "--not-in-transaction-for",
            ),
            (self.active_for.min.is_some(), "--active-for"),
            (self.active_for.not.is_some(), "--not-active-for"),
            (self.connected_for.min.is_some(), "--connected-for"),
            (self.connected_for.not.is_some(), "--not-connected-for"),
            (self.blocking == Some(true), "--blocking"),
            (self.blocking == Some(false), "--not-blocking"),
            (self.waiting == Some(true), "--waiting"),
            (self.waiting == Some(false), "--not-waiting"),
        ];
        let given = flags.into_iter().filter(|(given, _)| *given);
        given.map(|(_, flag)| flag).collect()
    }

    /// Whether the text of a statement is asked about, so that it must be read whole.
    pub fn needs_query(&self) -> bool {
        !self.queries.is_empty()
    }

    /// Judges one session of `snapshot`. `blockers` are the PIDs that keep somebody waiting.
    pub fn judge(
        &self,
        session: &Session,
        snapshot: &Snapshot,
        blockers: &HashSet<i32>,
    ) -> Verdict {
        let same =
            |wanted: &String, value: &Option<String>| value.as_deref() == Some(wanted.as_str());
        let plain = self.pids.judge(|pid| *pid == session.id.pid)
            && self.users.judge(|user| same(user, &session.user))
            && self
                .databases
                .judge(|database| same(database, &session.database))
            && self
                .applications
                .judge(|app| session.application.as_deref().unwrap_or("") == app);
        if !plain {
            return Verdict::No;
        }
        let age = |asked: AtLeast, value: Option<Duration>| {
            asked
                .min
                .is_none_or(|min| value.is_some_and(|age| age >= min))
                && asked
                    .not
                    .is_none_or(|not| value.is_none_or(|age| age < not))
        };
        let asked = |at: AtLeast| at.min.is_some() || at.not.is_some();
        let blocks = blockers.contains(&session.id.pid);
        // (flag, is it asked, is it met); the last four lines of a hidden row cannot be judged.
        let hideable = [
            (
                "--client",
                !self.clients.is_empty(),
                self.clients.judge(|p| p.contains(session.client)),
            ),
            (
                "--state",
                !self.states.is_empty(),
                self.states.judge(|s| session.state == Some(*s)),
            ),
            (
                "--query",
                !self.queries.is_empty(),
                self.queries.judge(|q| {
                    session
                        .query
                        .as_deref()
                        .is_some_and(|text| q.is_match(text))
                }),
            ),
            (
                "--idle-for",
                asked(self.idle_for),
                age(self.idle_for, session.idle_for()),
            ),
            (
                "--in-transaction-for",
                asked(self.in_transaction_for),
                age(self.in_transaction_for, session.in_transaction_for),
            ),
            (
                "--active-for",
                asked(self.active_for),
                age(self.active_for, session.active_for()),
            ),
            (
                "--connected-for",
                asked(self.connected_for),
                age(self.connected_for, session.connected_for),
            ),
            (
                "--waiting",
                self.waiting.is_some(),
                self.waiting == Some(session.waits_for_lock()),
            ),
        ];
        let mut hidden = None;
        for (flag, asked, met) in hideable {
            if asked && session.hidden {
                hidden = hidden.or(Some(flag));
            } else if asked && !met {
                return Verdict::No;
            }
        }
        match self.blocking {
            Some(true) if !blocks => return Verdict::No,
            Some(false) if blocks => return Verdict::No,
            // Whoever waits unseen may wait for this one.
            Some(false) if snapshot.hidden() > 0 => hidden = hidden.or(Some("--not-blocking")),
            _ => {}
        }
        hidden.map_or(Verdict::Yes, Verdict::Hidden)
    }
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
    criteria: &Criteria,
) -> (Vec<&'a Session>, Vec<(&'a Session, &'static str)>) {
    let blockers = blockers(snapshot);
    let mut matched = Vec::new();
    let mut hidden = Vec::new();
    for session in &snapshot.sessions {
        match criteria.judge(session, snapshot, &blockers) {
            Verdict::Yes => matched.push(session),
            Verdict::No => {}
            Verdict::Hidden(flag) => hidden.push((session, flag)),
        }
    }
    (matched, hidden)
}

/// Sessions to act on.
///
/// `only_active` is for a cancel: a session without a running statement has nothing to cancel.
pub fn select(
    snapshot: &Snapshot,
    criteria: &Criteria,
    cut: Cut,
    policy: &Policy,
    only_active: bool,
) -> Selection {
    let mut selection = Selection::default();
    for pid in &criteria.pids.any {
        let here = snapshot
            .sessions
            .iter()
            .any(|session| session.id.pid == *pid);
        if !here && !selection.missing.contains(pid) {
            selection.missing.push(*pid);
        }
    }
    let (matched, hidden) = matching(snapshot, criteria);
    let spare = |session: &Session, reason| Spared {
        session: session.clone(),
        reason,
    };
    for (session, flag) in hidden {
        // The server's own processes are hidden too, and no news.
        if session.holds_slot() || criteria.pids.any.contains(&session.id.pid) {
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
        let named = criteria.pids.any.contains(&session.id.pid);
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
