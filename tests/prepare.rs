//! The break-glass role on real servers of every supported major: made, made again, and really let in.

use std::path::Path;

use crate::support::{Cli, MAJORS, Operator, Pty, Ran, Server, for_each_major, for_majors};

/// What follows `shown this once: `.
fn password(ran: &Ran) -> String {
    let line = ran
        .stderr
        .lines()
        .find(|line| line.contains("shown this once"));
    let line = line.unwrap_or_else(|| panic!("no password is shown: {ran}"));
    line.rsplit(' ').next().unwrap().to_owned()
}

/// A server that asks everybody but its superusers for a password.
fn asking(major: u32) -> Server {
    Server::start_with(major, |mut settings| {
        settings.access = "local all all trust\n\
                           host all postgres 127.0.0.1/32 trust\n\
                           host all maker 127.0.0.1/32 trust\n\
                           host all all 127.0.0.1/32 scram-sha-256\n"
            .to_owned();
        settings.set("log_statement", "all")
    })
}

fn log(server: &Server) -> String {
    fn read(directory: &Path, text: &mut String) {
        for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            if path.is_file() && name.contains("log") {
                text.push_str(&String::from_utf8_lossy(
                    &std::fs::read(&path).unwrap_or_default(),
                ));
            }
        }
    }
    let mut text = String::new();
    read(server.throwaway.directory(), &mut text);
    text
}

#[test]
fn the_role_is_made_once_and_gets_in_over_both_lanes_with_its_password() {
    for_majors(&MAJORS, asking, |server| {
        let operator = Operator::on(server, "postgres");
        let args = [
            "prepare", "--apply", "--yes", "--role", "glass", "--reason", "peace",
        ];
        let ran = operator.run(&args).expect_code(0);
        assert!(ran.stdout.contains("login        open"), "{ran}");
        assert!(ran.stdout.contains("replication  open"), "{ran}");
        let secret = password(&ran);
        assert_eq!(secret.len(), 32);
        // Neither the password nor its verifier is kept anywhere.
        let record = std::fs::read_to_string(operator.record_path()).unwrap();
        assert!(
            record.contains("\"prepare\"") && record.contains("peace"),
            "{record}"
        );
        assert!(
            !record.contains(&secret) && !record.contains("SCRAM-SHA"),
            "{record}"
        );
        let written = log(server);
        assert!(
            written.contains("CREATE ROLE"),
            "the log is read: {written}"
        );
        assert!(!written.contains(&secret));
        let row = server.ask_witness(
            "SELECT rolsuper::text, rolreplication::text, \
             pg_has_role(oid, 'pg_signal_backend', 'MEMBER')::text FROM pg_roles WHERE rolname = 'glass'",
        );
        let text = |word: &str| Some(word.to_owned());
        assert_eq!(row, [[text("false"), text("true"), text("true")]]);
        // As the role itself: it sees everybody and may end them.
        let glass = Operator::on(server, "glass").set("PGPASSWORD", &secret);
        let victim = server.ask_witness("SELECT 1");
        assert_eq!(victim.len(), 1);
        let ran = glass.run(&["status"]).expect_code(0);
        assert!(
            ran.stdout.contains("may signal others, sees everybody"),
            "{ran}"
        );
        // Again: nothing to do, and the password is still the same one.
        let again = operator
            .command(&["prepare", "--apply", "--yes", "--role", "glass"])
            .env("PGPASSWORD", &secret)
            .output()
            .unwrap();
        let again = Ran::of(again, std::time::Duration::ZERO).expect_code(0);
        assert!(again.stderr.contains("nothing to run"), "{again}");
        assert!(!again.stderr.contains("shown this once"), "{again}");
        glass.run(&["status"]).expect_code(0);
        // A new one, and the old one is worth nothing.
        let anew = operator
            .run(&[&args[..5], &["--new-password"]].concat())
            .expect_code(0);
        assert_ne!(password(&anew), secret);
        glass.run(&["status", "--lane", "login"]).expect_code(3);
    });
}

#[test]
fn a_role_that_may_not_is_refused_and_nothing_is_half_made() {
    for_each_major(|server| {
        let before = server.ask_witness("SELECT count(*)::text FROM pg_roles");
        for user in ["app", "breakglass"] {
            let operator = Operator::on(server, user);
            let args = ["prepare", "--apply", "--yes", "--role", "glass"];
            let ran = operator.run(&args).expect_code(4);
            assert!(ran.stdout.contains("nothing was changed"), "{ran}");
            assert!(!ran.stderr.contains("shown this once"), "{ran}");
            let outcome = operator.record().pop().unwrap();
            assert_eq!(outcome["outcome"], "refused", "{outcome}");
        }
        assert_eq!(
            server.ask_witness("SELECT count(*)::text FROM pg_roles"),
            before
        );
    });
}

#[test]
fn it_goes_through_a_full_server_by_the_lane_that_is_open() {
    let server = Server::start(17);
    let _held = server.fill_every_slot();
    let operator = Operator::on(&server, "postgres");
    let args = [
        "prepare", "--apply", "--yes", "--role", "glass", "--format", "json",
    ];
    let ran = operator.run(&args).expect_code(5);
    let json = ran.json();
    assert_eq!(json["outcome"]["targets"][0]["outcome"], "set", "{ran}");
    assert_eq!(json["outcome"]["ending"], "partly", "{ran}");
    let lanes = &json["outcome"]["details"]["lanes"];
    assert_eq!(lanes[0]["open"], false, "{ran}");
    assert_eq!(lanes[1]["open"], true, "{ran}");
    assert!(!ran.stdout.contains(&password(&ran)), "{ran}");
    // Again: nothing is missing, so nothing is done, and one lane is closed still.
    let again = operator.run(&args).expect_code(1);
    let json = again.json();
    assert!(json["outcome"].is_null(), "{again}");
    assert_eq!(
        json["plan"]["details"]["lanes"][0]["open"], false,
        "{again}"
    );
}

#[test]
fn what_is_printed_is_what_psql_runs() {
    let server = Server::start(16);
    let operator = Operator::on(&server, "postgres");
    for role in ["glass", "odd \"name\" $breakglass$ ü; --", "it's"] {
        let printed = operator.run(&["prepare", "--role", role]).expect_code(0);
        assert!(!printed.stdout.contains(&password(&printed)), "{printed}");
        let mut psql = std::process::Command::new("psql")
            .args([
                "-X",
                "-q",
                "-v",
                "ON_ERROR_STOP=1",
                "-h",
                "127.0.0.1",
                "-U",
                "postgres",
                "-d",
                "postgres",
            ])
            .args(["-p", &server.port().to_string()])
            .stdin(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut psql.stdin.take().unwrap(), printed.stdout.as_bytes())
            .unwrap();
        assert!(psql.wait().unwrap().success(), "{printed}");
        let again = operator.run(&["prepare", "--role", role]).expect_code(0);
        assert!(again.stdout.contains("nothing to run"), "{again}");
        // The setting was written and waits for a restart.
        let applied = operator.run(&["prepare", "--apply", "--yes", "--role", role]);
        applied.expect_code(0);
    }
}

#[test]
fn without_a_server_it_prints_for_a_version_and_a_service() {
    let operator = Operator::at("127.0.0.1", 1, "nobody");
    let of = |args: &[&str]| {
        let ran = operator.run(&[&["prepare"], args].concat());
        ran.expect_code(0).stdout
    };
    let old = of(&["--server-version", "13"]);
    assert!(
        old.contains("GRANT pg_signal_backend TO \"breakglass\";"),
        "{old}"
    );
    assert!(!old.contains("reserved_connections"), "{old}");
    assert!(
        old.contains("host    postgres  \"breakglass\"  127.0.0.1/32  scram-sha-256"),
        "{old}"
    );
    let new = of(&[
        "--server-version",
        "18",
        "--no-replication",
        "--reserve",
        "5",
    ]);
    assert!(
        new.contains("ALTER SYSTEM SET reserved_connections = 5;"),
        "{new}"
    );
    assert!(!new.contains("REPLICATION"), "{new}");
    let rds = of(&["--server-version", "16", "--provider", "rds"]);
    assert!(
        rds.contains("GRANT rds_replication TO") && rds.contains("(unverified)"),
        "{rds}"
    );
    assert!(
        !rds.contains("ALTER SYSTEM") && !rds.contains("pg_hba.conf, above"),
        "{rds}"
    );
    let table: [(&[&str], &str); 8] = [
        (&["--server-version", "9"], "from 13 on"),
        (&["--server-version", "x"], "such as 17"),
        (&["--provider", "my-cloud"], "these are: none, rds"),
        (&["--role", "pg_x"], "PostgreSQL's own"),
        (&["--role", "a\u{1b}[2J"], "control characters"),
        (&["--address", "10.0.0.0"], "10.0.0.0/24"),
        (&["--address", "10.0.0.0/33"], "10.0.0.0/24"),
        (&["--yes"], "--apply"),
    ];
    for (args, word) in table {
        let ran = operator.run(&[&["prepare"], args].concat()).expect_code(2);
        assert!(ran.stderr.contains(word), "{args:?}: {ran}");
    }
    let ran = operator.run(&["prepare", "--apply"]).expect_code(4);
    assert!(ran.stderr.contains("no terminal"), "{ran}");
}

#[test]
fn a_typed_password_is_typed_twice_and_never_shown() {
    let server = asking(17);
    let mut cli = Cli::new().without("COLUMNS");
    for (name, value) in server.environment("postgres") {
        cli = cli.with(name, value);
    }
    let start = |secrets: [&str; 2]| {
        let words = ["prepare", "--apply", "--role", "glass", "--ask-password"];
        let mut person = Pty::start(cli.command(&words));
        for (question, secret) in ["New password", "The same again"].iter().zip(secrets) {
            person.await_text(question);
            person.press(&format!("{secret}\r"));
        }
        person
    };
    let mut two = start(["first password", "another password"]);
    two.await_text("these are two passwords");
    assert_eq!(two.end(), 4);
    let mut short = start(["short", "short"]);
    short.await_text("12 characters");
    assert_eq!(short.end(), 4);
    let mut no = start(["a good password", "a good password"]);
    no.await_text("[y/N]");
    no.press("n\r");
    assert_eq!(no.end(), 4);
    let roles = "SELECT 1 FROM pg_roles WHERE rolname = 'glass'";
    assert!(server.ask_witness(roles).is_empty());
    let mut yes = start(["a good password", "a good password"]);
    yes.await_text("[y/N]");
    yes.press("y\r");
    yes.await_text("replication  open");
    assert!(
        !yes.screen().contains("a good password"),
        "{}",
        yes.screen()
    );
    assert_eq!(yes.end(), 0);
    let glass = Operator::on(&server, "glass").set("PGPASSWORD", "a good password");
    glass.run(&["status"]).expect_code(0);
}
