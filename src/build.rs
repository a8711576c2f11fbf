//! What `--version` tells of the build: the commit, the target, the profile, the compiler.
//!
//! Runs before the program is compiled, and is no part of it.

// Cargo reads what a build script prints.
#![allow(clippy::print_stdout)]

use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    // The directories of the program itself; without them every change of a test would count.
    for path in ["src", "Cargo.toml", "Cargo.lock"] {
        println!("cargo:rerun-if-changed={path}");
    }
    println!("cargo:rerun-if-env-changed=BREAKGLASS_COMMIT");
    let given = env::var("BREAKGLASS_COMMIT").ok();
    let commit = given
        .or_else(commit)
        .unwrap_or_else(|| "unknown".to_owned());
    let of_cargo = |name: &str| env::var(name).unwrap_or_else(|_| "unknown".to_owned());
    let compiler = said(Command::new(of_cargo("RUSTC")).arg("--version"));
    let compiler = compiler.unwrap_or_else(|| "an unknown compiler".to_owned());
    println!(
        "cargo:rustc-env=BREAKGLASS_BUILD=commit {commit}, {}, {}, {compiler}",
        of_cargo("TARGET"),
        profile(),
    );
}

/// The directory that the build's own is in: cargo tells `PROFILE` only as debug or release.
fn profile() -> String {
    let own = env::var("OUT_DIR").unwrap_or_default();
    let name = Path::new(&own).ancestors().nth(3).and_then(Path::file_name);
    name.map_or_else(
        || "unknown".to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}

/// The commit of a clone of this project, `+changes` after it where the program differs from it. `None` in a source
/// archive, also in one that was unpacked inside of another project's clone.
fn commit() -> Option<String> {
    let own = env::var("CARGO_MANIFEST_DIR").ok()?;
    let git = |words: &[&str]| said(Command::new("git").arg("-C").arg(&own).args(words));
    let top = git(&["rev-parse", "--show-toplevel"])?;
    if Path::new(&top).canonicalize().ok()? != Path::new(&own).canonicalize().ok()? {
        return None;
    }
    for file in ["HEAD", "logs/HEAD"] {
        let path = git(&["rev-parse", "--path-format=absolute", "--git-path", file])?;
        if Path::new(&path).exists() {
            println!("cargo:rerun-if-changed={path}");
        }
    }
    let commit = git(&["rev-parse", "--short=12", "HEAD"])?;
    let changed = git(&[
        "status",
        "--porcelain",
        "--",
        "src",
        "Cargo.toml",
        "Cargo.lock",
        "runbooks",
    ])?;
    let changes = if changed.is_empty() { "" } else { "+changes" };
    Some(format!("{commit}{changes}"))
}

/// What a program answered; `None` where it is missing or failed.
fn said(command: &mut Command) -> Option<String> {
    let output = command
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
