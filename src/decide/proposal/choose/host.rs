//! Steps that need no database: the server's processes, an application's workers, this host's connections.
//!
//! Pure.

use super::{Chooser, FEWEST, enough_of};
use crate::decide::breakdown::Dimension;
use crate::decide::diagnosis::{Lockout, STALLED};
use crate::decide::proposal::step::BOOTSTRAP_SUPERUSER;
use crate::decide::proposal::{Proposed, Step};
use crate::decide::session::{Session, State};
use crate::decide::survey::{HostBackends, WayIn, WorkerGroup};

/// Where the limits are not known: what the reserves may swallow.
const UNKNOWN_RESERVES: usize = 5;

impl Chooser<'_> {
    pub(super) fn starting_here(&self) -> Option<Proposed> {
        let backends = self.survey.backends.as_ref()?;
        let count = backends.starting(STALLED).count();
        (count > 0 && self.survey.is_open(WayIn::Backends)).then(|| Proposed {
            step: Step::EndStarting {
                limit: count,
                cluster: Some(backends.cluster.clone()),
            },
            way: WayIn::Backends,
            frees: count,
            ordinary_after: None,
        })
    }

    pub(super) fn over_backends(&mut self) -> Option<Proposed> {
        let backends = self.survey.backends.as_ref()?;
        if !self.survey.is_open(WayIn::Backends) {
            return None;
        }
        if let Some(step) = self.starting_here()
            && !self.in_vain(step.step.name())
        {
            return Some(step);
        }
        const STEP: &str = "end-backends";
        if self.in_vain(STEP) {
            return None;
        }
        if let Lockout::DatabaseLimit { .. } = self.diagnosis.lockout {
            self.pass(STEP, "only sessions of that database would help; end them by 'breakglass backends terminate --database'");
            return None;
        }
        let view = &backends.snapshot;
        let clients = view.holders().count();
        let of = |states: &[State]| {
            let meant = |session: &&Session| {
                session.state.is_some_and(|state| states.contains(&state))
                    && session.user.as_deref() != Some(BOOTSTRAP_SUPERUSER)
                    && self.of_the_limited(session)
                    && self.given.policy.spares(session, view, false).is_none()
            };
            view.holders().filter(meant).collect::<Vec<&Session>>()
        };
        let most = (clients / 10).max(FEWEST as usize) + UNKNOWN_RESERVES;
        let choices = [
            vec![State::Aborted, State::Idle],
            vec![State::IdleInTransaction],
        ];
        for states in choices {
            let found = of(&states);
            if !found.is_empty() {
                let limit = found.len().min(most);
                let user = enough_of(&found, Dimension::User, limit);
                return Some(end_backends(backends, states, user, limit));
            }
        }
        let why = if view.holders().any(|session| session.state.is_none()) {
            "process titles show no state here (update_process_title is off)"
        } else {
            "nobody who does not run a statement may be ended; sessions of postgres are left alone, as titles do not tell superusers"
        };
        self.pass(STEP, why);
        None
    }

    pub(super) fn over_workers(&mut self) -> Option<Proposed> {
        const STEP: &str = "recycle";
        if self.limited() || self.all_run() {
            return None;
        }
        let idle = |group: &&WorkerGroup| group.held.idle > 0;
        let group = self.survey.workers.iter().find(idle)?;
        if self.in_vain(STEP) {
            return None;
        }
        let able = |group: &&WorkerGroup| group.held.idle > 0 && group.recyclable;
        let Some(able) = self.survey.workers.iter().find(able) else {
            let why = format!(
                "nothing is known that recycles {} and has it started again",
                group.title
            );
            self.pass(STEP, why);
            return None;
        };
        Some(Proposed {
            step: Step::Recycle {
                runtime: able.runtime.clone(),
            },
            way: WayIn::Workers,
            frees: able.held.idle,
            ordinary_after: None,
        })
    }

    pub(super) fn over_sockets(&mut self) -> Option<Proposed> {
        const STEP: &str = "sever";
        if self.limited() || self.all_run() {
            return None;
        }
        let sockets = self.survey.sockets.filter(|sockets| sockets.idle > 0)?;
        if self.in_vain(STEP) {
            return None;
        }
        if !sockets.may_sever {
            self.pass(
                STEP,
                "severing needs the capability CAP_NET_ADMIN, which this user lacks (sudo)",
            );
            return None;
        }
        let most = (sockets.total() / 10).max(FEWEST as usize) + UNKNOWN_RESERVES;
        let limit = sockets.idle.min(most);
        Some(Proposed {
            step: Step::Sever { limit },
            way: WayIn::Sockets,
            frees: limit,
            ordinary_after: None,
        })
    }
}

fn end_backends(
    backends: &HostBackends,
    states: Vec<State>,
    user: Option<String>,
    limit: usize,
) -> Proposed {
    Proposed {
        step: Step::EndBackends {
            cluster: backends.cluster.clone(),
            states,
            user,
            limit,
        },
        way: WayIn::Backends,
        frees: limit,
        ordinary_after: None,
    }
}
