//! Where the tests' server binaries are, and a prepared data directory for each major.
//!
//! `tests/run` fetches the binaries. The data directory is made once with `initdb` and kept beside them, for
//! making one takes two seconds and copying it a tenth of one.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use breakglass::drill::binaries::{Binaries, inspect};
use breakglass::drill::{Account, cluster};

/// Every major that is supported.
pub const MAJORS: [u32; 6] = [13, 14, 15, 16, 17, 18];

/// The binaries of one major.
pub fn of(major: u32) -> Binaries {
    let found = inspect(&directory().join(major.to_string()).join("bin"));
    match found {
        Ok(binaries) if binaries.major == major => binaries,
        _ => panic!(
            "PostgreSQL {major}'s server binaries are missing; run tests/run, which fetches them"
        ),
    }
}

/// A data directory to copy, with [`roles`] in it.
pub fn template(binaries: &Binaries) -> PathBuf {
    // One at a time: the test threads all need the same few, and each is made only once.
    static MAKING: Mutex<()> = Mutex::new(());
    let _alone = MAKING
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());

    let roles = roles(binaries.major);
    let mut hasher = DefaultHasher::new();
    (&roles, &binaries.version).hash(&mut hasher);
    let beside = directory().join(binaries.major.to_string());
    let template = beside.join(format!("template-{:016x}", hasher.finish()));
    if !template.exists() {
        let account = Account::without_privileges().unwrap();
        let workshop = tempfile::Builder::new()
            .prefix("making-")
            .tempdir_in(&beside)
            .unwrap();
        account.own(workshop.path()).unwrap();
        let data = workshop.path().join("data");
        cluster::initialise(binaries, &account, &data, &roles).unwrap();
        // Moved in when complete. When another test process was quicker, its one is as good.
        if let Err(error) = std::fs::rename(&data, &template) {
            assert!(
                template.exists(),
                "could not keep {}: {error}",
                template.display()
            );
        }
    }
    template
}

/// `BREAKGLASS_TEST_SERVERS`, or wherever `tests/run` has put them.
pub(super) fn directory() -> PathBuf {
    if let Some(directory) = std::env::var_os("BREAKGLASS_TEST_SERVERS") {
        return PathBuf::from(directory);
    }
    let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/postgres");
    let outside = PathBuf::from(format!(
        "/var/tmp/breakglass-postgres-{}",
        nix::unistd::geteuid()
    ));
    if !usual.exists() && outside.exists() {
        outside
    } else {
        usual
    }
}

/// The roles every test server has. The superuser is `postgres`. No databases: each would make every copy
/// of the data directory a third larger.
fn roles(major: u32) -> Vec<String> {
    let reserve = if major >= 16 {
        " IN ROLE pg_use_reserved_connections"
    } else {
        ""
    };
    [
        // The applications' role.
        "CREATE ROLE app LOGIN",
        // The break-glass role.
        "CREATE ROLE breakglass LOGIN REPLICATION IN ROLE pg_monitor, pg_signal_backend",
        // May use the reserved slots, where there are any.
        &format!("CREATE ROLE reserved LOGIN{reserve}"),
        // Has a limit, which is the smallest that lets one session in.
        "CREATE ROLE limited LOGIN CONNECTION LIMIT 1",
        // Is asked for a password when it comes over TCP.
        "SET password_encryption = 'scram-sha-256'",
        "CREATE ROLE with_password LOGIN PASSWORD 'correct horse'",
        "CREATE ROLE no_login",
    ]
    .map(str::to_owned)
    .to_vec()
}
