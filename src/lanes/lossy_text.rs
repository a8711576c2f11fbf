//! Rows of the login lane as text, whatever bytes they hold.
//!
//! Stage: on an open login lane. A query text written in another database's encoding is no UTF-8; the driver's own
//! `String` would turn the whole row into an error.
//! Never: decodes anything but text.

use super::transaction::{TEXT_TYPES, not_text};
use super::{Row, ServerError};
use postgres::types::{FromSql, Type};
use std::error::Error;

/// Text with U+FFFD where the bytes are no UTF-8.
struct Lossy(String);

impl<'a> FromSql<'a> for Lossy {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(String::from_utf8_lossy(raw).into_owned()))
    }

    fn accepts(kind: &Type) -> bool {
        TEXT_TYPES.contains(&kind.oid())
    }
}

/// Every column of `row` as text.
pub(crate) fn row(row: &tokio_postgres::Row) -> Result<Row, ServerError> {
    row.columns()
        .iter()
        .enumerate()
        .map(|(index, column)| {
            row.try_get::<_, Option<Lossy>>(index)
                .map(|text| text.map(|Lossy(text)| text))
                .map_err(|_| not_text(index, column.type_().oid()))
        })
        .collect()
}
