//! A lockout in words: what each lane answered and what that proves.

use crate::decide::runbook::Runbook;
use crate::lanes::{Cause, Counted, Lockout, Variant};
use crate::report::duration;

/// One sentence for the whole.
pub fn headline(lockout: &Lockout) -> String {
    let tried = lockout.attempts.total();
    let attempts = if tried == 1 {
        "1 attempt".to_owned()
    } else {
        format!("{tried} attempts")
    };
    let what = if lockout.is_full() {
        "locked out"
    } else {
        "no way in"
    };
    format!(
        "{what}: no lane is open after {attempts} in {}",
        duration::precise(lockout.elapsed)
    )
}

/// The page for it; `None` where nothing ran out.
pub fn runbook(lockout: &Lockout) -> Option<Runbook> {
    let met = |variants: &[Variant]| variants.iter().any(|variant| lockout.met(*variant));
    if met(&[
        Variant::PoolerFull,
        Variant::PoolerClientLimit,
        Variant::PoolerQueueTimeout,
        Variant::PoolerServerFull,
    ]) {
        Some(Runbook::PoolerSaturated)
    } else if met(&[Variant::ProcessesExhausted]) {
        Some(Runbook::HalfOpenLogins)
    } else if !met(&[
        Variant::SlotsExhausted,
        Variant::OnlySuperuserSlots,
        Variant::OnlyReservedSlots,
    ]) && met(&[Variant::RoleLimit, Variant::DatabaseLimit])
    {
        // Only this role or this database is full; others get in.
        Some(Runbook::ConnectionsExhausted)
    } else if lockout.is_full() {
        Some(Runbook::NobodyGetsIn)
    } else {
        None
    }
}

/// What one lane answered, and what follows from it.
pub fn sentences(counted: &Counted) -> Vec<String> {
    let mut sentences = vec![summary(counted)];
    if let Some(proof) = &counted.explanation.proves {
        sentences.push(format!("proves: {proof}"));
    }
    sentences
}

/// What one lane answered: `login: every slot is taken (53300 InitProcess), 3 times`.
pub fn summary(counted: &Counted) -> String {
    let refusal = &counted.refusal;
    let mut text = format!("{}: {}", refusal.lane.name(), counted.explanation.what);
    if let Cause::Server(error) = &refusal.cause {
        let routine = error.routine.as_deref().unwrap_or("no routine");
        if !error.sqlstate.is_empty() {
            // Where the explanation quotes the server, it ends in the SQLSTATE already.
            let quoted = format!(" [{}]", error.sqlstate);
            if text.ends_with(&quoted) {
                text.truncate(text.len() - quoted.len());
            }
            text.push_str(&format!(" [{} {routine}]", error.sqlstate));
        }
    }
    if counted.count > 1 {
        text.push_str(&format!(", {} times", counted.count));
    }
    text
}
