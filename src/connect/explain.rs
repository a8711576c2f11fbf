//! Says what to do about a TLS failure.
//!
//! Stage: after a failed handshake, pure. The sentence goes behind the bare fact that TLS failed.

use rustls::{AlertDescription, CertificateError, Error};

/// What happened in the handshake, and what to do about it.
pub fn explain_tls(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(fault) => explain_certificate(fault),
        Error::AlertReceived(alert) => explain_alert(*alert),
        Error::InvalidMessage(_) => {
            "the answer is not TLS: is this PostgreSQL's port, and does the server have ssl=on?"
                .to_owned()
        }
        Error::InvalidCertRevocationList(why) => {
            format!(
                "a revocation list in sslcrl cannot be used: {why:?}; is it the list of the CA in sslrootcert?"
            )
        }
        Error::NoCertificatesPresented => "the server presented no certificate".to_owned(),
        Error::PeerIncompatible(why) => {
            format!("the server speaks no TLS that we do (1.2 or 1.3): {why:?}")
        }
        other => other.to_string(),
    }
}

fn explain_certificate(fault: &CertificateError) -> String {
    match fault {
        CertificateError::UnknownIssuer => "nobody we trust has signed the server's certificate; \
             is sslrootcert the CA that signed it, and does the server send its intermediate certificates?"
            .to_owned(),
        CertificateError::BadSignature => "the server's certificate or handshake is signed wrongly: \
             another CA of the same name, or somebody in between"
            .to_owned(),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "the server's certificate has expired; renew it, or check this host's clock. \
             In the meantime sslmode=require without a root file encrypts, but verifies nothing"
                .to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the server's certificate is not valid yet; check this host's clock".to_owned()
        }
        CertificateError::NotValidForName => format!("the server's certificate is for another name; {NAME_ADVICE}"),
        CertificateError::NotValidForNameContext { expected, presented } => {
            let presented = match presented.as_slice() {
                [] => "no name that counts".to_owned(),
                names => names.join(", "),
            };
            format!(
                "the server's certificate is not for {}, it carries {presented}; {NAME_ADVICE}",
                expected.to_str()
            )
        }
        CertificateError::Revoked => {
            "the server's certificate has been revoked: do not trust this server".to_owned()
        }
        CertificateError::ExpiredRevocationList
        | CertificateError::ExpiredRevocationListContext { .. } => {
            "the revocation list in sslcrl is out of date; fetch the CA's new one".to_owned()
        }
        CertificateError::UnknownRevocationStatus => {
            "the file in sslcrl has no list by the issuer of this certificate; add one for every CA in the chain"
                .to_owned()
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "the server's certificate is not meant for servers (extended key usage)".to_owned()
        }
        CertificateError::Other(other) => explain_other(&format!("{:?}", other.0)),
        other => format!("the server's certificate is not accepted: {other}"),
    }
}

const NAME_ADVICE: &str =
    "connect by a name it carries (with hostaddr for the address), or use sslmode=verify-ca";

/// Faults that rustls passes on from its certificate library, known only by name.
fn explain_other(name: &str) -> String {
    if name.contains("CaUsedAsEndEntity") {
        "the server's certificate is a CA certificate; put a copy of exactly this certificate \
         into sslrootcert, or issue one that is no CA"
            .to_owned()
    } else if name.contains("UnsupportedCertVersion") {
        "the server's certificate is X.509 version 1, which cannot be verified against a CA; \
         issue it anew with extensions (openssl x509 -req -extfile …), or put a copy of it into sslrootcert"
            .to_owned()
    } else {
        format!("the server's certificate is not accepted: {name}")
    }
}

fn explain_alert(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::UnknownCA | AlertDescription::BadCertificate => {
            "the server does not accept our client certificate: does its ssl_ca_file have the CA?".to_owned()
        }
        AlertDescription::CertificateRequired => {
            "the server wants a client certificate: give sslcert and sslkey".to_owned()
        }
        AlertDescription::CertificateExpired | AlertDescription::CertificateRevoked => {
            format!("the server does not accept our client certificate: {alert:?}")
        }
        AlertDescription::ProtocolVersion => {
            "the server speaks no TLS version that we may; see ssl_min_protocol_version on both sides".to_owned()
        }
        AlertDescription::NoApplicationProtocol => {
            "the server does not take direct TLS (it came with PostgreSQL 17): leave sslnegotiation out".to_owned()
        }
        other => format!("the server ended the handshake: {other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_common_fault_is_answered_with_what_to_do() {
        for (fault, part) in [
            (CertificateError::UnknownIssuer, "sslrootcert"),
            (CertificateError::Expired, "renew"),
            (CertificateError::NotValidYet, "clock"),
            (CertificateError::NotValidForName, "verify-ca"),
            (CertificateError::UnknownRevocationStatus, "sslcrl"),
        ] {
            let text = explain_tls(&Error::InvalidCertificate(fault));
            assert!(text.contains(part), "{text}");
        }
        let required = Error::AlertReceived(AlertDescription::CertificateRequired);
        assert!(explain_tls(&required).contains("sslcert"));
    }
}
