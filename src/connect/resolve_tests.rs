//! [`resolve`] on whole situations: flags, variables and files together.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use super::*;
use crate::connect::{ConfigFiles, Keepalive, RootCert, SslMode, TargetError, TlsVersions};

/// A home directory with files in it, and variables.
struct Situation {
    home: tempfile::TempDir,
    environment: Environment,
    flags: ConnectionFlags,
}

impl Situation {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let environment = Environment {
            user: Some("ada".into()),
            home: Some(home.path().to_owned()),
            config_files: ConfigFiles::Usual(vec![home.path().join("config.toml")]),
            socket_directories: vec!["/usual".into()],
            ..Environment::default()
        };
        Self {
            home,
            environment,
            flags: ConnectionFlags::default(),
        }
    }

    fn file(self, name: &str, text: &str) -> Self {
        let path = self.home.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        self
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.variables.insert(name.into(), value.into());
        self
    }

    fn dbname(mut self, text: &str) -> Self {
        self.flags.dbname = Some(text.into());
        self
    }

    fn target(mut self, name: &str) -> Self {
        self.flags.target = Some(name.into());
        self
    }

    fn host(mut self, host: &str) -> Self {
        self.flags.host = Some(host.into());
        self
    }

    fn resolve(&self) -> Result<Target, TargetError> {
        resolve(&self.flags, &self.environment)
    }

    fn home(&self) -> &Path {
        self.home.path()
    }
}

/// `user@database at first-endpoint`.
fn summary(target: &Target) -> String {
    let endpoint = target.endpoints[0].label();
    format!("{}@{} at {endpoint}", target.user, target.database)
}

#[test]
fn with_nothing_said_it_is_the_local_socket_ourselves_and_the_maintenance_database() {
    let target = Situation::new().resolve().unwrap();
    assert_eq!(summary(&target), "ada@postgres at /usual/.s.PGSQL.5432");
    assert!(!target.database_named);
    assert_eq!(target.ssl.mode, SslMode::Prefer);
    assert_eq!(target.ssl.root, RootCert::None);
    assert!(target.ssl.sni && !target.ssl.direct && !target.random_order);
    assert_eq!(target.connect_timeout, None);
    let keepalive = Keepalive {
        idle: Duration::from_secs(10),
        interval: Duration::from_secs(3),
        count: 3,
    };
    assert_eq!(target.keepalive, Some(keepalive));
    assert!(target.warnings.is_empty() && target.password.is_none());
}

#[test]
fn flag_before_dsn_before_service_before_environment() {
    let all = Situation::new()
        .file(
            "config.toml",
            "[target.p]\ndsn = 'service=s port=2 user=dsn'\n",
        )
        .file(
            ".pg_service.conf",
            "[s]\nhost=service\nport=3\nuser=service\ndbname=service\n",
        )
        .variable("PGHOST", "variable")
        .variable("PGDATABASE", "variable")
        .variable("PGOPTIONS", "-c a=b")
        .target("p")
        .host("flag");
    let target = all.resolve().unwrap();
    assert_eq!(summary(&target), "dsn@service at flag:2");
    assert_eq!(target.options.as_deref(), Some("-c a=b"));
    assert_eq!(target.name.as_deref(), Some("p"));
    assert!(target.database_named);
}

#[test]
fn another_host_on_the_command_line_drops_the_address_in_the_dsn() {
    let target = Situation::new()
        .file(
            "config.toml",
            "[target.p]\ndsn = 'host=a hostaddr=10.0.0.1'\n",
        )
        .target("p")
        .host("b")
        .resolve()
        .unwrap();
    assert_eq!(summary(&target), "ada@postgres at b:5432");
}

#[test]
fn passwords_come_from_everywhere_but_the_command_line() {
    #[rustfmt::skip]
    let cases = [
        "postgresql://u:secret@h/d",
        "host=h password=secret",
        "postgresql://h?password=secret",
    ];
    for text in cases {
        let message = Situation::new()
            .dbname(text)
            .resolve()
            .unwrap_err()
            .to_string();
        assert!(
            message.starts_with("-d: a password on the command line"),
            "{message}"
        );
        assert!(
            message.contains("PGPASSWORD") && !message.contains("secret"),
            "{message}"
        );
    }
    let given = |situation: Situation| {
        let target = situation.resolve().unwrap();
        let password = target.password_for(&target.endpoints[0]);
        password.map(|password| password.reveal().to_owned())
    };
    let at = |name: &str, text: &str| Situation::new().host("h").file(name, text);
    #[rustfmt::skip]
    let cases = [
        (Situation::new(), None),
        (at("config.toml", "[target.p]\ndsn = 'password=dsn'\n").target("p"), Some("dsn")),
        (at(".pg_service.conf", "[s]\npassword=service\n").variable("PGSERVICE", "s"), Some("service")),
        (at("x", "").variable("PGPASSWORD", "variable"), Some("variable")),
        (at(".pgpass", "h:5432:postgres:ada:filed\n"), Some("filed")),
        (at(".pgpass", "*:*:*:*:filed\n").variable("PGPASSWORD", "variable"), Some("variable")),
        (at("config.toml", "[target.p]\npassword_command = 'echo asked'\n").target("p"), Some("asked")),
        (at("config.toml", "[target.p]\npassword_command = 'echo asked'\n").target("p").file(".pgpass", "*:*:*:*:filed\n"), Some("filed")),
        (at("config.toml", "[target.p]\npassword_command = 'exit 1'\n").target("p").variable("PGPASSWORD", "v"), Some("v")),
        (at("config.toml", "[target.p]\npassword_command = 'echo asked'\n"), None),
    ];
    for (situation, expected) in cases {
        assert_eq!(given(situation).as_deref(), expected);
    }
}

#[test]
fn what_is_odd_but_no_fault_becomes_a_warning() {
    #[rustfmt::skip]
    let cases = [
        (Situation::new().variable("PGPASSFILE", "/nonexistent/p"), "PGPASSFILE: there is no password file"),
        (Situation::new().variable("PGSSLROOTCERT", "/nonexistent/r"), "PGSSLROOTCERT: there is no file"),
        (Situation::new().dbname("sslcert=/nonexistent/c"), "sslcert in -d: there is no file"),
    ];
    for (situation, part) in cases {
        let warnings = situation.resolve().unwrap().warnings;
        assert!(
            warnings.len() == 1 && warnings[0].contains(part),
            "{warnings:?}"
        );
    }
}

#[test]
fn tls_settings_are_libpqs() {
    let modes = |situation: Situation| {
        let ssl = situation.resolve().unwrap().ssl;
        (ssl.mode, ssl.root)
    };
    let rooted = || Situation::new().host("h").file(".postgresql/root.crt", "x");
    let usual = rooted();
    let usual_root =
        |situation: &Situation| RootCert::File(situation.home().join(".postgresql/root.crt"));
    assert_eq!(usual.resolve().unwrap().ssl.root, usual_root(&usual));
    #[rustfmt::skip]
    let cases = [
        (Situation::new().host("h").dbname("sslrootcert=system"), (SslMode::VerifyFull, RootCert::System)),
        (Situation::new().variable("PGSSLMODE", "verify-full"), (SslMode::VerifyFull, RootCert::None)),
        (rooted().variable("PGSSLROOTCERT", "/nonexistent"), (SslMode::Prefer, RootCert::None)),
        (Situation::new().dbname("requiressl=1"), (SslMode::Require, RootCert::None)),
        (Situation::new().variable("PGREQUIRESSL", "1").variable("PGSSLMODE", "disable"), (SslMode::Disable, RootCert::None)),
    ];
    for (situation, expected) in cases {
        assert_eq!(modes(situation), expected);
    }
    let pair = Situation::new().file(".postgresql/postgresql.crt", "x");
    let directory = pair.home().join(".postgresql");
    let expected = Some((
        directory.join("postgresql.crt"),
        directory.join("postgresql.key"),
    ));
    assert_eq!(pair.resolve().unwrap().ssl.client_cert, expected);
    assert_eq!(
        pair.dbname("sslcertmode=disable")
            .resolve()
            .unwrap()
            .ssl
            .client_cert,
        None
    );
}

#[test]
fn tls_versions_are_those_we_speak_within_the_limits_that_are_set() {
    let cases = [
        ("ssl_min_protocol_version=TLSv1", Some(TlsVersions::Both)),
        ("ssl_min_protocol_version=tlsv1.2", Some(TlsVersions::Both)),
        (
            "ssl_min_protocol_version=TLSv1.3",
            Some(TlsVersions::Only13),
        ),
        (
            "ssl_max_protocol_version=TLSv1.2",
            Some(TlsVersions::Only12),
        ),
        ("ssl_max_protocol_version=TLSv1.1", None),
        (
            "ssl_min_protocol_version=TLSv1.3 ssl_max_protocol_version=TLSv1.2",
            None,
        ),
        ("ssl_min_protocol_version=SSLv3", None),
    ];
    for (text, expected) in cases {
        let resolved = Situation::new().dbname(text).resolve();
        assert_eq!(
            resolved.ok().map(|target| target.ssl.versions),
            expected,
            "{text}"
        );
    }
}

#[test]
fn what_cannot_be_done_is_refused_with_one_sentence() {
    let variable = |name: &str, value: &str| Situation::new().host("h").variable(name, value);
    #[rustfmt::skip]
    let cases = [
        (variable("PGSSLMODE", "verify"), "PGSSLMODE: \"verify\" is not one of disable, allow, prefer, require, verify-ca, verify-full"),
        (variable("PGSSLMODE", ""), "PGSSLMODE: \"\" is not one of disable, allow, prefer, require, verify-ca, verify-full"),
        (variable("PGREQUIREAUTH", "md5"), "PGREQUIREAUTH: we cannot hold the server to one way of authentication; leave it out"),
        (variable("PGGSSENCMODE", "require"), "PGGSSENCMODE: GSSAPI encryption is not supported; leave it out, or say disable or prefer"),
        (variable("PGPORT", "x"), "PGPORT: \"x\" is not an integer"),
        (variable("PGSSLNEGOTIATION", "direct"), "sslnegotiation=direct cannot fall back to no encryption; also set sslmode to require, verify-ca or verify-full"),
        (variable("PGSSLMODE", "require").dbname("sslrootcert=system"), "sslrootcert=system needs sslmode=verify-full; leave sslmode out, or name a root certificate file"),
        (Situation::new().dbname("hostaddr=10.0.0.1 sslrootcert=system"), "sslmode=verify-full needs a name to check for 10.0.0.1:5432; give host beside hostaddr, or use verify-ca"),
        (Situation::new().target("prod"), "--target: unknown target \"prod\"; there is no configuration file"),
        (variable("PGSERVICE", "s"), "service \"s\" is not defined: there is no service file; add a section [s] to ~/.pg_service.conf"),
    ];
    for (situation, message) in cases {
        assert_eq!(situation.resolve().unwrap_err().to_string(), message);
    }
    let verified = variable("PGSSLMODE", "verify-ca")
        .resolve()
        .unwrap_err()
        .to_string();
    assert!(
        verified.contains("no root certificate file /"),
        "{verified}"
    );

    let dsn = Situation::new()
        .file("config.toml", "[target.p]\ndsn = 'orders'\n")
        .target("p");
    let message = dsn.resolve().unwrap_err().to_string();
    assert!(message.ends_with("config.toml, line 2): dsn is neither a URI nor a key=value string; for a database alone write dbname=orders"), "{message}");

    let nobody = Environment {
        user: None,
        variables: BTreeMap::new(),
        ..Situation::new().environment
    };
    let message = resolve(&ConnectionFlags::default(), &nobody)
        .unwrap_err()
        .to_string();
    assert_eq!(
        message,
        "no role to log in as: this user has no name; name a role with -U or PGUSER"
    );
}

#[test]
fn protections_hold_with_and_without_a_named_target() {
    let text = "[protected]\nusers = ['replicator']\n[target.p]\nprotected_users = ['billing']\nmax_targets = 5\n";
    let without = Situation::new()
        .file("config.toml", text)
        .resolve()
        .unwrap();
    assert_eq!(without.protected.users, ["replicator"]);
    let with = Situation::new()
        .file("config.toml", text)
        .target("p")
        .resolve()
        .unwrap();
    assert_eq!(with.protected.users, ["replicator", "billing"]);
    assert_eq!(with.protected.max_targets, Some(5));
}

#[test]
fn several_hosts_keep_their_order_and_their_own_filed_passwords() {
    let target = Situation::new()
        .file(".pgpass", "b:5433:*:*:second\n")
        .dbname("postgresql://a,b:5433/orders?target_session_attrs=prefer-standby&load_balance_hosts=random&connect_timeout=4&tcp_user_timeout=1500&keepalives=0")
        .resolve()
        .unwrap();
    let labels: Vec<_> = target
        .endpoints
        .iter()
        .map(|endpoint| endpoint.label())
        .collect();
    assert_eq!(labels, ["a:5432", "b:5433"]);
    assert!(target.endpoints[0].filed_password.is_none());
    assert_eq!(
        target.endpoints[1].filed_password,
        Some(Secret::new("second"))
    );
    assert_eq!(target.session_attrs, SessionAttrs::PreferStandby);
    assert!(target.random_order && target.keepalive.is_none());
    assert_eq!(target.connect_timeout, Some(Duration::from_secs(4)));
    assert_eq!(target.tcp_user_timeout, Some(Duration::from_millis(1500)));
}

#[test]
fn a_variable_that_cannot_be_read_is_not_taken_for_unset() {
    for (name, refused) in [
        ("PGHOST", true),
        ("BREAKGLASS_CONFIG", true),
        ("LESS", false),
    ] {
        let mut situation = Situation::new();
        situation.environment.unreadable.push(name.into());
        assert_eq!(situation.resolve().is_err(), refused, "{name}");
    }
}
