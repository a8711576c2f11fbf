//! What to type next.
//!
//! Pure. Every step suggested here would find something to do if it were typed now: it is derived from sessions
//! that are there, that our role may end, and that nothing protects.

use super::blocking::trees;
use super::breakdown::{Dimension, count_by};
use super::holder::{Session, State};
use super::protection::Policy;
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

fn may_end(session: &Session, snapshot: &Snapshot, policy: &Policy) -> bool {
    let ours = session.user.as_deref() == Some(snapshot.server.role.as_str());
    policy.spares(session, snapshot, false).is_none()
        && (snapshot.server.role_may_signal || ours)
        && !session.hidden
}

fn lock_queue(snapshot: &Snapshot, endable: &[&Session], steps: &mut Vec<Step>) {
    let trees = trees(snapshot);
    let Some(worst) = trees.first() else { return };
    let waiting = worst.released();
    if let Some(head) = worst.session.map(|index| &snapshot.sessions[index])
        && endable.iter().any(|session| session.id == head.id)
    {
        let state = head.state.map_or("hidden", State::name);
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
    let total = usize::try_from(snapshot.capacity().ordinary.total).unwrap_or(usize::MAX);
    // Enough to let clients in again, few enough to look at the result before going on.
    let some = (total / 10).max(3);
    let of = |state: State| {
        endable
            .iter()
            .copied()
            .filter(move |session| session.state == Some(state))
    };
    let aborted = of(State::Aborted).count();
    if aborted > 0 {
        let limit = aborted.min(some).to_string();
        steps.push(step(
            &["terminate", "--state", "aborted", "--limit", &limit],
            format!("{aborted} sit in a transaction that has failed already"),
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
                    "{} of this application are idle: nothing is lost",
                    group.count
                ),
            ));
        } else {
            steps.push(step(
                &["terminate", "--state", "idle", "--limit", &limit],
                format!(
                    "{} of one application are idle: nothing is lost",
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
            format!("{forgotten} hold a transaction open and do nothing"),
        ));
    }
    if steps.iter().all(|step| step.words[0] != "terminate") {
        steps.push(step(
            &["sessions", "--state", "active"],
            "nothing idle to end: see what runs".to_owned(),
        ));
    }
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
