//! Where a server's samples are kept, and the name they go by there.

use std::path::PathBuf;
use std::time::SystemTime;

use clap::Args;

use super::Context;
use crate::connect::Target;
use crate::error::Failure;
use crate::exit_code::ExitCode;
use crate::record;
use crate::samples::beside;

/// Where the samples are.
#[derive(Debug, Clone, Default, Args)]
pub struct FileArgs {
    /// File of samples [default: samples.sqlite in $XDG_STATE_HOME/breakglass,
    /// as root in /var/lib/breakglass, else in ~/.local/state/breakglass]
    #[arg(long, value_name = "PATH")]
    file: Option<PathBuf>,
}

impl FileArgs {
    /// Whether somebody named it, and so counts on it.
    pub fn is_named(&self) -> bool {
        self.file.is_some()
    }

    /// The file that was named, or the usual one.
    pub fn path(&self, context: &Context) -> Result<PathBuf, Failure> {
        if let Some(path) = &self.file {
            return Ok(path.clone());
        }
        let variable = |name: &str| context.environment.variables.get(name).cloned();
        record::location(nix::unistd::geteuid().is_root(), variable)
            .map(|record| beside(&record))
            .ok_or_else(|| {
                Failure::say(
                    ExitCode::Usage,
                    "there is no state directory: neither XDG_STATE_HOME nor HOME is set; name a file with --file",
                )
            })
    }
}

/// The name a server's samples go by: the target's, or the endpoints' labels. Known before any login, so that a refused
/// one is counted for the same server.
pub fn series(target: &Target) -> String {
    match &target.name {
        Some(name) => name.clone(),
        None => {
            let labels: Vec<String> = target.endpoints.iter().map(|it| it.label()).collect();
            labels.join(",")
        }
    }
}

/// This host's clock, microseconds since 1970.
pub fn now() -> i64 {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| {
            i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
        })
}
