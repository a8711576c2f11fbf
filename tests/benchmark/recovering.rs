//! From Enter to an ordinary login on a full server: `rescue --yes`, which finds out by itself what to do, the one command
//! for somebody who knows what to do, and the quickest way by hand that there is.
//!
//! By hand means: somebody knows the statement and has it ready to paste. In turns, on the same server.

use std::any::Any;
use std::process::Stdio;
use std::time::{Duration, Instant};

use breakglass::drill::client::Behaviour;
use breakglass::drill::{Application, CONFIGURATION, Role};

use super::support::{Held, Pooler, Release, Server, await_that};
use super::{environment, line};

/// One way to be full, what the program is told, and what is pasted. Both are lines for a shell, in which `$BREAKGLASS`
/// and `$PSQL` are the programs and `$CONSOLE` is the pooler's console.
struct Case {
    name: &'static str,
    /// Once, before the server is filled for the first time.
    prepare: &'static str,
    fill: fn(&Server) -> Full,
    command: &'static str,
    by_hand: &'static str,
}

/// What keeps a server full, and the pooler's console if there is one.
struct Full {
    held: Box<dyn Any>,
    console: String,
}

impl Full {
    fn by(held: impl Any) -> Self {
        Self {
            held: Box::new(held),
            console: String::new(),
        }
    }
}

const RESCUE: &str = "exec $BREAKGLASS rescue --probe-user app --limit 200 --yes";
const RESCUE_WITH_POOLER: &str =
    "exec $BREAKGLASS rescue --probe-user app --limit 200 --yes --pgbouncer $CONSOLE";

const CASES: [Case; 9] = [
    Case {
        name: "first",
        prepare: "",
        fill: |server| Full::by(server.fill_ordinary_slots()),
        command: "exec $BREAKGLASS terminate --user app --state idle --limit 3 --yes",
        by_hand: "exec $PSQL -XqU postgres -c \"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE \
                  usename = 'app' AND state = 'idle' LIMIT 3\"",
    },
    Case {
        name: "second",
        prepare: "",
        fill: |server| Full::by(server.fill_every_slot()),
        command: "exec $BREAKGLASS terminate --user app --state idle --limit 9 --yes",
        by_hand: "exec $PSQL -Xq 'dbname=postgres replication=database' -c \"SELECT pg_terminate_backend(pid) FROM \
                  pg_stat_activity WHERE usename IN ('app', 'reserved') AND state = 'idle'\"",
    },
    Case {
        name: "storm",
        prepare: "CREATE ROLE stormy LOGIN; ALTER ROLE breakglass CREATEROLE; \
                  GRANT stormy TO breakglass WITH ADMIN OPTION",
        fill: |server| {
            server.ask_witness("ALTER ROLE stormy CONNECTION LIMIT -1");
            Full::by(server.storm("stormy", 60))
        },
        command: "$BREAKGLASS fence --role stormy --limit 3 --yes && \
                  exec $BREAKGLASS terminate --user stormy --limit 200 --yes",
        by_hand: "until $PSQL -XqU postgres -c 'ALTER ROLE stormy CONNECTION LIMIT 3' -c \"SELECT \
                  pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'stormy'\"; do :; done",
    },
    Case {
        name: "half-open",
        prepare: "",
        fill: |server| Full::by(server.fill_with_half_finished_logins()),
        command: "exec $BREAKGLASS backends terminate --cluster $PGPORT --state starting --limit 20 --yes",
        by_hand: "exec pkill -TERM -f '^postgres: with_password .* authentication$'",
    },
    Case {
        name: "lock-queue",
        prepare: "",
        fill: |server| Full::by(queue(server, true)),
        command: "exec $BREAKGLASS terminate --blocking --limit 1 --yes",
        by_hand: "exec $PSQL -XqU postgres -c \"SELECT pg_terminate_backend(head) FROM (SELECT DISTINCT \
                  unnest(pg_blocking_pids(pid)) AS head FROM pg_stat_activity) AS heads\"",
    },
    Case {
        name: "leak",
        prepare: "",
        fill: |server| Full::by(queue(server, false)),
        command: "exec $BREAKGLASS free 2 --user app --limit 4 --stay 1s --yes",
        by_hand: "exec $PSQL -XqU postgres -c \"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE \
                  state = 'idle in transaction' LIMIT 2\"",
    },
    Case {
        name: "workers",
        prepare: "",
        fill: |server| Full::by(workers(server)),
        command: "exec $BREAKGLASS workers recycle -p $PGPORT --runtime drill --limit 2 --yes",
        by_hand: "exec pkill -TERM -o -f \"^[^ ]+ drill-worker .*--port $PGPORT \"",
    },
    Case {
        name: "pooler",
        prepare: "",
        fill: |server| pooled(server),
        command: "exec $BREAKGLASS pgbouncer kill shop --all --yes --pgbouncer $CONSOLE",
        by_hand: "exec $PSQL -Xq $CONSOLE/pgbouncer -c 'KILL shop' -c 'RESUME shop'",
    },
    Case {
        name: "blind",
        prepare: "",
        fill: |server| Full::by((server.fill_every_slot(), server.fill_walsenders())),
        command: "exec $BREAKGLASS backends terminate --cluster $PGPORT --user app --user reserved --state idle \
                  --limit 20 --yes",
        by_hand: "exec pkill -TERM -f '^postgres: (app|reserved) .* idle$'",
    },
];

/// An application server whose workers hold the ordinary slots, and a few sessions for the rest.
fn workers(server: &Server) -> (Application, Held) {
    const WORKERS: usize = 3;
    let role = Role {
        app: "web",
        username: "app",
        connections: WORKERS,
        behaviour: Behaviour::Idle,
    };
    let words = ["drill-master", "--workers", "3"];
    let program = env!("CARGO_BIN_EXE_breakglass").as_ref();
    let application =
        Application::start_as(program, server.throwaway.address(), &role, &words).unwrap();
    (application, server.fill_ordinary_slots())
}

/// A pooler whose clients keep transactions open on most ordinary slots, and a few sessions for the rest.
fn pooled(server: &Server) -> Full {
    let slots = server.ordinary_slots() / 2 + 1;
    let size = slots.to_string();
    let pooler = Pooler::start(server, Release::Packaged, &[("default_pool_size", &size)]);
    let begun = |_| {
        let mut client = pooler.client("shop", "web");
        client.ask("BEGIN").unwrap().unwrap();
        client
    };
    let clients: Vec<_> = (0..slots).map(begun).collect();
    let console = pooler.console("admin");
    Full {
        held: Box::new((clients, pooler, server.fill_ordinary_slots())),
        console,
    }
}

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

/// Measures every case and prints two lines for each: `rescue`, and the command for somebody who knows.
pub fn recovering() {
    println!("\nFrom Enter to an ordinary login, against the quickest way by hand:");
    let only = std::env::var("ONLY").unwrap_or_default();
    for case in CASES.iter().filter(|case| case.name.contains(&only)) {
        let server = Server::start(17);
        if !case.prepare.is_empty() {
            server.ask_witness(case.prepare);
        }
        let rescue = match case.name {
            "pooler" => RESCUE_WITH_POOLER,
            _ => RESCUE,
        };
        let (mut led, mut told, mut by_hand) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..5 {
            led.push(measure(&server, case, rescue));
            told.push(measure(&server, case, case.command));
            by_hand.push(measure(&server, case, case.by_hand));
        }
        println!(" {}", case.name);
        line("rescue", "ms", led, by_hand.clone());
        line("one command", "ms", told, by_hand);
    }
}

/// Milliseconds from the start of a shell with `typed` until an ordinary client is admitted; twice in a row where nobody
/// comes back for the slot.
fn measure(server: &Server, case: &Case, typed: &str) -> f64 {
    await_that("nobody is left of the run before", || {
        let others = "SELECT 1 FROM pg_stat_activity WHERE backend_type IN ('client backend', 'walsender') \
                      AND application_name <> 'witness'";
        server.ask_witness(others).is_empty()
    });
    let full = (case.fill)(server);
    await_that("the server is full", || server.refusal("app").is_some());
    // A record of its own each time: no fence of the run before stands in this one's.
    let psql = std::env::var("PSQL").unwrap_or_else(|_| "psql".to_owned());
    let cli = environment(server, "breakglass", server.port())
        .with("PSQL", psql)
        .with("BREAKGLASS", env!("CARGO_BIN_EXE_breakglass"))
        .with("CONSOLE", &full.console);
    cli.file(".config/breakglass/config.toml", CONFIGURATION, 0o600);
    let mut command = cli.around("/bin/sh".as_ref(), &["-c", typed]);
    let again = !matches!(case.name, "storm" | "workers");
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
        admitted && !(again && server.refusal("app").is_some())
    });
    child.wait().unwrap();
    drop(full.held);
    took.as_secs_f64() * 1e3
}
