//! One step, carried out as the very command that it prints: its words are parsed, and its stages run with the way in
//! and the record of the walk.

use std::time::Duration;

use clap::{CommandFactory, FromArgMatches, Parser};

use super::fencing::{Fenced, put_up};
use crate::args::ApprovalArgs;
use crate::commands::{Command, backends, free, sockets, terminate, workers};
use crate::decide::breakdown::Dimension;
use crate::decide::confirmation::NotConfirmed;
use crate::decide::free::story::{Ended as FreeEnded, Result as FreeCame};
use crate::decide::holder::Holder;
use crate::decide::proposal::Step;
use crate::decide::rescue::{Came, Counted};
use crate::decide::selection::Spared;
use crate::decide::session::Session;
use crate::error::Failure;
use crate::exit_code::ExitCode;
use crate::record::Record;
use crate::stages::Context;
use crate::stages::acting::{acted_code, not_confirmed};
use crate::stages::context::Way;
use crate::stages::pipeline::Ended;

/// Freed slots must stay free for so long before `free` believes it.
const STAY: Duration = Duration::from_millis(500);

/// The part of the command line that steps are written in.
#[derive(Debug, Parser)]
#[command(name = "breakglass", disable_help_subcommand = true)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

/// On which terms the steps of a walk are carried out.
#[derive(Debug, Clone)]
pub(super) struct Terms<'a> {
    /// Ask nothing.
    pub yes: bool,
    /// How many may still be ended; `None` without a limit.
    pub left: Option<usize>,
    /// As the record wants it.
    pub approval: &'a ApprovalArgs,
    /// How long to wait for targets to go.
    pub wait: Duration,
}

/// What a step came to.
#[derive(Debug)]
pub(super) struct Tried {
    /// How.
    pub came: Came,
    /// Who.
    pub counted: Counted,
    /// The fence it put up.
    pub fence: Option<String>,
}

impl Tried {
    fn of(came: Came) -> Self {
        Self {
            came,
            counted: Counted::default(),
            fence: None,
        }
    }
}

/// Carries it out. A failure before anything was done is how the step came out, not the end of the walk.
pub(super) fn carry_out(
    step: &Step,
    way: Option<&mut Way>,
    record: &mut Record,
    terms: &Terms<'_>,
    context: &Context,
) -> Tried {
    let tried = match step {
        Step::FenceAndFree {
            role, limit, slots, ..
        } => fence_and_free(role, *limit, *slots, way, record, terms, context),
        _ => typed(step, way, record, terms, context),
    };
    tried.unwrap_or_else(|failure| {
        Tried::of(match failure.code {
            ExitCode::Unknown => Came::Unknown,
            _ => Came::Refused(format!("{:#}", failure.error)),
        })
    })
}

fn fence_and_free(
    role: &str,
    limit: u32,
    slots: u32,
    way: Option<&mut Way>,
    record: &mut Record,
    terms: &Terms<'_>,
    context: &Context,
) -> Result<Tried, Failure> {
    let way = way.ok_or_else(no_lane)?;
    let put_up = put_up(
        (role, limit),
        terms.yes,
        way,
        record,
        terms.approval,
        context,
    );
    let id = match put_up? {
        Fenced::Stands(id) => id,
        Fenced::Declined => {
            let why = not_confirmed(&NotConfirmed::Declined, "fences");
            return Ok(Tried::of(Came::NotConfirmed(why)));
        }
        Fenced::Refused(why) => return Ok(Tried::of(Came::Refused(why))),
        Fenced::Unknown => return Ok(Tried::of(Came::Unknown)),
    };
    let its = Step::Free {
        slots,
        of: Some((Dimension::User, role.to_owned())),
    };
    let freed = typed(&its, Some(way), record, terms, context);
    let tried =
        freed.unwrap_or_else(|failure| Tried::of(Came::Refused(format!("{:#}", failure.error))));
    Ok(Tried {
        fence: Some(id),
        ..tried
    })
}

/// Parses the step's own command with the approval of the walk, and runs its stages.
fn typed(
    step: &Step,
    way: Option<&mut Way>,
    record: &mut Record,
    terms: &Terms<'_>,
    context: &Context,
) -> Result<Tried, Failure> {
    let capped = terms
        .left
        .map_or_else(|| step.clone(), |left| step.at_most(left));
    let mut words = vec!["breakglass".to_owned()];
    words.extend(capped.commands().into_iter().flatten());
    let mut more = |flag: &str, value: Option<String>| {
        words.push(flag.to_owned());
        words.extend(value);
    };
    if let (Some(left), false) = (terms.left, capped.is_limited()) {
        more("--limit", Some(left.to_string()));
    }
    if terms.yes {
        more("--yes", None);
    }
    more("--wait", Some(format!("{}ms", terms.wait.as_millis())));
    if let Step::Free { .. } = step {
        more("--stay", Some(format!("{}ms", STAY.as_millis())));
    }
    if let Some(reason) = &terms.approval.reason {
        more("--reason", Some(reason.clone()));
    }
    let command = parsed(&words)?;
    match &command {
        Command::Terminate(args) => {
            let way = way.ok_or_else(no_lane)?;
            let ended = terminate::step(args, way, record, context)?;
            Ok(of_sessions(&ended))
        }
        Command::Free(args) => {
            let way = way.ok_or_else(no_lane)?;
            let (planned, ended) = free::step(args, way, record, context)?;
            Ok(of_free(&planned.plan, &ended))
        }
        Command::Backends(args) => backends::step(args, record, context)?
            .map(|ended| of_sessions(&ended))
            .ok_or_else(|| no_step(&words)),
        Command::Workers(args) => workers::step(args, record, context)?
            .map(|ended| of(&ended, "processes", |(_, spared)| spared.sentence()))
            .ok_or_else(|| no_step(&words)),
        Command::Sockets(args) => sockets::step(args, record, context)?
            .map(|ended| of(&ended, "connections", |(_, spared)| spared.sentence()))
            .ok_or_else(|| no_step(&words)),
        _ => Err(no_step(&words)),
    }
}

fn parsed(words: &[String]) -> Result<Command, Failure> {
    let line = Line::command()
        .try_get_matches_from(words)
        .and_then(|matches| Line::from_arg_matches(&matches));
    line.map(|line| line.command).map_err(|error| {
        Failure::new(
            ExitCode::Usage,
            anyhow::Error::new(error).context("the step cannot be typed"),
        )
    })
}

fn no_lane() -> Failure {
    Failure::say(ExitCode::NoLane, "no database lane is open for this step")
}

fn no_step(words: &[String]) -> Failure {
    let line = words.join(" ");
    Failure::say(ExitCode::Usage, format!("this is no step: {line}"))
}

fn of_sessions(ended: &Ended<Session>) -> Tried {
    let mut tried = of(ended, "sessions", |spared: &Spared| {
        spared.reason.sentence()
    });
    if let Some(verified) = ended.verified() {
        tried.counted.retaken = verified
            .aftermath
            .retaken
            .iter()
            .map(|group| group.count)
            .sum();
    }
    tried
}

fn of<H: Holder>(ended: &Ended<H>, what: &str, reason: impl Fn(&H::Spared) -> String) -> Tried {
    let came = match ended {
        Ended::Nothing(plan) if plan.protects() => {
            Came::Refused("everybody who matches is protected".to_owned())
        }
        Ended::Nothing(_) | Ended::Reached(_) | Ended::DryRun(_) => Came::Nothing,
        Ended::NotConfirmed(_, why) => Came::NotConfirmed(not_confirmed(why, what)),
        Ended::Acted(_, verified) => match acted_code(verified.ending()) {
            ExitCode::Done => Came::Done,
            ExitCode::Unknown => Came::Unknown,
            ExitCode::Refused => Came::Refused(format!("all {what} were refused")),
            _ => Came::Partly,
        },
    };
    Tried {
        came,
        counted: Counted::of(ended.plan(), ended.verified(), reason),
        fence: None,
    }
}

fn of_free(plan: &crate::decide::plan::Plan<Session>, ended: &FreeEnded) -> Tried {
    let verified = match ended {
        FreeEnded::Acted(story) => Some(&story.verified),
        _ => None,
    };
    let mut counted = Counted::of(plan, verified, |spared: &Spared| spared.reason.sentence());
    if let Some(verified) = verified {
        counted.retaken = verified
            .aftermath
            .retaken
            .iter()
            .map(|group| group.count)
            .sum();
    }
    let came = match (ended, ended.result()) {
        (FreeEnded::NotConfirmed(why), _) => Came::NotConfirmed(not_confirmed(why, "sessions")),
        (FreeEnded::Enough, _) => Came::Nothing,
        (_, FreeCame::Reached) => Came::Done,
        (_, FreeCame::Nothing) => Came::Nothing,
        (_, FreeCame::Refused) => Came::Refused("all sessions were refused".to_owned()),
        (_, FreeCame::Partly) => Came::Partly,
        (_, FreeCame::Unknown) => Came::Unknown,
    };
    Tried {
        came,
        counted,
        fence: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::identity::SessionId;
    use crate::decide::session::State;

    fn steps() -> Vec<Step> {
        let name = || "it's \"--all\" \u{1b}[2J".to_owned();
        vec![
            Step::EndHead {
                session: SessionId {
                    pid: 812,
                    started: Some(1),
                },
                waiting: 4,
            },
            Step::Free { slots: 3, of: None },
            Step::Free {
                slots: 3,
                of: Some((Dimension::Application, name())),
            },
            Step::FenceAndFree {
                role: name(),
                limit: 0,
                slots: 3,
            },
            Step::EndIdleOf {
                by: Dimension::User,
                name: name(),
                limit: 3,
            },
            Step::EndIdleOf {
                by: Dimension::Database,
                name: name(),
                limit: 3,
            },
            Step::EndSuperusers {
                application: name(),
                limit: 3,
            },
            Step::EndStarting {
                limit: 3,
                cluster: None,
            },
            Step::EndStarting {
                limit: 3,
                cluster: Some("5432".to_owned()),
            },
            Step::EndBackends {
                cluster: "pid:812".to_owned(),
                user: Some(name()),
                states: vec![State::Aborted, State::Idle, State::IdleInTransaction],
                limit: 8,
            },
            Step::Recycle {
                runtime: "gunicorn".to_owned(),
            },
            Step::Sever { limit: 7 },
        ]
    }

    #[test]
    fn every_command_that_a_step_prints_can_be_typed_and_leads_to_its_stages() {
        for step in steps() {
            let commands = step.commands();
            assert!(!commands.is_empty());
            for words in commands {
                let mut line = vec!["breakglass".to_owned()];
                line.extend(words);
                let typed = crate::cli::command().try_get_matches_from(&line);
                assert!(typed.is_ok(), "{line:?}: {:?}", typed.err());
                let command = parsed(&line);
                assert!(
                    matches!(
                        command,
                        Ok(Command::Terminate(_)
                            | Command::Free(_)
                            | Command::Fence(_)
                            | Command::Backends(_)
                            | Command::Workers(_)
                            | Command::Sockets(_))
                    ),
                    "{line:?}"
                );
            }
        }
    }

    #[test]
    fn no_step_takes_more_than_what_is_left_of_the_limit() {
        for step in steps().iter().filter(|step| step.is_limited()) {
            let words: Vec<String> = step.at_most(2).commands().into_iter().flatten().collect();
            let says = words.windows(2).find(|pair| pair[0] == "--limit");
            assert_eq!(says.map(|pair| pair[1].as_str()), Some("2"), "{step:?}");
        }
    }
}
