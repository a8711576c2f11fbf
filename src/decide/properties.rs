//! What must hold for every server and every command line: nothing is ended that is protected or was not asked
//! for, and a confirmed plan never grows.
//!
//! Only tests. The facts are written down a second time here, by hand, and not with the code they check.

use std::time::Duration;

use proptest::prelude::*;

use super::confirmation::{Approval, Cap};
use super::criteria::Criteria;
use super::evidence::{Database, Evidence, Queries, Taken, document};
use super::filters::{SessionsLane, criteria};
use super::identity::SessionId;
use super::protection::{Include, Policy};
use super::selection::{Cut, Spared, select};
use super::session::{Kind, Session, State};
use super::sessions::plan::{Action, Way, plan};
use super::snapshot::Snapshot;
use super::testing::{OURS, hidden, session, snapshot};

const NAMES: [&str; 3] = ["web", "cron", ""];
const STATES: [State; 4] = [
    State::Idle,
    State::Active,
    State::IdleInTransaction,
    State::Aborted,
];

prop_compose! {
    fn any_session()(
        pid in 1..25_i32,
        kind in 0..7_usize,
        user in 0..3_usize,
        application in 0..3_usize,
        state in 0..4_usize,
        age in 0..100_u64,
        superuser in prop::option::of(any::<bool>()),
        listens in prop::bool::weighted(0.1),
        blocked_by in prop::collection::vec(0..25_i32, 0..3),
    ) -> Session {
        let base = if kind == 5 { hidden(pid) } else { session(pid) };
        let hidden = base.hidden;
        let age = Some(Duration::from_secs(age));
        Session {
            kind: match kind {
                0 => Kind::Walsender,
                1 => Kind::ParallelWorker,
                2 => Kind::Background("autovacuum worker".to_owned()),
                5 => Kind::Hidden,
                _ => Kind::Client,
            },
            user: NAMES.get(user).map(ToString::to_string),
            application: NAMES.get(application).map(ToString::to_string),
            state: if hidden { None } else { STATES.get(state).copied() },
            state_for: if hidden { None } else { age },
            connected_for: if hidden { None } else { age },
            query: if hidden { None } else { Some(if listens { "LISTEN x" } else { "SELECT" }.to_owned()) },
            superuser,
            blocked_by,
            ..base
        }
    }
}

prop_compose! {
    fn any_snapshot()(mut sessions in prop::collection::vec(any_session(), 0..40)) -> Snapshot {
        sessions.sort_by_key(|session| session.id.pid);
        sessions.dedup_by_key(|session| session.id.pid);
        snapshot(sessions)
    }
}

/// Names asked for, and names excluded.
#[derive(Debug, Clone)]
struct Names {
    any: Vec<String>,
    none: Vec<String>,
}

/// What was typed.
#[derive(Debug, Clone)]
struct Wanted {
    pids: Vec<i32>,
    not_pids: Vec<i32>,
    users: Names,
    applications: Names,
    states: Vec<State>,
    idle: Option<Duration>,
    connected: Option<Duration>,
    blocking: Option<bool>,
    waiting: Option<bool>,
}

impl Wanted {
    /// As the command line reads it; an error where it contradicts itself.
    fn criteria(&self) -> Result<Criteria<Session>, String> {
        let mut line: Vec<(&str, String)> = Vec::new();
        line.extend(self.pids.iter().map(|pid| ("--pid", pid.to_string())));
        line.extend(
            self.not_pids
                .iter()
                .map(|pid| ("--not-pid", pid.to_string())),
        );
        line.extend(self.users.any.iter().map(|name| ("--user", name.clone())));
        line.extend(
            self.users
                .none
                .iter()
                .map(|name| ("--not-user", name.clone())),
        );
        line.extend(
            self.applications
                .any
                .iter()
                .map(|name| ("--app", name.clone())),
        );
        line.extend(
            self.applications
                .none
                .iter()
                .map(|name| ("--not-app", name.clone())),
        );
        line.extend(
            self.states
                .iter()
                .map(|state| ("--state", state.flag().to_owned())),
        );
        line.extend(
            self.idle
                .iter()
                .map(|age| ("--idle-for", format!("{}s", age.as_secs()))),
        );
        line.extend(
            self.connected
                .iter()
                .map(|age| ("--connected-for", format!("{}s", age.as_secs()))),
        );
        let flag = |yes: bool, flag, twin| (if yes { flag } else { twin }, String::new());
        line.extend(
            self.blocking
                .map(|yes| flag(yes, "--blocking", "--not-blocking")),
        );
        line.extend(
            self.waiting
                .map(|yes| flag(yes, "--waiting", "--not-waiting")),
        );
        let typed: Vec<_> = line
            .iter()
            .map(|(flag, text)| (*flag, text.as_str()))
            .collect();
        criteria::<SessionsLane>(&typed)
    }
}

fn names() -> impl Strategy<Value = Names> {
    let some = || {
        prop::collection::vec(
            prop::sample::select(NAMES.map(str::to_owned).to_vec()),
            0..2,
        )
    };
    (some(), some()).prop_map(|(any, none)| Names { any, none })
}

prop_compose! {
    fn any_wanted()(
        pids in prop::collection::vec(1..30_i32, 0..3),
        not_pids in prop::collection::vec(1..30_i32, 0..3),
        users in names(),
        applications in names(),
        states in prop::collection::vec(prop::sample::select(STATES.to_vec()), 0..2),
        idle in prop::option::of(0..100_u64),
        connected in prop::option::of(0..100_u64),
        blocking in prop::option::of(any::<bool>()),
        waiting in prop::option::of(any::<bool>()),
    ) -> Wanted {
        let idle = idle.map(Duration::from_secs);
        let connected = connected.map(Duration::from_secs);
        Wanted { pids, not_pids, users, applications, states, idle, connected, blocking, waiting }
    }
}

/// What was typed, and what it was read as.
fn any_criteria() -> impl Strategy<Value = (Wanted, Criteria<Session>)> {
    any_wanted().prop_filter_map("contradicts itself", |wanted| {
        let criteria = wanted.criteria().ok()?;
        Some((wanted, criteria))
    })
}

prop_compose! {
    fn any_policy()(
        include in prop::sample::subsequence(Include::ALL.to_vec(), 0..=4),
        users in prop::sample::subsequence(vec!["web".to_owned()], 0..=1),
        applications in prop::sample::subsequence(vec!["cron".to_owned()], 0..=1),
    ) -> Policy {
        Policy { include, users, applications, databases: Vec::new() }
    }
}

prop_compose! {
    fn any_cut()(
        keep in prop::option::of(0..4_usize),
        oldest in prop::option::of(0..8_usize),
        limit in prop::option::of(0..8_usize),
    ) -> Cut {
        Cut { keep, oldest, limit }
    }
}

/// Whether `session` satisfies every flag, by the letter of the manual.
fn asked_for(session: &Session, wanted: &Wanted, snapshot: &Snapshot) -> bool {
    let listed = |names: &Names, value: &Option<String>| {
        let value = value.clone().unwrap_or_default();
        (names.any.is_empty() || names.any.contains(&value)) && !names.none.contains(&value)
    };
    let blocks = snapshot
        .sessions
        .iter()
        .any(|other| other.blocked_by.contains(&session.id.pid));
    let idle = session.state == Some(State::Idle);
    let state = |state| wanted.states.contains(&state);
    (wanted.pids.is_empty() || wanted.pids.contains(&session.id.pid))
        && !wanted.not_pids.contains(&session.id.pid)
        && listed(&wanted.users, &session.user)
        && listed(&wanted.applications, &session.application)
        && (wanted.states.is_empty() || session.state.is_some_and(state))
        && wanted
            .idle
            .is_none_or(|min| idle && session.state_for >= Some(min))
        && wanted
            .connected
            .is_none_or(|min| session.connected_for >= Some(min))
        && wanted.blocking.is_none_or(|wanted| wanted == blocks)
        && wanted
            .waiting
            .is_none_or(|wanted| wanted != session.blocked_by.is_empty())
}

/// Whether `session` may be ended, by the letter of the design.
fn may_end(session: &Session, wanted: &Wanted, policy: &Policy) -> bool {
    let named = wanted.pids.contains(&session.id.pid);
    let included = |kind| policy.include.contains(&kind);
    let kind = match session.kind {
        Kind::Background(_) | Kind::ParallelWorker => false,
        Kind::Walsender => included(Include::Walsenders),
        Kind::Client | Kind::Hidden => true,
    };
    let listens = session.query.as_deref() == Some("LISTEN x");
    session.id.pid != OURS
        && session.id.started.is_some()
        && kind
        && !policy
            .users
            .iter()
            .any(|user| Some(user) == session.user.as_ref())
        && !policy
            .applications
            .iter()
            .any(|name| Some(name) == session.application.as_ref())
        && (session.superuser != Some(true) || named || included(Include::Superusers))
        && (!listens || named || included(Include::Listeners))
}

/// A snapshot with all that stands around it in a file.
pub(super) fn evidence(snapshot: Snapshot, queries: Queries) -> Evidence {
    Evidence {
        taken: Taken::default(),
        target: "db1".to_owned(),
        queries,
        refused_before: vec!["login: every slot is taken".to_owned()],
        refusals: Vec::new(),
        database: Some(Database {
            lane: "replication".to_owned(),
            endpoint: "db1:5432".to_owned(),
            encrypted: true,
            snapshot,
            settings: Vec::new(),
            locks: Vec::new(),
        }),
        beside: Vec::new(),
        not_seen: Vec::new(),
    }
}

proptest! {
    #[test]
    fn nothing_is_chosen_that_is_protected_or_was_not_asked_for(
        snapshot in any_snapshot(),
        (wanted, criteria) in any_criteria(),
        policy in any_policy(),
        cut in any_cut(),
        only_active in any::<bool>(),
    ) {
        let selection = select(&snapshot, &criteria, cut, &policy, only_active);
        for session in &selection.chosen {
            prop_assert!(asked_for(session, &wanted, &snapshot), "not asked for: {session:?}");
            prop_assert!(may_end(session, &wanted, &policy), "protected: {session:?}");
            prop_assert!(!only_active || session.state == Some(State::Active));
            prop_assert!(selection.spared.iter().all(|spared| spared.session.id != session.id));
        }
        let most = cut.limit.unwrap_or(usize::MAX).min(cut.oldest.unwrap_or(usize::MAX));
        prop_assert!(selection.chosen.len() <= most);
    }

    #[test]
    fn whoever_was_asked_for_and_holds_a_slot_is_chosen_or_spared_with_a_reason(
        snapshot in any_snapshot(),
        (wanted, criteria) in any_criteria(),
        policy in any_policy(),
        cut in any_cut(),
    ) {
        let selection = select(&snapshot, &criteria, cut, &policy, false);
        for session in snapshot.holders().filter(|session| !session.hidden) {
            let chosen = selection.chosen.iter().any(|other| other.id == session.id);
            let spared = selection.spared.iter().filter(|other| other.session.id == session.id).count();
            prop_assert!(usize::from(chosen) + spared <= 1);
            let judged = wanted.blocking != Some(false) || snapshot.hidden() == 0;
            if judged && asked_for(session, &wanted, &snapshot) {
                prop_assert!(chosen || spared == 1, "lost: {session:?}");
            }
        }
    }

    #[test]
    fn a_snapshot_that_was_saved_chooses_the_same_sessions_with_or_without_the_text_of_statements(
        snapshot in any_snapshot(),
        (_, criteria) in any_criteria(),
        policy in any_policy(),
        cut in any_cut(),
        only_active in any::<bool>(),
    ) {
        let live = select(&snapshot, &criteria, cut, &policy, only_active);
        for queries in [Queries::Kept, Queries::LeftOut] {
            let evidence = evidence(snapshot.clone(), queries);
            let text = serde_json::to_string(&document::write(&evidence)).unwrap_or_default();
            let read = serde_json::from_str(&text).map(document::read);
            let read = read.map_err(|error| TestCaseError::fail(error.to_string()))?;
            let read = read.map_err(TestCaseError::fail)?;
            if queries == Queries::Kept {
                prop_assert_eq!(&read, &evidence);
            }
            let Some(database) = read.database else {
                return Err(TestCaseError::fail("the database is lost"));
            };
            let saved = select(&database.snapshot, &criteria, cut, &policy, only_active);
            let chosen = |of: &[Session]| of.iter().map(|session| session.id).collect::<Vec<_>>();
            prop_assert_eq!(chosen(&saved.chosen), chosen(&live.chosen));
            let spared = |of: &[Spared]| {
                of.iter().map(|it| (it.session.id, it.reason.clone())).collect::<Vec<_>>()
            };
            prop_assert_eq!(spared(&saved.spared), spared(&live.spared));
            prop_assert_eq!(saved.missing, live.missing.clone());
        }
    }

    #[test]
    fn narrowing_a_confirmed_plan_never_widens_it(
        snapshot in any_snapshot(),
        still in prop::collection::vec(
            (1..40_i32, prop::option::of(any::<i64>())).prop_map(|(pid, started)| SessionId { pid, started }),
            0..20,
        ),
        part in any::<prop::sample::Index>(),
    ) {
        let selection = select(&snapshot, &Criteria::default(), Cut::default(), &Policy::default(), false);
        let chosen = selection.chosen.clone();
        let plan = plan(Action::Terminate, Way { lane: "login", endpoint: "db1.example.net:5432".to_owned(), wait: Duration::ZERO }, &snapshot, selection);
        let Ok(confirmed) = plan.confirm(&Approval::Flag(Cap::All), None) else {
            prop_assert!(chosen.is_empty());
            return Ok(());
        };
        prop_assert_eq!(confirmed.targets(), &chosen[..]);
        let mut still = still;
        still.extend(chosen.iter().take(part.index(chosen.len() + 1)).map(|session| session.id));
        let narrow = confirmed.narrowed_to(&still);
        for session in narrow.targets() {
            prop_assert!(chosen.contains(session) && still.contains(&session.id));
        }
        let again = narrow.narrowed_to(&chosen.iter().map(|session| session.id).collect::<Vec<_>>());
        prop_assert_eq!(again.targets(), narrow.targets());
    }
}
