//! The runbooks by name, and which one fits what was seen.
//!
//! Pure. Their text is [`crate::report`]'s; this is the one list of them, which completions take their names from, too.

use super::blocking::{Node, trees};
use super::diagnosis::{Cause, Diagnosis, Lockout};
use super::session::State;
use super::snapshot::Snapshot;

/// One symptom, one page.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr, strum::VariantArray, strum::EnumString,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Runbook {
    /// Ordinary logins are refused.
    ConnectionsExhausted,
    /// Every login is refused.
    NobodyGetsIn,
    /// Freed slots are taken again at once.
    ConnectionStorm,
    /// Transactions are left open.
    IdleInTransaction,
    /// Everybody waits for one session.
    LockQueue,
    /// Clients of a pooler wait.
    PoolerSaturated,
    /// Logins that never finish hold the slots.
    HalfOpenLogins,
    /// An application's workers must let go.
    RecyclingWorkers,
    /// RDS, Cloud SQL and their like.
    ManagedServices,
    /// The alert was silent, or the health check green.
    AlertingAndHealthChecks,
    /// Every quarter: will the slots last?
    HeadroomReview,
    /// A rehearsal for people.
    GameDay,
}

words!(all Runbook);

/// From this share of the ordinary slots on, a page about them fits.
const TIGHT_PERCENT: u32 = 80;
/// So many waiting for one session are a queue; fewer pass by themselves.
pub const QUEUE: usize = 3;
/// One in so many of the sessions is enough to be what the incident is about.
const SHARE: usize = 3;

impl Runbook {
    /// What to type to read it.
    pub fn command(self) -> String {
        format!("breakglass runbook {}", self.name())
    }

    /// The one for what a rescue found; `None` where nobody is refused.
    pub fn of_diagnosis(diagnosis: &Diagnosis) -> Option<Self> {
        if diagnosis.lockout == Lockout::None {
            return None;
        }
        let cause = diagnosis.cause.as_ref().map(|found| &found.cause);
        Some(match cause {
            Some(Cause::LockQueue { .. }) => Self::LockQueue,
            Some(Cause::HalfAuthenticated { .. }) => Self::HalfOpenLogins,
            _ if diagnosis.storms() => Self::ConnectionStorm,
            Some(Cause::Leak { .. }) => Self::IdleInTransaction,
            _ => match diagnosis.lockout {
                Lockout::EveryProcess => Self::HalfOpenLogins,
                Lockout::Pooler => Self::PoolerSaturated,
                Lockout::EverySlot | Lockout::NotAsked | Lockout::NotNow => Self::NobodyGetsIn,
                _ => Self::ConnectionsExhausted,
            },
        })
    }

    /// The one that fits what was seen on a server; `None` where nothing is wrong.
    ///
    /// The cause goes before the effect: where everybody waits for one session, that is the incident, however full the
    /// server is by now. `pooler_short`: a pooler before it lets its clients wait or refuses them.
    pub fn fitting(snapshot: &Snapshot, pooler_short: bool) -> Option<Self> {
        let capacity = snapshot.capacity();
        let longest = trees(snapshot).iter().map(Node::released).max();
        if longest.is_some_and(|waiting| waiting >= QUEUE) {
            return Some(Self::LockQueue);
        }
        if capacity.percent() < TIGHT_PERCENT {
            return pooler_short.then_some(Self::PoolerSaturated);
        }
        let all = snapshot.holders().count();
        let many = |states: &[State]| {
            let count = snapshot
                .holders()
                .filter(|session| session.state.is_some_and(|state| states.contains(&state)))
                .count();
            count > 0 && count * SHARE >= all
        };
        Some(if many(&[State::Starting]) {
            Self::HalfOpenLogins
        } else if many(&[State::IdleInTransaction, State::Aborted]) {
            Self::IdleInTransaction
        } else if pooler_short {
            Self::PoolerSaturated
        } else if capacity.all.free == 0 {
            Self::NobodyGetsIn
        } else {
            Self::ConnectionsExhausted
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::diagnosis::Found;
    use super::*;
    use crate::decide::session::Session;
    use crate::decide::testing::{blocked, in_transaction, session, snapshot};

    fn check(sessions: Vec<Session>, fitting: Option<Runbook>) {
        assert_eq!(Runbook::fitting(&snapshot(sessions), false), fitting);
    }

    fn many(count: i32, one: impl Fn(i32) -> Session) -> Vec<Session> {
        (100..100 + count).map(one).collect()
    }

    #[test]
    fn the_page_fits_the_cause_before_the_effect() {
        // 20 slots, 3 of them the superusers'.
        check(many(5, session), None);
        check(many(17, session), Some(Runbook::ConnectionsExhausted));
        check(many(20, session), Some(Runbook::NobodyGetsIn));
        let open = |pid| in_transaction(pid, 300);
        check(many(17, open), Some(Runbook::IdleInTransaction));
        let starting = |pid| Session {
            state: Some(State::Starting),
            ..session(pid)
        };
        check(many(20, starting), Some(Runbook::HalfOpenLogins));
        // A queue is one at any fill, three or more in it.
        let queue = |waiting: i32| {
            let mut all = vec![in_transaction(7, 300)];
            all.extend(many(waiting, |pid| blocked(pid, &[7], 200)));
            all
        };
        check(queue(2), None);
        check(queue(3), Some(Runbook::LockQueue));
        check(queue(19), Some(Runbook::LockQueue));
        // A pooler that is short is the cause of what its clients see, but not of what its sessions do.
        let behind = |sessions| Runbook::fitting(&snapshot(sessions), true);
        assert_eq!(behind(many(5, session)), Some(Runbook::PoolerSaturated));
        assert_eq!(behind(many(17, session)), Some(Runbook::PoolerSaturated));
        assert_eq!(behind(many(17, open)), Some(Runbook::IdleInTransaction));
        assert_eq!(behind(queue(3)), Some(Runbook::LockQueue));
    }

    #[test]
    fn a_cause_goes_before_how_far_the_lockout_goes() {
        let found = |lockout, cause: Option<Cause>| {
            let diagnosis = Diagnosis {
                lockout,
                walsenders_gone: false,
                cause: cause.map(|cause| Found {
                    cause,
                    slots: 9,
                    certain: true,
                }),
                also: Vec::new(),
                storm: None,
                most: None,
                doubts: Vec::new(),
            };
            Runbook::of_diagnosis(&diagnosis)
        };
        let queue = || Cause::LockQueue {
            head: None,
            waiting: 9,
        };
        let busy = || Cause::Busy {
            application: "web".to_owned(),
        };
        let table = [
            (Lockout::None, Some(queue()), None),
            (Lockout::EverySlot, Some(queue()), Some(Runbook::LockQueue)),
            (
                Lockout::EverySlot,
                Some(busy()),
                Some(Runbook::NobodyGetsIn),
            ),
            (
                Lockout::OrdinarySlots,
                Some(busy()),
                Some(Runbook::ConnectionsExhausted),
            ),
            (Lockout::EveryProcess, None, Some(Runbook::HalfOpenLogins)),
            (Lockout::Pooler, None, Some(Runbook::PoolerSaturated)),
            (Lockout::NotAsked, None, Some(Runbook::NobodyGetsIn)),
        ];
        for (lockout, cause, runbook) in table {
            let shown = format!("{lockout:?} {cause:?}");
            assert_eq!(found(lockout, cause), runbook, "{shown}");
        }
    }

    #[test]
    fn a_name_leads_to_its_page_and_no_other() {
        for runbook in Runbook::ALL {
            assert_eq!(runbook.name().parse(), Ok(*runbook));
        }
        assert_eq!("lock queue".parse::<Runbook>().ok(), None);
    }
}
