//! What one of the ways in beside the database showed.

use crate::decide::survey::{HostBackends, HostSockets, Sight, WorkerGroup};
use std::time::Duration;

/// How long any way in may take to show whether it is open.
pub(super) const LIMIT: Duration = Duration::from_secs(3);

/// What one of this host's lanes showed.
pub(super) struct Beside<T> {
    pub(super) sight: Sight,
    pub(super) seen: Option<T>,
}

/// What the sockets lane showed.
pub(super) type Sockets = Beside<HostSockets>;

/// What the workers lane showed.
pub(super) type Workers = Beside<Vec<WorkerGroup>>;

/// What the backends lane showed.
pub(super) type Backends = Beside<HostBackends>;
