//! The workers lane, as typed, on real application servers that hold real connections.

#![allow(clippy::expect_used, clippy::unwrap_used)]

mod support;

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use support::{Operator, Ran, Server, answer, await_that};

/// A WSGI application whose workers connect when they start, as long as there is a file `connect`.
const APPLICATION: &str = r#"
import os, threading
import psycopg2

held = []

def connect():
    for _ in range(int(os.environ["EACH"])):
        if os.path.exists("connect"):
            connection = psycopg2.connect(host="127.0.0.1", port=os.environ["PORT"], user="app", dbname="postgres", application_name="web")
            connection.autocommit = True
            held.append(connection)

def application(environ, start_response):
    held[0].cursor().execute("SELECT pg_sleep(6)")
    start_response("200 OK", [])
    return [b"done"]

def post_fork(server=None, worker=None):
    connect()

try:
    import uwsgi
    uwsgi.post_fork_hook = post_fork
except ImportError:
    pass
"#;

/// A script that holds connections and does nothing else. Debian's own Python runs it: that has the driver.
const SCRIPT: &str = r#"
import os, signal, sys, time
import psycopg2

if "deaf" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
held = [psycopg2.connect(host="127.0.0.1", port=os.environ["PORT"], user="app", dbname="postgres") for _ in range(int(os.environ["EACH"]))]
while True:
    time.sleep(0.05)
"#;

/// An application server on this host, ended with the test.
struct Application {
    directory: tempfile::TempDir,
    process: Child,
}

impl Application {
    /// Starts `program`, in a directory with the application in it, each worker with `each` connections.
    fn start(server: &Server, each: usize, program: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("app.py"), APPLICATION).unwrap();
        std::fs::write(directory.path().join("script.py"), SCRIPT).unwrap();
        std::fs::write(directory.path().join("connect"), "").unwrap();
        let process = Command::new(program[0])
            .args(&program[1..])
            .current_dir(directory.path())
            .env("PORT", server.port().to_string())
            .env("EACH", each.to_string())
            .env("PYTHONPATH", directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}; run tests/fetch", program[0]));
        Self { directory, process }
    }

    fn gunicorn(server: &Server, workers: usize, each: usize, more: &[&str]) -> Self {
        let workers_word = workers.to_string();
        let fixed = [
            "gunicorn",
            "app:application",
            "--config",
            "python:app",
            "--bind",
            "unix:http",
            "--workers",
            &workers_word,
        ];
        let application = Self::start(server, each, &[&fixed, more].concat());
        application.await_held(server, workers * each);
        application
    }

    fn uwsgi(server: &Server, workers: usize) -> Self {
        let workers_word = workers.to_string();
        let application = Self::start(
            server,
            1,
            &[
                "uwsgi",
                "--plugin",
                "python3",
                "--module",
                "app",
                "--master",
                "--http-socket",
                "http",
                "--processes",
                &workers_word,
            ],
        );
        application.await_held(server, workers);
        application
    }

    fn script(server: &Server, each: usize, words: &[&str]) -> Self {
        let application = Self::start(
            server,
            each,
            &[&["/usr/bin/python3", "script.py"], words].concat(),
        );
        application.await_held(server, each);
        application
    }

    fn await_held(&self, server: &Server, count: usize) {
        await_that(
            &format!("the application holds {count} connections"),
            || held(server) == count,
        );
        // The kernel's clock tells an answer from a question once both are over.
        std::thread::sleep(std::time::Duration::from_millis(300));
    }

    /// From now on workers that are started again do not connect.
    fn connect_no_more(&self) {
        std::fs::remove_file(self.directory.path().join("connect")).unwrap();
    }

    /// Keeps one worker busy for some seconds.
    fn ask(&self) -> UnixStream {
        let mut request = UnixStream::connect(self.directory.path().join("http")).unwrap();
        request.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
        request
    }

    fn pid(&self) -> i32 {
        self.process.id().cast_signed()
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        // Its group has its number for as long as it has not been collected.
        let _ = kill(Pid::from_raw(-self.pid()), Signal::SIGKILL);
        let _ = self.process.wait();
    }
}

/// Sessions of the applications.
fn held(server: &Server) -> usize {
    server
        .ask_witness("SELECT 1 FROM pg_stat_activity WHERE usename = 'app'")
        .len()
}

fn operator(server: &Server) -> Operator {
    Operator::on(server, "postgres")
}

fn recycle(operator: &Operator, words: &[&str]) -> Ran {
    let fixed = ["--format", "json", "workers", "recycle"];
    operator.run(&[&fixed, words].concat())
}

fn words(ran: &Ran) -> Vec<String> {
    ran.outcomes().into_iter().map(|(_, word)| word).collect()
}

fn alive(pid: i32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

/// A configuration with this text.
fn configured(operator: Operator, text: &str) -> Operator {
    let path: PathBuf = operator.home().join("config.toml");
    std::fs::write(&path, text).unwrap();
    operator.set("BREAKGLASS_CONFIG", &path)
}

#[test]
fn gunicorn_is_listed_with_its_master_and_what_each_worker_holds() {
    let server = Server::start(18);
    let gunicorn = Application::gunicorn(&server, 2, 2, &[]);
    let operator = operator(&server);
    let list = operator
        .run(&["--format", "json", "workers"])
        .expect_code(0);
    let json = list.json();
    let rows: Vec<&Value> = json["workers"].as_array().unwrap().iter().collect();
    let of = |role: &str| -> Vec<i64> {
        let rows = rows
            .iter()
            .filter(|row| row["runtime"] == "gunicorn" && row["role"] == role);
        rows.map(|row| row["connections"]["idle"].as_i64().unwrap())
            .collect()
    };
    assert_eq!(
        (of("master"), of("worker")),
        (vec![0], vec![2, 2]),
        "{list}"
    );
    let table = operator.run(&["workers"]).expect_code(0);
    assert!(table.stdout.contains("Gunicorn"), "{table}");
    assert!(
        table.stdout.contains(&gunicorn.pid().to_string()),
        "{table}"
    );
}

#[test]
fn recycled_gunicorn_workers_release_as_many_connections_as_predicted() {
    for more in [&[][..], &["--worker-class", "gthread", "--threads", "2"]] {
        let server = Server::start(16);
        let gunicorn = Application::gunicorn(&server, 2, 2, more);
        gunicorn.connect_no_more();
        let operator = operator(&server);
        let all = [
            "--runtime",
            "gunicorn",
            "--yes",
            "--all",
            "--pause",
            "0s",
            "--reason",
            "full",
        ];
        let ran = recycle(&operator, &all).expect_code(0);
        let json = ran.json();
        assert_eq!(words(&ran), ["gone", "gone"], "{ran}");
        assert_eq!(json["plan"]["frees"], 4, "{ran}");
        assert_eq!(
            (&json["closed"], &json["new"]),
            (&4.into(), &0.into()),
            "{ran}"
        );
        assert_eq!(held(&server), 0);
        assert!(alive(gunicorn.pid()));
        let record = operator.record();
        assert_eq!(record.len(), 3, "an intent and two outcomes");
        assert_eq!(record[0]["lane"], "workers");
        assert_eq!(record[0]["targets"][0]["signal"], "TERM");
        assert_eq!(record[2]["outcome"], "gone");
    }
}

#[test]
fn workers_that_are_started_again_and_connect_are_counted_as_new() {
    let server = Server::start(17);
    let _gunicorn = Application::gunicorn(&server, 2, 1, &[]);
    let ran = recycle(
        &operator(&server),
        &[
            "--runtime",
            "gunicorn",
            "--yes",
            "--limit",
            "1",
            "--wait",
            "3s",
        ],
    )
    .expect_code(0);
    await_that("the new worker has connected", || held(&server) == 2);
    let json = ran.json();
    assert_eq!(
        (words(&ran).len(), &json["closed"]),
        (1, &1.into()),
        "{ran}"
    );
    assert!(
        ran.stderr.contains("started again and take slots again"),
        "{ran}"
    );
}

#[test]
fn batches_stop_when_the_goal_is_reached() {
    let server = Server::start(18);
    let gunicorn = Application::gunicorn(&server, 5, 1, &[]);
    gunicorn.connect_no_more();
    let operator = operator(&server);
    let ran = recycle(
        &operator,
        &[
            "--runtime",
            "gunicorn",
            "--yes",
            "--all",
            "--batch",
            "2",
            "--pause",
            "100ms",
            "--until-free",
            "1",
        ],
    )
    .expect_code(0);
    let json = ran.json();
    assert_eq!(json["stopped"]["why"], "goal", "{ran}");
    let gone = words(&ran).iter().filter(|word| *word == "gone").count();
    assert_eq!(gone, 2, "{ran}");
    assert_eq!(held(&server), 3);
    let again = recycle(
        &operator,
        &["--runtime", "gunicorn", "--yes", "--all", "--until-answers"],
    )
    .expect_code(1);
    assert!(again.stderr.contains("is there already"), "{again}");
    assert_eq!(held(&server), 3);
}

#[test]
fn busy_workers_are_not_counted_and_are_told_apart() {
    let server = Server::start(18);
    let gunicorn = Application::gunicorn(&server, 2, 1, &[]);
    gunicorn.connect_no_more();
    let mut request = gunicorn.ask();
    await_that("the request runs", || {
        let running = "SELECT 1 FROM pg_stat_activity WHERE usename = 'app' AND state = 'active'";
        !server.ask_witness(running).is_empty()
    });
    std::thread::sleep(std::time::Duration::from_millis(300));
    let operator = operator(&server);
    let plan = recycle(&operator, &["--runtime", "gunicorn", "--dry-run"]).expect_code(0);
    let json = plan.json();
    assert_eq!(
        (&json["plan"]["frees"], &json["plan"]["closes"]["busy"]),
        (&1.into(), &1.into()),
        "{plan}"
    );
    assert_eq!(held(&server), 2);
    let idle = ["--runtime", "gunicorn", "--state", "idle", "--yes", "--all"];
    let ran = recycle(&operator, &idle).expect_code(0);
    assert_eq!((words(&ran).len(), held(&server)), (1, 1), "{ran}");
    // The other's request was not cut.
    let mut answer = String::new();
    request.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("200 OK"), "{answer}");
}

#[test]
fn a_batch_that_made_things_worse_is_the_last() {
    let server = Server::start(18);
    let gunicorn = Application::gunicorn(&server, 2, 1, &[]);
    let _requests = [gunicorn.ask(), gunicorn.ask()];
    await_that("both requests run", || {
        let running = "SELECT 1 FROM pg_stat_activity WHERE usename = 'app' AND state = 'active'";
        server.ask_witness(running).len() == 2
    });
    std::thread::sleep(std::time::Duration::from_millis(300));
    // A killed worker's backend runs on, and the worker in its place connects beside it.
    let ran = recycle(
        &operator(&server),
        &[
            "--state",
            "busy",
            "--yes",
            "--all",
            "--escalate",
            "--wait",
            "200ms",
            "--pause",
            "1500ms",
        ],
    )
    .expect_code(5);
    assert_eq!(ran.json()["stopped"]["why"], "worse", "{ran}");
    assert_eq!(words(&ran), ["gone", "still-there"], "{ran}");
    assert_eq!(held(&server), 3);
}

#[test]
fn ttou_to_the_master_takes_one_worker_away_for_good() {
    let server = Server::start(18);
    let gunicorn = Application::gunicorn(&server, 3, 1, &[]);
    let master = gunicorn.pid().to_string();
    let ran = recycle(
        &operator(&server),
        &[
            "--pid", &master, "--signal", "TTOU", "--yes", "--limit", "1",
        ],
    )
    .expect_code(0);
    assert_eq!(ran.json()["plan"]["frees"], 1, "{ran}");
    assert_eq!(
        ran.outcomes(),
        [(gunicorn.pid(), "gone".to_owned())],
        "{ran}"
    );
    assert_eq!(held(&server), 2);
}

#[test]
fn recycled_uwsgi_workers_release_their_connections() {
    let server = Server::start(18);
    let uwsgi = Application::uwsgi(&server, 2);
    uwsgi.connect_no_more();
    let ran = recycle(
        &operator(&server),
        &["--runtime", "uwsgi", "--yes", "--all", "--pause", "0s"],
    )
    .expect_code(0);
    assert_eq!(words(&ran), ["gone", "gone"], "{ran}");
    assert_eq!(
        (&ran.json()["closed"], held(&server)),
        (&2.into(), 0),
        "{ran}"
    );
    assert!(alive(uwsgi.pid()));
}

#[test]
fn who_ignores_term_is_still_there_and_gone_only_after_the_announced_grace() {
    let server = Server::start(18);
    let deaf = Application::script(&server, 1, &["deaf"]);
    let operator = operator(&server);
    let pid = deaf.pid().to_string();
    let these = ["--pid", &pid, "--yes", "--limit", "1", "--wait", "300ms"];
    let ran = recycle(&operator, &these).expect_code(5);
    assert_eq!(words(&ran), ["still-there"], "{ran}");
    assert_eq!(held(&server), 1);
    let ran = recycle(&operator, &[&these[..], &["--escalate"]].concat()).expect_code(0);
    assert!(
        ran.stderr.contains("SIGKILL for workers still there"),
        "{ran}"
    );
    assert_eq!(
        (words(&ran), held(&server)),
        (vec!["gone".to_owned()], 0),
        "{ran}"
    );
    assert_eq!(ran.json()["targets"][0]["killed"], true);
}

#[test]
fn a_master_postgres_the_first_process_and_who_started_us_are_never_signalled() {
    let server = Server::start(18);
    let gunicorn = Application::gunicorn(&server, 2, 1, &[]);
    let operator = operator(&server);
    let backend = server.ask_witness("SELECT pg_backend_pid()")[0][0]
        .clone()
        .unwrap();
    let ourselves = std::process::id().to_string();
    let master = gunicorn.pid().to_string();
    for (pid, reason) in [
        (master.as_str(), "master"),
        (&backend, "postgres"),
        ("1", "init"),
        (&ourselves, "ourselves"),
    ] {
        let ran = recycle(&operator, &["--pid", pid, "--yes", "--all"]).expect_code(4);
        assert!(ran.spares(pid.parse().unwrap(), reason), "{ran}");
        let term = [
            "--pid",
            pid,
            "--signal",
            "TERM",
            "--yes",
            "--all",
            "--dry-run",
        ];
        let ran = recycle(&operator, &term);
        assert_eq!(ran.code, if reason == "master" { 0 } else { 4 }, "{ran}");
    }
    for (signal, why) in [
        ("STOP", "frozen"),
        ("TSTP", "frozen"),
        ("KILL", "--escalate"),
    ] {
        let ran = operator
            .run(&["workers", "recycle", "--all", "--signal", signal])
            .expect_code(2);
        assert!(ran.stderr.contains(why), "{ran}");
    }
    assert_eq!(held(&server), 2);
    assert!(operator.record().is_empty());
}

#[test]
fn the_answer_counts_and_who_ended_while_the_question_stood_is_left_in_peace() {
    let server = Server::start(18);
    let first = Application::script(&server, 1, &[]);
    let second = Application::start(&server, 1, &["/usr/bin/python3", "script.py"]);
    second.await_held(&server, 2);
    let operator = operator(&server);
    let (one, other) = (first.pid().to_string(), second.pid().to_string());
    let typed = [
        "--format", "json", "workers", "recycle", "--pid", &one, "--pid", &other, "--pause", "0s",
    ];
    answer(&operator, &typed, "n\r", || {}).expect_code(4);
    assert_eq!(held(&server), 2);
    let ran = answer(&operator, &typed, "y\r", || {
        kill(Pid::from_raw(first.pid()), Signal::SIGKILL).unwrap();
        await_that("its session has ended", || held(&server) == 1);
    })
    .expect_code(0);
    let mut outcomes = ran.outcomes();
    outcomes.sort_unstable();
    let mut expected = vec![
        (first.pid(), "already-gone".to_owned()),
        (second.pid(), "gone".to_owned()),
    ];
    expected.sort_unstable();
    assert_eq!(outcomes, expected, "{ran}");
}

#[test]
fn what_this_lane_cannot_judge_is_an_error_and_nobody_is_signalled_unasked() {
    let server = Server::start(18);
    let _script = Application::script(&server, 1, &[]);
    let operator = operator(&server);
    for (typed, code, part) in [
        (
            &["--app", "web", "--yes", "--all"][..],
            2,
            "the workers lane cannot judge --app",
        ),
        (
            &["--include", "walsenders", "--yes", "--all"],
            2,
            "cannot judge --include",
        ),
        (
            &["--yes", "--all", "--runtime", "gunicron"],
            2,
            "did you mean 'gunicorn'",
        ),
        (&["--runtime", "plain", "--yes"], 2, "--limit N"),
        (&["--yes", "--limit", "1"], 2, "which workers"),
        (&["--all"], 4, "no terminal"),
    ] {
        let ran = recycle(&operator, typed).expect_code(code);
        assert!(ran.stderr.contains(part), "{ran}");
    }
    let protected = configured(operator, "[protected]\nusers = ['app']\n");
    let ran = recycle(&protected, &["--all", "--yes"]).expect_code(4);
    assert!(
        ran.stderr.contains("the configuration protects app"),
        "{ran}"
    );
    assert_eq!(held(&server), 1);
}

#[test]
fn another_user_is_told_what_cannot_be_seen() {
    assert!(
        nix::unistd::geteuid().is_root(),
        "becoming another user needs root, as which the tests are run"
    );
    let server = Server::start(18);
    let _script = Application::script(&server, 2, &[]);
    // The program must be where that user can reach it.
    let place = tempfile::Builder::new().tempdir_in("/var/tmp").unwrap();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(place.path(), open).unwrap();
    let program = place.path().join("breakglass");
    std::fs::copy(env!("CARGO_BIN_EXE_breakglass"), &program).unwrap();
    let port = server.port().to_string();
    let list = Command::new(&program)
        .env_clear()
        .args(["-p", &port, "workers"])
        .uid(65534)
        .gid(65534)
        .output()
        .unwrap();
    let text = String::from_utf8(list.stdout).unwrap();
    assert_eq!(list.status.code(), Some(1), "{text}");
    assert!(
        text.contains(
            "connections belong to processes of other users that are not visible without root"
        ),
        "{text}"
    );
}

#[test]
fn a_recycler_of_the_configuration_is_run_and_what_it_freed_is_counted() {
    let server = Server::start(18);
    let script = Application::script(&server, 2, &[]);
    let text = format!(
        "[recycler.web]\ncommand = 'kill {}'\ntimeout = '5s'\nfrees = 2\n\
         [recycler.broken]\ncommand = 'echo no such unit >&2; exit 3'\n\
         [recycler.slow]\ncommand = 'sleep 77.5'\ntimeout = '300ms'\n\
         [recycler.idle]\ncommand = 'true'\nfrees = 2\n\
         [recycler.pods]\ncommand = 'kubectl rollout restart deploy/web'\n",
        script.pid()
    );
    let operator = configured(operator(&server), &text);
    let via = |name: &str| {
        recycle(
            &operator,
            &["--via", name, "--yes", "--all", "--wait", "1s"],
        )
    };
    let plan = recycle(&operator, &["--via", "pods", "--dry-run"]).expect_code(0);
    assert!(plan.stdout.contains("maxSurge"), "{plan}");
    recycle(&operator, &["--via", "wbe", "--dry-run"]).expect_code(2);
    recycle(&operator, &["--via", "web", "--yes", "--limit", "1"]).expect_code(4);

    let failed = via("broken").expect_code(5);
    assert!(
        failed.json()["detail"]
            .as_str()
            .unwrap()
            .contains("no such unit"),
        "{failed}"
    );
    let slow = via("slow").expect_code(6);
    assert_eq!(slow.json()["outcome"], "timed-out", "{slow}");
    let without_effect = via("idle").expect_code(5);
    assert_eq!(without_effect.json()["closed"], 0, "{without_effect}");
    assert_eq!(held(&server), 2);

    let ran = via("web").expect_code(0);
    let json = ran.json();
    assert_eq!(
        (&json["closed"], &json["outcome"]),
        (&2.into(), &"done".into()),
        "{ran}"
    );
    assert_eq!(held(&server), 0);
    let outcomes: Vec<_> = operator
        .record()
        .iter()
        .filter(|line| line["event"] == "outcome")
        .map(|line| line["outcome"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(outcomes, ["failed", "timed-out", "done", "done"]);
}
