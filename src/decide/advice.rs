//! What to type next.
//!
//! Pure. Every step suggested here would find something to do if it were typed now: it is derived from sessions
//! that are there, that our role may end, and that nothing protects.

use super::blocking::trees;
use super::breakdown::{Dimension, count_by};
use super::free::order::{Class, Order, heads};
use super::protection::Policy;
use super::session::{Session, State};
use super::snapshot::Snapshot;

/// One step: the words after `breakglass`, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Subcommand and flags; the caller adds the connection and quotes for the shell.
    pub words: Vec<String>,
    /// Half a sentence.
    pub why: String,
}

/// From this share of the ordinary slots on, ending sessions is worth suggesting.
const TIGHT_PERCENT: u32 = 80;
/// An idle transaction this old has been forgotten.
const FORGOTTEN_SECONDS: u64 = 60;

/// Steps, the most useful first; none when there is nothing to do.
pub fn steps(snapshot: &Snapshot, policy: &Policy) -> Vec<Step> {
    let mut steps = Vec::new();
    let endable: Vec<&Session> = snapshot
        .holders()
        .filter(|session| may_end(session, snapshot, policy))
        .collect();
    lock_queue(snapshot, &endable, &mut steps);
    if snapshot.capacity().percent() >= TIGHT_PERCENT {
        free_slots(snapshot, &endable, &mut steps);
    }
    steps
}

pub(super) fn may_end(session: &Session, snapshot: &Snapshot, policy: &Policy) -> bool {
    let ours = session.user.as_deref() == Some(snapshot.server.role.as_str());
    policy.spares(session, snapshot, false).is_none()
        && (snapshot.server.role_may_signal || ours)
        && !session.hidden
}

fn lock_queue(snapshot: &Snapshot, endable: &[&Session], steps: &mut Vec<Step>) {
    let trees = trees(snapshot);
    let Some(worst) = trees.first() else { return };
    let waiting = worst.released();
    let head = worst.session.and_then(|index| snapshot.sessions.get(index));
    if let Some(head) = head.filter(|head| endable.iter().any(|session| session.id == head.id)) {
        let state = head.state.map_or("hidden", |state| state.name());
        steps.push(step(
            &["terminate", "--pid", &head.id.pid.to_string()],
            format!("{state}, head of a lock queue: {waiting} wait for it"),
        ));
    }
    steps.push(step(
        &["blockers"],
        format!("{waiting} wait for a lock: see who holds it"),
    ));
}

fn free_slots(snapshot: &Snapshot, endable: &[&Session], steps: &mut Vec<Step>) {
    let capacity = snapshot.capacity();
    // Enough to let clients in again, few enough to look at the result before going on. What is freed fills the
    // reserves first, so their used slots come on top.
    let some = (capacity.ordinary.total / 10).max(3);
    let some = some + capacity.reserved.used + capacity.superuser.used;
    let some = usize::try_from(some).unwrap_or(usize::MAX);
    let of = |state: State| {
        endable
            .iter()
            .copied()
            .filter(move |session| session.state == Some(state))
    };
    free_goal(snapshot, endable, steps);
    let aborted = of(State::Aborted).count();
    if aborted > 0 {
        let limit = aborted.min(some).to_string();
        steps.push(step(
            &["terminate", "--state", "aborted", "--limit", &limit],
            format!("in a transaction that has failed already: {aborted}"),
        ));
    }
    if let Some(group) = count_by(of(State::Idle), Dimension::Application)
        .into_iter()
        .next()
    {
        let limit = group.count.min(some).to_string();
        if typable(&group.name) {
            steps.push(step(
                &[
                    "terminate",
                    "--app",
                    &group.name,
                    "--state",
                    "idle",
                    "--limit",
                    &limit,
                ],
                format!(
                    "idle sessions of this application: {}; nothing is lost",
                    group.count
                ),
            ));
        } else {
            steps.push(step(
                &["terminate", "--state", "idle", "--limit", &limit],
                format!(
                    "idle sessions of one application: {}; nothing is lost",
                    group.count
                ),
            ));
        }
    }
    let forgotten = of(State::IdleInTransaction)
        .filter(|session| {
            session
                .state_for
                .is_some_and(|age| age.as_secs() >= FORGOTTEN_SECONDS)
        })
        .count();
    if forgotten > 0 {
        let limit = forgotten.min(some).to_string();
        let age = format!("{FORGOTTEN_SECONDS}s");
        steps.push(step(
            &[
                "terminate",
                "--state",
                "idle-in-transaction",
                "--in-transaction-for",
                &age,
                "--limit",
                &limit,
            ],
            format!("hold a transaction open and do nothing: {forgotten}"),
        ));
    }
    if !steps
        .iter()
        .any(|step| ["terminate", "free"].contains(&step.words[0].as_str()))
    {
        let others = || snapshot.holders().filter(|one| !snapshot.ours(one));
        let here = |state| others().any(|session| session.state == Some(state));
        let hidden = others().filter(|session| session.hidden).count();
        steps.push(if hidden > 0 {
            step(
                &["sessions"],
                format!(
                    "hidden from this role: {hidden}; a role with pg_monitor and pg_signal_backend sees and ends them"
                ),
            )
        } else if here(State::Starting) {
            step(
                &["sessions", "--state", "starting"],
                "logins that are not through yet: see where they come from".to_owned(),
            )
        } else if here(State::Active) {
            step(
                &["sessions", "--state", "active"],
                "nothing idle to end: see what runs".to_owned(),
            )
        } else {
            step(
                &["sessions"],
                "nothing that this role may end: see who is there".to_owned(),
            )
        });
    }
}

/// Room for new clients as a goal: from one application where that is enough, so that nobody else pays for it.
fn free_goal(snapshot: &Snapshot, endable: &[&Session], steps: &mut Vec<Step>) {
    let heads = heads(snapshot);
    let order = Order::default();
    let class = |session: &Session| {
        Class::of(session, &heads).filter(|class| order.position(*class).is_some())
    };
    let mut ready: Vec<&Session> = endable.to_vec();
    ready.retain(|session| class(session).is_some());
    let capacity = snapshot.capacity();
    let room = |count: usize| {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        capacity.after(count).ordinary.free
    };
    let wanted = (capacity.ordinary.total / 10).max(3).min(room(ready.len()));
    if wanted <= capacity.ordinary.free {
        return;
    }
    let mut words = vec!["free".to_owned(), wanted.to_string()];
    let largest = count_by(ready.iter().copied(), Dimension::Application)
        .into_iter()
        .next()
        .filter(|group| room(group.count) >= wanted && typable(&group.name));
    if let Some(group) = largest {
        ready.retain(|session| Dimension::Application.value(session) == group.name);
        words.extend(["--app".to_owned(), group.name]);
    }
    let kinds: Vec<String> = order
        .classes()
        .iter()
        .map(|kind| {
            (
                kind,
                ready.iter().filter(|one| class(one) == Some(*kind)).count(),
            )
        })
        .filter(|(_, count)| *count > 0)
        .map(|(kind, count)| format!("{count} {}", kind.phrase()))
        .collect();
    let why = format!(
        "slots as a goal, the least harmful first: {}",
        kinds.join(", ")
    );
    steps.push(Step { words, why });
}

fn step(words: &[&str], why: String) -> Step {
    Step {
        words: words.iter().map(|word| (*word).to_owned()).collect(),
        why,
    }
}

/// Whether a person can type it: no control characters, nothing invisible.
fn typable(name: &str) -> bool {
    name.chars()
        .all(|c| c == ' ' || c.is_ascii_graphic() || c.is_alphanumeric())
}

/// Words for a POSIX shell, quoted where they must be.
pub fn shell_line(words: &[String]) -> String {
    let quoted = words.iter().map(|word| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
        if !word.is_empty() && word.chars().all(plain) {
            word.clone()
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    });
    quoted.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::testing::{hidden, ours, snapshot};

    #[test]
    fn a_role_that_sees_nobody_is_told_who_does() {
        let others: Vec<Session> = (100..117).map(hidden).collect();
        let mut sessions = vec![ours()];
        sessions.extend(others);
        let mut snapshot = snapshot(sessions);
        snapshot.server.role_may_signal = false;
        let steps = steps(&snapshot, &Policy::default());
        assert_eq!(steps.len(), 1, "{steps:?}");
        assert_eq!(steps[0].words, ["sessions"]);
        assert!(steps[0].why.starts_with("hidden from this role: 17; "));
        assert!(steps[0].why.contains("pg_monitor"));
    }

    #[test]
    fn a_suggested_line_survives_the_shell() {
        let table = [
            (
                vec!["terminate", "--app", "newsletter"],
                "terminate --app newsletter",
            ),
            (vec!["--app", "my app"], "--app 'my app'"),
            (
                vec!["--app", "it's; rm -rf $HOME"],
                r"--app 'it'\''s; rm -rf $HOME'",
            ),
            (vec!["--app", ""], "--app ''"),
        ];
        for (words, line) in table {
            let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
            assert_eq!(shell_line(&words), line);
        }
    }
}
