//! Whether an ordinary role can log in, and how that is known.
//!
//! Pure. A login that stands on a reserved slot, or a superuser's, proves nothing about the clients that are refused:
//! then the slots decide, by the server's own rule, and it is said that they did.

use std::time::Duration;

use super::capacity::{Capacity, SlotClass, own_slot};
use super::form;
use super::snapshot::Snapshot;
use super::survey::Refused;

/// A fresh login was tried.
#[derive(Debug, Clone, PartialEq)]
pub enum Tried {
    /// It stood, and answered a query.
    LoggedIn(Box<Snapshot>),
    /// It was refused: in this way, in these words (untrusted).
    Refused(Refused, String),
}

/// What is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Verdict {
    /// Ordinary roles get in.
    Admitted,
    /// They are refused.
    Refused,
    /// Nobody can tell from here.
    Unknown,
}

words!(Verdict);

/// How it is known.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "proof", content = "ordinary_free", rename_all = "kebab-case")]
pub enum Proof {
    /// A role without any privilege logged in, or was refused for lack of room.
    Login,
    /// Computed: so many slots are free for ordinary roles.
    Slots(u32),
    /// Neither.
    None,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Admission {
    /// Whether.
    pub verdict: Verdict,
    /// How that is known.
    #[serde(flatten)]
    pub proof: Proof,
    /// As which role it was tried.
    pub role: String,
    /// Half a sentence in addition: why a login proved nothing, or how it was refused. Untrusted.
    pub why: Option<String>,
    /// From the first packet to the answer of the query, or to the refusal.
    #[serde(rename = "seconds", serialize_with = "form::seconds::serialize")]
    pub took: Duration,
}

/// Judges a fresh login as `role`. `seen` is what another lane says of the slots, our own session there counted.
pub fn judge(role: &str, tried: Tried, took: Duration, seen: Option<&Capacity>) -> Admission {
    let admission = |verdict, proof, why| Admission {
        verdict,
        proof,
        role: role.to_owned(),
        why,
        took,
    };
    match tried {
        Tried::LoggedIn(snapshot) => {
            let server = &snapshot.server;
            if !server.role_superuser && !server.role_reserved {
                return admission(Verdict::Admitted, Proof::Login, None);
            }
            let capacity = snapshot.capacity();
            let (slot, _) = own_slot(&capacity, server.role_superuser, server.role_reserved);
            let what = if server.role_superuser {
                "a superuser"
            } else {
                "a role with reserved slots"
            };
            let why = Some(format!(
                "{role} is {what}, so its login alone proves nothing"
            ));
            // On our slot, an ordinary client would have been let in: the server compared the same count.
            let (verdict, free) = match slot {
                SlotClass::Ordinary => (Verdict::Admitted, capacity.ordinary.free.max(1)),
                _ => (Verdict::Refused, 0),
            };
            admission(verdict, Proof::Slots(free), why)
        }
        Tried::Refused(kind, words)
            if kind.is_for_slots()
                || matches!(kind, Refused::RoleLimit | Refused::DatabaseLimit) =>
        {
            admission(Verdict::Refused, Proof::Login, Some(words))
        }
        Tried::Refused(_, words) => match seen.filter(|capacity| capacity.is_known()) {
            Some(capacity) if capacity.full() => {
                admission(Verdict::Refused, Proof::Slots(0), Some(words))
            }
            Some(capacity) => admission(
                Verdict::Admitted,
                Proof::Slots(capacity.ordinary.free),
                Some(words),
            ),
            None => admission(Verdict::Unknown, Proof::None, Some(words)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::testing::{ours, session, snapshot};

    const TOOK: Duration = Duration::from_millis(12);

    /// A fresh login that sees `clients` others on the server of 20 slots, of which 3 are the superuser's.
    fn logged_in(clients: i32, superuser: bool) -> Tried {
        let mut sessions = vec![ours()];
        sessions.extend((10..10 + clients).map(session));
        let mut snapshot = snapshot(sessions);
        snapshot.server.role_superuser = superuser;
        Tried::LoggedIn(Box::new(snapshot))
    }

    fn capacity(clients: i32) -> Capacity {
        snapshot((10..10 + clients).map(session).collect()).capacity()
    }

    #[test]
    fn only_an_ordinary_login_proves_anything_else_is_computed_and_said_to_be() {
        let full = Tried::Refused(Refused::EverySlot, "every slot is taken".to_owned());
        let wrong = || Tried::Refused(Refused::Role, "the password is wrong".to_owned());
        let table = [
            (logged_in(16, false), None, Verdict::Admitted, Proof::Login),
            // A role without privileges cannot stand on a reserve, whatever the count says a moment later.
            (logged_in(19, false), None, Verdict::Admitted, Proof::Login),
            (
                logged_in(16, true),
                None,
                Verdict::Admitted,
                Proof::Slots(1),
            ),
            (
                logged_in(10, true),
                None,
                Verdict::Admitted,
                Proof::Slots(6),
            ),
            (logged_in(17, true), None, Verdict::Refused, Proof::Slots(0)),
            (full, Some(capacity(3)), Verdict::Refused, Proof::Login),
            (
                wrong(),
                Some(capacity(12)),
                Verdict::Admitted,
                Proof::Slots(5),
            ),
            (
                wrong(),
                Some(capacity(17)),
                Verdict::Refused,
                Proof::Slots(0),
            ),
            (wrong(), None, Verdict::Unknown, Proof::None),
            (
                wrong(),
                Some(Capacity::default()),
                Verdict::Unknown,
                Proof::None,
            ),
        ];
        for (number, (tried, seen, verdict, proof)) in table.into_iter().enumerate() {
            let admission = judge("web", tried, TOOK, seen.as_ref());
            assert_eq!(
                (admission.verdict, admission.proof),
                (verdict, proof),
                "case {number}"
            );
        }
    }

    #[test]
    fn a_login_that_proves_nothing_says_why() {
        let admission = judge("postgres", logged_in(10, true), TOOK, None);
        let why = admission.why.unwrap_or_default();
        assert!(why.contains("postgres is a superuser"), "{why}");
    }
}
