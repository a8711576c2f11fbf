//! Makes certificates of every kind, writes them to files, and lets client and server shake hands in memory.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use breakglass::connect::{
    Endpoint, Host, RootCert, Ssl, SslMode, TlsVersions, client_config, server_name,
};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType, IsCa, Issuer,
    KeyIdMethod, KeyPair, RevokedCertParams, SigningKey, date_time_ymd,
};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConnection, Error, RootCertStore, ServerConfig, ServerConnection};
use x509_cert::der::asn1::BitString;
use x509_cert::der::{Decode, Encode};

/// The name that a client connects to.
pub const HOST: &str = "db.corp.example";

/// A server's certificate with its key, and the root file that a client has.
pub struct Server {
    pub leaf: CertificateDer<'static>,
    pub key: KeyPair,
    pub roots: Vec<CertificateDer<'static>>,
}

/// A certificate authority.
pub struct Authority {
    pub certificate: CertificateDer<'static>,
    pub issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub fn new(change: impl FnOnce(&mut CertificateParams)) -> Self {
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

    pub fn server(&self, params: &CertificateParams) -> Server {
        let key = KeyPair::generate().unwrap();
        let leaf = params.signed_by(&key, &self.issuer).unwrap().der().clone();
        Server {
            leaf,
            key,
            roots: vec![self.certificate.clone()],
        }
    }

    /// A list that revokes one certificate, good until the end of a year.
    pub fn revocation_list(&self, serial: u64, until: i32) -> Vec<u8> {
        let revoked = RevokedCertParams {
            serial_number: serial.into(),
            revocation_time: date_time_ymd(2000, 1, 1),
            reason_code: None,
            invalidity_date: None,
        };
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(2000, 1, 1),
            next_update: date_time_ymd(until, 12, 31),
            crl_number: 1.into(),
            issuing_distribution_point: None,
            revoked_certs: vec![revoked],
            key_identifier_method: KeyIdMethod::Sha256,
        };
        list.signed_by(&self.issuer).unwrap().der().to_vec()
    }

    /// As `openssl x509 -req` makes them: version 1, no extensions.
    pub fn version_1_server(&self) -> Server {
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

pub fn params(alternative_names: &[&str], common_name: &str) -> CertificateParams {
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

pub fn self_signed(change: impl FnOnce(&mut CertificateParams)) -> Server {
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

pub fn ssl(mode: SslMode, root: RootCert, versions: TlsVersions) -> Ssl {
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

pub fn endpoint(host: &str) -> Endpoint {
    Endpoint {
        host: Host::Tcp {
            name: Some(host.to_owned()),
            address: None,
        },
        port: 5432,
        filed_password: None,
    }
}

pub fn write_pem(directory: &Path, name: &str, label: &str, items: &[&[u8]]) -> PathBuf {
    let text: String = items.iter().map(|der| pem_block(label, der)).collect();
    let path = directory.join(name);
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    path
}

pub fn pem_block(label: &str, der: &[u8]) -> String {
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
pub struct Always(Arc<CertifiedKey>);

impl ResolvesServerCert for Always {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }
}

pub fn server_config(
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
pub fn handshake(server: ServerConfig, ssl: &Ssl, host: &str) -> Result<ClientConnection, Error> {
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
