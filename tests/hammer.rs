//! The hammer: random load, random commands of two operators at once, and nothing outside a confirmed plan ever dies.
//!
//! Every connection of the load is held by this test, which knows whether it hung up itself. Whatever else ends must
//! stand in the intent of a command that confirmed it, and fit what that command was told. Twenty seconds; for longer,
//! `BREAKGLASS_HAMMER=5m`. The seed is printed, and `BREAKGLASS_HAMMER_SEED` repeats it.

#![allow(clippy::print_stderr)] // The seed is what a failure is repeated with.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::support::{Operator, Ran, Server, pid};
use breakglass::drill::wire::{Login, Session};
use fastrand::Rng;
use serde_json::Value;

/// Threads of load, each with a handful of sessions.
const LOADERS: usize = 3;
/// Sessions a loader holds at most.
const EACH: usize = 6;
/// What the sessions of the load call themselves.
const APPS: [&str; 3] = ["shop", "report", "it's \"odd\" %s"];
/// The states they are put into.
const STATES: [&str; 4] = ["idle", "active", "idle-in-transaction", "aborted"];

/// A session: PID, and its start in microseconds, as the server has it.
type Id = (i32, i64);

/// What is known of a session of the load.
#[derive(Debug, Clone)]
struct Known {
    app: &'static str,
    /// When this test began to hang up, if it did.
    left: bool,
}

/// All sessions of the load that ever were.
type Book = Mutex<BTreeMap<Id, Known>>;

struct Held {
    id: Id,
    session: Session,
}

fn start_of(session: &mut Session) -> Option<i64> {
    let sql = "SELECT (extract(epoch FROM backend_start) * 1000000)::bigint FROM pg_stat_activity \
               WHERE pid = pg_backend_pid()";
    let rows = session.ask(sql).ok()?.ok()?;
    rows.first()?.first()?.as_ref()?.parse().ok()
}

/// Opens one more session and puts it into a state. A full server, or an end in the middle, is no session.
fn open(server: &Server, rng: &mut Rng, book: &Book) -> Option<Held> {
    let app = *rng.choice(&APPS)?;
    let parameters = [
        ("user", "app"),
        ("database", "postgres"),
        ("application_name", app),
    ];
    let Login::Admitted(mut session) = server.log_in(&parameters) else {
        return None;
    };
    let id = (session.pid, start_of(&mut session)?);
    book.lock().unwrap().insert(id, Known { app, left: false });
    // Somebody may end it meanwhile: that is what is tested.
    let _ = match rng.u8(0..5) {
        0 => session
            .send("SELECT pg_sleep(600)")
            .map(|()| Ok(Vec::new())),
        1 => session.ask("BEGIN; SELECT 1"),
        2 => session.ask("BEGIN; SELECT 1/0"),
        _ => session.ask("SELECT 1"),
    };
    Some(Held { id, session })
}

/// Opens and closes sessions until `until`. Returns those that somebody else ended, and those still held.
fn load(server: &Server, seed: u64, book: &Book, until: Instant) -> (Vec<Id>, Vec<Held>) {
    let mut rng = Rng::with_seed(seed);
    let (mut held, mut ended) = (Vec::new(), Vec::new());
    while Instant::now() < until {
        let (gone, there): (Vec<Held>, Vec<Held>) = held
            .into_iter()
            .map(|mut one: Held| (one.session.has_ended(), one))
            .fold(
                (Vec::new(), Vec::new()),
                |(mut gone, mut there), (over, one)| {
                    if over {
                        gone.push(one)
                    } else {
                        there.push(one)
                    }
                    (gone, there)
                },
            );
        ended.extend(gone.iter().map(|one| one.id));
        held = there;
        if held.len() < EACH && rng.u8(0..3) > 0 {
            held.extend(open(server, &mut rng, book));
        } else if !held.is_empty() && rng.u8(0..4) == 0 {
            let one = held.swap_remove(rng.usize(..held.len()));
            book.lock().unwrap().get_mut(&one.id).unwrap().left = true;
        }
        std::thread::sleep(Duration::from_millis(rng.u64(1..40)));
    }
    (ended, held)
}

/// A command line that a person might type, aimed at the load's role. Never wrong use.
fn command(rng: &mut Rng, port: u16) -> Vec<String> {
    let port = port.to_string();
    let limit = rng.u8(1..5).to_string();
    let mut words: Vec<&str> = match rng.u8(0..8) {
        0..3 => vec!["terminate", "--recount", "0s", "--wait", "30s"],
        3 => vec!["cancel", "--wait", "30s"],
        4 => vec!["free", "3", "--stay", "0s", "--active"],
        5 | 6 => vec![
            "backends",
            "terminate",
            "--cluster",
            &port,
            "--recount",
            "0s",
            "--wait",
            "30s",
        ],
        _ => vec!["backends", "cancel", "--cluster", &port, "--wait", "30s"],
    };
    let by_processes = words[0] == "backends";
    words.extend(["--user", "app"]);
    if rng.bool() {
        words.extend(["--state", rng.choice(&STATES[..3]).unwrap()]);
    }
    if rng.bool() && !by_processes {
        words.extend(["--app", rng.choice(&APPS).unwrap()]);
    }
    if rng.u8(0..4) == 0 {
        words.extend(["--oldest", "3"]);
    }
    words.extend(["--limit", &limit]);
    // One in five changes nothing: only shown, or not confirmed.
    match rng.u8(0..10) {
        0 => words.push("--dry-run"),
        1 => {}
        _ => words.push("--yes"),
    }
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Types one command after the other until `until`. Returns how often each exit code came.
fn operate(operator: &Operator, port: u16, seed: u64, until: Instant) -> BTreeMap<i32, usize> {
    let mut rng = Rng::with_seed(seed);
    let mut codes = BTreeMap::new();
    while Instant::now() < until {
        let typed = command(&mut rng, port);
        let words: Vec<&str> = typed.iter().map(String::as_str).collect();
        let ran: Ran = operator.run(&words);
        // Done, nobody there, no lane in a full server, refused or unconfirmed, partly: never wrong use, a signal, or
        // contact lost, for nobody cuts it.
        assert!([0, 1, 3, 4, 5].contains(&ran.code), "{typed:?}: {ran}");
        *codes.entry(ran.code).or_default() += 1;
    }
    codes
}

/// The value after `flag` in a command line.
fn typed<'a>(line: &'a Value, flag: &str) -> Option<&'a str> {
    let words = line["operator"]["command_line"].as_array()?;
    let at = words.iter().position(|word| word == flag)?;
    words.get(at + 1)?.as_str()
}

/// Whether the intent `line` names `id`: by start where the lane knows it, else by the number alone.
fn names(line: &Value, id: Id) -> bool {
    line["targets"].as_array().unwrap().iter().any(|target| {
        // A process's start is on the kernel's own clock.
        let by_process = line["lane"] == "backends";
        pid(&target["pid"]) == id.0 && (by_process || target["backend_start_us"] == id.1)
    })
}

/// Fails unless every intent is what its command line asked for.
fn assert_as_typed(intents: &[Value], book: &BTreeMap<Id, Known>) {
    for line in intents {
        let targets = line["targets"].as_array().unwrap();
        let words = line["operator"]["command_line"].as_array().unwrap();
        assert!(
            words.iter().any(|word| word == "--yes"),
            "unconfirmed: {line}"
        );
        let limit: usize = typed(line, "--limit").unwrap().parse().unwrap();
        assert!(targets.len() <= limit, "more than --limit: {line}");
        for target in targets {
            assert_eq!(target["user"], "app", "{line}");
            let state = typed(line, "--state");
            assert!(
                state
                    .is_none_or(|state| target["state"] == state.replace('-', " ")
                        || target["state"] == state),
                "{line}"
            );
            let number = pid(&target["pid"]);
            // Whoever died before the load knew of it is in no book.
            let mut namesakes = book.iter().filter(|(id, _)| id.0 == number).peekable();
            let fits = typed(line, "--app").is_none_or(|app| {
                namesakes.peek().is_none() || namesakes.any(|(_, known)| known.app == app)
            });
            assert!(fits, "{line}");
        }
    }
}

fn how_long() -> Duration {
    std::env::var("BREAKGLASS_HAMMER").map_or(Duration::from_secs(20), |text| {
        text.parse::<humantime::Duration>().unwrap().into()
    })
}

#[test]
fn nothing_outside_a_confirmed_plan_ever_dies() {
    let seed = std::env::var("BREAKGLASS_HAMMER_SEED")
        .map_or_else(|_| fastrand::u64(..), |text| text.parse().unwrap());
    eprintln!("BREAKGLASS_HAMMER_SEED={seed}");
    let major = *Rng::with_seed(seed)
        .choice(&crate::support::MAJORS)
        .unwrap();
    let server = Server::start_with(major, |settings| {
        settings
            .set("max_connections", 24)
            .set("max_wal_senders", 6)
    });
    // They are on no command line, and must all be there at the end.
    let mut bystanders: Vec<Session> = (0..3).map(|_| server.session("postgres", "shop")).collect();
    let operators = [
        Operator::on(&server, "breakglass"),
        Operator::on(&server, "breakglass"),
    ];
    let book = Book::default();
    let until = Instant::now() + how_long();
    let (mut ended, mut held, mut codes) = (Vec::new(), Vec::new(), Vec::new());
    std::thread::scope(|scope| {
        let loaders: Vec<_> = (0..LOADERS as u64)
            .map(|number| {
                let (server, book) = (&server, &book);
                scope.spawn(move || load(server, seed.wrapping_add(number), book, until))
            })
            .collect();
        let typing: Vec<_> = operators
            .iter()
            .zip(100_u64..)
            .map(|(operator, number)| {
                let port = server.port();
                scope.spawn(move || operate(operator, port, seed.wrapping_add(number), until))
            })
            .collect();
        for loader in loaders {
            let (gone, there) = loader.join().unwrap();
            ended.extend(gone);
            held.extend(there);
        }
        codes.extend(typing.into_iter().map(|one| one.join().unwrap()));
    });
    // What a command that ended last has done.
    for mut one in held {
        if one.session.has_ended() {
            ended.push(one.id);
        }
    }
    let book = book.into_inner().unwrap();
    let intents: Vec<Value> = operators
        .iter()
        .flat_map(Operator::record)
        .filter(|line| line["event"] == "intent")
        .collect();
    assert_as_typed(&intents, &book);
    let unexplained: Vec<_> = ended
        .iter()
        .filter(|id| {
            let ends = |line: &&Value| {
                line["action"]
                    .as_str()
                    .is_some_and(|word| !word.contains("cancel"))
            };
            !intents.iter().filter(ends).any(|line| names(line, **id))
        })
        .map(|id| (id, &book[id]))
        .collect();
    assert!(unexplained.is_empty(), "seed {seed}: {unexplained:?}");
    for one in &mut bystanders {
        assert!(
            one.ask("SELECT 1").is_ok_and(|answer| answer.is_ok()),
            "seed {seed}"
        );
    }
    assert!(!server.throwaway.log().contains("reinitializing"));
    eprintln!(
        "PostgreSQL {major}: {} sessions, {} ended by {} intents, exit codes {codes:?}",
        book.len(),
        ended.len(),
        intents.len()
    );
    // A hammer that hits nothing proves nothing.
    assert!(
        !ended.is_empty() && !intents.is_empty(),
        "seed {seed}: {codes:?}"
    );
}
