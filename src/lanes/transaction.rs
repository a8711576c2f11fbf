//! The transaction around each statement, the same on both lanes.
//!
//! Stage: on an open lane. Pure: text out.
//! Never: sets anything for the session. Behind a transaction pooler the next transaction on the same server
//! connection belongs to somebody else, and a session `SET` would be theirs.

use std::time::Duration;

/// How much longer than the server's own limit we wait for its answer.
pub(crate) const GRACE: Duration = Duration::from_millis(750);

/// Ends the transaction; after an error it rolls back, which is as good.
pub(crate) const CLOSING: &str = "COMMIT";

/// Types whose binary and text forms are both plain text: "char", name, text, unknown, char(n), varchar
/// (`pg_type.dat`).
pub(crate) const TEXT_TYPES: [u32; 6] = [18, 19, 25, 705, 1042, 1043];

/// Opens the transaction and limits it to `wait`.
pub(crate) fn opening(wait: Duration) -> String {
    // Zero would switch the limits off.
    let limit = wait.as_millis().clamp(1, 2_147_483_647);
    format!(
        "BEGIN; SET LOCAL statement_timeout = {limit}; SET LOCAL lock_timeout = {limit}; \
         SET LOCAL idle_in_transaction_session_timeout = {limit}; SET LOCAL search_path = pg_catalog"
    )
}

/// What to say of a statement that returns something else than text: the same on both lanes, so that a statement
/// that works on one works on the other.
pub(crate) fn not_text(column: usize, type_oid: u32) -> super::ServerError {
    super::ServerError {
        severity: "ERROR".into(),
        // datatype_mismatch
        sqlstate: "42804".into(),
        message: format!(
            "column {} has type {type_oid}, not text: cast it",
            column + 1
        ),
        ..super::ServerError::default()
    }
}
