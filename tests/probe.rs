//! `probe` on real servers, full in every way; at doors that say nothing, too little or the wrong thing; and beside health
//! endpoints that tell the truth, lie, point elsewhere, talk rubbish or never answer.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use crate::support::{Operator, Ran, Server, await_that, for_each_major, in_time};
use crate::tls_matrix::workshop::{Authority, params, server_config, write_pem};
use rcgen::DnType;
use serde_json::Value;

fn probe(server: &Server, user: &str, more: &[&str]) -> Ran {
    Operator::on(server, user).run(&[&["probe"], more].concat())
}

/// One line that begins with `word`, and the exit code that goes with it.
#[track_caller]
fn assert_says(ran: &Ran, word: &str) {
    assert_eq!(ran.code, i32::from(word != "ok"), "{ran}");
    assert_eq!(ran.stdout.lines().count(), 1, "{ran}");
    assert!(ran.stdout.starts_with(&format!("{word}: ")), "{ran}");
    assert_eq!(ran.stderr, "", "{ran}");
}

/// What is said of each step.
fn steps(json: &Value) -> Vec<&str> {
    let steps = json["steps"].as_array().unwrap();
    steps
        .iter()
        .map(|it| it["verdict"].as_str().unwrap())
        .collect()
}

#[test]
fn an_open_door_is_ok_for_an_ordinary_role_and_a_superuser_is_told_what_that_proves() {
    for_each_major(|server| {
        let ran = probe(server, "app", &[]);
        assert_says(&ran, "ok");
        for step in ["connect ", "authenticate ", "query "] {
            assert!(ran.stdout.contains(step), "{ran}");
        }
        assert!(!ran.stdout.contains("ordinary role"), "{ran}");
        let json = probe(server, "app", &["--format", "json"])
            .expect_code(0)
            .json();
        assert_eq!(json["format"], "breakglass/probe/1");
        assert_eq!(steps(&json), ["ok", "ok", "ok"]);
        assert!(
            json["steps"][1]["seconds"].as_f64().unwrap() > 0.0,
            "{json}"
        );
        for user in ["postgres", "reserved"] {
            let ran = probe(server, user, &[]);
            assert_says(&ran, "ok");
            let told = user == "postgres" || server.major >= 16;
            assert_eq!(
                ran.stdout.contains("probe as an ordinary role"),
                told,
                "{ran}"
            );
        }
        let ran = probe(server, "app", &["--quiet"]).expect_code(0);
        assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
        // The slot is free again at once.
        await_that("nothing of the probe is left", || {
            let left = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'breakglass'";
            server.ask_witness(left).is_empty()
        });
    });
}

#[test]
fn a_full_server_is_full_in_every_variant_also_for_who_gets_in() {
    for_each_major(|server| {
        let full = |user: &str| {
            assert_says(&probe(server, user, &[]), "full");
            let json = probe(server, user, &["--format", "json"])
                .expect_code(1)
                .json();
            assert_eq!(json["verdict"], "full");
            json
        };
        let held = server.fill_ordinary_slots();
        let json = full("app");
        assert_eq!(steps(&json), ["ok", "full", "not tried"]);
        assert_eq!(json["runbook"], "nobody-gets-in");
        // It has REPLICATION, and an application has not: no other lane is taken.
        full("breakglass");
        let json = full("postgres");
        assert_eq!(steps(&json), ["ok", "ok", "ok"]);
        assert!(
            json["why"]
                .as_str()
                .unwrap()
                .contains("an ordinary role is refused"),
            "{json}"
        );
        let ran = probe(server, "app", &["--quiet"]).expect_code(1);
        assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
        drop(held);
        let held = server.fill_every_slot();
        for user in ["app", "reserved", "postgres"] {
            full(user);
        }
        drop(held);
        let held = server.fill_role_limit();
        let json = full("limited");
        assert!(json["why"].as_str().unwrap().contains("limit"), "{json}");
        drop(held);
        let held = server.fill_database_limit();
        let operator = Operator::on(server, "app");
        assert_says(&operator.run(&["-d", "limited", "probe"]), "full");
        drop(held);
        let held = server.fill_with_half_finished_logins();
        full("app");
        drop(held);
    });
}

#[test]
fn refused_wrong_password_read_only_and_slow_are_told_apart() {
    let server = Server::start(17);
    assert_says(&probe(&server, "no_login", &[]), "refused");
    let wrong = Operator::on(&server, "with_password").set("PGPASSWORD", "staple");
    assert_says(&wrong.run(&["probe"]), "wrong password");
    assert_says(&probe(&server, "with_password", &[]), "wrong password");
    let right = Operator::on(&server, "with_password").set("PGPASSWORD", "correct horse");
    assert_says(&right.run(&["probe"]), "ok");

    assert_says(&probe(&server, "app", &["--writable"]), "ok");
    server.ask_witness("ALTER ROLE app SET default_transaction_read_only = on");
    assert_says(&probe(&server, "app", &["--writable"]), "read-only");
    assert_says(&probe(&server, "app", &[]), "ok");

    assert_says(&probe(&server, "app", &["--slow", "1h"]), "ok");
    let ran = probe(&server, "app", &["--slow", "0ms"]);
    assert_says(&ran, "slow");
    assert!(ran.stdout.contains("authenticate slow, "), "{ran}");
}

/// Answers every connection with what `answer` does, and counts them.
fn listen(answer: impl Fn(TcpStream) + Send + 'static) -> (u16, Arc<AtomicU32>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let count = Arc::new(AtomicU32::new(0));
    let counted = count.clone();
    // Ends with the test's process.
    thread::spawn(move || {
        for stream in listener.incoming() {
            counted.fetch_add(1, Ordering::SeqCst);
            answer(stream.unwrap());
        }
    });
    (port, count)
}

/// Reads the request and says `said`, or nothing for ever.
fn endpoint(said: Option<&'static [u8]>) -> String {
    let kept = std::sync::Mutex::new(Vec::new());
    let (port, _) = listen(move |mut stream| {
        let mut request = [0; 1024];
        let _ = stream.read(&mut request);
        match said {
            Some(said) => stream.write_all(said).unwrap(),
            None => kept.lock().unwrap().push(stream),
        }
    });
    format!("http://127.0.0.1:{port}/healthz")
}

#[test]
fn a_door_that_says_nothing_gets_no_answer_within_the_deadline() {
    let kept = std::sync::Mutex::new(Vec::new());
    let (port, _) = listen(move |stream| kept.lock().unwrap().push(stream));
    let operator = Operator::at("127.0.0.1", port, "app");
    // The default would be longer.
    let ran = in_time(Duration::from_millis(300), || {
        operator.run(&["probe", "--deadline", "300ms"])
    });
    assert_says(&ran, "no answer");
    let nobody = Operator::at("127.0.0.1", 1, "app").run(&["probe"]);
    assert_says(&nobody, "refused");
}

#[test]
fn one_attempt_is_made_and_no_other() {
    let (port, count) = listen(|mut stream| {
        let mut startup = [0; 1024];
        let _ = stream.read(&mut startup);
        let fields = b"SFATAL\0VFATAL\0C53300\0Msorry, too many clients already\0RInitProcess\0\0";
        let mut message = vec![b'E'];
        message.extend((fields.len() as u32 + 4).to_be_bytes());
        message.extend(fields);
        stream.write_all(&message).unwrap();
    });
    let operator = Operator::with(&[
        "-d",
        &format!("host=127.0.0.1 port={port} user=app dbname=shop sslmode=disable"),
    ]);
    assert_says(&operator.run(&["probe"]), "full");
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[test]
fn a_health_endpoint_is_compared_with_the_truth() {
    let server = Server::start(17);
    let ask = |url: &str| probe(&server, "app", &["--http", url]);
    let well = endpoint(Some(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    let ill = endpoint(Some(b"HTTP/1.1 503 Service Unavailable\r\n\r\n"));
    let ran = ask(&well).expect_code(0);
    assert!(
        ran.stdout
            .contains("endpoint says 200, and a new connection works: they agree"),
        "{ran}"
    );
    let ran = ask(&ill).expect_code(1);
    assert!(
        ran.stdout
            .contains("endpoint says 503, a new connection works"),
        "{ran}"
    );

    let moved = endpoint(Some(b"HTTP/1.1 302 Found\r\nLocation: /lo\x1bgin\r\n\r\n"));
    let ran = ask(&moved).expect_code(1);
    assert!(
        ran.stdout
            .contains("points to /lo\\x1bgin, which was not asked"),
        "{ran}"
    );
    let rubbish = endpoint(Some(b"SSH-2.0-OpenSSH_9.2\r\n"));
    let ran = ask(&rubbish).expect_code(1);
    assert!(
        ran.stdout.contains("endpoint's answer is not HTTP"),
        "{ran}"
    );
    let mute = endpoint(None);
    let ran = probe(&server, "app", &["--http", &mute, "--deadline", "1s"]).expect_code(1);
    assert!(
        ran.stdout
            .contains("endpoint gives no answer within 1s, a new connection works"),
        "{ran}"
    );
    let ran = ask("http://127.0.0.1:1/").expect_code(1);
    assert!(ran.stdout.contains("endpoint cannot be reached"), "{ran}");

    let held = server.fill_ordinary_slots();
    let ran = ask(&well).expect_code(1);
    let lie = "endpoint says 200, a new connection is refused: it does not check the database";
    assert!(ran.stdout.contains(lie), "{ran}");
    assert_says(&ran, "full");
    let json = probe(&server, "app", &["--http", &ill, "--format", "json"])
        .expect_code(1)
        .json();
    assert_eq!(json["http"]["agrees"], true, "{json}");
    drop(held);
}

#[test]
fn an_https_endpoint_is_verified() {
    let server = Server::start(17);
    let authority = Authority::new(|_| {});
    let certified = authority.server(&params(&["localhost"], "endpoint"));
    let config = server_config(&certified.leaf, &certified.key, None);
    let config = Arc::new(config);
    let (port, _) = listen(move |mut stream| {
        let mut tls = rustls::ServerConnection::new(config.clone()).unwrap();
        // A client that does not trust us hangs up.
        if tls.complete_io(&mut stream).is_err() {
            return;
        }
        let mut tls = rustls::Stream::new(&mut tls, &mut stream);
        let mut request = [0; 1024];
        let _ = tls.read(&mut request);
        tls.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap();
        let _ = tls.flush();
    });
    let url = format!("https://localhost:{port}/");
    let home = tempfile::tempdir().unwrap();
    let roots: Vec<&[u8]> = certified.roots.iter().map(AsRef::as_ref).collect();
    let file = write_pem(home.path(), "ca.pem", "CERTIFICATE", &roots);
    let trusting = Operator::on(&server, "app").set("SSL_CERT_FILE", &file);
    let ran = trusting.run(&["probe", "--http", &url]).expect_code(0);
    assert!(ran.stdout.contains("endpoint says 204"), "{ran}");
    let other = Authority::new(|params| {
        params
            .distinguished_name
            .push(DnType::CommonName, "Other CA")
    });
    let file = write_pem(
        home.path(),
        "other.pem",
        "CERTIFICATE",
        &[other.certificate.as_ref()],
    );
    let wary = Operator::on(&server, "app").set("SSL_CERT_FILE", &file);
    let ran = wary.run(&["probe", "--http", &url]).expect_code(1);
    assert!(ran.stdout.contains("endpoint cannot be reached"), "{ran}");
    assert!(ran.stdout.contains("nobody we trust"), "{ran}");
}

#[test]
fn wrong_use_is_one_sentence_and_nothing_is_asked() {
    let operator = Operator::at("127.0.0.1", 1, "app");
    let table: [(&[&str], &str); 7] = [
        (
            &["--http", "app/healthz"],
            "write http://HOST[:PORT][/PATH]",
        ),
        (
            &["--http", "http://u:p@app/"],
            "no user and no password in the URL",
        ),
        (&["--http", "http://app/\r\nX:y"], "a URL has no blanks"),
        (&["--slow", "5"], "write a number with its unit"),
        (&["--deadline", "1ms"], "too short for a login"),
        (&["--format", "csv"], "one line, or --format json"),
        (&["--lane", "replication"], "that is the login lane"),
    ];
    for (args, words) in table {
        let ran = operator.run(&[&["probe"], args].concat()).expect_code(2);
        assert!(ran.stderr.contains(words), "{ran}");
        assert_eq!(
            (ran.stdout.as_str(), ran.stderr.lines().count()),
            ("", 1),
            "{ran}"
        );
    }
}
