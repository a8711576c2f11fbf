//! What process titles can answer: a filter they cannot is an error that names it, for a filter that is left out
//! widens the choice.
//!
//! Stage: before a cluster is chosen, and again once its titles were seen.

use crate::args::CutArgs;
use crate::decide::protection::Include;
use crate::decide::selection::Criteria;
use crate::decide::session::{Client, State};
use crate::decide::snapshot::Snapshot;

/// What a title never shows.
pub(super) fn titles_can_judge(criteria: &Criteria) -> Result<(), String> {
    for flag in criteria.flags() {
        let missing = match flag.replacen("--not-", "--", 1).as_str() {
            "--app" => "the application",
            "--query" => "the statement",
            "--idle-for" | "--active-for" | "--in-transaction-for" => "since when its state lasts",
            "--blocking" => "whom a session blocks",
            _ => continue,
        };
        return Err(format!(
            "the backends lane cannot judge {flag}: a process title does not show {missing}; \
             it can judge --pid, --user, --database, --client, --state, --connected-for and --waiting"
        ));
    }
    let states = &criteria.states;
    if states
        .any
        .iter()
        .chain(&states.none)
        .any(|state| *state == State::Disabled)
    {
        return Err(
            "the backends lane cannot judge --state disabled: no process title shows it".to_owned(),
        );
    }
    Ok(())
}

/// What of the cut and of the exceptions needs something that a title never shows.
pub(super) fn titles_can_cut(cut: &CutArgs, include: &[Include]) -> Result<(), String> {
    if cut.keep.is_some() {
        return Err(
            "the backends lane cannot judge --keep: a process title does not show the application"
                .to_owned(),
        );
    }
    let unknown = |kind: &&Include| matches!(kind, Include::Superusers | Include::Listeners);
    match include.iter().find(unknown) {
        Some(kind) => Err(format!(
            "the backends lane cannot judge --include {}: a process title does not show them, and nobody is spared for it",
            kind.name()
        )),
        None => Ok(()),
    }
}

/// What this server's titles do not show, because of its settings.
pub(super) fn this_server_shows(criteria: &Criteria, snapshot: &Snapshot) -> Result<(), String> {
    let flags = criteria.flags();
    let asks = |about: fn(&str) -> bool| flags.iter().copied().find(|flag| about(flag));
    if let Some(flag) = asks(is_about_state).filter(|_| stateless(snapshot) > 0) {
        return Err(format!(
            "the backends lane cannot judge {flag} here: {} of {} sessions show no state \
             (update_process_title is off)",
            stateless(snapshot),
            snapshot.holders().count()
        ));
    }
    let odd = snapshot
        .holders()
        .filter(|session| session.state == Some(State::Other))
        .count();
    if let Some(flag) = asks(|flag| flag == "--not-state").filter(|_| odd > 0) {
        return Err(format!(
            "the backends lane cannot judge {flag} here: the state of {odd} sessions cannot be read; name states with --state"
        ));
    }
    let named = snapshot
        .holders()
        .filter(|session| session.client == Client::Unknown)
        .count();
    if let Some(flag) = asks(|flag| flag.ends_with("-client")).filter(|_| named > 0) {
        return Err(format!(
            "the backends lane cannot judge {flag} here: {named} sessions show a host name instead of an address \
             (log_hostname is on)"
        ));
    }
    Ok(())
}

/// Whether a flag is judged by the state.
pub(super) fn is_about_state(flag: &str) -> bool {
    ["--state", "--not-state", "--waiting", "--not-waiting"].contains(&flag)
}

/// Sessions whose titles show no state.
pub(super) fn stateless(snapshot: &Snapshot) -> usize {
    snapshot
        .holders()
        .filter(|session| session.state.is_none())
        .count()
}
