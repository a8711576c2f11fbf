//! `breakglass sockets sever`: the recipe. Look, select, plan, confirm, look again, record, act, verify, record, tell.
//!
//! The same stages and rules as every command that acts. Never: acts on what was not confirmed; says "gone" of what a
//! second look did not miss.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::json;

use super::args::SocketSelectionArgs;
use super::list::cannot_look;
use super::place::{self, Aim};
use crate::act::sever::{probe, sever};
use crate::args::{ApprovalArgs, Format, positive};
use crate::commands::acting::{
    acted_code, cap, not_confirmed, open_record, say_lines, somebody_can_agree,
};
use crate::commands::signals::Interruption;
use crate::commands::{Context, json_text};
use crate::decide::confirmation::{Approval, Cap, NotConfirmed};
use crate::decide::outcome::Receipt;
use crate::decide::protection::Include;
use crate::decide::sockets::outcome::{Backend, Seen, SocketOutcome, ending, judge};
use crate::decide::sockets::plan::{ConfirmedSever, SeverPlan, plan};
use crate::decide::sockets::selection::{
    SocketCriteria, SocketCut, SocketPolicy, StillMeant, select, still_meant,
};
use crate::decide::sockets::{Socket, SocketId, SocketsSnapshot};
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::observe::sockets::{Host, ourselves, still_runs};
use crate::record::{Deed, End, Record};
use crate::report::json::sockets::target;
use crate::report::sockets::{self as screens, SeverView, Verified};
use crate::report::{Extent, json};

/// Targets between two of which an interruption is heeded.
const STEP: usize = 100;
/// First and longest pause between two looks.
const PAUSE: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(200));

/// Sever connections, so that the slots of idle sessions come back
///
/// Shows the plan and asks; has the kernel end each connection, named by its cookie and addresses; looks again until it
/// is gone and, where the server runs on this host, until its backend is. Needs root (CAP_NET_ADMIN) and a kernel with
/// CONFIG_INET_DIAG_DESTROY. No process is signalled.
///
/// Frees within milliseconds: idle sessions, in a transaction or not (it is rolled back), and sessions blocked on
/// writing. Does not free: a session that runs a statement or waits for a lock; it keeps its slot until that ends.
/// Pools connect again. Spares replication, and what our own shell and ssh have open.
///
/// Exit codes: 0 all gone, 1 nothing matched, 2 wrong use, 3 the kernel does not answer, 4 refused or not confirmed,
/// 5 some are not gone or their backends still run, 6 unknown.
///
/// Example: breakglass sockets sever -p 5432 --client 10.1.2.3 --idle-for 5m --limit 20
#[derive(Debug, Args)]
pub struct SeverArgs {
    #[command(flatten)]
    selection: SocketSelectionArgs,
    /// Only the N that have been quiet longest; a socket does not tell when it was opened
    #[arg(long, value_name = "N", value_parser = positive, help_heading = "How many of them")]
    oldest: Option<usize>,
    /// At most N, the least harmful first
    #[arg(long, value_name = "N", value_parser = positive, help_heading = "How many of them")]
    limit: Option<usize>,
    #[command(flatten)]
    approval: ApprovalArgs,
}

/// What the command line asked for.
struct Request {
    aim: Aim,
    criteria: SocketCriteria,
    cut: SocketCut,
    policy: SocketPolicy,
    yes: Option<Cap>,
    approval: ApprovalArgs,
}

/// How it ended.
enum Ended {
    Nothing(SeverPlan),
    DryRun(SeverPlan),
    NotConfirmed(SeverPlan, NotConfirmed),
    Acted(SeverPlan, Verified),
}

/// Severs.
pub fn run(args: &SeverArgs, context: &Context) -> Outcome {
    let request = request(args, context)?;
    let mut host = Host::open().map_err(cannot_look)?;
    if let Err(sentence) = may_sever(&mut host) {
        if !args.approval.dry_run {
            return Err(Failure::say(
                ExitCode::Refused,
                format!("{sentence}; nothing was done"),
            ));
        }
        context
            .terminal
            .say(&format!("breakglass: warning: {sentence}\n"));
    }
    let mut record = open_record(&args.approval, context)?;
    let ended = stages(&mut host, record.as_mut(), &request, context);
    context.terminal.progress("");
    let ended = ended?;
    say_lines(record.as_mut(), context);
    let code = exit_code(&ended);
    tell(&ended, code, &request, context)?;
    Ok(code)
}

fn request(args: &SeverArgs, context: &Context) -> Result<Request, Failure> {
    let approval = &args.approval;
    let criteria = args.selection.criteria()?;
    let foreign = approval
        .include
        .iter()
        .find(|kind| **kind != Include::Walsenders);
    if let Some(kind) = foreign {
        return Err(Failure::say(
            ExitCode::Usage,
            format!(
                "the sockets lane cannot judge --include {}: a socket does not tell",
                kind.flag()
            ),
        ));
    }
    let yes = cap(approval, args.limit)?;
    if criteria.is_empty() && args.oldest.is_none() && !approval.all {
        return Err(Failure::say(
            ExitCode::Usage,
            "sever needs to know which connections; give a filter such as --client or --idle-for, or --all",
        ));
    }
    somebody_can_agree(yes, approval, context)?;
    let aim = place::aim(context)?;
    aim.honour_protection(
        !criteria.pids.any.is_empty(),
        "a socket",
        "breakglass sockets",
    )?;
    Ok(Request {
        aim,
        criteria,
        cut: SocketCut {
            oldest: args.oldest,
            limit: args.limit,
        },
        policy: SocketPolicy {
            ourselves: ourselves(),
            walsenders: approval.include.contains(&Include::Walsenders),
        },
        yes,
        approval: approval.clone(),
    })
}

fn may_sever(host: &mut Host) -> Result<(), String> {
    host.ours().map_or(Ok(()), probe)
}

fn stages(
    host: &mut Host,
    record: Option<&mut Record>,
    request: &Request,
    context: &Context,
) -> Result<Ended, Failure> {
    let before = host.look(&request.aim.places).map_err(cannot_look)?;
    let selection = select(&before, &request.criteria, request.cut, &request.policy);
    let (endpoint, wait) = (request.aim.endpoint.clone(), request.approval.wait);
    let planned = plan(endpoint, wait, before.grain, &before.sockets, selection);
    if planned.targets.is_empty() {
        return Ok(Ended::Nothing(planned));
    }
    if request.approval.dry_run {
        return Ok(Ended::DryRun(planned));
    }
    context
        .terminal
        .say(&screens::plan(&planned, context.talk_screen(Extent::Brief)));
    let approval = match request.yes {
        Some(cap) => Approval::Flag(cap),
        None => match context.terminal.ask(&screens::question(&planned)) {
            Some(answer) => Approval::Typed(answer),
            None => return Ok(Ended::NotConfirmed(planned, NotConfirmed::Declined)),
        },
    };
    let asked = matches!(approval, Approval::Typed(_));
    let confirmed = match planned
        .clone()
        .confirm(&approval, request.aim.protected.max_targets)
    {
        Ok(confirmed) => confirmed,
        Err(why) => return Ok(Ended::NotConfirmed(planned, why)),
    };
    let mut receipts = HashMap::new();
    let confirmed = if asked {
        // Connections go on living while a person reads.
        let now = host.look(&request.aim.places).map_err(cannot_look)?;
        narrow(confirmed, &now, request, &mut receipts)
    } else {
        confirmed
    };
    let Some(record) = record else {
        return Err(Failure::say(
            ExitCode::Refused,
            "there is no record to write the intent to",
        ));
    };
    let deed = Deed {
        action: "sever",
        lane: "sockets",
        server: json!({ "endpoint": planned.endpoint }),
    };
    let targets = confirmed
        .targets()
        .iter()
        .map(|socket| target(socket, before.grain))
        .collect();
    record
        .intend(&deed, request.approval.reason.as_deref(), targets)
        .map_err(|error| {
            Failure::say(ExitCode::Refused, format!("{error}; nothing was done"))
                .hint("go on without a record file, its lines printed instead: --no-record")
        })?;
    let verified = act_and_verify(
        host, &confirmed, receipts, &before, &planned, request, context,
    );
    let ends = verified.targets.iter().map(|done| End {
        target: target(&done.socket, before.grain),
        outcome: done.outcome.name(),
        detail: done.sentence(),
        after: done.after,
    });
    if let Err(error) = record.conclude(&deed, request.approval.reason.as_deref(), ends) {
        // It is done; not being able to write it down must not hide it.
        context
            .terminal
            .say(&format!("the outcome is not in the record: {error}\n"));
    }
    Ok(Ended::Acted(planned, verified))
}

/// The targets that are still what they were chosen for, and receipts for those that are not.
fn narrow(
    confirmed: ConfirmedSever,
    now: &SocketsSnapshot,
    request: &Request,
    receipts: &mut HashMap<SocketId, Receipt>,
) -> ConfirmedSever {
    let mut still = Vec::new();
    for socket in confirmed.targets() {
        let receipt = match still_meant(&socket.id, now, &request.criteria, &request.policy) {
            StillMeant::Yes => {
                still.push(socket.id);
                continue;
            }
            StillMeant::Gone => Receipt::Absent,
            StillMeant::Changed(class) => Receipt::Changed(format!(
                "it is {} by now and no longer matches",
                class.name()
            )),
        };
        receipts.insert(socket.id, receipt);
    }
    confirmed.narrowed_to(&still)
}

fn act_and_verify(
    host: &mut Host,
    confirmed: &ConfirmedSever,
    mut receipts: HashMap<SocketId, Receipt>,
    before: &SocketsSnapshot,
    planned: &SeverPlan,
    request: &Request,
    context: &Context,
) -> Verified {
    let interruption = Interruption::note_signals().unwrap_or_default();
    let began = Instant::now();
    // A conversation is in one namespace, so targets go by namespace; their order within it stays.
    let mut by_namespace: Vec<(u64, Vec<Socket>)> = Vec::new();
    for socket in confirmed.targets() {
        let namespace = socket.id.namespace;
        match by_namespace
            .iter_mut()
            .find(|(known, _)| *known == namespace)
        {
            Some((_, sockets)) => sockets.push(socket.clone()),
            None => by_namespace.push((namespace, vec![socket.clone()])),
        }
    }
    for (namespace, sockets) in &by_namespace {
        for step in sockets.chunks(STEP) {
            let answers = match host.lane(*namespace) {
                Some(lane) if !interruption.arrived() => sever(lane, *namespace, confirmed, step),
                _ => vec![Receipt::NotAsked; step.len()],
            };
            receipts.extend(step.iter().map(|socket| socket.id).zip(answers));
        }
    }
    let mut watched = Watched::default();
    watched.watch(
        host,
        confirmed,
        &receipts,
        request,
        began,
        &interruption,
        context,
    );
    let known: HashSet<SocketId> = before.sockets.iter().map(|socket| socket.id).collect();
    let now = host.look_again(&request.aim.places).ok();
    let targets = planned
        .targets
        .iter()
        .map(|socket| {
            let receipt = receipts
                .get(&socket.id)
                .cloned()
                .unwrap_or(Receipt::NotAsked);
            let seen = match &now {
                None => Seen::NotLooked,
                Some(now) if now.contains(&socket.id) => Seen::Present,
                Some(_) => Seen::Absent,
            };
            SocketOutcome {
                socket: socket.clone(),
                outcome: judge(&receipt, seen),
                receipt,
                backend: backend(socket),
                after: watched
                    .after
                    .get(&socket.id)
                    .copied()
                    .unwrap_or_else(|| began.elapsed()),
            }
        })
        .collect();
    Verified {
        targets,
        connections: now.as_ref().map(|now| (known.len(), now.len())),
        new: now.map_or(0, |now| now.difference(&known).count()),
    }
}

/// What is known of the server process behind `socket`.
fn backend(socket: &Socket) -> Backend {
    match socket.backend() {
        [] => Backend::NotVisible,
        owners => match owners.iter().find(|owner| still_runs(owner)) {
            Some(owner) => Backend::StillRuns(owner.pid),
            None => Backend::Ended,
        },
    }
}

/// What the looks after acting saw.
#[derive(Default)]
struct Watched {
    /// When each was first missed, its backend too where that is visible.
    after: HashMap<SocketId, Duration>,
}

impl Watched {
    /// Looks until every severed target and its backend are gone, or the wait is over.
    #[allow(clippy::too_many_arguments)]
    fn watch(
        &mut self,
        host: &mut Host,
        confirmed: &ConfirmedSever,
        receipts: &HashMap<SocketId, Receipt>,
        request: &Request,
        began: Instant,
        interruption: &Interruption,
        context: &Context,
    ) {
        let sent = |socket: &&Socket| {
            matches!(
                receipts.get(&socket.id),
                Some(Receipt::Sent | Receipt::NoAnswer | Receipt::Absent)
            )
        };
        let mut pending: Vec<&Socket> = confirmed.targets().iter().filter(sent).collect();
        let mut pause = PAUSE.0;
        while let Ok(there) = host.look_again(&request.aim.places) {
            pending.retain(|socket| {
                let over = !there.contains(&socket.id)
                    && !matches!(backend(socket), Backend::StillRuns(_));
                if over {
                    self.after.insert(socket.id, began.elapsed());
                }
                !over
            });
            if pending.is_empty()
                || began.elapsed() >= request.approval.wait
                || interruption.arrived()
            {
                return;
            }
            if began.elapsed() > Duration::from_secs(1) {
                let left = request
                    .approval
                    .wait
                    .saturating_sub(began.elapsed())
                    .as_secs();
                context.terminal.progress(&format!(
                    "waiting for {} to go, {left} s left",
                    pending.len()
                ));
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(PAUSE.1);
        }
    }
}

fn exit_code(ended: &Ended) -> ExitCode {
    match ended {
        Ended::Nothing(plan) if plan.spared.iter().any(|(_, reason)| reason.protects()) => {
            ExitCode::Refused
        }
        Ended::Nothing(_) => ExitCode::Nothing,
        Ended::DryRun(_) => ExitCode::Done,
        Ended::NotConfirmed(..) => ExitCode::Refused,
        Ended::Acted(_, verified) => acted_code(ending(&verified.targets)),
    }
}

fn tell(
    ended: &Ended,
    code: ExitCode,
    request: &Request,
    context: &Context,
) -> Result<(), Failure> {
    let (plan, verified) = match ended {
        Ended::Nothing(plan) | Ended::DryRun(plan) => (plan, None),
        Ended::NotConfirmed(plan, why) => {
            context.terminal.say(&format!(
                "breakglass: {}\n",
                not_confirmed(why, "connections")
            ));
            (plan, None)
        }
        Ended::Acted(plan, verified) => (plan, Some(verified)),
    };
    let view = SeverView {
        plan,
        verified,
        dry_run: request.approval.dry_run,
        exit_code: code.number(),
    };
    let screen = context.screen(Extent::Brief);
    let text = match context.format {
        Format::Json => json_text(&json::sockets::sever(&view))?,
        Format::Csv => screens::records::targets(&view).csv(),
        Format::Markdown => screens::records::targets(&view).markdown(),
        Format::Table => match (ended, verified) {
            (_, Some(verified)) => screens::outcome(verified, screen),
            (Ended::NotConfirmed(..), _) => String::new(),
            _ => screens::plan(plan, screen),
        },
    };
    context.answer(&text)
}
