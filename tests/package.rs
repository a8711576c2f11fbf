//! What is handed out, built by the project's own script: a Debian package that is installed and purged in a clean
//! root, and a static binary that runs where there is nothing else.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use crate::support::{Server, needs_root};
use breakglass::drill::Account;

/// The binary and the package, built once for all tests here. The profile that compiles fastest: what a package holds
/// and where it puts it does not depend on it.
fn built() -> (PathBuf, PathBuf) {
    static BUILT: OnceLock<(PathBuf, PathBuf)> = OnceLock::new();
    let build = || {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let output = Command::new(root.join("tests/package"))
            .args(["--profile", "dev"])
            .output()
            .unwrap();
        let said = succeeded(&output);
        let paths: Vec<PathBuf> = said.lines().map(|line| root.join(line)).collect();
        let [binary, package] = &paths[..] else {
            panic!("tests/package printed {said:?}");
        };
        (binary.clone(), package.clone())
    };
    BUILT.get_or_init(build).clone()
}

#[track_caller]
fn succeeded(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{}\n{out}{err}", output.status);
    out
}

/// Runs a shell's line in the root `directory`.
#[track_caller]
fn inside(directory: &Path, line: &str) -> Output {
    Command::new("/usr/sbin/chroot")
        .arg(directory)
        .args(["/bin/sh", "-c", line])
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .output()
        .unwrap()
}

/// A Debian system of nothing but essential packages.
fn clean_root() -> tempfile::TempDir {
    let directory = tempfile::Builder::new().prefix("root-").tempdir().unwrap();
    let release = std::fs::read_to_string("/etc/os-release").unwrap();
    let suite = release
        .lines()
        .find_map(|line| line.strip_prefix("VERSION_CODENAME="))
        .expect("a Debian or Ubuntu has a code name");
    let output = Command::new("mmdebstrap")
        .args([
            "--quiet",
            "--mode=root",
            "--variant=essential",
            "--include=passwd",
            suite,
        ])
        .arg(directory.path())
        .output()
        .unwrap();
    succeeded(&output);
    directory
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        .permissions()
        .mode()
        & 0o777
}

#[test]
fn the_package_is_installed_in_a_clean_root_and_purged_without_a_trace() {
    needs_root();
    let (_, package) = built();
    let root = clean_root();
    let at = |path: &str| root.path().join(path);
    std::fs::copy(&package, at("breakglass.deb")).unwrap();
    succeeded(&inside(root.path(), "dpkg -i /breakglass.deb"));

    for (path, wanted) in [
        ("usr/bin/breakglass", 0o755),
        ("usr/share/man/man1/breakglass.1.gz", 0o644),
        ("usr/share/man/man1/breakglass-workers-recycle.1.gz", 0o644),
        ("usr/share/bash-completion/completions/breakglass", 0o644),
        ("usr/share/zsh/vendor-completions/_breakglass", 0o644),
        ("usr/share/fish/vendor_completions.d/breakglass.fish", 0o644),
        ("usr/lib/systemd/system/breakglass-record@.timer", 0o644),
        ("usr/lib/systemd/system/breakglass-record@.service", 0o644),
        ("usr/lib/systemd/system/breakglass-check@.timer", 0o644),
        ("usr/lib/systemd/system/breakglass-check@.service", 0o644),
        ("usr/share/doc/breakglass/copyright", 0o644),
        ("etc/breakglass/config.toml", 0o640),
    ] {
        assert_eq!(mode(&at(path)), wanted, "{path}");
    }
    // The configuration is root's, readable to the group, and holds no secret: all of it is commented out.
    let group = succeeded(&inside(
        root.path(),
        "stat -c %U:%G /etc/breakglass/config.toml",
    ));
    assert_eq!(group, "root:breakglass\n");
    let example = std::fs::read_to_string(at("etc/breakglass/config.toml")).unwrap();
    assert!(
        example
            .lines()
            .all(|line| line.is_empty() || line.starts_with('#')),
        "{example}"
    );
    // Nothing is enabled, and nothing was started.
    let wants = inside(
        root.path(),
        "find /etc/systemd -name '*breakglass*' 2>/dev/null",
    );
    assert_eq!(String::from_utf8_lossy(&wants.stdout), "");

    let said = succeeded(&inside(root.path(), "breakglass --version"));
    assert!(
        said.starts_with(concat!(
            "breakglass ",
            env!("CARGO_PKG_VERSION"),
            " (commit "
        )),
        "{said}"
    );
    assert!(said.contains("x86_64-unknown-linux-musl"), "{said}");
    // With every line of the example active it is a configuration that the program takes, as the group reads it.
    let active: String = example
        .lines()
        .filter_map(|line| line.strip_prefix("# "))
        .filter(|line| line.starts_with('[') || line.contains(" = "))
        .map(|line| format!("{line}\n"))
        .collect();
    // This root has no certificates of any authority.
    let active = active.replace("?sslmode=verify-full&sslrootcert=system", "");
    std::fs::write(at("etc/breakglass/config.toml"), &active).unwrap();
    let line = "setpriv --reuid breakglass --regid breakglass --clear-groups \
                breakglass status -t prod --connect-timeout 1s --retry-for 0s";
    let ran = inside(root.path(), line);
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(said.contains("/etc/breakglass/prod.password"), "{said}");
    let others = inside(
        root.path(),
        "setpriv --reuid 12345 --clear-groups breakglass status",
    );
    assert_eq!(others.status.code(), Some(2));
    let said = String::from_utf8_lossy(&others.stderr).into_owned();
    assert!(
        said.contains("become a member of the file's group"),
        "{said}"
    );

    succeeded(&inside(root.path(), "dpkg --purge breakglass"));
    let left = succeeded(&inside(
        root.path(),
        "find / -xdev -path /proc -prune -o -name '*breakglass*' -print | grep -v '^/breakglass.deb$' | sort; \
         getent passwd breakglass; getent group breakglass; true",
    ));
    assert_eq!(left, "", "left behind");
}

#[test]
fn the_static_binary_runs_in_an_empty_root_with_names_and_tls() {
    needs_root();
    let (binary, _) = built();
    let headers = succeeded(
        &Command::new("readelf")
            .arg("--program-headers")
            .arg(&binary)
            .output()
            .unwrap(),
    );
    assert!(!headers.contains("INTERP"), "it needs a loader:\n{headers}");

    let root = tempfile::Builder::new().prefix("empty-").tempdir().unwrap();
    std::fs::create_dir(root.path().join("etc")).unwrap();
    std::fs::copy(&binary, root.path().join("breakglass")).unwrap();
    std::fs::write(root.path().join("etc/hosts"), "127.0.0.1 the-database\n").unwrap();
    let run = |words: &[&str]| {
        Command::new("/usr/sbin/chroot")
            .arg(root.path())
            .arg("/breakglass")
            .args(words)
            .env_clear()
            .env("HOME", "/")
            .output()
            .unwrap()
    };
    assert!(succeeded(&run(&["--version"])).starts_with("breakglass "));
    assert!(succeeded(&run(&["help"])).contains("breakglass rescue"));

    // A server that speaks TLS, with a certificate for the name in that root's /etc/hosts.
    let made = rcgen::generate_simple_self_signed(["the-database".to_owned()]).unwrap();
    let keys = tempfile::tempdir().unwrap();
    let account = Account::without_privileges().unwrap();
    let file = |name: &str, text: String| {
        let path = keys.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
        account.own(&path).unwrap();
        path
    };
    let certificate = file("server.crt", made.cert.pem());
    let key = file("server.key", made.signing_key.serialize_pem());
    account.own(keys.path()).unwrap();
    std::fs::copy(&certificate, root.path().join("etc/root.crt")).unwrap();
    let server = Server::start_with(17, |settings| {
        settings
            .set("ssl", "on")
            .set("ssl_cert_file", certificate.display())
            .set("ssl_key_file", key.display())
    });
    let port = server.port().to_string();
    let target = [
        "-h",
        "the-database",
        "-p",
        &port,
        "-U",
        "breakglass",
        "--format",
        "json",
    ];
    let dsn = "sslmode=verify-full sslrootcert=/etc/root.crt";
    let ran = run(&[&["status", "-d", dsn], &target[..]].concat());
    let said = succeeded(&ran);
    assert!(said.contains("\"encrypted\": true"), "{said}");
}

#[test]
fn cargo_installs_it_from_the_tree() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let to = tempfile::tempdir().unwrap();
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    // What the tests were compiled with is there already, so this takes no second build.
    let output = Command::new(cargo)
        .args([
            "install",
            "--quiet",
            "--locked",
            "--offline",
            "--debug",
            "--no-track",
            "--path",
        ])
        .arg(root)
        .arg("--root")
        .arg(to.path())
        .output()
        .unwrap();
    succeeded(&output);
    let output = Command::new(to.path().join("bin/breakglass"))
        .arg("-V")
        .output()
        .unwrap();
    assert_eq!(
        succeeded(&output),
        format!("breakglass {}\n", env!("CARGO_PKG_VERSION"))
    );
}
