//! `--from FILE`: a snapshot in the place of a server.

use std::path::PathBuf;

use clap::Args;

use super::ConnectionArgs;

/// Where to look instead of at a server.
#[derive(Debug, Clone, Default, Args)]
pub struct FromArgs {
    /// Look at a file saved by 'breakglass snapshot' instead of at a server
    #[arg(long, value_name = "FILE", help_heading = "Connection")]
    pub from: Option<PathBuf>,
}

impl ConnectionArgs {
    /// The flags that were typed and mean a server, which a file has no use for. `-t` is none of them: what the
    /// configuration protects for that target holds for a file, too.
    pub fn means_a_server(&self) -> Vec<&'static str> {
        let flags = [
            ("-h", self.host.is_some()),
            ("-p", self.port.is_some()),
            ("-U", self.username.is_some()),
            ("-d", self.dbname.is_some()),
            ("--service", self.service.is_some()),
        ];
        let typed = flags.into_iter().filter(|(_, typed)| *typed);
        typed.map(|(flag, _)| flag).collect()
    }
}
