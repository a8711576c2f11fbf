//! Knocks at one database lane until it opens, or it is plain that it will not.
//!
//! Both lanes are tried at the same time, each in a thread of its own. Several refusals are worth more than one: in a
//! storm they differ from each other, and a slot comes free for a moment now and then.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::connect::Target;
use crate::decide::survey::{Refused, Sight, Standing, WayIn};
use crate::lanes::{
    Counted, Lane, LaneChoice, LaneKind, Lockout, OpenRequest, RetryProgress, Variant, open,
};
use crate::stages::lockout::summary;

/// Attempts even where the other lane is open by now: one refusal does not tell a storm from a full server.
const ATTEMPTS: u32 = 5;
/// How long to go on while no lane is open.
const PATIENCE: Duration = Duration::from_secs(1);
/// Shortest and longest pause, in milliseconds.
const PAUSE_MS: std::ops::RangeInclusive<u64> = 20..=70;

/// What both lanes know of each other: whether one of them is open.
#[derive(Debug, Clone, Default)]
pub(super) struct Tries(Arc<AtomicBool>);

/// What came of it.
pub(super) struct Knock {
    pub sight: Sight,
    pub lane: Option<Box<dyn Lane>>,
    pub refusals: Vec<Counted>,
    pub password_needed: bool,
}

/// Knocks at `kind`, within `limit`.
pub(super) fn knock(target: &Target, kind: LaneKind, limit: Duration, tries: &Tries) -> Knock {
    let began = Instant::now();
    let mut refusals: Vec<Counted> = Vec::new();
    let mut kinds = Vec::new();
    let mut attempts = 0;
    loop {
        let left = limit.saturating_sub(began.elapsed());
        match once(target, kind, left) {
            Ok(lane) => {
                tries.0.store(true, Ordering::Relaxed);
                let sight = Sight {
                    refused: kinds,
                    attempts: attempts + 1,
                    ..Sight::new(way_in(kind), Standing::Open, "", began.elapsed())
                };
                return Knock {
                    sight,
                    lane: Some(lane),
                    refusals,
                    password_needed: false,
                };
            }
            Err(lockout) => {
                attempts += lockout.attempts.total().max(1);
                let password_needed = lockout.password_needed;
                let mut hope = false;
                for counted in lockout.refusals {
                    hope |= counted.explanation.retry;
                    let refused = refused(counted.explanation.variant);
                    if !kinds.contains(&refused) {
                        kinds.push(refused);
                    }
                    add(&mut refusals, counted);
                }
                let enough = tries.0.load(Ordering::Relaxed) && attempts >= ATTEMPTS
                    || began.elapsed() >= PATIENCE;
                if hope && !enough {
                    sleep(Duration::from_millis(fastrand::u64(PAUSE_MS)));
                    continue;
                }
                let what: Vec<String> = refusals.iter().map(said).collect();
                let sight = Sight {
                    refused: kinds,
                    attempts,
                    ..Sight::new(
                        way_in(kind),
                        Standing::Closed,
                        what.join("; "),
                        began.elapsed(),
                    )
                };
                return Knock {
                    sight,
                    lane: None,
                    refusals,
                    password_needed,
                };
            }
        }
    }
}

/// What a lane that has not answered in time is: closed.
pub(super) fn awaited(knock: Option<Knock>, kind: LaneKind, limit: Duration) -> Knock {
    knock.unwrap_or_else(|| Knock {
        sight: Sight {
            refused: vec![Refused::NoAnswer],
            ..Sight::new(
                way_in(kind),
                Standing::Closed,
                format!("no answer within {} s", limit.as_secs()),
                limit,
            )
        },
        lane: None,
        refusals: Vec::new(),
        password_needed: false,
    })
}

/// One attempt at every endpoint.
pub fn once(target: &Target, kind: LaneKind, limit: Duration) -> Result<Box<dyn Lane>, Lockout> {
    let mut on_wait = |_: &RetryProgress<'_>| {};
    let choice = match kind {
        LaneKind::Login => LaneChoice::Login,
        LaneKind::Replication => LaneChoice::Replication,
        LaneKind::Pgbouncer => LaneChoice::Auto,
    };
    let mut request = OpenRequest::new(choice, &mut on_wait);
    request.connect_timeout = limit;
    request.total = limit;
    request.retry_for = Duration::ZERO;
    open(target, request).map(|opened| opened.lane)
}

fn way_in(kind: LaneKind) -> WayIn {
    match kind {
        LaneKind::Login => WayIn::Login,
        LaneKind::Replication => WayIn::Replication,
        LaneKind::Pgbouncer => WayIn::Pgbouncer,
    }
}

/// Counts the same refusal, and does not repeat it.
fn add(refusals: &mut Vec<Counted>, new: Counted) {
    let same = |known: &&mut Counted| {
        known.explanation.variant == new.explanation.variant
            && known.refusal.endpoint == new.refusal.endpoint
    };
    match refusals.iter_mut().find(same) {
        Some(known) => {
            known.count += new.count;
            known.refusal = new.refusal;
            known.explanation = new.explanation;
        }
        None => refusals.push(new),
    }
}

/// A refusal's summary without the lane's name, which stands beside it.
fn said(counted: &Counted) -> String {
    let text = summary(counted);
    let lane = format!("{}: ", counted.refusal.lane.name());
    text.strip_prefix(&lane).unwrap_or(&text).to_owned()
}

/// What a refusal says about the server.
pub fn refused(variant: Variant) -> Refused {
    use Variant as V;
    match variant {
        V::SlotsExhausted => Refused::EverySlot,
        V::ProcessesExhausted | V::CannotStartProcess => Refused::EveryProcess,
        V::OnlySuperuserSlots => Refused::SuperuserReserve,
        V::OnlyReservedSlots => Refused::Reserve,
        V::RoleLimit => Refused::RoleLimit,
        V::DatabaseLimit => Refused::DatabaseLimit,
        V::WalsendersExhausted => Refused::Walsenders,
        V::CannotConnectNow | V::RecoveryNotOpen => Refused::NotNow,
        V::RoleCannotLogIn
        | V::PgHbaRefuses
        | V::DatabaseClosed
        | V::NoReplicationRight
        | V::NoConnectPrivilege
        | V::NoSuchDatabase
        | V::WrongPassword
        | V::AuthenticationFailed
        | V::PasswordMissing
        | V::UnsupportedMethod
        | V::PoolerLogin
        | V::PoolerNoReplication
        | V::Untrusted => Refused::Role,
        V::PoolerFull | V::PoolerClientLimit | V::PoolerQueueTimeout | V::PoolerServerFull => {
            Refused::PoolerFull
        }
        V::NameNotFound
        | V::NameTimeout
        | V::ConnectionRefused
        | V::SocketFileMissing
        | V::SocketDenied
        | V::Unreachable
        | V::NoAnswer
        | V::MuteServer
        | V::ClosedEarly
        | V::NotPostgres
        | V::ConnectionFailed
        | V::TlsFailed
        | V::TlsUnavailable
        | V::TlsSettings => Refused::NoAnswer,
        V::TooManyConnections
        | V::EndedWhileConnecting
        | V::Refused
        | V::PoolerServerDown
        | V::PoolerStopping
        | V::PoolerDisconnected
        | V::PoolerRefused
        | V::NotAConsole
        | V::UnsuitableServer
        | V::LocalFailure => Refused::Other,
    }
}
