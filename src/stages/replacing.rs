//! A file that others read is replaced whole, so that nobody ever reads half of one: the node exporter's, a manual
//! page, a completion script.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Writes `text` beside `path` and moves it there. Its readers run as other accounts: everybody may read it. When it
/// fails, what was there is as it was.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    let Some(name) = path.file_name() else {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is no name of a file",
        ));
    };
    // The node exporter takes what ends in .prom; this does not.
    let mut draft = std::ffi::OsString::from(".");
    draft.push(name);
    draft.push(format!(".{:016x}", fastrand::u64(..)));
    let draft = path.with_file_name(draft);
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)?;
    let done = fill(file, text).and_then(|()| fs::rename(&draft, path));
    if done.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&draft);
    }
    done
}

fn fill(mut file: File, text: &str) -> io::Result<()> {
    file.write_all(text.as_bytes())?;
    // Whatever the umask of cron is.
    file.set_permissions(Permissions::from_mode(0o644))?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_file_is_replaced_readable_to_all_and_no_draft_is_left() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("breakglass.prom");
        fs::write(&path, "old\n").unwrap();
        write(&path, "new\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new\n");
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o644);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_place_that_cannot_be_written_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let taken = directory.path().join("breakglass.prom");
        fs::create_dir(&taken).unwrap();
        assert!(write(&taken, "new\n").is_err());
        assert!(write(Path::new("/proc/no/such.prom"), "new\n").is_err());
        assert!(write(Path::new("/"), "new\n").is_err());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
