//! Looks at this host, and at the database if it answers.

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use super::sockets::cannot_look;
use super::{Context, context::Way};
use crate::args::LaneArg;
use crate::connect::Config;
use crate::decide::capacity::Capacity;
use crate::decide::sockets::SocketId;
use crate::decide::workers::outcome::Look;
use crate::decide::workers::plan::Goal;
use crate::decide::workers::process::{Process, Processes};
use crate::decide::workers::runtime::Runtime;
use crate::decide::workers::{Worker, Workers, recognised};
use crate::error::Failure;
use crate::exit_code::ExitCode;
use crate::lanes::LaneKind;
use crate::observe::sockets::{Host, Place};
use crate::observe::workers::{process, processes};
use crate::observe::{QueryText, Source};

const PROC: &str = "/proc";
/// How long the database may take to answer a look between two batches.
const PATIENCE: Duration = Duration::from_secs(1);

/// The runtimes that are built in, with the configuration's over them.
pub fn runtimes(context: &Context) -> Result<Vec<Runtime>, Failure> {
    config(context)?
        .runtimes()
        .map_err(|error| Failure::new(ExitCode::Usage, error))
}

/// The configuration.
pub fn config(context: &Context) -> Result<Config, Failure> {
    Config::read(&context.environment).map_err(|error| Failure::new(ExitCode::Usage, error))
}

/// This host, as far as we may see it.
pub struct Eyes {
    host: Host,
    places: Vec<Place>,
    runtimes: Vec<Runtime>,
}

impl Eyes {
    /// Opens the lane.
    pub fn open(places: Vec<Place>, runtimes: Vec<Runtime>) -> Result<Self, Failure> {
        Ok(Self {
            host: Host::open().map_err(cannot_look)?,
            places,
            runtimes,
        })
    }

    /// Who holds connections, and every process.
    pub fn look(&mut self) -> Result<(Workers, Processes), Failure> {
        let snapshot = self.host.look(&self.places).map_err(cannot_look)?;
        let processes = every_process()?;
        let workers = Workers::of(&snapshot, &processes, &self.runtimes);
        Ok((workers, processes))
    }

    /// This host's ends of connections: the second look.
    pub fn connections(&mut self) -> Result<HashSet<SocketId>, Failure> {
        let there = self.host.look_again(&self.places).map_err(cannot_look)?;
        // Where the server is on this host too, its own ends are not the workers'.
        let ours = |id: &SocketId| {
            self.places.iter().any(|place| {
                place.port == id.remote.port()
                    && place.address.is_none_or(|address| {
                        address.to_canonical() == id.remote.ip().to_canonical()
                    })
            })
        };
        Ok(there.into_iter().filter(ours).collect())
    }

    /// What `process` is.
    pub fn recognise(&self, process: &Process, processes: &Processes) -> Worker {
        recognised(process, processes, &self.runtimes)
    }
}

/// Every process of this host.
pub fn every_process() -> Result<Processes, Failure> {
    processes(Path::new(PROC)).map_err(|error| {
        Failure::new(
            ExitCode::NoLane,
            anyhow::Error::new(error).context("cannot read the processes of this host"),
        )
    })
}

/// The process that has this PID now.
pub fn look_at(pid: i32) -> Option<Process> {
    process(Path::new(PROC), pid)
}

/// The database, if it answers. A lane once open is kept: the next look needs no new one.
pub struct Database<'a> {
    context: &'a Context,
    way: Option<Way>,
}

impl<'a> Database<'a> {
    /// Not asked yet.
    pub fn new(context: &'a Context) -> Self {
        Self { context, way: None }
    }

    /// Slots, if it answers.
    pub fn capacity(&mut self) -> Option<Capacity> {
        if self.way.is_none() {
            let lane = self.context.connection.lane;
            self.way = self.context.open_at_once(lane, PATIENCE);
        }
        let looked = self.way.as_mut()?.database.look(QueryText::First(1));
        match looked {
            Ok(snapshot) => Some(snapshot.capacity()),
            Err(_) => {
                self.way = None;
                None
            }
        }
    }

    /// Whether we hold a connection to it, over TCP.
    pub fn is_here(&self) -> bool {
        let endpoint = |way: &Way| way.database.lane().greeting().endpoint.clone();
        self.way
            .as_ref()
            .is_some_and(|way| !endpoint(way).contains('/'))
    }

    /// Whether it admits a new login now.
    pub fn answers(&self) -> bool {
        let way = self.context.open_at_once(LaneArg::Login, PATIENCE);
        way.is_some_and(|way| way.database.lane().kind() == LaneKind::Login)
    }

    /// A look, together with what this host holds. Whether a login is admitted is tried only where that is the goal.
    pub fn look(&mut self, held: usize, goal: Goal) -> Look {
        let free = self.capacity().map(|capacity| capacity.ordinary.free);
        Look {
            held,
            free,
            answers: match goal {
                Goal::Answers => self.answers(),
                Goal::All | Goal::Free(_) => free.is_some(),
            },
        }
    }
}
