//! Which fences stand, by the record: every one whose intent was written and whose undoing was not.
//!
//! The intent suffices: it holds the previous limit, so that a fence can be undone whatever became of the process that
//! put it up. Never: writes; fails for a line it cannot read, it counts them.

use std::fs::OpenOptions;
use std::io::{self, BufRead, BufReader};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde_json::{Value, json};

use crate::decide::fence::{Kind, Standing, Subject, number};

/// The deed of putting one up.
pub const FENCE: &str = "fence";
/// The deed of taking one back.
pub const UNDO: &str = "fence-undo";
/// What every line about a fence holds. A name cannot forge it: its quotes are escaped.
const MARK: &[u8] = b"\"fence";

/// What the record says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fences {
    /// Those that stand, the oldest first.
    pub standing: Vec<Standing>,
    /// Lines about fences that cannot be read.
    pub broken: usize,
}

/// A fence as a target of the record.
pub fn target(fence: &Standing) -> Value {
    json!({
        "fence": fence.id,
        "kind": fence.subject.kind.name(),
        // A pool has none.
        "oid": (fence.subject.kind != Kind::Pool).then_some(fence.subject.oid),
        "name": fence.subject.name,
        "previous": number(fence.previous),
        "limit": fence.limit,
        "connection": fence.connection,
    })
}

/// The same for one that is taken off the list: this intent suffices for that.
pub fn forgotten(fence: &Standing) -> Value {
    let mut target = target(fence);
    target["forget"] = true.into();
    target
}

/// Reads the record at `path`; without one there are no fences.
pub fn read(path: &Path) -> io::Result<Fences> {
    let file = OpenOptions::new()
        .read(true)
        // A pipe put in its place must not keep a command waiting.
        .custom_flags(nix::libc::O_NOFOLLOW | nix::libc::O_CLOEXEC | nix::libc::O_NONBLOCK)
        .open(path);
    let file = match file {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Fences::default()),
        Err(error) => return Err(error),
    };
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    fold(BufReader::with_capacity(1 << 16, file))
}

fn fold(mut lines: impl BufRead) -> io::Result<Fences> {
    let mut fences = Fences::default();
    let mut line = Vec::new();
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line)? == 0 {
            return Ok(fences);
        }
        if !line.windows(MARK.len()).any(|window| window == MARK) {
            continue;
        }
        match serde_json::from_slice::<Value>(&line) {
            Ok(entry) => fences.take(&entry),
            Err(_) => fences.broken += 1,
        }
    }
}

impl Fences {
    fn take(&mut self, entry: &Value) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        match (
            text(&entry["action"]).as_str(),
            text(&entry["event"]).as_str(),
        ) {
            (FENCE, "intent") => {
                for target in entry["targets"].as_array().into_iter().flatten() {
                    match standing(entry, target) {
                        Some(fence) => self.standing.push(fence),
                        None => self.broken += 1,
                    }
                }
            }
            (UNDO, "intent") => {
                for target in entry["targets"].as_array().into_iter().flatten() {
                    if target["forget"] == true {
                        let id = text(&target["fence"]);
                        self.standing.retain(|it| it.id != id);
                    }
                }
            }
            (FENCE | UNDO, "outcome") => {
                let id = text(&entry["target"]["fence"]);
                match text(&entry["outcome"]).as_str() {
                    "fenced" => {
                        for fence in self.standing.iter_mut().filter(|fence| fence.id == id) {
                            fence.sure = true;
                        }
                    }
                    "undone" | "forgotten" | "gone" => self.standing.retain(|it| it.id != id),
                    // It was never put up. An undoing that was refused leaves it standing.
                    "refused" | "changed" if entry["action"] == FENCE => {
                        self.standing.retain(|it| it.id != id);
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

fn standing(entry: &Value, target: &Value) -> Option<Standing> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let operator = &entry["operator"];
    let kind = target["kind"].as_str()?.parse().ok()?;
    let oid = match kind {
        Kind::Pool => 0,
        Kind::Role | Kind::Database => u32::try_from(target["oid"].as_u64()?).ok()?,
    };
    let words = target["connection"].as_array();
    Some(Standing {
        id: text(&target["fence"]).filter(|id| is_id(id))?,
        subject: Subject {
            kind,
            oid,
            name: text(&target["name"])?,
        },
        previous: u32::try_from(target["previous"].as_i64()?).ok(),
        limit: u32::try_from(target["limit"].as_u64()?).ok()?,
        endpoint: text(&entry["server"]["endpoint"])?,
        system_identifier: text(&entry["server"]["system_identifier"]),
        since: text(&entry["at"])?,
        by: format!(
            "{}@{}",
            operator["user"].as_str().unwrap_or("?"),
            operator["host"].as_str().unwrap_or("?")
        ),
        reason: text(&entry["reason"]),
        connection: words.into_iter().flatten().filter_map(text).collect(),
        sure: false,
    })
}

/// Letters and digits that are not mistaken for each other, no vowels: nothing to misread at three in the morning.
const LETTERS: &[u8] = b"bcdfghjkmnpqrstvwxz23456789";
const LENGTH: usize = 5;

/// An ID that none of `taken` has.
pub fn new_id(taken: &[Standing]) -> String {
    loop {
        let letter = |_| char::from(LETTERS[fastrand::usize(..LETTERS.len())]);
        let id: String = (0..LENGTH).map(letter).collect();
        if !taken.iter().any(|fence| fence.id == id) {
            return id;
        }
    }
}

fn is_id(text: &str) -> bool {
    text.len() == LENGTH && text.bytes().all(|letter| LETTERS.contains(&letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(action: &str, event: &str, rest: &str) -> String {
        format!(
            r#"{{"action":"{action}","event":"{event}","at":"2026-11-22T03:14:15Z","operator":{{"user":"ops","host":"jump"}},"server":{{"endpoint":"db1:5432","system_identifier":"7"}},{rest}}}"#
        )
    }

    fn up(id: &str) -> String {
        let target = format!(
            r#"{{"fence":"{id}","kind":"role","oid":16384,"name":"a\"fence\nb","previous":-1,"limit":20,"connection":["-h","db1"]}}"#
        );
        line("fence", "intent", &format!(r#""targets":[{target}]"#))
    }

    fn came(action: &str, id: &str, outcome: &str) -> String {
        line(
            action,
            "outcome",
            &format!(r#""target":{{"fence":"{id}"}},"outcome":"{outcome}""#),
        )
    }

    fn fold_lines(lines: &[String]) -> Fences {
        fold(lines.join("\n").as_bytes()).unwrap_or_default()
    }

    #[test]
    fn a_fence_stands_from_its_intent_until_it_is_undone() {
        let ids = |lines: &[String]| -> Vec<(String, bool)> {
            let standing = fold_lines(lines).standing;
            standing.into_iter().map(|it| (it.id, it.sure)).collect()
        };
        let stands = |sure| vec![("k7f3h".to_owned(), sure)];
        let up = || up("k7f3h");
        let put = |outcome| came("fence", "k7f3h", outcome);
        let undo = |outcome| came("fence-undo", "k7f3h", outcome);
        assert_eq!(ids(&[up()]), stands(false));
        assert_eq!(ids(&[up(), put("fenced")]), stands(true));
        assert_eq!(ids(&[up(), put("unknown")]), stands(false));
        assert_eq!(ids(&[up(), put("refused")]), []);
        assert_eq!(ids(&[up(), put("changed")]), []);
        for over in ["undone", "forgotten", "gone"] {
            assert_eq!(ids(&[up(), put("fenced"), undo(over)]), [], "{over}");
        }
        for stays in ["refused", "changed", "unknown"] {
            assert_eq!(
                ids(&[up(), put("fenced"), undo(stays)]),
                stands(true),
                "{stays}"
            );
        }
    }

    #[test]
    fn what_cannot_be_read_is_counted_and_costs_nothing_else() {
        let cut = up("k7f3h")[..120].to_owned();
        let no_id = up("k7 f3");
        let other = r#"{"action":"terminate","event":"intent","targets":[]}"#.to_owned();
        let fences = fold_lines(&["no JSON".to_owned(), cut, no_id, other, up("bcdfg")]);
        assert_eq!((fences.standing.len(), fences.broken), (1, 2));
        let fence = &fences.standing[0];
        assert_eq!(fence.subject.name, "a\"fence\nb");
        assert_eq!((fence.previous, fence.limit), (None, 20));
        assert_eq!(fence.by, "ops@jump");
        assert_eq!(fence.connection, ["-h", "db1"]);
    }

    #[test]
    fn a_pool_has_no_oid_and_is_read_back_as_it_was_written() {
        let line = |oid: &str| {
            let target = format!(
                r#"{{"fence":"k7f3h","kind":"pool","oid":{oid},"name":"shop","previous":-1,"limit":0,"connection":["--pgbouncer","host=b"]}}"#
            );
            line("fence", "intent", &format!(r#""targets":[{target}]"#))
        };
        let fences = fold_lines(&[line("null")]);
        let fence = &fences.standing[0];
        assert_eq!((fence.subject.kind, fence.limit), (Kind::Pool, 0));
        assert_eq!(target(fence)["oid"], Value::Null);
        assert!(fence.is_in_pooler("db1:5432") && !fence.is_on("db1:5432", Some("7")));
        let role = line("null").replace("pool", "role");
        assert_eq!(fold_lines(&[role]).broken, 1);
    }

    #[test]
    fn an_id_is_one_that_nobody_has() {
        let first = new_id(&[]);
        assert!(is_id(&first), "{first}");
        assert!(!is_id("") && !is_id("abcde") && !is_id("bcdfgh"));
    }
}
