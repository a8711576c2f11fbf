//! A TCP proxy before a test server, which sees what the program asks and can hold it, change it, or cut the line.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::server::Server;

/// What becomes of a piece of the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It goes on to the server.
    Passes,
    /// The line is cut, and the server never hears it.
    CutBefore,
    /// The server hears it, and the line is cut before the answer.
    CutAfter,
}

type Hook = dyn Fn(&mut Vec<u8>) -> Fate + Send + Sync;

/// Listens as long as the test process lives.
pub struct Proxy {
    /// Where, on 127.0.0.1.
    pub port: u16,
}

impl Proxy {
    /// A proxy that asks `hook` about every piece a client sends.
    pub fn before(
        server: &Server,
        hook: impl Fn(&mut Vec<u8>) -> Fate + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (to, hook): (u16, Arc<Hook>) = (server.port(), Arc::new(hook));
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let Ok(server) = TcpStream::connect(("127.0.0.1", to)) else {
                    return;
                };
                relay(client.unwrap(), server, hook.clone());
            }
        });
        Self { port }
    }
}

/// Whether `piece` holds `text`.
pub fn holds(piece: &[u8], text: &str) -> bool {
    piece
        .windows(text.len())
        .any(|part| part == text.as_bytes())
}

fn relay(client: TcpStream, server: TcpStream, hook: Arc<Hook>) {
    let mute = Arc::new(AtomicBool::new(false));
    let (mut answers, mut back) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    let unheard = mute.clone();
    std::thread::spawn(move || {
        let mut buffer = vec![0; 65_536];
        while let Ok(count @ 1..) = answers.read(&mut buffer) {
            if !unheard.load(Ordering::SeqCst) && back.write_all(&buffer[..count]).is_err() {
                break;
            }
        }
        let _ = back.shutdown(Shutdown::Both);
    });
    std::thread::spawn(move || {
        let (mut client, mut server) = (client, server);
        let mut buffer = vec![0; 65_536];
        while let Ok(count @ 1..) = client.read(&mut buffer) {
            let mut piece = buffer[..count].to_vec();
            let fate = hook(&mut piece);
            if fate == Fate::CutBefore {
                break;
            }
            mute.fetch_or(fate == Fate::CutAfter, Ordering::SeqCst);
            if server.write_all(&piece).is_err() {
                break;
            }
            if fate == Fate::CutAfter {
                // Long enough for the server to have done it.
                std::thread::sleep(Duration::from_millis(200));
                break;
            }
        }
        let _ = client.shutdown(Shutdown::Both);
        let _ = server.shutdown(Shutdown::Both);
    });
}
