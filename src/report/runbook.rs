//! The runbooks' text: in the binary, so that it is there when nothing else is.
//!
//! Stage: report. Pure. A page is Markdown with a symptom under its title, fixed headings, and commands in blocks; here it
//! is cut, searched, filled in for a target, and laid out for a screen.

use std::fmt::Write;

use serde::Serialize;

use super::grid::{Align, Column, Grid, Row};
use super::page::wrap;
use super::palette::{Palette, Tone};
use crate::decide::advice::shell_line;
use crate::decide::runbook::Runbook;

/// What a page's commands are filled in with.
#[derive(Debug, Clone, Default)]
pub struct Filling {
    /// The connection flags as they were typed: `-t prod`.
    pub flags: Vec<String>,
    /// The target's name, as `history` takes it.
    pub target: Option<String>,
    /// What stands in a block, and what it becomes: `$PGHOST`.
    pub values: Vec<(&'static str, String)>,
    /// One line about it: where these commands lead.
    pub said: String,
}

/// Commands that reach no server of their own, and so take no connection flags.
const LOCAL: [&str; 5] = ["drill", "completions", "man", "help", "runbook"];
/// Commands that take a target's name and nothing else about a server.
const BY_NAME: [&str; 2] = ["history", "headroom"];

/// How the pages write a target, where a command needs one.
const EXAMPLE: &str = " -t prod";
/// How a shell reads on in the next line.
const CONTINUED: &str = " \\";
/// Columns of a command, which is indented.
const COMMAND_WIDTH: usize = 76;

/// The page as it is written.
pub fn source(runbook: Runbook) -> &'static str {
    match runbook {
        Runbook::ConnectionsExhausted => include_str!("../../runbooks/connections-exhausted.md"),
        Runbook::NobodyGetsIn => include_str!("../../runbooks/nobody-gets-in.md"),
        Runbook::ConnectionStorm => include_str!("../../runbooks/connection-storm.md"),
        Runbook::IdleInTransaction => include_str!("../../runbooks/idle-in-transaction.md"),
        Runbook::LockQueue => include_str!("../../runbooks/lock-queue.md"),
        Runbook::PoolerSaturated => include_str!("../../runbooks/pooler-saturated.md"),
        Runbook::HalfOpenLogins => include_str!("../../runbooks/half-open-logins.md"),
        Runbook::RecyclingWorkers => include_str!("../../runbooks/recycling-workers.md"),
        Runbook::ManagedServices => include_str!("../../runbooks/managed-services.md"),
        Runbook::AlertingAndHealthChecks => {
            include_str!("../../runbooks/alerting-and-health-checks.md")
        }
        Runbook::HeadroomReview => include_str!("../../runbooks/headroom-review.md"),
        Runbook::GameDay => include_str!("../../runbooks/game-day.md"),
    }
}

/// The names, for those who look for one.
pub fn names() -> Vec<&'static str> {
    Runbook::ALL.iter().map(|page| page.name()).collect()
}

/// The heading of the whole page.
pub fn title(runbook: Runbook) -> &'static str {
    let first = source(runbook).lines().next().unwrap_or_default();
    first.trim_start_matches("# ")
}

/// What one sees: the line under the title.
pub fn symptom(runbook: Runbook) -> &'static str {
    let mut lines = source(runbook).lines().skip(1);
    lines.find(|line| !line.is_empty()).unwrap_or_default()
}

/// The page with the connection of this run in its commands.
pub fn filled(text: &str, filling: &Filling) -> String {
    let mut out = String::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        }
        let line = if fenced {
            filled_line(line, filling)
        } else {
            line.to_owned()
        };
        out.push_str(&line);
        out.push('\n');
    }
    out
}

/// A command of a block, with the flags that it does not have itself: a role that the page names stays.
fn filled_line(line: &str, filling: &Filling) -> String {
    let mut line = line.to_owned();
    for (variable, value) in &filling.values {
        line = line.replace(variable, value);
    }
    let Some((_, after)) = line.split_once("breakglass ") else {
        return line;
    };
    let command = after.split(' ').next().unwrap_or_default();
    let flags = if LOCAL.contains(&command) {
        Vec::new()
    } else if BY_NAME.contains(&command) {
        let target = filling.target.iter();
        let words = target.flat_map(|name| ["-t".to_owned(), name.clone()]);
        words.collect()
    } else {
        filling.flags.clone()
    };
    if flags.is_empty() {
        return line;
    }
    let line = line.replace(EXAMPLE, "");
    let (line, continued) = match line.strip_suffix(CONTINUED) {
        Some(line) => (line, CONTINUED),
        None => (line.as_str(), ""),
    };
    let has = |flag: &String| line.split(' ').any(|word| word == flag);
    let missing: Vec<String> = flags
        .chunks(2)
        .filter(|flag| !flag.first().is_some_and(has))
        .flatten()
        .cloned()
        .collect();
    let flags = shell_line(&missing);
    if flags.is_empty() {
        format!("{line}{continued}")
    } else if line.len() + 1 + flags.len() + continued.len() > COMMAND_WIDTH {
        format!("{line}{CONTINUED}\n  {flags}{continued}")
    } else {
        format!("{line} {flags}{continued}")
    }
}

/// A part of a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Section {
    /// Its heading.
    pub heading: String,
    /// What stands under it, as written.
    pub text: String,
    /// The commands in it.
    pub commands: Vec<String>,
}

/// The page, cut at its headings.
pub fn sections(text: &str) -> Vec<Section> {
    let mut found: Vec<Section> = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            found.push(Section {
                heading: heading.to_owned(),
                text: String::new(),
                commands: Vec::new(),
            });
            continue;
        }
        let Some(section) = found.last_mut() else {
            continue;
        };
        section.text.push_str(line);
        section.text.push('\n');
        if line.starts_with("```") {
            fenced = !fenced;
        } else if fenced {
            match section.commands.last_mut() {
                // A shell reads on behind a backslash.
                Some(command) if command.ends_with('\\') => {
                    command.pop();
                    command.push_str(line.trim_start());
                }
                _ => section.commands.push(line.to_owned()),
            }
        }
    }
    for section in &mut found {
        section.text = section.text.trim().to_owned();
    }
    found
}

/// The page for a screen or a pipe: commands stand out by their indent, so that it reads without Markdown. A page is as wide
/// as it is written, unless the screen is narrower.
pub fn screen(text: &str, width: Option<usize>, palette: Palette) -> String {
    let mut out = String::new();
    let mut fenced = false;
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if fenced {
            let _ = writeln!(out, "    {}", palette.paint(Tone::Strong, line));
        } else if line.starts_with('#') {
            let heading = line.trim_start_matches('#').trim_start();
            let heading = if line.starts_with("##") {
                heading.to_owned()
            } else {
                heading.to_uppercase()
            };
            let _ = writeln!(out, "{}", palette.paint(Tone::Strong, &heading));
        } else if let Some(width) = width.filter(|width| *width < WRITTEN && !line.is_empty()) {
            let mut whole = line.to_owned();
            while let Some(more) = lines.next_if(|more| goes_on(more)) {
                whole.push(' ');
                whole.push_str(more.trim_start());
            }
            let indent = if line.starts_with("- ") { "  " } else { "" };
            let room = width.saturating_sub(indent.len()).max(1);
            for (number, part) in wrap(&whole.replace("**", ""), room).iter().enumerate() {
                let indent = if number == 0 { "" } else { indent };
                let _ = writeln!(out, "{indent}{part}");
            }
        } else if !out.ends_with("\n\n") || !line.is_empty() {
            out.push_str(&line.replace("**", ""));
            out.push('\n');
        }
    }
    out
}

/// Columns that a page is written for.
const WRITTEN: usize = 80;

/// Whether this line belongs to the paragraph before it.
fn goes_on(line: &str) -> bool {
    !line.is_empty()
        && !["- ", "#", "```"]
            .iter()
            .any(|start| line.starts_with(start))
}

/// A line in which the word stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hit {
    /// Which page.
    pub runbook: &'static str,
    /// Under which heading; empty above the first.
    pub heading: String,
    /// The line.
    pub line: String,
}

/// Every line of every page with `word`, in whatever case, pages named or titled so first.
pub fn search(word: &str) -> Vec<Hit> {
    let word = word.to_lowercase();
    let mut hits = Vec::new();
    for &runbook in Runbook::ALL {
        let mut heading = "";
        for line in source(runbook)
            .lines()
            .filter(|line| !line.starts_with("```"))
        {
            if let Some(under) = line.strip_prefix("## ") {
                heading = under;
            }
            let is_title = line.starts_with("# ") && runbook.name().contains(&word);
            if is_title || line.to_lowercase().contains(&word) {
                hits.push(Hit {
                    runbook: runbook.name(),
                    heading: heading.to_owned(),
                    line: line.trim_start_matches('#').trim().to_owned(),
                });
            }
        }
    }
    hits
}

/// What was found.
pub fn hits(found: &[Hit]) -> Grid {
    let mut grid = Grid::new(vec![
        Column::key("runbook", Align::Left),
        Column::key("heading", Align::Left),
        Column::rest("line"),
    ]);
    grid.rows = found
        .iter()
        .map(|hit| {
            Row::plain(vec![
                hit.runbook.to_owned(),
                hit.heading.clone(),
                hit.line.clone(),
            ])
        })
        .collect();
    grid
}

/// All of them, each with its symptom.
pub fn list() -> Grid {
    let mut grid = Grid::new(vec![
        Column::key("runbook", Align::Left),
        Column::rest("symptom"),
    ]);
    grid.rows = Runbook::ALL
        .iter()
        .map(|one| Row::plain(vec![one.name().to_owned(), symptom(*one).to_owned()]))
        .collect();
    grid
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prod() -> Filling {
        Filling {
            flags: vec!["-t".to_owned(), "prod".to_owned()],
            target: Some("prod".to_owned()),
            values: vec![("$PGHOST", "db1".to_owned())],
            said: String::new(),
        }
    }

    #[test]
    fn commands_that_reach_a_server_get_the_flags_and_others_do_not() {
        let cases = [
            ("breakglass status", "breakglass status -t prod"),
            ("breakglass status -t prod", "breakglass status -t prod"),
            (
                "sudo breakglass free 5 --dry-run",
                "sudo breakglass free 5 --dry-run -t prod",
            ),
            (
                "breakglass backends terminate --limit 8 \\",
                "breakglass backends terminate --limit 8 -t prod \\",
            ),
            ("  --dry-run", "  --dry-run"),
            ("breakglass drill second", "breakglass drill second"),
            (
                "breakglass history --since 2h",
                "breakglass history --since 2h -t prod",
            ),
            ("psql \"host=$PGHOST\"", "psql \"host=db1\""),
        ];
        for (line, becomes) in cases {
            assert_eq!(filled_line(line, &prod()), becomes);
        }
    }

    #[test]
    fn what_a_command_has_itself_stays_and_what_is_too_wide_is_broken() {
        let words = ["-h", "db 1.a-rather-long-name.example.net", "-U", "oncall"];
        let by_host = Filling {
            flags: words.map(str::to_owned).to_vec(),
            ..Filling::default()
        };
        let cases = [
            (
                "breakglass probe -U app",
                "breakglass probe -U app -h 'db 1.a-rather-long-name.example.net'",
            ),
            (
                "breakglass pgbouncer pause shop --for 30s -t prod",
                "breakglass pgbouncer pause shop --for 30s \\\n  \
                 -h 'db 1.a-rather-long-name.example.net' -U oncall",
            ),
            ("breakglass history", "breakglass history"),
        ];
        for (line, becomes) in cases {
            assert_eq!(filled_line(line, &by_host), becomes);
        }
    }

    #[test]
    fn only_blocks_are_filled_in() {
        let page = "Type breakglass status\n```sh\nbreakglass status\n```\n";
        assert_eq!(
            filled(page, &prod()),
            "Type breakglass status\n```sh\nbreakglass status -t prod\n```\n"
        );
    }

    #[test]
    fn a_page_reads_without_markdown() {
        let page = "# A page\n\nSeen.\n\n## Meaning\n\n```sh\nbreakglass status\n```\n\nExpect.\n";
        assert_eq!(
            screen(page, None, Palette { on: false }),
            "A PAGE\n\nSeen.\n\nMeaning\n\n    breakglass status\n\nExpect.\n"
        );
        let narrow = "One two\nthree four.\n\n- five six\n  seven\n- eight\n";
        assert_eq!(
            screen(narrow, Some(14), Palette { on: false }),
            "One two three\nfour.\n\n- five six\n  seven\n- eight\n"
        );
        let cut = sections(page);
        assert_eq!(cut.len(), 1);
        assert_eq!(cut[0].commands, ["breakglass status"]);
    }

    #[test]
    fn a_word_is_found_in_whatever_case_with_its_heading() {
        let found = search("SIGKILL");
        assert!(
            found
                .iter()
                .any(|hit| hit.runbook == "connections-exhausted" && hit.heading == "Escalation"),
            "{found:?}"
        );
        assert_eq!(found, search("sigkill"));
        assert_eq!(search("no page has this"), []);
    }
}
