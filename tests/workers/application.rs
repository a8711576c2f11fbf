//! A real application on this host: its files, its processes, and the end of all of them with the test.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::{Server, await_that};

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
            # Whose turn it is cannot be told from a question and an answer at the same moment.
            connection.cursor().execute("SELECT pg_sleep(0.05)")
            held.append(connection)

def application(environ, start_response):
    held[0].cursor().execute("SELECT pg_sleep(8)")
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
if "stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, lambda *_: open("asked", "w").close())
if "polite" in sys.argv:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
held = [psycopg2.connect(host="127.0.0.1", port=os.environ["PORT"], user="app", dbname="postgres") for _ in range(int(os.environ["EACH"]))]
for connection in held:
    connection.autocommit = True
    connection.cursor().execute("SELECT pg_sleep(0.05)")
while True:
    time.sleep(0.05)
"#;

/// Debian's Python, whatever else is on the path.
pub const PYTHON: &str = "/usr/bin/python3";

/// An application server on this host, ended with the test.
pub struct Application {
    directory: tempfile::TempDir,
    process: Child,
}

impl Application {
    /// Starts `program`, in a directory with the Python application in it, each worker with `each` connections.
    pub fn start(server: &Server, each: usize, program: &[&str]) -> Self {
        Self::with(server, each, &[], program)
    }

    /// [`Application::start`], with these files beside it.
    pub fn with(server: &Server, each: usize, files: &[(&str, &str)], program: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        // Some of them run as another user.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(directory.path(), open).unwrap();
        let python = [
            ("app.py", APPLICATION),
            ("script.py", SCRIPT),
            ("connect", ""),
        ];
        for (name, text) in python.iter().chain(files) {
            std::fs::write(directory.path().join(name), text).unwrap();
        }
        let process = command(directory.path(), server, each, program)
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}; run tests/fetch", program[0]));
        Self { directory, process }
    }

    pub fn gunicorn(server: &Server, workers: usize, each: usize, more: &[&str]) -> Self {
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

    pub fn script(server: &Server, each: usize, words: &[&str]) -> Self {
        let application = Self::start(server, each, &[&[PYTHON, "script.py"], words].concat());
        application.await_held(server, each);
        application
    }

    /// Waits until all applications of the server together hold `count` connections, all of them idle.
    pub fn await_held(&self, server: &Server, count: usize) {
        let what = format!("the application holds {count} connections");
        await_that(&what, || {
            let idle = "SELECT 1 FROM pg_stat_activity WHERE usename = 'app' AND state = 'idle'";
            held(server) == count && server.ask_witness(idle).len() == count
        });
        // The kernel's clock tells an answer from a question once both are over.
        std::thread::sleep(Duration::from_millis(300));
    }

    /// From now on workers that are started again do not connect.
    pub fn connect_no_more(&self) {
        std::fs::remove_file(self.path("connect")).unwrap();
    }

    /// Asks over HTTP, on the socket `http`: that keeps one worker busy for some seconds.
    pub fn ask(&self) -> UnixStream {
        let mut request = UnixStream::connect(self.path("http")).unwrap();
        request.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
        request
    }

    /// Another program in its directory and its environment.
    pub fn command(&self, server: &Server, program: &[&str]) -> Command {
        command(self.directory.path(), server, 1, program)
    }

    /// A file of it.
    pub fn path(&self, name: &str) -> std::path::PathBuf {
        self.directory.path().join(name)
    }

    /// The process that was started.
    pub fn pid(&self) -> i32 {
        self.process.id().cast_signed()
    }

    /// Ends the process that was started and collects it: its number is free.
    pub fn end(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

fn command(directory: &Path, server: &Server, each: usize, program: &[&str]) -> Command {
    let mut command = Command::new(program[0]);
    command
        .args(&program[1..])
        .current_dir(directory)
        .env("PORT", server.port().to_string())
        .env("EACH", each.to_string())
        .env("PYTHONPATH", directory)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

impl Drop for Application {
    fn drop(&mut self) {
        // Its group has its number for as long as it has not been collected; some have left it, none the directory.
        let _ = kill(Pid::from_raw(-self.pid()), Signal::SIGKILL);
        let _ = self.process.kill();
        let _ = self.process.wait();
        for pid in super::pids() {
            let there = std::fs::read_link(format!("/proc/{pid}/cwd"));
            if there.is_ok_and(|there| there == self.directory.path()) {
                let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
            }
        }
    }
}

/// Sessions of the applications.
pub fn held(server: &Server) -> usize {
    server
        .ask_witness("SELECT 1 FROM pg_stat_activity WHERE usename = 'app'")
        .len()
}

/// Waits until `count` sessions of the applications are left: the server needs a moment to notice that one has gone.
pub fn await_left(server: &Server, count: usize) {
    await_that(&format!("{count} sessions are left"), || {
        held(server) == count
    });
}

/// Waits until `count` sessions of the applications run a statement.
pub fn await_busy(server: &Server, count: usize) {
    await_that(&format!("{count} statements run"), || {
        let running = "SELECT 1 FROM pg_stat_activity WHERE usename = 'app' AND state = 'active'";
        server.ask_witness(running).len() == count
    });
    // As above.
    std::thread::sleep(Duration::from_millis(300));
}
