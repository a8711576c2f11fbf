//! Both lanes once they are open: a storm that lets them in late, a session that is ended, a server that falls silent.

use crate::imitation::{imitate, message, read_startup, stay_silent, target};
use crate::support::in_time;
use breakglass::connect::SslMode;
use breakglass::lanes::{
    Lane, LaneChoice, LaneError, OpenRequest, Opened, RetryProgress, Variant, open,
};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

const LANES: [LaneChoice; 2] = [LaneChoice::Login, LaneChoice::Replication];

/// What a PostgreSQL server sends to a role it trusts: AuthenticationOk, its version, a backend, ready.
fn welcome(stream: &mut TcpStream) {
    let _ = stream.write_all(&message(b'R', &[0, 0, 0, 0]));
    let _ = stream.write_all(&message(b'S', b"server_version\x0017.10\0"));
    let _ = stream.write_all(&message(b'K', &[0, 0, 1, 0, 9, 9, 9, 9]));
    let _ = stream.write_all(&message(b'Z', b"I"));
}

fn fatal(sqlstate: &str, routine: &str) -> Vec<u8> {
    let body = format!("SFATAL\0VFATAL\0C{sqlstate}\0Mnein\0R{routine}\0\0");
    message(b'E', body.as_bytes())
}

fn opened(port: u16, choice: LaneChoice) -> Opened {
    let mut on_wait = |_: &RetryProgress<'_>| {};
    let request = OpenRequest::new(choice, &mut on_wait);
    open(&target(port, SslMode::Disable), request).unwrap()
}

/// How long a lane waits for an answer.
const WAIT: Duration = Duration::from_millis(300);

fn ask(lane: &mut dyn Lane) -> LaneError {
    lane.rows("SELECT 'x'", WAIT)
        .expect_err("an imitation answered")
}

#[test]
fn a_slot_that_comes_free_during_a_storm_is_taken() {
    const REFUSED: u32 = 3;
    for choice in LANES {
        let seen = AtomicU32::new(0);
        let port = imitate(move |mut stream| {
            read_startup(&mut stream);
            if seen.fetch_add(1, Ordering::SeqCst) < REFUSED {
                let _ = stream.write_all(&fatal("53300", "InitProcess"));
            } else {
                welcome(&mut stream);
                let _ = stream.read(&mut [0; 64]);
            }
        });
        let mut waits = 0;
        let mut on_wait = |_: &RetryProgress<'_>| waits += 1;
        let request = OpenRequest::new(choice, &mut on_wait);
        let opened = open(&target(port, SslMode::Disable), request).unwrap();
        assert_eq!(opened.lane.greeting().refused_before, REFUSED);
        assert_eq!(opened.refusals[0].count, REFUSED);
        assert_eq!(waits, REFUSED);
    }
}

#[test]
fn the_side_door_is_tried_at_once_when_the_slots_are_gone() {
    // The first to come is the login; only the second, the walsender, is let in.
    let seen = AtomicU32::new(0);
    let port = imitate(move |mut stream| {
        read_startup(&mut stream);
        if seen.fetch_add(1, Ordering::SeqCst) == 0 {
            let _ = stream.write_all(&fatal("53300", "InitProcess"));
        } else {
            welcome(&mut stream);
            let _ = stream.read(&mut [0; 64]);
        }
    });
    let opened = opened(port, LaneChoice::Auto);
    assert_eq!(opened.lane.kind().name(), "replication");
    assert_eq!(
        opened.refusals[0].explanation.variant,
        Variant::SlotsExhausted
    );
}

#[test]
fn the_greeting_says_version_and_backend() {
    for choice in LANES {
        let port = imitate(|mut stream| {
            read_startup(&mut stream);
            welcome(&mut stream);
            let _ = stream.read(&mut [0; 64]);
        });
        let opened = opened(port, choice);
        let greeting = opened.lane.greeting();
        assert_eq!(greeting.version_num, 170_010);
        assert_eq!(greeting.backend_pid, Some(256));
        assert!(!greeting.encrypted);
    }
}

#[test]
fn a_session_that_is_ended_keeps_the_servers_last_words() {
    for while_asking in [true, false] {
        for choice in LANES {
            let port = imitate(move |mut stream| {
                read_startup(&mut stream);
                welcome(&mut stream);
                if while_asking {
                    let _ = stream.read(&mut [0; 64]);
                }
                let _ = stream.write_all(&fatal("57P01", "ProcessInterrupts"));
                // What the client has sent is read, so that closing does not reset the connection.
                let _ = stream.set_read_timeout(Some(Duration::from_millis(100)));
                while matches!(stream.read(&mut [0; 1024]), Ok(count) if count > 0) {}
            });
            let mut opened = opened(port, choice);
            if !while_asking {
                thread::sleep(Duration::from_millis(50));
            }
            // The second call finds the same end.
            for _ in 0..2 {
                match ask(opened.lane.as_mut()) {
                    LaneError::Lost {
                        last_words: Some(words),
                        ..
                    } => assert_eq!(words.sqlstate, "57P01"),
                    other => panic!("{choice:?}, while asking: {while_asking}: {other}"),
                }
            }
        }
    }
}

#[test]
fn a_server_that_falls_silent_is_given_up_in_time() {
    for choice in LANES {
        let port = imitate(|mut stream| {
            read_startup(&mut stream);
            welcome(&mut stream);
            stay_silent(stream);
        });
        let mut lane = None;
        let error = in_time(WAIT, || {
            ask(lane.insert(opened(port, choice)).lane.as_mut())
        });
        assert!(matches!(error, LaneError::Deadline(_)), "{error}");
        // From then on the lane is closed, and says so at once.
        in_time(Duration::ZERO, || ask(lane.as_mut().unwrap().lane.as_mut()));
    }
}
