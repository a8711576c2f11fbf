//! `breakglass prepare --apply`: the effects of the stages when the role is made.
//!
//! The stages are those of every command that acts ([`crate::stages::pipeline`]); the role is their one target. Never:
//! keeps the lane that made the role open while the role logs in, since one slot may be all there is.

use std::time::Duration;

use serde_json::{Value, json};

use super::PrepareArgs;
use super::password::{self, Password};
use super::terms::{known, provider, wanted};
use crate::act::{Sent, prepare as act};
use crate::args::{ApprovalArgs, Format};
use crate::connect::{Secret, Target};
use crate::decide::confirmation::Cap;
use crate::decide::holder::Holder;
use crate::decide::outcome::Receipt;
use crate::decide::plan::{Caps, Question};
use crate::decide::prepare::role::{
    ConfirmedRole, Groundwork, PreparedRole, Proof, RolePlan, Sight,
};
use crate::decide::prepare::{Have, Wanted, prepare};
use crate::decide::provider::Provider;
use crate::decide::snapshot::Server;
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::lanes::{LaneError, LaneKind};
use crate::observe::role::look_up;
use crate::observe::{QueryText, Source};
use crate::record::{self, Deed};
use crate::report::prepare::{PrepareView, proved, sql};
use crate::report::sanitize;
use crate::stages::acting::{self, Run, carry_out, exit_code};
use crate::stages::admission::target_of;
use crate::stages::context::Way;
use crate::stages::lockout::summary;
use crate::stages::pipeline::{Aside, Effects, Ended, Receipts, Sights};
use crate::stages::survey::once;
use crate::stages::{Context, cannot_look};

/// How long a lane may take to open for the new role.
const PROOF: Duration = Duration::from_secs(5);

/// Makes the role, and tells.
pub(super) fn run(args: &PrepareArgs, context: &Context) -> Outcome {
    if !args.yes && !context.terminal.can_ask() {
        return Err(Failure::say(
            ExitCode::Refused,
            "there is no terminal to confirm the statements on; nothing was done",
        )
        .hint("look at them without --apply, then run it with --yes"));
    }
    let mut way = context.open()?;
    let snapshot = way
        .database
        .look(QueryText::First(0))
        .map_err(cannot_look)?;
    let lane = way.view(&snapshot.capacity(), &snapshot.server);
    let approval = ApprovalArgs {
        yes: args.yes,
        reason: args.reason.clone(),
        no_record: args.no_record,
        ..ApprovalArgs::default()
    };
    let yes = args.yes.then_some(Cap::All);
    let terms = acting::terms(&approval, yes, &way.target.protected);
    let mut making = Making {
        args,
        context,
        kind: way.database.lane().kind(),
        endpoint: lane.endpoint.clone(),
        server: snapshot.server,
        way: Some(way),
        target: target_of(context, Some(&args.role))?,
        have: Have::default(),
        password: None,
        took_effect: false,
    };
    let ended = carry_out(&mut making, &approval, &terms, context)?;
    let run = Run {
        command: "prepare",
        lane: &lane,
        origin: None,
        dry_run: false,
    };
    let Ended::Reached(plan) = &ended else {
        return run.tell(&ended, exit_code(&ended), context);
    };
    let lanes = &plan.facts.lanes;
    let code = match lanes.iter().all(|proof| proof.open) {
        true => ExitCode::Done,
        false => ExitCode::Nothing,
    };
    if context.format != Format::Table {
        return run.tell(&ended, code, context);
    }
    context.terminal.say(&sql(&PrepareView {
        preparation: &plan.facts.preparation,
        role: &args.role,
        version_num: plan.facts.server.version_num,
        provider: plan.facts.provider,
    }));
    context.answer(&proved(lanes))?;
    Ok(code)
}

/// The stages' effects on the role.
struct Making<'a> {
    args: &'a PrepareArgs,
    context: &'a Context,
    kind: LaneKind,
    endpoint: String,
    server: Server,
    /// `None` once the role itself is to log in.
    way: Option<Way>,
    /// The server as the role reaches it.
    target: Target,
    /// What was there when the plan was made.
    have: Have,
    password: Option<Password>,
    /// The server said that the statements took effect.
    took_effect: bool,
}

impl Making<'_> {
    fn way(&mut self) -> Result<&mut Way, Failure> {
        let gone = || Failure::say(ExitCode::NoLane, "the lane is closed; nothing was done");
        self.way.as_mut().ok_or_else(gone)
    }

    fn have(&mut self) -> Result<Have, Failure> {
        let args = self.args;
        known(args, self.way()?)
    }

    fn provider(&self) -> Provider {
        provider(self.args, &self.have)
    }

    /// How many statements a look finds still to be needed; `None`: nobody could look.
    fn missing(&mut self) -> Option<usize> {
        let (lane, limit) = self.way.as_mut()?.database.statement();
        let have = look_up(lane, limit, &self.args.role).ok()?;
        let rights = wanted(self.args, None);
        let rest = prepare(&rights, &have, &self.provider());
        Some(rest.statements.len())
    }

    /// Logs in as the role over each lane it is to have, one connection at a time.
    fn prove(&mut self) -> Vec<Proof> {
        self.way = None;
        let mut lanes = vec![LaneKind::Login];
        if !self.args.no_replication {
            lanes.push(LaneKind::Replication);
        }
        let proof = |kind: LaneKind| match once(&self.target, kind, PROOF) {
            Ok(_) => Proof {
                lane: kind.name(),
                open: true,
                what: format!("role {} got in", self.args.role),
            },
            Err(lockout) => Proof {
                lane: kind.name(),
                open: false,
                what: lockout.refusals.last().map_or_else(
                    || lockout.to_string(),
                    |counted| {
                        let text = summary(counted);
                        let lane = format!("{}: ", kind.name());
                        text.strip_prefix(&lane).unwrap_or(&text).to_owned()
                    },
                ),
            },
        };
        lanes.into_iter().map(proof).collect()
    }
}

impl Effects for Making<'_> {
    type Holder = PreparedRole;

    fn plan(&mut self) -> Result<RolePlan, Failure> {
        self.have = self.have()?;
        let provider = self.provider();
        self.password = password::choose(self.args, self.have.role.is_some(), self.context)?;
        if let Some(password) = &self.password {
            self.target.password = Some(Secret::new(password.text.clone()));
        }
        let verifier = self.password.as_ref();
        let wanted: Wanted = wanted(self.args, verifier.map(|it| it.verifier.clone()));
        let preparation = prepare(&wanted, &self.have, &provider);
        let (question, lanes) = match preparation.statements.is_empty() {
            true => (Question::Nothing, self.prove()),
            false => (Question::YesNo, Vec::new()),
        };
        let targets = vec![PreparedRole {
            name: self.args.role.clone(),
            statements: preparation.statements.clone(),
        }];
        let facts = Groundwork {
            preparation,
            server: self.server.clone(),
            provider: provider.name,
            lanes,
        };
        Ok(RolePlan {
            lane: self.kind.name(),
            endpoint: self.endpoint.clone(),
            prediction: PreparedRole::predict(&facts, &targets),
            question,
            facts,
            targets,
            spared: Vec::new(),
            missing: Vec::new(),
            caps: Caps::default(),
            wait: Duration::ZERO,
        })
    }

    fn reached(&mut self, plan: &RolePlan) -> bool {
        plan.facts.preparation.statements.is_empty()
    }

    fn changed(&mut self, _: &ConfirmedRole) -> Result<Receipts<PreparedRole>, Failure> {
        if self.have()?.role != self.have.role {
            return Err(Failure::say(
                ExitCode::Refused,
                "the role has changed since the statements were shown; nothing was done",
            ));
        }
        Ok(Receipts::<PreparedRole>::new())
    }

    fn deed<'p>(&self, plan: &'p RolePlan) -> Deed<'p> {
        Deed {
            action: "prepare",
            lane: plan.lane,
            server: record::server(&plan.facts.server, &plan.endpoint),
        }
    }

    /// Which rights, not which password: its verifier is no business of the record.
    fn entry(&self, _: &RolePlan, target: &PreparedRole) -> Value {
        let rights = target.statements.iter().map(|it| it.buys.as_str());
        json!({ "role": target.name, "gets": rights.collect::<Vec<_>>() })
    }

    fn send(&mut self, plan: &ConfirmedRole, targets: &[PreparedRole], _: &mut Aside<'_>) -> Sent {
        let mut sent = Sent {
            receipts: Vec::new(),
            lost: None,
        };
        for target in targets {
            let Some(way) = &mut self.way else {
                break;
            };
            let (lane, limit) = way.database.statement();
            sent.receipts
                .push(match act::apply(lane, limit, plan, target) {
                    Ok(()) => {
                        self.took_effect = true;
                        Receipt::Sent
                    }
                    Err(LaneError::Server(error)) => Receipt::Refused {
                        sqlstate: error.sqlstate,
                        message: error.message,
                    },
                    Err(lost) => {
                        sent.lost = Some(lost);
                        Receipt::NoAnswer
                    }
                });
        }
        sent
    }

    fn look_at(&mut self, targets: &[&PreparedRole]) -> Result<Sights<PreparedRole>, Failure> {
        let Some(missing) = self.missing() else {
            return Err(Failure::say(ExitCode::Unknown, "contact was lost"));
        };
        let lanes = match missing {
            0 => self.prove(),
            _ => Vec::new(),
        };
        let sight = Sight { missing, lanes };
        Ok(targets
            .iter()
            .map(|one| (one.id(), sight.clone()))
            .collect())
    }

    /// A password that nobody typed is shown, once.
    fn aftermath(&mut self, _: bool, _: &mut Aside<'_>) {
        let generated = self.password.as_ref().filter(|it| it.generated);
        if let Some(password) = generated.filter(|_| self.took_effect) {
            self.context.terminal.say(&format!(
                "password of {}, shown this once: {}\n",
                sanitize::line(&self.args.role),
                password.text
            ));
        }
    }
}
