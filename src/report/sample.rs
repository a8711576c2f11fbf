//! What `record --verbose` says: the sample that was appended, in a line or two.
//!
//! Stage: report.

use super::{duration, page, sanitize};
use crate::decide::sample::Sample;

/// A sample that was appended.
#[derive(Debug, Clone, Copy)]
pub struct SampleView<'a> {
    /// The name the server goes by.
    pub server: &'a str,
    /// The file.
    pub file: &'a str,
    /// The sample.
    pub sample: &'a Sample,
    /// Samples of this server in the file.
    pub kept: u64,
    /// Samples that were removed for their age.
    pub removed: u64,
}

/// A line for the counts, one for a refusal, one for the file.
pub fn sample(view: &SampleView<'_>) -> String {
    let sample = view.sample;
    let mut text = format!(
        "{}  {}",
        duration::clock(sample.at),
        sanitize::line(view.server)
    );
    match &sample.counts {
        Some(counts) => {
            let slots = counts.capacity().ordinary;
            text.push_str(&format!(
                ": {} of {} ordinary slots used\n",
                slots.used, slots.total
            ));
        }
        None => text.push_str(": nothing could be counted\n"),
    }
    if let Some(refusal) = &sample.refusal {
        text.push_str(&format!(
            "refused  {}: {}\n",
            sanitize::line(&refusal.lane),
            sanitize::line(&refusal.variant)
        ));
    }
    let kept = usize::try_from(view.kept).unwrap_or(usize::MAX);
    text.push_str(&format!(
        "file     {}: {}, {} removed for their age\n",
        sanitize::line(view.file),
        page::plural(kept, "sample"),
        view.removed
    ));
    text
}
