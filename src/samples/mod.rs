//! The samples: an SQLite file that grows by one sample a run and forgets the oldest. Its only reader and writer.
//!
//! One transaction a sample, behind a rollback journal: a write-ahead log would be quicker and does not work on NFS.
//! Two writers wait for each other; a full disk loses the sample that found it full and nothing before it.
//! Never: touches a file that is not one of samples, or one of a newer schema.

pub mod history;

use std::fs::{DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Transaction, params};
use serde_json::json;

use crate::decide::sample::{Counts, Holders, Sample};

/// `application_id` of the file, so that no other SQLite database is taken for one: the letters `bgsp`.
const APPLICATION_ID: i64 = 0x6267_7370;
/// `user_version` of the file. A newer one is left alone.
const SCHEMA_VERSION: i64 = 1;
/// How long a writer waits for another.
const BUSY: Duration = Duration::from_secs(10);
/// More than this apart, one of two clocks is wrong, and nothing is removed by its age.
const CLOCKS_AGREE: Duration = Duration::from_secs(3600);

/// Names of roles, applications and limits are kept once: a sample a minute for a year is half a million.
const SCHEMA: &str = "
CREATE TABLE server (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);
CREATE TABLE named_limits (
    id INTEGER PRIMARY KEY,
    document TEXT NOT NULL UNIQUE
);
CREATE TABLE holders (
    id INTEGER PRIMARY KEY,
    role TEXT NOT NULL,
    superuser INTEGER NOT NULL,
    application TEXT NOT NULL,
    database TEXT NOT NULL,
    state TEXT NOT NULL,
    UNIQUE (role, superuser, application, database, state)
);
CREATE TABLE sample (
    id INTEGER PRIMARY KEY,
    server INTEGER NOT NULL REFERENCES server,
    at INTEGER NOT NULL,
    server_clock INTEGER,
    system_identifier TEXT,
    in_recovery INTEGER,
    used INTEGER,
    walsenders INTEGER,
    hidden INTEGER,
    max_connections INTEGER,
    superuser_reserved INTEGER,
    reserved INTEGER,
    max_wal_senders INTEGER,
    named_limits INTEGER REFERENCES named_limits,
    refused_lane TEXT,
    refused_variant TEXT,
    refused_exhaustion INTEGER
);
CREATE INDEX sample_at ON sample (server, at);
CREATE TABLE held (
    sample INTEGER NOT NULL REFERENCES sample ON DELETE CASCADE,
    holders INTEGER NOT NULL REFERENCES holders,
    count INTEGER NOT NULL,
    PRIMARY KEY (sample, holders)
) WITHOUT ROWID;
";

/// A file of samples, open.
#[derive(Debug)]
pub struct Samples {
    path: PathBuf,
    connection: Connection,
}

/// What came of appending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// Samples of this server in the file now.
    pub kept: u64,
    /// Samples that were too old.
    pub removed: u64,
    /// The sample before this one says it was taken later, by so much: the clock went back.
    pub back: Option<Duration>,
}

/// Where the samples are when nobody says otherwise: beside the record, which is at `record`; root's are state and
/// no log, so in `/var/lib`.
pub fn beside(record: &Path) -> PathBuf {
    let directory = match record.parent() {
        Some(directory) if directory == Path::new("/var/log/breakglass") => {
            Path::new("/var/lib/breakglass")
        }
        Some(directory) => directory,
        None => Path::new(""),
    };
    directory.join("samples.sqlite")
}

impl Samples {
    /// Opens the file to append to it, and makes it when there is none. What is wrong is said in one sentence.
    pub fn open(path: &Path) -> Result<Self, String> {
        let fail = |what: &str, error: &std::io::Error| {
            format!("cannot {what} {}: {error}", path.display())
        };
        if let Some(directory) = path.parent().filter(|it| !it.as_os_str().is_empty()) {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(directory)
                .map_err(|error| fail("make the directory of", &error))?;
        }
        // SQLite would make it readable by everybody, and follow a link.
        OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .custom_flags(nix::libc::O_NOFOLLOW | nix::libc::O_CLOEXEC)
            .open(path)
            .map_err(|error| fail("open", &error))?;
        let mut samples = Self::connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        samples.found().or_else(|error| match error {
            Unfit::Empty => samples.create(),
            Unfit::Sentence(sentence) => Err(sentence),
        })?;
        Ok(samples)
    }

    /// Opens the file to read it.
    pub fn open_to_read(path: &Path) -> Result<Self, String> {
        if !path.exists() {
            return Err(format!(
                "there are no samples in {}; take some with breakglass record",
                path.display()
            ));
        }
        // Read-only would fail on a journal that a crash left behind, which only a writer can put right.
        let samples = Self::connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
            .or_else(|_| Self::connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY))?;
        samples.found().map_err(|error| match error {
            Unfit::Empty => format!("{} holds no sample yet", path.display()),
            Unfit::Sentence(sentence) => sentence,
        })?;
        Ok(samples)
    }

    fn connect(path: &Path, mode: OpenFlags) -> Result<Self, String> {
        let flags = mode | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        // Without links on the way, as NOFOLLOW wants it; the file itself was looked at by whoever made it.
        let real = match (path.parent(), path.file_name()) {
            (Some(parent), Some(name)) => {
                let parent = if parent.as_os_str().is_empty() {
                    Path::new(".")
                } else {
                    parent
                };
                parent
                    .canonicalize()
                    .map_or_else(|_| path.to_owned(), |parent| parent.join(name))
            }
            _ => path.to_owned(),
        };
        let connection =
            Connection::open_with_flags(real, flags).map_err(|error| sentence(path, &error))?;
        let samples = Self {
            path: path.to_owned(),
            connection,
        };
        let set = samples
            .connection
            .busy_timeout(BUSY)
            .and_then(|()| samples.connection.pragma_update(None, "foreign_keys", true))
            .and_then(|()| {
                samples
                    .connection
                    .pragma_update(None, "synchronous", "FULL")
            });
        set.map_err(|error| sentence(path, &error))?;
        Ok(samples)
    }

    /// Whether the file is one of ours.
    fn found(&self) -> Result<(), Unfit> {
        let said = |error: rusqlite::Error| Unfit::Sentence(sentence(&self.path, &error));
        let number = |name: &str| {
            self.connection
                .pragma_query_value(None, name, |row| row.get::<_, i64>(0))
                .map_err(said)
        };
        let (application, version) = (number("application_id")?, number("user_version")?);
        let path = self.path.display();
        if application == APPLICATION_ID && version == SCHEMA_VERSION {
            return Ok(());
        }
        if application == APPLICATION_ID && version > SCHEMA_VERSION {
            return Err(Unfit::Sentence(format!(
                "{path} was written by a newer breakglass (schema {version}, this one knows {SCHEMA_VERSION}); \
                 nothing was changed; use that version, or another --file"
            )));
        }
        let tables: i64 = self
            .connection
            .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
            .map_err(said)?;
        if application == 0 && version == 0 && tables == 0 {
            return Err(Unfit::Empty);
        }
        Err(Unfit::Sentence(format!(
            "{path} is an SQLite database of something else; nothing was changed; name another with --file"
        )))
    }

    /// Makes the tables. Another writer may have been quicker.
    fn create(&mut self) -> Result<(), String> {
        let made = immediate(&mut self.connection).and_then(|transaction| {
            let tables: i64 =
                transaction
                    .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
            if tables == 0 {
                transaction.execute_batch(SCHEMA)?;
                transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
                transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
            }
            transaction.commit()
        });
        made.map_err(|error| sentence(&self.path, &error))?;
        self.found().map_err(|error| match error {
            Unfit::Empty => format!("{} cannot be made", self.path.display()),
            Unfit::Sentence(sentence) => sentence,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends one sample of the server that goes by the name `server`, and removes that server's older than `keep`.
    ///
    /// Ages are counted from the sample before this one, and only while the server's clock agrees with ours: a clock
    /// that jumps ahead must not take a year of samples with it.
    pub fn append(
        &mut self,
        server: &str,
        sample: &Sample,
        keep: Duration,
    ) -> Result<Appended, String> {
        append(&mut self.connection, server, sample, keep)
            .map_err(|error| sentence(&self.path, &error))
    }
}

/// Why a file cannot be used.
#[derive(Debug)]
enum Unfit {
    /// There is nothing in it.
    Empty,
    /// Something else is.
    Sentence(String),
}

fn immediate(connection: &mut Connection) -> rusqlite::Result<Transaction<'_>> {
    // Deferred, two writers that have both read could only both give up.
    connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
}

fn append(
    connection: &mut Connection,
    server: &str,
    sample: &Sample,
    keep: Duration,
) -> rusqlite::Result<Appended> {
    let transaction = immediate(connection)?;
    transaction.execute("INSERT OR IGNORE INTO server (name) VALUES (?1)", [server])?;
    let server: i64 =
        transaction.query_row("SELECT id FROM server WHERE name = ?1", [server], |row| {
            row.get(0)
        })?;
    let before: Option<i64> = transaction
        .query_row(
            "SELECT at FROM sample WHERE server = ?1 ORDER BY id DESC LIMIT 1",
            [server],
            |row| row.get(0),
        )
        .optional()?;
    insert(&transaction, server, sample)?;
    let mut removed = 0;
    if let Some(before) = before
        && clocks_agree(sample)
    {
        let keep = i64::try_from(keep.as_micros()).unwrap_or(i64::MAX);
        let oldest = before.min(sample.at).saturating_sub(keep);
        removed = transaction.execute(
            "DELETE FROM sample WHERE server = ?1 AND at < ?2",
            [server, oldest],
        )?;
    }
    let kept: i64 = transaction.query_row(
        "SELECT count(*) FROM sample WHERE server = ?1",
        [server],
        |row| row.get(0),
    )?;
    transaction.commit()?;
    let micros = |micros: i64| Duration::from_micros(u64::try_from(micros).unwrap_or(0));
    Ok(Appended {
        kept: u64::try_from(kept).unwrap_or(0),
        removed: u64::try_from(removed).unwrap_or(0),
        back: before
            .filter(|before| *before > sample.at)
            .map(|before| micros(before.saturating_sub(sample.at))),
    })
}

fn clocks_agree(sample: &Sample) -> bool {
    let apart = |counts: &Counts| counts.server_clock.abs_diff(sample.at);
    sample
        .counts
        .as_ref()
        .is_some_and(|counts| Duration::from_micros(apart(counts)) <= CLOCKS_AGREE)
}

fn insert(transaction: &Transaction<'_>, server: i64, sample: &Sample) -> rusqlite::Result<()> {
    let counts = sample.counts.as_ref();
    let refusal = sample.refusal.as_ref();
    let named = counts
        .map(|counts| named_limits(transaction, counts))
        .transpose()?;
    transaction.execute(
        "INSERT INTO sample (server, at, server_clock, system_identifier, in_recovery, used, walsenders, hidden, \
         max_connections, superuser_reserved, reserved, max_wal_senders, named_limits, refused_lane, \
         refused_variant, refused_exhaustion) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        params![
            server,
            sample.at,
            counts.map(|it| it.server_clock),
            counts.and_then(|it| it.system_identifier.clone()),
            counts.map(|it| it.in_recovery),
            counts.map(|it| it.used),
            counts.map(|it| it.walsenders),
            counts.map(|it| it.hidden),
            counts.map(|it| it.limits.max_connections),
            counts.map(|it| it.limits.superuser_reserved),
            counts.map(|it| it.limits.reserved),
            counts.map(|it| it.limits.max_wal_senders),
            named,
            refusal.map(|it| it.lane.as_str()),
            refusal.map(|it| it.variant.as_str()),
            refusal.map(|it| it.exhaustion),
        ],
    )?;
    let id = transaction.last_insert_rowid();
    for (holders, count) in counts.iter().flat_map(|it| &it.held) {
        let holders = holders_id(transaction, holders)?;
        transaction
            .prepare_cached("INSERT INTO held (sample, holders, count) VALUES (?1, ?2, ?3)")?
            .execute(params![id, holders, count])?;
    }
    Ok(())
}

fn holders_id(transaction: &Transaction<'_>, holders: &Holders) -> rusqlite::Result<i64> {
    // Not NULL: to a UNIQUE constraint no NULL is like another.
    let superuser = holders.superuser.map_or(-1, i64::from);
    let key = params![
        holders.role,
        superuser,
        holders.application,
        holders.database,
        holders.state
    ];
    transaction
        .prepare_cached(
            "INSERT OR IGNORE INTO holders (role, superuser, application, database, state) \
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(key)?;
    transaction
        .prepare_cached(
            "SELECT id FROM holders WHERE role = ?1 AND superuser = ?2 AND application = ?3 \
             AND database = ?4 AND state = ?5",
        )?
        .query_row(key, |row| row.get(0))
}

fn named_limits(transaction: &Transaction<'_>, counts: &Counts) -> rusqlite::Result<i64> {
    let list = |limits: &[crate::decide::snapshot::NamedLimit]| -> Vec<serde_json::Value> {
        let one = |it: &crate::decide::snapshot::NamedLimit| json!([it.name, it.limit]);
        limits.iter().map(one).collect()
    };
    let provider: Vec<serde_json::Value> = counts
        .limits
        .provider
        .iter()
        .map(|it| json!([it.setting, it.slots]))
        .collect();
    let document = json!({
        "roles": list(&counts.role_limits),
        "databases": list(&counts.database_limits),
        "provider": provider,
    })
    .to_string();
    transaction.execute(
        "INSERT OR IGNORE INTO named_limits (document) VALUES (?1)",
        [&document],
    )?;
    transaction.query_row(
        "SELECT id FROM named_limits WHERE document = ?1",
        [&document],
        |row| row.get(0),
    )
}

/// What went wrong with the file, and what to do.
fn sentence(path: &Path, error: &rusqlite::Error) -> String {
    let path = path.display();
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => {
            format!("the disk of {path} is full: this sample was not kept, all earlier ones are")
        }
        Some(ErrorCode::NotADatabase) => {
            format!(
                "{path} is not a file of samples; nothing was changed; name another with --file"
            )
        }
        Some(ErrorCode::DatabaseCorrupt) => format!(
            "{path} is damaged; nothing was changed; move it away, and the next sample starts a new one"
        ),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => format!(
            "{path} was held by another writer for {} s; this sample was not kept",
            BUSY.as_secs()
        ),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
            format!("{path} or its directory is not writable for this account: {error}")
        }
        _ => format!("cannot use {path}: {error}"),
    }
}

#[cfg(test)]
mod tests;
