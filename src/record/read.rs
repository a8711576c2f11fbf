//! Records read again: several files as lines, and what in them is no line.
//!
//! Never: writes; stops at a line it cannot read; reads a pipe or a device that somebody put in a record's place.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::decide::history::Line;

/// Longer than any line with every session of the largest server in it.
const LONGEST: u64 = 256 << 20;
/// How deep below a directory records are looked for.
const DEEPEST: usize = 5;
/// What a record's name ends with.
const EXTENSION: &str = "jsonl";

/// What was read.
#[derive(Debug, Default)]
pub struct Records {
    /// The files, in the order they were read.
    pub files: Vec<PathBuf>,
    /// The lines of each.
    pub lines: Vec<Vec<Line>>,
    /// What could not be read.
    pub broken: Vec<Broken>,
}

/// A line that is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The file.
    pub file: PathBuf,
    /// Where in it, counted from 1.
    pub line: u64,
    /// Why.
    pub why: String,
}

impl Records {
    /// Reads `paths`: files, and the `*.jsonl` files below directories. A file that was met before, and a line that
    /// stands in two files because one is a copy, count once. An error says which path it is about.
    pub fn read(paths: &[PathBuf]) -> Result<Self, String> {
        let mut files = Vec::new();
        for path in paths {
            files_at(path, 0, &mut files)
                .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        }
        let mut met = HashSet::new();
        let mut known = HashSet::new();
        let mut records = Self::default();
        for file in files {
            let fail = |error: io::Error| format!("cannot read {}: {error}", file.display());
            if !met.insert(file.canonicalize().map_err(fail)?) {
                continue;
            }
            let lines = records.read_file(&file, &mut known).map_err(fail)?;
            records.lines.push(lines);
            records.files.push(file);
        }
        Ok(records)
    }

    fn read_file(&mut self, path: &Path, known: &mut HashSet<Vec<u8>>) -> io::Result<Vec<Line>> {
        let mut reader = BufReader::new(open(path)?);
        let name = path.display().to_string();
        let mut lines = Vec::new();
        let mut bytes = Vec::new();
        let mut number = 0;
        let mut own = Vec::new();
        loop {
            bytes.clear();
            number += 1;
            let read = reader
                .by_ref()
                .take(LONGEST)
                .read_until(b'\n', &mut bytes)?;
            if read == 0 {
                break;
            }
            let ended = bytes.last() == Some(&b'\n');
            if ended {
                bytes.pop();
            }
            if bytes.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            if known.contains(&bytes) {
                continue;
            }
            match Line::read(&name, number, &bytes) {
                Ok(line) => {
                    lines.push(line);
                    own.push(std::mem::take(&mut bytes));
                }
                Err(why) => self.broken.push(Broken {
                    file: path.to_owned(),
                    line: number,
                    why,
                }),
            }
            if !ended && read as u64 == LONGEST {
                skip_line(&mut reader)?;
            }
        }
        known.extend(own);
        Ok(lines)
    }
}

/// A file, as long as it is one.
fn open(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(nix::libc::O_CLOEXEC | nix::libc::O_NONBLOCK)
        .open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::other("it is not a file"))
    }
}

fn skip_line(reader: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = reader.fill_buf()?;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(buffer.len(), |end| end + 1);
        let done = end.is_some() || buffer.is_empty();
        reader.consume(used);
        if done {
            return Ok(());
        }
    }
}

fn files_at(path: &Path, depth: usize, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !path.metadata()?.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let mut entries: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(path)? {
        entries.push(entry?.path());
    }
    entries.sort();
    for entry in entries {
        let about = entry.symlink_metadata()?;
        if about.is_dir() && depth < DEEPEST {
            files_at(&entry, depth + 1, files)?;
        } else if about.is_file() && entry.extension().is_some_and(|it| it == EXTENSION) {
            files.push(entry);
        }
    }
    Ok(())
}
