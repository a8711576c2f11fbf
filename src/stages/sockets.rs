//! This host's TCP connections to the target: as evidence, and why they could not be read.

use serde_json::Value;

use super::{Context, json_value, place};
use crate::error::Failure;
use crate::exit_code::ExitCode;
use crate::observe::sockets::Host;
use crate::report::json;
use crate::report::sockets::SocketsView;

/// This host's TCP connections to the target, as `breakglass sockets list --format json` gives them.
pub fn evidence(context: &Context) -> Result<serde_json::Value, Failure> {
    let aim = place::aim(context)?;
    let snapshot = Host::open()
        .and_then(|mut host| host.look(&aim.places))
        .map_err(cannot_look)?;
    let rows: Vec<_> = snapshot.sockets.iter().collect();
    let view = SocketsView {
        endpoint: &aim.endpoint,
        snapshot: &snapshot,
        rows: &rows,
        unjudged: &[],
    };
    let mut document = json_value(&json::sockets::sockets(&view))?;
    without_arguments(&mut document);
    Ok(document)
}

/// Leaves out what follows the program in every owner's command line: passwords stand there. A server process's title
/// is no command line and stays.
fn without_arguments(document: &mut Value) {
    match document {
        Value::Array(values) => values.iter_mut().for_each(without_arguments),
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(command)
                        if name == "command" && !command.starts_with("postgres: ") =>
                    {
                        let program = command.split(' ').next().unwrap_or_default();
                        *value = Value::from(program);
                    }
                    other => without_arguments(other),
                }
            }
        }
        _ => {}
    }
}

/// The kernel did not answer: nothing changed.
pub fn cannot_look(error: std::io::Error) -> Failure {
    Failure::new(
        ExitCode::NoLane,
        anyhow::Error::new(error).context("cannot read this host's TCP connections (sock_diag)"),
    )
}
