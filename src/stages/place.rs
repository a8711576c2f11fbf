//! Where the target's connections are to be looked for: its addresses and ports, or a port alone.

use std::time::Duration;

use crate::connect::{Host, Protected};
use crate::error::Failure;
use crate::exit_code::ExitCode;
use crate::lanes;
use crate::observe::sockets::Place;
use crate::report::sanitize;
use crate::stages::Context;

/// How long looking up one name may take.
const LOOK_UP: Duration = Duration::from_secs(3);

/// What to look for, what to call it, and what the configuration says about it.
#[derive(Debug)]
pub struct Aim {
    /// Addresses and ports.
    pub places: Vec<Place>,
    /// The same, for a person.
    pub endpoint: String,
    /// What the configuration protects.
    pub protected: Protected,
}

impl Aim {
    /// `what` does not tell whose session it is, so nothing the configuration protects could be spared. Only the
    /// operator can know better, and says so by naming processes from the list that `command` prints.
    pub fn honour_protection(&self, named: bool, what: &str, command: &str) -> Result<(), Failure> {
        let protected = &self.protected;
        let names: Vec<&str> = [
            &protected.users,
            &protected.applications,
            &protected.databases,
        ]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
        if names.is_empty() || named {
            return Ok(());
        }
        let names = names.join(", ");
        Err(Failure::say(
            ExitCode::Refused,
            format!(
                "the configuration protects {names}, and {what} does not tell whose it is; nothing was done"
            ),
        )
        .hint(format!(
            "name the processes whose connections are to go: --pid, from '{command}'"
        )))
    }
}

/// The aim of this command line. A port typed alone means that port at any address, whatever the environment says.
pub fn aim(context: &Context) -> Result<Aim, Failure> {
    let typed = &context.connection;
    let elsewhere = [&typed.host, &typed.dbname, &typed.service, &typed.target];
    match &typed.port {
        Some(port) if elsewhere.iter().all(|word| word.is_none()) => by_port(port),
        _ => by_target(context),
    }
}

fn by_port(text: &str) -> Result<Aim, Failure> {
    let mut places = Vec::new();
    for word in text.split(',') {
        let port = word
            .trim()
            .parse()
            .ok()
            .filter(|port| *port > 0)
            .ok_or_else(|| {
                Failure::say(
                    ExitCode::Usage,
                    format!("{word:?} is no port; give a number from 1 to 65535"),
                )
            })?;
        places.push(Place {
            address: None,
            port,
        });
    }
    Ok(Aim {
        places,
        endpoint: format!("port {text}"),
        protected: Protected::default(),
    })
}

fn by_target(context: &Context) -> Result<Aim, Failure> {
    let target = context.target()?;
    let mut places = Vec::new();
    let mut labels = Vec::new();
    let mut unresolved = Vec::new();
    for endpoint in &target.endpoints {
        let port = endpoint.port;
        match &endpoint.host {
            // A Unix socket has no address: its server's TCP connections may have any.
            Host::Unix(_) | Host::Abstract(_) => {
                places.push(Place {
                    address: None,
                    port,
                });
                labels.push(format!("port {port}"));
            }
            Host::Tcp {
                address: Some(address),
                ..
            } => {
                places.push(Place {
                    address: Some(*address),
                    port,
                });
                labels.push(std::net::SocketAddr::new(*address, port).to_string());
            }
            Host::Tcp {
                name,
                address: None,
            } => {
                let name = name.as_deref().unwrap_or("localhost");
                match lanes::addresses(name, port, LOOK_UP) {
                    Ok(addresses) => {
                        let at = |address: std::net::SocketAddr| Place {
                            address: Some(address.ip()),
                            port,
                        };
                        places.extend(addresses.into_iter().map(at));
                        labels.push(format!("{name}:{port}"));
                    }
                    Err(error) => unresolved.push(format!("cannot look up {name}: {error}")),
                }
            }
        }
    }
    if places.is_empty() {
        return Err(Failure::say(ExitCode::NoLane, unresolved.join("; "))
            .hint("give its address with -h, or only its port with -p"));
    }
    for sentence in unresolved {
        context.terminal.say(&format!(
            "breakglass: warning: {}\n",
            sanitize::one_line(&sentence)
        ));
    }
    places.dedup();
    Ok(Aim {
        places,
        endpoint: labels.join(", "),
        protected: target.protected,
    })
}
