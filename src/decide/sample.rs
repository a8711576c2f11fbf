//! A sample: what was counted at one moment, or how the login was refused.
//!
//! Pure. Made from a snapshot; kept by `samples`, reviewed by headroom.

use std::collections::BTreeMap;

use super::capacity::{Capacity, Limits};
use super::session::Kind;
use super::snapshot::{NamedLimit, Snapshot};

/// One sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// When, by the clock of the host that took it, microseconds since 1970.
    pub at: i64,
    /// What was counted; `None` when no lane opened.
    pub counts: Option<Counts>,
    /// The first login that was refused on the way in, or instead of it.
    pub refusal: Option<Refused>,
}

/// What one look counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts {
    /// From the control file, when the role may read it.
    pub system_identifier: Option<String>,
    /// Standby, as opposed to primary.
    pub in_recovery: bool,
    /// The server's clock at that look, microseconds since 1970.
    pub server_clock: i64,
    /// The server's limits.
    pub limits: Limits,
    /// Slots taken, ours included when the login took one.
    pub used: u32,
    /// Walsenders, which take no slot.
    pub walsenders: u32,
    /// Rows whose particulars the server hides from the role.
    pub hidden: u32,
    /// The slots' holders, counted by what they have in common.
    pub held: BTreeMap<Holders, u32>,
    /// Roles with a `CONNECTION LIMIT`.
    pub role_limits: Vec<NamedLimit>,
    /// Databases with a `CONNECTION LIMIT`.
    pub database_limits: Vec<NamedLimit>,
}

/// What sessions that are counted together have in common. Raw text of the server, empty where there is none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Holders {
    /// Role.
    pub role: String,
    /// Whether that is a superuser, whom no `CONNECTION LIMIT` holds; `None` when unknown.
    pub superuser: Option<bool>,
    /// `application_name`.
    pub application: String,
    /// Database.
    pub database: String,
    /// State, or `hidden`.
    pub state: String,
}

/// A login that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Over which lane.
    pub lane: String,
    /// The stable word for the situation: `only-superuser-slots`.
    pub variant: String,
    /// Whether something ran out on the server.
    pub exhaustion: bool,
}

impl Counts {
    /// Counts the holders of `snapshot`.
    pub fn of(snapshot: &Snapshot) -> Self {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let mut held = BTreeMap::new();
        for session in snapshot.holders() {
            let holders = Holders {
                role: text(&session.user),
                superuser: session.superuser,
                application: text(&session.application),
                database: text(&session.database),
                state: session
                    .state
                    .map_or("hidden", |state| state.name())
                    .to_owned(),
            };
            *held.entry(holders).or_insert(0) += 1;
        }
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Self {
            system_identifier: snapshot.server.system_identifier.clone(),
            in_recovery: snapshot.server.in_recovery,
            server_clock: snapshot.at,
            limits: snapshot.limits.clone(),
            used: snapshot.capacity().all.used,
            walsenders: count(snapshot.count(&Kind::Walsender)),
            hidden: count(snapshot.hidden()),
            held,
            role_limits: snapshot.role_limits.clone(),
            database_limits: snapshot.database_limits.clone(),
        }
    }

    /// Slots by class at that moment.
    pub fn capacity(&self) -> Capacity {
        Capacity::of(&self.limits, self.used)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::testing::{active, hidden, ours, process, session, snapshot};

    #[test]
    fn holders_are_counted_by_what_they_share_and_nobody_else_is() {
        let look = snapshot(vec![
            ours(),
            session(10),
            session(11),
            active(12, 3),
            hidden(13),
            process(90, Kind::Walsender),
        ]);
        let counts = Counts::of(&look);
        let of = |state: &str| {
            let web = counts.held.iter().filter(|(holders, _)| {
                holders.role == "web" && holders.application == "web" && holders.state == state
            });
            web.map(|(_, count)| *count).sum::<u32>()
        };
        assert_eq!((of("idle"), of("active"), of("hidden")), (2, 1, 1));
        assert_eq!(counts.used, counts.held.values().sum::<u32>());
        assert_eq!((counts.walsenders, counts.hidden), (1, 1));
    }
}
