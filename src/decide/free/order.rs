//! In which order sessions are ended for the sake of their slots: the least harmful first.
//!
//! Pure. A failed transaction is lost already; an idle session loses nothing; an open transaction loses its work, and
//! the one at the head of a lock queue goes before the others, for the queue behind it moves on; a running statement
//! is never ended unless it was asked for, and then the one that has worked longest last.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::time::Duration;

use crate::decide::blocking::trees;
use crate::decide::identity::SessionId;
use crate::decide::session::{Session, State};
use crate::decide::snapshot::Snapshot;

/// What a session is in, as far as ending it for its slot is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum Class {
    /// Idle in a transaction that has failed.
    Aborted,
    /// Idle, in no transaction, and nobody waits for it.
    Idle,
    /// Does nothing, and others wait for a lock that it holds.
    Head,
    /// Idle in a transaction, and nobody waits for it.
    IdleInTransaction,
    /// Runs a statement, or may: nobody can tell what it does.
    Active,
}

words!(all Class);

impl Class {
    /// For a person.
    pub fn phrase(self) -> &'static str {
        match self {
            Self::Aborted => "idle in transaction (aborted)",
            Self::Idle => "idle",
            Self::Head => "head of a lock queue",
            Self::IdleInTransaction => "idle in transaction",
            Self::Active => "active",
        }
    }

    /// The class of `session`; `None` while it logs in. `heads` are those of [`heads`].
    pub fn of(session: &Session, heads: &HashMap<i32, usize>) -> Option<Self> {
        let head = heads.contains_key(&session.id.pid);
        match session.state {
            Some(State::Starting) => None,
            Some(State::Aborted) => Some(Self::Aborted),
            Some(State::Idle | State::IdleInTransaction) if head => Some(Self::Head),
            Some(State::Idle) => Some(Self::Idle),
            Some(State::IdleInTransaction) => Some(Self::IdleInTransaction),
            Some(State::Active | State::Fastpath | State::Disabled | State::Other) | None => {
                Some(Self::Active)
            }
        }
    }
}

/// Heads of lock queues by PID, and how many wait behind each.
pub fn heads(snapshot: &Snapshot) -> HashMap<i32, usize> {
    trees(snapshot)
        .iter()
        .map(|tree| (tree.pid, tree.released()))
        .collect()
}

/// Which classes are ended, one after the other. What is not in it is not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order(Vec<Class>);

impl Default for Order {
    fn default() -> Self {
        Self(Class::ALL[..4].to_vec())
    }
}

impl Order {
    /// The order that was asked for, `active` last where running statements may be ended; or what is wrong with it.
    pub fn asked(typed: &[Class], active: bool) -> Result<Self, String> {
        let mut classes = typed.to_vec();
        if classes.is_empty() {
            classes = Self::default().0;
        }
        for (at, class) in classes.iter().enumerate() {
            if classes[..at].contains(class) {
                return Err(format!("--order names {} twice", class.name()));
            }
        }
        match (classes.contains(&Class::Active), active) {
            (true, false) => {
                return Err(
                    "--order names active, which ends running statements; say so with --active"
                        .to_owned(),
                );
            }
            (false, true) => classes.push(Class::Active),
            _ => {}
        }
        Ok(Self(classes))
    }

    /// The classes, first to last.
    pub fn classes(&self) -> &[Class] {
        &self.0
    }

    /// Where `class` stands in it.
    pub fn position(&self, class: Class) -> Option<usize> {
        self.0.iter().position(|known| *known == class)
    }

    /// Where `session` of `class` is sorted; the smallest goes first. `waiting`: how many wait behind it.
    pub(super) fn key(&self, class: Class, session: &Session, waiting: usize) -> Key {
        let active = class == Class::Active;
        let worked = session.in_transaction_for.max(session.query_for);
        Key {
            position: self.position(class).unwrap_or(usize::MAX),
            queue: Reverse(if class == Class::Head { waiting } else { 0 }),
            works: active && !session.waits_for_lock(),
            worked: worked.filter(|_| active),
            rested: Reverse(session.state_for.filter(|_| !active)),
            id: session.id,
        }
    }
}

/// What sessions are sorted by, the first difference counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    position: usize,
    /// Of heads: how many wait behind it, the most first.
    queue: Reverse<usize>,
    /// Of active ones: whoever waits for a lock gets nowhere and goes first.
    works: bool,
    /// Of active ones: the one that has done least loses least.
    worked: Option<Duration>,
    /// Of the others: the one that has done nothing longest first.
    rested: Reverse<Option<Duration>>,
    id: SessionId,
}
