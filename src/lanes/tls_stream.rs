//! TLS for the login lane: asks for it, shakes hands, and hands the finished stream to the driver.
//!
//! Stage: between socket and startup packet. The driver's own negotiation reads a fork failure as "no TLS" and offers no
//! way to tell where it failed, so it happens here.
//! Never: has a deadline of its own; its caller puts one around it.

use super::attempt::{Attempt, Progress};
use super::binding::end_point_hash;
use super::encryption::{Encryption, SSL_REQUEST, check_protocol, explain_handshake, odd_answer};
use super::failure::{Cause, Stage};
use super::transcript::{Taped, Transcript};
use crate::connect::{client_config, server_name};
use std::future::{Ready, ready};
use std::io;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};
use tokio_rustls::TlsConnector;

/// How long to listen to an odd answer.
const LISTEN: Duration = Duration::from_millis(500);

/// A stream in both directions.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Duplex for S {}

/// The stream as it leaves the negotiation, with its channel binding.
type Negotiated = (Box<dyn Duplex>, Option<Vec<u8>>);

/// Encrypts `stream` as the attempt wants it.
pub(crate) async fn encrypt(
    attempt: &Attempt<'_>,
    mut stream: Box<dyn Duplex>,
    progress: &mut Progress,
) -> Result<Negotiated, Cause> {
    if attempt.encryption == Encryption::Plain {
        return Ok((stream, None));
    }
    if !attempt.target.ssl.direct {
        match ask(attempt, &mut stream).await? {
            b'S' => {}
            _ if attempt.encryption == Encryption::IfOffered => return Ok((stream, None)),
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
    let stream = TlsConnector::from(config)
        .connect(name, stream)
        .await
        .map_err(|error| handshake_cause(attempt, &error))?;
    check_protocol(&attempt.target.ssl, stream.get_ref().1.alpn_protocol())?;
    progress.stage = Stage::Startup;
    progress.encrypted = true;
    let binding = stream
        .get_ref()
        .1
        .peer_certificates()
        .and_then(|chain| end_point_hash(chain.first()?));
    Ok((Box::new(stream), binding))
}

/// Sends the SSLRequest and returns the answer, `S` or `N`.
async fn ask(attempt: &Attempt<'_>, stream: &mut Box<dyn Duplex>) -> Result<u8, Cause> {
    let io = |error: io::Error| attempt.cause_of(&error);
    stream.write_all(&SSL_REQUEST).await.map_err(io)?;
    stream.flush().await.map_err(io)?;
    // One byte and no more: what follows an S must come through TLS.
    let answer = stream.read_u8().await.map_err(io)?;
    if matches!(answer, b'S' | b'N') {
        return Ok(answer);
    }
    let mut bytes = vec![answer];
    while !Transcript::is_settled(&bytes) {
        let mut more = [0; 1024];
        match timeout(LISTEN, stream.read(&mut more)).await {
            Ok(Ok(count)) if count > 0 => bytes.extend_from_slice(&more[..count]),
            // An end, an error, or silence: judge by what is there.
            _ => break,
        }
    }
    Err(odd_answer(&bytes))
}

/// A failed handshake as a cause.
pub(crate) fn handshake_cause(attempt: &Attempt<'_>, error: &io::Error) -> Cause {
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
            Cause::Tls(explain_handshake(error))
        }
        _ => attempt.cause_of(error),
    }
}

/// A "connector" for a stream whose TLS already stands.
pub(crate) struct Finished {
    /// `tls-server-end-point`, when the certificate has one.
    pub binding: Option<Vec<u8>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsConnect<Taped<S>> for Finished {
    type Stream = Taped<S>;
    type Error = io::Error;
    type Future = Ready<io::Result<Taped<S>>>;

    fn connect(self, stream: Taped<S>) -> Self::Future {
        ready(Ok(stream.with_binding(self.binding)))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Taped<S> {
    fn channel_binding(&self) -> ChannelBinding {
        match self.binding() {
            Some(hash) => ChannelBinding::tls_server_end_point(hash.to_vec()),
            None => ChannelBinding::none(),
        }
    }
}
