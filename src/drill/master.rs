//! An application server: a master process and its workers, each with a pool that opens late.
//!
//! Stage: rehearsal; it runs as a hidden subcommand and starts its workers as another. A worker that ends is started
//! again, and connects only when somebody needs it to, which nobody does. Ends with its input, and its workers with it.
//! Never: connects to anything itself.

use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::path::Path;

use anyhow::Result;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::application::{Application, Role};
use super::client::{ClientArgs, Question, WORKER};
use super::wire::Address;

/// The name of the hidden subcommand.
pub const SUBCOMMAND: &str = "drill-master";

/// How often it looks after its workers, in milliseconds.
const ROUND: u16 = 20;

/// The arguments of the hidden subcommand: a client's, for each worker.
#[derive(Debug, Clone, clap::Args)]
pub struct MasterArgs {
    /// How many workers.
    #[arg(long)]
    pub workers: usize,
    #[command(flatten)]
    client: ClientArgs,
}

/// What the master's process does. Returns when `input` closes.
pub fn run(
    args: &MasterArgs,
    program: &Path,
    mut input: impl Read + AsFd,
    output: &mut dyn Write,
) -> Result<()> {
    let each = args.client.connections / args.workers.max(1);
    let start = |connections: usize| {
        let role = Role {
            app: &args.client.app,
            username: &args.client.username,
            connections,
            behaviour: args.client.behaviour,
        };
        let address = Address::parse(&args.client.host, args.client.port);
        Application::start_as(program, &address, &role, &[WORKER])
    };
    let mut workers = Vec::new();
    for _ in 0..args.workers {
        workers.push(start(each)?);
    }
    let pids: Vec<String> = workers
        .iter()
        .flat_map(|worker| worker.pids.iter().map(i32::to_string))
        .collect();
    writeln!(output, "ready {} {}", pids.len(), pids.join(" "))?;
    output.flush()?;
    // Connections of workers that are no more.
    let mut ended = 0;
    loop {
        for worker in &mut workers {
            if worker.is_over() {
                ended += worker.connections;
                *worker = start(0)?;
            }
        }
        let mut wanted = [PollFd::new(input.as_fd(), PollFlags::POLLIN)];
        if poll(&mut wanted, PollTimeout::from(ROUND))? == 0 {
            continue;
        }
        let mut byte = [0];
        if input.read(&mut byte)? == 0 {
            return Ok(());
        }
        if let Some(question) = Question::of(byte[0]) {
            let own: usize = workers.iter_mut().map(|worker| worker.ask(question)).sum();
            let more = if question == Question::Ended {
                ended
            } else {
                0
            };
            writeln!(output, "{}", own + more)?;
            output.flush()?;
        }
    }
}
