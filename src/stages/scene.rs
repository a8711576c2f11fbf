//! What a command looks at: a server, or a snapshot that was saved of one.
//!
//! The commands are written once; here is all the difference there is between the two.
//! Never: acts on anything because of what a file says.

use std::path::Path;

use super::context::{Context, Way, policy, view};
use super::listing::{self, Of};
use super::pooler::{PoolerArgs, tell_closed};
use crate::act::{Actor, Sent, Signal};
use crate::args::FromArgs;
use crate::connect::{Config, Protected};
use crate::decide::advice::Step;
use crate::decide::capacity::Capacity;
use crate::decide::confirmation::ConfirmedPlan;
use crate::decide::criteria::Criteria;
use crate::decide::evidence::{Evidence, Queries};
use crate::decide::filters::not_saved;
use crate::decide::identity::SessionId;
use crate::decide::outcome::Receipt;
use crate::decide::protection::{Include, Policy};
use crate::decide::session::Session;
use crate::decide::sessions::outcome::Seen;
use crate::decide::snapshot::{Server, Snapshot};
use crate::error::Failure;
use crate::exit_code::ExitCode;
use crate::lanes::{LaneError, LaneKind};
use crate::observe::recorded::{self, Recorded};
use crate::observe::{QueryText, Source};
use crate::report::LaneView;
use crate::report::advice::Advice;
use crate::report::origin::Origin;
use crate::report::pools::PoolerView;

/// What is looked at.
pub enum Scene {
    /// A server, over an open lane.
    Live(Box<Way>),
    /// A file.
    Saved(Box<Saved>),
}

/// A snapshot that was saved, and what was known of the way to it.
pub struct Saved {
    recorded: Recorded,
    lane: LaneKind,
    encrypted: bool,
    refused_before: Vec<String>,
    origin: Origin,
    protected: Protected,
}

impl Scene {
    /// Opens the file of `--from`, or else a lane.
    pub fn open(
        from: &FromArgs,
        criteria: &Criteria<Session>,
        pooler: &PoolerArgs,
        context: &Context,
    ) -> Result<Self, Failure> {
        let Some(file) = &from.from else {
            let console = pooler.target(context)?;
            let mut way = context.open()?;
            way.database.ask_pooler(console.as_ref());
            return Ok(Self::Live(Box::new(way)));
        };
        if pooler.pgbouncer.is_some() {
            return Err(Failure::say(
                ExitCode::Usage,
                "--from reads a file and --pgbouncer means a pooler; give one of them",
            ));
        }
        open_file(file, criteria, context).map(|it| Self::Saved(Box::new(it)))
    }

    /// Keeps a live listing for TAB.
    pub fn keep(&self, snapshot: &Snapshot, context: &Context) {
        if let Self::Live(way) = self {
            let endpoint = &way.database.lane().greeting().endpoint;
            listing::keep(context, Of::Server(&way.target), endpoint, &[snapshot]);
        }
    }

    /// The pooler before the server, when one was asked.
    pub fn pooler(&self) -> Option<PoolerView<'_>> {
        match self {
            Self::Live(way) => way.database.pooler(),
            Self::Saved(_) => None,
        }
    }

    /// Says that a pooler's console is closed, for answers that have no place for it.
    pub fn tell_closed_pooler(&self, context: &Context) {
        if let Self::Live(way) = self {
            tell_closed(way, context);
        }
    }

    /// What the answer says of itself; `None` of a live one.
    pub fn origin(&self) -> Option<&Origin> {
        match self {
            Self::Live(_) => None,
            Self::Saved(saved) => Some(&saved.origin),
        }
    }

    /// Lane and endpoint.
    pub fn place(&self) -> (&'static str, &str) {
        match self {
            Self::Live(way) => {
                let lane = way.database.lane();
                (lane.kind().name(), &lane.greeting().endpoint)
            }
            Self::Saved(saved) => (saved.lane.name(), &saved.origin.endpoint),
        }
    }

    /// What the configuration protects.
    pub fn protected(&self) -> &Protected {
        match self {
            Self::Live(way) => &way.target.protected,
            Self::Saved(saved) => &saved.protected,
        }
    }

    /// What is spared: the configuration's list, and the kinds that were not included.
    pub fn policy(&self, include: &[Include]) -> Policy {
        policy(self.protected(), include)
    }

    /// The lane as the screens show it.
    pub fn view(&self, capacity: &Capacity, server: &Server) -> LaneView {
        match self {
            Self::Live(way) => way.view(capacity, server),
            Self::Saved(saved) => LaneView {
                endpoint: saved.origin.endpoint.clone(),
                encrypted: saved.encrypted,
                refused_before: saved.refused_before.clone(),
                ..view(saved.lane, capacity, server)
            },
        }
    }

    /// A step as a line that works as pasted. Of a snapshot it is a rehearsal on the same file.
    pub fn line(&self, step: &Step, context: &Context) -> String {
        let Self::Saved(saved) = self else {
            return context.line(step);
        };
        let mut step = step.clone();
        let acts = step
            .words
            .first()
            .is_some_and(|word| ACTS.contains(&word.as_str()));
        step.words
            .insert(1.min(step.words.len()), saved.origin.file.clone());
        step.words
            .insert(1.min(step.words.len()), "--from".to_owned());
        if acts && !step.words.iter().any(|word| word == "--dry-run") {
            step.words.push("--dry-run".to_owned());
        }
        context.line(&step)
    }

    /// Steps as the status screen shows them.
    pub fn advice(&self, steps: &[Step], context: &Context) -> Vec<Advice> {
        let advice = steps.iter().map(|step| Advice {
            command: self.line(step, context),
            why: step.why.clone(),
        });
        advice.collect()
    }
}

/// Commands that a snapshot can only rehearse.
const ACTS: [&str; 3] = ["cancel", "terminate", "free"];

impl Source for Scene {
    fn look(&mut self, text: QueryText) -> Result<Snapshot, LaneError> {
        match self {
            Self::Live(way) => way.database.look(text),
            Self::Saved(saved) => saved.recorded.look(text),
        }
    }

    fn unfit_to_act(&self) -> Option<String> {
        match self {
            Self::Live(way) => way.database.unfit_to_act(),
            Self::Saved(_) => None,
        }
    }

    fn look_at(&mut self, ids: &[SessionId]) -> Result<Vec<(SessionId, Seen)>, LaneError> {
        match self {
            Self::Live(way) => way.database.look_at(ids),
            Self::Saved(saved) => saved.recorded.look_at(ids),
        }
    }
}

impl Actor for Scene {
    /// A file has nobody to signal: [`rehearses`] has seen to it that nobody asks.
    fn send(&mut self, plan: &ConfirmedPlan<Session>, signal: Signal, targets: &[Session]) -> Sent {
        match self {
            Self::Live(way) => way.database.send(plan, signal, targets),
            Self::Saved(_) => Sent {
                receipts: vec![Receipt::NotAsked; targets.len()],
                lost: None,
            },
        }
    }
}

/// Refuses to act on a snapshot; `command` is the one that was typed.
pub fn rehearses(from: &FromArgs, dry_run: bool, command: &str) -> Result<(), Failure> {
    if from.from.is_some() && !dry_run {
        return Err(Failure::say(
            ExitCode::Usage,
            format!("{command} --from only rehearses on a snapshot: add --dry-run"),
        ));
    }
    Ok(())
}

fn open_file(
    file: &Path,
    criteria: &Criteria<Session>,
    context: &Context,
) -> Result<Saved, Failure> {
    let wrong = |text: String| Failure::say(ExitCode::Usage, text);
    if let Some(flag) = context.connection.means_a_server().first() {
        return Err(wrong(format!(
            "--from reads a file and {flag} means a server; give one of them"
        )));
    }
    let protected = Config::read(&context.environment)
        .and_then(|config| config.protected(context.connection.target.as_deref()))
        .map_err(|error| Failure::new(ExitCode::Usage, error))?;
    let Evidence {
        taken,
        queries,
        refused_before,
        database,
        beside,
        ..
    } = recorded::read(file).map_err(|error| Failure::new(ExitCode::Usage, error))?;
    let shown = file.display();
    let Some(database) = database else {
        return Err(without_sessions(file, &refused_before, &beside));
    };
    if let Some((flag, what)) = not_saved(criteria, queries != Queries::LeftOut) {
        return Err(wrong(format!(
            "{flag} cannot be judged on {shown}: it was saved without {what}"
        ))
        .hint("'breakglass snapshot --with-queries' keeps it"));
    }
    Ok(Saved {
        lane: if database.lane == LaneKind::Replication.name() {
            LaneKind::Replication
        } else {
            LaneKind::Login
        },
        encrypted: database.encrypted,
        refused_before,
        origin: Origin {
            file: shown.to_string(),
            endpoint: database.endpoint.clone(),
            at: database.snapshot.at,
            by: taken.by,
            host: taken.host,
            without_queries: queries == Queries::LeftOut,
        },
        protected,
        recorded: Recorded::new(database, queries),
    })
}

/// The file was saved while nobody got in.
fn without_sessions(
    file: &Path,
    refused: &[String],
    beside: &[(String, serde_json::Value)],
) -> Failure {
    let mut failure = Failure::say(
        ExitCode::NoLane,
        format!(
            "{} holds no sessions: no database lane was open when it was saved",
            file.display()
        ),
    );
    for sentence in refused {
        failure = failure.hint(sentence);
    }
    let lanes: Vec<&str> = beside.iter().map(|(lane, _)| lane.as_str()).collect();
    if !lanes.is_empty() {
        failure = failure.hint(format!("in it, under \"beside\": {}", lanes.join(", ")));
    }
    failure
}
