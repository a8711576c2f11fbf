//! `rescue` on real servers in real trouble: from the first look until an ordinary role gets in, with nobody ended that
//! was not shown, and with the record, the evidence and the exit code telling what happened.

use std::time::Duration;

use crate::support::{
    Fate, MAJORS, Operator, Pooler, Proxy, Pty, Ran, Server, await_that, for_majors, holds,
};
use breakglass::drill::wire::{Login, Session};
use serde_json::Value;

/// Runs `rescue` as the break-glass role, in JSON; what counts is whether `app` gets in.
fn rescue(operator: &Operator, words: &str) -> Ran {
    let line = format!("rescue --probe-user app --format json {words}");
    operator.run(&line.split_whitespace().collect::<Vec<&str>>())
}

fn steps(json: &Value) -> Vec<&str> {
    let done = json["done"].as_array().unwrap().iter();
    done.map(|one| one["step"].as_str().unwrap()).collect()
}

/// The evidence names what the run says it does.
fn evidence(json: &Value) -> Value {
    let path = json["evidence"].as_str().unwrap();
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn with_every_slot_gone_an_ordinary_role_gets_in_again() {
    for_majors(&MAJORS, Server::start, |server| {
        let held = server.fill_every_slot();
        let operator = Operator::on(server, "breakglass");
        assert!(server.refusal("app").is_some());
        let ran = rescue(&operator, "--yes --limit 12 --reason drill").expect_code(0);
        let json = ran.json();
        assert_eq!(json["format"], "breakglass/rescue/1");
        assert_eq!(json["finish"], "recovered", "{json:#}");
        assert_eq!(steps(&json), ["free"], "{json:#}");
        assert_eq!(json["done"][0]["lane"], "replication");
        assert_eq!(json["admission"]["proof"], "login");
        assert!(json["recovered_after_seconds"].as_f64().unwrap() > 0.0);
        assert!(server.refusal("app").is_none());
        let gone = json["gone"].as_u64().unwrap();
        let left = server.alive(&held.pids()).len();
        assert_eq!(left as u64 + gone, held.pids().len() as u64);
        assert!((1..=12).contains(&gone), "{gone}");
        // The witness of this test holds one more.
        assert_eq!(json["untouched"], left + 1, "{json:#}");
        let told = operator
            .record()
            .iter()
            .filter(|line| line["event"] == "outcome" && line["outcome"] == "gone")
            .count();
        assert_eq!(told as u64, gone, "{:#?}", operator.record());
        // One run, one record; and the evidence is from before.
        let runs: Vec<_> = operator
            .record()
            .iter()
            .map(|line| line["run"].clone())
            .collect();
        assert!(runs.iter().all(|run| *run == runs[0]), "{runs:?}");
        let saved = evidence(&json).to_string();
        assert!(saved.contains("reserved"), "{saved}");
        assert!(!saved.contains("SELECT pg_sleep"), "{saved}");
    });
}

#[test]
fn on_a_server_with_room_nothing_is_done_and_that_is_no_failure() {
    for_majors(&[13, 18], Server::start, |server| {
        let operator = Operator::on(server, "breakglass");
        for words in ["", "--dry-run", "--yes --limit 5"] {
            let json = rescue(&operator, words).expect_code(0).json();
            assert_eq!(json["finish"], "nothing-wrong", "{json:#}");
            assert_eq!(json["admission"]["verdict"], "admitted");
            assert_eq!(steps(&json), [""; 0]);
            assert!(json["evidence"].is_null());
        }
        assert_eq!(operator.record(), [] as [Value; 0]);
    });
}

#[test]
fn without_a_terminal_the_commands_are_printed_and_nothing_is_done() {
    for_majors(&[14, 17], Server::start, |server| {
        let held = server.fill_ordinary_slots();
        let operator = Operator::on(server, "breakglass");
        let json = rescue(&operator, "").expect_code(4).json();
        assert_eq!(json["finish"], "printed");
        let command = json["proposal"]["commands"][0].as_str().unwrap().to_owned();
        assert!(command.contains("breakglass free"), "{command}");
        let ran = operator
            .run(&["rescue", "--probe-user", "app"])
            .expect_code(4);
        assert!(ran.stdout.contains(&command), "{}", ran.stdout);
        assert!(ran.stdout.contains("NOT DONE"), "{}", ran.stdout);
        let rehearsed = rescue(&operator, "--dry-run").expect_code(0).json();
        assert_eq!(rehearsed["finish"], "dry-run");
        assert_eq!(server.alive(&held.pids()), held.pids());
        assert_eq!(operator.record(), [] as [Value; 0]);
        // What was printed is what helps.
        let words: Vec<String> = shlex(&command);
        let words: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
        let ran = operator.run(&[&words[..], &["--yes", "--limit", "9"]].concat());
        ran.expect_code(0);
        assert!(server.refusal("app").is_none());
    });
}

/// The words of a command without quotes.
fn shlex(line: &str) -> Vec<String> {
    assert!(!line.contains(['\'', '"', '\\']), "{line}");
    line.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn wrong_use_and_a_record_that_cannot_be_kept_are_refused_before_anything_is_done() {
    for_majors(&[16], Server::start, |server| {
        let held = server.fill_ordinary_slots();
        let operator = Operator::on(server, "breakglass");
        operator.run(&["rescue", "--yes"]).expect_code(2);
        operator.run(&["rescue", "--limit", "0"]).expect_code(2);
        operator.run(&["rescue", "--format", "csv"]).expect_code(2);
        let taken = operator.home().join("taken");
        std::fs::write(&taken, "mine").unwrap();
        let words = [
            "rescue",
            "--yes",
            "--limit",
            "5",
            "--probe-user",
            "app",
            "--evidence",
        ];
        let ran = operator.run(&[&words[..], &[taken.to_str().unwrap()]].concat());
        ran.expect_code(4);
        assert_eq!(std::fs::read_to_string(&taken).unwrap(), "mine");
        // A file stands where the directory of the record has to be.
        std::fs::write(operator.home().join("state"), "").unwrap();
        let ran = operator.run(&["rescue", "--yes", "--limit", "5", "--probe-user", "app"]);
        let ran = ran.expect_code(4);
        assert!(ran.stderr.contains("nothing was done"), "{}", ran.stderr);
        assert_eq!(server.alive(&held.pids()), held.pids());
    });
}

#[test]
fn without_any_database_lane_the_processes_of_the_server_are_the_way() {
    for_majors(&[13, 18], Server::start, |server| {
        let _slots = server.fill_every_slot();
        let _walsenders = server.fill_walsenders();
        let operator = Operator::on(server, "breakglass");
        let json = rescue(&operator, "--yes --limit 20").expect_code(0).json();
        assert_eq!(json["finish"], "recovered", "{json:#}");
        assert_eq!(json["done"][0]["step"], "end-backends", "{json:#}");
        assert_eq!(json["done"][0]["lane"], "backends");
        assert!(server.refusal("app").is_none());
    });
}

#[test]
fn logins_that_are_not_through_are_ended_by_their_processes_and_nobody_in_their_stead() {
    for_majors(&[13, 18], Server::start, |server| {
        let innocent = [0; 2].map(|_| server.session("app", "billing"));
        let _half = server.fill_with_half_finished_logins();
        let operator = Operator::on(server, "breakglass");
        // They have only just begun, and count as stalled once they have been at it for a while.
        let json = rescue(&operator, "--yes --limit 20").expect_code(0).json();
        assert_eq!(steps(&json), ["end-starting"], "{json:#}");
        assert!(server.refusal("app").is_none());
        let pids = innocent.each_ref().map(|session| session.pid);
        assert_eq!(server.alive(&pids), pids);
    });
}

fn sessions(server: &Server, user: &str, app: &str) -> Vec<Session> {
    let mut held = Vec::new();
    let parameters = [
        ("user", user),
        ("database", "postgres"),
        ("application_name", app),
    ];
    while let Login::Admitted(session) = server.log_in(&parameters) {
        held.push(session);
    }
    assert!(held.len() > 1);
    held
}

/// A session in a transaction in which it has done `sql`.
fn in_transaction(server: &Server, name: &str, sql: &str) -> Session {
    let mut session = server.session("app", name);
    session.ask("BEGIN").unwrap().unwrap();
    let _ = session.ask(sql).unwrap();
    session
}

#[test]
fn of_a_lock_queue_the_head_alone_is_ended() {
    for_majors(&[15, 18], Server::start, |server| {
        server.ask_witness("CREATE TABLE orders (id int); GRANT ALL ON orders TO PUBLIC");
        let head = in_transaction(server, "migration", "LOCK orders IN ACCESS EXCLUSIVE MODE");
        let mut queue = sessions(server, "app", "web");
        for session in &mut queue {
            session.send("SELECT * FROM orders").unwrap();
        }
        let last = queue.last().unwrap().pid;
        server.await_running(last);
        let operator = Operator::on(server, "breakglass");
        let json = rescue(&operator, "--yes --limit 1").expect_code(0).json();
        assert_eq!(json["done"][0]["step"], "end-head", "{json:#}");
        assert_eq!(server.alive(&[head.pid]), [] as [i32; 0]);
        let waiting: Vec<i32> = queue.iter().map(|session| session.pid).collect();
        assert_eq!(server.alive(&waiting), waiting);
    });
}

#[test]
fn an_application_that_logs_in_as_a_superuser_is_ended_by_a_superuser_only() {
    for_majors(&[17], Server::start, |server| {
        let _held = sessions(server, "postgres", "admin-app");
        let operator = Operator::on(server, "breakglass");
        let json = rescue(&operator, "--dry-run").expect_code(0).json();
        assert_ne!(json["proposal"]["next"], "end-superusers", "{json:#}");
        let passed = json["proposal"]["passed_over"].to_string();
        assert!(passed.contains("no superuser"), "{passed}");
        let operator = Operator::on(server, "postgres");
        let json = rescue(&operator, "--yes --limit 20").expect_code(0).json();
        assert!(steps(&json).contains(&"end-superusers"), "{json:#}");
        assert!(server.refusal("app").is_none());
    });
}

#[test]
fn what_a_leak_left_open_is_ended_and_nobody_who_works() {
    for_majors(&[16], Server::start, |server| {
        let mut busy = server.session("app", "reports");
        busy.send("SELECT pg_sleep(600)").unwrap();
        server.await_running(busy.pid);
        let mut leaks = sessions(server, "app", "leaky");
        for leak in &mut leaks {
            leak.ask("BEGIN").unwrap().unwrap();
        }
        let leaked: Vec<i32> = leaks.iter().map(|leak| leak.pid).collect();
        let operator = Operator::on(server, "breakglass");
        let json = rescue(&operator, "--yes --limit 9").expect_code(0).json();
        assert_eq!(json["finish"], "recovered", "{json:#}");
        assert_eq!(server.alive(&[busy.pid]), [busy.pid]);
        assert!(server.alive(&leaked).len() < leaked.len());
    });
}

#[test]
fn where_everybody_runs_a_statement_nobody_is_ended_and_a_restart_is_not_what_is_left() {
    for_majors(&[15], Server::start, |server| {
        let mut busy = sessions(server, "app", "reports");
        for session in &mut busy {
            session.send("SELECT pg_sleep(600)").unwrap();
        }
        for session in &busy {
            server.await_running(session.pid);
        }
        let pids: Vec<i32> = busy.iter().map(|session| session.pid).collect();
        let operator = Operator::on(server, "breakglass");
        let json = rescue(&operator, "--yes --limit 9").expect_code(3).json();
        assert_eq!(json["finish"], "statements", "{json:#}");
        assert_eq!(steps(&json), [""; 0], "{json:#}");
        assert!(evidence(&json).to_string().contains("reports"));
        assert_eq!(server.alive(&pids), pids);
        let command = json["proposal"]["commands"][0].as_str().unwrap();
        let words: Vec<String> = shlex(command);
        let words: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
        let ran = operator.run(&[&words[..], &["--yes", "--limit", "9"]].concat());
        ran.expect_code(0);
        assert!(server.refusal("app").is_none());
    });
}

#[test]
fn where_only_a_restart_is_left_it_says_how_and_the_evidence_is_saved() {
    for_majors(&[16], Server::start, |server| {
        // Sessions of superusers only, by titles alone: nobody of them is touched.
        let held = sessions(server, "postgres", "admin-app");
        let _walsenders = server.fill_walsenders();
        let pids: Vec<i32> = held.iter().map(|session| session.pid).collect();
        let operator = Operator::on(server, "breakglass");
        let words = ["rescue", "--probe-user", "app", "--yes", "--limit", "9"];
        let json = rescue(&operator, "--yes --limit 9").json();
        assert_eq!(json["finish"], "restart", "{json:#}");
        assert!(evidence(&json)["format"].is_string(), "{json:#}");
        let ran = operator.run(&words).expect_code(3);
        for said in [
            "only a restart of PostgreSQL is left",
            "fast, not smart",
            "-m fast",
            "pgbouncer disable",
            "evidence",
        ] {
            assert!(ran.stdout.contains(said), "{said}: {}", ran.stdout);
        }
        // No limit holds a superuser.
        assert!(!ran.stdout.contains("--role postgres"), "{}", ran.stdout);
        let ran = operator.run(&[&words[..], &["--no-evidence"]].concat());
        assert!(ran.stdout.contains("breakglass snapshot"), "{}", ran.stdout);
        assert_eq!(server.alive(&pids), pids);
    });
}

#[test]
fn a_storm_is_fenced_and_an_ordinary_role_gets_in_while_it_rages() {
    for_majors(&[13, 17], Server::start, |server| {
        server.ask_witness("CREATE ROLE stormy LOGIN");
        server.ask_witness("ALTER ROLE breakglass CREATEROLE");
        if server.major >= 16 {
            server.ask_witness("GRANT stormy TO breakglass WITH ADMIN OPTION");
        }
        let storm = server.storm("stormy", 60);
        let operator = Operator::on(server, "breakglass");
        let json = rescue(&operator, "--yes --limit 200").json();
        assert_eq!(json["finish"], "recovered", "{json:#}");
        assert!(steps(&json).contains(&"fence-and-free"), "{json:#}");
        // Clients that the fence turns away hold a slot for a moment each, so a single login may meet them.
        await_that("an ordinary role gets in", || {
            server.refusal("app").is_none()
        });
        let fences = json["standing_fences"].as_array().unwrap();
        assert_eq!(fences.len(), 1, "{json:#}");
        assert_eq!(fences[0]["name"], "stormy", "{json:#}");
        drop(storm);
        operator.run(&["fence", "--undo", "--yes"]).expect_code(0);
        let limit =
            server.ask_witness("SELECT rolconnlimit FROM pg_roles WHERE rolname = 'stormy'");
        assert_eq!(limit, [[Some("-1".to_owned())]]);
    });
}

/// `rescue` at a terminal.
fn at_terminal(operator: &Operator, words: &[&str]) -> Pty {
    let words = [&["rescue", "--probe-user", "app"], words].concat();
    Pty::start(operator.command(&words))
}

#[test]
fn at_a_terminal_each_step_is_asked_for() {
    for_majors(&[18], Server::start, |server| {
        let held = server.fill_ordinary_slots();
        let operator = Operator::on(server, "breakglass");
        // No, and Ctrl-C: nothing was done.
        let mut no = at_terminal(&operator, &[]);
        no.await_text("Type 5");
        no.press("n\r");
        assert_eq!(no.end(), 4, "{}", no.screen());
        assert!(no.screen().contains("nothing was done"), "{}", no.screen());
        let mut interrupted = at_terminal(&operator, &[]);
        interrupted.await_text("Type 5");
        interrupted.press("\x03");
        assert_eq!(interrupted.end(), -2, "{}", interrupted.screen());
        assert_eq!(server.alive(&held.pids()), held.pids());
        let mut yes = at_terminal(&operator, &[]);
        yes.await_text("Type 5");
        yes.press("5\r");
        assert_eq!(yes.end(), 0, "{}", yes.screen());
        for said in ["RECOVERED", "untouched  "] {
            assert!(yes.screen().contains(said), "{}", yes.screen());
        }
        assert!(server.alive(&held.pids()).len() < held.pids().len());
        assert!(server.refusal("app").is_none());
    });
}

#[test]
fn a_terminal_that_is_closed_in_the_middle_leaves_a_whole_record() {
    for_majors(&[17], Server::start, |server| {
        let held = server.fill_ordinary_slots();
        let released = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let reached = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let (hold, seen) = (released.clone(), reached.clone());
        let proxy = Proxy::before(server, move |piece| {
            // The first statement that ends sessions is held until the terminal is gone.
            if holds(piece, "pg_terminate_backend")
                && !seen.swap(true, std::sync::atomic::Ordering::SeqCst)
            {
                await_that("the terminal is closed", || {
                    hold.load(std::sync::atomic::Ordering::SeqCst)
                });
                std::thread::sleep(Duration::from_millis(200));
            }
            Fate::Passes
        });
        let operator = Operator::at("127.0.0.1", proxy.port, "breakglass");
        let mut walk = at_terminal(&operator, &["--yes", "--limit", "9"]);
        await_that("sessions are being ended", || {
            reached.load(std::sync::atomic::Ordering::SeqCst)
        });
        walk.hang_up();
        released.store(true, std::sync::atomic::Ordering::SeqCst);
        let code = walk.end();
        assert!([0, 5].contains(&code), "{code}");
        let gone = held.pids().len() - server.alive(&held.pids()).len();
        let record = operator.record();
        let told = record
            .iter()
            .filter(|line| line["outcome"] == "gone")
            .count();
        assert_eq!((told, told > 0), (gone, true), "{record:#?}");
    });
}

#[test]
fn contact_that_is_lost_in_the_middle_of_a_step_is_said() {
    for_majors(&[14], Server::start, |server| {
        let held = server.fill_ordinary_slots();
        let proxy = Proxy::before(server, |piece| {
            if holds(piece, "pg_terminate_backend") {
                Fate::CutBefore
            } else {
                Fate::Passes
            }
        });
        let operator = Operator::at("127.0.0.1", proxy.port, "breakglass");
        let json = rescue(&operator, "--yes --limit 9").expect_code(6).json();
        assert_eq!(json["finish"], "lost", "{json:#}");
        assert_eq!(server.alive(&held.pids()), held.pids());
        let record = operator.record();
        assert!(
            record.iter().any(|line| line["outcome"] == "unknown"),
            "{record:#?}"
        );
    });
}

#[test]
fn every_lane_has_its_row_and_a_pooler_that_is_configured_has_one_too() {
    for_majors(&[15], Server::start, |server| {
        let pooler = Pooler::before(server);
        let operator = Operator::on(server, "breakglass");
        let _session = server.session("app", "web");
        let state = |json: &Value, name: &str| {
            let lanes = json["survey"]["lanes"].as_array().unwrap();
            let row = lanes.iter().find(|lane| lane["lane"] == name);
            row.map(|row| row["state"].as_str().unwrap().to_owned())
        };
        let words = format!("--dry-run --pgbouncer {}", pooler.console("admin"));
        let json = rescue(&operator, &words).expect_code(0).json();
        assert_eq!(
            state(&json, "pgbouncer").as_deref(),
            Some("open"),
            "{json:#}"
        );
        let json = rescue(&operator, "--dry-run").expect_code(0).json();
        assert_eq!(state(&json, "pgbouncer"), None, "{json:#}");
        // The server runs here, and so does the test, which holds the connections.
        for lane in ["login", "replication", "backends", "workers"] {
            assert_eq!(
                state(&json, lane).as_deref(),
                Some("open"),
                "{lane}: {json:#}"
            );
        }
        // Severing needs a capability that not every place gives.
        let sockets = &json["survey"]["sockets"];
        let seen = ["idle", "waiting", "undecided", "closing"].map(|one| sockets[one].as_u64());
        assert!(seen.into_iter().flatten().sum::<u64>() > 0, "{json:#}");
    });
}
