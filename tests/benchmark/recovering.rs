//! From Enter to an ordinary login on a full server: the program, and the quickest way by hand that there is.
//!
//! By hand means: somebody knows the statement or the signal and has it ready to paste. In turns, on the same server.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::support::{Cli, Held, Server, await_that};
use super::{environment, line};

/// One way to be full, what the program is told, and what is pasted: `$PSQL` is psql, `$POSTMASTER` its PID.
struct Case {
    name: &'static str,
    fill: fn(&Server) -> Held,
    ours: &'static [&'static str],
    by_hand: &'static str,
}

const CASES: [Case; 5] = [
    Case {
        name: "first",
        fill: Server::fill_ordinary_slots,
        ours: &[
            "terminate",
            "--user",
            "app",
            "--state",
            "idle",
            "--limit",
            "3",
        ],
        by_hand: "$PSQL -XqU postgres -c \"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE \
                  usename = 'app' AND state = 'idle' LIMIT 3\"",
    },
    Case {
        name: "second",
        fill: Server::fill_every_slot,
        ours: &[
            "terminate",
            "--user",
            "app",
            "--state",
            "idle",
            "--limit",
            "9",
        ],
        by_hand: "$PSQL -Xq 'dbname=postgres replication=database' -c \"SELECT pg_terminate_backend(pid) FROM \
                  pg_stat_activity WHERE usename IN ('app', 'reserved') AND state = 'idle'\"",
    },
    Case {
        name: "half-open",
        fill: Server::fill_with_half_finished_logins,
        ours: &[
            "backends",
            "terminate",
            "--user",
            "with_password",
            "--limit",
            "9",
            "--cluster",
        ],
        by_hand: "kill $(pgrep -P $POSTMASTER -f with_password)",
    },
    Case {
        name: "lock-queue",
        fill: |server| queue(server, true),
        ours: &["terminate", "--blocking", "--limit", "1"],
        by_hand: "$PSQL -XqU postgres -c \"SELECT pg_terminate_backend(head) FROM (SELECT DISTINCT \
                  unnest(pg_blocking_pids(pid)) AS head FROM pg_stat_activity) AS heads\"",
    },
    Case {
        name: "leak",
        fill: |server| queue(server, false),
        ours: &["free", "2", "--user", "app", "--limit", "4", "--stay", "1s"],
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

/// Measures every case and prints a line for each.
pub fn recovering() {
    println!("\nFrom Enter to an ordinary login, against the quickest way by hand:");
    for case in &CASES {
        let server = Server::start(17);
        let cli = environment(&server, "breakglass", server.port())
            .with(
                "PSQL",
                std::env::var("PSQL").unwrap_or_else(|_| "psql".to_owned()),
            )
            .with("POSTMASTER", server.throwaway.postmaster().to_string());
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..7 {
            ours.push(measure(&server, case, program(&cli, &server, case)));
            let shell = cli.around("/bin/sh".as_ref(), &["-c", case.by_hand]);
            theirs.push(measure(&server, case, shell));
        }
        line(case.name, "ms", ours, theirs);
    }
}

fn program(cli: &Cli, server: &Server, case: &Case) -> Command {
    let mut words: Vec<String> = case.ours.iter().map(|word| (*word).to_owned()).collect();
    if words.last().is_some_and(|word| word == "--cluster") {
        words.push(server.port().to_string());
    }
    words.push("--yes".to_owned());
    cli.command(&words)
}

/// Milliseconds from the start of `command` until an ordinary client is admitted.
fn measure(server: &Server, case: &Case, mut command: Command) -> f64 {
    await_that("nobody is left of the run before", || {
        let others = "SELECT 1 FROM pg_stat_activity WHERE backend_type = 'client backend' \
                      AND application_name <> 'witness'";
        server.ask_witness(others).is_empty()
    });
    let held = (case.fill)(server);
    let began = Instant::now();
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    await_that("an ordinary client gets in", || {
        server.refusal("app").is_none()
    });
    let took = began.elapsed();
    child.wait().unwrap();
    drop(held);
    // What was ended is gone before the next filling.
    std::thread::sleep(Duration::from_millis(100));
    took.as_secs_f64() * 1e3
}
