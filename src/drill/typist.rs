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

use super::settings::state_directory;
use super::stage::Stage;
use super::story::Story;

/// How long one command may take. Its own deadlines are far shorter.
const LIMIT: Duration = Duration::from_secs(60);

/// Runs `breakglass LINE`, a line without quotes, and copies the command line and its output to `out`. Calls
/// `meanwhile` again and again until the command is done. Returns its exit code; `None` when a signal ended it.
pub fn run(
    stage: &Stage,
    line: &str,
    out: &mut Story<'_>,
    meanwhile: &mut dyn FnMut(),
) -> Result<Option<i32>> {
    writeln!(out, "\n$ breakglass {line}")?;
    out.flush()?;
    let state = state_directory(stage.server.directory());
    let [answer_file, talk_file] = ["stdout", "stderr"].map(|name| state.join(name));
    let mut command = Command::new(&stage.program);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("PG") || name.starts_with("BREAKGLASS_") {
            command.env_remove(&*name);
        }
    }
    if let Some(width) = out.width() {
        command.env("COLUMNS", width.to_string());
    }
    let mut process = command
        .args(line.split_whitespace())
        .envs(stage.environment())
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
        meanwhile();
        std::thread::sleep(Duration::from_millis(2));
    };
    // The conversation comes first: a plan is shown before the outcome it leads to.
    for file in [talk_file, answer_file] {
        let text = String::from_utf8_lossy(&std::fs::read(file)?).into_owned();
        out.copy(text.as_bytes())?;
        if !text.is_empty() && !text.ends_with('\n') {
            writeln!(out)?;
        }
    }
    out.flush()?;
    Ok(status.code())
}

/// The lines that the commands have recorded on this stage so far.
pub fn read_record(stage: &Stage) -> Result<Vec<String>> {
    let record = state_directory(stage.server.directory()).join("breakglass/record.jsonl");
    match std::fs::read_to_string(&record) {
        Ok(text) => Ok(text.lines().map(str::to_owned).collect()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error).with_context(|| format!("could not read {}", record.display())),
    }
}
