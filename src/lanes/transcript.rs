//! What the server said while we logged in, kept as it came, so that a refusal can be explained by what was seen.
//!
//! Stage: around the login lane's stream, above TLS. `tokio-postgres` keeps to itself whether authentication was reached,
//! the backend's process id, the pre-3.0 error text and error fields that are not UTF-8; this reads them.
//! Never: changes a byte; it only ends a stream early that cannot be PostgreSQL's.

use super::ServerError;
use super::message::{self, Head, Phase};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How many bytes are kept: a login takes some 600, a long error message a few thousand.
const KEPT: usize = 16 * 1024;

/// The startup conversation, read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Transcript {
    /// An authentication message came.
    pub auth_reached: bool,
    /// AuthenticationOk came.
    pub authenticated: bool,
    /// Name of the authentication method asked for, if it is one that nobody here speaks.
    pub foreign_method: Option<&'static str>,
    /// BackendKeyData's process id.
    pub pid: Option<i32>,
    /// The ErrorResponse, or the pre-3.0 error.
    pub error: Option<ServerError>,
    /// The first bytes of an answer that is not PostgreSQL's.
    pub alien: Option<Vec<u8>>,
}

impl Transcript {
    /// Reads the messages up to the first ReadyForQuery.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let mut seen = Self::default();
        let mut rest = bytes;
        loop {
            match message::head(rest, Phase::Startup) {
                Head::Incomplete => return seen,
                Head::Alien => {
                    seen.alien = Some(rest[..rest.len().min(64)].to_vec());
                    return seen;
                }
                Head::OldError { text, .. } => {
                    seen.error = Some(message::old_error(text));
                    return seen;
                }
                Head::Message { tag: b'Z', .. } => return seen,
                Head::Message { tag, body } => {
                    let end = body.end;
                    seen.note(tag, &rest[body]);
                    rest = &rest[end..];
                }
            }
        }
    }

    fn note(&mut self, tag: u8, body: &[u8]) {
        match tag {
            b'R' => {
                self.auth_reached = true;
                match message::authentication(body) {
                    Some((0, _)) => self.authenticated = true,
                    Some((code, _)) => self.foreign_method = foreign_method(code),
                    None => {}
                }
            }
            b'K' => self.pid = message::backend_pid(body),
            b'E' if self.error.is_none() => self.error = Some(message::server_error(body)),
            _ => {}
        }
    }

    /// Whether the start of an odd answer is enough to report it.
    pub(crate) fn is_settled(bytes: &[u8]) -> bool {
        match message::head(bytes, Phase::Startup) {
            Head::Incomplete => false,
            Head::Alien => bytes.len() > 1,
            Head::OldError { complete, .. } => complete,
            Head::Message { .. } => true,
        }
    }

    /// Whether waiting for more is pointless: the answer is not PostgreSQL's, or a whole pre-3.0 error.
    fn is_hopeless(bytes: &[u8]) -> bool {
        matches!(
            message::head(bytes, Phase::Startup),
            Head::Alien | Head::OldError { complete: true, .. }
        )
    }
}

/// Authentication requests (protocol chapter, "Message Formats") that need a library we do not carry.
pub(crate) fn foreign_method(code: u32) -> Option<&'static str> {
    match code {
        2 => Some("Kerberos V5"),
        6 => Some("SCM credentials"),
        7 => Some("GSSAPI"),
        9 => Some("SSPI"),
        _ => None,
    }
}

/// The bytes, shared between a stream and whoever explains its end.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tape(Arc<Mutex<Vec<u8>>>);

impl Tape {
    /// What the bytes so far say.
    pub(crate) fn transcript(&self) -> Transcript {
        // Nobody panics while holding the lock; if somebody did, the bytes are still whole.
        let bytes = match self.0.lock() {
            Ok(bytes) => bytes,
            Err(poisoned) => poisoned.into_inner(),
        };
        Transcript::read(&bytes)
    }

    /// Adds what came; false when it cannot become a PostgreSQL conversation any more.
    fn add(&self, came: &[u8]) -> bool {
        let mut bytes = match self.0.lock() {
            Ok(bytes) => bytes,
            Err(poisoned) => poisoned.into_inner(),
        };
        if bytes.len() >= KEPT {
            return true;
        }
        let room = KEPT - bytes.len();
        bytes.extend_from_slice(&came[..came.len().min(room)]);
        !Transcript::is_hopeless(&bytes)
    }
}

/// A stream that tapes what it reads.
#[derive(Debug)]
pub(crate) struct Taped<S> {
    inner: S,
    tape: Tape,
    binding: Option<Vec<u8>>,
}

impl<S> Taped<S> {
    /// Tapes `inner` on `tape`.
    pub(crate) fn new(inner: S, tape: Tape) -> Self {
        Self {
            inner,
            tape,
            binding: None,
        }
    }

    /// Adds the channel binding of the TLS session underneath.
    pub(crate) fn with_binding(mut self, binding: Option<Vec<u8>>) -> Self {
        self.binding = binding;
        self
    }

    /// The channel binding of the TLS session underneath.
    pub(crate) fn binding(&self) -> Option<&[u8]> {
        self.binding.as_deref()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Taped<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(context, buffer);
        if let Poll::Ready(Ok(())) = polled
            && !self.tape.add(&buffer.filled()[before..])
        {
            return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Taped<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{any, prop, proptest};

    #[test]
    fn a_refusal_after_authentication_is_told_from_one_before() {
        let refused = b"E\0\0\0\x0eC53300\0\0\0\0";
        let before = Transcript::read(refused);
        assert!(!before.auth_reached);
        assert_eq!(
            before.error.map(|error| error.sqlstate),
            Some("53300".into())
        );
        let after = Transcript::read(&[b"R\0\0\0\x08\0\0\0\0".as_slice(), refused].concat());
        assert!(after.auth_reached && after.authenticated);
    }

    #[test]
    fn the_backend_pid_is_read() {
        let bytes = b"R\0\0\0\x08\0\0\0\0K\0\0\0\x0c\0\0\x01\0abcdZ\0\0\0\x05I";
        assert_eq!(Transcript::read(bytes).pid, Some(256));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic_or_spin(bytes in prop::collection::vec(any::<u8>(), 0..500)) {
            let _ = Transcript::read(&bytes);
        }
    }
}
