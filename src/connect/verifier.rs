//! Verifies a server's certificate with libpq's meaning of `sslmode`, which is not the web's.
//!
//! Stage: during the TLS handshake. What the modes ask for is decided in [`super::tls`]; here it is held to.
//! Never: lets `verify-ca` or `verify-full` pass anything whose issuer was not checked.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{
    WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
    verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};

use super::certificate::Certificate;

/// The verifier of one connection.
#[derive(Debug)]
pub(super) struct LibpqVerifier {
    pub(super) trust: Trust,
    pub(super) algorithms: WebPkiSupportedAlgorithms,
}

/// Which certificates pass.
#[derive(Debug)]
pub(super) enum Trust {
    /// All: the connection is encrypted, and nobody knows with whom.
    Anybody,
    /// Those with a chain to a trusted root.
    Chain(Chain),
}

/// What a certificate is held against.
#[derive(Debug)]
pub(super) struct Chain {
    /// Checks chain, dates, revocation and, last of all, the name.
    pub(super) webpki: Arc<WebPkiServerVerifier>,
    /// The certificates of the root file. A server may present one of them itself: the self-signed
    /// certificate of the PostgreSQL manual, which rustls alone refuses because it is also a CA.
    pub(super) roots: Vec<CertificateDer<'static>>,
    /// A root limits the names below it.
    pub(super) roots_constrain_names: bool,
    /// Whether the name counts.
    pub(super) name: NameCheck,
}

/// Whether the server's name must match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NameCheck {
    /// `verify-full`.
    Must,
    /// `verify-ca`, and `require` with a root file.
    Skip,
}

impl Chain {
    fn verify(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        stapled: &[u8],
        now: UnixTime,
    ) -> Result<(), Error> {
        if self.roots.iter().any(|root| root == leaf) {
            Certificate::read(leaf)?.check_dates(now)?;
            return match self.name {
                NameCheck::Skip => Ok(()),
                NameCheck::Must => verify_name(leaf, name),
            };
        }
        match self
            .webpki
            .verify_server_cert(leaf, intermediates, name, stapled, now)
        {
            Ok(_) => Ok(()),
            // The name is looked at after all the rest, so all the rest is in order.
            Err(error) if is_wrong_name(&error) => match self.name {
                NameCheck::Skip => Ok(()),
                // rustls holds only the names that it accepts itself to an issuer's constraints: any other
                // would get round them.
                NameCheck::Must if self.constrains_names(intermediates) => Err(error),
                NameCheck::Must => libpq_name(leaf, name).or(Err(error)),
            },
            Err(error) => Err(error),
        }
    }

    fn constrains_names(&self, intermediates: &[CertificateDer<'_>]) -> bool {
        self.roots_constrain_names
            || intermediates.iter().any(|der| {
                Certificate::read(der).map_or(true, |certificate| certificate.constrains_names())
            })
    }
}

/// rustls's strict rules first, then libpq's.
fn verify_name(leaf: &CertificateDer<'_>, name: &ServerName<'_>) -> Result<(), Error> {
    if Certificate::read(leaf)?.is_version_1() {
        return libpq_name(leaf, name);
    }
    let parsed = ParsedCertificate::try_from(leaf)?;
    match rustls::client::verify_server_name(&parsed, name) {
        Err(error) if is_wrong_name(&error) => libpq_name(leaf, name).or(Err(error)),
        result => result,
    }
}

fn libpq_name(leaf: &CertificateDer<'_>, name: &ServerName<'_>) -> Result<(), Error> {
    if Certificate::read(leaf)?.is_for(name) {
        Ok(())
    } else {
        Err(CertificateError::NotValidForName.into())
    }
}

fn is_wrong_name(error: &Error) -> bool {
    matches!(
        error,
        Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }
        )
    )
}

impl ServerCertVerifier for LibpqVerifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        stapled: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match &self.trust {
            Trust::Anybody => {}
            Trust::Chain(chain) => chain.verify(leaf, intermediates, name, stapled, now)?,
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match version_1(leaf)? {
            None => verify_tls12_signature(message, leaf, signed, &self.algorithms),
            Some(certificate) => self.verify_bare_tls12(message, &certificate, signed),
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match version_1(leaf)? {
            None => verify_tls13_signature(message, leaf, signed, &self.algorithms),
            Some(certificate) => {
                let key = certificate.bare_key()?.info;
                verify_tls13_signature_with_raw_key(message, &key, signed, &self.algorithms)
            }
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// The certificate when it is of version 1. rustls will not parse such a one even to check that the server
/// holds its key; we take the key out ourselves. To skip the check would let anybody who has seen the
/// certificate pass SCRAM channel binding with it.
fn version_1(leaf: &CertificateDer<'_>) -> Result<Option<Certificate>, Error> {
    let certificate = Certificate::read(leaf)?;
    Ok(certificate.is_version_1().then_some(certificate))
}

impl LibpqVerifier {
    fn verify_bare_tls12(
        &self,
        message: &[u8],
        certificate: &Certificate,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let key = certificate.bare_key()?;
        self.algorithms
            .mapping
            .iter()
            .filter(|(scheme, _)| *scheme == signed.scheme)
            .flat_map(|(_, algorithms)| algorithms.iter())
            .filter(|algorithm| algorithm.public_key_alg_id().as_ref() == key.algorithm)
            .any(|algorithm| {
                algorithm
                    .verify_signature(&key.bits, message, signed.signature())
                    .is_ok()
            })
            .then(HandshakeSignatureValid::assertion)
            .ok_or(Error::InvalidCertificate(CertificateError::BadSignature))
    }
}
