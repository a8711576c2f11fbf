//! Under which descriptor numbers a process probably has its sockets: those under which its relatives have theirs.
//!
//! Pure. Processes of one parent run the same program from the same state, so their sockets have the same numbers;
//! and what a fork leaves open keeps its number. This says where to look first, never what is there.

use std::collections::{BTreeSet, HashMap};

/// Beyond so many numbers, reading all that a process has open costs no more than trying them.
const MANY: usize = 32;
/// So many stand for more than that. Numbers are given out from the lowest, so what was open at a fork is among them.
const SAMPLE: usize = 3;
/// Generations that are gone back.
const GENERATIONS: usize = 8;

/// Numbers to look at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Guess {
    /// Each of these.
    pub numbers: Vec<u32>,
    /// These stand for many more: if one leads to a socket, all have to be looked at.
    pub samples: Vec<u32>,
}

/// Who comes from whom, and who has sockets under which numbers.
#[derive(Debug, Default)]
pub struct Relatives {
    parents: HashMap<i32, i32>,
    own: HashMap<i32, BTreeSet<u32>>,
    of_children: HashMap<i32, BTreeSet<u32>>,
}

impl Relatives {
    /// `pid` has this parent.
    pub fn met(&mut self, pid: i32, parent: i32) {
        self.parents.insert(pid, parent);
    }

    /// `pid` has a socket under `number`.
    pub fn has(&mut self, pid: i32, number: u32) {
        self.own.entry(pid).or_default().insert(number);
        if let Some(parent) = self.parent(pid) {
            self.of_children.entry(parent).or_default().insert(number);
        }
    }

    /// Where to look in `pid`. `None`: at everything, for nothing is known of its like, or too much.
    pub fn guess(&self, pid: i32) -> Option<Guess> {
        let siblings = self.of_children.get(&self.parent(pid)?)?;
        if siblings.len() > MANY {
            return None;
        }
        let mut numbers = siblings.clone();
        let mut samples = BTreeSet::new();
        let mut ancestor = Some(pid);
        let ancestors = std::iter::from_fn(|| {
            ancestor = self.parent(ancestor?);
            ancestor
        });
        let older = ancestors
            .take(GENERATIONS)
            .filter_map(|ancestor| self.own.get(&ancestor));
        for relative in older.chain(self.of_children.get(&pid)) {
            if relative.len() > MANY {
                samples.extend(relative.iter().take(SAMPLE).copied());
            } else {
                numbers.extend(relative);
            }
        }
        samples.retain(|number| !numbers.contains(number));
        Some(Guess {
            numbers: numbers.into_iter().collect(),
            samples: samples.into_iter().collect(),
        })
    }

    /// What the first process adopts is no family.
    fn parent(&self, pid: i32) -> Option<i32> {
        self.parents
            .get(&pid)
            .copied()
            .filter(|parent| *parent > 1 && *parent != pid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(relatives: &Relatives, pid: i32) -> Option<Vec<u32>> {
        relatives.guess(pid).map(|guess| guess.numbers)
    }

    #[test]
    fn siblings_tell_where_and_strangers_do_not() {
        let mut relatives = Relatives::default();
        for (pid, parent) in [(10, 1), (11, 10), (12, 10), (20, 1), (21, 20)] {
            relatives.met(pid, parent);
        }
        assert_eq!(numbers(&relatives, 11), None);
        relatives.has(11, 9);
        relatives.has(10, 3);
        assert_eq!(numbers(&relatives, 12), Some(vec![3, 9]));
        assert_eq!(numbers(&relatives, 21), None);
        // Children of the first process have nothing in common.
        assert_eq!(numbers(&relatives, 20), None);
    }

    #[test]
    fn many_numbers_are_not_tried_one_by_one() {
        let mut relatives = Relatives::default();
        for (pid, parent) in [(10, 1), (11, 10), (12, 10)] {
            relatives.met(pid, parent);
        }
        for number in 5..100 {
            relatives.has(10, number);
        }
        relatives.has(11, 50);
        let guess = relatives.guess(12).unwrap_or_default();
        assert_eq!((guess.numbers, guess.samples), (vec![50], vec![5, 6, 7]));
        for number in 5..100 {
            relatives.has(11, number);
        }
        assert_eq!(relatives.guess(12), None);
    }

    #[test]
    fn a_circle_of_parents_ends() {
        let mut relatives = Relatives::default();
        relatives.met(10, 11);
        relatives.met(11, 10);
        relatives.has(10, 3);
        assert_eq!(numbers(&relatives, 10), Some(vec![3]));
    }
}
