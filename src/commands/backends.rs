//! `breakglass backends`: the server's processes on its own host, without any connection.
//!
//! Stage: the recipe. Finds the cluster, then goes the way of every acting command ([`crate::stages::acting`]).

use std::time::Duration;

use clap::{Args, Subcommand};

use crate::act::process::{Processes, probe};
use crate::act::{Actor, Sent, Signal};
use crate::args::{self, ApprovalArgs, CutArgs, SelectionArgs};
use crate::connect::{Config, Protected};
use crate::decide::confirmation::ConfirmedPlan;
use crate::decide::filters::titles::{by_state, shown_here, stateless};
use crate::decide::filters::{BackendsLane, keeps};
use crate::decide::identity::SessionId;
use crate::decide::outcome::{Outcome as Sight, Receipt};
use crate::decide::protection::Include;
use crate::decide::session::{Session, State};
use crate::decide::sessions::outcome::Seen;
use crate::decide::sessions::plan::{Action, Way as PlanWay};
use crate::stages::acting::Asked;
use crate::stages::backends::view;
use crate::stages::cluster::{
    ClusterArg, look_at_host, not_seen, nothing_to_see, one_cluster, others_hidden,
};
use crate::stages::context::Context;
use crate::stages::listing::{self, Of};
use crate::stages::pipeline::Ended;
use crate::stages::reopening;

use crate::decide::snapshot::Snapshot;
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::lanes::LaneError;
use crate::observe::backends::clusters::Cluster;
use crate::observe::backends::{Again, Backends};
use crate::observe::{QueryText, Source};
use crate::record::Record;
use crate::report::backends::{BackendsView, ClusterView};
use crate::report::{Extent, LaneView, backends as screen, json};
use crate::stages::telling::{self, Answer, Rows};

/// The lane's name in plans, errors and the record.
const LANE: &str = "backends";

/// List or end a server's processes on its host, without a login
///
/// For the database host, when the server lets nobody in. Finds every running PostgreSQL server (13 to 18, in
/// containers too) and reads who is connected from the process titles: user, database, client, state. Shows sessions
/// that are stuck in authentication, which hold slots and which pg_stat_activity hides before 18. Alone it lists.
///
/// Needs to be root (in a container with CAP_SYS_PTRACE) or the server's own account, and Linux 5.3 to signal.
/// 'terminate' frees any session's slot, half-finished logins included; 'cancel' frees none. Does not see applications, statements, or since when a state lasts;
/// asking for those is an error. Does not touch the postmaster, background processes, walsenders, or connections
/// that have not said a word yet, and sends no other signals than SIGINT and SIGTERM.
///
/// Exit codes: 0 listed or done, 1 nothing matched, 2 wrong use, 3 no server found or none that may be looked at,
/// 4 refused or not confirmed, 5 some are not gone.
///
/// Example: breakglass backends terminate --state starting --all --dry-run
#[derive(Debug, Args)]
pub struct BackendsArgs {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    list: ListArgs,
}

#[derive(Debug, Subcommand)]
enum What {
    List(ListArgs),
    Cancel(CancelArgs),
    Terminate(TerminateArgs),
}

/// List the processes of every server on this host (what 'backends' alone does)
///
/// Changes nothing. Needs to be root or the server's own account; says what it could not see.
///
/// Exit codes: 0 listed, 1 nothing matched, 2 wrong use, 3 no server found or none that may be looked at.
///
/// Example: breakglass backends list --user app --state idle
#[derive(Debug, Default, Args)]
struct ListArgs {
    #[command(flatten)]
    cluster: ClusterArg,
    #[command(flatten)]
    selection: SelectionArgs<BackendsLane>,
    /// Also background processes, and connections without a startup packet
    #[arg(long)]
    all_processes: bool,
}

/// Cancel running statements with SIGINT; the sessions stay
///
/// Frees no slot; 'backends terminate' does. A title does not tell one statement from the next: whoever runs
/// something when the signal arrives loses that, and of one that runs something afterwards it cannot be told whether
/// that is the same. Shows the plan and asks.
///
/// Needs to be root or the server's own account.
///
/// Exit codes: 0 all stopped, 1 nothing matched, 2 wrong use, 3 no server found, 4 refused or not confirmed,
/// 5 some still run.
///
/// Example: breakglass backends cancel --user reports --state active --dry-run
#[derive(Debug, Args)]
struct CancelArgs {
    #[command(flatten)]
    cluster: ClusterArg,
    #[command(flatten)]
    selection: SelectionArgs<BackendsLane>,
    #[command(flatten)]
    cut: CutArgs,
    #[command(flatten)]
    approval: ApprovalArgs,
}

/// End sessions with SIGTERM, so that their slots come back
///
/// Holds each process by a descriptor, checks again that it is the session of the plan, signals it, looks again
/// until it is gone, and then tries whether the database answers. Open transactions of ended sessions are rolled
/// back. Nobody is spared for being a superuser: a title does not tell.
///
/// Needs to be root or the server's own account.
///
/// Exit codes: 0 all gone, 1 nothing matched, 2 wrong use, 3 no server found, 4 refused or not confirmed, 5 some are
/// not gone.
///
/// Example: breakglass backends terminate --cluster 5432 --user app --state idle --limit 5
#[derive(Debug, Args)]
struct TerminateArgs {
    #[command(flatten)]
    cluster: ClusterArg,
    #[command(flatten)]
    selection: SelectionArgs<BackendsLane>,
    #[command(flatten)]
    cut: CutArgs,
    #[command(flatten)]
    approval: ApprovalArgs,
    /// How long to watch who takes freed slots again
    #[arg(long, value_parser = args::duration, default_value = "1s", value_name = "TIME", help_heading = "Plan and approval")]
    recount: Duration,
}

/// Lists or acts.
pub fn run(args: &BackendsArgs, context: &Context) -> Outcome {
    match &args.what {
        None => list(&args.list, context),
        Some(What::List(args)) => list(args, context),
        Some(What::Cancel(args)) => {
            let asked = Asked::read(
                Action::Cancel,
                &args.selection,
                &args.cut,
                &args.approval,
                Duration::ZERO,
                context,
            )?;
            act(
                &asked,
                &args.cut,
                &args.approval,
                &args.cluster,
                "backends-cancel",
                context,
            )
        }
        Some(What::Terminate(args)) => {
            let asked = Asked::read(
                Action::Terminate,
                &args.selection,
                &args.cut,
                &args.approval,
                args.recount,
                context,
            )?;
            act(
                &asked,
                &args.cut,
                &args.approval,
                &args.cluster,
                "backends-terminate",
                context,
            )
        }
    }
}

fn list(args: &ListArgs, context: &Context) -> Outcome {
    let criteria = args.selection.criteria()?;
    let (proc, host) = look_at_host()?;
    let mut unseen: Vec<String> = host.unconfirmed.iter().map(not_seen).collect();
    unseen.extend(others_hidden(&host));
    let named = args.cluster.cluster.is_some() || context.connection.port.is_some();
    let meant: Vec<Cluster> = if named {
        vec![one_cluster(&args.cluster, context, host)?]
    } else if host.clusters.is_empty() {
        return Err(nothing_to_see(&host));
    } else {
        host.clusters
    };
    let mut looks = Vec::new();
    for cluster in meant {
        let mut backends = Backends::new(proc.clone(), cluster);
        match backends.look(QueryText::First(0)) {
            Ok(snapshot) => {
                shown_here(&criteria, &snapshot).map_err(wrong_use)?;
                looks.push((backends, snapshot));
            }
            // It ended between two looks; the others are there.
            Err(error) => unseen.push(error.to_string()),
        }
    }
    let labels: Vec<String> = looks.iter().map(|(it, _)| it.cluster().label()).collect();
    let seen: Vec<&Snapshot> = looks.iter().map(|(_, snapshot)| snapshot).collect();
    listing::keep(context, Of::Host, &labels.join(" and "), &seen);
    let clusters: Vec<ClusterView<'_>> = looks
        .iter()
        .map(|(backends, snapshot)| view(backends, snapshot, &criteria, args.all_processes))
        .collect();
    let view = BackendsView {
        clusters: &clusters,
        unseen: &unseen,
    };
    let answer = Answer {
        origin: None,
        screen: &|shown| screen::backends(&view, shown),
        rows: Rows::Grid(&|| screen::records(&view)),
        document: &|| context.json_text(&json::backends::backends(&view)),
        extent: Extent::Brief,
        long: true,
    };
    let empty = clusters.iter().all(|cluster| cluster.rows.is_empty());
    let code = match empty && !criteria.is_empty() {
        true => ExitCode::Nothing,
        false => ExitCode::Done,
    };
    telling::tell(&answer, code, context)
}

/// Ends sessions as a step of something longer, whose record is open. `None`: that is not what was typed.
pub(super) fn step(
    args: &BackendsArgs,
    record: &mut Record,
    context: &Context,
) -> Result<Option<Ended<Session>>, Failure> {
    let Some(What::Terminate(args)) = &args.what else {
        return Ok(None);
    };
    let asked = Asked::read(
        Action::Terminate,
        &args.selection,
        &args.cut,
        &args.approval,
        args.recount,
        context,
    )?;
    let (approval, cluster) = (&args.approval, &args.cluster);
    let mut ready = ready(&asked, &args.cut, approval, cluster, context)?;
    let way = ready.way(approval);
    let ended = asked.carry_on(&mut ready.processes, way, &ready.protected, record, context)?;
    Ok(Some(ended))
}

fn act(
    asked: &Asked<'_>,
    cut: &CutArgs,
    approval: &ApprovalArgs,
    cluster: &ClusterArg,
    command: &str,
    context: &Context,
) -> Outcome {
    let mut ready = ready(asked, cut, approval, cluster, context)?;
    let way = ready.way(approval);
    let ended = asked.carry_out(&mut ready.processes, way, &ready.protected, context)?;
    let cluster = ready.cluster;
    let code = asked.tell(&ended, command, &lane_view(&cluster), context)?;
    if freed_slots(&ended)
        && let Some(sentence) = reopening::sentence(context, &cluster)
    {
        context.terminal.tell(&sentence);
    }
    Ok(code)
}

/// The cluster that is meant, looked at.
struct Ready {
    cluster: Cluster,
    processes: OnHost,
    protected: Protected,
}

impl Ready {
    fn way(&self, approval: &ApprovalArgs) -> PlanWay {
        PlanWay {
            lane: LANE,
            endpoint: self.cluster.label(),
            wait: approval.wait,
        }
    }
}

/// Finds the cluster, and refuses what its titles cannot judge.
fn ready(
    asked: &Asked<'_>,
    cut: &CutArgs,
    approval: &ApprovalArgs,
    cluster: &ClusterArg,
    context: &Context,
) -> Result<Ready, Failure> {
    titles_can_cut(cut, &approval.include).map_err(wrong_use)?;
    let protected = protected(context)?;
    if let Err(sentence) = probe() {
        if !approval.dry_run {
            let text = format!("{sentence}; nothing was done");
            return Err(Failure::say(ExitCode::Refused, text));
        }
        let warning = format!("breakglass: warning: {sentence}\n");
        context.terminal.say(&warning);
    }
    let (proc, host) = look_at_host()?;
    if let Some(line) = others_hidden(&host) {
        context.terminal.say(&format!("breakglass: {line}\n"));
    }
    let cluster = one_cluster(cluster, context, host)?;
    let mut processes = OnHost {
        backends: Backends::new(proc, cluster.clone()),
        by_state: by_state(&asked.criteria),
    };
    let first = processes
        .look(QueryText::First(0))
        .map_err(crate::stages::cannot_look)?;
    shown_here(&asked.criteria, &first).map_err(wrong_use)?;
    if cut.limit.is_some() && stateless(&first) > 0 {
        return Err(wrong_use(
            "the backends lane cannot judge --limit, which ends the least harmful first: some titles show no state \
             (update_process_title is off); use --oldest N",
        ));
    }
    Ok(Ready {
        cluster,
        processes,
        protected,
    })
}

fn freed_slots(ended: &Ended<Session>) -> bool {
    match ended {
        Ended::Acted(plan, verified) => {
            let gone = |target: &crate::decide::holder::TargetOutcome<Session>| {
                target.outcome == Sight::Gone
            };
            plan.facts.action != Action::Cancel && verified.targets.iter().any(gone)
        }
        _ => false,
    }
}

fn lane_view(cluster: &Cluster) -> LaneView {
    LaneView::without_login(
        LANE,
        "signals from the server's own host take no connection",
        &cluster.label(),
    )
}

/// One cluster's processes, to look through and to act over.
struct OnHost {
    backends: Backends,
    /// Whether the state is a reason for being chosen.
    by_state: bool,
}

impl OnHost {
    /// Whether a process that is held by now still is what was planned.
    fn still(&self, signal: Signal, session: &Session) -> Result<(), Receipt> {
        let state = match self.backends.again(session) {
            Again::Same(state) => state,
            Again::Absent => return Err(Receipt::Absent),
            Again::Other => return Err(Receipt::OtherSession),
        };
        let by_now = state.map_or("in no state that could be read", |state| state.name());
        let logged_in = session.state == Some(State::Starting) && state != session.state;
        let other_state = self.by_state && (state != session.state || state.is_none());
        let runs = matches!(state, Some(State::Active | State::Fastpath));
        if signal == Signal::Cancel && !runs {
            Err(Receipt::Changed(
                "its statement has ended by itself".to_owned(),
            ))
        } else if logged_in || other_state {
            Err(Receipt::Changed(format!("it is {by_now} by now")))
        } else {
            Ok(())
        }
    }
}

impl Source for OnHost {
    fn look(&mut self, text: QueryText) -> Result<Snapshot, LaneError> {
        self.backends.look(text)
    }

    fn look_at(&mut self, ids: &[SessionId]) -> Result<Vec<(SessionId, Seen)>, LaneError> {
        self.backends.look_at(ids)
    }
}

impl Actor for OnHost {
    fn send(&mut self, plan: &ConfirmedPlan<Session>, signal: Signal, targets: &[Session]) -> Sent {
        let again = |session: &Session| self.still(signal, session);
        Processes::new(&again).send(plan, signal, targets)
    }
}

/// What the configuration protects. Read without resolving where to connect: this lane works without that.
fn protected(context: &Context) -> Result<Protected, Failure> {
    let target = context.connection.target.as_deref();
    Config::read(&context.environment)
        .and_then(|config| config.protected(target))
        .map_err(|error| Failure::new(ExitCode::Usage, error))
}

fn wrong_use(text: impl Into<String>) -> Failure {
    Failure::say(ExitCode::Usage, text)
}

/// What of the cut and of the exceptions needs something that a title never shows.
fn titles_can_cut(cut: &CutArgs, include: &[Include]) -> Result<(), String> {
    if cut.keep.is_some() {
        keeps::<BackendsLane>()?;
    }
    let unknown = |kind: &&Include| matches!(kind, Include::Superusers | Include::Listeners);
    match include.iter().find(unknown) {
        Some(kind) => Err(format!(
            "the backends lane cannot judge --include {}: a process title does not show them, and nobody is spared for it",
            kind.name()
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_example_in_the_help_can_be_typed() {
        let program = crate::cli::command();
        let Some(backends) = program.find_subcommand("backends") else {
            panic!("there is no such command")
        };
        let mut examples = 0;
        for command in std::iter::once(backends).chain(backends.get_subcommands()) {
            let help = command.get_long_about().map(ToString::to_string);
            for line in help.iter().flat_map(|help| help.lines()) {
                let Some(example) = line.trim().strip_prefix("Example: ") else {
                    continue;
                };
                let parsed = crate::cli::command().try_get_matches_from(example.split(' '));
                assert!(parsed.is_ok(), "{example}");
                examples += 1;
            }
        }
        assert_eq!(examples, 4);
    }
}
