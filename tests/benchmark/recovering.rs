//! From Enter to an ordinary login on a full server: `rescue --yes`, which finds out by itself what to do, the one command
//! for somebody who knows what to do, and the quickest way by hand that there is.
//!
//! By hand means: somebody knows the statement and has it ready to paste. In turns, on the same server.

use std::any::Any;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::support::{Cli, Held, Server, await_that};
use super::{environment, line};

/// One way to be full, what the program is told, and what is pasted: `$PSQL` is psql.
struct Case {
    name: &'static str,
    fill: fn(&Server) -> Box<dyn Any>,
    command: &'static str,
    by_hand: &'static str,
}

const RESCUE: &str = "rescue --probe-user app --limit 200";

const CASES: [Case; 4] = [
    Case {
        name: "first",
        fill: |server| Box::new(server.fill_ordinary_slots()),
        command: "terminate --user app --state idle --limit 3",
        by_hand: "$PSQL -XqU postgres -c \"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE \
                  usename = 'app' AND state = 'idle' LIMIT 3\"",
    },
    Case {
        name: "second",
        fill: |server| Box::new(server.fill_every_slot()),
        command: "terminate --user app --state idle --limit 9",
        by_hand: "$PSQL -Xq 'dbname=postgres replication=database' -c \"SELECT pg_terminate_backend(pid) FROM \
                  pg_stat_activity WHERE usename IN ('app', 'reserved') AND state = 'idle'\"",
    },
    Case {
        name: "lock-queue",
        fill: |server| Box::new(queue(server, true)),
        command: "terminate --blocking --limit 1",
        by_hand: "$PSQL -XqU postgres -c \"SELECT pg_terminate_backend(head) FROM (SELECT DISTINCT \
                  unnest(pg_blocking_pids(pid)) AS head FROM pg_stat_activity) AS heads\"",
    },
    Case {
        name: "leak",
        fill: |server| Box::new(queue(server, false)),
        command: "free 2 --user app --limit 4 --stay 1s",
        by_hand: "$PSQL -XqU postgres -c \"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE \
                  state = 'idle in transaction' LIMIT 2\"",
    },
];

/// Ordinary slots full of open transactions; with `waiting` all but the first wait for the first.
fn queue(server: &Server, waiting: bool) -> Held {
    let mut held = server.fill_ordinary_slots();
    for (number, session) in held.sessions.iter_mut().enumerate() {
        if waiting && number > 0 {
            session
                .send("SELECT pg_advisory_xact_lock_shared(1)")
                .unwrap();
        } else {
            session
                .ask("BEGIN; SELECT pg_advisory_xact_lock_shared(2)")
                .unwrap()
                .unwrap();
        }
        if waiting && number == 0 {
            session
                .ask("SELECT pg_advisory_xact_lock(1)")
                .unwrap()
                .unwrap();
        }
    }
    let waiters = if waiting { held.sessions.len() - 1 } else { 0 };
    await_that("all of them wait", || {
        let sql = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
        server.ask_witness(sql).len() == waiters
    });
    held
}

/// Measures every case and prints two lines for each: `rescue`, and the one command.
pub fn recovering() {
    println!("\nFrom Enter to an ordinary login, against the quickest way by hand:");
    for case in &CASES {
        let server = Server::start(17);
        let cli = environment(&server, "breakglass", server.port()).with(
            "PSQL",
            std::env::var("PSQL").unwrap_or_else(|_| "psql".to_owned()),
        );
        let (mut led, mut told, mut by_hand) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..5 {
            led.push(measure(&server, case, program(&cli, RESCUE)));
            told.push(measure(&server, case, program(&cli, case.command)));
            let shell = cli.around("/bin/sh".as_ref(), &["-c", case.by_hand]);
            by_hand.push(measure(&server, case, shell));
        }
        println!(" {}", case.name);
        line("rescue", "ms", led, by_hand.clone());
        line("one command", "ms", told, by_hand);
    }
}

fn program(cli: &Cli, typed: &str) -> Command {
    let mut words: Vec<String> = typed.split(' ').map(str::to_owned).collect();
    words.push("--yes".to_owned());
    cli.command(&words)
}

/// Milliseconds from the start of `command` until an ordinary client is admitted, twice in a row.
fn measure(server: &Server, case: &Case, mut command: Command) -> f64 {
    await_that("nobody is left of the run before", || {
        let others = "SELECT 1 FROM pg_stat_activity WHERE backend_type IN ('client backend', 'walsender') \
                      AND application_name <> 'witness'";
        server.ask_witness(others).is_empty()
    });
    let held = (case.fill)(server);
    await_that("the server is full", || server.refusal("app").is_some());
    let began = Instant::now();
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut took = Duration::ZERO;
    let whom = format!(
        "{}: an ordinary client gets in after {command:?}",
        case.name
    );
    await_that(&whom, || {
        let admitted = server.refusal("app").is_none();
        took = began.elapsed();
        admitted && server.refusal("app").is_none()
    });
    child.wait().unwrap();
    drop(held);
    took.as_secs_f64() * 1e3
}
