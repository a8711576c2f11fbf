//! How the values of shared options are read: each to its type, or one clause that says what to write instead.
//!
//! Stage: parsing. Pure.

use std::time::Duration;

use crate::decide::criteria::unknown;
use crate::decide::duration::duration;
use crate::decide::protection::Include;

/// Reads a count of at least 1.
pub fn positive(text: &str) -> Result<usize, String> {
    match text.parse::<usize>() {
        Ok(0) => Err("0 would leave nothing to do; give at least 1".to_owned()),
        Ok(number) => Ok(number),
        Err(_) => Err("give a whole number of at least 1".to_owned()),
    }
}

/// Reads the word of a variant; `what` they are, in the singular.
pub(crate) fn one_of<T>(text: &str, what: &str) -> Result<T, String>
where
    T: strum::VariantArray + Copy,
    &'static T: Into<&'static str>,
{
    let found = T::VARIANTS.iter().find(|one| (*one).into() == text);
    found.copied().ok_or_else(|| {
        let names: Vec<&str> = T::VARIANTS.iter().map(Into::into).collect();
        unknown(text, &names, what)
    })
}

pub(super) fn include(text: &str) -> Result<Include, String> {
    one_of(text, "kind")
}

/// `--deadline`
pub(crate) fn deadline(text: &str) -> Result<Duration, String> {
    let limit = duration(text)?;
    if limit < Duration::from_millis(100) {
        return Err("less than 100ms is too short for a login; write 10s".to_owned());
    }
    Ok(limit)
}
