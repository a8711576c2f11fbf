//! The login lane: an ordinary login through `tokio-postgres`.
//!
//! Stage: opened by [`super::open()`]. Never waits without a deadline, never panics for want of a descriptor.
//!
//! Decided 2026-11-22: the blocking `postgres` crate gives the types, but its `Client` is not used. It limits only the
//! socket's connect, so a mute server holds it for ever; it can lose the FATAL that ended the session; and it panics
//! when the machine has no descriptor left for its runtime. Its inner `tokio-postgres` on a runtime of our own has a
//! limit around every wait, and the connection runs as a task of its own, which keeps the last words.

use super::attempt::{APPLICATION_NAME, Attempt, Progress};
use super::failure::{Cause, Refusal, Stage};
use super::socket::{Socket, open_socket};
use super::tls_stream::{Duplex, Finished, encrypt};
use super::transaction::{CLOSING, GRACE, opening};
use super::transcript::{Tape, Taped};
use super::{Greeting, Lane, LaneError, LaneKind, Row, ServerError, lossy_text};
use crate::connect::ChannelBinding;
use futures_util::TryStreamExt;
use futures_util::future::join3;
use postgres::config::{ChannelBinding as Binding, SslMode, SslNegotiation};
use postgres::error::{DbError, Severity};
use postgres::types::Type;
use std::collections::HashMap;
use std::error::Error as _;
use std::io;
use std::pin::pin;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::{Client, Config, Connection, Error};

/// How long a closed connection's task may take to hand over its last words, and a goodbye may take.
const PARTING: Duration = Duration::from_millis(200);

/// ParameterStatus values worth keeping.
const PARAMETERS: [&str; 4] = [
    "server_version",
    "is_superuser",
    "in_hot_standby",
    "default_transaction_read_only",
];

type Stream = Taped<Box<dyn Duplex>>;

/// An open login.
pub(crate) struct LoginLane {
    runtime: Runtime,
    /// Taken when the lane is dropped.
    client: Option<Client>,
    /// The connection's task; taken when its ending has been read.
    task: Option<JoinHandle<Result<(), Error>>>,
    greeting: Greeting,
    /// Set once the lane is not usable any more; every later call gets it.
    gone: Option<LaneError>,
}

/// Logs in.
pub(crate) fn open_login(attempt: &Attempt<'_>) -> Result<LoginLane, Refusal> {
    const LANE: LaneKind = LaneKind::Login;
    let began = Instant::now();
    let mut progress = Progress {
        stage: Stage::Socket,
        encrypted: false,
        connected_in: None,
    };
    let local = |error: io::Error| {
        let what = format!("this machine could not open a connection: {error}");
        attempt.refuse(LANE, progress, Cause::Local(what))
    };
    let runtime = Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()
        .map_err(local)?;
    let socket = open_socket(attempt.endpoint, attempt.tcp(), attempt.deadline)
        .map_err(|error| attempt.refuse_dial(LANE, error))?;
    let connected_in = Some(began.elapsed());
    let stream = {
        let _inside = runtime.enter();
        register(socket).map_err(local)?
    };
    progress.stage = Stage::Startup;
    progress.connected_in = connected_in;
    let tape = Tape::default();
    let left = attempt.deadline.remaining().unwrap_or_default();
    let outcome = runtime
        .block_on(async { timeout(left, log_in(attempt, stream, &tape, &mut progress)).await });
    let cause = match outcome {
        Ok(Ok((client, connection))) => {
            let parameters = PARAMETERS
                .iter()
                .filter_map(|name| Some(((*name).into(), connection.parameter(name)?.into())))
                .collect::<HashMap<String, String>>();
            let pid = tape.transcript().pid;
            return Ok(LoginLane {
                greeting: Greeting {
                    connected_in,
                    ..attempt.greeting(&parameters, pid, progress.encrypted)
                },
                task: Some(runtime.spawn(connection)),
                client: Some(client),
                runtime,
                gone: None,
            });
        }
        Ok(Err(cause)) => cause,
        Err(_) => Cause::Timeout(attempt.deadline.limit()),
    };
    let refusal = attempt.refuse(LANE, progress, cause);
    Err(refusal.with_transcript(tape.transcript()))
}

/// Hands the socket to the runtime.
fn register(socket: Socket) -> io::Result<Box<dyn Duplex>> {
    Ok(match socket {
        Socket::Tcp(stream) => {
            stream.set_nonblocking(true)?;
            Box::new(tokio::net::TcpStream::from_std(stream)?)
        }
        Socket::Unix(stream) => {
            stream.set_nonblocking(true)?;
            Box::new(tokio::net::UnixStream::from_std(stream)?)
        }
    })
}

async fn log_in(
    attempt: &Attempt<'_>,
    stream: Box<dyn Duplex>,
    tape: &Tape,
    progress: &mut Progress,
) -> Result<(Client, Connection<Stream, Stream>), Cause> {
    let (stream, binding) = encrypt(attempt, stream, progress).await?;
    let mut config = Config::new();
    config
        .user(&attempt.target.user)
        .dbname(&attempt.target.database)
        .application_name(APPLICATION_NAME)
        .channel_binding(match attempt.target.channel_binding {
            ChannelBinding::Disable => Binding::Disable,
            ChannelBinding::Prefer => Binding::Prefer,
            ChannelBinding::Require => Binding::Require,
        })
        // TLS stands already. "Direct" makes the driver take our finished stream, and its channel binding, as it is.
        .ssl_negotiation(SslNegotiation::Direct)
        .ssl_mode(if progress.encrypted {
            SslMode::Require
        } else {
            SslMode::Disable
        });
    if let Some(options) = attempt.options() {
        config.options(options);
    }
    if let Some(password) = attempt.password() {
        config.password(password.reveal());
    }
    config
        .connect_raw(Taped::new(stream, tape.clone()), Finished { binding })
        .await
        .map_err(|error| login_cause(attempt, &error, tape))
}

/// The driver's login error as a cause. The server's own words are taken from the tape later, so this only has to
/// tell the driver's own complaints from the stream's.
fn login_cause(attempt: &Attempt<'_>, error: &Error, tape: &Tape) -> Cause {
    if let Some(db) = error.as_db_error() {
        return Cause::Server(server_error(db));
    }
    let source = error.source();
    if let Some(io) = source.and_then(|source| source.downcast_ref::<io::Error>()) {
        return match io.kind() {
            // The driver's word for an end in the middle of a message.
            io::ErrorKind::Other => Cause::Closed,
            _ => attempt.cause_of(io),
        };
    }
    if error.is_closed() {
        return Cause::Closed;
    }
    if tape.transcript().auth_reached && attempt.password().is_none() {
        return Cause::PasswordMissing;
    }
    Cause::Untrusted(source.map_or_else(|| error.to_string(), ToString::to_string))
}

impl Lane for LoginLane {
    fn kind(&self) -> LaneKind {
        LaneKind::Login
    }

    fn greeting(&self) -> &Greeting {
        &self.greeting
    }

    fn rows(&mut self, sql: &str, wait: Duration) -> Result<Vec<Row>, LaneError> {
        let mut rows = Vec::new();
        self.each_row(sql, wait, &mut |row| rows.push(row))?;
        Ok(rows)
    }

    fn each_row(
        &mut self,
        sql: &str,
        wait: Duration,
        take: &mut dyn FnMut(Row),
    ) -> Result<(), LaneError> {
        if let Some(gone) = &self.gone {
            return Err(gone.clone());
        }
        let Some(client) = &self.client else {
            return Err(self.lost("the lane was closed", None));
        };
        let begin = opening(wait);
        // Polled together, the three are sent together: one round trip. The order of the requests is the order here.
        let outcome = self.runtime.block_on(async {
            let all = join3(
                client.batch_execute(&begin),
                as_text(client, sql, take),
                client.batch_execute(CLOSING),
            );
            timeout(wait.saturating_add(GRACE), all).await
        });
        let answer = match outcome {
            // What went wrong first made the rest fail.
            Ok((begun, answer, ended)) => begun.and(answer).and_then(|rows| ended.map(|()| rows)),
            Err(_) => {
                let late = LaneError::Deadline(wait);
                self.gone = Some(late.clone());
                return Err(late);
            }
        };
        match answer {
            Ok(read) => read.map_err(LaneError::Server),
            Err(error) => Err(self.failed(&error)),
        }
    }
}

/// The rows that `sql` gives, as text. The outer error is the driver's, the inner one is about a row.
async fn as_text(
    client: &Client,
    sql: &str,
    take: &mut dyn FnMut(Row),
) -> Result<Result<(), ServerError>, Error> {
    let none: [(&str, Type); 0] = [];
    let mut answer = pin!(client.query_typed_raw(sql, none).await?);
    let mut read = Ok(());
    while let Some(row) = answer.try_next().await? {
        if read.is_ok() {
            read = lossy_text::row(&row).map(&mut *take);
        }
    }
    Ok(read)
}

impl LoginLane {
    /// Tells an error the lane survives from its end.
    fn failed(&mut self, error: &Error) -> LaneError {
        match error.as_db_error() {
            Some(db) if !is_fatal(db) => LaneError::Server(server_error(db)),
            Some(db) => self.lost("the server ended our session", Some(server_error(db))),
            None => {
                let what = match error.source() {
                    Some(source) => format!("contact lost: {source}"),
                    None => format!("contact lost: {error}"),
                };
                let words = self.last_words();
                self.lost(&what, words)
            }
        }
    }

    /// The FATAL that the connection's task ended with, if it did.
    fn last_words(&mut self) -> Option<ServerError> {
        let task = self.task.take()?;
        let ended = self
            .runtime
            .block_on(async { timeout(PARTING, task).await });
        match ended {
            Ok(Ok(Err(error))) => error.as_db_error().map(server_error),
            _ => None,
        }
    }

    fn lost(&mut self, what: &str, last_words: Option<ServerError>) -> LaneError {
        let lost = LaneError::Lost {
            what: what.to_string(),
            last_words,
        };
        self.gone = Some(lost.clone());
        lost
    }
}

impl Drop for LoginLane {
    /// Says goodbye, so that the slot is free at once and the server's log stays quiet.
    fn drop(&mut self) {
        self.client = None;
        if let Some(task) = self.task.take()
            && self.gone.is_none()
        {
            // A server that does not take the goodbye sees the socket close instead.
            let _ = self
                .runtime
                .block_on(async { timeout(PARTING, task).await });
        }
    }
}

fn is_fatal(error: &DbError) -> bool {
    match error.parsed_severity() {
        Some(severity) => matches!(severity, Severity::Fatal | Severity::Panic),
        None => matches!(error.severity(), "FATAL" | "PANIC"),
    }
}

/// The driver's error as ours.
fn server_error(error: &DbError) -> ServerError {
    ServerError {
        severity: match error.parsed_severity() {
            Some(severity) => severity.to_string(),
            None => error.severity().to_string(),
        },
        sqlstate: error.code().code().to_string(),
        routine: error.routine().map(ToString::to_string),
        message: error.message().to_string(),
        detail: error.detail().map(ToString::to_string),
        hint: error.hint().map(ToString::to_string),
    }
}
