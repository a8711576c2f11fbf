//! Parses the command line, runs one command, and turns its result into an exit code.

use std::io::Write;
use std::process::ExitCode;

use breakglass::commands::drill::{self, DrillArgs};
use breakglass::drill::Verdict;
use breakglass::drill::client::{self, ClientArgs};
use breakglass::drill::guard::{self, GuardArgs};
use clap::Parser;

/// Get back into a PostgreSQL server that has run out of connections
#[derive(Parser)]
#[command(name = "breakglass")]
enum Cli {
    Drill(DrillArgs),
    #[command(hide = true)]
    DrillClient(ClientArgs),
    #[command(hide = true)]
    DrillGuard(GuardArgs),
}

fn main() -> ExitCode {
    let mut out = std::io::stdout();
    let result = match Cli::parse() {
        Cli::Drill(args) => {
            drill::run(&args, &mut out).map(|verdict| verdict == Verdict::Recovered)
        }
        Cli::DrillClient(args) => client::run(&args, std::io::stdin(), &mut out).map(|()| true),
        Cli::DrillGuard(args) => guard::run(&args, std::io::stdin()).map(|()| true),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "breakglass: {error:#}");
            ExitCode::FAILURE
        }
    }
}
