//! Where a fence stands: on a server, behind one of its lanes, or in a pooler, behind its console. What undoing asks of
//! either.
//!
//! Never: changes what was not confirmed; says "set" without a second look.

use super::change::{Matter, look_at_undoing};
use crate::act::fence::{Answer, set_pool};
use crate::decide::fence::{Came, ConfirmedChange, Standing, Undoing, pool};
use crate::error::Failure;
use crate::lanes::{LaneError, LaneKind};
use crate::record::Record;
use crate::stages::Context;
use crate::stages::console::{Eyes, LOOK};
use crate::stages::context::Way;

/// One of the two, open.
pub(super) enum Site<'a> {
    /// A server.
    Server(&'a mut Way),
    /// A pooler.
    Pooler(&'a mut Eyes),
}

impl Site<'_> {
    /// The lane's name for the record.
    pub fn lane(&self) -> &'static str {
        match self {
            Self::Server(way) => way.database.lane().kind().name(),
            Self::Pooler(_) => LaneKind::Pgbouncer.name(),
        }
    }

    /// What is there now of a fence, in words.
    pub fn what(&self) -> &'static str {
        match self {
            Self::Server(_) => "the limit that is there now",
            Self::Pooler(_) => "whether the pool is disabled now",
        }
    }

    /// What undoing `fence` comes to, by a look.
    pub fn look_at_undoing(&mut self, fence: &Standing) -> Result<Undoing, LaneError> {
        match self {
            Self::Server(way) => look_at_undoing(&mut way.database, fence),
            Self::Pooler(eyes) => Ok(pool::undoing(fence, &eyes.look_surely()?)),
        }
    }

    /// Records, changes, looks again, records; see [`Matter::carry_out`].
    pub fn carry_out(
        &mut self,
        matter: &Matter<'_>,
        record: &mut Record,
        confirmed: &ConfirmedChange,
    ) -> Result<(Came, Option<String>), Failure> {
        match self {
            Self::Server(way) => matter.carry_out(&mut way.database, record, confirmed),
            Self::Pooler(eyes) => {
                let lane = LaneKind::Pgbouncer.name();
                matter.carry_out_by(lane, record, || change_pool(eyes, confirmed))
            }
        }
    }

    /// Opens it again when it was lost meanwhile.
    pub fn reopen(&mut self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Server(way) => **way = context.open_in_silence()?,
            // Every look of it opens another console where one is lost.
            Self::Pooler(_) => {}
        }
        Ok(())
    }
}

/// Disables or enables a pool, and looks again.
fn change_pool(eyes: &mut Eyes, confirmed: &ConfirmedChange) -> Came {
    let wanted = confirmed.change();
    let lost = match set_pool(&mut eyes.console, LOOK, confirmed) {
        Answer::Refused { message, .. } => return Came::Refused(message),
        Answer::NoAnswer(error) => Some(error.to_string()),
        Answer::Set | Answer::Foreign | Answer::Gone => None,
    };
    match eyes.look_surely() {
        Err(error) => Came::Unknown(format!("there was no second look: {error}")),
        Ok(now) => match pool::live(&wanted.subject.name, &now) {
            None => Came::Gone,
            Some(limit) if limit == wanted.to => Came::Set,
            Some(_) => Came::Unknown(
                lost.unwrap_or_else(|| "somebody else has changed it back since".to_owned()),
            ),
        },
    }
}
