//! What a plan can be expected to free, and what keeps the rest of it.
//!
//! Pure. An estimate until a second look; only what can be counted on is counted.

use super::sockets::activity::Class;

/// What is expected when every target goes and nobody comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Prediction {
    /// Slots to be counted on.
    pub frees: usize,
    /// What the targets' connections are doing, where the lane can tell one that frees its slot from one that does not.
    pub classes: Option<Counts>,
    /// Connections of targets that stay open, because somebody who stays has them open too.
    pub shared: usize,
}

/// How many connections of each class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// The next word is the application's: the slot comes back within milliseconds.
    pub idle: usize,
    /// The server works for it: the slot comes back when its statement ends.
    pub busy: usize,
    /// Which of the two cannot be told.
    pub undecided: usize,
    /// Half closed already.
    pub closing: usize,
}

impl Counts {
    /// Together.
    pub fn total(self) -> usize {
        self.idle + self.busy + self.undecided + self.closing
    }
}

impl FromIterator<Class> for Counts {
    fn from_iter<I: IntoIterator<Item = Class>>(classes: I) -> Self {
        let mut counts = Self::default();
        for class in classes {
            match class {
                Class::Idle => counts.idle += 1,
                Class::Waiting => counts.busy += 1,
                Class::Undecided => counts.undecided += 1,
                Class::Closing => counts.closing += 1,
            }
        }
        counts
    }
}
