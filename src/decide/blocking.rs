//! Who keeps whom waiting: the wait-for graph as trees, the head of the longest queue first.
//!
//! Pure. A session that waits for several others hangs under the first of them that leads to a head; a ring
//! (a deadlock before the server breaks it) is cut at its oldest member.

use std::collections::{HashMap, HashSet};

use super::snapshot::Snapshot;

/// A session and those that wait for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its PID; 0 is the server's word for a prepared transaction.
    pub pid: i32,
    /// Index into [`Snapshot::sessions`]; `None` when the blocker is no session (a prepared transaction).
    pub session: Option<usize>,
    /// Those that wait for it, the longest wait first.
    pub waiters: Vec<Node>,
    /// Others it waits for besides its parent.
    pub also_waits_for: Vec<i32>,
    /// How many wait below.
    released: usize,
}

impl Node {
    /// How many wait below, directly or not.
    pub fn released(&self) -> usize {
        self.released
    }
}

impl Drop for Node {
    /// Without recursion: a queue that a file tells of can be deeper than the stack.
    fn drop(&mut self) {
        let mut below = std::mem::take(&mut self.waiters);
        while let Some(mut node) = below.pop() {
            below.append(&mut node.waiters);
        }
    }
}

/// The trees, the one with most waiters first.
pub fn trees(snapshot: &Snapshot) -> Vec<Node> {
    let by_pid: HashMap<i32, usize> = snapshot
        .sessions
        .iter()
        .enumerate()
        .map(|(index, session)| (session.id.pid, index))
        .collect();
    let mut waiters: HashMap<i32, Vec<usize>> = HashMap::new();
    let mut waiting: HashSet<i32> = HashSet::new();
    for (index, session) in snapshot.sessions.iter().enumerate() {
        for blocker in &session.blocked_by {
            waiters.entry(*blocker).or_default().push(index);
            waiting.insert(session.id.pid);
        }
    }
    for list in waiters.values_mut() {
        list.sort_by_key(|index| {
            let session = &snapshot.sessions[*index];
            (std::cmp::Reverse(session.query_for), session.id)
        });
        list.dedup();
    }
    let mut forest = Forest {
        snapshot,
        by_pid,
        waiters,
        placed: HashSet::new(),
    };
    let mut heads: Vec<i32> = forest
        .waiters
        .keys()
        .copied()
        .filter(|pid| !waiting.contains(pid))
        .collect();
    heads.sort_unstable();
    let mut trees: Vec<Node> = heads
        .into_iter()
        .map(|pid| forest.grow(pid, None))
        .collect();
    // What is left waits in a ring, or behind one.
    for session in &snapshot.sessions {
        if !session.blocked_by.is_empty() && !forest.placed.contains(&session.id.pid) {
            let head = forest.oldest_in_ring(session.id.pid);
            trees.push(forest.grow(head, None));
        }
    }
    trees.sort_by_key(|tree| std::cmp::Reverse(tree.released()));
    trees
}

struct Forest<'a> {
    snapshot: &'a Snapshot,
    by_pid: HashMap<i32, usize>,
    waiters: HashMap<i32, Vec<usize>>,
    placed: HashSet<i32>,
}

impl Forest<'_> {
    /// The ring that `start` waits in or behind, cut at the member that waits longest. Whoever is not placed
    /// waits for somebody who is not placed either, so following the first such blocker must come round.
    fn oldest_in_ring(&self, start: i32) -> i32 {
        let mut path = vec![start];
        let mut seen = HashSet::from([start]);
        let mut at = start;
        while let Some(next) = self.unplaced_blocker(at) {
            if !seen.insert(next) {
                path.drain(..path.iter().position(|pid| *pid == next).unwrap_or(0));
                break;
            }
            path.push(next);
            at = next;
        }
        let age = |pid: &i32| {
            let session = self.by_pid.get(pid).map(|at| &self.snapshot.sessions[*at]);
            std::cmp::Reverse(session.and_then(|session| session.query_for))
        };
        path.into_iter()
            .min_by_key(|pid| (age(pid), *pid))
            .unwrap_or(start)
    }

    fn unplaced_blocker(&self, pid: i32) -> Option<i32> {
        let index = self.by_pid.get(&pid)?;
        let blockers = &self.snapshot.sessions[*index].blocked_by;
        blockers
            .iter()
            .copied()
            .find(|blocker| !self.placed.contains(blocker))
    }

    /// Grows the tree under `head` without recursion: a queue can be thousands deep.
    fn grow(&mut self, head: i32, parent: Option<i32>) -> Node {
        self.placed.insert(head);
        let mut order = vec![(head, parent)];
        let mut children: HashMap<i32, Vec<i32>> = HashMap::new();
        let mut next = 0;
        while let Some((pid, _)) = order.get(next).copied() {
            next += 1;
            for index in self.waiters.get(&pid).cloned().unwrap_or_default() {
                let waiter = self.snapshot.sessions[index].id.pid;
                if self.placed.insert(waiter) {
                    children.entry(pid).or_default().push(waiter);
                    order.push((waiter, Some(pid)));
                }
            }
        }
        let mut built: HashMap<i32, Node> = HashMap::new();
        for (pid, parent) in order.into_iter().rev() {
            let below = children.remove(&pid).unwrap_or_default();
            let waiters: Vec<Node> = below
                .iter()
                .filter_map(|child| built.remove(child))
                .collect();
            let released = waiters.iter().map(|waiter| 1 + waiter.released).sum();
            let session = self.by_pid.get(&pid).copied();
            let blocked_by =
                session.map(|index| self.snapshot.sessions[index].blocked_by.as_slice());
            let mut also_waits_for: Vec<i32> = Vec::new();
            for blocker in blocked_by.unwrap_or_default() {
                // The server names a leader once for each of its workers.
                let known = Some(*blocker) == parent || also_waits_for.contains(blocker);
                if !known && *blocker != pid {
                    also_waits_for.push(*blocker);
                }
            }
            built.insert(
                pid,
                Node {
                    pid,
                    session,
                    waiters,
                    also_waits_for,
                    released,
                },
            );
        }
        built.remove(&head).unwrap_or(Node {
            pid: head,
            session: None,
            waiters: Vec::new(),
            also_waits_for: Vec::new(),
            released: 0,
        })
    }
}

#[cfg(test)]
mod tests;
