//! What the tests against real servers share: throwaway servers of every supported major, ways to fill them,
//! and a witness that sees who is still there.
//!
//! Nothing here uses the lanes, so that a test that passes has been judged by somebody else.
//! Never: skips. A server that is missing or does not start is a failure.

mod binaries;
mod cli;
mod commands;
mod fill;
mod layout;
mod network;
mod operator;
mod pooler;
mod proxy;
mod pty;
mod question;
mod server;
mod states;
mod storm;

pub use binaries::{MAJORS, of as server_binaries};
pub use cli::{Cli, Said};
pub use commands::{Command, commands};
pub use fill::Held;
pub use layout::faults;
pub use network::{APPLICATION, DATABASE, Network, Psql, ip, needs_root};
pub use operator::{Operator, Ran, lines, pid};
pub use pooler::{PASSWORD, Pooler, Release};
pub use proxy::{Fate, Proxy, holds};
pub use pty::Pty;
pub use question::answer;
pub use server::Server;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// A part of a test: its name, and what it does on a server.
pub type Part = (&'static str, fn(&Server));

/// Runs each of `parts` against one server, and `clean` after each.
pub fn for_each_part(server: &Server, parts: &[Part], clean: fn(&Server)) {
    for_each(
        parts,
        |(name, _)| (*name).to_owned(),
        |(_, part)| {
            part(server);
            clean(server);
        },
    );
}

/// Runs `test` against a fresh [`Server::start`] of every supported major.
pub fn for_each_major(test: impl Fn(&Server)) {
    for_majors(&MAJORS, Server::start, test);
}

/// Runs `test` against a fresh server of each of `majors`, which is started by `start`.
pub fn for_majors(majors: &[u32], start: impl Fn(u32) -> Server, test: impl Fn(&Server)) {
    for_each(
        majors,
        |major| format!("PostgreSQL {major}"),
        |major| test(&start(*major)),
    );
}

/// Runs `attempt` on each of `all`, all of them whatever happens, and then fails naming those that did not pass.
pub fn for_each<T>(all: &[T], name: impl Fn(&T) -> String, attempt: impl Fn(&T)) {
    let failures: Vec<String> = all
        .iter()
        .filter_map(|one| {
            let panic = catch_unwind(AssertUnwindSafe(|| attempt(one))).err()?;
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let reason = text.or_else(|| panic.downcast_ref::<&str>().copied());
            Some(format!(
                "{}: {}",
                name(one),
                reason.unwrap_or("unknown panic")
            ))
        })
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Waits until `done`, and fails with `what` when that takes more than thirty seconds.
pub fn await_that(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !done() {
        assert!(
            Instant::now() < deadline,
            "this did not happen within thirty seconds: {what}"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// What `act` gives, which must end within `limit`: the quickest of three runs counts, with two seconds for the machine. One
/// that is busy is late now and then; a deadline that is not kept is late each time.
pub fn in_time<T>(limit: Duration, mut act: impl FnMut() -> T) -> T {
    let mut late = Vec::new();
    while late.len() < 3 {
        let began = Instant::now();
        let done = act();
        let took = began.elapsed();
        if took < limit + Duration::from_secs(2) {
            return done;
        }
        late.push(took);
    }
    panic!("not within {limit:?}, but after {late:?}");
}
