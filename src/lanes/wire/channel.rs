//! The byte stream under the wire client: plain or TLS, framed into messages.
//!
//! Stage: below [`super::Wire`]. Asks for TLS the way [`crate::lanes::tls_stream`] does, in blocking form.
//! Never: reads past its deadline.

use crate::connect::{client_config, explain_tls, server_name};
use crate::lanes::attempt::{Attempt, Progress};
use crate::lanes::binding::end_point_hash;
use crate::lanes::deadline::Deadline;
use crate::lanes::encryption::{Encryption, SSL_REQUEST, check_protocol, odd_answer};
use crate::lanes::failure::{Cause, Stage};
use crate::lanes::message::{self, Head, Phase};
use crate::lanes::socket::{Socket, TimedSocket};
use crate::lanes::tls_stream::handshake_cause;
use crate::lanes::transcript::Transcript;
use bytes::{Buf, Bytes, BytesMut};
use rustls::{ClientConnection, StreamOwned};
use std::io::{self, Read, Write};
use std::time::Duration;

/// Read at once: the size of the server's send buffer is 8 KB, of a TLS record 16 KB.
const CHUNK: usize = 16 * 1024;
/// How long to listen to an odd answer.
const LISTEN: Duration = Duration::from_millis(500);

/// A framed stream.
#[derive(Debug)]
pub(crate) struct Channel {
    stream: Stream,
    /// Received and not yet taken.
    inbox: BytesMut,
}

#[derive(Debug)]
enum Stream {
    Plain(TimedSocket),
    Tls(Box<StreamOwned<ClientConnection, TimedSocket>>),
}

impl Channel {
    /// Puts `socket` under the attempt's deadline and encrypts it as the attempt wants.
    pub(crate) fn open(
        attempt: &Attempt<'_>,
        socket: Socket,
        progress: &mut Progress,
    ) -> Result<Self, Cause> {
        let mut socket = TimedSocket::new(socket, attempt.deadline);
        if attempt.encryption == Encryption::Plain {
            return Ok(Self::over(Stream::Plain(socket)));
        }
        if !attempt.target.ssl.direct {
            match ask(attempt, &mut socket)? {
                b'S' => {}
                _ if attempt.encryption == Encryption::IfOffered => {
                    return Ok(Self::over(Stream::Plain(socket)));
                }
                _ => {
                    progress.stage = Stage::Tls;
                    return Err(Cause::TlsUnavailable);
                }
            }
        }
        progress.stage = Stage::Tls;
        let config = client_config(&attempt.target.ssl)
            .map_err(|error| Cause::TlsSettings(error.to_string()))?;
        let name = server_name(attempt.endpoint);
        let mut session =
            ClientConnection::new(config, name).map_err(|error| Cause::Tls(explain_tls(&error)))?;
        while session.is_handshaking() {
            session
                .complete_io(&mut socket)
                .map_err(|error| handshake_cause(attempt, &error))?;
        }
        check_protocol(&attempt.target.ssl, session.alpn_protocol())?;
        progress.stage = Stage::Startup;
        progress.encrypted = true;
        Ok(Self::over(Stream::Tls(Box::new(StreamOwned::new(
            session, socket,
        )))))
    }

    fn over(stream: Stream) -> Self {
        Self {
            stream,
            inbox: BytesMut::new(),
        }
    }

    /// The TLS session's channel binding.
    pub(crate) fn binding(&self) -> Option<Vec<u8>> {
        match &self.stream {
            Stream::Plain(_) => None,
            Stream::Tls(stream) => end_point_hash(stream.conn.peer_certificates()?.first()?),
        }
    }

    /// Replaces the deadline.
    pub(crate) fn set_deadline(&mut self, deadline: Deadline) {
        match &mut self.stream {
            Stream::Plain(socket) => socket.set_deadline(deadline),
            Stream::Tls(stream) => stream.sock.set_deadline(deadline),
        }
    }

    /// Sends whole messages.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.stream {
            Stream::Plain(socket) => socket.write_all(bytes),
            Stream::Tls(stream) => {
                stream.write_all(bytes)?;
                stream.flush()
            }
        }
    }

    /// The next message: tag and body. [`io::ErrorKind::InvalidData`] when it cannot be one; then
    /// [`Channel::unread`] says what is there instead.
    pub(crate) fn receive(&mut self, phase: Phase) -> io::Result<(u8, Bytes)> {
        loop {
            match message::head(&self.inbox, phase) {
                Head::Message { tag, body } => {
                    self.inbox.advance(body.start);
                    return Ok((tag, self.inbox.split_to(body.len()).freeze()));
                }
                Head::Alien | Head::OldError { complete: true, .. } => {
                    return Err(io::ErrorKind::InvalidData.into());
                }
                Head::Incomplete | Head::OldError { .. } => {}
            }
            let filled = self.inbox.len();
            self.inbox.resize(filled + CHUNK, 0);
            let read = match &mut self.stream {
                Stream::Plain(socket) => socket.read(&mut self.inbox[filled..]),
                Stream::Tls(stream) => stream.read(&mut self.inbox[filled..]),
            };
            self.inbox
                .truncate(filled + read.as_ref().copied().unwrap_or(0));
            match read {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// What was received and could not be taken as messages.
    pub(crate) fn unread(&self) -> &[u8] {
        &self.inbox
    }
}

/// Sends the SSLRequest and returns the answer, `S` or `N`.
fn ask(attempt: &Attempt<'_>, socket: &mut TimedSocket) -> Result<u8, Cause> {
    let io = |error: io::Error| attempt.cause_of(&error);
    socket.write_all(&SSL_REQUEST).map_err(io)?;
    // One byte and no more: what follows an S must come through TLS.
    let mut answer = [0];
    socket.read_exact(&mut answer).map_err(io)?;
    if matches!(answer[0], b'S' | b'N') {
        return Ok(answer[0]);
    }
    socket.set_deadline(Deadline::after(LISTEN).or_earlier(attempt.deadline));
    let mut bytes = answer.to_vec();
    while !Transcript::is_settled(&bytes) {
        let mut more = [0; 1024];
        match socket.read(&mut more) {
            Ok(count) if count > 0 => bytes.extend_from_slice(&more[..count]),
            // An end, an error, or silence: judge by what is there.
            _ => break,
        }
    }
    Err(odd_answer(&bytes))
}
