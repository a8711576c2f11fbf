//! What a server sends, decoded: lossy where the text is not UTF-8, never panicking, never trusting a length.
//!
//! Stage: below both lanes. Pure: bytes in, values out.
//! Never: reads a socket. Frontend messages are built with `postgres-protocol`; its decoder is not used because it
//! panics on error fields that are not UTF-8, and those are what a server with a translated log says before login.

use crate::lanes::ServerError;

/// Longest ErrorResponse libpq believes; a longer one is the pre-3.0 format, whose text stands where the length should.
const LONGEST_ERROR: usize = 30_000;
/// Longest message accepted during startup.
const LONGEST_STARTUP: usize = 64 * 1024;
/// Longest message accepted afterwards: one row of a session list is a few kilobytes.
const LONGEST: usize = 256 * 1024 * 1024;
/// How much of a pre-3.0 error or of an alien answer is kept.
const EXCERPT: usize = 1024;

/// Before or after ReadyForQuery came for the first time; decides what is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Until the first ReadyForQuery.
    Startup,
    /// After it.
    Queries,
}

/// What stands at the head of the received bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Head {
    /// Not enough to say.
    Incomplete,
    /// A whole message: its tag, and where its body lies.
    Message {
        /// Tag.
        tag: u8,
        /// Body, without tag and length; the message ends where the body ends.
        body: std::ops::Range<usize>,
    },
    /// An error in the pre-3.0 format, so far; complete once a NUL or the end of the stream came.
    OldError {
        /// The text.
        text: String,
        /// Whether the NUL is there.
        complete: bool,
    },
    /// Not PostgreSQL.
    Alien,
}

/// Looks at the head of `bytes`.
pub(crate) fn head(bytes: &[u8], phase: Phase) -> Head {
    let Some((&tag, rest)) = bytes.split_first() else {
        return Head::Incomplete;
    };
    let known = match phase {
        Phase::Startup => b"RENSKZv".contains(&tag),
        Phase::Queries => tag.is_ascii_alphanumeric(),
    };
    if !known {
        return Head::Alien;
    }
    let Some(digits) = rest.first_chunk::<4>() else {
        return Head::Incomplete;
    };
    // A length that is negative as the protocol's signed number is far above every limit here.
    let length = usize::try_from(u32::from_be_bytes(*digits)).unwrap_or(usize::MAX);
    if phase == Phase::Startup && tag == b'E' && !(8..=LONGEST_ERROR).contains(&length) {
        let text = rest.split(|byte| *byte == 0).next().unwrap_or_default();
        return Head::OldError {
            text: lossy(&text[..text.len().min(EXCERPT)])
                .trim_end()
                .to_string(),
            complete: text.len() < rest.len() || rest.len() >= EXCERPT,
        };
    }
    let longest = match phase {
        Phase::Startup => LONGEST_STARTUP,
        Phase::Queries => LONGEST,
    };
    if !(4..=longest).contains(&length) {
        return Head::Alien;
    }
    if bytes.len() < length + 1 {
        return Head::Incomplete;
    }
    Head::Message {
        tag,
        body: 5..length + 1,
    }
}

/// An ErrorResponse's (or NoticeResponse's) fields.
pub(crate) fn server_error(body: &[u8]) -> ServerError {
    let mut error = ServerError::default();
    let mut translated = String::new();
    for field in body.split(|byte| *byte == 0) {
        let Some((&kind, value)) = field.split_first() else {
            break;
        };
        match kind {
            b'V' => error.severity = lossy(value),
            b'S' => translated = lossy(value),
            b'C' => error.sqlstate = lossy(value),
            b'R' => error.routine = Some(lossy(value)),
            b'M' => error.message = lossy(value),
            b'D' => error.detail = Some(lossy(value)),
            b'H' => error.hint = Some(lossy(value)),
            _ => {}
        }
    }
    if error.severity.is_empty() {
        error.severity = translated;
    }
    error
}

/// A pre-3.0 error: text alone.
pub(crate) fn old_error(text: String) -> ServerError {
    ServerError {
        severity: "FATAL".into(),
        message: text,
        ..ServerError::default()
    }
}

/// Name and value of a ParameterStatus.
pub(crate) fn parameter(body: &[u8]) -> Option<(String, String)> {
    let mut parts = body.split(|byte| *byte == 0);
    Some((lossy(parts.next()?), lossy(parts.next()?)))
}

/// Backend process id of a BackendKeyData; the key behind it has 4 bytes or, from 18 with protocol 3.2, more.
pub(crate) fn backend_pid(body: &[u8]) -> Option<i32> {
    body.first_chunk::<4>().map(|pid| i32::from_be_bytes(*pid))
}

/// The number that opens an authentication message, and its data.
pub(crate) fn authentication(body: &[u8]) -> Option<(u32, &[u8])> {
    let (code, data) = body.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*code), data))
}

/// Names and type OIDs of a RowDescription's columns.
pub(crate) fn columns(body: &[u8]) -> Option<Vec<(String, u32)>> {
    let (count, mut rest) = body.split_first_chunk::<2>()?;
    let mut columns = Vec::new();
    for _ in 0..u16::from_be_bytes(*count) {
        let end = rest.iter().position(|byte| *byte == 0)?;
        // Name, NUL, table OID (4), column number (2), type OID (4), size (2), modifier (4), format (2).
        let fixed = rest.get(end + 1..end + 19)?;
        let oid = u32::from_be_bytes(*fixed.get(6..)?.first_chunk::<4>()?);
        columns.push((lossy(&rest[..end]), oid));
        rest = &rest[end + 19..];
    }
    Some(columns)
}

/// A DataRow's columns as text.
pub(crate) fn data_row(body: &[u8]) -> Option<crate::lanes::Row> {
    let (count, mut rest) = body.split_first_chunk::<2>()?;
    let mut row = Vec::new();
    for _ in 0..u16::from_be_bytes(*count) {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let length = i32::from_be_bytes(*length);
        if length < 0 {
            row.push(None);
            rest = after;
        } else {
            let (value, after) = after.split_at_checked(usize::try_from(length).ok()?)?;
            row.push(Some(lossy(value)));
            rest = after;
        }
    }
    Some(row)
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{any, prop, proptest};

    fn framed(tag: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).unwrap_or_default();
        [&[tag], length.to_be_bytes().as_slice(), body].concat()
    }

    #[test]
    fn an_error_keeps_its_untranslated_fields() {
        let body = b"SFATAL\0VFATAL\0C53300\0Msorry\0RInitProcess\0\0";
        let error = server_error(body);
        assert_eq!(error.sqlstate, "53300");
        assert_eq!(error.routine.as_deref(), Some("InitProcess"));
    }

    #[test]
    fn an_error_that_is_not_utf8_is_read_all_the_same() {
        let error = server_error(b"SFATAL\0C53300\0Md\xe9sol\xe9\0\0");
        assert_eq!(error.message, "d\u{fffd}sol\u{fffd}");
    }

    #[test]
    fn the_pre_3_0_format_is_told_from_a_length() {
        let bytes =
            b"Ecould not fork new process for connection: Resource temporarily unavailable\n\0";
        assert_eq!(
            head(bytes, Phase::Startup),
            Head::OldError {
                text: "could not fork new process for connection: Resource temporarily unavailable"
                    .into(),
                complete: true,
            }
        );
    }

    #[test]
    fn an_http_answer_is_alien() {
        assert_eq!(head(b"HTTP/1.1 400", Phase::Startup), Head::Alien);
    }

    #[test]
    fn a_row_keeps_null_apart_from_empty() {
        let body = [0, 3, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 2, b'o', b'k'];
        let row = data_row(&body);
        assert_eq!(
            row,
            Some(vec![None, Some(String::new()), Some("ok".into())])
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_decoders_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            for phase in [Phase::Startup, Phase::Queries] {
                if let Head::Message { body, .. } = head(&bytes, phase) {
                    assert!(body.end <= bytes.len());
                }
            }
            let _ = (server_error(&bytes), parameter(&bytes), backend_pid(&bytes));
            let _ = (authentication(&bytes), columns(&bytes), data_row(&bytes));
        }

        #[test]
        fn a_framed_message_is_found_whole(body in prop::collection::vec(any::<u8>(), 0..300)) {
            let bytes = framed(b'D', &body);
            assert_eq!(
                head(&bytes, Phase::Queries),
                Head::Message { tag: b'D', body: 5..bytes.len() }
            );
        }
    }
}
