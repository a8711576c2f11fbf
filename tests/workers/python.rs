//! Celery and uWSGI.

use std::process::Stdio;

use super::application::{Application, PYTHON, await_busy, await_left, held};
use super::{alive, children, listed, master_and_two, operator, recycle, words};
use crate::support::{Server, await_that};

/// Tasks of a process that connects when it starts, over a broker that is a directory.
const TASKS: &str = r#"
import os
import psycopg2
from celery import Celery
from celery.signals import worker_process_init

os.makedirs("queue", exist_ok=True)
app = Celery("tasks", broker="filesystem://")
app.conf.broker_transport_options = {"data_folder_in": "queue", "data_folder_out": "queue"}
held = []

@worker_process_init.connect
def connect(**_):
    if os.path.exists("connect"):
        connection = psycopg2.connect(host="127.0.0.1", port=os.environ["PORT"], user="app", dbname="postgres")
        connection.autocommit = True
        connection.cursor().execute("SELECT pg_sleep(0.05)")
        held.append(connection)

@app.task
def work():
    held[0].cursor().execute("SELECT pg_sleep(6)")
    open("done", "w").close()
"#;

fn celery(server: &Server) -> Application {
    let program = [PYTHON, "-m", "celery", "-A", "tasks", "worker", "-c", "2"];
    let celery = Application::with(server, 1, &[("tasks.py", TASKS)], &program);
    celery.await_held(server, 2);
    celery
}

fn uwsgi(server: &Server, held: usize, more: &[&str]) -> Application {
    let fixed = [
        "uwsgi",
        "--plugin",
        "python3",
        "--module",
        "app",
        "--http-socket",
        "http",
    ];
    let uwsgi = Application::start(server, 1, &[&fixed, more].concat());
    uwsgi.await_held(server, held);
    uwsgi
}

#[test]
fn term_to_celery_is_warned_of_and_the_task_in_hand_is_finished() {
    let server = Server::start(18);
    let celery = celery(&server);
    let operator = operator(&server);
    assert_eq!(listed(&operator), master_and_two("celery"));
    let task = "import tasks; tasks.work.delay()";
    let sent = celery
        .command(&server, &[PYTHON, "-c", task])
        .stderr(Stdio::inherit())
        .status();
    assert!(sent.unwrap().success());
    await_busy(&server, 1);
    let these = ["--runtime", "celery", "--yes", "--all", "--wait", "200ms"];
    let ran = recycle(&operator, &these).expect_code(5);
    assert_eq!(
        ran.outcomes(),
        [(celery.pid(), "still-there".to_owned())],
        "{ran}"
    );
    assert!(
        ran.stderr
            .contains("waits for running tasks without a limit"),
        "{ran}"
    );
    let plan = &ran.json()["plan"];
    assert_eq!(
        (
            &plan["prediction"]["frees"],
            &plan["prediction"]["classes"]["busy"]
        ),
        (&1.into(), &1.into()),
        "{ran}"
    );
    await_left(&server, 0);
    assert!(celery.path("done").exists(), "its task was finished");
}

#[test]
fn one_process_of_celerys_pool_is_replaced() {
    let server = Server::start(17);
    let celery = celery(&server);
    let operator = operator(&server);
    let one = children(celery.pid())[0];
    let word = one.to_string();
    let these = ["--pid", &word, "--signal", "TERM", "--yes", "--all"];
    let ran = recycle(&operator, &these).expect_code(0);
    assert_eq!(ran.outcomes(), [(one, "gone".to_owned())], "{ran}");
    assert_eq!(
        ran.json()["plan"]["targets"][0]["respawned"],
        "always",
        "{ran}"
    );
    assert!(ran.stderr.contains("can leave it locked"), "{ran}");
    await_that("another is in its place", || {
        let now = children(celery.pid());
        now.len() == 2 && !now.contains(&one) && held(&server) == 2
    });
}

#[test]
fn celery_without_a_task_ends_with_all_its_connections() {
    let server = Server::start(16);
    let celery = celery(&server);
    let all = ["--runtime", "celery", "--yes", "--all", "--wait", "30s"];
    let ran = recycle(&operator(&server), &all).expect_code(0);
    let json = ran.json();
    assert_eq!(ran.outcomes(), [(celery.pid(), "gone".to_owned())], "{ran}");
    assert_eq!(
        (
            &json["plan"]["prediction"]["frees"],
            &json["outcome"]["details"]["closed"]
        ),
        (&2.into(), &2.into()),
        "{ran}"
    );
    await_left(&server, 0);
}

#[test]
fn recycled_uwsgi_workers_release_their_connections() {
    for threads in [&[][..], &["--threads", "2"]] {
        let server = Server::start(18);
        let two = ["--master", "--processes", "2"];
        let uwsgi = uwsgi(&server, 2, &[&two, threads].concat());
        uwsgi.connect_no_more();
        let operator = operator(&server);
        assert_eq!(listed(&operator), master_and_two("uwsgi"));
        let ran = recycle(
            &operator,
            &["--runtime", "uwsgi", "--yes", "--all", "--pause", "0s"],
        )
        .expect_code(0);
        assert_eq!(words(&ran), ["gone", "gone"], "{ran}");
        assert_eq!(ran.json()["outcome"]["details"]["closed"], 2, "{ran}");
        await_left(&server, 0);
        assert!(alive(uwsgi.pid()));
    }
}

#[test]
fn a_uwsgi_worker_without_a_master_does_not_come_back_and_that_is_said() {
    let server = Server::start(18);
    let uwsgi = uwsgi(&server, 3, &["--processes", "3"]);
    let operator = operator(&server);
    let all = ["--runtime", "uwsgi", "--yes", "--all", "--pause", "0s"];
    let ran = recycle(&operator, &all).expect_code(0);
    assert!(ran.stderr.contains("runs without a master"), "{ran}");
    assert_eq!(
        ran.json()["plan"]["targets"][0]["respawned"],
        "never",
        "{ran}"
    );
    assert_eq!(words(&ran), ["gone", "gone"], "{ran}");
    // The first process serves too, and the socket is its.
    assert!(ran.spares(uwsgi.pid(), "master"), "{ran}");
    await_left(&server, 1);
    assert!(children(uwsgi.pid()).is_empty());

    // The one that is left holds nothing but its own: it is a worker that stands alone.
    let ran = recycle(&operator, &all).expect_code(0);
    assert_eq!(ran.outcomes(), [(uwsgi.pid(), "gone".to_owned())], "{ran}");
    assert_eq!(
        ran.json()["plan"]["targets"][0]["respawned"],
        "supervised",
        "{ran}"
    );
    await_left(&server, 0);
}
