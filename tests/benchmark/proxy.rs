//! A long way to a server that is near: every byte arrives later, and round trips are counted.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

/// Listens on a port of its own and passes everything on, later.
pub struct Proxy {
    pub port: u16,
    trips: Arc<AtomicUsize>,
}

impl Proxy {
    /// To `port` on this machine, `delay` each way.
    pub fn start(port: u16, delay: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Self {
            port: listener.local_addr().unwrap().port(),
            trips: Arc::default(),
        };
        let trips = Arc::clone(&proxy.trips);
        spawn(move || {
            for client in listener.incoming().flatten() {
                // A connection over a long way costs a round trip, too.
                sleep(2 * delay);
                trips.fetch_add(1, Ordering::Relaxed);
                let server = TcpStream::connect(("127.0.0.1", port)).unwrap();
                client.set_nodelay(true).unwrap();
                server.set_nodelay(true).unwrap();
                // Whether the server spoke last: the next word of the client then waits for what it heard.
                let answered = Arc::new(AtomicBool::new(true));
                let (back, forth) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                let (trips, heard) = (Arc::clone(&trips), Arc::clone(&answered));
                carry(client, forth, delay, move |bytes| {
                    // A goodbye waits for nothing.
                    if bytes.first() != Some(&b'X') && heard.swap(false, Ordering::Relaxed) {
                        trips.fetch_add(1, Ordering::Relaxed);
                    }
                });
                carry(server, back, delay, move |_| {
                    answered.store(true, Ordering::Relaxed)
                });
            }
        });
        proxy
    }

    /// Round trips since the last call.
    pub fn take_round_trips(&self) -> usize {
        self.trips.swap(0, Ordering::Relaxed)
    }
}

fn carry(
    mut from: TcpStream,
    mut to: TcpStream,
    delay: Duration,
    seen: impl Fn(&[u8]) + Send + 'static,
) {
    let (sender, receiver) = mpsc::channel::<(Instant, Vec<u8>)>();
    spawn(move || {
        for (due, bytes) in receiver {
            sleep(due.saturating_duration_since(Instant::now()));
            if to.write_all(&bytes).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    });
    spawn(move || {
        let mut bytes = vec![0; 65_536];
        while let Ok(count @ 1..) = from.read(&mut bytes) {
            seen(&bytes[..count]);
            if sender
                .send((Instant::now() + delay, bytes[..count].to_vec()))
                .is_err()
            {
                break;
            }
        }
    });
}
