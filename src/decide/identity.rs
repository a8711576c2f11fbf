//! What makes a session that session: its PID and the moment it started.
//!
//! Pure. A bare PID is never an identity: the number is used again as soon as its process is gone.

/// A session of one server, recognisable across two looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId {
    /// Process ID on the server's host.
    pub pid: i32,
    /// `backend_start` in microseconds since 1970 on the server's clock. `None` when the server hides
    /// it from our role; such a session cannot be recognised again and is never acted upon.
    pub started: Option<i64>,
}

impl SessionId {
    /// Both parts, when both are known.
    pub fn known(self) -> Option<(i32, i64)> {
        self.started.map(|started| (self.pid, started))
    }
}
