//! A new fence: look, judge, show, ask, record, change, look again; with `--for`, wait and take it back.
//!
//! Never: lifts a limit; puts a second fence on what has one; ends a session.

use std::time::{Duration, Instant};

use super::change::{Deeds, Matter, exit_code};
use super::site::Site;
use super::{Agreement, cannot_read, not_confirmed, take_back};
use crate::args::Format;
use crate::decide::fence::{Came, Change, Kind, Live, Standing, Subject, Unfit, Us, unfit};
use crate::decide::snapshot::{Server, Snapshot};
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::observe::fence::{Key, look_up, names};
use crate::observe::{QueryText, Source};
use crate::record::fences::new_id;
use crate::report::fence::{Listed, PlanView, Seen};
use crate::report::json::fence::{FenceView, fence as fence_json};
use crate::report::{Extent, LaneView, duration, fence as report};
use crate::stages::acting::{open_record, say_lines};
use crate::stages::database::OpenLane;
use crate::stages::signals::Interruption;
use crate::stages::{Context, cannot_look, json_text, standing};

/// How long it may take to hear of a signal while a fence stands for a time.
const STEP: Duration = Duration::from_millis(100);

/// What was asked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// A role or a database.
    pub kind: Kind,
    /// Its name.
    pub name: &'a str,
    /// The limit.
    pub limit: u32,
    /// For how long; `None` until it is undone.
    pub hold: Option<Duration>,
}

/// A fence that may be put up.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The fence, with an ID of its own.
    pub fence: Standing,
    /// The change it is.
    pub change: Change,
    /// Sessions the role or database has now.
    pub sessions: usize,
}

/// Looks the role or database up and judges whether `limit` would be a fence. Exit 1 when there is no such name or
/// the limit is there already, 4 when a fence would not hold, would hurt, or is not ours to put up.
pub fn prepare(
    kind: Kind,
    name: &str,
    limit: u32,
    database: &mut OpenLane,
    snapshot: &Snapshot,
    context: &Context,
) -> Result<Prepared, Failure> {
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
    let us = Us {
        role: &server.role,
        database: &server.database,
        superuser: server.role_superuser,
        standby: server.in_recovery,
    };
    if let Some(why) = unfit(&live, limit, us, &here) {
        return Err(refusal(&why, &live, limit, server, context));
    }
    let sessions = match kind {
        Kind::Role => snapshot.role_used(&live.subject.name),
        Kind::Database => snapshot.database_used(&live.subject.name),
        Kind::Pool => 0,
    };
    let Live {
        subject,
        limit: previous,
        ..
    } = live;
    Ok(Prepared {
        change: Change {
            subject: subject.clone(),
            from: previous,
            to: Some(limit),
        },
        fence: Standing {
            id: new_id(&recorded),
            subject,
            previous,
            limit,
            endpoint,
            system_identifier: server.system_identifier.clone(),
            since: humantime::format_rfc3339_micros(std::time::SystemTime::now()).to_string(),
            by: String::new(),
            reason: None,
            connection: context.connection.typed_again(),
            sure: false,
        },
        sessions,
    })
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

/// Runs `fence --role` and `fence --database`.
pub fn run(wanted: &Wanted<'_>, agreement: &Agreement, context: &Context) -> Outcome {
    agreement.somebody_can_agree(context)?;
    let mut record = open_record(&agreement.approval(), context)?;
    let mut way = context.open_in_silence()?;
    let snapshot = way
        .database
        .look(QueryText::First(0))
        .map_err(cannot_look)?;
    let prepared = prepare(
        wanted.kind,
        wanted.name,
        wanted.limit,
        &mut way.database,
        &snapshot,
        context,
    )?;
    let telling = Telling {
        prepared: &prepared,
        server: &snapshot.server,
        lane: &way.view(&snapshot.capacity(), &snapshot.server),
        undo: match (agreement.no_record, agreement.dry_run) {
            (true, _) => None,
            // The ID is drawn when the fence is put up.
            (false, true) => Some(context.line(&standing::step(&["--undo", "ID"]))),
            (false, false) => Some(standing::undo_line(context, &prepared.fence)),
        },
        hold: wanted.hold,
        context,
    };
    if agreement.dry_run {
        telling.tell(None, ExitCode::Done)?;
        return Ok(ExitCode::Done);
    }
    context
        .terminal
        .say(&telling.plan(context.talk_screen(Extent::Brief)));
    let agreed = agreement
        .ask(&report::question(&prepared.fence), context)
        .and_then(|approval| prepared.change.clone().confirm(&approval));
    let confirmed = match agreed {
        Ok(confirmed) => confirmed,
        Err(why) => return not_confirmed(&why, context),
    };
    // From here on a signal does not end us between the record and the change.
    let interruption = Interruption::note_signals().unwrap_or_default();
    let record = &mut record;
    let matter = Matter {
        deed: Deeds::PutUp,
        fence: &prepared.fence,
        server: &snapshot.server,
        reason: agreement.reason.as_deref(),
    };
    let (came, unrecorded) = matter.carry_out(&mut way.database, record, &confirmed)?;
    say_unrecorded(unrecorded, context);
    say_lines(record, context);
    let code = exit_code(std::iter::once(&came));
    let held = wanted.hold.filter(|_| came == Came::Set);
    // One run is one document; on a terminal the fence is told as soon as it stands.
    if held.is_none() || context.format == Format::Table {
        telling.tell(Some((&came, false)), code)?;
    }
    let Some(hold) = held else {
        return Ok(code);
    };
    wait(hold, &prepared.fence, &interruption, context);
    let mut site = Site::Server(&mut way);
    let (undone, code) = take_back::at_the_end(&mut site, &matter, record, context);
    say_lines(record, context);
    match context.format {
        Format::Table => {
            let text = report::undone(&[(&prepared.fence, undone)], context.screen(Extent::Brief));
            context.answer(&text)?;
        }
        _ => telling.tell(Some((&undone, true)), code)?,
    }
    Ok(code)
}

/// Says what kept the outcome out of the record; it is done all the same.
pub fn say_unrecorded(unrecorded: Option<String>, context: &Context) {
    if let Some(error) = unrecorded {
        let error = crate::report::sanitize::one_line(&error);
        context.terminal.say(&format!(
            "breakglass: the outcome is not in the record: {error}\n"
        ));
    }
}

/// Waits until the time is over or a signal comes.
pub fn wait(hold: Duration, fence: &Standing, interruption: &Interruption, context: &Context) {
    let began = Instant::now();
    loop {
        let left = hold.saturating_sub(began.elapsed());
        if left.is_zero() || interruption.arrived() {
            context.terminal.progress("");
            return;
        }
        context.terminal.progress(&format!(
            "fence {} stands for {} more; Ctrl-C undoes it now",
            fence.id,
            duration::age(left)
        ));
        std::thread::sleep(left.min(STEP));
    }
}

/// Everything the answer is made of.
struct Telling<'a> {
    prepared: &'a Prepared,
    server: &'a Server,
    lane: &'a LaneView,
    undo: Option<String>,
    hold: Option<Duration>,
    context: &'a Context,
}

impl Telling<'_> {
    fn plan(&self, screen: crate::report::Screen) -> String {
        let view = PlanView {
            fence: &self.prepared.fence,
            sessions: self.prepared.sessions,
            server: self.server,
            lane: &self.lane.name,
            undo: self.undo.as_deref(),
            hold: self.hold,
        };
        report::plan(&view, screen)
    }

    /// Prints the plan, or what came of it.
    fn tell(&self, came: Option<(&Came, bool)>, code: ExitCode) -> Result<(), Failure> {
        let fence = &self.prepared.fence;
        let screen = self.context.screen(Extent::Brief);
        let seen = match came {
            Some((Came::Set, false)) => Seen::Limit(Some(fence.limit)),
            Some((Came::Foreign(now), _)) => Seen::Limit(*now),
            Some((Came::Gone, _)) => Seen::Gone,
            Some((Came::Unknown(_), _)) => Seen::NotLooked,
            _ => Seen::Limit(fence.previous),
        };
        let rows = [Listed {
            fence,
            seen,
            age: None,
            came,
        }];
        let text = match (self.context.format, came) {
            (Format::Json, _) => json_text(&fence_json(&FenceView {
                action: "fence",
                dry_run: came.is_none(),
                exit_code: code.number(),
                server: Some(self.server),
                lane: Some(self.lane),
                fences: &rows,
                record: None,
            }))?,
            (Format::Csv, _) => report::records(&rows).csv(),
            (Format::Markdown, _) => report::records(&rows).markdown(),
            (Format::Table, None) => self.plan(screen),
            (Format::Table, Some((came, _))) => {
                report::put_up(fence, came, self.undo.as_deref(), screen)
            }
        };
        self.context.answer(&text)
    }
}
