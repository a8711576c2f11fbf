//! One GET of a health endpoint: the status it answers, within a limit, and nothing more.
//!
//! Stage: beside the lanes, over the same sockets and deadlines; `https` is verified as `sslmode=verify-full` with the
//! system's roots would be. Never: follows a redirect (where it leads answers for itself), sends credentials, or reads
//! past the header.

use super::deadline::Deadline;
use super::encryption::explain_handshake;
use super::socket::{DialError, TcpOptions, TimedSocket, open_socket};
use crate::connect::{
    Endpoint, Host, RootCert, Ssl, SslMode, TlsVersions, client_config, server_name,
};
use rustls::{ClientConnection, StreamOwned};
use std::io::{self, Read, Write};
use std::time::Duration;

/// No header of a health endpoint is longer.
const LONGEST: usize = 16 * 1024;
/// What `100 Continue` and its like may come before the answer.
const INTERIM: usize = 5;

/// Where the endpoint is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    /// As it was typed.
    pub text: String,
    https: bool,
    host: String,
    port: u16,
    /// Path and query.
    path: String,
}

/// What it answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// 200, 503…
    pub status: u16,
    /// Where a redirect points to; untrusted.
    pub location: Option<String>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Silence {
    /// Nothing came within the limit.
    Late(Duration),
    /// There is no connection to it; untrusted.
    Unreachable(String),
    /// What came is not HTTP; untrusted.
    Garbage(String),
}

impl Url {
    /// Reads `http://host[:port][/path]` or the same with `https`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let advice = "write http://HOST[:PORT][/PATH], or the same with https";
        let (https, rest) = match (text.strip_prefix("http://"), text.strip_prefix("https://")) {
            (Some(rest), _) => (false, rest),
            (_, Some(rest)) => (true, rest),
            _ => return Err(format!("no such URL; {advice}")),
        };
        // A line end in it would become a line of the request.
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) || !text.is_ascii() {
            return Err(format!("a URL has no blanks and only ASCII; {advice}"));
        }
        let rest = rest.split('#').next().unwrap_or_default();
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        if authority.contains('@') {
            return Err(
                "no user and no password in the URL: they would stand in the list of processes"
                    .to_owned(),
            );
        }
        let (host, port) = match authority
            .strip_prefix('[')
            .and_then(|it| it.split_once(']'))
        {
            Some((address, port)) => (address, port.strip_prefix(':')),
            None => match authority.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (authority, None),
            },
        };
        let port = match port {
            Some(port) => port
                .parse()
                .map_err(|_| format!("no such port; {advice}"))?,
            None if https => 443,
            None => 80,
        };
        if host.is_empty() {
            return Err(format!("it names no host; {advice}"));
        }
        let path = if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("/{path}")
        };
        Ok(Self {
            text: text.to_owned(),
            https,
            host: host.to_owned(),
            port,
            path,
        })
    }

    fn endpoint(&self) -> Endpoint {
        Endpoint {
            host: Host::Tcp {
                name: Some(self.host.clone()),
                address: self.host.parse().ok(),
            },
            port: self.port,
            filed_password: None,
        }
    }

    fn request(&self) -> String {
        let host = if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        };
        let usual = if self.https { 443 } else { 80 };
        let port = if self.port == usual {
            String::new()
        } else {
            format!(":{}", self.port)
        };
        format!(
            "GET {} HTTP/1.1\r\nHost: {host}{port}\r\nUser-Agent: breakglass/{}\r\nAccept: */*\r\nConnection: close\r\n\r\n",
            self.path,
            env!("CARGO_PKG_VERSION")
        )
    }
}

/// Asks `url`, within `limit`.
pub fn get(url: &Url, limit: Duration) -> Result<Answer, Silence> {
    let deadline = Deadline::after(limit);
    let late = |error: &io::Error| match error.kind() {
        io::ErrorKind::TimedOut => Silence::Late(limit),
        _ => Silence::Unreachable(explain_handshake(error)),
    };
    let endpoint = url.endpoint();
    let options = TcpOptions {
        keepalive: None,
        user_timeout: None,
    };
    let socket = open_socket(&endpoint, options, deadline).map_err(|error| match error {
        DialError::Resolve(error) | DialError::Connect { error, .. } => late(&error),
    })?;
    let mut socket = TimedSocket::new(socket, deadline);
    if !url.https {
        return ask(&mut socket, url, limit);
    }
    let config = client_config(&trusted()).map_err(|it| Silence::Unreachable(it.to_string()))?;
    let connection = ClientConnection::new(config, server_name(&endpoint))
        .map_err(|error| Silence::Unreachable(error.to_string()))?;
    let mut stream = StreamOwned::new(connection, socket);
    stream.flush().map_err(|error| late(&error))?;
    ask(&mut stream, url, limit)
}

fn trusted() -> Ssl {
    Ssl {
        mode: SslMode::VerifyFull,
        root: RootCert::System,
        client_cert: None,
        crl: None,
        direct: false,
        sni: true,
        versions: TlsVersions::Both,
    }
}

fn ask(stream: &mut (impl Read + Write), url: &Url, limit: Duration) -> Result<Answer, Silence> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::TimedOut => Silence::Late(limit),
        _ => Silence::Unreachable(explain_handshake(&error)),
    };
    stream.write_all(url.request().as_bytes()).map_err(failed)?;
    stream.flush().map_err(failed)?;
    let mut bytes = Vec::new();
    let mut interim = 0;
    loop {
        while let Some((header, end)) = header(&bytes) {
            let answer = read(&header).ok_or_else(|| Silence::Garbage(start(&bytes)))?;
            if !(100..200).contains(&answer.status) || interim == INTERIM {
                return Ok(answer);
            }
            interim += 1;
            bytes.drain(..end);
        }
        // Whoever does not begin like HTTP need not be waited for.
        let begins = &bytes[..bytes.len().min(5)];
        if !b"HTTP/".starts_with(begins) || bytes.len() > LONGEST {
            return Err(Silence::Garbage(start(&bytes)));
        }
        let mut more = [0; 4096];
        match stream.read(&mut more) {
            Ok(0) if bytes.is_empty() => {
                return Err(Silence::Garbage(
                    "it closed the connection without a word".to_owned(),
                ));
            }
            Ok(0) => return Err(Silence::Garbage(start(&bytes))),
            Ok(count) => bytes.extend_from_slice(&more[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // TLS without a goodbye.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(Silence::Garbage(start(&bytes)));
            }
            Err(error) => return Err(failed(error)),
        }
    }
}

/// The header, and where it ends; `None` while it has not come whole.
fn header(bytes: &[u8]) -> Option<(String, usize)> {
    let ends = |end: &[u8]| {
        bytes
            .windows(end.len())
            .position(|it| it == end)
            .map(|at| at + end.len())
    };
    let end = match (ends(b"\r\n\r\n"), ends(b"\n\n")) {
        (Some(one), Some(other)) => one.min(other),
        (one, other) => one.or(other)?,
    };
    Some((String::from_utf8_lossy(&bytes[..end]).into_owned(), end))
}

fn read(header: &str) -> Option<Answer> {
    let mut lines = header.lines();
    let first = lines.next()?.strip_prefix("HTTP/1.")?;
    let status = first.split(' ').nth(1)?;
    if status.len() != 3 {
        return None;
    }
    let status = status.parse().ok().filter(|it| *it >= 100)?;
    let mut fields = lines.filter_map(|line| line.split_once(':'));
    let location = fields.find(|(name, _)| name.eq_ignore_ascii_case("location"));
    Some(Answer {
        status,
        location: location.map(|(_, value)| value.trim().to_owned()),
    })
}

fn start(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]);
    format!("it begins with {:?}", text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_url_is_read_and_nothing_gets_into_the_request_that_does_not_belong() {
        let table = [
            ("http://app", ("app", 80, "/")),
            ("https://app/healthz", ("app", 443, "/healthz")),
            ("http://app:8080/a/b?c=d#e", ("app", 8080, "/a/b?c=d")),
            ("http://[::1]:81/x", ("::1", 81, "/x")),
            ("http://app?ready", ("app", 80, "/?ready")),
        ];
        for (text, (host, port, path)) in table {
            let url = Url::parse(text).unwrap();
            assert_eq!(
                (url.host.as_str(), url.port, url.path.as_str()),
                (host, port, path),
                "{text}"
            );
        }
        for text in [
            "app",
            "ftp://app",
            "http://",
            "http://:80",
            "http://app:x",
            "http://u:p@app",
            "http://app/\r\nX: y",
            "http://app/a b",
            "http://app:70000",
            "http://\u{e4}pp",
        ] {
            assert!(Url::parse(text).is_err(), "{text:?}");
        }
        let url = Url::parse("http://[::1]:81/x").unwrap();
        assert!(
            url.request()
                .starts_with("GET /x HTTP/1.1\r\nHost: [::1]:81\r\n")
        );
    }

    /// A conversation with somebody who says `said` and hangs up.
    struct Said(io::Cursor<Vec<u8>>);

    impl Read for Said {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0.read(buffer)
        }
    }

    impl Write for Said {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_status_is_read_and_garbage_is_called_that() {
        let answer = |said: &str| {
            let url = Url::parse("http://app").unwrap();
            let mut said = Said(io::Cursor::new(said.as_bytes().to_vec()));
            ask(&mut said, &url, Duration::from_secs(1))
        };
        let status = |said: &str| answer(said).map(|it| it.status);
        assert_eq!(status("HTTP/1.1 200 OK\r\n\r\nbody"), Ok(200));
        assert_eq!(status("HTTP/1.0 503\n\n"), Ok(503));
        assert_eq!(
            status("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\n\r\n"),
            Ok(204)
        );
        let moved = answer("HTTP/1.1 302 Found\r\nLocation: /login\r\n\r\n").unwrap();
        assert_eq!(moved.location.as_deref(), Some("/login"));
        let long = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(2 * LONGEST));
        for said in [
            "",
            "SSH-2.0-x\r\n",
            "HTTP/1.1 abc\r\n\r\n",
            "HTTP/1.1 2000 x\r\n\r\n",
            "HTTP/2 200\r\n\r\n",
            "HTTP/1.1 200",
            &long,
        ] {
            assert!(
                matches!(answer(said), Err(Silence::Garbage(_))),
                "{said:.40}"
            );
        }
    }
}
