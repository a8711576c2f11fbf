//! The workers lane, as typed, on real application servers that hold real connections.

mod application;
mod containers;
mod guards;
mod node;
mod php;
mod python;
mod ruby;
mod supervised;

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::support::{Operator, Ran, Server, answer, await_that, for_each_major};
use application::{Application, PYTHON, await_busy, await_left, held};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

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

/// What the list has but for ourselves, who hold the witness's connection: runtime, role, and how many connections are idle, by PID.
fn listed(operator: &Operator) -> Vec<(String, String, i64)> {
    let list = operator.run(&["--format", "json", "workers"]);
    let json = list.json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let row = |row: &Value| {
        let idle = row["connections"]["idle"].as_i64().unwrap();
        (text(&row["runtime"]), text(&row["role"]), idle)
    };
    let workers = json["workers"].as_array().unwrap().iter();
    let others = workers.filter(|row| row["pid"] != std::process::id());
    let mut rows: Vec<_> = others.map(row).collect();
    rows.sort();
    rows
}

/// The rows of a master without connections and two workers that hold one each.
fn master_and_two(runtime: &str) -> Vec<(String, String, i64)> {
    [("master", 0), ("worker", 1), ("worker", 1)]
        .map(|(role, idle)| (runtime.to_owned(), role.to_owned(), idle))
        .to_vec()
}

fn alive(pid: i32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

/// The processes whose parent `pid` is.
fn children(pid: i32) -> Vec<i32> {
    let parent = |child: i32| -> Option<i32> {
        let stat = std::fs::read_to_string(format!("/proc/{child}/stat")).ok()?;
        let (_, fields) = stat.rsplit_once(") ")?;
        let mut fields = fields.split(' ');
        // One that has ended and has not been collected is nobody's any more.
        (fields.next()? != "Z").then(|| fields.next()?.parse().ok())?
    };
    let all = pids().into_iter();
    all.filter(|child| parent(*child) == Some(pid)).collect()
}

/// Every process of this host.
fn pids() -> Vec<i32> {
    let names = std::fs::read_dir("/proc").unwrap();
    names
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect()
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
fn on_every_major_a_holder_is_listed_and_recycled() {
    for_each_major(|server| {
        let script = Application::script(server, 1, &[]);
        let operator = operator(server);
        let alone = ("plain".to_owned(), "alone".to_owned(), 1);
        assert_eq!(listed(&operator), [alone]);
        let ran = recycle(&operator, &["--runtime", "plain", "--yes", "--all"]).expect_code(0);
        assert_eq!(ran.outcomes(), [(script.pid(), "gone".to_owned())], "{ran}");
        let json = ran.json();
        assert_eq!(
            (
                &json["plan"]["prediction"]["frees"],
                &json["outcome"]["details"]["closed"]
            ),
            (&1.into(), &1.into()),
            "{ran}"
        );
        await_left(server, 0);
    });
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
        assert_eq!(json["plan"]["prediction"]["frees"], 4, "{ran}");
        assert_eq!(
            (
                &json["outcome"]["details"]["closed"],
                &json["outcome"]["details"]["new"]
            ),
            (&4.into(), &0.into()),
            "{ran}"
        );
        await_left(&server, 0);
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
        (words(&ran).len(), &json["outcome"]["details"]["closed"]),
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
    assert_eq!(json["outcome"]["stopped"]["why"], "goal", "{ran}");
    let gone = words(&ran).iter().filter(|word| *word == "gone").count();
    assert_eq!(gone, 2, "{ran}");
    await_left(&server, 3);
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
    await_busy(&server, 1);
    let operator = operator(&server);
    let plan = recycle(&operator, &["--runtime", "gunicorn", "--dry-run"]).expect_code(0);
    let json = plan.json();
    assert_eq!(
        (
            &json["plan"]["prediction"]["frees"],
            &json["plan"]["prediction"]["classes"]["busy"]
        ),
        (&1.into(), &1.into()),
        "{plan}"
    );
    assert_eq!(held(&server), 2);
    let idle = ["--runtime", "gunicorn", "--state", "idle", "--yes", "--all"];
    let ran = recycle(&operator, &idle).expect_code(0);
    assert_eq!(words(&ran).len(), 1, "{ran}");
    await_left(&server, 1);
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
    await_busy(&server, 2);
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
            "3s",
        ],
    )
    .expect_code(5);
    assert_eq!(ran.json()["outcome"]["stopped"]["why"], "worse", "{ran}");
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
    assert_eq!(ran.json()["plan"]["prediction"]["frees"], 1, "{ran}");
    assert_eq!(
        ran.outcomes(),
        [(gunicorn.pid(), "gone".to_owned())],
        "{ran}"
    );
    await_left(&server, 2);
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
    assert_eq!(words(&ran), ["gone"], "{ran}");
    await_left(&server, 0);
    assert_eq!(ran.json()["outcome"]["targets"][0]["killed"], true);
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
    let second = Application::start(&server, 1, &[PYTHON, "script.py"]);
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
        await_left(&server, 1);
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
        failed.json()["outcome"]["targets"][0]["detail"]
            .as_str()
            .unwrap()
            .contains("no such unit"),
        "{failed}"
    );
    let slow = via("slow").expect_code(6);
    assert_eq!(
        slow.json()["outcome"]["targets"][0]["outcome"],
        "timed-out",
        "{slow}"
    );
    let without_effect = via("idle").expect_code(5);
    assert_eq!(
        without_effect.json()["outcome"]["details"]["closed"],
        0,
        "{without_effect}"
    );
    assert_eq!(held(&server), 2);

    let ran = via("web").expect_code(0);
    let json = ran.json();
    assert_eq!(
        (
            &json["outcome"]["details"]["closed"],
            &json["outcome"]["targets"][0]["outcome"]
        ),
        (&2.into(), &"done".into()),
        "{ran}"
    );
    await_left(&server, 0);
    let outcomes: Vec<_> = operator
        .record()
        .iter()
        .filter(|line| line["event"] == "outcome")
        .map(|line| line["outcome"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(outcomes, ["failed", "timed-out", "done", "done"]);
}
