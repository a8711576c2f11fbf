//! The evidence: saved before the first act, where the record is, unless another place was named.

use std::path::PathBuf;

use super::RescueArgs;
use crate::connect::Target;
use crate::decide::evidence::Queries;
use crate::error::Failure;
use crate::lanes::Counted;
use crate::stages::Context;
use crate::stages::context::Way;
use crate::stages::evidence::{self, Found, Place, gather_with};
use crate::stages::standing;

/// Refuses a name that is taken, before anything is connected.
pub(super) fn vacant(args: &RescueArgs) -> Result<(), Failure> {
    args.evidence.as_deref().map_or(Ok(()), evidence::vacant)
}

/// Looks at everything once more and saves it; statements are left out, they hold data.
pub(super) fn save(
    args: &RescueArgs,
    context: &Context,
    way: Option<&mut Way>,
    refusals: &[Counted],
    console: Option<&Target>,
) -> Result<PathBuf, Failure> {
    let found = match way {
        Some(way) => Found::Open(way),
        None => Found::Closed(refusals),
    };
    let gathered = gather_with(context, found, console, Queries::LeftOut);
    let place = match &args.evidence {
        Some(file) => Place::File(file.clone()),
        None => Place::Directory(directory(context)),
    };
    evidence::save(&gathered, &place).map_err(|failure| {
        failure
            .hint("nothing was done; name another place: --evidence FILE")
            .hint("or go on without: --no-evidence")
    })
}

/// Where the record is, which has been opened; without one, here.
fn directory(context: &Context) -> PathBuf {
    standing::path(context)
        .and_then(|path| path.parent().map(PathBuf::from))
        .filter(|directory| directory.is_dir())
        .unwrap_or_default()
}
