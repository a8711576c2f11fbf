//! What a connection is doing, and how many do what.
//!
//! Pure.

/// What a connection is doing.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Class {
    /// The server has answered; the next word is the client's.
    Idle,
    /// Which end spoke last cannot be told.
    Undecided,
    /// Not open in both directions.
    Closing,
    /// The client has asked; the server has not answered.
    Waiting,
}

words!(all Class);

impl Class {}

/// How many connections of each class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
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
