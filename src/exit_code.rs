//! The exit codes: did anything change, and was it verified?

/// How a run ended, as the shell sees it. The table stands in `--help` and in the README.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitCode {
    /// Done and verified, or inspected.
    Done = 0,
    /// Nothing matched, or a condition was found. Nothing changed.
    Nothing = 1,
    /// Wrong use of the command line or the configuration. Nothing changed.
    Usage = 2,
    /// No lane: locked out or unreachable. Nothing changed.
    NoLane = 3,
    /// Refused: protected, over the cap, not confirmed, record not writable. Nothing changed.
    Refused = 4,
    /// Partly done: some targets are not gone.
    Partly = 5,
    /// Contact lost after acting began: perhaps something changed.
    Unknown = 6,
}

impl ExitCode {
    /// The number.
    pub fn number(self) -> u8 {
        self as u8
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.number())
    }
}

/// For `--help`.
pub const TABLE: &str = "\
Exit codes: did anything change, and was it verified?
  0  done and verified, or inspected
  1  nothing matched, or a condition was found; nothing changed
  2  wrong use of the command line or configuration; nothing changed
  3  no lane: locked out or unreachable; nothing changed
  4  refused: protected, over the cap, not confirmed, or the record is
     not writable; nothing changed
  5  partly done: some targets are not gone
  6  unknown: contact lost after acting began; perhaps something changed
check uses the monitoring convention: 0 OK, 1 WARNING, 2 CRITICAL,
3 UNKNOWN (also for wrong use)";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_number_and_its_line_in_the_table() {
        let codes = [
            ExitCode::Done,
            ExitCode::Nothing,
            ExitCode::Usage,
            ExitCode::NoLane,
            ExitCode::Refused,
            ExitCode::Partly,
            ExitCode::Unknown,
        ];
        for (number, code) in codes.into_iter().enumerate() {
            assert_eq!(usize::from(code.number()), number);
            assert!(TABLE.contains(&format!("\n  {number}  ")));
        }
    }
}
