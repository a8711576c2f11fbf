//! `breakglass`: parse, run, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    breakglass::cli::main()
}
