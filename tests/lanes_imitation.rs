//! Both lanes against servers that are not what they should be: mute, gone, out of processes, poolers, other protocols.
//!
//! Each imitation is a thread with a listener; what must hold is that the refusal is named, and in time.
#![allow(clippy::unwrap_used, clippy::expect_used)] // A test.

use breakglass::lanes::{LaneChoice, Lockout, OpenRequest, Stage, TlsSource, Variant, open};
use breakglass::target::{
    ChannelBinding, Endpoint, Host, Protected, RootCert, SessionAttrs, Ssl, SslMode, Target,
};
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

const LANES: [LaneChoice; 2] = [LaneChoice::Login, LaneChoice::Replication];
const LIMIT: Duration = Duration::from_millis(800);

/// TLS that trusts nobody: no imitation gets as far as a certificate.
struct NoTrust;

impl TlsSource for NoTrust {
    fn client_config(&self, _: &Ssl) -> Result<Arc<ClientConfig>, String> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        Ok(Arc::new(config))
    }

    fn server_name(&self, _: &Endpoint) -> ServerName<'static> {
        ServerName::from(std::net::IpAddr::from(Ipv4Addr::LOCALHOST))
    }

    fn explain(&self, error: &rustls::Error) -> String {
        error.to_string()
    }
}

/// A server that treats every connection with `behave`; its port.
fn imitate(behave: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
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

/// One packet without a tag, as clients send before login: its code (startup or SSLRequest).
fn read_packet(stream: &mut TcpStream) -> u32 {
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
fn read_startup(stream: &mut TcpStream) {
    const SSL_REQUEST: u32 = 80_877_103;
    while read_packet(stream) == SSL_REQUEST {
        let _ = stream.write_all(b"N");
    }
}

fn message(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap();
    [&[tag], length.to_be_bytes().as_slice(), body].concat()
}

fn error_response(sqlstate: &str, text: &str) -> Vec<u8> {
    message(b'E', format!("SFATAL\0C{sqlstate}\0M{text}\0\0").as_bytes())
}

fn target(port: u16, mode: SslMode) -> Target {
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

/// Opens `choice`, which must fail in time.
fn locked_out(target: &Target, choice: LaneChoice) -> Lockout {
    let started = Instant::now();
    let mut on_wait = |_: &breakglass::lanes::RetryProgress<'_>| {};
    let mut request = OpenRequest::new(choice, &NoTrust, &mut on_wait);
    request.connect_timeout = LIMIT;
    request.retry_for = Duration::from_millis(200);
    let lockout = open(target, request).expect_err("an imitation let us in");
    assert!(
        started.elapsed() < LIMIT + Duration::from_secs(2),
        "{lockout}"
    );
    lockout
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
    let port = imitate(|stream| {
        thread::sleep(Duration::from_secs(10));
        drop(stream);
    });
    always(port, Variant::MuteServer);
}

#[test]
fn a_server_that_falls_silent_during_authentication_is_given_up_in_time() {
    let port = imitate(|mut stream| {
        read_startup(&mut stream);
        let _ = stream.write_all(&message(b'R', &[0, 0, 0, 0]));
        thread::sleep(Duration::from_secs(10));
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
                thread::sleep(Duration::from_secs(10));
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
    let mut on_wait = |_: &breakglass::lanes::RetryProgress<'_>| {};
    let mut request = OpenRequest::new(LaneChoice::Auto, &NoTrust, &mut on_wait);
    request.retry_for = Duration::ZERO;
    let lockout = open(&target(port, SslMode::Prefer), request).unwrap_err();
    assert_eq!(
        (lockout.attempts.login, lockout.attempts.replication),
        (1, 1)
    );
    assert!(lockout.met(Variant::SlotsExhausted) && lockout.met(Variant::WalsendersExhausted));
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
    assert_eq!(json["next"][0], "breakglass backends list");
}
