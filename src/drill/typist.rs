//! Types a command as the operator would, and shows what it really answers.
//!
//! Stage: rehearsal, during an incident. The command is a process of this very executable with nothing but its
//! arguments and the environment an operator's shell would have.
//! Never: changes, shortens or invents output.

use std::fs::File;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::stage::Stage;
use super::state_directory;

/// How long one command may take. Its own deadlines are far shorter.
const LIMIT: Duration = Duration::from_secs(60);

/// What a command answered.
#[derive(Debug)]
pub struct Answer {
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Its standard output.
    pub stdout: String,
}

/// Runs `breakglass LINE`, a line without quotes, and copies the command line and its output to `out`.
pub fn run(stage: &Stage, line: &str, out: &mut dyn Write) -> Result<Answer> {
    writeln!(out, "\n$ breakglass {line}")?;
    out.flush()?;
    let state = state_directory(stage.server.directory());
    let [answer_file, talk_file] = ["stdout", "stderr"].map(|name| state.join(name));
    let mut command = Command::new(&stage.program);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PG") {
            command.env_remove(name);
        }
    }
    let mut process = command
        .args(line.split_whitespace())
        .envs(stage.environment())
        .env("XDG_STATE_HOME", &state)
        .env("XDG_CONFIG_HOME", &state)
        .stdin(Stdio::null())
        .stdout(File::create(&answer_file)?)
        .stderr(File::create(&talk_file)?)
        .spawn()
        .with_context(|| format!("could not start {}", stage.program.display()))?;
    let deadline = Instant::now() + LIMIT;
    let status = loop {
        if let Some(status) = process.try_wait()? {
            break status;
        }
        if Instant::now() > deadline {
            process.kill()?;
            process.wait()?;
            bail!("`breakglass {line}` was not done within {LIMIT:?}");
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let stdout = read(&answer_file)?;
    // The conversation comes first: a plan is shown before the outcome it leads to.
    for text in [&read(&talk_file)?, &stdout] {
        out.write_all(text.as_bytes())?;
        if !text.is_empty() && !text.ends_with('\n') {
            writeln!(out)?;
        }
    }
    out.flush()?;
    Ok(Answer {
        code: status.code(),
        stdout,
    })
}

fn read(path: &std::path::Path) -> Result<String> {
    Ok(String::from_utf8_lossy(&std::fs::read(path)?).into_owned())
}
