//! What can be wrong with the command line, the environment or a file: one sentence that says where and what to do.
//!
//! Stage: all of `target`. Every [`TargetError`] is a wrong use or a wrong configuration (exit code 2);
//! nothing has been opened or changed when one is made. Never: contains a password.

use std::fmt;

/// Why there is no usable target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetError {
    place: Option<String>,
    what: String,
    advice: Option<String>,
}

impl TargetError {
    /// An error that says what is wrong.
    pub fn new(what: impl Into<String>) -> Self {
        Self {
            place: None,
            what: what.into(),
            advice: None,
        }
    }

    /// Adds where: a flag, a variable, or a file and line. The innermost place stands.
    #[must_use]
    pub fn at(mut self, place: impl fmt::Display) -> Self {
        self.place.get_or_insert_with(|| place.to_string());
        self
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    /// Adds "did you mean", when one of `known` is near `word`.
    #[must_use]
    pub fn suggest<'a>(self, word: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        match nearest(word, known) {
            Some(right) => self.advise(format!("did you mean \"{right}\"?")),
            None => self,
        }
    }

    /// What to do, when we know.
    pub fn advice(&self) -> Option<&str> {
        self.advice.as_deref()
    }
}

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.what)?;
        if let Some(advice) = &self.advice {
            write!(f, "; {advice}")?;
        }
        Ok(())
    }
}

impl std::error::Error for TargetError {}

/// The member of `known` that `word` was probably meant to be.
fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&word, candidate), candidate))
        .min_by_key(|(distance, _)| *distance)
        // A third of the letters wrong is a different word.
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_offered_only_when_it_is_near() {
        let known = ["host", "hostaddr", "sslmode", "dbname"];
        for (word, expected) in [
            ("hots", Some("host")),
            ("SSLMODE", Some("sslmode")),
            ("database", None),
            ("db_name", Some("dbname")),
            ("", None),
        ] {
            assert_eq!(nearest(word, known), expected, "{word}");
        }
    }

    #[test]
    fn the_sentence_names_place_fault_and_remedy_and_the_inner_place_wins() {
        let error = TargetError::new("no such thing")
            .at("a.toml, line 3")
            .at("somewhere")
            .advise("write another");
        assert_eq!(
            error.to_string(),
            "a.toml, line 3: no such thing; write another"
        );
    }
}
