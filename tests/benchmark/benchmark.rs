//! The program against psql: the same question, the same sessions, the same server, in turns.
//!
//! `tests/bench` runs it. It prints what it measured and judges nothing: the machine decides how long things
//! take, so only the ratios say something.

#![allow(clippy::print_stdout, clippy::expect_used, clippy::unwrap_used)]

mod proxy;
mod recovering;
#[allow(dead_code, unused_imports)] // It uses a part.
#[path = "../support/mod.rs"]
mod support;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use breakglass::drill::client::Behaviour;
use breakglass::drill::{Application, Role};
use breakglass::observe::{QueryText, sql};
use proxy::Proxy;
use support::{Cli, Server};

const SESSIONS: usize = 2_000;
const TO_END: usize = 1_900;
/// One way, so that a round trip is twice as long.
const DELAY: Duration = Duration::from_millis(50);
/// What the program sets for its own protection before it asks.
const SAFETY: &str = "SET statement_timeout = 10000; SET lock_timeout = 10000; \
                      SET idle_in_transaction_session_timeout = 10000; SET search_path = pg_catalog";

/// What one run cost.
#[derive(Debug, Clone, Copy)]
struct Cost {
    wall: f64,
    cpu: f64,
    memory: f64,
}

fn main() {
    println!(
        "Each figure is minimum/median of the runs; the ratio is breakglass to psql, so below 1 is less."
    );
    if std::env::var("ONLY").is_ok() {
        return recovering::recovering();
    }
    let server = Server::start_with(17, |settings| {
        settings
            .set("max_connections", SESSIONS + 100)
            .set("shared_buffers", "16MB")
            .set("log_min_messages", "panic")
    });
    first_listing();
    let mut held = crowd(&server, SESSIONS - TO_END, "steady");
    held.extend(crowd(&server, TO_END, "crowd"));
    listing(&server);
    ending(&server, held);
    recovering::recovering();
}

/// Sessions of one application, held by several processes.
fn crowd(server: &Server, sessions: usize, app: &'static str) -> Vec<Application> {
    const PROCESSES: usize = 4;
    let role = Role {
        app,
        username: "app",
        connections: sessions / PROCESSES,
        behaviour: Behaviour::Idle,
    };
    let program = env!("CARGO_BIN_EXE_breakglass").as_ref();
    let start = |_| Application::start(program, server.throwaway.address(), &role).unwrap();
    (0..PROCESSES).map(start).collect()
}

fn environment(server: &Server, user: &str, port: u16) -> Cli {
    let cli = Cli::new()
        .without("COLUMNS")
        .with("PGSSLMODE", "prefer")
        .with("PGDATABASE", "postgres");
    let cli = server
        .environment(user)
        .into_iter()
        .fold(cli, |cli, (name, value)| cli.with(name, value));
    cli.with("PGPORT", port.to_string())
}

fn psql(cli: &Cli, statements: &[&str]) -> Command {
    let program = std::env::var("PSQL").unwrap_or_else(|_| "psql".to_owned());
    let mut args = vec!["-X", "--csv", "-q"];
    for statement in statements {
        args.extend(["-c", statement]);
    }
    cli.around(program.as_ref(), &args)
}

/// The very statement that the program sends.
fn question() -> String {
    sql::snapshot(170_000, QueryText::Whole, true)
}

// It is waited for with wait4, which also says what it cost.
#[allow(unsafe_code, clippy::zombie_processes)]
fn run(mut command: Command) -> Cost {
    let began = Instant::now();
    let child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let pid = i32::try_from(child.id()).unwrap();
    let mut status = 0;
    // SAFETY: all zeroes is a valid rusage.
    let mut usage: nix::libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are to live values, and nobody else waits for this child.
    let waited = unsafe { nix::libc::wait4(pid, &raw mut status, 0, &raw mut usage) };
    assert_eq!((waited, status), (pid, 0), "{command:?} failed");
    #[allow(clippy::cast_precision_loss)]
    Cost {
        wall: began.elapsed().as_secs_f64() * 1e3,
        cpu: usage.ru_utime.tv_sec as f64 * 1e3 + usage.ru_utime.tv_usec as f64 / 1e3,
        memory: usage.ru_maxrss as f64 / 1024.0,
    }
}

fn minimum_and_median(mut values: Vec<f64>) -> (f64, f64) {
    values.sort_by(f64::total_cmp);
    (values[0], values[values.len() / 2])
}

fn line(what: &str, unit: &str, ours: Vec<f64>, theirs: Vec<f64>) {
    let (ours, theirs) = (minimum_and_median(ours), minimum_and_median(theirs));
    println!(
        "  {what:<12} breakglass {:>7.1}/{:<7.1} psql {:>7.1}/{:<7.1} {unit:<3} ratio {:.2}/{:.2}",
        ours.0,
        ours.1,
        theirs.0,
        theirs.1,
        ours.0 / theirs.0,
        ours.1 / theirs.1
    );
}

fn listing(server: &Server) {
    println!("\nListing {SESSIONS} sessions as CSV, the same statement:");
    let cli = environment(server, "breakglass", server.port());
    let question = question();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..11 {
        ours.push(run(cli.command(&["sessions", "--format", "csv"])));
        theirs.push(run(psql(&cli, &[&question])));
    }
    let of = |costs: &[Cost], pick: fn(&Cost) -> f64| costs.iter().map(pick).collect();
    line(
        "wall time",
        "ms",
        of(&ours, |cost| cost.wall),
        of(&theirs, |cost| cost.wall),
    );
    line(
        "user CPU",
        "ms",
        of(&ours, |cost| cost.cpu),
        of(&theirs, |cost| cost.cpu),
    );
    line(
        "memory",
        "MB",
        of(&ours, |cost| cost.memory),
        of(&theirs, |cost| cost.memory),
    );
}

fn ending(server: &Server, mut held: Vec<Application>) {
    println!("\nEnding {TO_END} sessions, until the server shows none of them:");
    let cli = environment(server, "breakglass", server.port());
    let gone = || {
        let sql = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'crowd' LIMIT 1";
        while !server.ask_witness(sql).is_empty() {
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    let set_based = "SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'crowd'";
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..6 {
        if round > 0 {
            held.extend(crowd(server, TO_END, "crowd"));
        }
        let began = Instant::now();
        let times = if round % 2 == 0 {
            run(cli.command(&[
                "terminate",
                "--app",
                "crowd",
                "--yes",
                "--all",
                "--recount",
                "0s",
                "--wait",
                "60s",
                "--format",
                "csv",
            ]));
            &mut ours
        } else {
            run(psql(&cli, &[set_based]));
            &mut theirs
        };
        gone();
        times.push(began.elapsed().as_secs_f64() * 1e3);
        // The processes that held them have nothing left to hold.
        held.truncate(4);
    }
    line("wall time", "ms", ours, theirs);
}

fn first_listing() {
    println!(
        "\nRound trips to a first listing, {} ms each:",
        2 * DELAY.as_millis()
    );
    let server = Server::start(17);
    for (user, what) in [("breakglass", "trusted"), ("with_password", "SCRAM")] {
        let proxy = Proxy::start(server.port(), DELAY);
        let cli = environment(&server, user, proxy.port).with("PGPASSWORD", "correct horse");
        let question = question();
        let together = format!("BEGIN; {SAFETY}; {question}; COMMIT");
        for (name, command) in [
            ("breakglass sessions", cli.command(&["sessions"])),
            ("psql, the question alone", psql(&cli, &[&question])),
            ("psql, settings in one string", psql(&cli, &[&together])),
            ("psql, settings first", psql(&cli, &[SAFETY, &question])),
        ] {
            let cost = run(command);
            println!(
                "  {what:<8} {name:<30} {:>2} round trips, {:>4.0} ms",
                proxy.take_round_trips(),
                cost.wall
            );
        }
    }
}
