//! From TLS settings to a rustls configuration: whom `sslmode` trusts, our own certificate, the name to check.
//!
//! Stage: when a TLS connection over TCP is really made; a Unix socket never gets here. Reads files through
//! [`super::tls_files`]. Never: relies on a process-wide crypto provider.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore};

use super::error::TargetError;
use super::tls_files::{certificates, private_key, revocation_lists};
use super::verifier::{Chain, LibpqVerifier, NameCheck, Trust};
use super::{Endpoint, Host, RootCert, Ssl, SslMode, TlsVersions};

/// The rustls configuration for these settings.
pub fn client_config(ssl: &Ssl) -> Result<Arc<ClientConfig>, TargetError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = LibpqVerifier {
        trust: trust(ssl, &provider)?,
        algorithms: provider.signature_verification_algorithms,
    };
    let versions: &[_] = match ssl.versions {
        TlsVersions::Both => &[&TLS13, &TLS12],
        TlsVersions::Only12 => &[&TLS12],
        TlsVersions::Only13 => &[&TLS13],
    };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .map_err(|error| TargetError::new(format!("TLS cannot be set up: {error}")))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let mut config = match &ssl.client_cert {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => builder
            .with_client_auth_cert(certificates(certificate)?, private_key(certificate, key)?)
            .map_err(|error| {
                TargetError::new(format!("the client certificate cannot be used: {error}"))
                    .at(certificate.display())
                    .advise(format!("check that {} is its key", key.display()))
            })?,
    };
    config.enable_sni = ssl.sni;
    if ssl.direct {
        // Without this a server of version 17 or later turns a direct handshake down.
        config.alpn_protocols = vec![b"postgresql".to_vec()];
    }
    Ok(Arc::new(config))
}

/// The name the certificate must carry and that SNI sends: `host`, else the address.
pub fn server_name(endpoint: &Endpoint) -> ServerName<'static> {
    let (name, address) = match &endpoint.host {
        Host::Tcp { name, address } => (name.as_deref(), *address),
        Host::Unix(_) | Host::Abstract(_) => (None, None),
    };
    name.and_then(|name| ServerName::try_from(name.to_owned()).ok())
        // A name no certificate can carry must not pass: this address is in none and is not sent.
        .unwrap_or_else(|| match (name, address) {
            (None, Some(address)) => ServerName::IpAddress(address.into()),
            _ => ServerName::IpAddress(IpAddr::V4(Ipv4Addr::UNSPECIFIED).into()),
        })
}

/// Whom the mode trusts. `require` with a root file verifies the chain: libpq keeps that from the days
/// before `verify-ca`, and people rely on it.
fn trust(ssl: &Ssl, provider: &Arc<CryptoProvider>) -> Result<Trust, TargetError> {
    let name = match (ssl.mode, &ssl.root) {
        (SslMode::Disable | SslMode::Allow | SslMode::Prefer, _)
        | (SslMode::Require, RootCert::None) => return Ok(Trust::Anybody),
        (SslMode::Require | SslMode::VerifyCa, _) => NameCheck::Skip,
        (SslMode::VerifyFull, _) => NameCheck::Must,
    };
    let roots = match &ssl.root {
        RootCert::File(path) => certificates(path)?,
        RootCert::System => system_roots()?,
        RootCert::None => {
            return Err(TargetError::new(
                "the server's certificate is to be verified, but there is no root certificate",
            )
            .advise("name a file by sslrootcert, or say sslrootcert=system"));
        }
    };
    let store = root_store(&roots, &ssl.root)?;
    let roots_constrain_names = store
        .roots
        .iter()
        .any(|root| root.name_constraints.is_some());
    let lists = ssl.crl.as_deref().map(revocation_lists).transpose()?;
    let webpki = WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider.clone())
        .with_crls(lists.unwrap_or_default())
        // As OpenSSL has it: an old list vouches for nobody.
        .enforce_revocation_expiration()
        .build()
        .map_err(|error| TargetError::new(format!("the TLS trust cannot be set up: {error}")))?;
    Ok(Trust::Chain(Chain {
        webpki,
        roots,
        roots_constrain_names,
        name,
    }))
}

fn root_store(
    roots: &[CertificateDer<'static>],
    source: &RootCert,
) -> Result<RootCertStore, TargetError> {
    let mut store = RootCertStore::empty();
    match source {
        RootCert::File(path) => {
            for root in roots {
                store.add(root.clone()).map_err(|error| {
                    TargetError::new(format!(
                        "a certificate of the root file cannot be used: {error}"
                    ))
                    .at(path.display())
                })?;
            }
        }
        // One old certificate among a hundred must not shut us out.
        _ => {
            store.add_parsable_certificates(roots.iter().cloned());
        }
    }
    Ok(store)
}

fn system_roots() -> Result<Vec<CertificateDer<'static>>, TargetError> {
    let loaded = rustls_native_certs::load_native_certs();
    if !loaded.certs.is_empty() {
        return Ok(loaded.certs);
    }
    let why = match loaded.errors.first() {
        Some(error) => error.to_string(),
        None => "it is empty".to_owned(),
    };
    Err(TargetError::new(format!(
        "the operating system's certificate store gives nothing: {why}"
    ))
    .advise("install the ca-certificates package, or name a file by sslrootcert"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_to_check_is_the_host_and_else_the_address() {
        let address = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 7));
        for (name, address, expected) in [
            (Some("db.example"), None, "db.example"),
            (Some("db.example"), Some(address), "db.example"),
            (Some("10.0.0.8"), None, "10.0.0.8"),
            (Some("::1"), None, "::1"),
            (Some("db_1.example"), None, "db_1.example"),
            (None, Some(address), "10.0.0.7"),
            (Some("no name"), Some(address), "0.0.0.0"),
        ] {
            let host = Host::Tcp {
                name: name.map(str::to_owned),
                address,
            };
            let endpoint = Endpoint {
                host,
                port: 5432,
                filed_password: None,
            };
            assert_eq!(server_name(&endpoint).to_str(), expected);
        }
    }
}
