//! Every sslmode against every kind of server certificate, in memory, with TLS 1.2 and 1.3.
//!
//! The expected answers are libpq's; the table says where ours is stricter.

pub mod workshop;

use std::os::unix::fs::PermissionsExt;

use breakglass::connect::{RootCert, Ssl, SslMode, TlsVersions, client_config, explain_tls};
use rcgen::{
    BasicConstraints, CertificateParams, GeneralSubtree, IsCa, KeyPair, NameConstraints,
    date_time_ymd,
};
use rustls::RootCertStore;

use workshop::{
    Authority, HOST, Server, handshake, params, self_signed, server_config, ssl, write_pem,
};

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
    #[rustfmt::skip]
    let cases = [
        ("signed, right name", authority.server(&good), HOST, "ok", "ok"),
        ("signed, wildcard", authority.server(&params(&["*.corp.example"], "x")), HOST, "ok", "ok"),
        ("signed, right address", authority.server(&params(&["10.0.0.7"], "x")), "10.0.0.7", "ok", "ok"),
        ("signed, another address", authority.server(&params(&["10.0.0.8"], "x")), "10.0.0.7", "ok", "name"),
        ("signed, another name", authority.server(&params(&["other.example"], "x")), HOST, "ok", "name"),
        // rustls alone wants two labels below a star.
        ("signed, wildcard above one label", authority.server(&params(&["*.internal"], "x")), "db.internal", "ok", "ok"),
        ("right common name only", authority.server(&params(&[], HOST)), HOST, "ok", "ok"),
        ("wildcard common name only", authority.server(&params(&[], "*.corp.example")), HOST, "ok", "ok"),
        ("another common name only", authority.server(&params(&[], "other.example")), HOST, "ok", "name"),
        ("right common name, another alternative", authority.server(&params(&["other.example"], HOST)), HOST, "ok", "name"),
        // libpq would take the common name; our chain check cannot hold it to the constraints.
        ("common name under constraints", constrained.server(&params(&[], HOST)), HOST, "ok", "name"),
        ("signed by somebody else", foreign(authority.server(&good)), HOST, "signature", "signature"),
        ("expired", changed(&[HOST], "x", &expired), HOST, "expired", "expired"),
        ("signed, is a CA", changed(&[HOST], "x", &ca), HOST, "ca", "ca"),
        ("self-signed CA, is the root", self_signed(ca), HOST, "ok", "ok"),
        ("self-signed CA, is the root, another name", self_signed(ca), "other.example", "ok", "name"),
        ("self-signed, is the root", self_signed(|_| {}), HOST, "ok", "ok"),
        ("self-signed, is the root, expired", self_signed(expired), HOST, "expired", "expired"),
        ("self-signed, another root", foreign(self_signed(|_| {})), HOST, "issuer", "issuer"),
        ("self-signed CA, another root", foreign(self_signed(ca)), HOST, "ca", "ca"),
        // libpq verifies these; rustls cannot, and the explanation says how to go on.
        ("version 1", authority.version_1_server(), HOST, "version", "version"),
        ("version 1, is the root", pinned(authority.version_1_server()), HOST, "ok", "ok"),
        ("version 1, is the root, another name", pinned(authority.version_1_server()), "other.example", "ok", "name"),
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

#[test]
fn a_revoked_certificate_is_refused_and_a_list_that_does_not_hold_vouches_for_nobody() {
    let (authority, other) = (Authority::new(|_| {}), Authority::new(|_| {}));
    let directory = tempfile::tempdir().unwrap();
    let mut named = params(&[HOST], "x");
    named.serial_number = Some(7.into());
    let server = authority.server(&named);
    let root = write_pem(
        directory.path(),
        "root.crt",
        "CERTIFICATE",
        &[&server.roots[0]],
    );
    let mut settings = ssl(SslMode::VerifyCa, RootCert::File(root), TlsVersions::Both);
    #[rustfmt::skip]
    let cases = [
        ("another is revoked", &authority, 8, 2999, None),
        ("it is revoked", &authority, 7, 2999, Some("has been revoked")),
        ("an old list", &authority, 8, 2001, Some("out of date")),
        // Both authorities have one name: the list is found, and its signature is wrong.
        ("somebody else's list", &other, 8, 2999, Some("revocation list in sslcrl cannot be used")),
    ];
    for (what, issuer, serial, until, expected) in cases {
        let list = issuer.revocation_list(serial, until);
        settings.crl = Some(write_pem(
            directory.path(),
            "root.crl",
            "X509 CRL",
            &[&list],
        ));
        let config = server_config(&server.leaf, &server.key, None);
        let explained = handshake(config, &settings, HOST)
            .err()
            .map(|error| explain_tls(&error));
        match (&explained, expected) {
            (None, None) => {}
            (Some(text), Some(part)) if text.contains(part) => {}
            _ => panic!("{what}: {explained:?}"),
        }
    }
}
