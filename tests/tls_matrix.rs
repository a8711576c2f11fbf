//! Every sslmode against every kind of server certificate, in memory, with TLS 1.2 and 1.3.
//!
//! The expected answers are libpq's, but for two where ours is stricter and says so in the table.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use breakglass::target::{
    Endpoint, Host, RootCert, Ssl, SslMode, TlsVersions, client_config, explain_tls, server_name,
};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, GeneralSubtree, IsCa, Issuer, KeyPair,
    NameConstraints, SigningKey, date_time_ymd,
};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConnection, Error, RootCertStore, ServerConfig, ServerConnection};
use x509_cert::der::asn1::BitString;
use x509_cert::der::{Decode, Encode};

const HOST: &str = "db.corp.example";

/// A server's certificate with its key, and the root file that a client has.
struct Server {
    leaf: CertificateDer<'static>,
    key: KeyPair,
    roots: Vec<CertificateDer<'static>>,
}

/// A certificate authority.
struct Authority {
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new(change: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = params(&[], "Test CA");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap().der().clone();
        Self {
            certificate,
            issuer: Issuer::new(params, key),
        }
    }

    fn server(&self, params: &CertificateParams) -> Server {
        let key = KeyPair::generate().unwrap();
        let leaf = params.signed_by(&key, &self.issuer).unwrap().der().clone();
        Server {
            leaf,
            key,
            roots: vec![self.certificate.clone()],
        }
    }

    /// As `openssl x509 -req` makes them: version 1, no extensions.
    fn version_1_server(&self) -> Server {
        let mut server = self.server(&params(&[], HOST));
        let mut certificate = x509_cert::Certificate::from_der(&server.leaf).unwrap();
        certificate.tbs_certificate.version = x509_cert::Version::V1;
        certificate.tbs_certificate.extensions = None;
        let body = certificate.tbs_certificate.to_der().unwrap();
        let signature = self.issuer.key().sign(&body).unwrap();
        certificate.signature = BitString::from_bytes(&signature).unwrap();
        server.leaf = certificate.to_der().unwrap().into();
        server
    }
}

fn params(alternative_names: &[&str], common_name: &str) -> CertificateParams {
    let names: Vec<_> = alternative_names
        .iter()
        .map(|name| (*name).to_owned())
        .collect();
    let mut params = CertificateParams::new(names).unwrap();
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
    params
}

fn self_signed(change: impl FnOnce(&mut CertificateParams)) -> Server {
    let mut params = params(&[HOST], "whatever");
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    let leaf = params.self_signed(&key).unwrap().der().clone();
    Server {
        roots: vec![leaf.clone()],
        leaf,
        key,
    }
}

fn ssl(mode: SslMode, root: RootCert, versions: TlsVersions) -> Ssl {
    Ssl {
        mode,
        root,
        client_cert: None,
        crl: None,
        direct: false,
        sni: true,
        versions,
    }
}

fn endpoint(host: &str) -> Endpoint {
    Endpoint {
        host: Host::Tcp {
            name: Some(host.to_owned()),
            address: None,
        },
        port: 5432,
        filed_password: None,
    }
}

fn write_pem(directory: &Path, name: &str, label: &str, items: &[&[u8]]) -> PathBuf {
    let text: String = items.iter().map(|der| pem_block(label, der)).collect();
    let path = directory.join(name);
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    path
}

fn pem_block(label: &str, der: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let body: String = der
        .chunks(3)
        .flat_map(|chunk| {
            let bits = chunk
                .iter()
                .fold(0u32, |bits, byte| (bits << 8) | u32::from(*byte))
                << (8 * (3 - chunk.len()));
            (0..4).map(move |at| {
                if at > chunk.len() {
                    '='
                } else {
                    char::from(DIGITS[(bits >> (18 - 6 * at)) as usize & 63])
                }
            })
        })
        .collect();
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}

/// Presents one certificate whatever is asked, even one that rustls would not load.
#[derive(Debug)]
struct Always(Arc<CertifiedKey>);

impl ResolvesServerCert for Always {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }
}

fn server_config(
    leaf: &CertificateDer<'static>,
    key: &KeyPair,
    clients: Option<RootCertStore>,
) -> ServerConfig {
    let provider = Arc::new(ring::default_provider());
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let key = provider.key_provider.load_private_key(key).unwrap();
    let certified = CertifiedKey::new(vec![leaf.clone()], key);
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&[&TLS13, &TLS12])
        .unwrap();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(roots) => builder.with_client_cert_verifier(
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .build()
                .unwrap(),
        ),
    };
    builder.with_cert_resolver(Arc::new(Always(Arc::new(certified))))
}

/// Carries bytes between the two until both are done or one gives up; the client's view of it.
fn handshake(server: ServerConfig, ssl: &Ssl, host: &str) -> Result<ClientConnection, Error> {
    let config = client_config(ssl).unwrap_or_else(|error| panic!("{error}"));
    let mut client = ClientConnection::new(config, server_name(&endpoint(host)))?;
    let mut server = ServerConnection::new(Arc::new(server))?;
    while client.is_handshaking() || client.wants_write() || server.wants_write() {
        let mut wire = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut wire).unwrap();
        }
        let mut rest = wire.as_slice();
        while !rest.is_empty() {
            server.read_tls(&mut rest).unwrap();
            // What is wrong for the server reaches the client as an alert.
            let _ = server.process_new_packets();
        }
        let mut wire = Vec::new();
        while server.wants_write() {
            server.write_tls(&mut wire).unwrap();
        }
        let mut rest = wire.as_slice();
        while !rest.is_empty() {
            client.read_tls(&mut rest).unwrap();
            client.process_new_packets()?;
        }
    }
    Ok(client)
}

/// `ok`, or the start of the explanation.
fn outcome(
    server: &Server,
    mode: SslMode,
    root: RootCert,
    versions: TlsVersions,
    host: &str,
) -> &'static str {
    let config = server_config(&server.leaf, &server.key, None);
    let Err(error) = handshake(config, &ssl(mode, root, versions), host) else {
        return "ok";
    };
    let explained = explain_tls(&error);
    for (part, short) in [
        ("nobody we trust", "issuer"),
        ("has expired", "expired"),
        ("not valid yet", "future"),
        ("not for", "name"),
        ("is for another name", "name"),
        ("version 1", "version"),
        ("is a CA certificate", "ca"),
        ("has been revoked", "revoked"),
        ("signed wrongly", "signature"),
    ] {
        if explained.contains(part) {
            return short;
        }
    }
    panic!("no explanation for {error:?}: {explained}");
}

#[test]
fn every_mode_meets_every_certificate_as_in_libpq() {
    let authority = Authority::new(|_| {});
    let other = Authority::new(|_| {});
    let constrained = Authority::new(|params| {
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![GeneralSubtree::DnsName("elsewhere.example".into())],
            excluded_subtrees: vec![],
        });
    });
    let expired = |params: &mut CertificateParams| {
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(2001, 1, 1);
    };
    let ca =
        |params: &mut CertificateParams| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let changed = |alternative: &[&str], common: &str, change: &dyn Fn(&mut CertificateParams)| {
        let mut params = params(alternative, common);
        change(&mut params);
        authority.server(&params)
    };
    let good = params(&[HOST], "whatever");
    let foreign = |server: Server| Server {
        roots: vec![other.certificate.clone()],
        ..server
    };
    let pinned = |server: Server| Server {
        roots: vec![server.leaf.clone()],
        ..server
    };
    // Columns: require with a root file and verify-ca, then verify-full. Without a root file all is accepted.
    let cases = [
        (
            "signed, right name",
            authority.server(&good),
            HOST,
            "ok",
            "ok",
        ),
        (
            "signed, wildcard",
            authority.server(&params(&["*.corp.example"], "x")),
            HOST,
            "ok",
            "ok",
        ),
        (
            "signed, right address",
            authority.server(&params(&["10.0.0.7"], "x")),
            "10.0.0.7",
            "ok",
            "ok",
        ),
        (
            "signed, another address",
            authority.server(&params(&["10.0.0.8"], "x")),
            "10.0.0.7",
            "ok",
            "name",
        ),
        (
            "signed, another name",
            authority.server(&params(&["other.example"], "x")),
            HOST,
            "ok",
            "name",
        ),
        (
            "right common name only",
            authority.server(&params(&[], HOST)),
            HOST,
            "ok",
            "ok",
        ),
        (
            "wildcard common name only",
            authority.server(&params(&[], "*.corp.example")),
            HOST,
            "ok",
            "ok",
        ),
        (
            "another common name only",
            authority.server(&params(&[], "other.example")),
            HOST,
            "ok",
            "name",
        ),
        (
            "right common name, another alternative",
            authority.server(&params(&["other.example"], HOST)),
            HOST,
            "ok",
            "name",
        ),
        // libpq would take the common name; our chain check cannot hold it to the constraints.
        (
            "common name under constraints",
            constrained.server(&params(&[], HOST)),
            HOST,
            "ok",
            "name",
        ),
        (
            "signed by somebody else",
            foreign(authority.server(&good)),
            HOST,
            "signature",
            "signature",
        ),
        (
            "expired",
            changed(&[HOST], "x", &expired),
            HOST,
            "expired",
            "expired",
        ),
        (
            "signed, is a CA",
            changed(&[HOST], "x", &ca),
            HOST,
            "ca",
            "ca",
        ),
        (
            "self-signed CA, is the root",
            self_signed(ca),
            HOST,
            "ok",
            "ok",
        ),
        (
            "self-signed CA, is the root, another name",
            self_signed(ca),
            "other.example",
            "ok",
            "name",
        ),
        (
            "self-signed, is the root",
            self_signed(|_| {}),
            HOST,
            "ok",
            "ok",
        ),
        (
            "self-signed, is the root, expired",
            self_signed(expired),
            HOST,
            "expired",
            "expired",
        ),
        (
            "self-signed, another root",
            foreign(self_signed(|_| {})),
            HOST,
            "issuer",
            "issuer",
        ),
        (
            "self-signed CA, another root",
            foreign(self_signed(ca)),
            HOST,
            "ca",
            "ca",
        ),
        // libpq verifies these; rustls cannot, and the explanation says how to go on.
        (
            "version 1",
            authority.version_1_server(),
            HOST,
            "version",
            "version",
        ),
        (
            "version 1, is the root",
            pinned(authority.version_1_server()),
            HOST,
            "ok",
            "ok",
        ),
        (
            "version 1, is the root, another name",
            pinned(authority.version_1_server()),
            "other.example",
            "ok",
            "name",
        ),
    ];
    let directory = tempfile::tempdir().unwrap();
    for (what, server, host, chain, full) in &cases {
        let roots: Vec<_> = server.roots.iter().map(AsRef::as_ref).collect();
        let file = RootCert::File(write_pem(
            directory.path(),
            "root.crt",
            "CERTIFICATE",
            &roots,
        ));
        for versions in [TlsVersions::Only12, TlsVersions::Only13, TlsVersions::Both] {
            for (mode, root, expected) in [
                (SslMode::Disable, &file, "ok"),
                (SslMode::Allow, &file, "ok"),
                (SslMode::Prefer, &file, "ok"),
                (SslMode::Require, &RootCert::None, "ok"),
                (SslMode::Require, &file, *chain),
                (SslMode::VerifyCa, &file, *chain),
                (SslMode::VerifyFull, &file, *full),
            ] {
                let outcome = outcome(server, mode, root.clone(), versions, host);
                assert_eq!(outcome, expected, "{what}: {mode:?}, {versions:?}");
            }
        }
    }
}

#[test]
fn a_certificate_without_its_key_passes_in_no_mode() {
    let authority = Authority::new(|_| {});
    let good = authority.server(&params(&[HOST], "x"));
    let stranger = KeyPair::generate().unwrap();
    for server in [good, authority.version_1_server()] {
        for versions in [TlsVersions::Only12, TlsVersions::Only13] {
            let config = server_config(&server.leaf, &stranger, None);
            let settings = ssl(SslMode::Require, RootCert::None, versions);
            let error = handshake(config, &settings, HOST).err().unwrap();
            assert!(explain_tls(&error).contains("signed wrongly"), "{error:?}");
        }
    }
}

#[test]
fn verification_without_a_root_is_refused_before_anything_is_sent() {
    for mode in [SslMode::VerifyCa, SslMode::VerifyFull] {
        let error = client_config(&ssl(mode, RootCert::None, TlsVersions::Both))
            .err()
            .unwrap();
        assert!(error.to_string().contains("no root certificate"), "{error}");
    }
}

#[test]
fn a_broken_root_file_is_refused_by_name() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("root.crt");
    for (text, part) in [
        ("", "has no PEM certificate"),
        ("nothing", "has no PEM certificate"),
        (
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "cannot be used",
        ),
        ("-----BEGIN CERTIFICATE-----\n", "cannot be read as PEM"),
    ] {
        std::fs::write(&path, text).unwrap();
        let settings = ssl(
            SslMode::VerifyCa,
            RootCert::File(path.clone()),
            TlsVersions::Both,
        );
        let message = client_config(&settings).err().unwrap().to_string();
        assert!(
            message.contains(part) && message.contains("root.crt"),
            "{text:?}: {message}"
        );
    }
}

#[test]
fn direct_negotiation_offers_postgresqls_protocol_and_asking_first_does_not() {
    let authority = Authority::new(|_| {});
    for (direct, expected) in [(true, Some(&b"postgresql"[..])), (false, None)] {
        let server = authority.server(&params(&[HOST], "x"));
        let mut config = server_config(&server.leaf, &server.key, None);
        config.alpn_protocols = vec![b"postgresql".to_vec()];
        let mut settings = ssl(SslMode::Require, RootCert::None, TlsVersions::Both);
        settings.direct = direct;
        let client = handshake(config, &settings, HOST).unwrap();
        assert_eq!(client.alpn_protocol(), expected);
    }
}

#[test]
fn a_client_certificate_is_presented_when_its_key_is_kept_well() {
    let authority = Authority::new(|_| {});
    let directory = tempfile::tempdir().unwrap();
    let server = authority.server(&params(&[HOST], "x"));
    let client = authority.server(&params(&[], "ada"));
    let certificate = write_pem(directory.path(), "c.crt", "CERTIFICATE", &[&client.leaf]);
    let key = write_pem(
        directory.path(),
        "c.key",
        "PRIVATE KEY",
        &[&client.key.serialize_der()],
    );
    let mut settings = ssl(SslMode::Require, RootCert::None, TlsVersions::Only12);
    let connect = |settings: &Ssl| {
        let mut clients = RootCertStore::empty();
        clients.add(authority.certificate.clone()).unwrap();
        let config = server_config(&server.leaf, &server.key, Some(clients));
        handshake(config, settings, HOST).map(|_| ())
    };

    let without = connect(&settings).unwrap_err();
    assert!(!explain_tls(&without).is_empty());
    settings.client_cert = Some((certificate, key.clone()));
    connect(&settings).unwrap();

    for (mode, text, part) in [
        (0o644, None, "others may use the private key"),
        (0o600, Some("nothing"), "cannot be read as PEM"),
        (
            0o600,
            Some(
                "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
            ),
            "is encrypted",
        ),
    ] {
        if let Some(text) = text {
            std::fs::write(&key, text).unwrap();
        }
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(mode)).unwrap();
        let message = client_config(&settings).err().unwrap().to_string();
        assert!(
            message.contains(part) && message.contains("c.key"),
            "{message}"
        );
    }
    std::fs::remove_file(&key).unwrap();
    let message = client_config(&settings).err().unwrap().to_string();
    assert!(message.contains("cannot read the private key"), "{message}");
}
