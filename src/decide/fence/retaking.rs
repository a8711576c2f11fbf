//! Who took freed slots again, by role, and at which limit each would be held to what it has left.
//!
//! Pure. A pool that reconnects has taken half of the freed slots after 100 ms and nearly all after 300 ms; a limit on
//! its role keeps it from taking more, and from coming back once those that came are ended.

use std::collections::{BTreeMap, HashSet};

use crate::decide::identity::SessionId;
use crate::decide::session::Session;
use crate::decide::snapshot::Snapshot;

/// A role that came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retaker {
    /// Its name, untrusted.
    pub role: String,
    /// A superuser: no limit holds it.
    pub superuser: bool,
    /// Sessions that came after we began.
    pub came: usize,
    /// Sessions it holds now.
    pub holds: usize,
}

impl Retaker {
    /// The limit that leaves it what it has beside the freed slots: of those that came, as many as were `freed` do not
    /// count. Sessions are not ended by a limit; those above it must be ended once more.
    pub fn limit(&self, freed: usize) -> u32 {
        let left = self.holds.saturating_sub(self.came.min(freed));
        u32::try_from(left).unwrap_or(u32::MAX >> 1)
    }
}

/// The roles of those that were not there `before`, the one that took most first.
pub fn retakers(before: &Snapshot, now: &Snapshot) -> Vec<Retaker> {
    let known: HashSet<SessionId> = before.sessions.iter().map(|session| session.id).collect();
    let mut roles: BTreeMap<&str, Retaker> = BTreeMap::new();
    for session in now.holders().filter(|session| !now.ours(session)) {
        let Some(role) = session.user.as_deref() else {
            continue;
        };
        let retaker = roles.entry(role).or_insert_with(|| Retaker {
            role: role.to_owned(),
            superuser: session.superuser == Some(true),
            came: 0,
            holds: 0,
        });
        retaker.holds += 1;
        retaker.came += usize::from(!known.contains(&session.id));
    }
    let mut retakers: Vec<Retaker> = roles.into_values().filter(|role| role.came > 0).collect();
    retakers.sort_by_key(|role| std::cmp::Reverse(role.came));
    retakers
}

/// Those worth a fence after `freed` slots came free: roles whose sessions were ended (`left` names them), and others that
/// took at least half of the slots. A monitoring tool that logged in once is none, and neither is our own role `us`.
pub fn worth_fencing(
    retakers: &[Retaker],
    freed: usize,
    left: &[(String, usize)],
    us: &str,
) -> Vec<Retaker> {
    let ended = |role: &str| left.iter().any(|(known, _)| known == role);
    retakers
        .iter()
        .filter(|it| it.role != us && freed > 0)
        .filter(|it| ended(&it.role) || it.came * 2 >= freed)
        .cloned()
        .collect()
}

/// What each role of `targets` would have left without them: where a fence would hold it if it came back. Superusers
/// are left out.
pub fn left(snapshot: &Snapshot, targets: &[Session]) -> Vec<(String, usize)> {
    let mut roles: BTreeMap<&str, usize> = BTreeMap::new();
    for session in targets
        .iter()
        .filter(|session| session.superuser != Some(true))
    {
        if let Some(role) = session.user.as_deref() {
            *roles.entry(role).or_default() += 1;
        }
    }
    roles
        .into_iter()
        .map(|(role, ended)| {
            let held = snapshot.role_used(role);
            (role.to_owned(), held.saturating_sub(ended))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::testing::{OURS, session, snapshot};

    #[test]
    fn the_limit_leaves_what_was_there_beside_the_freed_slots() {
        // came, holds, freed: limit
        let table = [
            (6, 17, 6, 11),
            (4, 15, 6, 11),
            (30, 41, 6, 35),
            (2, 2, 6, 0),
        ];
        for (came, holds, freed, limit) in table {
            let retaker = Retaker {
                role: "app".to_owned(),
                superuser: false,
                came,
                holds,
            };
            assert_eq!(retaker.limit(freed), limit, "{came} {holds} {freed}");
        }
    }

    #[test]
    fn who_came_is_counted_by_role_and_we_are_not_among_them() {
        let of = |pid, role: &str| Session {
            user: Some(role.to_owned()),
            ..session(pid)
        };
        let before = snapshot(vec![
            of(OURS, "ops"),
            of(10, "app"),
            of(11, "app"),
            of(12, "jobs"),
        ]);
        let now = snapshot(vec![
            of(OURS + 100, "jobs"),
            of(10, "app"),
            of(20, "app"),
            of(21, "app"),
            of(12, "jobs"),
        ]);
        let found: Vec<(String, usize, usize)> = retakers(&before, &now)
            .into_iter()
            .map(|it| (it.role, it.came, it.holds))
            .collect();
        let wanted = [("app".to_owned(), 2, 3), ("jobs".to_owned(), 1, 2)];
        assert_eq!(found, wanted);
        assert_eq!(retakers(&before, &before), []);
    }

    #[test]
    fn a_passer_by_is_not_fenced() {
        let came = |role: &str, came| Retaker {
            role: role.to_owned(),
            superuser: false,
            came,
            holds: came,
        };
        let all = [
            came("app", 1),
            came("jobs", 3),
            came("monitor", 1),
            came("ops", 6),
        ];
        let left = [("app".to_owned(), 5)];
        let names: Vec<String> = worth_fencing(&all, 6, &left, "ops")
            .into_iter()
            .map(|it| it.role)
            .collect();
        assert_eq!(names, ["app", "jobs"]);
        assert_eq!(worth_fencing(&all, 0, &left, "ops"), []);
    }

    #[test]
    fn what_is_left_leaves_superusers_out() {
        let boss = Session {
            user: Some("boss".to_owned()),
            superuser: Some(true),
            ..session(13)
        };
        let all = vec![session(10), session(11), session(12), boss];
        let targets = [all[0].clone(), all[1].clone(), all[3].clone()];
        let left = left(&snapshot(all), &targets);
        assert_eq!(left, [("web".to_owned(), 1)]);
    }
}
