//! `sslmode`, for both lanes: whether to ask for TLS, and when a refused attempt earns a second one the other way.
//!
//! Stage: around each attempt at one endpoint. Pure decisions; the lanes do the talking.
//! Never: tries again because slots ran out (53300). libpq does, and doubles the load on a full server.

use super::failure::{Cause, Refusal, Stage};
use super::transcript::Transcript;
use crate::connect::{Host, Ssl, SslMode, explain_tls};

/// Code that every encrypting client of the protocol sends as its first eight bytes: length 8, then 1234·5679.
pub(crate) const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// The protocol name that direct TLS must announce (PostgreSQL 17 and later).
const ALPN: &[u8] = b"postgresql";

/// How one attempt encrypts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encryption {
    /// Not at all.
    Plain,
    /// Ask, and go on without when the server has none.
    IfOffered,
    /// Or not at all.
    Required,
}

/// The first attempt under `mode`. Unix sockets are never encrypted, whatever the mode: so does libpq.
pub(crate) fn first(mode: SslMode, host: &Host) -> Encryption {
    match (host, mode) {
        (Host::Unix(_) | Host::Abstract(_), _) => Encryption::Plain,
        (_, SslMode::Disable | SslMode::Allow) => Encryption::Plain,
        (_, SslMode::Prefer) => Encryption::IfOffered,
        (_, SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull) => Encryption::Required,
    }
}

/// The second attempt, if `refusal` of the first one earns it.
///
/// `prefer` goes back to plain after a failed handshake, and after pg_hba.conf turned the encrypted connection away;
/// `allow` goes on to TLS after pg_hba.conf turned the plain one away (SQLSTATE 28000 before authentication).
pub(crate) fn second(mode: SslMode, host: &Host, refusal: &Refusal) -> Option<Encryption> {
    if first(mode, host) == Encryption::Plain && mode != SslMode::Allow
        || !matches!(host, Host::Tcp { .. })
    {
        return None;
    }
    let turned_away = refusal.sqlstate() == Some("28000") && !refusal.auth_reached;
    let handshake_failed = refusal.stage == Stage::Tls
        && matches!(
            refusal.cause,
            Cause::Tls(_) | Cause::Closed | Cause::Io { .. } | Cause::TlsSettings(_)
        );
    match mode {
        SslMode::Prefer if handshake_failed => Some(Encryption::Plain),
        SslMode::Prefer if turned_away && refusal.encrypted => Some(Encryption::Plain),
        SslMode::Allow if turned_away && !refusal.encrypted => Some(Encryption::Required),
        _ => None,
    }
}

/// Direct TLS skips the question whether the other side speaks PostgreSQL, so the answer must come through ALPN:
/// whoever did not choose `postgresql` is something else.
pub(crate) fn check_protocol(ssl: &Ssl, chosen: Option<&[u8]>) -> Result<(), Cause> {
    if ssl.direct && chosen != Some(ALPN) {
        return Err(Cause::Tls(
            "the server does not announce the protocol postgresql over direct TLS (PostgreSQL 17 and later does)"
                .to_owned(),
        ));
    }
    Ok(())
}

/// What an answer to the SSLRequest means that is neither yes nor no: the pre-3.0 error of a postmaster that cannot
/// start a process, an ErrorResponse, or another protocol altogether.
pub(crate) fn odd_answer(bytes: &[u8]) -> Cause {
    match Transcript::read(bytes).error {
        Some(error) => Cause::Server(error),
        None => Cause::Alien(bytes[..bytes.len().min(64)].to_vec()),
    }
}

/// The rustls error inside an I/O error, explained; else the I/O error's own text.
pub(crate) fn explain_handshake(error: &std::io::Error) -> String {
    error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>())
        .map_or_else(|| error.to_string(), explain_tls)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::failure::Caller;
    use crate::lanes::{LaneKind, ServerError};

    const TCP: Host = Host::Tcp {
        name: None,
        address: None,
    };

    fn refused(sqlstate: &str, encrypted: bool) -> Refusal {
        Refusal {
            lane: LaneKind::Login,
            endpoint: "db:5432".into(),
            stage: Stage::Startup,
            encrypted,
            connected_in: None,
            auth_reached: false,
            authenticated: false,
            cause: Cause::Server(ServerError {
                sqlstate: sqlstate.into(),
                ..ServerError::default()
            }),
            caller: Caller::default(),
        }
    }

    fn handshake() -> Refusal {
        Refusal {
            stage: Stage::Tls,
            cause: Cause::Tls("bad".into()),
            ..refused("", false)
        }
    }

    #[test]
    fn no_mode_tries_again_when_the_slots_ran_out() {
        use SslMode::{Allow, Disable, Prefer, Require, VerifyCa, VerifyFull};
        for mode in [Disable, Allow, Prefer, Require, VerifyCa, VerifyFull] {
            for encrypted in [false, true] {
                assert_eq!(second(mode, &TCP, &refused("53300", encrypted)), None);
            }
        }
    }

    #[test]
    fn prefer_falls_back_after_a_handshake_or_a_no_from_pg_hba() {
        let plain = Some(Encryption::Plain);
        assert_eq!(second(SslMode::Prefer, &TCP, &handshake()), plain);
        assert_eq!(
            second(SslMode::Prefer, &TCP, &refused("28000", true)),
            plain
        );
        assert_eq!(
            second(SslMode::Prefer, &TCP, &refused("28000", false)),
            None
        );
        assert_eq!(second(SslMode::Require, &TCP, &handshake()), None);
    }

    #[test]
    fn allow_goes_on_to_tls_after_a_no_from_pg_hba() {
        let required = Some(Encryption::Required);
        assert_eq!(
            second(SslMode::Allow, &TCP, &refused("28000", false)),
            required
        );
        assert_eq!(second(SslMode::Allow, &TCP, &refused("28000", true)), None);
        assert_eq!(
            second(SslMode::Disable, &TCP, &refused("28000", false)),
            None
        );
    }

    #[test]
    fn a_unix_socket_is_never_encrypted() {
        let unix = Host::Unix("/run/postgresql".into());
        assert_eq!(first(SslMode::VerifyFull, &unix), Encryption::Plain);
        assert_eq!(
            second(SslMode::Allow, &unix, &refused("28000", false)),
            None
        );
    }
}
