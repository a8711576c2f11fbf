//! One change of one limit, from the intent in the record to the second look: the part that putting up and taking back
//! share, and that `terminate`, `free` and `rescue` use.
//!
//! Never: changes what was not confirmed and recorded first; says "set" without a second look.

use serde_json::json;

use crate::act::fence::{Answer, set_limit};
use crate::decide::fence::{Came, ConfirmedChange, Kind, Standing, Undoing};
use crate::decide::snapshot::Server;
use crate::error::Failure;
use crate::exit_code::ExitCode;
use crate::lanes::LaneError;
use crate::observe::fence::{Key, look_up};
use crate::record::{self, Deed, End, Record, fences};
use crate::stages::database::OpenLane;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deeds {
    /// Putting a fence up.
    PutUp,
    /// Taking it back.
    TakeBack,
}

/// A fence to be changed, and what the record says beside it.
#[derive(Debug, Clone, Copy)]
pub struct Matter<'a> {
    /// Which way.
    pub deed: Deeds,
    /// The fence.
    pub fence: &'a Standing,
    /// On which server; nobody asks about a pool's.
    pub server: &'a Server,
    /// Why, as typed for this run.
    pub reason: Option<&'a str>,
}

impl<'a> Matter<'a> {
    fn deed(&self, lane: &'a str) -> Deed<'a> {
        Deed {
            action: match self.deed {
                Deeds::PutUp => fences::FENCE,
                Deeds::TakeBack => fences::UNDO,
            },
            lane,
            server: match self.fence.subject.kind {
                Kind::Pool => json!({ "endpoint": self.fence.endpoint }),
                Kind::Role | Kind::Database => record::server(self.server, &self.fence.endpoint),
            },
        }
    }

    /// Records the intent, changes the limit, looks again, records the outcome. An error means that nothing was done;
    /// the second value is what kept the outcome out of the record.
    pub fn carry_out(
        &self,
        database: &mut OpenLane,
        record: &mut Record,
        confirmed: &ConfirmedChange,
    ) -> Result<(Came, Option<String>), Failure> {
        let lane = database.lane().kind().name();
        self.carry_out_by(lane, record, || change(database, confirmed))
    }

    /// The same for any way to change it and look again.
    pub fn carry_out_by(
        &self,
        lane: &str,
        record: &mut Record,
        change: impl FnOnce() -> Came,
    ) -> Result<(Came, Option<String>), Failure> {
        record
            .intend(
                &self.deed(lane),
                self.reason,
                vec![fences::target(self.fence)],
            )
            .map_err(|error| {
                Failure::say(ExitCode::Refused, format!("{error}; nothing was done"))
                    .hint("go on without a record file, its lines printed instead: --no-record")
            })?;
        let began = std::time::Instant::now();
        let came = change();
        let unrecorded = self.conclude(lane, record, &came, began.elapsed());
        Ok((came, unrecorded))
    }

    /// Records an outcome for which nothing had to be changed.
    pub fn settle(&self, lane: &str, record: &mut Record, came: &Came) -> Option<String> {
        Matter { ..*self }.conclude(lane, record, came, std::time::Duration::ZERO)
    }

    fn conclude(
        &self,
        lane: &str,
        record: &mut Record,
        came: &Came,
        after: std::time::Duration,
    ) -> Option<String> {
        let undo = self.deed == Deeds::TakeBack;
        let end = End {
            target: fences::target(self.fence),
            outcome: came.name(undo),
            detail: crate::report::fence::sentence(self.fence, came, undo),
            after,
        };
        record
            .conclude(&self.deed(lane), self.reason, std::iter::once(end))
            .err()
    }
}

/// Changes it and looks again.
fn change(database: &mut OpenLane, confirmed: &ConfirmedChange) -> Came {
    let (lane, limit) = database.statement();
    let answer = set_limit(lane, limit, confirmed);
    let wanted = confirmed.change();
    let subject = &wanted.subject;
    let seen = match answer {
        Answer::Gone => return Came::Gone,
        Answer::Refused { sqlstate, message } => {
            return Came::Refused(format!("{message} [{sqlstate}]"));
        }
        Answer::NoAnswer(error) => return Came::Unknown(error.to_string()),
        Answer::Set | Answer::Foreign => look_up(lane, limit, subject.kind, Key::Oid(subject.oid)),
    };
    match (answer, seen) {
        (_, Err(error)) => Came::Unknown(format!("there was no second look: {error}")),
        (_, Ok(None)) => Came::Gone,
        (Answer::Set, Ok(Some(live))) if live.limit == wanted.to => Came::Set,
        (Answer::Set, Ok(Some(live))) => Came::Unknown(format!(
            "it was set, and somebody else has made it {} since",
            crate::decide::fence::phrase(live.limit)
        )),
        (_, Ok(Some(live))) => Came::Foreign(live.limit),
    }
}

/// What undoing `fence` comes to on this server, by a look at it.
pub fn look_at_undoing(database: &mut OpenLane, fence: &Standing) -> Result<Undoing, LaneError> {
    let (lane, limit) = database.statement();
    let live = look_up(lane, limit, fence.subject.kind, Key::Oid(fence.subject.oid))?;
    Ok(crate::decide::fence::undoing(fence, live.as_ref()))
}

/// The exit code of what came of some changes: the worst counts.
pub fn exit_code<'a>(came: impl Iterator<Item = &'a Came> + Clone) -> ExitCode {
    let done = |came: &Came| matches!(came, Came::Set | Came::Back | Came::Gone | Came::Forgotten);
    if came.clone().any(|came| matches!(came, Came::Unknown(_))) {
        ExitCode::Unknown
    } else if came.clone().all(done) {
        ExitCode::Done
    } else if came.clone().any(|came| *came == Came::Set) {
        ExitCode::Partly
    } else {
        ExitCode::Refused
    }
}
