//! `breakglass sockets sever`: its arguments, and the effects of the stages on connections.
//!
//! The stages are those of every command that acts ([`crate::stages::pipeline`]).

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json as value};

use crate::act::Sent;
use crate::act::sever::{probe, sever};
use crate::args::{ApprovalArgs, SelectionArgs, positive};
use crate::decide::criteria::Criteria;
use crate::decide::filters::SocketsLane;
use crate::decide::outcome::Receipt;
use crate::decide::protection::Include;
use crate::decide::sockets::outcome::{Backend, Connections, Seen, Sight};
use crate::decide::sockets::plan::{ConfirmedSever, SeverPlan, plan};
use crate::decide::sockets::selection::{SocketCut, SocketPolicy, StillMeant, select, still_meant};
use crate::decide::sockets::{Socket, SocketId};
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::observe::sockets::{Host, ourselves, still_runs};
use crate::record::{Deed, Record};
use crate::report::LaneView;
use crate::report::json::sockets::target;
use crate::stages::Context;
use crate::stages::acting::{
    Run, cannot_include, cap, carry_out, converse, exit_code, somebody_can_agree, terms,
};
use crate::stages::pipeline::{Aside, Effects, Ended, Receipts, Sights};
use crate::stages::place::{self, Aim};
use crate::stages::sockets::cannot_look;

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
    selection: SelectionArgs<SocketsLane>,
    /// Only the N that have been quiet longest; a socket does not tell when it was opened
    #[arg(long, value_name = "N", value_parser = positive, help_heading = "How many of them")]
    oldest: Option<usize>,
    /// At most N, the least harmful first
    #[arg(long, value_name = "N", value_parser = positive, help_heading = "How many of them")]
    limit: Option<usize>,
    #[command(flatten)]
    approval: ApprovalArgs,
}

/// The lane's name.
const LANE: &str = "sockets";

/// Severs.
pub fn run(args: &SeverArgs, context: &Context) -> Outcome {
    let approval = &args.approval;
    let mut severing = ready(args, context)?;
    let yes = cap(approval, args.limit)?;
    let terms = terms(approval, yes, &severing.aim.protected);
    let ended = carry_out(&mut severing, approval, &terms, context)?;
    let lane = LaneView::without_login(
        LANE,
        "the kernel ends connections; that takes no login",
        &severing.aim.endpoint,
    );
    let run = Run {
        command: "sockets sever",
        lane: &lane,
        origin: None,
        dry_run: approval.dry_run,
    };
    run.tell(&ended, exit_code(&ended), context)
}

/// Severs as a step of something longer, whose record is open.
pub(super) fn step(
    args: &SeverArgs,
    record: &mut Record,
    context: &Context,
) -> Result<Ended<Socket>, Failure> {
    let mut severing = ready(args, context)?;
    let yes = cap(&args.approval, args.limit)?;
    let terms = terms(&args.approval, yes, &severing.aim.protected);
    converse(&mut severing, record, &terms, context)
}

/// What was typed, checked, and that the kernel would sever.
fn ready(args: &SeverArgs, context: &Context) -> Result<Severing, Failure> {
    let approval = &args.approval;
    let mut severing = Severing::asked(args, context)?;
    if let Err(sentence) = severing.host.ours().map_or(Ok(()), probe) {
        if !approval.dry_run {
            return Err(Failure::say(
                ExitCode::Refused,
                format!("{sentence}; nothing was done"),
            ));
        }
        context
            .terminal
            .say(&format!("breakglass: warning: {sentence}\n"));
    }
    Ok(severing)
}

/// The stages' effects on connections.
struct Severing {
    host: Host,
    aim: Aim,
    criteria: Criteria<Socket>,
    cut: SocketCut,
    policy: SocketPolicy,
    wait: Duration,
    /// Those of the look the plan is made from.
    before: HashSet<SocketId>,
}

impl Severing {
    /// What was typed, checked before anything is opened.
    fn asked(args: &SeverArgs, context: &Context) -> Result<Self, Failure> {
        let approval = &args.approval;
        let criteria = args.selection.criteria()?;
        let mut kinds = approval.include.iter();
        if let Some(kind) = kinds.find(|kind| **kind != Include::Walsenders) {
            return Err(cannot_include("sockets", "a socket", *kind));
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
            criteria.pids().next().is_some(),
            "a socket",
            "breakglass sockets",
        )?;
        Ok(Self {
            host: Host::open().map_err(cannot_look)?,
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
            wait: approval.wait,
            before: HashSet::new(),
        })
    }
}

impl Effects for Severing {
    type Holder = Socket;

    fn plan(&mut self) -> Result<SeverPlan, Failure> {
        let look = self.host.look(&self.aim.places).map_err(cannot_look)?;
        let selection = select(&look, &self.criteria, self.cut, &self.policy);
        self.before = look.sockets.iter().map(|socket| socket.id).collect();
        let endpoint = self.aim.endpoint.clone();
        let (wait, grain) = (self.wait, look.grain);
        Ok(plan(endpoint, wait, grain, &look.sockets, selection))
    }

    fn changed(&mut self, confirmed: &ConfirmedSever) -> Result<Receipts<Socket>, Failure> {
        let now = self.host.look(&self.aim.places).map_err(cannot_look)?;
        let receipt = |socket: &Socket| {
            let meant = still_meant(&socket.id, &now, &self.criteria, &self.policy);
            let receipt = match meant {
                StillMeant::Yes => return None,
                StillMeant::Gone => Receipt::Absent,
                StillMeant::Changed(class) => Receipt::Changed(format!(
                    "it is {} by now and no longer matches",
                    class.name()
                )),
            };
            Some((socket.id, receipt))
        };
        Ok(confirmed.targets().iter().filter_map(receipt).collect())
    }

    fn deed<'a>(&self, plan: &'a SeverPlan) -> Deed<'a> {
        Deed {
            action: "sever",
            lane: plan.lane,
            server: value!({ "endpoint": plan.endpoint }),
        }
    }

    fn entry(&self, plan: &SeverPlan, socket: &Socket) -> Value {
        target(socket, plan.facts.grain)
    }

    /// A conversation with the kernel is in one namespace; answers come back in the order of `targets`.
    fn send(&mut self, confirmed: &ConfirmedSever, targets: &[Socket], _: &mut Aside<'_>) -> Sent {
        let mut answers = Receipts::<Socket>::new();
        let namespaces: BTreeSet<u64> = targets.iter().map(|one| one.id.namespace).collect();
        for namespace in namespaces {
            let here = targets.iter().filter(|one| one.id.namespace == namespace);
            let here: Vec<Socket> = here.cloned().collect();
            if let Some(lane) = self.host.lane(namespace) {
                let receipts = sever(lane, namespace, confirmed, &here);
                answers.extend(here.iter().map(|socket| socket.id).zip(receipts));
            }
        }
        let mut answer = |socket: &Socket| answers.remove(&socket.id).unwrap_or(Receipt::NotAsked);
        Sent {
            receipts: targets.iter().map(&mut answer).collect(),
            lost: None,
        }
    }

    fn look_at(&mut self, targets: &[&Socket]) -> Result<Sights<Socket>, Failure> {
        let there = self
            .host
            .look_again(&self.aim.places)
            .map_err(cannot_look)?;
        let sight = |socket: &&Socket| {
            let seen = match there.contains(&socket.id) {
                true => Seen::Present,
                false => Seen::Absent,
            };
            let backend = backend(socket);
            (socket.id, Sight { seen, backend })
        };
        Ok(targets.iter().map(sight).collect())
    }

    fn aftermath(&mut self, _: bool, _: &mut Aside<'_>) -> Connections {
        match self.host.look_again(&self.aim.places) {
            Ok(now) => Connections {
                count: Some((self.before.len(), now.len())),
                new: now.difference(&self.before).count(),
            },
            Err(_) => Connections::default(),
        }
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
