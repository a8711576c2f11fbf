//! Whether a new fence may be put up, and which: the look before the plan.
//!
//! Never: lifts a limit; puts a second fence on what has one, or one on what it would not hold.

use super::site::cannot_read;
use crate::decide::fence::act::{FenceAction, FenceTarget};
use crate::decide::fence::pool::{DISABLED, subject};
use crate::decide::fence::{Change, Kind, Live, Standing, Subject, Unfit, Us, unfit};
use crate::decide::pools::Pooler;
use crate::decide::pools::action::{Verb, plan_database};
use crate::decide::snapshot::{Server, Snapshot};
use crate::error::Failure;
use crate::exit_code::ExitCode;
use crate::observe::fence::{Key, look_up, names};
use crate::record::fences::new_id;
use crate::stages::console::{LOOK, no_plan};
use crate::stages::database::OpenLane;
use crate::stages::{Context, standing};

/// Looks the role or database up and judges whether `limit` would be a fence. Exit 1 when there is no such name or
/// the limit is there already, 4 when a fence would not hold, would hurt, or is not ours to put up.
pub(super) fn on_server(
    (kind, name, limit): (Kind, &str, u32),
    database: &mut OpenLane,
    snapshot: &Snapshot,
    context: &Context,
) -> Result<FenceTarget, Failure> {
    let endpoint = database.lane().greeting().endpoint.clone();
    let server = &snapshot.server;
    let (lane, patience) = database.statement();
    let found = look_up(lane, patience, kind, Key::Name(name))
        .map_err(|error| cannot_read("the limit that is there now", error))?;
    let Some(live) = found else {
        let names = names(lane, patience, kind).unwrap_or_default();
        return Err(unknown(kind, name, &names));
    };
    let recorded = standing::recorded(context);
    let here: Vec<Standing> = recorded
        .iter()
        .filter(|fence| fence.is_on(&endpoint, server.system_identifier.as_deref()))
        .cloned()
        .collect();
    if let Some(why) = unfit(&live, limit, us(server), &here) {
        return Err(refusal(&why, &live, limit, server, context));
    }
    let fence = Standing {
        previous: live.limit,
        system_identifier: server.system_identifier.clone(),
        connection: context.connection.typed_again(),
        ..new(&recorded, live.subject, limit, endpoint)
    };
    Ok(put_up(fence))
}

/// Whether our role may limit `role`, and that would hold it.
pub fn may_fence(
    context: &Context,
    way: &mut crate::stages::context::Way,
    snapshot: &Snapshot,
    role: &str,
) -> bool {
    let here = standing::here(context, way, snapshot);
    let (lane, patience) = way.database.statement();
    match look_up(lane, patience, Kind::Role, Key::Name(role)) {
        Ok(Some(live)) => unfit(&live, 0, us(&snapshot.server), &here).is_none(),
        _ => false,
    }
}

fn us(server: &Server) -> Us<'_> {
    Us {
        role: &server.role,
        database: &server.database,
        superuser: server.role_superuser,
        standby: server.in_recovery,
    }
}

/// The same for a database of a pooler; `protected` are those of the configuration, `dsn` is what was typed.
pub(super) fn in_pooler(
    name: &str,
    pooler: &Pooler,
    protected: &[String],
    dsn: Option<&String>,
    context: &Context,
) -> Result<FenceTarget, Failure> {
    let recorded = standing::recorded(context);
    let stands =
        |fence: &&Standing| fence.is_in_pooler(&pooler.endpoint) && fence.subject.name == name;
    if let Some(fence) = recorded.iter().find(stands) {
        return Err(Failure::say(
            ExitCode::Refused,
            format!("fence {} stands on pool {name:?} already", fence.id),
        )
        .hint(format!("next: {}", standing::undo_line(context, fence))));
    }
    plan_database(Verb::Disable, name, pooler, LOOK).map_err(|why| no_plan(why, name))?;
    if protected.iter().any(|it| it == name) {
        return Err(Failure::say(
            ExitCode::Refused,
            format!("the configuration protects database {name:?}; nothing was done"),
        ));
    }
    let mut connection = context.connection.typed_again();
    if let Some(dsn) = dsn {
        connection.extend(["--pgbouncer".to_owned(), dsn.clone()]);
    }
    Ok(put_up(Standing {
        connection,
        ..new(&recorded, subject(name), DISABLED, pooler.endpoint.clone())
    }))
}

/// A new fence, with an ID of its own.
fn new(recorded: &[Standing], subject: Subject, limit: u32, endpoint: String) -> Standing {
    Standing {
        id: new_id(recorded),
        subject,
        previous: None,
        limit,
        endpoint,
        system_identifier: None,
        since: humantime::format_rfc3339_micros(std::time::SystemTime::now()).to_string(),
        by: String::new(),
        reason: None,
        connection: Vec::new(),
        sure: false,
    }
}

fn put_up(fence: Standing) -> FenceTarget {
    FenceTarget {
        change: Ok(Change {
            subject: fence.subject.clone(),
            from: fence.previous,
            to: Some(fence.limit),
        }),
        action: FenceAction::PutUp,
        fence,
    }
}

fn unknown(kind: Kind, name: &str, names: &[String]) -> Failure {
    let nearest = names
        .iter()
        .map(|known| (strsim::jaro_winkler(name, known), known))
        .filter(|(likeness, _)| *likeness > 0.7)
        .max_by(|one, other| one.0.total_cmp(&other.0));
    let guess = nearest.map_or(String::new(), |(_, near)| {
        format!("; did you mean {near:?}?")
    });
    let kind = kind.name();
    Failure::say(
        ExitCode::Nothing,
        format!("there is no {kind} {name:?}{guess}"),
    )
}

fn refusal(why: &Unfit, live: &Live, limit: u32, server: &Server, context: &Context) -> Failure {
    let subject = what(&live.subject);
    let say = |text: String| Failure::say(ExitCode::Refused, text);
    match why {
        Unfit::Fenced(id) => say(format!("fence {id} stands on {subject} already")).hint(format!(
            "next: {}",
            context.line(&standing::step(&["--undo", id]))
        )),
        Unfit::Standby => say(format!(
            "this server is a standby and takes no changes; put the fence on {subject} on its primary"
        )),
        Unfit::Superuser => say(format!(
            "{subject} is a superuser: no connection limit holds it, a fence would have no effect"
        )),
        Unfit::NoRight => say(no_right(live, server)),
        Unfit::Ourselves => {
            let other = match live.subject.kind {
                Kind::Role => "come as another role: -U ROLE",
                Kind::Database | Kind::Pool => "come by another database: -d DBNAME",
            };
            say(format!(
                "we are here by {subject} ourselves, and the fence would keep us out, too; {other}"
            ))
        }
        Unfit::Tighter(now) if *now == limit => Failure::say(
            ExitCode::Nothing,
            format!("{subject} is limited to {now} already; nothing to do"),
        ),
        Unfit::Tighter(now) => say(format!(
            "{subject} is limited to {now} already; {limit} would let more in, which is no fence"
        )),
    }
}

/// Role or database with its name, as in an error: quoted, so that its ends can be seen.
fn what(subject: &Subject) -> String {
    format!("{} {:?}", subject.kind.name(), subject.name)
}

fn no_right(live: &Live, server: &Server) -> String {
    let subject = what(&live.subject);
    let us = &server.role;
    match (&live.owner, live.subject.kind) {
        (Some(owner), _) => {
            format!(
                "role {us:?} may not change {subject}; its owner, role {owner:?}, or a superuser may"
            )
        }
        (None, _) if server.version_num >= 160_000 => format!(
            "role {us:?} may not change {subject}; a superuser may, or a role with CREATEROLE and ADMIN OPTION on it"
        ),
        (None, _) => format!(
            "role {us:?} may not change {subject}; a superuser may, or, unless it has REPLICATION, a role with CREATEROLE"
        ),
    }
}
