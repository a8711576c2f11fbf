//! Tiny builders for tests: surveys of the server with 20 slots, and who is on it.
//!
//! Only for tests.

use std::time::Duration;

use super::{HostBackends, Refused, Sight, Standing, Survey, WayIn};
use crate::decide::capacity::Limits;
use crate::decide::session::{Session, State};
use crate::decide::testing::{blocked, in_transaction, ours, session, snapshot};

pub fn sight(way: WayIn, standing: Standing, refused: &[Refused]) -> Sight {
    Sight {
        refused: refused.to_vec(),
        ..Sight::new(way, standing, "", Duration::ZERO)
    }
}

/// What the login met, and what the replication lane then saw.
pub fn over_replication(refused: &[Refused], sessions: Vec<Session>) -> Survey {
    Survey {
        role: "breakglass".to_owned(),
        sights: vec![
            sight(WayIn::Login, Standing::Closed, refused),
            sight(WayIn::Replication, Standing::Open, &[]),
        ],
        snapshot: Some(snapshot(sessions)),
        seen_over: Some(WayIn::Replication),
        ..Survey::default()
    }
}

pub fn over_login(sessions: Vec<Session>) -> Survey {
    let mut all = vec![ours()];
    all.extend(sessions);
    Survey {
        role: "breakglass".to_owned(),
        sights: vec![sight(WayIn::Login, Standing::Open, &[])],
        snapshot: Some(snapshot(all)),
        seen_over: Some(WayIn::Login),
        ..Survey::default()
    }
}

pub fn locked_out(login: &[Refused], replication: &[Refused]) -> Survey {
    Survey {
        role: "breakglass".to_owned(),
        sights: vec![
            sight(WayIn::Login, Standing::Closed, login),
            sight(WayIn::Replication, Standing::Closed, replication),
        ],
        ..Survey::default()
    }
}

pub fn here(sessions: Vec<Session>) -> Option<HostBackends> {
    let mut view = snapshot(sessions);
    view.limits = Limits::default();
    Some(HostBackends {
        label: "/data, port 5432".to_owned(),
        data_directory: "/var/lib/postgresql/data".to_owned(),
        cluster: "5432".to_owned(),
        snapshot: view,
    })
}

pub fn starting(pid: i32, seconds: u64) -> Session {
    Session {
        state: Some(State::Starting),
        connected_for: Some(Duration::from_secs(seconds)),
        ..session(pid)
    }
}

pub fn as_superuser(session: Session) -> Session {
    Session {
        superuser: Some(true),
        user: Some("postgres".to_owned()),
        application: Some("nightly".to_owned()),
        ..session
    }
}

pub fn idle(count: i32) -> Vec<Session> {
    (100..100 + count).map(session).collect()
}

pub fn queue(waiting: i32) -> Vec<Session> {
    let mut all = vec![in_transaction(50, 250)];
    all.extend((200..200 + waiting).map(|pid| blocked(pid, &[50], 200)));
    all
}

pub fn with(mut one: Vec<Session>, other: Vec<Session>) -> Vec<Session> {
    one.extend(other);
    one
}

/// With the titles of these sessions, and the lane open.
pub fn on_database_host(mut survey: Survey, sessions: Vec<Session>) -> Survey {
    survey.backends = here(sessions);
    survey
        .sights
        .push(sight(WayIn::Backends, Standing::Open, &[]));
    survey
}
