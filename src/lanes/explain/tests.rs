//! Every known refusal, and what is made of it.

use super::*;
use crate::lanes::failure::{Caller, Stage};
use crate::lanes::{LaneKind, ServerError};
use LaneKind::{Login, Replication};
use std::io::ErrorKind;
use std::time::Duration;

fn refusal(lane: LaneKind, stage: Stage, cause: Cause) -> Refusal {
    Refusal {
        lane,
        endpoint: "db.example:5432".into(),
        stage,
        encrypted: false,
        auth_reached: stage >= Stage::Authentication,
        authenticated: stage >= Stage::Authentication,
        cause,
        caller: Caller {
            target: Some("prod".into()),
            host: "db.example".into(),
            port: 5432,
            user: "ops".into(),
            database: "shop".into(),
        },
    }
}

fn server(sqlstate: &str, routine: Option<&str>, message: &str) -> Cause {
    Cause::Server(ServerError {
        severity: "FATAL".into(),
        sqlstate: sqlstate.into(),
        routine: routine.map(Into::into),
        message: message.into(),
        ..ServerError::default()
    })
}

/// PostgreSQL's refusals: lane, SQLSTATE, routine, whether it came after authentication, a word the message keeps in every
/// language; then the situation, and whether to retry.
const POSTGRES: [(LaneKind, &str, &str, bool, &str, Variant, bool); 27] = [
    (
        Login,
        "53300",
        "InitProcess",
        false,
        "",
        Variant::SlotsExhausted,
        true,
    ),
    (
        Login,
        "53300",
        "ProcessStartupPacket",
        false,
        "",
        Variant::ProcessesExhausted,
        true,
    ),
    (
        Login,
        "53300",
        "BackendInitialize",
        false,
        "",
        Variant::ProcessesExhausted,
        true,
    ),
    (
        Replication,
        "53300",
        "BackendInitialize",
        false,
        "",
        Variant::ProcessesExhausted,
        true,
    ),
    (
        Login,
        "53300",
        "InitPostgres",
        true,
        "",
        Variant::OnlySuperuserSlots,
        true,
    ),
    (
        Login,
        "53300",
        "InitPostgres",
        true,
        "SUPERUSER",
        Variant::OnlySuperuserSlots,
        true,
    ),
    (
        Login,
        "53300",
        "InitPostgres",
        true,
        "pg_use_reserved_connections",
        Variant::OnlyReservedSlots,
        true,
    ),
    (
        Login,
        "53300",
        "InitializeSessionUserId",
        true,
        "",
        Variant::RoleLimit,
        false,
    ),
    (
        Replication,
        "53300",
        "InitializeSessionUserId",
        true,
        "",
        Variant::RoleLimit,
        false,
    ),
    (
        Login,
        "53300",
        "CheckMyDatabase",
        true,
        "",
        Variant::DatabaseLimit,
        false,
    ),
    (
        Replication,
        "53300",
        "InitProcess",
        false,
        "",
        Variant::WalsendersExhausted,
        true,
    ),
    (
        Login,
        "53300",
        "SomethingNew",
        true,
        "",
        Variant::TooManyConnections,
        true,
    ),
    (
        Login,
        "57P03",
        "ProcessStartupPacket",
        false,
        "",
        Variant::CannotConnectNow,
        false,
    ),
    (
        Login,
        "57P03",
        "BackendInitialize",
        false,
        "",
        Variant::CannotConnectNow,
        false,
    ),
    (
        Replication,
        "57P03",
        "BackendInitialize",
        false,
        "",
        Variant::CannotConnectNow,
        false,
    ),
    (
        Login,
        "57P01",
        "ProcessInterrupts",
        true,
        "",
        Variant::EndedWhileConnecting,
        false,
    ),
    (
        Login,
        "28000",
        "InitializeSessionUserId",
        true,
        "",
        Variant::RoleCannotLogIn,
        false,
    ),
    (
        Login,
        "28000",
        "ClientAuthentication",
        false,
        "",
        Variant::PgHbaRefuses,
        false,
    ),
    (
        Replication,
        "28000",
        "ClientAuthentication",
        false,
        "",
        Variant::PgHbaRefuses,
        false,
    ),
    (
        Login,
        "28000",
        "auth_failed",
        true,
        "",
        Variant::AuthenticationFailed,
        false,
    ),
    (
        Login,
        "28P01",
        "auth_failed",
        true,
        "",
        Variant::WrongPassword,
        false,
    ),
    (
        Login,
        "55000",
        "CheckMyDatabase",
        true,
        "",
        Variant::DatabaseClosed,
        false,
    ),
    (
        Replication,
        "42501",
        "InitPostgres",
        true,
        "",
        Variant::NoReplicationRight,
        false,
    ),
    (
        Login,
        "42501",
        "CheckMyDatabase",
        true,
        "",
        Variant::NoConnectPrivilege,
        false,
    ),
    (
        Replication,
        "42501",
        "CheckMyDatabase",
        true,
        "",
        Variant::NoConnectPrivilege,
        false,
    ),
    (
        Login,
        "3D000",
        "InitPostgres",
        true,
        "",
        Variant::NoSuchDatabase,
        false,
    ),
    (
        Login,
        "XX000",
        "AnyRoutine",
        true,
        "",
        Variant::Refused,
        false,
    ),
];

#[test]
fn every_refusal_of_postgres_is_known_by_code_routine_and_lane() {
    for (lane, sqlstate, routine, authenticated, word, variant, retry) in POSTGRES {
        let stage = if authenticated {
            Stage::Authentication
        } else {
            Stage::Startup
        };
        // The message is in a language nobody here speaks.
        let message = format!("tlhIngan Hol {word} qaleghneS");
        let said = explain(&refusal(
            lane,
            stage,
            server(sqlstate, Some(routine), &message),
        ));
        assert_eq!(
            said.variant,
            variant,
            "{sqlstate} {routine} on {}",
            lane.name()
        );
        assert_eq!(said.retry, retry, "{}", variant.name());
    }
}

#[test]
fn a_refusal_before_authentication_proves_nothing_about_the_role() {
    let early = explain(&refusal(
        Login,
        Stage::Startup,
        server("53300", Some("InitProcess"), ""),
    ));
    assert!(
        early
            .proves
            .is_some_and(|text| text.starts_with("nothing about the role"))
    );
    let late = server("53300", Some("InitPostgres"), "");
    let late = explain(&refusal(Login, Stage::Authentication, late));
    assert!(
        late.proves
            .is_some_and(|text| text.contains("credentials work"))
    );
}

#[test]
fn a_wrong_password_is_no_proof_that_the_role_exists() {
    let refused = Refusal {
        authenticated: false,
        ..refusal(
            Login,
            Stage::Authentication,
            server("28P01", Some("auth_failed"), ""),
        )
    };
    assert!(explain(&refused).what.contains("or there is no such role"));
}

#[test]
fn a_detail_tells_a_closed_standby_from_a_start() {
    let mut cause = server("57P03", Some("BackendInitialize"), "not accepting");
    if let Cause::Server(error) = &mut cause {
        error.detail = Some("Hot standby mode is disabled.".into());
    }
    let said = explain(&refusal(Login, Stage::Startup, cause));
    assert_eq!(said.variant, Variant::RecoveryNotOpen);
}

#[test]
fn an_error_without_a_code_is_a_failed_fork_and_is_quoted() {
    let said = explain(&refusal(
        Login,
        Stage::Startup,
        server("", None, "could not fork"),
    ));
    assert_eq!(said.variant, Variant::CannotStartProcess);
    assert!(said.what.contains("could not fork"));
}

#[test]
fn poolers_are_known_by_their_own_words() {
    let login = "08P01";
    for (sqlstate, message, variant) in [
        (
            login,
            "no more connections allowed (max_client_conn)",
            Variant::PoolerFull,
        ),
        (
            login,
            "client connections exceeded (max_db_client_connections)",
            Variant::PoolerClientLimit,
        ),
        (
            login,
            "client connections exceeded (max_user_client_connections)",
            Variant::PoolerClientLimit,
        ),
        (login, "query_wait_timeout", Variant::PoolerQueueTimeout),
        (
            login,
            "client_login_timeout (server down)",
            Variant::PoolerServerDown,
        ),
        (login, "server shutting down", Variant::PoolerStopping),
        (login, "pooler is shutting down", Variant::PoolerStopping),
        (
            login,
            "server login has been failing, cached error: sorry, too many clients already (server_login_retry)",
            Variant::PoolerServerDown,
        ),
        (
            "53300",
            "sorry, too many clients already",
            Variant::PoolerServerFull,
        ),
        (login, "database removed", Variant::PoolerDisconnected),
        (
            login,
            "admin forced disconnect",
            Variant::PoolerDisconnected,
        ),
        (
            login,
            "unsupported startup parameter: replication",
            Variant::PoolerNoReplication,
        ),
        (login, "no such database: shop", Variant::PoolerLogin),
        ("28P01", "SASL authentication failed", Variant::PoolerLogin),
        (login, "something else", Variant::PoolerRefused),
        (
            "XX000",
            "(EMAXCONN) max clients reached in session mode",
            Variant::PoolerFull,
        ),
        (
            "XX000",
            "(ECHECKOUTTIMEOUT) unable to check out",
            Variant::PoolerQueueTimeout,
        ),
        (
            "XX000",
            "(ECIRCUITBREAKER) too many failures",
            Variant::PoolerServerDown,
        ),
    ] {
        let refused = refusal(
            Login,
            Stage::Authentication,
            server(sqlstate, None, message),
        );
        assert!(refused.from_pooler());
        assert_eq!(explain(&refused).variant, variant, "{message}");
    }
}

#[test]
fn failures_below_the_protocol_are_told_apart_by_kind_and_stage() {
    let io = |kind| Cause::Io {
        kind,
        text: String::new(),
    };
    let timeout = || Cause::Timeout(Duration::from_secs(3));
    for (stage, cause, variant) in [
        (Stage::Resolve, io(ErrorKind::Other), Variant::NameNotFound),
        (Stage::Resolve, timeout(), Variant::NameTimeout),
        (
            Stage::Socket,
            io(ErrorKind::ConnectionRefused),
            Variant::ConnectionRefused,
        ),
        (
            Stage::Socket,
            io(ErrorKind::HostUnreachable),
            Variant::Unreachable,
        ),
        (Stage::Socket, timeout(), Variant::NoAnswer),
        (Stage::Startup, timeout(), Variant::MuteServer),
        (Stage::Authentication, timeout(), Variant::MuteServer),
        (Stage::Startup, Cause::Closed, Variant::ClosedEarly),
        (
            Stage::Startup,
            io(ErrorKind::ConnectionReset),
            Variant::ClosedEarly,
        ),
        (Stage::Tls, Cause::Tls("bad".into()), Variant::TlsFailed),
        (Stage::Tls, Cause::TlsUnavailable, Variant::TlsUnavailable),
        (
            Stage::Startup,
            Cause::Alien(b"HTTP/1.1".to_vec()),
            Variant::NotPostgres,
        ),
        (
            Stage::Authentication,
            Cause::PasswordMissing,
            Variant::PasswordMissing,
        ),
        (
            Stage::Authentication,
            Cause::UnsupportedMethod("GSSAPI".into()),
            Variant::UnsupportedMethod,
        ),
        (
            Stage::After,
            Cause::Unsuitable("it is a standby".into()),
            Variant::UnsuitableServer,
        ),
        (
            Stage::Socket,
            Cause::Local("no descriptor".into()),
            Variant::LocalFailure,
        ),
    ] {
        let said = explain(&refusal(Login, stage, cause));
        assert_eq!(said.variant, variant, "{}", stage.name());
        assert!(!said.retry);
    }
}

#[test]
fn a_missing_socket_file_is_not_a_missing_name() {
    let missing = Cause::Io {
        kind: ErrorKind::NotFound,
        text: String::new(),
    };
    let refused = Refusal {
        endpoint: "/run/postgresql/.s.PGSQL.5432".into(),
        ..refusal(Login, Stage::Socket, missing)
    };
    let said = explain(&refused);
    assert_eq!(said.variant, Variant::SocketFileMissing);
    assert!(said.next.contains(&"ls -la /run/postgresql".to_string()));
}

#[test]
fn whoever_is_locked_out_by_a_full_server_gets_a_command_to_type() {
    for (lane, sqlstate, routine, _, word, variant, _) in POSTGRES {
        if variant.is_exhaustion() {
            let said = explain(&refusal(
                lane,
                Stage::Startup,
                server(sqlstate, Some(routine), word),
            ));
            assert!(!said.next.is_empty(), "{}", variant.name());
        }
    }
}
