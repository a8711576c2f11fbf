//! `breakglass doctor`: every lane tried for real, and the server reviewed, in peace.

use clap::Args;

use crate::args::Format;
use crate::decide::capacity::own_slot;
use crate::decide::doctor::{Facts, is_sure, review};
use crate::decide::hba::{Login, judge};
use crate::decide::prepare::role_name;
use crate::decide::session::Client;
use crate::decide::snapshot::Snapshot;
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::lanes::LaneKind;
use crate::observe::{QueryText, Source, hba, role};
use crate::report::Extent;
use crate::report::doctor::{DoctorView, document, markdown, screen};
use crate::stages::Context;
use crate::stages::context::Way;
use crate::stages::pooler::PoolerArgs;
use crate::stages::survey::look;

/// Try every lane for real and review the server, in peace
///
/// Logs in over both database lanes, asks the pooler's console where one is known, and looks whether backends, sockets
/// and workers of this host can be seen. Then reviews what decides how an incident goes: reserves and who may use
/// them, walsenders, applications that log in as superusers, limits, timeouts, keepalives, pg_hba.conf where it can be
/// read, and what a managed service keeps for itself. Each finding says why it matters, the exact fix, and whether
/// that takes a reload or a restart. What could not be read is said to be unread. Changes and signals nothing.
///
/// Needs the break-glass role itself (-U), so that its own way in is tried; pg_hba.conf is shown to superusers only.
///
/// Exit codes: 0 the way in is sure; 1 it is not; 2 wrong use.
///
/// Example: breakglass doctor -U breakglass
///
/// Example: breakglass doctor -U postgres --role breakglass --format markdown
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Review this role's rights instead of those of the role that logs in
    #[arg(long, value_name = "NAME", value_parser = role_name)]
    role: Option<String>,
    #[command(flatten)]
    pooler: PoolerArgs,
}

/// Tries, reads, reviews, tells.
pub fn run(args: &DoctorArgs, context: &Context) -> Outcome {
    if context.format == Format::Csv {
        let what = "doctor has findings, not rows; use --format table, json or markdown";
        return Err(Failure::say(ExitCode::Usage, what));
    }
    let mut target = context.target()?;
    let console = args.pooler.target(context)?;
    let mut surveyed = look(context, &target, console.as_ref())?;
    if surveyed.way.is_none() && surveyed.password_needed && context.terminal.can_ask() {
        let name = crate::report::sanitize::one_line(&target.user);
        if let Some(password) = context
            .terminal
            .ask_password(&format!("Password for role {name}"))
        {
            target.password = Some(crate::connect::Secret::new(password));
            surveyed = look(context, &target, console.as_ref())?;
        }
    }
    let name = args.role.clone().unwrap_or_else(|| target.user.clone());
    let mut facts = Facts {
        name: name.clone(),
        ..Facts::default()
    };
    let mut snapshot = None;
    let mut slot = None;
    if let Some(way) = &mut surveyed.way {
        let seen = way
            .database
            .look(QueryText::First(0))
            .map_err(crate::stages::cannot_look)?;
        read(&mut facts, way, &seen);
        let (class, how) = match way.database.lane().kind() {
            LaneKind::Login => own_slot(
                &seen.capacity(),
                seen.server.role_superuser,
                seen.server.role_reserved,
            ),
            _ => (
                crate::decide::capacity::SlotClass::Walsender,
                "it takes none of max_connections".to_owned(),
            ),
        };
        slot = Some(format!("{}: {how}", class.name()));
        snapshot = Some(seen);
    }
    let findings = review(&surveyed.survey, snapshot.as_ref(), &facts);
    let code = if is_sure(&findings) {
        ExitCode::Done
    } else {
        ExitCode::Nothing
    };
    let view = DoctorView {
        survey: &surveyed.survey,
        role: &name,
        slot: slot.as_deref(),
        version: snapshot.as_ref().map(|it| it.server.version.as_str()),
        findings: &findings,
        exit_code: code.number(),
    };
    let text = match context.format {
        Format::Json => context.json_text(&document(&view))?,
        Format::Markdown => markdown(&view),
        Format::Table | Format::Csv => screen(&view, context.screen(Extent::Brief)),
    };
    context.page(&text)?;
    Ok(code)
}

/// Reads what can be read; what the server refuses stays unknown and becomes a finding.
fn read(facts: &mut Facts, way: &mut Way, snapshot: &Snapshot) {
    facts.settings = way.database.settings().unwrap_or_default();
    let encrypted = way.database.lane().greeting().encrypted;
    let (lane, limit) = way.database.statement();
    facts.role = role::look_up(lane, limit, &facts.name).ok();
    if let Ok((unlimited, reserved)) = hba::roles(lane, limit) {
        facts.unlimited = Some(unlimited);
        facts.reserved = Some(reserved);
    }
    let from = snapshot
        .sessions
        .iter()
        .find(|session| snapshot.ours(session))
        .map(|session| session.client);
    let from = match from {
        Some(Client::Address(address)) => Some(address),
        Some(Client::Local) => None,
        // From where we come is not known, so nothing can be said about lines that ask.
        Some(Client::Unknown) | None => return,
    };
    if let Ok((rules, broken)) = hba::rules(lane, limit) {
        facts.broken_lines = broken;
        facts.pg_hba = Some(judge(
            &rules,
            Login {
                role: &facts.name,
                database: &snapshot.server.database,
                from,
                encrypted,
            },
        ));
    }
}
