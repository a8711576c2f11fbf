//! Servers that are not what they should be: a listener, and a thread a connection that behaves as told.
//!
//! Shared by the tests of the lanes. Never a real server.

use breakglass::connect::{
    ChannelBinding, Endpoint, Host, Protected, RootCert, SessionAttrs, Ssl, SslMode, Target,
    TlsVersions,
};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

/// A server that treats every connection with `behave`; its port.
pub fn imitate(behave: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let behave = Arc::new(behave);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let behave = Arc::clone(&behave);
            thread::spawn(move || behave(stream));
        }
    });
    port
}

/// Holds a connection and says nothing, for as long as the tests run.
pub fn stay_silent(_stream: TcpStream) {
    loop {
        thread::park();
    }
}

/// One packet without a tag, as clients send before login: its code (startup or SSLRequest).
pub fn read_packet(stream: &mut TcpStream) -> u32 {
    let mut head = [0; 8];
    if stream.read_exact(&mut head).is_err() {
        return 0;
    }
    let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
    let mut rest = vec![0; length.saturating_sub(8)];
    let _ = stream.read_exact(&mut rest);
    u32::from_be_bytes([head[4], head[5], head[6], head[7]])
}

/// Reads up to the startup packet, declining TLS on the way.
pub fn read_startup(stream: &mut TcpStream) {
    const SSL_REQUEST: u32 = 80_877_103;
    while read_packet(stream) == SSL_REQUEST {
        let _ = stream.write_all(b"N");
    }
}

pub fn message(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap();
    [&[tag], length.to_be_bytes().as_slice(), body].concat()
}

pub fn error_response(sqlstate: &str, text: &str) -> Vec<u8> {
    message(b'E', format!("SFATAL\0C{sqlstate}\0M{text}\0\0").as_bytes())
}

pub fn target(port: u16, mode: SslMode) -> Target {
    Target {
        name: None,
        endpoints: vec![Endpoint {
            host: Host::Tcp {
                name: None,
                address: Some(Ipv4Addr::LOCALHOST.into()),
            },
            port,
            filed_password: None,
        }],
        user: "ops".into(),
        database: "postgres".into(),
        database_named: false,
        ssl: Ssl {
            mode,
            root: RootCert::None,
            client_cert: None,
            crl: None,
            direct: false,
            versions: TlsVersions::Both,
            sni: true,
        },
        channel_binding: ChannelBinding::Prefer,
        session_attrs: SessionAttrs::Any,
        random_order: false,
        connect_timeout: None,
        options: None,
        password: None,
        keepalive: None,
        tcp_user_timeout: None,
        protected: Protected::default(),
        warnings: Vec::new(),
    }
}
