//! PHP-FPM with persistent connections.

use std::process::{Child, Stdio};

use super::application::{Application, await_busy, await_left, held};
use super::{alive, children, listed, master_and_two, operator, recycle};
use crate::support::{Server, await_that};

const SETTINGS: &str = "\
[global]
error_log = log
daemonize = no
[web]
listen = fcgi
pm = static
pm.max_children = 2
clear_env = no
user = root
";

/// A page that takes as many seconds as it is asked for, on a connection that stays.
const PAGE: &str = r#"<?php
$held = pg_pconnect("host=127.0.0.1 user=app dbname=postgres port=" . getenv("PORT"));
pg_query($held, "SELECT pg_sleep(" . (float) $_SERVER["QUERY_STRING"] . ")");
echo "done";
"#;

/// The program has its version in its name.
fn program() -> String {
    let names = std::fs::read_dir("/usr/sbin").unwrap();
    names
        .map(|entry| entry.unwrap().path().to_str().unwrap().to_owned())
        .find(|path| path.starts_with("/usr/sbin/php-fpm"))
        .expect("PHP-FPM; run tests/fetch")
}

/// A request, on its way.
fn ask(php: &Application, server: &Server, seconds: &str) -> Child {
    php.command(server, &["cgi-fcgi", "-bind", "-connect", "fcgi"])
        .env("SCRIPT_FILENAME", php.path("page.php"))
        .env("REQUEST_METHOD", "GET")
        .env("QUERY_STRING", seconds)
        .stdout(Stdio::piped())
        .spawn()
        .expect("cgi-fcgi; run tests/fetch")
}

/// Two requests at once, so that both workers connect.
fn connect(php: &Application, server: &Server) {
    await_that("both workers hold a connection", || {
        let both = [ask(php, server, "0.8"), ask(php, server, "0.8")];
        for one in both {
            one.wait_with_output().unwrap();
        }
        held(server) == 2
    });
    php.await_held(server, 2);
}

#[test]
fn a_reload_of_php_fpm_closes_all_connections_and_cuts_what_runs() {
    let server = Server::start(18);
    let program = program();
    let files = [("fpm.conf", SETTINGS), ("page.php", PAGE)];
    // It takes relative paths for those of its prefix.
    let line =
        "exec \"$0\" --nodaemonize --allow-to-run-as-root --prefix \"$PWD\" --fpm-config fpm.conf";
    let php = Application::with(&server, 1, &files, &["sh", "-c", line, &program]);
    await_that("PHP-FPM listens", || php.path("fcgi").exists());
    connect(&php, &server);
    let operator = operator(&server);
    assert_eq!(listed(&operator), master_and_two("php-fpm"));

    let all = ["--runtime", "php-fpm", "--yes", "--all"];
    let before = children(php.pid());
    let ran = recycle(&operator, &all).expect_code(0);
    let json = ran.json();
    assert_eq!(ran.outcomes(), [(php.pid(), "gone".to_owned())], "{ran}");
    assert_eq!(json["plan"]["targets"][0]["signal"], "USR2", "{ran}");
    assert_eq!(
        (
            &json["plan"]["prediction"]["frees"],
            &json["outcome"]["details"]["closed"],
            &json["outcome"]["details"]["new"]
        ),
        (&2.into(), &2.into(), &0.into()),
        "{ran}"
    );
    await_left(&server, 0);
    assert!(alive(php.pid()));
    await_that("two other workers are there", || {
        let now = children(php.pid());
        now.len() == 2 && now.iter().all(|pid| !before.contains(pid))
    });

    connect(&php, &server);
    let request = ask(&php, &server, "5");
    await_busy(&server, 1);
    let ran = recycle(&operator, &all).expect_code(0);
    assert!(ran.stderr.contains("running requests are cut"), "{ran}");
    let plan = &ran.json()["plan"];
    assert_eq!(
        (
            &plan["prediction"]["frees"],
            &plan["prediction"]["classes"]["busy"]
        ),
        (&1.into(), &1.into()),
        "{ran}"
    );
    // The connection is closed, and the statement goes on in its slot.
    assert_eq!(ran.json()["outcome"]["details"]["closed"], 2, "{ran}");
    await_left(&server, 1);
    let answer = request.wait_with_output().unwrap().stdout;
    assert!(!String::from_utf8_lossy(&answer).contains("done"));
    // It is free when the statement is over.
    await_left(&server, 0);
}
