//! The startup conversation of the wire client: startup packet, authentication, parameters, ready.
//!
//! Stage: after the channel stands. Speaks trust, cleartext, MD5, SCRAM-SHA-256 and SCRAM-SHA-256-PLUS.
//! Never: sends a password where `channel_binding=require` forbids it.

use super::channel::Channel;
use super::{Wire, scram};
use crate::connect::{ChannelBinding, Secret};
use crate::lanes::attempt::{APPLICATION_NAME, Attempt, Progress};
use crate::lanes::failure::{Cause, Stage};
use crate::lanes::message::{self, Phase};
use crate::lanes::socket::Socket;
use crate::lanes::transcript::{Transcript, foreign_method};
use bytes::{Bytes, BytesMut};
use postgres_protocol::authentication::md5_hash;
use postgres_protocol::message::frontend;
use std::collections::HashMap;
use std::io;

/// What the server said of itself before it was ready.
#[derive(Debug, Default)]
pub(crate) struct Session {
    /// ParameterStatus values.
    pub parameters: HashMap<String, String>,
    /// Backend process id.
    pub pid: Option<i32>,
}

/// A startup conversation that failed.
#[derive(Debug)]
pub(crate) struct StartupFailure {
    /// Why.
    pub cause: Cause,
    /// Whether the server sent any authentication message.
    pub auth_reached: bool,
    /// Whether it accepted us.
    pub authenticated: bool,
}

/// Logs in over `socket` with `extra` startup parameters.
pub(crate) fn log_in(
    attempt: &Attempt<'_>,
    socket: Socket,
    extra: &[(&str, &str)],
    progress: &mut Progress,
) -> Result<(Wire, Session), StartupFailure> {
    let channel = Channel::open(attempt, socket, progress).map_err(|cause| StartupFailure {
        cause,
        auth_reached: false,
        authenticated: false,
    })?;
    let mut login = Login {
        attempt,
        channel,
        auth_reached: false,
        authenticated: false,
    };
    match login.run(extra) {
        Ok(session) => {
            let channel = login.channel;
            Ok((Wire { channel }, session))
        }
        Err(cause) => {
            if login.auth_reached {
                progress.stage = Stage::Authentication;
            }
            Err(StartupFailure {
                cause,
                auth_reached: login.auth_reached,
                authenticated: login.authenticated,
            })
        }
    }
}

struct Login<'a> {
    attempt: &'a Attempt<'a>,
    channel: Channel,
    auth_reached: bool,
    authenticated: bool,
}

impl<'a> Login<'a> {
    fn run(&mut self, extra: &[(&str, &str)]) -> Result<Session, Cause> {
        let target = self.attempt.target;
        let mut parameters = vec![
            ("user", target.user.as_str()),
            ("database", target.database.as_str()),
            ("application_name", APPLICATION_NAME),
            ("client_encoding", "UTF8"),
        ];
        parameters.extend(self.attempt.options().map(|options| ("options", options)));
        parameters.extend_from_slice(extra);
        self.send(|out| frontend::startup_message(parameters.iter().copied(), out))?;
        let mut session = Session::default();
        loop {
            let (tag, body) = self.next()?;
            match tag {
                b'R' => self.authenticate(&body)?,
                b'S' => session.parameters.extend(message::parameter(&body)),
                b'K' => session.pid = message::backend_pid(&body),
                b'E' => return Err(Cause::Server(message::server_error(&body))),
                b'Z' if self.authenticated => return Ok(session),
                b'Z' => return Err(Cause::Untrusted("ready before authentication".into())),
                // Notices, and NegotiateProtocolVersion: we ask for 3.0 and send no parameter that needs an answer.
                _ => {}
            }
        }
    }

    fn next(&mut self) -> Result<(u8, Bytes), Cause> {
        self.channel.receive(Phase::Startup).map_err(|error| {
            let unread = Transcript::read(self.channel.unread());
            match (unread.error, unread.alien) {
                (Some(error), _) => Cause::Server(error),
                (None, Some(bytes)) => Cause::Alien(bytes),
                (None, None) => self.attempt.cause_of(&error),
            }
        })
    }

    fn send(&mut self, build: impl FnOnce(&mut BytesMut) -> io::Result<()>) -> Result<(), Cause> {
        let mut out = BytesMut::new();
        build(&mut out)
            .and_then(|()| self.channel.send(&out))
            .map_err(|error| self.attempt.cause_of(&error))
    }

    /// Answers one authentication message.
    fn authenticate(&mut self, body: &[u8]) -> Result<(), Cause> {
        self.auth_reached = true;
        let (code, data) = message::authentication(body)
            .ok_or_else(|| Cause::Untrusted("an authentication message without content".into()))?;
        match code {
            // AuthenticationOk. After SCRAM it comes once the server has proven itself; see below.
            0 => {
                self.without_binding()?;
                self.authenticated = true;
                Ok(())
            }
            3 => {
                self.without_binding()?;
                let password = self.password()?;
                self.send(|out| frontend::password_message(password.reveal().as_bytes(), out))
            }
            5 => {
                self.without_binding()?;
                let password = self.password()?;
                let salt = data
                    .first_chunk::<4>()
                    .ok_or_else(|| Cause::Untrusted("an MD5 request without a salt".into()))?;
                let user = self.attempt.target.user.as_bytes();
                let hash = md5_hash(user, password.reveal().as_bytes(), *salt);
                self.send(|out| frontend::password_message(hash.as_bytes(), out))
            }
            10 => self.scram(data),
            other => Err(Cause::UnsupportedMethod(
                foreign_method(other).map_or_else(|| format!("method {other}"), Into::into),
            )),
        }
    }

    /// The whole SCRAM exchange, up to and including AuthenticationOk.
    fn scram(&mut self, mechanisms: &[u8]) -> Result<(), Cause> {
        let password = self.password()?;
        let untrusted = |error: io::Error| Cause::Untrusted(error.to_string());
        let wanted = self.attempt.target.channel_binding;
        let (mechanism, mut exchange) =
            scram::start(mechanisms, password, self.channel.binding(), wanted)?;
        self.send(|out| frontend::sasl_initial_response(mechanism, exchange.message(), out))?;
        let data = self.expect(11)?;
        exchange.update(&data).map_err(untrusted)?;
        self.send(|out| frontend::sasl_response(exchange.message(), out))?;
        let data = self.expect(12)?;
        exchange.finish(&data).map_err(untrusted)?;
        self.expect(0)?;
        self.authenticated = true;
        Ok(())
    }

    /// The data of the next authentication message, which must be this one.
    fn expect(&mut self, wanted: u32) -> Result<Bytes, Cause> {
        loop {
            let (tag, body) = self.next()?;
            match (tag, message::authentication(&body)) {
                (b'R', Some((code, _))) if code == wanted => return Ok(body.slice(4..)),
                (b'E', _) => return Err(Cause::Server(message::server_error(&body))),
                (b'N', _) => {}
                _ => return Err(Cause::Untrusted("SCRAM out of order".into())),
            }
        }
    }

    fn password(&self) -> Result<&'a Secret, Cause> {
        self.attempt.password().ok_or(Cause::PasswordMissing)
    }

    /// Only SCRAM-SHA-256-PLUS binds the channel.
    fn without_binding(&self) -> Result<(), Cause> {
        match self.attempt.target.channel_binding {
            ChannelBinding::Require => Err(Cause::Untrusted(
                "channel_binding=require, and the server asks for a method without it".into(),
            )),
            ChannelBinding::Disable | ChannelBinding::Prefer => Ok(()),
        }
    }
}
