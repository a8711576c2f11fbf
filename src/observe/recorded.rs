//! A look at what was recorded: a file of evidence in the place of a server.
//!
//! Stage: observing. In: a file that anybody may have written. Out: values, or where in the file they cannot be read.
//! Never: guesses at what a damaged file meant.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::error::Category;

use super::{QueryText, Source};
use crate::decide::evidence::document::{self, Document, FORMAT, VERSION};
use crate::decide::evidence::{Database, Evidence, Queries};
use crate::decide::identity::SessionId;
use crate::decide::sessions::outcome::Seen;
use crate::decide::snapshot::Snapshot;
use crate::lanes::LaneError;

/// No file of evidence is longer, with every statement of the largest server in it.
const LONGEST: u64 = 1 << 30;

/// Why a file cannot be used.
#[derive(Debug)]
pub enum Unusable {
    /// It cannot be opened or read.
    Unreadable(PathBuf, io::Error),
    /// It was written by a later version; its format.
    Newer(PathBuf, String),
    /// It is something else: what it says it is, or why it says nothing.
    Foreign(PathBuf, String),
    /// It was a snapshot once: where it stops being one, and why.
    Damaged(PathBuf, String),
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(path, error) => write!(f, "cannot read {}: {error}", path.display()),
            Self::Newer(path, format) => write!(
                f,
                "{} was saved by a later breakglass as {format}, and this one reads up to {FORMAT}{VERSION}",
                path.display()
            ),
            Self::Foreign(path, what) => {
                write!(f, "{} is no snapshot of breakglass: {what}", path.display())
            }
            Self::Damaged(path, what) => write!(f, "{} is damaged: {what}", path.display()),
        }
    }
}

impl std::error::Error for Unusable {}

/// All that is read before the rest is believed.
#[derive(Deserialize)]
struct Header {
    format: Option<String>,
}

/// Reads the evidence in the file at `path`.
pub fn read(path: &Path) -> Result<Evidence, Unusable> {
    let unreadable = |error| Unusable::Unreadable(path.to_owned(), error);
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    if bytes.len() as u64 > LONGEST {
        let what = format!("it is longer than {} MiB", LONGEST >> 20);
        return Err(Unusable::Foreign(path.to_owned(), what));
    }
    parse(path, &bytes)
}

/// Reads the evidence in the bytes of the file at `path`, which is only named.
pub fn parse(path: &Path, bytes: &[u8]) -> Result<Evidence, Unusable> {
    let foreign = |what: String| Unusable::Foreign(path.to_owned(), what);
    let damaged = |what: String| Unusable::Damaged(path.to_owned(), what);
    let begins = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    match begins {
        None => return Err(damaged("it is empty".to_owned())),
        Some(b'{') => {}
        Some(_) => return Err(foreign("it does not begin with a JSON object".to_owned())),
    }
    let header: Header = serde_json::from_slice(bytes).map_err(|error| match error.classify() {
        Category::Data => foreign(error.to_string()),
        _ => damaged(place(&error, bytes)),
    })?;
    let format = header
        .format
        .ok_or_else(|| foreign("it names no format".to_owned()))?;
    let version = format.strip_prefix(FORMAT).map(str::parse::<u32>);
    match version {
        Some(Ok(VERSION)) => {}
        Some(Ok(newer)) if newer > VERSION => return Err(Unusable::Newer(path.to_owned(), format)),
        _ => return Err(foreign(format!("its format is {format:?}"))),
    }
    let document: Document =
        serde_json::from_slice(bytes).map_err(|error| damaged(place(&error, bytes)))?;
    document::read(document).map_err(damaged)
}

/// What the parser found, and at which byte.
fn place(error: &serde_json::Error, bytes: &[u8]) -> String {
    if error.is_eof() {
        return format!("it is cut off after byte {}: {error}", bytes.len());
    }
    let before: usize = bytes
        .split_inclusive(|byte| *byte == b'\n')
        .take(error.line().saturating_sub(1))
        .map(<[u8]>::len)
        .sum();
    format!("{error} (byte {})", before + error.column())
}

/// What a database lane showed, once and for all.
#[derive(Debug, Clone)]
pub struct Recorded {
    database: Database,
    queries: Queries,
}

impl Recorded {
    /// Looks at this.
    pub fn new(database: Database, queries: Queries) -> Self {
        Self { database, queries }
    }
}

impl Source for Recorded {
    fn look(&mut self, text: QueryText) -> Result<Snapshot, LaneError> {
        let mut snapshot = self.database.snapshot.clone();
        if let (QueryText::First(count), Queries::Kept) = (text, self.queries) {
            let count = usize::try_from(count).unwrap_or(usize::MAX);
            for query in snapshot
                .sessions
                .iter_mut()
                .filter_map(|it| it.query.as_mut())
            {
                if let Some((end, _)) = query.char_indices().nth(count) {
                    query.truncate(end);
                }
            }
        }
        Ok(snapshot)
    }

    /// Nothing has changed since.
    fn look_at(&mut self, ids: &[SessionId]) -> Result<Vec<(SessionId, Seen)>, LaneError> {
        let snapshot = &self.database.snapshot;
        let seen = ids.iter().filter_map(|id| {
            let session = snapshot.find(*id)?;
            let seen = Seen::Present {
                state: session.state,
                query_started: session.query_started,
            };
            Some((*id, seen))
        });
        Ok(seen.collect())
    }
}

#[cfg(test)]
mod tests;
