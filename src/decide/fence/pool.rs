//! A pooler's `DISABLE` as a fence: what is there, and whether it may be taken back.
//!
//! Pure. Facts: `DISABLE` refuses new clients of one database of one PgBouncer and leaves those that are there; it is
//! not written to its configuration, so a restart of PgBouncer undoes it (`admin.c`).

use super::{Change, Kind, Limit, Standing, Subject, Undoing};
use crate::decide::pools::Pooler;

/// The limit that `DISABLE` is: nobody new is let in.
pub const DISABLED: u32 = 0;

/// The pool of this name, for the record.
pub fn subject(name: &str) -> Subject {
    Subject {
        kind: Kind::Pool,
        oid: 0,
        name: name.to_owned(),
    }
}

/// What is there now, as a limit; `None` when the pooler has no such database any more.
pub fn live(name: &str, pooler: &Pooler) -> Option<Limit> {
    let database = pooler.database(name)?;
    Some(database.disabled.then_some(DISABLED))
}

/// What undoing `fence` comes to on this pooler.
pub fn undoing(fence: &Standing, pooler: &Pooler) -> Undoing {
    let Some(database) = pooler.database(&fence.subject.name) else {
        return Undoing::Gone;
    };
    if !database.disabled {
        return Undoing::Back;
    }
    if database.paused {
        return Undoing::Paused;
    }
    Undoing::Restore(Change {
        subject: fence.subject.clone(),
        from: Some(DISABLED),
        to: fence.previous,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::pools::PoolDatabase;

    #[test]
    fn only_a_disabled_pool_that_nobody_has_paused_is_enabled() {
        let fence = Standing {
            id: "k7f3h".to_owned(),
            subject: subject("shop"),
            previous: None,
            limit: DISABLED,
            endpoint: "bouncer:6432".to_owned(),
            system_identifier: None,
            since: String::new(),
            by: String::new(),
            reason: None,
            connection: Vec::new(),
            sure: true,
        };
        let restore = Undoing::Restore(Change {
            subject: subject("shop"),
            from: Some(DISABLED),
            to: None,
        });
        for (name, disabled, paused, wanted) in [
            ("shop", true, false, restore),
            ("shop", true, true, Undoing::Paused),
            ("shop", false, false, Undoing::Back),
            ("shop", false, true, Undoing::Back),
            ("other", true, false, Undoing::Gone),
        ] {
            let pooler = Pooler {
                databases: vec![PoolDatabase {
                    name: name.to_owned(),
                    disabled,
                    paused,
                    ..PoolDatabase::default()
                }],
                ..Pooler::default()
            };
            assert_eq!(
                undoing(&fence, &pooler),
                wanted,
                "{name} {disabled} {paused}"
            );
        }
    }
}
