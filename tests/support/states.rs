//! Servers that refuse everybody for another reason than slots: starting, stopping, in recovery.

use breakglass::drill::settings::{Settings, Until};
use breakglass::drill::wire::Session;
use nix::sys::signal::Signal;

use super::await_that;
use super::server::Server;

impl Server {
    /// A server that stays in startup: it waits for a write-ahead log file from an archive that never answers.
    pub fn starting(major: u32) -> Self {
        let server = Self::start_without_witness(major, |settings| Settings {
            signal_file: Some("recovery.signal"),
            until: Until::Listening,
            ..settings.set("restore_command", "exec sleep 600")
        });
        server.await_refusal("57P03", "starting up");
        server
    }

    /// A standby that answers queries, read-only. Its primary does not exist.
    pub fn standby(major: u32) -> Self {
        Self::start_with(major, |settings| Settings {
            signal_file: Some("standby.signal"),
            ..settings
        })
    }

    /// A standby that admits nobody, because `hot_standby` is off.
    pub fn closed_standby(major: u32) -> Self {
        let server = Self::start_without_witness(major, |settings| Settings {
            signal_file: Some("standby.signal"),
            until: Until::Listening,
            ..settings.set("hot_standby", "off")
        });
        let text = if major >= 14 {
            "not accepting connections"
        } else {
            "starting up"
        };
        server.await_refusal("57P03", text);
        server
    }

    /// Begins a smart shutdown, which waits for the sessions that are there and refuses new ones. The session
    /// returned keeps it waiting.
    pub fn stop_smartly(&self) -> Session {
        let session = self.session("app", "straggler");
        self.throwaway.signal(Signal::SIGTERM).unwrap();
        self.await_refusal("57P03", "shutting down");
        session
    }

    fn await_refusal(&self, sqlstate: &str, text: &str) {
        await_that(&format!("a refusal {sqlstate} with `{text}`"), || {
            self.refusal("app").is_some_and(|refusal| {
                refusal.sqlstate == sqlstate && refusal.message.contains(text)
            })
        });
    }
}
