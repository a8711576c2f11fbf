//! Getting in: passwords, users, configuration, and consoles that are none.

use super::{Operator, Stage};
use crate::support::{Cli, PASSWORD, Release};

#[test]
fn a_console_with_a_password() {
    for method in ["scram-sha-256", "md5", "plain"] {
        let stage = Stage::with(16, Release::Packaged, &[("auth_type", method)]);
        let port = stage.pooler.port();
        let console = stage.pooler.console("admin");
        let cli = Cli::new();
        let none = cli.run(&["pgbouncer", "--pgbouncer", &console]);
        assert_eq!(none.code, Some(3), "{none:?}");
        assert!(none.err.contains("password"), "{none:?}");
        cli.file(
            ".pgpass",
            &format!("127.0.0.1:{port}:pgbouncer:admin:wrong\n"),
            0o600,
        );
        let wrong = cli.run(&["pgbouncer", "--pgbouncer", &console]);
        assert_eq!(wrong.code, Some(3), "{wrong:?}");
        assert!(wrong.err.contains("does not accept this role"), "{wrong:?}");
        cli.file(
            ".pgpass",
            &format!("127.0.0.1:{port}:pgbouncer:admin:{PASSWORD}\n"),
            0o600,
        );
        let right = cli.run(&["pgbouncer", "--pgbouncer", &console]);
        assert_eq!(right.code, Some(0), "{method}: {right:?}");
    }
}

#[test]
fn the_configuration_names_the_console_and_its_password() {
    let stage = Stage::with(15, Release::Packaged, &[("auth_type", "scram-sha-256")]);
    let cli = Cli::new();
    let text = format!(
        "[target.x]\ndsn = 'host=127.0.0.1 port={} user=breakglass'\n\
         pgbouncer = \"host=127.0.0.1 port={} user=admin password='it\\\\'s a secret'\"\n",
        stage.server.port(),
        stage.pooler.port()
    );
    cli.file(".config/breakglass/config.toml", &text, 0o600);
    let ran = cli.run(&["pgbouncer", "-t", "x"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("ordinary slots used"), "{ran:?}");
    let ran = cli.run(&["status", "-t", "x"]);
    assert!(ran.out.contains("pooler    127.0.0.1:"), "{ran:?}");
    assert!(!ran.out.contains("secret") && !ran.err.contains("secret"));
}

#[test]
fn a_unix_socket_is_named_by_its_directory() {
    let stage = Stage::new(14);
    let directory = stage.pooler.directory().display();
    let console = format!("host={directory} port={} user=admin", stage.pooler.port());
    let ran = Operator::with(&[])
        .run(&["pgbouncer", "--pgbouncer", &console])
        .expect_code(0);
    assert!(ran.stdout.contains(".s.PGSQL."), "{ran}");
}

#[test]
fn whoever_may_only_look_may_not_act() {
    let stage = Stage::new(13);
    let stats = stage.pooler.console("stats");
    let run = |args: &[&str], console: &str| {
        let mut words = vec!["pgbouncer"];
        words.extend(args);
        words.extend(["--pgbouncer", console]);
        stage.operator.run(&words)
    };
    run(&[], &stats).expect_code(0);
    for act in ["disable", "kill", "reconnect"] {
        let ran = run(&[act, "shop", "--yes", "--all"], &stats).expect_code(4);
        assert!(ran.stdout.contains("admin access needed"), "{ran}");
    }
    let ran = run(&["pause", "shop", "--for", "10s", "--yes", "--all"], &stats).expect_code(4);
    assert!(ran.stdout.contains("admin access needed"), "{ran}");
    let ran = run(&[], &stage.pooler.console("app")).expect_code(3);
    assert!(
        ran.stderr.contains("neither admin_users nor stats_users"),
        "{ran}"
    );
}

#[test]
fn what_is_no_console_is_said_to_be_none() {
    let stage = Stage::new(17);
    let server = format!("postgresql://breakglass@127.0.0.1:{}", stage.server.port());
    let ran = stage
        .operator
        .run(&["pgbouncer", "--pgbouncer", &server])
        .expect_code(3);
    assert!(ran.stderr.contains("is PostgreSQL itself"), "{ran}");
    stage.server.ask_witness("CREATE DATABASE pgbouncer");
    let ran = stage
        .operator
        .run(&["pgbouncer", "--pgbouncer", &server])
        .expect_code(3);
    assert!(ran.stderr.contains("no console of PgBouncer"), "{ran}");
    let nowhere = "postgresql://admin@127.0.0.1:1";
    let ran = stage
        .operator
        .run(&["pgbouncer", "--pgbouncer", nowhere])
        .expect_code(3);
    assert!(ran.stderr.contains("console is not open"), "{ran}");
    // Beside a database lane it is one line, and no failure.
    let ran = stage
        .operator
        .run(&["status", "--pgbouncer", nowhere])
        .expect_code(0);
    assert!(ran.stdout.contains("pooler    not seen"), "{ran}");
    let ran = stage
        .operator
        .run(&["sessions", "--pgbouncer", nowhere])
        .expect_code(0);
    assert!(ran.stderr.contains("is not known"), "{ran}");
}

#[test]
fn bad_input_is_refused_before_anything_is_opened() {
    let operator = Operator::with(&[]);
    let dsn = "postgresql://admin@127.0.0.1:1";
    let table: [(&[&str], &str); 10] = [
        (&["pgbouncer"], "nothing says where PgBouncer's console is"),
        (&["pgbouncer", "--pgbouncer", "bouncer"], "neither a URI"),
        (&["pgbouncer", "--pgbouncer", ""], "neither a URI"),
        (
            &["pgbouncer", "--pgbouncer", "postgresql://a:secret@b"],
            "can be read by everybody",
        ),
        (
            &["pgbouncer", "--pgbouncer", "host=b dbname=shop"],
            "names another",
        ),
        (&["pgbouncer", "pause", "shop", "--pgbouncer", dsn], "--for"),
        (&["pgbouncer", "pause", "--for", "1s"], "<DB>"),
        (&["pgbouncer", "kill-client", "x"], "x"),
        (
            &["pgbouncer", "kill", "shop", "--yes", "--pgbouncer", dsn],
            "--limit N",
        ),
        (
            &[
                "pgbouncer",
                "kill",
                "shop",
                "--yes",
                "--all",
                "--include",
                "superusers",
                "--pgbouncer",
                dsn,
            ],
            "cannot judge --include",
        ),
    ];
    for (args, part) in table {
        let ran = operator.run(args).expect_code(2);
        assert!(ran.stderr.contains(part), "{args:?}: {ran}");
        assert!(!ran.stderr.contains("secret"), "{ran}");
    }
    // Nobody is there to agree.
    let ran = operator
        .run(&["pgbouncer", "kill", "shop", "--pgbouncer", dsn])
        .expect_code(4);
    assert!(ran.stderr.contains("no terminal"), "{ran}");
}
