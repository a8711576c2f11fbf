//! The console through TLS: the certificate is judged before a word is said.

use std::os::unix::fs::PermissionsExt;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use super::Stage;
use crate::support::Release;

/// An authority's certificate, and what it signed for 127.0.0.1: certificate and key. All as PEM.
fn certificates() -> [String; 3] {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let root = authority.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(authority, key);
    let key = KeyPair::generate().unwrap();
    let server = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let server = server.signed_by(&key, &issuer).unwrap().pem();
    [root, server, key.serialize_pem()]
}

#[test]
fn a_console_behind_tls_is_verified_and_acted_through() {
    let directory = tempfile::tempdir().unwrap();
    let readable = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    // The account that runs the pooler reads its key there.
    readable(directory.path(), 0o755);
    let [root, server, key] = certificates();
    let [other, ..] = certificates();
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        readable(&path, 0o644);
        path.display().to_string()
    };
    let (root, other) = (file("root", &root), file("other", &other));
    let (server, key) = (file("server", &server), file("key", &key));
    let settings = [
        ("client_tls_sslmode", "require"),
        ("client_tls_cert_file", &*server),
        ("client_tls_key_file", &*key),
    ];
    let stage = Stage::with(16, Release::Packaged, &settings);
    let run = |how: &str, code: i32| {
        let console = format!("{}?{how}", stage.pooler.console("admin"));
        let typed = ["pgbouncer", "--pgbouncer", &console];
        stage.operator.run(&typed).expect_code(code)
    };
    run(&format!("sslmode=verify-full&sslrootcert={root}"), 0);
    run("sslmode=require", 0);
    let ran = run(&format!("sslmode=verify-full&sslrootcert={other}"), 3);
    assert!(ran.stderr.contains("certificate"), "{ran}");
    run("sslmode=disable", 3);

    let console = format!(
        "{}?sslmode=verify-full&sslrootcert={root}",
        stage.pooler.console("admin")
    );
    let typed = [
        "fence",
        "--pool",
        "shop",
        "--for",
        "1s",
        "--yes",
        "--pgbouncer",
        &console,
    ];
    let ran = stage.operator.run(&typed).expect_code(0);
    assert!(ran.stdout.contains("UNDONE: pool shop"), "{ran}");
}
