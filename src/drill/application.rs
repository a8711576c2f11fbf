//! An application under rehearsal: the handle on a client process and the connections it holds.
//!
//! Stage: rehearsal. Never: shares memory with the client; it is a real process, as a real application is.

use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::client::{Behaviour, Question, SUBCOMMAND};
use super::wire::Address;

/// How long a client may take until its connections hold.
const READY_LIMIT: Duration = Duration::from_secs(30);

/// What an application is called, who it logs in as, and what it does.
#[derive(Debug, Clone)]
pub struct Role<'a> {
    /// Its `application_name`.
    pub app: &'a str,
    /// The role it logs in as.
    pub username: &'a str,
    /// How many connections it opens.
    pub connections: usize,
    /// What it does with them.
    pub behaviour: Behaviour,
}

/// A running client process. Dropping it closes its connections and ends it.
#[derive(Debug)]
pub struct Application {
    /// Its `application_name`.
    pub app: String,
    /// How many connections it was started with.
    pub connections: usize,
    /// The server processes that served it when it said it was ready. Empty for a storm.
    pub pids: Vec<i32>,
    process: Child,
}

impl Application {
    /// Starts a client and waits until it holds its connections. `program` is this program's executable.
    pub fn start(program: &Path, address: &Address, role: &Role<'_>) -> Result<Self> {
        Self::start_as(program, address, role, &[SUBCOMMAND])
    }

    /// [`Application::start`] with another subcommand, and more of its arguments.
    pub fn start_as(
        program: &Path,
        address: &Address,
        role: &Role<'_>,
        words: &[&str],
    ) -> Result<Self> {
        let mut process = Command::new(program)
            .args(words)
            .args(["--host", &address.host()])
            .args(["--port", &address.port().to_string()])
            .args(["--username", role.username])
            .args(["--app", role.app])
            .args(["--connections", &role.connections.to_string()])
            .args(["--behaviour", role.behaviour.name()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A terminal's Ctrl-C is for the drill, which still has to ask what became of the connections.
            .process_group(0)
            .spawn()
            .with_context(|| format!("could not start {} {words:?}", program.display()))?;
        let said = await_line(&mut process);
        let mut application = Self {
            app: role.app.to_owned(),
            connections: role.connections,
            pids: Vec::new(),
            process,
        };
        let said = said?;
        let mut words = said.split_whitespace();
        if words.next() != Some("ready") {
            application.process.stdin.take();
            let mut complaint = String::new();
            if let Some(errors) = application.process.stderr.as_mut() {
                errors.read_to_string(&mut complaint)?;
            }
            bail!(
                "the application {} did not get its connections: {}",
                role.app,
                complaint.trim()
            );
        }
        application.pids = words.skip(1).filter_map(|word| word.parse().ok()).collect();
        Ok(application)
    }

    /// The client's own process.
    pub fn process(&self) -> u32 {
        self.process.id()
    }

    /// Whether the process has ended.
    pub fn is_over(&mut self) -> bool {
        !matches!(self.process.try_wait(), Ok(None))
    }

    /// Asks it about its connections. A client that does not answer has none any more.
    pub fn ask(&mut self, question: Question) -> usize {
        self.try_to_ask(question).unwrap_or(match question {
            Question::Ended => self.connections,
            Question::Answering => 0,
        })
    }

    fn try_to_ask(&mut self, question: Question) -> Option<usize> {
        let input = self.process.stdin.as_mut()?;
        input.write_all(&[question.byte()]).ok()?;
        await_line(&mut self.process).ok()?.trim().parse().ok()
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        // The client ends when its input closes; should it not, it is our child and may be ended.
        self.process.stdin.take();
        for _ in 0..100 {
            if !matches!(self.process.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The first line a client prints, or nothing when it ends without one.
fn await_line(process: &mut Child) -> Result<String> {
    let Some(output) = process.stdout.as_mut() else {
        bail!("a client without output");
    };
    let mut line = Vec::new();
    let mut byte = [0];
    loop {
        let limit = PollTimeout::try_from(READY_LIMIT)?;
        if poll(&mut [PollFd::new(output.as_fd(), PollFlags::POLLIN)], limit)? == 0 {
            bail!("a client was not ready within {READY_LIMIT:?}");
        }
        if output.read(&mut byte)? == 0 || byte == *b"\n" {
            return Ok(String::from_utf8_lossy(&line).into_owned());
        }
        line.extend(byte);
    }
}
