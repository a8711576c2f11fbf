//! Thresholds as people write them: `80%`, `20left`, `80`.
//!
//! Pure. Each means "from here on", so that `100%` and `0left` are a full server.

use std::fmt;

use super::status::Status;

/// From where on to complain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Threshold {
    /// So many percent are used, or more.
    Percent(u32),
    /// So many are used, or more.
    Count(u32),
    /// So many are left, or fewer.
    Left(u32),
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Percent(percent) => write!(f, "{percent}%"),
            Self::Count(count) => write!(f, "{count}"),
            Self::Left(left) => write!(f, "{left}left"),
        }
    }
}

impl Threshold {
    /// Reads one.
    pub fn parse(text: &str) -> Result<Self, String> {
        let advice = "write a share (80%), slots left (20left), or a count (80)";
        let whole = |digits: &str| -> Result<u32, String> {
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(format!("no threshold; {advice}"));
            }
            digits
                .parse()
                .map_err(|_| format!("too large a number; {advice}"))
        };
        if let Some(digits) = text.strip_suffix('%') {
            let percent = whole(digits)?;
            if percent > 100 {
                return Err("more than 100% is never reached; write 100% for a full server".into());
            }
            return Ok(Self::Percent(percent));
        }
        match text.strip_suffix("left") {
            Some(digits) => Ok(Self::Left(whole(digits.trim_end())?)),
            None => Ok(Self::Count(whole(text)?)),
        }
    }

    /// From how many used on it holds, of `total`.
    pub fn begins_at(self, total: u32) -> u32 {
        match self {
            // Rounded up: 80% of 17 is reached by 14, not by 13.
            Self::Percent(percent) => {
                let used = (u64::from(percent) * u64::from(total)).div_ceil(100);
                u32::try_from(used).unwrap_or(u32::MAX)
            }
            Self::Count(count) => count,
            Self::Left(left) => total.saturating_sub(left),
        }
    }
}

/// A warning and a critical threshold; either may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Thresholds {
    /// `--warning`.
    pub warning: Option<Threshold>,
    /// `--critical`.
    pub critical: Option<Threshold>,
}

impl Thresholds {
    /// Two of a kind that contradict each other; no server is needed to see that.
    pub fn contradict(&self) -> Option<String> {
        let (warning, critical) = self.warning.zip(self.critical)?;
        let after = match (warning, critical) {
            (Threshold::Percent(w), Threshold::Percent(c))
            | (Threshold::Count(w), Threshold::Count(c)) => w > c,
            (Threshold::Left(w), Threshold::Left(c)) => w < c,
            _ => false,
        };
        after.then(|| sentence(warning, critical, ""))
    }

    /// Two of different kinds that contradict each other on a server of `total` slots.
    pub fn contradiction(&self, total: u32) -> Option<String> {
        let (warning, critical) = self.warning.zip(self.critical)?;
        (warning.begins_at(total) > critical.begins_at(total)).then(|| {
            sentence(
                warning,
                critical,
                &format!(" on a server of {total} ordinary slots"),
            )
        })
    }

    /// Only those that are shares: they mean the same for any total.
    pub fn of_percentages(&self) -> Self {
        let share = |it: &Threshold| matches!(it, Threshold::Percent(_));
        Self {
            warning: self.warning.filter(share),
            critical: self.critical.filter(share),
        }
    }

    /// The threshold that `used` of `total` has reached, in the words of `what`.
    pub fn judge(
        &self,
        used: u32,
        total: u32,
        what: impl Fn(&Threshold) -> String,
    ) -> Option<(Status, String)> {
        let reached = |threshold: &Threshold| used >= threshold.begins_at(total);
        if let Some(critical) = self.critical.filter(reached) {
            return Some((Status::Critical, what(&critical)));
        }
        let warning = self.warning.filter(reached)?;
        Some((Status::Warning, what(&warning)))
    }
}

fn sentence(warning: Threshold, critical: Threshold, place: &str) -> String {
    format!(
        "--warning {warning} and --critical {critical} contradict each other{place}: \
         critical would come first; give the warning the milder one"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_a_count_and_slots_left_are_read_and_nothing_else_is() {
        let good = [
            ("80%", Threshold::Percent(80)),
            ("0%", Threshold::Percent(0)),
            ("80", Threshold::Count(80)),
            ("20left", Threshold::Left(20)),
            ("20 left", Threshold::Left(20)),
        ];
        for (text, threshold) in good {
            assert_eq!(Threshold::parse(text), Ok(threshold), "{text}");
        }
        for text in [
            "",
            "%",
            "left",
            "-5",
            "101%",
            "80.5%",
            "8O",
            "80 %",
            "+3",
            "99999999999",
        ] {
            assert!(Threshold::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_threshold_begins_where_its_words_say() {
        let table = [
            ("80%", 17, 14),
            ("100%", 17, 17),
            ("0%", 17, 0),
            ("5left", 17, 12),
            ("0left", 17, 17),
            ("20left", 17, 0),
            ("16", 17, 16),
        ];
        for (text, total, used) in table {
            let begins = Threshold::parse(text).map(|it| it.begins_at(total));
            assert_eq!(begins, Ok(used), "{text} of {total}");
        }
    }

    #[test]
    fn a_warning_that_comes_after_the_alarm_is_a_contradiction() {
        // (warning, critical, at once, on a server of 17)
        let table = [
            ("80%", "95%", false, false),
            ("95%", "80%", true, true),
            ("90%", "90%", false, false),
            ("20left", "5left", false, false),
            ("5left", "20left", true, true),
            ("16", "12", true, true),
            ("90%", "5left", false, true),
            ("50%", "5left", false, false),
        ];
        for (warning, critical, at_once, there) in table {
            let thresholds = Thresholds {
                warning: Threshold::parse(warning).ok(),
                critical: Threshold::parse(critical).ok(),
            };
            assert_eq!(
                thresholds.contradict().is_some(),
                at_once,
                "{warning} {critical}"
            );
            let found = thresholds.contradiction(17).is_some();
            assert_eq!(found, there, "{warning} {critical} of 17");
        }
    }
}
