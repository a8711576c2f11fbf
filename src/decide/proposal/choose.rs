//! Which step it is.
//!
//! Pure. The order: what no view shows, the head of a queue, sessions over a database lane, then the host's own means
//! (processes of the server, workers, connections). What runs a statement is never proposed.

mod host;
mod statements;

use super::next::{Given, Next, PassedOver, Place, Proposal, Proposed};
use super::step::Step;
use crate::decide::advice::may_end;
use crate::decide::breakdown::{Dimension, Group, count_by};
use crate::decide::diagnosis::{Cause, Diagnosis, Lockout, STALLED, invisible};
use crate::decide::identity::SessionId;
use crate::decide::session::{Session, State};
use crate::decide::snapshot::Snapshot;
use crate::decide::survey::{Refused, Survey, WayIn};

/// Slots that are to be free at the end, at least.
const FEWEST: u32 = 3;

/// Looks for a step, the least harmful first, and notes what it passes over.
pub(super) struct Chooser<'a> {
    survey: &'a Survey,
    diagnosis: &'a Diagnosis,
    given: &'a Given<'a>,
    passed_over: Vec<PassedOver>,
}

impl<'a> Chooser<'a> {
    /// Nothing looked at yet.
    pub(super) fn new(survey: &'a Survey, diagnosis: &'a Diagnosis, given: &'a Given<'a>) -> Self {
        Self {
            survey,
            diagnosis,
            given,
            passed_over: Vec::new(),
        }
    }

    /// The proposal.
    pub(super) fn choose(mut self) -> Proposal {
        let next = self.next();
        Proposal {
            next,
            passed_over: self.passed_over,
        }
    }

    fn next(&mut self) -> Next {
        match self.diagnosis.lockout {
            Lockout::None => return Next::Nothing,
            Lockout::NotNow => return Next::Wait,
            Lockout::NotAsked if !self.survey.met(Refused::NoAnswer) || self.nothing_here() => {
                return Next::NotSlots;
            }
            _ => {}
        }
        let database = match &self.survey.snapshot {
            Some(view) if self.survey.database_open() => self.over_database(view),
            _ => None,
        };
        let found = database
            .or_else(|| self.over_backends())
            .or_else(|| self.over_workers())
            .or_else(|| self.over_sockets());
        let statements = match found {
            Some(proposed) => return Next::Step(proposed),
            None => self.statements(),
        };
        match statements {
            Some(statements) => Next::Statements(statements),
            // A restart gives a role that is at its own limit nothing that its clients do not take again.
            None if self.survey.backends.is_some() && !self.limited() => Next::Restart,
            None => Next::Elsewhere(self.elsewhere()),
        }
    }

    /// Whether it is a role's or a database's own limit: then the sessions of all others gain nothing.
    fn limited(&self) -> bool {
        matches!(
            self.diagnosis.lockout,
            Lockout::RoleLimit { .. } | Lockout::DatabaseLimit { .. }
        )
    }

    fn nothing_here(&self) -> bool {
        self.survey.backends.is_none()
            && self.survey.workers.is_empty()
            && self.survey.sockets.is_none()
    }

    fn elsewhere(&self) -> Vec<Place> {
        let mut places = vec![Place::DatabaseHost];
        if self.survey.workers.is_empty() {
            places.push(Place::ApplicationHost);
        }
        places
    }

    fn pass(&mut self, step: &'static str, why: impl Into<String>) {
        self.passed_over.push(PassedOver {
            step,
            why: why.into(),
        });
    }

    /// Whether it was tried and gained nothing.
    fn in_vain(&mut self, step: &'static str) -> bool {
        let in_vain = self.given.in_vain.contains(&step);
        if in_vain {
            self.pass(step, "it was done a moment ago and gained nothing");
        }
        in_vain
    }

    fn over_database(&mut self, view: &Snapshot) -> Option<Proposed> {
        let way = self.survey.seen_over.unwrap_or(WayIn::Login);
        let causes = self.diagnosis.cause.iter().chain(&self.diagnosis.also);
        let causes: Vec<Cause> = causes.map(|found| found.cause.clone()).collect();
        for cause in &causes {
            let step = match cause {
                Cause::HalfAuthenticated { .. } => self.end_starting(view, way),
                Cause::LockQueue { head, waiting } => self.end_head(view, way, *head, *waiting),
                _ => None,
            };
            if step.is_some() {
                return step;
            }
        }
        if let Lockout::RoleLimit { name, .. } = &self.diagnosis.lockout {
            return self.end_idle_of(view, way, Dimension::User, name);
        }
        if let Lockout::DatabaseLimit { name, .. } = &self.diagnosis.lockout {
            return self.end_idle_of(view, way, Dimension::Database, name);
        }
        self.free(view, way)
            .or_else(|| self.end_superusers(view, way))
    }

    fn end_starting(&mut self, view: &Snapshot, way: WayIn) -> Option<Proposed> {
        const STEP: &str = "end-starting";
        if self.in_vain(STEP) {
            return None;
        }
        if let Some(step) = self.starting_here() {
            return Some(step);
        }
        let stalled = view.holders().filter(|session| {
            session.state == Some(State::Starting)
                && session.connected_for.is_some_and(|age| age >= STALLED)
        });
        let count = stalled.count();
        if count == 0 {
            self.pass(
                STEP,
                "no view shows half-finished logins before PostgreSQL 18; on the database host \
                 'breakglass backends' does",
            );
            return None;
        }
        if !view.server.role_superuser {
            // A process without a role counts as a superuser's.
            self.pass(
                STEP,
                "only a superuser may end logins that have no role yet",
            );
            return None;
        }
        let step = Step::EndStarting {
            limit: count,
            cluster: None,
        };
        Some(self.expect(view, way, step, count))
    }

    fn end_head(
        &mut self,
        view: &Snapshot,
        way: WayIn,
        head: Option<SessionId>,
        waiting: usize,
    ) -> Option<Proposed> {
        const STEP: &str = "end-head";
        if self.in_vain(STEP) {
            return None;
        }
        let Some(session) = head.and_then(|head| view.find(head)) else {
            self.pass(
                STEP,
                "a prepared transaction heads the queue: COMMIT PREPARED or ROLLBACK PREPARED ends it",
            );
            return None;
        };
        if let Some(why) = self.may_not_end(session, view) {
            self.pass(STEP, why);
            return None;
        }
        let step = Step::EndHead {
            session: session.id,
            waiting,
        };
        let frees = usize::from(session.holds_slot());
        Some(self.expect(view, way, step, frees))
    }

    /// Why our role should not, or may not, end this session.
    fn may_not_end(&self, session: &Session, view: &Snapshot) -> Option<String> {
        if let Some(spared) = self.given.policy.spares(session, view, false) {
            return Some(format!("{} is {}", session.id.pid, spared.sentence()));
        }
        (!may_end(session, view, &self.given.policy)).then(|| {
            format!(
                "role {} may not end {} (GRANT pg_signal_backend)",
                view.server.role, session.id.pid
            )
        })
    }

    fn end_idle_of(
        &mut self,
        view: &Snapshot,
        way: WayIn,
        by: Dimension,
        name: &str,
    ) -> Option<Proposed> {
        const STEP: &str = "end-idle-of";
        if self.in_vain(STEP) {
            return None;
        }
        let idle = view.holders().filter(|session| {
            by.value(session) == name
                && session.state == Some(State::Idle)
                && may_end(session, view, &self.given.policy)
        });
        let idle = idle.count();
        if idle == 0 {
            self.pass(STEP, "none of its sessions is idle and may be ended");
            return None;
        }
        let limit = idle.min(usize::try_from(FEWEST).unwrap_or(usize::MAX));
        let step = Step::EndIdleOf {
            by,
            name: name.to_owned(),
            limit,
        };
        Some(self.expect(view, way, step, limit))
    }

    fn free(&mut self, view: &Snapshot, way: WayIn) -> Option<Proposed> {
        const STEP: &str = "free";
        let capacity = view.capacity();
        let slots = (capacity.ordinary.total / 10)
            .max(FEWEST)
            .min(capacity.ordinary.total);
        let harmless = view.holders().filter(|session| {
            let state = matches!(
                session.state,
                Some(State::Idle | State::IdleInTransaction | State::Aborted)
            );
            state && may_end(session, view, &self.given.policy)
        });
        let harmless: Vec<&Session> = harmless.collect();
        if harmless.is_empty() {
            self.pass(STEP, "nobody who does not run a statement may be ended");
            return None;
        }
        // The reserves fill up first. Slots of logins that no view shows are not free, whatever the view says.
        let unseen = u32::try_from(invisible(self.survey)).unwrap_or(u32::MAX);
        let needed = slots
            .saturating_sub(capacity.ordinary.free.saturating_sub(unseen))
            .saturating_add(capacity.reserved.used)
            .saturating_add(capacity.superuser.used);
        let needed_count = usize::try_from(needed).unwrap_or(usize::MAX);
        let frees = harmless.len().min(needed_count);
        if let Some(fence) = self.fence(view, slots, needed) {
            return Some(self.expect(view, way, fence, frees));
        }
        if self.in_vain(STEP) {
            return None;
        }
        if unseen > 0 && capacity.ordinary.free >= slots {
            self.pass(
                STEP,
                "by the view enough slots are free already; what takes them is not in it",
            );
            return None;
        }
        let of = [Dimension::Application, Dimension::User]
            .into_iter()
            .find_map(|by| Some((by, enough_of(&harmless, by, needed_count)?)));
        Some(self.expect(view, way, Step::Free { slots, of }, frees))
    }

    /// A fence for the role that storms, where that is certain.
    fn fence(&mut self, view: &Snapshot, slots: u32, needed: u32) -> Option<Step> {
        const STEP: &str = "fence-and-free";
        if !self.diagnosis.storms() || self.in_vain(STEP) {
            return None;
        }
        let role = storming(view)?;
        if self.given.fenced.contains(&role.name) {
            return None;
        }
        let superuser = view.holders().any(|session| {
            session.user.as_ref() == Some(&role.name) && session.superuser == Some(true)
        });
        if superuser {
            self.pass(
                STEP,
                format!("role {} is a superuser, whom no limit holds", role.name),
            );
            return None;
        }
        if role.name == view.server.role {
            self.pass(STEP, "the role that connects most is our own");
            return None;
        }
        if !self.given.may_fence {
            self.pass(
                STEP,
                format!(
                    "role {} may not change the limit of role {}",
                    view.server.role, role.name
                ),
            );
            return None;
        }
        let used = u32::try_from(role.count).unwrap_or(u32::MAX);
        Some(Step::FenceAndFree {
            role: role.name,
            limit: used.saturating_sub(needed),
            slots,
        })
    }

    fn end_superusers(&mut self, view: &Snapshot, way: WayIn) -> Option<Proposed> {
        const STEP: &str = "end-superusers";
        let theirs: Vec<&Session> = view
            .holders()
            .filter(|session| {
                !view.ours(session)
                    && session.superuser == Some(true)
                    && session.state == Some(State::Idle)
            })
            .collect();
        let group = count_by(theirs.iter().copied(), Dimension::Application)
            .into_iter()
            .next()?;
        if self.in_vain(STEP) {
            return None;
        }
        if !view.server.role_superuser {
            self.pass(
                STEP,
                format!(
                    "role {} is no superuser, and only a superuser may end superusers' sessions",
                    view.server.role
                ),
            );
            return None;
        }
        let capacity = view.capacity();
        let needed = capacity.reserved.used + capacity.superuser.used + FEWEST;
        let limit = group
            .count
            .min(usize::try_from(needed).unwrap_or(usize::MAX));
        let step = Step::EndSuperusers {
            application: group.name,
            limit,
        };
        Some(self.expect(view, way, step, limit))
    }

    fn expect(&self, view: &Snapshot, way: WayIn, step: Step, frees: usize) -> Proposed {
        let after = view
            .capacity()
            .after(u32::try_from(frees).unwrap_or(u32::MAX));
        let seen_all = invisible(self.survey) == 0;
        Proposed {
            step,
            way,
            frees,
            ordinary_after: (after.is_known() && seen_all).then_some(after.ordinary.free),
        }
    }
}

/// The role that holds most, and so the one that a fence would have to hold.
pub fn storming(view: &Snapshot) -> Option<Group> {
    let theirs = view.holders().filter(|session| !view.ours(session));
    count_by(theirs, Dimension::User).into_iter().next()
}

/// The name of the largest group, where it has as many as are needed: then nobody else pays for the slots.
fn enough_of(sessions: &[&Session], by: Dimension, needed: usize) -> Option<String> {
    count_by(sessions.iter().copied(), by)
        .into_iter()
        .next()
        .filter(|group| group.count >= needed && !group.name.is_empty())
        .map(|group| group.name)
}
