//! `breakglass pgbouncer`, and what the other commands say with a pooler, on a real PgBouncer before real servers.

mod asked;
mod bottleneck;
mod console;
mod fence;
mod hold;
mod kill;
mod named;
mod refused;
mod switches;
mod tls;

use std::process::Child;
use std::time::Duration;

use crate::support::{Operator, Pooler, Ran, Server, await_that};

/// The break-glass role on the server, and the pooler's console.
struct Stage {
    server: Server,
    pooler: Pooler,
    operator: Operator,
}

impl Stage {
    fn new(major: u32) -> Self {
        Self::with(major, crate::support::Release::Packaged, &[])
    }

    fn with(major: u32, release: crate::support::Release, settings: &[(&str, &str)]) -> Self {
        let server = Server::start(major);
        let pooler = Pooler::start(&server, release, settings);
        let operator = Operator::on(&server, "breakglass");
        Self {
            server,
            pooler,
            operator,
        }
    }

    /// Runs a command with the console of `admin`.
    fn run(&self, args: &[&str]) -> Ran {
        let console = self.pooler.console("admin");
        let mut words = args.to_vec();
        words.extend(["--pgbouncer", &console]);
        self.operator.run(&words)
    }

    /// The same, acting without a question.
    fn act(&self, args: &[&str]) -> Ran {
        let mut words = vec!["pgbouncer"];
        words.extend(args);
        words.extend(["--yes", "--all"]);
        self.run(&words)
    }

    /// Starts one that acts and does not wait.
    fn start(&self, args: &[&str]) -> Child {
        let console = self.pooler.console("admin");
        let mut words = vec!["pgbouncer"];
        words.extend(args);
        words.extend(["--yes", "--all", "--pgbouncer", &console]);
        self.operator.start(&words)
    }

    /// The pooler's answer as JSON, once `kind` is among the bottlenecks.
    fn await_bottleneck(&self, kind: &str) -> serde_json::Value {
        let mut last = serde_json::Value::Null;
        await_that(&format!("the bottleneck {kind}"), || {
            let ran = self.run(&["pgbouncer", "--format", "json"]);
            last = ran.json();
            let first = &last["bottlenecks"][0]["kind"];
            first == kind && ran.code == 1
        });
        last
    }

    fn await_paused(&self, paused: bool) {
        await_that(&format!("shop is paused: {paused}"), || {
            self.pooler.is_paused("shop") == paused
        });
    }
}

/// Waits for a process that must end by itself.
fn ended(mut child: Child) -> Ran {
    await_that("the program ends", || child.try_wait().unwrap().is_some());
    Ran::of(child.wait_with_output().unwrap(), Duration::ZERO)
}
