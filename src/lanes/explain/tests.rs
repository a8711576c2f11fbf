//! Every known refusal, and what is made of it. The tables are one row a line, whatever the formatter thinks.

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
        connected_in: None,
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

fn io(kind: ErrorKind) -> Cause {
    Cause::Io {
        kind,
        text: String::new(),
    }
}

/// PostgreSQL's refusals: lane, SQLSTATE, routine, whether it came after authentication, a word that the message keeps in
/// every language; then the situation, and whether to retry.
#[rustfmt::skip]
const POSTGRES: [(LaneKind, &str, &str, bool, &str, Variant, bool); 27] = [
    (Login, "53300", "InitProcess", false, "", Variant::SlotsExhausted, true),
    (Login, "53300", "ProcessStartupPacket", false, "", Variant::ProcessesExhausted, true),
    (Login, "53300", "BackendInitialize", false, "", Variant::ProcessesExhausted, true),
    (Replication, "53300", "BackendInitialize", false, "", Variant::ProcessesExhausted, true),
    (Login, "53300", "InitPostgres", true, "", Variant::OnlySuperuserSlots, true),
    (Login, "53300", "InitPostgres", true, "SUPERUSER", Variant::OnlySuperuserSlots, true),
    (Login, "53300", "InitPostgres", true, "pg_use_reserved_connections", Variant::OnlyReservedSlots, true),
    (Login, "53300", "InitializeSessionUserId", true, "", Variant::RoleLimit, false),
    (Replication, "53300", "InitializeSessionUserId", true, "", Variant::RoleLimit, false),
    (Login, "53300", "CheckMyDatabase", true, "", Variant::DatabaseLimit, false),
    (Replication, "53300", "InitProcess", false, "", Variant::WalsendersExhausted, true),
    (Login, "53300", "SomethingNew", true, "", Variant::TooManyConnections, true),
    (Login, "57P03", "ProcessStartupPacket", false, "", Variant::CannotConnectNow, false),
    (Login, "57P03", "BackendInitialize", false, "", Variant::CannotConnectNow, false),
    (Replication, "57P03", "BackendInitialize", false, "", Variant::CannotConnectNow, false),
    (Login, "57P01", "ProcessInterrupts", true, "", Variant::EndedWhileConnecting, false),
    (Login, "28000", "InitializeSessionUserId", true, "", Variant::RoleCannotLogIn, false),
    (Login, "28000", "ClientAuthentication", false, "", Variant::PgHbaRefuses, false),
    (Replication, "28000", "ClientAuthentication", false, "", Variant::PgHbaRefuses, false),
    (Login, "28000", "auth_failed", true, "", Variant::AuthenticationFailed, false),
    (Login, "28P01", "auth_failed", true, "", Variant::WrongPassword, false),
    (Login, "55000", "CheckMyDatabase", true, "", Variant::DatabaseClosed, false),
    (Replication, "42501", "InitPostgres", true, "", Variant::NoReplicationRight, false),
    (Login, "42501", "CheckMyDatabase", true, "", Variant::NoConnectPrivilege, false),
    (Replication, "42501", "CheckMyDatabase", true, "", Variant::NoConnectPrivilege, false),
    (Login, "3D000", "InitPostgres", true, "", Variant::NoSuchDatabase, false),
    (Login, "XX000", "AnyRoutine", true, "", Variant::Refused, false),
];

/// Poolers' refusals: SQLSTATE and text. The first block is PgBouncer's, the second Supavisor's.
#[rustfmt::skip]
const POOLERS: [(&str, &str, Variant); 19] = [
    ("08P01", "no more connections allowed (max_client_conn)", Variant::PoolerFull),
    ("08P01", "client connections exceeded (max_db_client_connections)", Variant::PoolerClientLimit),
    ("08P01", "client connections exceeded (max_user_client_connections)", Variant::PoolerClientLimit),
    ("08P01", "query_wait_timeout", Variant::PoolerQueueTimeout),
    ("08P01", "client_login_timeout (server down)", Variant::PoolerServerDown),
    ("08P01", "server login has been failing, cached error: voll (server_login_retry)", Variant::PoolerServerDown),
    ("08P01", "server shutting down", Variant::PoolerStopping),
    ("08P01", "pooler is shutting down", Variant::PoolerStopping),
    ("53300", "sorry, too many clients already", Variant::PoolerServerFull),
    ("57P03", "the database system is starting up", Variant::PoolerServerDown),
    ("08P01", "database removed", Variant::PoolerDisconnected),
    ("08P01", "admin forced disconnect", Variant::PoolerDisconnected),
    ("08P01", "unsupported startup parameter: replication", Variant::PoolerNoReplication),
    ("08P01", "no such database: shop", Variant::PoolerLogin),
    ("28P01", "SASL authentication failed", Variant::PoolerLogin),
    ("08P01", "something else", Variant::PoolerRefused),

    ("XX000", "(EMAXCONN) max clients reached in session mode", Variant::PoolerFull),
    ("XX000", "(ECHECKOUTTIMEOUT) unable to check out", Variant::PoolerQueueTimeout),
    ("XX000", "(ECIRCUITBREAKER) too many failures", Variant::PoolerServerDown),
];

/// Failures below the protocol: where, what, and the situation.
#[rustfmt::skip]
fn below_the_protocol() -> Vec<(Stage, Cause, Variant)> {
    let timeout = || Cause::Timeout(Duration::from_secs(3));
    vec![
        (Stage::Resolve, io(ErrorKind::Other), Variant::NameNotFound),
        (Stage::Resolve, timeout(), Variant::NameTimeout),
        (Stage::Socket, io(ErrorKind::ConnectionRefused), Variant::ConnectionRefused),
        (Stage::Socket, io(ErrorKind::HostUnreachable), Variant::Unreachable),
        (Stage::Socket, timeout(), Variant::NoAnswer),
        (Stage::Socket, Cause::Local("no descriptor".into()), Variant::LocalFailure),
        (Stage::Tls, Cause::Tls("bad".into()), Variant::TlsFailed),
        (Stage::Tls, Cause::TlsUnavailable, Variant::TlsUnavailable),
        (Stage::Tls, Cause::TlsSettings("no file".into()), Variant::TlsSettings),
        (Stage::Startup, timeout(), Variant::MuteServer),
        (Stage::Startup, Cause::Closed, Variant::ClosedEarly),
        (Stage::Startup, io(ErrorKind::ConnectionReset), Variant::ClosedEarly),
        (Stage::Startup, Cause::Alien(b"HTTP/1.1".to_vec()), Variant::NotPostgres),
        (Stage::Authentication, timeout(), Variant::MuteServer),
        (Stage::Authentication, Cause::PasswordMissing, Variant::PasswordMissing),
        (Stage::Authentication, Cause::UnsupportedMethod("GSSAPI".into()), Variant::UnsupportedMethod),
        (Stage::Authentication, Cause::Untrusted("no proof".into()), Variant::Untrusted),
        (Stage::After, Cause::Unsuitable("it is a standby".into()), Variant::UnsuitableServer),
    ]
}

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
        let cause = server(sqlstate, Some(routine), &message);
        let said = explain(&refusal(lane, stage, cause));
        let case = format!("{sqlstate} {routine} on {}", lane.name());
        assert_eq!((said.variant, said.retry), (variant, retry), "{case}");
    }
}

#[test]
fn poolers_are_known_by_their_own_words() {
    for (sqlstate, message, variant) in POOLERS {
        let cause = server(sqlstate, None, message);
        let refused = refusal(Login, Stage::Authentication, cause);
        assert!(refused.from_pooler());
        assert_eq!(explain(&refused).variant, variant, "{message}");
    }
}

#[test]
fn failures_below_the_protocol_are_told_apart_by_kind_and_stage() {
    for (stage, cause, variant) in below_the_protocol() {
        let said = explain(&refusal(Login, stage, cause));
        assert_eq!((said.variant, said.retry), (variant, false));
    }
}

#[test]
fn a_refusal_before_authentication_proves_nothing_about_the_role() {
    let proof = |stage, routine| {
        let cause = server("53300", Some(routine), "");
        explain(&refusal(Login, stage, cause)).proves
    };
    let early = proof(Stage::Startup, "InitProcess");
    assert!(early.is_some_and(|text| text.starts_with("nothing about the role")));
    let late = proof(Stage::Authentication, "InitPostgres");
    assert!(late.is_some_and(|text| text.contains("credentials work")));
}

#[test]
fn a_wrong_password_is_no_proof_that_the_role_exists() {
    let cause = server("28P01", Some("auth_failed"), "");
    let refused = Refusal {
        authenticated: false,
        ..refusal(Login, Stage::Authentication, cause)
    };
    assert!(explain(&refused).what.contains("or there is no such role"));
}

#[test]
fn a_detail_tells_a_closed_standby_from_a_start() {
    let cause = Cause::Server(ServerError {
        sqlstate: "57P03".into(),
        routine: Some("BackendInitialize".into()),
        detail: Some("Hot standby mode is disabled.".into()),
        ..ServerError::default()
    });
    let said = explain(&refusal(Login, Stage::Startup, cause));
    assert_eq!(said.variant, Variant::RecoveryNotOpen);
}

#[test]
fn an_error_without_a_code_is_a_failed_fork_and_is_quoted() {
    let cause = server("", None, "could not fork");
    let said = explain(&refusal(Login, Stage::Startup, cause));
    assert_eq!(said.variant, Variant::CannotStartProcess);
    assert!(said.what.contains("could not fork"));
}

#[test]
fn a_missing_socket_file_is_not_a_missing_name() {
    let refused = Refusal {
        endpoint: "/run/postgresql/.s.PGSQL.5432".into(),
        ..refusal(Login, Stage::Socket, io(ErrorKind::NotFound))
    };
    let said = explain(&refused);
    assert_eq!(said.variant, Variant::SocketFileMissing);
    assert!(said.next.contains(&"ls -la /run/postgresql".to_string()));
}

#[test]
fn whoever_is_locked_out_by_a_full_server_gets_a_command_to_type() {
    for (lane, sqlstate, routine, _, word, variant, _) in POSTGRES {
        if variant.is_exhaustion() {
            let cause = server(sqlstate, Some(routine), word);
            let said = explain(&refusal(lane, Stage::Startup, cause));
            assert!(!said.next.is_empty(), "{}", variant.name());
        }
    }
}

#[test]
fn a_pooler_leads_to_its_console_and_supavisor_has_none() {
    let next = |sqlstate, message| {
        let cause = server(sqlstate, None, message);
        explain(&refusal(Login, Stage::Startup, cause)).next
    };
    let full = next("08P01", "no more connections allowed (max_client_conn)");
    assert!(
        full[0].starts_with("breakglass pgbouncer --pgbouncer "),
        "{full:?}"
    );
    let supavisor = next("XX000", "(EMAXCONN) max clients reached");
    assert!(
        supavisor.iter().all(|line| !line.contains("--pgbouncer")),
        "{supavisor:?}"
    );
}

#[test]
fn what_answers_instead_of_a_console_is_named() {
    for (cause, variant) in [
        (
            server("3D000", Some("InitPostgres"), ""),
            Variant::NotAConsole,
        ),
        (
            Cause::Unsuitable("it is no console".into()),
            Variant::NotAConsole,
        ),
        (server("08P01", None, "not allowed"), Variant::PoolerLogin),
        (
            server("08P01", None, "SASL authentication failed"),
            Variant::PoolerLogin,
        ),
        (
            server("08P01", None, "something else"),
            Variant::PoolerRefused,
        ),
        (io(ErrorKind::ConnectionRefused), Variant::ConnectionRefused),
    ] {
        let said = explain(&refusal(
            LaneKind::Pgbouncer,
            Stage::Authentication,
            cause.clone(),
        ));
        assert_eq!(said.variant, variant, "{cause:?}");
        let astray = |line: &String| !line.starts_with("breakglass pgbouncer ");
        assert!(!said.next.iter().any(astray), "{:?}", said.next);
    }
}
