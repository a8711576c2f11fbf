//! Writes evidence into a file of its own: all of it or nothing, readable to its owner alone, never over another.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use crate::decide::evidence::Evidence;
use crate::decide::evidence::document;
use crate::error::Failure;
use crate::exit_code::ExitCode;
use crate::stages::json_text;

/// How many names are tried when nobody chose one and another run took the same second's.
const NAMES: u32 = 100;

/// Where the file goes.
#[derive(Debug, Clone)]
pub enum Place {
    /// This file, which must not be there yet.
    File(PathBuf),
    /// A file in this directory, named after the server and the time.
    Directory(PathBuf),
}

/// Whether nothing stands at `path` yet, to be asked before anything is connected; what stands there is left alone.
pub fn vacant(path: &Path) -> Result<(), Failure> {
    if path.symlink_metadata().is_ok() {
        return Err(in_the_way(path));
    }
    Ok(())
}

/// Writes it, and says where it is.
pub fn save(evidence: &Evidence, place: &Place) -> Result<PathBuf, Failure> {
    let text = json_text(&document::write(evidence))?;
    let path = match place {
        Place::File(path) => path.clone(),
        Place::Directory(directory) => directory.join(default_name(evidence)),
    };
    let cannot = |error: io::Error| {
        Failure::new(
            ExitCode::Refused,
            anyhow::Error::new(error)
                .context(format!("cannot save evidence to {}", path.display())),
        )
        .hint("name another place, or '-' to print it: breakglass snapshot -")
    };
    let draft = Draft::write(&path, &text).map_err(cannot)?;
    match place {
        Place::File(_) => match draft.publish(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(in_the_way(&path)),
            other => other.map(|()| path.clone()).map_err(cannot),
        },
        Place::Directory(_) => {
            let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
            for number in 1..=NAMES {
                let path = numbered(&path, number);
                match draft.publish(&path) {
                    Ok(()) => return Ok(path),
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => last = error,
                    Err(error) => return Err(cannot(error)),
                }
            }
            Err(cannot(last))
        }
    }
}

fn in_the_way(path: &Path) -> Failure {
    Failure::say(
        ExitCode::Refused,
        format!(
            "{} is there already, and evidence is never overwritten; name another file",
            path.display()
        ),
    )
}

/// `breakglass-snapshot-db1.example.net-5432-20261122T031415Z.json`
pub fn default_name(evidence: &Evidence) -> String {
    let server = evidence
        .database
        .as_ref()
        .map_or(&evidence.target, |database| &database.endpoint);
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '.' || c == '_' {
            c
        } else {
            '-'
        }
    };
    let server: String = server.chars().map(plain).take(60).collect();
    let server = server.trim_matches(['-', '.']);
    let server = if server.is_empty() { "server" } else { server };
    let at = u64::try_from(evidence.taken.at).unwrap_or(0) / 1_000_000;
    let at = humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(at)).to_string();
    let at = at.replace(['-', ':'], "");
    format!("breakglass-snapshot-{server}-{at}.json")
}

fn numbered(path: &Path, number: u32) -> PathBuf {
    if number == 1 {
        return path.to_owned();
    }
    path.with_extension(format!("{number}.json"))
}

/// The whole text on the disk under a name of its own, removed again unless it was published.
struct Draft(PathBuf);

impl Draft {
    fn write(beside: &Path, text: &str) -> io::Result<Self> {
        let name = format!(
            ".breakglass-snapshot-{}-{}",
            std::process::id(),
            fastrand::u64(..)
        );
        let path = beside.with_file_name(name);
        let mut file = own(&path)?;
        let draft = Self(path);
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        Ok(draft)
    }

    /// Gives it the name it is to have, unless something has that name: a link, which replaces nothing; where the file
    /// system has none, an empty file holds the name until the draft takes its place.
    fn publish(&self, path: &Path) -> io::Result<()> {
        match std::fs::hard_link(&self.0, path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(error),
            Err(_) => {
                own(path)?;
                std::fs::rename(&self.0, path).inspect_err(|_| {
                    let _ = std::fs::remove_file(path);
                })?;
            }
        }
        // The name survives a crash once its directory is on the disk; not every file system can do that.
        if let Some(Ok(directory)) =
            path.parent()
                .map(|parent| match parent.as_os_str().is_empty() {
                    true => File::open("."),
                    false => File::open(parent),
                })
        {
            let _ = directory.sync_all();
        }
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A new file that only its owner reads.
fn own(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .custom_flags(nix::libc::O_CLOEXEC)
        .open(path)
}
