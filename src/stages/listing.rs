//! The last listing of each server, kept for TAB: completion takes names and PIDs from it, since a connection of its own
//! would take a slot. Each is known by the target's name and endpoints, so that what one server has is not offered for
//! another.
//!
//! Kept where a person listed, never where a script did. Best effort: a listing never fails for it.

use std::fs::{self, DirBuilder, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Context;
use crate::connect::Target;
use crate::decide::session::Session;
use crate::decide::snapshot::Snapshot;
use crate::record;
use crate::report::sanitize;

/// The first word of the file, and its version.
const FORMAT: &str = "breakglass/last-listing/1";
/// A listing that old helps nobody.
const OLDEST: Duration = Duration::from_secs(7 * 86_400);
/// More than anybody looks through.
const MOST: usize = 1_000;
/// A longer file is none of ours.
const LONGEST: u64 = 1 << 20;

/// A listing that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// Of which server.
    pub server: String,
    /// How long ago.
    pub age: Duration,
    /// Who was there.
    pub rows: Vec<Row>,
}

/// A session of it. Nothing in it holds a control character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its process.
    pub pid: i32,
    /// Role; may be empty, as the others.
    pub user: String,
    /// Database.
    pub database: String,
    /// Application.
    pub application: String,
    /// `idle`, `active`…
    pub state: String,
    /// Seconds in that state, as far as it is known.
    pub seconds: Option<u64>,
}

/// Whose listing.
#[derive(Debug, Clone, Copy)]
pub enum Of<'a> {
    /// Sessions of the server that is meant so.
    Server(&'a Target),
    /// Processes of the servers of this host.
    Host,
}

impl Of<'_> {
    /// What tells it from others; known before any connection.
    fn key(self) -> String {
        match self {
            Self::Host => "processes of this host".to_owned(),
            Self::Server(target) => {
                let labels: Vec<String> = target.endpoints.iter().map(|it| it.label()).collect();
                let name = target.name.as_deref().unwrap_or_default();
                // A key is on one line of the file.
                format!("{name} at {}", labels.join(",")).replace(['\t', '\n'], " ")
            }
        }
    }
}

/// Where they are; beside the record.
fn directory(variable: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let record = record::location(nix::unistd::geteuid().is_root(), variable)?;
    Some(record.with_file_name("last-listings"))
}

fn path(directory: &Path, key: &str) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    directory.join(format!("{:016x}", hasher.finish()))
}

/// Keeps what a person was shown.
pub fn keep(context: &Context, of: Of<'_>, server: &str, snapshots: &[&Snapshot]) {
    if !context.terminal.shows_answer_to_person() && !context.terminal.talks_to_person() {
        return;
    }
    let variable = |name: &str| context.environment.variables.get(name).cloned();
    if let Some(directory) = directory(variable) {
        let key = of.key();
        // Nobody waits for it, and TAB says how old it is.
        let _ = write(
            &path(&directory, &key),
            &text(&key, server, snapshots, SystemTime::now()),
        );
        let _ = sweep(&directory);
    }
}

/// Reads it. `None`: there is none, or none that can be read.
pub fn read(of: Of<'_>, variable: impl Fn(&str) -> Option<String>) -> Option<Listing> {
    let key = of.key();
    let mut text = String::new();
    let file = OpenOptions::new()
        .read(true)
        // Whatever was put in its place must not keep a shell waiting.
        .custom_flags(nix::libc::O_NOFOLLOW | nix::libc::O_NONBLOCK)
        .open(path(&directory(variable)?, &key))
        .ok()?;
    file.take(LONGEST).read_to_string(&mut text).ok()?;
    parse(&text, &key, SystemTime::now())
}

/// Removes those of servers that nobody has looked at for long.
fn sweep(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let age = entry.metadata()?.modified()?.elapsed().unwrap_or_default();
        if age > OLDEST {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)?;
    }
    let draft = path.with_extension(format!("{:016x}", fastrand::u64(..)));
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)?;
    let done = file
        .write_all(text.as_bytes())
        .and_then(|()| fs::rename(&draft, path));
    done.inspect_err(|_| _ = fs::remove_file(&draft))
}

fn text(key: &str, server: &str, snapshots: &[&Snapshot], now: SystemTime) -> String {
    let at = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let server = clean(server).unwrap_or_default();
    let mut out = format!("{FORMAT}\t{at}\t{server}\t{key}\n");
    let rows = snapshots.iter().flat_map(|snapshot| {
        let held = snapshot.sessions.iter().filter(|it| it.holds_slot());
        held.filter(|session| !snapshot.ours(session))
    });
    for session in rows.take(MOST) {
        if let Some(line) = line(session) {
            out.push_str(&line);
        }
    }
    out
}

/// `None` for a session with a name that nobody could type, or that could end a line.
fn line(session: &Session) -> Option<String> {
    let text = |value: &Option<String>| clean(value.as_deref().unwrap_or_default());
    let seconds = session.state_for.or(session.connected_for);
    let seconds = seconds.map_or(String::new(), |age| age.as_secs().to_string());
    Some(format!(
        "{}\t{}\t{}\t{}\t{}\t{seconds}\n",
        session.id.pid,
        text(&session.user)?,
        text(&session.database)?,
        text(&session.application)?,
        session.state.map_or("", |state| state.name()),
    ))
}

fn clean(name: &str) -> Option<String> {
    (!name.chars().any(sanitize::is_dangerous)).then(|| name.to_owned())
}

fn parse(text: &str, key: &str, now: SystemTime) -> Option<Listing> {
    let mut lines = text.lines();
    let head: Vec<&str> = lines.next()?.split('\t').collect();
    let [FORMAT, at, server, of] = head[..] else {
        return None;
    };
    if of != key {
        return None;
    }
    let at = UNIX_EPOCH + Duration::from_secs(at.parse().ok()?);
    Some(Listing {
        // A clock that went back is no reason to say nothing.
        age: now.duration_since(at).unwrap_or_default(),
        server: clean(server)?,
        rows: lines.filter_map(row).collect(),
    })
}

fn row(line: &str) -> Option<Row> {
    let fields: Vec<&str> = line.split('\t').collect();
    let [pid, user, database, application, state, seconds] = fields[..] else {
        return None;
    };
    clean(&fields.concat())?;
    Some(Row {
        pid: pid.parse().ok()?,
        user: user.to_owned(),
        database: database.to_owned(),
        application: application.to_owned(),
        state: state.to_owned(),
        seconds: seconds.parse().ok(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::decide::testing::{ours, session, snapshot};

    #[test]
    fn what_was_kept_is_read_again_without_us_and_without_names_that_nobody_can_type() {
        let mut odd = session(3);
        odd.application = Some("a\tb\n9\tx".to_owned());
        let mut spaced = session(4);
        spaced.application = Some("it's a \"b\"; rm -rf *".to_owned());
        let seen = snapshot(vec![ours(), session(2), odd, spaced]);
        let now = UNIX_EPOCH + Duration::from_secs(1_000);
        let kept = text("prod at db:5432", "db:5432", &[&seen], now);
        assert_eq!(parse(&kept, "staging at db:5432", now), None);
        let kept = parse(&kept, "prod at db:5432", now + Duration::from_secs(40)).unwrap();
        assert_eq!((kept.server.as_str(), kept.age.as_secs()), ("db:5432", 40));
        let pids: Vec<i32> = kept.rows.iter().map(|row| row.pid).collect();
        assert_eq!(pids, [2, 4]);
        assert_eq!(kept.rows[1].application, "it's a \"b\"; rm -rf *");
    }

    #[test]
    fn a_foreign_or_damaged_file_is_none() {
        let now = SystemTime::now();
        for text in [
            "",
            "something else\t1\tdb\tkey\n",
            "breakglass/last-listing/1\tx\tdb\tkey\n",
            "breakglass/last-listing/1\t1\tdb\n",
        ] {
            assert_eq!(parse(text, "key", now), None, "{text:?}");
        }
        let cut = format!("{FORMAT}\t1\tdb\tkey\n12\tapp\n13\ta\tb\tc\u{1b}\td\t1\n");
        assert_eq!(parse(&cut, "key", now).unwrap().rows, []);
    }

    #[test]
    fn it_is_written_whole_and_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("state/last-listing");
        write(&path, "one").unwrap();
        write(&path, "two").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }
}
