//! What a monitoring system is told.
//!
//! Pure.

/// What a monitoring system is told; the numbers are its exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "UPPERCASE")]
pub enum Status {
    /// Below every threshold.
    Ok = 0,
    /// At the warning threshold.
    Warning = 1,
    /// At the critical threshold, full, or refused for lack of slots.
    Critical = 2,
    /// It could not be found out.
    Unknown = 3,
}

words!(Status);

impl Status {
    /// The exit code, and the value of the metric.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// What is known to be bad goes before what is not known, and that before what is good.
    pub(super) fn weight(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Unknown => 1,
            Self::Warning => 2,
            Self::Critical => 3,
        }
    }

    pub(super) fn worse(self, other: Self) -> Self {
        if other.weight() > self.weight() {
            other
        } else {
            self
        }
    }
}
