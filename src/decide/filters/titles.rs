//! What one server's process titles show of what was asked: its settings may keep back what others show.
//!
//! Pure.

use super::{BackendsLane, FilterLane, Shown, find};
use crate::decide::criteria::Criteria;
use crate::decide::session::{Client, Session, State};
use crate::decide::snapshot::Snapshot;

/// The first flag that this server's titles cannot judge, as a sentence.
pub fn shown_here(criteria: &Criteria<Session>, snapshot: &Snapshot) -> Result<(), String> {
    let count = |which: fn(&&Session) -> bool| snapshot.holders().filter(which).count();
    let odd = count(|session| session.state == Some(State::Other));
    let named = count(|session| session.client == Client::Unknown);
    let without_state = stateless(snapshot);
    for flag in criteria.flags() {
        let here = format!("{} cannot judge {flag} here", BackendsLane::WHO);
        match find(flag).map(|filter| filter.titles) {
            Some(Shown::State) if without_state > 0 => {
                let all = snapshot.holders().count();
                return Err(format!(
                    "{here}: {without_state} of {all} sessions show no state (update_process_title is off)"
                ));
            }
            Some(Shown::State) if flag == "--not-state" && odd > 0 => {
                return Err(format!(
                    "{here}: the state of {odd} sessions cannot be read; name states with --state"
                ));
            }
            Some(Shown::Address) if named > 0 => {
                return Err(format!(
                    "{here}: {named} sessions show a host name instead of an address (log_hostname is on)"
                ));
            }
            Some(Shown::Always | Shown::State | Shown::Address | Shown::Blind(_)) | None => {}
        }
    }
    Ok(())
}

/// Whether the state is a reason for being meant, so that it must still be the same when the signal is sent.
pub fn by_state(criteria: &Criteria<Session>) -> bool {
    let mut flags = criteria.flags();
    flags.any(|flag| find(flag).is_some_and(|filter| filter.titles == Shown::State))
}

/// Sessions whose titles show no state.
pub fn stateless(snapshot: &Snapshot) -> usize {
    let holders = snapshot.holders();
    holders.filter(|session| session.state.is_none()).count()
}
