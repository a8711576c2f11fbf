//! Sets a `CONNECTION LIMIT`, if it still is what the plan says: compare and set in one transaction. Or disables or
//! enables a pool over the pooler's console, which can compare nothing: a look right before it must do.
//!
//! Stage: after confirmation and after the intent was recorded.
//! `ALTER ROLE name` without an option rewrites the role's row as it is. That needs no more rights than the change
//! itself, and holds the row until the transaction ends: whoever alters it at the same time waits, or fails with
//! "tuple concurrently updated". So nobody comes between the comparison and the change. [verified on 13 to 18]

use std::time::Duration;

use crate::decide::confirmation::ConfirmedPlan;
use crate::decide::fence::act::FenceTarget;
use crate::decide::fence::{Change, Kind, Limit, number};
use crate::lanes::{Console, Lane, LaneError, quote_identifier};

/// SQLSTATEs of our own, in a class that PostgreSQL leaves free.
const FOREIGN: &str = "BG001";
const GONE: &str = "BG002";
/// `internal_error`: the server's code for two changes at once.
const INTERNAL: &str = "XX000";

/// What the call answered.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Committed.
    Set,
    /// The limit was another one; nothing was changed.
    Foreign,
    /// Nobody has that OID any more.
    Gone,
    /// The server refused; nothing was changed.
    Refused {
        /// SQLSTATE.
        sqlstate: String,
        /// Its words, untrusted.
        message: String,
    },
    /// No answer: perhaps it was changed.
    NoAnswer(LaneError),
}

/// Makes the change of `target`, which is of the confirmed `plan`, over `lane`, within `limit`.
pub fn set_limit(
    lane: &mut dyn Lane,
    limit: Duration,
    plan: &ConfirmedPlan<FenceTarget>,
    target: &FenceTarget,
) -> Answer {
    let Some(change) = agreed(plan, target) else {
        return not_agreed();
    };
    let Some(sql) = sql(
        change.subject.kind,
        change.subject.oid,
        change.from,
        change.to,
    ) else {
        return Answer::Refused {
            sqlstate: String::new(),
            message: "a pool is changed through its pooler's console".to_owned(),
        };
    };
    match lane.rows(&sql, limit) {
        Ok(_) => Answer::Set,
        Err(LaneError::Server(error)) => match error.sqlstate.as_str() {
            FOREIGN => Answer::Foreign,
            GONE => Answer::Gone,
            INTERNAL => Answer::Refused {
                sqlstate: error.sqlstate,
                message: format!(
                    "somebody else is changing it at this moment ({})",
                    error.message
                ),
            },
            _ => Answer::Refused {
                sqlstate: error.sqlstate,
                message: error.message,
            },
        },
        Err(lost) => Answer::NoAnswer(lost),
    }
}

/// `DISABLE`s the pool, or `ENABLE`s it where the change is to no limit, within `wait`.
pub fn set_pool(
    console: &mut Console,
    wait: Duration,
    plan: &ConfirmedPlan<FenceTarget>,
    target: &FenceTarget,
) -> Answer {
    let Some(change) = agreed(plan, target) else {
        return not_agreed();
    };
    let word = match change.to {
        Some(_) => "DISABLE",
        None => "ENABLE",
    };
    let name = quote_identifier(&change.subject.name);
    match console.command(&format!("{word} {name}"), wait) {
        Ok(()) => Answer::Set,
        Err(LaneError::Server(error)) => Answer::Refused {
            sqlstate: error.sqlstate,
            message: error.message,
        },
        Err(lost) => Answer::NoAnswer(lost),
    }
}

/// The change of `target`, if somebody agreed to it.
fn agreed<'a>(plan: &ConfirmedPlan<FenceTarget>, target: &'a FenceTarget) -> Option<&'a Change> {
    let change = target.change.as_ref().ok()?;
    plan.targets().contains(target).then_some(change)
}

fn not_agreed() -> Answer {
    Answer::Refused {
        sqlstate: String::new(),
        message: "nobody agreed to this change".to_owned(),
    }
}

/// Only integers are written into it; the server itself quotes the name it finds under the OID.
fn sql(kind: Kind, oid: u32, from: Limit, to: Limit) -> Option<String> {
    let (from, to) = (number(from), number(to));
    let (word, name, limit, table) = match kind {
        Kind::Role => ("ROLE", "rolname", "rolconnlimit", "pg_roles"),
        Kind::Database => ("DATABASE", "datname", "datconnlimit", "pg_database"),
        Kind::Pool => return None,
    };
    let kind = kind.name();
    Some(format!(
        "DO LANGUAGE plpgsql $breakglass$ DECLARE name pg_catalog.name; now pg_catalog.int4; BEGIN \
         SELECT t.{name} INTO name FROM pg_catalog.{table} AS t WHERE t.oid = {oid}::pg_catalog.oid; \
         IF NOT FOUND THEN RAISE EXCEPTION 'breakglass: this {kind} is not there any more' USING ERRCODE = '{GONE}'; END IF; \
         EXECUTE pg_catalog.format('ALTER {word} %I', name); \
         SELECT t.{limit} INTO now FROM pg_catalog.{table} AS t WHERE t.oid = {oid}::pg_catalog.oid; \
         IF now IS DISTINCT FROM {from} THEN RAISE EXCEPTION 'breakglass: the connection limit is %, not {from}: left alone', now \
         USING ERRCODE = '{FOREIGN}'; END IF; \
         EXECUTE pg_catalog.format('ALTER {word} %I CONNECTION LIMIT {to}', name); END $breakglass$"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_integers_is_written_into_the_statement() {
        let sql = sql(Kind::Role, 4_294_967_295, None, Some(2_147_483_647)).unwrap_or_default();
        assert!(sql.contains("oid = 4294967295::pg_catalog.oid"));
        assert!(sql.contains("IS DISTINCT FROM -1 ") && sql.contains("LIMIT 2147483647'"));
        assert_eq!(sql.matches("$breakglass$").count(), 2);
        // The walsender's scanner of 13 and 14 reads the whole text and wants its quotes in pairs.
        assert_eq!(sql.matches('\'').count() % 2, 0);
    }
}
