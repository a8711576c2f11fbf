//! What is left where everybody who may be ended runs a statement: who they are, and what would end some of them.
//!
//! Pure. It is no step: which statement may be lost is for a person to say. Before a restart, which loses all of them.

use super::{Chooser, FEWEST};
use crate::decide::advice::may_end;
use crate::decide::diagnosis::{Cause, Found, Lockout, invisible};
use crate::decide::proposal::Statements;
use crate::decide::proposal::step::BOOTSTRAP_SUPERUSER;
use crate::decide::session::{Session, State};
use crate::decide::survey::WayIn;

impl Chooser<'_> {
    /// Those that hold what is missed, over the best way in.
    pub(super) fn statements(&self) -> Option<Statements> {
        self.statements_in_view().or_else(|| self.statements_here())
    }

    fn statements_in_view(&self) -> Option<Statements> {
        let view = self.survey.snapshot.as_ref()?;
        if !self.survey.database_open() {
            return None;
        }
        let count = view
            .holders()
            .filter(|session| self.runs(session) && may_end(session, view, &self.given.policy))
            .count();
        let capacity = view.capacity().ordinary;
        let slots = (capacity.total / 10).max(FEWEST).min(capacity.total);
        // By the view there is room: what takes it is not in it, and these are not to blame.
        let not_these = invisible(self.survey) > 0 && capacity.free >= slots && !self.limited();
        if count == 0 || not_these {
            return None;
        }
        let command = match self.of_whom() {
            None => vec!["free".to_owned(), slots.to_string(), "--active".to_owned()],
            Some(whose) => {
                let mut command = vec!["terminate".to_owned()];
                command.extend(whose);
                command.extend(few_active(count));
                command
            }
        };
        Some(Statements {
            count,
            way: self.survey.seen_over.unwrap_or(WayIn::Login),
            command,
        })
    }

    fn statements_here(&self) -> Option<Statements> {
        let backends = self.survey.backends.as_ref()?;
        if !self.survey.is_open(WayIn::Backends) {
            return None;
        }
        let view = &backends.snapshot;
        let ended = |session: &&Session| {
            self.runs(session)
                && session.user.as_deref() != Some(BOOTSTRAP_SUPERUSER)
                && self.given.policy.spares(session, view, false).is_none()
        };
        let count = view.holders().filter(ended).count();
        if count == 0 {
            return None;
        }
        let mut command: Vec<String> = ["backends", "terminate", "--cluster", &backends.cluster]
            .map(str::to_owned)
            .into();
        let others = || vec!["--not-user".to_owned(), BOOTSTRAP_SUPERUSER.to_owned()];
        command.extend(self.of_whom().unwrap_or_else(others));
        command.extend(few_active(count));
        Some(Statements {
            count,
            way: WayIn::Backends,
            command,
        })
    }

    /// Runs a statement, and holds what is missed.
    fn runs(&self, session: &Session) -> bool {
        session.state == Some(State::Active) && self.of_the_limited(session)
    }

    /// Whether the view shows that everybody on a slot runs a statement or is spared: what idles on this host is then
    /// on no slot, or spared, which a socket does not tell.
    pub(super) fn all_run(&self) -> bool {
        let view = self.survey.snapshot.as_ref();
        let mut causes = self.diagnosis.cause.iter().chain(&self.diagnosis.also);
        let superusers = |found: &Found| matches!(found.cause, Cause::Superusers { .. });
        self.survey.database_open()
            && !causes.any(superusers)
            && invisible(self.survey) == 0
            && view.is_some_and(|view| {
                view.holders().all(|session| {
                    session.state == Some(State::Active)
                        || self.given.policy.spares(session, view, false).is_some()
                })
            })
    }

    /// Whether ending it gains anything: where a role or a database is at its own limit, only its sessions do.
    pub(super) fn of_the_limited(&self, session: &Session) -> bool {
        match &self.diagnosis.lockout {
            Lockout::RoleLimit { name, .. } => session.user.as_ref() == Some(name),
            Lockout::DatabaseLimit { name, .. } => session.database.as_ref() == Some(name),
            _ => true,
        }
    }

    /// The filter that means them.
    fn of_whom(&self) -> Option<Vec<String>> {
        let (flag, name) = match &self.diagnosis.lockout {
            Lockout::RoleLimit { name, .. } => ("--user", name),
            Lockout::DatabaseLimit { name, .. } => ("--database", name),
            _ => return None,
        };
        Some(vec![flag.to_owned(), name.clone()])
    }
}

fn few_active(count: usize) -> Vec<String> {
    let few = count.min(FEWEST as usize).to_string();
    let words = ["--state", State::Active.flag(), "--limit", &few];
    words.map(str::to_owned).into()
}
