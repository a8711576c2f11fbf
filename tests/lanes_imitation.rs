//! Both lanes against servers that are not what they should be: mute, gone, out of processes, poolers, other protocols.
//!
//! What must hold: the refusal is named, and in time.

use crate::imitation::{
    error_response, imitate, message, read_packet, read_startup, stay_silent, target,
};
use crate::support::in_time;
use breakglass::connect::{Endpoint, SslMode, Target};
use breakglass::lanes::{LaneChoice, Lockout, OpenRequest, RetryProgress, Stage, Variant, open};
use std::io::Write;
use std::thread;
use std::time::Duration;

const LANES: [LaneChoice; 2] = [LaneChoice::Login, LaneChoice::Replication];
const LIMIT: Duration = Duration::from_millis(800);

/// Opens `choice`, which must fail in time.
fn locked_out(target: &Target, choice: LaneChoice) -> Lockout {
    in_time(LIMIT, || {
        let mut on_wait = |_: &RetryProgress<'_>| {};
        let mut request = OpenRequest::new(choice, &mut on_wait);
        request.connect_timeout = LIMIT;
        request.retry_for = Duration::from_millis(200);
        open(target, request).expect_err("an imitation let us in")
    })
}

/// Both lanes, in the clear and asking for TLS, must name `variant`.
fn always(port: u16, variant: Variant) {
    for mode in [SslMode::Disable, SslMode::Prefer] {
        for choice in LANES {
            let lockout = locked_out(&target(port, mode), choice);
            assert!(lockout.met(variant), "{choice:?} {mode:?}: {lockout}");
        }
    }
}

#[test]
fn a_mute_server_is_given_up_in_time() {
    let port = imitate(stay_silent);
    always(port, Variant::MuteServer);
}

#[test]
fn a_server_that_falls_silent_during_authentication_is_given_up_in_time() {
    let port = imitate(|mut stream| {
        read_startup(&mut stream);
        let _ = stream.write_all(&message(b'R', &[0, 0, 0, 0]));
        stay_silent(stream);
    });
    for choice in LANES {
        let lockout = locked_out(&target(port, SslMode::Disable), choice);
        assert!(lockout.met(Variant::MuteServer), "{lockout}");
        assert_eq!(lockout.refusals[0].refusal.stage, Stage::Authentication);
    }
}

#[test]
fn a_connection_closed_after_startup_is_named() {
    let port = imitate(|mut stream| read_startup(&mut stream));
    always(port, Variant::ClosedEarly);
}

#[test]
fn a_failed_fork_is_quoted_whatever_it_answers() {
    // The postmaster answers the first packet, be it the startup packet or the SSLRequest, and may leave the socket open.
    for lingers in [false, true] {
        let port = imitate(move |mut stream| {
            read_packet(&mut stream);
            let _ = stream.write_all(b"Ecould not fork new process for connection: no\n\0");
            if lingers {
                stay_silent(stream);
            }
        });
        always(port, Variant::CannotStartProcess);
        let lockout = locked_out(&target(port, SslMode::Prefer), LaneChoice::Auto);
        assert!(
            lockout
                .to_string()
                .contains("could not fork new process for connection: no")
        );
    }
}

#[test]
fn a_web_server_is_not_taken_for_postgres() {
    let port = imitate(|mut stream| {
        read_packet(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        thread::sleep(Duration::from_millis(50));
    });
    always(port, Variant::NotPostgres);
}

#[test]
fn a_full_pooler_is_not_taken_for_a_full_server() {
    let port = imitate(|mut stream| {
        read_startup(&mut stream);
        let text = "no more connections allowed (max_client_conn)";
        let _ = stream.write_all(&error_response("08P01", text));
    });
    always(port, Variant::PoolerFull);
}

#[test]
fn a_forwarded_refusal_without_a_routine_points_at_the_pooler() {
    let port = imitate(|mut stream| {
        read_startup(&mut stream);
        let _ = stream.write_all(&error_response("53300", "sorry, too many clients already"));
    });
    always(port, Variant::PoolerServerFull);
}

#[test]
fn slots_that_ran_out_are_not_tried_again_the_other_way() {
    let port = imitate(|mut stream| {
        read_startup(&mut stream);
        let body = b"SFATAL\0VFATAL\0C53300\0Mvoll\0RInitProcess\0\0";
        let _ = stream.write_all(&message(b'E', body));
    });
    let mut on_wait = |_: &RetryProgress<'_>| {};
    let mut request = OpenRequest::new(LaneChoice::Auto, &mut on_wait);
    request.retry_for = Duration::ZERO;
    let lockout = open(&target(port, SslMode::Prefer), request).unwrap_err();
    assert_eq!(
        (lockout.attempts.login, lockout.attempts.replication),
        (1, 1)
    );
    assert!(lockout.met(Variant::SlotsExhausted) && lockout.met(Variant::WalsendersExhausted));
}

#[test]
fn refusals_in_another_language_are_told_apart_by_their_routine() {
    // Whether authentication came first, the routine, the words. One is in Latin-1, as a server may well send.
    let cases: [(bool, &str, &[u8], Variant); 6] = [
        (
            false,
            "InitProcess",
            "tut mir leid, schon zu viele Verbindungen".as_bytes(),
            Variant::SlotsExhausted,
        ),
        (
            true,
            "InitPostgres",
            b"die verbleibenden Verbindungen sind f\xfcr normale Superuser reserviert",
            Variant::OnlySuperuserSlots,
        ),
        (
            true,
            "InitPostgres",
            "残りの接続枠はSUPERUSER属性を持つロール用に予約されています".as_bytes(),
            Variant::OnlySuperuserSlots,
        ),
        (
            true,
            "InitPostgres",
            "残りの接続枠は\"pg_use_reserved_connections\"ロールの権限を持つロール用に予約されています".as_bytes(),
            Variant::OnlyReservedSlots,
        ),
        (
            true,
            "InitializeSessionUserId",
            "trop de connexions pour le rôle « app »".as_bytes(),
            Variant::RoleLimit,
        ),
        (
            true,
            "CheckMyDatabase",
            "trop de connexions pour la base de données « shop »".as_bytes(),
            Variant::DatabaseLimit,
        ),
    ];
    for (authenticated, routine, words, variant) in cases {
        let port = imitate(move |mut stream| {
            read_startup(&mut stream);
            if authenticated {
                let _ = stream.write_all(&message(b'R', &[0; 4]));
            }
            let mut body = b"SFATAL\0C53300\0M".to_vec();
            body.extend(words);
            body.extend(format!("\0R{routine}\0\0").bytes());
            let _ = stream.write_all(&message(b'E', &body));
        });
        let mut on_wait = |_: &RetryProgress<'_>| {};
        let mut request = OpenRequest::new(LaneChoice::Login, &mut on_wait);
        request.retry_for = Duration::ZERO;
        let lockout = open(&target(port, SslMode::Disable), request).unwrap_err();
        assert!(lockout.met(variant), "{routine}: {lockout}");
        let proves = lockout.refusals[0].explanation.proves.as_deref();
        let proven = proves.is_some_and(|it| it.contains("credentials work"));
        assert_eq!(proven, authenticated, "{routine}: {lockout}");
    }
}

#[test]
fn options_refused_by_a_pooler_are_left_out_once() {
    let port = imitate(|mut stream| {
        read_startup(&mut stream);
        let text = "unsupported startup parameter: options";
        let _ = stream.write_all(&error_response("08P01", text));
    });
    for choice in LANES {
        let target = Target {
            options: Some("-c x=1".into()),
            ..target(port, SslMode::Disable)
        };
        assert_eq!(locked_out(&target, choice).attempts.total(), 2);
    }
}

#[test]
fn a_password_that_is_not_at_hand_is_asked_for_and_gssapi_is_not() {
    // Cleartext, MD5 with its salt, GSSAPI.
    for (request, variant) in [
        ([0, 0, 0, 3].as_slice(), Variant::PasswordMissing),
        (&[0, 0, 0, 5, 1, 2, 3, 4], Variant::PasswordMissing),
        (&[0, 0, 0, 7], Variant::UnsupportedMethod),
    ] {
        let port = imitate(move |mut stream| {
            read_startup(&mut stream);
            let _ = stream.write_all(&message(b'R', request));
            thread::sleep(Duration::from_millis(50));
        });
        for choice in LANES {
            let lockout = locked_out(&target(port, SslMode::Disable), choice);
            assert!(lockout.met(variant), "{lockout}");
            assert_eq!(lockout.password_needed, variant == Variant::PasswordMissing);
        }
    }
}

#[test]
fn every_endpoint_that_failed_is_reported() {
    let web = imitate(|mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 400\r\n");
    });
    let closing = imitate(|mut stream| read_startup(&mut stream));
    let mut target = target(web, SslMode::Disable);
    let second = Endpoint {
        port: closing,
        ..target.endpoints[0].clone()
    };
    target.endpoints.push(second);
    for choice in LANES {
        let lockout = locked_out(&target, choice);
        assert!(lockout.met(Variant::NotPostgres) && lockout.met(Variant::ClosedEarly));
    }
}

#[test]
fn the_json_of_a_lockout_names_lane_variant_and_next_commands() {
    let port = imitate(|mut stream| read_startup(&mut stream));
    let lockout = locked_out(&target(port, SslMode::Disable), LaneChoice::Login);
    let json = serde_json::to_value(&lockout).unwrap();
    assert_eq!(json["refusals"][0]["lane"], "login");
    assert_eq!(json["refusals"][0]["variant"], "closed-early");
    assert_eq!(json["next"][0], "breakglass backends");
}

#[test]
fn garbage_neither_panics_nor_hangs() {
    for seed in 0..40 {
        let port = imitate(move |mut stream| {
            read_startup(&mut stream);
            let mut random = fastrand::Rng::with_seed(seed);
            for _ in 0..random.usize(1..6) {
                // Half of it well framed, so that it gets past the first look.
                let body: Vec<u8> = (0..random.usize(0..60)).map(|_| random.u8(..)).collect();
                let tag = random.choice(*b"RSKZENvA").unwrap();
                let bytes = if random.bool() {
                    message(tag, &body)
                } else {
                    body
                };
                let _ = stream.write_all(&bytes);
            }
        });
        for choice in LANES {
            locked_out(&target(port, SslMode::Disable), choice);
        }
    }
}
