//! The incidents that can be rehearsed: what each is called, who plays in it, what is typed against it.
//!
//! Stage: rehearsal. The one table of commands: what [`super::scenario`] types, and what a person on a fire drill is told
//! would have been quicker. Never: acts on an incident.

use std::io::Write;
use std::path::Path;

use anyhow::Result;

use super::cast::Cast;
use super::stage::{CULPRIT_ROLE, STALLED_ROLE, Stage};
use super::{blind, first, half_open, leak, lock_queue, pooler, second, storm, workers};

/// The incidents that can be rehearsed.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, strum::IntoStaticStr, strum::VariantArray,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Incident {
    /// The ordinary slots are gone
    First,
    /// Every slot is gone, the superusers' too
    Second,
    /// Clients connect again at once, without any back-off
    Storm,
    /// Stalled logins hold every slot; before 18 no statement shows them
    HalfOpen,
    /// A migration holds a lock, and everybody queues behind it
    LockQueue,
    /// An application leaves its transactions open
    Leak,
    /// An application server's workers hold the slots
    Workers,
    /// A pooler holds the slots for transactions left open
    Pooler,
    /// Slots, reserve and walsenders are gone: no lane to the database
    Blind,
}

words!(all Incident);

/// One command, and the exit codes it may end with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    /// What follows `breakglass`, without quotes.
    pub line: String,
    /// The codes.
    pub codes: &'static [i32],
}

/// What is typed against an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// Looks. An inspection may report with its exit code that it found a condition.
    pub look: Typed,
    /// Act, one after the other.
    pub acts: Vec<Typed>,
    /// Afterwards, when clients are in again.
    pub afterwards: Vec<Typed>,
}

impl Incident {
    /// In a few words.
    pub fn title(self) -> &'static str {
        match self {
            Self::First => "ordinary slots gone",
            Self::Second => "every slot gone",
            Self::Storm => "clients reconnect without back-off",
            Self::HalfOpen => "stalled logins hold every slot",
            Self::LockQueue => "everybody queues behind a migration",
            Self::Leak => "transactions left open",
            Self::Workers => "an application server's workers hold the slots",
            Self::Pooler => "a pooler holds the slots",
            Self::Blind => "no lane to the database",
        }
    }

    /// Why it cannot be played here; `None` when it can.
    pub fn missing(self, stage: &Stage) -> Option<&'static str> {
        let needs_proc = matches!(self, Self::HalfOpen | Self::Workers | Self::Blind);
        match self {
            Self::Pooler if pooler::binary(stage).is_none() => Some("no pgbouncer here"),
            _ if needs_proc && !Path::new("/proc/self/stat").exists() => Some("needs Linux"),
            _ => None,
        }
    }

    /// Whether each session that ends is a target of its own on the record.
    pub fn records_sessions(self) -> bool {
        !matches!(self, Self::Storm | Self::Workers | Self::Pooler)
    }

    /// Whether a login of the operator's is impossible.
    pub fn bars_logins(self) -> bool {
        matches!(self, Self::Second | Self::HalfOpen | Self::Blind)
    }

    /// Fills the slots.
    pub fn set_up(self, stage: &Stage, out: &mut dyn Write) -> Result<Cast> {
        match self {
            Self::First => first::set_up(stage, out),
            Self::Second => second::set_up(stage, out),
            Self::Storm => storm::set_up(stage, out),
            Self::HalfOpen => half_open::set_up(stage, out),
            Self::LockQueue => lock_queue::set_up(stage, out),
            Self::Leak => leak::set_up(stage, out),
            Self::Workers => workers::set_up(stage, out),
            Self::Pooler => pooler::set_up(stage, out),
            Self::Blind => blind::set_up(stage, out),
        }
    }

    /// What to type.
    pub fn script(self, stage: &Stage, cast: &Cast) -> Script {
        let port = stage.server.address().port();
        let status = || typed("status", &[0, 1]);
        let backends = || typed(&format!("backends list --cluster {port}"), &[0]);
        let idle = "terminate --app newsletter --state idle --limit 8";
        let (look, acts) = match self {
            Self::First | Self::Second => (status(), vec![act(idle)]),
            Self::Storm => (
                status(),
                vec![
                    typed(
                        &format!("fence --role {CULPRIT_ROLE} --limit 4 --yes --reason drill"),
                        &[0],
                    ),
                    act(&format!("terminate --user {CULPRIT_ROLE} --limit 20")),
                ],
            ),
            Self::HalfOpen => (
                backends(),
                vec![act(&format!(
                    "backends terminate --cluster {port} --user {STALLED_ROLE} --state starting --limit 8"
                ))],
            ),
            Self::LockQueue => (
                typed("blockers", &[0, 1]),
                vec![act("terminate --blocking --limit 1")],
            ),
            Self::Leak => (
                status(),
                vec![act("free 3 --app newsletter --stay 1s --limit 8")],
            ),
            Self::Workers => (
                typed("workers", &[0]),
                vec![act("workers recycle --runtime drill --batch 2 --limit 2")],
            ),
            Self::Pooler => {
                let console = pooler::directory(stage);
                let console = console.display();
                (
                    typed(&format!("pgbouncer --pgbouncer {console}"), &[0, 1]),
                    vec![typed(
                        &format!(
                            "pgbouncer kill newsletter --all --yes --reason drill --pgbouncer {console}"
                        ),
                        &[0],
                    )],
                )
            }
            Self::Blind => (
                backends(),
                blind::acts(cast)
                    .into_iter()
                    .map(|line| Typed {
                        // A kernel may be built without ending connections; the processes are left then.
                        codes: if line.starts_with("sockets") {
                            &[0, 3]
                        } else {
                            &[0]
                        },
                        ..act(&line.replace("PORT", &port.to_string()))
                    })
                    .collect(),
            ),
        };
        let afterwards = match self {
            Self::Storm => vec![typed("fence --undo --yes", &[0])],
            _ => Vec::new(),
        };
        Script {
            look,
            acts,
            afterwards,
        }
    }
}

fn typed(line: &str, codes: &'static [i32]) -> Typed {
    Typed {
        line: line.to_owned(),
        codes,
    }
}

/// An act that must be done and verified.
fn act(line: &str) -> Typed {
    typed(&format!("{line} --yes --reason drill"), &[0])
}
