//! A small blocking client of the PostgreSQL protocol: startup, authentication, simple queries.
//!
//! Stage: under the replication lane and the pooler's console. `tokio-postgres` can neither send `replication=database` nor
//! stay off the extended protocol, which a walsender and PgBouncer's console refuse.
//! Never: reads or writes without a deadline, and never believes a length it was sent.

pub(crate) mod channel;
pub(crate) mod login;
mod scram;

use super::deadline::Deadline;
use super::message::{self, Phase};
use super::transaction::{TEXT_TYPES, not_text};
use super::{Row, ServerError};
use bytes::BytesMut;
use channel::Channel;
use std::io;

/// What one simple-query message brought.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// The names of the columns of the last statement that returned rows.
    pub columns: Vec<String>,
    /// The rows of every statement that returned some.
    pub rows: Vec<Row>,
    /// The first error.
    pub error: Option<ServerError>,
    /// Whether a transaction is still open, or failed and waiting for its end (ReadyForQuery `T` or `E`).
    pub in_transaction: bool,
}

/// How a query failed below SQL.
#[derive(Debug)]
pub(crate) enum QueryError {
    /// The stream failed or ended, or time was up; with the FATAL that came before, if one did.
    Stream(io::Error, Option<ServerError>),
    /// The server broke the protocol.
    Protocol(&'static str),
}

/// An established connection.
#[derive(Debug)]
pub(crate) struct Wire {
    channel: Channel,
}

/// Which columns an answer may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Columns {
    /// Text only, so that a statement that works on one database lane works on the other.
    Text,
    /// Any: a simple query's values are text whatever their type.
    Any,
}

impl Wire {
    /// Sends `sql` as one simple query and reads until the server is ready again.
    pub(crate) fn query(&mut self, sql: &str, deadline: Deadline) -> Result<Answer, QueryError> {
        // A write may fail because the session was ended before; its FATAL is then waiting to be read.
        let sent = self.send(sql, deadline);
        let mut answer = Answer::default();
        match self.receive(&mut answer, Columns::Text, deadline) {
            Ok(()) => Ok(answer),
            Err(QueryError::Stream(error, words)) => {
                Err(QueryError::Stream(sent.err().unwrap_or(error), words))
            }
            Err(error) => Err(error),
        }
    }

    /// Sends `sql` as one simple query; its answer is read by [`Wire::receive`].
    pub(crate) fn send(&mut self, sql: &str, deadline: Deadline) -> io::Result<()> {
        self.channel.set_deadline(deadline);
        let mut request = BytesMut::new();
        postgres_protocol::message::frontend::query(sql, &mut request)?;
        self.channel.send(&request)
    }

    /// Reads on into `answer` until the server is ready again. When time is up the same answer may be read on later.
    pub(crate) fn receive(
        &mut self,
        answer: &mut Answer,
        columns: Columns,
        deadline: Deadline,
    ) -> Result<(), QueryError> {
        self.channel.set_deadline(deadline);
        loop {
            match self.channel.receive(Phase::Queries) {
                Ok((b'Z', body)) => {
                    answer.in_transaction = body.first() != Some(&b'I');
                    return Ok(());
                }
                Ok((tag, body)) => note(answer, columns, tag, &body)?,
                Err(error) => return Err(QueryError::Stream(error, answer.error.clone())),
            }
        }
    }

    /// Says goodbye; nobody waits for an answer.
    pub(crate) fn terminate(&mut self, deadline: Deadline) {
        self.channel.set_deadline(deadline);
        let mut request = BytesMut::new();
        postgres_protocol::message::frontend::terminate(&mut request);
        // The server notices the closed socket just as well.
        let _ = self.channel.send(&request);
    }
}

fn note(answer: &mut Answer, columns: Columns, tag: u8, body: &[u8]) -> Result<(), QueryError> {
    match tag {
        b'T' => {
            let described = message::columns(body).ok_or(QueryError::Protocol(
                "a row description that cannot be read",
            ))?;
            let foreign = described
                .iter()
                .enumerate()
                .find(|(_, (_, oid))| columns == Columns::Text && !TEXT_TYPES.contains(oid));
            if let Some((at, (_, oid))) = foreign {
                answer.error.get_or_insert_with(|| not_text(at, *oid));
            }
            answer.columns = described.into_iter().map(|(name, _)| name).collect();
        }
        b'D' => answer.rows.push(
            message::data_row(body).ok_or(QueryError::Protocol("a row that cannot be read"))?,
        ),
        b'E' => {
            answer
                .error
                .get_or_insert_with(|| message::server_error(body));
        }
        // CopyInResponse would wait for us; the other copies are not ours to read either.
        b'G' | b'H' | b'W' => return Err(QueryError::Protocol("the statement started a copy")),
        _ => {}
    }
    Ok(())
}
