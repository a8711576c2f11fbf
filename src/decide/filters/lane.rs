//! The lanes that filters are judged over.
//!
//! Pure.

use super::{Filter, Judge, Judged, Shown};
use crate::decide::criteria::{ClientPattern, Subject, Value};
use crate::decide::session::{Session, State};
use crate::decide::sockets::Socket;
use crate::decide::workers::Worker;

/// A lane, as far as filters go.
pub trait FilterLane: Clone + std::fmt::Debug + Default + Send + Sync + 'static {
    /// What it shows.
    type Of: Subject;
    /// What it is called when it refuses a flag.
    const WHO: &'static str;
    /// "a socket does not tell"
    const DOES_NOT: &'static str;
    /// Above the flags in the help.
    const HEADING: &'static str;
    /// What it would have to tell for `--keep`; `None`: it does.
    const KEEP: Option<&'static str>;
    /// Whether commands over it have `--keep` among their arguments, or these are to refuse it.
    const HAS_KEEP: bool;

    /// How it judges `filter`, or what it does not tell.
    fn of(filter: &Filter) -> Result<&Judge<Self::Of>, &'static str>;

    /// Why it cannot judge this value, though it judges others of that flag.
    fn not_this(value: &Value<Self::Of>) -> Option<&'static str>;
}

impl<S: Subject> Judged<S> {
    fn judge(&self) -> Result<&Judge<S>, &'static str> {
        match self {
            Self::Judged(judge) => Ok(judge),
            Self::Blind(what) => Err(what),
        }
    }
}

/// Sessions, as the server's views show them: over a login, the replication lane, or in a snapshot.
#[derive(Debug, Clone, Copy, Default)]
pub struct SessionsLane;

impl FilterLane for SessionsLane {
    type Of = Session;
    const WHO: &'static str = "a database lane";
    const DOES_NOT: &'static str = "the server does not tell";
    const HEADING: &'static str = "Which sessions (all flags must hold; of a repeated flag, one)";
    const KEEP: Option<&'static str> = None;
    const HAS_KEEP: bool = true;

    fn of(filter: &Filter) -> Result<&Judge<Session>, &'static str> {
        filter.sessions.judge()
    }

    fn not_this(_: &Value<Session>) -> Option<&'static str> {
        None
    }
}

/// Sessions, as the titles of their processes show them.
#[derive(Debug, Clone, Copy, Default)]
pub struct BackendsLane;

impl FilterLane for BackendsLane {
    type Of = Session;
    const WHO: &'static str = "the backends lane";
    const DOES_NOT: &'static str = "a process title does not show";
    const HEADING: &'static str = SessionsLane::HEADING;
    const KEEP: Option<&'static str> = Some("the application");
    const HAS_KEEP: bool = true;

    fn of(filter: &Filter) -> Result<&Judge<Session>, &'static str> {
        match filter.titles {
            Shown::Always | Shown::State | Shown::Address => filter.sessions.judge(),
            Shown::Blind(what) => Err(what),
        }
    }

    fn not_this(value: &Value<Session>) -> Option<&'static str> {
        matches!(value, Value::State(State::Disabled)).then_some("no process title shows it")
    }
}

/// Connections, as the kernel of their host shows them.
#[derive(Debug, Clone, Copy, Default)]
pub struct SocketsLane;

impl FilterLane for SocketsLane {
    type Of = Socket;
    const WHO: &'static str = "the sockets lane";
    const DOES_NOT: &'static str = "a socket does not tell";
    const HEADING: &'static str =
        "Which connections (all flags must hold; of a repeated flag, one)";
    const KEEP: Option<&'static str> = Some("which application it is of");
    const HAS_KEEP: bool = false;

    fn of(filter: &Filter) -> Result<&Judge<Socket>, &'static str> {
        filter.sockets.judge()
    }

    fn not_this(value: &Value<Socket>) -> Option<&'static str> {
        matches!(value, Value::Client(ClientPattern::Local))
            .then_some("it sees TCP connections only")
    }
}

/// Processes of this host that hold connections.
#[derive(Debug, Clone, Copy, Default)]
pub struct WorkersLane;

impl FilterLane for WorkersLane {
    type Of = Worker;
    const WHO: &'static str = "the workers lane";
    const DOES_NOT: &'static str = "a process does not tell";
    const HEADING: &'static str = "Which workers (all flags must hold; of a repeated flag, one)";
    const KEEP: Option<&'static str> = Some("which application it is of");
    const HAS_KEEP: bool = false;

    fn of(filter: &Filter) -> Result<&Judge<Worker>, &'static str> {
        filter.workers.judge()
    }

    fn not_this(_: &Value<Worker>) -> Option<&'static str> {
        None
    }
}
