//! Who is never chosen, and who only when asked for by name.
//!
//! Pure. The list and its reasons: a walsender frees no ordinary slot and may stall synchronous commits;
//! an autovacuum worker may be all that stands between the server and a wraparound; a parallel worker's
//! end fails its leader's statement; a session in `SyncRep` has committed here but nowhere else.

use super::session::{Kind, Session, State};
use super::snapshot::Snapshot;

/// Why a session that matched is left alone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum SparedReason {
    /// It is the session we act through.
    Ourselves,
    /// It streams WAL, or is somebody else on the replication lane.
    Walsender,
    /// It is a server process; its `backend_type`.
    ServerProcess(String),
    /// It helps this leader, which is the one to end.
    ParallelWorker(Option<i32>),
    /// Its commit waits for a standby.
    WaitsForStandby,
    /// Its role is a superuser.
    Superuser,
    /// It listens for notifications.
    Listening,
    /// The configuration protects its role.
    ProtectedUser,
    /// The configuration protects its application.
    ProtectedApplication,
    /// The configuration protects its database.
    ProtectedDatabase,
    /// When it started is hidden, so that it could not be told from a later one with its PID.
    IdentityHidden,
    /// Its role cannot be told, so that nobody knows whether it is protected.
    UserUnknown,
    /// This filter cannot be judged for it: the server hides what it asks about.
    CannotJudge(&'static str),
    /// It runs nothing.
    NothingToCancel,
    /// `--keep` leaves its application this one.
    Kept,
    /// `--oldest` stops before it.
    NotOldest,
    /// `--limit` stops before it.
    OverLimit,
    /// It runs a statement, and only idle ones are wanted.
    Running,
    /// It is in the middle of logging in.
    LoggingIn,
    /// Its state is not in `--order`.
    NotInOrder,
    /// It holds no slot of `max_connections`.
    FreesNoSlot,
    /// The goal is reached long before it.
    NotNeeded,
    /// The configuration's `max_targets` stops before it.
    OverMaxTargets,
}

words!(SparedReason);

impl SparedReason {
    /// For a person, after "spared:".
    pub fn sentence(&self) -> String {
        match self {
            Self::Ourselves => "this is our own session".to_owned(),
            Self::Walsender => {
                "a walsender: frees no ordinary slot, may stall commits (--include walsenders)"
                    .to_owned()
            }
            Self::ServerProcess(kind) => format!("a server process ({kind}), never a target"),
            Self::ParallelWorker(Some(leader)) => {
                format!("a parallel worker: its leader {leader} is the one to end")
            }
            Self::ParallelWorker(None) => {
                "a parallel worker: its leader is the one to end".to_owned()
            }
            Self::WaitsForStandby => {
                "its commit waits for a standby and may be lost on failover (--include syncrep)"
                    .to_owned()
            }
            Self::Superuser => "a superuser's session (--include superusers)".to_owned(),
            Self::Listening => "idles on purpose after LISTEN (--include listeners)".to_owned(),
            Self::ProtectedUser => "its user is protected by the configuration".to_owned(),
            Self::ProtectedApplication => {
                "its application is protected by the configuration".to_owned()
            }
            Self::ProtectedDatabase => "its database is protected by the configuration".to_owned(),
            Self::IdentityHidden => {
                "when it started is hidden from this role (GRANT pg_monitor)".to_owned()
            }
            Self::UserUnknown => {
                "its user and database cannot be told for certain (name it with --pid)".to_owned()
            }
            Self::CannotJudge(flag) => {
                format!("{flag} cannot be judged: hidden from this role (GRANT pg_monitor)")
            }
            Self::NothingToCancel => "runs no statement: nothing to cancel".to_owned(),
            Self::Kept => "among its application's newest (--keep)".to_owned(),
            Self::NotOldest => "not among the oldest (--oldest)".to_owned(),
            Self::OverLimit => "beyond --limit".to_owned(),
            Self::Running => "runs a statement (--active)".to_owned(),
            Self::LoggingIn => "still logging in".to_owned(),
            Self::NotInOrder => "its state is not in --order".to_owned(),
            Self::FreesNoSlot => "holds none of the slots of max_connections".to_owned(),
            Self::NotNeeded => {
                "beyond twice what the goal takes (--limit N or --all for more)".to_owned()
            }
            Self::OverMaxTargets => "beyond max_targets of the configuration".to_owned(),
        }
    }

    /// Spared for what it is, not because the operator drew the line before it.
    pub fn protects(&self) -> bool {
        !matches!(
            self,
            Self::NothingToCancel
                | Self::Kept
                | Self::NotOldest
                | Self::OverLimit
                | Self::NotInOrder
                | Self::NotNeeded
                | Self::OverMaxTargets
        )
    }
}

/// Kinds that are spared unless the operator includes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum Include {
    /// Superusers' sessions.
    Superusers,
    /// Sessions whose last statement was LISTEN.
    Listeners,
    /// Walsenders.
    Walsenders,
    /// Sessions that wait for a synchronous standby.
    Syncrep,
}

words!(all Include);

/// What is spared, and what the operator and the configuration said about it.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// Kinds included on the command line.
    pub include: Vec<Include>,
    /// Protected role names.
    pub users: Vec<String>,
    /// Protected application names.
    pub applications: Vec<String>,
    /// Protected database names.
    pub databases: Vec<String>,
}

impl Policy {
    /// Why `session` is left alone, if it is. `named`: the operator wrote its PID, which says enough about
    /// superusers and listeners, and nothing about the rest.
    pub fn spares(
        &self,
        session: &Session,
        snapshot: &Snapshot,
        named: bool,
    ) -> Option<SparedReason> {
        let included = |kind| self.include.contains(&kind);
        let listed = |list: &[String], value: &Option<String>| {
            value
                .as_ref()
                .is_some_and(|value| list.iter().any(|entry| entry == value))
        };
        if snapshot.ours(session) {
            return Some(SparedReason::Ourselves);
        }
        match &session.kind {
            Kind::Background(kind) => return Some(SparedReason::ServerProcess(kind.clone())),
            Kind::ParallelWorker => return Some(SparedReason::ParallelWorker(session.leader)),
            Kind::Walsender if !included(Include::Walsenders) => {
                return Some(SparedReason::Walsender);
            }
            Kind::Walsender | Kind::Client | Kind::Hidden => {}
        }
        if session.id.started.is_none() {
            return Some(SparedReason::IdentityHidden);
        }
        // Before a login has finished there is nobody to protect yet.
        let unknown = session.user.is_none()
            && matches!(session.kind, Kind::Client | Kind::Walsender)
            && session.state != Some(State::Starting);
        let protected = !self.users.is_empty() || !self.databases.is_empty();
        // Including walsenders is as good as naming one.
        let meant = named || session.kind == Kind::Walsender;
        if unknown && (protected || !meant) {
            return Some(SparedReason::UserUnknown);
        }
        if listed(&self.users, &session.user) {
            return Some(SparedReason::ProtectedUser);
        }
        if listed(&self.applications, &session.application) {
            return Some(SparedReason::ProtectedApplication);
        }
        if listed(&self.databases, &session.database) {
            return Some(SparedReason::ProtectedDatabase);
        }
        if session.waits_for_standby() && !included(Include::Syncrep) {
            return Some(SparedReason::WaitsForStandby);
        }
        if session.superuser == Some(true) && !named && !included(Include::Superusers) {
            return Some(SparedReason::Superuser);
        }
        if session.listens() && !named && !included(Include::Listeners) {
            return Some(SparedReason::Listening);
        }
        None
    }
}

#[cfg(test)]
mod tests;
