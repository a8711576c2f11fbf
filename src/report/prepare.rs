//! The preparation as text that can be run: SQL first, then what no statement does.
//!
//! Stage: report. What is printed is what would be done, so that it can be read, kept and piped into psql.

use serde_json::{Value, json};

use crate::decide::prepare::role::Proof;
use crate::decide::prepare::{Preparation, Statement};

use super::sanitize;

/// What is reported.
#[derive(Debug, Clone, Copy)]
pub struct PrepareView<'a> {
    /// What is to be done.
    pub preparation: &'a Preparation,
    /// The role.
    pub role: &'a str,
    /// The server's major version, 0 when unknown.
    pub version_num: u32,
    /// The service's name.
    pub provider: &'a str,
}

/// SQL with comments, which psql takes as it is.
pub fn sql(view: &PrepareView<'_>) -> String {
    let preparation = view.preparation;
    let mut out = format!(
        "-- break-glass role {} for PostgreSQL {}, {}\n",
        sanitize::line(view.role),
        view.version_num / 10_000,
        view.provider
    );
    if preparation.statements.is_empty() {
        out.push_str("-- the role has every right it needs: nothing to run\n");
    } else {
        out.push_str("BEGIN;\n");
        for statement in &preparation.statements {
            push(&mut out, statement);
        }
        out.push_str("COMMIT;\n");
    }
    if !preparation.by_hand.is_empty() {
        out.push_str("\n-- by hand, since it needs a restart:\n");
        for statement in &preparation.by_hand {
            push(&mut out, statement);
        }
    }
    section(
        &mut out,
        "pg_hba.conf, above what else matches; then: SELECT pg_reload_conf();",
        preparation.pg_hba.iter().map(String::as_str),
    );
    section(
        &mut out,
        "/etc/breakglass/config.toml:",
        preparation.config.lines(),
    );
    section(
        &mut out,
        "to be known:",
        preparation.notes.iter().map(String::as_str),
    );
    out
}

fn push(out: &mut String, statement: &Statement) {
    let sql = sanitize::line(&statement.sql);
    let end = if sql.starts_with("--") { "" } else { ";" };
    out.push_str(&format!("-- {}\n{sql}{end}\n", statement.buys));
}

/// Lines as comments.
fn section<'a>(out: &mut String, title: &str, lines: impl Iterator<Item = &'a str>) {
    let lines: Vec<&str> = lines.collect();
    if lines.is_empty() {
        return;
    }
    out.push_str(&format!("\n-- {title}\n"));
    for line in lines {
        out.push_str(&format!("--   {}\n", sanitize::line(line)));
    }
}

/// What the lanes said to the new role, a line each.
pub fn proved(lanes: &[Proof]) -> String {
    lanes
        .iter()
        .map(|it| {
            let standing = if it.open { "open" } else { "closed" };
            format!(
                "{:12} {standing}: {}\n",
                it.lane,
                sanitize::one_line(&it.what)
            )
        })
        .collect()
}

/// `breakglass/prepare/1`. The password is not in it.
pub fn document(view: &PrepareView<'_>) -> Value {
    json!({
        "format": super::json::format("prepare"),
        "role": view.role,
        "version_num": view.version_num,
        "provider": view.provider,
        "statements": statements(&view.preparation.statements),
        "by_hand": statements(&view.preparation.by_hand),
        "pg_hba": view.preparation.pg_hba,
        "config": view.preparation.config,
        "notes": view.preparation.notes,
        "exit_code": 0,
    })
}

/// Statements, in order, and what each buys.
pub(super) fn statements(list: &[Statement]) -> Vec<Value> {
    let one = |it: &Statement| json!({ "sql": it.sql, "buys": it.buys });
    list.iter().map(one).collect()
}
