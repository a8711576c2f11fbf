//! The record: complete, private, written before anything is done, or nothing is done.

use std::os::unix::fs::PermissionsExt;

use super::{idle, pids};
use crate::support::{Operator, Ran, Server, for_each_major, lines, pid};

/// Fails unless the record has one intent, and one outcome for every target of the answer, with everything an
/// inquiry will ask for.
#[track_caller]
pub fn assert_complete(operator: &Operator, typed: &[&str], ran: &Ran) {
    let mode = std::fs::metadata(operator.record_path())
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let record = operator.record();
    let (intent, outcomes) = record.split_first().expect("an intent");
    assert_eq!(intent["event"], "intent");
    let mut recorded: Vec<(i32, String)> = Vec::new();
    for outcome in outcomes {
        assert_eq!(outcome["event"], "outcome");
        recorded.push((
            pid(&outcome["target"]["pid"]),
            outcome["outcome"].as_str().unwrap().to_owned(),
        ));
        for key in [
            "user",
            "application",
            "database",
            "client",
            "state",
            "backend_start_us",
        ] {
            assert!(!outcome["target"][key].is_null(), "{key}: {outcome:#}");
        }
    }
    assert_eq!(recorded, ran.outcomes());
    for line in &record {
        assert_eq!(line["format"], "breakglass/record/1");
        assert_eq!(line["run"], intent["run"]);
        let user = nix::unistd::User::from_uid(nix::unistd::geteuid())
            .unwrap()
            .unwrap();
        assert_eq!(line["operator"]["user"], user.name);
        let host = nix::unistd::gethostname().unwrap().into_string().unwrap();
        assert_eq!(line["operator"]["host"], host);
        let words = line["operator"]["command_line"].as_array().unwrap();
        for word in typed {
            assert!(
                words.iter().any(|it| it == word),
                "{word} is not in {words:?}"
            );
        }
        assert!(["login", "replication"].contains(&line["lane"].as_str().unwrap()));
        for key in [
            "version",
            "system_identifier",
            "endpoint",
            "role",
            "in_recovery",
        ] {
            assert!(!line["server"][key].is_null(), "{key}: {line:#}");
        }
    }
}

/// An operator whose state directory is below a file, where nothing can be made.
fn without_a_place(server: &Server) -> Operator {
    let operator = Operator::on(server, "postgres");
    let file = operator.home().join("file");
    std::fs::write(&file, "").unwrap();
    operator.set("XDG_STATE_HOME", file.join("state"))
}

#[test]
fn a_record_that_cannot_be_written_stops_everything() {
    for_each_major(|server| {
        let _sessions = idle(server, "shop", 2);
        let before = server.census();
        let operator = without_a_place(server);
        let typed = [
            "terminate",
            "--app",
            "shop",
            "--all",
            "--yes",
            "--recount",
            "0s",
        ];
        let ran = operator.run(&typed).expect_code(4);
        assert!(
            ran.stderr.contains("--no-record") && ran.stderr.contains("nothing was done"),
            "{ran}"
        );
        assert_eq!(ran.stdout, "");
        server.assert_nobody_gone(&before);
    });
}

#[test]
fn without_a_record_file_its_lines_are_printed() {
    for_each_major(|server| {
        let sessions = idle(server, "shop", 2);
        let before = server.census();
        let operator = without_a_place(server);
        let typed = [
            "terminate",
            "--app",
            "shop",
            "--all",
            "--yes",
            "--recount",
            "0s",
            "--no-record",
        ];
        let ran = operator.run(&typed).expect_code(0);
        server.assert_gone(&before, &pids(&sessions));
        let events: Vec<String> = lines(&ran.stderr)
            .iter()
            .map(|line| line["event"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(events, ["intent", "outcome", "outcome"], "{ran}");
    });
}

#[test]
fn a_record_that_is_a_link_or_no_file_is_not_written_through() {
    let server = Server::start(18);
    let _sessions = idle(&server, "shop", 2);
    let before = server.census();
    for link in [true, false] {
        let operator = Operator::on(&server, "postgres");
        let path = operator.record_path();
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        if link {
            std::os::unix::fs::symlink("/dev/null", &path).unwrap();
        } else {
            std::fs::create_dir(&path).unwrap();
        }
        let ran = operator
            .run(&["terminate", "--app", "shop", "--all", "--yes"])
            .expect_code(4);
        assert!(ran.stderr.contains("--no-record"), "{ran}");
        server.assert_nobody_gone(&before);
    }
}

#[test]
fn a_second_run_adds_to_the_record() {
    let server = Server::start(18);
    let operator = Operator::on(&server, "postgres");
    for count in [3, 6] {
        let _sessions = idle(&server, "shop", 2);
        operator
            .run(&[
                "terminate",
                "--app",
                "shop",
                "--all",
                "--yes",
                "--recount",
                "0s",
            ])
            .expect_code(0);
        assert_eq!(operator.record().len(), count);
    }
}

#[test]
fn a_password_on_the_command_line_is_refused_and_kept_nowhere() {
    let server = Server::start(18);
    let _sessions = idle(&server, "shop", 1);
    let before = server.census();
    let dsn = format!(
        "host=127.0.0.1 port={} dbname=postgres user=postgres password=sesame",
        server.port()
    );
    let operator = Operator::with(&["-d", &dsn]);
    let ran = operator
        .run(&["terminate", "--app", "shop", "--all", "--yes"])
        .expect_code(2);
    assert!(!ran.stderr.contains("sesame"), "{ran}");
    assert!(!operator.record_path().exists());
    server.assert_nobody_gone(&before);
}
