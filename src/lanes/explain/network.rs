//! What a failure below the protocol means: names, sockets, TLS, silence, and credentials we do not have.
//!
//! Stage: inside [`super::explain`].
//! Never: guesses at the database's state from the network's.

use super::explanation::{Explanation, ON_DATABASE_HOST};
use super::server::had_room;
use super::variant::Variant;
use crate::lanes::caller::shell_word;
use crate::lanes::failure::{Cause, Refusal, Stage};
use std::io::ErrorKind;

use crate::lanes::deadline::rounded;

/// A failure without an ErrorResponse.
pub(super) fn explain(refusal: &Refusal) -> Explanation {
    let endpoint = &refusal.endpoint;
    let flags = refusal.caller.flags();
    let new = Explanation::new;
    match &refusal.cause {
        Cause::Io { kind, text } => io(refusal, *kind, text),
        Cause::Timeout(limit) => match (refusal.stage, rounded(*limit)) {
            (Stage::Resolve, limit) => new(
                Variant::NameTimeout,
                format!("no name server answered within {limit:?}"),
            )
            .next(format!("breakglass status {}", refusal.caller.at_host("ADDRESS"))),
            (Stage::Socket, limit) => new(
                Variant::NoAnswer,
                format!("{endpoint} did not take a connection within {limit:?}"),
            )
            .proving("nothing about the database: a firewall, a dead host or a full accept queue look alike")
            .next(refusal.caller.sockets()),
            (_, limit) => new(
                Variant::MuteServer,
                format!("{endpoint} took the connection and said nothing within {limit:?}"),
            )
            .proving("something listens there; a stopped server, a hung proxy or a lock on the login catalogs look alike")
            .next(ON_DATABASE_HOST)
            .next(refusal.caller.sockets()),
        },
        Cause::Closed => new(
            Variant::ClosedEarly,
            format!("{endpoint} closed the connection without a word ({})", moment(refusal.stage)),
        )
        .proving("something listens there; a server that just crashed, a proxy without a server, or a wrong port look alike")
        .next(ON_DATABASE_HOST),
        Cause::Tls(why) => new(Variant::TlsFailed, format!("TLS with {endpoint} failed: {why}")),
        Cause::TlsUnavailable => new(
            Variant::TlsUnavailable,
            format!("sslmode wants TLS, and {endpoint} has none"),
        )
        .next(format!("PGSSLMODE=prefer breakglass status {flags}")),
        Cause::TlsSettings(why) => new(Variant::TlsSettings, format!("TLS cannot be set up: {why}")),
        Cause::Alien(bytes) => new(
            Variant::NotPostgres,
            format!(
                "{endpoint} is not a PostgreSQL server: it answered \"{}\"",
                bytes.escape_ascii()
            ),
        ),
        Cause::PasswordMissing => new(
            Variant::PasswordMissing,
            format!("the server wants a password for role {} and none is at hand", refusal.caller.user),
        )
        .proving(had_room(refusal.lane))
        .next(format!("PGPASSFILE=~/.pgpass breakglass status {flags}")),
        Cause::UnsupportedMethod(method) => new(
            Variant::UnsupportedMethod,
            format!("the server wants {method} authentication, which breakglass does not speak"),
        )
        .next(format!("psql {}", refusal.caller.spelled_out())),
        Cause::Untrusted(why) => new(
            Variant::Untrusted,
            format!("the login at {endpoint} was given up: {why}"),
        ),
        Cause::Unsuitable(what) => new(
            Variant::UnsuitableServer,
            format!("{endpoint} is open and not what target_session_attrs asks for: {what}"),
        )
        .proving(format!("role {} exists and its credentials work", refusal.caller.user))
        .next(format!("PGTARGETSESSIONATTRS=any breakglass status {flags}")),
        Cause::Local(what) => new(Variant::LocalFailure, what.clone()).next("ulimit -a"),
        // Explained elsewhere; here for completeness.
        Cause::Server(error) => new(Variant::Refused, format!("the server refused: {error}")),
    }
}

fn io(refusal: &Refusal, kind: ErrorKind, text: &str) -> Explanation {
    let endpoint = &refusal.endpoint;
    let file = endpoint.starts_with(['/', '@']);
    let new = Explanation::new;
    match (refusal.stage, kind) {
        (Stage::Resolve, _) => new(
            Variant::NameNotFound,
            format!("the host name of {endpoint} has no address: {text}"),
        )
        .next(format!("breakglass status {}", refusal.caller.at_host("ADDRESS"))),
        (_, ErrorKind::NotFound) if file => new(
            Variant::SocketFileMissing,
            format!("there is no socket {endpoint}"),
        )
        .proving("no server on this machine listens there: it is down, or its socket is elsewhere")
        .next(ON_DATABASE_HOST)
        .next(format!("ls -la {}", shell_word(directory(endpoint)))),
        (_, ErrorKind::PermissionDenied) if file => new(
            Variant::SocketDenied,
            format!("this account may not use {endpoint}"),
        )
        .next(format!("ls -la {}", shell_word(directory(endpoint)))),
        (_, ErrorKind::ConnectionRefused) => new(
            Variant::ConnectionRefused,
            // The text names the addresses, which says something new only of a host name.
            format!(
                "nothing listens at {endpoint}: {}",
                text.strip_prefix(&format!("{endpoint}: ")).unwrap_or(text)
            ),
        )
        .proving("the host answers; the server is down or listens elsewhere. A full server does not refuse this way")
        .next(ON_DATABASE_HOST),
        (_, ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown) => {
            new(Variant::Unreachable, format!("no route to {endpoint}: {text}"))
        }
        (_, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted) => {
            new(
                Variant::ClosedEarly,
                format!("{endpoint} reset the connection ({}): {text}", moment(refusal.stage)),
            )
            .next(ON_DATABASE_HOST)
        }
        _ => new(
            Variant::ConnectionFailed,
            format!("the connection to {endpoint} failed ({}): {text}", moment(refusal.stage)),
        ),
    }
}

fn directory(socket: &str) -> &str {
    socket
        .rsplit_once('/')
        .map_or(socket, |(directory, _)| directory)
}

fn moment(stage: Stage) -> &'static str {
    match stage {
        Stage::Resolve => "looking up its name",
        Stage::Socket => "while connecting",
        Stage::Tls => "during the TLS handshake",
        Stage::Startup => "before authentication",
        Stage::Authentication => "during authentication",
        Stage::After => "after the login",
    }
}
