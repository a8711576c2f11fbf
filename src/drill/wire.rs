//! A bare client of PostgreSQL's protocol: log in, send a query, read what comes.
//!
//! Stage: rehearsal. The drill holds its slots and checks its results with this, never with [`crate::lanes`],
//! so that what proves the tool right shares no code with it.
//! Never: encrypts, answers a password request, or retries. It is for throwaway servers only.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// How long a throwaway server may take over any one answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where a throwaway server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A directory with the Unix socket in it, and the port in the socket's name.
    Socket(PathBuf, u16),
    /// A port on 127.0.0.1.
    Loopback(u16),
}

impl Address {
    /// What `PGHOST` or `--host` must say.
    pub fn host(&self) -> String {
        match self {
            Self::Socket(directory, _) => directory.display().to_string(),
            Self::Loopback(_) => "127.0.0.1".to_owned(),
        }
    }

    /// What `PGPORT` or `--port` must say.
    pub fn port(&self) -> u16 {
        match self {
            Self::Socket(_, port) | Self::Loopback(port) => *port,
        }
    }

    /// The address that [`Address::host`] and [`Address::port`] spell.
    pub fn parse(host: &str, port: u16) -> Self {
        if host.starts_with('/') {
            Self::Socket(PathBuf::from(host), port)
        } else {
            Self::Loopback(port)
        }
    }

    /// Connects and says nothing, which a server cannot tell from a client that is slow to begin.
    pub fn connect(&self) -> io::Result<Box<dyn Stream>> {
        Ok(match self {
            Self::Socket(directory, port) => Box::new(UnixStream::connect(
                directory.join(format!(".s.PGSQL.{port}")),
            )?),
            Self::Loopback(port) => Box::new(TcpStream::connect(("127.0.0.1", *port))?),
        })
    }
}

/// A connected socket of either family.
pub trait Stream: Read + Write + Send + AsFd {
    /// Limits how long a read may block; `None` is for ever.
    fn limit_reads(&self, limit: Option<Duration>) -> io::Result<()>;
}

/// Whether something has come over `stream`, its end included. Reads nothing and does not wait.
pub fn has_news(stream: &dyn Stream) -> bool {
    let mut wanted = [PollFd::new(stream.as_fd(), PollFlags::POLLIN)];
    matches!(poll(&mut wanted, PollTimeout::ZERO), Ok(ready) if ready > 0)
}

impl Stream for TcpStream {
    fn limit_reads(&self, limit: Option<Duration>) -> io::Result<()> {
        self.set_read_timeout(limit)
    }
}

impl Stream for UnixStream {
    fn limit_reads(&self, limit: Option<Duration>) -> io::Result<()> {
        self.set_read_timeout(limit)
    }
}

/// An ErrorResponse, as far as the drill needs it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refusal {
    /// SQLSTATE; empty when the server used the framing of protocol 2, which has none.
    pub sqlstate: String,
    /// The source routine that refused: the only untranslated thing that tells the lockouts apart.
    pub routine: String,
    /// The message.
    pub message: String,
    /// Whether authentication had begun, so that the server had looked at the role's credentials.
    pub authenticating: bool,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FATAL: {} [{}]", self.message, self.sqlstate)
    }
}

/// How a login ended.
pub enum Login {
    /// The server is ready for a query.
    Admitted(Session),
    /// The server wants a password, and holds the slot while it waits for one.
    AskedForPassword(Box<dyn Stream>),
    /// The server said no.
    Refused(Refusal),
}

/// A connection that was admitted. Dropping it closes the socket.
pub struct Session {
    stream: Box<dyn Stream>,
    /// The process that serves it, as the server announced it.
    pub pid: i32,
}

/// One row, every column as text.
pub type Row = Vec<Option<String>>;

/// What came of a query: rows, or the server's refusal.
pub type Answer = Result<Vec<Row>, Refusal>;

/// Logs in. `parameters` are startup parameters: `user`, `database`, `application_name`, `replication`…
pub fn log_in(address: &Address, parameters: &[(&str, &str)]) -> io::Result<Login> {
    let mut stream = address.connect()?;
    stream.limit_reads(Some(PATIENCE))?;
    // A server that refuses by closing at once makes this write fail; its reason is then still readable.
    let written = stream.write_all(&startup_packet(parameters));
    let mut authenticating = false;
    let mut pid = 0;
    loop {
        let (kind, body) = match (read_message(stream.as_mut()), &written) {
            (Ok(message), _) => message,
            (Err(_), Err(error)) => return Err(io::Error::new(error.kind(), error.to_string())),
            (Err(error), Ok(())) => return Err(error),
        };
        match kind {
            b'R' => {
                authenticating = true;
                if body.get(..4) != Some(&[0, 0, 0, 0]) && body.get(..4) != Some(&[0, 0, 0, 12]) {
                    return Ok(Login::AskedForPassword(stream));
                }
            }
            b'K' => pid = read_i32(&body, 0),
            b'Z' => return Ok(Login::Admitted(Session { stream, pid })),
            b'E' => {
                let refusal = parse_refusal(&body);
                return Ok(Login::Refused(Refusal {
                    authenticating,
                    ..refusal
                }));
            }
            _ => {}
        }
    }
}

impl Session {
    /// Sends one query and does not wait for its answer.
    pub fn send(&mut self, sql: &str) -> io::Result<()> {
        let mut packet = vec![b'Q'];
        packet.extend((sql.len() as u32 + 5).to_be_bytes());
        packet.extend(sql.as_bytes());
        packet.push(0);
        self.stream.write_all(&packet)
    }

    /// Sends one query and reads its answer to the end.
    pub fn ask(&mut self, sql: &str) -> io::Result<Answer> {
        self.send(sql)?;
        self.stream.limit_reads(Some(PATIENCE))?;
        self.read_answer()
    }

    /// Reads the answer of a query that was sent, however long it takes.
    pub fn await_answer(&mut self) -> io::Result<Answer> {
        self.stream.limit_reads(None)?;
        self.read_answer()
    }

    fn read_answer(&mut self) -> io::Result<Answer> {
        let mut rows = Vec::new();
        let mut refusal = None;
        loop {
            let (kind, body) = read_message(self.stream.as_mut())?;
            match kind {
                b'D' => rows.push(parse_row(&body)),
                b'E' => refusal = Some(parse_refusal(&body)),
                b'Z' => return Ok(refusal.map_or(Ok(rows), Err)),
                _ => {}
            }
        }
    }

    /// Whether the server has ended this session. Asks it nothing, so that an idle session stays as idle as it was.
    pub fn has_ended(&mut self) -> bool {
        has_news(self.stream.as_ref()) && self.last_words(Some(Duration::from_millis(1))).is_ok()
    }

    /// Waits until the server ends this session. `Ok(None)` when it closed without a word;
    /// an error of kind `WouldBlock` or `TimedOut` when it is still there after `limit`.
    pub fn last_words(&mut self, limit: Option<Duration>) -> io::Result<Option<Refusal>> {
        self.stream.limit_reads(limit)?;
        let mut refusal = None;
        loop {
            match read_message(self.stream.as_mut()) {
                Ok((b'E', body)) => refusal = Some(parse_refusal(&body)),
                Ok(_) => {}
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
                    ) =>
                {
                    return Err(error);
                }
                Err(_) => return Ok(refusal),
            }
        }
    }
}

/// Protocol 3.0's first packet.
fn startup_packet(parameters: &[(&str, &str)]) -> Vec<u8> {
    let mut body = 196_608_u32.to_be_bytes().to_vec();
    for (name, value) in parameters {
        for text in [name, value] {
            body.extend(text.as_bytes());
            body.push(0);
        }
    }
    body.push(0);
    let mut packet = (body.len() as u32 + 4).to_be_bytes().to_vec();
    packet.extend(body);
    packet
}

/// Reads one message: its type and its body.
fn read_message(stream: &mut dyn Stream) -> io::Result<(u8, Vec<u8>)> {
    let mut head = [0; 5];
    stream.read_exact(&mut head)?;
    let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
    // Before protocol 3 an error was plain text up to a zero byte; servers up to 13 may still send it
    // so when they refuse early. Its first letters then look like an absurd length.
    if head[0] == b'E' && length > 30_000 {
        let mut body = b"M".to_vec();
        body.extend(&head[1..]);
        stream.take(1_000).read_to_end(&mut body)?;
        return Ok((b'E', body));
    }
    let mut body = vec![0; length.saturating_sub(4)];
    stream.read_exact(&mut body)?;
    Ok((head[0], body))
}

fn parse_refusal(body: &[u8]) -> Refusal {
    let mut refusal = Refusal::default();
    for field in body.split(|byte| *byte == 0) {
        let Some((code, text)) = field.split_first() else {
            continue;
        };
        let text = String::from_utf8_lossy(text).into_owned();
        match code {
            b'C' => refusal.sqlstate = text,
            b'R' => refusal.routine = text,
            b'M' => refusal.message = text,
            _ => {}
        }
    }
    refusal
}

fn parse_row(body: &[u8]) -> Row {
    let columns = body
        .get(..2)
        .map_or(0, |count| u16::from_be_bytes([count[0], count[1]]));
    let mut at = 2;
    (0..columns)
        .map(|_| {
            let length = usize::try_from(read_i32(body, at)).ok();
            at += 4;
            let bytes = length.and_then(|length| body.get(at..at + length));
            at += length.unwrap_or(0);
            bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned())
        })
        .collect()
}

fn read_i32(body: &[u8], at: usize) -> i32 {
    match body.get(at..at + 4) {
        Some(bytes) => i32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]),
        None => -1,
    }
}

#[cfg(test)]
mod tests {
    use super::{Refusal, parse_refusal, parse_row, startup_packet};

    #[test]
    fn a_startup_packet_counts_its_own_length() {
        let packet = startup_packet(&[("user", "app")]);
        assert_eq!(packet.len(), 18);
        assert_eq!(packet[..8], [0, 0, 0, 18, 0, 3, 0, 0]);
        assert_eq!(packet[8..], *b"user\0app\0\0");
    }

    #[test]
    fn a_refusal_is_read_by_field_codes() {
        let refusal = parse_refusal(b"SFATAL\0C53300\0Mfull\0RInitProcess\0\0");
        assert_eq!(
            refusal,
            Refusal {
                sqlstate: "53300".to_owned(),
                routine: "InitProcess".to_owned(),
                message: "full".to_owned(),
                authenticating: false,
            }
        );
    }

    #[test]
    fn a_row_keeps_null_apart_from_empty() {
        let body = [0, 3, 0, 0, 0, 1, b'x', 255, 255, 255, 255, 0, 0, 0, 0];
        let row = parse_row(&body);
        assert_eq!(row, [Some("x".to_owned()), None, Some(String::new())]);
    }
}
