//! Every command that acts, at a real terminal: it shows its plan and asks; a no and a Ctrl-C change nothing and leave
//! nothing in the record; a yes does it, once, and says what became of it. At 80 columns in colour, at 64, and on a
//! terminal that knows no escape sequences.

use std::io::Write as _;
use std::process::{Child, Command, Stdio};

use crate::support::{
    Cli, Command as Typed, PASSWORD, Pooler, Pty, Release, Server, await_that, commands, faults,
};
use breakglass::drill::wire::Session;

/// A command that asks.
struct Asked {
    /// What is typed; words in capitals stand for what the stage has.
    line: &'static str,
    /// How its plan begins.
    plan: &'static str,
    /// What it asks.
    question: &'static str,
    /// The answer that does it.
    yes: &'static str,
    /// How its outcome begins.
    done: &'static str,
}

const fn asked(
    line: &'static str,
    plan: &'static str,
    question: &'static str,
    yes: &'static str,
    done: &'static str,
) -> Asked {
    Asked {
        line,
        plan,
        question,
        yes,
        done,
    }
}

/// In an order in which each finds what it needs.
const ASKED: [Asked; 20] = [
    asked(
        "cancel --pid BUSY",
        "PLAN: cancel ",
        "Cancel the running statement of 1 session? [y/N]",
        "y",
        "DONE: ",
    ),
    asked(
        "terminate --pid IDLE",
        "PLAN: end 1 session",
        "End 1 session? [y/N]",
        "y",
        "DONE: ",
    ),
    asked(
        "free FREE --app leaky",
        "PLAN: end sessions until ",
        "[y/N]",
        "y",
        "DONE: ",
    ),
    asked(
        "-U postgres fence --role app --limit 25",
        "PLAN: limit role app to 25",
        "[y/N]",
        "y",
        "FENCED: ",
    ),
    asked(
        "-U postgres fence --undo",
        "PLAN: undo 1 fence",
        "[y/N]",
        "y",
        "UNDONE: ",
    ),
    asked(
        "fence --pool shop --pgbouncer CONSOLE",
        "PLAN: ",
        "[y/N]",
        "y",
        "FENCED: ",
    ),
    asked(
        "fence --undo --pgbouncer CONSOLE",
        "PLAN: undo 1 fence",
        "[y/N]",
        "y",
        "UNDONE: ",
    ),
    asked(
        "backends cancel --cluster PORT --pid BUSY",
        "PLAN: cancel ",
        "Cancel the running statement of 1 session? [y/N]",
        "y",
        "DONE: ",
    ),
    asked(
        "backends terminate --cluster PORT --pid IDLE",
        "PLAN: end 1 session",
        "End 1 session? [y/N]",
        "y",
        "DONE: ",
    ),
    asked(
        "sockets sever -p PORT --pid IDLE",
        "PLAN: sever 1 connection",
        "[y/N]",
        "y",
        "DONE: ",
    ),
    asked(
        "workers recycle -p PORT --pid WORKER",
        "PLAN: recycle 1 process",
        "Recycle 1 process? [y/N]",
        "y",
        "DONE: ",
    ),
    asked(
        "pgbouncer disable shop --pgbouncer CONSOLE",
        "PLAN: refuse new clients",
        "[y/N]",
        "y",
        "DONE: ",
    ),
    asked(
        "pgbouncer enable shop --pgbouncer CONSOLE",
        "PLAN: admit new clients",
        "[y/N]",
        "y",
        "DONE: ",
    ),
    asked(
        "pgbouncer pause shop --for 1s --pgbouncer CONSOLE",
        "PLAN: ",
        "[y/N]",
        "y",
        "DONE: ",
    ),
    asked(
        "pgbouncer resume shop --pgbouncer CONSOLE",
        "PLAN: ",
        "[y/N]",
        "y",
        "DONE: ",
    ),
    asked(
        "pgbouncer reconnect shop --pgbouncer CONSOLE",
        "PLAN: ",
        "[y/N]",
        "y",
        "DONE: ",
    ),
    asked(
        "pgbouncer kill-client CLIENT --pgbouncer CONSOLE",
        "PLAN: drop 1 client",
        "[y/N]",
        "y",
        "DONE: ",
    ),
    asked(
        "pgbouncer kill shop --pgbouncer CONSOLE",
        "PLAN: drop ",
        "[y/N]",
        "y",
        "DONE: ",
    ),
    asked(
        "-U postgres prepare --apply --role glass",
        "",
        "[y/N]",
        "y",
        "open",
    ),
    asked("rescue --probe-user app", "", "[y/N]", "y", "RECOVERED"),
];

/// A server, a pooler before it, and an environment that leads to them.
struct Stage {
    server: Server,
    pooler: Pooler,
    cli: Cli,
    held: Vec<Session>,
    busy: Vec<Session>,
    clients: Vec<Session>,
    worker: Option<Child>,
}

impl Stage {
    fn new() -> Self {
        let server = Server::start_with(17, |settings| settings.set("max_connections", 30));
        let pooler = Pooler::start(&server, Release::Newer, &[]);
        let cli = Cli::on(&server, "breakglass").without("COLUMNS");
        // So that ending one is not ending most.
        let held = (0..8).map(|_| server.session("app", "steady")).collect();
        Self {
            server,
            pooler,
            cli,
            held,
            busy: Vec::new(),
            clients: Vec::new(),
            worker: None,
        }
    }

    /// Puts on the stage what `line` speaks of, and writes it in.
    fn fill_in(&mut self, line: &str) -> Vec<String> {
        if line.contains("resume") {
            self.console("PAUSE shop");
        }
        if line.starts_with("rescue") {
            while self.server.refusal("app").is_none() {
                let another = self.server.session("app", "leaky");
                self.held.push(another);
            }
        }
        let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        for word in &mut words {
            *word = match word.as_str() {
                "PORT" => self.server.port().to_string(),
                "CONSOLE" => self.pooler.console("admin"),
                "IDLE" => self.idle().to_string(),
                "BUSY" => self.running().to_string(),
                "FREE" => {
                    self.idle();
                    self.idle();
                    // The program's own session takes one.
                    (self.free_slots() + 1).to_string()
                }
                "WORKER" => self.working().to_string(),
                "CLIENT" => self.client(),
                _ => continue,
            };
        }
        words
    }

    fn idle(&mut self) -> i32 {
        let session = self.server.session("app", "leaky");
        self.held.push(session);
        self.held.last().unwrap().pid
    }

    fn running(&mut self) -> i32 {
        let mut session = self.server.session("app", "busy");
        session.send("SELECT pg_sleep(600)").unwrap();
        let pid = session.pid;
        self.server.await_running(pid);
        self.busy.push(session);
        pid
    }

    fn free_slots(&self) -> usize {
        let sql = "SELECT sum(setting::int * CASE name WHEN 'max_connections' THEN 1 ELSE -1 END) - \
                   (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') FROM pg_settings \
                   WHERE name IN ('max_connections', 'superuser_reserved_connections', 'reserved_connections')";
        let free = self.server.ask_witness(sql)[0][0].clone().unwrap();
        free.parse().unwrap()
    }

    /// A process of its own that holds one connection.
    fn working(&mut self) -> i32 {
        let mut child = Command::new("psql")
            .args(["-X", "-q", "-h", "127.0.0.1", "-U", "app", "-d", "postgres"])
            .args(["-p", &self.server.port().to_string()])
            .env("PGAPPNAME", "worker")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let stdin = child.stdin.as_mut().unwrap();
        stdin.write_all(b"SELECT 1;\n").unwrap();
        let pid = child.id().try_into().unwrap();
        await_that("the worker is connected", || {
            let sql = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'worker' AND state = 'idle'";
            !self.server.ask_witness(sql).is_empty()
        });
        self.worker = Some(child);
        pid
    }

    /// A client of the pooler, by the pooler's id.
    fn client(&mut self) -> String {
        self.clients
            .push(self.pooler.client("shop", "to be dropped"));
        let id = self
            .pooler
            .value("CLIENTS", ("application_name", "to be dropped"), "id");
        id.unwrap()
    }

    fn console(&self, command: &str) {
        let parameters = format!(
            "host=127.0.0.1 port={} user=admin dbname=pgbouncer",
            self.pooler.port()
        );
        let mut console = postgres::Client::connect(&parameters, postgres::NoTls).unwrap();
        console.simple_query(command).unwrap();
    }

    /// All that any of these commands could change.
    fn state(&self) -> String {
        let sessions = "SELECT pid::text, application_name, CASE WHEN application_name = 'busy' THEN state END \
                        FROM pg_stat_activity WHERE usename = 'app' ORDER BY pid";
        let roles = "SELECT rolname::text, rolconnlimit::text FROM pg_roles ORDER BY 1";
        let of_pooler = |what: &str, names: &[&str]| -> Vec<Vec<(String, String)>> {
            let rows = self.pooler.show(what).into_iter();
            rows.filter(|row| !row.contains(&("user".to_owned(), "admin".to_owned())))
                .map(|row| {
                    let wanted = row.into_iter().filter(|(it, _)| names.contains(&&**it));
                    wanted.collect()
                })
                .collect()
        };
        format!(
            "{:?}\n{:?}\n{:?}\n{:?}\n{:?}",
            self.server.ask_witness(sessions),
            self.server.ask_witness(roles),
            of_pooler("DATABASES", &["name", "paused", "disabled"]),
            of_pooler("CLIENTS", &["database", "id", "application_name"]),
            self.cli.record_lines().len(),
        )
    }

    fn start(&self, words: &[String], wide: u16, dumb: bool) -> Pty {
        let mut command = self.cli.command(words);
        command.env("TERM", if dumb { "dumb" } else { "xterm-256color" });
        Pty::start_on(command, "", wide, 24)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(worker) = &mut self.worker {
            let _ = worker.kill();
            let _ = worker.wait();
        }
    }
}

#[test]
fn every_command_that_acts_is_asked_about_here() {
    for Typed { name, acts, .. } in commands() {
        let here = ASKED
            .iter()
            .any(|asked| format!(" {} ", asked.line).contains(&format!(" {name} ")));
        assert!(!acts || here, "{name} asks, and no line here answers it");
    }
}

#[test]
fn a_no_and_an_interruption_change_nothing_and_a_yes_does_it() {
    crate::support::needs_root();
    let mut stage = Stage::new();
    for asked in &ASKED {
        let words = stage.fill_in(asked.line);
        let line = words.join(" ");
        let before = stage.state();
        // How it is answered, and how the program then ends.
        for (keys, code, wide) in [("n\r", 4, 80), ("\x03", -2, 64)] {
            let mut at = stage.start(&words, wide, false);
            at.await_text(asked.question);
            at.press(keys);
            let ended = at.end();
            let said = at.screen();
            assert_eq!(ended, code, "{line}, {keys:?}: {said}");
            assert!(said.contains(asked.plan), "{line}: {said}");
            assert!(at.is_restored(), "{line}, {keys:?}");
            let faults = faults(&said, wide, true);
            assert!(faults.is_empty(), "{line} at {wide}: {faults:#?}");
            assert_eq!(stage.state(), before, "{line}, {keys:?}: {said}");
        }
        let mut at = stage.start(&words, 80, true);
        at.await_text(asked.question);
        at.press(&format!("{}\r", asked.yes));
        let ended = at.end();
        let said = at.screen();
        assert_eq!(ended, 0, "{line}: {said}");
        assert!(said.contains(asked.done), "{line}: {said}");
        assert!(at.is_restored(), "{line}");
        let faults = faults(&said, 80, false);
        assert!(faults.is_empty(), "{line}: {faults:#?}");
        assert_ne!(stage.state(), before, "{line}: {said}");
    }
}

/// Logs in to nothing without a password, and asks for it once.
fn ask_for_password(cli: &Cli, words: &[&str], question: &str, right: &str, code: i32) {
    let ask = |password: &str| {
        let mut at = Pty::start(cli.command(words));
        at.await_text(question);
        at.press(&format!("{password}\r"));
        let ended = at.end();
        let said = at.screen();
        assert!(at.is_restored(), "{words:?}");
        assert_eq!(said.matches(question).count(), 1, "{said}");
        assert!(!said.contains(password), "{said}");
        (ended, said)
    };
    let (ended, said) = ask(right);
    assert_eq!(ended, code, "{said}");
    let (ended, said) = ask("battery staple");
    assert_ne!(ended, code, "{said}");
}

#[test]
fn a_password_that_is_missing_is_asked_for_once_by_whoever_needs_it() {
    let server = Server::start(17);
    let cli = Cli::on(&server, "with_password").with("PAGER", "cat");
    let role = "Password for role with_password";
    ask_for_password(&cli, &["sessions"], role, "correct horse", 0);
    let dry = ["rescue", "--dry-run", "--probe-user", "app"];
    ask_for_password(&cli, &dry, role, "correct horse", 0);
    let mut at = Pty::start(cli.command(&["doctor"]));
    at.await_text(role);
    at.press("correct horse\r");
    at.end();
    assert!(
        at.screen().contains("open: role with_password sees"),
        "{}",
        at.screen()
    );
    assert!(!at.screen().contains("horse"), "{}", at.screen());
    assert!(at.is_restored());

    let pooler = Pooler::start(
        &server,
        Release::Packaged,
        &[("auth_type", "scram-sha-256")],
    );
    let console = pooler.console("admin");
    let words = ["pgbouncer", "--pgbouncer", &console];
    let user = "Password of PgBouncer's user admin";
    ask_for_password(&Cli::new(), &words, user, PASSWORD, 0);
}
