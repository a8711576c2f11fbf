//! The data directory of a throwaway server: made, copied, filled with roles, configured.
//!
//! Stage: rehearsal, before the server starts. Everything in it belongs to the account that runs the server.
//! Never: writes outside the directory it is given.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use super::account::Account;
use super::binaries::Binaries;
use super::settings::{DATABASE, Listen, SUPERUSER, Settings};

/// Settings for the run without a server. They are written down in the data directory, and a standby refuses
/// to have less than what is written there: so it is little.
const MODEST: [&str; 5] = [
    "fsync=off",
    "max_connections=3",
    "superuser_reserved_connections=0",
    "max_worker_processes=1",
    "max_wal_senders=1",
];

/// Makes a data directory with `initdb`, and runs `statements` in it.
pub fn initialise(
    binaries: &Binaries,
    account: &Account,
    data: &Path,
    statements: &[String],
) -> Result<()> {
    let output = account
        .command(
            binaries.directory.join("initdb"),
            data.parent().unwrap_or(Path::new("/")),
        )
        .args(["--username", SUPERUSER, "--auth", "trust", "--no-sync"])
        // The C locale exists everywhere and keeps messages in English; the small WAL segments are quick to copy.
        .args(["--encoding", "UTF8", "--locale", "C", "--wal-segsize", "1"])
        .arg("--pgdata")
        .arg(data)
        .output()
        .context("could not run initdb")?;
    if !output.status.success() {
        bail!(
            "initdb failed: {}",
            last_lines(&String::from_utf8_lossy(&output.stderr), 6)
        );
    }
    if statements.is_empty() {
        return Ok(());
    }
    run_in_single_user_mode(binaries, account, data, statements)
}

/// Runs statements, one a line, without a server: nothing listens yet, and no session lingers afterwards.
fn run_in_single_user_mode(
    binaries: &Binaries,
    account: &Account,
    data: &Path,
    statements: &[String],
) -> Result<()> {
    let mut postgres = account
        .command(binaries.directory.join("postgres"), data)
        .args(["--single", "-c", "exit_on_error=on"])
        .args(MODEST.iter().flat_map(|setting| ["-c", setting]))
        .arg("-D")
        .arg(data)
        .arg(DATABASE)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("could not run postgres --single")?;
    if let Some(mut input) = postgres.stdin.take() {
        // A failed statement ends postgres, and its own message then says more than our broken pipe.
        let _ = input.write_all((statements.join("\n") + "\n").as_bytes());
    }
    let output = postgres.wait_with_output()?;
    if !output.status.success() {
        bail!(
            "preparing the roles failed: {}",
            last_lines(&String::from_utf8_lossy(&output.stderr), 6)
        );
    }
    Ok(())
}

/// Copies a data directory that no server is running in.
pub fn copy(template: &Path, account: &Account, data: &Path) -> Result<()> {
    let status = account
        .command("cp", Path::new("/"))
        .arg("-a")
        .args([template, data])
        .status()
        .context("could not run cp")?;
    if !status.success() {
        bail!(
            "could not copy {} to {}",
            template.display(),
            data.display()
        );
    }
    Ok(())
}

/// Writes the settings, the access rules and the signal file.
pub fn configure(
    data: &Path,
    directory: &Path,
    settings: &Settings,
    account: &Account,
) -> Result<()> {
    let listen_addresses = match settings.listen {
        Listen::SocketOnly => "",
        Listen::Loopback => "127.0.0.1",
    };
    let socket_directory = directory.display().to_string();
    let own = [
        ("listen_addresses", listen_addresses),
        ("unix_socket_directories", &socket_directory),
        ("fsync", "off"),
        ("full_page_writes", "off"),
        ("shared_buffers", "16MB"),
        ("logging_collector", "off"),
    ];
    let mut lines = String::new();
    for (name, value) in own.into_iter().chain(
        settings
            .parameters
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str())),
    ) {
        lines.push_str(&format!("{name} = '{}'\n", value.replace('\'', "''")));
    }
    OpenOptions::new()
        .append(true)
        .open(data.join("postgresql.conf"))?
        .write_all(lines.as_bytes())?;
    // Truncating keeps the file's owner, which must stay the server's account.
    std::fs::write(data.join("pg_hba.conf"), &settings.access)?;
    if let Some(name) = settings.signal_file {
        File::create(data.join(name))?;
        account.own(&data.join(name))?;
    }
    Ok(())
}

/// The end of a program's messages.
pub fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}
