//! Evidence: everything that could be seen at one moment, to be kept and looked at again.
//!
//! Pure values. `commands` gathers and saves them, `observe` reads them back, [`document`] is the form of the file.
//! Text in them comes from the server and is untrusted until it went through `report::sanitize`.

pub mod document;

use serde_json::Value;

use super::snapshot::Snapshot;

/// What one look at everything brought back.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// Who took it, when and where.
    pub taken: Taken,
    /// What was aimed at: the endpoints, or the target's name.
    pub target: String,
    /// Whether statements are in it.
    pub queries: Queries,
    /// A sentence for each login that was refused on the way in, or by every lane.
    pub refused_before: Vec<String>,
    /// The same, complete: lane, variant, SQLSTATE and message of each.
    pub refusals: Vec<Value>,
    /// What a database lane showed; `None` when none was open.
    pub database: Option<Database>,
    /// Answers of lanes that need no login, by lane (`backends`, `sockets`, `pgbouncer`), as their commands give them.
    pub beside: Vec<(String, Value)>,
    /// Sentences about what could not be looked at.
    pub not_seen: Vec<String>,
}

/// Who took it, when and where.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Taken {
    /// This machine's clock, microseconds since 1970.
    pub at: i64,
    /// Name of the user, or its number.
    pub by: String,
    /// Who became that user with sudo.
    pub sudo_user: Option<String>,
    /// The machine it was taken on.
    pub host: String,
    /// The version of this program.
    pub version: String,
}

/// Whether the text of statements is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Queries {
    /// Only the command's word and the length: statements hold customers' data.
    LeftOut,
    /// As the server gave them.
    Kept,
}

words!(Queries);

/// What a database lane showed.
#[derive(Debug, Clone, PartialEq)]
pub struct Database {
    /// The lane's name, `login` or `replication`.
    pub lane: String,
    /// Label of the endpoint that answered.
    pub endpoint: String,
    /// Whether the connection was encrypted.
    pub encrypted: bool,
    /// Server, limits, sessions and who waits for whom.
    pub snapshot: Snapshot,
    /// Settings that matter in such an incident.
    pub settings: Vec<Setting>,
    /// Locks of sessions that wait or are waited for.
    pub locks: Vec<Lock>,
}

/// One row of `pg_settings`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Setting {
    /// Its name.
    pub name: String,
    /// Its value, in `unit`.
    pub setting: String,
    /// Its unit, as the server writes it.
    pub unit: Option<String>,
    /// Where the value comes from: `default`, `configuration file`…
    pub source: String,
    /// Whether another value stands in the file and waits for a restart.
    pub pending_restart: bool,
}

/// One row of `pg_locks`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Lock {
    /// Who holds it or waits for it; `None` for a prepared transaction.
    pub pid: Option<i32>,
    /// `relation`, `transactionid`…
    pub locktype: String,
    /// `AccessExclusiveLock`…
    pub mode: String,
    /// Held, as opposed to waited for.
    pub granted: bool,
    /// Of a relation: the database's OID.
    pub database: Option<String>,
    /// Of a relation: its name in the database that was connected to, else its OID.
    pub relation: Option<String>,
    /// The transaction that is waited for, or held.
    pub transaction: Option<String>,
}

/// The words a statement may begin with that say what it does and nothing of what is in it.
const COMMANDS: [&str; 45] = [
    "ABORT",
    "ALTER",
    "ANALYZE",
    "BEGIN",
    "CALL",
    "CHECKPOINT",
    "CLOSE",
    "CLUSTER",
    "COMMENT",
    "COMMIT",
    "COPY",
    "CREATE",
    "DEALLOCATE",
    "DECLARE",
    "DELETE",
    "DISCARD",
    "DO",
    "DROP",
    "END",
    "EXECUTE",
    "EXPLAIN",
    "FETCH",
    "GRANT",
    "IMPORT",
    "INSERT",
    "LISTEN",
    "LOAD",
    "LOCK",
    "MERGE",
    "MOVE",
    "NOTIFY",
    "PREPARE",
    "REASSIGN",
    "REFRESH",
    "REINDEX",
    "RELEASE",
    "RESET",
    "REVOKE",
    "ROLLBACK",
    "SAVEPOINT",
    "SELECT",
    "SET",
    "SHOW",
    "START",
    "UPDATE",
];

/// More of them: too few to sort in.
const MORE_COMMANDS: [&str; 6] = ["TABLE", "TRUNCATE", "UNLISTEN", "VACUUM", "VALUES", "WITH"];

/// The word a statement begins with, if it is one of SQL's and so cannot be somebody's data. Read as
/// [`Session::listens`](super::session::Session::listens) reads it, so that who listens is known without the text.
pub fn command_word(query: &str) -> Option<&'static str> {
    let first = query.split_whitespace().next()?.trim_end_matches(';');
    COMMANDS
        .into_iter()
        .chain(MORE_COMMANDS)
        .find(|word| first.eq_ignore_ascii_case(word))
}

/// What stands for a statement whose text was left out: `UPDATE (31 characters left out)`.
pub fn without_text(command: Option<&str>, length: u64) -> String {
    match (command, length) {
        (None, 0) => String::new(),
        (Some(command), _) => format!("{command} ({length} characters left out)"),
        (None, _) => format!("({length} characters left out)"),
    }
}

#[cfg(test)]
mod tests {
    use super::{command_word, without_text};

    #[test]
    fn of_a_statement_only_the_command_is_told() {
        let table = [
            ("select * from accounts where name = 'Ada'", Some("SELECT")),
            ("  COMMIT;", Some("COMMIT")),
            ("LISTEN jobs", Some("LISTEN")),
            ("/* from web-7 */ SELECT 1", None),
            ("hunter2", None),
            ("ſelect 1", None),
            ("", None),
        ];
        for (query, word) in table {
            assert_eq!(command_word(query), word, "{query}");
        }
        assert_eq!(
            without_text(Some("UPDATE"), 31),
            "UPDATE (31 characters left out)"
        );
        assert_eq!(without_text(None, 0), "");
    }
}
