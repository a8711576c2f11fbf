//! The steps there are, and the commands that do the same.
//!
//! Pure.

use crate::decide::breakdown::Dimension;
use crate::decide::identity::SessionId;
use crate::decide::session::State;

/// The role that initdb makes, by the name it has on nearly every server. A process title does not tell who is a
/// superuser; this one is left alone where nothing but titles is seen.
pub const BOOTSTRAP_SUPERUSER: &str = "postgres";

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Step {
    /// End the session that many wait for.
    EndHead {
        /// It.
        session: SessionId,
        /// How many wait for it.
        waiting: usize,
    },
    /// End the least harmful sessions until so many ordinary slots are free.
    Free {
        /// Ordinary slots.
        slots: u32,
        /// Only of these, where that is enough, so that nobody else pays for them.
        of: Option<(Dimension, String)>,
    },
    /// Keep a role from taking the slots that are freed, and free them.
    FenceAndFree {
        /// The role.
        role: String,
        /// Its limit while the fence stands.
        limit: u32,
        /// Ordinary slots.
        slots: u32,
    },
    /// End idle sessions of a role or database that is at its own limit.
    EndIdleOf {
        /// Which of the two.
        by: Dimension,
        /// Its name.
        name: String,
        /// How many.
        limit: usize,
    },
    /// End idle sessions of an application that logs in as a superuser.
    EndSuperusers {
        /// `application_name`
        application: String,
        /// How many.
        limit: usize,
    },
    /// End logins that are not through.
    EndStarting {
        /// How many.
        limit: usize,
        /// Which cluster, as the backends lane calls it; `None` over a database lane.
        cluster: Option<String>,
    },
    /// End sessions in these states from the database host.
    EndBackends {
        /// Which cluster.
        cluster: String,
        /// States, the least harmful first.
        states: Vec<State>,
        /// Only of this role, where that is enough; else of everybody but [`BOOTSTRAP_SUPERUSER`].
        user: Option<String>,
        /// How many.
        limit: usize,
    },
    /// Recycle an application's workers.
    Recycle {
        /// `--runtime`
        runtime: String,
    },
    /// Sever idle connections.
    Sever {
        /// How many.
        limit: usize,
    },
}

words!(Step);

impl Step {
    /// The same for at most `most` targets, where the step says how many.
    #[must_use]
    pub fn at_most(&self, most: usize) -> Self {
        let mut step = self.clone();
        match &mut step {
            Self::EndIdleOf { limit, .. }
            | Self::EndSuperusers { limit, .. }
            | Self::EndStarting { limit, .. }
            | Self::EndBackends { limit, .. }
            | Self::Sever { limit } => *limit = (*limit).min(most),
            Self::EndHead { .. }
            | Self::Free { .. }
            | Self::FenceAndFree { .. }
            | Self::Recycle { .. } => {}
        }
        step
    }

    /// Whether its command says how many at most.
    pub fn is_limited(&self) -> bool {
        matches!(
            self,
            Self::EndIdleOf { .. }
                | Self::EndSuperusers { .. }
                | Self::EndStarting { .. }
                | Self::EndBackends { .. }
                | Self::Sever { .. }
        )
    }

    /// What to type after `breakglass` for the same, one command after the other.
    pub fn commands(&self) -> Vec<Vec<String>> {
        let words = |words: &[&str]| -> Vec<String> {
            words.iter().map(|word| (*word).to_owned()).collect()
        };
        match self {
            Self::EndHead { session, .. } => {
                // By the time it is typed, the PID may be another session's; that one blocks nobody.
                vec![words(&[
                    "terminate",
                    "--pid",
                    &session.pid.to_string(),
                    "--blocking",
                ])]
            }
            Self::Free { slots, of } => {
                let mut line = words(&["free", &slots.to_string()]);
                if let Some((by, name)) = of {
                    line.extend(words(&[flag(*by), name]));
                }
                vec![line]
            }
            Self::FenceAndFree { role, limit, slots } => vec![
                words(&["fence", "--role", role, "--limit", &limit.to_string()]),
                words(&["free", &slots.to_string(), "--user", role]),
            ],
            Self::EndIdleOf { by, name, limit } => {
                let limit = limit.to_string();
                vec![words(&[
                    "terminate",
                    flag(*by),
                    name,
                    "--state",
                    "idle",
                    "--limit",
                    &limit,
                ])]
            }
            Self::EndSuperusers { application, limit } => vec![words(&[
                "terminate",
                "--app",
                application,
                "--state",
                "idle",
                "--include",
                "superusers",
                "--limit",
                &limit.to_string(),
            ])],
            Self::EndStarting { limit, cluster } => {
                let mut line = match cluster {
                    Some(cluster) => words(&["backends", "terminate", "--cluster", cluster]),
                    None => words(&["terminate"]),
                };
                line.extend(words(&[
                    "--state",
                    State::Starting.flag(),
                    "--limit",
                    &limit.to_string(),
                ]));
                vec![line]
            }
            Self::EndBackends {
                cluster,
                states,
                user,
                limit,
            } => {
                let mut line = words(&["backends", "terminate", "--cluster", cluster]);
                match user {
                    Some(user) => line.extend(words(&["--user", user])),
                    None => line.extend(words(&["--not-user", BOOTSTRAP_SUPERUSER])),
                }
                for state in states {
                    line.extend(words(&["--state", state.flag()]));
                }
                line.extend(words(&["--limit", &limit.to_string()]));
                vec![line]
            }
            Self::Recycle { runtime } => vec![words(&[
                "workers",
                "recycle",
                "--runtime",
                runtime,
                "--state",
                "idle",
                "--until-answers",
            ])],
            Self::Sever { limit } => vec![words(&[
                "sockets",
                "sever",
                "--state",
                "idle",
                "--limit",
                &limit.to_string(),
            ])],
        }
    }
}

/// The filter that means one of them.
fn flag(by: Dimension) -> &'static str {
    match by {
        Dimension::Application => "--app",
        Dimension::Database => "--database",
        _ => "--user",
    }
}
