//! What PostgreSQL's own refusals mean.
//!
//! Stage: inside [`super::explain`]. The situations and their routines were measured on 13 to 18.
//! Never: reads a message, but for two words in the refusals about reserved slots. Those share SQLSTATE and routine;
//! the words are parameters that no translation changes: SUPERUSER and pg_use_reserved_connections (postinit.c, 16 and later).

use super::explanation::{Explanation, ON_DATABASE_HOST};
use super::variant::Variant;
use crate::lanes::failure::Refusal;
use crate::lanes::{LaneKind, ServerError};

/// Refused before anybody looked at the role.
const PROVES_NOTHING: &str =
    "nothing about the role or its password: the refusal came before authentication";

/// Whatever is decided about the role is decided in a backend that has its slot already.
pub(super) fn had_room(lane: LaneKind) -> &'static str {
    match lane {
        LaneKind::Login => "the server is up, and a slot was free for this attempt",
        LaneKind::Replication => "the server is up, and a walsender was free for this attempt",
        LaneKind::Pgbouncer => "something that speaks PostgreSQL's protocol is up",
    }
}

/// The pre-3.0 format: text without SQLSTATE. Only a postmaster that could not fork still speaks it.
pub(super) fn pre_3_0(refusal: &Refusal, error: &ServerError) -> Explanation {
    Explanation::new(
        Variant::CannotStartProcess,
        format!(
            "the server could not start a process for the connection: {}",
            error.message
        ),
    )
    .proving(
        "the database host is out of processes or memory; every lane into the database is affected",
    )
    .next(ON_DATABASE_HOST)
    .next(refusal.caller.sockets())
}

/// An ErrorResponse with a routine.
pub(super) fn explain(refusal: &Refusal, error: &ServerError) -> Explanation {
    let routine = error.routine.as_deref().unwrap_or_default();
    match error.sqlstate.as_str() {
        "53300" => full(refusal, error, routine),
        "57P03" => not_now(error),
        "57P01" | "57P02" | "57P05" => Explanation::new(
            Variant::EndedWhileConnecting,
            format!("the session was ended while it was being set up: {error}"),
        ),
        _ => about_the_role(refusal, error, routine),
    }
}

fn full(refusal: &Refusal, error: &ServerError, routine: &str) -> Explanation {
    let caller = &refusal.caller;
    let flags = caller.flags();
    let side_door = format!("breakglass status {flags} --lane replication");
    let proves = if refusal.authenticated {
        format!("role {} exists and its credentials work", caller.user)
    } else if refusal.auth_reached {
        "the server is up and came as far as asking for credentials".to_string()
    } else {
        PROVES_NOTHING.to_string()
    };
    let full = |variant, what: &str| Explanation::new(variant, what).proving(proves.clone());
    match (routine, refusal.lane) {
        ("InitProcess", LaneKind::Replication) => full(
            Variant::WalsendersExhausted,
            "every walsender is in use (max_wal_senders), so the replication lane is closed too",
        )
        .next(ON_DATABASE_HOST),
        ("InitProcess", LaneKind::Login) => full(
            Variant::SlotsExhausted,
            "every connection slot is taken, those reserved for superusers included",
        )
        .next(side_door)
        .next(ON_DATABASE_HOST),
        ("ProcessStartupPacket" | "BackendInitialize", _) => full(
            Variant::ProcessesExhausted,
            "the server has more connections in their first moments than it allows; no slot was even looked for",
        )
        .next(refusal.caller.sockets())
        .next(ON_DATABASE_HOST),
        ("InitPostgres", _) => reserved(error, full)
            // A superuser still gets in: that is what the reserve is for.
            .next(format!("breakglass status {}", caller.as_role("postgres")))
            .next(side_door),
        ("InitializeSessionUserId", _) => full(
            Variant::RoleLimit,
            &format!("role {} is at its own connection limit; other roles may still get in", caller.user),
        )
        .next(format!("breakglass status {}", caller.as_role("postgres")))
        .next(side_door),
        ("CheckMyDatabase", _) => full(
            Variant::DatabaseLimit,
            &format!("database {} is at its own connection limit; other databases may still be open", caller.database),
        )
        .next(format!("breakglass status {}", caller.in_database(another_database(&caller.database))))
        .next(side_door),
        _ => full(
            Variant::TooManyConnections,
            &format!("too many connections: {error}"),
        )
        .next(side_door),
    }
}

/// The maintenance database, or where that is the closed one, the other database that every cluster has.
fn another_database(closed: &str) -> &'static str {
    if closed == "postgres" {
        "template1"
    } else {
        "postgres"
    }
}

/// Before 16 there was one kind of reserved slot and no parameter in the message.
fn reserved(error: &ServerError, full: impl Fn(Variant, &str) -> Explanation) -> Explanation {
    if error.message.contains("pg_use_reserved_connections") {
        full(
            Variant::OnlyReservedSlots,
            "only reserved slots are left, and the role may not use them (it has neither pg_use_reserved_connections nor SUPERUSER)",
        )
    } else {
        full(
            Variant::OnlySuperuserSlots,
            "only the slots reserved for superusers are left",
        )
    }
}

/// Starting, stopping and crash recovery differ only in their translated text. A detail comes only with a server that is in
/// recovery and not open to readers (14 and later).
fn not_now(error: &ServerError) -> Explanation {
    let (variant, what) = match error.detail {
        Some(_) => (
            Variant::RecoveryNotOpen,
            "the server is in recovery and not open to readers",
        ),
        None => (
            Variant::CannotConnectNow,
            "the server is starting, stopping or recovering, and admits nobody",
        ),
    };
    Explanation::new(variant, format!("{what}: {error}"))
        .proving("the server process is there; slots are not the reason")
        .next(ON_DATABASE_HOST)
        .next("pg_controldata \"$PGDATA\" | grep -i state")
}

fn about_the_role(refusal: &Refusal, error: &ServerError, routine: &str) -> Explanation {
    let caller = &refusal.caller;
    let (user, database, flags) = (&caller.user, &caller.database, caller.flags());
    let psql = caller.spelled_out();
    match (error.sqlstate.as_str(), routine) {
        ("28P01", _) => Explanation::new(
            Variant::WrongPassword,
            format!("the password for role {user} is wrong, or there is no such role"),
        )
        .proving(had_room(refusal.lane))
        .next(format!("PGPASSFILE=~/.pgpass breakglass status {flags}")),
        ("28000", "ClientAuthentication") => Explanation::new(
            Variant::PgHbaRefuses,
            format!("pg_hba.conf turns this connection away: {error}"),
        )
        .proving(had_room(refusal.lane))
        .next(format!("psql {psql} -c 'TABLE pg_hba_file_rules'"))
        .next(ON_DATABASE_HOST),
        ("28000", "InitializeSessionUserId") => Explanation::new(
            Variant::RoleCannotLogIn,
            format!("role {user} does not exist or may not log in: {error}"),
        )
        .proving(had_room(refusal.lane))
        .next(format!("breakglass status {}", caller.as_role("postgres"))),
        ("28000", _) => Explanation::new(
            Variant::AuthenticationFailed,
            format!("authentication as {user} failed: {error}"),
        )
        .proving(had_room(refusal.lane)),
        ("42501", "InitPostgres") if refusal.lane == LaneKind::Replication => Explanation::new(
            Variant::NoReplicationRight,
            format!(
                "role {user} may not use the replication lane: it lacks the REPLICATION attribute"
            ),
        )
        .proving(format!(
            "role {user} exists and its credentials work; before the next time: ALTER ROLE {user} REPLICATION"
        )),
        ("42501", _) => Explanation::new(
            Variant::NoConnectPrivilege,
            format!("role {user} may not connect to database {database}: {error}"),
        )
        .proving(format!("role {user} exists and its credentials work"))
        .next(format!(
            "breakglass status {}",
            caller.in_database(another_database(database))
        )),
        ("3D000", _) => Explanation::new(
            Variant::NoSuchDatabase,
            format!("database {database} does not exist"),
        )
        .proving(format!("role {user} exists and its credentials work"))
        .next(format!(
            "breakglass status {}",
            caller.in_database(another_database(database))
        )),
        ("55000", "CheckMyDatabase") => Explanation::new(
            Variant::DatabaseClosed,
            format!("database {database} takes no connections, from superusers neither"),
        )
        .proving(format!("role {user} exists and its credentials work"))
        .next(format!(
            "breakglass status {}",
            caller.in_database(another_database(database))
        )),
        _ => Explanation::new(Variant::Refused, format!("the server refused: {error}")),
    }
}
