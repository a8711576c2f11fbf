//! The commands that act, run as they are typed, on real servers of every supported major that are really full.
//! Who is alive afterwards is said by a witness that shares no code with them.

mod cancel;
mod contact;
mod formats;
mod identity;
mod question;
mod record;
mod refused;
mod spared;
mod terminate;
mod unwritten;

use crate::support::Server;
use breakglass::drill::wire::Session;

/// `count` idle sessions of `app` that call themselves `name`.
fn idle(server: &Server, name: &str, count: usize) -> Vec<Session> {
    (0..count).map(|_| server.session("app", name)).collect()
}

/// Their server processes.
fn pids(sessions: &[Session]) -> Vec<i32> {
    sessions.iter().map(|session| session.pid).collect()
}

/// A session of `app` that runs `sql` and waits in it.
fn busy(server: &Server, name: &str, sql: &str) -> Session {
    let mut session = server.session("app", name);
    session.send(sql).unwrap();
    server.await_running(session.pid);
    session
}

/// A role that sees everybody and may end whoever is no superuser; takes a slot like everybody.
fn make_signaller(server: &Server) {
    server.ask_witness("CREATE ROLE signaller LOGIN IN ROLE pg_monitor, pg_signal_backend");
}

/// A command line, as a shell splits one without quotes.
fn words(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}
