//! A look that waits until it is known who holds the slots.
//!
//! Stage: looking. Logins that have only just begun may be a moment's, a storm's, or stalled and there to stay. As long
//! as they hold most of the slots, ending anybody else would be wrong.

use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::connect::Target;
use crate::decide::diagnosis::STALLED;
use crate::error::Failure;
use crate::stages::Context;
use crate::stages::signals::Interruption;
use crate::stages::survey::{Surveyed, look};

/// A login of a storm is refused or through by then.
const MOMENT: Duration = Duration::from_millis(300);
/// Between two looks whether somebody wants us to stop.
const SLICE: Duration = Duration::from_millis(100);

/// Looks through every lane; where logins that have just begun hold most of the slots, again when it is known what
/// they are. Takes at most [`STALLED`] longer than a look.
pub(super) fn settled(
    context: &Context,
    target: &Target,
    console: Option<&Target>,
) -> Result<Surveyed, Failure> {
    let progress = "looking through every lane";
    context.terminal.progress(progress);
    let first = look(context, target, console)?;
    let before = first.survey.backends.clone();
    let Some(before) = before.filter(|host| host.undecided(STALLED).is_some()) else {
        context.terminal.progress("");
        return Ok(first);
    };
    drop(first);
    sleep(MOMENT);
    let second = look(context, target, console)?;
    let host = second.survey.backends.as_ref();
    let stay = host.map_or(0, |host| host.starting_since(&before));
    let rest = host.and_then(|host| host.undecided(STALLED));
    // A storm's come and go: it will not be clearer in three seconds.
    let Some(rest) = rest.filter(|_| stay > 1) else {
        context.terminal.progress("");
        return Ok(second);
    };
    drop(second);
    let began = Instant::now();
    while began.elapsed() < rest && !Interruption::noted() {
        let left = rest.saturating_sub(began.elapsed()).as_secs_f64();
        context.terminal.progress(&format!(
            "{stay} logins are not through; looking again in {left:.1} s whether they are stalled"
        ));
        sleep(SLICE.min(rest));
    }
    context.terminal.progress(progress);
    let last = look(context, target, console);
    context.terminal.progress("");
    last
}
