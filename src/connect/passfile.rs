//! Reads a password file (`.pgpass`): who may read it, and which line fits a server, database and role.
//!
//! Stage: files. Never: uses a file that others may read; it says so and goes on without, as libpq does.

use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use super::Secret;

/// A password file that may be used.
#[derive(Clone)]
pub(super) struct PasswordFile(String);

impl PasswordFile {
    /// Reads the file: `Ok(None)` when there is none, `Err` with a warning when it must not be used.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, String> {
        let skipped = |why: &str| format!("password file {} is ignored: {why}", path.display());
        // Without O_NONBLOCK a named pipe in its place would hold us until somebody writes to it.
        let opened = std::fs::OpenOptions::new()
            .read(true)
            .custom_flags(nix::fcntl::OFlag::O_NONBLOCK.bits())
            .open(path);
        let mut file = match opened {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(skipped(&error.to_string())),
        };
        let metadata = file
            .metadata()
            .map_err(|error| skipped(&error.to_string()))?;
        if !metadata.is_file() {
            return Err(skipped("it is not a plain file"));
        }
        if metadata.mode() & 0o077 != 0 {
            return Err(skipped(&format!(
                "group or others may use it; run: chmod 0600 {}",
                path.display()
            )));
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)
            .map_err(|error| skipped(&error.to_string()))?;
        Ok(Some(Self(String::from_utf8_lossy(&bytes).into_owned())))
    }

    /// The password of the first line that fits.
    pub(super) fn find(&self, host: &str, port: u16, database: &str, user: &str) -> Option<Secret> {
        let port = port.to_string();
        self.0
            .lines()
            .filter(|line| !line.starts_with('#'))
            .find_map(|line| {
                [host, &port, database, user]
                    .into_iter()
                    .try_fold(line, after_match)
            })
            .map(unescape)
            .filter(|password| !password.is_empty())
            .map(Secret::new)
    }
}

/// What follows the first field of `line` when that field is `*` or spells `wanted`.
fn after_match<'a>(line: &'a str, wanted: &str) -> Option<&'a str> {
    if let Some(rest) = line.strip_prefix("*:") {
        return Some(rest);
    }
    let mut wanted = wanted.chars();
    let mut field = line.char_indices();
    while let Some((at, c)) = field.next() {
        let c = match c {
            ':' => return wanted.next().is_none().then(|| &line[at + 1..]),
            '\\' => field.next()?.1,
            c => c,
        };
        if wanted.next() != Some(c) {
            return None;
        }
    }
    None
}

fn unescape(text: &str) -> String {
    let mut characters = text.chars();
    let mut plain = String::with_capacity(text.len());
    while let Some(c) = characters.next() {
        match c {
            '\\' => plain.extend(characters.next().or(Some('\\'))),
            c => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::os::unix::fs::PermissionsExt;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_line_that_fits_gives_the_password() {
        for (text, expected) in [
            ("h:5432:d:u:pw", Some("pw")),
            ("*:*:*:*:pw", Some("pw")),
            (
                "other:*:*:*:no\nh:*:*:*:first\n*:*:*:*:second",
                Some("first"),
            ),
            ("#h:5432:d:u:pw", None),
            ("h:5433:d:u:pw", None),
            ("h:5432:d:u", None),
            ("h*:5432:d:u:pw", None),
            ("\\h:5432:d:u:p\\:w\\\\", Some("p:w\\")),
            ("h:5432:d:u:a:b", Some("a:b")),
            ("h:5432:d:u:pw\r\n", Some("pw")),
            ("h:5432:d:u:\n*:*:*:*:later", None),
            ("h:5432:d:u: pw ", Some(" pw ")),
            ("", None),
        ] {
            let found = PasswordFile(text.into()).find("h", 5432, "d", "u");
            assert_eq!(found.as_ref().map(Secret::reveal), expected, "{text:?}");
        }
    }

    #[test]
    fn names_with_colons_and_backslashes_are_escaped_in_the_file() {
        let file = PasswordFile("\\:\\:1:5432:my\\\\db:*:pw".into());
        assert!(file.find("::1", 5432, "my\\db", "u").is_some());
        assert!(file.find("::2", 5432, "my\\db", "u").is_none());
    }

    #[test]
    fn a_file_that_others_may_use_is_ignored_with_a_warning() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pgpass");
        std::fs::write(&path, "*:*:*:*:pw").unwrap();
        for (mode, used) in [
            (0o600, true),
            (0o400, true),
            (0o640, false),
            (0o604, false),
            (0o620, false),
        ] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let read = PasswordFile::read(&path);
            assert_eq!(read.is_ok(), used, "{mode:o}");
            if let Err(warning) = read {
                assert!(warning.contains("chmod 0600"), "{warning}");
            }
        }
        assert!(matches!(
            PasswordFile::read(&directory.path().join("none")),
            Ok(None)
        ));
        let warning = PasswordFile::read(directory.path()).err().unwrap();
        assert!(warning.contains("not a plain file"), "{warning}");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), host in any::<String>()) {
            let _ = PasswordFile(text).find(&host, 1, "d", "u");
        }
    }
}
